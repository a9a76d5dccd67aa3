package vi

import "strings"

// Phrases finds word sequences in a text. A word typed without some of its marks
// matches the phrase's word; a word typed with other marks does not.
type Phrases struct {
	root phraseNode
}

type phraseNode struct {
	next map[string]*phraseNode // by folded word
	ends []phraseEnd
}

type phraseEnd struct {
	words []string
	group int
}

// Add makes phrase a member of group. Groups are the caller's numbers.
func (p *Phrases) Add(phrase string, group int) {
	words := Texts(phrase)
	if len(words) == 0 {
		return
	}
	node := &p.root
	for _, w := range words {
		if node.next == nil {
			node.next = map[string]*phraseNode{}
		}
		f := Fold(w)
		if node.next[f] == nil {
			node.next[f] = &phraseNode{}
		}
		node = node.next[f]
	}
	node.ends = append(node.ends, phraseEnd{words, group})
}

// Form is a word together with its folded form, so that neither is made twice.
type Form struct{ Text, Folded string }

// FormOf makes the Form of a normalised word.
func FormOf(word string) Form { return Form{word, Fold(word)} }

// Each calls found for every phrase in words: it covers words[from:to].
func (p *Phrases) Each(words []Form, found func(group, from, to int)) {
	for from := range words {
		node := &p.root
		for to := from; to < len(words); to++ {
			if node = node.next[words[to].Folded]; node == nil {
				break
			}
			for _, end := range node.ends {
				if agreeAll(words[from:to+1], end.words) {
					found(end.group, from, to+1)
				}
			}
		}
	}
}

func agreeAll(typed []Form, full []string) bool {
	for i, f := range typed {
		if f.Text != full[i] && f.Text != f.Folded && !Agrees(f.Text, full[i]) {
			return false
		}
	}
	return true
}

// dataLines yields the lines of an embedded file that hold data.
func dataLines(file string) []string {
	var lines []string
	for line := range strings.Lines(file) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}
