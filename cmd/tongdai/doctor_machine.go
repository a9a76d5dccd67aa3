package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"tongdai/configs"
)

// memoryLow is how little free memory is too little: an idle hub takes some 60 MB,
// a busy one several hundred.
const memoryLow = 256 << 20

func (d *doctor) memory() {
	const topic = "bộ nhớ"
	file, err := os.Open("/proc/meminfo")
	if err != nil {
		return // not Linux
	}
	defer file.Close() // only read
	for lines := bufio.NewScanner(file); lines.Scan(); {
		rest, ok := strings.CutPrefix(lines.Text(), "MemAvailable:")
		if !ok {
			continue
		}
		kilobytes, err := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64)
		switch free := kilobytes << 10; {
		case err != nil:
		case free < memoryLow:
			d.warn(topic, "Dừng bớt chương trình khác trên máy, hoặc thêm bộ nhớ.", "chỉ còn %d MB", free>>20)
		default:
			d.good(topic, "còn %d MB", free>>20)
		}
		return
	}
}

// folder looks at the rights of the data folder and what is in it.
func (d *doctor) folder() {
	const topic = "thư mục dữ liệu"
	path := d.cfg.Data.Folder
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.warn(topic, "Nếu đây là lần đầu thì không sao: tongdai serve tự tạo. Nếu không, hãy chạy với đúng --config và --data.", "%s chưa có", path)
		return
	case err != nil:
		d.wrong(topic, "Chạy lệnh này với quyền của người dùng chạy tổng đài: sudo -u tongdai tongdai doctor", "%s: %v", path, err)
		return
	case !info.IsDir():
		d.wrong(topic, "Ghi đường dẫn của một thư mục ở data.folder.", "%s không phải thư mục", path)
		return
	}
	before := len(d.findings)
	if info.Mode().Perm()&0o007 != 0 {
		d.warn(topic, "chmod o-rwx "+path, "%s mở cho mọi người dùng trên máy (%s)", path, info.Mode().Perm())
	}
	if err := unix.Access(path, unix.W_OK); err != nil {
		d.wrong(topic, "Chạy với quyền của người dùng chạy tổng đài (sudo -u tongdai tongdai doctor); nếu đúng là người đó thì: chown -R tongdai: "+path,
			"không ghi được vào %s: %v", path, err)
	}
	d.owners(topic, path, info)
	key := filepath.Join(path, keyFile)
	if info, err := os.Stat(key); err == nil && info.Mode().Perm()&0o077 != 0 {
		d.wrong(topic, "chmod 600 "+key, "khóa %s người khác đọc được (%s)", key, info.Mode().Perm())
	}
	if len(d.findings) == before {
		d.good(topic, "%s: quyền đúng", path)
	}
}

// owners finds files that another user owns than the folder, as a command that
// was run as root leaves them: the hub could not open them.
func (d *doctor) owners(topic, path string, folder fs.FileInfo) {
	owner, ok := folder.Sys().(*syscall.Stat_t)
	if !ok {
		return
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return // told by who writes
	}
	var others []string
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			if of, ok := info.Sys().(*syscall.Stat_t); ok && of.Uid != owner.Uid {
				others = append(others, e.Name())
			}
		}
	}
	if len(others) > 0 {
		d.wrong(topic, fmt.Sprintf("chown -R %d:%d %s; từ nay chạy các lệnh với sudo -u tongdai", owner.Uid, owner.Gid, path),
			"thuộc về người dùng khác: %s", strings.Join(others, ", "))
	}
}

func (d *doctor) disk() {
	const topic = "ổ đĩa"
	room, err := roomOf(d.cfg.Data.Folder)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		d.wrong(topic, "Kiểm tra ổ đĩa bằng df và dmesg.", "%s: %v", d.cfg.Data.Folder, err)
		return
	}
	shown := fmt.Sprintf("đã dùng %d %%, còn %d MB", room.Used(), room.Free>>20)
	const clear = "Chuyển bản sao lưu và bản chép cũ (tongdai.db.schema-*) đi nơi khác, hoặc mở rộng ổ. Đừng xóa tongdai.db hay media/."
	r := d.cfg.Disk
	switch used := room.Used(); {
	case room.Free < uint64(r.Reserve):
		d.wrong(topic, clear, "%s: đang từ chối cả tin chữ", shown)
	case used >= r.FilesUntil:
		d.wrong(topic, clear, "%s: đang từ chối tệp đính kèm", shown)
	case used >= r.AlarmAt:
		d.wrong(topic, clear, "%s", shown)
	case used >= r.WarnAt:
		d.warn(topic, clear, "%s", shown)
	default:
		d.good(topic, "%s", shown)
	}
	var s unix.Statfs_t
	if err := unix.Statfs(d.cfg.Data.Folder, &s); err == nil && s.Files > 0 && s.Ffree*20 < s.Files {
		d.warn(topic, "Xóa bớt tệp nhỏ của chương trình khác trên ổ này.", "chỉ còn %d inode: sắp không tạo được tệp mới", s.Ffree)
	}
}

// sameVolume tells whether two folders lie on one volume.
func sameVolume(a, b string) bool {
	var one, other syscall.Stat_t
	return syscall.Stat(a, &one) == nil && syscall.Stat(b, &other) == nil && one.Dev == other.Dev
}

// clock asks the kernel whether somebody keeps the clock, and a web server where
// one was named.
func (d *doctor) clock(ctx context.Context) {
	const topic, sync = "đồng hồ", "Bật đồng bộ giờ: timedatectl set-ntp true"
	now := time.Now()
	if year := now.Year(); year < 2026 {
		d.wrong(topic, sync, "máy cho là %s", now.In(configs.Zone).Format("15:04 02/01/2006"))
		return
	}
	if d.clockOf != "" {
		d.compareClock(ctx, topic, sync)
	}
	var t unix.Timex
	if state, err := unix.Adjtimex(&t); err != nil || state == unix.TIME_ERROR {
		d.warn(topic, sync, "%s, nhưng máy không được đồng bộ giờ (hoặc không cho biết)", now.In(configs.Zone).Format("15:04:05 02/01/2006"))
		return
	}
	d.good(topic, "%s, được đồng bộ giờ", now.In(configs.Zone).Format("15:04:05 02/01/2006"))
}

func (d *doctor) compareClock(ctx context.Context, topic, sync string) {
	there, err := d.timeAt(ctx, d.clockOf)
	if err != nil {
		d.warn(topic, "Thử địa chỉ khác.", "không hỏi được giờ của %s: %s", d.clockOf, err)
		return
	}
	if apart := time.Since(there).Round(time.Second); apart.Abs() > clockMost {
		d.wrong(topic, sync, "lệch %s so với %s; nền tảng sẽ từ chối chữ ký và mã", apart.Abs(), d.clockOf)
		return
	}
	d.good(topic, "khớp với %s", d.clockOf)
}

func (d *doctor) timeAt(ctx context.Context, address string) (time.Time, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, address, nil)
	if err != nil {
		return time.Time{}, err
	}
	answer, err := d.client.Do(req)
	if err != nil {
		return time.Time{}, errors.New(whyUnreached(err))
	}
	_ = answer.Body.Close() // a HEAD has none
	return http.ParseTime(answer.Header.Get("Date"))
}

// ports looks whether the hub is reached where it listens, or could listen there.
func (d *doctor) ports(ctx context.Context) {
	const topic = "cổng"
	listen := d.cfg.HTTP.Listen
	if d.running {
		return // the hub was asked there
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		d.wrong(topic, "Xem chương trình nào: ss -ltnp; dừng nó, hoặc đổi http.listen.", "%s đang bị chương trình khác dùng", listen)
	case errors.Is(err, syscall.EACCES):
		d.wrong(topic, "Dùng cổng từ 1024 trở lên và đặt proxy phía trước.", "không có quyền nghe ở %s", listen)
	case err != nil:
		d.wrong(topic, "Sửa http.listen: địa chỉ phải là của máy này.", "không nghe được ở %s: %v", listen, err)
	default:
		d.good(topic, "%s còn trống", listen)
		_ = l.Close() // nobody has connected
	}
}

// address looks at the way from outside.
func (d *doctor) address(ctx context.Context) {
	const topic = "địa chỉ công khai"
	url, called := d.cfg.Organisation.URL, 0
	for _, c := range d.cfg.Channels {
		if c.Kind == configs.KindZalo || c.Kind == configs.KindMessenger || c.Kind == configs.KindTelegram && !c.Polling {
			called++
		}
	}
	host, _, _ := net.SplitHostPort(d.cfg.HTTP.Listen)
	ip := net.ParseIP(host)
	inside := ip != nil && ip.IsLoopback() || host == "localhost"
	switch {
	case url == "" && called > 0:
		d.wrong(topic, "Đặt organisation.url, ví dụ https://1022.thanhhoa.gov.vn.", "chưa đặt, mà %d kênh cần được nền tảng gọi tới", called)
	case url == "":
		d.warn(topic, "Đặt organisation.url để thư, tin khẩn và đường dẫn theo dõi có địa chỉ.", "chưa đặt")
	case !strings.HasPrefix(url, "https://"):
		d.wrong(topic, "Đặt proxy TLS phía trước và ghi https:// ở organisation.url.", "%s không được mã hóa", url)
	default:
		d.good(topic, "%s", url)
	}
	if !inside && len(d.cfg.HTTP.TrustedProxies) == 0 {
		d.warn(topic, "Đặt proxy TLS phía trước, chỉ cho proxy gọi tới, và ghi proxy ở http.trusted_proxies.",
			"nghe ở %s, ngoài máy này, mà không có proxy nào được tin", d.cfg.HTTP.Listen)
	}
	if inside && url != "" && len(d.cfg.HTTP.TrustedProxies) == 0 {
		d.warn(topic, "Ghi trusted_proxies: [127.0.0.1/32] ở http, nếu không mọi người dân chung một địa chỉ và một hạn mức.", "có địa chỉ công khai nhưng không tin proxy nào")
	}
	if d.online && url != "" {
		d.certificate(ctx, topic, url)
	}
}

// certificateSoon is how long before its end a certificate is to be renewed by now.
const certificateSoon = 14 * 24 * time.Hour

// certificate asks the hub by its public address.
func (d *doctor) certificate(ctx context.Context, topic, url string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/healthz", nil)
	if err != nil {
		d.wrong(topic, "Sửa organisation.url.", "%v", err)
		return
	}
	answer, err := d.client.Do(req)
	if err != nil {
		d.wrong(topic, "Kiểm tra DNS, tường lửa, chứng chỉ và proxy.", "%s: %s", url, whyUnreached(err))
		return
	}
	_ = answer.Body.Close() // its words do not matter
	if answer.StatusCode != http.StatusOK {
		d.wrong(topic, "Xem tổng đài có chạy không, proxy có dẫn tới "+d.cfg.HTTP.Listen+" không.", "%s/healthz trả lời %d", url, answer.StatusCode)
		return
	}
	if answer.TLS == nil || len(answer.TLS.PeerCertificates) == 0 {
		return
	}
	until := answer.TLS.PeerCertificates[0].NotAfter
	if left := time.Until(until); left < certificateSoon {
		d.warn(topic, "Xem việc gia hạn tự động của proxy (certbot, Caddy) vì sao không chạy.", "chứng chỉ hết hạn ngày %s", until.In(configs.Zone).Format("02/01/2006"))
		return
	}
	d.good(topic, "tới được tổng đài, chứng chỉ đến %s", until.In(configs.Zone).Format("02/01/2006"))
}

// writableFolder tells why a folder cannot be written to.
func writableFolder(path string) error {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	return unix.Access(path, unix.W_OK)
}
