package bolt

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

// DUR-04: the machine is cut off within a commit. The engine writes the pages of a
// commit, flushes them, writes a page that says that they hold, and flushes that;
// until the first flush is done, any of the pages may be on disk and any other
// not. Every such state opens, is sound, and holds all that was acknowledged before.
func TestEveryStateThatACutMayLeaveHoldsWhatWasAcknowledged(t *testing.T) {
	states, commits, grown := torn(t, times(200, 2000), func(r *rand.Rand, cut *cutState) {
		for _, page := range cut.changed {
			if r.IntN(2) == 0 {
				cut.keep(page)
			}
		}
	}, func(cut *cutState, held int, problem error) {
		if problem != nil || held != cut.acknowledged {
			t.Errorf("%s: it holds %d of %d that were acknowledged, %v", cut, held, cut.acknowledged, problem)
		}
	})
	if grown == 0 {
		t.Error("the file never grew: no cut fell into that")
	}
	t.Logf("%d states of %d commits, %d of which made the file grow", states, commits, grown)
}

// The same without the first flush: the page that says so is there, and some of
// what it tells of is not. It is shown that such a state is noticed, so that the
// test above can fail.
func TestACutWithoutAFlushIsNoticed(t *testing.T) {
	noticed := 0
	states, _, _ := torn(t, times(40, 400), func(r *rand.Rand, cut *cutState) {
		lost := cut.changed[r.IntN(len(cut.changed))]
		for _, page := range append(cut.changed, cut.meta...) {
			if page != lost {
				cut.keep(page)
			}
		}
	}, func(cut *cutState, held int, problem error) {
		if problem != nil || held <= cut.acknowledged {
			noticed++
		}
	})
	if noticed < states/2 {
		t.Errorf("%d of %d states that lack a page are noticed", noticed, states)
	}
}

// cutState is a file in the midst of a commit.
type cutState struct {
	page          int // bytes
	before, after []byte
	changed       []int // pages other than the first two
	meta          []int // the first two, if they changed
	file          []byte
	kept          []int
	acknowledged  int // messages
	seed          uint64
}

func (c *cutState) String() string {
	return fmt.Sprintf("seed %d, %d of %d changed pages (%v)", c.seed, len(c.kept), len(c.changed), c.kept)
}

// keep lets a page of after be on disk.
func (c *cutState) keep(page int) {
	c.kept = append(c.kept, page)
	end := (page + 1) * c.page
	if end > len(c.file) {
		c.file = append(c.file, make([]byte, end-len(c.file))...)
	}
	copy(c.file[page*c.page:end], c.after[page*c.page:end])
}

// torn makes so many states of files that a store writes, by choose, and has what
// is found in each judged.
func torn(t *testing.T, wanted int, choose func(*rand.Rand, *cutState), judge func(cut *cutState, held int, problem error)) (states, commits, grown int) {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 4))
	folder := t.TempDir()
	path := filepath.Join(folder, "hub.db")
	s := open(t, path, Options{})
	fillStore(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	cutToSize(t, path)
	s = open(t, path, Options{})
	defer s.Close()
	s.db.AllocSize = 64 << 10 // bytes by which the file grows: it is to happen often
	for said := 1; states < wanted; commits++ {
		before := readFile(t, path)
		n := 1 + r.IntN(30)
		sayMore(t, s, said, n, r)
		base := cutState{page: s.db.Info().PageSize, before: before, after: readFile(t, path), acknowledged: said, seed: seed}
		said += n
		base.compare()
		if len(base.after) > len(before) {
			grown++
		}
		for range 5 {
			cut := base
			cut.file = bytes.Clone(before)
			if len(base.after) > len(before) && r.IntN(2) == 0 { // it was made longer first
				cut.file = append(cut.file, make([]byte, len(base.after)-len(before))...)
			}
			choose(r, &cut)
			held, problem := heldBy(t, filepath.Join(folder, "cut.db"), cut.file)
			judge(&cut, held, problem)
			if states++; t.Failed() {
				return states, commits, grown
			}
		}
	}
	return states, commits, grown
}

// cutToSize takes from a file what it has grown in advance.
func cutToSize(t *testing.T, path string) {
	t.Helper()
	p, err := readPages(path)
	if err != nil {
		t.Fatal(err)
	}
	size := int64(p.meta.high) * p.size
	p.close()
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
}

// compare finds the pages that a commit changed.
func (c *cutState) compare() {
	for page := range len(c.after) / c.page {
		from, to := page*c.page, (page+1)*c.page
		switch {
		case to <= len(c.before) && bytes.Equal(c.before[from:to], c.after[from:to]):
		case page < 2:
			c.meta = append(c.meta, page)
		default:
			c.changed = append(c.changed, page)
		}
	}
}

// sayMore appends n messages to the conversation of fillStore, in one commit.
func sayMore(t *testing.T, s *Store, from, n int, r *rand.Rand) {
	t.Helper()
	err := s.Update(t.Context(), func(tx inbox.Writer) error {
		for i := range n {
			m := inbox.Message{ID: inbox.MessageID(fmt.Sprintf("m%d", from+i+1)), Conversation: "c1"}
			m.Content.Text = string(bytes.Repeat([]byte("ạ "), 1+r.IntN(2000)))
			if _, err := tx.AppendMessage(m); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// heldBy opens a file as it is after a cut and counts the messages in it. The
// problem is what is wrong with it, for the store or for a verification.
func heldBy(t *testing.T, path string, file []byte) (held int, problem error) {
	t.Helper()
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path, Options{})
	if err != nil {
		return 0, err
	}
	err = s.View(t.Context(), func(tx inbox.Reader) error {
		said, err := tx.Messages("c1", inbox.MessageQuery{Forward: true})
		held = len(said)
		return err
	})
	if n := s.Damaged(); n > 0 && err == nil {
		err = fmt.Errorf("%d: %w", n, record.ErrDamaged)
	}
	if closed := s.Close(); closed != nil {
		t.Fatal(closed)
	}
	if err != nil {
		return held, err
	}
	v, err := Verify(t.Context(), path, VerifyOptions{})
	if err == nil && !v.Sound() {
		err = fmt.Errorf("not sound: %s", v.Findings[0].Words)
	}
	return held, err
}
