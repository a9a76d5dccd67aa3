package zalosim

import (
	"bytes"
	"cmp"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// uploadKind is one of the three upload endpoints.
type uploadKind struct {
	name  string
	limit int64
	key   string // of the answer
	takes func(name string, data []byte) bool
}

// The upload endpoints and what each takes.
var (
	imageUpload = &uploadKind{"image", 1 << 20, "attachment_id", func(_ string, data []byte) bool {
		kind := http.DetectContentType(data)
		return kind == "image/jpeg" || kind == "image/png"
	}}
	gifUpload = &uploadKind{"gif", 5 << 20, "attachment_id", func(_ string, data []byte) bool {
		return http.DetectContentType(data) == "image/gif"
	}}
	fileUpload = &uploadKind{"file", 5 << 20, "token", func(name string, data []byte) bool {
		switch strings.ToLower(path.Ext(name)) {
		case ".pdf":
			return bytes.HasPrefix(data, []byte("%PDF-"))
		case ".doc":
			return bytes.HasPrefix(data, []byte{0xD0, 0xCF, 0x11, 0xE0})
		case ".docx":
			return bytes.HasPrefix(data, []byte("PK\x03\x04"))
		case ".csv":
			return strings.HasPrefix(http.DetectContentType(data), "text/")
		}
		return false
	}}
)

// upload is a file the hub put on the platform, to be mentioned in a message.
type upload struct {
	kind *uploadKind
	oa   string
	url  string
	name string
	size int64
	ends time.Time
}

func (s *Sim) postUpload(kind *uploadKind) operation {
	return func(oa string, r *http.Request, call *Call) (any, *refusal) {
		name, data, no := readUpload(r, kind)
		if no != nil {
			return nil, no
		}
		call.Kind = Kind(kind.name)
		s.mu.Lock()
		defer s.mu.Unlock()
		id := secret(kind.name)
		s.uploads[id] = upload{
			kind: kind, oa: oa, url: s.keepMedia(name, data), name: name, size: int64(len(data)),
			ends: s.cfg.Now().Add(s.cfg.UploadLife),
		}
		return map[string]string{kind.key: id}, nil
	}
}

// readUpload reads a form that holds one part, named "file".
func readUpload(r *http.Request, kind *uploadKind) (string, []byte, *refusal) {
	form, err := r.MultipartReader()
	if err != nil {
		return "", nil, invalid("file is invalid")
	}
	part, err := form.NextPart()
	if err != nil || part.FormName() != "file" || part.FileName() == "" {
		return "", nil, invalid("file is invalid")
	}
	data, err := io.ReadAll(io.LimitReader(part, kind.limit+1))
	switch {
	case err != nil:
		return "", nil, invalid("file is invalid")
	case int64(len(data)) > kind.limit:
		return "", nil, &refusal{-210, "file size is over limit"}
	case !kind.takes(part.FileName(), data):
		return "", nil, invalid("file type is not supported")
	}
	if _, err := form.NextPart(); err != io.EOF {
		return "", nil, invalid("exactly one file")
	}
	return part.FileName(), data, nil
}

// uploaded finds what a message mentions. s.mu is held.
func (s *Sim) uploaded(id string, kind *uploadKind) (upload, *refusal) {
	u, ok := s.uploads[id]
	switch {
	case !ok || u.kind != kind:
		return u, invalid("attachment_id is invalid")
	case s.cfg.Now().After(u.ends):
		return u, &refusal{errUploadGone, "attachment_id was expired"}
	}
	return u, nil
}

// keepMedia returns the link under which data can be fetched. s.mu is held.
func (s *Sim) keepMedia(name string, data []byte) string {
	id := secret("m")
	kind := cmp.Or(mime.TypeByExtension(path.Ext(name)), "application/octet-stream")
	s.media.Keep(id, kind, data, s.cfg.Now().Add(s.cfg.MediaLife))
	return s.url + "/media/" + id
}

func (s *Sim) getMedia(w http.ResponseWriter, r *http.Request, _ *Call) {
	s.media.Serve(w, r.PathValue("id"), s.cfg.Now())
}
