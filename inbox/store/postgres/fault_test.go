package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tongdai/inbox"
	"tongdai/inbox/store/postgres/localpg"
	"tongdai/inbox/store/postgres/localpg/pgtest"
)

// sender brings messages as a platform does: again and again until each is
// acknowledged.
type sender struct {
	*testing.T
	store *Store
	name  string
	acked []string
	tries atomic.Int64
}

// bring tries once to have a message kept.
func (s *sender) bring(ctx context.Context, id string) error {
	s.tries.Add(1)
	return s.store.Update(ctx, func(tx inbox.Writer) error {
		known, _, err := tx.Remember(inbox.Key{Channel: "web", Kind: "said", Value: id}, [32]byte{1})
		if err != nil || known {
			return err
		}
		c := inbox.ConversationID(s.name)
		if _, err := tx.AppendMessage(inbox.Message{ID: inbox.MessageID(id), Conversation: c}); err != nil {
			return err
		}
		if err := tx.AppendEvent(inbox.Event{Kind: inbox.MessageAdded, Conversation: c, Message: inbox.MessageID(id)}); err != nil {
			return err
		}
		return tx.Enqueue(inbox.Task{ID: id, Kind: inbox.Turns, Group: s.name})
	})
}

// insist tries until the message is acknowledged. No other error than that the
// store cannot be written is allowed on the way.
func (s *sender) insist(ctx context.Context, id string) {
	for ctx.Err() == nil {
		trying, cancel := context.WithTimeout(ctx, 2*time.Second)
		err := s.bring(trying, id)
		cancel()
		switch {
		case err == nil:
			s.acked = append(s.acked, id)
			return
		case !errors.Is(err, inbox.ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled):
			s.Errorf("%s: %v", id, err)
			return
		}
		s.store.wait(ctx, 5*time.Millisecond)
	}
}

// mustHave checks that everything acknowledged is there, once and in order,
// with its task and its event, and nothing else.
func mustHave(t *testing.T, s *Store, senders []*sender) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	total := 0
	err := s.View(ctx, func(tx inbox.Reader) error {
		total = 0
		for _, from := range senders {
			found, err := tx.Messages(inbox.ConversationID(from.name), inbox.MessageQuery{})
			if err != nil {
				return err
			}
			if got := fmt.Sprint(messageIDs(found)); got != fmt.Sprint(from.acked) {
				t.Errorf("%s: acknowledged %v, kept %s", from.name, from.acked, got)
			}
			total += len(found)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	events := make(map[inbox.MessageID]int)
	for e, err := range s.Follow(ctx, 0) {
		if err != nil {
			t.Fatal(err)
		}
		events[e.Message]++
		if int(e.Seq) == total {
			break
		}
	}
	if len(events) != total {
		t.Errorf("%d messages have events, want %d", len(events), total)
	}
	for _, from := range senders {
		for _, id := range from.acked {
			claims := claimed(ctx, t, s)
			if len(claims) != 1 {
				t.Fatalf("%s: its task is missing", id)
			}
			if err := s.Update(ctx, func(tx inbox.Writer) error { return tx.Finish(claims[0]) }); err != nil {
				t.Fatal(err)
			}
		}
	}
	if claims := claimed(ctx, t, s); len(claims) != 0 {
		t.Errorf("a task too many: %v", claims)
	}
}

// claimed claims one task, as a worker does: a connection that was cut while
// nobody used it fails the first who does.
func claimed(ctx context.Context, t *testing.T, s *Store) []inbox.Claim {
	t.Helper()
	for {
		claims, err := s.Claim(ctx, inbox.Turns, 1, time.Minute)
		if err == nil {
			return claims
		}
		if ctx.Err() != nil || !errors.Is(err, inbox.ErrUnavailable) {
			t.Fatal(err)
		}
	}
}

func messageIDs(all []inbox.Message) []string {
	ids := make([]string, 0, len(all))
	for _, m := range all {
		ids = append(ids, string(m.ID))
	}
	return ids
}

// storm lets n senders bring messages while faults happen, and then a few more.
func storm(t *testing.T, s *Store, n int, faults func(ctx context.Context, acked *atomic.Int64)) []*sender {
	t.Helper()
	patience := 2 * time.Minute
	if long() {
		patience = 15 * time.Minute
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var senders []*sender
	var all sync.WaitGroup
	var acked atomic.Int64
	over := make(chan struct{})
	for i := range n {
		from := &sender{T: t, store: s, name: fmt.Sprintf("c%02d", i)}
		senders = append(senders, from)
		all.Go(func() {
			last := -1
			for m := 0; last < 0 || m < last; m++ {
				from.insist(ctx, fmt.Sprintf("%s-%03d", from.name, m))
				acked.Add(1)
				select {
				case <-over:
					if last < 0 {
						last = m + 3 // that all is well again
					}
				default:
				}
			}
		})
	}
	faults(ctx, &acked)
	close(over)
	all.Wait()
	if ctx.Err() != nil {
		t.Fatal("the store did not recover in time")
	}
	return senders
}

// more waits until n more have been acknowledged.
func more(t *testing.T, ctx context.Context, acked *atomic.Int64, n int64) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for want := acked.Load() + n; acked.Load() < want; {
		select {
		case <-ctx.Done():
			t.Error("nothing is acknowledged any more")
			return
		case <-tick.C:
		}
	}
}

// CLU-05: the connection is cut between COMMIT and its answer.
func TestACommitWhoseAnswerIsLostIsBroughtAgainHarmlessly(t *testing.T) {
	p := between(t, pgtest.Database(t))
	s := open(t, Options{URL: p.url})
	cuts := int64(5)
	if long() {
		cuts = 500
	}
	senders := storm(t, s, 8, func(ctx context.Context, acked *atomic.Int64) {
		for p.cuts.Load() < cuts && ctx.Err() == nil {
			p.cutCommits.Store(true)
			for before := p.cuts.Load(); p.cuts.Load() == before && ctx.Err() == nil; {
				s.wait(ctx, time.Millisecond)
			}
			p.cutCommits.Store(false)
			more(t, ctx, acked, 8)
		}
	})
	if p.cuts.Load() < cuts {
		t.Fatalf("%d answers were cut, want %d", p.cuts.Load(), cuts)
	}
	mustHave(t, s, senders)
}

// A database that was restarted has cut every connection that waits, and whoever
// reads must not hear of it.
func TestReadingOutlivesConnectionsThatWereCut(t *testing.T) {
	for _, reader := range []struct {
		name string
		read func(*Store) error
	}{
		{"a view", func(s *Store) error {
			return s.View(t.Context(), func(tx inbox.Reader) error {
				_, err := tx.Conversation("c1")
				return err
			})
		}},
		{"an update", func(s *Store) error {
			return pooled{s}.query(t.Context(), "SELECT id FROM conversation", nil, func(pgx.Rows) error { return nil })
		}},
	} {
		t.Run(reader.name, func(t *testing.T) {
			s := withConversation(t)
			var together, done sync.WaitGroup
			const readers = 4
			together.Add(readers)
			for range readers {
				done.Go(func() {
					if err := s.View(t.Context(), func(tx inbox.Reader) error {
						_, err := tx.Conversation("c1")
						together.Done()
						together.Wait() // each on a connection of its own
						return err
					}); err != nil {
						t.Error(err)
					}
				})
			}
			done.Wait()
			cutAll(t, s)
			if err := reader.read(s); err != nil {
				t.Errorf("after the cut: %v", err)
			}
		})
	}
}

// CLU-03: the database is restarted and connections are terminated under load.
func TestNothingIsLostWhileTheDatabaseRestarts(t *testing.T) {
	server := pgtest.OwnServer(t, localpg.Options{})
	s := open(t, Options{URL: pgtest.DatabaseOn(t, server)})
	const broken = 20 // connections in each round
	rounds := 1
	if long() {
		rounds = 10
	}
	senders := storm(t, s, 8, func(ctx context.Context, acked *atomic.Int64) {
		for range rounds {
			for _, mode := range []localpg.Mode{localpg.Fast, localpg.Immediate} {
				more(t, ctx, acked, 40)
				if err := server.Restart(ctx, mode); err != nil {
					t.Error(err)
				}
			}
			for n := 0; n < broken && ctx.Err() == nil; {
				more(t, ctx, acked, 10)
				ended, err := server.Terminate(ctx, 2)
				if err != nil {
					t.Error(err)
				}
				n += ended
			}
		}
	})
	mustHave(t, s, senders)
}

// CLU-06: whoever cannot wait is told in time, and the store works again by itself.
func TestASlowDatabaseIsToldInTime(t *testing.T) {
	p := between(t, pgtest.Database(t))
	s := open(t, Options{URL: p.url, Patience: 3 * time.Second})
	from := &sender{T: t, store: s, name: "c"}
	from.insist(t.Context(), "m0")
	p.delay.Store(int64(2 * time.Second))
	for i := range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		begun := time.Now()
		err := from.bring(ctx, "m1")
		cancel()
		if err == nil {
			t.Fatal("a database that answers after two seconds acknowledged within half a one")
		}
		if took := time.Since(begun); took > 1500*time.Millisecond {
			t.Errorf("try %d was told after %v", i, took)
		}
	}
	p.delay.Store(0)
	from.insist(t.Context(), "m1")
	mustHave(t, s, []*sender{from})
}

func TestALockedTableIsToldInTime(t *testing.T) {
	url := pgtest.Database(t)
	s := open(t, Options{URL: url})
	from := &sender{T: t, store: s, name: "c"}
	from.insist(t.Context(), "m0")
	other := outsider(t, url)
	locked, err := other.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := locked.Exec(t.Context(), "LOCK TABLE message"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := from.bring(ctx, "m1"); !errors.Is(err, inbox.ErrUnavailable) {
		t.Errorf("while the table is locked: %v, want ErrUnavailable", err)
	}
	if err := locked.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	from.insist(t.Context(), "m1")
	mustHave(t, s, []*sender{from})
}

// CLU-04: what the standby that was promoted does not have was never acknowledged.
func TestNothingAcknowledgedIsLostWhenASynchronousStandbyIsPromoted(t *testing.T) {
	rounds := 1
	if long() {
		rounds = 20
	}
	for round := range rounds {
		t.Run(fmt.Sprint("failover ", round+1), func(t *testing.T) {
			primary := pgtest.OwnServer(t, localpg.Options{})
			url := pgtest.DatabaseOn(t, primary)
			standby := pgtest.Standby(t, primary, localpg.Options{Synchronous: true})
			name := database(t, url)
			both := fmt.Sprintf("host=127.0.0.1,127.0.0.1 port=%d,%d user=%s dbname=%s sslmode=disable target_session_attrs=read-write connect_timeout=2",
				primary.Port(), standby.Port(), localpg.Role, name)
			s := open(t, Options{URL: both, Patience: 3 * time.Second})
			if caveats := s.Caveats(); len(caveats) != 0 {
				t.Errorf("with a synchronous standby: %v", caveats)
			}
			senders := storm(t, s, 8, func(ctx context.Context, acked *atomic.Int64) {
				more(t, ctx, acked, 100)
				if err := primary.Kill(); err != nil {
					t.Error(err)
				}
				if err := standby.Promote(ctx); err != nil {
					t.Error(err)
				}
				more(t, ctx, acked, 100)
			})
			mustHave(t, s, senders)
		})
	}
}

// A server that gives up waiting for its synchronous standby says COMMIT, with
// a warning: that is no acknowledgement.
func TestACommitThatTheStandbyDoesNotHaveIsNotAcknowledged(t *testing.T) {
	primary := pgtest.OwnServer(t, localpg.Options{})
	url := pgtest.DatabaseOn(t, primary)
	standby := pgtest.Standby(t, primary, localpg.Options{Synchronous: true})
	s := open(t, Options{URL: url})
	from := &sender{T: t, store: s, name: "c"}
	from.insist(t.Context(), "m0")
	if err := standby.Stop(localpg.Immediate); err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 1)
	go func() { result <- from.bring(t.Context(), "m1") }()
	canceller, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = canceller.Close(context.Background()) }()
	for {
		var cancelled int
		if err := canceller.QueryRow(t.Context(), `SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity
			WHERE wait_event = 'SyncRep' AND pid <> pg_backend_pid()`).Scan(&cancelled); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-result:
			if !errors.Is(err, inbox.ErrUnavailable) {
				t.Errorf("Update = %v, want ErrUnavailable", err)
			}
		case <-time.After(time.Millisecond):
			continue
		}
		break
	}
	again, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if err := from.bring(again, "m1"); !errors.Is(err, inbox.ErrUnavailable) {
		t.Errorf("brought again, and still no standby has it: %v, want ErrUnavailable", err)
	}
	if err := standby.StartAgain(t.Context()); err != nil {
		t.Fatal(err)
	}
	from.insist(t.Context(), "m1")
	mustHave(t, s, []*sender{from})
}

func TestWhatTheDatabaseDoesNotGuaranteeIsTold(t *testing.T) {
	s := open(t, Options{URL: pgtest.Database(t)}) // on a server that does not flush and has no standby
	told := strings.Join(s.Caveats(), "\n")
	for _, want := range []string{"fsync is off", "replication is not synchronous"} {
		if !strings.Contains(told, want) {
			t.Errorf("%q is not told:\n%s", want, told)
		}
	}
}
