package inbox_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/connectors/content"
	"tongdai/inbox"
)

// shown is a conversation as people read it: what was said, in the order shown.
func (r *rig) shown(id inbox.ConversationID) (all []string) {
	r.Helper()
	messages := r.messages(id)
	inbox.InShownOrder(messages)
	for _, m := range messages {
		if m.Change == nil {
			all = append(all, m.Content.Text)
		}
	}
	return all
}

// P4, IN-02: what a platform delivers late or in disorder is shown where it was said.
func TestMessagesAreShownInTheOrderOfSaying(t *testing.T) {
	inTime(t, func(r *rig) {
		r.pass(time.Hour)
		began := time.Now()
		for i, said := range []struct {
			text  string
			after time.Duration
		}{{"một", 0}, {"ba", 2 * time.Second}, {"hai", time.Second}, {"bốn", 3 * time.Second}, {"không", -20 * time.Minute}, {"mai sau", 24 * time.Hour}} {
			in := inbound("an", said.text, "người "+said.text)
			in.SentAt = began.Add(said.after)
			in.Content = content.Content{Text: "người " + said.text}
			if i == 0 {
				r.pass(4 * time.Second)
			}
			if err := r.receive(zalo, in); err != nil {
				t.Fatal(err)
			}
			r.settle()
		}
		c := r.live(zalo, "an")
		var heard []string
		for _, text := range r.shown(c.ID) {
			if word, said := strings.CutPrefix(text, "người "); said {
				heard = append(heard, word)
			}
		}
		if want := []string{"không", "một", "hai", "ba", "bốn", "mai sau"}; !slices.Equal(heard, want) {
			t.Errorf("shown is %q, want %q", heard, want)
		}
		for _, m := range r.messages(c.ID) {
			if late := m.Content.Text == "người không"; m.Late != late {
				t.Errorf("%q is marked as late: %v", m.Content.Text, m.Late)
			}
		}
		if c.Unread != 6 {
			t.Errorf("%d are unread, want 6: marks count what arrived", c.Unread)
		}
	})
}

// Nodes' clocks are moments apart, and a widget's two messages may reach two of them.
func TestWhatAWidgetSaysLaterIsShownLaterWhicheverNodeTakesIt(t *testing.T) {
	inTime(t, func(r *rig) {
		r.pass(time.Hour)
		for i, text := range []string{"một", "hai", "ba"} {
			in := inbound("an", text, "người "+text)
			in.SentAt = time.Now().Add(-time.Duration(i) * 14 * time.Millisecond)
			in.Content = content.Content{Text: "người " + text}
			if err := r.receive(web, in); err != nil {
				t.Fatal(err)
			}
		}
		r.settle()
		var heard []string
		for _, text := range r.shown(r.live(web, "an").ID) {
			if word, said := strings.CutPrefix(text, "người "); said {
				heard = append(heard, word)
			}
		}
		if want := []string{"một", "hai", "ba"}; !slices.Equal(heard, want) {
			t.Errorf("shown is %q, want %q", heard, want)
		}
	})
}

func TestAnAnswerStandsAfterWhatItAnswersThoughThePlatformsClockIsBehind(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		r.pass(time.Hour)
		behind := 30 * time.Second
		in := inbound("an", "k1", "người thật")
		in.SentAt = time.Now().Add(-behind)
		if err := r.receive(zalo, in); err != nil {
			t.Fatal(err)
		}
		r.settle()
		c := r.live(zalo, "an")
		must[inbox.Message](r)(r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "Dạ?", Key: "r1"}))
		r.pass(5 * time.Second)
		in = inbound("an", "k2", "người ơi")
		in.SentAt = time.Now().Add(-behind)
		if err := r.receive(zalo, in); err != nil {
			t.Fatal(err)
		}
		r.settle()
		if got, want := r.shown(c.ID), []string{"người thật", "Cán bộ sẽ trả lời.", "Dạ?", "người ơi"}; !slices.Equal(got, want) {
			t.Errorf("shown is %q, want %q", got, want)
		}
	})
}
