package main

import (
	"context"
	"encoding/json"
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
)

// startReport tells how soon a hub is ready, each way that it may begin.
type startReport struct {
	Entries       int      `json:"entries"`
	Conversations int      `json:"conversations"`
	Store         float64  `json:"store_mb"`
	Program       float64  `json:"program_mb"`
	First         aStart   `json:"first"`   // it makes the index of entries
	Indexed       float64  `json:"indexed"` // seconds until every message of the past is found
	Again         []aStart `json:"again"`   // after an orderly stop
	Killed        []aStart `json:"killed"`  // after kill -9
}

// aStart is how one start went.
type aStart struct {
	Seconds float64 `json:"seconds"`     // from the process's beginning until it took requests
	CPU     float64 `json:"cpu_seconds"` // of its processor time until then
	IdleMB  float64 `json:"idle_rss_anon_mb"`
}

// idleAfter is how long a hub is left alone before its memory is looked at.
const idleAfter = 10 * time.Second

func (l load) runStarts(cmd *cobra.Command, asJSON bool) error {
	r, err := l.measureStarts(cmd.Context())
	if err != nil {
		return err
	}
	return r.write(cmd.OutOrStdout(), asJSON)
}

// measureStarts fills a hub, and starts and ends it again and again.
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
	r.Entries, r.Conversations = l.entries, l.conversations
	r.Program, r.Store = sizeMB(self), sizeMB(filepath.Join(own.data(0), "tongdai.db"))
	if err := errors.Join(os.RemoveAll(filepath.Join(own.data(0), "index")), os.RemoveAll(filepath.Join(own.data(0), "messages"))); err != nil {
		return r, err
	}
	if r.First, err = own.begin(ctx); err != nil {
		return r, err
	}
	begun := time.Now()
	if err := allFound(ctx, asMember{own.nodes[0].url, sessions[0], http.DefaultClient}); err != nil {
		return r, err
	}
	r.Indexed = time.Since(begun).Seconds()
	for range l.starts {
		own.halt()
		if err := own.oneMore(ctx, &r.Again); err != nil {
			return r, err
		}
	}
	for range l.starts {
		own.kill()
		if err := own.oneMore(ctx, &r.Killed); err != nil {
			return r, err
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

func (h *testHub) oneMore(ctx context.Context, all *[]aStart) error {
	s, err := h.begin(ctx)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(idleAfter):
	}
	s.IdleMB = memory(h.nodes[0].process.Process.Pid)
	*all = append(*all, s)
	return nil
}

// kill ends the nodes as a power cut does.
func (h *testHub) kill() {
	for _, n := range h.nodes {
		_ = n.process.Process.Signal(syscall.SIGKILL)
		_ = n.process.Wait()
	}
	h.nodes = nil
}

// allFound waits until the index of messages holds the past as well.
func allFound(ctx context.Context, m asMember) error {
	for {
		answer, err := m.get(ctx, "/search?q=kh%C3%B4ngain%C3%B3i")
		if err != nil {
			return err
		}
		var page struct{ Partial bool }
		err = errors.Join(json.NewDecoder(answer.Body).Decode(&page), answer.Body.Close())
		if err != nil || !page.Partial {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

func (r startReport) write(w io.Writer, asJSON bool) error {
	if asJSON {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	fmt.Fprintf(w, "%d entries, %d conversations in a store of %.0f MB; a program of %.1f MB\n", r.Entries, r.Conversations, r.Store, r.Program)
	fmt.Fprintf(w, "the first start   ready after %.2f s (%.2f s of processor time); all messages found after %.0f s\n", r.First.Seconds, r.First.CPU, r.Indexed)
	if _, err := fmt.Fprintf(w, "after a stop      %s\n", told3(r.Again)); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "after kill -9     %s\n", told3(r.Killed))
	return err
}

// told3 tells the median start, the slowest, and the memory.
func told3(all []aStart) string {
	if len(all) == 0 {
		return "not tried"
	}
	all = slices.SortedFunc(slices.Values(all), func(a, b aStart) int { return int((a.Seconds - b.Seconds) * 1e6) })
	middle, most := all[len(all)/2], all[len(all)-1]
	var idle []string
	for _, s := range all {
		idle = append(idle, fmt.Sprintf("%.0f", s.IdleMB))
	}
	return fmt.Sprintf("ready after %.2f s (median, %.2f s of processor time), %.2f s at most; RssAnon %s MB %.0f s later",
		middle.Seconds, middle.CPU, most.Seconds, strings.Join(idle, ", "), idleAfter.Seconds())
}
