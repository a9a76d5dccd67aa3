package kb

import (
	"strings"
	"unicode"

	"tongdai/kb/vi"
)

// maxSlots words of a message are compared. Longer messages are stories whose
// question stands at the beginning or the end, so both are kept.
const maxSlots = 120

// query is a citizen's message as ranking sees it: a row of slots, each one word
// that was meant, with all that it may stand for in the vocabulary.
type query struct {
	slots    []slot
	concepts []span // over slots
	focus    focus  // what its question asks for
}

type slot struct {
	typed   string    // the word as it stood in the message
	forms   []vi.Form // what it may be: itself, or the readings of an abbreviation
	matches []match
	weight  float32
	weak    bool
	empty   bool // weak, whatever word it stands for: "can" may be "cần", but also "căn"
	unknown bool // nothing in the vocabulary is meant by it
	story   bool // in a part of a long message that asks nothing
}

// typedWord is a word of the message before it is read.
type typedWord struct {
	text   string
	form   vi.Form
	clause int
	story  bool
}

// understand reads a message with the vocabulary's eyes.
func (v *vocabulary) understand(message string, known wordMemory) query {
	words := typedWords(message)
	q := query{slots: make([]slot, 0, len(words)+4)}
	for _, w := range words {
		for _, s := range known.read(v, w.form) {
			s.typed, s.story = w.text, w.story
			if s.story {
				s.weight *= ranking.story
			}
			q.slots = append(q.slots, s)
		}
		if len(q.slots) >= maxSlots {
			break
		}
	}
	primary := make([]vi.Form, len(q.slots))
	for i := range q.slots {
		primary[i] = q.slots[i].forms[0]
	}
	q.concepts = conceptsIn(primary)
	q.focus = focusOf(q.question(primary))
	return q
}

// wordMemory keeps what words were read as. Citizens write the same few thousand
// words over and over.
type wordMemory map[string][]slot

// wordsKept bounds the memory; what does not fit is read each time.
const wordsKept = 4096

// read gives the slots of a word, not to be changed.
func (k wordMemory) read(v *vocabulary, f vi.Form) []slot {
	if slots, ok := k[f.Text]; ok {
		return slots
	}
	slots := v.read(f)
	for i := range slots {
		v.fill(&slots[i])
	}
	if len(k) < wordsKept {
		k[f.Text] = slots
	}
	return slots
}

// question leaves the story out of the words of the message.
func (q *query) question(words []vi.Form) []vi.Form {
	var asked []vi.Form
	for i, w := range words {
		if !q.slots[i].story {
			asked = append(asked, w)
		}
	}
	return asked
}

// typedWords cuts the message into words without its courtesies.
func typedWords(message string) []typedWord {
	all := vi.Words(message)
	if len(all) > maxSlots {
		all = append(all[:maxSlots/2:maxSlots/2], all[len(all)-maxSlots/2:]...)
	}
	words := make([]typedWord, len(all))
	forms := make([]vi.Form, len(all))
	clause := 0
	for i, w := range all {
		if i > 0 && endsClause(message[all[i-1].End:w.Start]) {
			clause++
		}
		forms[i] = formOf(w.Text)
		words[i] = typedWord{text: message[w.Start:w.End], form: forms[i], clause: clause}
	}
	markStory(message, all, words)
	if courtesy := vi.Courtesies(forms); courtesy != nil && !without(courtesies) {
		kept := words[:0]
		for i, w := range words {
			if !courtesy[i] {
				kept = append(kept, w)
			}
		}
		words = kept
	}
	return words
}

// formOf is a typed word without letters drawn out, unless it is an abbreviation as
// it stands: of "cccd" nothing is left out.
func formOf(word string) vi.Form {
	if vi.Chat(word) == nil {
		word = vi.CollapseRepeats(word)
	}
	return vi.FormOf(word)
}

func endsClause(between string) bool {
	return strings.ContainsAny(between, ".,;:!?\n…") && (len(between) > 1 || between != "." && between != ",")
}

// read makes the slots of one word. An abbreviation with several readings gives
// as many slots as its longest reading; each reading fills them from the front.
func (v *vocabulary) read(f vi.Form) []slot {
	readings := v.readings(f)
	longest := 0
	for _, r := range readings {
		longest = max(longest, len(r))
	}
	slots := make([]slot, longest)
	for i := range slots {
		for _, r := range readings {
			if i < len(r) {
				slots[i].forms = append(slots[i].forms, vi.FormOf(r[i]))
			}
		}
	}
	return slots
}

// readings tells what a word may be meant for. A word that the entries know is
// taken as it stands; guessing begins where nothing else makes sense.
func (v *vocabulary) readings(f vi.Form) [][]string {
	itself := [][]string{{f.Text}}
	known := v.knows(f)
	if chat := vi.Chat(f.Text); chat != nil && !without(abbreviations) {
		if known {
			return append(itself, chat...)
		}
		return chat
	}
	if known {
		return itself
	}
	if s, ok := vi.VNI(f.Text); ok && !without(keystrokes) {
		return [][]string{{s}}
	}
	if s, ok := vi.Telex(f.Text); ok && !without(keystrokes) {
		return [][]string{{s}}
	}
	if word, number := cutNumber(f.Text); number != "" && v.knows(vi.FormOf(word)) {
		return [][]string{{word, number}}
	}
	if single := vi.FormOf(vi.Undouble(f.Text)); single != f && v.knows(single) {
		return [][]string{{single.Text}}
	}
	if vi.Syllable(f.Text) || vi.FoldedSyllable(f.Text) {
		return itself
	}
	if pieces := vi.Split(f.Text, v.knowsText); pieces != nil && !without(splitting) {
		return [][]string{pieces}
	}
	return itself
}

func (v *vocabulary) knowsText(word string) bool { return v.knows(vi.FormOf(word)) }

// cutNumber parts "covid19" and "mũi3".
func cutNumber(word string) (letters, number string) {
	letters = strings.TrimRightFunc(word, unicode.IsDigit)
	if letters == "" {
		return word, ""
	}
	return letters, word[len(letters):]
}

// fill finds what the slot matches and how much it weighs.
func (v *vocabulary) fill(s *slot) {
	s.weak = true
	for _, f := range s.forms {
		s.matches = append(s.matches, v.matches(f)...)
		s.weak = s.weak && vi.Weak(f.Text)
	}
	s.weight, s.unknown, s.empty = v.rarest, true, s.weak
	for _, m := range s.matches {
		if m.strength >= ranking.meant {
			s.unknown = false
			s.empty = s.empty && vi.Weak(v.forms[m.word].Text)
			s.weight = min(s.weight, v.idf[m.word])
		}
	}
	if s.unknown {
		s.matches = append(s.matches, v.guesses(s.forms)...)
		s.weight *= ranking.unknown
	}
	if s.weak {
		s.weight *= ranking.weak
	}
}

// guesses allows for slips of the finger in a word that is no syllable. One that is,
// though no entry has it, was meant as it stands: taking it for a neighbour found
// wrong entries more often than right ones.
func (v *vocabulary) guesses(forms []vi.Form) []match {
	var out []match
	for _, f := range forms {
		if !vi.FoldedSyllable(f.Folded) || f.Text != f.Folded && !vi.Syllable(f.Text) {
			out = append(out, v.slips(f.Folded)...)
		}
	}
	return out
}
