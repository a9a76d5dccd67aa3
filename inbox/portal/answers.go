package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"tongdai/inbox/directory"
	"tongdai/kb"
)

const (
	foundAtMost   = 10 // results of a search
	searchedDepth = 60 // hits looked at when only one field's are wanted
	suggested     = 6  // while somebody types
	perPage       = 30 // questions of a field on one page
	// worthShowing is the confidence below which a hit has a word in common with
	// the question and nothing else.
	worthShowing = 0.002
)

// answered is an entry with the names that citizens know.
type answered struct {
	kb.Entry
	Department string
	Today      string // who does that department's work now, where it no longer exists
	Hotline    string // of whoever does it now
	Field      string // empty: the directory does not know it
}

func (p *Portal) answered(e kb.Entry) answered {
	a := answered{Entry: e}
	if f, ok := p.dir.Field(e.Category); ok {
		a.Field = f.Name
	}
	dep, ok := p.dir.Department(e.Department)
	if !ok {
		return a
	}
	a.Department, a.Hotline = dep.Name, dep.Hotline
	if dep.ExistsAt(p.now()) {
		return a
	}
	a.Hotline = ""
	// Work that went to many, as a district's to its communes, cannot be told in a line.
	if next := p.dir.Successors(e.Department, p.now()); len(next) == 1 {
		a.Today, a.Hotline = next[0].Name, next[0].Hotline
	}
	return a
}

// answersBody is the page of a search, of a field, or of all fields.
type answersBody struct {
	Fields   []fieldCard
	Field    kb.CategoryID // looked at or searched in; empty: all
	Name     string        // of Field
	InCharge []string      // departments that lead Field

	Sure  bool // Found begins with the answer
	Found []answered

	Questions          []kb.Entry // of the field
	Page, Pages        int
	Previous, NextPage string // addresses; empty: none
}

// answers is the page /hoi-dap: ?q= searches, ?linh-vuc= keeps to one field.
func (p *Portal) answers(c echo.Context) error {
	body := answersBody{Fields: p.fields(), Field: kb.CategoryID(c.QueryParam("linh-vuc"))}
	if body.Field != "" {
		f, ok := p.dir.Field(body.Field)
		if !ok {
			return p.NotFound(c)
		}
		body.Name = f.Name
		for _, id := range f.Lead {
			body.InCharge = append(body.InCharge, p.answered(kb.Entry{Department: id}).nameToday())
		}
	}
	question := cleanQuestion(c.QueryParam("q"))
	if question == "" {
		return p.browse(c, body)
	}
	if err := p.search(c, question, &body); err != nil {
		p.log.ErrorContext(c.Request().Context(), "portal search failed", "err", err)
		return p.showNotice(c, http.StatusServiceUnavailable, question, notice{
			Heading: "Hiện chưa tìm được",
			Advice:  "Phần tra cứu đang gặp trục trặc. Xin anh/chị thử lại sau ít phút, hoặc gọi số dưới đây để được trả lời ngay.",
		})
	}
	return p.show(c, http.StatusOK, "answers", unkept, page{Title: "Kết quả tìm", Query: question, Body: body})
}

func (a answered) nameToday() string {
	if a.Today != "" {
		return a.Today
	}
	return a.Department
}

func (p *Portal) search(c echo.Context, question string, body *answersBody) error {
	limit := foundAtMost
	if body.Field != "" {
		limit = searchedDepth
	}
	hits, err := p.know.Search(c.Request().Context(), question, limit)
	if err != nil {
		return err
	}
	hits = slices.DeleteFunc(hits, func(h kb.Hit) bool {
		return h.Confidence < worthShowing || !h.Entry.Answers(p.now()) || body.Field != "" && h.Entry.Category != body.Field
	})
	for _, h := range hits[:min(len(hits), foundAtMost)] {
		body.Found = append(body.Found, p.answered(h.Entry))
	}
	body.Sure = len(hits) > 0 && hits[0].Confidence >= p.cfg.Sure
	return nil
}

// browse lists the questions of a field, or the fields.
func (p *Portal) browse(c echo.Context, body answersBody) error {
	title := "Hỏi đáp"
	if body.Field != "" {
		title = body.Name
		for e := range p.know.All() {
			if e.Category == body.Field && e.Answers(p.now()) {
				body.Questions = append(body.Questions, e)
			}
		}
		body.turnTo(c.QueryParam("trang"))
	}
	return p.show(c, http.StatusOK, "answers", revalidated, page{
		Title: title, Description: "Câu hỏi và câu trả lời: " + title + ".", Body: body,
	})
}

// turnTo keeps one page of the questions; what is no page number is the first or the last.
func (b *answersBody) turnTo(wanted string) {
	b.Pages = max(1, (len(b.Questions)+perPage-1)/perPage)
	number, err := strconv.Atoi(wanted)
	if err != nil {
		number = 1
	}
	b.Page = min(max(number, 1), b.Pages)
	address := func(n int) string {
		return "/hoi-dap?" + url.Values{"linh-vuc": {string(b.Field)}, "trang": {strconv.Itoa(n)}}.Encode()
	}
	if b.Page > 1 {
		b.Previous = address(b.Page - 1)
	}
	if b.Page < b.Pages {
		b.NextPage = address(b.Page + 1)
	}
	from := (b.Page - 1) * perPage
	b.Questions = b.Questions[from:min(from+perPage, len(b.Questions))]
}

// answer is the page of one entry; ?q= is what it was found by, ?da-ghi= what was just
// said of it.
func (p *Portal) answer(c echo.Context) error {
	e, shown, err := p.entryOf(c)
	if !shown {
		return err
	}
	body := answerBody{answered: p.answered(e), Judged: p.marks != nil, Asked: cleanQuestion(c.QueryParam("q"))}
	if said := c.QueryParam("da-ghi"); said == saidYes || said == saidNo {
		body.Said = said
	}
	pg := page{Title: e.Question, Query: body.Asked, Body: body}
	if body.Asked != "" || body.Said != "" {
		return p.show(c, http.StatusOK, "answer", unkept, pg)
	}
	pg.Description = excerpt(160, e.Answer)
	return p.show(c, http.StatusOK, "answer", revalidated, pg)
}

// entryOf is the entry that an address names. Where it cannot be shown, the page that
// says so has been.
func (p *Portal) entryOf(c echo.Context) (e kb.Entry, shown bool, err error) {
	id := c.Param("id")
	if c.Request().URL.RawPath != "" { // echo then matches, and gives, the escaped path
		unescaped, err := url.PathUnescape(id)
		if err != nil {
			return e, false, p.NotFound(c)
		}
		id = unescaped
	}
	if id == "" {
		return e, false, c.Redirect(http.StatusMovedPermanently, "/hoi-dap")
	}
	e, ok := p.know.Entry(kb.EntryID(id))
	switch {
	case !ok:
		return e, false, p.NotFound(c)
	case !e.Answers(p.now()):
		return e, false, p.noLonger(c, e)
	}
	return e, true, nil
}

func (p *Portal) noLonger(c echo.Context, e kb.Entry) error {
	return p.showNotice(c, http.StatusNotFound, e.Question, notice{
		Heading: "Câu trả lời này không còn hiệu lực",
		Advice:  "Quy định có thể đã thay đổi. Anh/chị thử tìm lại câu hỏi, hoặc hỏi trực tiếp theo số dưới đây.",
	})
}

// suggestion is one row under the search box.
type suggestion struct {
	Question   string `json:"question"`
	Answer     string `json:"answer"` // its beginning
	Department string `json:"department"`
	URL        string `json:"url"`
}

// suggest answers the search box as somebody types.
func (p *Portal) suggest(c echo.Context) error {
	c.Response().Header().Set(echo.HeaderCacheControl, string(unkept))
	text := cleanQuestion(c.QueryParam("q"))
	rows := []suggestion{}
	if text == "" {
		return c.JSON(http.StatusOK, rows)
	}
	hits, err := p.know.Suggest(c.Request().Context(), text, suggested)
	if err != nil {
		p.log.ErrorContext(c.Request().Context(), "portal suggestions failed", "err", err)
		return c.JSON(http.StatusServiceUnavailable, map[string]string{"message": "Hiện chưa tìm được, xin thử lại sau ít phút."})
	}
	for _, h := range hits {
		if a := p.answered(h.Entry); h.Entry.Answers(p.now()) {
			rows = append(rows, suggestion{a.Question, excerpt(150, a.Answer), a.nameToday(), foundPath(a.ID, text)})
		}
	}
	return c.JSON(http.StatusOK, rows)
}

// leads joins names as people list them.
func leads(names []string) string { return strings.Join(names, ", ") }

var _ Directory = (*directory.Directory)(nil)
