package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tongdai/bot"
	"tongdai/configs"
	"tongdai/connectors/webchat/webchatsim"
	"tongdai/inbox"
)

// What the storm does; TONGDAI_LONG=1 makes it the full one.
const (
	stormSenders  = 16
	stormMessages = 12 // of each sender, three to a visitor
	stormKills    = 8
)

// TestKilledAgainAndAgain kills the hub with SIGKILL while messages pour in,
// from senders who send again until they are acknowledged. Every acknowledged
// message must be there once and in order, each with what the bot made of it,
// and nothing may hang loose in the store.
func TestKilledAgainAndAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a hub for half a minute")
	}
	senders, messages, kills := stormSenders, stormMessages, stormKills
	if os.Getenv("TONGDAI_LONG") != "" {
		senders, messages, kills = 32, 156, 100
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d, %d senders, %d messages each, %d kills", seed, senders, messages, kills)
	random := rand.New(rand.NewPCG(seed, 1))

	h := newStormHub(t)
	h.start(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	hub := &webchatsim.Hub{URL: h.url, Channel: "web", Client: &http.Client{Timeout: 10 * time.Second}}

	var acked atomic.Int64
	var mu sync.Mutex
	var ledgers []*webchatsim.Ledger
	var sending sync.WaitGroup
	for sender := range senders {
		sending.Go(func() {
			for said := 0; said < messages; {
				ledger := &webchatsim.Ledger{Visitor: openInsisting(ctx, t, hub)}
				if ledger.Visitor == nil {
					return
				}
				for range min(3, messages-said) {
					if err := ledger.Insist(ctx, loadQuestion(sender*messages+said)); err != nil {
						t.Error(err)
						return
					}
					said++
					acked.Add(1)
				}
				mu.Lock()
				ledgers = append(ledgers, ledger)
				mu.Unlock()
			}
		})
	}

	// The kills are spread over the messages, so that each falls into the pouring.
	total := int64(senders * messages)
	for kill := range kills {
		due := total * int64(kill+1) / int64(kills+1)
		await(ctx, t, fmt.Sprintf("message %d", due), func() bool { return acked.Load() >= due })
		time.AfterFunc(time.Duration(random.IntN(80))*time.Millisecond, h.kill)
		h.died(t)
		h.start(t)
	}
	sending.Wait()
	if t.Failed() {
		t.FailNow()
	}

	resent := 0
	for i, ledger := range ledgers {
		v, err := settled(ctx, ledger)
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range v.Problems {
			t.Errorf("visitor %d: %s", i, problem)
		}
		for _, said := range ledger.Said {
			resent += said.Tries - 1
		}
	}
	if resent == 0 {
		t.Error("no message was ever sent again: the kills fell into silence")
	}
	h.kill()
	h.died(t)
	looseEnds(t, h.config, h.data, int(total))
}

func openInsisting(ctx context.Context, t *testing.T, hub *webchatsim.Hub) *webchatsim.Visitor {
	for {
		v, err := hub.Open(ctx)
		if err == nil {
			return v
		}
		select {
		case <-ctx.Done():
			t.Error(err)
			return nil
		case <-time.After(30 * time.Millisecond):
		}
	}
}

func await(ctx context.Context, t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s never came", what)
		case <-tick.C:
		}
	}
}

// stormHub is a hub as people run it, built from this source, on a fixed port.
type stormHub struct {
	binary, config, data, url string

	mu      sync.Mutex
	process *exec.Cmd
}

func newStormHub(t *testing.T) *stormHub {
	t.Helper()
	dir := t.TempDir()
	h := &stormHub{
		binary: filepath.Join(dir, "tongdai"), config: filepath.Join(dir, "tongdai.yaml"), data: filepath.Join(dir, "data"),
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", h.binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.url = "http://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(h.config, []byte(unlimited), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := fillKnowledge(t.Context(), h.config, h.data, 160); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.kill)
	return h
}

// start starts the hub and returns when it takes requests.
func (h *stormHub) start(t *testing.T) {
	t.Helper()
	process := exec.Command(h.binary, "serve", "--config", h.config, "--data", h.data, "--listen", h.url[len("http://"):])
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
func (h *stormHub) kill() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.process != nil {
		_ = h.process.Process.Signal(syscall.SIGKILL)
	}
}

// died waits for the hub's end and proves that it was a kill.
func (h *stormHub) died(t *testing.T) {
	t.Helper()
	_ = h.process.Wait() // the state tells more than the error
	status, ok := h.process.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || status.Signal() != syscall.SIGKILL {
		t.Fatalf("the hub ended by itself: %v", h.process.ProcessState)
	}
}

// looseEnds opens the store of a dead hub and looks for anything that hangs
// loose: a conversation without its contact, a gap in its numbers, a message of
// a citizen that nobody weighed, an unfinished task.
func looseEnds(t *testing.T, config, data string, said int) {
	t.Helper()
	cfg, err := configs.Load(config, os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Data.Folder = data
	a, err := openApp(t.Context(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.close(); err != nil {
			t.Error(err)
		}
	}()
	for _, kind := range []inbox.Work{inbox.Turns, inbox.Deliveries} {
		claims, err := a.store.Claim(t.Context(), kind, 10, time.Minute)
		if err != nil || len(claims) > 0 {
			t.Errorf("%d tasks of kind %s are left, %v", len(claims), kind, err)
		}
	}
	found := 0
	err = a.store.View(t.Context(), func(tx inbox.Reader) error {
		q := inbox.ListQuery{Lists: []inbox.ListID{inbox.AllList}, Limit: 100}
		for {
			page, next, err := tx.Conversations(q)
			if err != nil {
				return err
			}
			for _, c := range page {
				n, err := whole(t, tx, c)
				if err != nil {
					return fmt.Errorf("conversation %s: %w", c.Code, err)
				}
				found += n
			}
			if next == "" {
				return nil
			}
			q.After = next
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if found != said {
		t.Errorf("the store holds %d messages of citizens, %d were said", found, said)
	}
}

// whole checks one conversation and counts the citizen's messages in it.
func whole(t *testing.T, tx inbox.Reader, c inbox.Conversation) (said int, err error) {
	if _, err := tx.Contact(c.Contact); err != nil {
		return 0, err
	}
	messages, err := tx.Messages(c.ID, inbox.MessageQuery{Forward: true, Limit: 1000})
	if err != nil {
		return 0, err
	}
	for i, m := range messages {
		if m.Seq != uint64(i+1) {
			t.Errorf("conversation %s: message %d has number %d", c.Code, i+1, m.Seq)
		}
		if m.Direction != inbox.In {
			continue
		}
		said++
		turn, err := tx.Turn(m.ID)
		if err != nil && c.Handoff == nil { // people have what comes after a handoff
			return said, fmt.Errorf("message %d was never weighed: %w", m.Seq, err)
		}
		if err == nil && (turn.Outcome == bot.HandOff || turn.Outcome == bot.Urgent) && c.Handoff == nil {
			t.Errorf("conversation %s was handed off and does not know", c.Code)
		}
		if _, err := tx.Raw(m.Raw); err != nil {
			return said, err
		}
	}
	if c.LastSeq != uint64(len(messages)) {
		t.Errorf("conversation %s counts %d messages and has %d", c.Code, c.LastSeq, len(messages))
	}
	return said, nil
}
