package sheet

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// clean makes the text of a cell canonical: NFC, "\n" for line ends, no control
// characters, no space at line ends or around.
func clean(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\r\n", "\n")
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r', r == '\u2028', r == '\u2029', r == '\v':
			return '\n'
		case r == '\u00a0':
			return ' '
		case unicode.IsControl(r) || r == '\ufeff' || r == '\ufffd' || r == '\ufffe' || r == '\uffff':
			return -1
		}
		return r
	}, norm.NFC.String(text))
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t")
	}
	return norm.NFC.String(strings.TrimSpace(strings.Join(lines, "\n")))
}

// oneLine is for texts that have no business breaking.
func oneLine(text string) string { return strings.Join(strings.Fields(clean(text)), " ") }

// wordings cuts the cell of other wordings: at line breaks and "|", or, where there
// is neither, at ";" if every piece is a wording of two words or more.
func wordings(cell string) []string {
	pieces := strings.FieldsFunc(cell, func(r rune) bool { return r == '\n' || r == '|' })
	if !strings.ContainsAny(cell, "\n|") {
		if parts := strings.Split(cell, ";"); !slices.ContainsFunc(parts, tooShort) {
			pieces = parts
		}
	}
	var out []string
	for _, p := range pieces {
		if p = oneLine(withoutBullet(oneLine(p))); p != "" && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

func tooShort(wording string) bool { return len(strings.Fields(wording)) < 2 }

// withoutBullet drops "- ", "• ", "1. ", "a) " from the beginning of a line.
func withoutBullet(line string) string {
	mark, rest, ok := strings.Cut(line, " ")
	if !ok {
		return line
	}
	switch {
	case strings.Trim(mark, "-–—•*+·") == "":
		return withoutBullet(rest)
	case len(mark) <= 3 && len(mark) >= 2 && strings.ContainsRune(".)", rune(mark[len(mark)-1])) && isNumbering(mark[:len(mark)-1]):
		return withoutBullet(rest)
	}
	return line
}

func isNumbering(s string) bool {
	if len(s) == 1 && s[0] >= 'a' && s[0] <= 'z' {
		return true
	}
	return strings.Trim(s, "0123456789") == ""
}
