package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// programName is the name under which this test binary is the program.
const programName = "tongdai"

// programHere is the program that tests start in processes of their own: this
// test binary, which is the program under that name, and a node of a cluster under
// nodeCommand. In a quick run with the race detector it is one built without: a
// process under the detector takes several times as long to start and to work, and
// a storm starts dozens. A cluster of several healthy nodes keeps the detector in
// one of them, and a full run in every process.
func programHere(t testing.TB) string {
	t.Helper()
	if raceDetector && !long() {
		return withoutDetector(t)
	}
	program, err := exec.LookPath(programName) // which TestMain puts there
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// withoutDetector is this test binary without the race detector.
func withoutDetector(t testing.TB) string {
	t.Helper()
	program, err := plain.built()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// plain is this test binary without the race detector, under the program's name.
var plain plainProgram

type plainProgram struct {
	once sync.Once
	dir  string
	err  error
}

func (p *plainProgram) built() (string, error) {
	p.once.Do(func() {
		if p.dir, p.err = os.MkdirTemp("", "tongdai-plain-"); p.err != nil {
			return
		}
		build := exec.Command("go", "test", "-c", "-trimpath", "-o", p.path(), ".") // as make builds, so that little is left to do
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if said, err := build.CombinedOutput(); err != nil {
			p.err = fmt.Errorf("build without the race detector: %w\n%s", err, said)
		}
	})
	return p.path(), p.err
}

func (p *plainProgram) path() string { return filepath.Join(p.dir, programName) }

// withoutPlain removes it at the end, and the one with failpoints.
type withoutPlain struct{ m interface{ Run() int } }

func (w withoutPlain) Run() int {
	defer func() {
		for _, dir := range []string{plain.dir, failing.dir} {
			if dir != "" {
				_ = os.RemoveAll(dir) // of the machine's temporary folder
			}
		}
	}()
	return w.m.Run()
}
