package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// demoNode is one node of a demonstration: a process that is started again
// after it ended.
type demoNode struct {
	number  int    // from 1
	address string // host:port, kept over all its lives
	folder  string
	log     string
	pid     atomic.Int64 // 0 while it does not run
	served  atomic.Bool  // it has been ready
}

// plan gives every node its number, folder and address, on the ports after the
// demonstration's own where they are free.
func (c *demoNodes) plan() error {
	_, port, err := net.SplitHostPort(c.cfg.HTTP.Listen)
	if err != nil {
		return err
	}
	first, _ := strconv.Atoi(port) // a port by name has no neighbours
	for number := 1; number <= c.nodes; number++ {
		name := "node-" + strconv.Itoa(number)
		n := &demoNode{number: number, folder: c.in(name), log: c.in(name + ".log")}
		if n.address, err = c.freeAddress(first, number); err != nil {
			return err
		}
		c.members = append(c.members, n)
		c.awaited.Add(1)
	}
	return nil
}

// Other ports are taken from below those that the kernel gives to outgoing
// connections (32768 and up on Linux), which could take the port of a node
// while it is dead.
const (
	lowestPort  = 15000
	highestPort = 32767
)

func (c *demoNodes) freeAddress(first, number int) (string, error) {
	port := first + number
	if first == 0 {
		port = lowestPort + rand.IntN(highestPort-lowestPort)
	}
	for range 200 {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		listener, err := net.Listen("tcp", address)
		if err == nil {
			return address, listener.Close()
		}
		port = lowestPort + rand.IntN(highestPort-lowestPort)
	}
	return "", errors.New("không tìm được cổng trống nào trên máy này cho các nút")
}

func (c *demoNodes) addresses() []string {
	var all []string
	for _, n := range c.members {
		all = append(all, n.address)
	}
	return all
}

// keep runs the node again and again until ctx ends. A node that ends before it
// was ever ready is an error.
func (c *demoNodes) keep(ctx context.Context, n *demoNode) error {
	// The kernel ends a node with the thread that started it (see endsWithUs).
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for {
		pid, how, err := n.live(ctx, c.in("tongdai.yaml"), c.key)
		switch {
		case err != nil:
			return fmt.Errorf("nút %d: %w", n.number, err)
		case ctx.Err() != nil:
			return nil
		case !n.served.Load():
			return fmt.Errorf("nút %d không khởi động được (%s); nhật ký %s viết:\n%s", n.number, how, n.log, endOfLog(n.log))
		}
		c.say("Nút %d (PID %d) đã ngừng: %s. Các nút còn lại làm tiếp; nút này được chạy lại sau %d giây.",
			n.number, pid, how, int(revival.Seconds()))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(revival):
		}
	}
}

// stopPatience is how long a node may take to stop in order before it is killed.
const stopPatience = graceful + noticed + 5*time.Second

// live starts the node and waits for its end, in order when ctx ends.
func (n *demoNode) live(ctx context.Context, config, key string) (pid int, how string, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, "", err
	}
	log, err := os.OpenFile(n.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o640)
	if err != nil {
		return 0, "", err
	}
	defer log.Close() // the node has a handle of its own
	cmd := exec.CommandContext(ctx, self, "serve", "--config", config, "--data", n.folder, "--listen", n.address)
	cmd.Env = append(os.Environ(), keyVariable+"="+key)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = endsWithUs()
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopPatience
	if err := cmd.Start(); err != nil {
		return 0, "", err
	}
	pid = cmd.Process.Pid
	n.pid.Store(int64(pid))
	defer n.pid.Store(0)
	_ = cmd.Wait() // the state says how it ended
	return pid, cmd.ProcessState.String(), nil
}

// endOfLog returns the end of a log.
func endOfLog(path string) string {
	const most = 2048
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text[max(0, len(text)-most):]))
}

// keepDatabase starts the database again when it was killed, until ctx ends.
func (c *demoNodes) keepDatabase(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if c.database.Running() {
			continue
		}
		c.say("PostgreSQL đã ngừng. Không nút nào xác nhận tin cho đến khi có lại; PostgreSQL được chạy lại sau %d giây.", int(revival.Seconds()))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(revival):
		}
		switch err := c.database.StartAgain(ctx); {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		c.say("PostgreSQL chạy lại (PID %d).", c.database.Pid())
	}
}

// tell says what runs, what to kill and what will be seen.
func (c *demoNodes) tell(address, password string) {
	var w strings.Builder
	w.WriteString(c.welcome(address, password))
	fmt.Fprintf(&w, "\nCó %d nút ngang hàng sau một bộ cân bằng tải, chung một PostgreSQL:\n", len(c.members))
	for _, n := range c.members {
		fmt.Fprintf(&w, "  Nút %d        PID %-8d http://%s   nhật ký %s\n", n.number, n.pid.Load(), n.address, relative(n.log))
	}
	fmt.Fprintf(&w, "  PostgreSQL   PID %-8d 127.0.0.1:%d          dữ liệu %s\n", c.database.Pid(), c.database.Port(), relative(c.database.Folder()))
	fmt.Fprintf(&w, "  Nút nào đang nhận yêu cầu: %s%s\n", address, overviewPath)
	fmt.Fprintf(&w, `
Thử làm mất một nút: mở khung trò chuyện và bàn trực, rồi ở một cửa sổ dòng lệnh khác chạy
  kill -9 %d
và nhắn tiếp. Tin đã gửi không mất, không bị lặp, bot vẫn trả lời; khung trò chuyện và bàn trực tự nối sang nút khác;
tài khoản không phải đăng nhập lại. Nút ấy được chạy lại sau %d giây, PID mới in ở đây.
Thử làm mất cơ sở dữ liệu: kill -9 %d. Không tin nào được xác nhận khống: khung trò chuyện giữ tin và gửi lại khi
PostgreSQL trở lại. (Ở đây chỉ có một PostgreSQL; chạy thật có máy dự phòng: docs/operate/cluster.md.)

In English: kill a node, kill -9 %[1]d, and go on chatting. Nothing that was sent is lost or doubled, the bot goes on
answering, open pages move to another node. The node comes back after %[2]d seconds. %[4]s%[5]s shows who is up.
`, c.members[0].pid.Load(), int(revival.Seconds()), c.database.Pid(), address, overviewPath)
	w.WriteString(farewell)
	c.saying.Lock()
	defer c.saying.Unlock()
	fmt.Fprint(c.out, w.String())
}

// relative shortens a path for people who stand in the working folder.
func relative(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	short, err := filepath.Rel(here, path)
	if err != nil || strings.HasPrefix(short, "..") {
		return path
	}
	return cmp.Or(short, path)
}
