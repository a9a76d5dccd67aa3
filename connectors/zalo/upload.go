package zalo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/gif"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"sync"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/call"
)

var (
	errEmpty = errors.New("the message says nothing")
	errFile  = errors.New("the file cannot be sent")
)

// upload puts p's file on Zalo, unless it is there, and has p refer to it.
func (c *Connector) upload(ctx context.Context, p *part) error {
	up, ok := c.uploads.get(p.file.ID)
	if !ok {
		var err error
		if up, err = c.uploadNow(ctx, p); err != nil {
			return err
		}
		c.uploads.put(p.file.ID, up)
	}
	if p.upload.media == "" {
		p.attachment = &wireAttachment{Type: "file", Payload: wirePayload{Token: up.id}}
		return nil
	}
	p.attachment = media(wireElement{MediaType: p.upload.media, Attachment: up.id, Width: up.width, Height: up.height})
	return nil
}

func (c *Connector) uploadNow(ctx context.Context, p *part) (uploaded, error) {
	data, err := c.readFile(ctx, p)
	if err != nil {
		return uploaded{}, err
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	file, err := w.CreateFormFile("file", p.file.Name)
	if err == nil {
		_, err = file.Write(data)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return uploaded{}, err
	}
	got := map[string]any{}
	err = c.call(ctx, request{
		method: http.MethodPost, path: p.upload.path, kind: w.FormDataContentType(), body: form.Bytes(),
	}, &got)
	if err != nil {
		return uploaded{}, err
	}
	up := uploaded{id: fmt.Sprint(got[p.upload.key]), at: c.now()}
	if got[p.upload.key] == nil {
		return uploaded{}, &connectors.Error{Kind: connectors.Retryable, Err: errors.New("the answer to an upload names no file")}
	}
	if p.upload == gifUpload {
		if picture, err := gif.DecodeConfig(bytes.NewReader(data)); err == nil {
			up.width, up.height = picture.Width, picture.Height
		}
	}
	return up, nil
}

func (c *Connector) readFile(ctx context.Context, p *part) ([]byte, error) {
	file, err := c.files.Read(ctx, *p.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noFile(fmt.Sprintf("Tệp “%s” không còn ở tổng đài.", p.file.Name))
	}
	if err != nil {
		return nil, call.NotSent(fmt.Errorf("read the file to send: %w", err))
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, p.upload.limit+1))
	switch {
	case err != nil:
		return nil, call.NotSent(fmt.Errorf("read the file to send: %w", err))
	case int64(len(data)) > p.upload.limit:
		return nil, noFile(fmt.Sprintf("Tệp “%s” quá lớn cho Zalo. %s", p.file.Name, takenWords))
	}
	return data, nil
}

// uploaded is a file as Zalo knows it.
type uploaded struct {
	id            string
	width, height int // of a GIF
	at            time.Time
}

const (
	// uploadLife is a day less than Zalo keeps an upload.
	uploadLife = 6 * 24 * time.Hour
	// uploadsMost bounds what is remembered.
	uploadsMost = 1000
)

// uploads remembers what is on Zalo already: a month has 5,000 uploads.
type uploads struct {
	now func() time.Time
	mu  sync.Mutex
	all map[string]uploaded // by the ID of the attachment
}

func newUploads(now func() time.Time) *uploads { return &uploads{now: now, all: map[string]uploaded{}} }

func (u *uploads) get(id string) (uploaded, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	up, ok := u.all[id]
	return up, ok && u.now().Sub(up.at) < uploadLife
}

func (u *uploads) put(id string, up uploaded) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.all) >= uploadsMost {
		clear(u.all)
	}
	u.all[id] = up
}

func (u *uploads) forget(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.all, id)
}
