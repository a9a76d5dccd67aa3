package messenger

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"tongdai/connectors"
)

// failure is an error as the Graph API tells it.
type failure struct {
	Message   string `json:"message"`
	Code      int    `json:"code"`
	Subcode   int    `json:"error_subcode"`
	Transient bool   `json:"is_transient"`
	Trace     string `json:"fbtrace_id"`
	Status    int    `json:"-"`
}

func (f *failure) Error() string {
	return fmt.Sprintf("facebook: %d/%d %s (trace %s)", f.Code, f.Subcode, clip(f.Message, 200), clip(f.Trace, 40))
}

// meaning is what is to be done about a code.
type meaning struct {
	kind   connectors.Kind
	reason string
	after  time.Duration // of RateLimited, where no header tells
}

// The reasons that several codes share.
const (
	limitWords  = "Facebook đang giới hạn số lần gọi của trang; tin sẽ tự gửi sau."
	windowWords = "Đã quá thời hạn Facebook cho trang trả lời (24 giờ từ tin cuối của người dân; cán bộ tới 7 ngày nếu ứng dụng có Human Agent). Hãy liên hệ bằng điện thoại, hoặc chờ người dân nhắn lại."
	absentWords = "Người này không nhận được tin của trang (đã chặn trang hoặc tài khoản không còn dùng). Hãy liên hệ bằng cách khác."
	tokenWords  = "Mã truy cập trang không còn dùng được. Quản trị viên trang cần tạo mã mới và đặt vào page_token."
	rightWords  = "Ứng dụng chưa được cấp quyền này trên trang. Quản trị viên cần kiểm tra quyền của ứng dụng (App Review) và vai trò trên trang."
)

// byCode are the codes of Meta's error table (Messenger Platform, error codes).
var byCode = map[int]meaning{
	1:       {connectors.Retryable, "Facebook gặp lỗi tạm thời; tổng đài sẽ thử lại.", 0},
	2:       {connectors.Retryable, "Facebook tạm ngừng phục vụ; tổng đài sẽ thử lại.", 0},
	4:       {connectors.RateLimited, limitWords, 5 * time.Minute},
	10:      {connectors.Unauthorized, rightWords, 0},
	32:      {connectors.RateLimited, limitWords, 5 * time.Minute},
	100:     {connectors.Permanent, "Facebook không nhận một phần của tin này (tham số không hợp lệ).", 0},
	190:     {connectors.Unauthorized, tokenWords, 0},
	200:     {connectors.Unauthorized, rightWords, 0},
	368:     {connectors.Unauthorized, "Facebook tạm khóa trang vì chính sách. Quản trị viên cần xem mục Chất lượng trang.", 0},
	551:     {connectors.Permanent, absentWords, 0},
	613:     {connectors.RateLimited, limitWords, time.Minute},
	2022:    {connectors.Unauthorized, "Facebook khóa chức năng gửi tin của trang. Quản trị viên cần xem mục Chất lượng trang.", 0},
	10903:   {connectors.Permanent, "Không trả lời riêng được bình luận này: đã trả lời riêng một lần, hoặc bình luận đã quá 7 ngày. Hãy trả lời công khai.", 0},
	80006:   {connectors.RateLimited, limitWords, 5 * time.Minute},
	2018300: {connectors.Permanent, "Ứng dụng khác hoặc hộp thư của trang đang giữ cuộc trò chuyện này. Hãy tiếp quản rồi gửi lại.", 0},
	2018321: {connectors.Unauthorized, "Facebook khóa chức năng gửi tin của trang. Quản trị viên cần xem mục Chất lượng trang.", 0},
	9000001: {connectors.Permanent, "Cuộc trò chuyện hoặc tin này đã bị xóa trên Facebook.", 0},
}

// bySubcode are the long subcodes, which mean the same under every code.
var bySubcode = map[int]meaning{
	2018278: {connectors.WindowClosed, windowWords, 0},
	2018065: {connectors.WindowClosed, windowWords, 0},
	2534022: {connectors.WindowClosed, windowWords, 0},
	2018108: {connectors.Permanent, absentWords, 0},
	1545041: {connectors.Permanent, absentWords, 0},
	1893063: {connectors.Unauthorized, "Facebook tạm hạn chế trang gửi tin. Quản trị viên cần xem mục Chất lượng trang.", 0},
	2018001: {connectors.Permanent, "Facebook không có người này trong số người nhắn cho trang.", 0},
	2018008: {connectors.Retryable, "Facebook chưa lấy được tệp; tổng đài sẽ thử lại.", 0},
	2018047: {connectors.Permanent, "Facebook không nhận tệp này (nội dung không đúng loại).", 0},
	2018074: {connectors.Retryable, "Tệp đã tải lên Facebook quá lâu; tổng đài sẽ tải lại rồi gửi.", 0},
	2018109: {connectors.Permanent, "Tệp quá lớn cho Facebook (tới 25 MB).", 0},
	2018164: {connectors.Permanent, "ID ứng dụng không đúng nên không chuyển được cuộc trò chuyện.", 0},
	2018294: {connectors.Retryable, "Facebook lấy video quá lâu; tổng đài sẽ thử lại.", 0},
	2018338: {connectors.RateLimited, "Facebook cho rằng trang gửi quá dồn dập; tin sẽ tự gửi sau một giờ.", time.Hour},
	2534040: {connectors.RateLimited, limitWords, time.Minute},
	2018028: {connectors.Unauthorized, "Ứng dụng Facebook chưa ở chế độ công khai (Live), chỉ trả lời được người có vai trò trong ứng dụng.", 0},
	2018218: {connectors.Permanent, "Facebook không có hồ sơ của người này.", 0},
	2018247: {connectors.Permanent, "Ứng dụng chưa có quyền xem hồ sơ người nhắn.", 0},
	2018300: byCode[2018300],
	2018321: byCode[2018321],
}

// tokenLost says why a token is dead, by the subcode of 190.
var tokenLost = map[int]string{
	458: "Người cấp quyền đã gỡ ứng dụng khỏi tài khoản Facebook. ",
	460: "Người cấp quyền đã đổi mật khẩu Facebook. ",
	463: "Mã truy cập trang đã hết hạn. ",
	467: "Mã truy cập trang đã bị vô hiệu. ",
}

func (f *failure) meaning() (meaning, bool) {
	for _, code := range []int{f.Subcode, f.Code} {
		if m, known := bySubcode[code]; known {
			return m, true
		}
	}
	m, known := byCode[f.Code]
	switch {
	case f.Code == 190:
		m.reason = tokenLost[f.Subcode] + m.reason
	case f.Code == 100 && strings.Contains(f.Message, "appsecret_proof"): // there is no code for it
		m = meaning{connectors.Unauthorized, "Facebook không nhận appsecret_proof: app_secret trong cấu hình không phải của ứng dụng đã tạo page_token.", 0}
	case !known && f.Code >= 200 && f.Code < 300:
		return byCode[200], true
	}
	return m, known
}

// explained gives f its kind and its words. A code that the tables do not have
// is worth another try only where the answer says so. regain is how long Meta
// asks us to wait, where it does.
func (f *failure) explained(regain time.Duration) error {
	m, known := f.meaning()
	switch {
	case known && m.kind == connectors.Permanent && f.Transient:
		m.kind = connectors.Retryable
	case known:
	case f.Transient:
		m.kind = connectors.Retryable
	case f.Status != http.StatusBadRequest && f.Status != http.StatusOK:
		return byStatus(f.Status, regain)
	default:
		m = meaning{connectors.Permanent, fmt.Sprintf("Facebook từ chối (lỗi %d/%d: %s).", f.Code, f.Subcode, clip(f.Message, 120)), 0}
	}
	err := &connectors.Error{Kind: m.kind, Reason: m.reason, Err: f}
	if m.kind == connectors.RateLimited {
		err.After = cmp.Or(regain, m.after)
	}
	return err
}

// byStatus explains an answer by its status alone.
func byStatus(status int, regain time.Duration) error {
	err := &connectors.Error{Err: &failure{Message: http.StatusText(status), Status: status}}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		err.Kind, err.Reason = connectors.Unauthorized, "Facebook không cho tổng đài gọi. "+tokenWords
	case http.StatusTooManyRequests:
		err.Kind, err.Reason, err.After = connectors.RateLimited, limitWords, cmp.Or(regain, byCode[613].after)
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusConflict,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		err.Kind, err.Reason = connectors.Permanent, fmt.Sprintf("Máy chủ Facebook từ chối yêu cầu (HTTP %d).", status)
	case http.StatusGatewayTimeout, http.StatusRequestTimeout:
		err.Kind = connectors.Uncertain
	default: // a machine before Facebook, or Facebook itself, is out of order
		err.Kind = connectors.Retryable
	}
	return err
}

// failedWith reports whether Meta failed with one of the codes or subcodes.
func failedWith(err error, codes ...int) bool {
	f, ok := errors.AsType[*failure](err)
	if !ok {
		return false
	}
	for _, code := range codes {
		if f.Code == code || f.Subcode == code {
			return true
		}
	}
	return false
}
