package postgres

import (
	"testing"

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
