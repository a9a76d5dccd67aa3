package transfer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"iter"
)

// A batch is written, and its progress kept, in one transaction.
const (
	batchItems = 2000
	batchBytes = 8 << 20
)

// Sum is what one side holds of a kind. Digest is the SHA-256 over all items in
// order: key and value, each after its length as a varint (unsigned LEB128).
type Sum struct {
	Kind   Kind
	Items  int64
	Digest [sha256.Size]byte
}

// Step is what Move, Survey and Export are doing.
type Step string

// The steps of a kind.
const (
	Reading   Step = "reading"
	Copying   Step = "copying"
	Comparing Step = "comparing"
)

// Tell hears how far a step of a kind has come, and when it is done.
type Tell func(step Step, kind Kind, items int64, done bool)

// Ready tells whether from can be moved to the target, and whether an earlier
// Move was broken off there. Nothing is written. Its errors are those of
// Source.Mark and Target.State, ErrOccupied and ErrOther.
func Ready(ctx context.Context, from Source, to Target) (mark string, begun bool, err error) {
	if mark, err = from.Mark(ctx); err != nil {
		return "", false, fmt.Errorf("source: %w", err)
	}
	state, err := to.State(ctx)
	switch {
	case err != nil:
		return "", false, fmt.Errorf("target: %w", err)
	case state.Occupied:
		return "", false, ErrOccupied
	case state.Begun && state.Mark != mark:
		return "", false, ErrOther
	}
	return mark, state.Begun, nil
}

// Move carries everything from one store to another, or goes on with a Move
// that was broken off. When it returns nil the target is in its place and holds
// the same as the source, item by item. Nobody may work on either meanwhile.
func Move(ctx context.Context, from Source, to Target, tell Tell) ([]Sum, error) {
	mark, _, err := Ready(ctx, from, to)
	if err != nil {
		return nil, err
	}
	if err := to.Begin(ctx, mark); err != nil {
		return nil, fmt.Errorf("target: %w", err)
	}
	for _, s := range shapes {
		if err := copyKind(ctx, from, to, s, tell); err != nil {
			return nil, err
		}
	}
	sums, err := compare(ctx, from, to, tell)
	if err != nil {
		return nil, err
	}
	switch now, err := from.Mark(ctx); {
	case err != nil:
		return nil, fmt.Errorf("source: %w", err)
	case now != mark:
		return nil, ErrChanged
	}
	if err := to.Settle(ctx); err != nil {
		return nil, fmt.Errorf("target: %w", err)
	}
	return sums, nil
}

func copyKind(ctx context.Context, from Source, to Target, s shape, tell Tell) error {
	done, err := to.Progress(ctx, s.kind)
	if err != nil {
		return fmt.Errorf("target: %w", err)
	}
	var batch []Item
	size := 0
	write := func() error {
		if len(batch) == 0 {
			return nil
		}
		if err := to.Write(ctx, s.kind, batch); err != nil {
			return fmt.Errorf("target: write %s: %w", s.kind, err)
		}
		done.Items += int64(len(batch))
		tell(Copying, s.kind, done.Items, false)
		batch, size = batch[:0], 0
		return nil
	}
	for it, err := range from.Items(ctx, s.kind, done.After) {
		if err != nil {
			return fmt.Errorf("source: read %s: %w", s.kind, err)
		}
		if err := s.check(it); err != nil {
			return fmt.Errorf("source: %w", broken(s.kind, it, err))
		}
		batch = append(batch, it)
		if size += len(it.Key) + len(it.Value); len(batch) == batchItems || size >= batchBytes {
			if err := write(); err != nil {
				return err
			}
		}
	}
	if err := write(); err != nil {
		return err
	}
	tell(Copying, s.kind, done.Items, true)
	return ctx.Err()
}

// compare reads both sides again, side by side.
func compare(ctx context.Context, from Source, to Target, tell Tell) ([]Sum, error) {
	var sums []Sum
	for _, s := range shapes {
		sum, err := compareKind(ctx, from, to, s.kind, tell)
		if err != nil {
			return nil, err
		}
		tell(Comparing, s.kind, sum.Items, true)
		sums = append(sums, sum)
	}
	return sums, nil
}

func compareKind(ctx context.Context, from Source, to Target, kind Kind, tell Tell) (Sum, error) {
	there, stop := iter.Pull2(to.Items(ctx, kind, nil))
	defer stop()
	left, right := NewSummer(), NewSummer()
	for it, err := range from.Items(ctx, kind, nil) {
		if err != nil {
			return Sum{}, fmt.Errorf("source: read %s: %w", kind, err)
		}
		other, err, more := there()
		if err != nil {
			return Sum{}, fmt.Errorf("target: read %s: %w", kind, err)
		}
		if !more || !bytes.Equal(it.Key, other.Key) || !bytes.Equal(it.Value, other.Value) {
			return Sum{}, fmt.Errorf("%w: at the %s number %d, %x", ErrDiffers, kind, left.items+1, it.Key)
		}
		left.Add(it)
		right.Add(other)
		if left.items%batchItems == 0 {
			tell(Comparing, kind, left.items, false)
		}
	}
	if other, err, more := there(); err != nil {
		return Sum{}, fmt.Errorf("target: read %s: %w", kind, err)
	} else if more {
		return Sum{}, fmt.Errorf("%w: the target has more %s, from %x", ErrDiffers, kind, other.Key)
	}
	if left.Sum(kind) != right.Sum(kind) {
		return Sum{}, fmt.Errorf("%w: the %s have other digests", ErrDiffers, kind)
	}
	return left.Sum(kind), ctx.Err()
}

// Survey reads everything that a store keeps and checks every item, so that
// damage is known before anything is moved.
func Survey(ctx context.Context, from Source, tell Tell) (sums []Sum, err error) {
	for _, s := range shapes {
		sum, damage := read(ctx, from, s, func(Item) error { return nil }, tell)
		err = errors.Join(err, damage)
		if damage != nil && !errors.Is(damage, ErrBroken) {
			return sums, err
		}
		sums = append(sums, sum)
	}
	return sums, err
}

// read sums up a kind and shows each of its items.
func read(ctx context.Context, from Source, s shape, each func(Item) error, tell Tell) (Sum, error) {
	total := NewSummer()
	for it, err := range from.Items(ctx, s.kind, nil) {
		if err != nil {
			return Sum{}, fmt.Errorf("source: read %s: %w", s.kind, err)
		}
		if err := s.check(it); err != nil {
			return Sum{}, fmt.Errorf("source: %w", broken(s.kind, it, err))
		}
		if err := each(it); err != nil {
			return Sum{}, err
		}
		if total.Add(it); total.items%batchItems == 0 {
			tell(Reading, s.kind, total.items, false)
		}
	}
	tell(Reading, s.kind, total.items, true)
	return total.Sum(s.kind), ctx.Err()
}

// Summer sums the items of a kind, in their order.
type Summer struct {
	hash  hash.Hash
	items int64
	buf   []byte
}

// NewSummer has seen no item.
func NewSummer() *Summer { return &Summer{hash: sha256.New()} }

// Add takes the next item.
func (s *Summer) Add(it Item) {
	s.items++
	for _, b := range [][]byte{it.Key, it.Value} {
		s.buf = binary.AppendUvarint(s.buf[:0], uint64(len(b)))
		s.hash.Write(s.buf)
		s.hash.Write(b)
	}
}

// Sum is what all items so far add up to.
func (s *Summer) Sum(kind Kind) Sum {
	return Sum{Kind: kind, Items: s.items, Digest: [sha256.Size]byte(s.hash.Sum(nil))}
}
