// Package record is how aggregates of the hub look on disk, in every store.
//
// A record is one aggregate: a frame of five bytes, then the payload.
//
//	byte 0     version of the format: 1 for a record that may lie anywhere,
//	           2 for one that is bound to its place
//	bytes 1–4  CRC-32C of the payload, big endian; bound to a place, its
//	           exclusive or with the CRC-32C of the place (see Place)
//	bytes 5…   payload, JSON with short names
//
// A database that checks its own pages keeps records as they are; the embedded
// store binds them, so that one that has come to lie under another key is
// noticed like one whose bits have changed.
//
// The domain types carry no tags: each aggregate has a shape of its own here
// and one mapping function each way, held together in a Codec. A test fills
// every field of every aggregate, so that a new field of the domain that
// nobody mapped is noticed.
//
// The checksum is verified by every read. Databases check their own pages at
// best (bbolt only its two meta pages), so a flipped bit would otherwise be
// shown to people as somebody's words.
//
// Texts are UTF-8: bytes that are not come back as U+FFFD. What arrived is
// kept byte for byte in Raw, whose body stands behind the JSON as it is.
// Instants are kept to the nanosecond and come back in UTC.
package record

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"sync"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tongdai/inbox"
)

// The formats. A change that old programs would misread gets the next number
// and a reader for all.
const (
	anywhere = 1
	bound    = 2
)

// headerSize is the length of the frame before the payload.
const headerSize = 5

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Errors of reading a record.
var (
	// ErrDamaged: the bytes are not those that were written.
	ErrDamaged = fmt.Errorf("record: %w", inbox.ErrDamaged)
	// ErrNewer: a later version of the program wrote it.
	ErrNewer = errors.New("record: written by a newer version of the program")
)

// Seal puts the frame around a payload.
func Seal(payload []byte) []byte {
	framed := make([]byte, headerSize, headerSize+len(payload))
	framed = append(framed, payload...)
	writeHeader(framed)
	return framed
}

// Unseal verifies the frame and returns the payload, which shares b's memory.
// Its errors are ErrDamaged and ErrNewer.
func Unseal(b []byte) ([]byte, error) {
	if len(b) < headerSize {
		return nil, fmt.Errorf("%w: %d bytes are too few", ErrDamaged, len(b))
	}
	payload := b[headerSize:]
	if crc32.Checksum(payload, castagnoli) != binary.BigEndian.Uint32(b[1:headerSize]) {
		return nil, fmt.Errorf("%w: the checksum differs", ErrDamaged)
	}
	switch {
	case b[0] == 0:
		return nil, fmt.Errorf("%w: no format has the version 0", ErrDamaged)
	case b[0] > anywhere:
		return nil, fmt.Errorf("%w (format %d, this one knows %d)", ErrNewer, b[0], anywhere)
	}
	return payload, nil
}

// writeHeader fills the first bytes of a framed payload.
func writeHeader(framed []byte) {
	framed[0] = anywhere
	binary.BigEndian.PutUint32(framed[1:], crc32.Checksum(framed[headerSize:], castagnoli))
}

// Place is where a record lies: the sum of a table's name and a key. The frame
// of a bound record holds it, mixed into the sum of the payload.
type Place uint32

// Table begins the places of a table.
func Table(name string) Place {
	return Place(crc32.Checksum(append([]byte(name), 0), castagnoli))
}

// Under is the place of a key in a table.
func (p Place) Under(key []byte) Place { return Place(crc32.Update(uint32(p), castagnoli, key)) }

// Bind binds a record that may lie anywhere to its place, in its own memory.
func Bind(framed []byte, at Place) {
	framed[0] = bound
	binary.BigEndian.PutUint32(framed[1:], binary.BigEndian.Uint32(framed[1:])^uint32(at))
}

// Loosen is the inverse of Bind, in memory of its own: what is carried to
// another store. Its error is ErrDamaged.
func Loosen(b []byte, at Place) ([]byte, error) {
	if _, err := UnsealAt(b, at); err != nil {
		return nil, err
	}
	framed := bytes.Clone(b)
	writeHeader(framed)
	return framed, nil
}

// UnsealAt verifies the frame of a bound record and returns the payload, which
// shares b's memory. Its error is ErrDamaged: which formats a file may hold is
// known before any record of it is read.
func UnsealAt(b []byte, at Place) ([]byte, error) {
	if len(b) < headerSize {
		return nil, fmt.Errorf("%w: %d bytes are too few", ErrDamaged, len(b))
	}
	payload := b[headerSize:]
	if crc32.Checksum(payload, castagnoli)^uint32(at) != binary.BigEndian.Uint32(b[1:headerSize]) || b[0] != bound {
		return nil, fmt.Errorf("%w: the checksum differs", ErrDamaged)
	}
	return payload, nil
}

// Codec turns one kind of aggregate into a record and back.
type Codec[D any] struct {
	encode func(D) ([]byte, error)
	parse  func(payload []byte) (D, error)
	kept   func(D) D
}

// Encode returns the record of d, in memory of its own.
func (c Codec[D]) Encode(d D) ([]byte, error) { return c.encode(d) }

// Decode returns what a record holds; nothing of it shares b's memory. Its
// errors are ErrDamaged and ErrNewer.
func (c Codec[D]) Decode(b []byte) (D, error) { return c.parsed(Unseal(b)) }

// DecodeAt is Decode of a record that is bound to its place. Its error is ErrDamaged.
func (c Codec[D]) DecodeAt(b []byte, at Place) (D, error) { return c.parsed(UnsealAt(b, at)) }

func (c Codec[D]) parsed(payload []byte, err error) (D, error) {
	if err != nil {
		var none D
		return none, err
	}
	return c.parse(payload)
}

// AsKept returns d as it will be read back.
func (c Codec[D]) AsKept(d D) D { return c.kept(d) }

// codec builds a Codec from the two mappings of a shape.
func codec[D, S any](keep func(D) S, give func(S) D) Codec[D] {
	return Codec[D]{
		encode: func(d D) ([]byte, error) {
			shape := keep(d)
			return encodeJSON(&shape)
		},
		parse: func(payload []byte) (D, error) {
			var shape S
			if err := unmarshal(payload, &shape); err != nil {
				var none D
				return none, err
			}
			return give(shape), nil
		},
		kept: func(d D) D { return give(keep(d)) },
	}
}

// buffers are reused, because a record is copied out at its exact size: a
// store holds it until its transaction ends.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func encodeJSON(shape any) ([]byte, error) {
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	buf.Write(make([]byte, headerSize))
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(shape); err != nil {
		return nil, fmt.Errorf("record: encode %T: %w", shape, err)
	}
	framed := bytes.Clone(buf.Bytes()[:buf.Len()-1]) // without Encode's line end
	writeHeader(framed)
	return framed, nil
}

// unmarshal reads with the package that becomes encoding/json/v2: records are
// read many times as often as they are written, and it takes less than half the
// time of encoding/json, which in turn writes faster.
func unmarshal(payload []byte, shape any) error {
	if err := jsonv2.Unmarshal(payload, shape, jsontext.AllowDuplicateNames(true)); err != nil {
		return fmt.Errorf("%w: %T: %w", ErrDamaged, shape, err)
	}
	return nil
}
