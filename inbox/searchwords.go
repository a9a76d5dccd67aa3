package inbox

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"tongdai/connectors/content"
	"tongdai/kb/vi"
)

// What is looked for and what is found meet in terms. A text has three for each
// word: the word without marks ("tiem"), the word as it was written ("=tiêm"),
// and the word with its neighbour ("~tiem_chung"), besides the phone numbers in
// it in one spelling. Looking for words is looking for sets of terms, which an
// index of any make can do, and which needs no order of words.

const (
	// indexedWords of a text are found by; the longest letters have a few thousand.
	indexedWords = 20_000
	// searchedWords of what was typed count.
	searchedWords = 24

	markedTerm = "="
	pairTerm   = "~"
)

// searchable is what m, of conversation c, is found by. Empty: it is not to be
// found. A subject is of the letter that it stood on first, not of all that
// answer it.
func searchable(m Message, c Conversation) string {
	switch m.Author.Kind {
	case Citizen, ByMember, ByDepartment:
	default:
		return ""
	}
	if m.Change != nil || m.Automatic {
		return ""
	}
	subject := m.ownSubject(c)
	if m.Letter != nil && m.Seq == 1 {
		subject = m.Letter.Subject
	}
	return strings.TrimSpace(subject + "\n" + content.Plain(withoutOriginal(m.Content)))
}

// headOf is what the conversation itself is found by.
func headOf(c Conversation, contact Contact) string {
	parts := []string{c.Code, c.ContactName}
	if contact.Name != c.ContactName {
		parts = append(parts, contact.Name)
	}
	parts = append(parts, contact.Phone, contact.Email)
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " · ")
}

// searchTerms are the terms of a text.
func searchTerms(text string) []string {
	var terms []string
	seen := map[string]bool{}
	add := func(term string) {
		if !seen[term] {
			seen[term] = true
			terms = append(terms, term)
		}
	}
	last := ""
	for _, w := range longWords(text) {
		folded := vi.Fold(w.Text)
		if folded == "" { // nothing but marks
			continue
		}
		add(folded)
		add(markedTerm + w.Text)
		if last != "" {
			add(pairTerm + vi.Pair(last, folded))
		}
		last = folded
	}
	for _, n := range phoneNumbers(text) {
		add(n.number)
	}
	return terms
}

// longWords are the words of a text beyond what vi takes at a time.
func longWords(text string) []vi.Word {
	var all []vi.Word
	for from := 0; from < len(text) && len(all) < indexedWords; {
		words := vi.Words(text[from:])
		for i := range words {
			words[i].Start += from
			words[i].End += from
		}
		all = append(all, words...)
		if len(words) < vi.MaxWords {
			break
		}
		from = words[len(words)-1].End
	}
	return all[:min(len(all), indexedWords)]
}

// phoneNumber is a number in a text, in the one spelling that all of its
// spellings are found by: "0912345678".
type phoneNumber struct {
	number     string
	start, end int
}

var (
	maybePhone = regexp.MustCompile(`\+?\d(?:[ .()\-]{0,2}\d){5,13}`)
	wholePhone = regexp.MustCompile(`^(?:0\d{9,10}|1[89]00\d{4,6})$`)
)

func phoneNumbers(text string) (found []phoneNumber) {
	for _, at := range maybePhone.FindAllStringIndex(text, indexedWords) {
		if n := phoneDigits(text[at[0]:at[1]]); wholePhone.MatchString(n) {
			found = append(found, phoneNumber{n, at[0], at[1]})
		}
	}
	return found
}

// phoneDigits gives the digits of a number as they are dialled at home.
func phoneDigits(text string) string {
	digits := strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, text)
	if len(digits) >= 11 && strings.HasPrefix(digits, "84") {
		digits = "0" + strings.TrimPrefix(strings.TrimPrefix(digits, "84"), "0")
	}
	return digits
}

// searchQuery is what a member looks for, understood.
type searchQuery struct {
	words   []vi.Form
	phrases [][2]int // words[from:to] that stood in quotes
	prefix  bool     // the last word may be the beginning of one
	phone   string   // what was typed is a phone number, or the beginning of one
}

// parseSearch understands anything. Quotes that nobody closed end with the text.
func parseSearch(text string) searchQuery {
	var q searchQuery
	parts := strings.Split(quotes.Replace(text), `"`)
	for i, part := range parts {
		from := len(q.words)
		for _, w := range vi.Texts(part) {
			if f := vi.FormOf(w); f.Folded != "" && len(q.words) < searchedWords {
				q.words = append(q.words, f)
			}
		}
		added := len(q.words) - from
		quoted, closed := i%2 == 1, i < len(parts)-1
		if quoted && added > 1 {
			q.phrases = append(q.phrases, [2]int{from, len(q.words)})
		}
		if added > 0 {
			q.prefix = !quoted || !closed
		}
	}
	if n := len(q.words); n > 0 { // what begins with one letter is half of the language
		q.prefix = q.prefix && utf8.RuneCountInString(q.words[n-1].Folded) > 1
	}
	if typed := strings.TrimSpace(text); typed != "" && maybePhone.FindString(typed) == typed {
		q.phone = phoneDigits(typed)
	}
	return q
}

// quotes are the marks that keyboards and word processors make of one.
var quotes = strings.NewReplacer("“", `"`, "”", `"`, "„", `"`, "«", `"`, "»", `"`)

// marked tells that somebody took care to type marks.
func (q searchQuery) marked() bool {
	return slices.ContainsFunc(q.words, func(f vi.Form) bool { return vi.Marked(f.Text) })
}

// asking is one question to the index.
type asking struct {
	way     way
	implied way // what else is true of all it finds
	groups  [][]Term
}

// ways are the questions that together tell which documents match, and how well.
func (q searchQuery) ways() []asking {
	spelled := q.groups(func(f vi.Form) []Term { return spellings(f.Text) })
	all := []asking{{folded, 0, q.groups(func(vi.Form) []Term { return nil })}}
	if q.marked() {
		all = append(all,
			asking{agreeing, folded, spelled},
			asking{asTyped, folded | agreeing, q.groups(func(f vi.Form) []Term { return []Term{{Text: markedTerm + f.Text}} })})
	}
	if len(q.words) > 1 {
		all = append(all, asking{near, folded | agreeing, append(q.pairs(0, len(q.words), false), spelled...)})
	}
	if q.phone != "" {
		all = append(all, asking{byPhone, 0, [][]Term{{{Text: q.phone, Prefix: true}}}})
	}
	return all
}

// groups asks for every word without its marks, or, where somebody typed marks,
// for what spelled makes of it, if anything; and for the phrases.
func (q searchQuery) groups(spelled func(vi.Form) []Term) [][]Term {
	var groups [][]Term
	for i, f := range q.words {
		group := []Term{{Text: f.Folded, Prefix: q.open(i)}}
		if vi.Marked(f.Text) {
			if terms := spelled(f); terms != nil {
				group = terms
			}
		}
		groups = append(groups, group)
	}
	for _, p := range q.phrases {
		groups = append(groups, q.pairs(p[0], p[1], q.open(p[1]-1))...)
	}
	return groups
}

// pairs asks for words[from:to] one after the other; the last may be open.
func (q searchQuery) pairs(from, to int, open bool) (groups [][]Term) {
	for i := from; i+1 < to; i++ {
		pair := vi.Pair(q.words[i].Folded, q.words[i+1].Folded)
		groups = append(groups, []Term{{Text: pairTerm + pair, Prefix: open && i+2 == to}})
	}
	return groups
}

// open tells whether the word may go on.
func (q searchQuery) open(i int) bool { return q.prefix && i == len(q.words)-1 }

// spellings are how a word with marks is written by people of whom some have no
// Vietnamese keyboard: with all its marks, without the tone, without any.
func spellings(word string) []Term {
	terms := []Term{{Text: markedTerm + word}}
	for _, w := range []string{toneless(word), vi.Fold(word)} {
		if t := (Term{Text: markedTerm + w}); !slices.Contains(terms, t) {
			terms = append(terms, t)
		}
	}
	return terms
}

// tones are the combining marks of the five tones.
const tones = "\u0300\u0301\u0303\u0309\u0323"

func toneless(word string) string {
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if strings.ContainsRune(tones, r) {
			return -1
		}
		return r
	}, norm.NFD.String(word)))
}
