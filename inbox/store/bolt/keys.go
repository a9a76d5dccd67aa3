package bolt

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// Keys are made of parts. A text that is not the last part is escaped (0x00
// becomes 0x00 0xFF) and ended by 0x00 0x00, so that no two different rows of
// parts make the same key, and keys sort as their parts do. Numbers are eight
// bytes, big endian. A text that is the last part stands as it is.

// appendText adds a text that more parts follow.
func appendText(key []byte, s string) []byte {
	for {
		i := strings.IndexByte(s, 0)
		if i < 0 {
			break
		}
		key = append(append(key, s[:i]...), 0, 0xFF)
		s = s[i+1:]
	}
	return append(append(key, s...), 0, 0)
}

// cutText is the inverse of appendText: the first text and the rest of the key.
func cutText(key []byte) (text string, rest []byte, ok bool) {
	var unescaped []byte
	for from := 0; ; {
		i := bytes.IndexByte(key[from:], 0)
		if i < 0 || from+i+1 >= len(key) {
			return "", nil, false
		}
		end := from + i
		unescaped = append(unescaped, key[from:end]...)
		if key[end+1] == 0 {
			return string(unescaped), key[end+2:], true
		}
		unescaped = append(unescaped, 0)
		from = end + 2
	}
}

// textKey is a key of texts; only the last may be told from a longer one by
// where the key ends.
func textKey(parts ...string) []byte {
	size := 0
	for _, p := range parts {
		size += len(p) + 2
	}
	key := make([]byte, 0, size+8)
	for _, p := range parts[:len(parts)-1] {
		key = appendText(key, p)
	}
	return append(key, parts[len(parts)-1]...)
}

// prefixOf is what all keys have in common that begin with these texts.
func prefixOf(parts ...string) []byte {
	size := 0
	for _, p := range parts {
		size += len(p) + 2
	}
	key := make([]byte, 0, size+8)
	for _, p := range parts {
		key = appendText(key, p)
	}
	return key
}

func appendNumber(key []byte, n uint64) []byte { return binary.BigEndian.AppendUint64(key, n) }

func numberKey(n uint64) []byte { return appendNumber(make([]byte, 0, 8), n) }

// numberOf reads the number that a key or an index row ends with.
func numberOf(key []byte) uint64 {
	if len(key) < 8 {
		return 0
	}
	return binary.BigEndian.Uint64(key[len(key)-8:])
}
