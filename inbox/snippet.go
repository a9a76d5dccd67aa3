package inbox

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tongdai/kb/vi"
)

// SnippetPart is a piece of what was said; Match marks what was looked for.
type SnippetPart struct {
	Text  string
	Match bool
}

const (
	snippetWords  = 36  // of a message are shown
	snippetBefore = 6   // of them before the first match
	snippetPiece  = 160 // characters of one piece, where somebody wrote without spaces
)

// span is where something that was looked for stands in a text, in bytes.
type span struct{ start, end int }

// snippet cuts the place out of a text where most of what q asks for stands
// together. It is false for a text that does not say what q asks for.
func (q searchQuery) snippet(text string) ([]SnippetPart, bool) {
	words := longWords(text)
	matched, ok := q.match(words)
	marks := make([]span, 0, len(matched))
	for i, asked := range matched {
		if asked >= 0 {
			marks = append(marks, span{words[i].Start, words[i].End})
		}
	}
	from := place(matched)
	if phone, found := q.findPhone(text); found {
		ok = true
		marks = []span{phone}
		from = max(0, slices.IndexFunc(words, func(w vi.Word) bool { return w.End > phone.start })-snippetBefore)
	}
	if !ok || len(words) == 0 {
		return nil, false
	}
	to := min(from+snippetWords, len(words))
	shown := span{words[from].Start, words[to-1].End}
	if from == 0 {
		shown.start = 0
	}
	if to == len(words) {
		shown.end = len(text)
	}
	return cutOut(text, shown, marks), true
}

func (q searchQuery) findPhone(text string) (span, bool) {
	if q.phone == "" {
		return span{}, false
	}
	for _, n := range phoneNumbers(text) {
		if strings.HasPrefix(n.number, q.phone) {
			return span{n.start, n.end}, true
		}
	}
	return span{}, false
}

// match tells for each word of a text which word of q it answers to, or -1, and
// whether the text has them all.
func (q searchQuery) match(words []vi.Word) (matched []int, all bool) {
	said := make([]vi.Form, len(words))
	for i, w := range words {
		said[i] = vi.FormOf(w.Text)
	}
	matched = make([]int, len(words))
	for i := range matched {
		matched[i] = -1
	}
	all = true
	for i := 0; i < len(q.words); {
		to := i + 1
		for _, p := range q.phrases {
			if p[0] == i {
				to = p[1]
			}
		}
		all = q.mark(said, matched, i, to) && all
		i = to
	}
	return matched, all
}

// mark finds q.words[from:to] one after the other in a text, wherever they
// stand with marks that agree; where they never do, whatever their marks.
func (q searchQuery) mark(said []vi.Form, matched []int, from, to int) (found bool) {
	for _, same := range []func(i int, f vi.Form) bool{q.agrees, q.says} {
		for at := 0; at+to-from <= len(said); at++ {
			n := 0
			for n < to-from && same(from+n, said[at+n]) {
				n++
			}
			if n < to-from {
				continue
			}
			found = true
			for i := range n {
				if matched[at+i] < 0 {
					matched[at+i] = from + i
				}
			}
		}
		if found {
			return true
		}
	}
	return false
}

func (q searchQuery) says(i int, f vi.Form) bool {
	return f.Folded == q.words[i].Folded || q.open(i) && strings.HasPrefix(f.Folded, q.words[i].Folded)
}

func (q searchQuery) agrees(i int, f vi.Form) bool {
	typed := q.words[i]
	if typed.Text == typed.Folded {
		return q.says(i, f)
	}
	return vi.Agrees(typed.Text, f.Text) || vi.Agrees(f.Text, typed.Text)
}

// place is the word to begin with, so that most of what was asked for is shown.
func place(matched []int) int {
	best, most, inside := -1, 0, map[int]int{}
	end := 0
	for at := range matched {
		for ; end < min(at+snippetWords-snippetBefore, len(matched)); end++ {
			inside[matched[end]]++
		}
		distinct := len(inside)
		if inside[-1] > 0 {
			distinct--
		}
		if matched[at] >= 0 && distinct > most {
			best, most = at, distinct
		}
		if inside[matched[at]]--; inside[matched[at]] == 0 {
			delete(inside, matched[at])
		}
	}
	return max(best-snippetBefore, 0)
}

// joining stands between what is read as one: words, and the parts of a code.
const joining = " \t\r\n-/."

// cutOut gives the shown piece of a text with its marks. Marks that nothing to
// speak of parts become one.
func cutOut(text string, shown span, marks []span) []SnippetPart {
	var parts []SnippetPart
	at := shown.start
	add := func(to int, match bool) {
		if piece := oneLine(text[at:to]); piece != "" {
			parts = append(parts, SnippetPart{Text: piece, Match: match})
		}
		at = to
	}
	if shown.start > 0 {
		parts = append(parts, SnippetPart{Text: "… "})
	}
	for i := 0; i < len(marks); i++ {
		m := marks[i]
		if m.start < at || m.end > shown.end {
			continue
		}
		for i+1 < len(marks) && marks[i+1].end <= shown.end && strings.Trim(text[m.end:marks[i+1].start], joining) == "" {
			m.end = marks[i+1].end
			i++
		}
		add(m.start, false)
		add(m.end, true)
	}
	add(shown.end, false)
	if shown.end < len(text) {
		parts = append(parts, SnippetPart{Text: " …"})
	}
	return parts
}

// oneLine makes one space of any, and shortens what has too few of them.
func oneLine(piece string) string {
	words := strings.Fields(piece)
	out := strings.Join(words, " ")
	if len(words) == 0 && piece != "" {
		return " "
	}
	if first, _ := utf8.DecodeRuneInString(piece); len(out) > 0 && unicode.IsSpace(first) {
		out = " " + out
	}
	if last, _ := utf8.DecodeLastRuneInString(piece); len(out) > 0 && unicode.IsSpace(last) {
		out += " "
	}
	if utf8.RuneCountInString(out) > snippetPiece {
		return string([]rune(out)[:snippetPiece]) + "…"
	}
	return out
}
