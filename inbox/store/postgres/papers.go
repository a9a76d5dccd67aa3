package postgres

import (
	"fmt"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

func (t *tx) Paper(shelf, id string) (inbox.Paper, error) {
	d, found, err := read(t, papers, record.PaperKey(shelf, id), record.Papers)
	if err == nil && !found {
		err = notFound(shelf, id)
	}
	return d, err
}

func (t *tx) Papers(shelf string, q inbox.PaperQuery) ([]inbox.Paper, error) {
	if err := t.reread(papers); err != nil {
		return nil, err
	}
	from, until := record.PaperSpan(shelf, q)
	order := "id"
	if q.Backward {
		order = "id DESC"
	}
	return paged(t, papers, "SELECT id, xmin, record FROM paper WHERE id >= $1 AND id < $2 ORDER BY "+order,
		[]any{[]byte(from), []byte(until)}, q.Limit, record.Papers)
}

func (t *tx) PutPaper(d inbox.Paper) (inbox.Paper, error) {
	if !record.NamedPaper(d.Shelf, d.ID) {
		return d, errNoName
	}
	key := record.PaperKey(d.Shelf, d.ID)
	old, _, err := read(t, papers, key, record.Papers)
	if err != nil {
		return d, err
	}
	if d.Version != old.Version {
		return d, fmt.Errorf("%s %s: version %d is stored, not %d: %w", d.Shelf, d.ID, old.Version, d.Version, inbox.ErrConflict)
	}
	d.Version++
	return d, put(t, t.rows[rowID{papers, key}], d, record.Papers)
}

func (t *tx) DeletePaper(shelf, id string) error {
	return t.remove(papers, record.PaperKey(shelf, id))
}
