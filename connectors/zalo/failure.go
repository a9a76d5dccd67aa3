package zalo

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tongdai/connectors"
)

// failure is an error that Zalo tells inside its answer.
type failure struct {
	Code    int
	Message string
	Status  int
}

func (f *failure) Error() string { return fmt.Sprintf("zalo: %d %s", f.Code, clip(f.Message, 200)) }

// token reports whether another access token may help.
func (f *failure) token() bool {
	switch f.Code {
	case -216, -220, -124, http.StatusUnauthorized:
		return true
	}
	return false
}

// meaning is what is to be done about a code.
type meaning struct {
	kind   connectors.Kind
	reason string
	after  func(now time.Time) time.Duration // of RateLimited
}

// The reasons that several codes share.
const (
	silentWords = "Người dân chưa nhắn cho OA trong 7 ngày qua nên Zalo không cho gửi. Hãy liên hệ bằng điện thoại, hoặc chờ người dân nhắn lại."
	fixWords    = " Quản trị viên cần xử lý trên trang quản lý OA."
)

// meanings are the codes of Zalo's official error table.
var meanings = map[int]meaning{
	-32:  {connectors.RateLimited, "Zalo đang giới hạn số lần gọi; tin sẽ tự gửi sau ít phút.", nextMinute},
	-100: {connectors.Retryable, "Tệp đã tải lên Zalo quá lâu; tổng đài sẽ tải lại rồi gửi.", nil},
	-124: {connectors.Unauthorized, "Zalo không nhận mã truy cập. Hãy kết nối lại OA.", nil},
	-133: {connectors.RateLimited, "Zalo không gửi loại tin này vào ban đêm; tin sẽ tự gửi sau 6 giờ sáng.", nextMorning},
	-144: {connectors.RateLimited, "Đã hết lượt gửi trong ngày của OA; tin sẽ tự gửi vào ngày mai.", nextMorning},
	-200: {connectors.Retryable, "Zalo chưa gửi được tin; tổng đài sẽ thử lại.", nil},
	-201: {connectors.Permanent, "Zalo không nhận một phần của tin này (tham số không hợp lệ).", nil},
	-204: {connectors.Unauthorized, "Official Account đã bị xóa hoặc vô hiệu hóa." + fixWords, nil},
	-205: {connectors.Unauthorized, "Zalo không tìm thấy Official Account." + fixWords, nil},
	-209: {connectors.Unauthorized, "Ứng dụng Zalo chưa được kích hoạt." + fixWords, nil},
	-210: {connectors.Permanent, "Tin vượt giới hạn của Zalo (quá dài hoặc tệp quá lớn).", nil},
	-211: {connectors.WindowClosed, "OA đã hết hạn mức tin. Hãy mua thêm gói tin hoặc liên hệ người dân bằng cách khác.", nil},
	-212: {connectors.Unauthorized, "Ứng dụng Zalo chưa đăng ký chức năng này." + fixWords, nil},
	-213: {connectors.WindowClosed, "Người này chưa từng nhắn cho OA hoặc không quan tâm OA nên Zalo không cho gửi.", nil},
	-214: {connectors.Retryable, "Zalo đang xử lý; tổng đài sẽ thử lại.", nil},
	-216: {connectors.Unauthorized, "Zalo không nhận mã truy cập. Hãy kết nối lại OA.", nil},
	-217: {connectors.WindowClosed, "Người dân đã chặn tin của OA. Hãy liên hệ bằng điện thoại.", nil},
	-218: {connectors.RateLimited, "Người dân đã nhận đủ số tin Zalo cho phép; tin sẽ tự gửi lại sau.", anHour},
	-219: {connectors.Unauthorized, "Ứng dụng Zalo đã bị gỡ hoặc vô hiệu hóa." + fixWords, nil},
	-220: {connectors.Unauthorized, "Quyền của tổng đài trên OA đã hết hạn hoặc bị thu hồi. Hãy kết nối lại OA.", nil},
	-221: {connectors.Unauthorized, "Official Account chưa được xác thực." + fixWords, nil},
	-223: {connectors.Unauthorized, "OA chưa cấp quyền này cho ứng dụng. Hãy kết nối lại OA và cấp đủ quyền.", nil},
	-224: {connectors.Unauthorized, "Gói dịch vụ của OA chưa có chức năng này." + fixWords, nil},
	-227: {connectors.WindowClosed, "Tài khoản Zalo của người dân bị khóa hoặc hơn 45 ngày không dùng.", nil},
	-230: {connectors.WindowClosed, silentWords, nil},
	-231: {connectors.WindowClosed, silentWords, nil},
	-232: {connectors.WindowClosed, silentWords, nil},
	-233: {connectors.Permanent, "Zalo không hỗ trợ loại tin này.", nil},
	-234: {connectors.RateLimited, "Zalo không gửi loại tin này từ 22 giờ đến 6 giờ; tin sẽ tự gửi sau 6 giờ sáng.", nextMorning},
	-235: {connectors.Unauthorized, "Loại Official Account này không dùng được chức năng gửi tin." + fixWords, nil},
	-237: {connectors.Permanent, "Nhóm trò chuyện đã ngừng hoạt động.", nil},
	-238: {connectors.Permanent, "Mã hạn mức tin không đúng.", nil},
	-240: {connectors.Permanent, "Zalo đã đóng cách gửi tin này; cần cập nhật tổng đài.", nil},
	-241: {connectors.Permanent, "Mã hạn mức tin không đúng.", nil},
	-242: {connectors.Unauthorized, "Ứng dụng Zalo bắt buộc appsecret_proof, hoặc khóa bí mật của ứng dụng trong cấu hình bị sai.", nil},
	-244: {connectors.WindowClosed, "Người dân không nhận loại tin này. Hãy liên hệ bằng điện thoại.", nil},
	-248: {connectors.Permanent, "Zalo từ chối vì nội dung vi phạm chính sách. Hãy sửa lời rồi gửi lại.", nil},
	-249: {connectors.Permanent, "Mẫu tin này không gửi được theo tài khoản Zalo.", nil},
	-320: {connectors.WindowClosed, "OA chưa liên kết tài khoản thanh toán để gửi tin tính phí." + fixWords, nil},
	-321: {connectors.WindowClosed, "Tài khoản thanh toán của OA đã hết tiền; hãy nạp thêm rồi bấm gửi lại.", nil},
	-403: {connectors.Permanent, "OA không thuộc nhóm trò chuyện này.", nil},
}

// explained gives f its kind and its words. A code that the table does not have
// is worth another try only where the answer's status says so.
func (f *failure) explained(now time.Time) error {
	m, known := meanings[f.Code]
	if !known {
		m = meaning{connectors.Permanent, fmt.Sprintf("Zalo từ chối tin (lỗi %d: %s).", f.Code, clip(f.Message, 120)), nil}
		if f.Status != http.StatusOK {
			return byStatus(f.Status, nil, now)
		}
	}
	err := &connectors.Error{Kind: m.kind, Reason: m.reason, Err: f}
	if m.after != nil {
		err.After = m.after(now)
	}
	return err
}

// byStatus explains an answer by its status alone.
func byStatus(status int, header http.Header, now time.Time) error {
	err := &connectors.Error{Err: &failure{Code: status, Message: http.StatusText(status), Status: status}}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		err.Kind, err.Reason = connectors.Unauthorized, "Zalo không cho tổng đài gọi. Hãy kiểm tra ứng dụng, quyền của OA, rồi kết nối lại."
	case http.StatusTooManyRequests:
		err.Kind, err.Reason, err.After = connectors.RateLimited, meanings[-32].reason, retryAfter(header, now)
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusConflict,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		err.Kind, err.Reason = connectors.Permanent, fmt.Sprintf("Máy chủ Zalo từ chối yêu cầu (HTTP %d).", status)
	case http.StatusGatewayTimeout, http.StatusRequestTimeout:
		err.Kind = connectors.Uncertain
	default: // a machine before Zalo, or Zalo itself, is out of order
		err.Kind = connectors.Retryable
	}
	return err
}

func isHTML(header http.Header) bool {
	return strings.HasPrefix(header.Get("Content-Type"), "text/html")
}

func retryAfter(header http.Header, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header.Get("Retry-After")); err == nil && seconds > 0 {
		return min(time.Duration(seconds)*time.Second, time.Hour)
	}
	return nextMinute(now)
}

// hanoi is where Zalo's nights are.
var hanoi = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)

func nextMinute(now time.Time) time.Duration {
	return now.Truncate(time.Minute).Add(time.Minute).Sub(now)
}

func nextMorning(now time.Time) time.Duration {
	there := now.In(hanoi)
	six := time.Date(there.Year(), there.Month(), there.Day(), 6, 0, 0, 0, hanoi)
	if !six.After(now) {
		six = six.AddDate(0, 0, 1)
	}
	return six.Sub(now)
}

func anHour(time.Time) time.Duration { return time.Hour }

// codeOf returns the code Zalo failed with, 0 when it is no error of Zalo's.
func codeOf(err error) int {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.Code
	}
	return 0
}
