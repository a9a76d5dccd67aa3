package messengersim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// maxUpload is the largest file that is taken, in bytes.
const maxUpload = 25 << 20

// upload is a file the hub put on the platform, to be mentioned in a message.
type upload struct {
	page, kind string
	url, name  string
	size       int64
	ends       time.Time
}

// postAttachment takes a form with a message that names the type, and a file.
func (s *Sim) postAttachment(by caller, r *http.Request, call *Call) (any, *refusal) {
	if no := by.onPage(); no != nil {
		return nil, no
	}
	kind, name, data, no := readUpload(r)
	if no != nil {
		return nil, no
	}
	call.Type = kind
	s.mu.Lock()
	defer s.mu.Unlock()
	id := fmt.Sprint(900_000_000_000 + s.next())
	s.uploads[id] = upload{
		page: by.page.ID, kind: kind, url: s.keepMedia(name, data), name: name, size: int64(len(data)),
		ends: s.cfg.Now().Add(s.cfg.UploadLife),
	}
	return map[string]string{"attachment_id": id}, nil
}

func readUpload(r *http.Request) (kind, name string, data []byte, no *refusal) {
	form, err := r.MultipartReader()
	if err != nil {
		return "", "", nil, invalid("a form is needed")
	}
	var reusable bool
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return "", "", nil, invalid("the form broke off")
		}
		data, err = io.ReadAll(io.LimitReader(part, maxUpload+1))
		switch {
		case err != nil:
			return "", "", nil, invalid("the form broke off")
		case int64(len(data)) > maxUpload:
			return "", "", nil, refuse(100, 2018109, "Attachment size exceeds allowable limit")
		case part.FormName() == "message":
			var message struct {
				Attachment struct {
					Type    string
					Payload struct {
						Reusable bool `json:"is_reusable"`
					}
				}
			}
			if json.Unmarshal(data, &message) != nil {
				return "", "", nil, invalid("message is invalid")
			}
			kind, reusable = message.Attachment.Type, message.Attachment.Payload.Reusable
		case part.FormName() == "filedata" && part.FileName() != "":
			name = part.FileName()
			if sent, _, _ := strings.Cut(part.Header.Get("Content-Type"), "/"); kind != "file" && sent != kind {
				return "", "", nil, refuse(100, 2018047, "Upload attachment failure: the file is no %s", kind)
			}
			if looks := http.DetectContentType(data); kind == "image" && !strings.HasPrefix(looks, "image/") {
				return "", "", nil, refuse(100, 2018047, "Upload attachment failure: the file is no image")
			}
			if !reusable {
				return "", "", nil, invalid("is_reusable is needed, or the id is good for nothing")
			}
			return kind, name, data, nil
		}
	}
	return "", "", nil, invalid("filedata is needed after message")
}

// keepMedia returns the link under which data can be fetched. s.mu is held.
func (s *Sim) keepMedia(name string, data []byte) string {
	id := fmt.Sprintf("%x%s", 0x5c0000+s.next(), path.Ext(name))
	kind := cmp.Or(mime.TypeByExtension(path.Ext(name)), http.DetectContentType(data))
	s.media.Keep(id, kind, data, s.cfg.Now().Add(s.cfg.MediaLife))
	return s.url + "/media/" + id
}
