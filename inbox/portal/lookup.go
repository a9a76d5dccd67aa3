package portal

import (
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
)

// lookupBody is the page /tra-cuu: a code and the number given with it.
type lookupBody struct{ filled }

func (b lookupBody) wrong(field, problem string) lookupBody {
	if b.Problems == nil {
		b.Problems = map[string]string{}
	}
	b.Problems[field] = problem
	return b
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
	code, phone := cleanQuestion(c.FormValue("ma")), cleanQuestion(c.FormValue("dien-thoai"))
	body := lookupBody{filled{Typed: url.Values{"ma": {code}, "dien-thoai": {phone}}}}
	if code == "" {
		body = body.wrong("ma", "Hãy nhập mã phiếu, ví dụ TH-261121-0042.")
	}
	if phone == "" {
		body = body.wrong("dien-thoai", "Hãy nhập số điện thoại đã dùng khi gửi.")
	}
	if len(body.Problems) > 0 {
		return p.showLookup(c, http.StatusUnprocessableEntity, body)
	}
	now := p.now()
	wait := max(p.looks.Take(edge.Network(p.address(r)), now), p.guesses.Take(strings.ToUpper(code), now))
	if wait > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		return p.showLookup(c, http.StatusTooManyRequests, body.wrong("", fmt.Sprintf(
			"Đã tra cứu quá nhiều lần. Xin thử lại sau %d phút, hoặc mở liên kết riêng của phiếu, hoặc gọi %s.",
			int(math.Ceil(wait.Minutes())), p.numbers())))
	}
	id, err := p.matters.FindTracked(r.Context(), code, phone)
	if err == nil {
		return c.Redirect(http.StatusSeeOther, "/tra-cuu/"+p.ticket(id))
	}
	if !errors.Is(err, inbox.ErrNotFound) {
		return p.cannotRead(c, err)
	}
	p.linger(c, started)
	return p.showLookup(c, http.StatusUnprocessableEntity, body.wrong("",
		"Không tìm thấy phiếu nào với mã và số điện thoại này. Hãy xem lại cả hai; phiếu gửi qua kênh chưa biết số điện thoại thì xem ngay trên kênh đó."))
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
