package bot

import (
	"errors"
	"fmt"
	"maps"
	"strings"
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

func newTriage(book *phrasebook, data Triage) (*triage, error) {
	t := &triage{book: book, data: data, frames: map[int]frame{}, danger: map[int]bool{}}
	for _, name := range oxygenNames { // or they would be taken for slips of the finger
		book.learn(name)
	}
	var problems []error
	for i, phrases := range [][]string{ // in the order of the frames
		data.Ordinary, data.Negations, data.NegationExceptions, data.Hypothetical, data.Past, data.Over,
		data.Hearsay, data.Questions, data.Persons, data.Present, data.Eligibility, data.Asking,
	} {
		f := ordinary << i
		for _, p := range phrases {
			id, ok := book.add(p)
			if !ok {
				problems = append(problems, fmt.Errorf("triage: cụm từ %q không có chữ nào", p))
				continue
			}
			t.frames[id] |= f
		}
	}
	problems = append(problems, data.check()...)
	for _, r := range data.Rules {
		compiled := rule{TriageRule: r, none: map[int]bool{}}
		for _, group := range r.All {
			ids, err := t.phrases(r.ID, group)
			problems = append(problems, err)
			compiled.groups = append(compiled.groups, ids)
			maps.Copy(t.danger, ids)
		}
		ids, err := t.phrases(r.ID, r.None)
		problems = append(problems, err)
		compiled.none = ids
		t.rules = append(t.rules, compiled)
	}
	return t, errors.Join(problems...)
}

func (d Triage) check() []error {
	var problems []error
	if d.FeverFrom < 37 || d.FeverFrom > 42 {
		problems = append(problems, fmt.Errorf("triage: fever_from %v không hợp lý; ghi số độ C từ 37 đến 42", d.FeverFrom))
	}
	if d.OxygenBelow < 80 || d.OxygenBelow > 97 {
		problems = append(problems, fmt.Errorf("triage: oxygen_below %v không hợp lý; ghi phần trăm từ 80 đến 97", d.OxygenBelow))
	}
	if len(d.Rules) == 0 {
		problems = append(problems, errors.New("triage: chưa có quy tắc nào (rules)"))
	}
	seen := map[string]bool{}
	for i, r := range d.Rules {
		if r.ID == "" || seen[r.ID] {
			problems = append(problems, fmt.Errorf("triage: quy tắc thứ %d thiếu id hoặc trùng id %q", i+1, r.ID))
		}
		seen[r.ID] = true
		if len(r.All) == 0 {
			problems = append(problems, fmt.Errorf("triage: quy tắc %q thiếu all", r.ID))
		}
		if !strings.HasPrefix(r.Advice, advicePrefix) {
			problems = append(problems, fmt.Errorf("triage: quy tắc %q có advice %q; ghi khóa bắt đầu bằng %q", r.ID, r.Advice, advicePrefix))
		}
	}
	return problems
}

func (t *triage) phrases(ruleID string, list []string) (map[int]bool, error) {
	ids := map[int]bool{}
	var problems []error
	for _, p := range list {
		switch p {
		case HighFever:
			ids[highFeverID] = true
			continue
		case LowOxygen:
			ids[lowOxygenID] = true
			continue
		}
		id, ok := t.book.add(p)
		if !ok {
			problems = append(problems, fmt.Errorf("triage: quy tắc %q có cụm từ %q không có chữ nào", ruleID, p))
			continue
		}
		ids[id] = true
	}
	return ids, errors.Join(problems...)
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
