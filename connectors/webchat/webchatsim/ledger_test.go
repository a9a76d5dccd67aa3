package webchatsim

import (
	"strings"
	"testing"
	"time"
)

// The checker must be able to fail: each way a hub can be wrong is told.
func TestCompareTellsEveryWayToBeWrong(t *testing.T) {
	acked := time.Now()
	ledger := Ledger{Said: []Said{
		{Key: "m1", Text: "một", Acked: acked},
		{Key: "m2", Text: "hai", Acked: acked},
		{Key: "m3", Text: "ba"},
	}}
	own := func(seq uint64, key, text string) Message {
		return Message{Conversation: "c", Seq: seq, Key: key, Own: true, Author: "citizen", Text: text}
	}
	bot := func(seq uint64) Message { return Message{Conversation: "c", Seq: seq, Author: "bot"} }
	for _, tt := range []struct {
		name    string
		history []Message
		want    string // empty: nothing wrong
	}{
		{"all there, the unacknowledged one absent", []Message{own(1, "m1", "một"), bot(2), own(3, "m2", "hai"), bot(4)}, ""},
		{"the unacknowledged one present once", []Message{own(1, "m1", "một"), bot(2), own(3, "m2", "hai"), own(4, "m3", "ba")}, ""},
		{"lost", []Message{own(1, "m1", "một"), bot(2)}, "m2 was acknowledged and is lost"},
		{"twice", []Message{own(1, "m1", "một"), bot(2), own(3, "m2", "hai"), own(4, "m1", "một")}, "m1 is shown 2 times"},
		{"invented", []Message{own(1, "m1", "một"), bot(2), own(3, "m2", "hai"), own(4, "m9", "chín")}, "never said"},
		{"changed", []Message{own(1, "m1", "mốt"), bot(2), own(3, "m2", "hai")}, "other words"},
		{"out of order", []Message{own(1, "m2", "hai"), bot(2), own(3, "m1", "một")}, "after a later one"},
		{"numbered backwards", []Message{own(2, "m1", "một"), bot(1), own(3, "m2", "hai")}, "comes after"},
		{"answered twice", []Message{own(1, "m1", "một"), bot(2), bot(3), own(4, "m2", "hai"), bot(5)}, "3 answers"},
		{"never answered", []Message{own(1, "m1", "một"), own(2, "m2", "hai")}, "nobody was answered"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(ledger.compare(tt.history).Problems, "; ")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("compare told %q, want %q", got, tt.want)
			}
		})
	}
}
