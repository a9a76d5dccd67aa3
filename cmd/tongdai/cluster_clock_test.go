package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tongdai/inbox/ledger"
)

// skewEnv tells a program built by skewedProgram how its clock goes wrong:
// "300" is five minutes fast, "300 10:-3600 20:86400" then an hour slow after
// ten seconds, and a day fast after twenty.
const skewEnv = "TONGDAI_CLOCK_SKEW"

// skewSource goes into package time, where Now asks it.
const skewSource = `package time

import "syscall"

type skewStep struct{ from, seconds int64 }

var (
	skewBegan = runtimeNano()
	skewSteps = readSkew()
)

func readSkew() (steps []skewStep) {
	text, _ := syscall.Getenv("` + skewEnv + `")
	step, sign, number, some := skewStep{}, int64(1), int64(0), false
	for _, c := range text + " " {
		switch {
		case c == '-':
			sign = -1
		case c >= '0' && c <= '9':
			number, some = number*10+int64(c-'0'), true
		case c == ':':
			step.from, number, sign, some = number, 0, 1, false
		case c == ' ' && some:
			step.seconds = sign * number
			steps = append(steps, step)
			step, sign, number, some = skewStep{}, 1, 0, false
		}
	}
	return steps
}

// skew is how many seconds the clock is wrong by now.
func skew(mono int64) (seconds int64) {
	for _, step := range skewSteps {
		if mono-skewBegan >= step.from*1e9 {
			seconds = step.seconds
		}
	}
	return seconds
}
`

// skewedProgram builds this test binary with a clock that can go wrong: the
// standard library's time.Now is built with a few lines more. Its monotonic
// clock stays right, as it does where somebody sets the time of a machine.
func skewedProgram(t *testing.T, dir string) string {
	t.Helper()
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Skipf("SKIPPED: go is not here, so no clock can be set wrong: %v", err)
	}
	original := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	source, err := os.ReadFile(original)
	if err != nil {
		t.Skipf("SKIPPED: the source of the standard library is not here, so no clock can be set wrong: %v", err)
	}
	const question = "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n"
	changed := strings.Replace(string(source), question, question+"\tsec += skew(mono)\n", 1)
	if changed == string(source) {
		t.Fatal("time.Now of this version of Go looks otherwise; skewedProgram has to be brought up to date")
	}
	overlay := map[string]map[string]string{"Replace": {
		original: filepath.Join(dir, "time.go"), filepath.Join(filepath.Dir(original), "skew.go"): filepath.Join(dir, "skew.go"),
	}}
	plan, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"time.go": changed, "skew.go": skewSource, "overlay.json": string(plan)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(dir, "skewed.test")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-trimpath", "-overlay", filepath.Join(dir, "overlay.json"), "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // what was built once serves every checkout
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build with a clock that can go wrong: %v\n%s", err, said)
	}
	return program
}

// CLU-11: the clocks of two nodes are ten minutes apart, and one of them jumps
// back an hour and ahead a day while everybody talks. Claims, leases, due times
// and what people are shown go by the database's clock.
func TestClocksOfNodesAreWrong(t *testing.T) {
	back, ahead, end := 15*time.Second, 30*time.Second, 40*time.Second
	load := storm{visitors: 3, persons: 4, rounds: 3, copies: 2, replies: 5}
	if !long() {
		t.Skip("builds everything anew over another package time, which takes minutes: run make test-long")
	}
	program := skewedProgram(t, t.TempDir())
	ctx, cancel := patience(t, 30*time.Minute, 30*time.Minute)
	defer cancel()
	skews := []string{"300", fmt.Sprintf("-300 %.0f:-3600 %.0f:86400", back.Seconds(), ahead.Seconds())}
	c := newCluster(t, clusterOptions{nodes: 2, direct: true, tune: func(s *nodeSettings) {
		s.Program, s.Env = program, []string{skewEnv + "=" + skews[0]}
		skews = skews[1:]
	}})
	begun := time.Now()
	for _, p := range c.hooks {
		p.busy.Store(3) // some deliveries wait for their second try
	}
	hush := c.rageOn(ctx, load)
	sleep(ctx, end) // beyond the last jump
	hush()
	e := c.judge(ctx)
	c.truthful(e.Shown, begun)
	for i, least := range []time.Duration{4 * time.Minute, 23 * time.Hour} {
		if wrong := c.nodes[i].wrongBy(ctx, t); wrong < least {
			t.Errorf("the clock of %s is wrong by %s only", c.nodes[i].name, wrong)
		}
	}
}

// truthful tells of every message whose time is not within the test.
func (c *cluster) truthful(shown []ledger.Shown, begun time.Time) {
	c.t.Helper()
	for _, s := range shown {
		for _, conv := range s.Conversations {
			for _, m := range conv.Messages {
				if m.SentAt.Before(begun.Add(-time.Minute)) || m.SentAt.After(time.Now().Add(time.Minute)) {
					c.t.Errorf("%s shows %s no. %d (%s) as of %s, which is none of the times of this test", s.By, conv.Code, m.Seq, m.Direction, m.SentAt)
				}
			}
		}
	}
}

// wrongBy is how far the node's clock is ahead of ours, by the date of an answer.
func (n *clusterNode) wrongBy(ctx context.Context, t *testing.T) time.Duration {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.url+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		t.Fatal(err)
	}
	return time.Until(date)
}
