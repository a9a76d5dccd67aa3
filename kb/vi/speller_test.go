package vi_test

import (
	"slices"
	"strings"
	"testing"

	"tongdai/kb/vi"
)

func TestSpellerFindsWhatWasMeant(t *testing.T) {
	s := vi.NewSpeller(slices.Values(vi.Texts("tiêm chủng sông hộ khẩu đăng ký khai sinh huyện kiểm tra tiềm năng")))
	for _, tt := range []struct {
		name, typed, want string
		slip              vi.Slip
	}{
		{"the word itself", "tiêm", "tiêm", vi.Exact},
		{"marks left out", "huyen", "huyện", vi.Unmarked},
		{"another tone", "chúng", "chủng", vi.OtherMarks},
		{"hỏi for ngã", "kiễm", "kiểm", vi.OtherMarks},
		{"spelled by ear", "xông", "sông", vi.ByEar},
		{"spelled by ear at the end", "khai xin", "sinh", vi.ByEar},
		{"two letters swapped", "hueyn", "huyện", vi.Finger},
		{"a letter too many", "khaiu", "khai", vi.Finger},
		{"a letter missing", "đăg", "đăng", vi.Finger},
		{"a wrong letter", "kiwm", "kiểm", vi.Finger},
	} {
		t.Run(tt.name, func(t *testing.T) {
			words := strings.Fields(tt.typed)
			got := s.Repairs(words[len(words)-1])
			if !slices.Contains(got, vi.Repair{Word: tt.want, Slip: tt.slip}) {
				t.Errorf("%q may stand for %v, want %q", tt.typed, got, tt.want)
			}
		})
	}
	if got := s.Repairs("tiem"); len(got) < 2 || got[0].Slip != vi.Unmarked || got[1].Slip != vi.Unmarked {
		t.Errorf("tiem may stand for %v, want tiêm and tiềm first", got)
	}
	for _, nothing := range []string{"", "xyz", "ạ", strings.Repeat("ng", 40)} {
		if got := s.Repairs(nothing); len(got) != 0 {
			t.Errorf("%q may stand for %v", nothing, got)
		}
	}
	if got := new(vi.Speller).Repairs("tiêm"); got != nil {
		t.Errorf("no vocabulary, yet %v", got)
	}
}
