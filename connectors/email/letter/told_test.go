package letter

import "testing"

func TestWhatBecameOfALetterIsToldInVietnamese(t *testing.T) {
	for _, c := range []struct {
		outcome Outcome
		want    string
	}{
		{Outcome{Address: "a@b.vn", Action: "failed", Status: "5.1.2"}, "Thư không tới được a@b.vn: không có máy chủ thư cho tên miền này."},
		{Outcome{Address: "a@b.vn", Action: "failed", Status: "5.1.99"}, "Thư không tới được a@b.vn: địa chỉ không nhận được thư."},
		{Outcome{Address: "a@b.vn", Action: "failed", Status: "5.2.99"}, "Thư không tới được a@b.vn: hộp thư không nhận được thư."},
		{Outcome{Address: "a@b.vn", Action: "failed", Status: "5.4.99"}, "Thư không tới được a@b.vn: trục trặc đường truyền giữa các máy chủ."},
		{Outcome{Address: "a@b.vn", Action: "failed", Status: "5.7.99"}, "Thư không tới được a@b.vn: máy chủ bên nhận từ chối thư vì quy định an toàn."},
		{Outcome{Action: "failed", Diagnostic: "554 looks like SPAM"}, "Thư không tới được người nhận: máy chủ bên nhận cho là thư rác."},
		{Outcome{Address: "a@b.vn", Action: "relayed"}, "Thư đã tới máy chủ của a@b.vn."},
	} {
		if got := c.outcome.Words(); got != c.want {
			t.Errorf("%+v is told as %q, want %q", c.outcome, got, c.want)
		}
	}
}

func TestSignaturesAreToldInVietnamese(t *testing.T) {
	whole := Signature{Kind: SMIMESignature, Name: "Nguyễn Thị Bình", Address: "binh@a.vn", Issuer: "Ban Cơ yếu", Intact: true, Whole: true, Trusted: true, Matches: true}
	part, doubtful, nameless := whole, whole, Signature{Kind: SMIMESignature, Intact: true, Whole: true, Trusted: true, Matches: true}
	part.Whole = false
	doubtful.Trusted, doubtful.Matches = false, false
	for _, c := range []struct {
		signature Signature
		want      string
	}{
		{whole, "Thư được ký số bởi Nguyễn Thị Bình <binh@a.vn>, nội dung không bị thay đổi; chứng thư do Ban Cơ yếu cấp."},
		{part, "Một phần của thư được ký số bởi Nguyễn Thị Bình <binh@a.vn>; chứng thư do Ban Cơ yếu cấp."},
		{doubtful, "Thư được ký số bởi Nguyễn Thị Bình <binh@a.vn>, nội dung không bị thay đổi; chứng thư do Ban Cơ yếu cấp, chưa kiểm tra được nguồn gốc chứng thư; chứng thư không mang địa chỉ người gửi thư này."},
		{nameless, "Thư được ký số bởi không rõ tên, nội dung không bị thay đổi."},
		{Signature{Kind: SMIMESignature, Problem: "chữ ký bị hỏng"}, "Thư có chữ ký số nhưng không xác nhận được: chữ ký bị hỏng."},
	} {
		if got := c.signature.Words(); got != c.want {
			t.Errorf("%+v is told as %q, want %q", c.signature, got, c.want)
		}
	}
}
