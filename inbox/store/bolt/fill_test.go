package bolt

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
	"tongdai/kb"
)

var writeFull = flag.Bool("write-full", false, "write a store of today's schema with something of everything to testdata, for the tests of later schemas")

// noon is when what fillEverything writes happened.
var noon = time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC)

// aFile is the id of an attachment.
const aFile = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

// fillEverything writes something into every bucket: n conversations with what
// belongs to them, and people, entries and papers.
func fillEverything(t testing.TB, s *Store, n int) {
	t.Helper()
	for i := range n {
		if err := s.Update(t.Context(), func(tx inbox.Writer) error { return fillConversation(tx, i) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Update(t.Context(), fillHouse); err != nil {
		t.Fatal(err)
	}
}

func fillConversation(tx inbox.Writer, i int) error {
	id := func(kind string) string { return fmt.Sprintf("%s%04d", kind, i) }
	code, err := tx.NextCode("TH", noon)
	if err != nil {
		return err
	}
	remote := connectors.RemoteID(id("visitor-"))
	c, err := tx.PutConversation(inbox.Conversation{
		ID: inbox.ConversationID(id("c")), Code: code, Contact: inbox.ContactID(id("p")), Channel: "web", Remote: remote,
		Status: inbox.Open, Handler: inbox.ByPeople, Department: "so-y-te", ContactName: "Nguyễn Thị Lan", CreatedAt: noon, LastAt: noon,
	})
	if err != nil {
		return err
	}
	raw := inbox.RawID(id("r"))
	in := inbox.Message{ID: inbox.MessageID(id("m")), Conversation: c.ID, Direction: inbox.In, Raw: raw, ReceivedAt: noon}
	in.Content = content.Content{Text: "Tiêm mũi 3 ở đâu?", Attachments: []content.Attachment{{ID: aFile, Name: "giấy.jpg"}}}
	out := inbox.Message{ID: inbox.MessageID(id("o")), Conversation: c.ID, Direction: inbox.Out, ReceivedAt: noon}
	out.Content.Text = "Dạ, anh/chị đến trạm y tế phường."
	out.Delivery.State = inbox.Parked
	_, _, remembered := tx.Remember(inbox.Key{Channel: "web", Kind: connectors.Said, Value: id("k")}, [32]byte{byte(i)})
	_, first := tx.AppendMessage(in)
	_, second := tx.AppendMessage(out)
	return errors.Join(remembered, first, second,
		tx.PutRaw(inbox.Raw{ID: raw, Raw: connectors.Raw{Channel: "web", Body: []byte("Tiêm mũi 3 ở đâu?")}}),
		tx.PutTurn(inbox.Turn{Message: in.ID, Conversation: c.ID, At: noon}),
		tx.PutContact(inbox.Contact{ID: c.Contact, Name: "Nguyễn Thị Lan"}),
		tx.PutIdentity(inbox.Identity{Channel: "web", Remote: remote, Contact: c.Contact}),
		tx.Enqueue(inbox.Task{ID: id("t"), Kind: inbox.Turns, Group: string(c.ID), Ref: string(in.ID), Due: noon}),
		tx.AppendAudit(inbox.Audit{At: noon, Member: "lan", Action: inbox.LoggedIn, Conversation: c.ID}),
		tx.AppendEvent(inbox.Event{At: noon, Kind: inbox.MessageAdded, Conversation: c.ID, Message: in.ID, Channel: "web"}),
		tx.PutQuarantined(inbox.Quarantined{ID: raw, Channel: "web", At: noon}),
		tx.PutEntry(kb.Entry{ID: kb.EntryID(id("e")), Version: 1, Question: "Tiêm ở đâu?", Answer: "Ở trạm y tế.", Department: "so-y-te"}),
	)
}

func fillHouse(tx inbox.Writer) error {
	_, secret := tx.PutSecret(inbox.Secret{Name: "zalo", Sealed: []byte("sealed")})
	_, paper := tx.PutPaper(inbox.Paper{Shelf: "answers", ID: "a1", Body: []byte(`{}`)})
	return errors.Join(secret, paper,
		tx.PutMember(inbox.Member{ID: "lan", Login: "lan", Name: "Lê Thị Lan", Role: inbox.Admin}),
		tx.PutSession(inbox.Session{TokenHash: "hash", Member: "lan", CreatedAt: noon, ActedAt: noon}),
		tx.PutImport(inbox.Import{ID: "i1"}),
	)
}

// TestWriteFull makes the file that tests of later schemas begin with.
func TestWriteFull(t *testing.T) {
	if !*writeFull {
		t.Skip("only with -write-full")
	}
	s := open(t, filepath.Join(t.TempDir(), "hub.db"), Options{})
	fillEverything(t, s, 3)
	packed := pack(t, s)
	name := fmt.Sprintf("testdata/schema-%d.db.gz", len(migrations))
	if err := errors.Join(s.Close(), os.WriteFile(name, packed, 0o644)); err != nil {
		t.Fatal(err)
	}
}
