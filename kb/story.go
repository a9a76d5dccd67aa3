package kb

import (
	"strings"

	"tongdai/kb/vi"
)

// A long message tells a story around its question. What the citizen wants to know
// stands where they say that they ask ("cho hỏi …"), or else where a question word
// stands; the rest explains, and counts less.

// shortMessage words are too few for a story.
const shortMessage = 12

// How strongly a word is marked as part of the question.
const (
	tells = iota
	questions
	announces
)

// announcements open a question; it runs to the end of the sentence.
var announcements = phrasesOf("cho hỏi", "cho em hỏi", "cho tôi hỏi", "cho mình hỏi", "cho cháu hỏi", "cho con hỏi",
	"muốn hỏi", "xin hỏi", "hỏi là", "muốn biết", "tóm lại", "hỏi giúp", "tư vấn giúp", "cho biết")

// questionWords make a question of the clause they stand in.
var questionWords = phrasesOf("đâu", "nào", "gì", "sao", "mấy", "bao nhiêu", "bao lâu", "bao giờ", "ai",
	"được không", "phải không", "có phải", "không ạ", "được chưa", "hay không", "hay chưa")

func phrasesOf(list ...string) *vi.Phrases {
	p := &vi.Phrases{}
	for _, phrase := range list {
		p.Add(phrase, 0)
	}
	return p
}

// markStory finds the words of a long message that do not belong to its question.
func markStory(message string, places []vi.Word, words []typedWord) {
	if len(words) <= shortMessage {
		return
	}
	marks := make([]int, len(words))
	forms := make([]vi.Form, len(words))
	for i, w := range words {
		forms[i] = w.form
	}
	announcements.Each(forms, func(_, _, to int) {
		for i := to; i < len(words) && !endsSentence(message[places[i-1].End:places[i].Start]); i++ {
			marks[i] = announces
		}
	})
	questionWords.Each(forms, func(_, from, _ int) {
		for i := range words {
			if words[i].clause == words[from].clause {
				marks[i] = max(marks[i], questions)
			}
		}
	})
	strongest := tells
	for _, m := range marks {
		strongest = max(strongest, m)
	}
	for i := range words {
		words[i].story = marks[i] < strongest
	}
}

func endsSentence(between string) bool { return strings.ContainsAny(between, ".;!?\n…") }
