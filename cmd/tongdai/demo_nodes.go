package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"tongdai/configs"
	"tongdai/inbox/store/postgres/localpg"
)

// mostNodes is how many nodes a demonstration may have: each takes about as much
// memory as the one of the ordinary demonstration.
const mostNodes = 9

// nodesMark is the file that tells a folder with a whole demonstration on
// several nodes. It is written last.
const nodesMark = "demo-nodes"

// nodesDatabase is the database of the nodes.
const nodesDatabase = "tongdai"

// overviewPath is where the balancer shows which node is up, on this machine only.
const overviewPath = "/balancer"

// revival is how long what was killed stays away, so that people can see how
// it goes without.
const revival = 10 * time.Second

// demoNodes is a demonstration on several nodes. Its folder holds what they
// share: key, attachments, configuration; a data folder and a log for each; and
// the server of the database, where PostgreSQL's user can get there.
type demoNodes struct {
	*demo
	folder   string
	key      string // base64
	database *localpg.Server
	members  []*demoNode
	saying   sync.Mutex
	awaited  sync.WaitGroup // nodes that never were ready so far
}

func newDemoNodes(d *demo) *demoNodes { return &demoNodes{demo: d} }

func (c *demoNodes) in(name string) string { return filepath.Join(c.folder, name) }

// run prepares what the nodes need and serves until ctx ends. Nothing runs
// any more when it returns.
func (c *demoNodes) run(ctx context.Context, open bool) (err error) {
	lock, err := c.openFolder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if c.database, err = c.startDatabase(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.database.Close()) }()
	if err := c.fill(ctx); err != nil {
		return err
	}
	c.cfg.Channels = append(c.cfg.Channels, c.platforms()...)
	password, err := c.sharedPassword(ctx, open)
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.in("tongdai.yaml"), []byte(c.nodesConfig()), 0o640); err != nil {
		return err
	}
	c.opened = true
	return c.serve(ctx, password)
}

// openFolder makes the folder, keeps it for this process alone and sees to the key.
func (c *demoNodes) openFolder() (lock *os.File, err error) {
	if c.folder, err = filepath.Abs(c.cfg.Data.Folder); err != nil {
		return nil, err
	}
	c.cfg.Data.Folder = c.folder
	if _, err := os.Stat(c.in(nodesMark)); errors.Is(err, fs.ErrNotExist) {
		if err := c.foreign(); err != nil {
			return nil, err
		}
	}
	for _, path := range []string{c.folder, c.in("media")} {
		if err := os.MkdirAll(path, 0o750); err != nil {
			return nil, err
		}
	}
	key, err := mainKey(c.cfg) // while the store is still the embedded one, for which a key is made
	if err != nil {
		return nil, err
	}
	c.key = base64.StdEncoding.EncodeToString(key)
	c.cfg.Data.SecretKey, c.cfg.Store.Kind = configs.Secret(c.key), configs.StorePostgres
	c.cfg.Media.Folder = c.in("media")
	if lock, err = holdFolder(c.cfg); err != nil {
		return nil, fmt.Errorf("bản demo: %w", err)
	}
	return lock, nil
}

// foreign refuses a folder with something else in it than the beginnings of a
// demonstration on several nodes, which always has a lock.
func (c *demoNodes) foreign() error {
	taken, err := hasFiles(c.folder)
	if err != nil || !taken {
		return err
	}
	if _, err := os.Stat(c.in("node.lock")); err == nil {
		if _, err := os.Stat(c.in("tongdai.db")); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	return fmt.Errorf("thư mục %s đã có dữ liệu khác, không phải của bản demo nhiều nút; hãy chọn thư mục khác bằng --data", c.folder)
}

// serverFolder is where the database's server is kept. Started by root, it
// runs as user postgres, to whom most folders are closed.
func (c *demoNodes) serverFolder() string {
	if os.Geteuid() != 0 || openTo(filepath.Dir(c.folder)) && os.Chmod(c.folder, 0o711) == nil {
		return c.in("postgres")
	}
	sum := sha256.Sum256([]byte(c.folder))
	return filepath.Join("/var/lib/tongdai-demo", hex.EncodeToString(sum[:4]))
}

// openTo reports whether everybody may pass through dir and all above it.
func openTo(dir string) bool {
	for ; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil || info.Mode()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

func (c *demoNodes) startDatabase(ctx context.Context) (*localpg.Server, error) {
	fmt.Fprintln(c.out, "Đang chạy PostgreSQL riêng của bản demo…")
	server, err := localpg.Start(ctx, localpg.Options{Dir: c.serverFolder()})
	if errors.Is(err, localpg.ErrMissing) {
		return nil, fmt.Errorf("bản demo nhiều nút cần PostgreSQL trên máy này: %w\n"+
			"Dịch vụ đi kèm gói không cần chạy, tắt được bằng: sudo systemctl disable --now postgresql\n"+
			"Bản demo một nút thì không cần gì thêm: tongdai demo", err)
	}
	if err != nil {
		return nil, err
	}
	c.cfg.Store.Postgres.URL = configs.Secret(server.URL(nodesDatabase))
	return server, nil
}

// fill sees to it that the database holds a whole demonstration.
func (c *demoNodes) fill(ctx context.Context) error {
	has, err := c.database.HasDatabase(ctx, nodesDatabase)
	if err != nil {
		return err
	}
	made, err := os.ReadFile(c.in(nodesMark))
	switch {
	case err == nil && has && !c.fresh:
		c.reused(made)
		return nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return c.refill(ctx)
}

// refill throws away what there is. Without the mark an interrupted one is
// begun again by the next start.
func (c *demoNodes) refill(ctx context.Context) (err error) {
	began := time.Now()
	if err := c.clear(ctx); err != nil {
		return err
	}
	if err := c.database.CreateDatabase(ctx, nodesDatabase); err != nil {
		return err
	}
	cfg := c.cfg
	if cfg.Data.Folder, err = os.MkdirTemp(c.folder, "filling-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(cfg.Data.Folder)) }()
	if err := c.seed(ctx, cfg, began); err != nil {
		return err
	}
	if err := markMade(c.in(nodesMark), began); err != nil {
		return err
	}
	c.made(began)
	return nil
}

func (c *demoNodes) clear(ctx context.Context) error {
	if err := os.Remove(c.in(nodesMark)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	left, err := filepath.Glob(c.in("filling-*"))
	if err != nil {
		return err
	}
	nodes, err := filepath.Glob(c.in("node-*"))
	if err != nil {
		return err
	}
	for _, path := range append(append(left, nodes...), c.in("media")) {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return errors.Join(os.Mkdir(c.in("media"), 0o750), c.database.DropDatabase(ctx, nodesDatabase))
}

// sharedPassword opens the hub beside the nodes: for the password in force, and
// for what people would have done at the platforms, which all nodes find in the store.
func (c *demoNodes) sharedPassword(ctx context.Context, open bool) (string, error) {
	a, err := openBeside(ctx, c.cfg, c.log)
	if err != nil {
		return "", err
	}
	password, err := c.passwordInForce(ctx, a, open)
	if err == nil {
		err = c.acquaint(ctx, a)
	}
	return password, errors.Join(err, a.close())
}

// keyVariable is where the nodes find the key.
const keyVariable = "TONGDAI_KEY"

// nodesConfig is the one configuration of all nodes; in what they differ, the
// data folder and the address, is said on their command lines.
func (c *demoNodes) nodesConfig() string {
	quoted := func(s string) string { return strings.ReplaceAll(strconv.Quote(s), "$", "$$") }
	return "# Cấu hình chung của các nút; tongdai demo viết lại mỗi lần chạy.\n" +
		"http:\n  trusted_proxies: [127.0.0.1/32]  # bộ cân bằng tải\n" +
		"data:\n  secret_key: ${" + keyVariable + "}  # khóa chung\n" +
		"store:\n  kind: postgres\n  postgres:\n    url: " + quoted(string(c.cfg.Store.Postgres.URL)) + "\n" +
		"media:\n  folder: " + quoted(c.cfg.Media.Folder) + "  # thư mục dùng chung\n" +
		"channels:\n  - {id: web, kind: webchat, name: " + quoted(c.cfg.Channels[0].Name) + "}\n" +
		"  - {id: portal, kind: portal, name: " + quoted(c.cfg.Channels[1].Name) + "}\n" + zaloYAML(c.zalo) + messengerYAML(c.page) + c.wishedYAML()
}

// wishedYAML are the channels that are shown only on request.
func (c *demoNodes) wishedYAML() string {
	yaml := ""
	if c.bot != nil {
		yaml += telegramYAML(c.bot, true)
	}
	if c.post != nil {
		yaml += mailYAML(c.post)
	}
	if c.chat != nil {
		yaml += chatYAML(c.chat, "http://"+c.cfg.HTTP.Listen)
	}
	return yaml
}

// serve runs nodes and balancer until ctx ends. The balancer and the database
// outlive the nodes, who say goodbye to both.
func (c *demoNodes) serve(ctx context.Context, password string) error {
	if err := c.plan(); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.cfg.HTTP.Listen)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	nodes, ctx := errgroup.WithContext(ctx)
	balancer := newBalancer(c.addresses(), func(v backendView) {
		if ctx.Err() == nil {
			c.changed(v)
		}
	})
	server := &http.Server{Handler: c.door(balancer), MaxHeaderBytes: maxHeader, ReadHeaderTimeout: c.cfg.HTTP.Limits.HeaderTimeout}
	balancing, stopBalancing := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBalancing()
	var front errgroup.Group
	front.Go(func() error { return balancer.Run(balancing) })
	front.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			cancel()
			return err
		}
		return nil
	})
	nodes.Go(func() error { return c.keepDatabase(ctx) })
	for _, n := range c.members {
		nodes.Go(func() error { return c.keep(ctx, n) })
	}
	nodes.Go(func() error {
		c.whenReady(ctx, func() {
			address := "http://" + listener.Addr().String()
			c.zalo.SetWebhook(hookOf(address))
			c.page.SetWebhook(pageHookOf(address))
			c.tell(address, password)
		})
		<-ctx.Done()
		fmt.Fprintln(c.out, "\nĐang dừng các nút (khoảng 5 giây)…")
		return nil
	})
	err = nodes.Wait()
	stopBalancing()
	err = errors.Join(err, server.Close(), front.Wait())
	if err == nil {
		fmt.Fprintln(c.out, "Đã dừng hết.")
	}
	return err
}

// door is the balancer, with its overview for people at this machine.
func (c *demoNodes) door(b *balancer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == overviewPath && loopback(r.RemoteAddr) {
			b.overview(w, r)
			return
		}
		b.ServeHTTP(w, r)
	})
}

// whenReady calls fn once every node has been ready.
func (c *demoNodes) whenReady(ctx context.Context, fn func()) {
	ready := make(chan struct{})
	go func() {
		c.awaited.Wait()
		close(ready)
	}()
	select {
	case <-ready:
		fn()
	case <-ctx.Done():
	}
}

// changed tells what a person who kills nodes wants to know.
func (c *demoNodes) changed(v backendView) {
	for _, n := range c.members {
		if n.address != v.Address {
			continue
		}
		first := v.State == backendReady && n.served.CompareAndSwap(false, true)
		switch {
		case first:
			c.awaited.Done()
		case !n.served.Load():
		case v.State == backendReady:
			c.say("Nút %d nhận yêu cầu trở lại (PID %d).", n.number, n.pid.Load())
		case v.State == backendUnfit:
			c.say("Nút %d báo chưa sẵn sàng: đang dừng, hoặc không ghi được vào cơ sở dữ liệu. Yêu cầu mới sang nút khác; không còn nút nào thì trả 503.", n.number)
		case v.State == backendSilent:
			c.say("Nút %d không trả lời; luồng đang mở ở nút đó được cắt để nối sang nút khác.", n.number)
		}
	}
}

// say prints one line with its time.
func (c *demoNodes) say(format string, args ...any) {
	c.saying.Lock()
	defer c.saying.Unlock()
	fmt.Fprintf(c.out, "%s  %s\n", clockTime(time.Now()), fmt.Sprintf(format, args...))
}
