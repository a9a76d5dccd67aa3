package postgres

import (
	"context"
	"slices"
	"time"
)

// What the database is set to do decides what "acknowledged" is worth, and it
// may be another database after a failover. So its settings are read at the
// start and now and then, and what they allow to be lost is told.

const caveatsEvery = time.Minute

// Caveats tells under which faults what was acknowledged may be lost, as the
// database is set up now; none when nothing may. The sources are the chapters
// "Write Ahead Log" and "Replication" of PostgreSQL's configuration reference.
func (s *Store) Caveats() []string {
	if all := s.caveats.Load(); all != nil {
		return *all
	}
	return nil
}

func (s *Store) watchCaveats() {
	for {
		if err := s.readCaveats(s.closing); err != nil && s.closing.Err() == nil {
			s.log.Debug("the database's settings could not be read", "err", err)
		}
		s.wait(s.closing, caveatsEvery)
		if s.closing.Err() != nil {
			return
		}
	}
}

func (s *Store) readCaveats(ctx context.Context) error {
	ctx, cancel := s.patient(ctx)
	defer cancel()
	var flushes, whole, commits, standbys string
	err := s.reading.QueryRow(ctx, `SELECT current_setting('fsync'), current_setting('full_page_writes'),
		current_setting('synchronous_commit'), current_setting('synchronous_standby_names')`).
		Scan(&flushes, &whole, &commits, &standbys)
	if err != nil {
		return err
	}
	var all []string
	if flushes == "off" {
		all = append(all, "fsync is off: a crash of the database's machine may lose or damage everything")
	}
	if whole == "off" {
		all = append(all, "full_page_writes is off: a power cut may damage the database")
	}
	if commits == "off" {
		all = append(all, "synchronous_commit is off: a crash of the database may lose what was acknowledged in the last second")
	}
	if standbys == "" || commits == "local" {
		all = append(all, "replication is not synchronous: when the database's machine is lost and a standby takes over, what was acknowledged last may be lost with it")
	}
	if was := s.caveats.Swap(&all); was == nil || !slices.Equal(*was, all) {
		for _, c := range all {
			s.log.Warn("the database does not guarantee everything", "caveat", c)
		}
	}
	return nil
}
