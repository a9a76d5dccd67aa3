package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"tongdai/configs"
	"tongdai/inbox"
	"tongdai/inbox/store/postgres/localpg"
	"tongdai/kb/sheet"
)

// testHub is a hub for a load test, of one node or several, each in a process
// and a folder of its own, without limits on how much one address may send.
type testHub struct {
	folder   string
	config   string // file
	nodes    []testNode
	database *localpg.Server // nil over the embedded store, or one that is not ours
}

// testNode is one process of a hub.
type testNode struct {
	url     string
	process *exec.Cmd
	started time.Duration // until it was ready
	idle    float64       // MB
}

// unlimited lets the senders of one machine stand for a whole province.
const unlimited = `
http: {listen: "127.0.0.1:0"}
channels:
  - {id: web, kind: webchat, name: Load test, messages_per_minute: {visitor: 1000000, address: 100000000}}
bot: {workers: 64, answers_per_minute: 0}
log: {format: json, level: info}
`

// overDatabase is added to unlimited for a hub over PostgreSQL.
const overDatabase = `
store: {kind: postgres, postgres: {url: %q}}
data: {secret_key: %q}
`

// hubWanted is what a load test wants of its hub.
type hubWanted struct {
	store   string // "bolt", "postgres" for one of its own, or the URL of one
	nodes   int
	entries int                // of the knowledge base
	config  string             // without the store; see unlimited
	prepare func(a *app) error // what is to be done before it runs; nil: nothing
}

// startTestHub starts a hub and returns when all its nodes take requests.
func startTestHub(ctx context.Context, want hubWanted) (_ *testHub, err error) {
	h := &testHub{}
	if h.folder, err = os.MkdirTemp("", "tongdai-loadtest-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			h.stop()
		}
	}()
	database, err := h.openDatabase(ctx, want.store)
	if err != nil {
		return nil, err
	}
	h.config = filepath.Join(h.folder, "tongdai.yaml")
	if err := os.WriteFile(h.config, []byte(want.config+database), 0o600); err != nil {
		return nil, err
	}
	if err := fillKnowledge(ctx, h.config, h.data(0), want.entries); err != nil {
		return nil, fmt.Errorf("fill the knowledge base: %w", err)
	}
	if want.prepare != nil {
		s := settings{config: h.config, data: h.data(0)}
		if err := s.withHub(ctx, want.prepare); err != nil {
			return nil, err
		}
	}
	for i := range want.nodes {
		node, err := startTestNode(ctx, h.config, h.data(i))
		if node.process != nil {
			h.nodes = append(h.nodes, node)
		}
		if err != nil {
			return nil, err
		}
	}
	return h, nil
}

func (h *testHub) data(node int) string { return filepath.Join(h.folder, fmt.Sprint("data-", node+1)) }

// openDatabase returns what the configuration says of the store.
func (h *testHub) openDatabase(ctx context.Context, store string) (string, error) {
	url := store
	switch store {
	case string(configs.StoreBolt):
		return "", nil
	case string(configs.StorePostgres):
		var err error
		if h.database, err = localpg.Start(ctx, localpg.Options{}); err != nil {
			return "", err
		}
		if err := h.database.CreateDatabase(ctx, "loadtest"); err != nil {
			return "", err
		}
		url = h.database.URL("loadtest")
	}
	return fmt.Sprintf(overDatabase, url, base64.StdEncoding.EncodeToString(newKey())), nil
}

// urls are where the nodes can be reached.
func (h *testHub) urls() []string {
	var all []string
	for _, n := range h.nodes {
		all = append(all, n.url)
	}
	return all
}

func startTestNode(ctx context.Context, config, data string) (n testNode, err error) {
	self, err := os.Executable()
	if err != nil {
		return n, err
	}
	process := exec.CommandContext(ctx, self, "serve", "--config", config, "--data", data)
	process.Cancel = func() error { return process.Process.Signal(syscall.SIGTERM) }
	lines, err := process.StderrPipe()
	if err != nil {
		return n, err
	}
	begin := time.Now()
	if err := process.Start(); err != nil {
		return n, err
	}
	n.process = process
	if n.url, err = readyAddress(lines); err != nil {
		return n, err
	}
	n.started = time.Since(begin)
	n.idle = memory(process.Process.Pid)
	return n, nil
}

// readyAddress reads a hub's log until it takes requests, then drains the rest.
func readyAddress(lines io.Reader) (string, error) {
	scanner := bufio.NewScanner(lines)
	var said bytes.Buffer
	for scanner.Scan() {
		var line struct{ Msg, Address string }
		if json.Unmarshal(scanner.Bytes(), &line) == nil && line.Msg == "serving" {
			go io.Copy(io.Discard, lines) //nolint:errcheck // ends with the process
			return line.Address, nil
		}
		said.Write(append(scanner.Bytes(), '\n'))
	}
	return "", fmt.Errorf("the hub did not start: %s", said.String())
}

// halt ends the nodes in an orderly way. What they kept stays until stop.
func (h *testHub) halt() {
	for _, n := range h.nodes {
		_ = n.process.Process.Signal(syscall.SIGTERM)
	}
	for _, n := range h.nodes {
		_ = n.process.Wait()
	}
	h.nodes = nil
}

func (h *testHub) stop() {
	h.halt()
	if h.database != nil {
		_ = h.database.Close() // temporary, and the test has its result
	}
	_ = os.RemoveAll(h.folder)
}

// usage is what a hub's processes used. nil stands for a hub that is not ours
// to measure.
type usage struct {
	CPUPerMessage         float64 `json:"cpu_ms_per_message"`
	SenderPerMessage      float64 `json:"sender_cpu_ms_per_message"` // of the process that sends and plays the platforms
	DatabasePerMessage    float64 `json:"database_cpu_ms_per_message,omitempty"`
	Busy                  float64 `json:"busy_percent"`     // of the machine's processors, by all of these
	IdleMB                float64 `json:"idle_rss_anon_mb"` // of one node
	AfterMB               float64 `json:"after_rss_anon_mb"`
	StartSeconds          float64 `json:"start_seconds"`
	cpu, sender, database time.Duration
}

func (h *testHub) usage() *usage {
	if h == nil {
		return nil
	}
	u := &usage{IdleMB: h.nodes[0].idle, StartSeconds: h.nodes[0].started.Seconds(), sender: processor(os.Getpid()).own}
	for _, n := range h.nodes {
		pid := n.process.Process.Pid
		u.AfterMB = max(u.AfterMB, memory(pid))
		u.cpu += processor(pid).own
	}
	if h.database != nil {
		u.database = family(h.database.Pid())
	}
	return u
}

// since is what was used for so many messages, in the time that they took.
func (u *usage) since(before *usage, messages int, took time.Duration) *usage {
	if u == nil || before == nil {
		return nil
	}
	per := 1000 / float64(max(messages, 1))
	u.CPUPerMessage = (u.cpu - before.cpu).Seconds() * per
	u.SenderPerMessage = (u.sender - before.sender).Seconds() * per
	u.DatabasePerMessage = (u.database - before.database).Seconds() * per
	all := u.cpu + u.sender + u.database - before.cpu - before.sender - before.database
	u.Busy = 100 * all.Seconds() / took.Seconds() / float64(runtime.NumCPU())
	return u
}

// memory returns a process's anonymous resident memory in MB, from proc(5).
func memory(pid int) float64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kb, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return kb / 1024
		}
	}
	return 0
}

// clockTick is the unit of processor times in proc(5) on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// times are user and system time together.
type times struct {
	parent int
	own    time.Duration
	ended  time.Duration // of children that have ended
}

// processor reads a process's times from proc(5).
func processor(pid int) times {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return times{}
	}
	_, rest, _ := strings.Cut(string(data), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 15 {
		return times{}
	}
	number := func(i int) int { n, _ := strconv.Atoi(fields[i]); return n }
	return times{
		parent: number(1),
		own:    time.Duration(number(11)+number(12)) * clockTick,
		ended:  time.Duration(number(13)+number(14)) * clockTick,
	}
}

// family is the time of a process and all its children, those that have ended too.
func family(pid int) time.Duration {
	self := processor(pid)
	sum := self.own + self.ended
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, path := range all {
		child, err := strconv.Atoi(filepath.Base(path))
		if t := processor(child); err == nil && t.parent == pid {
			sum += t.own + t.ended
		}
	}
	return sum
}

// demoEntries is how many entries the demo knowledge base has; a test counts them.
const demoEntries = 155

// fillKnowledge imports the demo knowledge, and procedures beside it until
// there are as many entries as wanted. The demo's own are always there.
func fillKnowledge(ctx context.Context, config, data string, entries int) error {
	s := settings{config: config, data: data}
	return s.withHub(ctx, func(a *app) error {
		files, err := demoWorkbooks()
		if err != nil {
			return err
		}
		if lacking := entries - demoEntries; lacking > 0 { // a workbook without entries is refused, whoever brings it
			var extra bytes.Buffer
			names := sheet.Names{Category: a.house.CategoryName, Department: a.house.DepartmentName}
			if err := sheet.Write(&extra, loadEntries(lacking), names); err != nil {
				return err
			}
			files = append(files, inbox.Workbook{Name: "loadtest.xlsx", Data: extra.Bytes()})
		}
		return a.importAll(ctx, files)
	})
}
