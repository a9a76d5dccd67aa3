package kb

import (
	_ "embed"
	"fmt"
	"strings"

	"tongdai/kb/vi"
)

//go:embed data/focus.txt
var focusFile string

// focus is the set of things that a text asks for. An entry that tells how long to
// wait is no answer to where to go, however many words the two have in common.
type focus uint16

// The kinds of data/focus.txt. An officer is asked for beside them: "số điện thoại
// chủ tịch" wants a number, and the chairman's.
const (
	asksWhere focus = 1 << iota
	asksWhen
	asksDuration
	asksAmount
	asksWho
	asksNumber
	asksPapers
	asksWhether
	asksHow
	asksWhat
	asksOfficer
	asksNothing focus = 0

	anything = asksOfficer - 1 // every kind but the officer
)

var focusNames = map[string]focus{
	"where": asksWhere, "when": asksWhen, "duration": asksDuration, "amount": asksAmount, "who": asksWho,
	"number": asksNumber, "papers": asksPapers, "whether": asksWhether, "how": asksHow, "what": asksWhat,
	"officer": asksOfficer, "nothing": asksNothing,
}

// focusPhrase is one phrase of the table.
type focusPhrase struct {
	asks   focus
	word   string // of a phrase of a single word: how it must be spelled
	ending bool   // counts only at the end of the text
}

var focusPhrases, focusTable = readFocus(focusFile)

func readFocus(file string) (*vi.Phrases, []focusPhrase) {
	found := &vi.Phrases{}
	var table []focusPhrase
	for line := range strings.Lines(file) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, phrases, _ := strings.Cut(line, ":")
		asks, ok := focusNames[name]
		if !ok {
			panic(fmt.Sprintf("kb: data/focus.txt: %q is no kind of question", name)) // embedded: a mistake of the build
		}
		for phrase := range strings.SplitSeq(phrases, "|") {
			phrase, ending := strings.CutPrefix(strings.TrimSpace(phrase), "… ")
			p := focusPhrase{asks: asks, ending: ending}
			if words := vi.Texts(phrase); len(words) == 1 {
				p.word = words[0]
			}
			found.Add(phrase, len(table))
			table = append(table, p)
		}
	}
	return found, table
}

// focusOf tells what the words ask for. Of phrases that begin at one word only the
// longest counts, and none that begins within another ("bao nhiêu ngày" is no "bao nhiêu").
func focusOf(words []vi.Form) focus {
	var all focus
	var asks focus // of the longest phrase that begins at start
	start, end, covered := -1, 0, 0
	settle := func() {
		if start >= covered {
			all |= asks
			covered = end
		}
	}
	focusPhrases.Each(words, func(number, from, to int) {
		p := focusTable[number]
		if p.word != "" && p.word != words[from].Text && !p.ending || p.ending && to != len(words) {
			return
		}
		if from != start {
			settle()
			start, end, asks = from, to, p.asks
			return
		}
		if to > end {
			end, asks = to, 0
		}
		asks |= p.asks
	})
	settle()
	return all
}

// answeredBy tells which other kinds of entries may answer a question of a kind:
// "đăng ký ở đâu" is often answered by how to register. What remains is certain: among
// the development questions no first hit outside of this table was right.
var answeredBy = [...]struct{ asked, told focus }{
	{asksWhere, asksWho | asksHow},
	{asksWho, asksWhere | asksHow | asksNumber | asksPapers | asksWhether},
	{asksNumber, asksWho | asksHow},
	{asksWhen, asksDuration | asksWhether},
	{asksDuration, asksWhen},
	{asksAmount, asksHow | asksWhether},
	{asksPapers, asksHow | asksWhat | asksWhether},
	{asksHow, asksWhere | asksWho | asksNumber | asksPapers | asksWhat | asksAmount | asksWhether},
	{asksWhat, asksHow | asksPapers},
	{asksWhether, anything}, // whether anything at all is so
}

// wants gives the kinds of entries that may answer a question with this focus.
func (f focus) wants() focus {
	kinds := f & anything
	if kinds == 0 {
		kinds = anything
	}
	for _, row := range answeredBy {
		if f&row.asked != 0 {
			kinds |= row.told
		}
	}
	return kinds | f&asksOfficer
}

// clashes reports whether an entry that tells this cannot answer a question that
// wants that. Where either is unknown, nothing clashes but a missing officer.
func (told focus) clashes(wanted focus) bool {
	if wanted&asksOfficer != 0 && told&asksOfficer == 0 {
		return true
	}
	return told&anything != 0 && told&wanted&anything == 0
}

// besides reports whether an entry that tells this may answer where to go, but tells
// of no place: of two that share their words with "tiêm vắc xin ở đâu", the one about
// registering comes before the one about a fever afterwards.
func (told focus) besides(asked focus) bool {
	return asked&asksWhere != 0 && told&anything != 0 && told&asked&anything == 0
}
