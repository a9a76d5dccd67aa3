package webchat

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/edge"
)

const (
	// uploadTimeout is how long a file may take to arrive: 10 MB at 85 kB/s.
	uploadTimeout = 2 * time.Minute
	// multipartOverhead is what an upload may hold besides the file.
	multipartOverhead = 64 << 10
)

// fileAnswer is an attachment as widgets see it: the ticket instead of our id.
type fileAnswer struct {
	Ticket  string `json:"ticket,omitempty"`
	Name    string `json:"name"`
	Type    string `json:"type"`
	Size    int64  `json:"size"`
	Problem string `json:"problem,omitempty"`
}

func (c *Connector) fileAnswer(visitor connectors.RemoteID, a content.Attachment) fileAnswer {
	answer := fileAnswer{Name: a.Name, Type: a.Type, Size: a.Size, Problem: a.Problem}
	if a.ID != "" {
		answer.Ticket = c.ticket(visitor, a)
	}
	return answer
}

// postAttachment keeps one file, the part "file" of a form, and answers with
// the ticket to mention in a message.
func (c *Connector) postAttachment(w http.ResponseWriter, r *http.Request) error {
	s, err := c.visitor(r)
	if err != nil {
		return err
	}
	if c.cfg.Attachments == 0 {
		return errNoAttachments
	}
	if wait := c.uploads.take(s.visitor, c.address(r), c.cfg.Now()); wait > 0 {
		return tooMany(wait)
	}
	deadline := time.Now().Add(uploadTimeout)
	_ = http.NewResponseController(w).SetReadDeadline(deadline) // a recorder in tests has none
	r.Body = http.MaxBytesReader(w, r.Body, c.cfg.AttachmentSize+multipartOverhead)
	part, err := filePart(r)
	if err != nil {
		return c.uploadProblem(err)
	}
	defer part.Close()
	a, err := c.files.Put(r.Context(), part.FileName(), edge.Bounded(part, c.cfg.AttachmentSize))
	if err != nil {
		return c.uploadProblem(err)
	}
	writeJSON(w, http.StatusOK, c.fileAnswer(s.visitor, a))
	return nil
}

var errNoAttachments = badRequest("attachments", "Kênh trò chuyện này không nhận tệp.")

var errNoFile = badRequest("malformed", "Yêu cầu không có tệp nào trong trường “file”.")

// filePart returns the part of the form with the file, unread.
func filePart(r *http.Request) (*multipart.Part, error) {
	form, err := r.MultipartReader()
	if err != nil {
		return nil, errNoFile
	}
	for {
		part, err := form.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, errNoFile
		case err != nil:
			return nil, err
		case part.FormName() == "file" && part.FileName() != "":
			return part, nil
		}
	}
}

// uploadProblem tells a file that is too large, one that is not taken and one
// that was cut off from trouble of ours.
func (c *Connector) uploadProblem(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, new(*problem)):
		return err
	case errors.As(err, &tooLarge), errors.Is(err, edge.ErrTooLarge):
		return &problem{
			status: http.StatusRequestEntityTooLarge, code: "too_large",
			message: fmt.Sprintf("Tệp lớn quá %d MB.", c.cfg.AttachmentSize>>20),
		}
	case connectors.KindOf(err) == connectors.Permanent:
		return &problem{status: http.StatusUnsupportedMediaType, code: "file_refused", message: connectors.ReasonOf(err)}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return badRequest("cut", "Tệp gửi lên bị đứt giữa chừng.")
	}
	return err
}

// getAttachment shows a file to the visitor for whom its ticket was sealed.
func (c *Connector) getAttachment(w http.ResponseWriter, r *http.Request) error {
	s, err := c.visitor(r)
	if err != nil {
		return err
	}
	if wait := c.reads.Take(string(s.visitor), c.cfg.Now()); wait > 0 {
		return tooMany(wait)
	}
	a, ok := c.attachment(s.visitor, r.PathValue("ticket"))
	if !ok {
		return errNotFound
	}
	c.files.Serve(w, r, a)
	return nil
}
