package order

import (
	"strings"
	"unicode"

	"tongdai/kb/vi"
)

// What sets a label off from what follows it.
const (
	colons = ":："
	dashes = "-–—"
)

// letter is what somebody wrote, its first line apart.
type letter struct {
	all   string
	first string
	rest  string
	words []token // of first
	tail  string  // what follows the last of them in first
}

// token is a word or number of a line: "17h30" has three.
type token struct {
	text       string // normalised as by vi.Normalize
	gap        string // what stands before it
	start, end int    // bytes of the line: of the whole word where it has several tokens; end is 0 for all but its last
	capital    bool   // written like a name: "Mai", not "MAI"
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n")

// open cuts text into its lines, without what does not show at either end.
func open(text string) letter {
	l := letter{all: trim(lineEnds.Replace(strings.ToValidUTF8(text, "\uFFFD")))}
	l.first, l.rest, _ = strings.Cut(l.all, "\n")
	l.first = trim(l.first)
	l.words = tokens(l.first)
	l.tail = l.first
	if n := len(l.words); n > 0 {
		l.tail = l.first[l.words[n-1].end:]
	}
	return l
}

func (l letter) blank() bool { return l.all == "" }

// lead is what stands before the first word.
func (l letter) lead() string {
	if len(l.words) == 0 {
		return l.first
	}
	return l.words[0].gap
}

// after is the rest of the first line behind label and the marks that must follow it;
// without marks, whatever follows.
func (l letter) after(label, marks string) (rest string, ok bool) {
	n := count(label)
	if !says(l.words, label) || l.words[n-1].end == 0 {
		return "", false
	}
	rest = trim(l.first[l.words[n-1].end:])
	behind := trim(strings.TrimLeftFunc(rest, func(r rune) bool { return isBlank(r) || strings.ContainsRune(marks, r) }))
	if marks != "" && behind == rest {
		return "", false
	}
	return behind, true
}

// tokens are the words of a line, digits apart from letters.
func tokens(line string) []token {
	var out []token
	before := 0
	for _, w := range vi.Words(line) {
		t := token{gap: line[before:w.Start], start: w.Start, capital: isName(line[w.Start:w.End])}
		for rest := w.Text; rest != ""; t.gap = "" {
			n := len(rest)
			if cut := strings.IndexFunc(rest, func(r rune) bool { return isDigit(r) != isDigit(rune(rest[0])) }); cut > 0 {
				n = cut
			}
			t.text, rest = rest[:n], rest[n:]
			out = append(out, t)
		}
		out[len(out)-1].end = w.End
		before = w.End
	}
	return out
}

func isName(word string) bool {
	return strings.IndexFunc(word, unicode.IsUpper) == 0 && strings.IndexFunc(word, unicode.IsLower) > 0
}

// says reports whether words begin with phrase, with all of its marks or some left
// out. Words of one phrase stand beside each other.
func says(words []token, phrase string) bool {
	for i, full := range strings.Fields(phrase) {
		if i >= len(words) || !vi.Agrees(words[i].text, full) || i > 0 && !only(words[i].gap, "/") {
			return false
		}
	}
	return true
}

func saysAny(words []token, phrases []string) bool { return firstOf(words, phrases) != "" }

// firstOf is the first of phrases that words begin with; empty: none.
func firstOf(words []token, phrases []string) string {
	for _, phrase := range phrases {
		if says(words, phrase) {
			return phrase
		}
	}
	return ""
}

func count(phrase string) int { return len(strings.Fields(phrase)) }

// only reports whether text has nothing but blanks and the marks.
func only(text, marks string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return !isBlank(r) && !strings.ContainsRune(marks, r) }) < 0
}

// isBlank is true of what does not show: spaces of every kind, and the marks that
// programs leave at the edges of texts.
func isBlank(r rune) bool {
	return unicode.IsSpace(r) || r == '\uFEFF' || r == '\u00AD' || 0x200B <= r && r <= 0x200F || 0x2060 <= r && r <= 0x2064
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

func trim(text string) string { return strings.TrimFunc(text, isBlank) }

// hasLine reports whether a line of text is of the kind that is tells.
func hasLine(text string, is func(line letter) bool) bool {
	for line := range strings.Lines(text) {
		if is(open(line)) {
			return true
		}
	}
	return false
}

// signOffs are how a signature begins that no "--" announces.
var signOffs = []string{
	"trân trọng", "kính thư", "thân mến", "thân ái", "kính chào", "best regards", "regards", "gửi từ", "được gửi từ", "sent from",
}

// unsigned is what stands below the order without the signature of the mail program,
// or of its writer where there is nothing else.
func unsigned(text string) string {
	const most = 6 // words of a line of a signature
	kept := 0
	for line := range strings.Lines(text) {
		words := tokens(line)
		bare := trim(line)
		if bare == "--" || bare == "—" || trim(text[:kept]) == "" && len(words) <= most && saysAny(words, signOffs) {
			return text[:kept]
		}
		kept += len(line)
	}
	return text
}
