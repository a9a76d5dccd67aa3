package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"tongdai/inbox"
)

const ttl = time.Minute

var taskTests = []test{
	{"of a group only the first task is claimed, and the next once it is finished", func(b *bench) {
		b.enqueue(task("a1", "a"), task("a2", "a"), task("b1", "b"), task("a3", "a"))
		claims := b.claim(10, "a1 b1")
		b.claim(10, "")
		b.write(func(tx inbox.Writer) error { return tx.Finish(claims[0]) })
		claims = b.claim(10, "a2")
		b.write(func(tx inbox.Writer) error { return tx.Finish(claims[0]) })
		b.claim(10, "a3")
	}},
	{"a group's order is that of enqueueing, not of due times", func(b *bench) {
		late := task("a1", "a")
		late.Due = morning.Add(time.Hour)
		b.enqueue(late, task("a2", "a"))
		b.claim(10, "")
		b.clock.advance(time.Hour)
		b.claim(10, "a1")
	}},
	{"urgent tasks are claimed before all others, then by due time", func(b *bench) {
		due := func(id string, ago time.Duration, urgent bool) inbox.Task {
			t := task(id, id)
			t.Due, t.Urgent = morning.Add(-ago), urgent
			return t
		}
		b.enqueue(due("late", time.Minute, false), due("later", time.Hour, false), due("urgent", time.Second, true), due("very", time.Minute, true), due("tomorrow", -time.Hour, true))
		b.claim(3, "very urgent later")
		b.claim(3, "late")
	}},
	{"groups and kinds that are named alike are apart", func(b *bench) {
		other := task("t3", "a")
		other.Kind = inbox.Deliveries
		b.enqueue(task("t1", "a"), task("t2", "a\x00"), other, task("t4", ""))
		b.claim(10, "t1 t2 t4")
		claims, err := b.Claim(b.ctx(), inbox.Deliveries, 10, ttl)
		if err != nil || names(claims) != "t3" {
			b.Errorf("deliveries: %q, %v", names(claims), err)
		}
	}},
	{"a claim brings the whole task", func(b *bench) {
		want := inbox.Task{ID: "t1", Kind: inbox.Closings, Group: "g", Ref: "r", Urgent: true, Due: morning}
		b.enqueue(want)
		claims, err := b.Claim(b.ctx(), inbox.Closings, 1, ttl)
		if err != nil || len(claims) != 1 {
			b.Fatalf("Claim = %v, %v", claims, err)
		}
		equal(b, "task", claims[0].Task, want)
		equal(b, "held until", claims[0].Until.Equal(morning.Add(ttl)), true)
	}},
	{"a postponed task keeps its place, and its group waits", func(b *bench) {
		b.enqueue(task("a1", "a"), task("a2", "a"))
		claims := b.claim(1, "a1")
		b.write(func(tx inbox.Writer) error { return tx.Postpone(claims[0], morning.Add(time.Hour)) })
		b.claim(10, "")
		b.stale(claims[0])
		b.nextDue(morning.Add(time.Hour))
		b.clock.advance(time.Hour)
		claims = b.claim(10, "a1")
		equal(b, "attempts", claims[0].Task.Attempts, 1)
		b.write(func(tx inbox.Writer) error { return tx.Finish(claims[0]) })
		b.claim(10, "a2")
	}},
	{"a claim that lapsed is given to the next, and the late worker changes nothing", func(b *bench) {
		b.enqueue(task("a1", "a"))
		slow := b.claim(1, "a1")
		b.nextDue(morning.Add(ttl))
		b.clock.advance(ttl - 1)
		b.claim(1, "")
		b.clock.advance(1)
		quick := b.claim(1, "a1")
		if quick[0].Fence == slow[0].Fence {
			b.Error("the two claims have the same fence")
		}
		b.stale(slow[0])
		b.write(func(tx inbox.Writer) error { return tx.Finish(quick[0]) })
		b.stale(quick[0])
		b.clock.advance(time.Hour)
		b.claim(1, "")
		b.nextDue(time.Time{})
	}},
	{"a claim that lapsed still counts while nobody else has it", func(b *bench) {
		b.enqueue(task("a1", "a"))
		claims := b.claim(1, "a1")
		b.clock.advance(time.Hour)
		b.write(func(tx inbox.Writer) error { return tx.Finish(claims[0]) })
		b.claim(1, "")
	}},
	{"a claim is extended, and then still finished", func(b *bench) {
		b.enqueue(task("a1", "a"))
		claim := b.claim(1, "a1")[0]
		b.write(func(tx inbox.Writer) (err error) {
			claim, err = tx.Extend(claim, morning.Add(time.Hour))
			return err
		})
		equal(b, "held until", claim.Until.Equal(morning.Add(time.Hour)), true)
		b.clock.advance(ttl)
		b.claim(1, "")
		b.clock.advance(time.Hour)
		other := b.claim(1, "a1")[0]
		b.refused(inbox.ErrStale, func(tx inbox.Writer) error {
			_, err := tx.Extend(claim, morning.Add(2*time.Hour))
			return err
		})
		b.write(func(tx inbox.Writer) error {
			if _, err := tx.Extend(other, morning.Add(3*time.Hour)); err != nil {
				return err
			}
			return tx.Finish(other)
		})
		b.claim(1, "")
	}},
	{"a worker's sign of life beside its result does no harm", func(b *bench) {
		for i := range 20 {
			id := fmt.Sprint("t", i)
			b.enqueue(task(id, "g"))
			claim := b.claim(1, id)[0]
			inParallel(2, func(side int) {
				err := b.Update(b.ctx(), func(tx inbox.Writer) error {
					if side == 0 {
						return tx.Finish(claim)
					}
					_, err := tx.Extend(claim, morning.Add(time.Hour))
					return err
				})
				if err != nil && (side == 0 || !errors.Is(err, inbox.ErrStale)) {
					b.Errorf("side %d: %v", side, err)
				}
			})
		}
		b.nextDue(time.Time{})
	}},
	{"a claim is settled once, also within a transaction", func(b *bench) {
		b.enqueue(task("a1", "a"), task("a2", "a"))
		claim := b.claim(1, "a1")[0]
		b.write(func(tx inbox.Writer) error {
			if err := tx.Postpone(claim, morning); err != nil {
				return err
			}
			for _, err := range []error{tx.Finish(claim), tx.Postpone(claim, morning)} {
				if !errors.Is(err, inbox.ErrStale) {
					b.Errorf("settled again: %v, want ErrStale", err)
				}
			}
			return nil
		})
		b.claim(1, "a1")
	}},
	{"what was not committed leaves the claim as it was", func(b *bench) {
		b.enqueue(task("a1", "a"), task("a2", "a"))
		claim := b.claim(1, "a1")[0]
		for _, settle := range []func(tx inbox.Writer) error{
			func(tx inbox.Writer) error { return tx.Finish(claim) },
			func(tx inbox.Writer) error { return tx.Postpone(claim, morning.Add(time.Hour)) },
			func(tx inbox.Writer) error { _, err := tx.Extend(claim, morning.Add(time.Hour)); return err },
		} {
			b.refused(errOwn, func(tx inbox.Writer) error {
				if err := settle(tx); err != nil {
					return err
				}
				return errOwn
			})
		}
		b.claim(10, "")
		b.nextDue(morning.Add(ttl))
		b.write(func(tx inbox.Writer) error { return tx.Finish(claim) })
		b.claim(10, "a2")
	}},
	{"what is just being finished is given to nobody, even if its claim lapses", func(b *bench) {
		b.enqueue(task("a1", "a"))
		claim := b.claim(1, "a1")[0]
		b.write(func(tx inbox.Writer) error {
			if err := tx.Finish(claim); err != nil {
				return err
			}
			b.clock.advance(time.Hour)
			b.claim(1, "")
			return nil
		})
		b.claim(1, "")
	}},
	{"an invented claim settles nothing", func(b *bench) {
		b.enqueue(task("a1", "a"))
		b.stale(inbox.Claim{Task: task("a1", "a")})
		b.stale(inbox.Claim{Task: task("never", "never"), Fence: 1})
		claim := b.claim(1, "a1")[0]
		claim.Fence++
		b.stale(claim)
	}},
	{"tasks outlive the process, and nobody's claim blocks them longer than its time", func(b *bench) {
		b.enqueue(task("a1", "a"), task("a2", "a"))
		old := b.claim(1, "a1")[0]
		b.reopen()
		b.clock.advance(ttl)
		again := b.claim(10, "a1")
		b.stale(old)
		b.write(func(tx inbox.Writer) error { return tx.Finish(again[0]) })
		b.reopen()
		b.claim(10, "a2")
	}},
	{"many workers do every task once and each group in order", func(b *bench) { b.manyWorkers() }},
	{"whoever waits for tasks is told of new ones", func(b *bench) {
		wake, written := b.Wake(inbox.Turns), make(chan error, 1)
		go func() {
			written <- b.Update(b.ctx(), func(tx inbox.Writer) error { return tx.Enqueue(task("a1", "a")) })
		}()
		select {
		case <-wake:
		case <-time.After(patience):
			b.Fatal("nothing woke")
		}
		if err := <-written; err != nil { // it may be told before the one who writes hears of it
			b.Fatalf("Update: %v", err)
		}
		b.claim(1, "a1")
	}},
	{"a lease is one holder's until it ends", func(b *bench) {
		lease := func(name, holder string, want bool) {
			b.Helper()
			ok, err := b.Lease(b.ctx(), name, holder, ttl)
			if err != nil {
				b.Fatal(err)
			}
			equal(b, holder+" has "+name, ok, want)
		}
		lease("mail", "one", true)
		lease("mail", "two", false)
		lease("trim", "two", true)
		b.clock.advance(ttl / 2)
		lease("mail", "one", true) // renewed
		b.clock.advance(ttl - 1)
		lease("mail", "two", false)
		b.clock.advance(1)
		lease("mail", "two", true)
		lease("mail", "one", false)
	}},
}

// patience is how long a test waits for what should happen at once.
const patience = 20 * time.Second

func task(id, group string) inbox.Task {
	return inbox.Task{ID: id, Kind: inbox.Turns, Group: group, Due: morning}
}

func (b *bench) enqueue(all ...inbox.Task) {
	b.Helper()
	b.write(func(tx inbox.Writer) error {
		for _, t := range all {
			if err := tx.Enqueue(t); err != nil {
				return err
			}
		}
		return nil
	})
}

// claim claims up to n turns, which must be those named, in that order.
func (b *bench) claim(n int, want string) []inbox.Claim {
	b.Helper()
	claims, err := b.Claim(b.ctx(), inbox.Turns, n, ttl)
	if err != nil {
		b.Fatalf("Claim: %v", err)
	}
	if got := names(claims); got != want {
		b.Fatalf("claimed %q, want %q", got, want)
	}
	return claims
}

func names(claims []inbox.Claim) string {
	all := make([]string, len(claims))
	for i, c := range claims {
		all[i] = c.Task.ID
	}
	return strings.Join(all, " ")
}

func (b *bench) stale(c inbox.Claim) {
	b.Helper()
	b.refused(inbox.ErrStale, func(tx inbox.Writer) error { return tx.Finish(c) })
	b.refused(inbox.ErrStale, func(tx inbox.Writer) error { return tx.Postpone(c, morning) })
}

func (b *bench) nextDue(want time.Time) {
	b.Helper()
	got, err := b.NextDue(b.ctx(), inbox.Turns)
	if err != nil || !got.Equal(want) {
		b.Errorf("NextDue = %v, %v, want %v", got, err, want)
	}
}

// manyWorkers lets eight workers do 120 tasks of 12 groups, some of which fail
// at first.
func (b *bench) manyWorkers() {
	const groups, each = 12, 10
	for g := range groups {
		for n := range each {
			b.enqueue(task(fmt.Sprintf("g%d-%d", g, n), fmt.Sprint("g", g)))
		}
	}
	ctx, enough := context.WithTimeout(b.ctx(), patience)
	defer enough()
	var mu sync.Mutex
	done := make(map[string]string)
	left := groups * each
	inParallel(8, func(int) {
		for ctx.Err() == nil {
			claims, err := b.Claim(ctx, inbox.Turns, 3, ttl)
			if err != nil {
				return // the time is over, or all is done
			}
			for _, c := range claims {
				fails := c.Task.Attempts == 0 && strings.HasSuffix(c.Task.ID, "5")
				if !fails { // noted while the claim keeps the others of its group away
					mu.Lock()
					done[c.Task.Group] += strings.TrimPrefix(c.Task.ID, c.Task.Group+"-")
					mu.Unlock()
				}
				err := b.Update(b.ctx(), func(tx inbox.Writer) error {
					if fails {
						return tx.Postpone(c, morning)
					}
					return tx.Finish(c)
				})
				if err != nil {
					b.Errorf("%s: %v", c.Task.ID, err)
				}
				if fails {
					continue
				}
				mu.Lock()
				if left--; left == 0 {
					enough()
				}
				mu.Unlock()
			}
			if len(claims) == 0 {
				select {
				case <-ctx.Done():
				case <-b.Wake(inbox.Turns):
				case <-time.After(time.Millisecond):
				}
			}
		}
	})
	for g := range groups {
		equal(b, fmt.Sprint("order in group ", g), done[fmt.Sprint("g", g)], "0123456789")
	}
}
