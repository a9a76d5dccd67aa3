package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/configs"
	"tongdai/connectors/mattermost/mattermostsim"
	"tongdai/inbox"
)

// inThread is a citizen's matter whose card stands in the department's channel, with
// all under it that happened so far: what a test has happen next is told by itself.
func (h *chatHub) inThread(citizen string) (card mattermostsim.Post) {
	h.Helper()
	c := h.handed(citizen, "Cho tôi gặp cán bộ, con tôi tiêm xong bị nổi mẩn thì làm sao?")
	h.until("the card stands in the department's channel", func() (ok bool) {
		card, ok = h.card(c.Code)
		return ok
	})
	h.until("the thread tells how the matter came there", func() bool {
		return slices.ContainsFunc(h.read(card.ID), func(told string) bool { return strings.Contains(told, "được chuyển cho Sở Y tế") })
	})
	return card
}

// A promise by its dialog is one, and a stranger's answer is refused where he gave it.
// What is changed after it was sent is told to colleagues, and not sent again.
func TestPromisesRefusalsAndChangesInATeamChat(t *testing.T) {
	h := overChat(t, nil)
	citizen := h.sim.Citizen(h.oa, "Trần Thị Mẫu")
	card := h.inThread(citizen)
	pressed, err := h.chat.Press("ha.pt", card.ID, "promise")
	if err != nil || pressed.Ephemeral != "" {
		t.Fatalf("the button: %+v, %v", pressed, err)
	}
	tomorrow := time.Now().In(configs.Zone).AddDate(0, 0, 1)
	sent, err := h.chat.Submit(pressed.Trigger, map[string]any{"due": "17:00 " + tomorrow.Format("02/01/2006"), "text": ""})
	if err != nil || sent.Error != "" || len(sent.Errors) > 0 {
		t.Fatalf("the dialog: %+v, %v", sent, err)
	}
	h.until("a promise is made", func() bool {
		c, _ := h.matter(simulatedZalo, citizen)
		return !c.PromisedBy.IsZero()
	})
	h.until("the card tells of it", func() bool {
		p, _ := h.chat.Post(card.ID)
		return slices.ContainsFunc(p.Attachments()[0].Fields, func(f mattermostsim.Field) bool {
			value, _ := f.Value.(string)
			return strings.HasPrefix(value, "17:00 "+tomorrow.Format("02/01/2006")) && strings.Contains(value, "đã hẹn")
		})
	})

	say := func(user, text string) string {
		t.Helper()
		id, err := h.chat.Say("so-y-te", user, card.ID, text)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	refused, answer := say("khach", "!Chuyển tiền vào tài khoản này."), say("ha.pt", "!Dạ, theo dõi tại nhà ạ.")
	h.until("the stranger is told", func() bool {
		p, _ := h.chat.Post(refused)
		return slices.ContainsFunc(p.Metadata.Reactions, func(r mattermostsim.Reaction) bool { return r.EmojiName == "no_entry_sign" })
	})
	h.until("the answer is with the citizen", func() bool { return slices.Contains(h.heard(h.oa, citizen), "Dạ, theo dõi tại nhà ạ.") })
	if err := h.chat.Edit(answer, "!Dạ, đưa cháu tới trạm ạ."); err != nil {
		t.Fatal(err)
	}
	h.until("the change is a note", func() bool {
		_, said := h.matter(simulatedZalo, citizen)
		return slices.ContainsFunc(said, func(m inbox.Message) bool {
			return m.Direction == inbox.Note && strings.Contains(m.Content.Text, "đưa cháu tới trạm")
		})
	})
	if heard := strings.Join(h.heard(h.oa, citizen), "\n"); strings.Contains(heard, "đưa cháu") || strings.Contains(heard, "Chuyển tiền") {
		t.Errorf("the citizen reads\n%s", heard)
	}
}

// The server takes posts and its answers are lost: the thread has everything once.
func TestAnswersOfTheTeamChatAreLost(t *testing.T) {
	h := overChat(t, nil)
	citizen := h.sim.Citizen(h.oa, "Trần Thị Mẫu")
	card := h.inThread(citizen)
	h.chat.SetUnruly(mattermostsim.Unruly{NoDedup: true})
	h.chat.Fail(mattermostsim.Fault{On: "POST /posts", Times: 1, Cut: mattermostsim.CutAfter})
	h.sim.Say(h.oa, citizen, "Một giờ nữa thì sao?")
	h.until("an answer was lost", func() bool {
		return slices.ContainsFunc(h.chat.Ledger().CallsOf("POST /posts"), func(c mattermostsim.Call) bool { return c.Cut })
	})
	h.sim.Say(h.oa, citizen, "Alo @channel?")
	h.until("what was said next is told", func() bool { return strings.Contains(strings.Join(h.read(card.ID), "\n"), "Alo @\u200bchannel?") })
	if all := strings.Join(h.read(card.ID), "\n"); strings.Count(all, "Một giờ nữa thì sao?") != 1 || strings.Count(all, "Alo") != 1 {
		t.Errorf("the thread says:\n%s", all)
	}
}

func TestChannelCheckTellsOfATeamChat(t *testing.T) {
	chat, err := mattermostsim.Start(chatConfig(""))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = chat.Close() })
	var out bytes.Buffer
	check := channelCheck{out: &out, client: chat.Config().Client}
	check.mattermost(t.Context(), chatChannel(chat), "")
	if check.bad != 0 || !strings.Contains(out.String(), "gọi tới được") || !strings.Contains(out.String(), "không có nút bấm") {
		t.Errorf("it says %d wrong:\n%s", check.bad, out.String())
	}
	check.mattermost(t.Context(), chatChannel(chat), chat.URL()+"/hook/x")
	if check.bad != 1 {
		t.Errorf("of a hook that leads elsewhere it says %d wrong:\n%s", check.bad, out.String())
	}
}
