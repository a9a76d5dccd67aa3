package vi_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"tongdai/kb/vi"
)

func TestWordsOfTextsThatReadersTakeForTheSame(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"capitals", "TIÊM Chủng", []string{"tiêm", "chủng"}},
		{"decomposed Unicode", norm.NFD.String("Tiếp nhận ở đâu"), []string{"tiếp", "nhận", "ở", "đâu"}},
		{"the newer placement of tone marks", "hoà thuỷ khoẻ toà nhà", []string{"hòa", "thủy", "khỏe", "tòa", "nhà"}},
		{"the older placement of tone marks", "hòa thủy khỏe tòa nhà", []string{"hòa", "thủy", "khỏe", "tòa", "nhà"}},
		{"tone marks set on the wrong vowel", "qúy giâý mứơn hoàng", []string{"quý", "giấy", "mướn", "hoàng"}},
		{"qu and gi have swallowed a vowel", "quả già giếng quốc", []string{"quả", "già", "giếng", "quốc"}},
		{"hyphens, digits and emoji", "Covid-19 😷 F0? 1.500.000đ", []string{"covid", "19", "f0", "1", "500", "000đ"}},
		{"nothing", " \t…🙏", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := vi.Texts(tt.in); !slices.Equal(got, tt.want) {
				t.Errorf("Texts(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestWordsPointIntoTheOriginal(t *testing.T) {
	text := norm.NFD.String("Hỏi: ĐƯỜNG, dây?")
	var got []string
	for _, w := range vi.Words(text) {
		got = append(got, norm.NFC.String(text[w.Start:w.End]))
	}
	if want := []string{"Hỏi", "ĐƯỜNG", "dây"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNormalizeKeepsWhatStandsBetweenWords(t *testing.T) {
	if got, want := vi.Normalize("Sở HOÀ bình (24/7)!"), "sở hòa bình (24/7)!"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFold(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"tone marks go and đ becomes d", "Đổi trả giấy tờ ở Đắk Lắk", "doi tra giay to o dak lak"},
		{"decomposed Unicode folds as well", norm.NFD.String("Hưởng"), "huong"},
		{"foreign letters lose their marks", "Señor Müller", "senor muller"},
		{"other scripts stay", "日本 русский", "日本 русскии"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := vi.Fold(tt.in); got != tt.want {
				t.Errorf("Fold(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestAgreesAllowsMarksLeftOutButNoOtherMarks(t *testing.T) {
	for _, tt := range []struct {
		typed, full string
		want        bool
	}{
		{"tiem", "tiêm", true}, {"duoc", "được", true}, {"đuoc", "được", true}, {"dươc", "được", true},
		{"tiếm", "tiêm", false}, {"tiêm", "tiem", false}, {"tim", "tiêm", false}, {"bà", "bá", false},
	} {
		if got := vi.Agrees(tt.typed, tt.full); got != tt.want {
			t.Errorf("Agrees(%q, %q) = %v, want %v", tt.typed, tt.full, got, tt.want)
		}
	}
}

func TestSyllableKnowsSpelling(t *testing.T) {
	for _, w := range strings.Fields("nghiêng quốc giếng khuya ở tiêm được gì ghế kẹt xoong uống yêu oanh quýt") {
		if !vi.Syllable(w) {
			t.Errorf("%q is a syllable", w)
		}
	}
	for _, w := range strings.Fields("tieem ce ngi tiêp được2 ngiêng khôg covid ởđâu qa bl") {
		if vi.Syllable(w) {
			t.Errorf("%q is no syllable", w)
		}
	}
}

func TestKeystrokesLeftRaw(t *testing.T) {
	for _, tt := range []struct {
		name   string
		decode func(string) (string, bool)
		in     string
		want   string // empty: not decoded
	}{
		{"Telex vowels", vi.Telex, "tieem", "tiêm"},
		{"Telex tone at the end", vi.Telex, "huyeenj", "huyện"},
		{"Telex đ and ươ", vi.Telex, "dduwowngf", "đường"},
		{"Telex one w for ươ", vi.Telex, "nuowcs", "nước"},
		{"Telex key typed late", vi.Telex, "tieme", "tiêm"},
		{"Telex mixed with real letters", vi.Telex, "nhâjn", "nhận"},
		{"Telex leaves English alone", vi.Telex, "hotline", ""},
		{"Telex leaves what it does not change", vi.Telex, "tim", ""},
		{"VNI vowels", vi.VNI, "tie6m", "tiêm"},
		{"VNI đ and ươ", vi.VNI, "d9u7o7c5", "được"},
		{"VNI in any order", vi.VNI, "va81c", "vắc"},
		{"VNI leaves codes alone", vi.VNI, "f0", ""},
		{"VNI leaves numbers alone", vi.VNI, "1022", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := tt.decode(tt.in)
			if got != tt.want || ok != (tt.want != "") {
				t.Errorf("%q gives %q, %v; want %q", tt.in, got, ok, tt.want)
			}
		})
	}
}

func TestSplitCutsJoinedWords(t *testing.T) {
	known := func(w string) bool {
		return slices.Contains([]string{"ở", "đâu", "cách", "ly", "cach", "grab"}, w)
	}
	for _, tt := range []struct {
		in   string
		want []string
	}{
		{"ởđâu", []string{"ở", "đâu"}},
		{"cachly", []string{"cach", "ly"}},
		{"gọigrab", []string{"gọi", "grab"}},
		{"xyzt", nil},
	} {
		if got := vi.Split(tt.in, known); !slices.Equal(got, tt.want) {
			t.Errorf("Split(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestSoundJoinsWhatAccentsMixUp(t *testing.T) {
	for _, pair := range [][2]string{{"xe", "se"}, {"tro", "cho"}, {"gio", "do"}, {"vo", "do"}, {"nen", "len"}, {"tan", "tang"}, {"tat", "tac"}, {"ly", "li"}} {
		if vi.Sound(pair[0]) != vi.Sound(pair[1]) {
			t.Errorf("%q and %q sound apart: %q, %q", pair[0], pair[1], vi.Sound(pair[0]), vi.Sound(pair[1]))
		}
	}
	for _, pair := range [][2]string{{"nha", "la"}, {"ta", "tha"}, {"ca", "cha"}} {
		if vi.Sound(pair[0]) == vi.Sound(pair[1]) {
			t.Errorf("%q and %q sound alike: %q", pair[0], pair[1], vi.Sound(pair[0]))
		}
	}
	if !vi.SameEar("kiễm", "kiểm") || vi.SameEar("kiếm", "kiểm") {
		t.Error("hỏi and ngã, and nothing else, are one to the ear")
	}
}

func TestRepeats(t *testing.T) {
	for _, tt := range []struct {
		f        func(string) string
		in, want string
	}{
		{vi.CollapseRepeats, "quáaaa", "quá"}, {vi.CollapseRepeats, "ơiiiii", "ơi"}, {vi.CollapseRepeats, "1000", "1000"},
		{vi.CollapseRepeats, "xoong", "xoong"}, {vi.Undouble, "nàào", "nào"}, {vi.Undouble, "vvắc", "vắc"},
	} {
		if got := tt.f(tt.in); got != tt.want {
			t.Errorf("%q became %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestChatKeepsEveryReading(t *testing.T) {
	if got := vi.Chat("bn"); len(got) < 2 || !slices.Equal(got[0], []string{"bao", "nhiêu"}) {
		t.Errorf("bn reads %q, want bao nhiêu first and others", got)
	}
	if got := vi.Chat("bhyt"); len(got) != 1 || !slices.Equal(got[0], []string{"bảo", "hiểm", "y", "tế"}) {
		t.Errorf("bhyt reads %q", got)
	}
	if got := vi.Chat("tiêm"); got != nil {
		t.Errorf("tiêm reads %q", got)
	}
}

func TestCourtesies(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"around a question", "Dạ cho em hỏi tiêm mũi 3 ở đâu ạ, em cảm ơn nhiều ạ", "tiêm mũi 3 ở đâu"},
		{"typed without marks", "xin chao tong dai tiem o dau", "tiem o dau"},
		{"a mere greeting keeps its words", "xin chào tổng đài", "xin chào tổng đài"},
		{"no courtesy", "tiêm ở đâu", "tiêm ở đâu"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var forms []vi.Form
			for _, w := range vi.Texts(tt.in) {
				forms = append(forms, vi.FormOf(w))
			}
			drop := vi.Courtesies(forms)
			var kept []string
			for i, f := range forms {
				if drop == nil || !drop[i] {
					kept = append(kept, f.Text)
				}
			}
			if got := strings.Join(kept, " "); got != tt.want {
				t.Errorf("%q leaves %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"Đường đi Hoà Bình", "İstanbul ǅ ß", norm.NFD.String("tiếng"), "\xff\xfe", "ﷺ Å K"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := vi.Fold(s)
		if !utf8.ValidString(once) {
			t.Errorf("Fold(%q) is not UTF-8", s)
		}
		if twice := vi.Fold(once); twice != once {
			t.Errorf("Fold(%q) = %q, folded again %q", s, once, twice)
		}
	})
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"Tiêm mũi 3 ở đâu?", "tieem va81c xin", "ởđâu", "\xff", "ngggggg", "a\u0301\u0301\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := vi.Normalize(s)
		if !utf8.ValidString(n) {
			t.Errorf("Normalize(%q) is not UTF-8", s)
		}
		if twice := vi.Normalize(n); twice != n {
			t.Errorf("Normalize(%q) = %q, again %q", s, n, twice)
		}
		words := vi.Words(s)
		if len(words) > vi.MaxWords {
			t.Errorf("%d words", len(words))
		}
		if all := slices.Collect(vi.All(s)); len(words) < vi.MaxWords && !slices.Equal(all, words) {
			t.Errorf("All gives %v, Words %v", all, words)
		}
		if texts := vi.Texts(s); len(texts) < 200 {
			if restored := vi.Restore(texts); len(restored) != len(texts) {
				t.Errorf("%q became %q", texts, restored)
			}
			speller := vi.NewSpeller(slices.Values(texts))
			for _, w := range texts {
				if found := speller.Repairs(w); len(found) == 0 || found[0] != (vi.Repair{Word: w}) {
					t.Errorf("%q is not found in its own vocabulary: %v", w, found)
				}
			}
		}
		for _, w := range words {
			if w.Start < 0 || w.End > len(s) || w.Start >= w.End {
				t.Fatalf("word %q at %d:%d of %d bytes", w.Text, w.Start, w.End, len(s))
			}
			guesses := append(vi.Split(w.Text, func(string) bool { return true }), vi.CollapseRepeats(w.Text), vi.Undouble(w.Text), vi.Sound(vi.Fold(w.Text)))
			for _, decode := range []func(string) (string, bool){vi.Telex, vi.VNI} {
				if got, ok := decode(w.Text); ok && !vi.Syllable(got) {
					t.Errorf("%q was decoded to %q, which is no syllable", w.Text, got)
				}
			}
			for _, g := range append(guesses, w.Text) {
				if !utf8.ValidString(g) {
					t.Errorf("%q gives %q, not UTF-8", w.Text, g)
				}
			}
		}
	})
}

// TestHundredKilobytesAreBounded holds the worst inputs against the promise that
// work is proportional and cut off.
func TestHundredKilobytesAreBounded(t *testing.T) {
	const size = 100_000
	for name, unit := range map[string]string{"one word": "ng", "joined words": "ởđâu", "many words": "a ", "marks": "a\u0301\u0323", "greetings": "xin chào "} {
		words := vi.Words(strings.Repeat(unit, size/len(unit)))
		if len(words) > vi.MaxWords {
			t.Errorf("%s: %d words, at most %d", name, len(words), vi.MaxWords)
		}
		for _, w := range words {
			if len(w.Text) > 2*vi.MaxWordBytes {
				t.Errorf("%s: a word of %d bytes", name, len(w.Text))
			}
		}
	}
}

func BenchmarkWords(b *testing.B) {
	text := strings.Repeat("Người dân đăng ký tiêm vắc xin phòng Covid-19 ở đâu và bằng cách nào? ", 10)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		vi.Words(text)
	}
}

func BenchmarkFold(b *testing.B) {
	text := strings.Repeat("Người dân đăng ký tiêm vắc xin phòng Covid-19 ở đâu và bằng cách nào? ", 10)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		vi.Fold(text)
	}
}

func BenchmarkWordsWorst(b *testing.B) {
	text := strings.Repeat("a\u0323\u0301ng", 20_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		vi.Words(text)
	}
}
