package kb

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"tongdai/kb/vi"
)

// Why tells how a question was read and why its hits are what they are: what Search
// does, laid open for the people who own the entries.
type Why struct {
	Words []ReadWord
	Hits  []WhyHit // as Search gives them
}

// Reading is how a typed word became the word that was meant.
type Reading string

// The readings.
const (
	AsTyped      Reading = "typed"
	Abbreviation Reading = "abbreviation" // "ko" for "không"
	Keystrokes   Reading = "keystrokes"   // raw Telex or VNI: "tieem" for "tiêm"
	Joined       Reading = "joined"       // words run together, or a number behind a word
	Doubled      Reading = "doubled"      // letters typed twice
)

// ReadWord is one word of a question as it was understood. An abbreviation or words
// run together give several in a row, each with the same Typed.
type ReadWord struct {
	Typed   string
	Meant   []string // what it may stand for, the likeliest first
	Reading Reading
	Weight  float64 // share of the question's weight, 0 to 1
	Weak    bool    // says little by itself
	Unknown bool    // no entry has it
	Story   bool    // outside of what a long message asks
}

// Way is how an entry has a word of the question.
type Way string

// The ways, surest first.
const (
	Nowhere  Way = ""
	Exact    Way = "exact"
	Unmarked Way = "unmarked" // the same, with marks left out
	Accent   Way = "accent"   // hỏi for ngã, or the other way about
	Synonym  Way = "synonym"  // another phrase for the same
	Spelling Way = "spelling" // one letter off
	Sound    Way = "sound"    // only alike by ear
	Marks    Way = "marks"    // only alike without marks
)

// FoundWord is what an entry has for one word of the question.
type FoundWord struct {
	Way    Way
	Word   string // of the entry; of a Synonym the whole phrase
	Answer bool   // it stands in the answer, and in no wording of the question
}

// Factor is a group of features that the confidence is made of.
type Factor string

// The factors. Each adds to the confidence or takes from it.
const (
	Likeness Factor = "likeness" // of the question and the entry's wordings
	Lead     Factor = "ahead"    // over the other entries
	InAnswer Factor = "answer"   // of the question's words that the answer has
	Lacking  Factor = "lacking"  // what of the question the entry does not speak of
)

// WhyPart is what a factor brings, in log-odds: about +1 turns 50 % into 73 %. A hit
// of which nothing speaks for anything starts at Why.Start.
type WhyPart struct {
	Factor Factor
	Points float64
}

// Rule is what takes from a confidence beside the regression.
type Rule string

// The rules.
const (
	OtherThing  Rule = "other_thing"  // the entry tells something else than is asked: where, when, how much
	OtherNumber Rule = "other_number" // the entry is about another number
	NotNamed    Rule = "not_named"    // the question does not name this one of several that differ by a name
)

// WhyHit is a hit with what spoke for it and against it.
type WhyHit struct {
	Hit
	Wording string      // of the entry: the one most like the question; empty: its answer alone
	Words   []FoundWord // for each of Why.Words
	Start   float64     // log-odds where nothing speaks for or against
	Parts   []WhyPart   // in the order of the factors
	Rules   []Rule
}

// Why finds what Search finds and tells why. It costs a few times as much.
func (ix *Index) Why(question string, limit int) Why {
	return ix.current.Load().why(question, limit, ix.Now())
}

func (s *snapshot) why(question string, limit int, now time.Time) (w Why) {
	s.weigh(question, now, func(c *scratch, q *query, ranked []scored) {
		w.Words = s.vocab.readWords(q)
		for i, hit := range s.hits(c, q, ranked, limit) {
			w.Hits = append(w.Hits, s.whyHit(c, q, ranked, i, hit))
		}
	})
	return w
}

func (v *vocabulary) readWords(q *query) []ReadWord {
	var total float64
	for _, s := range q.slots {
		total += float64(s.weight)
	}
	words := make([]ReadWord, len(q.slots))
	for i := range q.slots {
		s := &q.slots[i]
		words[i] = ReadWord{
			Typed: s.typed, Meant: texts(s.forms), Reading: v.readingOf(s.typed),
			Weight: float64(s.weight) / max(0.1, total), Weak: s.weak, Unknown: s.unknown, Story: s.story,
		}
	}
	return words
}

// readingOf tells by which of the ways of readings a typed word was read.
func (v *vocabulary) readingOf(typed string) Reading {
	words := vi.Texts(typed)
	if len(words) != 1 {
		return AsTyped
	}
	f := formOf(words[0])
	readings := v.readings(f)
	itself := slices.Equal(readings[0], []string{f.Text})
	_, vni := vi.VNI(f.Text)
	_, telex := vi.Telex(f.Text)
	switch {
	case vi.Chat(f.Text) != nil && !itself:
		return Abbreviation
	case itself:
		return AsTyped
	case vni, telex:
		return Keystrokes
	case len(readings[0]) > 1:
		return Joined
	}
	return Doubled
}

func (s *snapshot) whyHit(c *scratch, q *query, ranked []scored, i int, hit Hit) WhyHit {
	x := ranked[i].x
	e := c.explain(x, s.vocab)
	w := WhyHit{Hit: hit, Words: make([]FoundWord, len(q.slots)), Start: confidenceModel.Bias}
	best := -1
	for k, most := 0, float32(0); k < len(x.asked); k++ {
		if l := c.compare(&x.asked[k], s.vocab).score(); l > most {
			best, most = k, l
		}
	}
	strengths := make([]float32, len(q.slots))
	if best >= 0 {
		w.Wording = wordingsOf(x.entry)[best]
		s.findWords(c, &x.asked[best], w.Words, strengths, false)
	}
	s.findWords(c, &x.answer, w.Words, strengths, true)
	w.Parts = confidenceModel.parts(featuresOf(q, ranked, i, e))
	if ranked[i].clash {
		w.Rules = append(w.Rules, OtherThing)
	}
	if e.other {
		w.Rules = append(w.Rules, OtherNumber)
	}
	if ranked[i].x.family >= 0 && !toldApart(ranked, i) {
		w.Rules = append(w.Rules, NotNamed)
	}
	return w
}

// wordingsOf are the wordings of an entry that have words, as textsOf counts them.
func wordingsOf(e Entry) []string {
	return slices.DeleteFunc(append([]string{e.Question}, e.Variants...), func(text string) bool { return len(vi.Texts(text)) == 0 })
}

// findWords notes for each word of the loaded message what of a text stands for it
// most surely, where that is surer than what was found before. The word itself, be it
// without marks, tells people more than a phrase for the same.
func (s *snapshot) findWords(c *scratch, u *unit, found []FoundWord, strengths []float32, answer bool) {
	note := func(i int, strength float32, w FoundWord) {
		if strength > strengths[i] {
			strengths[i], found[i] = strength, w
		}
	}
	for _, o := range u.words {
		for at := c.head[o.word]; at >= 0; at = c.hits[at].next {
			k := &c.hits[at]
			form := s.vocab.forms[o.word]
			note(int(k.slot), k.strength, FoundWord{wayOf(c.slots[k.slot].forms, form), form.Text, answer})
		}
	}
	for _, there := range u.concepts {
		if !c.speaks[there.concept] {
			continue
		}
		var phrase []string
		for _, o := range u.words[there.from:there.to] {
			phrase = append(phrase, s.vocab.forms[o.word].Text)
		}
		for _, here := range c.byGroup[there.concept] {
			for i := here.from; i < here.to; i++ {
				note(i, ranking.meant, FoundWord{Synonym, strings.Join(phrase, " "), answer})
			}
		}
	}
}

// wayOf tells how a word of an entry stands for one that was meant.
func wayOf(meant []vi.Form, word vi.Form) Way {
	best, most := Spelling, float32(0)
	for _, f := range meant {
		way, strength := Spelling, ranking.slip
		switch {
		case f.Text == word.Text:
			way, strength = Exact, 1
		case f.Folded == word.Folded:
			strength = sameLetters(f, word)
			way = map[float32]Way{ranking.unmarked: Unmarked, ranking.sameEar: Accent, ranking.otherMarks: Marks}[strength]
		case vi.Sound(f.Folded) == vi.Sound(word.Folded):
			way, strength = Sound, ranking.soundLoose
		case !vi.OneSlip(f.Folded, word.Folded):
			continue
		}
		if strength > most {
			best, most = way, strength
		}
	}
	return best
}

// factors tells for each feature which factor it is part of.
var factors = map[string]Factor{
	"score": Likeness, "covers": Likeness, "evidence": Likeness, "found": Likeness, "telling": Likeness, "words": Likeness, "pairs": Likeness,
	"lead": Lead, "ahead": Lead, "sureLead": Lead,
	"answer":  InAnswer,
	"unknown": Lacking, "missed": Lacking, "gap": Lacking, "gaps": Lacking, "numbers": Lacking,
}

// parts sums up what the features bring by factor.
func (m *model) parts(f [features]float64) []WhyPart {
	order := []Factor{Likeness, Lead, InAnswer, Lacking}
	parts := make([]WhyPart, len(order))
	for i, factor := range order {
		parts[i].Factor = factor
	}
	for i, w := range m.order {
		at := slices.Index(order, cmp.Or(factors[featureNames[i]], Likeness))
		parts[at].Points += w * f[i]
	}
	return parts
}
