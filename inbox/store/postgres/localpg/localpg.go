// Package localpg starts private PostgreSQL servers on this machine and removes
// them again: for tests, for the demo with several nodes and for load tests. No
// system service is needed or touched.
//
// Every server is one process tree on a port of its own of 127.0.0.1, in a
// folder of its own with its data, its socket and its log. It can be stopped in
// PostgreSQL's ways, killed as a power cut kills, started again, followed by a
// standby, and put behind a pgbouncer.
//
//	s, err := localpg.Start(ctx, localpg.Options{})
//	…
//	defer s.Close()
//	err = s.CreateDatabase(ctx, "tongdai")
//	pool, err := pgxpool.New(ctx, s.URL("tongdai"))
//
// PostgreSQL refuses to run as root. When we are root its processes run as the
// user postgres, which the Debian package makes, and who therefore must be able
// to reach the folder.
//
// Two roles exist. The application is tongdai: no superuser, owner of its
// databases, let in from 127.0.0.1 without a password; everybody with an
// account on this machine can therefore read such a server, which is right for
// invented data only. The superuser postgres is let in through the socket
// alone, in a folder that only its own user and root may enter.
//
// A server ends with the process that started it, even when that is killed
// (on Linux, by the kernel); a folder that was left behind then goes away at
// the next Start of anybody.
package localpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Role is the application's role: owner of its databases and nothing more.
const Role = "tongdai"

// superuser is let in through the socket only.
const superuser = "postgres"

// Options say how a server is to be. The zero value is a temporary server as
// safe as PostgreSQL is by default.
type Options struct {
	// Dir keeps the server: it is made when missing, used again when there is a
	// server in it, and stays after Close. Empty: a temporary folder that Close
	// removes. A Dir is used by one process at a time, and keeps to the major
	// version of PostgreSQL that made it.
	Dir string
	// Settings are added to postgresql.conf and win over the defaults, for
	// example {"max_connections": "400"}.
	Settings map[string]string
	// Unsafe does without flushing the disk (fsync = off), and without a Dir even
	// without the disk where memory has room (/dev/shm): quicker, and all the same
	// to whatever happens to processes, Kill included, since the kernel keeps what
	// was written. Only a crash of the machine would take the data.
	Unsafe bool
	// Synchronous, of a Standby: commits on the primary wait for it.
	Synchronous bool
}

// defaults are small enough for a dozen servers on one machine, and large
// enough for three nodes with their pools.
var defaults = map[string]string{
	"shared_buffers":  "64MB",
	"max_connections": "200",
	"wal_keep_size":   "256MB", // a standby may be away for a while
	"timezone":        "UTC",
	"log_timezone":    "UTC",
	// Details and hints quote rows: the log must not repeat what citizens wrote.
	"log_error_verbosity": "terse",
}

// Server is one PostgreSQL server. Its methods may be called from several
// goroutines; those that start and stop it wait for each other.
type Server struct {
	programs string // folder of PostgreSQL's programs
	acc      account
	home     *folder
	sockets  *folder // where home's path is too long for a socket
	port     int
	opts     Options

	life     chan struct{} // holds one token: whoever has it may start and stop
	proc     *process
	settings map[string]string // set since the start: synchronous_standby_names
	bouncers []*Bouncer
	primary  *Server // of a standby
	name     string  // of a standby, as the primary knows it
}

// Start makes a server, or takes up the one in o.Dir, and returns when it
// answers. Without PostgreSQL of version 15 or newer on this machine the error
// is ErrMissing and tells what to install. ctx limits the starting; the server
// lives until Close, or until this process ends.
func Start(ctx context.Context, o Options) (*Server, error) {
	s, err := prepare(ctx, machine, o)
	if err != nil {
		return nil, err
	}
	if err := s.make(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("local PostgreSQL: %w", err), s.Close())
	}
	return s, nil
}

// prepare finds the programs and makes the folder.
func prepare(ctx context.Context, p places, o Options) (*Server, error) {
	programs, err := p.postgres(ctx)
	if err != nil {
		return nil, err
	}
	acc, err := currentAccount()
	if err != nil {
		return nil, err
	}
	sweep()
	s := &Server{programs: programs, acc: acc, opts: o, life: make(chan struct{}, 1), settings: map[string]string{}}
	s.life <- struct{}{}
	if o.Dir == "" {
		s.home, err = temporaryFolder(acc, o.Unsafe)
	} else {
		s.home, err = keptFolder(o.Dir, acc)
	}
	if err != nil {
		return nil, fmt.Errorf("folder for PostgreSQL: %w", err)
	}
	if err := s.placeSocket(); err != nil {
		return nil, errors.Join(fmt.Errorf("folder for PostgreSQL's socket: %w", err), s.release())
	}
	return s, nil
}

// longestSocket is the longest path that a socket may have everywhere, in
// bytes: sun_path of unix(7) holds 108 on Linux and 104 on others, with a zero.
const longestSocket = 103

// placeSocket makes the folder of the socket, elsewhere when the path in home
// would be too long for the kernel.
func (s *Server) placeSocket() error {
	if len(s.home.in("socket/.s.PGSQL.65535")) > longestSocket {
		var err error
		s.sockets, err = temporaryFolder(s.acc, false)
		return err
	}
	return s.acc.folder(s.socket())
}

func (s *Server) socket() string {
	if s.sockets != nil {
		return s.sockets.path
	}
	return s.home.in("socket")
}

func (s *Server) data() string { return s.home.in("data") }

func (s *Server) make(ctx context.Context) error {
	if err := endServing(s.data(), stopPatience); err != nil {
		return fmt.Errorf("end the server that was left in %s: %w", s.home.path, err)
	}
	if _, err := os.Stat(filepath.Join(s.data(), "PG_VERSION")); errors.Is(err, fs.ErrNotExist) {
		if err := s.initialise(ctx); err != nil {
			return err
		}
	}
	if err := s.startOnFreePort(ctx); err != nil {
		return err
	}
	return s.addRole(ctx)
}

// initialise makes the data folder under another name first, so that one with
// a half made server in it is never taken for a whole one.
func (s *Server) initialise(ctx context.Context) error {
	making := s.home.in("data.new")
	if err := os.RemoveAll(making); err != nil {
		return err
	}
	args := []string{"-D", making, "-U", superuser, "-E", "UTF8", "--no-locale", "-A", "trust", "--no-instructions"}
	if s.opts.Unsafe {
		args = append(args, "--no-sync")
	}
	if err := run(ctx, s.acc, s.home.path, s.program("initdb"), args...); err != nil {
		return err
	}
	return os.Rename(making, s.data())
}

func (s *Server) program(name string) string { return filepath.Join(s.programs, name) }

// configure writes PostgreSQL's two files anew: they hold nothing else than
// what is said here, whatever a kept folder or a primary's copy had in them.
func (s *Server) configure() error {
	all := maps.Clone(defaults)
	if s.opts.Unsafe {
		all["fsync"] = "off"
		all["max_wal_size"] = "256MB" // it may lie in memory
	}
	maps.Copy(all, s.opts.Settings)
	maps.Copy(all, s.settings)
	all["listen_addresses"] = "127.0.0.1"
	all["port"] = strconv.Itoa(s.port)
	all["unix_socket_directories"] = s.socket()

	var text strings.Builder
	for _, key := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&text, "%s = %s\n", key, quote(all[key]))
	}
	return errors.Join(
		s.acc.write(filepath.Join(s.data(), "postgresql.conf"), text.String()),
		s.acc.write(filepath.Join(s.data(), "pg_hba.conf"), access))
}

// access lets the application in from this machine and the superuser through
// the socket, also to copy and to follow the server as a standby does.
const access = "local all         " + superuser + "              trust\n" +
	"local replication " + superuser + "              trust\n" +
	"host  all         " + Role + "  127.0.0.1/32 trust\n"

// quote writes a value as postgresql.conf and connection strings want it.
func quote(value string) string { return "'" + quoter.Replace(value) + "'" }

var quoter = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

// Ports are taken from below those that the kernel gives to outgoing
// connections (32768 and up on Linux): one of these could take the server's
// port while it is down, even a client's own that tries to reach it.
const (
	lowestPort  = 15000
	highestPort = 32767
)

func freePort() (int, error) {
	for range 200 {
		port := lowestPort + rand.IntN(highestPort-lowestPort+1)
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err != nil {
			return 0, err
		}
		return port, l.Close()
	}
	return 0, fmt.Errorf("no free port of 127.0.0.1 was found between %d and %d", lowestPort, highestPort)
}

// startOnFreePort chooses the port that the server keeps for its life. Another
// program may take it in the moment before the server does.
func (s *Server) startOnFreePort(ctx context.Context) error {
	for try := 1; ; try++ {
		var err error
		if s.port, err = freePort(); err != nil {
			return err
		}
		err = s.StartAgain(ctx)
		if err == nil || try == 3 || !strings.Contains(err.Error(), "Address already in use") {
			return err
		}
	}
}

// URL is how the application connects to a database of the server:
// postgres://tongdai@127.0.0.1:port/database?sslmode=disable
func (s *Server) URL(database string) string { return address(s.port, database) }

func address(port int, database string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", Role, port, database)
}

// Port is where the server listens on 127.0.0.1, the same for its whole life.
func (s *Server) Port() int { return s.port }

// Folder holds the server: data, socket, log.
func (s *Server) Folder() string { return s.home.path }

// LogFile is what the server writes about itself.
func (s *Server) LogFile() string { return s.home.in("log") }

// Close ends the server and its pgbouncers, and removes it unless it has an
// Options.Dir. A standby that is closed is no longer waited for by its primary.
// After Close nothing else may be called but Close.
func (s *Server) Close() error {
	errs := []error{s.closeBouncers()}
	mode := Fast
	if s.home.temporary {
		mode = Immediate // nothing to tidy before it is removed
	}
	errs = append(errs, s.dismiss(), s.Stop(mode), s.release())
	return errors.Join(errs...)
}

func (s *Server) closeBouncers() error {
	defer s.enter()()
	var errs []error
	for _, b := range s.bouncers {
		errs = append(errs, b.Close())
	}
	return errors.Join(errs...)
}

func (s *Server) release() error {
	var errs []error
	for _, f := range []*folder{s.sockets, s.home} {
		if f != nil {
			errs = append(errs, f.release())
		}
	}
	return errors.Join(errs...)
}

// stopPatience is how long a server may take to stop in order before it is
// taken for stuck: it finishes what it does and writes everything down.
const stopPatience = 30 * time.Second
