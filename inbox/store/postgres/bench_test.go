package postgres

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"tongdai/inbox"
	"tongdai/inbox/store/postgres/localpg"
	"tongdai/inbox/store/postgres/localpg/pgtest"
	"tongdai/inbox/store/storetest"
)

func BenchmarkReceive(b *testing.B) { storetest.BenchmarkReceive(b, openForBench) }

func BenchmarkReceiveAndTurn(b *testing.B) { storetest.BenchmarkReceiveAndTurn(b, openForBench) }

// openForBench opens a store on a server that flushes its disk, as a
// province's does.
func openForBench(b *testing.B) inbox.Store {
	return open(b, Options{URL: pgtest.DatabaseOn(b, pgtest.OwnServer(b, localpg.Options{}))})
}

// BenchmarkBarePgx is what BenchmarkReceive is held against: pgx alone, writing
// as many bytes under as many keys, with as many messages in one transaction as
// there are writers.
func BenchmarkBarePgx(b *testing.B) {
	for _, grouped := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("grouped=%d", grouped), func(b *testing.B) {
			conn, err := pgx.Connect(b.Context(), pgtest.DatabaseOn(b, pgtest.OwnServer(b, localpg.Options{})))
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = conn.Close(b.Context()) }()
			const parts = 6 // key, raw bytes, message, conversation, task, event
			for part := range parts {
				if _, err := conn.Exec(b.Context(), fmt.Sprintf("CREATE TABLE bare%d (id bigint PRIMARY KEY, record bytea)", part)); err != nil {
					b.Fatal(err)
				}
			}
			record := bytes.Repeat([]byte("x"), 500) // about as long as a message's
			b.ResetTimer()
			for i := 0; i < b.N; i += grouped {
				var ids []int64
				var records [][]byte
				for n := i; n < i+grouped; n++ {
					ids, records = append(ids, int64(n)), append(records, record)
				}
				var batch pgx.Batch
				for part := range parts {
					batch.Queue(fmt.Sprintf("INSERT INTO bare%d SELECT * FROM unnest($1::bigint[], $2::bytea[])", part), ids, records)
				}
				if err := conn.SendBatch(b.Context(), &batch).Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		})
	}
}
