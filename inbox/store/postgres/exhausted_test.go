package postgres

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tongdai/inbox"
	"tongdai/inbox/store/postgres/localpg"
	"tongdai/inbox/store/postgres/localpg/pgtest"
)

// refusedInTime brings a message that cannot be kept now, and checks that its
// sender hears of it within a platform's patience.
func (s *sender) refusedInTime(id string) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 500*time.Millisecond)
	defer cancel()
	begun := time.Now()
	err := s.bring(ctx, id)
	if took := time.Since(begun); !errors.Is(err, inbox.ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded) || took > 1500*time.Millisecond {
		s.Errorf("after %v: %v, want ErrUnavailable", took, err)
	}
}

// CLU-06: those who read have all connections and do not come to an end.
func TestAPoolThatIsExhaustedIsToldInTime(t *testing.T) {
	s := open(t, Options{URL: pgtest.Database(t), Connections: leastConnections})
	from := &sender{T: t, store: s, name: "c"}
	from.insist(t.Context(), "m0")
	readers := leastConnections - writers - steppers
	reading, leave, left := make(chan struct{}), make(chan struct{}), make(chan error)
	for range readers {
		go func() {
			left <- s.View(t.Context(), func(tx inbox.Reader) error {
				_, err := tx.LastEvent()
				reading <- struct{}{}
				<-leave
				return err
			})
		}()
		<-reading
	}
	from.refusedInTime("m1")
	close(leave)
	for range readers {
		if err := <-left; err != nil {
			t.Errorf("a reader: %v", err)
		}
	}
	from.insist(t.Context(), "m1")
	mustHave(t, s, []*sender{from})
}

// CLU-06: the store's connections break, and somebody else takes all that the
// server gives before they can be made again.
func TestAServerWithoutConnectionsIsToldInTime(t *testing.T) {
	const all = 20 - 3 // that many are kept for superusers
	server := pgtest.OwnServer(t, localpg.Options{Unsafe: true, Settings: map[string]string{"max_connections": "20"}})
	database := pgtest.DatabaseOn(t, server)
	p := between(t, database)
	s := open(t, Options{URL: p.url, Connections: 6})
	from := &sender{T: t, store: s, name: "c"}
	from.insist(t.Context(), "m0")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var crowd []*pgx.Conn
	leave := func() {
		for _, c := range crowd {
			if err := c.Close(context.Background()); err != nil {
				t.Error(err)
			}
		}
		crowd = nil
	}
	defer leave()
	for len(crowd) < all {
		p.cutAll()
		c, err := pgx.Connect(ctx, database)
		switch {
		case err == nil:
			crowd = append(crowd, c)
		case !hasCode(err, tooManyConnections):
			t.Fatal(err)
		}
	}
	for range 3 {
		from.refusedInTime("m1")
	}
	leave()
	from.insist(t.Context(), "m1")
	mustHave(t, s, []*sender{from})
}

// tooManyConnections is what a server says that has none left.
const tooManyConnections = "53300"

// What a full disk is like is tried with one, on whole nodes. Here it is only
// pretended, and whoever asks finds that there is room.
func TestAStoreThatHadNoRoomAsksForSome(t *testing.T) {
	url := pgtest.Database(t)
	s := open(t, Options{URL: url})
	from := &sender{T: t, store: s, name: "c"}
	from.insist(t.Context(), "m0")
	other := outsider(t, url)
	if _, err := other.Exec(t.Context(), `CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
			$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
		CREATE TRIGGER no_room BEFORE INSERT ON message EXECUTE FUNCTION no_room()`); err != nil {
		t.Fatal(err)
	}
	from.refusedInTime("m1")
	if !s.full.Load() {
		t.Error("the store does not know that there was no room")
	}
	if err := s.Update(t.Context(), func(inbox.Writer) error { return nil }); err != nil || s.full.Load() {
		t.Errorf("asked, there is room: %v, and the store does not know", err)
	}
	if _, err := other.Exec(t.Context(), "DROP TRIGGER no_room ON message"); err != nil {
		t.Fatal(err)
	}
	from.insist(t.Context(), "m1")
	mustHave(t, s, []*sender{from})
}
