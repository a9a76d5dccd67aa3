package inbox

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPhoneNumbersHaveOneSpelling(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"as it is dialled", "gọi 0912345678 nhé", "0912345678"},
		{"in groups", "0912 345 678", "0912345678"},
		{"with dots", "091.234.5678", "0912345678"},
		{"from abroad", "+84 912 345 678", "0912345678"},
		{"from abroad with the zero kept", "(+84) 0912-345-678", "0912345678"},
		{"of a house", "0237 3852 246", "02373852246"},
		{"of a service", "1900 1022 hoặc 18001091", "19001022 18001091"},
		{"an identity card is none", "038185001234", ""},
		{"a date and an amount are none", "21/11/2026, 1.500.000đ", ""},
		{"a code is none", "TH-261121-0042", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, n := range phoneNumbers(tt.text) {
				got = append(got, n.number)
			}
			if joined := strings.Join(got, " "); joined != tt.want {
				t.Errorf("%q has %q, want %q", tt.text, joined, tt.want)
			}
		})
	}
}

func TestWhatWasTypedIsUnderstood(t *testing.T) {
	for _, tt := range []struct {
		name, typed, words string
		phrases            int
		prefix             bool
	}{
		{"words", "Tiêm  Chủng", "tiêm chủng", 0, true},
		{"one letter is not begun", "nhà a", "nhà a", 0, false},
		{"a phrase", `"khai sinh" cho con`, "khai sinh cho con", 1, true},
		{"a phrase at the end is finished", `cho con "khai sinh"`, "cho con khai sinh", 1, false},
		{"a phrase that is being typed", `"khai si`, "khai si", 1, true},
		{"one word in quotes is whole", `"khai"`, "khai", 0, false},
		{"typographic quotes", "“khai sinh”", "khai sinh", 1, false},
		{"nothing in quotes", `"" khai ""`, "khai", 0, true},
		{"no words", "?!", "", 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := parseSearch(tt.typed)
			var words []string
			for _, w := range q.words {
				words = append(words, w.Text)
			}
			if got := strings.Join(words, " "); got != tt.words || len(q.phrases) != tt.phrases || q.prefix != tt.prefix {
				t.Errorf("%q is %q, %d phrases, prefix %v", tt.typed, got, len(q.phrases), q.prefix)
			}
		})
	}
}

func TestSnippets(t *testing.T) {
	long := strings.Repeat("lời đầu ", 60)
	for _, tt := range []struct{ name, typed, text, want string }{
		{"the words are marked as they were written", "tiem", "Tiêm mũi 3, tiêm ở đâu?", "[Tiêm] mũi 3, [tiêm] ở đâu?"},
		{"other marks are not, where the right ones are", "bán", "bán cái bàn", "[bán] cái bàn"},
		{"other marks are, where they are all there is", "bạn", "bán cái bàn", "[bán] cái [bàn]"},
		{"only the phrase is", `"cấp giấy"`, "giấy đã cấp, xin cấp giấy", "giấy đã cấp, xin [cấp giấy]"},
		{"lines become one", "hai", "một\n\n\thai\r\nba", "một [hai] ba"},
		{"the place is cut out", "ngập", long + "đường ngập nước " + long, "… đầu lời đầu lời đầu đường [ngập] nước lời"},
		{"the place where most stands together", "mưa ngập", "mưa " + long + "mưa to ngập đường", "… lời đầu lời đầu lời đầu [mưa] to [ngập] đường"},
		{"a code is one", "th-261121-0042", "TH-261121-0042 · Lan", "[TH-261121-0042] · Lan"},
		{"no such words", "tiêm", "không có", ""},
		{"not all of the words", "tiêm mũi", "tiêm thôi", ""},
		{"not one after the other", `"tiêm mũi hai"`, "mũi hai tiêm mũi ba", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			parts, ok := parseSearch(tt.typed).snippet(tt.text)
			got := written(parts)
			if ok != (tt.want != "") || !strings.HasPrefix(got, tt.want) {
				t.Errorf("%q gives %q, want %q", tt.typed, got, tt.want)
			}
			if utf8.RuneCountInString(got) > 400 {
				t.Errorf("it is %d long", len(got))
			}
		})
	}
}

func written(parts []SnippetPart) string {
	var b strings.Builder
	for _, p := range parts {
		if p.Match {
			b.WriteString("[" + p.Text + "]")
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

// Whatever is said is found by being said again, and is shown with a mark.
func FuzzATextFindsItself(f *testing.F) {
	for _, s := range []string{"Tiêm chủng ở đâu", `"cấp giấy" khai sinh`, "+84 912 345 678", "TH-261121-0042", "a\u0301b\u0323", "\xff\x00'\\:*&|!()", "“x y” z", "日本 ﷺ İ", "ởđâu tieem"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q := parseSearch(strings.ToValidUTF8(text, " "))
		terms := searchTerms(text)
		for _, term := range terms {
			if len(term) > 200 || !utf8.ValidString(term) || strings.ContainsAny(term, "\x00 \t\r\n") {
				t.Errorf("a term of %q is %q", text, term)
			}
		}
		if len(q.words) == 0 {
			return
		}
		for _, a := range q.ways() {
			if a.way == byPhone {
				continue // the beginning of a number stands in no text
			}
			for _, group := range a.groups {
				if !slices.ContainsFunc(group, func(want Term) bool {
					return slices.ContainsFunc(terms, func(term string) bool {
						return term == want.Text || want.Prefix && strings.HasPrefix(term, want.Text)
					})
				}) {
					t.Errorf("%q is not found by itself: %+v is none of %q", text, group, terms)
				}
			}
		}
		parts, ok := q.snippet(text)
		if !ok || !slices.ContainsFunc(parts, func(p SnippetPart) bool { return p.Match }) {
			t.Errorf("%q shows %+v, %v", text, parts, ok)
		}
	})
}
