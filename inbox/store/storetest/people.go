package storetest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"tongdai/connectors"
	"tongdai/inbox"
	"tongdai/kb"
)

var peopleTests = []test{
	{"a person is found by the channel's name for them", func(b *bench) {
		b.write(func(tx inbox.Writer) error {
			for _, c := range []inbox.ContactID{"k1", "k2"} {
				if err := tx.PutContact(inbox.Contact{ID: c, Name: "Bà " + string(c)}); err != nil {
					return err
				}
			}
			for _, i := range []inbox.Identity{{Channel: "web", Remote: "1", Contact: "k1"}, {Channel: "zalo", Remote: "1", Contact: "k2"}, {Channel: "zalo", Remote: "", Contact: "k1"}} {
				if err := tx.PutIdentity(i); err != nil {
					return err
				}
			}
			return nil
		})
		b.read(func(tx inbox.Reader) error {
			for i, want := range map[inbox.Identity]string{{Channel: "web", Remote: "1"}: "Bà k1", {Channel: "zalo", Remote: "1"}: "Bà k2", {Channel: "zalo"}: "Bà k1"} {
				c, err := tx.ContactOf(i.Channel, i.Remote)
				if err != nil {
					return err
				}
				equal(b, fmt.Sprint(i), c.Name, want)
			}
			for _, i := range []inbox.Identity{{Channel: "web", Remote: "11"}, {Channel: "we", Remote: "b1"}} {
				if _, err := tx.ContactOf(i.Channel, i.Remote); !errors.Is(err, inbox.ErrNotFound) {
					b.Errorf("%v: %v, want ErrNotFound", i, err)
				}
			}
			return nil
		})
		b.write(func(tx inbox.Writer) error {
			return tx.PutIdentity(inbox.Identity{Channel: "web", Remote: "1", Contact: "k1"})
		})
		b.refused(inbox.ErrConflict, func(tx inbox.Writer) error {
			return tx.PutIdentity(inbox.Identity{Channel: "web", Remote: "1", Contact: "k2"})
		})
	}},
	{"of many who name the same person at once one is heard", func(b *bench) {
		var heard atomic.Int64
		inParallel(16, func(i int) {
			err := b.Update(b.ctx(), func(tx inbox.Writer) error {
				id := inbox.ContactID(fmt.Sprint("k", i))
				if err := tx.PutContact(inbox.Contact{ID: id}); err != nil {
					return err
				}
				return tx.PutIdentity(inbox.Identity{Channel: "web", Remote: "same", Contact: id})
			})
			if err == nil {
				heard.Add(1)
			} else if !errors.Is(err, inbox.ErrConflict) {
				b.Errorf("Update = %v, want ErrConflict", err)
			}
		})
		equal(b, "heard", heard.Load(), 1)
	}},
	{"a login is one member's", func(b *bench) {
		put := func(id inbox.MemberID, login string) func(tx inbox.Writer) error {
			return func(tx inbox.Writer) error {
				return tx.PutMember(inbox.Member{ID: id, Login: login, Departments: []kb.DepartmentID{"d"}})
			}
		}
		b.write(put("m1", "lan"))
		b.write(put("m2", "anh"))
		b.refused(inbox.ErrConflict, put("m3", "lan"))
		b.refused(inbox.ErrConflict, put("m2", "lan"))
		b.write(put("m1", "lan")) // again
		b.write(put("m1", "mai")) // renamed
		b.write(put("m3", "lan")) // now free
		b.read(func(tx inbox.Reader) error {
			all, err := tx.Members()
			equal(b, "by login", ids(all, func(m inbox.Member) string { return m.Login + "=" + string(m.ID) }), "[anh=m2 lan=m3 mai=m1]")
			if err != nil {
				return err
			}
			m, err := tx.MemberByLogin("mai")
			equal(b, "mai", m.ID, "m1")
			for _, login := range []string{"", "la", "lan "} {
				if _, err := tx.MemberByLogin(login); !errors.Is(err, inbox.ErrNotFound) {
					b.Errorf("login %q: %v, want ErrNotFound", login, err)
				}
			}
			return err
		})
	}},
	{"of many who ask for the same login at once one gets it", func(b *bench) {
		var got atomic.Int64
		inParallel(16, func(i int) {
			err := b.Update(b.ctx(), func(tx inbox.Writer) error {
				return tx.PutMember(inbox.Member{ID: inbox.MemberID(fmt.Sprint("m", i)), Login: "lan"})
			})
			if err == nil {
				got.Add(1)
			} else if !errors.Is(err, inbox.ErrConflict) {
				b.Errorf("Update = %v, want ErrConflict", err)
			}
		})
		equal(b, "got it", got.Load(), 1)
	}},
	{"a member's sessions are listed, renewed and ended", func(b *bench) {
		sessions := func(of inbox.MemberID, want string) {
			b.Helper()
			b.read(func(tx inbox.Reader) error {
				all, err := tx.Sessions(of)
				equal(b, "of "+string(of), ids(all, func(s inbox.Session) string { return s.TokenHash }), want)
				return err
			})
		}
		b.write(func(tx inbox.Writer) error {
			for _, s := range []inbox.Session{{TokenHash: "h1", Member: "m"}, {TokenHash: "h2", Member: "m1"}, {TokenHash: "h3", Member: "m"}} {
				if err := tx.PutSession(s); err != nil {
					return err
				}
			}
			return nil
		})
		sessions("m", "[h1 h3]")
		sessions("m1", "[h2]")
		b.write(func(tx inbox.Writer) error {
			return tx.PutSession(inbox.Session{TokenHash: "h1", Member: "m", ActedAt: morning.Add(time.Hour)})
		})
		sessions("m", "[h1 h3]")
		b.write(func(tx inbox.Writer) error { return errors.Join(tx.DeleteSession("h3"), tx.DeleteSession("never")) })
		sessions("m", "[h1]")
		b.read(func(tx inbox.Reader) error {
			s, err := tx.Session("h1")
			equal(b, "acted", s.ActedAt.Equal(morning.Add(time.Hour)), true)
			if _, err := tx.Session("h3"); !errors.Is(err, inbox.ErrNotFound) {
				b.Errorf("an ended session: %v, want ErrNotFound", err)
			}
			return err
		})
	}},
}

var recordTests = []test{
	{"acts are read newest first, of one conversation or one member", func(b *bench) {
		b.write(func(tx inbox.Writer) error {
			for _, a := range []inbox.Audit{
				{Member: "m1", Conversation: "c1", Action: inbox.Looked},
				{Member: "m2", Conversation: "c1", Action: inbox.Took},
				{Member: "m1", Conversation: "c2", Action: inbox.Looked},
				{Member: "m1", Action: inbox.LoggedOut},
				{Action: inbox.LoginRefused},
				{Member: "m1", Conversation: "c1", Action: inbox.Closed},
			} {
				a.At = morning
				if err := tx.AppendAudit(a); err != nil {
					return err
				}
			}
			return nil
		})
		for _, tt := range []struct {
			q    inbox.AuditQuery
			want string
		}{
			{inbox.AuditQuery{}, "[6 5 4 3 2 1]"},
			{inbox.AuditQuery{Limit: 2}, "[6 5]"},
			{inbox.AuditQuery{Limit: 2, Before: 5}, "[4 3]"},
			{inbox.AuditQuery{Conversation: "c1"}, "[6 2 1]"},
			{inbox.AuditQuery{Conversation: "c1", Before: 6, Limit: 1}, "[2]"},
			{inbox.AuditQuery{Member: "m1"}, "[6 4 3 1]"},
			{inbox.AuditQuery{Member: "m1", Before: 4}, "[3 1]"},
			{inbox.AuditQuery{Member: "m1", Conversation: "c1"}, "[6 1]"},
			{inbox.AuditQuery{Member: "m1", Conversation: "c1", Limit: 1, Before: 6}, "[1]"},
			{inbox.AuditQuery{Member: "m"}, "[]"},
		} {
			b.read(func(tx inbox.Reader) error {
				found, err := tx.Audits(tt.q)
				equal(b, fmt.Sprintf("%+v", tt.q), ids(found, func(a inbox.Audit) string { return fmt.Sprint(a.Seq) }), tt.want)
				return err
			})
		}
	}},
	{"the quarantine is read newest first, and what is settled no longer waits", func(b *bench) {
		put := func(id inbox.RawID, settled time.Time) {
			b.write(func(tx inbox.Writer) error {
				return tx.PutQuarantined(inbox.Quarantined{ID: id, Channel: connectors.ChannelID("web"), At: morning, Settled: settled})
			})
		}
		for _, id := range []inbox.RawID{"r1", "r2", "r3", "r4"} {
			put(id, time.Time{})
		}
		put("r3", morning)
		for _, tt := range []struct {
			waiting bool
			after   inbox.RawID
			limit   int
			want    string
		}{
			{true, "", 10, "[r4 r2 r1]"},
			{true, "", 2, "[r4 r2]"},
			{true, "r4", 10, "[r2 r1]"},
			{true, "r3", 10, "[r2 r1]"},
			{true, "r1", 10, "[]"},
			{false, "", 10, "[r4 r3 r2 r1]"},
			{false, "r4", 1, "[r3]"},
		} {
			b.read(func(tx inbox.Reader) error {
				found, err := tx.Quarantine(tt.waiting, tt.after, tt.limit)
				equal(b, fmt.Sprintf("%+v", tt), ids(found, func(q inbox.Quarantined) string { return string(q.ID) }), tt.want)
				return err
			})
		}
	}},
	{"a secret is written over the version that was read", func(b *bench) {
		one := inbox.Secret{Name: "zalo/tokens", Sealed: []byte{0, 1, 0xFF}, SavedAt: morning}
		b.write(func(tx inbox.Writer) (err error) { _, err = tx.PutSecret(one); return err })
		b.refused(inbox.ErrConflict, func(tx inbox.Writer) error { _, err := tx.PutSecret(one); return err })
		one.Version, one.Sealed = 1, []byte("two")
		b.write(func(tx inbox.Writer) (err error) {
			two, err := tx.PutSecret(one)
			equal(b, "version", two.Version, 2)
			return err
		})
		b.refused(inbox.ErrConflict, func(tx inbox.Writer) error { _, err := tx.PutSecret(one); return err })
		b.read(func(tx inbox.Reader) error {
			found, err := tx.Secret("zalo/tokens")
			equal(b, "kept", fmt.Sprintf("%s %d %v", found.Sealed, found.Version, found.SavedAt.Equal(morning)), "two 2 true")
			_, none := tx.Secret("zalo")
			if !errors.Is(none, inbox.ErrNotFound) {
				b.Errorf("a secret that is not there: %v", none)
			}
			return err
		})
	}},
	{"what is not there is not found", func(b *bench) {
		b.read(func(tx inbox.Reader) error {
			for _, id := range []string{"", "x", "\x00"} {
				_, a := tx.Conversation(inbox.ConversationID(id))
				_, m := tx.Message(inbox.MessageID(id))
				_, u := tx.Turn(inbox.MessageID(id))
				_, k := tx.Contact(inbox.ContactID(id))
				_, r := tx.Raw(inbox.RawID(id))
				_, p := tx.Member(inbox.MemberID(id))
				_, s := tx.Session(id)
				for i, err := range []error{a, m, u, k, r, p, s} {
					if !errors.Is(err, inbox.ErrNotFound) {
						b.Errorf("%d, id %q: %v, want ErrNotFound", i, id, err)
					}
				}
				if _, err := tx.Entry(kb.EntryID(id)); !errors.Is(err, kb.ErrNotFound) {
					b.Errorf("entry %q: %v, want kb.ErrNotFound", id, err)
				}
			}
			return nil
		})
	}},
}
