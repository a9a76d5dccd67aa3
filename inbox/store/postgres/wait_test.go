package postgres

import (
	"context"
	"sync"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/store/postgres/localpg/pgtest"
)

// withConversation opens a store that holds the conversation c1.
func withConversation(t *testing.T) *Store {
	t.Helper()
	s := open(t, Options{URL: pgtest.Database(t)})
	if err := s.Update(t.Context(), func(tx inbox.Writer) error {
		_, err := tx.PutConversation(inbox.Conversation{ID: "c1", Status: inbox.Open})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return s
}

// meet lets two functions go on only when both have come so far. They may
// run again, and then do not meet a second time.
func meet() (wait func(i int)) {
	var there [2]chan struct{}
	var come [2]func()
	for i := range there {
		there[i] = make(chan struct{})
		come[i] = sync.OnceFunc(func() { close(there[i]) })
	}
	return func(i int) { come[i](); <-there[1-i] }
}

// One function has the turn for codes and wants a conversation, the other has
// the conversation and wants a code.
func TestCodesAndConversationsNeverWaitForEachOther(t *testing.T) {
	s := withConversation(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	wait := meet()
	both := []func(tx inbox.Writer) error{
		func(tx inbox.Writer) error {
			if _, err := tx.NextCode("TH", time.Now()); err != nil {
				return err
			}
			wait(0)
			return touch(tx)
		},
		func(tx inbox.Writer) error {
			if err := touch(tx); err != nil {
				return err
			}
			wait(1)
			_, err := tx.NextCode("TH", time.Now())
			return err
		},
	}
	var all sync.WaitGroup
	for _, fn := range both {
		all.Go(func() {
			if err := s.Update(ctx, fn); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// More functions than there are connections for writing step by step want codes
// as well, one of them before it begins to.
func TestCodesAndConnectionsNeverWaitForEachOther(t *testing.T) {
	s := withConversation(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var all sync.WaitGroup
	for i := range 4 * steppers {
		all.Go(func() {
			err := s.Update(ctx, func(tx inbox.Writer) error {
				for step := range 4 {
					var err error
					if (i+step)%2 == 0 {
						_, err = tx.NextCode("TH", time.Now())
					} else {
						err = tx.AppendAudit(inbox.Audit{Action: inbox.Looked})
						if err == nil {
							_, err = tx.Audits(inbox.AuditQuery{Limit: 1})
						}
					}
					if err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func touch(tx inbox.Writer) error {
	c, err := tx.Conversation("c1")
	if err != nil {
		return err
	}
	c.Unread++
	_, err = tx.PutConversation(c)
	return err
}

// What is settled step by step is not kept from anybody afterwards.
func TestASettledTaskIsNotHeldFromAnybody(t *testing.T) {
	s := withConversation(t)
	put := func(fn func(tx inbox.Writer) error) {
		t.Helper()
		if err := s.Update(t.Context(), fn); err != nil {
			t.Fatal(err)
		}
	}
	put(func(tx inbox.Writer) error { return tx.Enqueue(inbox.Task{ID: "t", Kind: inbox.Turns, Group: "g"}) })
	claims := claimed(t.Context(), t, s)
	if len(claims) != 1 {
		t.Fatalf("claimed %v", claims)
	}
	put(func(tx inbox.Writer) error {
		if err := tx.Finish(claims[0]); err != nil {
			return err
		}
		if err := tx.LineUp("by itself"); err != nil { // what was wanted so far is written
			return err
		}
		return tx.Enqueue(inbox.Task{ID: "t", Kind: inbox.Turns, Group: "g"}) // the name is free again
	})
	if again := claimed(t.Context(), t, s); len(again) != 1 {
		t.Errorf("the task that came after it cannot be claimed: %v", again)
	}
}
