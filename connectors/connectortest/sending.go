package connectortest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

// line is a connector that sends, and what its citizen sees.
type line struct {
	t    *testing.T
	h    *Harness
	wire *Wire
}

// wired makes a connector that sends. It skips the test where there is none.
func wired(t *testing.T, factory Factory) *line {
	t.Helper()
	h := factory(t)
	if h.Wire == nil {
		t.Skip("nothing is sent: the reader's client follows the log")
	}
	return &line{t, h, h.Wire}
}

func (l *line) out(key string, c content.Content) connectors.Outbound {
	return connectors.Outbound{Key: key, To: l.wire.To, Content: c}
}

func (l *line) text(key, text string) connectors.Outbound {
	return l.out(key, content.Content{Text: text})
}

// send wants out to be taken, and returns the receipt.
func (l *line) send(out connectors.Outbound) connectors.Receipt {
	l.t.Helper()
	receipt, err := l.h.Connector.Send(l.t.Context(), out)
	if err != nil {
		l.t.Fatalf("Send = %v", err)
	}
	return receipt
}

// shown returns what the citizen has been shown since the given number of messages.
func (l *line) shown(since int) []Shown { return l.wire.Shown()[since:] }

// long is a text of at least n characters: words, sentences, lines.
func long(n int) string {
	var b strings.Builder
	for i := 0; utf8.RuneCountInString(b.String()) < n; i++ {
		fmt.Fprintf(&b, "Điều %d: anh/chị mang theo giấy tờ đến bộ phận một cửa.", i)
		b.WriteString([]string{" ", "\n", "\n\n"}[i%3])
	}
	return strings.TrimSpace(b.String())
}

// seconds is how long a Send of the suite may take at most.
const seconds = 5 * time.Second

var sending = []promise{
	{"a text is shown to the citizen, and the receipt names it", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		const text = "Phản ánh TH-261121-0042 đã được tiếp nhận. 👨‍👩‍👧 <b> & \"\\\""
		receipt := l.send(l.text("k1", text))
		got := l.shown(0)
		if len(got) != 1 || got[0].Content.Text != text {
			t.Fatalf("the citizen was shown %+v", got)
		}
		if receipt.Message != got[0].ID || len(receipt.More) != 0 || receipt.At.IsZero() {
			t.Errorf("Receipt = %+v, want message %s and a time", receipt, got[0].ID)
		}
	}},
	{"a long text is split at the platform's limit, between words, in order", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		limit := l.h.Connector.Limits().TextLength
		if limit == 0 {
			t.Skip("this platform takes texts of any length")
		}
		for shift := range 3 { // so that the limit does not fall between two words by chance
			wired(t, factory).split(strings.Repeat("à", shift)+long(2*limit+limit/2), limit)
		}
	}},
	{"a text of exactly the limit is one message", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		limit := l.h.Connector.Limits().TextLength
		if limit == 0 {
			t.Skip("this platform takes texts of any length")
		}
		l.send(l.text("k1", strings.Repeat("đ", limit)))
		if got := l.shown(0); len(got) != 1 {
			t.Errorf("it was sent as %d messages", len(got))
		}
	}},
	{"a word longer than the limit loses no character", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		limit := l.h.Connector.Limits().TextLength
		if limit == 0 {
			t.Skip("this platform takes texts of any length")
		}
		text := strings.Repeat("e\u0302\u0301", limit)
		l.send(l.text("k1", text))
		var joined strings.Builder
		for _, part := range l.shown(0) {
			if first, _ := utf8.DecodeRuneInString(part.Content.Text); first != 'e' && first != 'ê' && first != 'ế' {
				t.Errorf("a part begins with %q, which belongs to the letter before", first)
			}
			joined.WriteString(part.Content.Text)
		}
		if got := strings.Count(joined.String(), "e") + strings.Count(joined.String(), "ế"); got != limit {
			t.Errorf("%d letters arrived, want %d", got, limit)
		}
	}},
	{"links and places are shown, or written out", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		l.send(l.out("k1", content.Content{
			Text:  "Mời anh/chị xem:",
			Links: []content.Link{{Label: "Cổng dịch vụ công", URL: "https://dvc.example.vn/a?b=1"}, {Label: "Gọi tổng đài", URL: "tel:1022"}},
			Place: &content.Place{Latitude: 19.80667, Longitude: 105.77639, Label: "Trung tâm hành chính công"},
		}))
		for _, want := range []string{"Mời anh/chị xem:", "https://dvc.example.vn/a?b=1", "1022", "19.80", "105.77"} {
			if !strings.Contains(everything(l.shown(0)), want) {
				t.Errorf("the citizen is not shown %q in %+v", want, l.shown(0))
			}
		}
	}},
	{"a file the platform takes is sent", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		if l.wire.Keep == nil {
			t.Skip("files are not sent")
		}
		file := l.wire.Keep(l.wire.File.Name, l.wire.File.Data)
		if !l.h.Connector.Limits().Takes(file.Type, file.Size) {
			t.Errorf("Limits do not take the harness's own File, %s of %d bytes", file.Type, file.Size)
		}
		l.send(l.out("k1", content.Content{Text: "Gửi anh/chị mẫu đơn", Attachments: []content.Attachment{file}}))
		files := 0
		for _, shown := range l.shown(0) {
			files += len(shown.Content.Attachments)
		}
		if files != 1 || !strings.Contains(everything(l.shown(0)), "mẫu đơn") {
			t.Errorf("the citizen was shown %d files, %+v", files, l.shown(0))
		}
	}},
	{"a file that cannot be sent is refused with a reason, or named, never dropped", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		file := content.Attachment{ID: strings.Repeat("0", 64), Name: "danh-sach.xyz", Type: "application/x-unknown", Size: 10}
		if l.wire.Keep != nil && len(l.wire.Wrong.Data) > 0 {
			file = l.wire.Keep(l.wire.Wrong.Name, l.wire.Wrong.Data)
		}
		_, err := l.h.Connector.Send(t.Context(), l.out("k1", content.Content{Text: "Danh sách:", Attachments: []content.Attachment{file}}))
		switch {
		case err == nil && strings.Contains(everything(l.shown(0)), file.Name):
		case connectors.KindOf(err) == connectors.Permanent && connectors.ReasonOf(err) != "" && len(l.shown(0)) == 0:
		default:
			t.Errorf("Send = %v (%s, %q) and the citizen was shown %+v", err, connectors.KindOf(err), connectors.ReasonOf(err), l.shown(0))
		}
	}},
	{"what is quoted is named", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		first := l.send(l.text("k1", "Câu trước"))
		out := l.text("k2", "Câu sau")
		out.Quotes = first.Message
		l.send(out)
		got := l.shown(0)
		if len(got) != 2 || !strings.Contains(got[1].Content.Text, "Câu sau") || l.wire.Quotes && got[1].Quotes != first.Message {
			t.Errorf("the citizen was shown %+v, want the second to quote %s", got, first.Message)
		}
	}},
	{"nothing is sent that says nothing", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		_, err := l.h.Connector.Send(t.Context(), l.text("k1", " \n"))
		if connectors.KindOf(err) != connectors.Permanent || len(l.shown(0)) != 0 {
			t.Errorf("Send = %v, the citizen was shown %+v", err, l.shown(0))
		}
	}},
	{"with a context that has ended nothing is sent", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := l.h.Connector.Send(ctx, l.text("k1", "Xin chào"))
		if !errors.Is(err, context.Canceled) || len(l.shown(0)) != 0 {
			t.Errorf("Send = %v, the citizen was shown %+v", err, l.shown(0))
		}
		if kind := connectors.KindOf(err); kind != connectors.Retryable && kind != connectors.Uncertain {
			t.Errorf("its kind is %s, as if the platform had refused it", kind)
		}
	}},
	{"the same key again is no error", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		l.send(l.text("k1", "Xin chào"))
		l.send(l.text("k1", "Xin chào"))
		if got := l.shown(0); len(got) == 0 || len(got) > 2 {
			t.Errorf("the citizen was shown %d messages, want one or two", len(got))
		}
	}},
	{"other keys are other messages, whatever they say", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		a, b := l.send(l.text("k1", "Xin chào")), l.send(l.text("k2", "Xin chào"))
		if got := l.shown(0); len(got) != 2 || a.Message == b.Message {
			t.Errorf("the citizen was shown %+v under ids %s and %s", got, a.Message, b.Message)
		}
	}},
	{"many at once all arrive", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		const many = 8
		errs := make(chan error)
		for i := range many {
			go func() {
				_, err := l.h.Connector.Send(t.Context(), l.text(fmt.Sprint("k", i), fmt.Sprint("tin ", i)))
				errs <- err
			}()
		}
		for range many {
			if err := <-errs; err != nil {
				t.Errorf("Send = %v", err)
			}
		}
		texts := map[string]bool{}
		for _, shown := range l.shown(0) {
			texts[shown.Content.Text] = true
		}
		if len(texts) != many {
			t.Errorf("the citizen was shown %d different texts, want %d", len(texts), many)
		}
	}},
}

// split has a long text sent, and wants it shown in parts.
func (l *line) split(text string, limit int) {
	l.t.Helper()
	receipt := l.send(l.text("k1", text))
	got := l.shown(0)
	var words []string
	var ids []connectors.RemoteID
	for _, part := range got {
		if n := utf8.RuneCountInString(part.Content.Text); n > limit {
			l.t.Errorf("a part has %d characters, the limit is %d", n, limit)
		}
		words = append(words, strings.Fields(part.Content.Text)...)
		ids = append(ids, part.ID)
	}
	if !slices.Equal(words, strings.Fields(text)) {
		l.t.Errorf("in %d parts the words are others, or in another order", len(got))
	}
	if !slices.Equal(ids, append([]connectors.RemoteID{receipt.Message}, receipt.More...)) {
		l.t.Errorf("Receipt = %+v, the platform has %q", receipt, ids)
	}
}

// everything is all that the citizen can read in some messages.
func everything(messages []Shown) string {
	var b strings.Builder
	for _, m := range messages {
		c := m.Content
		fmt.Fprintln(&b, c.Text)
		for _, choice := range c.Choices {
			fmt.Fprintln(&b, choice.Label)
		}
		for _, link := range c.Links {
			fmt.Fprintln(&b, link.Label, link.URL)
		}
		for _, a := range c.Attachments {
			fmt.Fprintln(&b, a.Name)
		}
		if c.Place != nil {
			fmt.Fprintf(&b, "%.5f %.5f %s\n", c.Place.Latitude, c.Place.Longitude, c.Place.Label)
		}
	}
	return b.String()
}
