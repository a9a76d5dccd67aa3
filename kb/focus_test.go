package kb

import (
	"testing"
)

func TestFocusSeesWhatIsAskedFor(t *testing.T) {
	for text, want := range map[string]focus{
		"tiêm mũi 2 ở đâu":                         asksWhere,
		"tiem mui 2 o dau":                         asksWhere,
		"bao lâu thì tiêm mũi 2":                   asksDuration,
		"cách ly bao nhiêu ngày":                   asksDuration,
		"cách ly hết bao nhiêu tiền":               asksAmount,
		"khi nào gỡ rào chắn":                      asksWhen,
		"trình báo với ai":                         asksWho,
		"đường dây nóng của huyện là số nào":       asksNumber,
		"số điện thoại chủ tịch huyện":             asksNumber | asksOfficer,
		"xe khách có hoạt động không":              asksWhether,
		"không đeo khẩu trang bị phạt thế nào":     asksHow,
		"xét nghiệm ở đâu và giá bao nhiêu":        asksWhere | asksAmount,
		"chích ngừa xong đau tay":                  asksNothing,
		"chich ngua xong dau tay":                  asksNothing,
		"cách ly tại nhà":                          asksNothing,
		"tăng giá":                                 asksNothing,
		"":                                         asksNothing,
		"đi từ Hà Nội về cần những giấy tờ gì vậy": asksPapers,
	} {
		if got := focusOf(formsOf(text)); got != want {
			t.Errorf("%q asks for %b, want %b", text, got, want)
		}
	}
}

func TestFocusClashesOnlyWhereNoAnswerIsPossible(t *testing.T) {
	for _, tt := range []struct {
		name        string
		asked, told focus
		want        bool
	}{
		{"where is not answered by how long", asksWhere, asksDuration, true},
		{"where may be answered by how", asksWhere, asksHow, false},
		{"one of two questions answered is enough", asksWhere | asksAmount, asksAmount, false},
		{"when is not answered by a price", asksWhen, asksAmount, true},
		{"an unknown question clashes with nothing", asksNothing, asksAmount, false},
		{"an unknown entry clashes with nothing", asksWhere, asksNothing, false},
		{"whether may be answered by anything", asksWhether, asksNumber, false},
		{"an officer is not answered by a hotline", asksNumber | asksOfficer, asksNumber, true},
		{"an officer is answered by an officer", asksNumber | asksOfficer, asksNumber | asksOfficer, false},
		{"an officer is asked for in no other way", asksOfficer, asksNumber, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.told.clashes(tt.asked.wants()); got != tt.want {
				t.Errorf("clash: %t, want %t", got, tt.want)
			}
		})
	}
}
