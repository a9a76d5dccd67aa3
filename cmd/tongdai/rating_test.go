package main

import (
	"slices"
	"strings"
	"testing"

	"tongdai/connectors/zalo/zalosim"
	"tongdai/inbox"
)

// A citizen on Zalo is asked how the matter was handled, in numbered lines, as a
// message there has room for four buttons, and answers by the number or the words: the matter
// stays closed, and the bot does not take it for a question.
func TestAMatterOnZaloIsRated(t *testing.T) {
	for _, answer := range []string{"Dạ 5 ạ", "rất hài lòng"} {
		t.Run(answer, func(t *testing.T) {
			h := overZalo(t, zalosim.Config{}, nil)
			h.connect(simulatedZalo, h.oa)
			citizen := h.sim.Citizen(h.oa, "Trần Thị Mẫu")
			h.sim.Say(h.oa, citizen, "cho tôi gặp cán bộ")
			h.until("the bot hands over", func() bool { return len(h.heard(h.oa, citizen)) == 1 })
			c, _ := h.matter(simulatedZalo, citizen)
			if _, err := h.app.hub.Reply(t.Context(), h.lan, c.ID, inbox.NewReply{Text: "Dạ, xong rồi ạ.", Key: "r", Resolve: true}); err != nil {
				t.Fatal(err)
			}
			var asked zalosim.Message
			h.until("the phone shows the question", func() bool {
				for _, m := range h.sim.Messages(h.oa, citizen) {
					if strings.Contains(m.Text, "hài lòng") {
						asked = m
					}
				}
				return asked.ID != ""
			})
			if !strings.Contains(asked.Text, "5. Rất hài lòng") {
				t.Errorf("the phone shows %q, want the numbered choices", asked.Text)
			}
			h.sim.Say(h.oa, citizen, answer)
			h.until("the rating is kept", func() bool {
				c, _ := h.matter(simulatedZalo, citizen)
				return c.Rating.Stars == 5 && c.Status == inbox.Resolved
			})
			h.until("the phone shows the thanks", func() bool {
				return slices.ContainsFunc(h.heard(h.oa, citizen), func(text string) bool { return strings.HasPrefix(text, "Dạ, cảm ơn") })
			})
			if now, _ := h.matter(simulatedZalo, citizen); now.ID != c.ID {
				t.Error("the answer began a new matter")
			}
		})
	}
}
