package portal_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
)

func TestAReportGoesItsWholeWayWithoutJavaScript(t *testing.T) {
	h := newHouse(t)
	sent := h.get("/phan-anh").shows("Gửi phản ánh", "Lĩnh vực", "Sức khỏe").
		send("/phan-anh/", whole(), upload{"anh 1.png", png}, upload{"ghi chú.txt", "hai"})
	after := sent.follow().shows("Đã tiếp nhận phản ánh", "Đèn đường hỏng", "Dạ, tổng đài đã ghi: Đèn đường hỏng", "Trả lời tự động",
		"Phường Hạc Thành", "anh 1.png", "ghi chú.txt", "19.80710, 105.77520").
		lacks("0912", "mau@example", "Nguyễn Thị Mẫu")
	if got := after.header.Get("Referrer-Policy"); got != "same-origin" {
		t.Errorf("the link may be told to others: %q", got)
	}
	if got := after.header.Get("Cache-Control"); !strings.Contains(got, "no-store") {
		t.Errorf("the page may be kept: %q", got)
	}
	code := codePattern.FindString(after.body)
	c := h.matter(code)
	if c.Channel != "portal" || c.Category != "suc-khoe" || c.ContactName != "Nguyễn Thị Mẫu" {
		t.Errorf("the matter is %+v", c)
	}
	for _, path := range attachments(after.body) {
		if file := h.get(path); file.status != http.StatusOK || file.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("GET %s = %d", path, file.status)
		}
	}
	if n := len(attachments(after.body)); n != 2 {
		t.Errorf("%d files are linked, want 2", n)
	}
}

func attachments(body string) (paths []string) {
	for _, part := range strings.Split(body, `href="`)[1:] {
		if path, _, _ := strings.Cut(part, `"`); strings.Contains(path, "/tep/") {
			paths = append(paths, path)
		}
	}
	return paths
}

func TestAFormSentTwiceIsOneMatterWithOneLink(t *testing.T) {
	h := newHouse(t)
	page := h.get("/phan-anh")
	first := page.send("/phan-anh/", whole(), upload{"a.png", png})
	second := page.send("/phan-anh/", whole(), upload{"a.png", png})
	if first.header.Get("Location") != second.header.Get("Location") {
		t.Errorf("the links are %s and %s", first.header.Get("Location"), second.header.Get("Location"))
	}
	if one, two := codePattern.FindString(first.follow().body), codePattern.FindString(second.follow().body); one != two || h.all() != 1 {
		t.Errorf("there are %d matters, %s and %s", h.all(), one, two)
	}
	if n := strings.Count(text(second.follow().body), "Anh/chị "); n > 0 {
		if said := strings.Count(second.follow().body, `class="own"`); said != 1 {
			t.Errorf("the words stand there %d times", said)
		}
	}
}

func TestWhatIsWrongIsNamedAndEverythingTypedIsKept(t *testing.T) {
	h := newHouse(t)
	form := whole("dien-thoai", "0912", "cong-khai", "", "ho-ten", "")
	form.Del("dong-y")
	again := h.get("/phan-anh").send("/phan-anh/", form, upload{"a.png", png}, upload{"trang.html", "<html><script>alert(1)</script>"})
	if again.status != http.StatusUnprocessableEntity || h.all() != 0 {
		t.Fatalf("answered %d, and %d matters", again.status, h.all())
	}
	again.shows("Chưa gửi được", "Hãy cho biết họ và tên", "Số điện thoại này không đúng", "Hãy chọn một trong hai", "Cần anh/chị đồng ý",
		"trang.html", "Chỉ nhận ảnh", "a.png")
	filled := again.form("/phan-anh/")
	for name, want := range map[string]string{
		"noi-dung": "Đèn đường hỏng", "dien-thoai": "0912", "linh-vuc": "suc-khoe", "dia-ban": "Phường Hạc Thành",
		"dia-diem": "ngã tư chợ", "vi-tri": "19.8071, 105.7752", "email": "mau@example.vn",
	} {
		if got := filled.values.Get(name); got != want {
			t.Errorf("%s holds %q, want %q", name, got, want)
		}
	}
	if n := len(filled.values["tep-da-gui"]); n != 1 {
		t.Errorf("%d files are kept, want the one that was taken", n)
	}
	again.send("/phan-anh/", url.Values{"ho-ten": {"Mẫu"}, "dien-thoai": {"0912345678"}, "cong-khai": {"khong"}, "dong-y": {"co"}}).
		follow().shows("Đã tiếp nhận", "a.png")
}

func TestRobotsAndOtherSitesAreRefused(t *testing.T) {
	h := newHouse(t)
	h.get("/phan-anh").send("/phan-anh/", whole("trang-web", "https://spam.example")).shows("Xin để trống ô này")
	for name, header := range map[string][2]string{
		"a form of another site":        {"Sec-Fetch-Site", "cross-site"},
		"a form of a neighbouring site": {"Sec-Fetch-Site", "same-site"},
		"another origin":                {"Origin", "https://evil.example"},
		"a hidden origin":               {"Origin", "null"},
	} {
		r := h.get("/phan-anh").request("/phan-anh/", whole())
		r.Header.Set(header[0], header[1])
		if a := h.do(r); a.status != http.StatusForbidden {
			t.Errorf("%s is answered %d", name, a.status)
		}
	}
	if h.all() != 0 {
		t.Error("something was taken")
	}
}

func TestAnOldPageIsSentAgainWithoutTypingAgain(t *testing.T) {
	h := newHouse(t)
	r := h.get("/phan-anh").request("/phan-anh/", whole(), upload{"a.png", png})
	r.URL.Path = "/phan-anh/AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA"
	again := h.do(r).shows("mở đã quá lâu", "a.png")
	if h.all() != 0 {
		t.Error("a key that nobody gave was taken")
	}
	again.send("/phan-anh/", url.Values{}).follow().shows("Đã tiếp nhận", "a.png")
}

// hostile are strings that a browser must show and never run.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `</textarea><script>alert(1)</script>`,
	`{{.Site}}`, `javascript:alert(1)`, `<svg/onload=alert(1)>`,
}

func TestWhatCitizensTypeIsTextOnEveryPage(t *testing.T) {
	h := newHouse(t)
	tags := []string{"<script>alert", "<img src=x", "<svg/onload", " onmouseover='", `href="javascript:`}
	for _, s := range hostile {
		page := h.get("/phan-anh")
		form := whole()
		for name := range form {
			form.Set(name, s)
		}
		form.Set("trang-web", s)
		page.send("/phan-anh/", form, upload{s + ".exe", "MZ"}).lacks(tags...)
		sent := h.get("/phan-anh").send("/phan-anh/", whole("noi-dung", s, "ho-ten", s, "dia-ban", s, "dia-diem", s), upload{s + ".png", png}).follow().lacks(tags...)
		code := codePattern.FindString(sent.body)
		h.close(code, s)
		if _, err := h.hub.Publish(t.Context(), officer, h.matter(code).ID, s, s); err != nil {
			t.Fatal(err)
		}
		h.get("/phan-anh-cong-khai").lacks(tags...)
		r := httptest.NewRequest(http.MethodPost, "/tra-cuu", strings.NewReader(url.Values{"ma": {s}, "dien-thoai": {s}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		h.do(r).lacks(tags...)
		h.get("/tra-cuu/" + url.PathEscape(s)).lacks(tags...)
	}
}

// look asks for a code and a number, and returns how long that took.
func (h *house) look(code, phone string) (answer, time.Duration) {
	h.Helper()
	r := httptest.NewRequest(http.MethodPost, "/tra-cuu", strings.NewReader(url.Values{"ma": {code}, "dien-thoai": {phone}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	started := time.Now()
	return h.do(r), time.Since(started)
}

func TestACodeOpensOnlyWithItsNumberAndNothingTellsWhichIsWrong(t *testing.T) {
	h := newHouse(t)
	_, _, code := h.reported()
	found, _ := h.look(strings.ToLower(code), "+84 912 345 678")
	found.follow().shows("Phiếu "+code, "Đèn đường hỏng").lacks("0912", "mau@example")

	var said []string
	for _, ask := range [][2]string{{code, "0999999999"}, {"TH-000101-0001", "0912345678"}, {"KHONG-CO", "0912345678"}} {
		a, took := h.look(ask[0], ask[1])
		if a.status != http.StatusUnprocessableEntity || took < refusing {
			t.Errorf("%q is answered %d after %s", ask, a.status, took)
		}
		for _, own := range ask { // what was typed stands there again
			a.body = strings.ReplaceAll(a.body, own, "·")
		}
		said = append(said, text(a.body))
	}
	if said[0] != said[1] || said[1] != said[2] {
		t.Errorf("the answers differ:\n%s", strings.Join(said, "\n"))
	}
	empty, _ := h.look(code, "")
	empty.shows("Hãy nhập số điện thoại đã dùng khi gửi.").lacks("Hãy nhập mã phiếu")
}

func TestGuessingIsSlowed(t *testing.T) {
	h := newHouse(t)
	_, _, code := h.reported()
	refused := 0
	for range 8 {
		if a, _ := h.look(code, "0999999999"); a.status == http.StatusTooManyRequests {
			refused++
			a.shows("quá nhiều lần")
			if a.header.Get("Retry-After") == "" {
				t.Error("nobody says when to come again")
			}
		}
	}
	if refused == 0 {
		t.Error("one code can be tried for ever")
	}
	if a, _ := h.look(code, "0912345678"); a.status != http.StatusTooManyRequests {
		t.Errorf("the right number is told from a wrong one by %d", a.status)
	}
	for i := range 20 {
		if a, _ := h.look("TH-000101-"+string(rune('a'+i)), "0912345678"); a.status == http.StatusTooManyRequests {
			return
		}
	}
	t.Error("one address can try codes for ever")
}

func TestALinkThatLeadsNowhereSaysSo(t *testing.T) {
	h := newHouse(t)
	_, token, _ := h.reported()
	unused := strings.TrimPrefix(h.get("/phan-anh").form("/phan-anh/").action, "/phan-anh/")
	for _, path := range []string{"/tra-cuu/x", "/tra-cuu/" + unused, "/tra-cuu/" + token[:len(token)-2] + "AA", "/tra-cuu/" + token + "/tep/" + strings.Repeat("0", 64)} {
		if a := h.get(path); a.status != http.StatusNotFound {
			t.Errorf("GET %s = %d", path, a.status)
		}
	}
}

func TestAFileOpensOnlyThroughItsOwnMatter(t *testing.T) {
	h := newHouse(t)
	mine := h.get("/phan-anh").send("/phan-anh/", whole(), upload{"a.png", png}).follow()
	path := attachments(mine.body)[0]
	_, other, _ := h.reported()
	if a := h.get("/tra-cuu/" + other + path[strings.Index(path, "/tep/"):]); a.status != http.StatusNotFound {
		t.Errorf("another's file is answered %d", a.status)
	}
}

func TestTheCitizenAddsOnTheTrackingPageAndPressesChoices(t *testing.T) {
	h := newHouse(t)
	after, token, code := h.reported("noi-dung", "mơ hồ quá")
	after.shows("Đèn đường", "Rác <b>", "Đang chờ anh/chị trả lời", "hỏi lại").lacks("Đã trả lời")
	press := after.form("/them")
	r := httptest.NewRequest(http.MethodPost, press.action, strings.NewReader(url.Values{"lan": press.values["lan"], "chon": {"v-den"}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	h.do(r).follow().shows("Anh/chị", "Đèn đường", "tổng đài đã ghi: Đèn đườngv-den", "Đã trả lời tự động").lacks("Đang chờ")

	page := h.get("/tra-cuu/" + token)
	again := addTo(page, "", nil)
	if again.status != http.StatusUnprocessableEntity {
		t.Errorf("nothing at all is answered %d", again.status)
	}
	again.shows("Hãy viết nội dung")
	for range 2 { // a double press
		addTo(page, "đèn số 7", nil, upload{"b.png", png})
	}
	shown := h.get("/tra-cuu/"+token).shows("đèn số 7", "b.png")
	if n := strings.Count(shown.body, `<p>đèn số 7</p>`); n != 1 {
		t.Errorf("the words stand there %d times", n)
	}
	if h.all() != 1 {
		t.Errorf("there are %d matters, want one", h.all())
	}
	h.close(code, "Đã sửa xong.")
	closed := h.get("/tra-cuu/"+token).shows("Đã trả lời và kết thúc", "Đã sửa xong.", "sẽ thành một phiếu mới").lacks("Lê Thị Lan")
	addTo(closed, "lại hỏng", nil).follow().shows("Các phiếu trước", code, "lại hỏng")
	if h.all() != 2 {
		t.Errorf("there are %d matters, want a second one", h.all())
	}
}

// addTo sends the form "Bổ sung" of a page, the last one to /them.
func addTo(page answer, words string, more url.Values, files ...upload) answer {
	page.Helper()
	at := strings.LastIndex(page.body, "<form")
	for !strings.Contains(page.body[at:], `name="noi-dung"`) {
		at = strings.LastIndex(page.body[:at], "<form")
	}
	page.body = page.body[at:]
	form := url.Values{"noi-dung": {words}}
	for name, values := range more {
		form[name] = values
	}
	return page.send("/them", form, files...)
}

func TestAMatterWhoseQuestionBackWasLeftIsNotToldToBeAnswered(t *testing.T) {
	h := newHouse(t)
	_, token, code := h.reported("noi-dung", "mơ hồ quá")
	if _, err := h.hub.Resolve(t.Context(), officer, h.matter(code).ID); err != nil {
		t.Fatal(err)
	}
	h.get("/tra-cuu/" + token).shows("Đã kết thúc: chưa nhận được trả lời của anh/chị").lacks("Đã trả lời")
}

func TestProgressIsToldInPlainWords(t *testing.T) {
	h := newHouse(t)
	_, token, code := h.reported("noi-dung", "cần gặp người trực")
	id := h.matter(code).ID
	h.get("/tra-cuu/"+token).shows("Đang ở bộ phận thường trực từ", "Người trực đang làm việc")
	if _, err := h.hub.AddNote(t.Context(), officer, id, "ghi chú mật", "n"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.hub.Transfer(t.Context(), officer, id, "so-y-te", "nhờ xem"); err != nil {
		t.Fatal(err)
	}
	h.get("/tra-cuu/"+token).shows("Đang ở Sở Y tế từ", "Chuyển tới Sở Y tế").lacks("ghi chú mật", "nhờ xem", "Lê Thị Lan")
}

func TestRatingOnTheTrackingPage(t *testing.T) {
	h := newHouse(t)
	_, token, code := h.reported("noi-dung", "cần gặp người trực")
	h.get("/tra-cuu/" + token).lacks("Gửi đánh giá")
	h.close(code, "Đã sửa xong.")
	page := h.get("/tra-cuu/"+token).shows("Anh/chị có hài lòng", "5 – Rất hài lòng")
	page.send("/danh-gia", url.Values{"gop-y": {"còn <chậm>"}}).shows("Hãy chọn một mức từ 1 đến 5", "còn <chậm>")
	page.send("/danh-gia", url.Values{"sao": {"4"}, "gop-y": {"còn chậm"}}).follow().shows("Anh/chị đã đánh giá 4/5", "còn chậm").lacks("Gửi đánh giá")
	if got := h.matter(code).Rating; got.Stars != 4 || got.Comment != "còn chậm" {
		t.Errorf("Rating = %+v", got)
	}
}

func TestAMatterOfAnotherChannelIsShownAndAddedToThere(t *testing.T) {
	h := newHouse(t)
	err := h.hub.Receive(t.Context(), connectors.Raw{Channel: "zalo", Body: []byte("{}")}, []connectors.Inbound{{
		Key: "k", Kind: connectors.Said, From: "u1", Content: content.Content{Text: "Hỏi trên Zalo"},
		Profile: connectors.Profile{Name: "Mẫu", Phone: "84987654321"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	page, err := h.hub.List(t.Context(), officer, inbox.View{Name: inbox.AllList}, "", 1)
	if err != nil || len(page.Conversations) != 1 {
		t.Fatal(page, err)
	}
	found, _ := h.look(page.Conversations[0].Code, "0987 654 321")
	found.follow().shows("Hỏi trên Zalo", "nhắn tiếp trên kênh đó", "Zalo 1022").lacks(`name="noi-dung"`)
}

func TestThePublicListShowsWhatTheDeskWrote(t *testing.T) {
	h := newHouse(t)
	h.get("/phan-anh-cong-khai").shows("Chưa có phản ánh nào")
	_, token, code := h.reported("noi-dung", "tôi Nguyễn Thị Mẫu báo đèn hỏng")
	h.close(code, "Đã sửa cho bà Mẫu.")
	if _, err := h.hub.Publish(t.Context(), officer, h.matter(code).ID, "Đèn đường hỏng", "Đã sửa."); err != nil {
		t.Fatal(err)
	}
	h.get("/phan-anh-cong-khai").shows("Đèn đường hỏng", "Đã sửa.", "Sức khỏe").lacks("Mẫu", "0912")
	h.get("/tra-cuu/" + token).shows("công khai")
	if a := h.get("/phan-anh-cong-khai?truoc=" + url.QueryEscape(`'"><x`)); a.status != http.StatusNotFound {
		t.Errorf("a page that is none is answered %d", a.status)
	}
}
