package storetest

import (
	"errors"
	"fmt"

	"tongdai/inbox"
)

type shift struct {
	Name string `json:"name"`
	N    int    `json:"n,omitempty"`
}

const (
	shifts inbox.Shelf[shift] = "shift"
	shift2 inbox.Shelf[shift] = "shift2"
)

var paperTests = []test{
	{"what lies on a shelf is read in the order of ids, and from a part of it", func(b *bench) {
		b.write(func(tx inbox.Writer) error {
			for i, id := range []string{"c", "a", "d", "b", "bá"} {
				if _, err := shifts.Put(tx, inbox.Kept[shift]{ID: id, Value: shift{Name: "Ca " + id, N: i}}); err != nil {
					return err
				}
			}
			_, err := shift2.Put(tx, inbox.Kept[shift]{ID: "b", Value: shift{Name: "khác"}})
			return err
		})
		b.reopen()
		b.read(func(tx inbox.Reader) error {
			for _, q := range []struct {
				inbox.PaperQuery
				want string
			}{
				{inbox.PaperQuery{}, "[a b bá c d]"},
				{inbox.PaperQuery{Limit: 2}, "[a b]"},
				{inbox.PaperQuery{Backward: true}, "[d c bá b a]"},
				{inbox.PaperQuery{Backward: true, Limit: 1}, "[d]"},
				{inbox.PaperQuery{From: "b", Until: "c"}, "[b bá]"},
				{inbox.PaperQuery{From: "b", Until: "d", Backward: true, Limit: 2}, "[c bá]"},
				{inbox.PaperQuery{From: "e"}, "[]"},
				{inbox.PaperQuery{Until: "a", Backward: true}, "[]"},
			} {
				found, err := shifts.List(tx, q.PaperQuery)
				if err != nil {
					return err
				}
				equal(b, fmt.Sprintf("%+v", q.PaperQuery), ids(found, func(k inbox.Kept[shift]) string { return k.ID }), q.want)
			}
			one, err := shifts.Get(tx, "d")
			equal(b, "one", one, inbox.Kept[shift]{ID: "d", Version: 1, Value: shift{Name: "Ca d", N: 2}})
			if _, err := shifts.Get(tx, "e"); !errors.Is(err, inbox.ErrNotFound) {
				b.Errorf("Get = %v, want ErrNotFound", err)
			}
			other, err2 := shift2.List(tx, inbox.PaperQuery{})
			equal(b, "the other shelf", len(other), 1)
			return errors.Join(err, err2)
		})
	}},
	{"a paper is written only over the version that was read", func(b *bench) {
		first := inbox.Kept[shift]{ID: "a", Value: shift{Name: "Ca sáng"}}
		b.write(func(tx inbox.Writer) (err error) {
			first, err = shifts.Put(tx, inbox.Kept[shift]{ID: "a", Value: first.Value})
			return err
		})
		b.write(func(tx inbox.Writer) error {
			second := first
			second.Value.Name = "Ca chiều"
			second, err := shifts.Put(tx, second)
			equal(b, "version", second.Version, uint64(2))
			found, err2 := shifts.List(tx, inbox.PaperQuery{})
			if err := errors.Join(err, err2); err != nil {
				return err
			}
			equal(b, "what the transaction itself wrote", found[0], second)
			return nil
		})
		for _, late := range []inbox.Kept[shift]{first, {ID: "a"}, {ID: "new", Version: 1}} {
			err := b.Update(b.Context(), func(tx inbox.Writer) error {
				_, err := shifts.Put(tx, late)
				return err
			})
			if !errors.Is(err, inbox.ErrConflict) {
				b.Errorf("Put of %s at version %d = %v, want ErrConflict", late.ID, late.Version, err)
			}
		}
	}},
	{"a paper that is deleted is gone, and its id is free again", func(b *bench) {
		put := func(tx inbox.Writer) error {
			_, err := shifts.Put(tx, inbox.Kept[shift]{ID: "a"})
			return err
		}
		b.write(put)
		b.write(func(tx inbox.Writer) error {
			if err := errors.Join(shifts.Delete(tx, "a"), shifts.Delete(tx, "never")); err != nil {
				return err
			}
			if _, err := shifts.Get(tx, "a"); !errors.Is(err, inbox.ErrNotFound) {
				b.Errorf("within the transaction: %v, want ErrNotFound", err)
			}
			found, err := shifts.List(tx, inbox.PaperQuery{})
			equal(b, "listed within the transaction", len(found), 0)
			return err
		})
		b.reopen()
		b.read(func(tx inbox.Reader) error {
			found, err := shifts.List(tx, inbox.PaperQuery{})
			equal(b, "listed", len(found), 0)
			return err
		})
		b.write(put)
	}},
}
