package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/configs"
	"tongdai/connectors/zalo/zalosim"
	"tongdai/inbox"
)

// IN-09: the platform's webhook is switched off for longer than it sends again.
// What citizens said meanwhile, and what was answered in Zalo's own app, comes
// from the platform's history: its journal minus the inbox is nothing, and nothing
// is there twice, though the webhook brings some of it after all.
func TestAGapLongerThanTheResendsIsFilled(t *testing.T) {
	eachStore(t, func(t *testing.T, change func(*configs.Config)) {
		h := overZalo(t, zalosim.Config{Resends: []time.Duration{}}, change)
		h.connect(simulatedZalo, h.oa)
		people := make([]string, 12)
		for i := range people {
			people[i] = h.sim.Citizen(h.oa, fmt.Sprintf("Người dân %d", i))
		}
		h.sim.Say(h.oa, people[0], "tiem mui 3 o dau")
		h.until("the bot answers", func() bool { return len(h.heard(h.oa, people[0])) == 1 })

		h.sim.SetWebhook("http://127.0.0.1:1/") // nobody is there
		for i, user := range people {
			for n := range 1 + i {
				h.sim.Say(h.oa, user, fmt.Sprintf("lúc ngừng, người %d câu %d", i, n))
			}
		}
		h.sim.AnswerAsAdmin(h.oa, people[1], "5000000000000000009", "em trả lời trên điện thoại")
		h.sim.Send(h.oa, people[2], zalosim.Message{Kind: zalosim.Sticker, Name: "46981", URL: h.sim.URL() + "/phone/sticker/46981"})
		h.sim.Send(h.oa, people[3], zalosim.Message{Kind: zalosim.Location, Lat: 19.8, Lng: 105.7})
		h.until("the platform has given up", func() bool { return h.sim.Ledger().Waiting() == 0 })
		h.sim.SetWebhook(hookOf(h.url))

		since := time.Now().Add(-24 * time.Hour)
		if done := h.compare(simulatedZalo, since); len(done.Gaps) != 0 || done.People != len(people) {
			t.Fatalf("the comparison came to %+v", done)
		}
		if again := h.compare(simulatedZalo, since); again.Filled != 0 {
			t.Errorf("a second comparison came to %+v", again)
		}
		h.wantJournal(people)

		_, said := h.matter(simulatedZalo, people[3])
		if !slices.ContainsFunc(said, func(m inbox.Message) bool {
			return len(m.Content.Attachments) == 1 && strings.Contains(m.Content.Attachments[0].Problem, "oa.zalo.me")
		}) {
			t.Error("what the history does not tell the content of is not shown")
		}
		if c, _ := h.matter(simulatedZalo, people[1]); c.Handler != inbox.ByPeople || c.NeedsPeople() {
			t.Errorf("who was answered on the telephone is handled by %s and waits since %s", c.Handler, c.WaitingSince)
		}
	})
}

// wantJournal holds what the phones show against what the hub does: all of it,
// each once, in order, and what came from the history marked as late.
func (h *zaloHub) wantJournal(people []string) {
	h.Helper()
	for _, user := range people {
		var shown []string
		_, said := h.matter(simulatedZalo, user)
		for _, m := range said {
			if m.Direction == inbox.In || m.Elsewhere {
				shown = append(shown, string(m.Remote))
				if strings.HasPrefix(m.Content.Text, "lúc ngừng") && !m.Late {
					h.Errorf("%q is not marked as late", m.Content.Text)
				}
			}
		}
		var spoken []string
		for _, m := range h.sim.Messages(h.oa, user) {
			if m.FromUser || m.Admin != "" {
				spoken = append(spoken, m.ID)
			}
		}
		if !slices.Equal(shown, spoken) {
			h.Errorf("the phone of %s shows %d of its own, the hub %d: %q and %q", user, len(spoken), len(shown), spoken, shown)
		}
	}
}
