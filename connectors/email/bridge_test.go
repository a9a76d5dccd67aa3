package email_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/content"
	"tongdai/connectors/email"
	"tongdai/connectors/email/emailsim"
)

const (
	unit   = "syt@so.example"
	thread = "018f2c3a77aa7c319d510000000000aa"
)

// bridging is a mailbox by which departments are told.
func bridging(t *testing.T) (*rig, *emailsim.Sim) {
	t.Helper()
	r, sim := simulated(t)
	r.cfg.Departments = true
	return r, sim
}

// post is what a department is told first.
func post(key string) connectors.Post {
	const asked = "Tôi muốn hỏi tiêm mũi 3 vắc xin COVID-19 cho người cao tuổi ở đâu, cần mang theo giấy tờ gì?"
	return connectors.Post{
		Key: key, Place: unit, Thread: thread,
		Matter: connectors.Matter{
			Code: "TH-261121-0042", Link: "https://1022.thanhhoa.example/desk/TH-261121-0042", Unit: "Sở Y tế",
			Person: "Trần Thị Mẫu", Channel: "Zalo 1022", Field: "Y tế", Place: "Phường Hạc Thành", Asked: asked,
			Tried: []string{"Tiêm mũi 3 ở đâu?"}, Due: at.Add(33 * time.Hour), Promised: true, Standing: connectors.InCharge,
		},
		Items: []connectors.Item{
			{Kind: connectors.ItemCitizen, By: "Trần Thị Mẫu", At: at, Text: asked},
			{Kind: connectors.ItemAnswer, By: "Trợ lý ảo 1022", At: at.Add(time.Second), Text: "Dạ, em xin chuyển tới Sở Y tế."},
			{Kind: connectors.ItemChange, At: at.Add(2 * time.Second), Text: "Tổng đài chuyển phiếu cho người trả lời."},
		},
	}
}

func posting(t *testing.T, c *email.Connector, p connectors.Post) connectors.Posted {
	t.Helper()
	posted, err := c.Post(t.Context(), p)
	must(t, err)
	return posted
}

func TestADepartmentIsToldByALetterThatItCanAnswer(t *testing.T) {
	t.Parallel()
	r, sim := bridging(t)
	c := r.connector()
	posted := posting(t, c, post("p1"))
	sent := sim.Sent()[0]
	l := reading(t, sent.Raw)
	if string(posted.Root) != l.MessageID || !slices.Equal(sent.To, []string{unit}) || sent.From != ours {
		t.Errorf("root %q, id %q, from %s to %q", posted.Root, l.MessageID, sent.From, sent.To)
	}
	if want := "[TH-261121-0042] Đề nghị trả lời người dân: Tôi muốn hỏi tiêm mũi 3 vắc xin COVID-19 cho người cao…"; l.Subject != want {
		t.Errorf("the subject is %q, want %q", l.Subject, want)
	}
	for name, want := range map[string]string{"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "DR, RN, NRN, OOF, AutoReply", "Precedence": "bulk", "Importance": ""} {
		if got := l.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	text := plainOf(t, sent.Raw)
	for _, want := range []string{
		"Kính gửi Sở Y tế,", "Người dân đã được hẹn trả lời trước 17:00 Chủ nhật, 22/11/2026.", "NGƯỜI DÂN HỎI (08:00 21/11/2026)\n\n| Tôi muốn hỏi tiêm mũi 3",
		"Người dân: Trần Thị Mẫu, qua Zalo 1022", "Lĩnh vực: Y tế", "Địa bàn: Phường Hạc Thành", "Trợ lý ảo 1022 đã trả lời người dân:\n\n| Dạ, em xin chuyển",
		"– Tiêm mũi 3 ở đâu?", "Trả lời thư này: nội dung anh/chị viết sẽ được gửi nguyên văn tới người dân.", "– “chuyển lại: lý do”", "– “nhận”", "– “ghi chú: …”",
		"https://1022.thanhhoa.example/desk/TH-261121-0042",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the letter does not say %q:\n%s", want, text)
		}
	}
	if n := strings.Count(text, "cần mang theo giấy tờ gì?"); n != 1 {
		t.Errorf("the question stands there %d times", n)
	}
	if !strings.Contains(l.HTML, `border-left:3px solid #d1d5db`) || strings.Contains(l.HTML, "| Tôi muốn") {
		t.Errorf("the page is %s", l.HTML)
	}

	// The unit answers from its own program; the thread comes back with what was written.
	must(t, sim.Deliver(fmt.Appendf(nil, "From: Phòng Nghiệp vụ <%s>\r\nTo: %s\r\nSubject: Re: %s\r\nIn-Reply-To: <%s>\r\nMessage-ID: <tra-loi@so.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"+
		"hẹn 17:00 22/11/2026\r\nSở đang hỏi trạm y tế.\r\n\r\nVào 08:30, 21 thg 11, 2026, Tổng đài 1022 <%s> đã viết:\r\n\r\n> %s\r\n",
		unit, l.ReplyTo[0].Address, "x", l.MessageID, ours, strings.ReplaceAll(text, "\n", "\r\n> ")), time.Now()))
	r.fetching(c)
	until(t, "the answer", func() bool { return len(r.hub.inbounds()) == 1 })
	in := r.hub.inbounds()[0]
	if in.Kind != connectors.Said || in.Letter.Matter != thread || in.Content.Text != "hẹn 17:00 22/11/2026\nSở đang hỏi trạm y tế." || in.Letter.Proven || in.Letter.Machine != "" {
		t.Errorf("Inbound = %+v, letter %+v", in, in.Letter)
	}
}

func TestWhatHappensNextStandsInTheSameThread(t *testing.T) {
	t.Parallel()
	r, sim := bridging(t)
	c := r.connector()
	first := posting(t, c, post("p1"))
	for n, c2 := range []struct {
		name    string
		change  func(*connectors.Post)
		says    []string
		missing []string
	}{
		{"the citizen writes more", func(p *connectors.Post) {
			p.Items = []connectors.Item{{Kind: connectors.ItemCitizen, At: at, Text: "Tôi ở phường Hạc Thành."}}
		}, []string{"Người dân viết thêm ở phiếu TH-261121-0042.", "| Tôi ở phường Hạc Thành.", "| Tôi muốn hỏi"}, []string{"Tiêm mũi 3 ở đâu?"}},
		{"an order was refused", func(p *connectors.Post) {
			p.Items = []connectors.Item{{Kind: connectors.ItemOutcome, State: connectors.Refused, At: at, Text: "Không hiểu thời hạn “hẹn hôm nào rảnh”."}}
		}, []string{"Có việc chưa thực hiện được", "(thư đến lúc 08:00 21/11/2026) CHƯA ĐƯỢC THỰC HIỆN: Không hiểu thời hạn “hẹn hôm nào rảnh”."}, nil},
		{"an answer did not arrive", func(p *connectors.Post) {
			p.Items = []connectors.Item{{Kind: connectors.ItemOutcome, State: connectors.NotReached, Text: "Zalo không cho gửi sau 7 ngày."}}
		}, []string{"CHƯA TỚI NGƯỜI DÂN: Zalo không cho gửi sau 7 ngày."}, nil},
		{"it is another's now", func(p *connectors.Post) { p.Matter.Standing, p.Items = connectors.Elsewhere, nil },
			[]string{"đã được giao cho nơi khác"}, []string{"gửi nguyên văn", "Người dân đã được hẹn"}},
		{"it is over", func(p *connectors.Post) { p.Matter.Standing, p.Items = connectors.Closed, nil },
			[]string{"đã kết thúc"}, []string{"gửi nguyên văn"}},
		{"a note is wanted", func(p *connectors.Post) { p.Matter.Standing, p.Items = connectors.Contributing, nil },
			[]string{"CÁCH GÓP Ý", "“ghi chú: …”"}, []string{"gửi nguyên văn tới người dân"}},
	} {
		p := post(fmt.Sprint("p", n+2))
		p.Root = first.Root
		c2.change(&p)
		if posted := posting(t, c, p); posted.Root != first.Root {
			t.Errorf("%s: the root became %q", c2.name, posted.Root)
		}
		raw := sim.Sent()[n+1].Raw
		l, text := reading(t, raw), plainOf(t, raw)
		if !strings.HasPrefix(l.Subject, "Re: [TH-261121-0042] Đề nghị ") || l.Root != string(first.Root) || !slices.Equal(l.Answers, []string{string(first.Root)}) || l.MessageID == string(first.Root) {
			t.Errorf("%s: subject %q, root %q, answers %q", c2.name, l.Subject, l.Root, l.Answers)
		}
		for _, want := range c2.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the letter does not say %q:\n%s", c2.name, want, text)
			}
		}
		for _, not := range c2.missing {
			if strings.Contains(text, not) {
				t.Errorf("%s: the letter says %q:\n%s", c2.name, not, text)
			}
		}
	}
}

func TestAnUrgentMatterIsMarked(t *testing.T) {
	t.Parallel()
	r, sim := bridging(t)
	p := post("p1")
	p.Matter.Urgent, p.Matter.Alarm = true, true
	posting(t, r.connector(), p)
	l := reading(t, sim.Sent()[0].Raw)
	if l.Header.Get("Importance") != "high" || l.Header.Get("X-Priority") != "1" || !strings.HasPrefix(l.Subject, "[TH-261121-0042] [KHẨN] ") {
		t.Errorf("the header is %+v", l.Header)
	}
	if text := plainOf(t, sim.Sent()[0].Raw); !strings.Contains(text, "TIN KHẨN") || !strings.Contains(text, "Chưa có ai xác nhận") {
		t.Errorf("the letter says\n%s", text)
	}
}

func TestAnAnnouncementCannotBeAnswered(t *testing.T) {
	t.Parallel()
	r, sim := bridging(t)
	c := r.connector()
	if place, name, ok := c.Place(connectors.Unit{ID: connectors.Leaders, Name: "Lãnh đạo", Mail: "Lanh.Dao@so.example"}); place != "lanh.dao@so.example" || name != "Lanh.Dao@so.example" || !ok {
		t.Errorf("the leaders are at %q, %q, %v", place, name, ok)
	}
	posting(t, c, connectors.Post{Key: "a1", Place: "lanh.dao@so.example", Matter: connectors.Matter{Unit: "Lãnh đạo", Urgent: true},
		Items: []connectors.Item{{Kind: connectors.ItemAnnounce, At: at, Text: "Kênh Zalo 1022 không gửi được tin từ 08:00."}}})
	l, text := reading(t, sim.Sent()[0].Raw), plainOf(t, sim.Sent()[0].Raw)
	if l.Subject != "[KHẨN] Kênh Zalo 1022 không gửi được tin từ 08:00." || len(l.ReplyTo) > 0 || strings.Contains(text, "##-") {
		t.Errorf("subject %q, reply to %+v:\n%s", l.Subject, l.ReplyTo, text)
	}
	if !strings.Contains(text, "Kính gửi Lãnh đạo,") || !strings.Contains(text, "xin không trả lời thư này") {
		t.Errorf("the letter says\n%s", text)
	}
}

func TestWhoIsToldByLetter(t *testing.T) {
	t.Parallel()
	r, _ := bridging(t)
	r.cfg.Own = []string{"tongdai@thanhhoa.example"}
	on := r.connector()
	r.cfg.Departments = false
	off := r.connector()
	for _, c := range []struct {
		name string
		conn *email.Connector
		mail string
		want bool
	}{
		{"a unit with an address", on, unit, true},
		{"a unit without", on, "", false},
		{"an address that is none", on, "so y te", false},
		{"our own address", on, ours, false},
		{"another of ours", on, "TongDai@thanhhoa.example", false},
		{"where it is switched off", off, unit, false},
	} {
		if _, _, ok := c.conn.Place(connectors.Unit{ID: "syt", Mail: c.mail}); ok != c.want {
			t.Errorf("%s: %v", c.name, ok)
		}
	}
	if !on.Terse() {
		t.Error("a letter for every word is too many")
	}
	r.cfg.Departments, r.cfg.Separator = true, ""
	if _, err := r.try(); err == nil || !strings.Contains(err.Error(), "sub_address") {
		t.Errorf("without sub-addresses New = %v", err)
	}
}

// OUT-08, of a post.
func TestAPostThatIsMadeAgainIsTheSameLetter(t *testing.T) {
	t.Parallel()
	r, sim := bridging(t)
	c := r.connector()
	sim.SetFaults(emailsim.Faults{Taken: true, Drop: true})
	_, err := c.Post(t.Context(), post("p1"))
	if connectors.KindOf(err) != connectors.Uncertain || connectors.ReasonOf(err) == "" {
		t.Fatalf("Post = %v", err)
	}
	sim.SetFaults(emailsim.Faults{})
	posting(t, c, post("p1"))
	a, b := reading(t, sim.Sent()[0].Raw), reading(t, sim.Sent()[1].Raw)
	if a.MessageID != b.MessageID || a.MessageID == "" {
		t.Errorf("their ids are %q and %q", a.MessageID, b.MessageID)
	}
	sim.SetFaults(emailsim.Faults{Rcpt: func(string) error {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such user"}
	}})
	if _, err := c.Post(t.Context(), post("p2")); connectors.KindOf(err) != connectors.Permanent || !strings.Contains(connectors.ReasonOf(err), "không có hộp thư này") {
		t.Errorf("Post = %v (%s)", err, connectors.ReasonOf(err))
	}
	sim.SetFaults(emailsim.Faults{Greylist: true})
	if _, err := c.Post(t.Context(), post("p3")); connectors.KindOf(err) != connectors.RateLimited {
		t.Errorf("Post = %v", err)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Post(done, post("p4")); err == nil {
		t.Error("a post was made for nobody")
	}
}

func TestFilesGoWithAPostAsFarAsALetterCarriesThem(t *testing.T) {
	t.Parallel()
	r, sim := bridging(t)
	r.cfg.MaxSend = 3000
	c := r.connector()
	small := r.files.Add("anh.png", append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 900)...))
	large := r.files.Add("video.mp4", make([]byte, 5<<20))
	second := r.files.Add("don.pdf", append([]byte("%PDF-1.7\n"), make([]byte, 1900)...))
	third := r.files.Add("don-2.pdf", append([]byte("%PDF-1.6\n"), make([]byte, 1900)...))
	gone := content.Attachment{ID: "khong-con", Name: "cu.pdf", Type: "application/pdf", Size: 10}
	never := content.Attachment{Name: "hong.doc", Problem: "Nền tảng không còn giữ tệp này."}
	letterItself := r.files.Add("thu-goc.eml", []byte("From: x"))
	letterItself.Kind = content.Original
	p := post("p1")
	p.Items[0].Files = []content.Attachment{small, large, second, letterItself}
	p.Items[1].Files = []content.Attachment{third, gone, never, small}
	posting(t, c, p)
	l, text := reading(t, sim.Sent()[0].Raw), plainOf(t, sim.Sent()[0].Raw)
	var names []string
	for _, a := range l.Attachments {
		names = append(names, a.Name)
	}
	if !slices.Equal(names, []string{"anh.png", "don.pdf"}) {
		t.Errorf("with the letter go %q", names)
	}
	for _, want := range []string{"– Tệp: video.mp4 (5 MB)", "– Tệp: don-2.pdf", "– Tệp: cu.pdf", "– Tệp: hong.doc (Nền tảng không còn giữ tệp này)"} {
		if !strings.Contains(text, want) {
			t.Errorf("the letter does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "thu-goc") {
		t.Errorf("the letter itself is told of:\n%s", text)
	}
}

// A bounce of a post is about its thread.
func TestABounceOfAPostNamesItsThread(t *testing.T) {
	t.Parallel()
	r, sim := bridging(t)
	c := r.connector()
	posted := posting(t, c, post("p1"))
	answered, err := c.Send(t.Context(), answer("k1"))
	must(t, err)
	for _, c2 := range []struct {
		about  connectors.RemoteID
		thread string
	}{{posted.Root, thread}, {answered.Message, ""}} {
		in := r.arrives(c, bounce(string(c2.about)))
		got := ""
		if in.Letter != nil {
			got = in.Letter.Matter
		}
		if in.Kind != connectors.Bounced || in.Message != c2.about || got != c2.thread {
			t.Errorf("a bounce of %q is %+v about thread %q, want %q", c2.about, in, got, c2.thread)
		}
	}
	if n := len(sim.Sent()); n != 2 {
		t.Errorf("the server took %d letters", n)
	}
}

// EML-11, of posts.
func TestNothingCanBeSmuggledIntoAPost(t *testing.T) {
	t.Parallel()
	r, sim := bridging(t)
	r.cfg.Name = "Tổng đài\r\nBcc: ke-xau@x.example"
	c := r.connector()
	const line = "##- Hết thư của tổng đài; xin viết câu trả lời ở đầu thư -##"
	evil := "a\r\nBcc: ke-xau@x.example\r\n\r\n.\r\nMAIL FROM:<x@x>\u2028" + line + "\u0085hẹn 17:00\x00\x0b" + line
	m := connectors.Matter{Code: evil, Link: evil, Unit: evil, Person: evil, Channel: evil, Field: evil, Place: evil, Asked: evil, Tried: []string{evil}, Holder: evil, Due: at, Urgent: true, Standing: connectors.InCharge}
	file := r.files.Add("a\r\nX-Evil: 1.pdf", []byte("%PDF-1.7\n%%EOF\n"))
	var items []connectors.Item
	for _, kind := range []connectors.ItemKind{connectors.ItemCitizen, connectors.ItemAnswer, connectors.ItemNote, connectors.ItemChange, connectors.ItemOutcome, connectors.ItemAnnounce} {
		items = append(items, connectors.Item{Kind: kind, By: evil, At: at, Text: "x\n.\n..\n" + evil, Files: []content.Attachment{file, {Name: evil, Problem: evil}}, State: connectors.Refused})
	}
	root := connectors.RemoteID("x@y>\r\nBcc: ke-xau@x.example")
	for n, p := range []connectors.Post{
		{Key: "p1", Place: unit, Thread: thread, Matter: m, Items: items},
		{Key: "p2", Place: unit, Thread: thread, Root: root, Matter: m, Items: items},
		{Key: "p3", Place: unit, Matter: m, Items: items},
	} {
		posting(t, c, p)
		all := sim.Sent()
		if len(all) != n+1 || !slices.Equal(all[n].To, []string{unit}) {
			t.Fatalf("the server took %d letters, the last to %q", len(all), all[len(all)-1].To)
		}
		raw := all[n].Raw
		if bytes.Contains(bytes.ReplaceAll(raw, []byte("\r\n"), nil), []byte("\n")) || bytes.IndexByte(raw, 0) >= 0 {
			t.Error("a line ends without its CR, or there is a NUL")
		}
		l := reading(t, raw)
		allowed := []string{"From", "To", "Reply-To", "Subject", "Date", "Message-Id", "In-Reply-To", "References", "Mime-Version", "Auto-Submitted", "Precedence",
			"X-Auto-Response-Suppress", "X-Loop", "Content-Type", "Received", "Importance", "X-Priority"}
		for _, f := range l.Header {
			if !slices.ContainsFunc(allowed, func(name string) bool { return strings.EqualFold(name, f.Name) }) {
				t.Errorf("the header has %q", f.Name)
			}
			if len(l.Header.Values(f.Name)) > 1 && !strings.EqualFold(f.Name, "Received") {
				t.Errorf("the header has %s twice", f.Name)
			}
		}
		own := 0
		for said := range strings.SplitSeq(plainOf(t, raw), "\n") {
			if strings.HasPrefix(strings.TrimLeft(said, "|> "), "##-") {
				own++
			}
		}
		if want := map[bool]int{true: 2}[p.Thread != ""]; own != want {
			t.Errorf("%d lines of the letter pass for ours, want %d", own, want)
		}
	}
	for _, place := range []connectors.RemoteID{"a@b\r\nRCPT TO:<ke-xau@x.example>", "a b@x.example", "<a@b>", ""} {
		p := post("p9")
		p.Place = place
		if _, err := c.Post(t.Context(), p); connectors.KindOf(err) != connectors.Permanent || len(sim.Sent()) != 3 {
			t.Errorf("%q: Post = %v", place, err)
		}
	}
}

// arrives is what a letter becomes that is in the mailbox.
func (r *rig) arrives(c *email.Connector, raw []byte) connectors.Inbound {
	r.t.Helper()
	file, err := r.files.Keep(r.t.Context(), "thu-goc.eml", bytes.NewReader(raw))
	must(r.t, err)
	body := fmt.Appendf(nil, `{"mailbox":"INBOX","uidvalidity":1,"uid":1,"internaldate":"2026-11-21T08:00:00+07:00","size":%d}`, len(raw))
	in, err := c.Parse(r.t.Context(), connectors.Raw{Channel: "mail-1022", Body: body, Files: []content.Attachment{file}})
	must(r.t, err)
	if len(in) != 1 {
		r.t.Fatalf("the letter became %+v", in)
	}
	return in[0]
}

// mailPlace is a mailbox as a Bridge alone: what a department answers is letters, which
// the suite of connectors tries.
type mailPlace struct {
	connectors.Bridge
	connectors.Checker
}

func TestBridgeSuite(t *testing.T) {
	connectortest.RunBridge(t, func(t *testing.T) *connectortest.BridgeHarness {
		r, sim := bridging(t)
		place := func() connectors.Bridge {
			c := r.connector()
			return mailPlace{c, c}
		}
		wire := wireOf(t, r, sim)
		logins := slices.DeleteFunc(wire.Refusals, func(f connectortest.Refusal) bool { return strings.Contains(f.Name, "login") })
		return &connectortest.BridgeHarness{
			Bridge: place(), Again: place,
			Unit: connectors.Unit{ID: "syt", Name: "Sở Y tế", Mail: unit}, Nowhere: connectors.Unit{ID: "sxd", Name: "Sở Xây dựng"},
			Shown: func(root connectors.RemoteID) (all []string) {
				eachLetter(t, sim, func(id, begun, text string) {
					if begun == string(root) {
						all = append(all, text)
					}
				})
				return all
			},
			Threads: func() (n int) {
				eachLetter(t, sim, func(id, begun, _ string) {
					if id == begun {
						n++
					}
				})
				return n
			},
			Lost:     func() { sim.SetFaults(emailsim.Faults{Taken: true, Drop: true}) },
			Refusals: logins, Mend: func() { sim.SetFaults(emailsim.Faults{}) },
			Spoil: func() { sim.SetPassword("doi-roi") }, Down: func() { must(t, sim.Down()) },
			Secrets: []string{sim.Config().Password},
		}
	})
}

// eachLetter goes through what the server took as a mailbox shows it: copies are one.
func eachLetter(t *testing.T, sim *emailsim.Sim, each func(id, root, text string)) {
	seen := map[string]bool{}
	for _, sent := range sim.Sent() {
		if l := reading(t, sent.Raw); !seen[l.MessageID] {
			seen[l.MessageID] = true
			each(l.MessageID, l.Root, plainOf(t, sent.Raw))
		}
	}
}
