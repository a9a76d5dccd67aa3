package messenger

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"sync"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/call"
	"tongdai/connectors/content"
)

var (
	errEmpty = errors.New("the message says nothing")
	errFile  = errors.New("the file cannot be sent")
)

// shown are the media types that Messenger shows as what they are. Everything
// else is a file to save.
var shown = map[string]string{
	"image/jpeg": "image", "image/png": "image", "image/gif": "image",
	"video/mp4":  "video",
	"audio/mpeg": "audio", "audio/mp4": "audio", "audio/aac": "audio", "audio/wav": "audio", "audio/ogg": "audio",
}

func wireType(mediaType string) string {
	base, _, _ := strings.Cut(mediaType, ";")
	return cmp.Or(shown[base], "file")
}

func sendable(a content.Attachment) error {
	switch {
	case a.ID == "":
		return noFile(fmt.Sprintf("Tệp “%s” chưa có ở tổng đài nên không gửi được.", a.Name))
	case a.Size > fileSize:
		return noFile(fmt.Sprintf("Tệp “%s” quá lớn; Messenger nhận tệp tới %d MB.", a.Name, fileSize>>20))
	}
	return nil
}

func noFile(reason string) error {
	return &connectors.Error{Kind: connectors.Permanent, Reason: reason, Err: errFile}
}

// uploaded returns the id under which Meta has the file, after putting it there
// where it is not.
func (c *Connector) uploaded(ctx context.Context, a content.Attachment) (string, error) {
	if id, ok := c.uploads.get(a.ID); ok {
		return id, nil
	}
	id, err := c.upload(ctx, a)
	if err == nil {
		c.uploads.put(a.ID, id)
	}
	return id, err
}

// upload streams the file: there may be many at once, and they may be large.
func (c *Connector) upload(ctx context.Context, a content.Attachment) (string, error) {
	head, tail, kind, err := uploadForm(a)
	if err != nil {
		return "", call.NotSent(err)
	}
	file, err := c.files.Read(ctx, a)
	if errors.Is(err, fs.ErrNotExist) {
		return "", noFile(fmt.Sprintf("Tệp “%s” không còn ở tổng đài.", a.Name))
	}
	if err != nil {
		return "", call.NotSent(fmt.Errorf("read the file to send: %w", err))
	}
	defer file.Close()
	r := request{
		method: http.MethodPost, path: "/" + c.cfg.PageID + "/message_attachments", kind: kind, patience: 4,
		length: int64(len(head)) + a.Size + int64(len(tail)),
		body: func() (io.Reader, error) {
			return io.MultiReader(bytes.NewReader(head), io.LimitReader(file, a.Size), bytes.NewReader(tail)), nil
		},
	}
	var got struct {
		ID text `json:"attachment_id"`
	}
	if err := c.call(ctx, r, &got); err != nil {
		return "", err
	}
	if got.ID == "" {
		return "", &connectors.Error{Kind: connectors.Retryable, Err: errors.New("the answer to an upload names no file")}
	}
	return string(got.ID), nil
}

// uploadForm is what stands before and after the bytes of the file.
func uploadForm(a content.Attachment) (head, tail []byte, kind string, err error) {
	message, err := json.Marshal(map[string]any{
		"attachment": map[string]any{"type": wireType(a.Type), "payload": map[string]any{"is_reusable": true}},
	})
	if err != nil {
		return nil, nil, "", err
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	if err := w.WriteField("message", string(message)); err != nil {
		return nil, nil, "", err
	}
	_, err = w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {multipart.FileContentDisposition("filedata", cmp.Or(a.Name, "tep"))},
		"Content-Type":        {cmp.Or(a.Type, "application/octet-stream")},
	})
	if err != nil {
		return nil, nil, "", err
	}
	head = bytes.Clone(form.Bytes())
	err = w.Close()
	return head, form.Bytes()[len(head):], w.FormDataContentType(), err
}

const (
	// uploadLife is ten days less than Meta keeps an upload.
	uploadLife = 80 * 24 * time.Hour
	// uploadsMost bounds what is remembered.
	uploadsMost = 1000
)

// uploads remembers what Meta has already: a form that is sent to everybody who
// asks is uploaded once.
type uploads struct {
	now func() time.Time
	mu  sync.Mutex
	all map[string]upload // by the ID of the attachment
}

type upload struct {
	id string
	at time.Time
}

func newUploads(now func() time.Time) *uploads { return &uploads{now: now, all: map[string]upload{}} }

func (u *uploads) get(file string) (string, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	up, ok := u.all[file]
	return up.id, ok && u.now().Sub(up.at) < uploadLife
}

func (u *uploads) put(file, id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.all) >= uploadsMost {
		clear(u.all)
	}
	u.all[file] = upload{id, u.now()}
}

func (u *uploads) forget(file string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.all, file)
}
