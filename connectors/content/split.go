package content

import (
	"strings"
	"unicode"
)

// Split cuts text into pieces of at most limit characters (Unicode code
// points), for platforms that take no longer message. It cuts at the end of a
// paragraph, else of a line, a sentence or a word, in that order, as long as the
// piece stays at least half full; only a word longer than limit is cut inside,
// and even then no letter loses its marks and no emoji is taken apart, unless it
// is itself longer than limit. The white space at a cut is left out; nothing
// else is. A limit of zero or less is none. Of blank text it makes no piece.
func Split(text string, limit int) []string {
	rest := []rune(strings.TrimSpace(text))
	if limit <= 0 {
		limit = max(len(rest), 1)
	}
	var pieces []string
	for len(rest) > 0 {
		end := cut(rest, limit)
		pieces = append(pieces, strings.TrimRightFunc(string(rest[:end]), unicode.IsSpace))
		for rest = rest[end:]; len(rest) > 0 && unicode.IsSpace(rest[0]); {
			rest = rest[1:]
		}
	}
	return pieces
}

// cut returns where the first piece of text ends, at least 1.
func cut(text []rune, limit int) int {
	if len(text) <= limit {
		return len(text)
	}
	for _, fits := range []func([]rune, int) bool{endsParagraph, endsLine, endsSentence} {
		for end := limit; end > limit/2; end-- {
			if fits(text, end) {
				return end
			}
		}
	}
	for end := limit; end > 0; end-- {
		if endsWord(text, end) {
			return end
		}
	}
	for end := limit; end > 0; end-- {
		if !joined(text, end) {
			return end
		}
	}
	return limit
}

// The four tell whether a piece may end before text[end], which exists.

func endsParagraph(text []rune, end int) bool {
	return text[end] == '\n' && end+1 < len(text) && text[end+1] == '\n'
}

func endsLine(text []rune, end int) bool { return text[end] == '\n' }

func endsSentence(text []rune, end int) bool {
	return unicode.IsSpace(text[end]) && strings.ContainsRune(".!?…:;", text[end-1])
}

func endsWord(text []rune, end int) bool {
	return unicode.IsSpace(text[end]) && text[end] != '\u00a0' && !unicode.IsSpace(text[end-1])
}

// joined reports whether text[end] belongs to the character before it: a
// diacritic, a modifier of an emoji, the second half of a flag, or whatever
// follows a joiner.
func joined(text []rune, end int) bool {
	const joiner = '\u200d'
	r, before := text[end], text[end-1]
	switch {
	case unicode.Is(unicode.M, r), r == joiner, before == joiner:
		return true
	case 0x1F3FB <= r && r <= 0x1F3FF: // the tone of a skin
		return true
	case 0xE0020 <= r && r <= 0xE007F: // the tags of a region's flag
		return true
	case isFlagHalf(r):
		halves := 0
		for i := end - 1; i >= 0 && isFlagHalf(text[i]); i-- {
			halves++
		}
		return halves%2 == 1
	}
	return false
}

func isFlagHalf(r rune) bool { return 0x1F1E6 <= r && r <= 0x1F1FF }
