package bot

import (
	"maps"
)

// Triage is what tells a report of danger from everything else people write:
// plain data, so that health authorities can read and change it. Phrases are
// Vietnamese with marks; people may type them without, or with slips.
//
// A rule speaks when each of its groups has a phrase that is reported: not
// denied, not past, not supposed, not hearsay, and not merely asked about.
type Triage struct {
	FeverFrom   float64 // °C; a temperature from here on counts as the phrase HighFever
	OxygenBelow float64 // per cent; a saturation below counts as the phrase LowOxygen
	Rules       []TriageRule

	Ordinary           []string // contains words of danger and means none: "hồ sơ", "sốt đất"
	Negations          []string // before a danger it denies it
	NegationExceptions []string // contains a word of denial and denies no danger: "không biết"
	Hypothetical       []string // what follows in the sentence is supposed
	Past               []string // what follows in the clause was long ago
	Over               []string // what was said before is over
	Hearsay            []string // what follows in the sentence is told of others or of news
	Questions          []string // the sentence asks for knowledge …
	Persons            []string // … unless it tells of somebody
	Present            []string // … or of something that goes on now
	Eligibility        []string // the sentence asks what somebody with a condition may do or gets
	Asking             []string // names the asker without telling of anybody: "cho em hỏi"
}

// Phrases that stand in rules for a measured number.
const (
	HighFever = "{sốt cao}"
	LowOxygen = "{oxy thấp}"
)

// TriageRule is one kind of danger.
type TriageRule struct {
	ID     string
	Advice string     // key of the text given at once: "advice.medical"
	All    [][]string // a phrase of each group must be reported
	None   []string   // any of these phrases anywhere silences the rule
}

type frame uint16

const (
	ordinary frame = 1 << iota
	negation
	negationExcept
	hypothetical
	past
	over
	hearsay
	question
	person
	now
	eligibility
	asking
)

type triage struct {
	book   *phrasebook
	data   Triage
	frames map[int]frame // by phrase
	rules  []rule
	danger map[int]bool // phrases and measured numbers that stand in rules
}

type rule struct {
	TriageRule
	groups []map[int]bool // phrases
	none   map[int]bool
}

// Ids of the measured numbers; phrases of the book count from 0.
const (
	highFeverID = -1
	lowOxygenID = -2
)

// newTriage makes the rules of data, which Check found nothing wrong with.
func newTriage(book *phrasebook, data Triage) *triage {
	t := &triage{book: book, data: data, frames: map[int]frame{}, danger: map[int]bool{}}
	for _, name := range oxygenNames { // or they would be taken for slips of the finger
		book.learn(name)
	}
	lists := data.frames()
	for i, name := range frameNames {
		for _, p := range lists[name] {
			if id, ok := book.add(p); ok {
				t.frames[id] |= ordinary << i
			}
		}
	}
	for _, r := range data.Rules {
		compiled := rule{TriageRule: r, none: t.phrases(r.None)}
		for _, group := range r.All {
			ids := t.phrases(group)
			for id := range ids {
				if id >= 0 { // no measured number
					book.loosen(id)
				}
			}
			compiled.groups = append(compiled.groups, ids)
			maps.Copy(t.danger, ids)
		}
		t.rules = append(t.rules, compiled)
	}
	return t
}

// frameNames are the lists of phrases that say what a danger means where they
// stand, in the order of the frames.
var frameNames = []string{
	"ordinary", "negations", "negation_exceptions", "hypothetical", "past", "over",
	"hearsay", "questions", "persons", "present", "eligibility", "asking",
}

func (d Triage) frames() map[string][]string {
	return map[string][]string{
		"ordinary": d.Ordinary, "negations": d.Negations, "negation_exceptions": d.NegationExceptions,
		"hypothetical": d.Hypothetical, "past": d.Past, "over": d.Over, "hearsay": d.Hearsay,
		"questions": d.Questions, "persons": d.Persons, "present": d.Present,
		"eligibility": d.Eligibility, "asking": d.Asking,
	}
}

func (t *triage) phrases(list []string) map[int]bool {
	ids := map[int]bool{}
	for _, p := range list {
		switch p {
		case HighFever:
			ids[highFeverID] = true
		case LowOxygen:
			ids[lowOxygenID] = true
		default:
			if id, ok := t.book.add(p); ok {
				ids[id] = true
			}
		}
	}
	return ids
}

// report returns the first rule that speaks.
func (t *triage) report(words []word, found []span) (TriageRule, bool) {
	story := t.story(words, found)
	for _, r := range t.rules {
		if r.speaks(story) {
			return r.TriageRule, true
		}
	}
	return TriageRule{}, false
}
