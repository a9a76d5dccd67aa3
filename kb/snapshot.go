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

// entryTexts are the words of an entry, numbered; they outlive a snapshot, as the
// numbers do.
type entryTexts struct {
	asked  []wording
	answer wording
	focus  focus // of all wordings of the question
}

// wording is a text as words, and the concepts that it speaks of.
type wording struct {
	words    []occurrence
	concepts []span
}

// unit is one wording, compared with a question as a whole.
type unit struct {
	wording
	weight float32 // of its words, each once
}

type occurrence struct {
	word  wordID
	first bool // the word's first place in the unit
}

// maxAnswerWords of an answer are compared: what decides stands at its beginning,
// and the longest answers would set the pace of every search.
const maxAnswerWords = 400

func (v *vocabulary) textsOf(e Entry) entryTexts {
	answer := formsOf(e.Answer)
	t := entryTexts{answer: v.wordingOf(answer[:min(len(answer), maxAnswerWords)])}
	for _, text := range append([]string{e.Question}, e.Variants...) {
		if forms := formsOf(text); len(forms) > 0 {
			t.asked = append(t.asked, v.wordingOf(forms))
			t.focus |= focusOf(forms)
		}
	}
	return t
}

func (v *vocabulary) wordingOf(forms []vi.Form) wording {
	w := wording{words: make([]occurrence, len(forms)), concepts: conceptsIn(forms)}
	seen := make(map[wordID]bool, len(forms))
	for i, f := range forms {
		id := v.add(f)
		w.words[i] = occurrence{id, !seen[id]}
		seen[id] = true
	}
	return w
}

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
	if last != nil {
		s.vocab = last.vocab.next()
	}
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.ID, b.ID) })
	for i, e := range entries {
		s.byID[e.ID] = int32(i)
		texts, known := last.textsOf(e)
		if !known {
			texts = s.vocab.textsOf(e)
		}
		s.indexed[i] = &indexed{entry: e, texts: texts, family: -1}
	}
	s.weighWords()
	for _, x := range s.indexed {
		x.asked = make([]unit, len(x.texts.asked))
		for i, w := range x.texts.asked {
			x.asked[i] = s.vocab.unitOf(w)
		}
		x.answer = s.vocab.unitOf(x.texts.answer)
		s.vocab.answerWords += float32(len(x.answer.words)) / float32(len(s.indexed))
	}
	s.post()
	s.findSiblings()
	s.scratch.New = func() any { return newScratch(len(s.vocab.forms)) }
	return s
}

// textsOf gives what is known of the entry when its texts have not changed.
func (s *snapshot) textsOf(e Entry) (entryTexts, bool) {
	if s != nil {
		if i, ok := s.byID[e.ID]; ok && sameTexts(s.indexed[i].entry, e) {
			return s.indexed[i].texts, true
		}
	}
	return entryTexts{}, false
}

func sameTexts(a, b Entry) bool {
	return a.Question == b.Question && a.Answer == b.Answer && slices.Equal(a.Variants, b.Variants)
}

// weighWords counts the entries that have each word.
func (s *snapshot) weighWords() {
	having, last := make([]int32, len(s.vocab.forms)), make([]int32, len(s.vocab.forms))
	count := func(words []occurrence, entry int32) {
		for _, o := range words {
			if o.first && last[o.word] != entry {
				last[o.word] = entry
				having[o.word]++
			}
		}
	}
	for i, x := range s.indexed {
		for _, w := range x.texts.asked {
			count(w.words, int32(i)+1)
		}
		count(x.texts.answer.words, int32(i)+1)
	}
	s.vocab.finish(len(s.indexed), having)
}

func (v *vocabulary) unitOf(w wording) unit {
	u := unit{wording: w}
	for _, o := range w.words {
		if o.first {
			u.weight += v.weight[o.word]
		}
	}
	return u
}
