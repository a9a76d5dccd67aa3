package postgres

import (
	"fmt"
	"strings"
	"time"

	"tongdai/inbox"
	"tongdai/kb"
)

// Besides the hub's terms, a document has a lexeme for its department and one
// for each span of time that it lies in. They begin with what no term does.
const (
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

// described is the tsquery for q, as text.
func described(q inbox.IndexQuery) string {
	var all []string
	for _, group := range q.Groups {
		var any []string
		for _, t := range group {
			lexeme := quote(t.Text)
			if t.Prefix {
				lexeme += ":*"
			}
			any = append(any, lexeme)
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
