package bot_test

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"tongdai/bot"
)

// TestUrgentReportsAreToldFromQuestions measures on the development set: rows
// that expect D403 or D407 may be answered or flagged and do not count.
func TestUrgentReportsAreToldFromQuestions(t *testing.T) {
	b := shipped(t)
	var reports, caught, false_ int
	for _, row := range queries(t) {
		urgent := b.Decide(bot.State{}, bot.Message{Text: row.text}, bot.Evidence{}).Outcome == bot.Urgent
		switch {
		case row.urgent:
			reports++
			if urgent {
				caught++
			} else {
				t.Logf("missed: %s", row.text)
			}
		case strings.Contains(row.entry, "D403"), strings.Contains(row.entry, "D407"):
		case urgent:
			false_++
			t.Logf("false alarm: %s (%s)", row.text, row.entry)
		}
	}
	recall := float64(caught) / float64(reports)
	precision := float64(caught) / float64(caught+false_)
	t.Logf("recall %.3f, precision %.3f, false alarms %d", recall, precision, false_)
	if recall < 0.98 || precision < 0.96 {
		t.Errorf("recall %.3f, precision %.3f; want at least 0.98 and 0.96", recall, precision)
	}
}

// TestReportsWrittenBeforehandAreTold measures on texts that were written before the
// rules were tried on them; docs/understanding.md has the figures of the first try.
func TestReportsWrittenBeforehandAreTold(t *testing.T) {
	b := shipped(t)
	raised := func(text string) bool {
		_, danger := b.Danger(text)
		return danger
	}
	for _, set := range []string{"blind", "blind2", "blind3"} {
		var caught, falsely int
		reports := lines(t, "testdata/"+set+"-reports.txt")
		for _, text := range reports {
			if raised(text) {
				caught++
			} else {
				t.Logf("missed: %s", text)
			}
		}
		for _, text := range lines(t, "testdata/"+set+"-no-reports.txt") {
			if raised(text) {
				falsely++
				t.Logf("false alarm: %s", text)
			}
		}
		recall, precision := float64(caught)/float64(len(reports)), float64(caught)/float64(caught+falsely)
		t.Logf("%s: recall %.3f, precision %.3f", set, recall, precision)
		if recall < 0.95 || precision < 0.95 {
			t.Errorf("%s: recall %.3f, precision %.3f; want at least 0.95 of both", set, recall, precision)
		}
	}
}

type query struct {
	text, entry string
	urgent      bool
}

func queries(t testing.TB) []query {
	t.Helper()
	f, err := os.Open("../kb/testdata/queries.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var list []query
	for _, r := range rows[1:] {
		list = append(list, query{r[0], r[1], r[3] == "urgent"})
	}
	return list
}
