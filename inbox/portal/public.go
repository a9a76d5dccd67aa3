package portal

import (
	"net/http"
	"regexp"

	"github.com/labstack/echo/v4"

	"tongdai/inbox"
	"tongdai/kb"
)

// perPublicPage is how many matters the public list shows on one page.
const perPublicPage = 20

// shownPublicly is a matter with the names that citizens know.
type shownPublicly struct {
	inbox.Publication
	Field, Department string
}

type publicBody struct {
	Matters []shownPublicly
	First   bool
	Next    string // address of the following page; empty: none
}

var matterID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// public is the page /phan-anh-cong-khai: what citizens let everybody read and
// the desk agreed to show; ?truoc= is where the page before ended.
func (p *Portal) public(c echo.Context) error {
	before := c.QueryParam("truoc")
	if before != "" && !matterID.MatchString(before) {
		return p.NotFound(c)
	}
	list, next, err := p.matters.Public(c.Request().Context(), before, perPublicPage)
	if err != nil {
		return p.cannotRead(c, err)
	}
	body := publicBody{First: before == ""}
	for _, m := range list {
		shown := shownPublicly{Publication: m, Department: p.answered(kb.Entry{Department: m.Department}).nameToday()}
		if f, ok := p.dir.Field(m.Category); ok {
			shown.Field = f.Name
		}
		body.Matters = append(body.Matters, shown)
	}
	if next != "" {
		body.Next = "/phan-anh-cong-khai?truoc=" + next
	}
	return p.show(c, http.StatusOK, "public", revalidated, page{
		Title: "Phản ánh công khai", Description: "Phản ánh của người dân và câu trả lời của các cơ quan, được công khai.", Forms: true, Body: body,
	})
}
