package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"tongdai/inbox"
)

var errOwn = errors.New("the function's own error")

var transactionTests = []test{
	{"a function that fails leaves nothing behind and its error comes back", func(b *bench) {
		b.refused(errOwn, func(tx inbox.Writer) error {
			if _, err := tx.PutConversation(somebody("c1")); err != nil {
				return err
			}
			if _, err := tx.AppendMessage(inbox.Message{ID: "m1", Conversation: "c1"}); err != nil {
				return err
			}
			if _, _, err := tx.Remember(inbox.Key{Channel: "web", Value: "k"}, [32]byte{1}); err != nil {
				return err
			}
			if err := tx.Enqueue(inbox.Task{ID: "t1", Kind: inbox.Turns, Due: morning}); err != nil {
				return err
			}
			if err := tx.AppendEvent(inbox.Event{Kind: inbox.MessageAdded, At: morning}); err != nil {
				return err
			}
			return errOwn
		})
		b.read(func(tx inbox.Reader) error {
			_, noConversation := tx.Conversation("c1")
			_, noMessage := tx.Message("m1")
			_, noCode := tx.ConversationByCode("TH-c1")
			for _, err := range []error{noConversation, noMessage, noCode} {
				if !errors.Is(err, inbox.ErrNotFound) {
					b.Errorf("something of it was kept: %v", err)
				}
			}
			n, err := tx.CountConversations([]inbox.ListID{inbox.AllList}, 10)
			equal(b, "conversations in the list", n, 0)
			last, _ := tx.LastEvent()
			equal(b, "last event", last, 0)
			return err
		})
		claims, err := b.Claim(b.ctx(), inbox.Turns, 1, time.Minute)
		if err != nil || len(claims) != 0 {
			b.Errorf("its task can be claimed: %v, %v", claims, err)
		}
		b.write(func(tx inbox.Writer) error {
			known, _, err := tx.Remember(inbox.Key{Channel: "web", Value: "k"}, [32]byte{1})
			equal(b, "its key is known", known, false)
			return err
		})
	}},
	{"a function reads what it wrote", func(b *bench) {
		b.write(func(tx inbox.Writer) error {
			c, err := tx.PutConversation(somebody("c1"))
			if err != nil {
				return err
			}
			c.Urgent = true
			if c, err = tx.PutConversation(c); err != nil {
				return err
			}
			found, err := tx.Conversation("c1")
			equal(b, "urgent", found.Urgent, true)
			equal(b, "version", found.Version, c.Version)
			if err != nil {
				return err
			}
			for range 2 { // written again and again after it was read
				if found, err = tx.PutConversation(found); err != nil {
					return err
				}
			}
			page, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.BotList}, Limit: 5})
			equal(b, "list", ids(page, conversationID), "[c1]")
			return err
		})
	}},
	{"a view sees one moment, whatever is committed meanwhile", func(b *bench) {
		b.begin(somebody("c1"))
		b.read(func(tx inbox.Reader) error {
			if _, err := tx.Conversation("c1"); err != nil { // from here on, wherever the moment is taken
				return err
			}
			b.begin(somebody("c2"))
			_, err := tx.Conversation("c2")
			if !errors.Is(err, inbox.ErrNotFound) {
				b.Errorf("what was written later is seen: %v", err)
			}
			return nil
		})
	}},
	{"a panic comes back to its caller and leaves nothing behind", func(b *bench) {
		func() {
			defer func() { equal(b, "recovered", fmt.Sprint(recover()), "oh") }()
			_ = b.Update(b.ctx(), func(tx inbox.Writer) error {
				if _, err := tx.PutConversation(somebody("c1")); err != nil {
					return err
				}
				panic("oh")
			})
			b.Error("Update returned")
		}()
		b.begin(somebody("c1")) // as if it had never been
	}},
	{"a caller who has gone writes nothing", func(b *bench) {
		gone, cancel := context.WithCancel(b.ctx())
		cancel()
		err := b.Update(gone, func(tx inbox.Writer) error {
			_, err := tx.PutConversation(somebody("c1"))
			return err
		})
		if !errors.Is(err, context.Canceled) {
			b.Errorf("Update = %v, want canceled", err)
		}
		b.begin(somebody("c1"))
	}},
	{"functions that fail or panic disturb none of those beside them", func(b *bench) {
		b.begin(somebody("c1"))
		var kept atomic.Int64
		inParallel(64, func(i int) {
			defer func() {
				if r := recover(); (r != nil) != (i%4 == 1) {
					b.Errorf("function %d: panic %v", i, r)
				}
			}()
			err := b.Update(b.ctx(), func(tx inbox.Writer) error {
				if i%4 == 2 {
					return errOwn // before it wrote
				}
				m := inbox.Message{ID: inbox.MessageID(fmt.Sprintf("m%02d", i)), Conversation: "c1"}
				if _, err := tx.AppendMessage(m); err != nil {
					return err
				}
				if err := tx.AppendEvent(inbox.Event{Kind: inbox.MessageAdded, Message: m.ID}); err != nil {
					return err
				}
				if err := tx.Enqueue(inbox.Task{ID: string(m.ID), Kind: inbox.Turns, Group: string(m.ID)}); err != nil {
					return err
				}
				switch i % 4 {
				case 1:
					panic(i)
				case 3:
					return errOwn
				}
				return nil
			})
			if want := i%4 != 0; (err != nil) != want || want && !errors.Is(err, errOwn) {
				b.Errorf("function %d: %v", i, err)
			}
			if err == nil {
				kept.Add(1)
			}
		})
		equal(b, "functions that succeeded", kept.Load(), 16)
		b.read(func(tx inbox.Reader) error {
			found, err := tx.Messages("c1", inbox.MessageQuery{})
			equal(b, "messages", len(found), 16)
			for i, m := range found {
				equal(b, "number of "+string(m.ID), m.Seq, uint64(i+1))
				if m.ID[1:] > "99" || (int(m.ID[1]-'0')*10+int(m.ID[2]-'0'))%4 != 0 {
					b.Errorf("%s was kept, but its function failed", m.ID)
				}
			}
			return err
		})
		for i, e := range b.followed(0, 16) {
			equal(b, "number of an event", e.Seq, inbox.Seq(i+1))
		}
		claims, err := b.Claim(b.ctx(), inbox.Turns, 100, time.Minute)
		if err != nil || len(claims) != 16 {
			b.Errorf("%d tasks can be claimed, want 16 (%v)", len(claims), err)
		}
	}},
	{"of many who report the same thing at once one is the first", func(b *bench) {
		var first, other atomic.Int64
		inParallel(64, func(i int) {
			var known, same bool
			err := b.Update(b.ctx(), func(tx inbox.Writer) (err error) {
				known, same, err = tx.Remember(inbox.Key{Channel: "zalo", Kind: "said", Value: "msg-1"}, [32]byte{byte(i % 2)})
				return err
			})
			if err != nil {
				b.Errorf("Update: %v", err)
			}
			if !known {
				first.Add(1)
			} else if !same {
				other.Add(1)
			}
		})
		equal(b, "not known before", first.Load(), 1)
		equal(b, "known with another content", other.Load(), 32)
	}},
	{"of many who line up each sees what those before it did", func(b *bench) {
		var first atomic.Int64
		inParallel(8, func(i int) {
			var mine bool
			b.write(func(tx inbox.Writer) error {
				if err := tx.LineUp("the first member"); err != nil {
					return err
				}
				members, err := tx.Members()
				if mine = err == nil && len(members) == 0; !mine {
					return err
				}
				id := fmt.Sprint("m", i)
				return tx.PutMember(inbox.Member{ID: inbox.MemberID(id), Login: id})
			})
			if mine {
				first.Add(1)
			}
		})
		equal(b, "first members", first.Load(), 1)
	}},
	{"keys of two channels, kinds or values never meet", func(b *bench) {
		long := string(make([]byte, 5000))
		keys := []inbox.Key{
			{Channel: "a", Kind: "b", Value: "c"}, {Channel: "ab", Kind: "", Value: "c"}, {Channel: "a", Kind: "bc", Value: ""},
			{Channel: "", Kind: "ab", Value: "c"}, {Channel: "a\x00", Kind: "b", Value: "c"}, {Channel: "a", Kind: "\x00b", Value: "c"},
			{Channel: "a", Kind: "b", Value: "\x00c"}, {Channel: "a\x00b", Kind: "", Value: "c"}, {Channel: "a", Kind: "b\x00", Value: "c"},
			{Channel: "a", Kind: "b", Value: long}, {Channel: "a", Kind: "b", Value: long + "x"},
		}
		for range 2 { // the second time all are known, each with its own content
			second := false
			b.write(func(tx inbox.Writer) error {
				for i, k := range keys {
					known, same, err := tx.Remember(k, [32]byte{byte(i)})
					if err != nil {
						return err
					}
					second = second || (i == 0 && known)
					if known != second || known && !same {
						b.Errorf("key %d: known %v, same %v", i, known, same)
					}
				}
				return nil
			})
		}
	}},
	{"what was acknowledged is there when the store is opened again", func(b *bench) {
		c := b.begin(somebody("c1"))
		b.write(func(tx inbox.Writer) error {
			_, err := tx.AppendMessage(inbox.Message{ID: "m1", Conversation: c.ID})
			return err
		})
		b.reopen()
		b.read(func(tx inbox.Reader) error {
			_, err := tx.Message("m1")
			if err != nil {
				return err
			}
			page, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.AllList}})
			equal(b, "list", ids(page, conversationID), "[c1]")
			return err
		})
	}},
	{"codes of a day are counted without gaps or doubles", func(b *bench) {
		codes := make([]string, 50)
		inParallel(len(codes), func(i int) {
			err := b.Update(b.ctx(), func(tx inbox.Writer) (err error) {
				codes[i], err = tx.NextCode("TH", morning)
				if err == nil && i%5 == 4 {
					return errOwn
				}
				return err
			})
			if errors.Is(err, errOwn) {
				codes[i] = ""
			} else if err != nil {
				b.Errorf("Update: %v", err)
			}
		})
		given := make(map[string]bool)
		for _, c := range codes {
			given[c] = c != ""
		}
		for n := 1; n <= 40; n++ {
			if code := fmt.Sprintf("TH-261121-%04d", n); !given[code] {
				b.Errorf("%s was not given", code)
			}
		}
		b.write(func(tx inbox.Writer) error {
			// Half past five in the afternoon in UTC is the next day in Viet Nam.
			next, err := tx.NextCode("TH", time.Date(2026, 11, 21, 17, 30, 0, 0, time.UTC))
			equal(b, "first code of the next day", next, "TH-261122-0001")
			if err != nil {
				return err
			}
			other, err := tx.NextCode("BP", morning)
			equal(b, "first code of another prefix", other, "BP-261121-0001")
			return err
		})
	}},
}
