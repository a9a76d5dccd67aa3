package telegram

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/call"
)

// meaning is what is to be done about a refusal. The first whose code fits, and
// whose words are part of the description, counts.
type meaning struct {
	code   int
	words  string // in small letters; "": any
	kind   connectors.Kind
	reason string
}

const (
	tokenWords = "Telegram không nhận mã của bot (bot_token). Hãy lấy mã mới ở @BotFather, đặt vào cấu hình rồi khởi động lại."
	otherWay   = " Hãy liên hệ bằng điện thoại, hoặc chờ người dân nhắn lại."
)

// meanings are the refusals of the Bot API. Its descriptions are stable in
// practice and documented nowhere; what is not listed goes by its code.
var meanings = []meaning{
	{400, "chat not found", connectors.WindowClosed, "Telegram không tìm thấy người này: tài khoản đã xóa, hoặc chưa từng nhắn cho bot." + otherWay},
	{400, "user not found", connectors.WindowClosed, "Telegram không tìm thấy người này: tài khoản đã xóa, hoặc chưa từng nhắn cho bot." + otherWay},
	{400, "peer_id_invalid", connectors.WindowClosed, "Người này chưa từng nhắn cho bot nên Telegram không cho gửi." + otherWay},
	{400, "can't parse entities", connectors.Permanent, "Telegram không đọc được định dạng của tin này."},
	{400, "is too long", connectors.Permanent, "Tin dài hơn mức Telegram cho phép. Hãy rút gọn rồi gửi lại."},
	{400, "text is empty", connectors.Permanent, "Tin không có nội dung."},
	{400, "file is too big", connectors.Permanent, "Tệp quá lớn cho Telegram (ảnh tới 10 MB, tệp tới 50 MB)."},
	{400, "wrong file", connectors.Permanent, "Telegram không đọc được tệp này. Hãy gửi tệp khác."},
	{400, "image_process_failed", connectors.Permanent, "Telegram không đọc được ảnh này. Hãy gửi ảnh khác."},
	{400, "photo_invalid_dimensions", connectors.Permanent, "Ảnh quá lớn hoặc quá dài cho Telegram. Hãy gửi ảnh khác."},
	{400, "voice_messages_forbidden", connectors.Permanent, "Người dân không nhận tin thoại trên Telegram. Hãy gửi bằng chữ hoặc tệp."},
	{400, "not enough rights", connectors.Permanent, "Bot không có quyền gửi ở đây."},
	{401, "", connectors.Unauthorized, tokenWords},
	{403, "blocked by the user", connectors.WindowClosed, "Người dân đã chặn bot trên Telegram." + otherWay},
	{403, "user is deactivated", connectors.WindowClosed, "Người dân đã xóa tài khoản Telegram." + otherWay},
	{403, "can't initiate conversation", connectors.WindowClosed, "Người dân chưa bấm Bắt đầu (Start) với bot nên Telegram không cho gửi." + otherWay},
	{403, "", connectors.WindowClosed, "Telegram không cho bot gửi tới người này." + otherWay},
	{404, "", connectors.Unauthorized, tokenWords},
	{409, "", connectors.Retryable, conflictWords},
	{413, "", connectors.Permanent, "Tệp quá lớn cho Telegram (ảnh tới 10 MB, tệp tới 50 MB)."},
	{429, "", connectors.RateLimited, "Telegram đang giới hạn tốc độ gửi; tin sẽ tự gửi lại."},
}

// conflictWords are for the member who finds that two programs fetch for one bot.
const conflictWords = "Có chương trình khác đang nhận tin của bot này (409 Conflict). Mỗi bot chỉ một nơi nhận: hãy tắt nơi kia, hoặc tạo bot riêng."

// retryUntold is how long we wait where Telegram does not say how long.
const retryUntold = 5 * time.Second

func (r *refusal) explained(effect bool) *connectors.Error {
	if r.Code >= http.StatusInternalServerError {
		return (&oddAnswer{Status: r.Code}).because(r, effect)
	}
	description := strings.ToLower(r.Description)
	for _, m := range meanings {
		if m.code == r.Code && strings.Contains(description, m.words) {
			err := &connectors.Error{Kind: m.kind, Reason: m.reason, Err: r}
			if m.kind == connectors.RateLimited {
				err.After = max(min(time.Duration(r.RetryAfter)*time.Second, 24*time.Hour), 0)
				if err.After == 0 {
					err.After = retryUntold
				}
			}
			return err
		}
	}
	return &connectors.Error{
		Kind: connectors.Permanent, Err: r,
		Reason: fmt.Sprintf("Telegram từ chối (lỗi %d: %s).", r.Code, clip(r.Description, 120)),
	}
}

func (o *oddAnswer) explained(effect bool) *connectors.Error { return o.because(o, effect) }

// because explains an answer by its status alone.
func (o *oddAnswer) because(cause error, effect bool) *connectors.Error {
	err := &connectors.Error{Err: cause}
	switch o.Status {
	case http.StatusUnauthorized:
		err.Kind, err.Reason = connectors.Unauthorized, tokenWords
	case http.StatusTooManyRequests:
		err.Kind, err.Reason, err.After = connectors.RateLimited, "Telegram đang giới hạn tốc độ gửi; tin sẽ tự gửi lại.", o.RetryAfter
		if err.After == 0 {
			err.After = retryUntold
		}
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		err.Kind, err.Reason = connectors.Permanent, fmt.Sprintf("Máy chủ Telegram từ chối yêu cầu (HTTP %d).", o.Status)
	case http.StatusOK:
		if o.HTML { // of a machine before Telegram
			err.Kind = connectors.Retryable
			return err
		}
		return call.InDoubt(effect, cause)
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusGatewayTimeout:
		return call.InDoubt(effect, cause) // the call had begun, and has no key against sending twice
	default:
		err.Kind = connectors.Retryable
	}
	return err
}
