package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// diskFull is what PostgreSQL says when it has no room for a row. It goes on
// otherwise: what fits into the pages it has is written, and everything is read.
const diskFull = "53100"

// heedRoom notes that the database had no room. Who asks whether it takes
// writes is then told by trying, see hasRoom.
func (s *Store) heedRoom(err error) {
	if hasCode(err, diskFull) && !s.full.Swap(true) {
		s.log.Error("the database's disk is full: messages are refused until there is room", "err", err)
	}
}

// hasRoom tells whether there is room again, once there was none. A transaction
// that writes nothing would succeed without any, so the database is made to
// write 3 MB of a temporary file beside its tables.
func (s *Store) hasRoom(ctx context.Context) error {
	if !s.full.Load() {
		return nil
	}
	ctx, cancel := s.patient(ctx)
	defer cancel()
	conn, err := s.reading.Acquire(ctx)
	if err != nil {
		return unavailable(err)
	}
	defer conn.Release()
	var b pgx.Batch
	b.Queue("begin read only")
	b.Queue("SET LOCAL work_mem = '64kB'")
	b.Queue("SET LOCAL temp_tablespaces = ''")
	b.Queue("SELECT count(*) FROM generate_series(1, 100000)")
	b.Queue("commit")
	if err := conn.SendBatch(ctx, &b).Close(); err != nil {
		return unavailable(abandon(conn, err))
	}
	if s.full.Swap(false) {
		s.log.Info("the database has room again")
	}
	return nil
}
