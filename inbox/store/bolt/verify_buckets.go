package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"tongdai/inbox"
)

// How many rows are read in one transaction: all of a bucket, or so few that no
// commit waits for the reader for long.
const (
	wholeBucket = 1 << 62
	stepRows    = 2000
)

// verifier goes through buckets.
type verifier struct {
	v       *Verification
	options VerifyOptions
	begin   func(fn func(t *trees) error) error
	step    int
	tally   *tally
	codes   *codes
	// claimed counts the rows of each index that sound records ask for and that
	// are there. Where an index has no more rows than that, each of them is one of
	// those, and none needs to be held against its record once more.
	claimed [bucketCount]int64
}

// all goes through the buckets one after the other.
func (w *verifier) all(ctx context.Context) error {
	for b := range bucketCount {
		if err := w.bucket(ctx, b); err != nil {
			return err
		}
	}
	return w.numbers()
}

// whole goes through the buckets of a file that nobody writes to: those of
// records, as many at a time as there are processors, then the indexes, whose
// rows the records have claimed.
func (w *verifier) whole(ctx context.Context) error {
	for _, index := range []bool{false, true} {
		var parts []*verifier
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(runtime.GOMAXPROCS(0))
		for b := range bucketCount {
			if indexes[b] != index {
				continue
			}
			part := &verifier{v: &Verification{}, options: w.options, begin: w.begin, step: w.step, tally: w.tally, codes: w.codes, claimed: w.claimed}
			parts = append(parts, part)
			g.Go(func() error { return part.bucketOfFile(ctx, b) })
		}
		if err := g.Wait(); err != nil {
			return err
		}
		before := w.claimed
		for _, part := range parts {
			w.v.add(part.v)
			for b := range part.claimed {
				w.claimed[b] += part.claimed[b] - before[b]
			}
		}
	}
	return w.numbers()
}

// bucketOfFile is bucket, without looks at the rows of an index that all are claimed.
func (w *verifier) bucketOfFile(ctx context.Context, b bucket) error {
	if !indexes[b] {
		return w.bucket(ctx, b)
	}
	n := int64(0)
	err := w.begin(func(t *trees) error {
		cursor := t.tree(b).Cursor()
		for key, _ := cursor.First(); key != nil; key, _ = cursor.Next() {
			n++
		}
		return nil
	})
	if err == nil && n == w.claimed[b] {
		return w.through(ctx, &check{b: b, look: func(*check, []byte, []byte) {}, claimed: &w.claimed})
	}
	return w.bucket(ctx, b) // which tells why it could not be read to its end
}

// numbers looks at the counts of what is numbered.
func (w *verifier) numbers() error {
	err := w.begin(numbersHold)
	if found, damaged := errors.AsType[*Broken](err); damaged {
		w.v.found(Finding{Words: found.Error()})
		return nil
	}
	return err
}

// bucket goes through a bucket.
func (w *verifier) bucket(ctx context.Context, b bucket) error {
	return w.through(ctx, &check{b: b, look: checks[b], claimed: &w.claimed})
}

// through goes through a bucket, some rows at a time. One that cannot be read to
// its end is a finding, and the others are gone through all the same.
func (w *verifier) through(ctx context.Context, c *check) error {
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := w.begin(func(t *trees) (err error) {
			c.t = t
			more, err = w.rows(ctx, c)
			return err
		})
		if found, damaged := errors.AsType[*Broken](err); damaged {
			w.v.found(Finding{Table: c.b.String(), Words: fmt.Sprintf("không đọc hết được bảng %s: %s", c.b, found.Found)})
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tellEvery is how many rows are read between two words of progress.
const tellEvery = 1000

func (w *verifier) rows(ctx context.Context, c *check) (more bool, err error) {
	cursor := c.t.tree(c.b).Cursor()
	key, value := cursor.First()
	if c.last != nil {
		if key, value = cursor.Seek(c.last); bytes.Equal(key, c.last) {
			key, value = cursor.Next()
		}
	}
	done := int64(0)
	defer func() { w.tally.add(done) }()
	for n := 0; key != nil; key, value = cursor.Next() {
		if n++; n > w.step {
			return true, nil
		}
		if n%tellEvery == 0 {
			if ctx.Err() != nil {
				return false, ctx.Err()
			}
			w.tally.add(done)
			done = 0
		}
		c.key, c.wrong, c.files = key, c.wrong[:0], c.files[:0]
		if c.last != nil && bytes.Compare(key, c.last) <= 0 {
			c.say("khóa không đúng thứ tự")
		}
		c.look(c, key, value)
		w.take(c)
		w.v.Records++
		done += int64(len(key) + len(value))
		c.last = append(c.last[:0], key...)
	}
	return false, nil
}

// take keeps what a look at a row has found.
func (w *verifier) take(c *check) {
	if len(c.wrong) > 0 {
		what := words(c.b.String(), c.key, w.codes.naming(c.t))
		for _, wrong := range c.wrong {
			w.v.found(Finding{Table: c.b.String(), Key: fmt.Sprintf("%x", c.key), Words: what + ": " + wrong})
		}
	}
	if w.options.File != nil && len(c.files) > 0 {
		carrier := words(c.b.String(), c.key, w.codes.naming(c.t))
		w.tally.mu.Lock()
		defer w.tally.mu.Unlock()
		for _, id := range c.files {
			w.options.File(id, carrier)
		}
	}
}

// add is what a part of the buckets came to.
func (v *Verification) add(part *Verification) {
	v.Records += part.Records
	v.More += part.More
	for _, f := range part.Findings {
		v.found(f)
	}
}

// tally tells how far all have come together. What is asked of the caller of
// Verify is asked by one at a time.
type tally struct {
	mu       sync.Mutex
	progress progress
	done     int64
}

func (t *tally) add(n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done += n
	t.progress.tell(t.done)
}

// codes are those of conversations, by the index of codes, which tells the code of
// one whose own record is damaged. They are read when the first is asked for.
type codes struct {
	once sync.Once
	of   map[inbox.ConversationID]string
}

func (c *codes) naming(t *trees) naming {
	return func(id inbox.ConversationID) string {
		c.once.Do(func() {
			c.of = make(map[inbox.ConversationID]string)
			cursor := t.tree(conversationsByCode).Cursor()
			for code, of := cursor.First(); code != nil; code, of = cursor.Next() {
				c.of[inbox.ConversationID(of)] = string(code)
			}
		})
		return c.of[id]
	}
}

// claim says whether b has the row of an index that a record asks for, and counts it.
func (c *check) claim(b bucket, key []byte) bool {
	at, _ := c.t.tree(b).Cursor().Seek(key)
	return c.counted(b, bytes.Equal(at, key))
}

// leads says whether the row of an index leads to a record, and counts it.
func (c *check) leads(b bucket, key, to []byte) bool {
	return c.counted(b, len(key) > 0 && bytes.Equal(c.t.tree(b).Get(key), to))
}

// counted counts a row that is there. What a record asks for in which something is
// wrong does not count: another may ask for the same row.
func (c *check) counted(b bucket, there bool) bool {
	if there && len(c.wrong) == 0 {
		c.claimed[b]++
	}
	return there
}

// first reports whether nothing before the i-th of all is the same: a record that
// says something twice asks for one row.
func first[T comparable](all []T, i int) bool { return !slices.Contains(all[:i], all[i]) }
