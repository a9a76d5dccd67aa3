package postgres

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"tongdai/inbox"
	"tongdai/kb"
)

// Besides the hub's terms, a document has lexemes for what its words begin with
// and for each of its departments. Each kind has a mark in front that no term of the hub has.
const (
	beginningMark  = "^"
	departmentMark = "@"
)

// lexemes is the tsvector of a document, as text.
func lexemes(departments []kb.DepartmentID, d inbox.Document) string {
	var b strings.Builder
	for _, term := range d.Terms {
		b.WriteString(quote(term))
		b.WriteByte(' ')
		for beginning := range beginnings(term) { // doubles are one to PostgreSQL
			b.WriteString(quote(beginning))
			b.WriteByte(' ')
		}
	}
	for _, department := range departments {
		b.WriteString(quote(departmentMark + string(department)))
		b.WriteByte(' ')
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
