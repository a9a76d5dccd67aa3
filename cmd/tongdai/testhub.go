package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"tongdai/inbox"
	"tongdai/kb/sheet"
)

// testHub is a hub in a process and a folder of its own, without limits on
// how much one address may send.
type testHub struct {
	url     string
	folder  string
	process *exec.Cmd
	started time.Duration // until it was ready
	idle    float64       // MB
}

// unlimited lets the senders of one machine stand for a whole province.
const unlimited = `
http: {listen: "127.0.0.1:0"}
channels:
  - {id: web, kind: webchat, name: Load test, messages_per_minute: {visitor: 1000000, address: 100000000}}
bot: {workers: 64}
log: {format: json, level: info}
`

func startTestHub(ctx context.Context, entries int) (_ *testHub, err error) {
	h := &testHub{}
	if h.folder, err = os.MkdirTemp("", "tongdai-loadtest-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			h.stop()
		}
	}()
	config := filepath.Join(h.folder, "tongdai.yaml")
	if err := os.WriteFile(config, []byte(unlimited), 0o600); err != nil {
		return nil, err
	}
	data := filepath.Join(h.folder, "data")
	if err := fillKnowledge(ctx, config, data, entries); err != nil {
		return nil, fmt.Errorf("fill the knowledge base: %w", err)
	}
	return h, h.start(ctx, config, data)
}

func (h *testHub) start(ctx context.Context, config, data string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	h.process = exec.CommandContext(ctx, self, "serve", "--config", config, "--data", data)
	h.process.Cancel = func() error { return h.process.Process.Signal(syscall.SIGTERM) }
	lines, err := h.process.StderrPipe()
	if err != nil {
		return err
	}
	begin := time.Now()
	if err := h.process.Start(); err != nil {
		return err
	}
	if h.url, err = readyAddress(lines); err != nil {
		return err
	}
	h.started = time.Since(begin)
	h.idle = h.memory()
	return nil
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

func (h *testHub) stop() {
	if h.process != nil && h.process.Process != nil {
		_ = h.process.Process.Signal(syscall.SIGTERM)
		_ = h.process.Wait()
	}
	_ = os.RemoveAll(h.folder)
}

// usage is what a hub's process used. Its zero value stands for a hub that is
// not ours to measure.
type usage struct {
	CPUPerMessage float64 `json:"cpu_ms_per_message"`
	IdleMB        float64 `json:"idle_rss_anon_mb"`
	AfterMB       float64 `json:"after_rss_anon_mb"`
	StartSeconds  float64 `json:"start_seconds"`
	cpu           time.Duration
}

func (h *testHub) usage() *usage {
	if h == nil {
		return nil
	}
	return &usage{IdleMB: h.idle, AfterMB: h.memory(), StartSeconds: h.started.Seconds(), cpu: h.processor()}
}

func (u *usage) since(before *usage, messages int) *usage {
	if u == nil || before == nil {
		return nil
	}
	u.CPUPerMessage = (u.cpu - before.cpu).Seconds() * 1000 / float64(max(messages, 1))
	return u
}

// memory returns the process's anonymous resident memory in MB, from proc(5).
func (h *testHub) memory() float64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", h.process.Process.Pid))
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

// processor returns the process's user and system time, from proc(5).
func (h *testHub) processor() time.Duration {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", h.process.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(data), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * clockTick
}

// demoEntries is how many entries the demo knowledge base has.
const demoEntries = 155

// fillKnowledge imports the demo knowledge, and procedures beside it until
// there are as many entries as wanted.
func fillKnowledge(ctx context.Context, config, data string, entries int) error {
	s := settings{config: config, data: data}
	return s.withHub(ctx, func(a *app) error {
		files, err := demoWorkbooks()
		if err != nil {
			return err
		}
		var extra bytes.Buffer
		names := sheet.Names{Category: a.house.CategoryName, Department: a.house.DepartmentName}
		if err := sheet.Write(&extra, loadEntries(max(0, entries-demoEntries)), names); err != nil {
			return err
		}
		return a.importAll(ctx, append(files, inbox.Workbook{Name: "loadtest.xlsx", Data: extra.Bytes()}))
	})
}
