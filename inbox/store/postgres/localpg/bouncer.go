package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Bouncer is a pgbouncer before a server, in transaction mode: every
// transaction of a client may run on another connection of the server, so that
// nothing may rest on a session (advisory locks of sessions, LISTEN, SET,
// prepared statements).
type Bouncer struct {
	port int
	dir  string
	proc *process
}

// Bouncer starts a pgbouncer before the server and returns when it listens. It
// lets everybody of this machine in as the application's role, and outlives
// stops and starts of the server; Close of the server ends it. Without
// pgbouncer on this machine the error is ErrMissing.
func (s *Server) Bouncer(ctx context.Context) (*Bouncer, error) {
	return s.bouncer(ctx, machine)
}

func (s *Server) bouncer(ctx context.Context, p places) (*Bouncer, error) {
	program, err := p.bouncer()
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		b, err := s.startBouncer(ctx, program)
		if err == nil {
			defer s.enter()()
			s.bouncers = append(s.bouncers, b)
			return b, nil
		}
		if try == 3 || !strings.Contains(err.Error(), "Address already in use") {
			return nil, fmt.Errorf("local pgbouncer: %w", err)
		}
	}
}

func (s *Server) startBouncer(ctx context.Context, program string) (*Bouncer, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	b := &Bouncer{port: port, dir: s.home.in("bouncer-" + strconv.Itoa(port))}
	config, log := b.dir+"/pgbouncer.ini", b.dir+"/log"
	if err := errors.Join(s.acc.folder(b.dir), s.acc.write(config, b.config(s.port))); err != nil {
		return nil, err
	}
	b.proc, err = launch(s.acc, syscall.SIGKILL, b.dir, log, program, "-q", config)
	if err != nil {
		return nil, err
	}
	if err := b.ready(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%w; its log says:\n%s", err, since(log, 0)), b.Close())
	}
	return b, nil
}

// config lets every client in as the application's role. A server that was
// away is tried again each second, not each fifteen.
func (b *Bouncer) config(server int) string {
	return fmt.Sprintf(`[databases]
* = host=127.0.0.1 port=%d user=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 1000
default_pool_size = 20
server_login_retry = 1
ignore_startup_parameters = extra_float_digits
admin_users = pgbouncer
`, server, Role, b.port)
}

// ready waits until pgbouncer's own console answers; the server need not.
func (b *Bouncer) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	return poll(ctx, func() (bool, error) {
		if b.proc.ended() {
			return false, errors.New("it ended")
		}
		config, err := pgx.ParseConfig(fmt.Sprintf("postgres://pgbouncer@127.0.0.1:%d/pgbouncer?sslmode=disable&default_query_exec_mode=simple_protocol", b.port))
		if err != nil {
			return false, err
		}
		c, err := pgx.ConnectConfig(ctx, config)
		if err != nil {
			return false, nil // not yet
		}
		return true, c.Close(ctx)
	})
}

// URL is how the application connects to a database of the server through the
// bouncer. It says nothing of prepared statements, which pgbouncer passes on
// from version 1.21 only: with an older one they must be switched off, in pgx
// by default_query_exec_mode=exec.
func (b *Bouncer) URL(database string) string { return address(b.port, database) }

// Close ends the bouncer, which has nothing to keep.
func (b *Bouncer) Close() error {
	return errors.Join(b.proc.killAll(), os.RemoveAll(b.dir))
}
