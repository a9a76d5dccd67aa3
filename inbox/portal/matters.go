package portal

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/edge"
	"tongdai/inbox"
)

// Matters are what citizens raised, as they may see them. *inbox.Hub is one.
type Matters interface {
	connectors.Receiver
	Alarms
	Tracked(ctx context.Context, id inbox.ConversationID) (inbox.Tracked, error)
	TrackedOf(ctx context.Context, channel connectors.ChannelID, remote connectors.RemoteID) ([]inbox.Tracked, error)
	FindTracked(ctx context.Context, code, phone string) (inbox.ConversationID, error)
	Rate(ctx context.Context, id inbox.ConversationID, stars int, comment string) error
	Public(ctx context.Context, before string, limit int) (page []inbox.Publication, next string, err error)
	Staffed() (now bool, opens time.Time)
	Feed() *inbox.Feed
}

var _ Matters = (*inbox.Hub)(nil)

// Form is the channel by which the portal's forms go to the hub; what its
// methods promise is told in package webform, which has one.
type Form interface {
	Channel() connectors.Channel
	NewKey() string
	Open(key string) (connectors.RemoteID, bool)
	Kept(from connectors.RemoteID, ticket string) (content.Attachment, bool)
	Report(w http.ResponseWriter, r *http.Request, from connectors.RemoteID, to connectors.Receiver) (typed url.Values, problems map[string]string, err error)
	More(w http.ResponseWriter, r *http.Request, from connectors.RemoteID, to connectors.Receiver) (typed url.Values, problems map[string]string, err error)
	Attachments() (most int, size int64)
	TextLength() int
}

// Files shows attachments; 404 when one is not kept.
type Files interface {
	Serve(w http.ResponseWriter, r *http.Request, a content.Attachment)
}

// registerMatters puts the pages of reporting and following on e.
func (p *Portal) registerMatters(e *echo.Echo, read func(path string, h echo.HandlerFunc)) {
	if p.matters == nil {
		return
	}
	p.registerAlarms(e, read)
	read("/tra-cuu", p.lookup)
	e.POST("/tra-cuu", p.find, p.ownPage)
	read("/tra-cuu/:token", p.track)
	read("/tra-cuu/:token/tep/:file", p.file)
	e.POST("/tra-cuu/:token/danh-gia", p.rate, p.ownPage)
	read("/phan-anh-cong-khai", p.public)
	if p.form == nil {
		return
	}
	read("/phan-anh", p.report)
	read("/phan-anh/:key", func(c echo.Context) error { return c.Redirect(http.StatusSeeOther, "/phan-anh") })
	e.POST("/phan-anh/:key", p.postReport, p.ownPage)
	e.POST("/tra-cuu/:token/them", p.more, p.ownPage)
}

// ownPage refuses forms that another site's page has sent.
func (p *Portal) ownPage(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !ours(c.Request()) {
			return p.showNotice(c, http.StatusForbidden, "", notice{
				Heading: "Không nhận được từ trang khác",
				Advice:  "Nội dung này được gửi từ một trang web khác. Anh/chị vui lòng mở trang này và gửi lại từ đây.",
			})
		}
		return next(c)
	}
}

// ours reports whether the browser sent r from a page of ours: it says so
// itself, or names the origin; a page that hides its origin ("null") may be
// anybody's. What says nothing is no browser of today, and has no cookie of ours
// to misuse.
func ours(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin" || site == "none"
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}

func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// private keeps a page with somebody's matter out of search engines and out of
// the Referer of whatever is opened from it elsewhere. Without any Referer
// browsers would hide the origin of its own forms, too.
func private(c echo.Context) {
	h := c.Response().Header()
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Robots-Tag", "noindex, nofollow")
}

const (
	minSecret = 32
	// ticketAge is how long the link lasts that a look-up by code leads to.
	ticketAge = 2 * time.Hour
	macBytes  = 16
)

// ticket is a link to one matter that lasts ticketAge.
func (p *Portal) ticket(id inbox.ConversationID) string {
	body := binary.BigEndian.AppendUint64(nil, uint64(p.now().Add(ticketAge).Unix()))
	body = append(body, id...)
	return edge.Sealed(body, p.mac(body))
}

func (p *Portal) openTicket(token string) (inbox.ConversationID, bool) {
	body, ok := edge.Unsealed(token, p.mac)
	if !ok || len(body) < 9 {
		return "", false
	}
	until := time.Unix(int64(binary.BigEndian.Uint64(body)), 0)
	return inbox.ConversationID(body[8:]), p.now().Before(until)
}

func (p *Portal) mac(body []byte) []byte {
	return edge.MAC(p.cfg.Secret, []byte("tongdai portal ticket"), body)[:macBytes]
}

// opened are the matters that a token leads to, the newest first. from is
// whoever may add to them; empty: they came by another channel.
type opened struct {
	matters []inbox.Tracked
	from    connectors.RemoteID
}

// open finds the matters of a private link, or of a ticket. ok is false for
// every token that leads nowhere, whatever the reason.
func (p *Portal) open(ctx context.Context, token string) (o opened, ok bool, err error) {
	if p.form != nil {
		if from, known := p.form.Open(token); known {
			o.from = from
			o.matters, err = p.matters.TrackedOf(ctx, p.form.Channel().ID, from)
			return o, len(o.matters) > 0, err
		}
	}
	id, known := p.openTicket(token)
	if !known {
		return o, false, nil
	}
	one, err := p.matters.Tracked(ctx, id)
	if err != nil {
		return o, false, err
	}
	if p.form != nil && one.Channel == p.form.Channel().ID {
		o.from = one.Remote
		o.matters, err = p.matters.TrackedOf(ctx, one.Channel, one.Remote)
		return o, err == nil, err
	}
	o.matters = []inbox.Tracked{one}
	return o, true, nil
}

// once is a name for one form on one page: sent twice it is the same.
func once() string { return rand.Text() }
