package portal

import (
	"cmp"
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/edge"
	"tongdai/inbox/directory"
)

// input is one field of a form as it is shown again.
type input struct {
	Name, Value, Problem string
}

// filled is what was typed into a form, and what is wrong with it.
type filled struct {
	Typed    url.Values
	Problems map[string]string
	Kept     []keptFile
	Once     string          // see once
	Work     *edge.Challenge // whose proof has it taken at once; nil: none is wanted
}

// keptFile is a file that was taken while something else was wrong.
type keptFile struct {
	Ticket string
	content.Attachment
}

// In returns a field by its name.
func (f filled) In(name string) input {
	return input{name, f.Typed.Get(name), f.Problems[name]}
}

// Whole is what is wrong with the form rather than with a field.
func (f filled) Whole() string { return f.Problems[""] }

// named are the fields of the report in the order of the page, with what the
// list of problems calls them.
var named = []struct{ field, label string }{
	{"linh-vuc", "Lĩnh vực"}, {"noi-dung", "Nội dung"}, {"tep", "Ảnh, tệp"}, {"dia-ban", "Xã, phường"},
	{"dia-diem", "Địa điểm"}, {"vi-tri", "Vị trí trên bản đồ"}, {"ho-ten", "Họ và tên"}, {"dien-thoai", "Số điện thoại"},
	{"email", "Thư điện tử"}, {"cong-khai", "Công khai"}, {"dong-y", "Đồng ý xử lý dữ liệu"}, {"trang-web", "Ô để trống"},
}

// wrong is one line of the list of problems.
type wrong struct{ Field, Label, Problem string }

// Wrong lists the problems of fields in the order of the page.
func (f filled) Wrong() (all []wrong) {
	for _, n := range named {
		if problem := f.Problems[n.field]; problem != "" {
			all = append(all, wrong{n.field, n.label, problem})
		}
	}
	return all
}

// reportBody is the page of the form.
type reportBody struct {
	filled
	Key        string
	Fields     []directory.Field
	Places     []string
	Most       int   // files
	Size       int64 // bytes of one file
	TextLength int
}

func (p *Portal) reportBody(key string, f filled) reportBody {
	b := reportBody{filled: f, Key: key, Fields: p.dir.Fields(), Places: p.places(), TextLength: p.form.TextLength()}
	b.Most, b.Size = p.form.Attachments()
	return b
}

// places are the communes and wards of today.
func (p *Portal) places() (names []string) {
	now := p.now()
	for _, d := range p.dir.Departments(now) {
		if d.Kind != directory.Commune || d.Locality == "" {
			continue
		}
		if l, ok := p.dir.Locality(d.Locality); ok {
			names = append(names, l.Name)
		}
	}
	return names
}

// report is the page /phan-anh with an empty form.
func (p *Portal) report(c echo.Context) error {
	return p.showReport(c, http.StatusOK, p.form.NewKey(), filled{Once: "1"})
}

func (p *Portal) showReport(c echo.Context, status int, key string, f filled) error {
	title := "Gửi phản ánh"
	if len(f.Problems) > 0 {
		title = "Chưa gửi được · " + title
	}
	return p.show(c, status, "report", unkept, page{
		Title: title, Description: "Gửi phản ánh, kiến nghị tới " + p.cfg.Organisation + ", kèm ảnh và vị trí; theo dõi kết quả.",
		Forms: true, Body: p.reportBody(key, f),
	})
}

// nobody receives nothing: what is read for it is only shown again.
type nobody struct{}

func (nobody) Receive(context.Context, connectors.Raw, []connectors.Inbound) error {
	return errors.New("portal: the key of the form does not open")
}

// postReport takes the form. Taken, it leads to the page of the matter, where a
// reload sends nothing again.
func (p *Portal) postReport(c echo.Context) error {
	private(c)
	key := c.Param("key")
	from, ok := p.form.Open(key)
	if !ok { // made before the secret was changed, or by nobody here
		key = p.form.NewKey()
		from, _ = p.form.Open(key)
		typed, _, _ := p.form.Report(c.Response(), c.Request(), from, nobody{})
		f := p.filled(from, typed, map[string]string{"": "Trang này mở đã quá lâu. Nội dung đã nhập vẫn còn dưới đây, xin anh/chị bấm gửi lại."})
		f.Once = "1"
		return p.showReport(c, http.StatusUnprocessableEntity, key, f)
	}
	typed, problems, err := p.form.Report(c.Response(), c.Request(), from, p.matters)
	if err == nil && len(problems) == 0 {
		return c.Redirect(http.StatusSeeOther, "/tra-cuu/"+key+"?moi=1")
	}
	status, problems := p.answerTo(c, problems, err)
	return p.showReport(c, status, key, p.filled(from, typed, problems).after(err))
}

// after shows what work a form was refused for want of.
func (f filled) after(err error) filled {
	if asked, is := errors.AsType[*edge.Asked](err); is {
		f.Work = &asked.Challenge
	}
	return f
}

func (p *Portal) filled(from connectors.RemoteID, typed url.Values, problems map[string]string) filled {
	f := filled{Typed: typed, Problems: problems, Once: cmp.Or(typed.Get("lan"), "1")}
	for _, ticket := range typed["tep-da-gui"] {
		if a, ok := p.form.Kept(from, ticket); ok {
			f.Kept = append(f.Kept, keptFile{ticket, a})
		}
	}
	return f
}

// answerTo is the status of a form that was not taken, and what its page says.
func (p *Portal) answerTo(c echo.Context, problems map[string]string, err error) (int, map[string]string) {
	if err == nil {
		return http.StatusUnprocessableEntity, problems
	}
	said := map[string]string{}
	for field, problem := range problems {
		said[field] = problem
	}
	said[""] = connectors.ReasonOf(err)
	switch connectors.KindOf(err) {
	case connectors.RateLimited:
		seconds := int(math.Ceil(connectors.RetryAfter(err).Seconds()))
		c.Response().Header().Set("Retry-After", strconv.Itoa(seconds))
		return http.StatusTooManyRequests, said
	case connectors.Permanent:
		return http.StatusRequestEntityTooLarge, said
	}
	said[""] = "Hệ thống đang bận nên chưa nhận được. Nội dung anh/chị nhập vẫn còn trên trang này, xin bấm gửi lại sau ít giây."
	c.Response().Header().Set("Retry-After", "5")
	return http.StatusServiceUnavailable, said
}
