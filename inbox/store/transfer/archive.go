package transfer

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Archive is where an export's files go, one after the other: the writer of a
// file ends with the next Create. What was written is there after Commit, as a
// whole; Discard removes it, and does nothing after Commit.
type Archive interface {
	Create(name string) (io.Writer, error)
	Commit() error
	Discard() error
}

// CreateArchive begins an archive at path: a ZIP file when its name ends in
// .zip, else a folder. Only the owner may read it. What is there already is
// never written over: fs.ErrExist.
func CreateArchive(path string) (Archive, error) {
	path = filepath.Clean(path)
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
		}
		return nil, err
	}
	// What an earlier export has left unfinished is of no use.
	making := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tongdai-unfinished")
	if err := os.RemoveAll(making); err != nil {
		return nil, err
	}
	if strings.EqualFold(filepath.Ext(path), ".zip") {
		return createZip(path, making)
	}
	if err := os.Mkdir(making, 0o700); err != nil {
		return nil, err
	}
	return &folder{path: path, making: making}, nil
}

type zipped struct {
	path, making string
	file         *os.File
	zip          *zip.Writer
	ended        bool
}

func createZip(path, making string) (Archive, error) {
	file, err := os.OpenFile(making, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return &zipped{path: path, making: making, file: file, zip: zip.NewWriter(file)}, nil
}

// Create begins a file without a time of its own: the same content makes the
// same archive.
func (z *zipped) Create(name string) (io.Writer, error) {
	return z.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
}

func (z *zipped) Commit() error {
	z.ended = true
	if err := errors.Join(z.zip.Close(), z.file.Sync(), z.file.Close()); err != nil {
		return errors.Join(err, os.Remove(z.making))
	}
	return place(z.making, z.path)
}

func (z *zipped) Discard() error {
	if z.ended {
		return nil
	}
	z.ended = true
	return errors.Join(z.file.Close(), os.Remove(z.making))
}

type folder struct {
	path, making string
	file         *os.File // being written
	ended        bool
}

func (f *folder) Create(name string) (io.Writer, error) {
	if err := f.endFile(); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(f.making, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	f.file = file
	return file, nil
}

func (f *folder) endFile() error {
	if f.file == nil {
		return nil
	}
	file := f.file
	f.file = nil
	return errors.Join(file.Sync(), file.Close())
}

func (f *folder) Commit() error {
	f.ended = true
	err := f.endFile()
	if err == nil {
		err = flush(f.making)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(f.making))
	}
	return place(f.making, f.path)
}

func (f *folder) Discard() error {
	if f.ended {
		return nil
	}
	f.ended = true
	return errors.Join(f.endFile(), os.RemoveAll(f.making))
}

// place gives what is complete its name.
func place(making, path string) error {
	if err := os.Rename(making, path); err != nil {
		return fmt.Errorf("the export is complete but could not be put in place: %w", err)
	}
	return flush(filepath.Dir(path))
}

// flush brings a folder's names to disk.
func flush(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
