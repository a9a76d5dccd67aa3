package telegram_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/content"
	"tongdai/connectors/telegram"
	"tongdai/connectors/telegram/telegramsim"
)

// What goes over the wire for each kind of content.
func TestWhatIsSent(t *testing.T) {
	text := func(s string) content.Content { return content.Content{Text: s} }
	place := &content.Place{Latitude: 19.80667, Longitude: 105.77639}
	named := &content.Place{Latitude: 19.80667, Longitude: 105.77639, Label: "Trung tâm hành chính công"}
	for _, tt := range []struct {
		name   string
		quotes bool
		say    content.Content
		files  map[string][]byte // in the order of their names
		kinds  map[string]content.AttachmentKind
	}{
		{name: "text", say: text("Phản ánh TH-1 đã được tiếp nhận. <b> & \"’ 👨‍👩‍👧 *a* _b_")},
		{name: "text_quoting", quotes: true, say: text("Dạ vâng")},
		{name: "choices", say: content.Content{Text: "Anh/chị chọn lĩnh vực:", Choices: []content.Choice{
			{Label: "Đô thị", Value: "field:do-thi"}, {Label: "Y tế", Value: strings.Repeat("y", 64)}}}},
		{name: "choices_too_long", say: content.Content{Text: "Chọn:", Choices: []content.Choice{
			{Label: "A", Value: "a"}, {Label: strings.Repeat("dài ", 20), Value: "b"}}}},
		{name: "choices_without_words", say: content.Content{Choices: []content.Choice{{Label: "A", Value: "a"}}}},
		{name: "links", say: content.Content{Text: "Mời anh/chị xem:", Links: []content.Link{
			{Label: "Đánh giá", URL: "https://1022.example.vn/r/AB12?a=1&b=2"}, {Label: "Gọi 1022", URL: "tel:1022"}, {URL: "https://a.vn/khong-ten"}}}},
		{name: "place", say: content.Content{Place: place}},
		{name: "place_named", say: content.Content{Text: "Nơi nộp hồ sơ", Place: named}},
		{name: "form", say: content.Content{Text: "Đã ghi:", Form: []content.Field{{Name: "name", Label: "Họ tên", Value: "Trần Thị Mẫu"}}}},
		{name: "photo", say: text("Ảnh hiện trường"), files: map[string][]byte{"anh.png": picture(1)}},
		{name: "photo_with_choices", say: content.Content{Text: "Đúng chỗ này không?", Choices: []content.Choice{{Label: "Đúng", Value: "y"}}}, files: map[string][]byte{"anh.png": picture(1)}},
		{name: "photo_with_long_words", say: text(strings.Repeat("dài ", 300)), files: map[string][]byte{"anh.png": picture(1)}},
		{name: "album", quotes: true, say: text("Hai ảnh"), files: map[string][]byte{"1.png": picture(1), "2.png": picture(2)}},
		{name: "files_mixed", say: text("Hồ sơ"), files: map[string][]byte{"1.png": picture(1), "2.png": picture(2), "don \"mẫu\".pdf": []byte("%PDF-1.7\n")}},
		{name: "animation", files: map[string][]byte{"a.gif": []byte("GIF89a\x08\x00\x08\x00\x00\x00\x00")}},
		{name: "voice", files: map[string][]byte{"a.ogg": []byte("OggS\x00\x02 opus")}, kinds: map[string]content.AttachmentKind{"a.ogg": content.Voice}},
		{name: "video", files: map[string][]byte{"a.mp4": []byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, sent := recorded(t)
			conn := r.installed()
			sent.Reset()
			begun := r.sim.Begin(r.user, "")
			for _, name := range slices.Sorted(keys(tt.files)) {
				a := r.files.Add(name, tt.files[name])
				a.Kind = tt.kinds[name]
				tt.say.Attachments = append(tt.say.Attachments, a)
			}
			out := r.out("k1", tt.say)
			if tt.quotes {
				out.Quotes = connectors.RemoteID(fmt.Sprint(begun))
			}
			if _, err := conn.Send(t.Context(), out); err != nil {
				t.Fatal(err)
			}
			connectortest.WantGolden(t, "testdata/sent/"+tt.name+".golden", sent.String(), *update)
		})
	}
}

func keys(m map[string][]byte) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

var chatID = regexp.MustCompile(`(chat_id: )\d+`)

// recorded is a rig that writes down which calls go over the wire.
func recorded(t *testing.T) (*rig, *strings.Builder) {
	t.Helper()
	var sent strings.Builder
	var r *rig
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		request.Body = io.NopCloser(bytes.NewReader(body))
		_, method, _ := strings.Cut(strings.TrimPrefix(request.URL.Path, "/bot"), "/")
		sent.WriteString(method + "\n")
		if mediaType, options, _ := mime.ParseMediaType(request.Header.Get("Content-Type")); mediaType == "multipart/form-data" && len(body) > 0 {
			writeForm(t, &sent, multipart.NewReader(bytes.NewReader(body), options["boundary"]))
		}
		r.sim.ServeHTTP(w, request)
	}))
	t.Cleanup(front.Close)
	r = newRig(t, func(_ *telegramsim.Config, own *telegram.Config) { own.URL = front.URL })
	return r, &sent
}

func writeForm(t *testing.T, sent *strings.Builder, form *multipart.Reader) {
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Error(err)
			return
		}
		data, _ := io.ReadAll(part)
		line := fmt.Sprintf("  %s: %s\n", part.FormName(), data)
		if part.FileName() != "" {
			line = fmt.Sprintf("  %s: file %q of %d bytes\n", part.FormName(), part.FileName(), len(data))
		}
		sent.WriteString(chatID.ReplaceAllString(line, "${1}…"))
	}
}

func TestReceiptsNameEveryPart(t *testing.T) {
	r := newRig(t)
	conn := r.installed()
	r.talking()
	say := content.Content{Text: strings.Repeat("dài ", 300), Place: &content.Place{Latitude: 19.8, Longitude: 105.7}}
	for i := range 12 {
		say.Attachments = append(say.Attachments, r.files.Add(fmt.Sprint(i, ".png"), picture(i)))
	}
	receipt, err := conn.Send(t.Context(), r.out("k1", say))
	if err != nil {
		t.Fatal(err)
	}
	var ids []connectors.RemoteID
	for _, m := range r.ours() {
		ids = append(ids, connectors.RemoteID(fmt.Sprint(m.ID)))
	}
	if len(ids) != 14 || !slices.Equal(ids, append([]connectors.RemoteID{receipt.Message}, receipt.More...)) {
		t.Errorf("Receipt = %+v, the platform has %q", receipt, ids)
	}
	if albums := r.sim.Ledger().CallsOf("sendMediaGroup"); len(albums) != 2 || len(albums[0].Messages) != 10 {
		t.Errorf("albums %+v, want one of ten and one of two", albums)
	}
}

func TestWhatFailedGoesOnWhereItStopped(t *testing.T) {
	r := newRig(t)
	conn := r.installed()
	r.talking()
	out := r.out("k1", content.Content{Text: "Mời xem", Place: &content.Place{Latitude: 19.8, Longitude: 105.7}})
	r.sim.Fail(telegramsim.Fault{On: "sendLocation", Times: 1, Code: 502, Description: "Bad Gateway"})
	_, err := conn.Send(t.Context(), out)
	wantKind(t, err, connectors.Retryable)
	if _, err := conn.Send(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	if got := r.ours(); len(got) != 2 || got[0].Kind != telegramsim.Text || got[1].Kind != telegramsim.Location {
		t.Errorf("the citizen was shown %+v, want each part once", got)
	}
}

// What Telegram does not take of a message is left out, and the message goes.
func TestWhatIsRefusedInPart(t *testing.T) {
	t.Run("a quote that is gone", func(t *testing.T) {
		r := newRig(t)
		conn := r.installed()
		r.talking()
		r.sim.Fail(telegramsim.Fault{On: "sendMessage", Times: 1, Code: 400, Description: "Bad Request: message to be replied not found"})
		out := r.text("k1", "Dạ")
		out.Quotes = "4711"
		if _, err := conn.Send(t.Context(), out); err != nil || len(r.ours()) != 1 {
			t.Errorf("Send = %v, shown %+v", err, r.ours())
		}
	})
	t.Run("a link that is no page to Telegram", func(t *testing.T) {
		r := newRig(t)
		conn := r.installed()
		r.talking()
		c := offer(2)
		c.Links = []content.Link{{Label: "Trang thử", URL: "http://localhost:8022/a"}}
		if _, err := conn.Send(t.Context(), r.out("k1", c)); err != nil {
			t.Fatal(err)
		}
		if got := r.ours(); len(got) != 1 || len(got[0].Buttons) != 2 || !strings.Contains(got[0].Text, "Trang thử: http://localhost:8022/a") {
			t.Errorf("the citizen was shown %+v", got)
		}
	})
	t.Run("a picture that it cannot show", func(t *testing.T) {
		r := newRig(t)
		conn := r.installed()
		r.talking()
		broken := r.files.Add("anh.png", []byte("\x89PNG\r\n\x1a\n not a picture"))
		if _, err := conn.Send(t.Context(), r.out("k1", content.Content{Attachments: []content.Attachment{broken}})); err != nil {
			t.Fatal(err)
		}
		if got := r.ours(); len(got) != 1 || got[0].Kind != telegramsim.Document || got[0].Name != "anh.png" {
			t.Errorf("the citizen was shown %+v", got)
		}
	})
	t.Run("a group that became another", func(t *testing.T) {
		r := newRig(t)
		conn := r.installed()
		r.talking()
		r.sim.Fail(telegramsim.Fault{On: "sendMessage", Times: 1, Code: 400,
			Body: fmt.Sprintf(`{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded","parameters":{"migrate_to_chat_id":%d}}`, r.user)})
		out := r.text("k1", "Dạ")
		out.To = "-4711"
		if _, err := conn.Send(t.Context(), out); err != nil || len(r.ours()) != 1 {
			t.Errorf("Send = %v, shown %+v", err, r.ours())
		}
	})
}

// A sim that is not asked for faults refuses by itself.
func TestRefusalsOfThePlatform(t *testing.T) {
	r := newRig(t)
	conn := r.installed()
	stranger := r.text("k1", "Chào")
	_, err := conn.Send(t.Context(), stranger)
	wantKind(t, err, connectors.WindowClosed)
	r.talking()
	r.sim.Block(r.user, true)
	_, err = conn.Send(t.Context(), r.text("k2", "Chào"))
	wantKind(t, err, connectors.WindowClosed)
	if !strings.Contains(connectors.ReasonOf(err), "chặn") {
		t.Errorf("the reason is %q", connectors.ReasonOf(err))
	}
	r.sim.Block(r.user, false)
	r.sim.Delete(r.user)
	_, err = conn.Send(t.Context(), r.text("k3", "Chào"))
	wantKind(t, err, connectors.WindowClosed)
	out := r.text("k4", "Chào")
	out.To = "zalo-user"
	_, err = conn.Send(t.Context(), out)
	wantKind(t, err, connectors.Permanent)
	big := content.Attachment{ID: "x", Name: "to.zip", Type: "application/zip", Size: 50<<20 + 1}
	_, err = conn.Send(t.Context(), r.out("k5", content.Content{Attachments: []content.Attachment{big}}))
	wantKind(t, err, connectors.Permanent)
}

func TestWaitingAsLongAsTelegramSays(t *testing.T) {
	r := newRig(t, func(platform *telegramsim.Config, _ *telegram.Config) {
		platform.PerChat, platform.RetryAfter = 2, 7*time.Second
	})
	conn := r.installed()
	r.talking()
	for i := range 2 {
		if _, err := conn.Send(t.Context(), r.text(fmt.Sprint("k", i), "Dạ")); err != nil {
			t.Fatal(err)
		}
	}
	_, err := conn.Send(t.Context(), r.text("k9", "Dạ"))
	wantKind(t, err, connectors.RateLimited)
	if after := connectors.RetryAfter(err); after != 7*time.Second {
		t.Errorf("asks to wait %s, want 7s", after)
	}
	calls := len(r.sim.Ledger().Calls)
	r.clock.Pass(6 * time.Second)
	_, err = conn.Send(t.Context(), r.text("k9", "Dạ"))
	wantKind(t, err, connectors.RateLimited)
	if again := len(r.sim.Ledger().Calls); again != calls {
		t.Errorf("Telegram was asked %d times before its time", again-calls)
	}
	r.clock.Pass(time.Second)
	if _, err := conn.Send(t.Context(), r.text("k9", "Dạ")); err != nil {
		t.Errorf("Send after the time = %v", err)
	}
}

func TestOurOwnPaceIsToldBeforeTelegramRefuses(t *testing.T) {
	r := newRig(t)
	conn := r.installed()
	r.talking()
	var refused error
	for i := range 15 {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := conn.Send(ctx, r.text(fmt.Sprint("k", i), "Dạ"))
		cancel()
		if connectors.KindOf(err) == connectors.RateLimited {
			refused = err
			break
		}
	}
	if after := connectors.RetryAfter(refused); after <= 0 || after > 5*time.Second {
		t.Errorf("the sixteenth at once = %v, asks to wait %s", refused, after)
	}
	for _, call := range r.sim.Ledger().Calls {
		if call.Code == 429 {
			t.Error("Telegram had to say so")
		}
	}
}

func TestFilesThatCannotBeFetched(t *testing.T) {
	r := newRig(t, func(_ *telegramsim.Config, own *telegram.Config) { own.MaxFile = 1000 })
	conn := r.installed()
	r.sim.SendFile(r.user, telegramsim.Document, "to.bin", "", make([]byte, 2000))
	until(t, "the message", func() bool { return len(r.hub.All(connectors.Said)) == 1 })
	big := r.hub.All(connectors.Said)[0].Content.Attachments[0]
	_, err := conn.Fetch(t.Context(), big)
	wantKind(t, err, connectors.Permanent)
	r.sim.Fail(telegramsim.Fault{On: "getFile", Times: 1, Code: 400, Description: "Bad Request: file is too big"})
	_, err = conn.Fetch(t.Context(), big)
	wantKind(t, err, connectors.Permanent)
	if !strings.Contains(connectors.ReasonOf(err), "20 MB") {
		t.Errorf("the reason is %q", connectors.ReasonOf(err))
	}
	small := r.files.Add("x", []byte("x"))
	r.sim.SendFile(r.user, telegramsim.Photo, "nho.png", "", picture(1))
	until(t, "the picture", func() bool { return len(r.hub.All(connectors.Said)) == 2 })
	found := r.hub.All(connectors.Said)[1].Content.Attachments[0]
	r.sim.Fail(telegramsim.Fault{On: "file", Times: 1, Cut: telegramsim.CutHalf})
	if _, err = conn.Fetch(t.Context(), found); err == nil || connectors.KindOf(err) == connectors.Permanent || strings.Contains(err.Error(), token) {
		t.Errorf("Fetch of a file that breaks off = %v", err)
	}
	got, err := conn.Fetch(t.Context(), found)
	if err != nil || got.Name != "anh.png" || got.Kind != content.Picture || got.ID == small.ID {
		t.Errorf("Fetch = %+v, %v", got, err)
	}
}

func TestTyping(t *testing.T) {
	r := newRig(t)
	conn := r.installed()
	r.talking()
	if err := errors.Join(conn.Signal(t.Context(), r.to, "", connectors.Typing), conn.Signal(t.Context(), r.to, "", connectors.Looked)); err != nil {
		t.Error(err)
	}
	if calls := r.sim.Ledger().CallsOf("sendChatAction"); len(calls) != 1 || calls[0].Text != "typing" {
		t.Errorf("the signs were %+v", calls)
	}
	r.sim.Block(r.user, true)
	if err := conn.Signal(t.Context(), r.to, "", connectors.Typing); err == nil || strings.Contains(err.Error(), token) {
		t.Errorf("Signal to who blocked us = %v", err)
	}
}
