package mattermost

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tongdai/connectors/content"
)

// nothing is a character that is not seen and takes a word apart (ZERO WIDTH SPACE).
const nothing = "\u200b"

// hanoi is where the members are who read times.
var hanoi = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)

// webAddress is what Mattermost makes a link of by itself. In it nothing is escaped:
// the backslash would become part of the address.
var webAddress = regexp.MustCompile(`(?i)(?:https?://|www\.)[^\s<>"` + "`" + `]+`)

// lineEnds are what Mattermost takes for the end of a line.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// literal writes text so that Mattermost shows it as it is: no Markdown, no emoji by
// name, and no word to anybody by an @, which would ring everybody's telephone. What
// looks like a web address stays a link.
func literal(text string) string {
	text = strings.ToValidUTF8(lineEnds.Replace(text), "\uFFFD")
	var b strings.Builder
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(literalLine(line))
	}
	return b.String()
}

func literalLine(line string) string {
	// A line of four blanks would be code; one of = makes a title of the line before.
	line = strings.TrimLeft(line, " \t")
	var b strings.Builder
	if strings.HasPrefix(line, "=") {
		b.WriteString(nothing)
	}
	from := 0
	for _, at := range webAddress.FindAllStringIndex(line, -1) {
		b.WriteString(escaped(line[from:at[0]], from == 0))
		b.WriteString(strings.ReplaceAll(line[at[0]:at[1]], "@", "%40"))
		from = at[1]
	}
	b.WriteString(escaped(line[from:], from == 0))
	return b.String()
}

// numbered begins an item of a list.
var numbered = regexp.MustCompile(`^[0-9]{1,9}[.)]`)

// emoji is one by name; 8:05:30 is none.
var emoji = regexp.MustCompile(`:([0-9_+-]*[A-Za-z][A-Za-z0-9_+-]*:)`)

func escaped(text string, first bool) string {
	text = emoji.ReplaceAllString(text, ":"+nothing+"$1")
	list := 0 // where the mark of a list stands
	if first {
		if n := numbered.FindString(text); n != "" {
			list = len(n) - 1
		} else {
			list = -1
		}
	}
	var b strings.Builder
	var before rune
	for i, r := range text {
		switch {
		case strings.ContainsRune("\\`*_{}[]>#~|", r):
			b.WriteByte('\\')
		case r == '!' && strings.HasPrefix(text[i+1:], "["): // a picture
			b.WriteByte('\\')
		case first && i == 0 && (r == '-' || r == '+'), first && list > 0 && i == list:
			b.WriteByte('\\')
		}
		b.WriteRune(r)
		// Within a word it is an address of e-mail, which people may want to copy.
		if r == '@' && !unicode.IsLetter(before) && !unicode.IsDigit(before) {
			b.WriteString(nothing)
		}
		before = r
	}
	return b.String()
}

// quoted puts text, literally, into a quotation.
func quoted(text string) string {
	return "> " + strings.ReplaceAll(literal(text), "\n", "\n> ")
}

// italic writes what happened, each line by itself.
func italic(text string) string {
	lines := strings.Split(literal(text), "\n")
	for i, line := range lines {
		if line = strings.TrimSpace(line); line != "" {
			lines[i] = "_" + line + "_"
		}
	}
	return strings.Join(lines, "\n")
}

// pieces cuts text so that each piece, written out, fits into a post below a head:
// what is written may be longer than the text.
func pieces(text, head string, write func(string) string) []string {
	room := textLength - utf8.RuneCountInString(head) - 16
	for limit := room; ; limit = limit * 3 / 4 {
		var all []string
		fit := true
		for _, piece := range content.Split(text, limit) {
			written := write(piece)
			fit = fit && utf8.RuneCountInString(written) <= room
			all = append(all, written)
		}
		if fit || limit < 100 {
			return all
		}
	}
}

func clock(at time.Time) string { return at.In(hanoi).Format("15:04 02/01/2006") }
