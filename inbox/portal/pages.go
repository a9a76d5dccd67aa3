package portal

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"tongdai/inbox/directory"
	"tongdai/kb"
)

// fieldCard is a field with how much is known of it.
type fieldCard struct {
	ID      kb.CategoryID
	Name    string
	Answers int
}

// askedAtFirst is how many questions the first page shows.
const askedAtFirst = 8

func (p *Portal) home(c echo.Context) error {
	return p.show(c, http.StatusOK, "home", revalidated, page{
		Description: "Tra cứu câu trả lời của các cơ quan trong tỉnh, trò chuyện và gọi " + p.cfg.Organisation + ".",
		Body: struct {
			Fields []fieldCard
			Asked  []answered
		}{p.fields(), p.oftenAsked(c, askedAtFirst)},
	})
}

// fields are those in which something can be answered, in the directory's order.
func (p *Portal) fields() []fieldCard {
	now := p.now()
	count := map[kb.CategoryID]int{}
	for e := range p.know.All() {
		if e.Answers(now) {
			count[e.Category]++
		}
	}
	var cards []fieldCard
	for _, f := range p.dir.Fields() {
		if count[f.ID] > 0 {
			cards = append(cards, fieldCard{f.ID, f.Name, count[f.ID]})
		}
	}
	return cards
}

// oftenAsked are the questions that citizens ask most; where that is not known
// or not enough, one of each field in turn.
func (p *Portal) oftenAsked(c echo.Context, limit int) []answered {
	var out []answered
	taken := map[kb.EntryID]bool{}
	add := func(e kb.Entry) {
		if len(out) < limit && !taken[e.ID] && e.Answers(p.now()) {
			taken[e.ID] = true
			out = append(out, p.answered(e))
		}
	}
	if p.asked != nil {
		ids, err := p.asked.Popular(c.Request().Context(), limit)
		if err != nil {
			p.log.WarnContext(c.Request().Context(), "popular questions not known", "err", err)
		}
		for _, id := range ids {
			if e, ok := p.know.Entry(id); ok {
				add(e)
			}
		}
	}
	byField := map[kb.CategoryID][]kb.Entry{}
	deepest := 0
	for e := range p.know.All() {
		byField[e.Category] = append(byField[e.Category], e)
		deepest = max(deepest, len(byField[e.Category]))
	}
	for i := 0; i < deepest && len(out) < limit; i++ {
		for _, f := range p.dir.Fields() {
			if i < len(byField[f.ID]) {
				add(byField[f.ID][i])
			}
		}
	}
	return out
}

func (p *Portal) contact(c echo.Context) error {
	var withHotline []directory.Department
	for _, dep := range p.dir.Departments(p.now()) {
		if dep.Hotline != "" {
			withHotline = append(withHotline, dep)
		}
	}
	return p.show(c, http.StatusOK, "contact", revalidated, page{
		Title:       "Liên hệ",
		Description: "Các số điện thoại và kênh liên lạc của " + p.cfg.Organisation + ".",
		Body:        withHotline,
	})
}

func (p *Portal) privacy(c echo.Context) error {
	return p.show(c, http.StatusOK, "privacy", revalidated, page{
		Title:       "Quyền riêng tư",
		Description: "Thông báo xử lý dữ liệu cá nhân của " + p.cfg.Organisation + ".",
	})
}

// notice is a page that says what went wrong and what to do.
type notice struct {
	Heading string
	Advice  string
}

// NotFound says in Vietnamese that there is no such page. The server may use it
// for any address of a person's browser.
func (p *Portal) NotFound(c echo.Context) error {
	return p.showNotice(c, http.StatusNotFound, "", notice{
		Heading: "Không tìm thấy trang này",
		Advice:  "Địa chỉ có thể đã đổi hoặc gõ nhầm. Anh/chị có thể tìm câu trả lời ở ô dưới đây.",
	})
}

func (p *Portal) showNotice(c echo.Context, status int, query string, n notice) error {
	return p.show(c, status, "notice", unkept, page{Title: n.Heading, Query: query, Body: n})
}
