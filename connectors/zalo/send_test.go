package zalo_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/zalo"
	"tongdai/connectors/zalo/zalosim"
)

func (r *rig) content(key string, c content.Content) connectors.Outbound {
	return connectors.Outbound{Key: key, To: citizen, Content: c}
}

// ours are the messages of the OA on the phone.
func (r *rig) ours() (all []zalosim.Message) {
	for _, m := range r.sim.Messages(oaID, citizen) {
		if !m.FromUser {
			all = append(all, m)
		}
	}
	return all
}

func (r *rig) mustSend(out connectors.Outbound) connectors.Receipt {
	r.t.Helper()
	receipt, err := r.conn.Send(r.t.Context(), out)
	if err != nil {
		r.t.Fatal(err)
	}
	return receipt
}

func TestButtonsOfAllKinds(t *testing.T) {
	r := newRig(t)
	r.talking()
	r.mustSend(r.content("k1", content.Content{
		Text:    "Anh/chị chọn:",
		Choices: []content.Choice{{Label: "Đô thị", Value: "field:do-thi"}, {Label: "Y tế", Value: "field:y-te"}},
		Links:   []content.Link{{Label: "Đánh giá", URL: "https://1022.example.vn/r/AB12"}, {Label: "Gọi 1022", URL: "tel:1022"}, {Label: "Bản đồ", URL: "https://1022.example.vn/map"}},
	}))
	got := r.ours()[0]
	var types []string
	for _, b := range got.Buttons {
		types = append(types, b.Type)
	}
	if want := []string{"oa.query.hide", "oa.query.hide", "oa.open.url", "oa.open.phone"}; !slices.Equal(types, want) {
		t.Errorf("buttons %v, want %v", types, want)
	}
	if !strings.Contains(got.Text, "Bản đồ: https://1022.example.vn/map") {
		t.Errorf("the link without a button is not written out: %q", got.Text)
	}
	r.sim.Press(oaID, citizen, got.Buttons[1])
	until(t, "what was pressed", func() bool {
		for _, in := range r.hub.All(connectors.Said) {
			if in.Pressed == "field:y-te" && in.Content.Text == "Y tế" {
				return true
			}
		}
		return false
	})
}

// A label that reads like our own marks could come back as another value.
func TestAChoiceThatCouldNotBeReadBackIsNumbered(t *testing.T) {
	r := newRig(t)
	r.talking()
	r.mustSend(r.content("k1", content.Content{Text: "Chọn:", Choices: []content.Choice{
		{Label: "Khu [[A]]", Value: "a"}, {Label: "Dài", Value: strings.Repeat("v", 1001)}, {Label: "Không có gì", Value: ""},
	}}))
	if got := r.ours()[0]; len(got.Buttons) != 0 || !strings.Contains(got.Text, "1. Khu [[A]]") {
		t.Errorf("the phone shows %+v", got)
	}
}

func TestFilesOfAllKinds(t *testing.T) {
	r := newRig(t)
	r.talking()
	var still, moving bytes.Buffer
	picture := image.NewPaletted(image.Rect(0, 0, 40, 30), color.Palette{color.White, color.Black})
	if err := png.Encode(&still, picture); err != nil {
		t.Fatal(err)
	}
	if err := gif.EncodeAll(&moving, &gif.GIF{Image: []*image.Paletted{picture}, Delay: []int{1}}); err != nil {
		t.Fatal(err)
	}
	r.mustSend(r.content("k1", content.Content{Text: "Tệp đây ạ", Attachments: []content.Attachment{
		r.files.Add("anh.png", still.Bytes()), r.files.Add("dong.gif", moving.Bytes()),
		r.files.Add("mau-don", []byte("%PDF-1.7\n%%EOF\n")), {Kind: content.Sticker, Name: "46981"},
	}}))
	var kinds []zalosim.Kind
	for _, m := range r.ours() {
		kinds = append(kinds, m.Kind)
	}
	if want := []zalosim.Kind{zalosim.Text, zalosim.Image, zalosim.GIF, zalosim.File, zalosim.Sticker}; !slices.Equal(kinds, want) {
		t.Errorf("the phone shows %v, want %v", kinds, want)
	}
	if name := r.ours()[3].Name; name != "mau-don.pdf" {
		t.Errorf("the file is called %q", name)
	}
}

func TestAFileIsUploadedOnceAndAgainWhenItExpired(t *testing.T) {
	r := newRig(t, func(platform *zalosim.Config, _ *zalo.Config) { platform.UploadLife = 24 * time.Hour })
	r.talking()
	file := r.files.Add("mau-don.pdf", []byte("%PDF-1.7\n%%EOF\n"))
	uploads := func() (n int) {
		for _, c := range r.sim.Ledger().Calls {
			if c.Endpoint == zalosim.UploadEndpoint && c.Code == 0 {
				n++
			}
		}
		return n
	}
	for i := range 3 {
		r.mustSend(r.content(fmt.Sprint("k", i), content.Content{Attachments: []content.Attachment{file}}))
	}
	if got := uploads(); got != 1 {
		t.Errorf("%d uploads of one file, want 1", got)
	}
	r.clock.Pass(25 * time.Hour)
	r.mustSend(r.content("k9", content.Content{Attachments: []content.Attachment{file}}))
	if got := uploads(); got != 2 {
		t.Errorf("%d uploads after the first expired, want 2", got)
	}
}

func TestFilesThatZaloDoesNotTake(t *testing.T) {
	r := newRig(t)
	r.talking()
	big := append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 1<<20)...)
	for name, a := range map[string]content.Attachment{
		"a picture over 1 MB":    r.files.Add("to.png", big),
		"a video":                {ID: "x", Name: "v.mp4", Type: "video/mp4", Size: 10},
		"a file not fetched yet": {Name: "a.pdf", Type: "application/pdf", Source: "https://f.example/a.pdf"},
		"a file that is gone":    {ID: strings.Repeat("0", 64), Name: "a.pdf", Type: "application/pdf", Size: 10},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := r.conn.Send(t.Context(), r.content("k-"+name, content.Content{Attachments: []content.Attachment{a}}))
			wantKind(t, err, connectors.Permanent)
			if connectors.ReasonOf(err) == "" || len(r.ours()) != 0 {
				t.Errorf("reason %q, the phone shows %v", connectors.ReasonOf(err), r.ours())
			}
		})
	}
}

func TestListsWhereTheyAreAllowed(t *testing.T) {
	links := content.Content{Text: "Thủ tục:"}
	for i := range 5 {
		links.Links = append(links.Links, content.Link{Label: fmt.Sprint("Thủ tục ", i+1), URL: fmt.Sprint("https://dvc.example.vn/", i+1)})
	}
	r := newRig(t, func(_ *zalosim.Config, own *zalo.Config) { own.Lists = true })
	r.talking()
	r.mustSend(r.content("k1", links))
	if got := r.ours(); len(got) != 2 || len(got[1].Elements) != 5 {
		t.Errorf("the phone shows %+v, want the text and a list of 5", got)
	}
	plain := newRig(t)
	plain.talking()
	plain.mustSend(plain.content("k1", links))
	if got := plain.ours(); len(got) != 1 || len(got[0].Buttons) != 4 || !strings.Contains(got[0].Text, "https://dvc.example.vn/5") {
		t.Errorf("the phone shows %+v, want four buttons and a line", got)
	}
}

// When a part fails, what has left is not sent again.
func TestALongTextGoesOnWhereItStopped(t *testing.T) {
	r := newRig(t)
	r.talking()
	text := strings.TrimSpace(strings.Repeat("Anh/chị mang theo giấy tờ tùy thân. ", 200))
	if got := len(content.Split(text, 2000)); got != 4 {
		t.Fatalf("%d parts", got)
	}
	r.sim.Fail(zalosim.Fault{On: zalosim.MessageEndpoint, Times: 1, Delay: time.Millisecond})
	r.sim.Fail(zalosim.Fault{On: zalosim.MessageEndpoint, Times: 1, Delay: time.Millisecond})
	r.sim.Fail(zalosim.Fault{On: zalosim.MessageEndpoint, Times: 1, Code: -200})
	_, err := r.conn.Send(t.Context(), r.text("k1", text))
	wantKind(t, err, connectors.Retryable)
	receipt := r.mustSend(r.text("k1", text))
	if got := r.ours(); len(got) != 4 || len(receipt.More) != 3 || string(receipt.Message) != got[0].ID {
		t.Errorf("the phone shows %d parts, the receipt names %d", len(got), len(receipt.More)+1)
	}
	if again := r.mustSend(r.text("k1", text)); again.Message != receipt.Message || len(r.ours()) != 4 {
		t.Error("a Send after all had left sent something")
	}
}

func TestAQuoteThatZaloNoLongerKnowsIsLeftOut(t *testing.T) {
	r := newRig(t)
	r.talking()
	r.sim.Fail(zalosim.Fault{On: zalosim.MessageEndpoint, Times: 1, Code: -201, Message: "quote_message_id is invalid"})
	out := r.text("k1", "Dạ vâng")
	out.Quotes = "gone"
	r.mustSend(out)
	if got := r.ours(); len(got) != 1 || got[0].Quote != "" {
		t.Errorf("the phone shows %+v", got)
	}
}

// OUT-05, Zalo's side of it: windows and what is free in them.
func TestWindows(t *testing.T) {
	r := newRig(t, func(platform *zalosim.Config, _ *zalo.Config) { platform.FreeReplies, platform.Package = 2, 1 })
	r.talking()
	for i := range 3 {
		r.mustSend(r.text(fmt.Sprint("k", i), "Dạ"))
	}
	_, err := r.conn.Send(t.Context(), r.text("k4", "Dạ"))
	wantKind(t, err, connectors.WindowClosed) // out of quota
	r.talking()
	r.mustSend(r.text("k5", "Dạ"))
	r.clock.Pass(8 * 24 * time.Hour)
	_, err = r.conn.Send(t.Context(), r.text("k6", "Dạ"))
	wantKind(t, err, connectors.WindowClosed)
	if !strings.Contains(connectors.ReasonOf(err), "7 ngày") {
		t.Errorf("the reason is %q", connectors.ReasonOf(err))
	}
	r.talking()
	r.sim.Block(oaID, citizen, true)
	_, err = r.conn.Send(t.Context(), r.text("k7", "Dạ"))
	wantKind(t, err, connectors.WindowClosed)
}

// OUT-06: our own limit holds, so that Zalo's is never met; who must wait long is
// told for how long.
func TestOurOwnLimitIsKept(t *testing.T) {
	r := newRig(t, func(platform *zalosim.Config, own *zalo.Config) { platform.PerMinute, own.PerMinute = 60, 60 })
	r.talking()
	var all sync.WaitGroup
	var limited atomic.Int32
	for i := range 10 {
		all.Go(func() {
			_, err := r.conn.Send(t.Context(), r.text(fmt.Sprint("k", i), "Dạ"))
			switch {
			case err == nil:
			case connectors.KindOf(err) == connectors.RateLimited && connectors.RetryAfter(err) > 0:
				limited.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if sent := len(r.sim.Ledger().Sent(oaID, citizen)); sent+int(limited.Load()) != 10 || sent > 3 {
		t.Errorf("%d were sent at once and %d told to wait", sent, limited.Load())
	}
}

func TestAnonymousVisitorsAreAnswered(t *testing.T) {
	r := newRig(t)
	body := `{"app_id":"` + appID + `","event_name":"anonymous_send_text","timestamp":"1767225601000","sender":{"id":"anon-5f0c"},"recipient":{"id":"` + oaID + `"},"message":{"msg_id":"m-an-1","text":"Xin chào","conversation_id":"cv-77"}}`
	r.sim.Say(oaID, "anon-5f0c", "Xin chào") // opens the window of the visitor
	r.sim.Emit(oaID, "anon-5f0c", "anonymous_send_text", []byte(body), "1767225601000")
	var from connectors.RemoteID
	until(t, "the visitor", func() bool {
		for _, in := range r.hub.All(connectors.Said) {
			if strings.HasPrefix(string(in.From), "anonymous/") {
				from = in.From
			}
		}
		return from != ""
	})
	r.mustSend(connectors.Outbound{Key: "k1", To: from, Content: content.Content{Text: "Dạ"}})
	if got := r.sim.Ledger().Sent(oaID, "anon-5f0c"); len(got) != 1 {
		t.Errorf("the visitor was sent %+v", got)
	}
}

func TestFetchHasItsLimits(t *testing.T) {
	r := newRig(t, func(_ *zalosim.Config, own *zalo.Config) { own.MaxFile = 1 << 10 })
	fetch := func(kind zalosim.Kind, name string, data []byte) (content.Attachment, error) {
		r.sim.SendFile(oaID, citizen, kind, name, data)
		all := r.sim.Messages(oaID, citizen)
		return r.conn.Fetch(t.Context(), content.Attachment{Kind: content.Picture, Source: all[len(all)-1].URL})
	}
	if got, err := fetch(zalosim.Image, "a.png", []byte("\x89PNG\r\n\x1a\n")); err != nil || got.Type != "image/png" || got.Kind != content.Picture {
		t.Errorf("Fetch = %+v, %v", got, err)
	}
	_, err := fetch(zalosim.Image, "to.png", make([]byte, 2<<10))
	wantKind(t, err, connectors.Permanent)
	r.sim.Fail(zalosim.Fault{On: zalosim.MediaEndpoint, Times: 1, Status: 503})
	_, err = fetch(zalosim.Image, "a.png", []byte("x"))
	wantKind(t, err, connectors.Retryable)
	r.sim.Fail(zalosim.Fault{On: zalosim.MediaEndpoint, Times: 1, Status: 302, Header: map[string]string{"Location": "http://169.254.169.254/"}})
	_, err = fetch(zalosim.Image, "a.png", []byte("x"))
	wantKind(t, err, connectors.Permanent)
	r.sim.Fail(zalosim.Fault{On: zalosim.MediaEndpoint, Times: 1, Cut: zalosim.CutHalf})
	_, err = fetch(zalosim.Image, "a.png", []byte("nửa tệp thôi"))
	wantKind(t, err, connectors.Retryable)
	r.clock.Pass(25 * time.Hour)
	all := r.sim.Messages(oaID, citizen)
	_, err = r.conn.Fetch(t.Context(), content.Attachment{Source: all[0].URL})
	wantKind(t, err, connectors.Permanent)
}
