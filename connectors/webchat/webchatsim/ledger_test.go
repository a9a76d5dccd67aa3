package webchatsim

import (
	"testing"
	"time"
)

func TestFiguresTellHowSoonTheBotAnswered(t *testing.T) {
	start := time.Date(2026, 11, 21, 1, 0, 0, 0, time.UTC)
	after := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	ledger := Ledger{Said: []Said{
		{Key: "m1", Text: "một", At: start, Acked: after(1)},
		{Key: "m2", Text: "hai", At: after(10), Acked: after(11)},
		{Key: "m3", Text: "ba", At: after(20)},
	}}
	own := func(key string) Message { return Message{Own: true, Key: key, Author: "citizen"} }
	bot := func(at int) Message { return Message{Author: "bot", At: after(at)} }
	got := ledger.Figures([]Message{own("m1"), bot(2), own("m2"), {Author: "member", At: after(12)}, bot(14), bot(15)})
	if got.Acked != 2 || got.Answers != 3 || len(got.Waits) != 2 || got.Waits[0] != 2*time.Second || got.Waits[1] != 4*time.Second || !got.Last.Equal(after(15)) {
		t.Errorf("Figures = %+v", got)
	}
}
