package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/gofail/code"
)

// Failpoints are comments in the source ("// gofail: var storeCommitted string")
// that the ordinary build passes over. The tests build a second program, in
// which gofail (https://github.com/etcd-io/gofail) has made code of them: the
// rewritten files lie in a folder of their own and go into the build as an
// overlay, so that the source is never changed. What happens at a failpoint is
// said to the running process by HTTP, which also tells how often it was
// reached.

// failing is that program, and its failpoints.
var failing struct {
	once   sync.Once
	dir    string
	points []string // by name
	err    error
}

// failingProgram builds the program with failpoints, once for all tests.
func failingProgram(t *testing.T) (program string, points []string) {
	t.Helper()
	notInShort(t)
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("SKIPPED: go is not here, so no program with failpoints can be built: %v", err)
	}
	failing.once.Do(func() {
		begun := time.Now()
		failing.points, failing.err = buildFailing()
		t.Logf("built with %d failpoints in %.0f s", len(failing.points), time.Since(begun).Seconds())
	})
	if failing.err != nil {
		t.Fatal(failing.err)
	}
	return filepath.Join(failing.dir, programName), failing.points
}

func buildFailing() (points []string, err error) {
	if failing.dir, err = os.MkdirTemp("", "tongdai-failpoints-"); err != nil {
		return nil, err
	}
	module, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		return nil, err
	}
	replace, points, err := rewritten(module, failing.dir)
	if err != nil {
		return nil, err
	}
	plan, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return nil, err
	}
	overlay := filepath.Join(failing.dir, "overlay.json")
	if err := os.WriteFile(overlay, plan, 0o600); err != nil {
		return nil, err
	}
	build := exec.Command("go", "test", "-c", "-trimpath", "-overlay", overlay, "-o", filepath.Join(failing.dir, programName), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // what was built once serves every checkout
	if said, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build with failpoints: %w\n%s", err, said)
	}
	return points, nil
}

// rewritten makes code of the failpoints of a module, in dir. replace tells
// which file stands for which; each package gets one more, that declares its
// failpoints.
func rewritten(module, dir string) (replace map[string]string, points []string, err error) {
	replace = map[string]string{}
	declared := map[string][]*code.Failpoint{} // by folder
	packages := map[string]string{}
	add := func(path string, source []byte) error {
		to := filepath.Join(dir, fmt.Sprintf("%d.go", len(replace)))
		replace[path] = to
		return os.WriteFile(to, source, 0o600)
	}
	err = filepath.WalkDir(module, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && (name == "node_modules" || name == "testdata" || strings.HasPrefix(name, ".")) {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(source, []byte("// gofail: var ")) {
			return err
		}
		var changed bytes.Buffer
		found, err := code.ToFailpoints(&changed, bytes.NewReader(source))
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for _, f := range found {
			points = append(points, f.Name())
		}
		folder := filepath.Dir(path)
		declared[folder] = append(declared[folder], found...)
		packages[folder] = packageOf(source)
		return add(path, changed.Bytes())
	})
	for folder, found := range declared {
		var binding bytes.Buffer
		if err == nil {
			err = code.NewBinding(packages[folder], found).Write(&binding)
		}
		if err == nil {
			err = add(filepath.Join(folder, "failpoints.fail.go"), binding.Bytes())
		}
	}
	slices.Sort(points)
	return replace, points, err
}

func packageOf(source []byte) string {
	for line := range strings.Lines(string(source)) {
		if name, ok := strings.CutPrefix(line, "package "); ok {
			return strings.TrimSpace(name)
		}
	}
	return ""
}

// What may happen at a failpoint, in gofail's words, each once.
const (
	waits   = "1*sleep(60000)" // until it is killed
	stalls  = "1*sleep(5000)"  // for longer than any claim, and goes on
	panics  = `1*panic`
	returns = `1*return("a failpoint of the tests")` // an error, where one may come back
	passes  = "1*print"
)

// control is the failpoints of one process.
type control struct{ address string }

// env is what the process needs to be told what to do at failpoints from its start on.
func (c control) env(from map[string]string) []string {
	var terms []string
	for name, happens := range from {
		terms = append(terms, name+"="+happens)
	}
	return []string{"GOFAIL_HTTP=" + c.address, "GOFAIL_FAILPOINTS=" + strings.Join(terms, ";")}
}

func (c control) set(ctx context.Context, point, happens string) error {
	_, err := c.call(ctx, http.MethodPut, point, happens)
	return err
}

// hits is how often a failpoint did what it was told to do.
func (c control) hits(ctx context.Context, point string) (int, error) {
	said, err := c.call(ctx, http.MethodGet, point+"/count", "")
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(said))
}

func (c control) call(ctx context.Context, method, path, body string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+c.address+"/"+path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode/100 != 2 {
		err = fmt.Errorf("failpoint %s: %s: %s", path, answer.Status, said)
	}
	return string(said), err
}
