package bot_test

import (
	"bufio"
	"os"
	"strings"
	"testing"
	"time"

	"tongdai/bot"
)

func TestReportsOfDangerRaiseTheAlarm(t *testing.T) {
	b := shipped(t)
	for _, text := range lines(t, "testdata/reports.txt") {
		if d := b.Decide(bot.State{}, bot.Message{Text: text}, bot.Evidence{}); d.Outcome != bot.Urgent {
			t.Errorf("%q: %s, want urgent", text, d.Outcome)
		}
	}
}

func TestQuestionsAndStoriesRaiseNoAlarm(t *testing.T) {
	b := shipped(t)
	for _, text := range lines(t, "testdata/no-reports.txt") {
		if d := b.Decide(bot.State{}, bot.Message{Text: text}, bot.Evidence{}); d.Outcome == bot.Urgent {
			t.Errorf("%q raised %s", text, d.Rule)
		}
	}
}

func lines(t testing.TB, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var list []string
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if line := strings.TrimSpace(sc.Text()); line != "" && !strings.HasPrefix(line, "#") {
			list = append(list, line)
		}
	}
	return list
}

func TestLongTextsAreReadInBoundedTime(t *testing.T) {
	b := shipped(t)
	for name, text := range map[string]string{
		"symptoms repeated": strings.Repeat("không khó thở, sốt cao 39 độ ", 4000)[:100_000],
		"one endless word":  strings.Repeat("khotho", 17_000),
		"no words":          strings.Repeat("?!,. ", 20_000),
		"questions":         strings.Repeat("nếu em sốt thì làm sao ", 5000),
	} {
		start := time.Now()
		b.Decide(bot.State{}, bot.Message{Text: text}, bot.Evidence{})
		if took := time.Since(start); took > time.Minute { // what grows with the square takes hours
			t.Errorf("%s: %d bytes took %v", name, len(text), took)
		} else {
			t.Logf("%s: %v", name, took)
		}
	}
}

func TestDangerAtTheEndOfAPastedDocumentIsSeen(t *testing.T) {
	text := strings.Repeat("Căn cứ văn bản số 5 của xã. ", 4000) + "\nMẹ tôi đang khó thở, tím tái"
	if d := shipped(t).Decide(bot.State{}, bot.Message{Text: text}, bot.Evidence{}); d.Outcome != bot.Urgent {
		t.Errorf("outcome %s, want urgent", d.Outcome)
	}
}
