package bot_test

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"tongdai/bot"
)

// What is kept of texts read before must not show: a bot that has read
// everything answers as one that reads for the first time, whoever else asks.
func TestWhatWasReadBeforeChangesNothing(t *testing.T) {
	rows := queries(t)[:200]
	say := func(b *bot.Bot, text string) [3]any {
		m, s := bot.Message{Text: text}, bot.State{Asked: "giá điện", Offered: nil, Answered: "D1"}
		rule, danger := b.Danger(text)
		return [3]any{fmt.Sprint(rule, danger), b.Need(s, m), b.Decide(s, m, bot.Evidence{})}
	}
	worn := shipped(t)
	for range 3 { // more texts than are kept, again and again
		for _, row := range rows {
			say(worn, row.text)
		}
		for i := range 50 {
			worn.Danger(strings.Repeat("dài dòng ", 1000+i))
		}
	}
	var asking sync.WaitGroup
	for part := range 4 {
		asking.Go(func() {
			fresh := shipped(t)
			for i, row := range rows {
				if i%4 != part {
					continue
				}
				if got, want := say(worn, row.text), say(fresh, row.text); !reflect.DeepEqual(got, want) {
					t.Errorf("%q: %v after much reading, %v at first", row.text, got, want)
				}
			}
		})
	}
	asking.Wait()
}
