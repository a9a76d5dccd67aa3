package bolt

import (
	"bytes"
	"strconv"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

func (t *tx) Remember(k inbox.Key, sum [32]byte) (known, same bool, err error) {
	key := record.Key(string(k.Channel), string(k.Kind), k.Value)
	if sealed := t.tree(rememberedKeys).Get(key); sealed != nil {
		// That the key is there is known even when its sum is damaged. What the sum
		// was is not: then what came is kept as something else, for it may be.
		first, err := t.unseal(rememberedKeys, key, sealed)
		return true, err == nil && bytes.Equal(first, sum[:]), nil
	}
	return false, false, t.bind(rememberedKeys, key, record.Seal(sum[:]))
}

func (t *tx) NextCode(prefix string, day time.Time) (string, error) {
	date := record.CodeDay(day)
	key := textKey(prefix, date)
	n := t.codesGiven(key, prefix, date) + 1
	if err := t.bind(codeCounts, key, record.Seal(numberKey(n))); err != nil {
		return "", err
	}
	return record.Code(prefix, date, n), nil
}

// codesGiven is the number of the day's last code. Where its record is damaged
// the codes themselves tell, so that new matters can be begun.
func (t *tx) codesGiven(key []byte, prefix, date string) (last uint64) {
	sealed := t.tree(codeCounts).Get(key)
	if sealed == nil {
		return 0
	}
	if number, err := t.unseal(codeCounts, key, sealed); err == nil {
		return numberOf(number)
	}
	start := []byte(prefix + "-" + date + "-")
	cursor := t.tree(conversationsByCode).Cursor()
	for code, _ := cursor.Seek(start); bytes.HasPrefix(code, start); code, _ = cursor.Next() {
		if n, err := strconv.ParseUint(string(code[len(start):]), 10, 64); err == nil {
			last = max(last, n)
		}
	}
	return last
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
			err = t.damaged(index, id, errNoRecord)
		}
		if left(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, q)
	}
	return found, nil
}
