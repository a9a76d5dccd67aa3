package bolt

import (
	"bytes"
	"fmt"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

func (t *tx) Remember(k inbox.Key, sum [32]byte) (known, same bool, err error) {
	key := record.Key(string(k.Channel), string(k.Kind), k.Value)
	if sealed := t.tree(rememberedKeys).Get(key); sealed != nil {
		first, err := record.Unseal(sealed)
		if err != nil {
			return false, false, &Damage{Bucket: rememberedKeys.String(), Key: key, Err: err}
		}
		return true, bytes.Equal(first, sum[:]), nil
	}
	return false, false, t.put(rememberedKeys, key, record.Seal(sum[:]))
}

func (t *tx) NextCode(prefix string, day time.Time) (string, error) {
	date := record.CodeDay(day)
	key := textKey(prefix, date)
	n := numberOf(t.tree(codeCounts).Get(key)) + 1
	if err := t.put(codeCounts, key, numberKey(n)); err != nil {
		return "", err
	}
	return record.Code(prefix, date, n), nil
}

func (t *tx) Raw(id inbox.RawID) (inbox.Raw, error) {
	r, found, err := read(t.trees, raws, []byte(id), record.Raws)
	if err == nil && !found {
		err = notFound("raw", id)
	}
	return r, err
}

func (t *tx) PutRaw(r inbox.Raw) error { return write(t, raws, []byte(r.ID), r, record.Raws) }

func (t *tx) PutQuarantined(q inbox.Quarantined) error {
	if err := write(t, quarantine, []byte(q.ID), q, record.Quarantined); err != nil {
		return err
	}
	if q.Settled.IsZero() {
		return t.put(quarantineWaiting, []byte(q.ID), nil)
	}
	return t.delete(quarantineWaiting, []byte(q.ID))
}

func (t *tx) Quarantine(waiting bool, after inbox.RawID, limit int) ([]inbox.Quarantined, error) {
	index := quarantine
	if waiting {
		index = quarantineWaiting
	}
	cursor := t.tree(index).Cursor()
	id, _ := cursor.Last()
	if after != "" {
		id, _ = seekBefore(cursor, []byte(after))
	}
	var found []inbox.Quarantined
	for ; id != nil && (limit <= 0 || len(found) < limit); id, _ = cursor.Prev() {
		q, ok, err := read(t.trees, quarantine, id, record.Quarantined)
		if err == nil && !ok {
			err = fmt.Errorf("in the quarantine: %w", notFound("raw", string(id)))
		}
		if err != nil {
			return nil, err
		}
		found = append(found, q)
	}
	return found, nil
}
