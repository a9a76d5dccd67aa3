package localpg_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"tongdai/inbox/store/postgres/localpg"
	"tongdai/inbox/store/postgres/localpg/pgtest"
)

// orphan, in the environment, makes this binary a program that starts a server
// in the folder it names (a temporary one when empty) and waits to be killed.
const orphan = "LOCALPG_TEST_ORPHAN"

func serveUntilKilled(dir string) {
	s, err := localpg.Start(context.Background(), localpg.Options{Dir: dir, Unsafe: true})
	if err == nil {
		if has, _ := s.HasDatabase(context.Background(), "hub"); !has {
			err = s.CreateDatabase(context.Background(), "hub")
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(s.Folder())
	fmt.Println(s.URL("hub"))
	select {}
}

// orphaned runs such a program, lets the test use its server, kills it and
// returns the folder and the address that it had.
func orphaned(t *testing.T, dir string, use func(url string)) (folder, address string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), orphan+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	var said []string
	for len(said) < 2 && lines.Scan() {
		said = append(said, lines.Text())
	}
	if len(said) < 2 {
		t.Fatalf("the program ended: %v", cmd.Wait())
	}
	use(said[1])
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	u, err := url.Parse(said[1])
	if err != nil {
		t.Fatal(err)
	}
	return said[0], u.Host
}

func answers(address string) bool {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return false
	}
	_ = c.Close() // that it opened is the answer
	return true
}

func TestAKilledProcessLeavesNoServerAndItsFolderGoesWithTheNextStart(t *testing.T) {
	pgtest.Server(t) // skips where there is none
	folder, address := orphaned(t, "", func(string) {})
	if runtime.GOOS == "linux" {
		eventually(t, "the server has ended", func() bool { return !answers(address) })
	}
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(folder, long, long); err != nil {
		t.Fatal(err)
	}
	inUse := pgtest.Server(t).Folder()
	if err := os.Chtimes(inUse, long, long); err != nil {
		t.Fatal(err)
	}
	pgtest.OwnServer(t, localpg.Options{Unsafe: true})
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of the killed process: %v, want gone", err)
	}
	if _, err := os.Stat(inUse); err != nil {
		t.Errorf("the folder of a server in use: %v", err)
	}
	if answers(address) {
		t.Error("the server of the killed process answers")
	}
}

func TestAKeptFolderOfAKilledProcessIsTakenUpAtOnce(t *testing.T) {
	pgtest.Server(t) // skips where there is none
	dir := reachable(t)
	orphaned(t, dir, func(url string) { note(t, url, "một") })
	orphaned(t, dir, func(url string) { note(t, url, "hai") })
	s := pgtest.OwnServer(t, localpg.Options{Dir: dir, Unsafe: true})
	want(t, "words", words(t, s.URL("hub")), "một hai")
}
