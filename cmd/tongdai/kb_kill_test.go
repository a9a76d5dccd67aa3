package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tongdai/kb/sheet"
)

// KB-04: an import is killed with SIGKILL while it is applied, earlier and later. The
// knowledge base has all of the file or nothing of it, and can be used at once.
func TestAnImportThatIsKilledIsAppliedWholeOrNotAtAll(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	const entries = 400
	folder := t.TempDir()
	data := filepath.Join(folder, "data")
	file := func(round int) string {
		var b strings.Builder
		b.WriteString("Mã,Câu hỏi,Trả lời,Đơn vị\n")
		for i := range entries {
			fmt.Fprintf(&b, "K%d,Câu hỏi thứ %d về thư viện là gì?,Lần %d.,Sở Y tế\n", i, i, round)
		}
		path := filepath.Join(folder, fmt.Sprintf("%d.csv", round))
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	run := func(args ...string) *exec.Cmd {
		return exec.CommandContext(ctx, programHere(t), append([]string{"kb"}, args...)...)
	}
	// answers are the rounds that the knowledge base answers with.
	answers := func(name string) map[string]int {
		out := filepath.Join(folder, name)
		if said, err := run("export", "--data", data, out).CombinedOutput(); err != nil {
			t.Fatalf("export after a kill: %v\n%s", err, said)
		}
		book, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]int{}
		for _, r := range sheet.Read(book, name).Rows {
			found[r.Answer]++
		}
		return found
	}
	if said, err := run("import", "--data", data, "--apply", file(0)).CombinedOutput(); err != nil {
		t.Fatalf("the first import: %v\n%s", err, said)
	}
	begun := time.Now()
	if said, err := run("import", "--data", data, "--apply", file(1)).CombinedOutput(); err != nil {
		t.Fatalf("the second import: %v\n%s", err, said)
	}
	// How long until the blow: longer after one that came too early to change anything,
	// shorter after one that came too late, so that they gather around the commit.
	wait := time.Since(begun) / 2

	standing, killed := 1, 0
	rounds := count(6, 60)
	for i := range rounds {
		round := i + 2
		importing := run("import", "--data", data, "--apply", file(round))
		if err := importing.Start(); err != nil {
			t.Fatal(err)
		}
		blow := time.AfterFunc(wait, func() { _ = importing.Process.Kill() }) // which may have ended
		err := importing.Wait()
		blow.Stop()
		var ended *exec.ExitError
		if errors.As(err, &ended) && ended.ExitCode() < 0 {
			killed++
		} else if err != nil {
			t.Fatal(err)
		}
		found := answers(fmt.Sprintf("after-%d.xlsx", round))
		before, after := found[fmt.Sprintf("Lần %d.", standing)], found[fmt.Sprintf("Lần %d.", round)]
		switch {
		case after == entries && len(found) == 1:
			standing, wait = round, wait*3/5
		case before != entries || len(found) != 1 || err == nil:
			t.Fatalf("after import %d, killed %t, the knowledge base answers %v", round, err != nil, found)
		default:
			wait = wait * 5 / 4
		}
	}
	t.Logf("%d of %d imports were killed; the last that was applied is %d", killed, rounds, standing)
	if killed == 0 {
		t.Error("no import was killed while it ran")
	}
}
