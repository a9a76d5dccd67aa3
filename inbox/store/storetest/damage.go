package storetest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
	"tongdai/kb"
)

// Spoilt names one record as a Harness is to find it.
type Spoilt struct {
	Kind SpoiltKind
	ID   string // of the record; for events and audits its number in decimal
}

// SpoiltKind is a kind of records.
type SpoiltKind string

// The kinds of records that the suite damages.
const (
	SpoiltConversation SpoiltKind = "conversation"
	SpoiltMessage      SpoiltKind = "message"
	SpoiltContact      SpoiltKind = "contact"
	SpoiltMember       SpoiltKind = "member"
	SpoiltEntry        SpoiltKind = "entry"
	SpoiltPaper        SpoiltKind = "paper" // shelf and id with a zero byte between
	SpoiltQuarantined  SpoiltKind = "quarantine"
	SpoiltAudit        SpoiltKind = "audit"
	SpoiltEvent        SpoiltKind = "event"
	SpoiltTask         SpoiltKind = "task"
)

// spoil damages records behind the store's back, and opens it again.
func (b *bench) spoil(kind SpoiltKind, of ...string) {
	b.Helper()
	for _, id := range of {
		b.harness.Spoil(b.T, b.Store, Spoilt{kind, id})
	}
	b.reopen()
}

// toldDamage looks whether an error tells damage, by name.
func (b *bench) toldDamage(err error, name string) {
	b.Helper()
	damage, ok := errors.AsType[inbox.Damaged](err)
	if !ok || !errors.Is(err, inbox.ErrDamaged) || !strings.Contains(damage.Words(), name) {
		b.Errorf("the error is %v, want damage that names %q", err, name)
	}
}

// met looks how many damaged records the store has met since it was opened.
func (b *bench) met(n int) {
	b.Helper()
	store, ok := b.Store.(interface{ Damaged() int })
	if !ok {
		b.Fatal("the store does not count what is damaged")
	}
	equal(b, "damaged records", store.Damaged(), n)
}

var damageTests = []test{
	{"a damaged conversation is told by name, lists go on without it, and its citizen begins a new one", func(b *bench) {
		for _, id := range []inbox.ConversationID{"c1", "c2", "c3", "c4"} {
			b.begin(somebody(id))
		}
		b.spoil(SpoiltConversation, "c2", "c3")
		b.read(func(tx inbox.Reader) error {
			_, err := tx.Conversation("c2")
			b.toldDamage(err, "c2")
			_, err = tx.ConversationByCode("TH-c2")
			b.toldDamage(err, "c2")
			all := inbox.ListQuery{Lists: []inbox.ListID{inbox.AllList}}
			page, _, err := tx.Conversations(all)
			equal(b, "the list", len(page), 2)
			all.Limit = 1
			var paged []inbox.Conversation
			for more := true; more && err == nil; more = all.After != "" { // each page holds one, whatever is damaged between
				page, all.After, err = tx.Conversations(all)
				paged = append(paged, page...)
			}
			equal(b, "the list by pages of one", len(paged), 2)
			live, _, err2 := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.Live("web", "visitor-c2", "")}, Limit: 1})
			equal(b, "the open one of its citizen", len(live), 0)
			return errors.Join(err, err2, tx.Prefetch([]inbox.ConversationID{"c1", "c2"}, nil))
		})
		b.met(2)
		next := somebody("c5")
		next.Remote, next.Contact = "visitor-c2", "contact-c2"
		b.begin(next)
		b.read(func(tx inbox.Reader) error {
			live, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.Live("web", "visitor-c2", "")}, Limit: 1})
			equal(b, "the open one of its citizen", ids(live, conversationID), "[c5]")
			return err
		})
	}},
	{"a placeholder stands where a message is damaged, and nothing is written over it", func(b *bench) {
		b.begin(somebody("c1"))
		b.write(func(tx inbox.Writer) error {
			for i := range 4 {
				m := inbox.Message{ID: inbox.MessageID(fmt.Sprintf("m%d", i+1)), Conversation: "c1", Content: content.Content{Text: "tốt"}}
				m.Delivery.State = inbox.Parked
				if _, err := tx.AppendMessage(m); err != nil {
					return err
				}
			}
			return nil
		})
		b.spoil(SpoiltMessage, "m2")
		for _, q := range []inbox.MessageQuery{{Forward: true}, {}, {Forward: true, Limit: 3}} {
			b.read(func(tx inbox.Reader) error {
				said, err := tx.Messages("c1", q)
				if len(said) < 3 {
					b.Fatalf("%+v: %d messages, want the damaged one among them", q, len(said))
				}
				place := said[1]
				if place.Seq != 2 || place.ID != "" || place.Direction != inbox.Note || place.Content.Text == "tốt" {
					b.Errorf("%+v: in its place stands %+v", q, place)
				}
				equal(b, "the next", said[2].Content.Text, "tốt")
				return err
			})
		}
		b.read(func(tx inbox.Reader) error {
			_, err := tx.Message("m2")
			b.toldDamage(err, "")
			stuck, err := tx.Stuck("", 2)
			equal(b, "what is stuck", ids(stuck, messageID), "[m1 m3]")
			return err
		})
		b.refused(inbox.ErrDamaged, func(tx inbox.Writer) error {
			m, err := tx.Message("m2")
			return errors.Join(err, tx.PutMessage(m))
		})
		b.met(1)
	}},
	{"somebody whose contact is damaged is somebody new for now", func(b *bench) {
		b.write(func(tx inbox.Writer) error {
			return errors.Join(tx.PutContact(inbox.Contact{ID: "p1", Name: "Lan"}),
				tx.PutIdentity(inbox.Identity{Channel: "web", Remote: "v1", Contact: "p1"}))
		})
		b.spoil(SpoiltContact, "p1")
		b.read(func(tx inbox.Reader) error {
			_, err := tx.Contact("p1")
			b.toldDamage(err, "p1")
			_, err = tx.ContactOf("web", "v1")
			if !errors.Is(err, inbox.ErrNotFound) {
				b.Errorf("ContactOf = %v, want ErrNotFound", err)
			}
			return nil
		})
		b.write(func(tx inbox.Writer) error {
			return errors.Join(tx.PutContact(inbox.Contact{ID: "p2", Name: "Khách"}),
				tx.PutIdentity(inbox.Identity{Channel: "web", Remote: "v1", Contact: "p2"}))
		})
		b.read(func(tx inbox.Reader) error {
			c, err := tx.ContactOf("web", "v1")
			equal(b, "who they are now", c.ID, "p2")
			return err
		})
		b.met(1)
	}},
	{"lists leave out what is damaged, and no page is shorter for it", func(b *bench) {
		names := []string{"a", "b", "c", "d"}
		b.write(func(tx inbox.Writer) error {
			var errs []error
			for _, n := range names {
				_, err := shifts.Put(tx, inbox.Kept[shift]{ID: n, Value: shift{Name: n}})
				errs = append(errs, err,
					tx.PutMember(inbox.Member{ID: inbox.MemberID(n), Login: n, Role: inbox.Operator}),
					tx.PutEntry(kb.Entry{ID: kb.EntryID(n), Version: 1, Question: n, Answer: n}),
					tx.PutQuarantined(inbox.Quarantined{ID: inbox.RawID(n), Channel: "web", At: morning}),
					tx.AppendAudit(inbox.Audit{At: morning, Member: "a", Action: inbox.LoggedIn, Target: n}))
			}
			return errors.Join(errs...)
		})
		b.spoil(SpoiltPaper, "shift\x00b")
		b.spoil(SpoiltMember, "b")
		b.spoil(SpoiltEntry, "b")
		b.spoil(SpoiltQuarantined, "c")
		b.spoil(SpoiltAudit, "3")
		b.read(func(tx inbox.Reader) error {
			_, errShelf := shifts.Get(tx, "b")
			b.toldDamage(errShelf, "b")
			_, errEntry := tx.Entry("b")
			b.toldDamage(errEntry, "b")
			shelf, err1 := shifts.List(tx, inbox.PaperQuery{Limit: 2})
			people, err2 := tx.Members()
			entries, err3 := tx.Entries("", 2)
			held, err4 := tx.Quarantine(true, "", 2)
			audits, err5 := tx.Audits(inbox.AuditQuery{Limit: 2})
			equal(b, "the shelf", ids(shelf, func(k inbox.Kept[shift]) string { return k.ID }), "[a c]")
			equal(b, "the members", ids(people, func(m inbox.Member) string { return m.Login }), "[a c d]")
			equal(b, "the entries", ids(entries, func(e kb.Entry) string { return string(e.ID) }), "[a c]")
			equal(b, "the quarantine", ids(held, func(q inbox.Quarantined) string { return string(q.ID) }), "[d b]")
			equal(b, "the audit", ids(audits, func(a inbox.Audit) string { return a.Target }), "[d b]")
			return errors.Join(err1, err2, err3, err4, err5)
		})
		b.met(5)
	}},
	{"who comes to a damaged event reads anew, and follows from there", func(b *bench) {
		for range 4 {
			b.write(func(tx inbox.Writer) error {
				return tx.AppendEvent(inbox.Event{At: morning, Kind: inbox.KnowledgeChanged, Channel: connectors.ChannelID("web")})
			})
		}
		for e, err := range b.Follow(b.ctx(), 0) { // all have their numbers
			if err != nil || e.Seq == 4 {
				break
			}
		}
		b.spoil(SpoiltEvent, "3")
		var seen []inbox.Seq
		var end error
		for e, err := range b.Follow(b.ctx(), 0) {
			if end = err; err != nil {
				break
			}
			seen = append(seen, e.Seq)
		}
		equal(b, "followed", fmt.Sprint(seen), "[1 2]")
		if !errors.Is(end, inbox.ErrGone) {
			b.Errorf("it ends with %v, want ErrGone", end)
		}
		for e, err := range b.Follow(b.ctx(), 3) {
			if err != nil || e.Seq != 4 {
				b.Errorf("behind it: event %d, %v", e.Seq, err)
			}
			break
		}
	}},
	{"a damaged task holds up nothing that waits behind it", func(b *bench) {
		b.write(func(tx inbox.Writer) error {
			var errs []error
			for _, id := range []string{"t1", "t2", "t3"} {
				errs = append(errs, tx.Enqueue(inbox.Task{ID: id, Kind: inbox.Turns, Group: "c1", Ref: id, Due: morning}))
			}
			return errors.Join(errs...)
		})
		b.spoil(SpoiltTask, "t1")
		var done []string
		for range 4 {
			claims, err := b.Claim(b.ctx(), inbox.Turns, 9, time.Minute)
			if err != nil {
				b.Fatal(err)
			}
			for _, c := range claims {
				done = append(done, c.Task.ID)
				b.write(func(tx inbox.Writer) error { return tx.Finish(c) })
			}
		}
		equal(b, "done", fmt.Sprint(done), "[t2 t3]")
		b.write(func(tx inbox.Writer) error {
			return tx.Enqueue(inbox.Task{ID: "t4", Kind: inbox.Turns, Group: "c1", Ref: "t4", Due: morning})
		})
		claims, err := b.Claim(b.ctx(), inbox.Turns, 9, time.Minute)
		if err != nil || len(claims) != 1 {
			b.Errorf("what comes after: %v, %v", claims, err)
		}
		b.met(1)
	}},
}
