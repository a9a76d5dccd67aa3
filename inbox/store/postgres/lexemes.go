package postgres

import (
	"fmt"
	"iter"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tongdai/inbox"
	"tongdai/kb"
)

// Besides the hub's terms, a document has lexemes for what its words begin with,
// for its department, and for the spans of time that it lies in. Each kind has a
// mark in front that no term of the hub has.
const (
	beginningMark  = "^"
	departmentMark = "@"
	spanMark       = "#"
)

// spanBits are the lengths of spans, as powers of two in milliseconds: about 5
// hours, 37 hours, 12 days, 99 days. Each is eight times the one before it, so
// that looking into all of them costs little more than looking into the last.
var spanBits = []uint{24, 27, 30, 33}

func spanLexeme(bits uint, n int64) string { return fmt.Sprintf("%s%d:%d", spanMark, bits, n) }

// spans are conditions to be added to a query, from the last hours to all time (""). Each
// holds the latest full span and what has begun of the present one; clocks of
// other machines may be a little ahead.
func spans(now time.Time) (all []string) {
	for _, bits := range spanBits {
		n := now.UnixMilli() >> bits
		all = append(all, fmt.Sprintf(" & (%s | %s | %s)",
			quote(spanLexeme(bits, n-1)), quote(spanLexeme(bits, n)), quote(spanLexeme(bits, n+1))))
	}
	return append(all, "")
}

// lexemes is the tsvector of a document, as text.
func lexemes(department kb.DepartmentID, d inbox.Document) string {
	var b strings.Builder
	for _, term := range d.Terms {
		b.WriteString(quote(term))
		b.WriteByte(' ')
		for beginning := range beginnings(term) { // doubles are one to PostgreSQL
			b.WriteString(quote(beginning))
			b.WriteByte(' ')
		}
	}
	if department != "" {
		b.WriteString(quote(departmentMark + string(department)))
	}
	at := d.At.UnixMilli()
	for _, bits := range spanBits {
		b.WriteByte(' ')
		b.WriteString(quote(spanLexeme(bits, at>>bits)))
	}
	return b.String()
}

// beginnings are those of a word that are lexemes of their own: from the
// shortest that anybody looks for to the longest that many words share. GIN
// gathers all that begins with something before it looks at anything else,
// which "ng" alone would make longer than all the rest of a search.
func beginnings(term string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !isWord(term) {
			return
		}
		n := 0
		for at := range term {
			if n >= shortest && n <= longest && !yield(beginningMark+term[:at]) {
				return
			}
			n++
		}
	}
}

const shortest, longest = 2, 6 // characters

// isWord tells words among the terms: see inbox.Document.
func isWord(term string) bool {
	first, _ := utf8.DecodeRuneInString(term)
	return unicode.IsLetter(first) || unicode.IsDigit(first)
}

// condition is a term in a query.
func condition(t inbox.Term) string {
	n := utf8.RuneCountInString(t.Text)
	switch {
	case !t.Prefix:
		return quote(t.Text)
	case isWord(t.Text) && n >= shortest && n <= longest:
		return quote(t.Text) + " | " + quote(beginningMark+t.Text)
	default:
		return quote(t.Text) + ":*"
	}
}

// described is the tsquery for q, as text.
func described(q inbox.IndexQuery) string {
	var all []string
	for _, group := range q.Groups {
		var any []string
		for _, t := range group {
			any = append(any, condition(t))
		}
		all = append(all, "("+strings.Join(any, " | ")+")")
	}
	if !q.Everywhere {
		var any []string
		for _, d := range q.Departments {
			any = append(any, quote(departmentMark+string(d)))
		}
		all = append(all, "("+strings.Join(any, " | ")+")")
	}
	return strings.Join(all, " & ")
}

// quote writes a lexeme so that nothing in it means anything to PostgreSQL.
func quote(lexeme string) string {
	return "'" + quoting.Replace(lexeme) + "'"
}

var quoting = strings.NewReplacer(`'`, `''`, `\`, `\\`, "\x00", "")
