package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/spf13/cobra"

	"tongdai/bot"
	"tongdai/configs"
	"tongdai/connectors/email/emailsim"
	"tongdai/connectors/mattermost/mattermostsim"
	"tongdai/connectors/messenger/messengersim"
	"tongdai/connectors/telegram/telegramsim"
	"tongdai/connectors/zalo/zalosim"
	"tongdai/inbox/store/bolt"
	"tongdai/kb"
)

// demoPassword opens the accounts of a demonstration that only this machine can reach.
const demoPassword = "trong-dong-dong-son"

// demoMark is the file that tells a demonstration's folder from one with real
// data, which this command must never replace.
const demoMark = "demo"

// demo is one start of the demonstration.
type demo struct {
	cfg      configs.Config
	password string // as given; empty: the known one
	fresh    bool
	bare     bool // nobody is in the roster, and so on: see configs.DemoDesk
	nodes    int  // beyond one: over PostgreSQL
	out      io.Writer
	opened   bool // all was prepared, and people may come
	log      *slog.Logger
	zalo     *zalosim.Sim      // plays Zalo on this machine
	page     *messengersim.Sim // plays Facebook
	withBot  bool              // a Telegram bot as well, which a province has only where it wants one
	bot      *telegramsim.Sim  // plays Telegram; nil without withBot
	withMail bool              // a mailbox as well
	post     *emailsim.Sim     // plays its servers; nil without withMail
	withChat bool              // a team chat in which a department works
	chat     *mattermostsim.Sim
}

func newDemo(s *settings) *cobra.Command {
	d := demo{}
	var listen string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a demonstration: a knowledge base, accounts and conversations, all invented",
		Long: "Run a demonstration with an invented knowledge base, accounts and conversations of the last days.\n" +
			"Its data is made at the first start and used again later; --fresh makes it anew.\n\n" +
			"With --nodes 3 it shows a hub that survives the loss of a node: a PostgreSQL of its own, from the\n" +
			"programs on this machine, three nodes as processes, and a balancer before them. It prints what to kill.",
		Example: "  tongdai demo\n  tongdai demo --listen 127.0.0.1:8023 --fresh\n  tongdai demo --nodes 3",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.config != "" {
				return errors.New("bản demo chạy với thiết lập đi kèm, không nhận --config; để chạy thật: tongdai serve --config " + s.config)
			}
			if d.nodes < 1 || d.nodes > mostNodes {
				return fmt.Errorf("--nodes phải từ 1 đến %d", mostNodes)
			}
			folder := "demo"
			if d.nodes > 1 {
				folder = "demo-nodes"
			}
			d.cfg = configs.Default()
			d.cfg.HTTP.Listen = cmp.Or(listen, d.cfg.HTTP.Listen)
			d.cfg.Data.Folder = cmp.Or(s.data, filepath.Join(d.cfg.Data.Folder, folder))
			d.cfg.Log.Level = "warn"
			d.out = cmd.OutOrStdout()
			var err error
			if d.log, err = newLogger(d.cfg.Log); err != nil {
				return err
			}
			err = d.run(cmd.Context())
			if err != nil && cmd.Context().Err() != nil && !d.opened {
				// What it was about just then, and how that broke off, is nothing to whoever interrupted it.
				return errors.New("đã ngắt theo yêu cầu khi bản demo chưa mở; chạy lại đúng lệnh này để mở")
			}
			return err
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", "address to listen on (default: 127.0.0.1:8022)")
	cmd.Flags().StringVar(&d.password, "password", "", "password of all accounts; needed when other machines can connect")
	cmd.Flags().BoolVar(&d.fresh, "fresh", false, "throw the demonstration's data away and make it anew")
	cmd.Flags().BoolVar(&d.bare, "bare", false, "make the data without roster, labels, saved views, promises and incident")
	cmd.Flags().BoolVar(&d.withBot, "telegram", false, "show a Telegram bot as well")
	cmd.Flags().BoolVar(&d.withMail, "email", false, "show a mailbox as well")
	cmd.Flags().BoolVar(&d.withChat, "mattermost", false, "show a team chat in which a department answers")
	cmd.Flags().IntVar(&d.nodes, "nodes", 1, "nodes; beyond one they share a PostgreSQL, which must be installed")
	return cmd
}

func (d *demo) run(ctx context.Context) error {
	open := !loopback(d.cfg.HTTP.Listen)
	if open && cmp.Or(d.password, demoPassword) == demoPassword {
		return fmt.Errorf("ở %s máy khác vào được bản demo, mà mật khẩu mặc định ai cũng biết; hãy đặt mật khẩu riêng: tongdai demo --listen %[1]s --password '…'", d.cfg.HTTP.Listen)
	}
	var err error
	if d.cfg.HTTP.Listen, err = free(d.cfg.HTTP.Listen); err != nil {
		return err
	}
	if d.zalo, err = startDemoZalo(); err != nil {
		return err
	}
	defer d.zalo.Close()
	if d.page, err = startDemoPage(); err != nil {
		return err
	}
	defer d.page.Close()
	d.page.SetWebhook(pageHookOf("http://" + d.cfg.HTTP.Listen)) // before the hub first looks whether it has one
	if d.withBot {
		if d.bot, err = startDemoTelegram(); err != nil {
			return err
		}
		defer d.bot.Close()
	}
	if d.withMail {
		if d.post, err = startDemoMail(); err != nil {
			return err
		}
		defer d.post.Close()
	}
	if d.withChat {
		if d.chat, err = startDemoChat(); err != nil {
			return err
		}
		defer d.chat.Close()
	}
	if d.nodes > 1 {
		return newDemoNodes(d).run(ctx, open)
	}
	if err := d.prepare(ctx); err != nil {
		return err
	}
	d.cfg.Channels = append(d.cfg.Channels, d.platforms()...)
	a, err := openApp(ctx, d.cfg, d.log, nil)
	if err != nil {
		return demoInWords(err, d.cfg.Data.Folder)
	}
	a.invented = true
	password, err := d.passwordInForce(ctx, a, open)
	if err == nil {
		err = d.acquaint(ctx, a)
	}
	if err == nil {
		d.opened = true
		err = a.serve(ctx, func(address string) {
			d.zalo.SetWebhook(hookOf(address))
			if err := a.introducePage(ctx, address); err != nil {
				d.log.WarnContext(ctx, "the simulated page could not be set up", "err", err)
			}
			fmt.Fprint(d.out, d.welcome(address, password)+farewell)
		})
	}
	return errors.Join(err, a.close())
}

// acquaint does what people would have done at the platforms, and at the desk for them.
func (d *demo) acquaint(ctx context.Context, a *app) error {
	if err := a.consent(ctx, d.zalo); err != nil {
		return err
	}
	if d.post != nil {
		if err := a.worksByMail(ctx); err != nil {
			return err
		}
	}
	if d.chat != nil {
		return a.worksInChat(ctx, d.chat, "http://"+d.cfg.HTTP.Listen)
	}
	return nil
}

// platforms are the channels of the simulated platforms.
func (d *demo) platforms() []configs.Channel {
	all := []configs.Channel{zaloChannel(d.zalo), messengerChannel(d.page)}
	if d.bot != nil {
		all = append(all, telegramChannel(d.bot, true))
	}
	if d.post != nil {
		all = append(all, mailChannel(d.post))
	}
	if d.chat != nil {
		all = append(all, chatChannel(d.chat))
	}
	return all
}

// phoneAddress is where the simulated Zalo of a demonstration listens, and its
// page that looks like a phone is, unless something else is there already.
const phoneAddress = "127.0.0.1:8098"

func startDemoZalo() (*zalosim.Sim, error) {
	return atOrElsewhere(phoneAddress, func(listen string) (*zalosim.Sim, error) {
		return zalosim.Start(zalosim.Config{Listen: listen, OAs: []zalosim.OA{{ID: "3000000000000000001", Name: "1022 Thanh Hóa"}}})
	})
}

// atOrElsewhere starts a simulator at its usual address, or at any that is free
// where something else is there already.
func atOrElsewhere[Sim any](address string, start func(listen string) (Sim, error)) (Sim, error) {
	sim, err := start(address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return start("")
	}
	return sim, err
}

// loopback reports whether only this machine can reach an address to listen on.
func loopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// free tells before the long work whether the address can be had, and which one it is
// where any port will do: platforms are told before the hub listens.
func free(listen string) (string, error) {
	listener, err := net.Listen("tcp", listen)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "", fmt.Errorf("địa chỉ %s đang có chương trình khác dùng; hãy dừng chương trình đó, hoặc chọn cổng khác: tongdai demo --listen 127.0.0.1:8023", listen)
	case err != nil:
		return "", fmt.Errorf("không nghe được ở %s: %w", listen, err)
	}
	if _, port, err := net.SplitHostPort(listen); err == nil && port == "0" {
		listen = listener.Addr().String()
	}
	return listen, listener.Close()
}

// prepare sees to it that the data folder holds a whole demonstration.
func (d *demo) prepare(ctx context.Context) error {
	folder := d.cfg.Data.Folder
	made, err := os.ReadFile(filepath.Join(folder, demoMark))
	switch {
	case err == nil && !d.fresh:
		d.reused(made)
		return nil
	case errors.Is(err, fs.ErrNotExist):
		if taken, err := hasFiles(folder); err != nil || taken {
			return cmp.Or(err, fmt.Errorf("thư mục %s đã có dữ liệu khác, không phải của bản demo; hãy chọn thư mục khác bằng --data", folder))
		}
	case err != nil:
		return err
	}
	return d.make(ctx)
}

func (d *demo) reused(made []byte) {
	fmt.Fprintf(d.out, "Dùng lại dữ liệu demo tạo lúc %s ở %s (thêm --fresh để tạo mới).\n", strings.TrimSpace(string(made)), d.cfg.Data.Folder)
}

func hasFiles(folder string) (bool, error) {
	found, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return len(found) > 0, err
}

// make makes the data beside its place and moves it there once it is whole: an
// interrupted start leaves nothing half done.
func (d *demo) make(ctx context.Context) (err error) {
	began, folder := time.Now(), d.cfg.Data.Folder
	if err := os.MkdirAll(filepath.Dir(folder), 0o750); err != nil {
		return err
	}
	if err := d.unused(folder); err != nil {
		return err
	}
	cfg := d.cfg
	if cfg.Data.Folder, err = os.MkdirTemp(filepath.Dir(folder), ".demo-*"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(cfg.Data.Folder)) }()
	if err := d.seed(ctx, cfg, began); err != nil {
		return err
	}
	if err := markMade(filepath.Join(cfg.Data.Folder, demoMark), began); err != nil {
		return err
	}
	if err := d.replace(folder, cfg.Data.Folder); err != nil {
		return err
	}
	d.made(began)
	return nil
}

// script is what is played and how the desk is furnished.
func (d *demo) script() configs.DemoScript {
	script := configs.Demo()
	if d.bare {
		script.Desk = configs.DemoDesk{}
	}
	return script
}

// seed plays the script's conversations into what cfg names, as if it were now.
func (d *demo) seed(ctx context.Context, cfg configs.Config, now time.Time) error {
	fmt.Fprintln(d.out, "Đang tạo dữ liệu demo…")
	surprises, err := seedDemo(ctx, cfg, d.log, d.script(), cmp.Or(d.password, demoPassword), now)
	for _, surprise := range surprises {
		d.log.WarnContext(ctx, "a conversation of the demonstration was cut short", "where", surprise)
	}
	return err
}

// markMade marks a demonstration as whole.
func markMade(path string, at time.Time) error {
	return os.WriteFile(path, []byte(at.In(configs.Zone).Format("15:04 ngày 02/01/2006")+"\n"), 0o640)
}

func (d *demo) made(began time.Time) {
	fmt.Fprintf(d.out, "Đã tạo %d cuộc hội thoại trong %.1f giây, giữ ở %s.\n",
		len(d.script().Conversations)+len(d.script().Desk.Conversations), time.Since(began).Seconds(), d.cfg.Data.Folder)
}

// unused fails when another process works on the folder.
func (d *demo) unused(folder string) error {
	store, err := d.hold(folder)
	if store == nil {
		return err
	}
	return store.Close()
}

// hold opens the folder's store, so that nobody else can. There may be none,
// or one that cannot be opened: nobody works on that either.
func (d *demo) hold(folder string) (*bolt.Store, error) {
	path := filepath.Join(folder, d.cfg.Store.Path)
	if _, err := os.Stat(path); err != nil {
		return nil, nil
	}
	store, err := bolt.Open(path, bolt.Options{})
	if errors.Is(err, bolt.ErrInUse) {
		return nil, demoInWords(err, folder)
	}
	if err != nil {
		return nil, nil
	}
	return store, nil
}

// replace puts the new folder in the place of the old one, which nobody may
// open meanwhile.
func (d *demo) replace(folder, next string) error {
	old := next + "-old"
	store, err := d.hold(folder)
	if err != nil {
		return err
	}
	if err := os.Rename(folder, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if store != nil {
		err = store.Close()
	}
	return errors.Join(err, os.Rename(next, folder), os.RemoveAll(old))
}

func demoInWords(err error, folder string) error {
	if errors.Is(err, bolt.ErrInUse) {
		return fmt.Errorf("một bản demo khác đang chạy trên %s; hãy dừng bản đó (Ctrl+C) rồi chạy lại, hoặc chọn thư mục khác bằng --data", folder)
	}
	return err
}

// passwordInForce returns the password to show. Data made earlier keeps the
// one it was made with: empty when that was another than the known one.
func (d *demo) passwordInForce(ctx context.Context, a *app, open bool) (string, error) {
	members, err := a.hub.Members(ctx)
	if err != nil {
		return "", err
	}
	for _, m := range members {
		known, err := argon2id.ComparePasswordAndHash(demoPassword, m.PasswordHash)
		if err != nil {
			return "", err
		}
		if known && open {
			return "", errors.New("dữ liệu demo này tạo với mật khẩu mặc định, không mở cho máy khác được; hãy thêm --fresh để tạo lại với mật khẩu của anh/chị")
		}
		right := known
		if d.password != "" {
			if right, err = argon2id.ComparePasswordAndHash(d.password, m.PasswordHash); err != nil {
				return "", err
			}
			if !right {
				return "", fmt.Errorf("dữ liệu demo này tạo với mật khẩu khác (tài khoản %s); hãy bỏ --password, hoặc thêm --fresh để tạo lại", m.Login)
			}
		}
		if !right {
			return "", nil
		}
	}
	return cmp.Or(d.password, demoPassword), nil
}

// tries are what a newcomer may say first, and what that shows.
var tries = []struct {
	say, shows string
	outcome    bot.Outcome
}{
	{"tiem mui 3 o dau", "bot hiểu cả khi không có dấu", bot.Answer},
	{"ổ gà to trước cổng chợ Vườn Hoa", "bot không biết nên chuyển người trực; đăng nhập lan để trả lời", bot.HandOff},
	{"em khó thở quá", "khẩn cấp: hướng dẫn ngay và báo lên đầu bàn trực", bot.Urgent},
}

// welcome tells a newcomer where to go and what to try.
func (d *demo) welcome(address, password string) string {
	script := configs.Demo()
	var w strings.Builder
	fmt.Fprintf(&w, "\nTổng đài 1022 – bản demo đang chạy. Mọi dữ liệu đều là hư cấu.\n\n")
	fmt.Fprintf(&w, "  Cổng người dân   %s/\n", address)
	fmt.Fprintf(&w, "  Bàn trực         %s/desk\n", address)
	fmt.Fprintf(&w, "  Quản trị         %s/admin\n", address)
	fmt.Fprintf(&w, "  Điện thoại Zalo  %s%s   (Zalo mô phỏng: viết cho tổng đài như người dân)\n", d.zalo.URL(), zalosim.PhonePath)
	fmt.Fprintf(&w, "  Messenger        %s%s   (Messenger mô phỏng)\n", d.page.URL(), messengersim.PhonePath)
	fmt.Fprintf(&w, "  Bài viết         %s%s   (bài viết của trang Facebook mô phỏng, để bình luận)\n", d.page.URL(), messengersim.PostPath)
	if d.bot != nil {
		fmt.Fprintf(&w, "  Telegram         %s%s   (Telegram mô phỏng)\n", d.bot.URL(), telegramsim.PhonePath)
	}
	if d.post != nil {
		fmt.Fprintf(&w, "  Thư điện tử      %s%s   (hộp thư mô phỏng của người dân)\n", d.post.URL(), emailsim.MailPath)
		fmt.Fprintf(&w, "  Thư của Sở Y tế  %s%s?name=S%%E1%%BB%%9F+Y+t%%E1%%BA%%BF&from=%s   (đơn vị nhận phiếu và trả lời bằng thư)\n", d.post.URL(), emailsim.MailPath, mailDepartmentMail)
	}
	if d.chat != nil {
		fmt.Fprintf(&w, "  Mattermost       %s/?user=ha.pt&channel=so-y-te   (Sở Y tế nhận phiếu và trả lời trong nhóm trò chuyện)\n", d.chat.URL())
	}
	fmt.Fprintln(&w)
	fmt.Fprintf(&w, "Tài khoản (mật khẩu chung: %s)\n", cmp.Or(password, "như khi tạo dữ liệu"))
	for _, m := range script.Members {
		fmt.Fprintf(&w, "  %-10s %s, %s\n", m.Login, m.Name, d.roleOf(m))
	}
	fmt.Fprintf(&w, "\nThử ở khung trò chuyện trên cổng:\n")
	for _, t := range tries {
		fmt.Fprintf(&w, "  %-33s %s\n", t.say, t.shows)
	}
	fmt.Fprintf(&w, "  Khi phiếu đã ở người trực, bot im lặng: mở cửa sổ ẩn danh để thử câu tiếp theo.\n")
	return w.String()
}

const farewell = "\nDừng: Ctrl+C. Tạo lại dữ liệu: thêm --fresh.\n"

// roleNames are the roles as people call them.
var roleNames = map[string]string{
	"admin": "quản trị", "supervisor": "giám sát", "operator": "trực tổng đài", "staff": "cán bộ",
}

func (d *demo) roleOf(m configs.DemoMember) string {
	role := roleNames[m.Role]
	directory := configs.ShippedData().Directory
	for _, id := range m.Departments {
		department, _ := directory.Department(kb.DepartmentID(id))
		role += " " + department.Name
	}
	return role
}
