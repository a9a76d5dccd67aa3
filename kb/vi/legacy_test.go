package vi_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"tongdai/kb/vi"
)

// vietnameseLetters are the 67 small letters that ASCII does not have; with their
// capitals they are the 134 that TCVN 6909:2001 lists as composed characters.
const vietnameseLetters = "àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵ"

var sampleTexts = []string{
	"Đăng ký khai sinh cho trẻ em tại Ủy ban nhân dân xã, phường, thị trấn cần những giấy tờ gì?",
	"Tôi ở thôn Đông, xã Hoằng Ngọc. Muốn hỏi về hỗ trợ người lao động mất việc do dịch bệnh.",
	"Sở Giao thông vận tải trả lời: thời hạn giải quyết là 05 ngày làm việc, kể từ ngày nhận đủ hồ sơ hợp lệ.",
	"Người dân gọi tổng đài 1022 để được hướng dẫn; phản ánh ý kiến, khiếu nại đều được ghi nhận và chuyển tới đơn vị phụ trách.",
}

var legacyEncodings = []vi.Encoding{vi.NFD, vi.VNIWindows, vi.TCVN3, vi.Windows1258, vi.VIQR, vi.Mojibake}

func TestEveryLetterSurvivesEveryEncoding(t *testing.T) {
	if n := utf8.RuneCountInString(vietnameseLetters); n != 67 {
		t.Fatalf("%d letters, the alphabet has 67 beyond ASCII", n)
	}
	for _, e := range legacyEncodings {
		for _, small := range vietnameseLetters {
			for _, r := range []rune{small, unicode.ToUpper(small)} {
				want := string(r)
				if e == vi.TCVN3 && r != small && !strings.ContainsRune("ĂÂĐÊÔƠƯ", r) {
					want = "CH" + want + "NG" // the capital exists in the capital font alone
				}
				if e == vi.VIQR {
					want += "n" // at the end of a text a dot would be a dot
				}
				written := e.Encode(want)
				if e != vi.NFD && e != vi.Mojibake && strings.ContainsFunc(written, func(r rune) bool { return r > 0xFF }) {
					t.Errorf("%v has no spelling for %q", e, r)
				}
				if got := e.Decode(written); got != want {
					t.Errorf("%v: %q came back from %q as %q", e, want, written, got)
				}
			}
		}
	}
}

func TestTextsAreRecognisedAndRestored(t *testing.T) {
	for _, e := range legacyEncodings {
		for _, want := range sampleTexts {
			written := e.Encode(want)
			if e == vi.TCVN3 {
				want = e.Decode(written) // the first letter of "Ủy" was lost when it was written
				if vi.Normalize(want) != vi.Normalize(sampleTexts[0]) && strings.HasPrefix(want, "Đăng") {
					t.Errorf("TCVN3 gave %q", want)
				}
			}
			got, from := vi.Legacy(written)
			if from != e || got != want {
				t.Errorf("%v: %q was read as %v: %q", e, written, from, got)
			}
			if _, sure := vi.Guess(written); sure < 0.8 {
				t.Errorf("%v: only %.2f sure of %q", e, sure, written)
			}
		}
	}
}

func TestTextsAsOldSheetsHaveThem(t *testing.T) {
	for _, tt := range []struct {
		name, in, want string
		from           vi.Encoding
	}{
		{"VNI", "ñaêng kyù khai sinh", "đăng ký khai sinh", vi.VNIWindows},
		{"VNI, a heading", "Hoï vaø teân", "Họ và tên", vi.VNIWindows},
		{"VNI, capitals", "COÄNG HOØA XAÕ HOÄI CHUÛ NGHÓA VIEÄT NAM", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", vi.VNIWindows},
		{"VNI, capitals with small marks", "Ñieän thoaïi: Aân, UBND", "Điện thoại: Ân, UBND", vi.VNIWindows},
		{"VNI, one word", "Teân", "Tên", vi.VNIWindows},
		{"VNI, abbreviations", "Quyeát ñònh soá 12/QÑ-UBND", "Quyết định số 12/QĐ-UBND", vi.VNIWindows},
		{"TCVN3", "®¨ng ký khai sinh ®óng h¹n", "đăng ký khai sinh đúng hạn", vi.TCVN3},
		{"TCVN3, words that are the same in Unicode", "®¨ng ký", "đăng ký", vi.TCVN3},
		{"TCVN3, capitals by font", "CéNG HßA X· HéI CHñ NGHÜA VIÖT NAM", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", vi.TCVN3},
		{"TCVN3, a name", "Së Th«ng tin vµ TruyÒn th«ng tØnh Hµ Nam", "Sở Thông tin và Truyền thông tỉnh Hà Nam", vi.TCVN3},
		{"TCVN3, soft hyphens are ư", "Th\u00adêng trùc §¶ng ñy", "Thường trực Đảng ủy", vi.TCVN3},
		{"windows-1258", "Ðãng kyì tiêìng Viêòt", "Đăng ký tiếng Việt", vi.Windows1258},
		{"windows-1258 that was decoded, yet not composed", "Tiê\u0301ng Viê\u0323t", "Tiếng Việt", vi.NFD},
		{"VIQR", "Ddu+o+`ng na`y ddi dda^u? To^i muo^'n ho?i.", "Đường này đi đâu? Tôi muốn hỏi.", vi.VIQR},
		{"VIQR, dots that are no tones", "Ddu+o+.c ro^`i... xem https://a.gov.vn nhe'. Kho^ng ho+.p le^..", "Được rồi... xem https://a.gov.vn nhé. Không hợp lệ.", vi.VIQR},
		{"UTF-8 read as windows-1252", "Ä‘Äƒng kÃ½ khai sinh", "đăng ký khai sinh", vi.Mojibake},
		{"NFD", norm.NFD.String("Hưởng trợ cấp"), "Hưởng trợ cấp", vi.NFD},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, from := vi.Legacy(tt.in); got != tt.want || from != tt.from {
				t.Errorf("%q gives %v %q, want %v %q", tt.in, from, got, tt.from, tt.want)
			}
		})
	}
}

func TestOtherTextsStayAsTheyAre(t *testing.T) {
	for _, text := range append([]string{
		"", "chào bác, tôi là Hà", "cô ý có mã không", "hà nôi là thu đô", "quê tôi ở xã Hà Lĩnh, số 5 §2",
		"Đã ký hợp đồng với công ty Ñandú và Müller", "la là lá lả", "soá", "ý kiến", "tôt", "môt côt tôt", "môt hai côt tôt hôt rôt",
		"The café's résumé, naïve as ever, cost £5 (≈ 6 €)…", "© 2021 Société Générale®, tous droits réservés",
		"où est l'hôtel ? là-bas, voilà", "Thaï", "Où", "Übergröße für schöne Mädchen", "El niño mañana comió piñas", "não há informações, João",
		"10 µm · 5 N·m · 3 m² · ½ · 20 °C", "« oui »", "f(x) = a^2 + b^2, O(n+m)", "I'm sure you're e.g. here, a.m. or p.m.",
		"C:\\dd\\data a+b (a^b)", "https://1022.example.vn/a?b=c&d=e+f", "日本語 русский العربية", "😷🙏",
		"Xin chào Ñ ®¨ng", "ok ạ ®", "Crème brûlée à la Ñaêng",
	}, sampleTexts...) {
		if got, from := vi.Legacy(text); got != text || from != vi.Unicode {
			t.Errorf("%q was taken for %v and became %q", text, from, got)
		}
	}
}

func TestASheetIsJudgedAsAWholeAndDecodedCellByCell(t *testing.T) {
	cells := []string{"Soá", "Hoà Bình", "Ñôn vò phuï traùch", "Ghi chuù", "QÑ", "ok"}
	from, sure := vi.Guess(strings.Join(cells, "\n"))
	if from != vi.VNIWindows || sure < 0.6 {
		t.Fatalf("guessed %v, %.2f sure", from, sure)
	}
	for i, want := range []string{"Số", "Hoà Bình", "Đơn vị phụ trách", "Ghi chú", "QĐ", "ok"} {
		if i == 1 {
			continue // what is not VNI has no reading that is right
		}
		if got := from.Decode(cells[i]); got != want {
			t.Errorf("%q became %q, want %q", cells[i], got, want)
		}
	}
	if got := from.Decode("Đơn vị: hoà"); got != "Đơn vị: hoà" {
		t.Errorf("a cell in Unicode became %q", got)
	}
}

// publicTexts are the cells of the demo's sheet and the questions of citizens, of all
// lengths and with all their mistakes.
func publicTexts(t *testing.T) (texts []string) {
	t.Helper()
	for file, columns := range map[string]int{"../../configs/demo/entries.csv": 6, "../testdata/queries.csv": 1} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows[1:] {
			for _, cell := range row[:columns] {
				texts = append(texts, norm.NFC.String(cell))
			}
		}
	}
	return texts
}

func TestTextsOfThePublicInUnicodeAreNeverTouched(t *testing.T) {
	for _, text := range publicTexts(t) {
		inLatin1 := slices.DeleteFunc(strings.Fields(text), func(word string) bool {
			return strings.ContainsFunc(word, func(r rune) bool { return r > 0xFF })
		})
		for _, variant := range []string{text, vi.Fold(text), strings.Join(inLatin1, " "), onlyHats(text)} {
			if got, from := vi.Legacy(variant); from != vi.Unicode || got != variant {
				t.Errorf("%q was taken for %v and became %q", variant, from, got)
			}
		}
	}
}

// onlyHats leaves the marks that French has as well.
func onlyHats(text string) string {
	stripped := strings.Map(func(r rune) rune {
		if strings.ContainsRune("\u0300\u0301\u0303\u0306\u0309\u031B\u0323", r) {
			return -1
		}
		return r
	}, norm.NFD.String(text))
	return norm.NFC.String(strings.NewReplacer("đ", "d", "Đ", "D").Replace(stripped))
}

func TestTextsOfThePublicComeBackFromOldEncodings(t *testing.T) {
	for e, least := range map[vi.Encoding]float64{
		vi.NFD: 1, vi.VNIWindows: 0.97, vi.TCVN3: 0.97, vi.Windows1258: 0.94, vi.VIQR: 0.84, vi.Mojibake: 0.94,
	} {
		all, restored := 0, 0
		for _, text := range publicTexts(t) {
			written := e.Encode(text)
			if written == text {
				continue
			}
			all++
			got, from := vi.Legacy(written)
			switch {
			case from == e && strings.EqualFold(got, text): // TCVN3 loses capitals
				restored++
			case from != e && got != written:
				t.Errorf("%v: %q was taken for %v and became %q", e, written, from, got)
			}
		}
		share := float64(restored) / float64(all)
		t.Logf("%v: %.3f of %d texts", e, share, all)
		if share < least {
			t.Errorf("%v: only %.3f of %d texts come back, at least %.2f did", e, share, all, least)
		}
	}
}

func FuzzLegacy(f *testing.F) {
	for _, e := range legacyEncodings {
		for _, text := range sampleTexts {
			f.Add(e.Encode(text))
		}
	}
	f.Add("Tiê\u0301ng ñaêng kyù")
	f.Fuzz(func(t *testing.T, text string) {
		once, from := vi.Legacy(text)
		if from == vi.Unicode && once != text {
			t.Errorf("%q became %q without a reason", text, once)
		}
		if utf8.ValidString(text) && !utf8.ValidString(once) {
			t.Errorf("%q became %q, not UTF-8", text, once)
		}
		if twice, again := vi.Legacy(once); twice != once || again != vi.Unicode {
			t.Errorf("%q became %q (%v), then %q (%v)", text, once, from, twice, again)
		}
		for _, e := range legacyEncodings {
			if !utf8.ValidString(text) {
				continue
			}
			if decoded := e.Decode(text); !utf8.ValidString(decoded) {
				t.Errorf("%v decodes %q to %q, not UTF-8", e, text, decoded)
			}
		}
	})
}
