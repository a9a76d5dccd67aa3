// Package journal keeps a second copy of what comes in: whatever a platform
// hands over is appended to a file of its own, best on a disk of its own, and
// flushed before the platform is told that it was taken. When the store is lost,
// the last backup and the journal together are everything that was acknowledged.
//
// A journal is a folder of files that are only ever appended to, a new one for
// every start of the hub and every SegmentSize. A record is a length, a CRC-32C
// and JSON. What a crash cut off at the end of a file, or a power cut left blank
// there, was never acknowledged; anything else that does not add up is told.
package journal

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"tongdai/connectors"
)

// SegmentSize is from which size on a new file is begun, in bytes.
const SegmentSize = 64 << 20

// Options are what may be chosen.
type Options struct {
	Keep time.Duration // files whose last record is older are removed; 0: all stay
	Now  func() time.Time
	Log  *slog.Logger
}

// Record is one thing that came in.
type Record struct {
	At  time.Time            `json:"at"`
	Raw connectors.Raw       `json:"raw"`
	In  []connectors.Inbound `json:"in"`
}

// Journal is being written.
type Journal struct {
	folder  string
	options Options

	queue  chan entry
	closed chan struct{}
	ended  sync.WaitGroup
	once   sync.Once

	file *os.File // of the writer alone
	size int64
}

type entry struct {
	frame []byte
	done  chan error
}

// ErrClosed: nothing is written any more.
var ErrClosed = errors.New("journal: closed")

// Open prepares for writing into folder, which is made where it is missing. The
// first record begins a new file.
func Open(folder string, options Options) (*Journal, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	j := &Journal{folder: folder, options: options, queue: make(chan entry), closed: make(chan struct{})}
	j.ended.Go(j.write)
	return j, nil
}

// Keep returns nil when what came in is on disk.
func (j *Journal) Keep(ctx context.Context, raw connectors.Raw, in []connectors.Inbound) error {
	frame, err := framed(Record{At: j.options.Now(), Raw: raw, In: in})
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	e := entry{frame: frame, done: make(chan error, 1)}
	select {
	case j.queue <- e:
	case <-j.closed:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-e.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close ends the file.
func (j *Journal) Close() error {
	j.once.Do(func() { close(j.closed) })
	j.ended.Wait()
	if j.file == nil {
		return nil
	}
	return j.file.Close()
}

// together is how many records share a flush at most.
const together = 256

// write appends what is asked for. Those who ask at the same time share a flush.
func (j *Journal) write() {
	for {
		var batch []entry
		select {
		case <-j.closed:
			return
		case e := <-j.queue:
			batch = append(batch, e)
		}
	more:
		for len(batch) < together {
			select {
			case e := <-j.queue:
				batch = append(batch, e)
			default:
				break more
			}
		}
		err := j.flush(batch)
		for _, e := range batch {
			e.done <- err
		}
	}
}

// flush puts a batch on disk. A file that could not be written is written no
// more: what it holds at its end nobody knows.
func (j *Journal) flush(batch []entry) (err error) {
	if j.file == nil || j.size >= SegmentSize {
		if err := j.next(); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
	}
	var all bytes.Buffer
	for _, e := range batch {
		all.Write(e.frame)
	}
	// gofail: var journalBeforeWrite string
	// return errors.New(journalBeforeWrite)
	n, err := j.file.Write(all.Bytes())
	j.size += int64(n)
	if err = cmp.Or(err, j.file.Sync()); err != nil {
		err = errors.Join(fmt.Errorf("journal: %w", err), j.file.Close())
		j.file = nil
	}
	// gofail: var journalFlushed struct{}
	return err
}

// Files are named so that their names sort by time.
const (
	prefix = "journal-"
	suffix = ".log"
	format = "20060102T150405.000000000"
)

func (j *Journal) next() error {
	if j.file != nil {
		if err := j.file.Close(); err != nil {
			return err
		}
		j.file = nil
	}
	name := prefix + j.options.Now().UTC().Format(format) + suffix
	file, err := os.OpenFile(filepath.Join(j.folder, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	j.file, j.size = file, 0
	j.forget(name)
	return syncFolder(j.folder)
}

// forget removes files that are too old. What cannot be removed is tried again
// with the next file.
func (j *Journal) forget(current string) {
	names, err := segments(j.folder)
	for _, name := range names {
		info, statErr := os.Stat(filepath.Join(j.folder, name))
		if j.options.Keep == 0 || name == current || statErr != nil || j.options.Now().Sub(info.ModTime()) < j.options.Keep {
			continue
		}
		err = cmp.Or(err, os.Remove(filepath.Join(j.folder, name)))
	}
	if err != nil {
		j.options.Log.Warn("old files of the journal could not be removed", "folder", j.folder, "err", err)
	}
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func segments(folder string) ([]string, error) {
	all, err := os.ReadDir(folder)
	var names []string
	for _, e := range all {
		if strings.HasPrefix(e.Name(), prefix) && strings.HasSuffix(e.Name(), suffix) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, err
}

// headSize: length of the JSON, CRC-32C (Castagnoli) of it, CRC-32C of these
// two; little endian. That the length is checked by itself tells a record that
// was cut off from one that is damaged.
const headSize = 12

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func framed(r Record) ([]byte, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	frame := make([]byte, headSize, headSize+len(body))
	binary.LittleEndian.PutUint32(frame, uint32(len(body)))
	binary.LittleEndian.PutUint32(frame[4:], crc32.Checksum(body, castagnoli))
	binary.LittleEndian.PutUint32(frame[8:], crc32.Checksum(frame[:8], castagnoli))
	return append(frame, body...), nil
}

// ErrDamaged: a record is not what was written; what follows it in its file
// cannot be found any more.
var ErrDamaged = errors.New("journal: a record is damaged")

// Read yields what came in since then, in the order of writing. After an error
// that wraps ErrDamaged it goes on with the next file; any other is the last.
func Read(folder string, since time.Time) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		names, err := segments(folder)
		if err == nil && len(names) == 0 {
			err = fmt.Errorf("journal: nothing in %s: %w", folder, fs.ErrNotExist)
		}
		if err != nil {
			yield(Record{}, err)
			return
		}
		for _, name := range names {
			if !readFile(filepath.Join(folder, name), since, yield) {
				return
			}
		}
	}
}

// readFile yields one file's records; false: nobody wants more.
func readFile(path string, since time.Time, yield func(Record, error) bool) bool {
	file, err := os.Open(path)
	if err != nil {
		yield(Record{}, err)
		return false
	}
	defer file.Close()
	r := bufio.NewReaderSize(file, 1<<16)
	var at int64
	for {
		record, size, err := readRecord(r)
		if errors.Is(err, ErrDamaged) {
			if blank, readErr := endsBlank(file, at, size); readErr != nil || blank {
				err = cmp.Or(readErr, io.ErrUnexpectedEOF)
			}
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return true // the end, or what a crash has cut off
		case errors.Is(err, ErrDamaged):
			return yield(Record{}, fmt.Errorf("%s, from byte %d on: %w", path, at, err))
		case err != nil:
			yield(Record{}, err)
			return false
		case record.At.Before(since):
		case !yield(record, nil):
			return false
		}
		at += size
	}
}

// sector is the least that a disk writes as one, in bytes.
const sector = 512

// endsBlank reports whether the record of size bytes at some place, which is
// damaged, runs into zeros that go on to the end of the file, from a sector on or
// from its own beginning: a file system may have put down how long a file has become
// and not yet what stands there, and nobody was told that it was flushed.
func endsBlank(file *os.File, at, size int64) (bool, error) {
	rest, err := io.ReadAll(io.NewSectionReader(file, at, math.MaxInt64-at))
	if err != nil {
		return false, err
	}
	written := int64(len(bytes.TrimRight(rest, "\x00")))
	if written == 0 {
		return true, nil
	}
	from := (at+written+sector-1)/sector*sector - at
	return from < min(size, int64(len(rest))), nil
}

// readRecord returns a record, and how many bytes it takes as far as its head tells.
func readRecord(r *bufio.Reader) (record Record, size int64, err error) {
	var head [headSize]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return record, headSize, err
	}
	if crc32.Checksum(head[:8], castagnoli) != binary.LittleEndian.Uint32(head[8:]) {
		return record, headSize, ErrDamaged
	}
	length := binary.LittleEndian.Uint32(head[:])
	size = headSize + int64(length)
	body := make([]byte, length)
	if _, err := io.ReadFull(r, body); err != nil {
		return record, size, cmp.Or(eofInside(err), err)
	}
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(head[4:]) {
		return record, size, ErrDamaged
	}
	if err := json.Unmarshal(body, &record); err != nil {
		return record, size, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return record, size, nil
}

// eofInside is an end within a record.
func eofInside(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return nil
}
