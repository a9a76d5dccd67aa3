package kb

import (
	"context"
	"slices"
	"time"
)

// Trial is the knowledge base as it would be after a publication. It is made from
// what an Index shows at that moment and lives in memory; the Index, and whoever
// searches it, notice nothing.
type Trial struct {
	now     func() time.Time
	current *snapshot
}

var _ Searcher = (*Trial)(nil)

// Trial shows the index as if put were published and gone were not there. An entry
// of put is taken as published, whatever its status; its validity dates hold.
func (ix *Index) Trial(put []Entry, gone ...EntryID) *Trial {
	last := ix.current.Load()
	if len(put) == 0 && len(gone) == 0 {
		return &Trial{ix.Now, last}
	}
	entries := make([]Entry, 0, len(last.indexed)+len(put))
	for _, x := range last.indexed {
		replaced := slices.ContainsFunc(put, func(e Entry) bool { return e.ID == x.entry.ID })
		if !replaced && !slices.Contains(gone, x.entry.ID) {
			entries = append(entries, x.entry)
		}
	}
	for _, e := range put {
		e.Status = Published
		entries = append(entries, e)
	}
	return &Trial{ix.Now, newSnapshot(entries, last, last.revision)}
}

// Search is as Index.Search.
func (t *Trial) Search(_ context.Context, question string, limit int) ([]Hit, error) {
	return t.current.search(question, limit, t.now()), nil
}

// Why is as Index.Why.
func (t *Trial) Why(question string, limit int) Why { return t.current.why(question, limit, t.now()) }

// Entry returns an entry as the publication would leave it.
func (t *Trial) Entry(id EntryID) (Entry, bool) {
	i, ok := t.current.byID[id]
	if !ok {
		return Entry{}, false
	}
	return t.current.indexed[i].entry, true
}

// Revision is that of the index the trial was made from.
func (t *Trial) Revision() uint64 { return t.current.revision }
