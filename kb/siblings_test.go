package kb_test

import (
	"fmt"
	"regexp"
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

// asksBack is the share of Family from which the shipped bot asks for the place.
const asksBack = 0.6

func TestFamilyIsToldWhenOnlyTheNameIsMissing(t *testing.T) {
	ix := developmentIndex(t)
	for _, tt := range []struct {
		name, question string
		family         string // what IDs of the siblings begin with; empty: no name is missing
	}{
		{"points of vaccination", "các điểm tiêm vắc xin ở đâu", "DVX"},
		{"hotlines", "đường dây nóng phòng chống dịch số nào", "DHL"},
		{"hotlines without marks", "duong day nong huyen", "DHL"},
		{"checkpoints", "chốt kiểm soát đặt ở đâu", "DCH"},
		{"a town that is not named", "đường dây nóng của thị xã", "DHL"},
		{"a city that is not named", "hotline chống dịch thành phố số mấy", "DHL"},
		{"two places", "đường dây nóng huyện Hà Trung và huyện Nga Sơn", "DHL"},
		{"the place is named", "điểm tiêm vắc xin hoằng hóa", ""},
		{"the place is named without marks", "duong day nong tp thanh hoa", ""},
		{"a town is named by its name alone", "Bỉm Sơn có đường dây nóng covid không", ""},
		{"a place is named in a story", "Nhà tôi có năm người, hai đứa con còn nhỏ, chồng thì đi làm xa, mấy tháng nay kinh tế khó khăn lắm. " +
			"Nay cho hỏi hotline chống dịch huyện Đông Sơn số mấy.", ""},
		{"another entry answers", "đăng ký tiêm vắc xin ở đâu", ""},
		{"an officer no entry knows", "số điện thoại chủ tịch huyện", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := first(t, ix, tt.question)
			asked := h.Family >= asksBack
			if asked != (tt.family != "") || asked && !strings.HasPrefix(string(h.Entry.ID), tt.family) {
				t.Errorf("%s with %.2f, family %.2f", h.Entry.ID, h.Confidence, h.Family)
			}
			if asked && h.Confidence >= spoken {
				t.Errorf("%s is answered with %.2f", h.Entry.ID, h.Confidence)
			}
		})
	}
}

func TestSiblingsNextToTheFirstHitTakeTheirShare(t *testing.T) {
	hits, err := developmentIndex(t).Search(t.Context(), "tiem vac xin o dau", 3)
	if err != nil {
		t.Fatal(err)
	}
	if hits[0].Entry.ID != "D402" || hits[0].Confidence+hits[1].Family < 0.4 || !strings.HasPrefix(string(hits[1].Entry.ID), "DVX") {
		t.Errorf("%s with %.2f, then %s with family %.2f; want D402 or the points of vaccination",
			hits[0].Entry.ID, hits[0].Confidence, hits[1].Entry.ID, hits[1].Family)
	}
}

// TestPlaceIsAskedForWhereItIsMissing takes the names out of the questions that name a
// place, and looks for questions that do not want to be asked for one.
func TestPlaceIsAskedForWhereItIsMissing(t *testing.T) {
	ix := developmentIndex(t)
	names := placeNames(t)
	missing, told, needless, all := 0, 0, 0, 0
	for _, q := range loadQuestions(t) {
		all++
		if h := first(t, ix, q.Text); h.Confidence < spoken && h.Family >= asksBack {
			needless++
			t.Logf("asks for the place in %q", q.Text)
		}
		if q.Noise != "place" {
			continue
		}
		nameless, ok := withoutName(names, q)
		if !ok {
			continue
		}
		missing++
		if h := first(t, ix, nameless); h.Family >= asksBack {
			told++
		}
	}
	t.Logf("place told to be missing in %d of %d; asked for in %d of all %d", told, missing, needless, all)
	if missing < 40 || told*10 < missing*3 || needless > 8 {
		t.Errorf("place told to be missing in %d of %d; asked for in %d of all %d", told, missing, needless, all)
	}
}

// withoutName takes the name of its place out of a question that spells it.
func withoutName(names map[kb.EntryID]string, q eval.Question) (string, bool) {
	for _, id := range q.Right {
		name := names[id]
		if i := strings.Index(strings.ToLower(q.Text), name); name != "" && i >= 0 {
			return q.Text[:i] + q.Text[i+len(name):], true
		}
	}
	return "", false
}

var ofPlace = regexp.MustCompile(`(?:thành phố|thị xã|huyện) (\p{Lu}\pL+ \p{Lu}\pL+)`)

// placeNames gives the places of the development entries in small letters.
func placeNames(t *testing.T) map[kb.EntryID]string {
	t.Helper()
	entries, err := eval.LoadEntries("testdata/kb.csv")
	if err != nil {
		t.Fatal(err)
	}
	names := map[kb.EntryID]string{}
	for _, e := range entries {
		if m := ofPlace.FindStringSubmatch(e.Question); m != nil {
			names[e.ID] = strings.ToLower(m[1])
		}
	}
	return names
}
