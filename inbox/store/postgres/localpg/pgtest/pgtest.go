// Package pgtest gives tests their PostgreSQL: one server for a test binary,
// started when the first test asks, and a fresh empty database for each.
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Closing(m).Run()) }
//
//	func TestSomething(t *testing.T) {
//		pool, err := pgxpool.New(t.Context(), pgtest.Database(t))
//		…
//	}
//
// The shared server does not flush the disk, which no test can tell: what was
// committed outlives every process, killed or not. A test that stops, kills or
// promotes takes a server of its OwnServer.
//
// On a machine without PostgreSQL the test is skipped and says what to install;
// with TONGDAI_NEED_POSTGRES=1, which make test sets, it fails.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tongdai/inbox/store/postgres/localpg"
)

// shared is the server of this test binary.
var shared struct {
	sync.Mutex
	server *localpg.Server
	err    error
}

var databases atomic.Int64

// Server returns the server that the tests of this binary share. Whoever asks
// must not stop it.
func Server(t testing.TB) *localpg.Server {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		shared.server, shared.err = localpg.Start(ctx, localpg.Options{Unsafe: true})
	}
	need(t, shared.err)
	return shared.server
}

// Database makes an empty database on the shared server and returns the URL for
// the application's role. It is removed when the test ends.
func Database(t testing.TB) string {
	t.Helper()
	return DatabaseOn(t, Server(t))
}

// DatabaseOn makes an empty database on the server and returns its URL. It is
// removed when the test ends, if the server runs then.
func DatabaseOn(t testing.TB, s *localpg.Server) string {
	t.Helper()
	name := fmt.Sprintf("test_%d", databases.Add(1))
	if err := s.CreateDatabase(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !s.Running() {
			return
		}
		if err := s.DropDatabase(context.Background(), name); err != nil {
			t.Errorf("clean up: %v", err)
		}
	})
	return s.URL(name)
}

// OwnServer starts a server for this test alone, closed when the test ends.
func OwnServer(t testing.TB, o localpg.Options) *localpg.Server {
	t.Helper()
	s, err := localpg.Start(t.Context(), o)
	need(t, err)
	closing(t, s)
	return s
}

// Standby makes a standby of s, closed when the test ends.
func Standby(t testing.TB, s *localpg.Server, o localpg.Options) *localpg.Server {
	t.Helper()
	standby, err := s.Standby(t.Context(), o)
	need(t, err)
	closing(t, standby)
	return standby
}

// Bouncer starts a pgbouncer before s, closed when the test ends. It is skipped,
// or fails, for itself: a machine may have PostgreSQL without it.
func Bouncer(t testing.TB, s *localpg.Server) *localpg.Bouncer {
	t.Helper()
	b, err := s.Bouncer(t.Context())
	need(t, err)
	closing(t, b)
	return b
}

func closing(t testing.TB, c interface{ Close() error }) {
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("clean up: %v", err)
		}
	})
}

// Needed is the environment variable that turns "skipped" into "failed" when
// its value is 1.
const Needed = "TONGDAI_NEED_POSTGRES"

// need ends the test on an error: skipped when a program is missing.
func need(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, localpg.ErrMissing) && os.Getenv(Needed) != "1":
		t.Skipf("SKIPPED, NOT TESTED: %v", err)
	default:
		t.Fatal(err)
	}
}

// Closing wraps the tests of a binary so that the shared server is closed
// after them, for os.Exit(pgtest.Closing(m).Run()) and for
// goleak.VerifyTestMain(pgtest.Closing(m)) alike.
func Closing(m interface{ Run() int }) interface{ Run() int } { return closingRun{m} }

type closingRun struct{ tests interface{ Run() int } }

func (c closingRun) Run() int {
	code := c.tests.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		return code
	}
	if err := shared.server.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "close the shared PostgreSQL:", err)
		code = max(code, 1)
	}
	return code
}
