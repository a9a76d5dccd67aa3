package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tongdai/configs"
	"tongdai/inbox"
	"tongdai/kb"
)

// nodeCommand is the name under which the test binary is a node of a hub, and
// nodeEnv the variable that tells it how to be, as JSON of nodeSettings.
const (
	nodeCommand = "tongdai-node"
	nodeEnv     = "TONGDAI_NODE"
)

// nodeSettings say how a node of a test is. It is a node as people run it, but
// for shorter times, the channels of the tests, and the fault it may have.
type nodeSettings struct {
	Listen, Data, Database string            // no Database: the embedded store
	Key                    string            // of the hub, in base64
	Platforms              map[string]string // where the simulator of each channel is
	Zalo                   *zaloAccount      // a further channel; nil: none
	Further                string            // a file of configuration, whose channels beside the first are further ones; empty: none
	Send, Turn, Lease      time.Duration     // see inbox.Config; 0: as it is
	Notice                 time.Duration     // see app.notice
	Patience               time.Duration     // of the web server with slow callers; 0: as it is
	Connections            int               // of one address; 0: as it is
	Reserve                int64             // of the disk, in bytes; 0: as it is
	Journal                string            // folder of the second copy of what comes in; empty: none
	Think                  time.Duration     // which the bot takes for a message; what came too late is logged then
	Mutant                 mutant
	NoFlush                bool     // whatever it has flushed to the disk is said to be there, and is not; see withoutFlushes
	Confine                string   // a control group that it joins before anything else; empty: none
	Program                string   // which it runs, as nodeCommand
	Env                    []string // added to ours
}

func (s nodeSettings) config() configs.Config {
	cfg := configs.Default()
	cfg.HTTP.Listen, cfg.Data.Folder, cfg.Data.SecretKey = s.Listen, s.Data, configs.Secret(s.Key)
	if s.Database != "" {
		cfg.Store.Kind, cfg.Store.Postgres.URL = configs.StorePostgres, configs.Secret(s.Database)
	}
	cfg.Channels[0].MessagesPerMinute = configs.MessageLimits{Visitor: 1_000_000, Address: 100_000_000}
	cfg.Journal.Folder = s.Journal
	if limits := &cfg.HTTP.Limits; s.Patience > 0 {
		limits.HeaderTimeout, limits.ReadTimeout, limits.WriteTimeout = s.Patience, s.Patience, s.Patience
	}
	cfg.HTTP.Limits.ConnectionsPerAddress = cmp.Or(s.Connections, cfg.HTTP.Limits.ConnectionsPerAddress)
	if s.Reserve > 0 {
		cfg.Disk.Reserve = configs.Bytes(s.Reserve)
	}
	if s.Zalo != nil {
		cfg.Channels = append(cfg.Channels, s.Zalo.channel())
	}
	cfg.Bot.Workers, cfg.Bot.AnswersPerMinute = 8, 0 // persons of a storm write without a pause
	cfg.Log.Format = "json"
	return cfg
}

// nodeMain is main of a node in a process of its own.
func nodeMain() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := runNode(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "node:", err)
		os.Exit(1)
	}
}

func runNode(ctx context.Context) error {
	var s nodeSettings
	if err := json.Unmarshal([]byte(os.Getenv(nodeEnv)), &s); err != nil {
		return err
	}
	if s.Confine != "" { // 0 is whoever writes it
		if err := os.WriteFile(filepath.Join(s.Confine, "cgroup.procs"), []byte("0"), 0); err != nil {
			return fmt.Errorf("join the control group: %w", err)
		}
	}
	if s.NoFlush {
		if err := withoutFlushes(); err != nil {
			return fmt.Errorf("do without flushes: %w", err)
		}
	}
	cfg := s.config()
	if s.Further != "" {
		further, err := configs.Load(s.Further, os.Getenv)
		if err != nil {
			return err
		}
		cfg.Channels = append(cfg.Channels, further.Channels[1:]...)
	}
	log, err := newLogger(cfg.Log)
	if err != nil {
		return err
	}
	a, err := openApp(ctx, cfg, log, nil)
	if err != nil {
		return err
	}
	a.notice = s.Notice
	if s.Mutant == allHold {
		a.store = &sickStore{Store: a.store, mutant: s.Mutant}
		if err := a.openVault(); err != nil {
			return errors.Join(err, a.close())
		}
	}
	doors[testPlatformKind] = "hook"
	a.refit = func(p *inbox.Parts, c *inbox.Config) {
		c.SendTimeout, c.TurnTimeout, c.LeaseTime = s.Send, s.Turn, s.Lease
		for id, url := range s.Platforms {
			p.Connectors = append(p.Connectors, newTestConnector(id, url, s.Listen))
		}
		if s.Think > 0 {
			p.Knowledge, p.Store = thoughtful{p.Knowledge, s.Think}, candid{p.Store, log}
		}
		s.Mutant.infect(p)
	}
	if err := a.connect(); err != nil {
		return errors.Join(err, a.close())
	}
	return errors.Join(a.serve(ctx, nil), a.close())
}

// thoughtful is knowledge that is found after a while, whatever has happened meanwhile.
type thoughtful struct {
	inbox.Knowledge
	think time.Duration
}

func (t thoughtful) Search(ctx context.Context, query string, limit int) ([]kb.Hit, error) {
	hits, err := t.Knowledge.Search(ctx, query, limit)
	<-time.After(t.think)
	return hits, err
}

// staleRefused is what a node logs when it came too late with a claim.
const staleRefused = "came too late with a claim"

// candid is a store that logs when a claim had lapsed.
type candid struct {
	inbox.Store
	log *slog.Logger
}

func (s candid) Update(ctx context.Context, fn func(inbox.Writer) error) error {
	return s.Store.Update(ctx, func(tx inbox.Writer) error { return fn(candidWriter{tx, s.log}) })
}

type candidWriter struct {
	inbox.Writer
	log *slog.Logger
}

func (w candidWriter) Finish(c inbox.Claim) error { return w.tell(c, w.Writer.Finish(c)) }

func (w candidWriter) Postpone(c inbox.Claim, due time.Time) error {
	return w.tell(c, w.Writer.Postpone(c, due))
}

func (w candidWriter) Extend(c inbox.Claim, until time.Time) (inbox.Claim, error) {
	held, err := w.Writer.Extend(c, until)
	return held, w.tell(c, err)
}

func (w candidWriter) tell(c inbox.Claim, err error) error {
	if errors.Is(err, inbox.ErrStale) {
		w.log.Info(staleRefused, "kind", c.Task.Kind, "ref", c.Task.Ref)
	}
	return err
}

// clusterNode is a node in a process of its own, which can be started again on
// the same port with the same folder.
type clusterNode struct {
	name     string
	settings nodeSettings
	url      string
	log      string // file

	mu      sync.Mutex
	process *exec.Cmd
	ended   chan struct{} // closed when the process has been waited for
}

func newClusterNode(t *testing.T, dir, name string, s nodeSettings) *clusterNode {
	s.Listen = freeAddress(t)
	s.Data = filepath.Join(dir, name)
	n := &clusterNode{name: name, settings: s, url: "http://" + s.Listen, log: filepath.Join(dir, name+".log")}
	t.Cleanup(func() {
		if n.signal(syscall.SIGKILL) {
			<-n.ended
		}
	})
	return n
}

// given are the addresses that freeAddress has given to a test.
var given sync.Map

// freeAddress is one on which nobody listens. Its port is below those that the
// kernel gives to others (32768 and up on Linux), who could take it before the
// hub listens there, or while it is dead.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 200 {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(lowestPort+rand.IntN(highestPort-lowestPort)))
		listener, err := net.Listen("tcp", address)
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err == nil {
			err = listener.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := given.LoadOrStore(address, true); !twice {
			return address
		}
	}
	t.Fatalf("no free port of 127.0.0.1 was found between %d and %d", lowestPort, highestPort)
	return ""
}

// start starts the process. It does not wait until the node is ready.
func (n *clusterNode) start() error {
	settings, err := json.Marshal(n.settings)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(n.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() // the process has its own
	process := exec.Command(n.settings.Program)
	process.Args = []string{nodeCommand}
	process.Env = append(append(os.Environ(), n.settings.Env...), nodeEnv+"="+string(settings))
	process.Stdout, process.Stderr = log, log
	process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := process.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	n.mu.Lock()
	n.process, n.ended = process, ended
	n.mu.Unlock()
	go func() {
		defer close(ended)
		_ = process.Wait() // the state tells more than the error
	}()
	return nil
}

// signal sends a signal to the process, if it runs.
func (n *clusterNode) signal(s syscall.Signal) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.process == nil {
		return false
	}
	select {
	case <-n.ended:
		return false
	default:
		return n.process.Process.Signal(s) == nil
	}
}

// kill ends the process as a power cut does, and tells when it had ended otherwise.
func (n *clusterNode) kill() error {
	n.signal(syscall.SIGKILL)
	<-n.ended
	status, ok := n.process.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || status.Signal() != syscall.SIGKILL {
		return fmt.Errorf("%s ended by itself: %v", n.name, n.process.ProcessState)
	}
	return nil
}

// stop asks the process to end in order, and tells when it did not.
func (n *clusterNode) stop(ctx context.Context) error {
	if !n.signal(syscall.SIGTERM) {
		return fmt.Errorf("%s did not run", n.name)
	}
	select {
	case <-n.ended:
	case <-ctx.Done():
		return fmt.Errorf("%s did not end: %w", n.name, ctx.Err())
	}
	if !n.process.ProcessState.Success() {
		return fmt.Errorf("%s did not end in order: %v", n.name, n.process.ProcessState)
	}
	return nil
}

// ready asks the node whether it wants requests.
func (n *clusterNode) ready(ctx context.Context) bool {
	status, _ := n.probe(ctx, "/readyz")
	return status == http.StatusOK
}

// probe returns the status of a page and how long it took; 0: no answer.
func (n *clusterNode) probe(ctx context.Context, path string) (int, time.Duration) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.url+path, nil)
	if err != nil {
		return 0, 0
	}
	took := stopwatch()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, took()
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close() // read
	return resp.StatusCode, took()
}

// awaitReady waits until the node takes requests.
func (n *clusterNode) awaitReady(ctx context.Context, t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	await(ctx, t, n.name+" to be ready", func() bool {
		select {
		case <-n.ended:
			said, _ := os.ReadFile(n.log)
			t.Fatalf("%s did not start: %s", n.name, lastLines(string(said), 5))
		default:
		}
		return n.ready(ctx)
	})
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(len(lines)-n, 0):], "\n")
}
