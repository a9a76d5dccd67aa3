package bot

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
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

// story is a text with what its parts mean for a danger told in it.
type story struct {
	triage *triage
	words  []word
	spans  []span
	cues   map[frame][]span
	people map[int]bool // sentences that tell of somebody
	live   map[int][]span
}

func (t *triage) story(words []word, found []span) *story {
	s := &story{triage: t, words: words, cues: map[frame][]span{}, live: map[int][]span{}}
	for _, sp := range fevers(words, t.data.FeverFrom) {
		sp.id = highFeverID
		s.spans = append(s.spans, sp)
	}
	for _, sp := range lowOxygen(words, t.data.OxygenBelow) {
		sp.id = lowOxygenID
		s.spans = append(s.spans, sp)
	}
	s.spans = append(s.spans, found...)
	slices.SortStableFunc(s.spans, byPlace)
	for _, sp := range found {
		for f := ordinary; f <= asking; f <<= 1 {
			if t.frames[sp.id]&f != 0 {
				s.cues[f] = append(s.cues[f], sp)
			}
		}
	}
	s.cues[past] = append(s.cues[past], years(words)...)
	slices.SortFunc(s.cues[past], byPlace)
	s.cues[negation] = uncovered(s.cues[negation], s.cues[negationExcept])
	s.cues[hypothetical] = uncovered(s.cues[hypothetical], s.cues[ordinary])
	s.cues[now] = uncovered(s.cues[now], s.cues[ordinary])
	s.people = map[int]bool{}
	dangers := slices.DeleteFunc(slices.Clone(s.spans), func(sp span) bool { return !t.danger[sp.id] })
	for _, sp := range uncovered(uncovered(s.cues[person], s.cues[asking]), dangers) { // "co giật" is not "cô"
		s.people[words[sp.from].sentence] = true
	}
	for _, sp := range s.cues[now] {
		s.people[words[sp.from].sentence] = true
	}
	for _, sp := range s.spans {
		if sp.id < 0 && !threshold(words, sp) { // somebody was measured
			s.people[words[sp.from].sentence] = true
		}
	}
	for _, sp := range s.spans {
		if t.danger[sp.id] && s.reported(sp) {
			s.live[sp.id] = append(s.live[sp.id], sp)
		}
	}
	return s
}

func byPlace(a, b span) int { return cmp.Compare(a.from, b.from) }

// reach is how many words apart two things may stand and still have to do with
// each other; it bounds the work on a text without full stops.
const reach = 60

// near gives those of spans, which are in order, that begin within reach of sp.
func near(spans []span, sp span) []span {
	at := func(place int) int {
		i, _ := slices.BinarySearchFunc(spans, place, func(s span, place int) int { return cmp.Compare(s.from, place) })
		return i
	}
	return spans[at(sp.from-reach):at(sp.to+reach)]
}

// uncovered drops the spans that lie inside a longer one of covers.
func uncovered(spans, covers []span) []span {
	var kept []span
	for _, sp := range spans {
		if !slices.ContainsFunc(near(covers, sp), func(c span) bool {
			return c.from <= sp.from && sp.to <= c.to && c.to-c.from > sp.to-sp.from
		}) {
			kept = append(kept, sp)
		}
	}
	return kept
}

func (r rule) speaks(s *story) bool {
	for _, sp := range s.spans {
		if r.none[sp.id] {
			return false
		}
	}
	reported := make([][]span, len(r.groups))
	for i, g := range r.groups {
		if reported[i] = s.of(g); len(reported[i]) == 0 {
			return false
		}
	}
	return slices.ContainsFunc(reported[0], func(anchor span) bool {
		return !slices.ContainsFunc(reported[1:], func(others []span) bool { return len(near(others, anchor)) == 0 })
	})
}

func (s *story) of(group map[int]bool) []span {
	var all []span
	for id := range group {
		all = append(all, s.live[id]...)
	}
	slices.SortFunc(all, byPlace)
	return all
}

// reported tells whether what sp says is told as happening.
func (s *story) reported(sp span) bool {
	return len(uncovered([]span{sp}, s.cues[ordinary])) == 1 &&
		!s.denied(sp) &&
		!s.supposed(sp) &&
		!s.wasBefore(sp) &&
		!s.asked(sp)
}

// denied: "không sốt", "chưa bị khó thở", "không ho, sốt gì cả", and the
// question whether there is any: "có khó thở không".
func (s *story) denied(sp span) bool {
	const between = 3 // words: "không hề bị …"
	for _, n := range near(s.cues[negation], sp) {
		if n.to <= sp.from && sp.from-n.to <= between && s.sameClause(n, sp) && !s.dangerBetween(n, sp) {
			return true
		}
	}
	return s.trailingDenial(sp) || s.trailingAll(sp)
}

// dangerBetween: in "không thở được, …" and "sốt không hạ khó thở" the denial
// belongs to what stands between it and sp.
func (s *story) dangerBetween(n, sp span) bool {
	return slices.ContainsFunc(near(s.spans, sp), func(o span) bool {
		return s.triage.danger[o.id] && o.from <= n.from && n.to <= o.to && o.to <= sp.from
	})
}

// trailingDenial: "khó thở không", "sốt chưa" at the end of a clause asks.
func (s *story) trailingDenial(sp span) bool {
	i := sp.to
	if i >= len(s.words) || s.words[i].clause != s.words[sp.from].clause {
		return false
	}
	switch s.words[i].Folded {
	case "khong", "chua":
	default:
		return false
	}
	for i++; i < len(s.words) && s.words[i].clause == s.words[sp.from].clause; i++ {
		switch s.words[i].Folded {
		case "a", "vay", "nhi", "ad", "vi", "day", "ha", "the", "bac", "si", "anh", "chi", "em", "nua":
		default:
			return false
		}
	}
	return true
}

// trailingAll carries a denial over the members of a list: "không ho, sốt hay
// khó thở gì cả".
func (s *story) trailingAll(sp span) bool {
	i := sp.to
	if i >= len(s.words) || s.words[i].sentence != s.words[sp.from].sentence {
		return false
	}
	for i < len(s.words) && i < sp.to+8 && s.words[i].sentence == s.words[sp.from].sentence && s.words[i].Folded != "gi" {
		i++
	}
	if i >= len(s.words) || s.words[i].Folded != "gi" || i == sp.to+8 {
		return false
	}
	all := i+1 == len(s.words) || s.words[i+1].sentence != s.words[i].sentence
	if !all {
		switch s.words[i+1].Folded {
		case "ca", "het", "a", "dau":
			all = true
		}
	}
	return all && slices.ContainsFunc(near(s.cues[negation], sp), func(n span) bool {
		return n.to <= sp.from && s.sameSentence(n, sp)
	})
}

// supposed: "nếu khó thở thì gọi ai", "nghe nói có người tiêm xong ngất".
func (s *story) supposed(sp span) bool {
	for _, h := range near(s.cues[hypothetical], sp) {
		if h.to > sp.from || !s.sameSentence(h, sp) {
			continue
		}
		if s.sameClause(h, sp) || !s.happening(sp) {
			return true
		}
	}
	return slices.ContainsFunc(near(s.cues[hearsay], sp), func(h span) bool { return h.to <= sp.from && s.sameSentence(h, sp) })
}

func (s *story) happening(sp span) bool {
	return slices.ContainsFunc(near(s.cues[now], sp), func(n span) bool { return s.sameSentence(n, sp) })
}

// wasBefore: "năm ngoái bị co giật", "sốt cao … giờ khỏi rồi".
func (s *story) wasBefore(sp span) bool {
	return slices.ContainsFunc(near(s.cues[past], sp), func(p span) bool { return p.to <= sp.from && s.sameClause(p, sp) }) ||
		s.endsWell(sp)
}

// endsWell: something later in the text says that it is over.
func (s *story) endsWell(sp span) bool {
	over := s.cues[over]
	return len(over) > 0 && over[len(over)-1].from >= sp.from
}

// asked: the sentence asks for knowledge and tells of nobody, or asks what
// somebody with a condition is entitled to.
func (s *story) asked(sp span) bool {
	if slices.ContainsFunc(near(s.cues[eligibility], sp), func(q span) bool { return s.sameSentence(q, sp) || !s.happening(sp) }) {
		return true
	}
	sentence := s.words[sp.from].sentence
	return !s.people[sentence] &&
		slices.ContainsFunc(near(s.cues[question], sp), func(q span) bool { return s.sameSentence(q, sp) })
}

func (s *story) sameClause(a, b span) bool {
	return s.words[a.from].clause == s.words[b.from].clause
}

func (s *story) sameSentence(a, b span) bool {
	return s.words[a.from].sentence == s.words[b.from].sentence
}
