// Package dovecottest gives tests a real IMAP server: a Dovecot of their own, on a
// free port of 127.0.0.1, with its data in a folder of its own, ended with the test.
//
//	d := dovecottest.Start(t)
//	d.Deliver(t, letter)
//
// On a machine without Dovecot the test is skipped and says what to install; with
// TONGDAI_NEED_DOVECOT=1, which make test sets, it fails. A Dovecot of the system
// need not run, and is left alone.
package dovecottest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Needed is the environment variable that turns "skipped" into "failed" when its
// value is 1.
const Needed = "TONGDAI_NEED_DOVECOT"

// The account of every Server.
const (
	User     = "1022@thanhhoa.example"
	Password = "mat-khau-cua-hop-thu"
)

// patience is how long the server may take to begin, and to end.
const patience = 20 * time.Second

// Server is a running Dovecot.
type Server struct {
	Address string // host:port of IMAP, without TLS
	home    string
	config  string
	cmd     *exec.Cmd
	ended   chan struct{}
}

// Options of a Server.
type Options struct {
	// Connections is how many an account may have from one address; 10.
	Connections int
}

// Start starts a server that ends with the test.
func Start(t testing.TB, options ...Options) *Server {
	t.Helper()
	program, err := find()
	if err != nil {
		if os.Getenv(Needed) == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	o := Options{Connections: 10}
	for _, given := range options {
		o = given
	}
	for try := 1; ; try++ { // another program may take the port meanwhile
		s, err := start(program, o)
		if err == nil {
			t.Cleanup(func() {
				if err := s.end(); err != nil {
					t.Errorf("end Dovecot: %v", err)
				}
			})
			return s
		}
		if try == 3 {
			t.Fatalf("start Dovecot: %v", err)
		}
	}
}

func find() (string, error) {
	for _, path := range []string{"dovecot", "/usr/sbin/dovecot", "/usr/local/sbin/dovecot"} {
		if program, err := exec.LookPath(path); err == nil {
			return program, nil
		}
	}
	return "", errors.New("no Dovecot on this machine; install it with: sudo apt-get install dovecot-imapd (its service is not needed)")
}

func start(program string, o Options) (*Server, error) {
	home, err := os.MkdirTemp("/tmp", "tongdai-dovecot-") // the path of a socket must be short
	if err != nil {
		return nil, err
	}
	s := &Server{home: home, config: filepath.Join(home, "dovecot.conf"), ended: make(chan struct{})}
	if err := s.run(program, o); err != nil {
		log, _ := os.ReadFile(filepath.Join(home, "log")) // for the error only, like out
		out, _ := os.ReadFile(filepath.Join(home, "out"))
		return nil, errors.Join(fmt.Errorf("%w; its log says:\n%s%s", err, out, log), os.RemoveAll(home))
	}
	return s, nil
}

func (s *Server) run(program string, o Options) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.Address = listener.Addr().String()
	if err := listener.Close(); err != nil {
		return err
	}
	if err := s.furnish(o); err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(s.home, "out"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() // the program has a handle of its own
	s.cmd = exec.Command(program, "-F", "-c", s.config)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	go func() {
		_ = s.cmd.Wait() // how it ended is in its log
		close(s.ended)
	}()
	if err := s.ready(); err != nil {
		return errors.Join(err, s.kill())
	}
	return nil
}

// ready waits until the server greets.
func (s *Server) ready() error {
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		select {
		case <-s.ended:
			return errors.New("it ended at once")
		default:
		}
		c, err := imapclient.DialInsecure(s.Address, nil)
		if err == nil {
			err = errors.Join(c.WaitGreeting(), c.Close())
		}
		if err == nil {
			return nil
		}
		tick := time.NewTimer(30 * time.Millisecond)
		<-tick.C
	}
	return fmt.Errorf("it does not answer within %s", patience)
}

// furnish writes the configuration. Without root everything runs as ourselves.
func (s *Server) furnish(o Options) error {
	me, err := user.Current()
	if err != nil {
		return err
	}
	group, err := user.LookupGroupId(me.Gid)
	if err != nil {
		return err
	}
	login, internal := me.Username, me.Username
	uid, gid := me.Uid, me.Gid
	if me.Uid == "0" { // Dovecot gives no mail to root
		nobody, err := user.Lookup("nobody")
		if err != nil {
			return err
		}
		login, internal, uid, gid = "dovenull", "dovecot", nobody.Uid, nobody.Gid
	}
	mail := filepath.Join(s.home, "mail")
	if err := os.Mkdir(mail, 0o700); err != nil {
		return err
	}
	if err := os.Chmod(s.home, 0o755); err != nil {
		return err
	}
	if me.Uid == "0" {
		id, _ := strconv.Atoi(uid) // the system's own
		gr, _ := strconv.Atoi(gid)
		if err := os.Chown(mail, id, gr); err != nil {
			return err
		}
	}
	users := filepath.Join(s.home, "users")
	if err := os.WriteFile(users, fmt.Appendf(nil, "%s:{PLAIN}%s:%s:%s::%s::\n", User, Password, uid, gid, mail), 0o644); err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		return err
	}
	text := strings.NewReplacer(
		"$home", s.home, "$host", host, "$port", port, "$users", users, "$login", login, "$internal", internal,
		"$group", group.Name, "$connections", strconv.Itoa(o.Connections), "$uid", uid,
	).Replace(settings)
	if me.Uid != "0" {
		text += "service anvil {\n  chroot =\n}\nservice imap-login {\n  chroot =\n}\n"
	}
	return os.WriteFile(s.config, []byte(text), 0o644)
}

// settings are of Dovecot 2.3.
const settings = `base_dir = $home/run
state_dir = $home/state
log_path = $home/log
protocols = imap
listen = $host
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
default_login_user = $login
default_internal_user = $internal
default_internal_group = $group
first_valid_uid = 1
first_valid_gid = 1
mail_location = mdbox:~/mdbox
mail_home = $home/mail
mail_fsync = never
mail_max_userip_connections = $connections
mdbox_rotate_size = 64M
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u $users
}
userdb {
  driver = passwd-file
  args = username_format=%u $users
}
service imap-login {
  inet_listener imap {
    port = $port
  }
  inet_listener imaps {
    port = 0
  }
}
service stats {
  unix_listener stats-reader {
    mode = 0666
  }
  unix_listener stats-writer {
    mode = 0666
  }
}
namespace inbox {
  inbox = yes
}
`

func (s *Server) end() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-s.ended:
	case <-time.After(patience):
		if err := s.kill(); err != nil {
			return err
		}
	}
	return os.RemoveAll(s.home)
}

func (s *Server) kill() error {
	err := s.cmd.Process.Kill()
	<-s.ended
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// Log is what Dovecot has logged.
func (s *Server) Log(t testing.TB) string {
	t.Helper()
	log, err := os.ReadFile(filepath.Join(s.home, "log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(log)
}

// Sessions is how many are logged in, as the log tells: a session goes on for a moment
// when its connection is closed.
func (s *Server) Sessions(t testing.TB) int {
	t.Helper()
	log := s.Log(t)
	return strings.Count(log, "imap-login: Info: Login: ") - len(ended.FindAllString(log, -1))
}

// ended is the log's line of the end of a session, however it came.
var ended = regexp.MustCompile(`(?m) imap\([^ ]*: Info: (Disconnected|Logged out|Connection closed)`)

// Client is a logged-in program, with no folder open, as people use one.
func (s *Server) Client(t testing.TB) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialInsecure(s.Address, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // it may be closed already
	if err := c.Login(User, Password).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

// Deliver puts letters into the mailbox, each with the time at which it came.
func (s *Server) Deliver(t testing.TB, at time.Time, letters ...[]byte) {
	t.Helper()
	c := s.Client(t)
	defer c.Close()
	for _, raw := range letters {
		Append(t, c, "INBOX", raw, at)
	}
}

// Append puts one letter into a folder over a connection that is there already.
func Append(t testing.TB, c *imapclient.Client, folder string, raw []byte, at time.Time) {
	t.Helper()
	cmd := c.Append(folder, int64(len(raw)), &imap.AppendOptions{Time: at})
	_, err := bytes.NewReader(raw).WriteTo(cmd)
	if err := errors.Join(err, cmd.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}
