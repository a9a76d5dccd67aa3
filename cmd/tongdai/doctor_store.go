package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"tongdai/configs"
	"tongdai/connectors"
	"tongdai/inbox"
	"tongdai/inbox/store/backup"
	"tongdai/inbox/store/bolt"
	"tongdai/inbox/store/transfer"
)

// store looks whether the store is whole, and at what is in it: by itself, or by
// asking the hub that works on it.
func (d *doctor) store(ctx context.Context) {
	if d.cfg.Store.Kind == configs.StorePostgres {
		d.database(ctx)
		if d.hubAnswers(ctx) {
			d.ask(ctx)
		}
		return
	}
	const topic = "kho dữ liệu"
	path := filepath.Join(d.cfg.Data.Folder, d.cfg.Store.Path)
	look, err := bolt.OpenToRead(path)
	switch {
	case errors.Is(err, transfer.ErrMissing):
		d.warn(topic, "Nếu đây là lần đầu thì không sao: tongdai serve tự tạo. Nếu không, hãy tìm lại tệp hoặc khôi phục: tongdai restore", "%s chưa có", path)
	case errors.Is(err, transfer.ErrInUse):
		d.inUse(ctx, topic, err)
	case errors.Is(err, bolt.ErrOlder):
		d.warn(topic, "Sao lưu trước (tongdai backup), rồi tongdai serve sẽ tự nâng lược đồ và giữ lại bản chép.", "%s là của bản cũ hơn", path)
	case errors.Is(err, fs.ErrPermission):
		d.wrong(topic, "Chạy với quyền của người dùng chạy tổng đài: sudo -u tongdai tongdai doctor", "không đọc được %s", path)
	case err != nil:
		d.wrong(topic, "Đừng sửa tệp; chép thư mục dữ liệu ra nơi khác, kiểm tra đĩa, rồi khôi phục bản sao lưu (docs/operate/storage.md).", "%v", err)
	default:
		d.good(topic, "%s: không ai đang dùng, lược đồ %d, cấu trúc lành lặn", path, bolt.Schema())
		d.stopped(look)
		if n := look.Damaged(); n > 0 {
			d.wrong(topic, "Chạy tongdai verify để biết phiếu nào.", "gặp %d bản ghi hỏng", n)
		}
		if err := look.Close(); err != nil {
			d.wrong(topic, "Kiểm tra đĩa.", "%v", err)
		}
	}
}

// inUse tells of a store that somebody has open: the hub, it is hoped.
func (d *doctor) inUse(ctx context.Context, topic string, err error) {
	const begins = "đang được "
	text := err.Error()
	holder, _, _ := strings.Cut(text[max(strings.LastIndex(text, begins), 0):], ";")
	holder = strings.TrimPrefix(holder, begins)
	if !d.hubAnswers(ctx) {
		d.wrong(topic, "Xem journalctl -u tongdai. Nếu hệ thống nghe ở địa chỉ khác, hãy chạy với cùng --config.",
			"đang được %s, nhưng ở %s không ai trả lời", cmp.Or(holder, "tiến trình khác dùng"), d.cfg.HTTP.Listen)
		return
	}
	d.good(topic, "đang được %s", cmp.Or(holder, "tongdai serve dùng"))
	d.ask(ctx)
}

// stopped looks into the store as the hub does when its figures are asked for.
func (d *doctor) stopped(store inbox.Store) {
	data, err := configs.LoadData(d.cfg)
	if err != nil {
		return // told with the configuration
	}
	hub, err := inbox.New(inbox.Parts{Store: store, Regimes: regimes(data.Duty), Log: slog.New(slog.DiscardHandler)}, inbox.Config{})
	if err != nil {
		d.wrong("kho dữ liệu", "", "%v", err)
		return
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(hub.Collectors()...)
	families, err := registry.Gather()
	if err != nil {
		d.wrong("kho dữ liệu", "Chạy tongdai verify.", "%v", err)
		return
	}
	d.state(families)
}

// local is the address at which a hub with this configuration is reached from
// this machine.
func (d *doctor) local() string {
	host, port, err := net.SplitHostPort(d.cfg.HTTP.Listen)
	if err != nil {
		return ""
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

func (d *doctor) get(ctx context.Context, path string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.local()+path, nil)
	if err != nil {
		return nil, err
	}
	if token := string(d.cfg.HTTP.Metrics.Token); token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return (&http.Client{Timeout: checkTimeout, Transport: &http.Transport{}}).Do(req)
}

func (d *doctor) hubAnswers(ctx context.Context) bool {
	answer, err := d.get(ctx, "/healthz")
	if err != nil {
		return false
	}
	d.running = answer.StatusCode == http.StatusOK
	_ = answer.Body.Close() // its words do not matter
	return d.running
}

// ask asks the running hub.
func (d *doctor) ask(ctx context.Context) {
	const topic = "hệ thống đang chạy"
	answer, err := d.get(ctx, "/readyz")
	if err == nil {
		_ = answer.Body.Close()
	}
	switch {
	case err != nil || answer.StatusCode != http.StatusOK:
		d.wrong(topic, "Xem journalctl -u tongdai; kiểm tra đĩa hoặc cơ sở dữ liệu.", "trả lời ở %s nhưng lúc này không ghi được tin đến", d.cfg.HTTP.Listen)
	default:
		d.good(topic, "%s: sẵn sàng nhận tin", d.cfg.HTTP.Listen)
	}
	figures, err := d.get(ctx, "/metrics")
	if err != nil || figures.StatusCode != http.StatusOK {
		d.warn(topic, "Chạy với cùng --config như hệ thống (http.metrics.token).", "không đọc được số liệu")
		return
	}
	defer figures.Body.Close() // only read
	parser := expfmt.NewTextParser(model.UTF8Validation)
	byName, err := parser.TextToMetricFamilies(figures.Body)
	if err != nil {
		d.warn(topic, "", "không hiểu được số liệu: %v", err)
		return
	}
	families := make([]*dto.MetricFamily, 0, len(byName))
	for _, f := range byName {
		families = append(families, f)
	}
	d.state(families)
}

// figure is one value with its labels.
type figure struct {
	labels map[string]string
	value  float64
}

func figuresIn(families []*dto.MetricFamily) map[string][]figure {
	all := map[string][]figure{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			f := figure{labels: map[string]string{}, value: m.GetGauge().GetValue() + m.GetCounter().GetValue() + m.GetUntyped().GetValue()}
			for _, l := range m.GetLabel() {
				f.labels[l.GetName()] = l.GetValue()
			}
			all[family.GetName()] = append(all[family.GetName()], f)
		}
	}
	return all
}

// state tells what the figures of a hub say, be it running or not.
func (d *doctor) state(families []*dto.MetricFamily) {
	all := figuresIn(families)
	// of is the sum of a figure, over those whose label has that value.
	of := func(name string, label ...string) (sum float64, told bool) {
		for _, f := range all["tongdai_"+name] {
			if len(label) == 0 || f.labels[label[0]] == label[1] {
				sum, told = sum+f.value, true
			}
		}
		return sum, told
	}
	if ok, told := of("survey_ok"); told && ok == 0 {
		d.wrong("kho dữ liệu", "Chạy tongdai verify; xem nhật ký.", "không tra được hết những gì có trong kho")
	}
	if n, told := of("store_writable"); told && n == 0 {
		d.wrong("kho dữ liệu", "Kiểm tra đĩa (dmesg, df); kho tự mở lại khi ghi được.", "không ghi được từ lỗi ghi gần nhất")
	}
	if n, _ := of("store_damaged_records"); n > 0 {
		d.wrong("kho dữ liệu", "Chạy tongdai verify để biết phiếu nào.", "gặp %.0f bản ghi hỏng từ lúc khởi động", n)
	}
	if n, _ := of("store_caveats"); n > 0 {
		d.warn("kho dữ liệu", "Xem /readyz và docs/operate/cluster.md.", "PostgreSQL có %.0f thiết lập khiến tin đã nhận có thể mất", n)
	}
	switch n, told := of("knowledge_entries", "status", "published"); {
	case told && n == 0:
		d.warn("kho hỏi đáp", "Nhập tệp của các đơn vị: Kho hỏi đáp → Nhập từ tệp, hoặc tongdai kb import.", "trống: bot chuyển mọi tin cho người")
	case told:
		d.good("kho hỏi đáp", "%.0f mục đang trả lời người dân", n)
	}
	d.rosterState(of)
	if n, _ := of("alarms_unconfirmed"); n > 0 {
		d.wrong("tin khẩn", "Gọi người trực; mở danh sách Khẩn và xác nhận.", "%.0f tin khẩn chưa ai xác nhận", n)
	}
	for _, wait := range []struct{ topic, name, label, value, text, do string }{
		{"tin chưa gửi được", "messages_stuck", "", "", "%.0f tin đang đợi người xem", "Mở Tin chưa gửi được: gửi lại hoặc liên hệ bằng cách khác."},
		{"tin cách ly", "quarantine_waiting", "", "", "%.0f thứ đến mà không hiểu được, chưa ai xem", "Mở Tin cách ly."},
		{"thời hạn", "conversations", "list", "overdue", "%.0f phiếu quá hạn", "Quản lý mở danh sách Quá hạn."},
		{"gửi ra", "deliveries_held", "", "", "tin gửi ra đang bị giữ sau khi khôi phục", "Chọn trên màn hình, hoặc tongdai release."},
	} {
		label := []string{wait.label, wait.value}
		if wait.label == "" {
			label = nil
		}
		if n, _ := of(wait.name, label...); n > 0 {
			text := wait.text
			if strings.Contains(text, "%") {
				text = fmt.Sprintf(text, n)
			}
			d.warn(wait.topic, wait.do, "%s", text)
		}
	}
	d.channelState(all["tongdai_channel_works"])
	if d.running {
		if n, _ := of("work_oldest_seconds", "kind", string(inbox.Turns)); n > 60 {
			d.wrong("bot", "Xem tải CPU và nhật ký; khởi động lại nếu không tự hết.", "tin của người dân đợi bot đã %.0f giây", n)
		}
	}
}

func (d *doctor) rosterState(of func(name string, label ...string) (float64, bool)) {
	const topic = "lịch trực"
	people, kept := of("duty_people")
	gaps, _ := of("roster_gaps")
	switch {
	case !kept:
		d.good(topic, "không dùng; theo giờ làm việc trong cấu hình")
	case people == 0:
		d.warn(topic, "Nếu giờ này phải có người: gọi người trực, xếp lại ở trang Lịch trực.", "lúc này không có ai trực")
	default:
		d.good(topic, "%.0f người đang trực", people)
	}
	if gaps > 0 {
		d.warn(topic, "Xếp thêm người ở trang Lịch trực.", "%.0f ca trong 14 ngày tới thiếu người", gaps)
	}
}

// channelState tells what the hub knows of its channels.
func (d *doctor) channelState(works []figure) {
	for _, f := range works {
		switch id := f.labels["channel"]; {
		case f.value == 0:
			d.wrong("kênh "+id, "Xem Quản trị → Kênh; thường phải kết nối lại.", "không dùng được")
		case f.value < 1:
			d.warn("kênh "+id, "Xem Quản trị → Kênh.", "dùng được nhưng sắp cần người")
		default:
			d.good("kênh "+id, "dùng được")
		}
	}
}

// channels asks the platforms, and with them whether they reach us.
func (d *doctor) channels(ctx context.Context) {
	a := &app{cfg: d.cfg}
	for _, c := range d.cfg.Channels {
		var told strings.Builder
		check := channelCheck{out: &told, client: &http.Client{Timeout: checkTimeout, CheckRedirect: noRedirect}}
		check.ways(ctx, c, a.hookAddress(connectors.Channel{ID: connectors.ChannelID(c.ID), Kind: string(c.Kind)}))
		for line := range strings.Lines(told.String()) {
			if text, bad := strings.CutPrefix(strings.TrimSpace(line), "LỖI"); bad {
				d.wrong("kênh "+c.ID, "Xem docs/channels.", "%s", strings.TrimSpace(text))
			} else {
				d.good("kênh "+c.ID, "%s", strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "được")))
			}
		}
	}
}

// database looks at PostgreSQL.
func (d *doctor) database(ctx context.Context) {
	const topic = "PostgreSQL"
	p := d.cfg.Store.Postgres
	for i, url := range []configs.Secret{p.URL, p.ListenURL} {
		if url == "" {
			continue
		}
		key := []string{"store.postgres.url", "store.postgres.listen_url"}[i]
		limited, cancel := context.WithTimeout(ctx, checkTimeout)
		number, readOnly, err := databaseVersion(limited, string(url))
		cancel()
		switch {
		case err != nil:
			d.wrong(topic, "Kiểm tra địa chỉ, tài khoản, pg_hba.conf, tường lửa, và máy chủ có chạy không.", "%s: không nối được (%s)", key, plainTrouble(err))
		case number < 150000:
			d.wrong(topic, "Nâng lên PostgreSQL 15 trở lên.", "%s: phiên bản %d quá cũ", key, number/10000)
		case readOnly:
			d.wrong(topic, "Ghi địa chỉ của máy chính (primary), thêm target_session_attrs=read-write.", "%s: máy chủ chỉ cho đọc", key)
		default:
			d.good(topic, "%s: nối được, phiên bản %d", key, number/10000)
		}
	}
}

// plainTrouble is the cause without the address, which may hold a password.
func plainTrouble(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err.Error()
}

func databaseVersion(ctx context.Context, url string) (number int, readOnly bool, err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0, false, err
	}
	defer conn.Close(ctx) // nothing was written
	err = conn.QueryRow(ctx, "SELECT current_setting('server_version_num')::int, pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool").Scan(&number, &readOnly)
	return number, readOnly, err
}

// backupReadable is up to which size a backup is read whole by the way, in bytes.
const backupReadable = 256 << 20

// backups looks at the newest backup, and where backups and the journal lie.
func (d *doctor) backups(ctx context.Context) {
	const topic = "sao lưu"
	folder := d.cfg.Backup.Folder
	if folder == "" {
		d.warn(topic, "Đặt backup.folder, ở ổ đĩa khác hoặc máy khác (docs/operate/backup.md).", "không tự sao lưu hằng ngày")
	} else {
		d.place(topic, "backup.folder", folder)
		d.newestBackup(ctx, topic, folder)
	}
	if journal := d.cfg.Journal.Folder; journal != "" {
		d.place("bản sao thứ hai", "journal.folder", journal)
	}
}

// place looks at a folder that should lie elsewhere than the data.
func (d *doctor) place(topic, key, folder string) {
	switch err := writableFolder(folder); {
	case errors.Is(err, fs.ErrNotExist):
		d.warn(topic, "Tạo thư mục và cho người dùng tongdai quyền ghi; hệ thống tự tạo nếu được phép.", "%s %s chưa có", key, folder)
	case err != nil:
		d.wrong(topic, "chown tongdai "+folder, "không ghi được vào %s %s", key, folder)
	case sameVolume(folder, d.cfg.Data.Folder):
		d.warn(topic, "Đặt "+key+" ở ổ đĩa khác: hỏng ổ là mất cả hai.", "%s cùng ổ đĩa với thư mục dữ liệu", folder)
	default:
		d.good(topic, "%s ở ổ đĩa khác, ghi được", folder)
	}
}

func (d *doctor) newestBackup(ctx context.Context, topic, folder string) {
	names, err := dailyBackups(folder)
	if err != nil || len(names) == 0 {
		d.warn(topic, "Bản đầu tiên được ghi một phút sau khi tongdai serve chạy; hoặc chạy tay: tongdai backup.", "chưa có bản nào ở %s", folder)
		return
	}
	name := names[len(names)-1]
	path, at := filepath.Join(folder, name), dailyAt(name)
	shown := at.In(configs.Zone).Format("15:04 02/01/2006")
	if age := time.Since(at); age > backupAge {
		d.wrong(topic, "Xem nhật ký (the backup of the day failed); chạy tay: tongdai backup.", "bản mới nhất là của %s, đã %d ngày", shown, int(age.Hours()/24))
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		d.wrong(topic, "Kiểm tra quyền đọc.", "%s: %v", path, err)
		return
	case strings.HasSuffix(name, sealedMore):
		d.good(topic, "%s (%s): đã mã hóa và được khôi phục thử lúc ghi; đọc lại bằng tongdai restore --check --identity", name, shown)
		return
	case info.Size() > backupReadable:
		d.good(topic, "%s (%s): đã được khôi phục thử lúc ghi; lớn nên lần này không đọc lại, chạy tongdai restore --check %s", name, shown, path)
		return
	}
	f, err := backup.Open(path)
	if err == nil {
		err = errors.Join(f.Verify(ctx, nil), f.Close())
	}
	if err != nil {
		d.wrong(topic, "Chạy ngay tongdai backup; kiểm tra ổ đĩa của bản sao lưu.", "%s hỏng: %v", path, err)
		return
	}
	d.good(topic, "%s (%s): đọc lại được nguyên vẹn", name, shown)
}
