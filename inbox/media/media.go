// Package media keeps the files that citizens and members send: in a folder,
// which several nodes may share, or in a bucket of S3-compatible storage.
//
// A file is named after the SHA-256 of what it holds, so the same picture sent
// by a hundred people is kept once, and what is read back in full is checked
// against its name. When Put returns, the file survives a power cut: in a folder
// it was written under a temporary name, flushed, renamed, and the folder
// flushed; a bucket has confirmed it and shows it. The row that mentions it is
// written afterwards, so a crash can leave a file without a row but never the
// other way; Sweep removes those.
//
// A storage that is slow, full or away is ErrUnavailable within a bounded time,
// never a file that seems kept.
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
	"log/slog"
	"os"
	"strings"
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
	// Room is asked before a file is taken; its error is why there is none for files
	// now. nil: there always is.
	Room func() error
	// Log is told when the storage fails and when a file is not what was kept.
	// nil: slog.Default.
	Log *slog.Logger
}

// Store keeps attachments. Several, on several nodes, may keep theirs in one
// place.
type Store struct {
	storage storage
	options Options
}

var _ connectors.Files = (*Store)(nil)

var (
	// ErrNotFound: no file is kept under that id. It is an fs.ErrNotExist.
	ErrNotFound = fmt.Errorf("media: not found: %w", fs.ErrNotExist)
	// ErrUnavailable: the storage cannot do it now; later it may. To a client
	// that is a 503.
	ErrUnavailable = errors.New("media: storage unavailable")
	// ErrCorrupt: what the storage gives is not what was kept. It is found at the
	// end of the file, whose last bytes are then held back.
	ErrCorrupt = errors.New("media: content does not match its id")
)

func newStore(kept storage, options Options) *Store {
	options.MaxSize = cmp.Or(options.MaxSize, 25<<20)
	options.MaxPixels = cmp.Or(options.MaxPixels, 50_000_000)
	options.MaxSide = cmp.Or(options.MaxSide, 20_000)
	options.Log = cmp.Or(options.Log, slog.Default())
	return &Store{storage: kept, options: options}
}

// Check tries whether files can be kept, read and removed. The error says in
// Vietnamese what is wrong and what to do; with ErrUnavailable time may mend it,
// without it the configuration has to change.
func (s *Store) Check(ctx context.Context) error { return s.storage.check(ctx) }

// Put implements connectors.Media. A storage that fails is ErrUnavailable.
func (s *Store) Put(ctx context.Context, name string, r io.Reader) (content.Attachment, error) {
	return s.put(ctx, name, r, s.options.MaxSize, s.accept)
}

// Keep implements connectors.Originals. A letter carries its files in an encoding
// that makes them longer by a third (RFC 2045, 6.8), so it may be longer than they.
func (s *Store) Keep(ctx context.Context, name string, r io.Reader) (content.Attachment, error) {
	most := s.options.MaxSize/5*7 + 1<<20
	a, err := s.put(ctx, name, r, most, func(_ context.Context, _ *os.File, size int64) (kind, error) {
		if size > most {
			return kind{}, refused(fmt.Sprintf("Thư lớn quá %d MB.", most>>20))
		}
		return letterKind, nil
	})
	a.Kind = content.Original
	return a, err
}

// accepting tells the kind of a file, or why it is not taken.
type accepting func(ctx context.Context, file *os.File, size int64) (kind, error)

// put keeps what r holds, up to most bytes and one more, if accept takes it.
func (s *Store) put(ctx context.Context, name string, r io.Reader, most int64, accept accepting) (content.Attachment, error) {
	if s.options.Room != nil {
		if err := s.options.Room(); err != nil {
			return content.Attachment{}, &connectors.Error{
				Kind: connectors.Retryable, Err: fmt.Errorf("keep attachment: %w: %w", ErrUnavailable, err),
				Reason: "Tổng đài tạm thời không nhận tệp vì ổ đĩa sắp đầy; tin nhắn chữ vẫn được nhận. Anh/chị vui lòng gửi tệp lại sau.",
			}
		}
	}
	staged, err := s.storage.stage()
	if err != nil {
		return content.Attachment{}, s.failed(ctx, "keep attachment", err)
	}
	defer os.Remove(staged.Name()) // gone already where it was renamed
	defer staged.Close()

	hash := sha256.New()
	from := &sender{ctx: ctx, from: io.LimitReader(r, most+1)}
	size, err := io.Copy(io.MultiWriter(staged, hash), from)
	if from.err != nil {
		return content.Attachment{}, fmt.Errorf("keep attachment: %w", from.err)
	}
	if err != nil {
		return content.Attachment{}, s.failed(ctx, "keep attachment", err)
	}
	kind, err := accept(ctx, staged, size)
	if err != nil {
		return content.Attachment{}, err
	}
	id := hex.EncodeToString(hash.Sum(nil))
	if err := s.storage.keep(ctx, staged, id, size); err != nil {
		return content.Attachment{}, s.failed(ctx, "keep attachment "+id, err)
	}
	return content.Attachment{ID: id, Name: safeName(name, kind), Type: kind.mime, Size: size}, nil
}

// failed is what the caller gets when the storage could not do something.
func (s *Store) failed(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil { // the caller left
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	}
	s.options.Log.WarnContext(ctx, "the attachments' storage failed", "doing", doing, "err", err.Error()) // not its trace
	return &connectors.Error{
		Kind: connectors.Retryable, Err: fmt.Errorf("%s: %w: %w", doing, ErrUnavailable, err),
		Reason: "Kho tệp đính kèm tạm thời không dùng được. Anh/chị vui lòng thử lại sau ít phút.",
	}
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

// Open returns the file kept as id, ErrNotFound, or ErrUnavailable. It may
// be read until ctx ends, and the caller closes it.
func (s *Store) Open(ctx context.Context, id string) (io.ReadSeekCloser, Info, error) {
	file, found, err := s.open(ctx, id)
	if err != nil {
		return nil, Info{}, err
	}
	return file, Info{Type: found.mime, Size: file.size, Kept: file.kept}, nil
}

// Read implements connectors.Files.
func (s *Store) Read(ctx context.Context, a content.Attachment) (io.ReadCloser, error) {
	file, _, err := s.Open(ctx, a.ID)
	return file, err
}

func (s *Store) open(ctx context.Context, id string) (*checked, kind, error) {
	if !isID(id) {
		return nil, kind{}, ErrNotFound
	}
	file, size, kept, err := s.storage.open(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil, kind{}, err
	}
	if err != nil {
		return nil, kind{}, s.failed(ctx, "open attachment "+id, err)
	}
	found, err := recognise(file, size)
	switch {
	case connectors.KindOf(err) == connectors.Permanent: // kept under an older list: still a download
		found = kind{mime: "application/octet-stream", extension: ".bin"}
	case err != nil:
		return nil, kind{}, errors.Join(s.failed(ctx, "open attachment "+id, err), file.Close())
	}
	return newChecked(ctx, file, id, size, kept, s.options.Log), found, nil
}

// Verify reads the file kept as id to its end and returns its size in bytes.
// Its error is one of Open, or ErrCorrupt.
func (s *Store) Verify(ctx context.Context, id string) (int64, error) {
	file, _, err := s.open(ctx, id)
	if err != nil {
		return 0, err
	}
	defer file.Close() // nothing was written
	return file.size, file.verify()
}

// Sweep removes the files that are older than age and, as inUse says, mentioned
// by no row, and returns how many they were and their bytes. What a crash left
// half-written goes by age alone. Several nodes may sweep at once, and files may
// be kept meanwhile: what somebody just sent again stays.
func (s *Store) Sweep(ctx context.Context, age time.Duration, inUse func(ctx context.Context, id string) (bool, error)) (files int, bytes int64, err error) {
	swept, err := s.storage.sweep(ctx, time.Now().Add(-age), inUse)
	if err != nil {
		err = fmt.Errorf("sweep attachments: %w", err)
	}
	return swept.files, swept.bytes, err
}

// sender reads what is sent until its context ends, and remembers what went
// wrong on the sender's side.
type sender struct {
	ctx  context.Context
	from io.Reader
	err  error
}

func (r *sender) Read(p []byte) (int, error) {
	if r.err = r.ctx.Err(); r.err != nil {
		return 0, r.err
	}
	n, err := r.from.Read(p)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}
