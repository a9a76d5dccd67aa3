package bolt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	bolt "go.etcd.io/bbolt"

	"tongdai/inbox/store/transfer"
)

// Finding is one thing that is wrong with a store.
type Finding struct {
	Table string `json:"table,omitempty"` // empty: the file's structure
	Key   string `json:"key,omitempty"`   // in hexadecimal
	Words string `json:"words"`           // in Vietnamese, for people
}

// Verification is what Verify has read and found.
type Verification struct {
	Records  int64     `json:"records"` // rows of indexes among them
	Bytes    int64     `json:"bytes"`   // of the file, or of the records where it was in use
	Whole    bool      `json:"whole"`   // the structure was checked as well, which needs the file for itself
	Findings []Finding `json:"findings"`
	More     int       `json:"more,omitempty"` // findings that are not listed
}

// Sound reports whether nothing was found.
func (v *Verification) Sound() bool { return len(v.Findings) == 0 }

// findingsListed bounds what is told one by one.
const findingsListed = 1000

func (v *Verification) found(f Finding) {
	if len(v.Findings) >= findingsListed {
		v.More++
		return
	}
	v.Findings = append(v.Findings, f)
}

// VerifyOptions are what Verify tells while it reads. The zero value works.
type VerifyOptions struct {
	Progress func(done, total int64)  // bytes; total is 0 where it is not known
	File     func(id, carrier string) // of every attachment that is referred to, now and then twice; carrier in words
}

// Verify reads everything that the file at path keeps and tells what is not as
// it was written: pages, checksums, the order of keys, what records and indexes
// say of each other. Nothing is changed. It needs the file for itself: ErrInUse
// as transfer.ErrInUse, transfer.ErrMissing; all else that is wrong with the
// file is in the result.
func Verify(ctx context.Context, path string, options VerifyOptions) (*Verification, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("kho %s: %w", path, transfer.ErrMissing)
	}
	if err != nil {
		return nil, err
	}
	lock, err := acquireOffline(path)
	if err != nil {
		return nil, err
	}
	defer lock.release()
	v := &Verification{Whole: true}
	if err := verifyPages(ctx, path, v, progress{options.Progress, info.Size() * 2}); err != nil {
		if found, damaged := errors.AsType[*Broken](err); damaged {
			v.found(Finding{Words: found.Error()})
			return v, nil
		}
		return nil, err
	}
	db, err := openFile(path, Options{})
	if err != nil {
		v.found(Finding{Words: err.Error()})
		return v, nil
	}
	defer db.Close() // nothing was written
	if err := verifySchema(db); err != nil {
		if _, damaged := errors.AsType[*Broken](err); !damaged {
			return nil, err
		}
		v.found(Finding{Words: err.Error()})
		return v, nil
	}
	if v.Sound() { // else bbolt's own check may not come back
		verifyTree(db, v)
	}
	begin := func(fn func(t *trees) error) error {
		return view(db, func(btx *bolt.Tx) error { return fn(&trees{tx: btx}) })
	}
	w := &verifier{
		v: v, options: options, begin: begin, step: wholeBucket, codes: new(codes),
		tally: &tally{progress: progress{options.Progress, info.Size() * 2}, done: info.Size()},
	}
	err = w.whole(ctx)
	v.Bytes = info.Size()
	return v, err
}

// Verify is the package's Verify while the store is in use. It reads a part at
// a time, so that it holds up nobody; pages that belong to nothing are not found.
func (s *Store) Verify(ctx context.Context, options VerifyOptions) (*Verification, error) {
	v := &Verification{}
	w := &verifier{v: v, options: options, begin: s.read, step: stepRows, codes: new(codes), tally: &tally{progress: progress{report: options.Progress}}}
	err := w.all(ctx)
	v.Bytes = w.tally.done
	return v, err
}

// progress tells how far something has come.
type progress struct {
	report func(done, total int64)
	total  int64
}

func (p progress) tell(done int64) {
	if p.report != nil {
		p.report(done, p.total)
	}
}

func verifyPages(ctx context.Context, path string, v *Verification, tell progress) error {
	p, err := readPages(path)
	if err != nil {
		return err
	}
	defer p.close() // nothing was written
	var done int64
	p.leaks = true
	p.read = func(n int64) {
		done += n
		tell.tell(done)
	}
	wrong, err := p.check(ctx, nil)
	for _, words := range wrong {
		v.found(Finding{Words: "cấu trúc tệp: " + words})
	}
	return err
}

// verifyTree lets bbolt check its own tree as well.
func verifyTree(db *bolt.DB, v *Verification) {
	err := view(db, func(tx *bolt.Tx) error {
		for wrong := range tx.Check() {
			v.found(Finding{Words: "cấu trúc tệp: " + wrong.Error()})
		}
		return nil
	})
	if err != nil {
		v.found(Finding{Words: err.Error()})
	}
}

func verifySchema(db *bolt.DB) error {
	return guarded(func() error {
		found, err := schemaOf(db)
		switch {
		case err != nil:
			return err
		case found < len(migrations):
			return fmt.Errorf("kho còn ở lược đồ cũ (%d, bản này dùng %d); hãy khởi động tongdai serve một lần để nâng cấp (có chép lại bản cũ), rồi kiểm tra lại", found, len(migrations))
		case found > len(migrations):
			return fmt.Errorf("kho do bản mới hơn của chương trình ghi (lược đồ %d); hãy dùng lệnh verify của bản đó", found)
		}
		return complete(db)
	})
}
