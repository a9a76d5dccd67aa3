package portal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"tongdai/inbox"
)

// Alarms are urgent reports, for the contacts outside the desk who hold a link
// to one. *inbox.Hub has them.
type Alarms interface {
	OpenAlarm(ctx context.Context, id inbox.ConversationID, token, address string) (inbox.AlarmReport, error)
	ConfirmAlarmByLink(ctx context.Context, id inbox.ConversationID, token, name, address string) error
}

// alarmBody is the page /khan/:id/:token. Who has the link may read it: it is
// 256 random bits long, and ends after a day.
type alarmBody struct {
	inbox.AlarmReport
	filled // by whom it was received
}

func (p *Portal) registerAlarms(e *echo.Echo, read func(path string, h echo.HandlerFunc)) {
	read("/khan/:id/:token", p.alarm)
	e.POST("/khan/:id/:token", p.confirmAlarm, p.ownPage)
}

func (p *Portal) alarm(c echo.Context) error {
	return p.showAlarm(c, http.StatusOK, alarmBody{})
}

func (p *Portal) showAlarm(c echo.Context, status int, body alarmBody) error {
	private(c)
	report, err := p.matters.OpenAlarm(c.Request().Context(), inbox.ConversationID(c.Param("id")), c.Param("token"), p.address(c.Request()))
	if errors.Is(err, inbox.ErrNotFound) {
		return p.showNotice(c, http.StatusNotFound, "", notice{
			Heading: "Liên kết không còn dùng được",
			Advice:  "Liên kết chỉ mở được trong 24 giờ kể từ khi có tin khẩn. Xin liên hệ tổng đài để biết thêm.",
		})
	}
	if err != nil {
		return p.cannotRead(c, err)
	}
	body.AlarmReport = report
	return p.show(c, status, "alarm", unkept, page{Title: "Tin khẩn " + report.Code, Forms: true, Body: body})
}

func (p *Portal) confirmAlarm(c echo.Context) error {
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, 8<<10)
	typed := c.FormValue("ten")
	name := strings.TrimSpace(typed)
	if problem := problemOfName(name); problem != "" {
		return p.showAlarm(c, http.StatusUnprocessableEntity, alarmBody{filled: filled{
			Typed: url.Values{"ten": {typed}}, Problems: map[string]string{"ten": problem},
		}})
	}
	err := p.matters.ConfirmAlarmByLink(r.Context(), inbox.ConversationID(c.Param("id")), c.Param("token"), name, p.address(r))
	if err != nil && !errors.Is(err, inbox.ErrNotFound) {
		return p.cannotRead(c, err)
	}
	return c.Redirect(http.StatusSeeOther, r.URL.Path) // which tells of a link that has ended
}

// longestName of whoever confirms, in characters.
const longestName = 100

func problemOfName(name string) string {
	switch {
	case name == "":
		return "Hãy ghi họ tên người đã nhận tin."
	case utf8.RuneCountInString(name) > longestName:
		return fmt.Sprintf("Họ tên dài quá %d ký tự. Hãy viết ngắn hơn.", longestName)
	}
	return ""
}
