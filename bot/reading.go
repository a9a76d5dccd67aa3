package bot

import (
	"slices"
	"strings"
	"unicode"

	"tongdai/kb/vi"
)

// Bounds on what is read of one message. People put what matters at the
// beginning or at the end; the middle of a pasted document is skipped.
const (
	headBytes = 16 << 10
	tailBytes = 8 << 10
)

// word is one word of a message with the place it stands in.
type word struct {
	vi.Form
	clause   int // grows at commas and at "nhưng", "mà"
	sentence int
}

// read cuts a text into words that can be compared with the phrases of book:
// raw keystrokes are decoded, abbreviations written out, words run together
// cut, and slips of the finger corrected when a word of book is one slip away.
func (b *phrasebook) read(text string) []word {
	r := reader{book: b}
	for _, part := range excerpt(text) {
		r.part(apostrophes.Replace(part))
		r.sentence++
		r.clause++
	}
	return r.words
}

// apostrophes: "can't" is one word.
var apostrophes = strings.NewReplacer("'", "", "’", "")

func excerpt(text string) []string {
	text = strings.ToValidUTF8(text, " ")
	if len(text) <= headBytes+tailBytes {
		return []string{text}
	}
	return []string{
		strings.ToValidUTF8(text[:headBytes], " "),
		strings.ToValidUTF8(text[len(text)-tailBytes:], " "),
	}
}

type reader struct {
	book             *phrasebook
	words            []word
	clause, sentence int
}

func (r *reader) part(text string) {
	end := 0
	for i, w := range vi.Words(text) {
		gap := text[end:w.Start]
		if i > 0 {
			r.pause(gap, w.Text)
		}
		end = w.End
		if i > 0 && strings.TrimSpace(gap) == "" && r.mend(w.Text) {
			continue
		}
		for _, plain := range r.book.repair(w.Text) {
			r.add(plain)
		}
	}
}

// pause notes what stands between two words. A point or comma between digits
// is part of the number.
func (r *reader) pause(gap, next string) {
	if gap == "." || gap == "," {
		last := r.words
		if len(last) > 0 && digits(last[len(last)-1].Text) && unicode.IsDigit(rune(next[0])) {
			r.add(".")
			return
		}
	}
	switch {
	case strings.ContainsAny(gap, ".!?\n…"):
		r.sentence++
		r.clause++
	case strings.ContainsAny(gap, ",;:-–/()"):
		r.clause++
	}
	if strings.ContainsAny(gap, "°º") {
		r.add("độ")
	}
}

// mend joins the last letter of a syllable that slipped away: "so t" is "sot".
func (r *reader) mend(text string) bool {
	switch text {
	case "t", "c", "p", "n", "m", "ng", "nh", "ch":
	default:
		return false
	}
	if len(r.words) == 0 {
		return false
	}
	last := &r.words[len(r.words)-1]
	whole := vi.FormOf(last.Text + text)
	if !r.book.vocabulary[whole.Folded] || r.book.vocabulary[last.Folded] && r.book.chatty(text) {
		return false
	}
	last.Form = whole
	return true
}

func (r *reader) add(text string) {
	f := vi.FormOf(text)
	switch f.Text {
	case "nhưng", "nhung", "mà":
		r.clause++
	}
	r.words = append(r.words, word{Form: f, clause: r.clause, sentence: r.sentence})
}

func digits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// phrasebook holds phrases and finds them in a text, however it was typed.
type phrasebook struct {
	ids        map[string]int // by normalised phrase
	phrases    []phrase
	byFirst    map[string][]int // ids by the sound of the first word
	vocabulary map[string]bool  // folded words of all phrases
	slips      map[string]string
}

type phrase struct {
	words []vi.Form
	ears  []string // Sound of each word
	loose bool     // a word that only strengthens may stand within
}

// span is one phrase found: words[from:to].
type span struct{ id, from, to int }

func newPhrasebook() *phrasebook {
	return &phrasebook{
		ids: map[string]int{}, byFirst: map[string][]int{},
		vocabulary: map[string]bool{}, slips: map[string]string{},
	}
}

// add makes p findable and returns its id; ok is false if p has no words.
func (b *phrasebook) add(p string) (id int, ok bool) {
	texts := vi.Texts(apostrophes.Replace(p))
	if len(texts) == 0 {
		return 0, false
	}
	key := strings.Join(texts, " ")
	if id, ok := b.ids[key]; ok {
		return id, true
	}
	var ph phrase
	for _, t := range texts {
		f := vi.FormOf(t)
		ph.words = append(ph.words, f)
		ph.ears = append(ph.ears, vi.Sound(f.Folded))
		b.learn(f.Folded)
	}
	id = len(b.phrases)
	b.ids[key] = id
	b.phrases = append(b.phrases, ph)
	b.byFirst[ph.ears[0]] = append(b.byFirst[ph.ears[0]], id)
	return id, true
}

// loosen lets a word that only strengthens stand within the phrase.
func (b *phrasebook) loosen(id int) { b.phrases[id].loose = true }

// learn notes the word and everything one lost letter away from it.
func (b *phrasebook) learn(folded string) {
	if b.vocabulary[folded] {
		return
	}
	b.vocabulary[folded] = true
	if len(folded) < 3 {
		return
	}
	for i := range folded {
		short := folded[:i] + folded[i+1:]
		if _, taken := b.slips[short]; !taken {
			b.slips[short] = folded
		}
	}
}

// find yields every phrase in words.
func (b *phrasebook) find(words []word) []span {
	var found []span
	ears := make([]string, len(words))
	for i, w := range words {
		ears[i] = vi.Sound(w.Folded)
	}
	for from := range words {
		for _, id := range b.byFirst[ears[from]] {
			p := b.phrases[id]
			if to := from + len(p.words); to <= len(words) && p.matches(words[from:to], ears[from:to]) {
				found = append(found, span{id, from, to})
			} else if to := from + len(p.words) + 1; p.loose && to <= len(words) && p.stretched(words[from:to], ears[from:to]) {
				found = append(found, span{id, from, to})
			}
		}
	}
	return found
}

// matches: marks may be missing but not different, hỏi and ngã are one; in a
// phrase of three words or more one word may be spelled by ear.
func (p phrase) matches(words []word, ears []string) bool {
	heard := 0
	for i, want := range p.words {
		typed := words[i].Form
		switch {
		case words[i].sentence != words[0].sentence:
			return false
		case typed.Folded == want.Folded && agrees(typed, want):
		case ears[i] == p.ears[i] && len(p.words) >= 3:
			heard++
		default:
			return false
		}
	}
	return heard <= 1
}

// strengthens are words that say how much and change nothing else: "mất hết vị giác",
// "thở rất khó", "đau quá ngực".
var strengthens = map[string]bool{
	"hết": true, "rất": true, "quá": true, "luôn": true, "cả": true, "sạch": true, "hẳn": true, "cực": true, "bị": true, "thấy": true,
	"het": true, "rat": true, "qua": true, "luon": true, "ca": true, "sach": true, "han": true, "cuc": true, "bi": true, "thay": true,
}

// stretched: words are the phrase with one word within that only strengthens.
func (p phrase) stretched(words []word, ears []string) bool {
	for gap := 1; gap < len(p.words); gap++ {
		if !strengthens[words[gap].Text] || words[gap].clause != words[0].clause {
			continue
		}
		rest, heard := slices.Delete(slices.Clone(words), gap, gap+1), slices.Delete(slices.Clone(ears), gap, gap+1)
		if p.matches(rest, heard) {
			return true
		}
	}
	return false
}

func agrees(typed, want vi.Form) bool {
	return typed.Text == typed.Folded || vi.Agrees(typed.Text, want.Text) || vi.SameEar(typed.Text, want.Text)
}

// repair gives the words that were meant by one word as typed.
func (b *phrasebook) repair(text string) []string {
	text = vi.CollapseRepeats(text)
	if isDigit(text[0]) {
		return numberParts(text)
	}
	if name, number, ok := numberBehind(text); ok {
		return []string{name, number}
	}
	folded := vi.Fold(text)
	if len(text) > 1 && b.vocabulary[folded] && text != folded {
		return []string{text}
	}
	if readings := vi.Chat(text); len(readings) > 0 && !(len(text) > 2 && b.vocabulary[folded]) && !readsAsTyped(readings, folded) {
		return readings[0]
	}
	if b.vocabulary[folded] {
		return []string{text}
	}
	if vi.Marked(text) && !vi.FoldedSyllable(folded) { // keystrokes left raw seldom stand in words with marks
		if guessed := b.guess(text, folded); len(guessed) > 1 {
			return guessed
		}
	}
	if s, ok := vi.Telex(text); ok && !vi.Syllable(text) && !vi.FoldedSyllable(text) {
		return []string{s}
	}
	if s, ok := vi.VNI(text); ok {
		return []string{s}
	}
	if vi.FoldedSyllable(folded) {
		return []string{text}
	}
	return b.guess(text, folded)
}

// readsAsTyped: "ca" is short for "công an", and a word of its own.
func readsAsTyped(readings [][]string, folded string) bool {
	return slices.ContainsFunc(readings, func(r []string) bool { return len(r) == 1 && vi.Fold(r[0]) == folded })
}

// guess reads a word that is no syllable.
func (b *phrasebook) guess(text, folded string) []string {
	pieces := vi.Split(text, func(w string) bool { return b.vocabulary[vi.Fold(w)] })
	if len(pieces) > 0 && !hasLoneLetter(pieces) {
		return pieces
	}
	if meant, ok := b.slip(folded); ok {
		return []string{meant}
	}
	return []string{text}
}

// hasLoneLetter: a cut that leaves single letters over is a slip of the finger.
func hasLoneLetter(pieces []string) bool {
	for _, p := range pieces {
		if len([]rune(p)) == 1 {
			return true
		}
	}
	return false
}

// slip finds the word of the vocabulary that is one letter more, one letter
// less, one other letter or one swap of neighbours away.
func (b *phrasebook) slip(folded string) (string, bool) {
	if len(folded) < 3 || len(folded) > 12 {
		return "", false
	}
	if w, ok := b.slips[folded]; ok { // a letter is missing
		return w, true
	}
	for i := range folded {
		short := folded[:i] + folded[i+1:]
		if b.vocabulary[short] && len(short) >= 3 { // a letter too many
			return short, true
		}
		if i+1 < len(folded) {
			swapped := folded[:i] + folded[i+1:i+2] + folded[i:i+1] + folded[i+2:]
			if b.vocabulary[swapped] {
				return swapped, true
			}
		}
	}
	for i := range folded { // another letter
		short := folded[:i] + folded[i+1:]
		if w, ok := b.slips[short]; ok && len(w) == len(folded) && len(w) >= 3 && w[:i] == folded[:i] && w[i+1:] == folded[i+1:] {
			return w, true
		}
	}
	return "", false
}

func (b *phrasebook) chatty(text string) bool { return len(vi.Chat(text)) > 0 }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// numberBehind cuts "sốt39" and "còn88". Whoever types marks by digits ("tho73")
// types no other marks.
func numberBehind(text string) (name, number string, ok bool) {
	name = strings.TrimRight(text, "0123456789")
	number = text[len(name):]
	return name, number, len(number) >= 2 && (vi.Marked(name) || name == "sot")
}

// numberParts cuts "39do" and "38độ5" where digits and letters meet.
func numberParts(text string) []string {
	var parts []string
	start := 0
	for i := 1; i < len(text); i++ {
		if isDigit(text[i]) != isDigit(text[i-1]) {
			parts = append(parts, text[start:i])
			start = i
		}
	}
	return append(parts, text[start:])
}
