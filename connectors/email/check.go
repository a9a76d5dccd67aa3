package email

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-smtp"

	"tongdai/connectors"
)

const (
	// recently is how long a sign of life of Run's own connection stands for a login.
	recently = 3 * time.Minute
	// lagLong is how long letters may wait in the mailbox before a word is said.
	lagLong  = 5 * time.Minute
	lagWords = "Còn %d thư trong hộp thư chưa lấy về, lâu nhất từ %s."
)

// Check implements connectors.Checker: whether letters come in and go out.
func (c *Connector) Check(ctx context.Context) connectors.Health {
	health := connectors.Health{CheckedAt: c.now()}
	in := c.checkIn(ctx)
	if !in.OK {
		health.Problem = in.Words
		return health
	}
	out := c.checkOut(ctx)
	if !out.OK {
		health.Problem = out.Words
		return health
	}
	health.OK, health.Problem = ctx.Err() == nil, c.state.lag(c.now())
	if at, ok := c.stands(ctx); ok && at.OK {
		health.Standing = sentence(at.Words)
	}
	return health
}

// Finding is one thing that was looked at, and what was found, in Vietnamese.
type Finding struct {
	OK    bool
	Words string
}

func found(format string, args ...any) Finding { return Finding{true, fmt.Sprintf(format, args...)} }
func wrong(format string, args ...any) Finding { return Finding{false, fmt.Sprintf(format, args...)} }

// Inspect looks at everything that a mailbox needs: both servers, and what the domain
// name system says of our own domain.
func (c *Connector) Inspect(ctx context.Context) []Finding {
	all := []Finding{c.checkIn(ctx), c.checkOut(ctx)}
	if at, ok := c.stands(ctx); ok {
		all = append(all, at)
	}
	return append(all, c.records(ctx)...)
}

// checkIn logs in to the mailbox, unless Run is in it already: some servers count
// connections.
func (c *Connector) checkIn(ctx context.Context) Finding {
	server := c.cfg.In.Address
	if err := ctx.Err(); err != nil {
		return wrong("Chưa kiểm tra xong hộp thư.")
	}
	if c.state.lately(c.now(), recently) {
		return found("hộp thư %s: đang nhận thư", server)
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	b, err := c.open(ctx)
	if err != nil {
		return wrong("%s", c.inWords(err))
	}
	defer b.leave()
	var selected *imap.SelectData
	err = b.ask(func() (err error) {
		selected, err = b.client.Select(c.cfg.Folder, &imap.SelectOptions{ReadOnly: true}).Wait()
		return err
	})
	if err != nil {
		return wrong("Đăng nhập được %s nhưng không mở được thư mục %q; kiểm tra khóa folder và quyền của hộp thư.", server, c.cfg.Folder)
	}
	way := "máy chủ báo ngay khi có thư (IDLE)"
	if !b.client.Caps().Has(imap.CapIdle) {
		way = fmt.Sprintf("máy chủ không có IDLE, thư được xem %s một lần", c.cfg.Poll)
	}
	return found("hộp thư %s: đăng nhập được, %d thư, %s", server, selected.NumMessages, way)
}

func (c *Connector) inWords(err error) string {
	server := c.cfg.In.Address
	no, told := errors.AsType[*imap.Error](err)
	switch {
	case errors.Is(err, errLogin):
		words := ""
		if wait, _ := c.door.closed(); wait > 0 {
			words = fmt.Sprintf(" Để hộp thư khỏi bị khóa, lần thử sau cách đây %s.", wait.Round(time.Minute))
		}
		return fmt.Sprintf("Máy chủ %s không cho đăng nhập: kiểm tra tên và mật khẩu (hoặc mã truy cập) của hộp thư, và IMAP đã được bật.", server) + words
	case told:
		return fmt.Sprintf("Máy chủ %s tạm thời không nhận kết nối (%s).", server, clip(no.Text))
	case errors.Is(err, errNoWay):
		return fmt.Sprintf("Máy chủ %s không cho đăng nhập bằng mật khẩu; đặt mail_auth: xoauth2, hoặc xin mật khẩu ứng dụng.", server)
	}
	return reachWords(server, err)
}

// checkOut logs in to the server that takes our letters, and sends nothing.
func (c *Connector) checkOut(ctx context.Context) Finding {
	server := c.cfg.Out.Address
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	l, err := c.pool.take(ctx)
	if err == nil {
		stop := context.AfterFunc(ctx, func() { _ = l.conn.Close() })
		err = l.Noop()
		stop()
		c.pool.give(l, err == nil && ctx.Err() == nil)
	}
	no, told := errors.AsType[*smtp.SMTPError](err)
	switch {
	case err == nil:
		size := ""
		if most, ok := l.MaxMessageSize(); ok && most > 0 {
			size = fmt.Sprintf(", mỗi thư tới %d MB", most>>20)
		}
		return found("gửi thư qua %s: đăng nhập được%s", server, size)
	case told:
		if m, known := refusalOf(no).meaning(); known && m.kind == connectors.Unauthorized {
			return wrong("%s", m.reason)
		}
		return wrong("Máy chủ gửi thư %s từ chối (%s).", server, refusalOf(no).told())
	case errors.Is(err, errNoWay):
		return wrong("Máy chủ gửi thư %s không cho đăng nhập theo cách đã cấu hình.", server)
	}
	return wrong("%s", reachWords(server, err))
}

// stands tells how far the mailbox has been read.
func (c *Connector) stands(ctx context.Context) (Finding, bool) {
	value, err := c.bookmarks.Bookmark(ctx, c.cfg.Channel.ID, c.cfg.Folder)
	if err != nil {
		return Finding{}, false
	}
	at, err := readBookmark(value)
	if err != nil {
		return wrong("Không đọc được chỗ đang lấy thư: %v.", err), true
	}
	words := fmt.Sprintf("đã lấy tới thư số %d của %s", at.Last, c.cfg.Folder)
	words += c.state.behind()
	if len(at.Failed) > 0 {
		words += fmt.Sprintf("; %d thư đang được thử lại", len(at.Failed))
	}
	return found("%s", words), true
}

// sentence is words as they stand alone.
func sentence(words string) string {
	first, size := utf8.DecodeRuneInString(words)
	return string(unicode.ToUpper(first)) + words[size:] + "."
}

// records looks up what others need to find us and to believe us.
func (c *Connector) records(ctx context.Context) (all []Finding) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	if mx, err := c.resolver.LookupMX(ctx, c.domain); err != nil || len(mx) == 0 {
		all = append(all, wrong("Tên miền %s không có bản ghi MX nên người dân không gửi thư tới được; hãy thêm ở nơi quản lý tên miền.", c.domain))
	} else {
		all = append(all, found("MX của %s: %s", c.domain, strings.TrimSuffix(mx[0].Host, ".")))
	}
	all = append(all, c.record(ctx, c.domain, "v=spf1", "SPF", "liệt kê máy chủ gửi thư của tên miền, nếu không thư dễ vào hộp thư rác"))
	all = append(all, c.record(ctx, "_dmarc."+c.domain, "v=dmarc1", "DMARC", "nói máy chủ khác làm gì với thư giả danh tên miền này; bắt đầu bằng v=DMARC1; p=none"))
	if key := c.cfg.DKIM; key != nil {
		all = append(all, c.record(ctx, key.Selector+"._domainkey."+key.Domain, "p=", "DKIM", "đăng khóa công khai để thư được xác thực"))
	}
	return all
}

func (c *Connector) record(ctx context.Context, name, begins, what, why string) Finding {
	texts, err := c.resolver.LookupTXT(ctx, name)
	if err != nil {
		return wrong("Không có bản ghi %s (TXT của %s): %s.", what, name, why)
	}
	n := 0
	for _, text := range texts {
		if strings.Contains(strings.ToLower(strings.ReplaceAll(text, " ", "")), begins) {
			n++
		}
	}
	switch n {
	case 0:
		return wrong("Không có bản ghi %s (TXT của %s): %s.", what, name, why)
	case 1:
		return found("%s của %s: có", what, name)
	}
	return wrong("Có %d bản ghi %s ở %s; chỉ được một, nếu không máy chủ khác bỏ qua tất cả.", n, what, name)
}

// lately reports whether Run has heard of the server within d.
func (s *state) lately(now time.Time, d time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.alive.IsZero() && now.Sub(s.alive) < d
}

// lag is a word on letters that wait for long; empty when none do.
func (s *state) lag(now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left == 0 || now.Sub(s.since) < lagLong {
		return ""
	}
	return fmt.Sprintf(lagWords, s.left, s.since.In(hanoi).Format("15:04 02/01/2006"))
}

// behind tells how many letters wait, as far as this process reads the mailbox.
func (s *state) behind() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.alive.IsZero():
		return ""
	case s.left == 0:
		return ", không còn thư nào chờ"
	}
	return fmt.Sprintf(", còn %d thư chờ từ %s", s.left, s.since.In(hanoi).Format("15:04 02/01/2006"))
}

// hanoi is where the members are who read times.
var hanoi = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)
