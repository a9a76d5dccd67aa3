package portal_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"tongdai/inbox"
	"tongdai/inbox/portal"
)

// marks is what was said of answers; down, nothing can be kept.
type marks struct {
	said []inbox.AnswerMark
	down bool
}

func (m *marks) MarkAnswer(_ context.Context, said inbox.AnswerMark) error {
	if m.down {
		return errors.New("the disk is full")
	}
	m.said = append(m.said, said)
	return nil
}

// judged serves pages that ask whether their answers helped.
func judged(t *testing.T) (*echo.Echo, *marks) {
	t.Helper()
	kept := &marks{}
	return serve(t, func(d *portal.Deps) { d.Marks = kept }), kept
}

// say sends what is said of the answer D1.
func say(t *testing.T, e *echo.Echo, form url.Values, change ...func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/hoi-dap/D1", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w
}

func TestWhatDidNotHelpIsToldWithWhatWasSearched(t *testing.T) {
	e, kept := judged(t)
	h := &house{T: t, web: e}
	found := h.get("/hoi-dap?q=" + url.QueryEscape("dang ky tiem"))
	if !strings.Contains(found.body, `href="/hoi-dap/D1?q=dang&#43;ky&#43;tiem"`) && !strings.Contains(found.body, `href="/hoi-dap/D1?q=dang+ky+tiem"`) {
		t.Fatal("what was found does not lead to its page with what was searched")
	}
	read := h.get("/hoi-dap/D1?q=dang+ky+tiem").shows("Câu trả lời này có giúp ích cho anh/chị không?", "Anh/chị muốn biết điều gì?")
	if keep := read.header.Get("Cache-Control"); !strings.Contains(keep, "no-store") || !strings.Contains(read.body, `content="noindex"`) {
		t.Errorf("a page that shows what was searched may be kept: %q", keep)
	}
	sent := say(t, e, url.Values{"giup-ich": {"khong"}, "q": {"dang ky tiem"}, "can-tim": {" giờ làm việc\ncủa trạm "}})
	after := answer{h, sent.Code, sent.Body.String(), sent.Header()}.follow().shows("Cảm ơn anh/chị", "hỏi trực tiếp").lacks("dang ky tiem")
	if strings.Contains(after.body, "giúp ích cho anh/chị không?") {
		t.Error("it is asked again")
	}
	want := []inbox.AnswerMark{{Entry: "D1", Asked: "dang ky tiem", Sought: "giờ làm việc của trạm"}}
	if !slices.Equal(kept.said, want) {
		t.Errorf("kept is %+v, want %+v", kept.said, want)
	}
}

func TestWhatHelpedIsCounted(t *testing.T) {
	e, kept := judged(t)
	for range 2 { // a second press says the same
		if w := say(t, e, url.Values{"giup-ich": {"co"}}); w.Code != http.StatusSeeOther {
			t.Fatalf("saying that it helped = %d", w.Code)
		}
	}
	if want := []inbox.AnswerMark{{Entry: "D1", Helped: true}}; !slices.Equal(kept.said, want) {
		t.Errorf("kept is %+v, want %+v", kept.said, want)
	}
	if got := page(t, e, "/hoi-dap/D1?da-ghi=co", http.StatusOK); strings.Contains(got, "đơn vị phụ trách câu trả lời") {
		t.Error("whom it helped is told that the answer is looked at")
	}
}

func TestNothingIsSaidOfAnAnswer(t *testing.T) {
	for name, one := range map[string]struct {
		form   url.Values
		change func(*http.Request)
		status int
	}{
		"by the page of another site":   {url.Values{"giup-ich": {"khong"}}, func(r *http.Request) { r.Header.Set("Origin", "https://elsewhere.example") }, http.StatusForbidden},
		"by a program":                  {url.Values{"giup-ich": {"khong"}, "trang-web": {"http://spam.example"}}, nil, http.StatusSeeOther},
		"without Có or Không":           {url.Values{"giup-ich": {"có lẽ"}}, nil, http.StatusSeeOther},
		"that is no longer valid":       {url.Values{"giup-ich": {"khong"}}, func(r *http.Request) { r.URL.Path = "/hoi-dap/D3" }, http.StatusNotFound},
		"that nobody knows":             {url.Values{"giup-ich": {"khong"}}, func(r *http.Request) { r.URL.Path = "/hoi-dap/D999" }, http.StatusNotFound},
		"in more than fits into a form": {url.Values{"giup-ich": {"khong"}, "can-tim": {strings.Repeat("a", 9000)}}, nil, http.StatusSeeOther},
	} {
		t.Run(name, func(t *testing.T) {
			e, kept := judged(t)
			change := one.change
			if change == nil {
				change = func(*http.Request) {}
			}
			if w := say(t, e, one.form, change); w.Code != one.status || len(kept.said) > 0 {
				t.Errorf("answered %d, kept %+v", w.Code, kept.said)
			}
		})
	}
	t.Run("where nobody keeps it", func(t *testing.T) {
		e := serve(t, nil)
		if strings.Contains(page(t, e, "/hoi-dap/D1", http.StatusOK), "giup-ich") {
			t.Error("it is asked all the same")
		}
		if w := say(t, e, url.Values{"giup-ich": {"co"}}); w.Code < 400 {
			t.Errorf("saying it = %d", w.Code)
		}
	})
}

func TestOneAddressJudgesOnlySoManyAnswers(t *testing.T) {
	e, kept := judged(t)
	var last *httptest.ResponseRecorder
	for i := range 16 {
		last = say(t, e, url.Values{"giup-ich": {"khong"}, "can-tim": {"điều thứ " + strings.Repeat("i", i+1)}})
	}
	if last.Code != http.StatusTooManyRequests || last.Header().Get("Retry-After") == "" || len(kept.said) != 15 {
		t.Errorf("the sixteenth at once = %d, and %d were kept", last.Code, len(kept.said))
	}
	other := say(t, e, url.Values{"giup-ich": {"khong"}}, func(r *http.Request) { r.RemoteAddr = "198.51.100.7:4000" })
	if other.Code != http.StatusSeeOther || len(kept.said) != 16 {
		t.Errorf("another address gets %d", other.Code)
	}
}

func TestWhatWasSaidAndNotKeptCanBeSentAgain(t *testing.T) {
	e, kept := judged(t)
	kept.down = true
	said := url.Values{"giup-ich": {"khong"}}
	if w := say(t, e, said); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "chưa ghi nhận được") {
		t.Errorf("what cannot be kept = %d", w.Code)
	}
	kept.down = false
	if w := say(t, e, said); w.Code != http.StatusSeeOther || len(kept.said) != 1 {
		t.Errorf("sent again = %d, kept %+v", w.Code, kept.said)
	}
}
