package content_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"tongdai/connectors/content"
)

func TestSplit(t *testing.T) {
	tests := []struct {
		name  string
		text  string
		limit int
		want  []string
	}{
		{"nothing makes no piece", " \n ", 10, nil},
		{"what fits stays whole", "Xin chào", 8, []string{"Xin chào"}},
		{"no limit", strings.Repeat("a ", 50) + "a", 0, []string{strings.Repeat("a ", 50) + "a"}},
		{"between words", "một hai ba bốn", 8, []string{"một hai", "ba bốn"}},
		{"a word that ends at the limit", "một hai ba", 7, []string{"một hai", "ba"}},
		{"at the end of a sentence rather than of a word", "Một hai. Ba bốn", 12, []string{"Một hai.", "Ba bốn"}},
		{"at the end of a line rather than of a sentence", "Một hai\nba. bốn năm", 13, []string{"Một hai", "ba. bốn năm"}},
		{"at the end of a paragraph rather than of a line", "Một hai\n\nba\nbốn năm", 13, []string{"Một hai", "ba\nbốn năm"}},
		{"a sentence that leaves the piece too empty is no place", "A. Một hai ba bốn năm", 16, []string{"A. Một hai ba", "bốn năm"}},
		{"a word without end", "aaaaaaaaaa", 4, []string{"aaaa", "aaaa", "aa"}},
		{"letters keep their marks", "aê\u0301ê\u0301", 2, []string{"a", "ê\u0301", "ê\u0301"}},
		{"an emoji of several characters stays whole", "abc👨‍👩‍👧d", 6, []string{"abc", "👨‍👩‍👧d"}},
		{"flags stay whole", "🇻🇳🇻🇳🇻🇳", 3, []string{"🇻🇳", "🇻🇳", "🇻🇳"}},
		{"an emoji longer than the limit is cut", "👨‍👩‍👧", 2, []string{"👨\u200d", "👩\u200d", "👧"}},
		{"numbers with a fixed space stay together", "gọi 1022\u00a0119", 10, []string{"gọi", "1022\u00a0119"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := content.Split(tt.text, tt.limit)
			if !slices.Equal(got, tt.want) {
				t.Errorf("Split(%q, %d) = %q, want %q", tt.text, tt.limit, got, tt.want)
			}
		})
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("Kính gửi anh/chị.\n\nHồ sơ đã nhận.", 10)
	f.Add("👨‍👩‍👧🇻🇳e\u0301\xff", 2)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		pieces := content.Split(text, limit)
		for _, piece := range pieces {
			if limit > 0 && utf8.RuneCountInString(piece) > limit {
				t.Errorf("Split(%q, %d) makes %q, %d characters", text, limit, piece, utf8.RuneCountInString(piece))
			}
			if strings.TrimSpace(piece) == "" {
				t.Errorf("Split(%q, %d) makes an empty piece", text, limit)
			}
		}
		if got, want := spaceless(strings.Join(pieces, "")), spaceless(text); got != want {
			t.Errorf("Split(%q, %d) leaves %q", text, limit, got)
		}
	})
}

// spaceless is s without white space, its broken bytes as runes show them.
func spaceless(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}
