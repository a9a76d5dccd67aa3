package order_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"tongdai/connectors"
	"tongdai/inbox/order"
)

// wednesday is a working day in the middle of a week: 18 November 2026, 9:30 in Vietnam.
var wednesday = time.Date(2026, 11, 18, 2, 30, 0, 0, time.UTC)

func read(t *testing.T, text string) order.Order {
	t.Helper()
	o, err := order.Read(text, wednesday, nil)
	if err != nil {
		t.Fatalf("Read(%q): %v", text, err)
	}
	return o
}

// refused is the message of why text is unclear.
func refused(t *testing.T, text string, now time.Time) string {
	t.Helper()
	o, err := order.Read(text, now, nil)
	var why *order.Unclear
	if !errors.As(err, &why) {
		t.Fatalf("Read(%q) = %+v, %v; want it refused", text, o, err)
	}
	if !strings.HasPrefix(why.Message, "Dạ, ") || !strings.Contains(why.Message, "Chưa có gì được gửi cho người dân.") {
		t.Errorf("Read(%q) says %q, which is not courteous or does not say that nothing was sent", text, why.Message)
	}
	return why.Message
}

func TestAnAnswerIsForTheCitizenAsItStands(t *testing.T) {
	for _, text := range []string{
		"Dạ, chào anh/chị. Hồ sơ của anh/chị đã có kết quả, mời đến bộ phận một cửa nhận ạ.",
		"Nhận được phản ánh của anh/chị, Sở Xây dựng trả lời như sau: đường đã được sửa.",
		"Đã nhận được phản ánh của ông, chúng tôi sẽ kiểm tra.",
		"Tiếp nhận hồ sơ tại bộ phận một cửa từ 7h30 đến 11h30.",
		"Đơn vị đã tiếp nhận và đang xử lý.",
		"Nhân dịp này, Sở xin cảm ơn ông đã phản ánh.",
		"Nhan ho so tai bo phan mot cua.",
		"Trả lại tiền đặt cọc cho người mua theo Điều 328 Bộ luật Dân sự.",
		"Tra lai tien thua cho nguoi dan tai quay so 3.",
		"Trả lời phản ánh của bà Nguyễn Thị A về việc đổ rác, UBND phường xin thông tin.",
		"Trả lãi: theo hợp đồng tín dụng.",
		"Hen suyễn là bệnh mạn tính, anh/chị khám tại Bệnh viện Phổi.",
		"Hen suyen la benh man tinh, uong thuoc 2 lan, 8h sang va 8h toi.",
		"hen phế quản ở trẻ em: khám lúc 7h30 tại khoa Nhi",
		"Hen o tre em can kham som.",
		"HEN SUYỄN được bảo hiểm chi trả.",
		"Hèn gì đường ngập, cống đã tắc từ hôm qua. Đơn vị đã nạo vét.",
		"Mai là ngày nghỉ, bộ phận một cửa làm việc lại vào thứ hai.",
		"17h ngày 20/11 điện sẽ có lại.",
		"Chuyển khoản vào số tài khoản ghi trên thông báo nộp phạt.",
		"Phản ánh này không thuộc thẩm quyền của Sở, đề nghị ông bà liên hệ UBND phường.",
		"Nơi bộ phận một cửa làm việc: tầng 1.",
		"Nội dung phản ánh: mất nước.\nTrả lời: nước đã có lại từ 15h.",
		"Kính gửi ông Nguyễn Văn A,\nHẹn gặp ông lúc 8h ngày mai tại trụ sở.\nTrân trọng.",
		"Kính gửi bà Trần Thị B,\n\nNước đã có lại.\n--\nSở Xây dựng",
		"Chào anh chị, phí là 50.000 đồng.",
		"Vâng, 8h sáng mai anh đến giúp ạ.",
		"Có ạ.",
		"1. Nộp đơn\n2. Chờ 3 ngày làm việc",
		"- Bản sao căn cước\n- Hai ảnh 3x4",
		"Được 👍",
		"50.000 đồng",
		"Hện tại chưa có kết quả.",
		"Đề nghị ông liên hệ Sở Xây dựng.",
	} {
		t.Run(text, func(t *testing.T) {
			for _, form := range []string{text, norm.NFD.String(text), "\ufeff \r\n" + text + " \n\n"} {
				o := read(t, form)
				want := strings.Trim(form, "\ufeff \r\n")
				if o.Do != connectors.Speak || o.Text != want {
					t.Errorf("Read(%q) = %s %q, want it said as it stands", form, o.Do, o.Text)
				}
			}
		})
	}
}

func TestTraLoiBeginsAnAnswerWhateverItsFirstWord(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"Trả lời: Hẹn gặp anh/chị lúc 8h ngày mai.", "Hẹn gặp anh/chị lúc 8h ngày mai."},
		{"trả lời:\n\nKính gửi ông,\nĐã xong.", "Kính gửi ông,\nĐã xong."},
		{"TRA LOI : da sua xong", "da sua xong"},
		{"Trả lời： đã nhận", "đã nhận"},
		{"tra lời: Chuyển lại hồ sơ cho công dân bổ sung.", "Chuyển lại hồ sơ cho công dân bổ sung."},
		{"Trả lời: Mang theo:\nGhi chú: bản gốc", "Mang theo:\nGhi chú: bản gốc"},
	} {
		t.Run(c.text, func(t *testing.T) {
			for _, form := range []string{c.text, norm.NFD.String(c.text)} {
				if o := read(t, form); o.Do != connectors.Speak || norm.NFC.String(o.Text) != c.want {
					t.Errorf("Read = %s %q, want %q said", o.Do, o.Text, c.want)
				}
			}
		})
	}
}

func TestTakingIsSaidAlone(t *testing.T) {
	for _, text := range []string{
		"nhận", "Đã nhận", "đã nhận.", "Nhận phiếu", "đã nhận phiếu ạ.", "Tiếp nhận", "ĐÃ TIẾP NHẬN", "da nhan", "Em nhận", "em nhận ạ!",
		"Dạ, em đã nhận phiếu này rồi ạ.", "tôi nhận việc này", "Đã tiếp nhận\n-- \nNguyễn Văn A\nSở Y tế", "Đã nhận.\n\nTrân trọng,\nNguyễn Văn A",
	} {
		t.Run(text, func(t *testing.T) {
			for _, form := range []string{text, norm.NFD.String(text)} {
				if o := read(t, form); o != (order.Order{Do: connectors.Take}) {
					t.Errorf("Read(%q) = %+v, want taken", form, o)
				}
			}
		})
	}
}

func TestNotesAreForColleagues(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"Ghi chú: đã gọi, máy bận", "đã gọi, máy bận"},
		{"ghi chu: goi lai sau", "goi lai sau"},
		{"NỘI BỘ: không gửi cho dân", "không gửi cho dân"},
		{"noi bo : khong gui", "khong gui"},
		{"Ghi chú nội bộ: chờ Sở Tài chính", "chờ Sở Tài chính"},
		{"Ghi chú:\n- việc một\n- việc hai\n--\nLê Văn B", "- việc một\n- việc hai"},
		{"ghi chú: hẹn 17h với anh Nam", "hẹn 17h với anh Nam"},
	} {
		t.Run(c.text, func(t *testing.T) {
			for _, form := range []string{c.text, norm.NFD.String(c.text)} {
				if o := read(t, form); o.Do != connectors.Remark || norm.NFC.String(o.Text) != c.want {
					t.Errorf("Read = %s %q, want the note %q", o.Do, o.Text, c.want)
				}
			}
		})
	}
}

func TestAMatterIsGivenBackWithAReason(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"Chuyển lại: việc này của Sở Xây dựng", "việc này của Sở Xây dựng"},
		{"chuyen lai: nham don vi", "nham don vi"},
		{"CHUYỂN LẠI - không phải địa bàn phường", "không phải địa bàn phường"},
		{"chuyển lại – nhầm", "nhầm"},
		{"chuyển lại, thuộc Công an phường", "thuộc Công an phường"},
		{"Chuyển lại\nThuộc Công an phường", "Thuộc Công an phường"},
		{"Chuyển lại.\nThuộc Công an phường\n\n--\nLê Văn B", "Thuộc Công an phường"},
		{"Chuyển lại cho Sở Xây dựng vì là việc cấp phép", "cho Sở Xây dựng vì là việc cấp phép"},
		{"chuyển lại về tổng đài, nhầm lĩnh vực", "nhầm lĩnh vực"},
		{"chuyển lại cho Tổng đài 1022: nhầm lĩnh vực", "nhầm lĩnh vực"},
		{"Trả lại: không đúng địa bàn", "không đúng địa bàn"},
		{"tra lai - khong dung dia ban", "khong dung dia ban"},
		{"Trả lại cho bộ phận thường trực vì trùng phiếu", "vì trùng phiếu"},
		{"trả lại cho tổng đài\nphiếu trùng", "phiếu trùng"},
		{"Không thuộc thẩm quyền: của Bộ Công an", "của Bộ Công an"},
		{"khong thuoc tham quyen, chuyen So Y te", "chuyen So Y te"},
		{"Không thuộc thẩm quyền\nĐây là việc của Điện lực", "Đây là việc của Điện lực"},
	} {
		t.Run(c.text, func(t *testing.T) {
			for _, form := range []string{c.text, norm.NFD.String(c.text)} {
				if o := read(t, form); o.Do != connectors.GiveUp || norm.NFC.String(o.Text) != c.want {
					t.Errorf("Read = %s %q, want it given back because %q", o.Do, o.Text, c.want)
				}
			}
		})
	}
}

func TestWhatMayBeAnOrderIsAskedAbout(t *testing.T) {
	for _, c := range []struct{ text, says string }{
		{"", "đang trống"},
		{" \n\t\u200b", "đang trống"},
		{"Trả lời:", "đang trống"},
		{"Ghi chú:", "ghi chú đang trống"},
		{"Ghi chú đã gọi cho dân", "“Ghi chú:”"},
		{"Nội bộ - đừng gửi", "“Ghi chú:”"},
		{"Ý kiến nội bộ: dân này hay khiếu nại", "“Ghi chú:”"},
		{"Chuyển lại:", "lý do"},
		{"chuyển lại", "lý do"},
		{"Trả lại.", "lý do"},
		{"Không thuộc thẩm quyền", "lý do"},
		{"chuyển lại cho tổng đài", "lý do"},
		{"Chuyển lại:\n\nTrân trọng", "lý do"},
		{"Chuyển lại hồ sơ cho công dân", "“Chuyển lại: ”"},
		{"chuyển lại cho công dân bổ sung", "“Chuyển lại: ”"},
		{"Trả lại phiếu vì nhầm", "“Chuyển lại: ”"},
		{"trả lại cho người dân 1 bộ", "“Chuyển lại: ”"},
		{"Không thuộc thẩm quyền của Sở Y tế", "“Chuyển lại: ”"},
		{"Không thuộc thẩm quyền, đề nghị ông/bà liên hệ Sở Xây dựng.", "“Trả lời:”"},
		{"Không thuộc thẩm quyền - mong anh chị thông cảm", "“Trả lời:”"},
		{"Không thuộc thẩm quyền. Xin liên hệ Sở Xây dựng", "“Trả lời:”"},
		{"Đã nhận.\nSở sẽ kiểm tra.", "“Đã nhận”"},
		{"đã nhận?", "“Đã nhận”"},
		{"ok ạ", "“Đã nhận”"},
		{"Dạ rõ rồi anh ạ", "“Đã nhận”"},
		{"👍", "“Đã nhận”"},
		{"Kính gửi Tổng đài 1022,\nĐơn vị đã xử lý xong.", "viết cho tổng đài"},
		{"Đề nghị chuyển Sở Xây dựng", "viết cho tổng đài"},
		{"Chuyển nhầm rồi ạ", "viết cho tổng đài"},
		{"!hẹn 17h ngày mai", "ngay từ đầu"},
		{"> hẹn 17h ngày mai", "ngay từ đầu"},
		{"- chuyển lại: nhầm", "ngay từ đầu"},
		{"**Ghi chú:** dân hay gọi", "ngay từ đầu"},
		{"Dạ hẹn 17h ngày mai", "ngay từ đầu"},
		{"Đơn vị xin chuyển lại: nhầm địa bàn", "ngay từ đầu"},
		{"Đang xác minh.\nhẹn 17h ngày mai", "ngay từ đầu"},
		{"Đang xác minh.\nNội bộ: chờ Sở Tài chính", "gửi riêng từng phần"},
		{"Đã sửa xong.\nGhi chú: dân này hay gọi", "gửi riêng từng phần"},
		{"Trả lời: đã sửa xong.\nNội bộ: dân này hay gọi", "gửi riêng từng phần"},
		{"Ghi chú: đã gọi.\nTrả lời: đã sửa xong", "gửi riêng từng phần"},
		{"Chuyển lại: nhầm.\nTrả lời: mong anh thông cảm", "gửi riêng từng phần"},
		{"hẹn 17h mai\nGhi chú: chờ Sở Tài chính", "gửi riêng từng phần"},
		{"hẹn 17h mai\nhẹn 17h thứ hai tuần sau", "gửi riêng từng phần"},
		{"hẹn 17h mai\nchuyển lại: nhầm", "gửi riêng từng phần"},
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

func TestInvalidBytesAndForeignLineEndsDoNotReachAnybody(t *testing.T) {
	o := read(t, "hẹn 17h mai\r\nĐang x\xffác minh\rxin chờ\u2028ạ")
	if o.Do != connectors.Vow || o.Text != "Đang x\uFFFDác minh\nxin chờ\nạ" || !utf8.ValidString(o.Text) {
		t.Errorf("Read = %s %q", o.Do, o.Text)
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"hẹn 17h ngày 20/11/2026\nĐang xác minh", "hen suyen la benh", "chuyển lại: nhầm", "trả lại cho tổng đài, trùng", "ghi chú: x",
		"trả lời: hẹn", "đã nhận ạ", "hẹn trong 5 ngày làm việc", "hẹn thứ 2 tuần sau 8h sáng", "> hẹn 8h tối mai", "hẹn 2-3 ngày", "",
		"hẹn 9999 tuần", "hẹn 30/2", "không thuộc thẩm quyền, a\nnội bộ: b", "\xff\nhẹn 17h", "hẹn 17h mai\ntrả lời: x",
	} {
		f.Add(text, wednesday.Unix())
	}
	f.Fuzz(func(t *testing.T, text string, seconds int64) {
		const century = 100 * 365 * 24 * 3600
		now := wednesday.Add(time.Duration(seconds%century) * time.Second)
		o, err := order.Read(text, now, nil)
		if err != nil {
			var why *order.Unclear
			if !errors.As(err, &why) || why.Message == "" || !utf8.ValidString(why.Message) || o != (order.Order{}) {
				t.Fatalf("Read = %+v, %#v", o, err)
			}
			return
		}
		if !utf8.ValidString(o.Text) || strings.TrimSpace(o.Text) != o.Text {
			t.Fatalf("Text = %q", o.Text)
		}
		switch o.Do {
		case connectors.Vow:
			if !o.Due.After(now) || o.Due.Sub(now) > 366*24*time.Hour {
				t.Fatalf("promised by %s at %s", o.Due, now)
			}
			for line := range strings.Lines(o.Text) {
				if below, err := order.Read(line, now, nil); err == nil && (below.Do == connectors.Vow || below.Do == connectors.Remark) {
					t.Fatalf("the citizen would read the order %q", line)
				}
			}
		case connectors.Take:
			if o.Text != "" {
				t.Fatalf("taken with %q", o.Text)
			}
		case connectors.Speak, connectors.Remark, connectors.GiveUp:
			if o.Text == "" || !o.Due.IsZero() {
				t.Fatalf("Read = %+v", o)
			}
		default:
			t.Fatalf("Read = %+v", o)
		}
	})
}

// What a department writes back is an answer, unless its first line is an order.
func ExampleRead() {
	now := time.Date(2026, 11, 18, 9, 30, 0, 0, time.FixedZone("", 7*60*60))
	for _, text := range []string{
		"Dạ, đèn đường đã được sửa sáng nay ạ.",
		"hen 17h thu sau\nĐơn vị đang chờ vật tư.",
		"Chuyển lại: thuộc địa bàn phường Hạc Thành",
		"Hẹn gặp anh/chị ạ",
	} {
		o, err := order.Read(text, now, nil)
		switch {
		case err != nil:
			fmt.Println(err)
		case o.Do == connectors.Vow:
			fmt.Println(o.Do, o.Due.Format("15:04 02/01/2006"), o.Text)
		default:
			fmt.Println(o.Do, o.Text)
		}
	}
	// Output:
	// speak Dạ, đèn đường đã được sửa sáng nay ạ.
	// vow 17:00 20/11/2026 Đơn vị đang chờ vật tư.
	// give_up thuộc địa bàn phường Hạc Thành
	// Dạ, tổng đài thấy chữ “hẹn” nhưng chưa thấy thời hạn. Chưa có gì được gửi cho người dân. Xin viết rõ thời hạn, ví dụ “hẹn 17h ngày 20/11” hoặc “hẹn 3 ngày làm việc”. Nếu đây là câu trả lời cho người dân, xin bắt đầu bằng “Trả lời:”.
}
