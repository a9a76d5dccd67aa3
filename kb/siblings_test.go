package kb_test

import (
	"fmt"
	"strings"
	"testing"

	"tongdai/kb"
	"tongdai/kb/eval"
)

// sure is the confidence from which a bot would answer without asking back.
const sure = 0.6

func TestEntriesOfPlacesAreToldApartByTheirName(t *testing.T) {
	base, err := eval.LoadEntries("testdata/kb.csv")
	if err != nil {
		t.Fatal(err)
	}
	ix := openIndex(t, base)
	for _, tt := range []struct {
		name, question string
		want           string // words of the entry's question; empty: nobody may be sure
	}{
		{"a place is named", "đường dây nóng chống dịch huyện Hà Trung số mấy", "huyện Hà Trung"},
		{"a place is named without marks", "diem tiem vac xin o quang xuong", "huyện Quảng Xương"},
		{"a place is named in chat", "chốt kiểm soát h. Nga Sơn đặt ở đâu z", "huyện Nga Sơn"},
		{"no place is named", "đường dây nóng phòng chống dịch của huyện là số nào", ""},
		{"no place is named, without marks", "cac diem tiem vac xin covid 19 tai huyen o dau", ""},
		{"a place that nobody has", "các điểm tiêm vắc xin Covid-19 tại huyện Gia Lâm ở đâu", ""},
		{"two places are named", "các chốt kiểm soát dịch trên địa bàn huyện Hà Trung và huyện Nga Sơn đặt ở những vị trí nào", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			hits, err := ix.Search(t.Context(), tt.question, 5)
			if err != nil {
				t.Fatal(err)
			}
			if tt.want != "" && !strings.Contains(hits[0].Entry.Question, tt.want) {
				t.Errorf("first is %q, want that of %s", hits[0].Entry.Question, tt.want)
			}
			for i, h := range hits {
				if h.Confidence >= sure && (tt.want == "" || i > 0) {
					t.Errorf("%q has confidence %.2f", h.Entry.Question, h.Confidence)
				}
			}
			if tt.want != "" && hits[0].Confidence < sure {
				t.Errorf("the named one has confidence %.2f only", hits[0].Confidence)
			}
		})
	}
}

func TestAnyNameTellsSiblingsApart(t *testing.T) {
	var entries []kb.Entry
	for i, school := range []string{"Hồng Đức", "Lê Lợi", "Ba Đình", "Kim Đồng"} {
		entries = append(entries, published(kb.EntryID(fmt.Sprint(i)), "Lịch nghỉ hè của trường "+school+" bắt đầu từ ngày nào?", "Ngày "+fmt.Sprint(i)))
	}
	ix := openIndex(t, append(entries, smallBase()...))
	if hit := first(t, ix, "trường Kim Đồng nghỉ hè từ ngày nào"); hit.Entry.ID != "3" {
		t.Errorf("found %q", hit.Entry.Question)
	}
	if hit := first(t, ix, "lịch nghỉ hè của trường bắt đầu từ ngày nào"); hit.Confidence >= sure {
		t.Errorf("no school is named, yet %q has confidence %.2f", hit.Entry.Question, hit.Confidence)
	}
}
