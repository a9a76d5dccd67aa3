package portal

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"tongdai/connectors/edge"
	"tongdai/inbox"
)

// lookupBody is the page /tra-cuu.
type lookupBody struct {
	Code, Phone string
	Problem     string
}

func (p *Portal) lookup(c echo.Context) error {
	return p.showLookup(c, http.StatusOK, lookupBody{})
}

func (p *Portal) showLookup(c echo.Context, status int, body lookupBody) error {
	return p.show(c, status, "lookup", unkept, page{
		Title: "Tra cứu phản ánh", Description: "Xem phản ánh của anh/chị đang ở đâu, đã được trả lời chưa.", Forms: true, Body: body,
	})
}

// find opens a matter by its code and the telephone number given with it. It
// says the same, in the same time, whichever of the two is wrong.
func (p *Portal) find(c echo.Context) error {
	private(c)
	started := time.Now()
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, 8<<10)
	body := lookupBody{Code: cleanQuestion(c.FormValue("ma")), Phone: cleanQuestion(c.FormValue("dien-thoai"))}
	if body.Code == "" || body.Phone == "" {
		body.Problem = "Hãy nhập cả mã phiếu và số điện thoại."
		return p.showLookup(c, http.StatusUnprocessableEntity, body)
	}
	now := p.now()
	wait := max(p.looks.take(edge.Network(p.address(r)), now), p.guesses.take(strings.ToUpper(body.Code), now))
	if wait > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		body.Problem = fmt.Sprintf("Đã tra cứu quá nhiều lần. Xin thử lại sau %d phút, hoặc mở liên kết riêng của phiếu, hoặc gọi %s.",
			int(math.Ceil(wait.Minutes())), p.numbers())
		return p.showLookup(c, http.StatusTooManyRequests, body)
	}
	id, err := p.matters.FindTracked(r.Context(), body.Code, body.Phone)
	if err == nil {
		return c.Redirect(http.StatusSeeOther, "/tra-cuu/"+p.ticket(id))
	}
	if !errors.Is(err, inbox.ErrNotFound) {
		return p.cannotRead(c, err)
	}
	p.linger(c, started)
	body.Problem = "Không tìm thấy phiếu nào với mã và số điện thoại này. Hãy xem lại cả hai; phiếu gửi qua kênh chưa biết số điện thoại thì xem ngay trên kênh đó."
	return p.showLookup(c, http.StatusUnprocessableEntity, body)
}

// linger waits until a refusal has taken as long as every other.
func (p *Portal) linger(c echo.Context, started time.Time) {
	rest := time.NewTimer(time.Until(started.Add(p.cfg.Refusing)))
	defer rest.Stop()
	select {
	case <-rest.C:
	case <-c.Request().Context().Done():
	}
}

func (p *Portal) cannotRead(c echo.Context, err error) error {
	p.log.ErrorContext(c.Request().Context(), "a matter could not be looked up", "err", err)
	c.Response().Header().Set("Retry-After", "5")
	return p.showNotice(c, http.StatusServiceUnavailable, "", notice{
		Heading: "Hiện chưa tra cứu được",
		Advice:  "Hệ thống đang bận. Xin anh/chị thử lại sau ít phút, hoặc gọi số dưới đây.",
	})
}

// numbers are the hotlines as a sentence names them.
func (p *Portal) numbers() string {
	var all []string
	for _, h := range p.cfg.Hotlines {
		all = append(all, h.Number)
	}
	return strings.Join(all, " hoặc ")
}
