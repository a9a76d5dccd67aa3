package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"tongdai/connectors"
)

// unwritten explains why a letter could not even be written.
func unwritten(err error) error {
	file, ok := errors.AsType[*unreadable](err)
	if ok && errors.Is(err, fs.ErrNotExist) {
		return &connectors.Error{Kind: connectors.Permanent, Reason: fmt.Sprintf("Không còn tệp %s trong kho; hãy đính kèm lại.", file.name), Err: err}
	}
	return err
}

// explained is what a failed Send returns: what may be done about it, and in which
// words people are told.
func (c *Connector) explained(ctx context.Context, done outcome) error {
	err := done.err
	if ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", ctx.Err(), err) // the connection was cut because of it
	}
	if done.doubt {
		return &connectors.Error{
			Kind: connectors.Uncertain, Err: err,
			Reason: "Mất kết nối ngay sau khi gửi nên chưa rõ máy chủ thư đã nhận hay chưa; thư gửi lại mang cùng mã nên người nhận thấy một thư.",
		}
	}
	if no, ok := errors.AsType[*smtp.SMTPError](done.err); ok {
		return refusalOf(no).explained(err)
	}
	if _, ok := errors.AsType[*unreadable](err); ok {
		return unwritten(err)
	}
	if _, ok := errors.AsType[*connectors.Error](err); ok {
		return err
	}
	if bad, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return &connectors.Error{Kind: connectors.Unauthorized, Err: err, Reason: "Chứng chỉ TLS của máy chủ gửi thư không dùng được (" + bad.Err.Error() + ")."}
	}
	if errors.Is(err, errNoWay) {
		return &connectors.Error{Kind: connectors.Unauthorized, Err: err, Reason: "Máy chủ gửi thư không cho đăng nhập theo cách đã cấu hình."}
	}
	return &connectors.Error{Kind: connectors.Retryable, Err: err}
}

// refusal is what a server said no with, of the letter or of one recipient.
type refusal struct {
	code     int
	enhanced string // "5.1.1"; empty: not told
	words    string // the server's own
}

func refusalOf(err error) refusal {
	no, ok := errors.AsType[*smtp.SMTPError](err)
	if !ok {
		return refusal{words: err.Error()}
	}
	r := refusal{code: no.Code, words: clip(strings.Join(strings.Fields(no.Message), " "))}
	if no.EnhancedCode != smtp.NoEnhancedCode && no.EnhancedCode != smtp.EnhancedCodeNotSet {
		r.enhanced = fmt.Sprintf("%d.%d.%d", no.EnhancedCode[0], no.EnhancedCode[1], no.EnhancedCode[2])
	}
	return r
}

func clip(words string) string {
	const most = 160
	if runes := []rune(words); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return words
}

// meaning is what a refusal means; the first that fits is taken.
type meaning struct {
	code   int // 0: any
	of     string
	kind   connectors.Kind
	reason string
}

var meanings = []meaning{
	{535, "", connectors.Unauthorized, loginWords},
	{534, "", connectors.Unauthorized, loginWords},
	{530, "", connectors.Unauthorized, loginWords},
	{454, "4.7.0", connectors.Unauthorized, loginWords},
	{0, "5.1.1", connectors.Permanent, "không có hộp thư này"},
	{0, "5.1.2", connectors.Permanent, "không có máy chủ thư cho tên miền này"},
	{0, "5.1.3", connectors.Permanent, "địa chỉ viết sai"},
	{0, "5.1.6", connectors.Permanent, "hộp thư đã chuyển đi nơi khác"},
	{0, "5.1.10", connectors.Permanent, "tên miền này không nhận thư"},
	{0, "5.2.1", connectors.Permanent, "hộp thư đã bị khóa"},
	{0, "5.2.2", connectors.Permanent, "hộp thư đã đầy"},
	{0, "5.2.3", connectors.Permanent, "thư lớn hơn mức hộp thư cho phép; hãy gửi đường dẫn thay cho tệp"},
	{0, "5.3.4", connectors.Permanent, "thư lớn hơn mức máy chủ cho phép; hãy gửi đường dẫn thay cho tệp"},
	{552, "", connectors.Permanent, "thư lớn hơn mức máy chủ cho phép, hoặc hộp thư đã đầy; hãy gửi đường dẫn thay cho tệp"},
	{553, "", connectors.Permanent, "máy chủ không nhận địa chỉ này"},
	{0, "5.7.26", connectors.Permanent, "thư chưa được xác thực; người quản trị cần xem lại SPF, DKIM và DMARC của tên miền"},
	{0, "5.7.", connectors.Permanent, "máy chủ từ chối vì quy định an toàn; người quản trị cần xem lại"},
	{554, "", connectors.Permanent, "máy chủ từ chối, có thể coi là thư rác; người quản trị cần xem lại"},
	{551, "", connectors.Permanent, "người nhận không còn ở máy chủ này"},
	{550, "", connectors.Permanent, "máy chủ bên nhận không nhận địa chỉ này"},
}

const loginWords = "Máy chủ gửi thư không cho đăng nhập: kiểm tra tên và mật khẩu (hoặc mã truy cập) của hộp thư trong cấu hình."

func (r refusal) meaning() (meaning, bool) {
	for _, m := range meanings {
		sameCode := m.code == 0 || m.code == r.code
		fits := m.of == r.enhanced || m.of == "" || strings.HasSuffix(m.of, ".") && strings.HasPrefix(r.enhanced, m.of)
		if sameCode && fits {
			return m, true
		}
	}
	return meaning{}, false
}

var (
	tooFast = regexp.MustCompile(`(?i)\b(rate|too many|too fast|throttl|limit|grey-?list|try again in|retry (?:in|after))`)
	seconds = regexp.MustCompile(`(?i)\b(?:in|after) (\d{1,5}) ?(s|sec|seconds?|m|min|minutes?)\b`)
)

// retryUntold is how long we wait where a server says that we are too fast, and not
// how long.
const retryUntold = time.Minute

func (r refusal) explained(cause error) error {
	m, known := r.meaning()
	switch {
	case known && m.kind == connectors.Unauthorized:
		return &connectors.Error{Kind: m.kind, Reason: m.reason, Err: cause}
	case r.code/100 == 4 && tooFast.MatchString(r.words):
		return &connectors.Error{Kind: connectors.RateLimited, After: r.wait(), Err: cause, Reason: "Máy chủ thư yêu cầu chờ; thư sẽ tự gửi lại."}
	case r.code/100 == 4:
		return &connectors.Error{Kind: connectors.Retryable, Err: cause, Reason: "Máy chủ thư tạm thời chưa nhận (" + r.told() + "); thư sẽ tự gửi lại."}
	}
	return &connectors.Error{Kind: connectors.Permanent, Reason: r.about(""), Err: cause}
}

// about says in Vietnamese what became of the letter to address.
func (r refusal) about(address string) string {
	what := "máy chủ từ chối"
	if m, known := r.meaning(); known {
		what = m.reason
	}
	if r.code/100 == 4 {
		what = "máy chủ tạm thời chưa nhận"
	}
	if address == "" {
		return "Thư không gửi được: " + what + " (" + r.told() + ")."
	}
	return "Thư không tới " + address + ": " + what + " (" + r.told() + ")."
}

// told is what the server said, for people who know mail servers.
func (r refusal) told() string {
	words := strings.TrimSpace(strings.Join([]string{r.enhanced, r.words}, " "))
	if r.code == 0 {
		return words
	}
	return strings.TrimSpace(strconv.Itoa(r.code) + " " + words)
}

func (r refusal) wait() time.Duration {
	m := seconds.FindStringSubmatch(r.words)
	if m == nil {
		return retryUntold
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return retryUntold
	}
	d := time.Duration(n) * time.Second
	if strings.HasPrefix(strings.ToLower(m[2]), "m") {
		d = time.Duration(n) * time.Minute
	}
	return min(d, 24*time.Hour)
}

// reachWords say what stands between us and a server.
func reachWords(server string, err error) string {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Sprintf("Không tìm được máy chủ %s (DNS).", dns.Name)
	}
	if bad, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Sprintf("Chứng chỉ TLS của %s không dùng được (%v).", server, bad.Err)
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return fmt.Sprintf("Máy chủ %s không trả lời: kiểm tra mạng và tường lửa.", server)
	}
	return fmt.Sprintf("Không nối được tới %s: kiểm tra tên máy, cổng và tường lửa.", server)
}
