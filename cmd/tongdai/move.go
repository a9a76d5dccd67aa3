package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"tongdai/configs"
	"tongdai/inbox/store/bolt"
	"tongdai/inbox/store/postgres"
	"tongdai/inbox/store/transfer"
)

func newStore() *cobra.Command {
	cmd := &cobra.Command{Use: "store", Short: "Move everything to another kind of store"}
	cmd.AddCommand(newStoreMigrate())
	return cmd
}

// A place is "bolt:PATH" or a database's URL.
const placeUsage = "bolt:PATH of the file, or postgres://USER@HOST:PORT/DATABASE"

// storePlace is where a store is, or will be.
type storePlace struct {
	shown  string // without any password
	source func(context.Context) (transfer.Source, error)
	target func(context.Context) (transfer.Target, error)
}

func parsePlace(text string) (storePlace, error) {
	if path, ok := strings.CutPrefix(text, "bolt:"); ok && path != "" {
		return filePlace(path), nil
	}
	if strings.HasPrefix(text, "postgres://") || strings.HasPrefix(text, "postgresql://") {
		return databasePlace(text)
	}
	return storePlace{}, errors.New("địa chỉ kho không hiểu được; hãy dùng bolt:ĐƯỜNG-DẪN-TỆP hoặc postgres://TÊN@MÁY:CỔNG/CƠ-SỞ-DỮ-LIỆU")
}

func filePlace(path string) storePlace {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	return storePlace{
		shown:  "bolt:" + path,
		source: func(context.Context) (transfer.Source, error) { return asSource(bolt.OpenSource(path)) },
		target: func(context.Context) (transfer.Target, error) { return asTarget(bolt.OpenTarget(path)) },
	}
}

// databasePlace tells nothing of an address that cannot be read: it may hold a password.
func databasePlace(url string) (storePlace, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return storePlace{}, errors.New("địa chỉ PostgreSQL không hiểu được; hãy dùng postgres://TÊN:MẬT-KHẨU@MÁY:CỔNG/CƠ-SỞ-DỮ-LIỆU " +
			"(ký tự đặc biệt trong mật khẩu viết dạng %XX, hoặc đặt mật khẩu trong PGPASSWORD)")
	}
	return storePlace{
		shown:  fmt.Sprintf("postgres://%s/%s", net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port))), config.Database),
		source: func(ctx context.Context) (transfer.Source, error) { return asSource(postgres.OpenSource(ctx, url)) },
		target: func(ctx context.Context) (transfer.Target, error) { return asTarget(postgres.OpenTarget(ctx, url)) },
	}, nil
}

// asSource keeps a nil pointer from becoming a Source that is not nil.
func asSource[S transfer.Source](s S, err error) (transfer.Source, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

func asTarget[T transfer.Target](t T, err error) (transfer.Target, error) {
	if err != nil {
		return nil, err
	}
	return t, nil
}

// configuredPlace is the store that the hub would use.
func configuredPlace(cfg configs.Config) (storePlace, error) {
	if cfg.Store.Kind != configs.StorePostgres {
		return filePlace(filepath.Join(cfg.Data.Folder, cfg.Store.Path)), nil
	}
	p := cfg.Store.Postgres
	if p.ListenURL != "" { // past the pooler
		return databasePlace(string(p.ListenURL))
	}
	return databasePlace(string(p.URL))
}

type migration struct {
	from, to        string
	dryRun, restart bool
}

func newStoreMigrate() *cobra.Command {
	var m migration
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Move everything to another store, while the hub is stopped",
		Long: "Move everything that a store keeps to another one, embedded or PostgreSQL, both ways. Nobody may work on either\n" +
			"meanwhile. The source is left as it is. The target appears when all of it has been compared; until then it is in\n" +
			"the making beside its place, and the same command goes on where it was broken off.\n\n" +
			"Passwords need not stand on the command line: PGPASSWORD and ~/.pgpass are read.",
		Example: "  tongdai store migrate --from bolt:data/tongdai.db --to postgres://tongdai@db.example:5432/tongdai\n" +
			"  tongdai store migrate --from postgres://tongdai@db.example:5432/tongdai --to bolt:data/tongdai.db",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return m.run(cmd) },
	}
	cmd.Flags().StringVar(&m.from, "from", "", "the store to read: "+placeUsage)
	cmd.Flags().StringVar(&m.to, "to", "", "the store to make, in the same way; it must be empty")
	cmd.Flags().BoolVar(&m.dryRun, "dry-run", false, "read and check everything, write nothing")
	cmd.Flags().BoolVar(&m.restart, "restart", false, "throw away what an earlier, unfinished move has left in the target")
	for _, name := range []string{"from", "to"} {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // the flag stands three lines above
		}
	}
	return cmd
}

func (m migration) run(cmd *cobra.Command) (err error) {
	from, err := parsePlace(m.from)
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	to, err := parsePlace(m.to)
	if err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	if from.shown == to.shown {
		return errors.New("kho nguồn và kho đích là một; không có gì để chuyển")
	}
	source, err := from.source(cmd.Context())
	if err != nil {
		return moveTrouble(err, "kho nguồn "+from.shown)
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := to.target(cmd.Context())
	if err != nil {
		return moveTrouble(err, "kho đích "+to.shown)
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "Từ:  %s\nĐến: %s\n", from.shown, to.shown)
	if err := m.carry(cmd, source, target); err != nil {
		return moveTrouble(err, "")
	}
	if !m.dryRun {
		afterMove(out, from, to)
	}
	return nil
}

func (m migration) carry(cmd *cobra.Command, source transfer.Source, target transfer.Target) error {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	tell := (&teller{out: cmd.ErrOrStderr()}).tell
	if m.restart && !m.dryRun {
		if err := target.Discard(ctx); err != nil {
			return err
		}
	}
	_, begun, err := transfer.Ready(ctx, source, target)
	if err != nil && !(m.restart && m.dryRun && errors.Is(err, transfer.ErrOther)) {
		return err
	}
	if m.dryRun {
		sums, err := transfer.Survey(ctx, source, tell)
		if err != nil {
			return err
		}
		fmt.Fprintln(out, "Chạy thử: đọc và kiểm tra được toàn bộ kho nguồn, chưa ghi gì vào kho đích.")
		return showSums(out, sums)
	}
	if begun {
		fmt.Fprintln(out, "Lần chuyển trước bị ngắt giữa chừng; chuyển tiếp từ chỗ dừng.")
	}
	sums, err := transfer.Move(ctx, source, target, tell)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "Đã chuyển xong. Hai kho đã được so từng mục một và giống hệt nhau:")
	return showSums(out, sums)
}

func showSums(out io.Writer, sums []transfer.Sum) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "LOẠI\tSỐ MỤC\tSHA-256")
	for _, s := range sums {
		fmt.Fprintf(w, "%s\t%d\t%s\n", kindNames[s.Kind], s.Items, hex.EncodeToString(s.Digest[:8])+"…")
	}
	return w.Flush()
}

// afterMove says what the store does not hold and what remains to be done.
func afterMove(out io.Writer, from, to storePlace) {
	fmt.Fprintf(out, `
Việc còn lại trước khi chạy hệ thống trên kho mới:
 1. Tệp đính kèm KHÔNG nằm trong kho, lệnh này không đụng tới. Một nút vẫn dùng thư mục dữ liệu cũ thì giữ nguyên thư mục
    media. Chuyển sang máy khác thì chép cả thư mục media theo. Nhiều nút thì chép vào thư mục dùng chung (media.folder) hoặc
    vào kho S3 (media.kind: s3), xem mục Attachments trong docs/operate/configuration.md.
 2. Giữ khóa của hệ thống: tệp secret.key trong thư mục dữ liệu, hoặc data.secret_key. Mọi nút phải dùng đúng khóa cũ
    (xem: tongdai config key), nếu không người dân sẽ mất phiên trò chuyện đang mở và mã kết nối của các kênh
    không mở ra được.
 3. Trong cấu hình, đổi mục store: sang %s
 4. Không chạy lại hệ thống trên kho cũ %s; hãy giữ nó làm bản sao lưu cho đến khi kho mới chạy ổn định.
Chỉ mục tìm kiếm tự cập nhật từ kho khi nút khởi động.
`, to.shown, from.shown)
}

// kindNames are the kinds as people know them.
var kindNames = map[transfer.Kind]string{
	transfer.Contacts: "người dân", transfer.Identities: "danh tính trên các kênh", transfer.Conversations: "cuộc hội thoại",
	transfer.Messages: "tin nhắn", transfer.Turns: "lượt bot", transfer.Raws: "dữ liệu gốc nhận được",
	transfer.Quarantine: "mục cách ly", transfer.Remembered: "khóa chống trùng", transfer.Members: "tài khoản cán bộ",
	transfer.Sessions: "phiên đăng nhập", transfer.Secrets: "mã kết nối của kênh",
	transfer.Audits: "nhật ký thao tác", transfer.Entries: "bản của mục hỏi đáp", transfer.Imports: "lần nhập hỏi đáp",
	transfer.Codes: "số đếm mã phiếu theo ngày", transfer.Tasks: "việc đang chờ", transfer.Events: "sự kiện",
	transfer.Counters: "bộ đếm",
}

var stepNames = map[transfer.Step]string{
	transfer.Reading: "đọc", transfer.Copying: "chép", transfer.Comparing: "so",
}

// teller shows how far something has come: when a kind is done, and now and then.
type teller struct {
	out  io.Writer
	told time.Time
}

// tellEvery keeps the lines of a long step few.
const tellEvery = 5 * time.Second

func (t *teller) tell(step transfer.Step, kind transfer.Kind, items int64, done bool) {
	if t.told.IsZero() {
		t.told = time.Now()
	}
	switch {
	case done && items > 0:
		fmt.Fprintf(t.out, "  %s xong %s: %d\n", stepNames[step], kindNames[kind], items)
	case !done && time.Since(t.told) >= tellEvery:
		fmt.Fprintf(t.out, "  đang %s %s: %d…\n", stepNames[step], kindNames[kind], items)
	default:
		return
	}
	t.told = time.Now()
}

// moveTrouble says in people's words what is wrong and what to do.
func moveTrouble(err error, where string) error {
	words := ""
	switch {
	case errors.Is(err, transfer.ErrInUse):
		words = "đang được sử dụng; hãy dừng mọi nút (tongdai serve) và mọi lệnh khác rồi chạy lại"
	case errors.Is(err, transfer.ErrMissing):
		words = "không tồn tại; hãy kiểm tra lại địa chỉ"
	case errors.Is(err, transfer.ErrOccupied):
		words = "kho đích đã có dữ liệu nên không được ghi đè; hãy chọn chỗ trống. (Kho đích chỉ xuất hiện khi đã chuyển xong " +
			"và so khớp: nếu lần trước bị ngắt đúng lúc kết thúc thì có thể đã xong, hãy so bằng lệnh tongdai export cho cả hai kho)"
	case errors.Is(err, transfer.ErrOther):
		words = "kho đích có phần dở dang của một lần chuyển từ kho khác, hoặc kho nguồn đã thay đổi từ đó; thêm --restart để bỏ phần dở dang và chuyển lại từ đầu"
	case errors.Is(err, transfer.ErrChanged):
		words = "kho nguồn đã thay đổi trong lúc đọc; hãy dừng hệ thống rồi chạy lại (với store migrate: thêm --restart)"
	case errors.Is(err, transfer.ErrDiffers):
		words = "hai kho không giống nhau nên kho đích chưa được đưa vào sử dụng; hãy chạy lại với --restart"
	case errors.Is(err, transfer.ErrBroken):
		words = "kho nguồn có mục bị hỏng; hãy khôi phục kho từ bản sao lưu"
	case errors.Is(err, context.Canceled):
		return errors.New("đã ngắt theo yêu cầu; chạy lại đúng lệnh này để tiếp tục")
	default:
		if where == "" {
			return err
		}
		return fmt.Errorf("%s: %w", where, err)
	}
	return fmt.Errorf("%s\n(%w)", strings.TrimSpace(where+" "+words), err)
}
