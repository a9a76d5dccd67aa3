package portal_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/portal"
)

// ringing has one alarm, behind the link /khan/c1/right.
type ringing struct {
	portal.Matters
	by string // who confirmed
}

func (r *ringing) OpenAlarm(_ context.Context, id inbox.ConversationID, token, _ string) (inbox.AlarmReport, error) {
	if id != "c1" || token != "right" {
		return inbox.AlarmReport{}, inbox.ErrNotFound
	}
	return inbox.AlarmReport{
		Code: "TH-261121-0042", Place: "Phường Hạc Thành", At: time.Date(2026, 11, 21, 15, 30, 0, 0, time.UTC),
		Text: "mẹ em khó thở <b>quá</b>", Name: "Chị Mẫu", Phone: "0912 345 678", Confirmed: r.by != "", ConfirmedBy: r.by,
	}, nil
}

func (r *ringing) ConfirmAlarmByLink(_ context.Context, id inbox.ConversationID, token, name, _ string) error {
	if id != "c1" || token != "right" {
		return inbox.ErrNotFound
	}
	r.by = name
	return nil
}

type noFiles struct{ portal.Files }

func TestAContactReadsAnUrgentReportAndConfirms(t *testing.T) {
	h := newHouse(t)
	h.web = serve(t, func(d *portal.Deps) { d.Matters, d.Files = &ringing{Matters: h.hub}, noFiles{} })
	confirm := func(name string) answer {
		r := httptest.NewRequest(http.MethodPost, "/khan/c1/right", strings.NewReader("ten="+name))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return h.do(r)
	}
	shown := h.get("/khan/c1/right").shows("Tin khẩn TH-261121-0042", "22:30 ngày 21/11/2026, tại Phường Hạc Thành", "mẹ em khó thở <b>quá</b>", "Chị Mẫu", "Tôi đã nhận tin khẩn").lacks("<b>")
	if !strings.Contains(shown.body, `href="tel:0912345678"`) {
		t.Error("the citizen cannot be called by pressing the number")
	}
	if shown.header.Get("Referrer-Policy") != "same-origin" || !strings.Contains(shown.header.Get("Cache-Control"), "no-store") {
		t.Errorf("the page may be kept, or its link told: %v", shown.header)
	}
	if nobody := confirm("+"); nobody.status != http.StatusUnprocessableEntity {
		t.Errorf("confirming without a name = %d", nobody.status)
	} else {
		nobody.shows("Hãy ghi họ tên")
	}
	if long := confirm(strings.Repeat("a", 101)); long.status != http.StatusUnprocessableEntity {
		t.Errorf("confirming with a name too long = %d", long.status)
	} else {
		long.shows("Họ tên dài quá 100 ký tự")
		if !strings.Contains(long.body, `value="`+strings.Repeat("a", 101)) {
			t.Error("what was typed is gone")
		}
	}
	confirm("BS+H%C3%A0").follow().shows("BS Hà đã xác nhận").lacks("Tôi đã nhận tin khẩn")
	for _, path := range []string{"/khan/c1/wrong", "/khan/c2/right"} {
		if gone := h.get(path); gone.status != http.StatusNotFound {
			t.Errorf("GET %s = %d", path, gone.status)
		} else {
			gone.shows("Liên kết không còn dùng được").lacks("khó thở")
		}
	}
}
