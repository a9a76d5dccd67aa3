package bolt

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"tongdai/inbox/store/storetest"
)

// BenchmarkBareLoop holds the store against its engine: messages are received and
// answered by a number of writers, and what was written for that is written again
// by a loop that does nothing else: the same keys and bytes, as many in one
// transaction, as many flushes.
func BenchmarkBareLoop(b *testing.B) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			var all transactions
			s := open(b, filepath.Join(b.TempDir(), "hub.db"), Options{wrote: all.note})
			storetest.ReceiveAndTurn(b, s, writers)
			took := b.Elapsed()
			b.StopTimer()
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
			bare := all.again(b)
			b.ReportMetric(float64(b.N)/bare.Seconds(), "bare/s")
			b.ReportMetric(100*bare.Seconds()/took.Seconds(), "%of-bare")
			b.ReportMetric(float64(all.writes)/float64(b.N), "writes/call")
		})
	}
}

// transactions are what a store wrote, each what one commit made true.
type transactions struct {
	committed [][]written
	open      []written
	writes    int
}

// note is called by one goroutine at a time, that which has the transaction.
func (all *transactions) note(w written) {
	if w.key == nil {
		all.committed = append(all.committed, all.open)
		all.open = nil
		return
	}
	all.open = append(all.open, w)
	all.writes++
}

// again writes everything into an empty file and returns how long that took.
func (all *transactions) again(b *testing.B) time.Duration {
	db, err := openFile(filepath.Join(b.TempDir(), "bare.db"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if err := db.Update(func(tx *bolt.Tx) error {
		for _, name := range bucketNames {
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	begun := time.Now()
	for _, group := range all.committed {
		if err := db.Update(func(btx *bolt.Tx) error { return writeAll(btx, group) }); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(begun)
}

func writeAll(btx *bolt.Tx, group []written) error {
	trees := trees{tx: btx}
	for _, w := range group {
		var err error
		if w.deleted {
			err = trees.tree(w.bucket).Delete(w.key)
		} else {
			err = trees.tree(w.bucket).Put(w.key, w.value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
