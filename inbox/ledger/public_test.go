package ledger

import (
	"fmt"
	"strings"
	"testing"
)

// seen is what two citizens see who said the same words, with nothing wrong: all
// were acknowledged but the last.
func seen() (*Journal, []Visit) {
	j := &Journal{}
	var visits []Visit
	for _, person := range []string{"An", "Bình"} {
		v := Visit{Channel: "web", Person: person}
		for round, text := range []string{"một", "hai", "một", "ba"} {
			key := fmt.Sprint("m", round+1)
			j.Answer(j.Said(Item{Channel: "web", Person: person, Key: key, Text: text, Round: round}), round < 3)
			if round < 3 {
				at := uint64(3 * round) // a note of the members stands between
				v.Messages = append(v.Messages, Seen{Conversation: "c" + person, Seq: at + 1, Own: true, Text: text, Key: key},
					Seen{Conversation: "c" + person, Seq: at + 2, Text: "Dạ", Bot: true})
			}
		}
		visits = append(visits, v)
	}
	return j, visits
}

func TestProblemsOfWhatCitizensSee(t *testing.T) {
	for _, tt := range []struct {
		name  string
		wrong func(first *Visit)
		want  string // empty: nothing is wrong
	}{
		{"all is right, and the same words were said twice", func(*Visit) {}, ""},
		{"what was not acknowledged is there once", func(v *Visit) {
			v.Messages = append(v.Messages, Seen{Conversation: "cAn", Seq: 20, Own: true, Text: "ba", Key: "m4"})
		}, ""},
		{"what was not acknowledged is there twice", func(v *Visit) {
			said := Seen{Conversation: "cAn", Seq: 20, Own: true, Text: "ba", Key: "m4"}
			again := said
			again.Seq = 21
			v.Messages = append(v.Messages, said, again)
		}, `I3: An's "ba" on web (key m4) was never acknowledged and is there 2 times`},
		{"lost", func(v *Visit) { v.Messages = v.Messages[:4] }, `I1: An's "một" on web (key m3) was acknowledged and is lost`},
		{"twice", func(v *Visit) { v.Messages[4].Key = "m1" }, `I2: An's "một" on web (key m1) is there 2 times`},
		{"invented", func(v *Visit) { v.Messages[4].Key = "m9" }, `I2: nobody said "một"`},
		{"changed", func(v *Visit) { v.Messages[0].Text = "mốt" }, `I1: An's "một" on web (key m1) is shown with other words: "mốt"`},
		{"out of order", func(v *Visit) {
			v.Messages[0].Key, v.Messages[0].Text, v.Messages[2].Key, v.Messages[2].Text = "m2", "hai", "m1", "một"
		}, `I4: cAn shows "một" after what was said later`},
		{"numbered backwards", func(v *Visit) { v.Messages[0].Seq = 3 }, "I4: cAn shows number 2 behind 3"},
		{"answered twice", func(v *Visit) {
			v.Messages = append(v.Messages, Seen{Conversation: "cAn", Seq: 20, Text: "Dạ", Bot: true})
		}, "I8: cAn has 4 answers of the bot to 3 messages"},
		{"never answered", func(v *Visit) {
			for i := range v.Messages {
				v.Messages[i].Bot = false
			}
		}, "I8: cAn has 3 messages, and nobody answered"},
		{"shown to another", func(v *Visit) { v.Person = "Bình" }, `I2: Bình's "một" on web (key m1) is there 2 times`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j, visits := seen()
			tt.wrong(&visits[0])
			var told []string
			for _, p := range (Evidence{Journal: j, Shown: []Shown{SeenBy(visits)}, ByKey: true}).Problems() {
				told = append(told, p.String())
			}
			all := strings.Join(told, "; ")
			if tt.want == "" && all != "" || !strings.Contains(all, tt.want) {
				t.Errorf("told %q, want %q", all, tt.want)
			}
		})
	}
}
