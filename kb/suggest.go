package kb

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tongdai/kb/vi"
)

// Suggest finds entries while somebody is still typing, with marks or without: every
// word must occur in one wording of the entry, the last one as the beginning of a
// word. Wordings that begin with what was typed come first, then short ones. Where no
// entry has all the words, it falls back on Search. Only then do hits carry a
// Confidence: half a word does not tell what will be asked.
func (ix *Index) Suggest(ctx context.Context, text string, limit int) ([]Hit, error) {
	s := ix.current.Load()
	typed := formsOf(text)
	if len(typed) == 0 || limit <= 0 {
		return nil, nil
	}
	if len(typed) > maxTyped {
		return ix.Search(ctx, text, limit)
	}
	last, _ := utf8.DecodeLastRuneInString(text)
	found := s.containing(s.patterns(typed, !unicode.IsSpace(last)), s.answering(ix.Now()))
	if len(found) == 0 {
		return ix.Search(ctx, text, limit)
	}
	found = found[:min(limit, len(found))]
	hits := make([]Hit, len(found))
	for i, f := range found {
		hits[i] = Hit{Entry: f.x.entry, Matched: texts(typed)}
	}
	return hits, nil
}

// maxTyped words are still somebody's search; more are a question.
const maxTyped = 8

func texts(forms []vi.Form) []string {
	out := make([]string, len(forms))
	for i, f := range forms {
		out[i] = f.Text
	}
	return out
}

// pattern is the set of vocabulary words that a typed word may become.
type pattern map[wordID]bool

// patterns turns typed words into sets of words. The last one is unfinished unless
// a space follows it.
func (s *snapshot) patterns(typed []vi.Form, unfinished bool) []pattern {
	out := make([]pattern, len(typed))
	for i, f := range typed {
		out[i] = pattern{}
		ids := s.vocab.byFold[f.Folded]
		if i == len(typed)-1 && unfinished {
			ids = s.vocab.startingWith(f.Folded)
		}
		for _, id := range ids {
			if s.vocab.having[id] > 0 && begins(f, s.vocab.forms[id]) {
				out[i][id] = true
			}
		}
	}
	return out
}

// begins reports whether typed, marks perhaps left out, may grow into word.
func begins(typed, word vi.Form) bool {
	if typed.Text == typed.Folded || strings.HasPrefix(word.Text, typed.Text) {
		return true
	}
	letters, n := []rune(word.Text), utf8.RuneCountInString(typed.Text)
	return len(letters) >= n && vi.Agrees(typed.Text, string(letters[:n]))
}

type suggestion struct {
	x     *indexed
	start int // where in the wording the first typed word stands
	words int // length of the wording
}

func (s *snapshot) containing(patterns []pattern, candidates []int32) []suggestion {
	var found []suggestion
	for _, at := range candidates {
		x := s.indexed[at]
		best := suggestion{words: -1}
		for i := range x.asked {
			start, ok := contains(&x.asked[i], patterns)
			this := suggestion{x, start, len(x.asked[i].words)}
			if ok && (best.words < 0 || nearer(this, best) < 0) {
				best = this
			}
		}
		if best.words >= 0 {
			found = append(found, best)
		}
	}
	slices.SortStableFunc(found, nearer)
	return found
}

func nearer(a, b suggestion) int {
	return cmp.Or(cmp.Compare(min(a.start, 1), min(b.start, 1)), cmp.Compare(a.words, b.words))
}

// contains reports whether the wording has a word for every pattern, and where the first stands.
func contains(u *unit, patterns []pattern) (start int, ok bool) {
	start = -1
	for i, p := range patterns {
		at := slices.IndexFunc(u.words, func(o occurrence) bool { return p[o.word] })
		if at < 0 {
			return 0, false
		}
		if i == 0 {
			start = at
		}
	}
	return start, true
}
