package main

import (
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/configs"
	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/email/emailsim"
	"tongdai/inbox"
)

// A letter is answered by the bot, the citizen answers the answer, a person writes,
// and all of it is one matter and one thread.
func TestAConversationByMail(t *testing.T) {
	sim, err := emailsim.Start(emailsim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	h := &telegramHub{zaloHub: &zaloHub{T: t}}
	h.cfg = configs.Default()
	h.cfg.Data.Folder = t.TempDir()
	h.cfg.HTTP.Listen = freeAddress(t)
	h.url = "http://" + h.cfg.HTTP.Listen
	h.cfg.Organisation.URL = h.url
	h.cfg.Channels = append(h.cfg.Channels, mailChannel(sim))
	if err := h.cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	if h.app, err = openApp(t.Context(), h.cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), nil); err != nil {
		t.Fatal(err)
	}
	h.furnish()
	h.serve()

	const citizen = "tran.thi.mau@nguoidan.example"
	marked := func() bool {
		_, err := h.app.hub.Bookmark(t.Context(), simulatedMail, "INBOX")
		return err == nil
	}
	h.await("the mailbox to be opened", marked)
	write := emailsim.Written{Name: "Trần Thị Mẫu", From: citizen, Subject: "Tiêm mũi 3", Text: "Tôi muốn hỏi tiêm mũi 3 ở đâu?", File: "don.pdf", Data: []byte("%PDF-1.7\n1 0 obj<<>>endobj\n%%EOF\n")}
	if _, err := sim.Write(write); err != nil {
		t.Fatal(err)
	}
	h.await("the bot's letter", func() bool { return len(sim.Inbox(citizen)) == 1 })
	answer := sim.Inbox(citizen)[0]
	if !strings.HasPrefix(answer.Subject, "Re: Tiêm mũi 3 [") || !strings.HasPrefix(answer.ReplyTo, "1022+") {
		t.Errorf("the bot's letter is %+v", answer)
	}
	c, all := h.letters(citizen)
	if c.ContactName != "Trần Thị Mẫu" || !slices.ContainsFunc(all[0].Content.Attachments, func(a content.Attachment) bool { return a.Name == "don.pdf" && a.ID != "" }) {
		t.Errorf("the matter is of %q, the letter has %+v", c.ContactName, all[0].Content.Attachments)
	}

	// The citizen answers to the reply address, under another subject and without the thread.
	if _, err := sim.Write(emailsim.Written{Name: "Trần Thị Mẫu", From: citizen, To: answer.ReplyTo, Subject: "khác", Text: "Cho tôi gặp cán bộ."}); err != nil {
		t.Fatal(err)
	}
	h.await("the answer to be part of the matter", func() bool {
		_, all := h.letters(citizen)
		return slices.ContainsFunc(all, func(m inbox.Message) bool { return strings.Contains(m.Content.Text, "gặp cán bộ") })
	})
	if _, err := h.app.hub.Take(t.Context(), h.lan, c.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.app.hub.Reply(t.Context(), h.lan, c.ID, inbox.NewReply{Text: "Dạ, em là Lan, mời anh/chị đến Trạm Y tế.", Key: "r1"}); err != nil {
		t.Fatal(err)
	}
	h.await("the person's letter", func() bool {
		return slices.ContainsFunc(sim.Inbox(citizen), func(l emailsim.Received) bool {
			return strings.Contains(l.Text, "em là Lan") && strings.Contains(l.Thread, answer.ID)
		})
	})
	health := h.app.hub.Channels()[len(h.app.hub.Channels())-1].(connectors.Checker).Check(t.Context())
	if !health.OK || time.Since(health.CheckedAt) > time.Minute {
		t.Errorf("Check = %+v", health)
	}
}

// letters are the messages of the citizen's matter.
func (h *telegramHub) letters(from string) (c inbox.Conversation, all []inbox.Message) {
	h.Helper()
	err := h.app.store.View(h.Context(), func(tx inbox.Reader) error {
		visits, _, err := tx.Conversations(inbox.ListQuery{
			Lists: []inbox.ListID{inbox.Visits(simulatedMail, connectors.RemoteID(from))}, Limit: 10,
		})
		if err != nil || len(visits) == 0 {
			return err
		}
		if len(visits) > 1 {
			h.Errorf("%d matters", len(visits))
		}
		c = visits[0]
		all, err = tx.Messages(c.ID, inbox.MessageQuery{Forward: true, Limit: 100})
		return err
	})
	if err != nil {
		h.Fatal(err)
	}
	return c, all
}
