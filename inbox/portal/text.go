package portal

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxQuestion is how many characters of a question are looked at; nobody types more into a search box.
const maxQuestion = 300

// cleanQuestion is what somebody typed as one line: valid, without control characters, bounded.
func cleanQuestion(typed string) string {
	var b strings.Builder
	n, space := 0, false
	for _, r := range strings.ToValidUTF8(typed, "") {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			space = n > 0
			continue
		}
		if n++; n > maxQuestion {
			break
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// excerpt is the beginning of a text on one line, cut between words at about limit characters.
func excerpt(limit int, text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	runes := []rune(text)[:limit]
	for i := len(runes) - 1; i > limit/2; i-- {
		if runes[i] == ' ' {
			runes = runes[:i]
			break
		}
	}
	return strings.TrimRight(string(runes), " .,;:–-") + "…"
}

// span is a piece of an answer: plain text, a web address or a telephone number.
type span struct {
	Text string
	URL  string // of a web address
	Tel  string // what to dial
}

// paragraph is one line of an answer.
type paragraph struct {
	Item  bool // of a list: the line began with a dash or bullet
	Spans []span
}

var (
	bullet = regexp.MustCompile(`^[-–•*+]\s+`)
	// linkable finds web addresses, and telephone numbers that can be nothing
	// else: 10 or 11 digits from 0, an area code with 1022, or service numbers
	// from 1800 and 1900.
	linkable = regexp.MustCompile(`https?://[^\s<>"]+|\b(?:0\d(?:[ .]?\d){8,9}|0\d{2,3}[ .]?1022|1[89]00(?:[ .]?\d){4,6})\b`)
)

// paragraphs are the lines of an answer with addresses and telephone numbers as
// links. Departments write plain text: a line is a paragraph, a dash an item.
func paragraphs(answer string) []paragraph {
	var out []paragraph
	for line := range strings.Lines(answer) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		mark := bullet.FindString(line)
		out = append(out, paragraph{Item: mark != "", Spans: linked(line[len(mark):])})
	}
	return out
}

func linked(line string) []span {
	var out []span
	at := 0
	for _, m := range linkable.FindAllStringIndex(line, -1) {
		from, to := m[0], m[1]
		link := span{Text: line[from:to]}
		if strings.HasPrefix(link.Text, "http") {
			link.Text = strings.TrimRight(link.Text, ".,;:!?)”’'") // the sentence's, not the address's
			link.URL = link.Text
		} else {
			link.Tel = dialled(link.Text)
		}
		if from > at {
			out = append(out, span{Text: line[at:from]})
		}
		out = append(out, link)
		at = from + len(link.Text)
	}
	if at < len(line) {
		out = append(out, span{Text: line[at:]})
	}
	return out
}
