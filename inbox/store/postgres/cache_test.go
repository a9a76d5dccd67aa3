package postgres

import (
	"context"
	"errors"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/store/postgres/localpg/pgtest"
)

// A node remembers the conversations that it wrote. Another node changes one of
// them, and each way in which the first might go on from what it remembers must
// come out as if it had read.
func TestWhatANodeRemembersIsNeverBelievedUnseen(t *testing.T) {
	live := inbox.ListQuery{Lists: []inbox.ListID{inbox.Live("zalo", "u1", "")}, Limit: 1}
	note := func(tx inbox.Writer) error { return tx.PutContact(inbox.Contact{ID: "k"}) }
	// Each function tells which name it saw.
	for what, then := range map[string]func(tx inbox.Writer, c inbox.Conversation) (string, error){
		"it is written over": func(tx inbox.Writer, c inbox.Conversation) (string, error) {
			c.LastText = "của nút thứ nhất"
			_, err := tx.PutConversation(c)
			return c.ContactName, err
		},
		"nothing is written": func(_ inbox.Writer, c inbox.Conversation) (string, error) {
			return c.ContactName, nil
		},
		"something else is written": func(tx inbox.Writer, c inbox.Conversation) (string, error) {
			return c.ContactName, note(tx)
		},
		"it no longer stands in the list": func(tx inbox.Writer, c inbox.Conversation) (string, error) {
			found, _, err := tx.Conversations(live)
			if len(found) > 0 {
				return "still open", errors.Join(err, note(tx))
			}
			return c.ContactName, errors.Join(err, note(tx))
		},
		"the function refuses on the strength of it": func(tx inbox.Writer, c inbox.Conversation) (string, error) {
			if c.ContactName != "Lan" {
				return c.ContactName, errors.New("refused")
			}
			return c.ContactName, note(tx)
		},
		"a question makes the function go step by step": func(tx inbox.Writer, c inbox.Conversation) (string, error) {
			if err := note(tx); err != nil {
				return "", err
			}
			return c.ContactName, tx.LineUp("x")
		},
	} {
		t.Run(what, func(t *testing.T) {
			url := pgtest.Database(t)
			here, there := open(t, Options{URL: url}), open(t, Options{URL: url})
			update := func(s *Store, fn func(tx inbox.Writer) error) {
				t.Helper()
				if err := s.Update(t.Context(), fn); err != nil {
					t.Fatal(err)
				}
			}
			update(here, func(tx inbox.Writer) error {
				_, err := tx.PutConversation(inbox.Conversation{
					ID: "c1", Channel: "zalo", Remote: "u1", Status: inbox.Open, CreatedAt: time.Now(), LastAt: time.Now(),
				})
				return err
			})
			if !here.cache.rows.Contains("c1") {
				t.Fatal("the node remembers nothing")
			}
			update(there, func(tx inbox.Writer) error {
				c, err := tx.Conversation("c1")
				if err != nil {
					return err
				}
				c.ContactName, c.Status = "Lan", inbox.Resolved
				_, err = tx.PutConversation(c)
				return err
			})
			var saw string
			update(here, func(tx inbox.Writer) error {
				c, err := tx.Conversation("c1")
				if err == nil {
					saw, err = then(tx, c)
				}
				return err
			})
			if saw != "Lan" {
				t.Errorf("the function that was committed saw %q", saw)
			}
		})
	}
}

// A node that reaches its database anew may have reached another server, whose
// revisions mean other rows: it remembers nothing.
func TestANodeThatIsConnectedAnewRemembersNothing(t *testing.T) {
	s := withConversation(t)
	if !s.cache.rows.Contains("c1") {
		t.Fatal("the node remembers nothing")
	}
	cutAll(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for s.Update(ctx, func(tx inbox.Writer) error { return tx.PutContact(inbox.Contact{ID: "k"}) }) != nil {
		if ctx.Err() != nil {
			t.Fatal("the node does not come back")
		}
	}
	if s.cache.rows.Contains("c1") {
		t.Error("it remembers what the server before it had")
	}
}
