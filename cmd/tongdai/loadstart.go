package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"tongdai/inbox/store/province"
)

// startReport tells how soon a hub is ready, each way that it may begin.
type startReport struct {
	Entries       int      `json:"entries"`
	Conversations int      `json:"conversations"`
	Store         float64  `json:"store_mb,omitempty"` // of the embedded store
	Program       float64  `json:"program_mb"`
	Idle          float64  `json:"idle_seconds"`    // until the memory of those after the first was looked at
	First         aStart   `json:"first"`           // it makes the index of entries
	Indexed       float64  `json:"indexed_seconds"` // until every message of the past was found
	Rested        float64  `json:"rested_seconds"`  // until the index was merged as well, and nothing was left to do
	Again         []aStart `json:"again"`           // after an orderly stop
	Killed        []aStart `json:"killed"`          // after kill -9
}

// aStart is how one start went.
type aStart struct {
	Seconds float64 `json:"seconds"`     // from the process's beginning until it took requests
	CPU     float64 `json:"cpu_seconds"` // of its processor time until then
	IdleMB  float64 `json:"idle_rss_anon_mb"`
}

func (l load) runStarts(cmd *cobra.Command, asJSON bool) error {
	r, err := l.measureStarts(cmd.Context())
	if err != nil {
		return err
	}
	return tell(cmd, r, asJSON, "the hub came up and answered after every start", nil)
}

// measureStarts fills a hub, and starts and ends it again and again. After each
// start the past must be found.
func (l load) measureStarts(ctx context.Context) (r startReport, err error) {
	var sessions []string
	own, err := startTestHub(ctx, hubWanted{
		store: l.store, nodes: 1, entries: l.entries, config: unlimited, prepare: func(a *app) (err error) {
			sessions, err = past{conversations: l.conversations, members: 1}.fill(ctx, a)
			return err
		},
	})
	if err != nil {
		return r, err
	}
	defer own.stop()
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	own.halt()
	r.Entries, r.Conversations, r.Idle = max(l.entries, demoEntries), l.conversations, l.idle.Seconds()
	r.Program, r.Store = sizeMB(self), sizeMB(filepath.Join(own.data(0), "tongdai.db"))
	if err := errors.Join(os.RemoveAll(filepath.Join(own.data(0), "index")), os.RemoveAll(filepath.Join(own.data(0), "messages"))); err != nil {
		return r, err
	}
	if r.First, err = own.begin(ctx); err != nil {
		return r, err
	}
	begun := time.Now()
	if err := allFound(ctx, asMember{own.nodes[0].url, sessions[0], http.DefaultClient}, l.conversations); err != nil {
		return r, err
	}
	r.Indexed = time.Since(begun).Seconds()
	if err := atRest(ctx, own.nodes[0].process.Process.Pid); err != nil {
		return r, err
	}
	r.Rested = time.Since(begun).Seconds()
	for _, kind := range []struct {
		end    func()
		starts *[]aStart
	}{{own.halt, &r.Again}, {own.kill, &r.Killed}} {
		for range l.starts {
			kind.end()
			s, err := own.begin(ctx)
			if err != nil {
				return r, err
			}
			if err := pauseFor(ctx, l.idle); err != nil {
				return r, err
			}
			node := own.nodes[0]
			s.IdleMB = memory(node.process.Process.Pid)
			*kind.starts = append(*kind.starts, s)
			if err := allFound(ctx, asMember{node.url, sessions[0], http.DefaultClient}, l.conversations); err != nil {
				return r, err
			}
		}
	}
	return r, nil
}

func sizeMB(path string) float64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return float64(info.Size()) / 1e6
}

// begin starts the hub's one node on what it has.
func (h *testHub) begin(ctx context.Context) (s aStart, err error) {
	node, err := startTestNode(ctx, h.config, h.data(0))
	if node.process != nil {
		h.nodes = append(h.nodes, node)
	}
	if err != nil {
		return s, err
	}
	return aStart{Seconds: node.started.Seconds(), CPU: processor(node.process.Process.Pid).own.Seconds(), IdleMB: node.idle}, nil
}

// kill ends the nodes without a word to them, as kill -9 does.
func (h *testHub) kill() {
	for _, n := range h.nodes {
		_ = n.process.Process.Signal(syscall.SIGKILL)
		_ = n.process.Wait()
	}
	h.nodes = nil
}

// A process is at rest when it has used less than restShare of one processor
// during restSpan.
const (
	restShare  = 0.05
	restSpan   = 3 * time.Second
	restWithin = 10 * time.Minute
)

// atRest waits until a process has no more to do than to wait. A start that comes
// in the midst of the first index's merging only goes on with it.
func atRest(ctx context.Context, pid int) error {
	ctx, cancel := context.WithTimeoutCause(ctx, restWithin, fmt.Errorf("the hub has not come to rest within %v", restWithin))
	defer cancel()
	for {
		before := processor(pid).own
		if err := pauseFor(ctx, restSpan); err != nil {
			return context.Cause(ctx)
		}
		if used := processor(pid).own - before; used.Seconds() < restShare*restSpan.Seconds() {
			return nil
		}
	}
}

// allFound waits until the index of messages holds the past as well, and looks
// for the first message of it.
func allFound(ctx context.Context, m asMember, conversations int) error {
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		_, partial, err := m.search(ctx, "khôngainói") // which is in none, so that nothing goes on record
		if err != nil {
			return err
		}
		if !partial {
			break
		}
		if err := pauseFor(ctx, pause); err != nil {
			return err
		}
	}
	if conversations == 0 {
		return nil
	}
	first := province.ID(0)
	found, _, err := m.search(ctx, province.Text(0, 1))
	if err == nil && !slices.Contains(found, first) {
		err = fmt.Errorf("the hub has read all messages, and does not find the first one of conversation %s", first)
	}
	return err
}

func (r startReport) write(w io.Writer) {
	in := ""
	if r.Store > 0 {
		in = fmt.Sprintf(" in a store of %.0f MB", r.Store)
	}
	fmt.Fprintf(w, "%d entries, %d conversations%s; a program of %.1f MB\n", r.Entries, r.Conversations, in, r.Program)
	fmt.Fprintf(w, "the first start   ready after %.2f s (%.2f s of processor time); all messages found after %.1f s, at rest after %.1f s\n", r.First.Seconds, r.First.CPU, r.Indexed, r.Rested)
	fmt.Fprintf(w, "after a stop      %s\n", r.starts(r.Again))
	fmt.Fprintf(w, "after kill -9     %s\n", r.starts(r.Killed))
}

// starts tells the median start, the slowest, and the memory of each.
func (r startReport) starts(all []aStart) string {
	all = slices.SortedFunc(slices.Values(all), func(a, b aStart) int { return cmp.Compare(a.Seconds, b.Seconds) })
	middle, most := all[len(all)/2], all[len(all)-1]
	var idle []string
	for _, s := range all {
		idle = append(idle, fmt.Sprintf("%.0f", s.IdleMB))
	}
	return fmt.Sprintf("ready after %.2f s (median, %.2f s of processor time), %.2f s at most; RssAnon %s MB %.3g s later",
		middle.Seconds, middle.CPU, most.Seconds, strings.Join(idle, ", "), r.Idle)
}
