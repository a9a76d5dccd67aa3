package inbox_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/kb"
)

// slow is a store whose reading takes as long as a test wants.
type slow struct {
	*counting
	takes time.Duration
}

func (s *slow) View(ctx context.Context, fn func(inbox.Reader) error) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(s.takes):
	}
	return s.counting.View(ctx, fn)
}

func TestPopularQuestionsAreCountedSeldomAndHoldUpNobody(t *testing.T) {
	idle(t, func(r *rig) {
		store := &slow{counting: &counting{Store: r.store}}
		r.use(store)
		r.start()
		popular := func() []kb.EntryID {
			r.Helper()
			began := time.Now()
			entries, err := r.hub.Popular(r.ctx(), 3)
			if took := time.Since(began); took > time.Second || err != nil && store.takes == 0 {
				r.Errorf("Popular = %v after %s", err, took)
			}
			return entries
		}
		r.say(zalo, "u1", "xin chào")
		if got := popular(); !slices.Equal(got, []kb.EntryID{"e1"}) {
			r.Errorf("popular is %v", got)
		}
		before := store.views.Load()
		for range 100 {
			popular()
		}
		if n := store.views.Load() - before; n != 0 {
			r.Errorf("counted %d times within a moment", n)
		}

		store.takes = time.Hour
		r.pass(11 * time.Minute)
		for range 3 {
			if got := popular(); !slices.Equal(got, []kb.EntryID{"e1"}) {
				r.Errorf("while the store does not answer, popular is %v", got)
			}
		}
		store.takes = 0
		r.pass(time.Minute)
		before = store.views.Load()
		popular()
		if n := store.views.Load() - before; n != 1 {
			r.Errorf("counted %d times when the store is back", n)
		}
	})
}
