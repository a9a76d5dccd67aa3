package media

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// folder keeps files in a folder, which may be one that several nodes share
// over NFS or a cluster file system. It asks three things of the file system,
// which NFS promises too: a rename happens at once and whole on the server, a
// file that was flushed stays, and a file that is opened shows what was last
// closed (RFC 7530, 16.27 and 10.3.1). It uses no locks, so a node that died
// holds up nobody.
type folder struct{ dir string }

const (
	incoming = "incoming" // files that are being written
	sweeping = "sweeping" // files that are being judged
)

// Open returns the Store in dir, which is made if it does not exist.
func Open(dir string, options Options) (*Store, error) {
	for _, path := range []string{dir, filepath.Join(dir, incoming), filepath.Join(dir, sweeping)} {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return nil, fmt.Errorf("không mở được thư mục tệp đính kèm %s: %w", dir, err)
		}
	}
	return newStore(&folder{dir}, options), nil
}

// OpenShared returns the Store in a folder that several nodes share. It must
// exist: a share that is not mounted must not become a folder of this node.
func OpenShared(dir string, options Options) (*Store, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("thư mục tệp đính kèm dùng chung %s chưa có; hãy tạo hoặc gắn (mount) nó trước khi khởi động: %w", dir, err)
	}
	return Open(dir, options)
}

func (f *folder) check(context.Context) error {
	err := f.try()
	if err != nil {
		err = fmt.Errorf("không ghi được vào thư mục tệp đính kèm %s; hãy kiểm tra quyền ghi của tài khoản chạy dịch vụ, dung lượng còn trống và, nếu là thư mục dùng chung, việc gắn (mount): %w", f.dir, err)
	}
	return err
}

func (f *folder) try() error {
	probe, err := f.stage()
	if err != nil {
		return err
	}
	_, err = probe.WriteString("1022")
	return errors.Join(err, probe.Sync(), probe.Close(), os.Remove(probe.Name()))
}

func (f *folder) stage() (*os.File, error) {
	return os.CreateTemp(filepath.Join(f.dir, incoming), "put-*")
}

func (f *folder) keep(_ context.Context, staged *os.File, id string, _ int64) error {
	if err := staged.Sync(); err != nil {
		return err
	}
	if err := staged.Close(); err != nil {
		return err
	}
	path := f.path(id)
	if err := makeFolder(filepath.Dir(path)); err != nil {
		return err
	}
	// Renaming over a file of the same content also makes it young again. Over NFS
	// a repeated request may say that the name is gone although the rename was
	// done: then the sender is told to send again, which harms nothing.
	if err := os.Rename(staged.Name(), path); err != nil {
		return err
	}
	// gofail: var attachmentNamed struct{}
	return syncFolder(filepath.Dir(path))
}

func makeFolder(path string) error {
	err := os.Mkdir(path, 0o700)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case err != nil:
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder flushes the names in a folder. Where the file system has no such
// thing (SMB), a name is durable when the server has answered.
func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	err = dir.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, dir.Close())
}

// path spreads the files over 256 folders.
func (f *folder) path(id string) string { return filepath.Join(f.dir, id[:2], id) }

func (f *folder) open(_ context.Context, id string) (file, int64, time.Time, error) {
	opened, err := os.Open(f.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		opened, err = f.openMissing(id)
	}
	if err != nil {
		return nil, 0, time.Time{}, err
	}
	info, err := opened.Stat()
	if err != nil {
		return nil, 0, time.Time{}, errors.Join(err, opened.Close())
	}
	return opened, info.Size(), info.ModTime(), nil
}

// openMissing looks for a file that does not have its name: a sweep may be
// judging it, or the share may not be mounted, which says nothing about files.
func (f *folder) openMissing(id string) (*os.File, error) {
	aside, err := filepath.Glob(filepath.Join(f.dir, sweeping, id+".*"))
	if err != nil {
		return nil, err
	}
	for _, path := range append(aside, f.path(id)) { // it may be back by now
		if opened, err := os.Open(path); err == nil {
			return opened, nil
		}
	}
	if _, err := os.Stat(filepath.Join(f.dir, incoming)); err != nil {
		return nil, err
	}
	return nil, ErrNotFound
}

func (f *folder) sweep(ctx context.Context, before time.Time, used inUse) (removed swept, err error) {
	err = filepath.WalkDir(f.dir, func(path string, entry fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil || entry.IsDir() {
			return err
		}
		name, in := entry.Name(), filepath.Base(filepath.Dir(path))
		var size int64
		switch id, _, _ := strings.Cut(name, "."); {
		case in == incoming:
			size, err = removeOld(path, before)
		case in == sweeping && isID(id): // left by a sweep that did not end
			size, err = f.judge(ctx, path, id, before, used)
		case isID(name) && path == f.path(name):
			size, err = f.sweepFile(ctx, name, before, used)
		}
		if size > 0 {
			removed.add(size)
		}
		return err
	})
	return removed, err
}

// removeOld returns the size of the file if it was removed, else 0.
func removeOld(path string, before time.Time) (int64, error) {
	info, err := os.Stat(path)
	if err == nil && info.ModTime().After(before) {
		return 0, nil
	}
	if err == nil {
		err = os.Remove(path)
	}
	if errors.Is(err, fs.ErrNotExist) { // renamed, or another node was faster
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// sweepFile removes an old file that nobody mentions. Between looking at it and
// removing it somebody may send it again, on another node too, so it is not
// removed under its name: it is taken aside, which only one sweep can do, and
// judged there, where nothing new can take its place.
func (f *folder) sweepFile(ctx context.Context, id string, before time.Time, used inUse) (int64, error) {
	info, err := os.Stat(f.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil || info.ModTime().After(before) {
		return 0, err
	}
	if mentioned, err := used(ctx, id); mentioned || err != nil {
		return 0, err
	}
	aside := filepath.Join(f.dir, sweeping, id+"."+rand.Text())
	if err := os.Rename(f.path(id), aside); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return 0, err
	}
	return f.judge(ctx, aside, id, before, used)
}

// judge removes a file that was taken aside, or gives it its name back: when it
// turns out to be young, in use, or nobody can tell.
func (f *folder) judge(ctx context.Context, aside, id string, before time.Time, used inUse) (int64, error) {
	opened, err := os.Open(aside) // only opening makes NFS look at the file that is there now
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	info, err := opened.Stat()
	if err = errors.Join(err, opened.Close()); err != nil {
		return 0, errors.Join(err, f.giveBack(aside, id))
	}
	mentioned, err := used(ctx, id)
	if mentioned || err != nil || info.ModTime().After(before) {
		return 0, errors.Join(err, f.giveBack(aside, id))
	}
	if err := os.Remove(aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	return info.Size(), nil
}

// giveBack makes the file young before it gets its name, so that replacing one
// that was sent meanwhile, whose content is the same, takes nothing from it.
func (f *folder) giveBack(aside, id string) error {
	now := time.Now()
	err := os.Chtimes(aside, now, now)
	if err == nil {
		err = os.Rename(aside, f.path(id))
	}
	if errors.Is(err, fs.ErrNotExist) { // another sweep judged it
		return nil
	}
	return err
}
