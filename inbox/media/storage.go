package media

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"log/slog"
	"os"
	"time"
)

// storage is a place where files are kept under the SHA-256 of their content.
// Its errors are ErrNotFound, those of inUse, those of a context that ended,
// and whatever kept it from doing its work.
type storage interface {
	// check tries the place and explains in Vietnamese what is wrong with it.
	check(ctx context.Context) error
	// stage returns a new file to write into while the id is not known. The caller
	// closes and removes it.
	stage() (*os.File, error)
	// keep makes the content of staged durable as id, and young: sweep leaves it
	// alone even if it found it old a moment ago.
	keep(ctx context.Context, staged *os.File, id string, size int64) error
	open(ctx context.Context, id string) (file file, size int64, kept time.Time, err error)
	// sweep removes what is older than before and not in use.
	sweep(ctx context.Context, before time.Time, inUse inUse) (swept, error)
}

// inUse tells whether a row mentions a file.
type inUse func(ctx context.Context, id string) (bool, error)

// swept is what a sweep removed.
type swept struct {
	files int
	bytes int64
}

func (s *swept) add(bytes int64) {
	s.files++
	s.bytes += bytes
}

// file is a kept file, open for reading.
type file interface {
	io.ReadSeekCloser
	io.ReaderAt
}

// checked is a file that compares itself with its id while it is read from
// beginning to end. Whoever reads it in parts reads it unchecked.
type checked struct {
	file
	ctx     context.Context // for the log alone
	id      string
	size    int64
	kept    time.Time
	log     *slog.Logger
	sum     hash.Hash
	summed  int64 // bytes from the beginning that are in sum
	current int64 // offset of the next Read
}

func newChecked(ctx context.Context, f file, id string, size int64, kept time.Time, log *slog.Logger) *checked {
	return &checked{file: f, ctx: ctx, id: id, size: size, kept: kept, log: log, sum: sha256.New()}
}

// Read fails with ErrCorrupt instead of giving the last bytes of a file that is
// not what was kept, so that a download of it is seen to be cut.
func (c *checked) Read(p []byte) (int, error) {
	n, err := c.file.Read(p)
	if err != nil && err != io.EOF && c.ctx.Err() == nil {
		c.log.WarnContext(c.ctx, "an attachment could not be read to its end", "id", c.id, "at", c.current, "err", err.Error())
	}
	if c.current == c.summed {
		c.sum.Write(p[:n])
		c.summed += int64(n)
	}
	c.current += int64(n)
	// A file that was emptied has no last bytes: nothing that is kept is empty.
	if (n > 0 || c.size == 0) && c.summed == c.size && hex.EncodeToString(c.sum.Sum(nil)) != c.id {
		c.log.ErrorContext(c.ctx, "an attachment is not what was kept: restore it from a backup", "id", c.id)
		return 0, ErrCorrupt
	}
	return n, err
}

// verify reads the whole file, and goes back to its beginning.
func (c *checked) verify() error {
	if _, err := c.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, c); err != nil {
		return err
	}
	_, err := c.Seek(0, io.SeekStart)
	return err
}

func (c *checked) Seek(offset int64, whence int) (int64, error) {
	at, err := c.file.Seek(offset, whence)
	if err == nil {
		c.current = at
		if at == 0 {
			c.sum.Reset()
			c.summed = 0
		}
	}
	return at, err
}
