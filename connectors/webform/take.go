package webform

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/edge"
)

// The fields of the forms, by the names that pages give their inputs. An input
// that is hidden stands before those with files.
const (
	TimeField     = "lan"        // which form of the citizen's: a resend carries the same; letters, digits
	TrapField     = "trang-web"  // people do not see it, robots fill it in
	CategoryField = "linh-vuc"   // id of a field; empty: the citizen does not know
	TextField     = "noi-dung"   //
	LocalityField = "dia-ban"    // commune or ward, chosen or typed
	AddressField  = "dia-diem"   // where there
	PointField    = "vi-tri"     // two numbers, or the link of a map
	FilesField    = "tep"        // any number
	KeptField     = "tep-da-gui" // tickets of files that were taken before
	NameField     = "ho-ten"     //
	PhoneField    = "dien-thoai" //
	EmailField    = "email"      // may be empty
	PublicField   = "cong-khai"  // Yes, No
	ConsentField  = "dong-y"     // Yes
	PressedField  = "chon"       // value of the choice that was pressed
	ProofField    = "bai-giai"   // an edge.Proof as JSON, where a form was refused for want of it
)

// The values of PublicField and ConsentField.
const (
	Yes = "co"
	No  = "khong"
)

// What the fields of a form are called in content.Form.
const (
	formPublic  = "public"
	formConsent = "consent"
)

const (
	// storeTime is how long the hub may take: whoever waits longer thinks it lost.
	storeTime = 3 * time.Second

	nameLength, placeLength, addressLength, pointLength, emailLength = 100, 120, 300, 1000, 254
	pressedLength                                                    = 1000
)

// Report takes the form "Gửi phản ánh" in r, of the citizen whom Open named.
// With no problems and no error the matter is on disk. Problems stand under
// the names of fields, "" being the form as a whole; typed is what was typed,
// with tickets of the files that were taken under KeptField. An error has a
// Kind: RateLimited with the time to wait, and the *edge.Asked whose work helps
// at once, if it would, Permanent with a Reason for the citizen, anything
// else is worth another try.
func (c *Connector) Report(w http.ResponseWriter, r *http.Request, from connectors.RemoteID, to connectors.Receiver) (typed url.Values, problems map[string]string, err error) {
	return c.take(w, r, from, to, c.checkReport)
}

// More takes what the citizen adds on the tracking page: words, files, or a
// choice that was pressed. It answers like Report.
func (c *Connector) More(w http.ResponseWriter, r *http.Request, from connectors.RemoteID, to connectors.Receiver) (typed url.Values, problems map[string]string, err error) {
	return c.take(w, r, from, to, c.checkMore)
}

// check makes an Inbound of what was posted, or names the problems.
type check func(p *posted) connectors.Inbound

func (c *Connector) take(w http.ResponseWriter, r *http.Request, from connectors.RemoteID, to connectors.Receiver, check check) (url.Values, map[string]string, error) {
	now, address := c.cfg.Now(), c.cfg.ClientAddr(r)
	if wait := c.reads.Take(address, now); wait > 0 {
		return url.Values{}, nil, tooMany(wait, nil)
	}
	p, err := c.read(w, r, from)
	in := check(&p)
	p.typed[KeptField] = nil
	for _, a := range p.files {
		p.typed.Add(KeptField, c.ticket(from, a))
	}
	if err != nil || len(p.problems) > 0 {
		return p.typed, p.problems, err
	}
	if wait, asked := c.taken.Pass(address, proofOf(p.typed), now); wait > 0 && !c.cfg.Urgent(in.Content.Text) {
		return p.typed, nil, tooMany(wait, asked)
	}
	in.Kind, in.From, in.SentAt, in.Language = connectors.Said, from, now, "vi"
	in.Key = string(from) + ":" + p.typed.Get(TimeField)
	in.Message = connectors.RemoteID(in.Key)
	in.Content.Attachments = p.files
	raw := connectors.Raw{
		Channel: c.cfg.Channel.ID, ReceivedAt: now, Type: "application/x-www-form-urlencoded", Body: p.body,
	}
	ctx, cancel := context.WithTimeout(r.Context(), storeTime)
	defer cancel()
	if err := to.Receive(ctx, raw, []connectors.Inbound{in}); err != nil {
		c.logger.WarnContext(ctx, "a form could not be kept", "channel", c.cfg.Channel.ID, "err", err)
		return p.typed, nil, err
	}
	return p.typed, nil, nil
}

// proofOf reads what the page's script found, if anything.
func proofOf(typed url.Values) (p edge.Proof) {
	_ = json.Unmarshal([]byte(typed.Get(ProofField)), &p) // what cannot be read is no proof
	return p
}

// tooMany asks to wait, or, where asked is an *edge.Asked, for work.
func tooMany(wait time.Duration, asked error) error {
	return &connectors.Error{
		Kind: connectors.RateLimited, After: wait, Err: asked,
		Reason: fmt.Sprintf("Mạng anh/chị đang dùng vừa gửi nhiều phản ánh. Xin chờ %s rồi gửi lại; nội dung đã nhập vẫn còn trên trang này.", inWords(wait)),
	}
}

func inWords(d time.Duration) string {
	if d <= time.Minute {
		return "một phút"
	}
	return fmt.Sprintf("%d phút", int(d.Minutes())+1)
}

var formTime = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// frame sees to what both forms have.
func (c *Connector) frame(p *posted) {
	if !formTime.MatchString(p.typed.Get(TimeField)) {
		p.problem("", "Trang này đã cũ. Anh/chị vui lòng tải lại trang rồi gửi lại.")
	}
	if p.typed.Get(TrapField) != "" {
		p.problem(TrapField, "Xin để trống ô này.")
	}
	if text := p.typed.Get(TextField); utf8.RuneCountInString(text) > c.cfg.TextLength {
		p.problem(TextField, "Nội dung dài quá %d ký tự; hãy rút ngắn, phần còn lại gửi thêm sau.", c.cfg.TextLength)
	}
}

func (c *Connector) checkMore(p *posted) connectors.Inbound {
	c.frame(p)
	in := connectors.Inbound{Pressed: p.typed.Get(PressedField)}
	in.Content.Text = p.typed.Get(TextField)
	switch {
	case len(in.Pressed) > pressedLength:
		p.problem(TextField, "Lựa chọn gửi lên không hợp lệ.")
	case strings.TrimSpace(in.Content.Text) == "" && len(p.files) == 0 && in.Pressed == "":
		p.problem(TextField, "Hãy viết nội dung, hoặc chọn ảnh, tệp.")
	}
	return in
}

func (c *Connector) checkReport(p *posted) connectors.Inbound {
	c.frame(p)
	text := p.typed.Get(TextField)
	if strings.TrimSpace(text) == "" {
		p.problem(TextField, "Hãy viết điều anh/chị muốn phản ánh.")
	}
	in := connectors.Inbound{Content: content.Content{Text: text}}
	add := func(name, label, value string) {
		if value != "" {
			in.Content.Form = append(in.Content.Form, content.Field{Name: name, Label: label, Value: value})
		}
	}
	add("category", "Lĩnh vực", c.category(p))
	add("locality", "Xã, phường", p.line(LocalityField, placeLength))
	add("address", "Địa điểm", p.line(AddressField, addressLength))
	in.Content.Place = p.point(add)
	in.Profile = p.person()
	add("name", "Họ và tên", in.Profile.Name)
	add("phone", "Số điện thoại", in.Profile.Phone)
	add("email", "Thư điện tử", in.Profile.Email)
	add(formPublic, "Công khai câu hỏi và câu trả lời", p.publicly())
	if p.typed.Get(ConsentField) == Yes {
		add(formConsent, "Đồng ý xử lý dữ liệu cá nhân", "Có")
	} else {
		p.problem(ConsentField, "Cần anh/chị đồng ý thì phản ánh mới được tiếp nhận và chuyển đi.")
	}
	return in
}

func (c *Connector) category(p *posted) string {
	id := p.typed.Get(CategoryField)
	name, ok := c.cfg.Field(id)
	if id != "" && !ok {
		p.problem(CategoryField, "Hãy chọn một lĩnh vực trong danh sách, hoặc “Tôi chưa rõ”.")
	}
	return name
}

// line is what was typed where one line is wanted.
func (p *posted) line(field string, most int) string {
	text := strings.Join(strings.Fields(p.typed.Get(field)), " ")
	if utf8.RuneCountInString(text) > most {
		p.problem(field, "Dài quá %d ký tự; hãy rút ngắn.", most)
	}
	return text
}

func (p *posted) point(add func(name, label, value string)) *content.Place {
	text := p.line(PointField, pointLength)
	if text == "" {
		return nil
	}
	point, link, ok := where(text)
	if !ok {
		p.problem(PointField, "Không đọc được vị trí. Hãy dán liên kết bản đồ (bắt đầu bằng https://), hoặc hai số như 19.80710, 105.77520 trong lãnh thổ Việt Nam.")
		return nil
	}
	add("map", "Liên kết bản đồ", link)
	return point
}

func (p *posted) person() connectors.Profile {
	who := connectors.Profile{
		Name: p.line(NameField, nameLength), Email: p.line(EmailField, emailLength), Language: "vi",
	}
	if who.Name == "" {
		p.problem(NameField, "Hãy cho biết họ và tên.")
	}
	phone, ok := dialled(p.line(PhoneField, 30))
	switch who.Phone = phone; {
	case phone == "":
		p.problem(PhoneField, "Hãy cho biết số điện thoại để được trả lời và để tra cứu.")
	case !ok:
		p.problem(PhoneField, "Số điện thoại này không đúng. Hãy viết đủ 10 chữ số, ví dụ 0912 345 678.")
	}
	if a, err := mail.ParseAddress(who.Email); who.Email != "" && (err != nil || a.Address != who.Email || !strings.Contains(who.Email, ".")) {
		p.problem(EmailField, "Địa chỉ thư điện tử này không đúng; sửa lại hoặc để trống.")
	}
	return who
}

func (p *posted) publicly() string {
	switch p.typed.Get(PublicField) {
	case Yes:
		return "Có"
	case No:
		return "Không"
	}
	p.problem(PublicField, "Hãy chọn một trong hai.")
	return ""
}

// dialled is a Vietnamese number as it is dialled at home, and whether it can
// be one: ten digits, or eleven of a fixed line (Circular 22/2014/TT-BTTTT).
func dialled(typed string) (number string, ok bool) {
	digits := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9' || r == '+':
			return r
		case strings.ContainsRune(" .-()", r):
			return -1
		}
		return 'x'
	}, typed)
	for _, country := range []string{"+84", "0084", "84"} {
		if rest, cut := strings.CutPrefix(digits, country); cut && len(rest) >= 9 {
			digits = "0" + strings.TrimPrefix(rest, "0")
			break
		}
	}
	if strings.ContainsAny(digits, "x+") || len(digits) < 10 || len(digits) > 11 || digits[0] != '0' || digits[1] == '0' {
		return typed, false
	}
	return digits, true
}
