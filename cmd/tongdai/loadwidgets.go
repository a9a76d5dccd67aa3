package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

// The widgets of a load test have all said something, and are then silent but for
// a few, as those on the pages of a province are. At the end all leave at once, as
// when the hub was started anew, and come back.
const (
	widgetRate = 5   // messages a second in all, while the others are silent
	spareFiles = 500 // of each process, besides the streams
)

// widgetReport is what was seen. Memory is in MB, times are in milliseconds.
type widgetReport struct {
	Widgets     int          `json:"widgets"`
	OpenSeconds float64      `json:"open_seconds"` // until all were open and answered
	Minutes     float64      `json:"minutes"`
	Dropped     int          `json:"dropped"`  // streams that ended by themselves
	Silent      int          `json:"silent"`   // streams without a sign of life
	Messages    int          `json:"messages"` // acknowledged, in all
	Answers     int          `json:"answers"`
	Ack         spread       `json:"ack_ms"` // while the others were silent
	Hub         widgetUsage  `json:"hub"`
	Return      returnReport `json:"return"`
	Problems    []string     `json:"problems"`
}

// widgetUsage is what the hub used while the widgets were silent.
type widgetUsage struct {
	IdleMB       float64 `json:"idle_rss_anon_mb"` // before the first widget
	OpenedMB     float64 `json:"opened_rss_anon_mb"`
	RssAnonMB    float64 `json:"rss_anon_mb"` // at the end
	MostMB       float64 `json:"most_rss_anon_mb"`
	StacksMB     float64 `json:"stacks_mb"`
	HeapMB       float64 `json:"heap_mb"` // pages in use
	CPUPerSecond float64 `json:"cpu_ms_per_second"`
}

// returnReport tells of the widgets' coming back.
type returnReport struct {
	Seconds      float64 `json:"seconds"` // from the first that came to the last that was back
	Back         spread  `json:"back_ms"` // from coming to the first sign of life
	Ack          spread  `json:"ack_ms"`  // of messages meanwhile
	Page         spread  `json:"page_ms"` // of the portal's first page meanwhile
	CPUPerSecond float64 `json:"cpu_ms_per_second"`
}

// runWidgets is the command with --widgets.
func (l load) runWidgets(cmd *cobra.Command, asJSON bool) error {
	l.rate = cmp.Or(l.rate, widgetRate)
	report, err := l.holdWidgets(cmd.Context())
	if err != nil {
		return err
	}
	return tell(cmd, report, asJSON, "every stream told everything that the hub shows, once and in order", report.Problems)
}

// holdWidgets opens the widgets on a hub of its own, keeps them open, and has
// them come back.
func (l load) holdWidgets(ctx context.Context) (report widgetReport, err error) {
	if err := enoughFiles(l.widgets, "widget"); err != nil {
		return report, err
	}
	own, err := startTestHub(ctx, hubWanted{store: l.store, nodes: 1, entries: l.entries, config: unlimited})
	if err != nil {
		return report, err
	}
	defer own.stop()
	pid := own.nodes[0].process.Process.Pid
	c := newCrowd(own.nodes[0].url, l.widgets)
	defer c.leave()

	start := time.Now()
	if err := c.arrive(ctx, l.connections); err != nil {
		return report, err
	}
	report.Widgets, report.OpenSeconds = l.widgets, time.Since(start).Seconds()
	report.Hub = widgetUsage{IdleMB: own.nodes[0].idle, OpenedMB: memory(pid)}

	said, hush := context.WithCancel(ctx)
	var talking errgroup.Group
	talking.Go(func() error { return c.talk(ctx, said.Done(), l.rate) })
	defer func() {
		hush()
		_ = talking.Wait() // told below, unless something else failed first
	}()

	silent, cpu := time.Now(), processor(pid).own
	report.Hub.MostMB, err = most(ctx, time.Duration(l.minutes*float64(time.Minute)), func() float64 { return memory(pid) })
	if err != nil {
		return report, err
	}
	report.Minutes = time.Since(silent).Minutes()
	report.Hub.CPUPerSecond = 1000 * (processor(pid).own - cpu).Seconds() / time.Since(silent).Seconds()
	report.Hub.RssAnonMB = memory(pid)
	report.Hub.MostMB = max(report.Hub.MostMB, report.Hub.RssAnonMB)
	if report.Hub.StacksMB, report.Hub.HeapMB, err = shares(ctx, own.nodes[0].url); err != nil {
		return report, err
	}
	report.Dropped, report.Silent = c.lost()

	left := time.Now()
	c.leave()
	if err := c.speakAway(ctx, l.connections); err != nil {
		return report, err
	}
	came, cpu := time.Now(), processor(pid).own
	if report.Return, err = c.comeBack(ctx); err != nil {
		return report, err
	}
	report.Return.CPUPerSecond = 1000 * (processor(pid).own - cpu).Seconds() / time.Since(came).Seconds()
	back := time.Now()
	hush()
	if err := talking.Wait(); err != nil {
		return report, err
	}
	report.Ack, report.Return.Ack = c.acks(silent, left), c.acks(came, back)
	return report, c.check(ctx, l.connections, &report)
}

// enoughFiles refuses what the open-file limit, which the hub started for the
// test shares, would make fail in the middle.
func enoughFiles(streams int, of string) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("read the open-file limit: %w", err)
	}
	if need := uint64(streams + spareFiles); limit.Max < need {
		return fmt.Errorf("%d %s cần %d tệp mở cùng lúc, máy này cho phép %d; hãy nâng lên: ulimit -Hn %d", streams, of, need, limit.Max, need)
	}
	return nil // the Go runtime raises its own limit to the maximum
}

// most is the most that was seen, once a second, until a time is over.
func most(ctx context.Context, over time.Duration, look func() float64) (seen float64, err error) {
	end := time.After(over)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		seen = max(seen, look())
		select {
		case <-ctx.Done():
			return seen, ctx.Err()
		case <-end:
			return seen, nil
		case <-tick.C:
		}
	}
}

// shares asks the hub how much of its memory are stacks and heap, in MB.
func shares(ctx context.Context, url string) (stacks, heap float64, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/metrics", nil)
	if err != nil {
		return 0, 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, 0, err
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(all)) {
		name, value, _ := strings.Cut(line, " ")
		switch name {
		case "go_memstats_stack_inuse_bytes":
			_, err = fmt.Sscan(value, &stacks)
		case "go_memstats_heap_inuse_bytes":
			_, err = fmt.Sscan(value, &heap)
		}
		if err != nil {
			return 0, 0, fmt.Errorf("%s: %w", name, err)
		}
	}
	return stacks / (1 << 20), heap / (1 << 20), nil
}

func (r widgetReport) write(w io.Writer) {
	fmt.Fprintf(w, "%d widgets opened, each having said something and been answered, in %.1f s; then silent for %.1f minutes but for %d messages in all\n",
		r.Widgets, r.OpenSeconds, r.Minutes, r.Messages)
	fmt.Fprintf(w, "dropped %d, silent %d; messages acknowledged p50 %.1f ms  p95 %.1f ms  p99 %.1f ms\n", r.Dropped, r.Silent, r.Ack.P50, r.Ack.P95, r.Ack.P99)
	fmt.Fprintf(w, "hub: RssAnon %.0f MB before, %.0f MB once all were open, %.0f MB at the end (stacks %.0f MB, heap %.0f MB), at most %.0f MB; %.0f ms of processor time a second\n",
		r.Hub.IdleMB, r.Hub.OpenedMB, r.Hub.RssAnonMB, r.Hub.StacksMB, r.Hub.HeapMB, r.Hub.MostMB, r.Hub.CPUPerSecond)
	fmt.Fprintf(w, "all left and came back: the last was back after %.2f s; each p50 %.1f ms  p95 %.1f ms  p99 %.1f ms  max %.1f ms; %.0f ms of processor time a second\n",
		r.Return.Seconds, r.Return.Back.P50, r.Return.Back.P95, r.Return.Back.P99, r.Return.Back.Max, r.Return.CPUPerSecond)
	fmt.Fprintf(w, "meanwhile messages were acknowledged p50 %.1f ms  p99 %.1f ms  max %.1f ms, pages shown p50 %.1f ms  p99 %.1f ms  max %.1f ms\n",
		r.Return.Ack.P50, r.Return.Ack.P99, r.Return.Ack.Max, r.Return.Page.P50, r.Return.Page.P99, r.Return.Page.Max)
}
