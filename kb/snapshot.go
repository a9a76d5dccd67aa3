package kb

import (
	"cmp"
	"slices"
	"sync"

	"tongdai/kb/vi"
)

// snapshot is everything a search reads, as of one publication. It is never
// changed: a publication makes the next one, and searches under way finish on theirs.
type snapshot struct {
	indexed  []*indexed // by ID
	byID     map[EntryID]int32
	vocab    *vocabulary
	postings postings
	revision uint64
	scratch  sync.Pool // *scratch of this vocabulary
}

// indexed is an entry as ranking sees it.
type indexed struct {
	entry  Entry
	texts  entryTexts
	asked  []unit // the question, then each other wording
	answer unit
	family int32 // number of the siblings it is told apart from by a name; -1: none
	name   []wordID
	rare   []float32 // how much each word of name tells
	proper []bool    // whether it is proper to the name, and not what kind of thing it is of
}

// entryTexts are the words of an entry; they outlive a snapshot.
type entryTexts struct {
	asked  []wording
	answer wording
	focus  focus // of all wordings of the question
}

// wording is a text as words, and the concepts that it speaks of.
type wording struct {
	words    []vi.Form
	concepts []span
}

// unit is one wording, compared with a question as a whole.
type unit struct {
	words    []occurrence
	weight   float32 // of its words, each once
	concepts []span
}

type occurrence struct {
	word  wordID
	first bool // the word's first place in the unit
}

// maxAnswerWords of an answer are compared: what decides stands at its beginning,
// and the longest answers would set the pace of every search.
const maxAnswerWords = 400

func textsOf(e Entry) entryTexts {
	answer := formsOf(e.Answer)
	t := entryTexts{answer: wordingOf(answer[:min(len(answer), maxAnswerWords)])}
	for _, text := range append([]string{e.Question}, e.Variants...) {
		if forms := formsOf(text); len(forms) > 0 {
			t.asked = append(t.asked, wordingOf(forms))
			t.focus |= focusOf(forms)
		}
	}
	return t
}

func wordingOf(words []vi.Form) wording { return wording{words, conceptsIn(words)} }

func formsOf(text string) []vi.Form {
	words := vi.Texts(text)
	forms := make([]vi.Form, len(words))
	for i, w := range words {
		forms[i] = vi.FormOf(w)
	}
	return forms
}

// newSnapshot indexes entries. What last already knows of an unchanged entry is reused.
func newSnapshot(entries []Entry, last *snapshot, revision uint64) *snapshot {
	s := &snapshot{
		indexed: make([]*indexed, len(entries)), byID: make(map[EntryID]int32, len(entries)),
		vocab: newVocabulary(), revision: revision,
	}
	entries = slices.SortedFunc(slices.Values(entries), func(a, b Entry) int { return cmp.Compare(a.ID, b.ID) })
	for i, e := range entries {
		s.byID[e.ID] = int32(i)
		s.indexed[i] = &indexed{entry: e, texts: last.textsOf(e), family: -1}
	}
	s.weighWords()
	m := unitMaker{vocab: s.vocab, seen: make([]int, len(s.vocab.forms))}
	for _, x := range s.indexed {
		for _, w := range x.texts.asked {
			x.asked = append(x.asked, m.unitOf(w))
		}
		x.answer = m.unitOf(x.texts.answer)
	}
	for _, x := range s.indexed {
		s.vocab.answerWords += float32(len(x.answer.words)) / float32(len(s.indexed))
	}
	s.post()
	s.findSiblings()
	s.scratch.New = func() any { return newScratch(len(s.vocab.forms)) }
	return s
}

func (s *snapshot) textsOf(e Entry) entryTexts {
	if s != nil {
		if i, ok := s.byID[e.ID]; ok && sameTexts(s.indexed[i].entry, e) {
			return s.indexed[i].texts
		}
	}
	return textsOf(e)
}

func sameTexts(a, b Entry) bool {
	return a.Question == b.Question && a.Answer == b.Answer && slices.Equal(a.Variants, b.Variants)
}

// weighWords numbers all words and counts the entries that have each.
func (s *snapshot) weighWords() {
	var having, last []int32
	count := func(words []vi.Form, entry int32) {
		for _, w := range words {
			id := s.vocab.add(w.Text)
			if int(id) == len(having) {
				having, last = append(having, 0), append(last, -1)
			}
			if last[id] != entry {
				last[id] = entry
				having[id]++
			}
		}
	}
	for i, x := range s.indexed {
		for _, w := range x.texts.asked {
			count(w.words, int32(i))
		}
		count(x.texts.answer.words, int32(i))
	}
	s.vocab.finish(len(s.indexed), having)
}

// unitMaker numbers the words of wordings.
type unitMaker struct {
	vocab *vocabulary
	seen  []int // by word: number of the last unit that had it
	units int
}

func (m *unitMaker) unitOf(w wording) unit {
	m.units++
	u := unit{words: make([]occurrence, len(w.words)), concepts: w.concepts}
	for i, f := range w.words {
		id := m.vocab.byText[f.Text]
		first := m.seen[id] != m.units
		u.words[i] = occurrence{id, first}
		if first {
			m.seen[id] = m.units
			u.weight += m.vocab.weight[id]
		}
	}
	return u
}
