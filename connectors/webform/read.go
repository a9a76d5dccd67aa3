package webform

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/edge"
)

const (
	// fieldsLimit bounds all that is typed into a form, in bytes.
	fieldsLimit = 256 << 10
	// readTime is how long a form may take to arrive: 50 MB at 140 kB/s.
	readTime = 6 * time.Minute
	// drained is how many times more than what is taken is read and let go, so
	// that the page with the problem reaches whoever chose files too large.
	drained = 4
	// maxValues bounds the fields of one form.
	maxValues = 100
)

// errTooLarge: the rest was not even read.
var errTooLarge = &connectors.Error{
	Kind: connectors.Permanent, Reason: "Nội dung gửi lên quá lớn. Anh/chị bỏ bớt tệp, hoặc chia thành nhiều lần gửi.",
	Err: errors.New("webform: the form is too large"),
}

// errCut: the form did not arrive whole.
var errCut = &connectors.Error{
	Kind: connectors.Permanent, Reason: "Nội dung gửi lên bị đứt giữa chừng. Anh/chị vui lòng gửi lại.",
	Err: errors.New("webform: the form was cut"),
}

// posted is a form as it arrived: nothing of it has been judged but its files.
type posted struct {
	typed    url.Values
	files    []content.Attachment
	problems map[string]string // by field
	body     []byte            // without the files, as it is kept raw
}

func (p *posted) problem(field, message string, args ...any) {
	if p.problems == nil {
		p.problems = map[string]string{}
	}
	if p.problems[field] == "" {
		p.problems[field] = fmt.Sprintf(message, args...)
	}
}

// read takes in what r carries. Files go where files are kept as they come.
func (c *Connector) read(w http.ResponseWriter, r *http.Request, from connectors.RemoteID) (posted, error) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(readTime)) // a recorder in tests has none
	p := posted{typed: url.Values{}}
	var err error
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		r.Body = http.MaxBytesReader(w, r.Body, fieldsLimit+drained*c.cfg.AttachmentSize*int64(max(c.cfg.Attachments, 1)))
		err = c.readParts(r, &p)
	} else {
		err = p.readFields(http.MaxBytesReader(w, r.Body, fieldsLimit))
	}
	c.earlierFiles(from, &p)
	if p.body == nil {
		kept := url.Values{}
		for name, values := range p.typed {
			kept[name] = values
		}
		for _, a := range p.files {
			kept.Add(FilesField, a.ID+" "+a.Name)
		}
		p.body = []byte(kept.Encode())
	}
	return p, failure(err)
}

// failure tells what was cut off or too large from trouble of ours.
func failure(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &tooLarge):
		return errTooLarge
	case errors.Is(err, errTrouble):
		return err
	}
	return errCut
}

// errTrouble marks a failure to keep a file that is ours, not the citizen's.
var errTrouble = errors.New("webform: a file could not be kept")

func (p *posted) readFields(r io.Reader) error {
	body, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	p.body = body
	values, err := url.ParseQuery(string(body))
	if err != nil || len(values) > maxValues {
		p.problem("", "Nội dung gửi lên không đọc được. Anh/chị vui lòng tải lại trang rồi gửi lại.")
	}
	for name, list := range values {
		for _, value := range list {
			p.typed.Add(valid(name), valid(value))
		}
	}
	return nil
}

func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

func (c *Connector) readParts(r *http.Request, p *posted) error {
	form, err := r.MultipartReader()
	if err != nil {
		return err
	}
	left, values := int64(fieldsLimit), 0
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if values++; values > maxValues {
			return errTooLarge
		}
		name := valid(part.FormName())
		if name == FilesField {
			if err := c.takeFile(r, part, p); err != nil {
				return err
			}
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, left+1))
		if err != nil {
			return err
		}
		if left -= int64(len(value)); left < 0 {
			return errTooLarge
		}
		p.typed.Add(name, valid(string(value)))
	}
}

// takeFile keeps one file. A file input that was left empty sends a part
// without a name.
func (c *Connector) takeFile(r *http.Request, part *multipart.Part, p *posted) error {
	name := valid(part.FileName())
	if name == "" {
		return nil
	}
	if p.typed.Get(TrapField) != "" {
		return nil // nobody reads it
	}
	if len(p.files)+len(p.typed[KeptField]) >= c.cfg.Attachments {
		p.problem(FilesField, "Mỗi lần gửi được nhiều nhất %d tệp. Anh/chị bỏ bớt, hoặc gửi thêm ở trang tra cứu sau khi gửi.", c.cfg.Attachments)
		return nil
	}
	a, err := c.files.Put(r.Context(), name, edge.Bounded(part, c.cfg.AttachmentSize))
	switch {
	case err == nil:
		p.files = append(p.files, a)
	case errors.Is(err, edge.ErrTooLarge):
		p.problem(FilesField, "“%s” lớn quá %d MB. Anh/chị chọn tệp nhỏ hơn.", shortName(name), c.cfg.AttachmentSize>>20)
	case connectors.KindOf(err) == connectors.Permanent:
		p.problem(FilesField, "“%s” chưa nhận được. %s", shortName(name), connectors.ReasonOf(err))
	case errors.As(err, new(*http.MaxBytesError)), errors.Is(err, io.ErrUnexpectedEOF):
		return err
	default:
		return fmt.Errorf("%w: %w", errTrouble, err)
	}
	return nil
}

func shortName(name string) string {
	if runes := []rune(name); len(runes) > 60 {
		return string(runes[:59]) + "…"
	}
	return name
}

// earlierFiles are those that were taken with the same form before it was put
// right, unless the citizen has struck them out since.
func (c *Connector) earlierFiles(from connectors.RemoteID, p *posted) {
	var earlier []content.Attachment
	for _, ticket := range p.typed[KeptField] {
		if a, ok := c.Kept(from, ticket); ok {
			earlier = append(earlier, a)
		} else {
			p.problem(FilesField, "Một tệp đã chọn không còn. Anh/chị chọn lại tệp đó.")
		}
	}
	p.files = append(earlier, p.files...)
	if len(p.files) > c.cfg.Attachments {
		p.files = p.files[:c.cfg.Attachments]
		p.problem(FilesField, "Mỗi lần gửi được nhiều nhất %d tệp.", c.cfg.Attachments)
	}
}
