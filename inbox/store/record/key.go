package record

import (
	"bytes"
	"crypto/sha256"
	"strconv"
)

// longKey is the length from which a key that others choose is kept as its
// SHA-256: PostgreSQL indexes no more than 2,704 bytes, bbolt 32,768.
const longKey = 512

// Key makes one key of several texts that others choose: a platform's ids, a
// citizen's address. Each is preceded by its length, so that no two different
// rows of texts make the same key. Short keys stand as they are: platforms
// count upwards, so that neighbours in time are neighbours on disk. A long one
// is summed up, and its first byte tells the two forms apart.
//
// All stores use the same keys: from a sum no other could be made.
func Key(parts ...string) []byte {
	size := 1
	for _, p := range parts {
		size += len(p) + 4
	}
	key := append(make([]byte, 0, size), 'k')
	for _, p := range parts {
		key = strconv.AppendInt(key, int64(len(p)), 10)
		key = append(append(key, ':'), p...)
	}
	return Bounded(key)
}

// KeyParts is the inverse of Key. ok is false for the sum of a long key, and
// for what Key did not make.
func KeyParts(key []byte) (parts []string, ok bool) {
	rest, ok := bytes.CutPrefix(key, []byte("k"))
	for ok && len(rest) > 0 {
		length, after, found := bytes.Cut(rest, []byte(":"))
		size, err := strconv.Atoi(string(length))
		if !found || err != nil || size < 0 || size > len(after) {
			return nil, false
		}
		parts, rest = append(parts, string(after[:size])), after[size:]
	}
	return parts, ok
}

// Bounded keeps a short key as it is and a long one as its sum, which begins
// with a letter of its own.
func Bounded(key []byte) []byte {
	if len(key) < longKey {
		return key
	}
	sum := sha256.Sum256(key)
	return append([]byte{'s'}, sum[:]...)
}
