package kb

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/blevesearch/bleve/v2"
)

// Rebuild makes the index anew from the store, beside the one in use: searches go
// on over that until the new one takes its place, and publications wait. progress,
// which may be nil, hears after each part how many entries have been looked at. When
// it fails, the index is as it was.
func Rebuild(ctx context.Context, store Store, ix *Index, progress func(done int)) error {
	ix.writing.Lock()
	defer ix.writing.Unlock()
	entries, revision, err := readPublished(ctx, store, progress)
	if err != nil {
		return fmt.Errorf("kb: rebuild index: %w", err)
	}
	beside := ""
	if ix.path != "" {
		beside = ix.path + ".new"
		if err := os.RemoveAll(beside); err != nil { // of an attempt that broke off
			return fmt.Errorf("kb: rebuild index: %w", err)
		}
	}
	fresh, err := OpenIndex(beside)
	if err != nil {
		return err
	}
	if err := fresh.publish(entries, nil, revision); err != nil {
		return errors.Join(err, fresh.Close())
	}
	if err := ix.replaceBleve(fresh); err != nil {
		return fmt.Errorf("kb: put the rebuilt index in its place: %w", err)
	}
	ix.current.Store(fresh.current.Load())
	return nil
}

func readPublished(ctx context.Context, store Store, progress func(done int)) (entries []Entry, revision uint64, err error) {
	err = store.ViewEntries(ctx, func(tx Reader) (err error) {
		entries = nil
		if revision, err = tx.KnowledgeRevision(); err != nil {
			return err
		}
		done := 0
		for after := EntryID(""); ; {
			page, err := tx.Entries(after, syncPage)
			if err != nil || len(page) == 0 {
				return err
			}
			for _, e := range page {
				if e.Status == Published {
					entries = append(entries, e)
				}
			}
			after = page[len(page)-1].ID
			if done += len(page); progress != nil {
				progress(done)
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	})
	return entries, revision, err
}

// replaceBleve puts what fresh has on disk in the place of what ix has. Searches read
// the snapshot and never Bleve, so they notice nothing.
func (ix *Index) replaceBleve(fresh *Index) error {
	if ix.path == "" {
		err := ix.end()
		ix.bleve, ix.closed = fresh.bleve, false
		return err
	}
	// An index that is moved while it is open would go on writing to its old place.
	if err := errors.Join(fresh.Close(), ix.end(), os.RemoveAll(ix.path), os.Rename(fresh.path, ix.path)); err != nil {
		return err
	}
	b, err := bleve.Open(ix.path)
	if err == nil {
		ix.bleve, ix.closed = b, false
	}
	return err
}

// Rebuild is the function of that name, for whoever knows the index only as something
// that can be made anew.
func (ix *Index) Rebuild(ctx context.Context, store Store, progress func(done int)) error {
	return Rebuild(ctx, store, ix, progress)
}
