package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tongdai/connectors/zalo/zalosim"
)

// TestKilledUnderPlatforms is the small DUR-01: the hub is killed with
// SIGKILL again and again while a platform pours in events, or is asked for them, one by one or
// in batches, sends again what was not acknowledged, and echoes what it was
// given to deliver. Every acknowledged event must be a message, once and in
// order, weighed and answered once, and nothing may hang loose in the store.
func TestKilledUnderPlatforms(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a hub for half a minute")
	}
	for name, start := range map[string]func() (simulated, error){
		"zalo": func() (simulated, error) {
			sim, err := zalosim.Start(zalosim.Config{
				PerMinute: platformLimit, Package: platformLimit,
				Resends: slices.Repeat([]time.Duration{300 * time.Millisecond}, 600), // three minutes long
			})
			return zaloPlatform{sim}, err
		},
		"messenger":         startMessengerPlatform,
		"telegram called":   func() (simulated, error) { return startTelegramPlatform(false) },
		"telegram fetching": func() (simulated, error) { return startTelegramPlatform(true) }, // confirms by the next fetch what is kept
	} {
		t.Run(name, func(t *testing.T) {
			platform, err := start()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = platform.Close() })
			killedUnder(t, platform)
		})
	}
}

func killedUnder(t *testing.T, platform simulated) {
	senders, citizens, kills := count(16, 32), count(48, 1600), count(5, 100)
	const each = 3
	total := citizens * each
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d, %d senders, %d citizens, %d messages each, %d kills", seed, senders, citizens, each, kills)
	random := rand.New(rand.NewPCG(seed, 1))

	h := newMortal(t)
	config := strings.Replace(platform.config(), "{url: http://127.0.0.1}", "{url: "+h.url+"}", 1)
	if err := os.WriteFile(h.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	if err := fillKnowledge(ctx, h.config, h.data, 160); err != nil {
		t.Fatal(err)
	}
	s := settings{config: h.config, data: h.data}
	if err := s.withHub(ctx, func(a *app) error { return platform.prepare(ctx, a) }); err != nil {
		t.Fatal(err)
	}
	h.start(t)
	if err := platform.connect(ctx, h.url); err != nil {
		t.Fatal(err)
	}

	var said atomic.Int64
	loaded := make(chan error, 1)
	var report written
	go func() {
		var err error
		report, err = platform.write(ctx, load{
			connections: senders, messages: total, perVisitor: each, saying: func() { said.Add(1) },
		})
		loaded <- err
	}()
	for kill := range kills {
		due := int64(total * (kill + 1) / (kills + 1))
		await(ctx, t, fmt.Sprintf("message %d", due), func() bool { return said.Load() >= due })
		time.AfterFunc(time.Duration(random.IntN(80))*time.Millisecond, h.kill)
		h.died(t)
		h.start(t)
	}
	if err := <-loaded; err != nil {
		t.Fatal(err)
	}
	if err := drained(ctx, platform); err != nil {
		t.Fatal(err)
	}
	if report.tries == report.sent {
		t.Error("no event was ever sent again: the kills fell into silence")
	}
	h.kill()
	h.died(t)
	cfg, err := s.load()
	if err != nil {
		t.Fatal(err)
	}
	looseEnds(t, cfg, total)
	err = s.withHub(ctx, func(a *app) error {
		books := platform.books()
		for _, user := range report.users {
			if err := books.check(ctx, a.store, user); err != nil {
				return err
			}
		}
		for _, problem := range books.problems() {
			t.Error(problem)
		}
		t.Logf("%d events acknowledged, messages after %d deliveries, %d answers, %d of them in doubt", len(books.webhooks), report.tries, books.answers, books.doubtful)
		if books.acked != total {
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
	process := exec.Command(programHere(t), "serve", "--config", h.config, "--data", h.data, "--listen", h.listen)
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
