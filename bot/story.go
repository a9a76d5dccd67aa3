package bot

import (
	"cmp"
	"slices"
)

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
	s.cues[question] = append(s.cues[question], whether(words)...)
	slices.SortFunc(s.cues[question], byPlace)
	s.cues[past] = append(s.cues[past], years(words)...)
	slices.SortFunc(s.cues[past], byPlace)
	s.cues[negation] = uncovered(s.cues[negation], s.cues[negationExcept])
	s.cues[hypothetical] = uncovered(s.cues[hypothetical], s.cues[ordinary])
	s.cues[now] = uncovered(s.cues[now], s.cues[ordinary])
	s.people = map[int]bool{}
	dangers := slices.DeleteFunc(slices.Clone(s.spans), func(sp span) bool { return !t.danger[sp.id] })
	s.cues[over] = uncovered(s.cues[over], dangers)                                    // "oxy hết rồi" is no good end
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

// whether finds questions of the form "có … không" that end a sentence, and gives the
// word "có" that opens them.
func whether(words []word) []span {
	var found []span
	opened := -1 // the first "có" of the sentence
	for i, w := range words {
		if i > 0 && words[i-1].sentence != w.sentence {
			opened = -1
		}
		switch {
		case w.Folded == "co" && opened < 0 && (w.Text == "có" || w.Text == "co"):
			opened = i
		case opened >= 0 && i > opened+1 && (w.Folded == "khong" || w.Folded == "chua") && endsWith(words[i+1:], w.sentence):
			found = append(found, span{from: opened, to: opened + 1})
		}
	}
	return found
}

// endsWith reports whether nothing but courtesy is left of the sentence.
func endsWith(rest []word, sentence int) bool {
	for _, w := range rest {
		if w.sentence != sentence {
			return true
		}
		if !closing[w.Folded] {
			return false
		}
	}
	return true
}

// closing are the words that may follow a question.
var closing = map[string]bool{
	"a": true, "vay": true, "nhi": true, "ad": true, "vi": true, "day": true, "ha": true, "the": true, "bac": true, "si": true,
	"anh": true, "chi": true, "em": true, "nua": true, "da": true, "nhe": true, "oi": true,
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
	for _, n := range near(s.cues[negation], sp) {
		if n.to <= sp.from && s.sameClause(n, sp) && !s.dangerBetween(n, sp) && s.bridged(n.to, sp.from) {
			return true
		}
	}
	return s.trailingDenial(sp) || s.trailingAll(sp)
}

// bridged: a denial reaches over words like "hề bị" and over other dangers
// ("không ho hay khó thở"), but not over a thing of its own ("không ngồi dậy
// nổi, khó thở").
func (s *story) bridged(from, to int) bool {
	const longest = 8 // words
	if to-from > longest {
		return false
	}
	for i := from; i < to; i++ {
		if !bridges[s.words[i].Folded] && !s.inDanger(i) {
			return false
		}
	}
	return true
}

var bridges = map[string]bool{
	"he": true, "bi": true, "co": true, "con": true, "thay": true, "dau": true, "hieu": true, "trieu": true, "chung": true,
	"bieu": true, "hien": true, "cam": true, "giac": true, "phai": true, "gi": true, "la": true, "nhu": true, "hay": true, "ai": true,
	"va": true, "hoac": true, "cung": true, "any": true, "have": true, "or": true,
}

func (s *story) inDanger(word int) bool {
	at := span{from: word, to: word + 1}
	return slices.ContainsFunc(near(s.spans, at), func(o span) bool {
		return s.triage.danger[o.id] && s.triage.frames[o.id]&(person|now) == 0 && o.from <= word && word < o.to
	})
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
		if !closing[s.words[i].Folded] {
			return false
		}
	}
	return true
}

// trailingAll carries a denial over the members of a list, commas or not:
// "không ho, sốt hay khó thở gì cả".
func (s *story) trailingAll(sp span) bool {
	end := sp.to
	for end < min(len(s.words), sp.to+reach) && s.words[end].Folded != "gi" {
		end++
	}
	if end == min(len(s.words), sp.to+reach) || !s.bridged(sp.to, end) || !s.closes(end) {
		return false
	}
	return slices.ContainsFunc(near(s.cues[negation], sp), func(n span) bool {
		return n.to <= sp.from && s.sameSentence(n, sp) && s.bridged(n.to, sp.from)
	})
}

// closes reports whether the "gì" at word i ends its sentence or sums up: "gì cả".
func (s *story) closes(i int) bool {
	if i+1 == len(s.words) || s.words[i+1].sentence != s.words[i].sentence {
		return true
	}
	switch s.words[i+1].Folded {
	case "ca", "het", "a", "dau":
		return true
	}
	return false
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

// endsWell: later it is said to be over. What goes on now is only ended within
// its sentence; after that the text may speak of somebody else.
func (s *story) endsWell(sp span) bool {
	over := s.cues[over]
	if len(over) > 0 && over[len(over)-1].from >= sp.from && !s.happening(sp) {
		return true
	}
	return slices.ContainsFunc(near(over, sp), func(o span) bool { return o.from >= sp.from && s.sameSentence(o, sp) })
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
