package bolt

import (
	"bytes"
	"errors"

	bolt "go.etcd.io/bbolt"

	"tongdai/inbox/store/record"
)

// Up to schema 3 a record's checksum said nothing of where it lay, and the
// counts of codes bore none. bindRecords binds what is there to its place, about
// step bytes at a time, so that a store of any size needs little memory for it.
// How far it has come stands under boundKey until it is done.

var boundKey = []byte("bound")

// stepBytes is what one step of the migration writes.
const stepBytes = 8 << 20

func bindRecords(step int) migration {
	return func(tx *bolt.Tx) (bool, error) { return bindSome(tx, step) }
}

func bindSome(tx *bolt.Tx, room int) (done bool, err error) {
	meta := tx.Bucket(metaBucket)
	from, after := 0, []byte(nil)
	if at := meta.Get(boundKey); len(at) > 0 {
		from, after = int(at[0]), bytes.Clone(at[1:])
	}
	for b := bucket(from); b < bucketCount; b++ {
		if !indexes[b] {
			if after, room, err = bindBucket(tx.Bucket([]byte(bucketNames[b])), b, after, room); err != nil {
				return false, err
			}
			if room <= 0 {
				return false, meta.Put(boundKey, append([]byte{byte(b)}, after...))
			}
		}
		after = nil
	}
	if moved := meta.Get(movedKey); moved != nil {
		framed := record.Seal(moved)
		record.Bind(framed, movedPlace)
		if err := meta.Put(movedKey, framed); err != nil {
			return false, err
		}
	}
	return true, meta.Delete(boundKey)
}

type row struct{ key, value []byte }

// bindBucket binds the records behind a key until there is no more room, and
// returns the last one's key.
func bindBucket(tree *bolt.Bucket, b bucket, after []byte, room int) (last []byte, left int, err error) {
	var bound []row
	cursor := tree.Cursor()
	key, value := cursor.Seek(after)
	if bytes.Equal(key, after) {
		key, value = cursor.Next()
	}
	for ; key != nil && room > 0; key, value = cursor.Next() {
		framed, err := boundForm(b, key, value)
		if err != nil {
			return nil, 0, err
		}
		last = bytes.Clone(key)
		bound = append(bound, row{last, framed})
		room -= len(key) + len(framed)
	}
	for _, r := range bound { // bbolt's cursors do not bear writing beside them
		if err := tree.Put(r.key, r.value); err != nil {
			return nil, 0, err
		}
	}
	return last, room, nil
}

// boundForm is a record of schema 3 bound to its place. One that is damaged
// stays as it is, and stays damaged.
func boundForm(b bucket, key, value []byte) ([]byte, error) {
	if b == codeCounts {
		framed := record.Seal(value)
		record.Bind(framed, placeOf(b, key))
		return framed, nil
	}
	framed := bytes.Clone(value)
	if _, err := record.Unseal(value); errors.Is(err, record.ErrDamaged) {
		return framed, nil
	} else if err != nil {
		return nil, err
	}
	record.Bind(framed, placeOf(b, key))
	return framed, nil
}
