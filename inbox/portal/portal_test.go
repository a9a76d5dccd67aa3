package portal_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"tongdai/configs"
	"tongdai/inbox/portal"
	"tongdai/inbox/ui"
	"tongdai/kb"
)

var now = time.Date(2026, 11, 21, 9, 0, 0, 0, configs.Zone)

func entries() []kb.Entry {
	entry := func(id kb.EntryID, question, answer string) kb.Entry {
		return kb.Entry{
			ID: id, Question: question, Answer: answer, Category: "suc-khoe", Department: "so-y-te",
			Source: "Công văn 12", ConfirmedOn: now.AddDate(0, 0, -3), Status: kb.Published, Version: 1,
		}
	}
	expired := entry("D3", "Ngày hội hiến máu tổ chức khi nào?", "Ngày 1 tháng 6.")
	expired.ValidUntil = now.AddDate(0, 0, -30)
	draft := entry("D4", "Khám sức khỏe định kỳ ở đâu?", "Bản nháp chưa duyệt.")
	draft.Status = kb.Draft
	return []kb.Entry{
		entry("D1", "Đăng ký tiêm vắc xin ở đâu?", "Anh/chị đăng ký tại trạm y tế xã, phường."),
		entry("D2", `Mẫu đơn <script>alert("x")</script> lấy ở đâu?`, `Ở "một cửa" <img src=x onerror=alert(1)> của xã.`),
		expired, draft,
	}
}

type deaf struct{ *kb.Index }

func (deaf) Search(context.Context, string, int) ([]kb.Hit, error) {
	return nil, errors.New("no index")
}

func serve(t *testing.T, change func(*portal.Deps)) *echo.Echo {
	t.Helper()
	index, err := kb.OpenIndex("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := index.Close(); err != nil {
			t.Error(err)
		}
	})
	index.Now = func() time.Time { return now }
	if err := index.Put(entries()...); err != nil {
		t.Fatal(err)
	}
	deps := portal.Deps{Knowledge: index, Directory: configs.ShippedData().Directory, Now: func() time.Time { return now }}
	if change != nil {
		change(&deps)
	}
	p, err := portal.New(portal.Config{
		Organisation: "Tổng đài 1022 tỉnh Thanh Hóa", Chat: "web", Styles: ui.Styles(),
		Hotlines: []portal.Hotline{{Number: "1022", Label: "trong tỉnh"}},
		Secret:   []byte(strings.Repeat("s", 32)), Refusing: refusing,
	}, deps)
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	p.Register(e)
	e.RouteNotFound("/*", p.NotFound)
	return e
}

func get(t *testing.T, e *echo.Echo, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// page returns a page's text and fails on another status.
func page(t *testing.T, e *echo.Echo, path string, status int) string {
	t.Helper()
	w := get(t, e, path)
	if w.Code != status {
		t.Fatalf("GET %s = %d, want %d", path, w.Code, status)
	}
	return w.Body.String()
}

func TestAQuestionIsAnsweredWithAndWithoutMarks(t *testing.T) {
	e := serve(t, nil)
	for _, question := range []string{"Đăng ký tiêm vắc xin ở đâu", "dang ky tiem vac xin o dau", "DANG KY TIEM VAC XIN"} {
		got := page(t, e, "/hoi-dap?q="+url.QueryEscape(question), http.StatusOK)
		for _, want := range []string{"trạm y tế xã, phường", "Sở Y tế", "18/11/2026"} {
			if !strings.Contains(got, want) {
				t.Errorf("search for %q does not show %q", question, want)
			}
		}
	}
}

func TestAnAnswerSaysWhoAnswersAndWhenItWasConfirmed(t *testing.T) {
	got := page(t, serve(t, nil), "/hoi-dap/D1", http.StatusOK)
	for _, want := range []string{"Sở Y tế", "18/11/2026", "Công văn 12", "trạm y tế xã, phường"} {
		if !strings.Contains(got, want) {
			t.Errorf("the answer's page lacks %q", want)
		}
	}
}

func TestWhatPeopleWroteIsTextEverywhere(t *testing.T) {
	e := serve(t, nil)
	hostile := `"><script>alert(1)</script>`
	for _, path := range []string{
		"/", "/hoi-dap/D2", "/hoi-dap?q=" + url.QueryEscape(hostile), "/hoi-dap?linh-vuc=" + url.QueryEscape(hostile),
		"/hoi-dap?linh-vuc=suc-khoe", "/hoi-dap/" + url.PathEscape(hostile),
	} {
		body := get(t, e, path).Body.String()
		for _, tag := range []string{"<script>alert", "<img src=x"} {
			if strings.Contains(body, tag) {
				t.Errorf("%s lets %s through", path, tag)
			}
		}
	}
}

func TestOnlyWhatMayBeGivenNowIsShown(t *testing.T) {
	e := serve(t, nil)
	for _, path := range []string{"/hoi-dap/D3", "/hoi-dap/D4", "/hoi-dap/D999", "/hoi-dap?linh-vuc=khong-co", "/khong-co"} {
		page(t, e, path, http.StatusNotFound)
	}
	all := page(t, e, "/", http.StatusOK) + page(t, e, "/hoi-dap?linh-vuc=suc-khoe", http.StatusOK) +
		page(t, e, "/hoi-dap?q="+url.QueryEscape("hiến máu"), http.StatusOK)
	for _, hidden := range []string{"Ngày 1 tháng 6", "Bản nháp"} {
		if strings.Contains(all, hidden) {
			t.Errorf("%q is shown", hidden)
		}
	}
}

func TestSuggestionsWhileTyping(t *testing.T) {
	w := get(t, serve(t, nil), "/tim?q=dang+ky+ti")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Đăng ký tiêm vắc xin ở đâu?") {
		t.Errorf("GET /tim = %d %s", w.Code, w.Body)
	}
	if kept := w.Header().Get("Cache-Control"); !strings.Contains(kept, "no-store") {
		t.Errorf("what somebody types may be kept: %q", kept)
	}
}

func TestABrokenSearchIsToldWithAnotherWay(t *testing.T) {
	e := serve(t, func(d *portal.Deps) { d.Knowledge = deaf{d.Knowledge.(*kb.Index)} })
	got := page(t, e, "/hoi-dap?q=tiem", http.StatusServiceUnavailable)
	if !strings.Contains(got, "1022") {
		t.Error("the page tells no number to call")
	}
}

func TestPagesNeedNothingInline(t *testing.T) {
	e := serve(t, nil)
	for _, path := range []string{"/", "/hoi-dap", "/hoi-dap/D1", "/lien-he", "/rieng-tu"} {
		body := page(t, e, path, http.StatusOK)
		for _, inline := range []string{"<style", " style=", "onclick=", "javascript:"} {
			if strings.Contains(body, inline) {
				t.Errorf("%s carries %s, which the content security policy forbids", path, inline)
			}
		}
		if !strings.Contains(body, `<html lang="vi"`) {
			t.Errorf("%s does not say that it is Vietnamese", path)
		}
	}
}

type given []kb.EntryID

func (g given) Popular(_ context.Context, limit int) ([]kb.EntryID, error) {
	return g[:min(limit, len(g))], nil
}

func TestTheFirstPageBeginsWithWhatPeopleAsk(t *testing.T) {
	e := serve(t, func(d *portal.Deps) { d.Popularity = given{"D2", "D3"} })
	got := page(t, e, "/", http.StatusOK)
	asked, other := strings.Index(got, "Mẫu đơn"), strings.Index(got, "Đăng ký tiêm vắc xin")
	if asked < 0 || other < 0 || asked > other {
		t.Errorf("the most asked question stands at %d, another at %d", asked, other)
	}
}
