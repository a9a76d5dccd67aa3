package vi_test

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"

	"tongdai/kb/vi"
)

func TestRestorePutsMarksBack(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"all marks left out", "dang ky khai sinh o dau", "đăng ký khai sinh ở đâu"},
		{"neighbours decide", "tiem vac xin mui 2", "tiêm vắc xin mũi 2"},
		{"some marks left out", "giấy xac nhan cach ly", "giấy xác nhận cách ly"},
		{"what has its marks stays", "tiếm chủng", "tiếm chủng"},
		{"foreign words and numbers stay", "hotline f0 1022 zalo", "hotline f0 1022 zalo"},
		{"nothing", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.Join(vi.Restore(vi.Texts(tt.in)), " "); got != tt.want {
				t.Errorf("%q was read as %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

// TestRestoreOnQuestionsOfCitizens measures the share of syllables that come back
// right on questions that were not counted, typed with all their marks.
func TestRestoreOnQuestionsOfCitizens(t *testing.T) {
	f, err := os.Open("../testdata/queries.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	right, all := 0, 0
	for _, row := range rows {
		if row[2] != "clean" {
			continue
		}
		want := vi.Texts(row[0])
		if !slices.ContainsFunc(want, vi.Marked) {
			continue
		}
		typed := make([]string, len(want))
		for i, w := range want {
			typed[i] = vi.Fold(w)
		}
		for i, w := range vi.Restore(typed) {
			if !vi.Syllable(want[i]) {
				continue
			}
			all++
			if w == want[i] {
				right++
			}
		}
	}
	share := float64(right) / float64(all)
	t.Logf("%.3f of %d syllables come back", share, all)
	if share < 0.88 {
		t.Errorf("only %.3f of %d syllables come back right", share, all)
	}
}

func TestReadingsComeCommonestFirst(t *testing.T) {
	if got := vi.Readings("khong"); len(got) == 0 || got[0] != "không" {
		t.Errorf("khong reads %q", got)
	}
	if got := vi.Readings("hotline"); got != nil {
		t.Errorf("hotline reads %q", got)
	}
	if !vi.Common("tiêm") || vi.Common("tịm") {
		t.Error("tiêm stands in texts, tịm does not")
	}
}
