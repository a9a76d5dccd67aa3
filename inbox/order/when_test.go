package order_test

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"tongdai/connectors"
	"tongdai/inbox/order"
	"tongdai/kb/vi"
)

var hanoi = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)

func TestAPromiseIsReadAsClerksWriteIt(t *testing.T) {
	for _, c := range []struct{ text, due string }{
		{"hẹn 17:00", "2026-11-18 17:00"},
		{"Hẹn 17h", "2026-11-18 17:00"},
		{"hẹn: 17h30", "2026-11-18 17:30"},
		{"hẹn17h30", "2026-11-18 17:30"},
		{"HẸN 17 GIỜ", "2026-11-18 17:00"},
		{"hẹn 17g30 hôm nay", "2026-11-18 17:30"},
		{"hẹn 16 giờ 30 phút chiều nay", "2026-11-18 16:30"},
		{"hẹn trước 8 giờ 30 ngày mai", "2026-11-19 08:30"},
		{"hẹn 8 giờ rưỡi mai", "2026-11-19 08:30"},
		{"hẹn 8h sáng mai", "2026-11-19 08:00"},
		{"hẹn 3h chiều", "2026-11-18 15:00"},
		{"hẹn 5 giờ chiều nay", "2026-11-18 17:00"},
		{"hẹn chiều mai lúc 3 giờ", "2026-11-19 15:00"},
		{"hẹn hai giờ chiều mai", "2026-11-19 14:00"},
		{"hẹn 11h30 trưa mai", "2026-11-19 11:30"},
		{"hẹn 1h trưa mai", "2026-11-19 13:00"},
		{"hẹn 8h tối nay", "2026-11-18 20:00"},
		{"hẹn 20h tối mai", "2026-11-19 20:00"},
		{"hẹn 10h đêm nay", "2026-11-18 22:00"},
		{"hẹn 05:30 ngày mai", "2026-11-19 05:30"},
		{"hẹn trả lời trước 17h00 ngày 20/11/2026", "2026-11-20 17:00"},
		{"hẹn 17h00 ngay 20/11/2026", "2026-11-20 17:00"},
		{"hen tra loi truoc 17h ngay 20/11", "2026-11-20 17:00"},
		{"Hẹn 20/11", "2026-11-20 17:00"},
		{"hẹn 20-11-2026", "2026-11-20 17:00"},
		{"hẹn 20.11.2026", "2026-11-20 17:00"},
		{"hẹn 20/11/26.", "2026-11-20 17:00"},
		{"hẹn 2026-11-20 10:15", "2026-11-20 10:15"},
		{"hẹn ngày 20", "2026-11-20 17:00"},
		{"hẹn ngày 5", "2026-12-05 17:00"},
		{"hẹn 10h ngày 20", "2026-11-20 10:00"},
		{"hẹn ngày 20, 11h", "2026-11-20 11:00"},
		{"hẹn 20 tháng 11", "2026-11-20 17:00"},
		{"hẹn 17h 20 tháng 12", "2026-12-20 17:00"},
		{"hẹn 8 giờ 20/11", "2026-11-20 08:00"},
		{"hẹn 17h00-20/11/2026", "2026-11-20 17:00"},
		{"hẹn ngày 20 tháng 11 năm 2026", "2026-11-20 17:00"},
		{"hẹn ngày 20 tháng 11/2026 lúc 9h", "2026-11-20 09:00"},
		{"hẹn ngày mùng 5 tháng 12", "2026-12-05 17:00"},
		{"hẹn 5/1", "2027-01-05 17:00"},
		{"hẹn 15/3", "2027-03-15 17:00"},
		{"hẹn hôm nay", "2026-11-18 17:00"},
		{"hẹn trong ngày", "2026-11-18 17:00"},
		{"hẹn trong ngày hôm nay", "2026-11-18 17:00"},
		{"hẹn chiều nay", "2026-11-18 17:00"},
		{"hẹn sáng mai", "2026-11-19 12:00"},
		{"hẹn mai", "2026-11-19 17:00"},
		{"HẸN MAI", "2026-11-19 17:00"},
		{"Hẹn Sáng Mai", "2026-11-19 12:00"},
		{"hẹn ngày mai ạ", "2026-11-19 17:00"},
		{"hẹn cuối ngày mai", "2026-11-19 17:00"},
		{"hẹn cuối giờ chiều mai", "2026-11-19 17:00"},
		{"hẹn ngày kia", "2026-11-20 17:00"},
		{"hẹn mốt", "2026-11-20 17:00"},
		{"hẹn sáng ngày mốt 9h", "2026-11-20 09:00"},
		{"hẹn thứ hai", "2026-11-23 17:00"},
		{"hẹn thứ 6", "2026-11-20 17:00"},
		{"hen thu sau", "2026-11-20 17:00"},
		{"hẹn T6", "2026-11-20 17:00"},
		{"hẹn 9h t2 tuần sau", "2026-11-23 09:00"},
		{"hẹn thứ bảy tuần này", "2026-11-21 17:00"},
		{"hẹn thứ sáu này", "2026-11-20 17:00"},
		{"hẹn thứ tư tới", "2026-11-25 17:00"},
		{"hẹn thứ 4 tuần sau", "2026-11-25 17:00"},
		{"hẹn tuần tới, thứ ba, 14h", "2026-11-24 14:00"},
		{"hẹn chủ nhật", "2026-11-22 17:00"},
		{"hẹn CN tuần sau", "2026-11-29 17:00"},
		{"hẹn 17h thứ sáu, 20/11", "2026-11-20 17:00"},
		{"hẹn thứ năm ngày 26 tháng 11", "2026-11-26 17:00"},
		{"hẹn sang thứ hai tuần sau", "2026-11-23 17:00"},
		{"hẹn 3 ngày", "2026-11-21 17:00"},
		{"hẹn 3 ngày nữa", "2026-11-21 17:00"},
		{"hẹn sau 3 ngày, lúc 10h", "2026-11-21 10:00"},
		{"hẹn ba ngày nữa", "2026-11-21 17:00"},
		{"hẹn trong vòng 2 ngày", "2026-11-20 17:00"},
		{"hẹn 1 tuần", "2026-11-25 17:00"},
		{"hen mot tuan nua", "2026-11-25 17:00"},
		{"hẹn hai tuần", "2026-12-02 17:00"},
		{"hẹn 5 ngày làm việc", "2026-11-25 17:00"},
		{"hẹn trong 03 ngày làm việc", "2026-11-23 17:00"},
		{"hẹn trong 2 giờ", "2026-11-18 11:30"},
		{"hẹn 2 giờ nữa", "2026-11-18 11:30"},
		{"hẹn 2 tiếng", "2026-11-18 11:30"},
		{"hẹn trong 1 giờ 30 phút", "2026-11-18 11:00"},
		{"hẹn 30 phút nữa", "2026-11-18 10:00"},
		{"hẹn trong 24h", "2026-11-19 09:30"},
		{"hẹn 48h", "2026-11-20 09:30"},
		{"hẹn xử lý xong trước 17h thứ sáu", "2026-11-20 17:00"},
		{"hẹn trả lời công dân vào 9h ngày mai", "2026-11-19 09:00"},
		{"hẹn có kết quả chậm nhất 17h ngày 25/11", "2026-11-25 17:00"},
		{"hẹn lại 8h mai", "2026-11-19 08:00"},
		{"hẹn 17h ngày mai (thứ năm)", "2026-11-19 17:00"},
		{"Hẹn **17h** ngày mai!", "2026-11-19 17:00"},
	} {
		t.Run(c.text, func(t *testing.T) {
			for _, form := range []string{c.text, norm.NFD.String(c.text), "\n " + c.text + "\r\n\r\n--\r\nNguyễn Văn A"} {
				o := read(t, form)
				if got := o.Due.Format("2006-01-02 15:04"); o.Do != connectors.Vow || got != c.due || o.Text != "" {
					t.Errorf("Read(%q) = %s by %s with %q, want %s", form, o.Do, got, o.Text, c.due)
				}
			}
		})
	}
}

// Some words are two without marks ("toi": "tối", "tới"); those are not among these.
func TestAPromiseWithoutMarksIsTheSame(t *testing.T) {
	for _, text := range []string{
		"hẹn 17h ngày mai", "hẹn 8 giờ 30 sáng mai", "hẹn trả lời trước 17h thứ tư tuần sau", "hẹn 5 ngày làm việc", "hẹn ngày 20 tháng 12 năm 2026",
		"hẹn chủ nhật", "hẹn ngày kia", "hẹn ngày mốt", "hẹn 8h tối nay", "hẹn trong 2 giờ", "hẹn 30 phút nữa", "hẹn thứ bảy tuần này", "hẹn 3h chiều",
	} {
		t.Run(text, func(t *testing.T) {
			marked, bare := read(t, text), read(t, strings.ToUpper(vi.Fold(text)))
			if bare != marked {
				t.Errorf("without marks: %+v, with: %+v", bare, marked)
			}
		})
	}
}

func TestTheLinesBelowAPromiseAreForTheCitizen(t *testing.T) {
	for _, c := range []struct{ text, told string }{
		{"hẹn 17h mai\nĐơn vị đang xác minh.\nMong anh chị chờ.", "Đơn vị đang xác minh.\nMong anh chị chờ."},
		{"hẹn 17h mai\n\nTrả lời: Đơn vị đang xác minh.", "Đơn vị đang xác minh."},
		{"hẹn 17h mai\nĐơn vị đang xác minh.\n-- \nLê Văn B", "Đơn vị đang xác minh."},
		{"hẹn 17h mai\n\nTrân trọng,\nLê Văn B", ""},
		{"hẹn 17h mai\nGửi từ iPhone của tôi", ""},
		{"hẹn 17h mai\nTrân trọng cảm ơn anh chị đã phản ánh, đơn vị đang xác minh.", "Trân trọng cảm ơn anh chị đã phản ánh, đơn vị đang xác minh."},
	} {
		t.Run(c.text, func(t *testing.T) {
			if o := read(t, c.text); o.Do != connectors.Vow || o.Text != c.told {
				t.Errorf("Read = %s %q, want %q told", o.Do, o.Text, c.told)
			}
		})
	}
}

func TestATimeThatCannotBePromisedIsRefusedInItsOwnWords(t *testing.T) {
	for _, c := range []struct{ text, says string }{
		{"hẹn", "chưa thấy thời hạn"},
		{"hen", "chưa thấy thời hạn"},
		{"Hẹn gặp lại anh chị", "“Trả lời:”"},
		{"hen gap lai anh chi", "chưa thấy thời hạn"},
		{"hen tra loi sau", "chưa thấy thời hạn"},
		{"Hẹn anh chị 8h ngày mai tại trụ sở UBND", "“anh chị tại trụ sở ubnd”"},
		{"hẹn 17h mai, đơn vị đang xác minh", "từ dòng thứ hai"},
		{"hẹn chị Mai 8h", "chưa hiểu"},
		{"hẹn Mai", "chưa thấy thời hạn"},
		{"hẹn 17h hôm qua", "“hôm qua”"},
		{"hẹn 17h mai?", "“?”"},
		{"hẹn sau 17h mai", "“sau”"},
		{"hẹn 8h kém 15 mai", "“kém 15”"},
		{"hẹn 1,5 ngày", "“1”"},
		{"hẹn 9h hoặc 10h mai", "nhiều thời hạn"},
		{"hẹn 8h-10h mai", "nhiều thời hạn"},
		{"hẹn 20/11 21/11", "nhiều thời hạn"},
		{"hẹn mai, ngày kia", "nhiều thời hạn"},
		{"hẹn trong 2 giờ, 17h", "nhiều thời hạn"},
		{"hẹn 2-3 ngày", "“2”"},
		{"hẹn 3-5 ngày làm việc", "“3”"},
		{"hẹn cuối tuần", "ngày nào"},
		{"hẹn cuối tháng này", "ngày nào"},
		{"hẹn tuần sau", "ngày nào"},
		{"hẹn trong tuần", "ngày nào"},
		{"hẹn đầu tháng 12", "ngày nào"},
		{"hẹn 1 tháng", "ngày nào"},
		{"hẹn 0 ngày", "ngày nào"},
		{"hẹn 31/11", "không có ngày “31/11/2026”"},
		{"hẹn ngày 31", "không có ngày “31/11/2026”"},
		{"hẹn 29/2", "không có ngày “29/2/2027”"},
		{"hẹn 11/20", "không có ngày"},
		{"hẹn 20/13", "không có ngày"},
		{"hẹn 20/0", "không có ngày"},
		{"hẹn 17.30", "không có ngày"},
		{"hẹn 25:00", "không có giờ “25:00”"},
		{"hẹn 17h75", "không có giờ “17:75”"},
		{"hẹn 24h", "“hẹn trong 24 giờ”"},
		{"hẹn 3h mai", "3 giờ sáng hay 15 giờ"},
		{"hẹn 5:30 mai", "5 giờ sáng hay 17 giờ"},
		{"hẹn 2 giờ", "2 giờ sáng hay 14 giờ"},
		{"hẹn 17h sáng mai", "không khớp"},
		{"hẹn 9h chiều mai", "không khớp"},
		{"hẹn 12h đêm nay", "không khớp"},
		{"hẹn tối mai", "ghi rõ giờ"},
		{"hẹn buổi chiều", "ghi rõ giờ"},
		{"hẹn thứ tư", "hôm nay hay tuần sau"},
		{"hen 8h thu 6 toi", "“toi”"},
		{"hẹn thứ năm 20/11", "không phải là thứ"},
		{"hẹn 8h", "08:00 18/11/2026 đã qua"},
		{"hẹn 9h30 hôm nay", "đã qua"},
		{"hẹn thứ hai tuần này", "đã qua"},
		{"hẹn 17/11/2026", "đã qua"},
		{"hẹn 20/11/2025", "đã qua"},
		{"hẹn 17/11", "vừa qua"},
		{"hẹn 20/11/2027", "xa hơn một năm"},
		{"hẹn 400 ngày", "xa hơn một năm"},
		{"hẹn 9999 ngày làm việc", "xa hơn một năm"},
		{"hẹn 9999 tuần", "xa hơn một năm"},
	} {
		t.Run(c.text, func(t *testing.T) {
			for _, form := range []string{c.text, norm.NFD.String(c.text)} {
				if message := refused(t, form, wednesday); !strings.Contains(message, c.says) {
					t.Errorf("Read(%q) says %q, want it to say %q", form, message, c.says)
				}
			}
		})
	}
}

func TestTheClockIsThatOfVietnamWhateverTheZoneOfNow(t *testing.T) {
	// 17:30 of Tuesday in UTC is Wednesday, 0:30, in Vietnam.
	now := time.Date(2026, 11, 17, 17, 30, 0, 0, time.UTC)
	o, err := order.Read("hẹn 9h sáng mai", now, nil)
	if want := time.Date(2026, 11, 19, 9, 0, 0, 0, hanoi); err != nil || !o.Due.Equal(want) || o.Due.Format("-07:00") != "+07:00" {
		t.Errorf("due %s, %v; want %s", o.Due, err, want)
	}
}

func TestWorkingDaysAreThoseOfTheCaller(t *testing.T) {
	holiday := time.Date(2026, 11, 20, 0, 0, 0, 0, hanoi)
	working := func(day time.Time) bool {
		return !day.Equal(holiday) && day.Weekday() != time.Sunday
	}
	o, err := order.Read("hẹn 3 ngày làm việc", wednesday, working)
	if want := time.Date(2026, 11, 23, 17, 0, 0, 0, hanoi); err != nil || !o.Due.Equal(want) {
		t.Errorf("due %s, %v; want %s", o.Due, err, want)
	}
	never := func(time.Time) bool { return false }
	if _, err := order.Read("hẹn 1 ngày làm việc", wednesday, never); err == nil {
		t.Error("a promise by a working day that never comes")
	}
}

func TestTheTurnOfTheYear(t *testing.T) {
	newYearsEve := time.Date(2026, 12, 31, 18, 0, 0, 0, hanoi)
	for text, want := range map[string]string{
		"hẹn mai":             "2027-01-01",
		"hẹn ngày 5":          "2027-01-05",
		"hẹn 2/1":             "2027-01-02",
		"hẹn thứ 2":           "2027-01-04",
		"hẹn 31/12/2027":      "2027-12-31",
		"hẹn 1 ngày làm việc": "2027-01-01",
	} {
		o, err := order.Read(text, newYearsEve, nil)
		if err != nil || o.Due.Format(time.DateOnly) != want {
			t.Errorf("Read(%q) is due %s, %v; want %s", text, o.Due, err, want)
		}
	}
}
