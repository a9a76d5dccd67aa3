package bot_test

import (
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

func shippedData() (bot.Texts, bot.Triage) {
	data := configs.ShippedData()
	return data.Texts, data.Triage
}
