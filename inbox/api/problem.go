package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/labstack/echo/v4"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
	"tongdai/inbox/media"
	"tongdai/kb"
)

// kinds maps the errors of the rooms below to what the outside sees. The first
// that matches counts; whatever is not here is our own fault.
var kinds = []struct {
	err     error
	status  int
	code    string
	message string
}{
	{errUnauthenticated, http.StatusUnauthorized, "unauthenticated", "Anh/chị cần đăng nhập."},
	{inbox.ErrLogin, http.StatusUnauthorized, "unauthenticated", "Tên đăng nhập hoặc mật khẩu không đúng."},
	{inbox.ErrSecondFactor, http.StatusUnauthorized, "second_factor", "Hãy nhập mã xác thực trên điện thoại."},
	{inbox.ErrCode, http.StatusUnauthorized, "second_factor", "Mã xác thực không đúng hoặc đã dùng; hãy nhập mã đang hiện."},
	{errProve, http.StatusForbidden, "prove", "Hãy nhập lại mật khẩu để làm việc này."},
	{errAddFactor, http.StatusForbidden, "forbidden", "Anh/chị cần cài xác thực hai bước trước khi làm việc."},
	{inbox.ErrLocked, http.StatusTooManyRequests, "locked", "Tài khoản tạm khóa vì nhập sai nhiều lần; hãy thử lại sau 15 phút."},
	{errTooManyLogins, http.StatusTooManyRequests, "locked", "Quá nhiều lần đăng nhập từ địa chỉ này; hãy thử lại sau ít phút."},
	{inbox.ErrNotFound, http.StatusNotFound, "not_found", "Không tìm thấy."},
	{kb.ErrNotFound, http.StatusNotFound, "not_found", "Không tìm thấy mục hỏi đáp."},
	{inbox.ErrForbidden, http.StatusForbidden, "forbidden", "Anh/chị không có quyền làm việc này."},
	{errMustChange, http.StatusForbidden, "forbidden", "Anh/chị cần đổi mật khẩu trước khi làm việc."},
	{errForeign, http.StatusForbidden, "forbidden", "Yêu cầu đến từ trang khác nên bị từ chối."},
	{inbox.ErrConflict, http.StatusConflict, "conflict", "Có người vừa thay đổi; hãy tải lại rồi làm tiếp."},
	{kb.ErrConflict, http.StatusConflict, "conflict", "Kho hỏi đáp vừa thay đổi; hãy xem lại tệp rồi áp dụng."},
	{inbox.ErrGone, http.StatusGone, "gone", "Đã quá lâu; hãy tải lại trang."},
	{errTooLarge, http.StatusRequestEntityTooLarge, "too_large", "Tệp quá lớn."},
	{inbox.ErrUnavailable, http.StatusServiceUnavailable, "unavailable", "Hệ thống chưa ghi được dữ liệu; hãy thử lại sau ít phút."},
	{inbox.ErrDamaged, http.StatusInternalServerError, "damaged", "Bản ghi này bị hỏng trong kho dữ liệu nên không dùng được; quản trị viên chạy lệnh tongdai verify để biết cách khôi phục."},
	{media.ErrCorrupt, http.StatusInternalServerError, "damaged", "Tệp này bị hỏng nên không gửi được; quản trị viên cần khôi phục từ bản sao lưu."},
	{media.ErrNotFound, http.StatusNotFound, "not_found", "Không tìm thấy tệp."},
	{media.ErrUnavailable, http.StatusServiceUnavailable, "unavailable", "Kho tệp đính kèm tạm thời không dùng được; hãy thử lại sau ít phút."},
	{context.DeadlineExceeded, http.StatusServiceUnavailable, "unavailable", "Hệ thống đang bận; hãy thử lại sau ít phút."},
	{context.Canceled, 499, "cancelled", "Đã hủy."},
}

// problems turns every error of the API into a Problem.
func (s *Server) problems(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := next(c)
		if err == nil || c.Response().Committed {
			return nil
		}
		status, problem := describe(err)
		if status == http.StatusInternalServerError {
			s.Log.ErrorContext(c.Request().Context(), "request failed", "route", c.Path(), "err", err)
		}
		if status == http.StatusServiceUnavailable {
			c.Response().Header().Set("Retry-After", "5")
		}
		return c.JSON(status, problem)
	}
}

// describe says what an error means to the caller, and nothing of the inside.
func describe(err error) (int, gen.Problem) {
	if invalid, ok := errors.AsType[inbox.Invalid](err); ok {
		p := gen.Problem{Code: "invalid", Message: "Có chỗ chưa đúng, hãy sửa rồi gửi lại."}
		for _, problem := range invalid {
			p.Fields = append(p.Fields, gen.FieldProblem{Field: problem.Field, Message: problem.Message})
		}
		return http.StatusUnprocessableEntity, p
	}
	for _, k := range kinds {
		if !errors.Is(err, k.err) {
			continue
		}
		message := k.message
		if refusal, ok := errors.AsType[*inbox.Refusal](err); ok {
			message = refusal.Message
		}
		return k.status, gen.Problem{Code: k.code, Message: message}
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge, gen.Problem{Code: "too_large", Message: "Nội dung gửi lên quá lớn."}
	}
	if wrong, ok := errors.AsType[*openapi3filter.RequestError](err); ok {
		p := gen.Problem{Code: "invalid", Message: "Yêu cầu không đúng dạng."}
		if field := fieldOf(wrong); field != "" {
			p.Fields = []gen.FieldProblem{{Field: field, Message: "Thiếu hoặc sai dạng."}}
		}
		return http.StatusBadRequest, p
	}
	if he, ok := errors.AsType[*echo.HTTPError](err); ok && he.Code < 500 {
		return he.Code, gen.Problem{Code: "invalid", Message: "Yêu cầu không đúng dạng."}
	}
	return http.StatusInternalServerError, gen.Problem{Code: "internal", Message: "Hệ thống gặp lỗi; sự việc đã được ghi lại."}
}
