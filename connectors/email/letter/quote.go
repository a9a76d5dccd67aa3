package letter

import (
	"regexp"
	"strings"
)

// quoteMark begins each line of what Quote sets apart. Programs that quote our letter
// put ">" before it, so what a citizen said stays told from what we say.
const quoteMark = "|"

// Quote sets what somebody else wrote apart within the text of a letter of ours:
// every line begins with "| ", whatever line ends it came with, and none can be taken
// for a line of ours, such as Delimiter. In the HTML form it is a block of its own.
func Quote(text string) string {
	lines := strings.Split(strings.Trim(Harmless(text), "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(quoteMark+" "+line, " ")
	}
	return strings.Join(lines, "\n")
}

// Line makes one line of text that others chose: a name, a title, a reason.
func Line(text string) string { return clean(Harmless(text)) }

// Harmless takes from text what our own lines are known by when they come back.
func Harmless(text string) string {
	text = unseen.Replace(tidy(text))
	return fences.ReplaceAllStringFunc(text, func(fence string) string {
		return strings.TrimSuffix(strings.Repeat("# ", strings.Count(fence, "#")), " ")
	})
}

var (
	// unseen are characters that nobody sees, and that cutting looks past.
	unseen = strings.NewReplacer("\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\u00ad", "")
	fences = regexp.MustCompile(`#{2,}`)
)

// quoted is what a paragraph of Quote holds; false when it is none.
func quoted(paragraph string) (string, bool) {
	lines := strings.Split(paragraph, "\n")
	for i, line := range lines {
		rest, ok := strings.CutPrefix(line, quoteMark)
		if !ok {
			return "", false
		}
		lines[i] = strings.TrimPrefix(rest, " ")
	}
	return strings.Join(lines, "\n"), true
}
