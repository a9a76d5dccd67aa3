package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tongdai/inbox"
)

var call = inbox.AlarmCall{
	ID: "c1-0-1", To: inbox.AlarmContact{Name: "Bác sĩ trực", Phone: "0237000001"}, Code: "TH-261121-0042",
	Place: "Phường Hạc Thành", At: time.Date(2026, 11, 21, 15, 30, 0, 0, time.UTC), Link: "https://1022.example.vn/khan/c1/t",
}

// service answers as a test tells it, and keeps what it was sent.
func service(t *testing.T, answer http.HandlerFunc) *Gateway {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return New(Config{URL: server.URL, Secret: "bí mật", Organisation: "Tổng đài 1022", Now: func() time.Time { return time.Unix(1_795_000_000, 0) }})
}

func TestAnAlarmIsHandedOverSignedAndReadyToBeSaid(t *testing.T) {
	var got Alarm
	var problems []string
	g := service(t, func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(body, &got) != nil {
			problems = append(problems, "the body is no alarm")
		}
		timestamp := r.Header.Get(TimestampHeader)
		if timestamp != "1795000000" || r.Header.Get(SignatureHeader) != "sha256="+Sign("bí mật", timestamp, body) {
			problems = append(problems, "the signature is wrong")
		}
		if r.Header.Get("Idempotency-Key") != call.ID {
			problems = append(problems, "the key is "+r.Header.Get("Idempotency-Key"))
		}
	})
	if err := g.Reach(t.Context(), call); err != nil || len(problems) > 0 {
		t.Fatalf("Reach = %v, %q", err, problems)
	}
	want := "KHẨN. Tổng đài 1022: lúc 22:30 21/11 người dân báo dấu hiệu nguy hiểm tại Phường Hạc Thành, phiếu TH-261121-0042." +
		" Xem và xác nhận đã nhận: https://1022.example.vn/khan/c1/t"
	if got.Phone != "0237000001" || got.Text != want || !got.At.Equal(call.At) {
		t.Errorf("sent %+v", got)
	}
}

func TestWhatGoesWrongIsToldInWords(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   string
		late   bool
	}{
		{"a refusal", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, "từ chối (mã 403)", false},
		{"a way elsewhere is not gone", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://example.com/", http.StatusTemporaryRedirect)
		}, "từ chối (mã 307)", false},
		{"a cut", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "không kết nối được", false},
		{"silence", func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then is it noticed that the caller hung up
			<-r.Context().Done()
		}, "không trả lời kịp", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := t.Context()
			if tt.late {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 300*time.Millisecond)
				defer cancel()
			}
			if err := service(t, tt.answer).Reach(ctx, call); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Reach = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestAContactWithoutANumberIsPassedOver(t *testing.T) {
	g := service(t, func(http.ResponseWriter, *http.Request) { t.Error("it was called") })
	if err := g.Reach(t.Context(), inbox.AlarmCall{To: inbox.AlarmContact{Name: "A"}}); !errors.Is(err, inbox.ErrNoPoint) {
		t.Errorf("Reach = %v", err)
	}
}
