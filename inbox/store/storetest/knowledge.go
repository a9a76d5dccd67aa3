package storetest

import (
	"context"
	"errors"
	"sync/atomic"

	"tongdai/inbox"
	"tongdai/kb"
)

var knowledgeTests = []test{
	{"an entry is written version by version", func(b *bench) {
		put := func(version int) func(tx inbox.Writer) error {
			return func(tx inbox.Writer) error {
				return tx.PutEntry(kb.Entry{ID: "D1", Version: version, Question: "Làm hộ chiếu ở đâu?", Variants: []string{"ho chieu"}, Status: kb.Published})
			}
		}
		b.refused(kb.ErrConflict, put(0))
		b.refused(kb.ErrConflict, put(2))
		b.write(put(1))
		b.refused(kb.ErrConflict, put(1))
		b.write(put(2))
		b.refused(kb.ErrConflict, put(4))
		b.read(func(tx inbox.Reader) error {
			e, err := tx.Entry("D1")
			equal(b, "version", e.Version, 2)
			equal(b, "question", e.Question, "Làm hộ chiếu ở đâu?")
			return err
		})
	}},
	{"of many who write the same version one succeeds", func(b *bench) {
		var written atomic.Int64
		inParallel(16, func(int) {
			err := b.UpdateEntries(b.ctx(), func(tx kb.Writer) error { return tx.PutEntry(kb.Entry{ID: "D1", Version: 1}) })
			if err == nil {
				written.Add(1)
			} else if !errors.Is(err, kb.ErrConflict) {
				b.Errorf("UpdateEntries = %v, want ErrConflict", err)
			}
		})
		equal(b, "written", written.Load(), 1)
	}},
	{"entries are read in order of id, from any id", func(b *bench) {
		b.write(func(tx inbox.Writer) error {
			for _, id := range []kb.EntryID{"D2", "D10", "D1", "E1", "D1\x00"} {
				if err := tx.PutEntry(kb.Entry{ID: id, Version: 1}); err != nil {
					return err
				}
			}
			return nil
		})
		for _, tt := range []struct {
			after kb.EntryID
			limit int
			want  string
		}{
			{"", 10, "[D1 D1\x00 D10 D2 E1]"},
			{"", 2, "[D1 D1\x00]"},
			{"D1", 10, "[D1\x00 D10 D2 E1]"},
			{"D11", 1, "[D2]"},
			{"E1", 10, "[]"},
		} {
			err := b.ViewEntries(b.ctx(), func(tx kb.Reader) error {
				found, err := tx.Entries(tt.after, tt.limit)
				equal(b, "after "+string(tt.after), ids(found, func(e kb.Entry) string { return string(e.ID) }), tt.want)
				return err
			})
			if err != nil {
				b.Error(err)
			}
		}
	}},
	{"the revision grows with every change, and with none that failed", func(b *bench) {
		revision := func() (n uint64) {
			b.read(func(tx inbox.Reader) (err error) {
				n, err = tx.KnowledgeRevision()
				return err
			})
			return n
		}
		before := revision()
		b.write(func(tx inbox.Writer) error { return tx.PutEntry(kb.Entry{ID: "D1", Version: 1}) })
		first := revision()
		if first <= before {
			b.Errorf("revision %d after %d", first, before)
		}
		b.refused(errOwn, func(tx inbox.Writer) error {
			if err := tx.PutEntry(kb.Entry{ID: "D1", Version: 2}); err != nil {
				return err
			}
			return errOwn
		})
		equal(b, "after a change that failed", revision(), first)
		b.reopen()
		b.write(func(tx inbox.Writer) error { return tx.PutEntry(kb.Entry{ID: "D1", Version: 2}) })
		if second := revision(); second <= first {
			b.Errorf("revision %d after %d", second, first)
		}
	}},
	{"every version of an entry can be read again", func(b *bench) {
		for version, answer := range []string{"7 giờ", "8 giờ"} {
			b.write(func(tx inbox.Writer) error {
				return tx.PutEntry(kb.Entry{ID: "D1", Version: version + 1, Answer: answer})
			})
		}
		b.write(func(tx inbox.Writer) error {
			if err := tx.PutEntry(kb.Entry{ID: "D1", Version: 3, Answer: "9 giờ"}); err != nil {
				return err
			}
			own, err := tx.EntryVersion("D1", 3)
			equal(b, "what the transaction itself wrote", own.Answer, "9 giờ")
			return err
		})
		b.read(func(tx inbox.Reader) error {
			first, err := tx.EntryVersion("D1", 1)
			equal(b, "first", first.Answer, "7 giờ")
			for _, none := range []struct {
				id      kb.EntryID
				version int
			}{{"D1", 0}, {"D1", 4}, {"D", 1}} {
				if _, err := tx.EntryVersion(none.id, none.version); !errors.Is(err, kb.ErrNotFound) {
					b.Errorf("EntryVersion(%s, %d) = %v, want ErrNotFound", none.id, none.version, err)
				}
			}
			return err
		})
	}},
	{"imports are listed the newest first, and written over", func(b *bench) {
		for _, id := range []inbox.ImportID{"1", "3", "2"} {
			b.write(func(tx inbox.Writer) error {
				return tx.PutImport(inbox.Import{ID: id, At: morning, By: "lan", Entries: []inbox.ImportedEntry{{ID: "D1", Version: 2}}})
			})
		}
		b.write(func(tx inbox.Writer) error {
			i, err := tx.Import("2")
			if err != nil {
				return err
			}
			i.UndoneBy = "hoa"
			return tx.PutImport(i)
		})
		b.reopen()
		b.read(func(tx inbox.Reader) error {
			found, err := tx.Imports(2)
			equal(b, "imports", ids(found, func(i inbox.Import) string { return string(i.ID) + i.UndoneBy }), "[3 2hoa]")
			if _, err := tx.Import("4"); !errors.Is(err, inbox.ErrNotFound) {
				b.Errorf("Import = %v, want ErrNotFound", err)
			}
			return err
		})
	}},
	{"after Close nothing is promised any more", func(b *bench) {
		if err := b.Close(); err != nil {
			b.Fatal(err)
		}
		ctx := context.Background()
		err := b.Update(ctx, func(tx inbox.Writer) error { return tx.PutContact(inbox.Contact{ID: "k"}) })
		if !errors.Is(err, inbox.ErrUnavailable) {
			b.Errorf("Update = %v, want ErrUnavailable", err)
		}
		if err := b.View(ctx, func(inbox.Reader) error { return nil }); !errors.Is(err, inbox.ErrUnavailable) {
			b.Errorf("View = %v, want ErrUnavailable", err)
		}
		for _, err := range b.Follow(ctx, 0) {
			if !errors.Is(err, inbox.ErrUnavailable) {
				b.Errorf("Follow: %v, want ErrUnavailable", err)
			}
		}
	}},
}
