package transfer_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tongdai/bot"
	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
	"tongdai/kb"
)

// morning is when everything in these stores happened.
var morning = time.Date(2026, 11, 21, 1, 0, 0, 0, time.UTC)

func write(t testing.TB, s inbox.Store, fn func(tx inbox.Writer) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// Keys and ids as platforms may send them.
var (
	longRemote = connectors.RemoteID(strings.Repeat("dài/", 500))
	longKey    = inbox.Key{Channel: "zalo", Kind: connectors.Said, Value: strings.Repeat("k", 5000)}
	shortKey   = inbox.Key{Channel: "web", Kind: connectors.Said, Value: "k\x00\xff1"}
)

// people are the remote ids that wrote.
var people = []connectors.RemoteID{"v1", "v1\x00", longRemote, "đường Lê Lợi", "v5"}

// fill writes something of everything, conversations for each of the people
// again and again, some of them with people, resolved, urgent.
func fill(t testing.TB, s inbox.Store, rounds int) {
	t.Helper()
	fillPeople(t, s)
	fillKnowledge(t, s)
	fillImports(t, s)
	fillPapers(t, s)
	for round := range rounds {
		for i, remote := range people {
			converse(t, s, round, i, remote)
		}
	}
	write(t, s, func(tx inbox.Writer) error {
		_, _, err := tx.Remember(longKey, [32]byte{1, 2, 3})
		_, _, other := tx.Remember(shortKey, [32]byte{4})
		raw := inbox.Raw{ID: "raw-bytes"}
		raw.Channel, raw.ReceivedAt, raw.Body = "zalo", morning, []byte{0xFF, 0xD8, 0, 1}
		raw.Trouble = "unknown event"
		return errors.Join(err, other, tx.PutRaw(raw),
			tx.PutQuarantined(inbox.Quarantined{ID: "raw-bytes", Channel: "zalo", At: morning, Trouble: raw.Trouble}),
			tx.PutQuarantined(inbox.Quarantined{ID: "raw-0-0", Channel: "web", At: morning, Settled: morning, By: "m-lan"}))
	})
}

func fillPeople(t testing.TB, s inbox.Store) {
	write(t, s, func(tx inbox.Writer) error {
		lan := inbox.Member{
			ID: "m-lan", Login: "lan", Name: "Nguyễn Thị Lan", Role: inbox.Operator, PasswordHash: "$argon2id$the-hash",
			CreatedAt: morning, Departments: []kb.DepartmentID{"so-y-te"},
		}
		hoa := inbox.Member{ID: "a-hoa", Login: "hoa", Role: inbox.Admin, Disabled: true, LockedUntil: morning, Failures: 3}
		return errors.Join(tx.PutMember(lan), tx.PutMember(hoa),
			tx.PutSession(inbox.Session{TokenHash: "the-token-hash", Member: "m-lan", CreatedAt: morning, Address: "203.0.113.9"}),
			tx.AppendAudit(inbox.Audit{At: morning, Member: "m-lan", Action: inbox.LoggedIn, Address: "203.0.113.9"}),
			tx.AppendAudit(inbox.Audit{At: morning, Action: inbox.MemberAdded, Target: "lan"}))
	})
	fillSecret(t, s, "old-token")
	fillSecret(t, s, "sealed-token")
	for i, remote := range people {
		write(t, s, func(tx inbox.Writer) error {
			id := inbox.ContactID(fmt.Sprintf("contact-%d", i))
			return errors.Join(tx.PutContact(inbox.Contact{ID: id, Name: "Khách " + fmt.Sprint(i), Phone: "0900", CreatedAt: morning}),
				tx.PutIdentity(inbox.Identity{Channel: "web", Remote: remote, Contact: id}))
		})
	}
}

func fillSecret(t testing.TB, s inbox.Store, token string) {
	write(t, s, func(tx inbox.Writer) error {
		kept, err := tx.Secret("zalo/tokens")
		if err != nil && !errors.Is(err, inbox.ErrNotFound) {
			return err
		}
		_, err = tx.PutSecret(inbox.Secret{Name: "zalo/tokens", Version: kept.Version, Sealed: []byte(token), SavedAt: morning})
		return err
	})
}

func fillKnowledge(t testing.TB, s inbox.Store) {
	for version := 1; version <= 12; version++ { // more than nine: versions are numbers, not texts
		write(t, s, func(tx inbox.Writer) error {
			err := tx.PutEntry(kb.Entry{ID: "yt-1", Question: "Tiêm ở đâu?", Answer: fmt.Sprint("bản ", version), Version: version, UpdatedAt: morning})
			if version > 1 {
				return err
			}
			return errors.Join(err, tx.PutEntry(kb.Entry{ID: "yt-10", Question: "Mấy giờ?", Variants: []string{"may gio"}, Answer: "8 giờ", Version: 1}))
		})
	}
}

func fillImports(t testing.TB, s inbox.Store) {
	for _, id := range []inbox.ImportID{"import-1", "import-2"} {
		write(t, s, func(tx inbox.Writer) error {
			return tx.PutImport(inbox.Import{
				ID: id, At: morning, By: "lan", Files: []string{"so-y-te.xls"}, Departments: []kb.DepartmentID{"so-y-te"},
				New: 1, Entries: []inbox.ImportedEntry{{ID: "yt-1", Version: 1}},
			})
		})
	}
}

func fillPapers(t testing.TB, s inbox.Store) {
	write(t, s, func(tx inbox.Writer) error {
		for _, id := range []string{"a", "b"} {
			if _, err := tx.PutPaper(inbox.Paper{Shelf: "test", ID: id, Body: []byte(`{"name":"Ca đêm"}`)}); err != nil {
				return err
			}
		}
		return nil
	})
}

func converse(t testing.TB, s inbox.Store, round, i int, remote connectors.RemoteID) {
	name := fmt.Sprintf("%d-%d", round, i)
	at := morning.Add(time.Duration(round*len(people)+i) * time.Minute)
	write(t, s, func(tx inbox.Writer) error {
		code, err := tx.NextCode("TH", at)
		if err != nil {
			return err
		}
		c := inbox.Conversation{
			ID: inbox.ConversationID("c-" + name), Code: code, Contact: inbox.ContactID(fmt.Sprintf("contact-%d", i)),
			Channel: "web", Remote: remote, Status: inbox.Open, Handler: inbox.ByBot, CreatedAt: at, LastAt: at,
		}
		c.Thread = connectors.RemoteID(fmt.Sprint("thread ", round)) // each in a thread of its own: all may be open
		switch (round + i) % 3 {
		case 1:
			c.Handler, c.WaitingSince, c.Urgent, c.Department = inbox.ByPeople, at, i == 1, "so-y-te"
			c.Handoff = &inbox.Handoff{At: at, Reason: "asked", Candidates: []bot.Candidate{{Entry: "yt-1", Confidence: 1.0 / 3}}}
			c.Assignee = "m-lan"
		case 2:
			c.Status, c.ResolvedAt = inbox.Resolved, at.Add(time.Hour)
		}
		if c, err = tx.PutConversation(c); err != nil {
			return err
		}
		for n := range 11 { // more than nine: numbers, not texts
			if err := say(tx, c, name, n, at); err != nil {
				return err
			}
		}
		c.LastSeq, c.LastText = 11, "Tôi muốn hỏi"
		_, err = tx.PutConversation(c)
		raw := inbox.Raw{ID: inbox.RawID("raw-" + name)}
		raw.Channel, raw.Type, raw.Body = "web", "application/json", []byte(`{"text":"Tiêm ở đâu?"}`)
		return errors.Join(err, tx.PutRaw(raw),
			tx.PutTurn(inbox.Turn{Message: inbox.MessageID("msg-" + name + "-0"), Conversation: c.ID, At: at, Took: 3 * time.Millisecond, Confidence: 0.75}),
			tx.AppendAudit(inbox.Audit{At: at, Member: "m-lan", Action: inbox.Looked, Conversation: c.ID, Target: code}),
			tx.Enqueue(inbox.Task{ID: "turn-" + name, Kind: inbox.Turns, Group: string(c.ID), Ref: "x", Due: at.Add(time.Duration(i%2) * time.Hour), Urgent: i == 3}),
			tx.Enqueue(inbox.Task{ID: "later-" + name, Kind: inbox.Turns, Group: string(c.ID), Ref: "x", Due: at}),
			tx.AppendEvent(inbox.Event{At: at, Kind: inbox.MessageAdded, Conversation: c.ID, Channel: "web", Remote: remote, Public: true}),
			tx.AppendEvent(inbox.Event{At: at, Kind: inbox.ConversationChanged, Conversation: c.ID}))
	})
}

func say(tx inbox.Writer, c inbox.Conversation, name string, n int, at time.Time) error {
	m := inbox.Message{
		ID: inbox.MessageID(fmt.Sprintf("msg-%s-%d", name, n)), Conversation: c.ID, Direction: inbox.In, Key: fmt.Sprint("k", n),
		Author: inbox.Author{Kind: inbox.Citizen, Name: "Khách"}, SentAt: at, ReceivedAt: at,
	}
	m.Content.Text = "Tôi muốn hỏi <&> \u2028 🌧 lần " + fmt.Sprint(n)
	switch n {
	case 2:
		m.Content.Attachments = []content.Attachment{{ID: "file-" + name, Name: "ảnh.jpg"}, {ID: "file-of-all"}}
	case 3:
		m.Direction, m.Delivery = inbox.Out, inbox.Delivery{State: inbox.Parked, Attempts: 2, Reason: "hết hạn trả lời", At: at}
	case 4:
		m.Direction, m.Delivery = inbox.Out, inbox.Delivery{State: inbox.Sent, At: at}
	}
	_, err := tx.AppendMessage(m)
	return err
}
