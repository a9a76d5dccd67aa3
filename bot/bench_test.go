package bot_test

import (
	"testing"

	"tongdai/bot"
)

// BenchmarkMessage is what the bot thinks about one message from its arrival to
// the decision, without what the knowledge base finds: the hub asks for danger
// when the message comes in, and in the turn for the need and the decision.
func BenchmarkMessage(b *testing.B) {
	one := shipped(b)
	rows := queries(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m := bot.Message{Text: rows[i%len(rows)].text}
		_, _ = one.Danger(m.Text)
		_ = one.Need(bot.State{}, m)
		_ = one.Decide(bot.State{}, m, bot.Evidence{})
	}
}
