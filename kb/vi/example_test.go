package vi_test

import (
	"fmt"
	"slices"
	"strings"

	"tongdai/kb/vi"
)

// A question as somebody types it becomes words that can be looked up: what the
// vocabulary has is taken as it stands, and guessing begins where nothing makes sense.
func Example() {
	vocabulary := vi.NewSpeller(slices.Values(vi.Texts("đăng ký khai sinh cho trẻ em ở đâu được không")))
	knows := func(word string) bool {
		found := vocabulary.Repairs(word)
		return len(found) > 0 && found[0].Slip <= vi.Unmarked
	}
	for _, word := range vi.Texts("Dkí khai siinh chotre dduwowcj k, HOÀ Bình") {
		word = vi.CollapseRepeats(word)
		meant := []string{word}
		if !knows(word) {
			if s, ok := vi.Telex(word); ok {
				meant = []string{s}
			} else if readings := vi.Chat(word); readings != nil {
				meant = readings[0]
			} else if single := vi.Undouble(word); single != word && knows(single) {
				meant = []string{single}
			} else if pieces := vi.Split(word, knows); pieces != nil {
				meant = pieces
			}
		}
		fmt.Printf("%s: %s\n", word, strings.Join(meant, " "))
	}
	// Output:
	// dkí: đăng ký
	// khai: khai
	// siinh: sinh
	// chotre: cho tre
	// dduwowcj: được
	// k: không
	// hòa: hòa
	// bình: bình
}

func ExampleWords() {
	text := "Hoà giải ở đâu?"
	for _, w := range vi.Words(text) {
		fmt.Printf("%q is written as %q\n", w.Text, text[w.Start:w.End])
	}
	// Output:
	// "hòa" is written as "Hoà"
	// "giải" is written as "giải"
	// "ở" is written as "ở"
	// "đâu" is written as "đâu"
}

func ExampleFold() {
	fmt.Println(vi.Fold("Đăng ký ở Đắk Lắk"))
	// Output: dang ky o dak lak
}

func ExampleLegacy() {
	for _, text := range []string{"ñaêng kyù khai sinh", "®¨ng ký khai sinh", "Đăng ký khai sinh"} {
		fixed, from := vi.Legacy(text)
		fmt.Printf("%s (%v)\n", fixed, from)
	}
	// Output:
	// đăng ký khai sinh (VNI)
	// đăng ký khai sinh (TCVN3 (ABC))
	// Đăng ký khai sinh (Unicode)
}

// A cell is too little to judge by. All cells of a sheet together are enough.
func ExampleGuess() {
	cells := []string{"Soá", "Teân ñôn vò", "Ñòa chæ"}
	from, _ := vi.Guess(strings.Join(cells, "\n"))
	for _, cell := range cells {
		fmt.Println(from.Decode(cell))
	}
	// Output:
	// Số
	// Tên đơn vị
	// Địa chỉ
}

func ExampleRestore() {
	fmt.Println(strings.Join(vi.Restore(vi.Texts("giay xac nhan cach ly lay o dau")), " "))
	// Output: giấy xác nhận cách ly lấy ở đâu
}

func ExampleSound() {
	for _, word := range []string{"xông", "sông", "trong", "chong"} {
		fmt.Print(vi.Sound(vi.Fold(word)), " ")
	}
	// Output: xon xon chon chon
}

func ExampleSpeller() {
	s := vi.NewSpeller(slices.Values(vi.Texts("tiêm chủng huyện sông")))
	for _, typed := range []string{"tiem", "xông", "hueyn"} {
		fmt.Println(typed, s.Repairs(typed)[0].Word)
	}
	// Output:
	// tiem tiêm
	// xông sông
	// hueyn huyện
}

func ExamplePhrases() {
	var p vi.Phrases
	p.Add("khai sinh", 1)
	p.Add("giấy khai sinh", 1)
	var words []vi.Form
	for _, w := range vi.Texts("làm giay khai sinh") {
		words = append(words, vi.FormOf(w))
	}
	p.Each(words, func(group, from, to int) { fmt.Println(group, words[from].Text, to-from) })
	// Output:
	// 1 giay 3
	// 1 khai 2
}
