package portal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
)

// answerPatience is how long the first view of a matter waits for the bot's
// answer, so that it is there without a reload.
const answerPatience = 2 * time.Second

// trackBody is the page of a private link: the newest matter, then the others.
type trackBody struct {
	filled
	Token   string
	Link    string // the whole address, to be kept
	New     bool   // just sent
	Lasts   bool   // the link does not run out
	Matters []trackedMatter
	CanAdd  bool
	Most    int
	Size    int64
	Rating  filled               // of the form that rates
	Rated   inbox.ConversationID // that Rating is about
}

// trackedMatter is a matter in plain words.
type trackedMatter struct {
	inbox.Tracked
	State  string // in a few words
	Detail string // by when, or what else there is to know
	Late   bool
	Steps  []trackedStep
	Said   []trackedSaid
}

type trackedStep struct {
	At   time.Time
	Text string
}

type trackedSaid struct {
	inbox.TrackedMessage
	From  string
	Own   bool
	Shown []content.Field  // of a form: what need not be hidden
	Press []content.Choice // that can be pressed now
}

// shownMatter is a matter with what its part of the page needs besides.
type shownMatter struct {
	Matter trackedMatter
	Token  string
	Once   string
	Live   bool // it is kept up to date while the page is open
	Brief  bool // by when there is an answer has been said above
}

// Show is what the part of the page about m needs.
func (b trackBody) Show(m trackedMatter, live bool) shownMatter {
	return shownMatter{m, b.Token, once(), live, live && b.New}
}

// Last reports whether the i-th thing that was said is the last one.
func (s shownMatter) Last(i int) bool { return s.Live && i == len(s.Matter.Said)-1 }

// Picture reports whether browsers show a.
func (shownMatter) Picture(a content.Attachment) bool {
	return slices.Contains([]string{"image/jpeg", "image/png", "image/gif", "image/webp"}, a.Type)
}

// level is one of the five answers to how satisfied somebody is.
type level struct{ Stars, Label string }

// shownRating is the part of the page on which a matter is rated, or was.
type shownRating struct {
	filled
	Ask     bool
	Code    string
	Token   string
	Stars   int
	Comment string
	Levels  []level
}

// RatingOf is what the part of the page needs on which m is rated.
func (b trackBody) RatingOf(m trackedMatter) shownRating {
	r := shownRating{Ask: m.MayRate, Code: m.Code, Token: b.Token, Stars: m.Rating.Stars, Comment: m.Rating.Comment}
	if b.Rated == m.ID {
		r.filled = b.Rating
	}
	for i, label := range inbox.RatingLabels() {
		r.Levels = append(r.Levels, level{strconv.Itoa(i + 1), label})
	}
	return r
}

// track is the page of a private link.
func (p *Portal) track(c echo.Context) error {
	private(c)
	fresh := c.QueryParam("moi") != ""
	if fresh {
		p.awaitAnswer(c.Request().Context(), c.Param("token"))
	}
	return p.showTrack(c, http.StatusOK, func(b *trackBody) { b.New = fresh && b.Lasts })
}

// showTrack shows the page after change has put into it what a form left.
func (p *Portal) showTrack(c echo.Context, status int, change func(b *trackBody)) error {
	token := c.Param("token")
	o, ok, err := p.open(c.Request().Context(), token)
	switch {
	case err != nil && !errors.Is(err, inbox.ErrNotFound):
		return p.cannotRead(c, err)
	case !ok:
		return p.noSuchLink(c)
	}
	body := trackBody{
		filled: filled{Once: once()}, Token: token, Link: p.base(c) + "/tra-cuu/" + token, CanAdd: o.from != "",
	}
	if p.form != nil {
		_, body.Lasts = p.form.Open(token)
		body.Most, body.Size = p.form.Attachments()
	}
	now := p.now()
	staffed, opens := p.matters.Staffed()
	for i, t := range o.matters {
		m := told(t, now, staffed, opens, p.cfg.Organisation)
		if i > 0 || !body.CanAdd {
			for j := range m.Said {
				m.Said[j].Press = nil // only the newest goes on
			}
		}
		body.Matters = append(body.Matters, m)
	}
	change(&body)
	return p.show(c, status, "track", unkept, page{Title: "Phiếu của anh/chị", Forms: true, Body: body})
}

func (p *Portal) noSuchLink(c echo.Context) error {
	return p.showNotice(c, http.StatusNotFound, "", notice{
		Heading: "Liên kết này không mở được",
		Advice:  "Liên kết có thể bị thiếu ký tự, hoặc đã hết hạn. Anh/chị vào mục Tra cứu, nhập mã phiếu và số điện thoại để mở lại.",
	})
}

// awaitAnswer waits for the bot to say something to what was just sent, a
// moment at most.
func (p *Portal) awaitAnswer(ctx context.Context, token string) {
	if p.form == nil {
		return
	}
	from, ok := p.form.Open(token)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	said, _, stop := p.matters.Feed().WatchVisitor(p.form.Channel().ID, from)
	defer stop()
	for {
		all, err := p.matters.TrackedOf(ctx, p.form.Channel().ID, from)
		if err != nil || len(all) == 0 || !all[0].Unanswered || all[0].Handler == inbox.ByPeople {
			return
		}
		select {
		case <-ctx.Done():
			return
		case _, open := <-said:
			if !open {
				return
			}
		}
	}
}

// more takes what the citizen adds to the newest matter, or begins the next.
func (p *Portal) more(c echo.Context) error {
	private(c)
	token := c.Param("token")
	o, ok, err := p.open(c.Request().Context(), token)
	switch {
	case err != nil && !errors.Is(err, inbox.ErrNotFound):
		return p.cannotRead(c, err)
	case !ok || o.from == "":
		return p.noSuchLink(c)
	}
	typed, problems, err := p.form.More(c.Response(), c.Request(), o.from, inWords{p.matters, o.matters[0].Said})
	if err == nil && len(problems) == 0 {
		p.awaitAnswer(c.Request().Context(), token)
		return c.Redirect(http.StatusSeeOther, "/tra-cuu/"+token+"#moi-nhat")
	}
	status, problems := p.answerTo(c, problems, err)
	return p.showTrack(c, status, func(b *trackBody) { b.filled = p.filled(o.from, typed, problems).after(err) })
}

// inWords gives what was pressed the words that stood on the button.
type inWords struct {
	connectors.Receiver
	said []inbox.TrackedMessage
}

// Receive hands on what was pressed with its label.
func (w inWords) Receive(ctx context.Context, raw connectors.Raw, in []connectors.Inbound) error {
	for i := range in {
		if in[i].Pressed == "" || in[i].Content.Text != "" {
			continue
		}
		for _, m := range w.said {
			for _, choice := range m.Content.Choices {
				if choice.Value == in[i].Pressed {
					in[i].Content.Text = choice.Label
				}
			}
		}
	}
	return w.Receiver.Receive(ctx, raw, in)
}

// rate keeps what the citizen thinks of how a matter was handled.
func (p *Portal) rate(c echo.Context) error {
	private(c)
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, 32<<10)
	o, ok, err := p.open(r.Context(), c.Param("token"))
	switch {
	case err != nil && !errors.Is(err, inbox.ErrNotFound):
		return p.cannotRead(c, err)
	case !ok:
		return p.noSuchLink(c)
	}
	i := slices.IndexFunc(o.matters, func(t inbox.Tracked) bool { return t.Code == c.FormValue("ma") })
	if i < 0 {
		return p.noSuchLink(c)
	}
	id, comment := o.matters[i].ID, strings.ToValidUTF8(c.FormValue("gop-y"), "")
	stars, _ := strconv.Atoi(c.FormValue("sao")) // what is no number is no star
	err = p.matters.Rate(r.Context(), id, stars, comment)
	var wrong inbox.Invalid
	switch {
	case err == nil, errors.Is(err, inbox.ErrConflict): // nothing to rate any more: the page shows how it stands
		return c.Redirect(http.StatusSeeOther, "/tra-cuu/"+c.Param("token"))
	case errors.As(err, &wrong):
		problems := map[string]string{}
		for _, w := range wrong {
			problems[map[string]string{"stars": "sao", "comment": "gop-y"}[w.Field]] = w.Message
		}
		return p.showTrack(c, http.StatusUnprocessableEntity, func(b *trackBody) {
			b.Rated = id
			b.Rating = filled{Problems: problems, Typed: url.Values{"sao": {strconv.Itoa(stars)}, "gop-y": {comment}}}
		})
	}
	return p.cannotRead(c, err)
}

// file shows an attachment to whoever may see the matter it belongs to.
func (p *Portal) file(c echo.Context) error {
	o, ok, err := p.open(c.Request().Context(), c.Param("token"))
	switch {
	case err != nil && !errors.Is(err, inbox.ErrNotFound):
		return p.cannotRead(c, err)
	case !ok:
		return p.noSuchLink(c)
	}
	for _, t := range o.matters {
		for _, m := range t.Said {
			for _, a := range m.Content.Attachments {
				if a.ID != "" && a.ID == c.Param("file") {
					p.files.Serve(c.Response(), c.Request(), a)
					return nil
				}
			}
		}
	}
	return p.noSuchLink(c)
}

// told puts a matter into plain words.
func told(t inbox.Tracked, now time.Time, staffed bool, opens time.Time, organisation string) trackedMatter {
	m := trackedMatter{Tracked: t}
	m.State = stateOf(t)
	m.Detail, m.Late = detailOf(t, now, staffed, opens)
	for _, s := range t.Steps {
		m.Steps = append(m.Steps, trackedStep{s.At, stepOf(s)})
	}
	for i, said := range t.Said {
		shown := trackedSaid{TrackedMessage: said, From: saidBy(said, organisation), Own: said.Author == inbox.Citizen}
		for _, f := range said.Content.Form {
			if !hidden[f.Name] {
				shown.Shown = append(shown.Shown, f)
			}
		}
		if i == len(t.Said)-1 && t.Status == inbox.Open && !shown.Own {
			shown.Press = said.Content.Choices
		}
		m.Said = append(m.Said, shown)
	}
	return m
}

// hidden are the fields of a form that its page need not show: whoever sent
// them knows them, and a link may reach others.
var hidden = map[string]bool{"name": true, "phone": true, "email": true, "consent": true}

const desk = "bộ phận thường trực"

func withDepartment(name string) string {
	if name == "" {
		return desk
	}
	return name
}

func stateOf(t inbox.Tracked) string {
	if t.Status == inbox.Resolved {
		if t.AskedBack && t.Ending == inbox.Ended {
			return "Đã kết thúc: chưa nhận được trả lời của anh/chị"
		}
		return map[inbox.Ending]string{
			inbox.NotOurs:   "Đã kết thúc: không thuộc phạm vi tiếp nhận",
			inbox.Duplicate: "Đã kết thúc: ghép với phản ánh khác đang được xử lý",
			inbox.Spam:      "Đã kết thúc", inbox.Abuse: "Đã kết thúc",
			inbox.Referred: "Đã kết thúc: đã chỉ nơi giải quyết",
			inbox.Ended:    "Đã trả lời và kết thúc",
		}[t.Ending]
	}
	switch {
	case t.Handler == inbox.ByBot && t.Unanswered:
		return "Đã tiếp nhận"
	case t.AskedBack:
		return "Đang chờ anh/chị trả lời"
	case t.Handler == inbox.ByBot:
		return "Đã trả lời tự động"
	case t.Answered && !t.Unanswered:
		return "Đã trả lời"
	}
	return fmt.Sprintf("Đang ở %s từ %s", withDepartment(t.Department), clock(t.Since))
}

// detailOf says by when there will be an answer; late: it should be there.
func detailOf(t inbox.Tracked, now time.Time, staffed bool, opens time.Time) (text string, late bool) {
	switch {
	case t.Status == inbox.Resolved:
		return "Kết thúc lúc " + clock(t.ResolvedAt) + ".", false
	case !t.Due.IsZero() && t.Due.Before(now):
		return "Đã quá hạn trả lời (" + clock(t.Due) + "). Người phụ trách đã được nhắc; anh/chị cũng có thể gọi tổng đài.", true
	case t.Told && !t.Due.IsZero():
		return "Hẹn trả lời trước " + clock(t.Due) + ".", false
	case !t.Due.IsZero() && (t.Unanswered || !t.Answered):
		return "Dự kiến trả lời trước " + clock(t.Due) + ".", false
	case t.AskedBack:
		return "Tổng đài cần hỏi lại để trả lời cho đúng. Anh/chị chọn hoặc viết câu trả lời; cần gặp người trực, xin viết “gặp người trực”.", false
	case t.Handler == inbox.ByBot && !t.Unanswered:
		return "Nếu câu trả lời tự động chưa đủ, anh/chị viết thêm bên dưới; cần gặp người trực, xin viết “gặp người trực”.", false
	case t.Answered && !t.Unanswered:
		return "", false
	case staffed:
		return "Người trực đang làm việc và sẽ trả lời trên trang này sớm nhất có thể.", false
	case !opens.IsZero():
		return "Hiện chưa có người trực. Người trực sẽ xem và trả lời trên trang này từ " + clock(opens) + ".", false
	}
	return "Câu trả lời sẽ hiện trên trang này.", false
}

func stepOf(s inbox.Step) string {
	switch s.Kind {
	case inbox.StepWith:
		return "Chuyển tới " + withDepartment(s.Department)
	case inbox.StepAnswered:
		return "Được trả lời bởi " + withDepartment(s.Department)
	case inbox.StepEnded:
		return "Kết thúc"
	case inbox.StepReopened:
		return "Mở lại"
	}
	return "Đã tiếp nhận"
}

func saidBy(m inbox.TrackedMessage, organisation string) string {
	switch {
	case m.Author == inbox.Citizen:
		return "Anh/chị"
	case m.Automatic:
		return "Trả lời tự động"
	case m.Author == inbox.ByDepartment && m.Department != "":
		return m.Department
	}
	return organisation
}
