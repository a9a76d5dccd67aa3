package media

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// An object store cannot take an object aside or remove it only if it is still
// old, so a sweep and an upload of the same content have to agree. Before a
// sweep removes an object it writes a mark, and then looks whether the object is
// still old. An upload writes the object, then looks for marks, and then
// whether the object is there. Whichever order these steps fall into: either
// the sweep sees a young object and leaves it, or the upload waits for the
// mark to go, sees that the object went with it, and uploads again.

const (
	marks    = "sweeping/" // marks of objects about to be removed: sweeping/ID/MARK
	checking = "checking/" // objects of check
	// markLife is how long after its mark a sweep may still remove an object;
	// markStale is when a mark counts no more, because whoever wrote it must have
	// died. The storage's clocks and requests on their way lie between.
	markLife  = time.Minute
	markStale = 5 * time.Minute
	markPause = 100 * time.Millisecond // between looks at a mark
)

func newMark() string { return rand.Text() }

// confirm reports whether an object that was just uploaded is there to stay;
// false: a sweep removed it, upload it again.
func (b *bucket) confirm(ctx context.Context, id string, size int64) (bool, error) {
	for {
		mark, err := b.lastMark(ctx, id)
		if err != nil {
			return false, err
		}
		kept, err := b.objects.Attributes(ctx, b.key(id))
		switch {
		case gcerrors.Code(err) == gcerrors.NotFound:
			if mark.IsZero() {
				return false, nil
			}
		case err != nil:
			return false, err
		case kept.Size != size:
			return false, fmt.Errorf("object %s has %d bytes after an upload of %d", id, kept.Size, size)
		case mark.IsZero() || kept.ModTime.Sub(mark) > markStale:
			return true, nil
		}
		select {
		case <-ctx.Done():
			return false, fmt.Errorf("object %s is being swept: %w", id, ctx.Err())
		case <-time.After(markPause):
		}
	}
}

// lastMark is when the youngest mark of an object was written, zero without one.
func (b *bucket) lastMark(ctx context.Context, id string) (last time.Time, err error) {
	err = b.each(ctx, b.Prefix+marks+id+"/", func(o *blob.ListObject) error {
		if o.ModTime.After(last) {
			last = o.ModTime
		}
		return nil
	})
	return last, err
}

// each calls fn for every object under prefix. A page of the list gets as long
// as any other request.
func (b *bucket) each(ctx context.Context, prefix string, fn func(*blob.ListObject) error) error {
	const pageSize = 1000
	for token := blob.FirstPageToken; len(token) > 0; {
		asking, cancel := context.WithTimeout(ctx, b.Timeout)
		page, next, err := b.objects.ListPage(asking, token, pageSize, &blob.ListOptions{Prefix: prefix})
		cancel()
		if err != nil {
			return err
		}
		for _, o := range page {
			if err := fn(o); err != nil {
				return err
			}
		}
		token = next
	}
	return nil
}

func (b *bucket) sweep(ctx context.Context, before time.Time, used inUse) (removed swept, err error) {
	err = b.each(ctx, b.Prefix, func(o *blob.ListObject) error {
		if o.ModTime.After(before) {
			return nil
		}
		name := strings.TrimPrefix(o.Key, b.Prefix)
		if strings.HasPrefix(name, checking) || strings.HasPrefix(name, marks) && isID(path.Base(path.Dir(name))) {
			return b.remove(ctx, o.Key) // left by a node that died
		}
		if !isID(name) {
			return nil // not ours
		}
		gone, err := b.sweepObject(ctx, name, before, used)
		if gone {
			removed.add(o.Size)
		}
		return err
	})
	return removed, err
}

// sweepObject removes an old object that nobody mentions and reports whether it
// did.
func (b *bucket) sweepObject(ctx context.Context, id string, before time.Time, used inUse) (gone bool, err error) {
	if mentioned, err := used(ctx, id); mentioned || err != nil {
		return false, err
	}
	mark, marked := b.Prefix+marks+id+"/"+newMark(), time.Now()
	if err := b.within(ctx, func(ctx context.Context) error { return b.objects.WriteAll(ctx, mark, nil, plain) }); err != nil {
		return false, err
	}
	judged, err := b.judge(ctx, id, before, used)
	if judged && time.Since(marked) < markLife {
		if err := b.remove(ctx, b.key(id)); err != nil {
			return false, err // it may yet be removed: the mark stays
		}
		gone = true
	}
	// The mark goes even when the sweep is told to stop.
	return gone, errors.Join(err, b.remove(context.WithoutCancel(ctx), mark))
}

// judge reports whether a marked object is still old and unused.
func (b *bucket) judge(ctx context.Context, id string, before time.Time, used inUse) (bool, error) {
	var kept *blob.Attributes
	err := b.within(ctx, func(ctx context.Context) (err error) {
		kept, err = b.objects.Attributes(ctx, b.key(id))
		return err
	})
	if gcerrors.Code(err) == gcerrors.NotFound {
		return false, nil
	}
	if err != nil || kept.ModTime.After(before) {
		return false, err
	}
	mentioned, err := used(ctx, id)
	return err == nil && !mentioned, err
}

// remove removes an object that may be gone already.
func (b *bucket) remove(ctx context.Context, key string) error {
	err := b.within(ctx, func(ctx context.Context) error { return b.objects.Delete(ctx, key) })
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil
	}
	return err
}

func (b *bucket) within(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, b.Timeout)
	defer cancel()
	return do(ctx)
}
