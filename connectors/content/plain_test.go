package content_test

import (
	"testing"

	"tongdai/connectors/content"
)

func TestPlain(t *testing.T) {
	tests := []struct {
		name string
		in   content.Content
		want string
	}{
		{"nothing said is empty", content.Content{}, ""},
		{"choices become numbered lines", content.Content{
			Text:    "Anh/chị hỏi về:",
			Choices: []content.Choice{{Label: "Tiêm mũi 3", Value: "a"}, {Label: "Tiêm cho trẻ em", Value: "b"}},
		}, "Anh/chị hỏi về:\n\n1. Tiêm mũi 3\n2. Tiêm cho trẻ em"},
		{"links show where they lead and numbers to call are bare", content.Content{
			Links: []content.Link{{Label: "Cổng dịch vụ công", URL: "https://dvc.example.vn"}, {Label: "Gọi 115", URL: "tel:115"}, {URL: "tel:1022"}},
		}, "Cổng dịch vụ công: https://dvc.example.vn\nGọi 115\n1022"},
		{"files, places and forms are named", content.Content{
			Text:        "Đây ạ",
			Form:        []content.Field{{Name: "phone", Label: "Số điện thoại", Value: "0912 000 000"}},
			Place:       &content.Place{Latitude: 11.75, Longitude: 106.72, Label: "Chợ Đồng Xoài"},
			Attachments: []content.Attachment{{Name: "don.pdf"}, {Kind: content.Picture, Name: "anh.jpg"}, {Kind: content.Sticker, Name: "46981.png"}, {Kind: content.Voice}, {Kind: "hologram"}},
		}, "Đây ạ\n\nSố điện thoại: 0912 000 000\n\nVị trí: Chợ Đồng Xoài (11.75000, 106.72000)\n\n[Tệp: don.pdf]\n[Ảnh: anh.jpg]\n[Nhãn dán]\n[Tin thoại]\n[Tệp]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := content.Plain(tt.in); got != tt.want {
				t.Errorf("Plain =\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestPick(t *testing.T) {
	choices := []content.Choice{
		{Label: "Tiêm mũi 3 ở đâu?", Value: "where"},
		{Label: "Đăng ký tiêm", Value: "register"},
		{Label: "Không phải những điều trên", Value: "none"},
	}
	tests := []struct{ name, text, want string }{
		{"a bare number", "2", "register"},
		{"a number with a full stop", "2.", "register"},
		{"a number word", "hai", "register"},
		{"số and a number", "số 2", "register"},
		{"without diacritics", "so hai", "register"},
		{"politeness around the number", "Dạ em chọn số 2 ạ!", "register"},
		{"the first", "cái đầu tiên", "where"},
		{"thứ nhất", "thứ nhất", "where"},
		{"a keycap emoji", "3️⃣", "none"},
		{"full-width digits", "１", "where"},
		{"the label", "Đăng ký tiêm", "register"},
		{"the label without diacritics", "dang ky tiem", "register"},
		{"the label without its question mark", "tiêm mũi 3 ở đâu", "where"},
		{"a number too large", "4", ""},
		{"zero", "0", ""},
		{"two numbers", "1 2", ""},
		{"a sentence that holds a number", "nhà tôi có 2 người sốt", ""},
		{"only politeness", "dạ vâng ạ", ""},
		{"nothing", "  ", ""},
		{"an endless number", "99999999999999999999999", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := content.Pick(tt.text, choices)
			if got.Value != tt.want || ok != (tt.want != "") {
				t.Errorf("Pick(%q) = %q, %v, want %q", tt.text, got.Value, ok, tt.want)
			}
		})
	}
	t.Run("labels that differ in diacritics only", func(t *testing.T) {
		pair := []content.Choice{{Label: "Nam", Value: "male"}, {Label: "Năm", Value: "year"}}
		if got, ok := content.Pick("năm", pair); !ok || got.Value != "year" {
			t.Errorf("Pick(năm) = %q, %v, want year", got.Value, ok)
		}
		if got, ok := content.Pick("NAM", pair); !ok || got.Value != "male" {
			t.Errorf("Pick(NAM) = %q, %v, want male", got.Value, ok)
		}
	})
}

func FuzzPick(f *testing.F) {
	f.Add("số 2 ạ")
	f.Add("\xff 1️⃣")
	choices := []content.Choice{{Label: "Một", Value: "1"}, {Label: "Hai", Value: "2"}}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := content.Pick(text, choices)
		if ok != (got.Value != "") {
			t.Errorf("Pick(%q) = %+v, %v", text, got, ok)
		}
	})
}
