package record

import (
	"bytes"
	"errors"
	"testing"

	"tongdai/inbox"
)

func TestABoundRecordIsReadWhereItLiesAndNowhereElse(t *testing.T) {
	contact := inbox.Contact{ID: "p1", Name: "Nguyễn Thị Lan"}
	here, err := Contacts.Encode(contact)
	if err != nil {
		t.Fatal(err)
	}
	loose := bytes.Clone(here)
	at := Table("contacts").Under([]byte("p1"))
	Bind(here, at)
	if got, err := Contacts.DecodeAt(here, at); err != nil || got != contact {
		t.Errorf("where it lies it is read as %+v, %v", got, err)
	}
	if back, err := Loosen(here, at); err != nil || !bytes.Equal(back, loose) {
		t.Errorf("loosened it is %x, %v, want %x", back, err, loose)
	}
	for name, other := range map[string]Place{
		"under another key": Table("contacts").Under([]byte("p2")),
		"in another table":  Table("members").Under([]byte("p1")),
		"where a part of the key belongs to the table's name": Table("contactsp").Under([]byte("1")),
	} {
		if _, err := Contacts.DecodeAt(here, other); !errors.Is(err, ErrDamaged) || !errors.Is(err, inbox.ErrDamaged) {
			t.Errorf("%s: %v, want ErrDamaged", name, err)
		}
	}
	if _, err := Contacts.DecodeAt(loose, at); !errors.Is(err, ErrDamaged) {
		t.Errorf("a record that is not bound: %v, want ErrDamaged", err)
	}
}

func TestAnyFlippedBitOfABoundRecordIsFound(t *testing.T) {
	at := Table("messages").Under([]byte("c1"))
	whole, err := Messages.Encode(inbox.Message{ID: "m1", Conversation: "c1", Seq: 3, Key: "zalo:1"})
	if err != nil {
		t.Fatal(err)
	}
	Bind(whole, at)
	for bit := range len(whole) * 8 {
		b := bytes.Clone(whole)
		b[bit/8] ^= 1 << (bit % 8)
		if m, err := Messages.DecodeAt(b, at); !errors.Is(err, ErrDamaged) {
			t.Fatalf("with bit %d flipped it was read as %+v, error %v", bit, m, err)
		}
	}
	for size := range whole {
		if _, err := Messages.DecodeAt(whole[:size], at); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut to %d bytes: error %v, want ErrDamaged", size, err)
		}
	}
}

// BenchmarkBinding is what being bound to its place costs a record: once when it
// is written, once when it is read.
func BenchmarkBinding(b *testing.B) {
	key, table := bytes.Repeat([]byte("c"), 40), Table("messages")
	whole, err := Messages.Encode(inbox.Message{ID: "m1", Conversation: "c1", Seq: 3, Key: "zalo:1"})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		Bind(whole, table.Under(key))
		if _, err := UnsealAt(whole, table.Under(key)); err != nil {
			b.Fatal(err)
		}
		writeHeader(whole)
	}
}
