package inbox_test

import (
	"bytes"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"tongdai/inbox"
)

// damage flips a bit of the first record of a table, while the hub is stopped.
func (r *rig) damage(table string) {
	r.Helper()
	if err := r.store.Close(); err != nil {
		r.Fatal(err)
	}
	db, err := bbolt.Open(r.path, 0o600, nil)
	if err != nil {
		r.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(table))
		key, value := b.Cursor().First()
		value = bytes.Clone(value)
		value[len(value)/2] ^= 1
		return b.Put(bytes.Clone(key), value)
	})
	if err != nil {
		r.Fatal(err)
	}
	if err := db.Close(); err != nil {
		r.Fatal(err)
	}
	r.open()
}

func TestAMessageThatCannotBeWeighedGoesToPeopleAndHoldsUpNobody(t *testing.T) {
	idle(t, func(r *rig) {
		c := r.say(zalo, "lan", "Tiêm ở đâu?")
		r.damage("messages")
		r.start()
		r.pass(time.Hour)
		if got := r.again(c.ID); got.Handler != inbox.ByPeople {
			t.Errorf("the matter is with %q, want people", got.Handler)
		}
		r.read(func(tx inbox.Reader) error {
			said, err := tx.Messages(c.ID, inbox.MessageQuery{Limit: 1, Forward: true})
			if len(said) != 1 || said[0].ID != "" || said[0].Direction != inbox.Note {
				t.Errorf("in the thread stands %+v, want a placeholder", said)
			}
			return err
		})
		claims, err := r.store.Claim(r.ctx(), inbox.Turns, 9, time.Minute)
		if err != nil || len(claims) != 0 {
			t.Errorf("turns that wait: %v, %v", claims, err)
		}
	})
}

func TestSomebodyWhoseMatterIsDamagedCanWriteAgain(t *testing.T) {
	for _, table := range []string{"conversations", "contacts", "identities", "codes"} {
		t.Run(table, func(t *testing.T) {
			idle(t, func(r *rig) {
				r.say(zalo, "lan", "Tiêm ở đâu?")
				r.damage(table)
				c := r.say(zalo, "lan", "Có ai không?")
				if c.LastText != "Có ai không?" {
					t.Errorf("kept as %+v", c)
				}
			})
		})
	}
}
