package media

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// errNotS3: whoever answered does not speak S3.
var errNotS3 = errors.New("media: not an S3 storage")

// codes of an S3 error (Amazon S3 API Reference, Error responses), and what the
// person who configured the bucket has to do.
var codes = map[string]string{
	"NoSuchBucket":                 "không có kho (bucket) {bucket}; hãy tạo kho hoặc sửa bucket",
	"InvalidBucketName":            "tên kho (bucket) {bucket} không được chấp nhận; hãy sửa bucket",
	"InvalidAccessKeyId":           "khóa truy cập không được nhận; hãy kiểm tra access_key",
	"SignatureDoesNotMatch":        "chữ ký không khớp; hãy kiểm tra secret_key và region",
	"ExpiredToken":                 "khóa tạm đã hết hạn; hãy cấp khóa mới",
	"InvalidToken":                 "mã phiên AWS_SESSION_TOKEN không được nhận; hãy cấp khóa mới hoặc bỏ biến này",
	"AccessDenied":                 "khóa không đủ quyền trên kho {bucket}; hãy cấp quyền đọc, ghi, xóa và liệt kê (s3:GetObject, s3:PutObject, s3:DeleteObject, s3:ListBucket)",
	"AuthorizationHeaderMalformed": "sai vùng; hãy kiểm tra region",
	"PermanentRedirect":            "kho {bucket} ở vùng hoặc máy chủ khác; hãy kiểm tra endpoint, region và path_style",
	"RequestTimeTooSkewed":         "đồng hồ của máy này lệch với máy chủ; hãy bật đồng bộ giờ (NTP)",
	"QuotaExceeded":                "kho {bucket} đã đầy hạn mức; hãy tăng hạn mức",
}

// explain says in Vietnamese what is wrong with the bucket. What time may mend is
// ErrUnavailable.
func (b *bucket) explain(err error) error {
	text, passing := whatToDo(err)
	server := b.Endpoint
	if server == "" {
		server = "Amazon"
	}
	text = "kho tệp đính kèm S3 ở " + server + ": " + strings.ReplaceAll(text, "{bucket}", strconv.Quote(b.Name))
	if passing {
		return fmt.Errorf("%s: %w: %w", text, ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", text, err)
}

// whatToDo also tells whether the trouble may pass by itself.
func whatToDo(err error) (text string, passing bool) {
	if text, known := codes[codeOf(err)]; known {
		return text, false
	}
	switch status := statusOf(err); {
	case status >= http.StatusInternalServerError || status == http.StatusTooManyRequests:
		return "máy chủ đang lỗi hoặc quá tải, tạm thời chưa nhận được tệp; hãy xem máy chủ lưu trữ", true
	case status == http.StatusForbidden || status == http.StatusUnauthorized:
		return codes["AccessDenied"], false
	case status == http.StatusNotFound:
		return codes["NoSuchBucket"], false
	case status != 0 || errors.Is(err, errNotS3):
		return "máy chủ trả lời không đúng giao thức S3; hãy kiểm tra endpoint và path_style", false
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "chứng chỉ TLS của máy chủ không được tin; hãy cài chứng chỉ của đơn vị cấp vào máy này, hoặc kiểm tra endpoint", false
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || strings.Contains(err.Error(), "HTTP response to HTTPS client") {
		return "máy chủ không dùng TLS ở cổng này; hãy kiểm tra https:// hay http:// và cổng trong endpoint", false
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return "không có máy chủ tên này; hãy kiểm tra endpoint", false
	}
	return "không kết nối được máy chủ trong thời gian cho phép; hãy kiểm tra endpoint, mạng, tường lửa và máy chủ lưu trữ", true
}

// codeOf is the code of the S3 error in err, empty without one.
func codeOf(err error) string {
	if answer, ok := errors.AsType[smithy.APIError](err); ok {
		return answer.ErrorCode()
	}
	return ""
}

// statusOf is the HTTP status the storage answered with, 0 when it did not.
func statusOf(err error) int {
	if answer, ok := errors.AsType[*awshttp.ResponseError](err); ok && answer.Response != nil {
		return answer.HTTPStatusCode()
	}
	return 0
}
