// Package media keeps the files that citizens and members send, in a folder.
//
// A file is named after the SHA-256 of what it holds, so the same picture sent
// by a hundred people is kept once. It is written under a temporary name,
// flushed, renamed, and the folder flushed: when Put returns, it survives a
// power cut. The row that mentions it is written afterwards, so a crash can
// leave a file without a row but never the other way; Sweep removes those.
//
// Nothing is believed about a file but its content. The type is recognised from
// its bytes and must be on a short list; pages that could carry scripts (HTML,
// SVG, XML) are not on it. Pictures are never decoded, only their size is read.
// What is served is served under our own headers, as a download unless it is a
// picture every browser shows safely, and in a sandbox in any case.
package media

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

// Options of a Store. What is zero gets the value told beside it.
type Options struct {
	MaxSize int64 // bytes of one file; 25 MB
	// MaxPixels of a picture, width times height; 50 million. MaxSide; 20,000.
	MaxPixels int64
	MaxSide   int
	// Scan looks for malware before a file is kept; an error refuses the file.
	// nil: files are not scanned.
	Scan func(ctx context.Context, file io.Reader) error
}

// Store keeps attachments in a folder. Several may share the folder.
type Store struct {
	dir     string
	options Options
	// keeping is held for reading while a file is given its name, and for writing
	// while Sweep removes one, so that Sweep removes nothing just sent again.
	keeping sync.RWMutex
}

var _ connectors.Files = (*Store)(nil)

// ErrNotFound: no file is kept under that id. It is an fs.ErrNotExist.
var ErrNotFound = fmt.Errorf("media: not found: %w", fs.ErrNotExist)

const incoming = "incoming"

// Open returns the Store in dir, which is made if it does not exist.
func Open(dir string, options Options) (*Store, error) {
	options.MaxSize = cmp.Or(options.MaxSize, 25<<20)
	options.MaxPixels = cmp.Or(options.MaxPixels, 50_000_000)
	options.MaxSide = cmp.Or(options.MaxSide, 20_000)
	if err := os.MkdirAll(filepath.Join(dir, incoming), 0o700); err != nil {
		return nil, fmt.Errorf("open attachments in %s: %w", dir, err)
	}
	return &Store{dir: dir, options: options}, nil
}

// Put implements connectors.Media.
func (s *Store) Put(ctx context.Context, name string, r io.Reader) (content.Attachment, error) {
	temp, err := os.CreateTemp(filepath.Join(s.dir, incoming), "put-*")
	if err != nil {
		return content.Attachment{}, fmt.Errorf("keep attachment: %w", err)
	}
	defer os.Remove(temp.Name()) // gone already when it was renamed
	defer temp.Close()

	hash := sha256.New()
	size, err := io.Copy(io.MultiWriter(temp, hash), io.LimitReader(contextReader{ctx, r}, s.options.MaxSize+1))
	if err != nil {
		return content.Attachment{}, fmt.Errorf("keep attachment: %w", err)
	}
	kind, err := s.accept(ctx, temp, size)
	if err != nil {
		return content.Attachment{}, err
	}
	id := hex.EncodeToString(hash.Sum(nil))
	if err := s.keep(temp, id); err != nil {
		return content.Attachment{}, fmt.Errorf("keep attachment %s: %w", id, err)
	}
	return content.Attachment{ID: id, Name: safeName(name, kind), Type: kind.mime, Size: size}, nil
}

// accept returns the kind of a file that may be kept.
func (s *Store) accept(ctx context.Context, file *os.File, size int64) (kind, error) {
	switch {
	case size == 0:
		return kind{}, refused("Tệp trống, không có nội dung.")
	case size > s.options.MaxSize:
		return kind{}, refused(fmt.Sprintf("Tệp lớn quá %d MB.", s.options.MaxSize>>20))
	}
	found, err := recognise(file, size)
	if err != nil {
		return kind{}, err
	}
	if found.measure != nil {
		width, height, ok := found.measure(io.NewSectionReader(file, 0, size))
		if !ok {
			return kind{}, refused("Ảnh bị hỏng hoặc không đúng định dạng.")
		}
		if width > s.options.MaxSide || height > s.options.MaxSide || int64(width)*int64(height) > s.options.MaxPixels {
			return kind{}, refused(fmt.Sprintf("Ảnh quá lớn (%d × %d điểm ảnh).", width, height))
		}
	}
	if s.options.Scan != nil {
		if err := s.options.Scan(ctx, io.NewSectionReader(file, 0, size)); err != nil {
			return kind{}, &connectors.Error{Kind: connectors.Permanent, Err: err,
				Reason: "Tệp không qua được kiểm tra mã độc."}
		}
	}
	return found, nil
}

func refused(reason string) error {
	return &connectors.Error{Kind: connectors.Permanent, Reason: reason, Err: errors.New("media: file refused")}
}

// keep gives the written file its name for good.
func (s *Store) keep(temp *os.File, id string) error {
	if err := temp.Sync(); err != nil {
		return err
	}
	if err := temp.Close(); err != nil {
		return err
	}
	path := s.path(id)
	if err := makeFolder(filepath.Dir(path)); err != nil {
		return err
	}
	s.keeping.RLock()
	defer s.keeping.RUnlock()
	// Renaming over a file of the same content also makes it young again.
	if err := os.Rename(temp.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func makeFolder(path string) error {
	err := os.Mkdir(path, 0o700)
	switch {
	case errors.Is(err, os.ErrExist):
		return nil
	case err != nil:
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// path spreads the files over 256 folders.
func (s *Store) path(id string) string { return filepath.Join(s.dir, id[:2], id) }

func isID(id string) bool {
	sum, err := hex.DecodeString(id)
	return err == nil && len(sum) == sha256.Size && id == strings.ToLower(id)
}

// Info is what is known of a kept file.
type Info struct {
	Type string // media type, from its content
	Size int64  // bytes
	Kept time.Time
}

// Open returns the file kept as id, or ErrNotFound. The caller closes it.
func (s *Store) Open(id string) (io.ReadSeekCloser, Info, error) {
	file, found, info, err := s.open(id)
	if err != nil {
		return nil, Info{}, err
	}
	return file, Info{Type: found.mime, Size: info.Size(), Kept: info.ModTime()}, nil
}

// Read implements connectors.Files.
func (s *Store) Read(_ context.Context, a content.Attachment) (io.ReadCloser, error) {
	file, _, err := s.Open(a.ID)
	return file, err
}

func (s *Store) open(id string) (*os.File, kind, os.FileInfo, error) {
	if !isID(id) {
		return nil, kind{}, nil, ErrNotFound
	}
	file, err := os.Open(s.path(id))
	if errors.Is(err, os.ErrNotExist) {
		return nil, kind{}, nil, ErrNotFound
	}
	if err != nil {
		return nil, kind{}, nil, fmt.Errorf("open attachment: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, kind{}, nil, errors.Join(fmt.Errorf("open attachment: %w", err), file.Close())
	}
	found, err := recognise(file, info.Size())
	if err != nil { // kept under an older list: still a download
		found = kind{mime: "application/octet-stream", extension: ".bin"}
	}
	return file, found, info, nil
}

// Sweep removes the files that are older than age and, as inUse says, mentioned
// by no row, and returns how many they were and their bytes. Files that a
// crash left half-written go by age alone.
func (s *Store) Sweep(ctx context.Context, age time.Duration, inUse func(ctx context.Context, id string) (bool, error)) (files int, bytes int64, err error) {
	before := time.Now().Add(-age)
	err = filepath.WalkDir(s.dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		size, err := s.sweepFile(ctx, path, before, inUse)
		if size > 0 {
			files++
			bytes += size
		}
		return err
	})
	if err != nil {
		return files, bytes, fmt.Errorf("sweep attachments: %w", err)
	}
	return files, bytes, nil
}

// sweepFile returns the size of the file if it was removed, else 0.
func (s *Store) sweepFile(ctx context.Context, path string, before time.Time, inUse func(context.Context, string) (bool, error)) (int64, error) {
	half := filepath.Base(filepath.Dir(path)) == incoming
	if !half {
		if !isID(filepath.Base(path)) {
			return 0, nil // not ours
		}
		used, err := inUse(ctx, filepath.Base(path))
		if used || err != nil {
			return 0, err
		}
	}
	s.keeping.Lock()
	defer s.keeping.Unlock()
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return 0, nil // renamed meanwhile
	case err != nil:
		return 0, err
	case info.ModTime().After(before):
		return 0, nil
	}
	return info.Size(), os.Remove(path)
}

// contextReader stops reading when its context ends.
type contextReader struct {
	ctx  context.Context
	from io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.from.Read(p)
}
