package main

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"tongdai/configs"
	"tongdai/connectors/mattermost/mattermostsim"
	"tongdai/connectors/zalo/zalosim"
	"tongdai/inbox"
	"tongdai/kb"
)

// chatHub is a hub whose health department works in a team chat.
type chatHub struct {
	*zaloHub
	chat *mattermostsim.Sim
}

func overChat(t *testing.T, change func(*configs.Config)) *chatHub {
	t.Helper()
	chat, err := mattermostsim.Start(chatConfig(""))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = chat.Close() })
	h := &chatHub{chat: chat}
	h.zaloHub = overZalo(t, zalosim.Config{}, func(cfg *configs.Config) {
		cfg.Channels = append(cfg.Channels, chatChannel(chat))
		if change != nil {
			change(cfg)
		}
	})
	h.connect(simulatedZalo, h.oa)
	nurse := inbox.Member{
		ID: "nurse", Login: "soyte", Name: "Phạm Thu Hà", Role: inbox.Staff, Departments: []kb.DepartmentID{"so-y-te"}, Email: "ha.pt@thanhhoa.example",
	}
	if err := h.app.store.Update(t.Context(), func(tx inbox.Writer) error { return tx.PutMember(nurse) }); err != nil {
		t.Fatal(err)
	}
	return h
}

// card is the opening post of the matter, once it is there.
func (h *chatHub) card(code string) (card mattermostsim.Post, ok bool) {
	for _, p := range h.chat.Channel("so-y-te") {
		if p.RootID == "" && strings.Contains(p.Message+p.Attachments()[0].Title, code) {
			return p, true
		}
	}
	return card, false
}

// read are the words in a thread, each with who wrote it.
func (h *chatHub) read(root string) (all []string) {
	for _, p := range h.chat.Thread(root) {
		all = append(all, p.Message)
	}
	return all
}

// handed is a citizen's matter that is with the health department.
func (h *chatHub) handed(citizen, text string) inbox.Conversation {
	h.Helper()
	h.sim.Say(h.oa, citizen, text)
	h.until("people are to answer", func() bool {
		c, _ := h.matter(simulatedZalo, citizen)
		return c.Handler == inbox.ByPeople
	})
	c, _ := h.matter(simulatedZalo, citizen)
	c, err := h.app.hub.Transfer(h.Context(), h.lan, c.ID, "so-y-te", "")
	if err != nil {
		h.Fatal(err)
	}
	return c
}

// A citizen on Zalo, a department in its team chat: the card, an answer by the prefix
// and one by the button reach the citizen; what is written without the prefix, and what
// a stranger writes, does not.
func TestADepartmentAnswersInItsTeamChat(t *testing.T) {
	eachStore(t, func(t *testing.T, change func(*configs.Config)) {
		h := overChat(t, change)
		citizen := h.sim.Citizen(h.oa, "Trần Thị Mẫu")
		c := h.handed(citizen, "Cho tôi gặp cán bộ, con tôi tiêm xong bị nổi mẩn thì làm sao?")
		var card mattermostsim.Post
		h.until("the card stands in the department's channel", func() (ok bool) {
			card, ok = h.card(c.Code)
			return ok
		})
		h.sim.Say(h.oa, citizen, "cháu 3 tuổi ạ")
		h.until("the citizen's next words stand in the thread", func() bool {
			return slices.ContainsFunc(h.read(card.ID), func(text string) bool { return strings.Contains(text, "cháu 3 tuổi") })
		})

		say := func(user, text string) string {
			t.Helper()
			id, err := h.chat.Say("so-y-te", user, card.ID, text)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		say("khach", "!Chuyển tiền vào tài khoản này.")
		say("ha.pt", "hỏi lại khoa nhi đã")
		word := say("ha.pt", "!Dạ, chị cho cháu uống nhiều nước ạ.")
		h.until("the answer by the prefix is with the citizen", func() bool {
			return slices.Contains(h.heard(h.oa, citizen), "Dạ, chị cho cháu uống nhiều nước ạ.")
		})
		h.until("its outcome is shown on it", func() bool {
			p, _ := h.chat.Post(word)
			return len(p.Metadata.Reactions) > 0
		})

		pressed, err := h.chat.Press("ha.pt", card.ID, "reply")
		if err != nil || pressed.Status != 200 {
			t.Fatalf("the button: %+v, %v", pressed, err)
		}
		open := h.chat.Dialogs("ha.pt")
		if len(open) != 1 {
			t.Fatalf("%d dialogs are open", len(open))
		}
		if done, err := h.chat.Submit(open[0].Trigger, map[string]any{"text": "Dạ, mai Sở gọi lại cho chị ạ."}); err != nil || done.Error != "" || len(done.Errors) > 0 {
			t.Fatalf("the dialog: %+v, %v", done, err)
		}
		h.until("the answer by the button is with the citizen", func() bool {
			return slices.Contains(h.heard(h.oa, citizen), "Dạ, mai Sở gọi lại cho chị ạ.")
		})
		heard := strings.Join(h.heard(h.oa, citizen), "\n")
		if strings.Contains(heard, "Chuyển tiền") || strings.Contains(heard, "khoa nhi") {
			t.Errorf("the citizen reads\n%s", heard)
		}
		_, said := h.matter(simulatedZalo, citizen)
		for _, note := range []string{"Chuyển tiền", "khoa nhi"} {
			if !slices.ContainsFunc(said, func(m inbox.Message) bool { return m.Direction == inbox.Note && strings.Contains(m.Content.Text, note) }) {
				t.Errorf("%q is no note of the matter", note)
			}
		}
	})
}

// The hub is stopped and the socket cut while people on both sides go on writing: what
// they said is there afterwards on the other side, each once and in the order in which it came.
func TestATeamChatAndAHubThatAreCutOffLoseNothing(t *testing.T) {
	eachStore(t, func(t *testing.T, change func(*configs.Config)) {
		h := overChat(t, change)
		citizen := h.sim.Citizen(h.oa, "Trần Thị Mẫu")
		c := h.handed(citizen, "Cho tôi gặp cán bộ")
		var card mattermostsim.Post
		h.until("the card", func() (ok bool) {
			card, ok = h.card(c.Code)
			return ok
		})
		h.chat.SetUnruly(mattermostsim.Unruly{Double: true, NoDedup: true})
		var asked, answered []string
		for i, cut := range []func(){h.chat.Drop, h.chat.Forget, func() { h.restart() }, func() { h.chat.Lose(3) }, func() { h.restart() }} {
			cut()
			text := "người dân hỏi " + strings.Repeat("I", i+1)
			asked = append(asked, text)
			h.sim.Say(h.oa, citizen, text)
			text = "Dạ, trả lời " + strings.Repeat("I", i+1)
			answered = append(answered, text)
			if _, err := h.chat.Say("so-y-te", "ha.pt", card.ID, "!"+text); err != nil {
				t.Fatal(err)
			}
		}
		h.until("all answers are with the citizen", func() bool { return slices.Contains(h.heard(h.oa, citizen), answered[len(answered)-1]) })
		questions := func() (read []string) {
			for _, text := range h.read(card.ID) {
				if at := strings.Index(text, "người dân hỏi"); at >= 0 {
					read = append(read, strings.TrimSpace(text[at:]))
				}
			}
			return read
		}
		h.until("all questions are in the thread", func() bool {
			read := questions()
			return !slices.ContainsFunc(asked, func(text string) bool { return !slices.Contains(read, text) })
		})
		h.until("the platform has nothing left to bring", func() bool { return h.sim.Ledger().Waiting() == 0 })
		var heard, came []string
		for _, text := range h.heard(h.oa, citizen) {
			if strings.HasPrefix(text, "Dạ, trả lời") {
				heard = append(heard, text)
			}
		}
		_, said := h.matter(simulatedZalo, citizen)
		slices.SortFunc(said, func(a, b inbox.Message) int { return cmp.Compare(a.Seq, b.Seq) })
		for _, m := range said { // Zalo brings again later what it could not bring
			if strings.HasPrefix(m.Content.Text, "người dân hỏi") {
				came = append(came, m.Content.Text)
			}
		}
		if !slices.Equal(heard, answered) {
			t.Errorf("the citizen has %q, want %q", heard, answered)
		}
		if read := questions(); !slices.Equal(read, came) {
			t.Errorf("the department has %q, they came as %q", read, came)
		}
	})
}
