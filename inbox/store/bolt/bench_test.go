package bolt

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"

	"tongdai/inbox"
	"tongdai/inbox/store/storetest"
)

func BenchmarkReceive(b *testing.B) { storetest.BenchmarkReceive(b, openForBench) }

func BenchmarkReceiveAndTurn(b *testing.B) { storetest.BenchmarkReceiveAndTurn(b, openForBench) }

func openForBench(b *testing.B) inbox.Store {
	s := open(b, filepath.Join(b.TempDir(), "hub.db"), Options{})
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

// BenchmarkBareBolt is what BenchmarkReceive is held against: bbolt alone,
// writing as many bytes under as many keys, with as many in one transaction as
// there are writers.
func BenchmarkBareBolt(b *testing.B) {
	message := bytes.Repeat([]byte("x"), 500) // about as long as a message's record
	for _, grouped := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("grouped=%d", grouped), func(b *testing.B) {
			db, err := openFile(filepath.Join(b.TempDir(), "bare.db"), Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			err = db.Update(func(tx *bolt.Tx) error { _, err := tx.CreateBucket([]byte("b")); return err })
			if err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			for i := 0; i < b.N; i += grouped {
				err := db.Update(func(tx *bolt.Tx) error {
					bucket := tx.Bucket([]byte("b"))
					for n := i; n < i+grouped; n++ {
						for part := range uint64(6) {
							if err := bucket.Put(appendNumber(numberKey(part), uint64(n)), message); err != nil {
								return err
							}
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "updates/s")
		})
	}
}

// BenchmarkVerify measures tongdai verify of a file: its pages, every record, and
// what they say of each other.
func BenchmarkVerify(b *testing.B) {
	path := filepath.Join(b.TempDir(), "hub.db")
	s := open(b, path, Options{})
	for i := range 2000 {
		if err := s.Update(b.Context(), func(tx inbox.Writer) error { return fillConversation(tx, i) }); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	var rows, bytes int64
	for b.Loop() {
		v, err := Verify(b.Context(), path, VerifyOptions{})
		if err != nil || !v.Sound() {
			b.Fatal(err, v)
		}
		p, err := readPages(path)
		if err != nil {
			b.Fatal(err)
		}
		rows, bytes = v.Records, int64(p.meta.high)*p.size
		_ = p.close() // nothing was written
	}
	b.SetBytes(bytes)
	b.ReportMetric(float64(rows), "rows")
}
