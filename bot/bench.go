package bot

import "tongdai/kb"

// Press is what a citizen says who presses the choice of an entry.
func Press(id kb.EntryID) Message { return Message{Pressed: pressEntry + string(id)} }

// Thresholds are the confidences from which the bot answers, and from which it asks back.
func (b *Bot) Thresholds() (answerAt, clarifyAt float64) { return b.cfg.AnswerAt, b.cfg.ClarifyAt }

// Helped tells whether what a citizen pressed under an answer says that it helped;
// marked is false for what says neither.
func Helped(m Message) (helped, marked bool) {
	return m.Pressed == pressYes, m.Pressed == pressYes || m.Pressed == pressWrong
}
