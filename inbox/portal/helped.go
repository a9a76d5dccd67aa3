package portal

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"tongdai/connectors/edge"
	"tongdai/inbox"
	"tongdai/kb"
)

// Marks keeps what citizens say of answers. *inbox.Hub does.
type Marks interface {
	MarkAnswer(ctx context.Context, said inbox.AnswerMark) error
}

const (
	// marksPerHour is how many answers one address may judge in an hour.
	marksPerHour = 60
	// sameMarksPerHour is how often an hour the same words about the same answer
	// count from one address: a second press is none.
	sameMarksPerHour = 4
)

// The two things that can be said of an answer, as forms and addresses have them.
const (
	saidYes = "co"
	saidNo  = "khong"
)

// answerBody is the page of one entry, where it may be judged.
type answerBody struct {
	answered
	Judged bool   // it can be said whether it helped
	Asked  string // what was searched for
	Said   string // saidYes or saidNo just now; empty: nothing yet
}

// Trap is what people do not see and programs fill in.
func (answerBody) Trap() input { return input{Name: "trang-web"} }

// say takes whether an answer helped. It leads to a page that a reload sends nothing from.
func (p *Portal) say(c echo.Context) error {
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, 8<<10)
	e, shown, err := p.entryOf(c)
	if !shown {
		return err
	}
	said := inbox.AnswerMark{
		Entry: e.ID, Helped: c.FormValue("giup-ich") == saidYes,
		Asked: cleanQuestion(c.FormValue("q")), Sought: cleanQuestion(c.FormValue("can-tim")),
	}
	if !said.Helped && c.FormValue("giup-ich") != saidNo {
		return c.Redirect(http.StatusSeeOther, answerPath(e.ID))
	}
	thanks := func() error {
		return c.Redirect(http.StatusSeeOther, answerPath(e.ID)+"?da-ghi="+c.FormValue("giup-ich")+"#giup-ich")
	}
	if c.FormValue("trang-web") != "" {
		return thanks() // a program's, which need not know
	}
	now, from := p.now(), edge.Network(p.address(r))
	if wait := p.marking.Take(from, now); wait > 0 {
		return p.tooMany(c, wait)
	}
	same := strings.Join([]string{from, string(e.ID), c.FormValue("giup-ich"), said.Asked, said.Sought}, "\x00")
	if p.marked.Take(same, now) > 0 {
		return thanks()
	}
	err = p.marks.MarkAnswer(r.Context(), said)
	switch {
	case errors.Is(err, inbox.ErrNotFound): // withdrawn meanwhile
		return p.noLonger(c, e)
	case err != nil:
		p.marked.Forget(same)
		p.log.ErrorContext(r.Context(), "what a citizen said of an answer was not kept", "err", err)
		c.Response().Header().Set("Retry-After", "5")
		return p.showNotice(c, http.StatusServiceUnavailable, said.Asked, notice{
			Heading: "Hiện chưa ghi nhận được",
			Advice:  "Hệ thống đang bận. Xin anh/chị quay lại trang trước và bấm gửi lại sau ít giây.",
		})
	}
	return thanks()
}

func (p *Portal) tooMany(c echo.Context, wait time.Duration) error {
	c.Response().Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	return p.showNotice(c, http.StatusTooManyRequests, "", notice{
		Heading: "Đã gửi quá nhiều lần",
		Advice:  fmt.Sprintf("Xin anh/chị thử lại sau %d phút, hoặc hỏi trực tiếp theo số dưới đây.", int(math.Ceil(wait.Minutes()))),
	})
}

// foundPath is the address of an answer that was found by a search.
func foundPath(id kb.EntryID, question string) string {
	if question == "" {
		return answerPath(id)
	}
	return answerPath(id) + "?" + url.Values{"q": {question}}.Encode()
}
