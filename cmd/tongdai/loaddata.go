package main

import (
	"fmt"
	"time"

	"tongdai/kb"
	"tongdai/kb/sheet"
	"tongdai/kb/vi"
)

// procedures are common public services, for a knowledge base of the size that
// a load test asks for.
var procedures = []string{
	"đăng ký khai sinh", "đăng ký kết hôn", "đăng ký khai tử", "cấp bản sao trích lục hộ tịch", "xác nhận tình trạng hôn nhân",
	"đăng ký tạm trú", "đăng ký thường trú", "cấp thẻ căn cước", "cấp hộ chiếu phổ thông", "cấp phiếu lý lịch tư pháp",
	"đăng ký thành lập hộ kinh doanh", "đăng ký thành lập công ty", "cấp giấy phép xây dựng nhà ở", "cấp sổ đỏ lần đầu",
	"sang tên quyền sử dụng đất", "tách thửa đất", "chuyển mục đích sử dụng đất", "đính chính giấy chứng nhận", "xóa đăng ký thế chấp",
	"đổi giấy phép lái xe", "cấp lại giấy phép lái xe", "đăng ký xe máy", "đăng ký ô tô", "đăng kiểm xe", "cấp phù hiệu xe hợp đồng",
	"đăng ký bảo hiểm xã hội tự nguyện", "cấp lại thẻ bảo hiểm y tế", "hưởng trợ cấp thai sản", "hưởng lương hưu", "rút bảo hiểm một lần",
	"hưởng trợ cấp người cao tuổi", "xác nhận khuyết tật", "trợ cấp người có công", "nhận nuôi con nuôi", "hỗ trợ hộ nghèo",
	"chuyển trường cho học sinh", "tuyển sinh lớp một", "cấp lại bằng tốt nghiệp", "xét học bổng", "miễn giảm học phí",
	"cấp chứng chỉ hành nghề y", "cấp phép cơ sở khám bệnh", "chứng nhận an toàn thực phẩm", "cấp phép quảng cáo", "tổ chức biểu diễn",
	"khai thác nước ngầm", "đấu nối nước sạch", "lắp đặt điện kế", "cấp phép đào đường", "chứng thực chữ ký",
}

// asked are the questions people have about each of them.
var asked = []struct{ question, answer string }{
	{"Thủ tục %s cần những giấy tờ gì?", "Hồ sơ %s gồm tờ khai theo mẫu và giấy tờ tùy thân, nộp tại bộ phận một cửa hoặc Cổng dịch vụ công."},
	{"Làm %s mất bao nhiêu tiền?", "Lệ phí %s theo nghị quyết của Hội đồng nhân dân tỉnh, niêm yết tại bộ phận một cửa."},
	{"Nộp hồ sơ %s bao lâu thì có kết quả?", "Hồ sơ %s được giải quyết trong thời hạn ghi trên phiếu hẹn; kết quả báo qua tin nhắn."},
}

// loadEntries makes n entries about procedures.
func loadEntries(n int) []kb.Entry {
	var out []kb.Entry
	for i := range n {
		procedure, about := procedures[i/len(asked)%len(procedures)], asked[i%len(asked)]
		if ward := i / len(asked) / len(procedures); ward > 0 { // no two ask the same
			procedure = fmt.Sprintf("%s tại phường %d", procedure, ward)
		}
		out = append(out, kb.Entry{
			ID: kb.EntryID(fmt.Sprintf("LT%03d", i+1)), Question: fmt.Sprintf(about.question, procedure),
			Answer: fmt.Sprintf(about.answer, procedure), Category: "thong-tin-chung", Department: "vp-ubnd-tinh",
			ConfirmedOn: time.Date(2026, 10, 1, 0, 0, 0, 0, sheet.Zone), Status: kb.Published,
		})
	}
	return out
}

// mixed are questions of the demo knowledge base as citizens type them, and
// some that nobody prepared for.
var mixed = []string{
	"tiem mui 3 o dau", "Đăng ký tiêm vắc xin ở đâu ạ?", "xe khach co chay khong", "ra đường không đeo khẩu trang phạt bn tiền",
	"Cho em hỏi F1 cách ly tại nhà được không", "ung ho quy vac xin the nao", "bà bầu có tiêm đc ko ạ", "sieu thi may gio mo cua",
	"Dạ cháu chào cô chú, cháu ở Sài Gòn về thì phải cách ly bao nhiêu ngày ạ", "con tôi bao giờ đi học lại",
	"giá vàng hôm nay", "duong day nong huyen Hoang Hoa", "thất nghiệp nộp hồ sơ ở đâu", "tài xế chở hàng có cần test không",
	"đèn đường ngõ nhà tôi hỏng cả tháng nay", "tin gia tren mang bao cho ai",
}

// loadQuestion returns the nth question of a load test: prepared ones in full
// and without marks, and mixed ones.
func loadQuestion(n int) string {
	procedure := procedures[n/3%len(procedures)]
	question := fmt.Sprintf(asked[n%len(asked)].question, procedure)
	switch n % 4 {
	case 0:
		return question
	case 1:
		return vi.Fold(question)
	default:
		return mixed[n/4%len(mixed)]
	}
}
