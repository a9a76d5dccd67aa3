package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// metaBucket holds what the file says of itself.
var metaBucket = []byte("meta")

// schemaKey stands for the schema of the file. While a migration is on its way
// to it, halfKey stands beside it for the schema it comes from: programs that do
// not know the new schema must not work on what is neither.
var (
	schemaKey = []byte("schema")
	halfKey   = []byte("half")
)

// migration brings the file from one schema to the next, in as many
// transactions as it needs: it is called again until it is done. What it has
// done when the program is cut off it finds done when it is called again.
type migration func(tx *bolt.Tx) (done bool, err error)

// migrations make every schema that was ever released: the n-th makes schema n
// of schema n-1. Released ones never change. A change of inbox.Placements needs
// one that rebuilds the rows of the lists, and a change of a record's shape
// that older programs would misread one that raises the schema.
var migrations = []migration{makeBuckets, add(imports), add(papers), bindRecords(stepBytes)}

func makeBuckets(tx *bolt.Tx) (bool, error) {
	for _, name := range bucketNames {
		if _, err := tx.CreateBucket([]byte(name)); err != nil {
			return false, fmt.Errorf("create bucket %q: %w", name, err)
		}
	}
	return true, nil
}

// add makes a bucket in files of before; a new one has it.
func add(b bucket) migration {
	return func(tx *bolt.Tx) (bool, error) {
		_, err := tx.CreateBucketIfNotExists([]byte(bucketNames[b]))
		return true, err
	}
}

// create makes the file under another name, flushes it, renames it and flushes
// the folder: a cut in between leaves no store or a good one. (bbolt documents
// that a file it is just filling may be damaged by a cut.) A store that is
// there is left alone.
func create(path string, options Options) error {
	info, err := os.Stat(path)
	if err == nil && info.Size() == 0 {
		return broken("tệp trống, mà kho không bao giờ trống")
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	unfinished := path + ".new"
	if err := os.Remove(unfinished); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	db, err := openFile(unfinished, options)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket(metaBucket)
		return err
	})
	for i := range options.migrations {
		if err == nil {
			err = raise(db, options.migrations, i)
		}
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if err := flush(unfinished); err != nil {
		return err
	}
	// gofail: var storeMade struct{}
	if err := os.Rename(unfinished, path); err != nil {
		return err
	}
	// gofail: var storeNamed struct{}
	return flush(filepath.Dir(path))
}

// flush brings a file, or a folder's names, to disk.
func flush(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// migrate brings an existing file to the newest schema, a copy of the old one
// kept beside it. One that was cut off goes on where it was; its copy was made
// before it began.
func migrate(db *bolt.DB, path string, all []migration, log *slog.Logger) error {
	found, half, err := progressOf(db)
	if err != nil {
		return err
	}
	newest := found
	if half {
		newest = found + 1
	}
	if newest > len(all) {
		return fmt.Errorf("kho do bản mới hơn của chương trình ghi (lược đồ %d, bản này biết đến %d); hãy chạy bản mới hơn, hoặc đưa bản chép %s.schema-%d (có từ lúc cập nhật) trở lại chỗ này", newest, len(all), path, len(all))
	}
	if found == len(all) {
		return complete(db)
	}
	kept := fmt.Sprintf("%s.schema-%d", path, found)
	if !half {
		if err := backup(db, kept); err != nil {
			return fmt.Errorf("copy the store before changing its schema: %w", err)
		}
	}
	log.Info("the store is brought to the schema of this program; a copy as it was before lies beside it",
		"from", found, "to", len(all), "copy", kept)
	for i := found; i < len(all); i++ {
		if err := raise(db, all, i); err != nil {
			return err
		}
	}
	log.Info("the store has the schema of this program", "schema", len(all))
	return complete(db)
}

// complete tells whether the file has every bucket of today's schema.
func complete(db *bolt.DB) error {
	return db.View(func(tx *bolt.Tx) error {
		for _, name := range bucketNames {
			if tx.Bucket([]byte(name)) == nil {
				return broken("thiếu bảng %q", name)
			}
		}
		return nil
	})
}

// raise runs one migration, and records with each of its transactions how far it is.
func raise(db *bolt.DB, all []migration, i int) error {
	for done := false; !done; {
		// gofail: var migrationStep struct{}
		err := db.Update(func(tx *bolt.Tx) (err error) {
			if done, err = all[i](tx); err != nil {
				return err
			}
			meta := tx.Bucket(metaBucket)
			if done {
				err = meta.Delete(halfKey)
			} else {
				err = meta.Put(halfKey, numberKey(uint64(i)))
			}
			// gofail: var migrationRaised struct{}
			return errors.Join(err, meta.Put(schemaKey, numberKey(uint64(i+1))))
		})
		if err != nil {
			return fmt.Errorf("make schema %d: %w", i+1, err)
		}
	}
	return nil
}

// schemaOf tells which schema a file has; half way to the next, that of before.
func schemaOf(db *bolt.DB) (int, error) {
	schema, _, err := progressOf(db)
	return schema, err
}

// progressOf tells which schema a file has, and whether it is half way to the next.
func progressOf(db *bolt.DB) (schema int, half bool, err error) {
	err = db.View(func(tx *bolt.Tx) error {
		meta := tx.Bucket(metaBucket)
		if meta == nil {
			return nil
		}
		schema = int(numberOf(meta.Get(schemaKey)))
		if from := meta.Get(halfKey); from != nil {
			schema, half = int(numberOf(from)), true
		}
		return nil
	})
	if err == nil && schema == 0 {
		err = broken("tệp không phải kho của chương trình này")
	}
	return schema, half, err
}

// backup writes a copy as of now, complete or not at all.
func backup(db *bolt.DB, to string) error {
	// gofail: var migrationBeforeCopy struct{}
	unfinished := to + ".new"
	err := db.View(func(tx *bolt.Tx) error { return tx.CopyFile(unfinished, 0o600) })
	if err != nil {
		return err
	}
	if err := flush(unfinished); err != nil {
		return err
	}
	// gofail: var migrationCopyMade struct{}
	if err := os.Rename(unfinished, to); err != nil {
		return err
	}
	return flush(filepath.Dir(to))
}

// openFile opens the database. A damaged one makes bbolt panic or touch memory
// beyond the file's end; that becomes an error that says what to do.
func openFile(path string, options Options) (db *bolt.DB, err error) {
	defer func() {
		if errors.Is(err, berrors.ErrInvalid) || errors.Is(err, berrors.ErrChecksum) || errors.Is(err, berrors.ErrVersionMismatch) {
			err = broken("trang đầu của tệp: %v", err)
		}
	}()
	if err := wholeFile(path); err != nil {
		return nil, err
	}
	// The list of free pages is written with every commit. Leaving it out saves
	// less than can be measured, and opening would have to read the whole file.
	err = guarded(func() (err error) {
		db, err = bolt.Open(path, 0o600, &bolt.Options{
			Timeout:         time.Second,
			FreelistType:    bolt.FreelistMapType,
			InitialMmapSize: mapSize,
			NoStatistics:    true,
			OpenFile:        options.openFile,
		})
		return err
	})
	if errors.Is(err, berrors.ErrTimeout) {
		err = errors.New("một chương trình khác đang mở tệp này; hãy dừng nó trước")
	}
	return db, err
}

// mapSize is the address space taken at once, in bytes; memory is used only
// for what is read. While the file is smaller, no commit waits for readers.
const mapSize = 1 << 30
