package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/configs"
	"tongdai/connectors/messenger/messengersim"
	"tongdai/inbox"
)

// IN-09 for a Facebook page: its webhook is switched off for longer than Facebook
// sends again. What citizens wrote meanwhile, and what was answered in the page's
// own inbox, comes from the history: all of it, each once and in order, marked as
// late, and nothing twice when it is asked again.
func TestAPagesGapLongerThanTheResendsIsFilled(t *testing.T) {
	eachStore(t, func(t *testing.T, change func(*configs.Config)) {
		h := overFacebook(t, messengersim.Config{}, change)
		people := make([]string, 3)
		for i := range people {
			people[i] = h.facebook.Citizen(h.page, fmt.Sprintf("Người dân %d", i))
		}
		h.facebook.Say(h.page, people[0], "tiem mui 3 o dau")
		h.until("the bot answers", func() bool { return len(h.heardOn(people[0])) == 1 && h.facebook.Ledger().Waiting() == 0 })

		hook := h.facebook.Webhook()
		h.facebook.SetWebhook("") // nobody is told
		for i, user := range people {
			for n := range 1 + i {
				h.facebook.Say(h.page, user, fmt.Sprintf("lúc ngừng, người %d câu %d", i, n))
			}
		}
		h.facebook.AnswerInInbox(h.page, people[1], "em trả lời ở hộp thư của trang")
		h.until("the platform has given up", func() bool { return h.facebook.Ledger().Waiting() == 0 })
		h.facebook.SetWebhook(hook)

		since := time.Now().Add(-24 * time.Hour)
		if done := h.compare(simulatedPage, since); len(done.Gaps) != 0 || done.People != len(people) {
			t.Fatalf("the comparison came to %+v", done)
		}
		if again := h.compare(simulatedPage, since); again.Filled != 0 {
			t.Errorf("a second comparison came to %+v", again)
		}
		for _, user := range people {
			h.wantHistory(user)
		}
	})
}

// wantHistory holds what a telephone shows of a citizen and of the page's own inbox
// against what the hub does.
func (h *pageHub) wantHistory(user string) {
	h.Helper()
	var shown, spoken []string
	_, said := h.matter(simulatedPage, user)
	for _, m := range said {
		if m.Direction == inbox.In || m.Elsewhere {
			shown = append(shown, string(m.Remote))
			if strings.HasPrefix(m.Content.Text, "lúc ngừng") && !m.Late {
				h.Errorf("%q is not marked as late", m.Content.Text)
			}
		}
	}
	for _, m := range h.facebook.Messages(h.page, user) {
		if m.FromUser || m.App == messengersim.InboxApp {
			spoken = append(spoken, m.ID)
		}
	}
	if !slices.Equal(shown, spoken) {
		h.Errorf("the phone of %s shows %d of its own, the hub %d: %q and %q", user, len(spoken), len(shown), spoken, shown)
	}
}
