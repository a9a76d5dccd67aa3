package backup

import (
	"archive/zip"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"filippo.io/age"

	"tongdai/inbox/store/transfer"
)

// What keeps a backup from being read.
var (
	// ErrNot: the file is no backup, or not all of one.
	ErrNot = errors.New("not a whole backup")
	// ErrNewer: a newer program wrote it.
	ErrNewer = errors.New("written by a newer program")
	// ErrSealed: it is encrypted, and none of the identities opens it.
	ErrSealed = errors.New("encrypted for another identity")
	// ErrDamaged: something in it is not what was written.
	ErrDamaged = errors.New("the backup is damaged")
)

// File is a backup that is read.
type File struct {
	Manifest Manifest
	Sealed   bool // it is encrypted
	file     *os.File
	zip      *zip.Reader
}

var _ transfer.Source = (*File)(nil)

// sealedHead is how a file that age encrypted begins.
const sealedHead = "age-encryption.org/v1"

// Open reads the manifest of the backup at path. identities are tried when it
// is encrypted. Its errors are ErrNot, ErrNewer and ErrSealed.
func Open(path string, identities ...age.Identity) (f *File, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f = &File{file: file}
	if err := f.open(identities); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	return f, nil
}

func (f *File) open(identities []age.Identity) error {
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	var r io.ReaderAt = f.file
	size := info.Size()
	head := make([]byte, len(sealedHead))
	if n, _ := f.file.ReadAt(head, 0); string(head[:n]) == sealedHead {
		f.Sealed = true
		if len(identities) == 0 {
			return ErrSealed
		}
		if r, size, err = age.DecryptReaderAt(f.file, size, identities...); err != nil {
			return fmt.Errorf("%w: %w", ErrSealed, err)
		}
	}
	if f.zip, err = zip.NewReader(r, size); err != nil {
		return fmt.Errorf("%w: %w", ErrNot, err)
	}
	b, err := f.read(manifestName)
	if err == nil {
		err = json.Unmarshal(b, &f.Manifest)
	}
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrNot, err)
	case f.Manifest.Format > Format:
		return ErrNewer
	}
	return nil
}

// Mark names the moment whose state it holds.
func (f *File) Mark(context.Context) (string, error) { return "backup of " + f.Manifest.Mark, nil }

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// mostOfItem bounds what a length in a damaged file can ask for, in bytes.
const mostOfItem = 1 << 30

// Items reads a kind from its beginning; ErrDamaged where the bytes are not
// those that were written.
func (f *File) Items(ctx context.Context, kind transfer.Kind, after []byte) iter.Seq2[transfer.Item, error] {
	return func(yield func(transfer.Item, error) bool) {
		opened, err := f.zip.Open(storeFolder + string(kind))
		if err != nil {
			yield(transfer.Item{}, fmt.Errorf("%w: %w", ErrDamaged, err))
			return
		}
		defer opened.Close()
		r := bufio.NewReaderSize(opened, 1<<16)
		for {
			it, err := nextItem(r)
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil {
				err = ctx.Err()
			} else {
				err = fmt.Errorf("%w: %s: %w", ErrDamaged, kind, err)
			}
			if err == nil && len(after) > 0 && string(it.Key) <= string(after) {
				continue
			}
			if !yield(it, err) || err != nil {
				return
			}
		}
	}
}

// nextItem reads one item; io.EOF where there is none any more.
func nextItem(r *bufio.Reader) (it transfer.Item, err error) {
	if _, err := r.Peek(1); err != nil {
		return it, err
	}
	if it.Key, err = nextPart(r); err != nil {
		return it, err
	}
	it.Value, err = nextPart(r)
	return it, err
}

func nextPart(r *bufio.Reader) ([]byte, error) {
	n, err := binary.ReadUvarint(r)
	if err == nil && n > mostOfItem {
		err = fmt.Errorf("an item of %d bytes", n)
	}
	if err != nil {
		return nil, errCut(err)
	}
	part := make([]byte, n)
	if _, err := io.ReadFull(r, part); err != nil {
		return nil, errCut(err)
	}
	return part, nil
}

// errCut keeps an end in the middle from being taken for the end.
func errCut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Attachment opens one of the manifest's files.
func (f *File) Attachment(id string) (io.ReadCloser, error) { return f.zip.Open(mediaFolder + id) }

// Config reads one of the manifest's files of the configuration.
func (f *File) Config(name string) ([]byte, error) { return f.read(configFolder + name) }

func (f *File) read(name string) ([]byte, error) {
	r, err := f.zip.Open(name)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(r)
	return b, errors.Join(err, r.Close())
}

// Verify reads all of the backup and compares it with its manifest: ErrDamaged.
func (f *File) Verify(ctx context.Context, tell func(Progress)) error {
	if tell == nil {
		tell = func(Progress) {}
	}
	for _, k := range f.Manifest.Kinds {
		sum := transfer.NewSummer()
		n := int64(0)
		for it, err := range f.Items(ctx, k.Kind, nil) {
			if err == nil {
				err = transfer.Check(k.Kind, it)
			}
			if err != nil {
				return err
			}
			sum.Add(it)
			if n++; n%tellEvery == 0 {
				tell(Progress{Kind: k.Kind, Items: n})
			}
		}
		if s := sum.Sum(k.Kind); s.Items != k.Items || hex.EncodeToString(s.Digest[:]) != k.SHA256 {
			return fmt.Errorf("%w: %s do not add up", ErrDamaged, k.Kind)
		}
		tell(Progress{Kind: k.Kind, Items: n, Done: true})
	}
	for i, file := range f.Manifest.Files {
		if err := f.verifyFile(ctx, file); err != nil {
			return err
		}
		if i%100 == 99 {
			tell(Progress{Items: int64(i + 1)})
		}
	}
	tell(Progress{Items: int64(len(f.Manifest.Files)), Done: true})
	return nil
}

func (f *File) verifyFile(ctx context.Context, file ManifestFile) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r, err := f.Attachment(file.ID)
	if err != nil {
		return fmt.Errorf("%w: attachment %s: %w", ErrDamaged, file.ID, err)
	}
	hash := sha256.New()
	_, err = io.Copy(hash, r)
	if err = errors.Join(err, r.Close()); err != nil || hex.EncodeToString(hash.Sum(nil)) != file.ID {
		return errors.Join(fmt.Errorf("%w: attachment %s is not what was kept", ErrDamaged, file.ID), err)
	}
	return nil
}
