package order

import (
	"fmt"
	"strings"
)

// Unclear says to whoever wrote, in Vietnamese, what was not understood and how to
// write it. Nothing may be sent to the citizen.
type Unclear struct{ Message string }

func (u *Unclear) Error() string { return u.Message }

func unclear(what, how string) *Unclear {
	return &Unclear{"Dạ, " + what + " Chưa có gì được gửi cho người dân. " + how}
}

const orAnswer = "Nếu đây là câu trả lời cho người dân, xin bắt đầu bằng “Trả lời:”."

func emptyLetter() *Unclear {
	return unclear("nội dung gửi về đang trống.", "Anh/chị vui lòng viết câu trả lời rồi gửi lại ạ.")
}

func emptyNote() *Unclear {
	return unclear("ghi chú đang trống.", "Xin viết nội dung ngay sau “Ghi chú:”.")
}

func noteOrAnswer() *Unclear {
	return unclear("tổng đài chưa rõ đây là ghi chú nội bộ hay câu trả lời.", "Nếu là ghi chú, xin bắt đầu bằng “Ghi chú:” (có dấu hai chấm). "+orAnswer)
}

func takeOrAnswer() *Unclear {
	return unclear("tổng đài chưa rõ anh/chị nhận phiếu hay trả lời người dân.", "Để nhận phiếu, xin chỉ viết “Đã nhận”. "+orAnswer)
}

func backOrAnswer() *Unclear {
	return unclear("tổng đài chưa rõ anh/chị muốn chuyển lại phiếu hay trả lời người dân.", "Để chuyển lại, xin viết “Chuyển lại: ” rồi đến lý do. "+orAnswer)
}

func noReason() *Unclear {
	return unclear("tổng đài chưa thấy lý do chuyển lại.", "Xin viết “Chuyển lại: ” rồi đến lý do, ví dụ “Chuyển lại: thuộc thẩm quyền của Sở Xây dựng”.")
}

func mixedLetter() *Unclear {
	return unclear("nội dung gửi về có cả phần cho người dân lẫn phần cho tổng đài hoặc nội bộ.",
		"Xin gửi riêng từng phần: mỗi lần chỉ một yêu cầu, viết ở dòng đầu tiên.")
}

func orderNotFirst() *Unclear {
	return unclear("tổng đài thấy một yêu cầu nhưng không ở ngay đầu dòng đầu tiên.",
		"Xin viết ngay từ đầu, không có dấu hay lời chào đứng trước, ví dụ “hẹn 17h ngày mai”. "+orAnswer)
}

func toHouseOrCitizen() *Unclear {
	return unclear("nội dung này có vẻ viết cho tổng đài chứ không phải cho người dân.",
		"Xin bắt đầu bằng “Ghi chú:” nếu chỉ để trao đổi, “Chuyển lại:” nếu không thuộc thẩm quyền. "+orAnswer)
}

// What can be wrong with the time of a promise.

const howToVow = "Xin viết rõ thời hạn, ví dụ “hẹn 17h ngày 20/11” hoặc “hẹn 3 ngày làm việc”."

func noTime() *Unclear {
	return unclear("tổng đài thấy chữ “hẹn” nhưng chưa thấy thời hạn.", howToVow+" "+orAnswer)
}

func strangeWords(words []string) *Unclear {
	const most = 8 // that are quoted
	quoted := strings.Join(words[:min(len(words), most)], " ")
	if len(words) > most {
		quoted += " …"
	}
	return unclear(fmt.Sprintf("tổng đài chưa hiểu “%s” trong dòng hẹn.", quoted),
		"Dòng đầu xin chỉ ghi thời hạn, ví dụ “hẹn 17h ngày 20/11”; lời nhắn cho người dân viết từ dòng thứ hai. "+orAnswer)
}

func twoTimes() *Unclear {
	return unclear("dòng hẹn có nhiều thời hạn khác nhau.", "Xin chỉ ghi một thời hạn, ví dụ “hẹn 17h ngày 20/11”.")
}

func vagueTime() *Unclear {
	return unclear("thời hạn này chưa rõ là ngày nào.", howToVow+" "+orAnswer)
}

func noSuchDate(written string) *Unclear {
	return unclear(fmt.Sprintf("không có ngày “%s”.", written), howToVow)
}

func noSuchTime(written string) *Unclear {
	return unclear(fmt.Sprintf("không có giờ “%s”.", written), "Xin viết giờ từ 0h đến 23h59, ví dụ “hẹn 17h ngày mai”; “hẹn trong 24 giờ” cũng được ạ.")
}

func whichHalf(hour int) *Unclear {
	return unclear(fmt.Sprintf("tổng đài chưa rõ là %d giờ sáng hay %d giờ.", hour, hour+12),
		fmt.Sprintf("Xin viết “%dh sáng” hoặc “%dh”.", hour, hour+12))
}

func wrongHalf(hour int, half string) *Unclear {
	return unclear(fmt.Sprintf("%d giờ không khớp với buổi %s.", hour, half), "Xin viết giờ từ 0h đến 23h59, ví dụ “hẹn 17h ngày mai”.")
}

func noHour(half string) *Unclear {
	return unclear(fmt.Sprintf("hẹn buổi %s xin ghi rõ giờ và ngày.", half), "Ví dụ “hẹn 8h tối mai” hoặc “hẹn 15h hôm nay”.")
}

func wrongWeekday(date string) *Unclear {
	return unclear(fmt.Sprintf("ngày %s không phải là thứ đã ghi.", date), "Xin kiểm tra lại ngày và thứ.")
}

func todayOrNextWeek() *Unclear {
	return unclear("tổng đài chưa rõ là hôm nay hay tuần sau.", "Xin viết “hôm nay”, ghi thêm “tuần sau”, hoặc ghi rõ ngày.")
}

func passed(written string) *Unclear {
	return unclear(fmt.Sprintf("thời hạn %s đã qua.", written), "Xin ghi một thời hạn sắp tới, ví dụ “hẹn 17h ngày mai”.")
}

func passedThisYear(written string) *Unclear {
	return unclear(fmt.Sprintf("ngày %s vừa qua.", written), "Xin kiểm tra lại; nếu là năm sau, xin ghi cả năm.")
}

func tooFar(written string) *Unclear {
	return unclear(fmt.Sprintf("thời hạn %s xa hơn một năm.", written), "Xin hẹn trong vòng một năm.")
}
