package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/bot"
	"tongdai/configs"
	"tongdai/connectors/zalo/zalosim"
	"tongdai/inbox"
)

// CAP-03: one person sends a thousand messages in a minute. All are kept, the bot
// answers a few, says that it has understood, then is quiet; others wait no
// longer than before, and a word of danger within the flood is still caught.
func TestAFloodOfOnePersonMakesNobodyWait(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 0))
	flood, others := count(150, 1000), count(6, 30)
	h := overZalo(t, zalosim.Config{PerMinute: platformLimit, Package: platformLimit}, func(cfg *configs.Config) {
		cfg.Organisation.Hotline = configs.Hotline{Short: "1022", Full: "02371022"}
	})
	h.connect(simulatedZalo, h.oa)
	const question = "tiem mui 3 o dau"
	answered := func(name string) time.Duration {
		user := h.sim.Citizen(h.oa, name)
		begun := time.Now()
		h.sim.Say(h.oa, user, question)
		h.until(name+" is answered", func() bool { return len(h.heard(h.oa, user)) > 0 })
		return time.Since(begun)
	}
	var before, during []time.Duration
	for i := range others {
		before = append(before, answered(fmt.Sprint("before ", i)))
	}

	person := h.sim.Citizen(h.oa, "Người nhắn dồn dập")
	pause := time.Duration(count(0, int(time.Minute))) / time.Duration(flood)
	danger := flood/4 + chance.IntN(flood/2)
	var alarmed time.Time
	var writing sync.WaitGroup
	writing.Go(func() {
		tick := time.NewTicker(max(pause, time.Millisecond))
		defer tick.Stop()
		for i := range flood {
			text := question
			if i == danger {
				text, alarmed = "tôi khó thở quá", time.Now()
			}
			h.sim.Say(h.oa, person, text)
			<-tick.C
		}
	})
	for i := range others {
		during = append(during, answered(fmt.Sprint("during ", i)))
	}
	writing.Wait()
	h.until("the flood is kept", func() bool { return h.sim.Ledger().Waiting() == 0 })
	h.until("the advice to call is heard", func() bool {
		return slices.ContainsFunc(h.heard(h.oa, person), func(text string) bool { return strings.Contains(text, "115") })
	})

	c, said := h.matter(simulatedZalo, person)
	var in, out []inbox.Message
	for _, m := range said {
		switch m.Direction {
		case inbox.In:
			in = append(in, m)
		case inbox.Out:
			out = append(out, m)
		}
	}
	for _, m := range out {
		if strings.Contains(m.Content.Text, "115") {
			took := m.SentAt.Sub(alarmed)
			t.Logf("word of danger at message %d; advice after %s", danger, took.Round(time.Millisecond))
			if took > 10*time.Second {
				t.Errorf("advice in danger came after %s", took)
			}
		}
	}
	if len(in) != flood {
		t.Errorf("%d messages are kept, %d were written", len(in), flood)
	}
	if most := 2 * (h.cfg.Bot.AnswersPerMinute + 1); len(out) < 2 || len(out) > most+1 {
		t.Errorf("the bot said %d things, want a few, %d at most", len(out), most)
	}
	if n := len(slices.DeleteFunc(slices.Clone(out), func(m inbox.Message) bool { return !strings.Contains(m.Content.Text, "đã ghi đủ các tin") })); n != 1 && c.Handoff.Reason == bot.Enough {
		t.Errorf("it says %d times that it has understood, want once", n)
	}
	if !c.Urgent || c.Handler != inbox.ByPeople || c.Handoff == nil || !c.NeedsPeople() || c.Unread == 0 {
		t.Errorf("the matter is urgent %t, handled by %s, unread %d", c.Urgent, c.Handler, c.Unread)
	}
	slices.Sort(before)
	slices.Sort(during)
	t.Logf("others waited %s before, %s during the flood (median), %s at most", before[others/2], during[others/2], during[others-1])
	if worst := during[others-1]; worst > 10*before[others-1]+3*time.Second {
		t.Errorf("somebody waited %s during the flood, before it %s at most", worst, before[others-1])
	}
}
