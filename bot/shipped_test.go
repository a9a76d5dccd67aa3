package bot_test

import (
	"sync"
	"testing"

	"tongdai/bot"
	"tongdai/configs"
)

// shipped makes a bot of the data that comes with the program.
func shipped(t testing.TB) *bot.Bot {
	t.Helper()
	texts, triage := shippedData()
	b, err := bot.New(bot.Config{AnswerAt: 0.75, ClarifyAt: 0.35, UnhelpfulLimit: 2, Hotline: "1022", Organisation: "Tổng đài 1022 Thanh Hóa"}, texts, triage)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var shippedOnce = sync.OnceValue(configs.ShippedData)

func shippedData() (bot.Texts, bot.Triage) {
	data := shippedOnce()
	texts := bot.Texts{}
	for key, text := range data.Texts {
		texts[key] = bot.Text(text)
	}
	d := data.Triage
	triage := bot.Triage{
		FeverFrom: d.FeverFrom, OxygenBelow: d.OxygenBelow,
		Ordinary: d.Ordinary, Negations: d.Negations, NegationExceptions: d.NegationExceptions,
		Hypothetical: d.Hypothetical, Past: d.Past, Over: d.Over, Hearsay: d.Hearsay,
		Questions: d.Questions, Persons: d.Persons, Present: d.Present, Eligibility: d.Eligibility, Asking: d.Asking,
	}
	for _, r := range d.Rules {
		triage.Rules = append(triage.Rules, bot.TriageRule(r))
	}
	return texts, triage
}
