package content

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Plain writes c as text alone, for platforms and readers that show nothing
// else: choices become numbered lines, so that a number typed back picks one
// (see Pick), links show their address, telephone links their number.
func Plain(c Content) string {
	var parts []string
	add := func(part string) {
		if part != "" {
			parts = append(parts, part)
		}
	}
	add(strings.TrimSpace(c.Text))
	add(lines(c.Choices, func(i int, choice Choice) string { return fmt.Sprintf("%d. %s", i+1, choice.Label) }))
	add(lines(c.Links, func(_ int, link Link) string { return plainLink(link) }))
	add(lines(c.Form, func(_ int, field Field) string { return field.Label + ": " + field.Value }))
	if c.Place != nil {
		add(plainPlace(*c.Place))
	}
	add(lines(c.Attachments, func(_ int, a Attachment) string { return "[" + a.Called() + "]" }))
	return strings.Join(parts, "\n\n")
}

// called says what kind of thing is meant where there is no name, or no use for one.
var called = map[AttachmentKind]string{
	File: "Tệp", Picture: "Ảnh", Sticker: "Nhãn dán", Animation: "Ảnh động", Voice: "Tin thoại", Video: "Video",
	Original: "Thư gốc",
}

// Called names a for people, in Vietnamese: "Tệp: don.pdf", "Nhãn dán".
func (a Attachment) Called() string {
	what, ok := called[a.Kind]
	if !ok {
		what = called[File]
	}
	if a.Name == "" || a.Kind == Sticker || a.Kind == Voice {
		return what
	}
	return what + ": " + a.Name
}

func lines[T any](items []T, line func(int, T) string) string {
	written := make([]string, len(items))
	for i, item := range items {
		written[i] = line(i, item)
	}
	return strings.Join(written, "\n")
}

func plainLink(link Link) string {
	target := strings.TrimPrefix(link.URL, "tel:")
	switch {
	case link.Label == "":
		return target
	case strings.Contains(link.Label, target):
		return link.Label
	}
	return link.Label + ": " + target
}

func plainPlace(place Place) string {
	point := fmt.Sprintf("%.5f, %.5f", place.Latitude, place.Longitude)
	if place.Label == "" {
		return "Vị trí: " + point
	}
	return "Vị trí: " + place.Label + " (" + point + ")"
}

// numbers are the words for a choice's number, without diacritics.
var numbers = map[string]int{
	"mot": 1, "nhat": 1, "hai": 2, "nhi": 2, "ba": 3, "bon": 4, "tu": 4, "nam": 5,
	"sau": 6, "bay": 7, "tam": 8, "chin": 9, "muoi": 10,
	"one": 1, "first": 1, "two": 2, "second": 2, "three": 3, "third": 3, "four": 4, "five": 5,
}

// around are the words people put around a number when they pick one.
var around = map[string]bool{
	"so": true, "cau": true, "y": true, "muc": true, "cai": true, "dong": true, "thu": true, "lua": true, "chon": true,
	"phuong": true, "an": true,
	"da": true, "vang": true, "a": true, "nhe": true, "nha": true, "em": true, "toi": true, "minh": true,
	"cho": true, "xin": true, "muon": true, "la": true,
	"number": true, "option": true, "the": true, "please": true, "choice": true,
}

// Pick finds the choice that a reader typed instead of pressing: its label,
// with or without diacritics, or its number in digits or words, alone or with
// the words of politeness around it ("dạ số 2 ạ"). It says false when the text
// could be anything else or could mean two of them.
func Pick(text string, choices []Choice) (Choice, bool) {
	typed := words(text)
	if len(typed) == 0 {
		return Choice{}, false
	}
	if choice, ok := byLabel(text, choices); ok {
		return choice, true
	}
	if strings.HasSuffix(strings.Join(typed, " "), "dau tien") {
		typed = append(typed[:len(typed)-2], "1")
	}
	number := 0
	for _, word := range typed {
		n := numberOf(word)
		switch {
		case n > 0 && number > 0:
			return Choice{}, false
		case n > 0:
			number = n
		case !around[word]:
			return Choice{}, false
		}
	}
	if number == 0 || number > len(choices) {
		return Choice{}, false
	}
	return choices[number-1], true
}

// byLabel finds the one label that reads like text; among labels that differ
// in diacritics only, the one written the same way.
func byLabel(text string, choices []Choice) (Choice, bool) {
	typed := strings.Join(words(text), " ")
	exact := strings.ToLower(norm.NFC.String(strings.TrimSpace(text)))
	var found []Choice
	for _, choice := range choices {
		if strings.ToLower(norm.NFC.String(strings.TrimSpace(choice.Label))) == exact {
			return choice, true
		}
		if strings.Join(words(choice.Label), " ") == typed {
			found = append(found, choice)
		}
	}
	if len(found) != 1 {
		return Choice{}, false
	}
	return found[0], true
}

// numberOf reads digits or a number word; 0 is neither.
func numberOf(word string) int {
	if n, ok := numbers[word]; ok {
		return n
	}
	n := 0
	for _, r := range word {
		if r < '0' || r > '9' || n > 99 {
			return 0
		}
		n = 10*n + int(r-'0')
	}
	return n
}

// words splits text into lower-case words without diacritics or punctuation.
func words(text string) []string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(text)) {
		switch {
		case r == 'đ':
			b.WriteByte('d')
		case unicode.Is(unicode.Mn, r), r == '\u20e3': // a combining mark, the frame of a keycap emoji
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Fields(b.String())
}
