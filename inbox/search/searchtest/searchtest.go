// Package searchtest holds what the search of messages promises, as tests: over
// every inbox.MessageIndex, beside the store it is meant for, what a member
// finds is the same. An index's own test is one call of Run.
package searchtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
	"tongdai/kb"
)

// Harness opens what is under test.
type Harness struct {
	// Open opens a fresh, empty store, and an empty index beside it. The suite
	// closes both.
	Open func(t *testing.T) (inbox.Store, inbox.MessageIndex)
}

// Run holds an index to the contract.
func Run(t *testing.T, h Harness) {
	for _, tests := range [][]test{wordTests, rightTests, feedTests, indexTests} {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) { tt.run(open(t, h)) })
		}
	}
}

type test struct {
	name string
	run  func(d *desk)
}

// desk is a hub over the store and the index under test, with members who search.
type desk struct {
	*testing.T
	store inbox.Store
	index inbox.MessageIndex
	hub   *inbox.Hub
	stop  func()
	at    time.Time // of the last message
	made  int
}

// The members of every desk.
var (
	operator = member("lan", inbox.Operator)
	doctor   = member("doctor", inbox.Staff, "so-y-te")
	roads    = member("roads", inbox.Staff, "so-xay-dung")
)

func member(id string, role inbox.Role, departments ...kb.DepartmentID) inbox.Actor {
	return inbox.Actor{Address: "10.0.0.7", Member: inbox.Member{
		ID: inbox.MemberID(id), Login: id, Name: "Cán bộ " + id, Role: role, Departments: departments,
	}}
}

func open(t *testing.T, h Harness) *desk {
	t.Helper()
	store, index := h.Open(t)
	d := &desk{T: t, store: store, index: index, at: store.Now().Add(-24 * time.Hour).Truncate(time.Millisecond)}
	t.Cleanup(func() {
		d.halt()
		if err := errors.Join(index.Close(), store.Close()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	hub, err := inbox.New(inbox.Parts{
		Store: store, Directory: names{}, Messages: index, Log: slog.New(slog.DiscardHandler),
	}, inbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	d.hub = hub
	d.write(func(tx inbox.Writer) error {
		return errors.Join(tx.PutMember(operator.Member), tx.PutMember(doctor.Member), tx.PutMember(roads.Member))
	})
	return d
}

// work lets the hub feed the index from now on.
func (d *desk) work() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.hub.Run(ctx) }()
	d.stop = func() {
		cancel()
		if err := <-done; err != nil {
			d.Errorf("Run = %v", err)
		}
		d.stop = nil
	}
}

func (d *desk) halt() {
	if d.stop != nil {
		d.stop()
	}
}

func (d *desk) ctx() context.Context { return d.T.Context() }

func (d *desk) write(fn func(tx inbox.Writer) error) {
	d.Helper()
	if err := d.store.Update(d.ctx(), fn); err != nil {
		d.Fatalf("Update: %v", err)
	}
}

// matter is a conversation as citizens begin them.
type matter struct {
	name, phone string
	department  kb.DepartmentID
}

// begin keeps a conversation in which its citizen said texts.
func (d *desk) begin(m matter, texts ...string) inbox.Conversation {
	d.Helper()
	d.made++
	d.at = d.at.Add(time.Second)
	id := fmt.Sprintf("c%04d", d.made)
	c := inbox.Conversation{
		ID: inbox.ConversationID(id), Code: fmt.Sprintf("TH-261121-%04d", d.made), Contact: inbox.ContactID("p-" + id),
		Channel: "web", Remote: connectors.RemoteID("v-" + id), Status: inbox.Open, Handler: inbox.ByPeople,
		Department: m.department, ContactName: m.name, CreatedAt: d.at, LastAt: d.at,
	}
	d.write(func(tx inbox.Writer) error {
		if err := tx.PutContact(inbox.Contact{ID: c.Contact, Name: m.name, Phone: m.phone, CreatedAt: c.CreatedAt}); err != nil {
			return err
		}
		_, err := tx.PutConversation(c)
		return err
	})
	for _, text := range texts {
		d.says(c.ID, inbox.Citizen, text)
	}
	return c
}

// says adds a message.
func (d *desk) says(id inbox.ConversationID, who inbox.AuthorKind, text string) inbox.Message {
	d.Helper()
	d.made++
	d.at = d.at.Add(time.Second)
	m := inbox.Message{
		ID: inbox.MessageID(fmt.Sprintf("m%04d", d.made)), Conversation: id, Direction: inbox.In,
		Author: inbox.Author{Kind: who}, Content: content.Content{Text: text}, SentAt: d.at, ReceivedAt: d.at,
	}
	if who != inbox.Citizen {
		m.Direction = inbox.Out
	}
	d.add(&m)
	return m
}

func (d *desk) add(m *inbox.Message) {
	d.Helper()
	d.write(func(tx inbox.Writer) error {
		c, err := tx.Conversation(m.Conversation)
		if err != nil {
			return err
		}
		kept, err := tx.AppendMessage(*m)
		if err != nil {
			return err
		}
		c.LastSeq, c.LastAt = kept.Seq, m.ReceivedAt
		if _, err := tx.PutConversation(c); err != nil {
			return err
		}
		return tx.AppendEvent(inbox.Event{
			At: d.store.Now(), Kind: inbox.MessageAdded, Conversation: c.ID, Message: m.ID,
			Channel: c.Channel, Remote: c.Remote, Department: c.Department,
		})
	})
}

// search is what a member finds, all pages of it, by code.
func (d *desk) search(who inbox.Actor, text string) (codes []string, last inbox.SearchPage) {
	d.Helper()
	for after := 0; ; after = last.Next {
		page, err := d.hub.SearchMessages(d.ctx(), who, inbox.MessageSearch{Text: text, After: after})
		if err != nil {
			d.Fatalf("SearchMessages(%q) = %v", text, err)
		}
		for _, f := range page.Found {
			codes = append(codes, f.Conversation.Code)
		}
		if last = page; page.Next == 0 {
			return codes, last
		}
	}
}

// patience is how long a test waits for what must come.
const patience = 90 * time.Second

// until waits for a condition that the feeding of the index brings about.
func (d *desk) until(what string, holds func() bool) {
	d.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !holds() {
		select {
		case <-tick.C:
		case <-late:
			d.Fatalf("%s: still not so after %v", what, patience)
		}
	}
}

// finds waits until a search gives exactly these conversations, in this order.
func (d *desk) finds(who inbox.Actor, text string, want ...inbox.Conversation) {
	d.Helper()
	var codes []string
	for _, c := range want {
		codes = append(codes, c.Code)
	}
	var got []string
	defer func() {
		d.Helper()
		if d.Failed() {
			d.Logf("%s looked for %q and found %q, want %q", who.Member.Login, text, got, codes)
		}
	}()
	d.until("search", func() bool {
		got, _ = d.search(who, text)
		return slices.Equal(got, codes)
	})
}

// caughtUp waits until everything said so far can be found.
func (d *desk) caughtUp() {
	d.Helper()
	c := d.begin(matter{name: "Lính canh"}, fmt.Sprintf("linhcanh%d", d.made))
	d.until("the index holds what was said", func() bool {
		got, page := d.search(operator, fmt.Sprintf("linhcanh%d", d.made-2))
		return slices.Contains(got, c.Code) && !page.Partial
	})
}

// snippet is the first thing found, with its marks in brackets.
func (d *desk) snippet(text string) string {
	d.Helper()
	page, err := d.hub.SearchMessages(d.ctx(), operator, inbox.MessageSearch{Text: text})
	if err != nil || len(page.Found) == 0 {
		d.Fatalf("SearchMessages(%q) = %d found, %v", text, len(page.Found), err)
	}
	return marked(page.Found[0].Snippet)
}

func marked(parts []inbox.SnippetPart) string {
	var b strings.Builder
	for _, p := range parts {
		if p.Match {
			b.WriteString("[" + p.Text + "]")
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

// names is the directory of two departments.
type names struct{}

func (names) DepartmentName(id kb.DepartmentID) string {
	return map[kb.DepartmentID]string{"so-y-te": "Sở Y tế", "so-xay-dung": "Sở Xây dựng"}[id]
}
func (names) CategoryName(kb.CategoryID) string                              { return "" }
func (names) DepartmentNamed(string) (kb.DepartmentID, bool)                 { return "", false }
func (names) CategoryNamed(string) (kb.CategoryID, bool)                     { return "", false }
func (names) Staffed(time.Time) (staffed bool, opens time.Time)              { return true, time.Time{} }
func (names) InHours(time.Time) bool                                         { return true }
func (names) WorkingDay(time.Time) bool                                      { return true }
func (names) Points(time.Time) []inbox.ContactPoint                          { return nil }
func (names) Charge(kb.CategoryID, inbox.LocalityID, time.Time) inbox.Charge { return inbox.Charge{} }
func (names) Places(string) []inbox.LocalityID                               { return nil }
func (names) PlaceName(inbox.LocalityID) string                              { return "" }
func (names) AlarmContacts(kb.CategoryID, inbox.LocalityID, time.Time) []inbox.AlarmContact {
	return nil
}
func (names) Due(inbox.Clock, bool, kb.CategoryID, kb.DepartmentID, time.Time) time.Time {
	return time.Time{}
}
