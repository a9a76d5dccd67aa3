package main

import (
	"tongdai/bot"
	"tongdai/configs"
)

// botTexts and botTriage hand the installation's words to the bot. The two
// rooms do not know each other; the shapes are the same on purpose.
func botTexts(texts configs.Texts) bot.Texts {
	out := bot.Texts{}
	for key, text := range texts {
		out[key] = bot.Text(text)
	}
	return out
}

func botTriage(t configs.Triage) bot.Triage {
	out := bot.Triage{
		FeverFrom: t.FeverFrom, OxygenBelow: t.OxygenBelow,
		Ordinary: t.Ordinary, Negations: t.Negations, NegationExceptions: t.NegationExceptions,
		Hypothetical: t.Hypothetical, Past: t.Past, Over: t.Over, Hearsay: t.Hearsay,
		Questions: t.Questions, Persons: t.Persons, Present: t.Present,
		Eligibility: t.Eligibility, Asking: t.Asking,
	}
	for _, r := range t.Rules {
		out.Rules = append(out.Rules, bot.TriageRule(r))
	}
	return out
}
