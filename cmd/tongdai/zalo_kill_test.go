package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tongdai/connectors/zalo/zalosim"
)

// TestKilledUnderSignedWebhooks is the small DUR-01: the hub is killed with
// SIGKILL again and again while a platform pours in signed events, sends again
// what was not acknowledged, and echoes what it was given to deliver. Every
// acknowledged event must be a message, once and in order, weighed and answered
// once, and nothing may hang loose in the store.
func TestKilledUnderSignedWebhooks(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a hub for half a minute")
	}
	senders, citizens, kills := 16, 64, 8
	if os.Getenv("TONGDAI_LONG") != "" {
		senders, citizens, kills = 32, 1600, 100
	}
	const each = 3
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d, %d senders, %d citizens, %d messages each, %d kills", seed, senders, citizens, each, kills)
	random := rand.New(rand.NewPCG(seed, 1))

	sim, err := zalosim.Start(zalosim.Config{
		PerMinute: platformLimit, Package: platformLimit,
		Resends: slices.Repeat([]time.Duration{300 * time.Millisecond}, 600), // three minutes long
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	h := newMortal(t)
	if err := os.WriteFile(h.config, []byte(withZalo(sim, h.url)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	if err := fillKnowledge(ctx, h.config, h.data, 160); err != nil {
		t.Fatal(err)
	}
	s := settings{config: h.config, data: h.data}
	if err := s.withHub(ctx, func(a *app) error { return a.consent(ctx, sim) }); err != nil {
		t.Fatal(err)
	}
	h.start(t)
	sim.SetWebhook(hookOf(h.url))

	var said atomic.Int64
	loaded := make(chan error, 1)
	var report zalosim.LoadReport
	go func() {
		var err error
		report, err = sim.Load(ctx, zalosim.Load{
			Senders: senders, Citizens: citizens, Each: each,
			Text: func(citizen, i int) string { said.Add(1); return loadQuestion(citizen*each + i) },
		})
		loaded <- err
	}()
	total := int64(citizens * each)
	for kill := range kills {
		due := total * int64(kill+1) / int64(kills+1)
		await(ctx, t, fmt.Sprintf("message %d", due), func() bool { return said.Load() >= due })
		time.AfterFunc(time.Duration(random.IntN(80))*time.Millisecond, h.kill)
		h.died(t)
		h.start(t)
	}
	if err := <-loaded; err != nil {
		t.Fatal(err)
	}
	if err := drained(ctx, sim); err != nil {
		t.Fatal(err)
	}
	if report.Tries == report.Sent {
		t.Error("no event was ever sent again: the kills fell into silence")
	}
	h.kill()
	h.died(t)
	cfg, err := s.load()
	if err != nil {
		t.Fatal(err)
	}
	looseEnds(t, cfg, int(total))
	err = s.withHub(ctx, func(a *app) error {
		books := newZaloBooks(sim)
		for _, user := range report.Users {
			if err := books.check(ctx, a.store, user); err != nil {
				return err
			}
		}
		for _, problem := range append(books.problems, books.unowned()...) {
			t.Error(problem)
		}
		t.Logf("%d events acknowledged after %d deliveries, %d answers, %d of them in doubt", books.webhooks, report.Tries, books.answers, books.doubtful)
		if books.acked != int(total) {
			t.Errorf("%d of %d messages were acknowledged", books.acked, total)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// mortal is a hub as people run it, in a process of its own on a fixed port,
// over the embedded store.
type mortal struct {
	config, data, listen, url string

	mu      sync.Mutex
	process *exec.Cmd
}

func newMortal(t *testing.T) *mortal {
	t.Helper()
	dir := t.TempDir()
	h := &mortal{config: filepath.Join(dir, "tongdai.yaml"), data: filepath.Join(dir, "data"), listen: freeAddress(t)}
	h.url = "http://" + h.listen
	t.Cleanup(h.kill)
	return h
}

// start starts the hub and returns when it takes requests.
func (h *mortal) start(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	process := exec.Command(self)
	process.Args = []string{"tongdai", "serve", "--config", h.config, "--data", h.data, "--listen", h.listen}
	process.SysProcAttr = endsWithUs()
	lines, err := process.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	h.mu.Lock()
	h.process = process
	h.mu.Unlock()
	if _, err := readyAddress(lines); err != nil {
		t.Fatal(err)
	}
}

// kill ends the hub as a power cut ends a process: at once.
func (h *mortal) kill() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.process != nil {
		_ = h.process.Process.Signal(syscall.SIGKILL)
	}
}

// died waits for the hub's end and proves that it was a kill.
func (h *mortal) died(t *testing.T) {
	t.Helper()
	_ = h.process.Wait() // the state tells more than the error
	status, ok := h.process.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || status.Signal() != syscall.SIGKILL {
		t.Fatalf("the hub ended by itself: %v", h.process.ProcessState)
	}
}
