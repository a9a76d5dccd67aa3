package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tongdai/configs"
	"tongdai/connectors/webchat/webchatsim"
	"tongdai/inbox/ledger"
	"tongdai/inbox/store/postgres/localpg/pgtest"
)

// transcript is what a program has printed so far.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// shownDemo is "tongdai demo --nodes 3" as a person sees it.
type shownDemo struct {
	out      *transcript
	process  *exec.Cmd
	url      string
	nodes    []int // process ids
	database int
}

// showDemo starts the demonstration in the folder and returns when it has told
// everything.
func showDemo(ctx context.Context, t *testing.T, folder string) *shownDemo {
	t.Helper()
	d := &shownDemo{out: &transcript{}, process: exec.Command(programHere(t), "demo", "--nodes", "3", "--listen", "127.0.0.1:0", "--data", folder)}
	d.process.Stdout, d.process.Stderr = d.out, d.out
	if err := d.process.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = d.process.Wait() // its state is asked for
		close(ended)
	}()
	t.Cleanup(func() {
		_ = d.process.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("the demonstration said:\n%s", d.out)
		}
	})
	await(ctx, t, "what the demonstration tells", func() bool {
		select {
		case <-ended:
			t.Fatal("the demonstration ended")
		default:
		}
		return strings.Contains(d.out.String(), farewell)
	})
	text := d.out.String()
	d.url = found(t, text, `Cổng người dân +(http://[^/\s]+)/`)[0]
	for _, pid := range found(t, text, `Nút \d +PID (\d+)`) {
		d.nodes = append(d.nodes, number(t, pid))
	}
	d.database = number(t, found(t, text, `PostgreSQL +PID (\d+)`)[0])
	return d
}

func found(t *testing.T, text, pattern string) (all []string) {
	t.Helper()
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	if all == nil {
		t.Fatalf("no %s in\n%s", pattern, text)
	}
	return all
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// gone: no such process runs; one that nobody has collected yet does not.
func gone(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(rest, "Z") || strings.HasPrefix(rest, "X")
}

// reachable makes a folder that PostgreSQL's user can reach where a test runs as root.
func reachable(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("/tmp", "tongdai-demo-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}

// answerable are questions that the demonstration's bot answers at once.
var answerable = []string{
	"tiem mui 3 o dau", "Thông điệp 5K trong phòng, chống dịch gồm những gì?",
	"Gọi Tổng đài 1022 từ điện thoại di động hoặc từ tỉnh khác thì bấm số nào?",
	"sieu thi may gio mo cua", "Điều kiện cách ly F1 tại nhà", "Đăng ký tiêm vắc xin ở đâu ạ?",
}

func TestTheDemoOnSeveralNodesLosesANodeAndNothingElse(t *testing.T) {
	if testing.Short() {
		t.Skip("starts PostgreSQL and three nodes")
	}
	programHere(t)                                                 // to build it is no part of the test
	pgtest.Server(t)                                               // skips, or fails, where there is no PostgreSQL
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute) // a busy machine may need it
	defer cancel()
	folder := filepath.Join(reachable(t), "demo")
	demo := showDemo(ctx, t, folder)

	hub := &webchatsim.Hub{URL: demo.url, Channel: "web", Client: &http.Client{Timeout: 10 * time.Second}}
	const visitors = 4
	var acked atomic.Int64
	ledgers := make([]*webchatsim.Ledger, visitors)
	var writing sync.WaitGroup
	for i := range ledgers {
		ledgers[i] = &webchatsim.Ledger{Visitor: openInsisting(ctx, t, hub)}
		writing.Go(func() {
			for _, question := range answerable {
				if err := ledgers[i].Insist(ctx, question); err != nil {
					t.Error(err)
					return
				}
				acked.Add(1)
			}
		})
	}
	await(ctx, t, "the first messages", func() bool { return acked.Load() >= visitors })
	if err := syscall.Kill(demo.nodes[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	writing.Wait()
	for i, ledger := range ledgers {
		everythingAnswered(ctx, t, fmt.Sprint("visitor ", i), ledger)
	}
	await(ctx, t, "the word about the killed node", func() bool { return strings.Contains(demo.out.String(), "Nút 1 (PID "+strconv.Itoa(demo.nodes[0])) })

	// Killed itself, the demonstration leaves nothing running and nothing lost.
	if err := demo.process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for _, pid := range append(demo.nodes, demo.database) {
		await(ctx, t, fmt.Sprint("the end of process ", pid), func() bool { return gone(pid) })
	}
	again := showDemo(ctx, t, folder)
	if !strings.Contains(again.out.String(), "Dùng lại dữ liệu demo") {
		t.Error("the second start does not say that it uses the data of the first")
	}
	hub.URL = again.url
	everythingAnswered(ctx, t, "after the second start, visitor 0", ledgers[0])

	if err := again.process.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	await(ctx, t, "the orderly end", func() bool { return gone(again.process.Process.Pid) })
	await(ctx, t, "the word of the end", func() bool { return strings.Contains(again.out.String(), "Đã dừng hết.") })
	for _, pid := range append(again.nodes, again.database) {
		if !gone(pid) {
			t.Errorf("process %d was left behind", pid)
		}
	}
}

// everythingAnswered waits for an answer to each message, then looks for
// anything lost, doubled or out of order.
func everythingAnswered(ctx context.Context, t *testing.T, who string, spoken *webchatsim.Ledger) {
	t.Helper()
	var history []webchatsim.Message
	var f webchatsim.Figures
	await(ctx, t, who+": an answer to each message", func() bool {
		var err error
		history, err = spoken.Visitor.History(ctx)
		f = spoken.Figures(history)
		return err == nil && f.Answers >= len(spoken.Said)
	})
	noProblems(t, who, spoken, history)
	if f.Acked != len(answerable) {
		t.Errorf("%s: %d of %d messages were acknowledged", who, f.Acked, len(answerable))
	}
}

// noProblems has one visitor's books judged.
func noProblems(t *testing.T, who string, spoken *webchatsim.Ledger, history []webchatsim.Message) {
	t.Helper()
	journal := &ledger.Journal{}
	visit := enter(journal, who, spoken.Said, history)
	for _, problem := range problemsOf(ledger.Evidence{Journal: journal, Shown: []ledger.Shown{ledger.SeenBy([]ledger.Visit{visit})}, ByKey: true}) {
		t.Errorf("%s: %s", who, problem)
	}
}

func TestTheDemoOnSeveralNodesLeavesForeignFoldersAlone(t *testing.T) {
	single := filepath.Join(t.TempDir(), "demo")
	if err := os.MkdirAll(single, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(single, "tongdai.db"), []byte("something"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := &demo{cfg: configs.Default(), nodes: 3, out: io.Discard, log: slog.New(slog.DiscardHandler)}
	d.cfg.Data.Folder = single
	err := newDemoNodes(d).run(t.Context(), false)
	if err == nil || !strings.Contains(err.Error(), "--data") {
		t.Errorf("a folder with other data: %v", err)
	}
	if left, _ := os.ReadDir(single); len(left) != 1 {
		t.Errorf("something was written there: %v", left)
	}
}

func TestTheNodesConfigurationIsUnderstood(t *testing.T) {
	sim, err := startDemoZalo()
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	page, err := startDemoPage()
	if err != nil {
		t.Fatal(err)
	}
	defer page.Close()
	c := newDemoNodes(&demo{cfg: configs.Default(), zalo: sim, page: page})
	c.cfg.Store.Postgres.URL = "postgres://tongdai@127.0.0.1:5432/tongdai?sslmode=disable"
	c.cfg.Media.Folder = `/tmp/a "folder" of $HOME/media`
	path := filepath.Join(t.TempDir(), "tongdai.yaml")
	if err := os.WriteFile(path, []byte(c.nodesConfig()), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := configs.Load(path, func(name string) string {
		if name == keyVariable {
			return "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
		}
		return ""
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.Channels) != 4 || cfg.Channels[3].GraphURL != page.URL() || cfg.Channels[0].Kind != configs.KindWebchat || cfg.Channels[2].OauthURL != sim.URL() {
		t.Errorf("the nodes have the channels %+v", cfg.Channels)
	}
	if cfg.Media.Folder != c.cfg.Media.Folder || cfg.Store.Postgres.URL != c.cfg.Store.Postgres.URL || cfg.Data.SecretKey == "" {
		t.Errorf("the nodes read %q, %q", cfg.Media.Folder, cfg.Store.Postgres.URL)
	}
}
