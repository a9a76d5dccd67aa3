package province_test

import (
	"path/filepath"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/store/bolt"
	"tongdai/inbox/store/province"
)

func TestAllWordsDiffer(t *testing.T) {
	seen := map[string]bool{}
	for i := range province.Words {
		if w := province.Word(i); seen[w] {
			t.Errorf("word %d, %q, is there twice", i, w)
		} else {
			seen[w] = true
		}
	}
}

func TestAStoreHoldsWhatTheProvinceTells(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	end := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	p := province.Province{Conversations: 100, Messages: 4, Long: 30, End: end, Whole: true}
	if err := p.Fill(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	messages, last := 0, time.Time{}
	err = s.View(t.Context(), func(tx inbox.Reader) error {
		all, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.AllList}})
		for i, c := range all {
			if want := province.ID(p.Conversations - 1 - i); c.ID != want {
				t.Fatalf("at place %d of all stands %s, not %s", i, c.ID, want)
			}
			said, err := tx.Messages(c.ID, inbox.MessageQuery{})
			if err != nil || len(said) == 0 {
				t.Fatalf("the messages of %s: %d, %v", c.ID, len(said), err)
			}
			messages += len(said)
			last = said[len(said)-1].ReceivedAt
			if !last.Equal(c.LastAt) || !last.Before(end) {
				t.Errorf("%s ends at %s, its last message is of %s", c.ID, c.LastAt, last)
			}
		}
		return err
	})
	if err != nil || messages != p.Total() || messages != 99*4+30 {
		t.Errorf("%d messages are there, of %d: %v", messages, p.Total(), err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if v, err := bolt.Verify(t.Context(), path, bolt.VerifyOptions{}); err != nil || !v.Sound() {
		t.Errorf("the store is not sound: %v, %+v", err, v)
	}
}
