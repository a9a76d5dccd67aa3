package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
	"tongdai/inbox/api/gen"
	"tongdai/inbox/media"
)

var errTooLarge = errors.New("api: file too large")

// formOverhead is what a form adds to the file it carries, at most.
const formOverhead = 64 << 10

// formFile returns the reader of the file in a form without keeping the form
// in memory, and the fields that came before it.
func formFile(c echo.Context, limit int64) (name string, file io.ReadCloser, fields map[string]string, err error) {
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, limit+formOverhead)
	parts, err := r.MultipartReader()
	if err != nil {
		return "", nil, nil, inbox.Invalid{{Field: "file", Message: "Hãy chọn một tệp."}}
	}
	fields = map[string]string{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return "", nil, nil, inbox.Invalid{{Field: "file", Message: "Hãy chọn một tệp."}}
		}
		if err != nil {
			return "", nil, nil, uploadError(err)
		}
		if part.FormName() == "file" && part.FileName() != "" {
			return part.FileName(), part, fields, nil
		}
		value, err := io.ReadAll(io.LimitReader(part, 1024))
		if err != nil {
			return "", nil, nil, uploadError(err)
		}
		fields[part.FormName()] = string(value)
	}
}

func uploadError(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errTooLarge
	}
	return fmt.Errorf("upload was cut: %w", err)
}

// uploadAttachment keeps a file that a reply will carry.
func (s *Server) uploadAttachment(c echo.Context) error {
	if !actorOf(c.Request().Context()).May(inbox.AnswerConversation) {
		return inbox.ErrForbidden
	}
	name, file, _, err := formFile(c, s.cfg.UploadLimit)
	if err != nil {
		return err
	}
	a, err := s.Media.Put(c.Request().Context(), name, file)
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return errTooLarge
		}
		if connectors.KindOf(err) == connectors.Permanent {
			return inbox.Invalid{{Field: "file", Message: connectors.ReasonOf(err)}}
		}
		return err
	}
	return c.JSON(http.StatusOK, toAttachment(a))
}

// uploaded looks up files that were kept for a reply.
func (s *Server) uploaded(ctx context.Context, files []gen.Uploaded) ([]content.Attachment, error) {
	var out []content.Attachment
	for _, f := range files {
		file, info, err := s.Media.Open(ctx, f.Id)
		if errors.Is(err, media.ErrNotFound) {
			return nil, inbox.Invalid{{Field: "attachments", Message: "Tệp đính kèm không còn; hãy tải lên lại."}}
		}
		if err != nil {
			return nil, err
		}
		if err := file.Close(); err != nil {
			return nil, err
		}
		out = append(out, content.Attachment{ID: f.Id, Name: f.Name, Type: info.Type, Size: info.Size})
	}
	return out, nil
}

// downloadAttachment gives a file that occurs in a conversation.
func (s *Server) downloadAttachment(c echo.Context) error {
	ctx := c.Request().Context()
	a, err := s.Hub.Attachment(ctx, actorOf(ctx), inbox.ConversationID(c.Param("id")), c.Param("attachment"))
	if err != nil {
		return err
	}
	return s.Media.Send(c.Response(), c.Request(), a)
}
