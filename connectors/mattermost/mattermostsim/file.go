package mattermostsim

import (
	"bytes"
	"image"
	_ "image/gif" // the sizes of pictures are told
	_ "image/jpeg"
	_ "image/png"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"tongdai/connectors/simulator"
)

// file is one that was uploaded.
type file struct {
	info FileInfo
	data []byte
}

// keep takes a file that a user brings for a channel. s.mu is held.
func (s *Sim) keep(u *User, c *Channel, f File) (*file, error) {
	if int64(len(f.Data)) > s.cfg.Limits.File {
		return nil, refuse(http.StatusRequestEntityTooLarge, "api.file.upload_file.too_large_detailed.app_error", "Unable to upload file. %s is too large.", f.Name)
	}
	kept := &file{data: bytes.Clone(f.Data), info: FileInfo{
		ID: newID(), UserID: u.ID, ChannelID: c.ID, CreateAt: s.millis(), Name: path.Base(f.Name), Size: int64(len(f.Data)),
		Extension: strings.TrimPrefix(strings.ToLower(path.Ext(f.Name)), "."),
	}}
	kept.info.UpdateAt = kept.info.CreateAt
	kept.info.MimeType, _, _ = strings.Cut(mime.TypeByExtension(path.Ext(f.Name)), ";")
	if kept.info.MimeType == "" {
		kept.info.MimeType = "application/octet-stream"
	}
	if picture, _, err := image.DecodeConfig(bytes.NewReader(f.Data)); err == nil {
		kept.info.Width, kept.info.Height = picture.Width, picture.Height
	}
	s.files[kept.info.ID] = kept
	return kept, nil
}

// attach gives the post its files, and leaves out those that are not its user's, or
// another post's already, as the server does without a word.
func (s *Sim) attach(p *Post) (ids []string) {
	for _, id := range p.FileIDs {
		f := s.files[id]
		if f == nil || f.info.PostID != "" || f.info.UserID != p.UserID || slices.Contains(ids, id) {
			s.warn("a post lost a file that is not there, or not its own")
			continue
		}
		f.info.PostID = p.ID
		ids = append(ids, id)
	}
	return ids
}

// postFiles takes the bytes of one file as the body, or a form with several.
func (s *Sim) postFiles(r *request) (answer, error) {
	if len(r.body) == 0 {
		return answer{}, bad("api.file.upload_file.read_request.app_error", "Unable to upload file(s). Error reading or parsing request data.")
	}
	query := r.URL.Query()
	channel, clients := query.Get("channel_id"), []string{}
	var files []File
	mediaType, options, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if mediaType == "multipart/form-data" {
		form, err := multipart.NewReader(bytes.NewReader(r.body), options["boundary"]).ReadForm(s.cfg.Limits.File)
		if err != nil {
			return answer{}, bad("api.file.upload_file.read_form_value.app_error", "Unable to read the form: %v.", err)
		}
		if values := form.Value["channel_id"]; len(values) > 0 {
			channel = values[0]
		}
		clients = append(clients, form.Value["client_ids"]...)
		if files, err = read(form.File["files"]); err != nil {
			return answer{}, bad("api.file.upload_file.read_request.app_error", "Unable to upload file: %v.", err)
		}
	} else {
		if query.Get("filename") == "" {
			return answer{}, bad("api.context.invalid_url_param.app_error", "Invalid or missing filename parameter in request URL.")
		}
		files = []File{{query.Get("filename"), r.body}}
	}
	if !isID(channel) {
		return answer{}, bad("api.context.invalid_url_param.app_error", "Invalid or missing channel_id parameter in request URL.")
	}
	c, err := s.mayRead(r.user, channel)
	if err != nil {
		return answer{}, err
	}
	r.call.Channel = c.ID
	infos := []FileInfo{}
	for _, f := range files {
		kept, err := s.keep(r.user, c, f)
		if err != nil {
			return answer{}, err
		}
		infos = append(infos, kept.info)
	}
	return created(map[string]any{"file_infos": infos, "client_ids": clients})
}

func read(headers []*multipart.FileHeader) (files []File, err error) {
	for _, h := range headers {
		data, err := simulator.ReadFile(h)
		if err != nil {
			return nil, err
		}
		files = append(files, File{h.Filename, data})
	}
	return files, nil
}

// mayFetch is the file of the path, if the caller may have it.
func (s *Sim) mayFetch(r *request) (*file, error) {
	f := s.files[r.PathValue("file")]
	if f == nil {
		return nil, missing("app.file_info.get.app_error", "file")
	}
	r.call.Post, r.call.Channel = f.info.PostID, f.info.ChannelID
	p := s.byID[f.info.PostID]
	switch {
	case p != nil && p.DeleteAt > 0:
		return nil, missing("app.file_info.get.app_error", "file")
	case p == nil && f.info.UserID == r.user.ID:
		return f, nil
	}
	_, err := s.mayRead(r.user, f.info.ChannelID)
	return f, err
}

func (s *Sim) getFile(r *request) (answer, error) {
	f, err := s.mayFetch(r)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, file: f}, nil
}

func (s *Sim) getFileInfo(r *request) (answer, error) {
	f, err := s.mayFetch(r)
	if err != nil {
		return answer{}, err
	}
	return ok(f.info)
}

func (f *file) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", f.info.MimeType)
	h.Set("Content-Length", strconv.Itoa(len(f.data)))
	h.Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": f.info.Name}))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(f.data) // a caller that left needs no file
}
