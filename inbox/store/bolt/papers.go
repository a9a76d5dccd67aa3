package bolt

import (
	"bytes"
	"fmt"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

func (t *tx) Paper(shelf, id string) (inbox.Paper, error) {
	d, found, err := read(t.trees, papers, []byte(record.PaperKey(shelf, id)), record.Papers)
	if err == nil && !found {
		err = notFound(shelf, id)
	}
	return d, err
}

func (t *tx) Papers(shelf string, q inbox.PaperQuery) (found []inbox.Paper, err error) {
	from, until := record.PaperSpan(shelf, q)
	cursor := t.tree(papers).Cursor()
	step, key, value := cursor.Next, []byte(nil), []byte(nil)
	if key, value = cursor.Seek([]byte(from)); q.Backward {
		step = cursor.Prev
		if key, _ = cursor.Seek([]byte(until)); key == nil {
			key, value = cursor.Last()
		} else {
			key, value = cursor.Prev()
		}
	}
	for ; key != nil && (q.Limit <= 0 || len(found) < q.Limit); key, value = step() {
		if bytes.Compare(key, []byte(from)) < 0 || bytes.Compare(key, []byte(until)) >= 0 {
			break
		}
		d, err := decode(t.trees, papers, key, value, record.Papers)
		if left(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, d)
	}
	return found, nil
}

func (t *tx) PutPaper(d inbox.Paper) (inbox.Paper, error) {
	if !record.NamedPaper(d.Shelf, d.ID) {
		return d, fmt.Errorf("paper: %w", errNoName)
	}
	key := []byte(record.PaperKey(d.Shelf, d.ID))
	old, _, err := read(t.trees, papers, key, record.Papers)
	if err != nil {
		return d, err
	}
	if d.Version != old.Version {
		return d, fmt.Errorf("%s %s: version %d is stored, not %d: %w", d.Shelf, d.ID, old.Version, d.Version, inbox.ErrConflict)
	}
	d.Version++
	return d, write(t, papers, key, d, record.Papers)
}

func (t *tx) DeletePaper(shelf, id string) error {
	return t.delete(papers, []byte(record.PaperKey(shelf, id)))
}
