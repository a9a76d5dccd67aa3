package bot

import (
	"tongdai/connectors/content"
	"tongdai/kb"
)

// Entries that differ by their place only ("Đường dây nóng của huyện …") are no
// choice to offer: nobody finds a district among three that were drawn by lot. The
// bot asks for the name instead, and joins it with the question.

// placeShare of what is needed for an answer is enough to ask for a place: a question
// back costs less than a wrong answer. docs/understanding.md tells what was measured.
const placeShare = 0.8

// lacksPlace reports whether at least with probability from one of the entries answers
// that differ from this hit by their place only.
func (t turn) lacksPlace(h kb.Hit, from float64) bool {
	return h.Family > 0 && h.Family >= from && t.ofPlace(h.Entry.Question)
}

// besides is the probability that not the first hit answers, but an entry of a place
// that will be offered beside it.
func (t turn) besides(hits []kb.Hit) float64 {
	for i, h := range hits[:min(len(hits), offered)] {
		if t.lacksPlace(h, 0) {
			if i == 0 {
				return 0
			}
			return h.Family
		}
	}
	return 0
}

// askPlace asks which place is meant. Whoever was asked and named none may not know
// it, or wants something else.
func (t turn) askPlace(asked string, hits []kb.Hit) Decision {
	if t.s.AskPlace || asked == "" {
		d := t.handOff(NotHelped, t.say("handoff.unhelpful"), asked)
		d.Candidates = candidates(hits)
		return d
	}
	next := t.s
	next.Asked, next.Answered, next.AskPlace = clip(asked), "", true
	next.Offered, next.Choices = nil, nil
	d := Decision{Outcome: Clarify, Candidates: candidates(hits), Asked: next.Asked, State: next}
	return t.greeted(d, content.Content{Text: t.say("clarify.place")})
}

// ofPlace reports whether a text names a district or the like.
func (b *Bot) ofPlace(text string) bool {
	return b.talk.has(b.reading(text).found, placeUnit)
}
