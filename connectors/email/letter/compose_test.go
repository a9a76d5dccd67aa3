package letter

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
)

func draft() Draft {
	return Draft{
		From: Address{"Tổng đài 1022 Thanh Hóa", "1022@thanhhoa.gov.vn"}, To: []Address{{"Nguyễn Văn An", "an@example.vn"}},
		Subject: "Hỏi về hộ chiếu", Answer: true, Code: "TH-261121-0042", Date: time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC),
		MessageID: "c4711.m991.k8f2@1022.thanhhoa.gov.vn", InReplyTo: "q@example.vn", References: []string{"q0@example.vn"},
		Text: "Chào anh An,\n\nAnh mang theo CCCD; xem https://dichvucong.gov.vn.", Signature: []string{"Trung tâm 1022", "ĐT: 1022"}, Delimiter: true,
	}
}

func file(name, kind, data string) File {
	return File{Name: name, Type: kind, Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(data)), nil }}
}

func composed(t testing.TB, d Draft) string {
	t.Helper()
	var b bytes.Buffer
	if err := Compose(t.Context(), &b, d); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func readBack(t testing.TB, raw string) Letter {
	t.Helper()
	l, err := Read(t.Context(), strings.NewReader(raw), keepHash)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestALetterOfOursIsReadAsItWasWritten(t *testing.T) {
	d := draft()
	d.Cc = []Address{{"", "b@example.vn"}, {"Sở Y tế, phòng 2", "syt@thanhhoa.gov.vn"}}
	d.ReplyTo = Address{Address: "1022+m1-abc-def@thanhhoa.gov.vn"}
	d.Files = []File{file("Hướng dẫn “mới”.pdf", "application/pdf", "%PDF-1.4"), file("a.eml", "message/rfc822", "From: x\n\ny")}
	raw := composed(t, d)
	l := readBack(t, raw)
	if l.From != d.From || !slices.Equal(l.To, d.To) || !slices.Equal(l.Cc, d.Cc) || l.ReplyTo[0].Address != d.ReplyTo.Address {
		t.Errorf("the addresses are %v, %v, %v, %v", l.From, l.To, l.Cc, l.ReplyTo)
	}
	if l.Subject != "Re: [TH-261121-0042] Hỏi về hộ chiếu" || l.MessageID != d.MessageID || !slices.Equal(l.Answers, []string{"q@example.vn", "q0@example.vn"}) || !l.Date.Equal(d.Date) {
		t.Errorf("the header is %q, %q, %v, %v", l.Subject, l.MessageID, l.Answers, l.Date)
	}
	if len(l.Automatic) > 0 || l.Header.Has("Auto-Submitted") || l.Header.Has("Precedence") {
		t.Errorf("a person's letter is marked: %v", l.Automatic)
	}
	want := Delimiter + "\n\nChào anh An,\n\nAnh mang theo CCCD; xem https://dichvucong.gov.vn.\n\n-- \nTrung tâm 1022\nĐT: 1022\nMã phiếu: TH-261121-0042 (anh/chị giữ mã này để tra cứu)\n\n" + End
	if l.Quoted != want || l.Text != "" {
		t.Errorf("the text is %q, and %q", l.Text, l.Quoted)
	}
	if len(l.Attachments) != 2 || l.Attachments[0].Name != "Hướng dẫn “mới”.pdf" || l.Attachments[1].Name != "a.eml" || l.Attachments[0].Size != 8 {
		t.Errorf("the files are %+v", l.Attachments)
	}
	if !strings.Contains(l.HTML, `<a href="https://dichvucong.gov.vn"`) || !strings.Contains(l.HTML, "Mã phiếu: TH-261121-0042") {
		t.Errorf("the page is %s", l.HTML)
	}
	if again := composed(t, d); again != raw {
		t.Error("written again, the letter is another")
	}
	for line := range strings.SplitSeq(raw, "\r\n") {
		if len(line) > 998 || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r > '~' }) {
			t.Errorf("a line of %d bytes, or with more than ASCII: %.80q", len(line), line)
		}
	}
	if n, err := Size(t.Context(), d); err != nil || n < int64(len(raw)) || n > int64(len(raw))+2000 {
		t.Errorf("Size = %d, %v, the letter has %d", n, err, len(raw))
	}
}

func TestNoLineIsTooLong(t *testing.T) {
	d := draft()
	d.Subject = strings.Repeat("Hỏi ", 500)
	d.Files = []File{file(strings.Repeat("đường 🏠", 100)+".pdf", "application/pdf", "%PDF")}
	for i := range 100 {
		d.To = append(d.To[:i:i], Address{strings.Repeat("Nguyễn Văn ", 30), fmt.Sprintf("an%d@example.vn", i)})
	}
	raw := composed(t, d)
	for line := range strings.SplitSeq(raw, "\r\n") {
		if len(line) > 998 {
			t.Errorf("a line of %d bytes: %.80q", len(line), line)
		}
	}
	l := readBack(t, raw)
	if len(l.To) != 100 || l.To[99].Address != "an99@example.vn" || !strings.HasSuffix(l.Attachments[0].Name, ".pdf") || !strings.HasPrefix(l.Attachments[0].Name, "đường 🏠đường") {
		t.Errorf("read back: %d recipients, %q", len(l.To), l.Attachments[0].Name)
	}
}

func TestAutomaticLettersSaySo(t *testing.T) {
	for origin, want := range map[Origin]string{AutoReply: "auto-replied", AutoNote: "auto-generated"} {
		d := draft()
		d.Origin = origin
		l := readBack(t, composed(t, d))
		if l.Header.Get("Auto-Submitted") != want || l.Header.Get("X-Auto-Response-Suppress") != "DR, RN, NRN, OOF, AutoReply" || l.Header.Get("Precedence") != "bulk" {
			t.Errorf("the header is %v", l.Header)
		}
		back, err := Reader{Own: []string{"1022@thanhhoa.gov.vn"}}.Read(t.Context(), strings.NewReader(strings.Replace(composed(t, d), "\r\nFrom: ", "\r\nX-From: ", 1)))
		if err != nil || !slices.Contains(back.Automatic, OwnLoop) {
			t.Errorf("come back under another name it is %v, %v", back.Automatic, err)
		}
	}
}

func TestSubjectsOfAnswers(t *testing.T) {
	for in, want := range map[string]string{
		"Hỏi": "Re: [C-1] Hỏi", "Re: Hỏi": "Re: [C-1] Hỏi", "RE: Fwd: TL: Hỏi": "Re: [C-1] Hỏi", "Trả lời: Chuyển tiếp: Hỏi": "Re: [C-1] Hỏi",
		"Re[2]: Hỏi": "Re: [C-1] Hỏi", "Re: [C-1] Re: Hỏi": "Re: [C-1] Hỏi", "": "Re: [C-1] Tổng đài 1022", "Re: ": "Re: [C-1] Tổng đài 1022",
		"TL : Hỏi": "Re: [C-1] Hỏi", "Rehab: x": "Re: [C-1] Rehab: x", "Fw： Hỏi": "Re: [C-1] Hỏi",
	} {
		d := draft()
		d.Subject, d.Code = in, "C-1"
		if got := d.subject(); got != want {
			t.Errorf("the answer to %q is %q, want %q", in, got, want)
		}
	}
	d := draft()
	d.Answer, d.Code = false, ""
	if got := d.subject(); got != "Hỏi về hộ chiếu" {
		t.Errorf("a first letter is %q", got)
	}
}

func TestLongThreadsKeepTheirBeginningAndTheirEnd(t *testing.T) {
	d := draft()
	d.References = nil
	for i := range 100 {
		d.References = append(d.References, fmt.Sprintf("<q%d@example.vn>", i))
	}
	d.References = append(d.References, "q5@example.vn", "no id <", "q@example.vn")
	l := readBack(t, composed(t, d))
	ids := messageIDs(l.Header.Get("References"))
	if len(ids) != 20 || ids[0] != "q0@example.vn" || ids[19] != "q@example.vn" || ids[18] != "q99@example.vn" {
		t.Errorf("the references are %v", ids)
	}
	d.References = []string{strings.Repeat("a", 290) + "@x", strings.Repeat("b", 290) + "@x", strings.Repeat("c", 290) + "@x", strings.Repeat("d", 290) + "@x"}
	if ids := d.references(); bytesOf(ids) > 998 || ids[0] != d.References[0] || ids[len(ids)-1] != d.InReplyTo {
		t.Errorf("references of %d bytes: %v", bytesOf(ids), ids)
	}
}

// evil is what a stranger puts into every field that is copied into ours.
var evil = []string{"\r\nBcc: x@evil.vn", "\nBcc: x@evil.vn", "\rBcc: x@evil.vn", "\r\n\r\nSecond letter", "\r\n.\r\nMAIL FROM:<x@evil.vn>", "\x00Bcc: x", "\u2028Bcc: x@evil.vn",
	"\u2029Bcc: x", "\u0085Bcc: x", "\v\fBcc: x", "=?utf-8?Q?=0D=0ABcc:_x@evil.vn?=", "\"\r\nBcc: x", ">\r\nBcc: <x@evil.vn", "--=_a_\r\n", "\r\n--=_m_", "\u202eBcc", "a\r\n b", "\n.\n", "x\r"}

// TestNothingIsSmuggledIntoALetter holds that whatever people's words are, the
// header has exactly its fields, and there is one letter (EML-11).
func TestNothingIsSmuggledIntoALetter(t *testing.T) {
	fields := func(raw string) []string {
		h, err := textproto.NewReader(bufio.NewReader(strings.NewReader(raw))).ReadMIMEHeader()
		if err != nil {
			t.Fatalf("the header cannot be read: %v\n%q", err, raw)
		}
		var names []string
		for name, values := range h {
			names = append(names, fmt.Sprintf("%s×%d", name, len(values)))
		}
		slices.Sort(names)
		return names
	}
	base := draft()
	base.ReplyTo = Address{"x", "r@thanhhoa.gov.vn"}
	base.Cc = []Address{{"y", "c@example.vn"}}
	base.Files = []File{file("a.pdf", "application/pdf", "%PDF")}
	want := fields(composed(t, base))
	for _, bad := range evil {
		for name, change := range map[string]func(d *Draft){
			"subject":     func(d *Draft) { d.Subject = "Hỏi " + bad },
			"name":        func(d *Draft) { d.From.Name = "An " + bad },
			"name of to":  func(d *Draft) { d.To = []Address{{"An" + bad, "an@example.vn"}} },
			"name of cc":  func(d *Draft) { d.Cc = []Address{{bad, "c@example.vn"}} },
			"code":        func(d *Draft) { d.Code = "C-1" + bad },
			"in reply to": func(d *Draft) { d.InReplyTo = "q@example.vn" + bad; d.References = []string{"q0@example.vn"} },
			"references":  func(d *Draft) { d.References = []string{"q0@example.vn" + bad, "q0@example.vn"} },
			"text":        func(d *Draft) { d.Text = "Chào" + bad + "\n.\nHết" },
			"signature":   func(d *Draft) { d.Signature = []string{"A" + bad} },
			"file name":   func(d *Draft) { d.Files = []File{file("don"+bad+".pdf", "application/pdf", "%PDF")} },
			"file type":   func(d *Draft) { d.Files = []File{file("don.pdf", "application/pdf"+bad, "%PDF")} },
		} {
			d := base
			change(&d)
			raw := composed(t, d)
			got := fields(raw)
			if name == "in reply to" {
				got = append(got, "In-Reply-To×1") // left out where it is no id
				slices.Sort(got)
				got = slices.Compact(got)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s with %q: the fields are %v, want %v", name, bad, got, want)
			}
			if strings.Contains(strings.ReplaceAll(raw, "\r\n", ""), "\n") || strings.Contains(strings.ReplaceAll(raw, "\r\n", ""), "\r") || strings.Contains(raw, "\x00") {
				t.Errorf("%s with %q: a bare line end or NUL is in the letter", name, bad)
			}
			l := readBack(t, raw)
			if len(l.Attachments) != 1 || len(l.To) != 1 || len(l.Problems) > 0 || strings.ContainsAny(l.Subject+l.Attachments[0].Name, "\r\n\x00\u2028\u2029\u0085\v\f") {
				t.Errorf("%s with %q: read back it is %+v", name, bad, l)
			}
		}
	}
}

// TestAddressesAreRefusedRatherThanChanged: a letter goes where it was meant to.
func TestAddressesAreRefusedRatherThanChanged(t *testing.T) {
	bad := []string{"", "an", "an@", "@example.vn", "an@example.vn, x@evil.vn", "an@example.vn\r\nBcc: x@evil.vn", "an @example.vn", "<an@example.vn>", "an@exa mple.vn",
		"an@example.vn\x00", "ân@example.vn", "an@tổng.vn", "a..n@example.vn", ".an@example.vn", "\"an\"@example.vn", "an@example..vn", "an@example.vn\u2028", strings.Repeat("a", 65) + "@example.vn", "an@-example.vn", "an@[10.0.0.1]"}
	for _, address := range bad {
		for name, change := range map[string]func(d *Draft){
			"from": func(d *Draft) { d.From.Address = address },
			"to":   func(d *Draft) { d.To = append(d.To, Address{"", address}) },
			"cc":   func(d *Draft) { d.Cc = []Address{{"", address}} },
			"reply to": func(d *Draft) {
				if d.ReplyTo.Address = address; address == "" {
					d.ReplyTo.Address = "@"
				}
			},
		} {
			d := draft()
			change(&d)
			var b bytes.Buffer
			err := Compose(t.Context(), &b, d)
			if connectors.KindOf(err) != connectors.Permanent || connectors.ReasonOf(err) == "" || b.Len() > 0 {
				t.Errorf("%s %q: %v, %d bytes written", name, address, err, b.Len())
			}
		}
	}
	for _, id := range []string{"", "x", "a@b\r\nBcc: x", "a b@c", "<a@b>", "a@b>", strings.Repeat("a", 400) + "@b"} {
		d := draft()
		if d.MessageID = id; Compose(t.Context(), io.Discard, d) == nil {
			t.Errorf("the id %q was taken", id)
		}
	}
	d := draft()
	if d.To = nil; connectors.KindOf(Compose(t.Context(), io.Discard, d)) != connectors.Permanent {
		t.Error("a letter to nobody was written")
	}
}

func TestAFileThatCannotBeReadFailsTheLetter(t *testing.T) {
	d := draft()
	d.Files = []File{{Name: "a", Open: func(context.Context) (io.ReadCloser, error) { return nil, errPlug }}}
	if err := Compose(t.Context(), io.Discard, d); !errors.Is(err, errPlug) || connectors.KindOf(err) != connectors.Retryable {
		t.Errorf("Compose = %v, want the failure, worth another try", err)
	}
	d.Files = []File{{Name: "a", Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(&breaking{"x"}), nil }}}
	if err := Compose(t.Context(), io.Discard, d); !errors.Is(err, errPlug) {
		t.Errorf("Compose = %v, want the failure", err)
	}
	d.Files = nil
	if err := Compose(t.Context(), failing{}, d); !errors.Is(err, errPlug) {
		t.Errorf("Compose = %v, want the failure", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errPlug }

func BenchmarkCompose(b *testing.B) {
	d := draft()
	b.ReportAllocs()
	for b.Loop() {
		if err := Compose(b.Context(), io.Discard, d); err != nil {
			b.Fatal(err)
		}
	}
}
