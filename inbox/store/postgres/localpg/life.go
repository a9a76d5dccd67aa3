package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Mode is how a server stops, by the signal that asks PostgreSQL for it.
type Mode syscall.Signal

const (
	// Fast breaks off what clients do and writes everything down before it ends.
	Fast = Mode(syscall.SIGINT)
	// Immediate drops everything; the next start recovers from the log of writes.
	Immediate = Mode(syscall.SIGQUIT)
)

// enter waits for the turn to start or stop the server.
func (s *Server) enter() (leave func()) {
	<-s.life
	return func() { s.life <- struct{}{} }
}

// Running says whether the server's process runs.
func (s *Server) Running() bool {
	defer s.enter()()
	return s.running()
}

// Pid is the server's process, whose children serve the connections; 0 while it
// does not run.
func (s *Server) Pid() int {
	defer s.enter()()
	if !s.running() {
		return 0
	}
	return s.proc.cmd.Process.Pid
}

func (s *Server) running() bool { return s.proc != nil && !s.proc.ended() }

// StartAgain starts a server that was stopped or killed, on the same port with
// the same data, and returns when it answers. One that runs is left alone.
func (s *Server) StartAgain(ctx context.Context) error {
	defer s.enter()()
	return s.startAgain(ctx)
}

func (s *Server) startAgain(ctx context.Context) error {
	if s.running() {
		return nil
	}
	if err := s.configure(); err != nil {
		return fmt.Errorf("configure PostgreSQL: %w", err)
	}
	logged := size(s.LogFile())
	orphaned := syscall.Signal(Fast)
	if s.home.temporary {
		orphaned = syscall.Signal(Immediate)
	}
	proc, err := launch(s.acc, orphaned, s.home.path, s.LogFile(), s.program("postgres"), "-D", s.data())
	if err != nil {
		return err
	}
	s.proc = proc
	if err := s.ready(ctx); err != nil {
		return errors.Join(fmt.Errorf("start PostgreSQL: %w; its log says:\n%s", err, since(s.LogFile(), logged)),
			proc.killAll())
	}
	return nil
}

// recovery is how long a server may take until it answers: after a kill it
// first repeats what it wrote since its last checkpoint.
const recovery = 5 * time.Minute

// ready waits until the server answers a query.
func (s *Server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, recovery)
	defer cancel()
	var last error
	err := poll(ctx, func() (bool, error) {
		if s.proc.ended() {
			return false, errors.New("it ended")
		}
		last = s.asSuperuser(ctx, func(c *pgx.Conn) error { return c.Ping(ctx) })
		return last == nil, nil
	})
	if errors.Is(err, context.DeadlineExceeded) && last != nil {
		return fmt.Errorf("it does not answer: %w", last)
	}
	return err
}

// Stop ends the server in the given mode and returns when it has ended. One
// that is stopped already is left alone.
func (s *Server) Stop(mode Mode) error {
	defer s.enter()()
	return s.stop(mode)
}

func (s *Server) stop(mode Mode) error {
	if !s.running() {
		return nil
	}
	if err := s.proc.signal(syscall.Signal(mode)); err != nil {
		return fmt.Errorf("stop PostgreSQL: %w", err)
	}
	select {
	case <-s.proc.done:
		return nil
	case <-time.After(stopPatience):
		return errors.Join(fmt.Errorf("PostgreSQL did not stop within %s and was killed; see %s", stopPatience, s.LogFile()),
			s.proc.killAll())
	}
}

// Restart stops the server in the given mode and starts it again, with nobody
// else's start or stop in between.
func (s *Server) Restart(ctx context.Context, mode Mode) error {
	defer s.enter()()
	if err := s.stop(mode); err != nil {
		return err
	}
	return s.startAgain(ctx)
}

// Kill ends all processes of the server at once (SIGKILL), as a power cut
// would, and returns when none is left.
func (s *Server) Kill() error {
	defer s.enter()()
	if !s.running() {
		return nil
	}
	return s.proc.killAll()
}

// size of the file in bytes, 0 when there is none.
func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// since returns what was added to a log, its end only when that is long.
func since(path string, from int64) string {
	const most = 4096
	b, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	added := b[min(from, int64(len(b))):]
	return strings.TrimSpace(string(added[max(0, len(added)-most):]))
}
