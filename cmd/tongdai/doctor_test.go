package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tongdai/configs"
	"tongdai/inbox"
	"tongdai/inbox/store/bolt"
)

// examined is what the doctor says of a configuration.
func examined(t *testing.T, cfg configs.Config, look func(d *doctor)) (told string, worst severity) {
	t.Helper()
	d := doctor{cfg: cfg, settings: &settings{}, client: http.DefaultClient}
	look(&d)
	var out bytes.Buffer
	if err := d.report(&out, false); err != nil {
		t.Fatal(err)
	}
	return out.String(), d.worst()
}

func wantTold(t *testing.T, told string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(told, w) {
			t.Errorf("the doctor does not say %q:\n%s", w, told)
		}
	}
}

func TestTheDoctorAsksTheHubThatRuns(t *testing.T) {
	cfg := configs.Default()
	cfg.Data.Folder, cfg.HTTP.Listen, cfg.HTTP.Metrics.Token = t.TempDir(), freeAddress(t), "sixteen letters!"
	a, err := openApp(t.Context(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), nil)
	if err != nil {
		t.Fatal(err)
	}
	told, worst := examined(t, cfg, func(d *doctor) { d.store(t.Context()) })
	wantTold(t, told, "đang được tiến trình", "không ai trả lời", "LỖI")
	if worst != fault {
		t.Errorf("a process that has the store and does not answer is %q", worst)
	}
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- a.serve(ctx, func(address string) { ready <- address }) }()
	<-ready
	told, _ = examined(t, cfg, func(d *doctor) {
		d.store(t.Context())
		d.ports(t.Context())
	})
	wantTold(t, told, "được   kho dữ liệu: đang được tiến trình", "sẵn sàng nhận tin", "CHÚ Ý  kho hỏi đáp: trống", "được   lịch trực: không dùng")
	if strings.Contains(told, "LỖI") {
		t.Errorf("a hub that works has errors:\n%s", told)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := a.close(); err != nil {
		t.Error(err)
	}
}

func TestTheDoctorReadsTheNewestBackup(t *testing.T) {
	folder := t.TempDir()
	cfg := configs.Default()
	cfg.Data.Folder, cfg.Backup.Folder = filepath.Join(folder, "data"), filepath.Join(folder, "backup")
	a, err := openApp(t.Context(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	named := func(at time.Time) string {
		return filepath.Join(cfg.Backup.Folder, dailyPrefix+at.In(configs.Zone).Format(dailyTime)+dailySuffix)
	}
	see := func() string {
		told, _ := examined(t, cfg, func(d *doctor) { d.backups(t.Context()) })
		return told
	}
	wantTold(t, see(), "backup.folder "+cfg.Backup.Folder+" chưa có", "chưa có bản nào")
	old := named(time.Now().Add(-50 * time.Hour))
	if err := newRootRun(t, "backup", "--data", cfg.Data.Folder, "--to", old); err != nil {
		t.Fatal(err)
	}
	wantTold(t, see(), "LỖI    sao lưu: bản mới nhất là của", "đã 2 ngày", "đọc lại được nguyên vẹn", "cùng ổ đĩa")
	whole, err := os.ReadFile(old)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(named(time.Now()), whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	wantTold(t, see(), "hỏng", "Chạy ngay tongdai backup")
}

// newRootRun runs a command in this process, without its words.
func newRootRun(t *testing.T, args ...string) error {
	t.Helper()
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(io.Discard)
	root.SetErr(io.Discard)
	return root.ExecuteContext(t.Context())
}

func TestTheDoctorLooksAtClockPortsAndAddress(t *testing.T) {
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
	}))
	defer slow.Close()
	told, worst := examined(t, configs.Default(), func(d *doctor) {
		d.clockOf = slow.URL
		d.clock(t.Context())
	})
	wantTold(t, told, "LỖI    đồng hồ: lệch 1h0m", "timedatectl set-ntp true")
	if worst != fault {
		t.Errorf("a clock that is an hour off is %q", worst)
	}

	cfg := configs.Default()
	cfg.HTTP.Listen = strings.TrimPrefix(slow.URL, "http://")
	told, _ = examined(t, cfg, func(d *doctor) { d.ports(t.Context()) })
	wantTold(t, told, "đang bị chương trình khác dùng")

	cfg.HTTP.Listen = "0.0.0.0:8022"
	cfg.Channels = append(cfg.Channels, configs.Channel{ID: "zalo-1022", Kind: configs.KindZalo})
	told, _ = examined(t, cfg, func(d *doctor) { d.address(t.Context()) })
	wantTold(t, told, "LỖI    địa chỉ công khai: chưa đặt, mà 1 kênh", "không có proxy nào được tin")
}

func TestTheDoctorTellsOfADatabaseWithoutItsPassword(t *testing.T) {
	cfg := configs.Default()
	cfg.Data.Folder, cfg.Store.Kind = t.TempDir(), configs.StorePostgres
	cfg.Store.Postgres.URL = configs.Secret("postgres://tongdai:very-secret@" + freeAddress(t) + "/tongdai")
	cfg.HTTP.Listen = freeAddress(t)
	told, worst := examined(t, cfg, func(d *doctor) { d.store(t.Context()) })
	wantTold(t, told, "LỖI    PostgreSQL: store.postgres.url: không nối được")
	if strings.Contains(told, "very-secret") || worst != fault {
		t.Errorf("the doctor says (%s):\n%s", worst, told)
	}
}

func TestTheDoctorTellsWhatWaitsInAStoreThatNobodyUses(t *testing.T) {
	cfg := configs.Default()
	cfg.Data.Folder = t.TempDir()
	store, err := bolt.Open(filepath.Join(cfg.Data.Folder, cfg.Store.Path), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Update(t.Context(), func(tx inbox.Writer) error {
		if err := tx.PutQuarantined(inbox.Quarantined{ID: "r1", Channel: "web", At: time.Now(), Trouble: "no JSON"}); err != nil {
			return err
		}
		_, err := inbox.HoldShelf.Put(tx, inbox.Kept[inbox.Hold]{ID: inbox.HoldID})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	told, worst := examined(t, cfg, func(d *doctor) { d.store(t.Context()) })
	wantTold(t, told, "CHÚ Ý  tin cách ly: 1 thứ đến mà không hiểu được", "CHÚ Ý  gửi ra: tin gửi ra đang bị giữ", "CHÚ Ý  kho hỏi đáp: trống")
	if worst != lookAt {
		t.Errorf("that is %q, want something to look at:\n%s", worst, told)
	}
}
