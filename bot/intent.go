package bot

import (
	"slices"
	"strings"

	"tongdai/kb"
)

// The values of choices to press.
const (
	pressEntry  = "entry:" // followed by the entry's id
	pressPerson = "person"
	pressPlace  = "place" // the entry of a place yet to be named
	pressNone   = "none"  // none of the offered entries
	pressYes    = "yes"   // the answer helped
	pressWrong  = "wrong"
)

// intent is what a message means before anything is looked up.
type intent struct {
	kind      kind
	rule      TriageRule // of reportsDanger
	entry     kb.EntryID // of pickedEntry
	text      string     // of courtesy: the key of what is said back
	question  string     // what is looked up, and what people should answer
	typed     string     // of asks: the message itself, perhaps a label
	complains bool       // of asks: it also says that the answer before was wrong
}

type kind int

const (
	asks kind = iota
	reportsDanger
	wantsPeople
	pickedEntry
	pickedPlace
	pickedNone
	saysWrong
	courtesy
	unreadable
	filesComplaint
)

// understand reads downwards: the first that fits counts.
func (b *Bot) understand(s State, m Message) intent {
	said := b.reading(m.Text)
	words, found := said.words, said.found
	if r, ok := said.report(); ok {
		return intent{kind: reportsDanger, rule: r}
	}
	if in, ok := pressed(m.Pressed); ok {
		return in
	}
	if b.talk.asksForPerson(found) {
		return intent{kind: wantsPeople, question: b.aboutBefore(s, m, words, found)}
	}
	if in, ok := b.picks(s, m, words, found); ok {
		return in
	}
	if in, ok := b.courteous(s, m, words, found); ok {
		return in
	}
	if m.carriesFiles() && b.talk.left(words, found, greets|thanks|filler) == 0 {
		return intent{kind: unreadable}
	}
	if b.talk.has(found, complains) {
		return intent{kind: filesComplaint, question: m.Text}
	}
	return b.asking(s, m, words, found)
}

func (m Message) carriesFiles() bool { return m.Attachments > 0 || m.Place != nil }

func pressed(value string) (intent, bool) {
	switch value {
	case pressPerson:
		return intent{kind: wantsPeople}, true
	case pressPlace:
		return intent{kind: pickedPlace}, true
	case pressNone:
		return intent{kind: pickedNone}, true
	case pressWrong:
		return intent{kind: saysWrong}, true
	case pressYes:
		return intent{kind: courtesy, text: "thanks"}, true
	}
	if id, ok := strings.CutPrefix(value, pressEntry); ok && id != "" {
		return intent{kind: pickedEntry, entry: kb.EntryID(id)}, true
	}
	return intent{}, false // not ours: what was typed counts
}

// aboutBefore is what a citizen who asks for a person wants to know: the rest
// of the message, or else what was asked before.
func (b *Bot) aboutBefore(s State, m Message, words []word, found []span) string {
	if b.talk.left(words, found, wantsPerson|mayWantPerson|filler|greets|thanks) > 3 {
		return m.Text
	}
	return s.Asked
}

// picks reads a choice typed by its place, and a plain "không phải".
func (b *Bot) picks(s State, m Message, words []word, found []span) (intent, bool) {
	if len(s.Choices) == 0 {
		return intent{}, false
	}
	if n := ordinal(m.Text); n >= 1 && n <= len(s.Choices) {
		return pressed(s.Choices[n-1])
	}
	if label := b.fixedLabel(s, m.Text); label != "" {
		return pressed(label)
	}
	if len(s.Offered) > 0 && b.talk.only(words, found, rejectsAll|rejects) {
		return intent{kind: pickedNone}, true
	}
	return intent{}, false
}

// fixedLabel is the value of the standing choice whose label was typed, of
// those that are not entries.
func (b *Bot) fixedLabel(s State, text string) string {
	for _, value := range b.fixed[sameLabel(text)] {
		if slices.Contains(s.Choices, value) {
			return value
		}
	}
	return ""
}

// fixedLabels are the values of the choices that are not entries, by how their
// labels read in either language.
func fixedLabels(texts Texts) map[string][]string {
	labels := map[string][]string{}
	for _, c := range []struct{ value, key string }{
		{pressPerson, "answer.person"}, {pressPlace, "clarify.byplace"}, {pressNone, "clarify.none"}, {pressYes, "answer.yes"}, {pressWrong, "answer.no"},
	} {
		for _, label := range []string{sameLabel(texts[c.key].Vi), sameLabel(texts[c.key].En)} {
			if label != "" && !slices.Contains(labels[label], c.value) {
				labels[label] = append(labels[label], c.value)
			}
		}
	}
	return labels
}

// courteous reads messages that want nothing but an echo of courtesy, and those
// without a word, which a first greeting or a friendly line answers.
func (b *Bot) courteous(s State, m Message, words []word, found []span) (intent, bool) {
	answered := s.Answered != "" || s.Unhelpful > 0
	switch {
	case m.carriesFiles():
		return intent{}, false
	case len(words) == 0 && strings.Contains(m.Text, "?") && s.Answered != "":
		return intent{kind: saysWrong}, true
	case len(words) == 0:
		return intent{kind: courtesy, text: "hello"}, true
	case b.talk.only(words, found, leaves):
		return intent{kind: courtesy, text: "goodbye"}, true
	case b.talk.has(found, thanks|agreesToo) && b.talk.only(words, found, thanks|agreesToo|greets|leaves):
		return intent{kind: courtesy, text: "thanks"}, true
	case b.talk.only(words, found, greets), b.talk.left(words, found, filler) == 0:
		return intent{kind: courtesy, text: "hello"}, true
	case answered && b.talk.has(found, rejects|rejectsAll) && b.talk.left(words, found, rejects|rejectsAll|filler) <= 2:
		return intent{kind: saysWrong}, true
	}
	return intent{}, false
}

// asking joins a message that only narrows down what was asked back about.
func (b *Bot) asking(s State, m Message, words []word, found []span) intent {
	in := intent{kind: asks, question: clip(m.Text), typed: m.Text}
	if (len(s.Offered) > 0 || s.AskPlace) && s.Asked != "" && b.talk.narrows(words, found) {
		in.question = clip(s.Asked + " " + strings.TrimSpace(m.Text))
	}
	in.complains = (s.Answered != "" || s.Unhelpful > 0) && b.talk.has(found, rejects)
	return in
}

// complaintWords reports whether a text speaks of complaints or denunciations.
func (b *Bot) complaintWords(text string) bool {
	return b.talk.has(b.reading(text).found, complains)
}
