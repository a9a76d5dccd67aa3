package postgres

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"pgregory.net/rapid"

	"tongdai/inbox"
	"tongdai/inbox/store/postgres/localpg/pgtest"
)

// diary is where many write and others follow.
type diary interface {
	// write writes a message and its events, and tells its place in the conversation.
	write(ctx context.Context, writer int, e entry, think time.Duration) (place uint64, err error)
	follow(ctx context.Context, follower int, after inbox.Seq) iter.Seq2[inbox.Event, error]
	// last is the last number; after the last writer has gone, the last of all.
	last(ctx context.Context) (inbox.Seq, error)
}

// storm64 is how 64 people write while others follow.
type storm64 struct {
	seed          uint64
	conversations int
	each          int           // messages of each writer
	think         time.Duration // at most, within the function
	fails         int           // of a hundred functions
	followers     int
	legs          int // events that a follower stays for, at most
	back          int // of a hundred legs, so many begin at a random number, the others where the last ended
}

const writers64 = 64

var errFails = errors.New("a function that fails")

// rage lets everybody write and follow, and returns the books once every
// follower has been told of the last event, or when ctx ends.
func (s storm64) rage(ctx context.Context, d diary, name string) (*books, error) {
	base, err := d.last(ctx)
	if err != nil {
		return nil, err
	}
	b := &books{Base: base}
	following, stop := context.WithCancel(ctx)
	defer stop()
	at := make([]atomic.Uint64, s.followers)
	var reading, writing sync.WaitGroup
	for f := range s.followers {
		reading.Go(func() { s.read(following, d, b, f, &at[f]) })
	}
	errs := make([]error, writers64)
	for w := range writers64 {
		writing.Go(func() { errs[w] = s.write(ctx, d, b, name, w) })
	}
	writing.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if b.Last, err = d.last(ctx); err != nil {
		return nil, err
	}
	behind := func(n *atomic.Uint64) bool { return inbox.Seq(n.Load()) < b.Last }
	for ctx.Err() == nil && slices.ContainsFunc(pointers(at), behind) {
		pause(ctx, time.Millisecond)
	}
	stop()
	reading.Wait()
	return b, nil
}

func pointers[T any](all []T) []*T {
	out := make([]*T, len(all))
	for i := range all {
		out[i] = &all[i]
	}
	return out
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// write is one writer, who tries again until a message is kept or its function fails.
func (s storm64) write(ctx context.Context, d diary, b *books, name string, writer int) error {
	random := rand.New(rand.NewPCG(s.seed, uint64(writer)))
	for n := range s.each {
		e := entry{
			Conversation: inbox.ConversationID(fmt.Sprintf("%s-c%d", name, random.IntN(s.conversations))),
			Message:      inbox.MessageID(fmt.Sprintf("%s-%02d-%d", name, writer, n)),
			More:         random.IntN(3), Failed: random.IntN(100) < s.fails,
		}
		think := time.Duration(random.Int64N(int64(s.think) + 1))
		var err error
		for {
			if e.Place, err = d.write(ctx, writer, e, think); !errors.Is(err, inbox.ErrUnavailable) || ctx.Err() != nil {
				break
			}
		}
		if e.Failed != errors.Is(err, errFails) || !e.Failed && err != nil {
			return fmt.Errorf("%s: %w", e.Message, err)
		}
		b.wrote(e)
	}
	return nil
}

// read is one follower, who leaves and resumes again and again.
func (s storm64) read(ctx context.Context, d diary, b *books, follower int, at *atomic.Uint64) {
	random := rand.New(rand.NewPCG(s.seed, uint64(1000+follower)))
	for last := b.Base; ctx.Err() == nil; {
		l := leg{Follower: follower, After: last}
		if random.IntN(100) < s.back {
			l.After = b.Base + inbox.Seq(random.Uint64N(uint64(last-b.Base)+1))
		}
		stay := 1 + random.IntN(s.legs)
		for e, err := range d.follow(ctx, follower, l.After) {
			if err != nil {
				break // nothing is told, and that will be seen
			}
			l.Events = append(l.Events, toldEvent{e.Seq, e.Kind, e.Conversation, e.Message})
			last = max(last, e.Seq)
			at.Store(uint64(last))
			if stay--; stay == 0 {
				break
			}
		}
		b.followed(l)
	}
}

// stores are the nodes of a hub as a diary. Every fourth writer writes step by
// step, in a transaction that is open while its function runs.
type stores []*Store

func (all stores) write(ctx context.Context, writer int, e entry, think time.Duration) (place uint64, err error) {
	err = all[writer%len(all)].Update(ctx, func(tx inbox.Writer) error {
		known, _, err := tx.Remember(inbox.Key{Channel: "web", Kind: "said", Value: string(e.Message)}, [32]byte{1})
		if err != nil {
			return err
		}
		if known { // a commit whose outcome was not known
			m, err := tx.Message(e.Message)
			place = m.Seq
			return err
		}
		if writer%4 == 0 {
			if err := tx.LineUp(string(e.Message)); err != nil {
				return err
			}
		}
		m, err := tx.AppendMessage(inbox.Message{ID: e.Message, Conversation: e.Conversation})
		if err != nil {
			return err
		}
		place = m.Seq
		for i := range 1 + e.More {
			kind := inbox.ConversationChanged
			if i == 0 {
				kind = inbox.MessageAdded
			}
			if err := tx.AppendEvent(inbox.Event{Kind: kind, Conversation: e.Conversation, Message: e.Message}); err != nil {
				return err
			}
		}
		pause(ctx, think)
		if e.Failed {
			return errFails
		}
		return nil
	})
	return place, err
}

func (all stores) follow(ctx context.Context, follower int, after inbox.Seq) iter.Seq2[inbox.Event, error] {
	return all[follower%len(all)].Follow(ctx, after)
}

func (all stores) last(ctx context.Context) (n inbox.Seq, err error) {
	if err := all[0].numberEvents(); err != nil {
		return 0, err
	}
	err = all[0].View(ctx, func(tx inbox.Reader) (err error) {
		n, err = tx.LastEvent()
		return err
	})
	return n, err
}

// seeded prints the seed of rapid, and chooses one unless it was given.
func seeded(t *testing.T) {
	t.Helper()
	seed := flag.Lookup("rapid.seed").Value
	if seed.String() == "0" {
		if err := seed.Set(fmt.Sprint(time.Now().UnixNano())); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = seed.Set("0") })
	}
	t.Logf("again with -rapid.seed=%s -rapid.checks=%s", seed, flag.Lookup("rapid.checks").Value)
}

// CLU-10: 64 writers on three nodes, whose functions take their time and whose
// commits are held on the way to the database; followers who leave and resume
// at any number. Nobody misses an event because its commit came late.
func TestFollowersMissNoLateCommit(t *testing.T) {
	seeded(t)
	database := pgtest.Database(t)
	var longest atomic.Int64
	held := func() time.Duration { return time.Duration(rand.Int64N(longest.Load() + 1)) }
	p := betweenLate(t, database, held)
	nodes := stores{open(t, Options{URL: p.url}), open(t, Options{URL: p.url}), open(t, Options{URL: p.url})}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	storms, events := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		s := storm64{
			seed:          rapid.Uint64().Draw(rt, "seed"),
			conversations: rapid.IntRange(1, 40).Draw(rt, "conversations"),
			each:          rapid.IntRange(1, 4).Draw(rt, "each"),
			think:         time.Duration(rapid.IntRange(0, 4).Draw(rt, "think")) * time.Millisecond,
			fails:         rapid.IntRange(0, 30).Draw(rt, "fails"),
			followers:     rapid.IntRange(1, 8).Draw(rt, "followers"),
			legs:          rapid.IntRange(1, 100).Draw(rt, "legs"),
			back:          rapid.IntRange(0, 40).Draw(rt, "back"),
		}
		longest.Store(int64(rapid.IntRange(0, 25).Draw(rt, "held")) * int64(time.Millisecond))
		storms++
		storming, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		b, err := s.rage(storming, nodes, fmt.Sprint("s", storms))
		if err != nil {
			rt.Fatal(err)
		}
		events += int(b.Last - b.Base)
		if all := b.problems(); len(all) > 0 {
			rt.Fatalf("%d problems, the first: %s; the books are in %s", len(all), all[0], b.keep(t))
		}
	})
	late := lateCommits(t, nodes[0])
	t.Logf("%d storms, %d events, %d commits held, %d of them visible after what was written later", storms, events, p.held.Load(), late)
	if p.held.Load() == 0 || late == 0 {
		t.Error("no commit was late: this shows nothing")
	}
}

// lateCommits counts the transactions that wrote their events before others
// and became visible after them: a number taken while writing would have been
// passed by.
func lateCommits(t *testing.T, s *Store) (n int) {
	t.Helper()
	err := s.reading.QueryRow(t.Context(), `SELECT count(*) FROM
		(SELECT first, min(first) OVER (ORDER BY ord ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS later FROM event) numbered
		WHERE later < first`).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// sequenced is the mutant: a log whose numbers come from a sequence, taken while
// writing.
type sequenced struct{ pool *pgxpool.Pool }

func newSequenced(t *testing.T) sequenced {
	t.Helper()
	config, err := pgxpool.ParseConfig(pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = writers64
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	_, err = pool.Exec(t.Context(), `CREATE TABLE diary (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text, conversation text, message text);
		CREATE TABLE place (conversation text PRIMARY KEY, n bigint NOT NULL)`)
	if err != nil {
		t.Fatal(err)
	}
	return sequenced{pool}
}

func (d sequenced) write(ctx context.Context, _ int, e entry, think time.Duration) (place uint64, err error) {
	tx, err := d.pool.Begin(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback(ctx) }() // nothing to roll back once it is committed
	err = tx.QueryRow(ctx, `INSERT INTO place VALUES ($1, 1) ON CONFLICT (conversation) DO UPDATE SET n = place.n + 1 RETURNING n`, e.Conversation).Scan(&place)
	for i := range 1 + e.More {
		kind := inbox.ConversationChanged
		if i == 0 {
			kind = inbox.MessageAdded
		}
		if err == nil {
			_, err = tx.Exec(ctx, "INSERT INTO diary (kind, conversation, message) VALUES ($1, $2, $3)", string(kind), e.Conversation, e.Message)
		}
	}
	pause(ctx, think)
	if err != nil {
		return 0, err
	}
	return place, tx.Commit(ctx)
}

func (d sequenced) follow(ctx context.Context, _ int, after inbox.Seq) iter.Seq2[inbox.Event, error] {
	return func(yield func(inbox.Event, error) bool) {
		for ctx.Err() == nil {
			batch, err := d.after(ctx, after)
			if err != nil && ctx.Err() == nil {
				yield(inbox.Event{}, err)
				return
			}
			for _, e := range batch {
				if !yield(e, nil) {
					return
				}
				after = e.Seq
			}
			pause(ctx, time.Millisecond)
		}
	}
}

func (d sequenced) after(ctx context.Context, n inbox.Seq) (found []inbox.Event, err error) {
	rows, err := d.pool.Query(ctx, "SELECT n, kind, conversation, message FROM diary WHERE n > $1 ORDER BY n LIMIT 64", int64(n))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var e inbox.Event
		if err := rows.Scan(&e.Seq, &e.Kind, &e.Conversation, &e.Message); err != nil {
			return nil, err
		}
		found = append(found, e)
	}
	return found, rows.Err()
}

func (d sequenced) last(ctx context.Context) (n inbox.Seq, err error) {
	err = d.pool.QueryRow(ctx, "SELECT coalesce(max(n), 0) FROM diary").Scan(&n)
	return n, err
}

// The mutant must be noticed: as the storm of CLU-10 goes over it, followers
// skip what commits late.
func TestNumbersTakenWhileWritingAreNoticed(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	d, told := newSequenced(t), 0
	for seed := range uint64(10) { // where nobody looks at the moment of a late commit, nothing is skipped
		s := storm64{seed: seed, conversations: 40, each: 2, think: 4 * time.Millisecond, followers: 3, legs: 50, back: 10}
		b, err := s.rage(ctx, d, fmt.Sprint("s", seed))
		if err != nil {
			t.Fatal(err)
		}
		all := b.problems()
		if skipped := slices.IndexFunc(all, func(p string) bool { return strings.Contains(p, "was skipped") }); skipped >= 0 {
			t.Logf("noticed in storm %d, with %d problems in all: %s", seed+1, len(all), all[skipped])
			return
		}
		told += len(all)
	}
	t.Fatalf("the mutant survived: no follower skipped anything in ten storms, with %d other problems", told)
}
