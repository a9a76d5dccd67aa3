package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a program that was started and that ends no later than we do.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed once it has ended and was collected
}

// launch starts the program as acc, with its output appended to the file log.
// When this process ends, the program gets the signal orphaned.
func launch(acc account, orphaned syscall.Signal, dir, log, program string, args ...string) (*process, error) {
	out, err := os.OpenFile(log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close() // the program has a handle of its own
	p := &process{cmd: exec.Command(program, args...), done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env = dir, environment()
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = attributes(acc, orphaned)

	started := make(chan error)
	go func() {
		// The kernel sends orphaned when the thread that started the program
		// ends, so this one is kept until the program has.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		_ = p.cmd.Wait() // how it ended is in its log
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	return p, nil
}

// run lets a program do its work and returns what it said when it failed.
func run(ctx context.Context, acc account, dir, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = dir, environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: acc.credential()}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(program), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// environment holds no PG* variable of whoever started us, which would lead
// PostgreSQL's programs to another server.
func environment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
}

func (p *process) signal(sig syscall.Signal) error {
	err := p.cmd.Process.Signal(sig)
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// killAll ends the process and all that it started, as a power cut would:
// stopped first, so that it starts nothing more while its children are counted.
func (p *process) killAll() error {
	if p.ended() {
		return nil
	}
	pid := p.cmd.Process.Pid
	if err := killTree(pid); err != nil {
		return err
	}
	<-p.done
	return nil
}

func killTree(pid int) error {
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("kill process %d: %w", pid, err)
	}
	family := append(children(pid), pid)
	for _, member := range family {
		if err := syscall.Kill(member, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("kill process %d: %w", member, err)
		}
	}
	for _, child := range family[:len(family)-1] {
		if !eventually(10*time.Second, func() bool { return !alive(child) }) {
			return fmt.Errorf("process %d was killed and does not end", child)
		}
	}
	return nil
}

// endServing ends the server that a killed process has left on the data
// folder, which may be shutting down already; after patience it is killed.
func endServing(data string, patience time.Duration) error {
	b, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil || pid <= 1 || !serves(pid, data) {
		return nil // a stale file: PostgreSQL itself replaces it
	}
	gone := func() bool { return !alive(pid) }
	if patience > 0 && syscall.Kill(pid, syscall.Signal(Fast)) == nil && eventually(patience, gone) {
		return nil
	}
	if err := killTree(pid); err != nil {
		return err
	}
	if !eventually(10*time.Second, gone) {
		return fmt.Errorf("process %d was killed and does not end", pid)
	}
	return nil
}

// eventually asks until the answer is yes, for at most d.
func eventually(d time.Duration, yes func() bool) bool {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return poll(ctx, func() (bool, error) { return yes(), nil }) == nil
}

// poll asks until the answer is yes or an error, or ctx ends.
func poll(ctx context.Context, yes func() (bool, error)) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := yes(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
