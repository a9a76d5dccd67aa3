package configs

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	codePrefix = regexp.MustCompile(`^[A-Z]{1,6}$`)
	phone      = regexp.MustCompile(`^[0-9]{3,12}$`)
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	keyPrefix  = regexp.MustCompile(`^(?:[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*/?)?$`)
)

// Validate tells every mistake in c as Problems, or nil. Load has done it
// already; it is for a Config changed afterwards, by flags for instance.
func (c Config) Validate() error { return c.problems().asError() }

func (c Config) problems() Problems {
	var ps Problems
	c.Organisation.check(&ps)
	c.HTTP.check(&ps)
	c.Data.check(&ps)
	c.Store.check(&ps)
	c.Media.check(&ps)
	c.Disk.check(&ps)
	c.Backup.check(&ps)
	c.Journal.check(&ps)
	c.checkChannels(&ps)
	c.Bot.check(&ps)
	c.Alarms.Gateway.check(&ps)
	c.Traces.check(&ps)
	oneOf(&ps, "log.level", c.Log.Level, "debug", "info", "warn", "error")
	oneOf(&ps, "log.format", c.Log.Format, "text", "json")
	return ps
}

func (o Organisation) check(ps *Problems) {
	if strings.TrimSpace(o.Name) == "" {
		ps.add("organisation.name", "không được để trống")
	}
	if !codePrefix.MatchString(o.CodePrefix) {
		ps.add("organisation.code_prefix", "%q không hợp lệ; dùng 1 đến 6 chữ in hoa không dấu, ví dụ TH", o.CodePrefix)
	}
	oneOf(ps, "organisation.timezone", o.Timezone, Zone.String())
	checkPhone(ps, "organisation.hotline.short", o.Hotline.Short)
	checkPhone(ps, "organisation.hotline.full", o.Hotline.Full)
	if o.URL == "" {
		return
	}
	if u, err := url.Parse(o.URL); err != nil || !isWeb(u) || u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(u.Path, "/") {
		ps.add("organisation.url", "%q không hợp lệ; viết dạng https://1022.thanhhoa.gov.vn, không có dấu / ở cuối", o.URL)
	}
}

func checkPhone(ps *Problems, key, number string) {
	if !phone.MatchString(number) {
		ps.add(key, "%q không phải số điện thoại; chỉ ghi chữ số, đặt trong dấu nháy", number)
	}
}

func isWeb(u *url.URL) bool {
	return (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

func (h HTTP) check(ps *Problems) {
	if _, port, err := net.SplitHostPort(h.Listen); err != nil || port == "" {
		ps.add("http.listen", "%q không hợp lệ; viết địa-chỉ:cổng, ví dụ 127.0.0.1:8022", h.Listen)
	} else if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		ps.add("http.listen", "cổng %q không hợp lệ; dùng số từ 0 đến 65535", port)
	}
	for i, proxy := range h.TrustedProxies {
		if _, err := netip.ParsePrefix(proxy); err != nil {
			ps.add(fmt.Sprintf("http.trusted_proxies[%d]", i), "%q không phải dải địa chỉ; viết dạng 10.0.0.0/8, một máy thì 127.0.0.1/32", proxy)
		}
	}
	if h.Limits.Body < KB {
		ps.add("http.limits.body", "%s quá nhỏ; ít nhất 1KB", h.Limits.Body)
	}
	atLeast(ps, "http.limits.header_timeout", h.Limits.HeaderTimeout, time.Second)
	atLeast(ps, "http.limits.read_timeout", h.Limits.ReadTimeout, time.Second)
	atLeast(ps, "http.limits.write_timeout", h.Limits.WriteTimeout, time.Second)
	between(ps, "http.limits.connections_per_address", h.Limits.ConnectionsPerAddress, 0, 1_000_000)
	atLeast(ps, "http.limits.idle_timeout", h.Limits.IdleTimeout, time.Second)
	if t := h.Metrics.Token; t != "" && len(t) < 16 {
		ps.add("http.metrics.token", "quá ngắn; dùng ít nhất 16 ký tự")
	}
	atLeast(ps, "http.session.idle", h.Session.Idle, time.Minute)
	oneOf(ps, "http.session.second_factor", h.Session.SecondFactor, "", "admins", "everyone")
	atLeast(ps, "http.session.absolute", h.Session.Absolute, h.Session.Idle)
}

func (d Disk) check(ps *Problems) {
	between(ps, "disk.warn_at", d.WarnAt, 1, 99)
	between(ps, "disk.alarm_at", d.AlarmAt, 1, 99)
	between(ps, "disk.files_until", d.FilesUntil, 1, 100)
	if d.WarnAt > d.AlarmAt || d.AlarmAt > d.FilesUntil {
		ps.add("disk", "các mức phải tăng dần: warn_at (%d) ≤ alarm_at (%d) ≤ files_until (%d)", d.WarnAt, d.AlarmAt, d.FilesUntil)
	}
	if d.Reserve < MB {
		ps.add("disk.reserve", "%s quá nhỏ; ít nhất 1MB", d.Reserve)
	}
}

func (g AlarmGateway) check(ps *Problems) {
	if g.URL == "" {
		return
	}
	u, err := url.Parse(g.URL)
	switch {
	case err != nil || !isWeb(u):
		ps.add("alarms.gateway.url", "%q không hợp lệ; viết dạng https://sms.example.vn/khan", g.URL)
	case u.Scheme != "https" && !isLoopback(u.Hostname()):
		ps.add("alarms.gateway.url", "phải bắt đầu bằng https:// (http:// chỉ dùng được với máy này)")
	}
	if len(g.Secret) < 16 {
		ps.add("alarms.gateway.secret", "thiếu hoặc quá ngắn; dùng ít nhất 16 ký tự, cùng khóa với cổng nhận")
	}
}

func (t Traces) check(ps *Problems) {
	if t.Ratio <= 0 || t.Ratio > 1 {
		ps.add("traces.ratio", "%v không hợp lệ; dùng số trên 0 đến 1 (1: mọi tin)", t.Ratio)
	}
	if t.URL == "" {
		return
	}
	u, err := url.Parse(t.URL)
	switch {
	case err != nil || !isWeb(u):
		ps.add("traces.url", "%q không hợp lệ; viết dạng https://otel.example.vn:4318", t.URL)
	case t.Token != "" && u.Scheme != "https" && !isLoopback(u.Hostname()):
		ps.add("traces.url", "có token thì phải bắt đầu bằng https:// (http:// chỉ dùng được với máy này)")
	}
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (d DataFolder) check(ps *Problems) {
	if d.Folder == "" {
		ps.add("data.folder", "không được để trống")
	}
	if d.SecretKey == "" {
		return
	}
	if _, err := d.Key(); err != nil {
		ps.add("data.secret_key", "%v", err)
	}
}

func (s Store) check(ps *Problems) {
	oneOf(ps, "store.kind", string(s.Kind), string(StoreBolt), string(StorePostgres))
	if s.Kind == StoreBolt && s.Path == "" {
		ps.add("store.path", "không được để trống")
	}
	if s.Kind == StorePostgres && s.Postgres.URL == "" {
		ps.add("store.postgres.url", "kho postgres cần địa chỉ cơ sở dữ liệu, %s", databaseShape)
	}
	checkDatabase(ps, "store.postgres.url", s.Postgres.URL)
	checkDatabase(ps, "store.postgres.listen_url", s.Postgres.ListenURL)
	between(ps, "store.postgres.connections", s.Postgres.Connections, 5, 1000)
}

const databaseShape = "viết dạng postgres://tài-khoản:mật-khẩu@máy-chủ:5432/tên-cơ-sở-dữ-liệu (mật khẩu đặt trong biến môi trường)"

// checkDatabase sees to the outer shape only: several hosts, sockets and options
// are the driver's business. It never tells the value, which holds a password.
func checkDatabase(ps *Problems, key string, address Secret) {
	if address == "" {
		return
	}
	rest, ok := strings.CutPrefix(string(address), "postgres://")
	if !ok {
		rest, ok = strings.CutPrefix(string(address), "postgresql://")
	}
	rest, _, _ = strings.Cut(rest, "?")
	if _, name, _ := strings.Cut(rest, "/"); !ok || name == "" || strings.ContainsAny(string(address), " \t\n") {
		ps.add(key, "không phải địa chỉ cơ sở dữ liệu; %s", databaseShape)
	}
}

func (m Media) check(ps *Problems) {
	oneOf(ps, "media.kind", string(m.Kind), string(MediaFolder), string(MediaS3))
	if m.Kind == MediaFolder {
		if m.Folder == "" {
			ps.add("media.folder", "không được để trống")
		}
		if m.S3.Bucket != "" {
			ps.add("media.s3.bucket", "chỉ có tác dụng khi media.kind là %q", MediaS3)
		}
	}
	if m.Kind == MediaS3 {
		m.S3.check(ps)
	}
}

func (s S3) check(ps *Problems) {
	if !bucketName.MatchString(s.Bucket) {
		ps.add("media.s3.bucket", "%q không phải tên kho (bucket); dùng 3 đến 63 chữ thường, số, dấu chấm hoặc gạch nối", s.Bucket)
	}
	if s.Endpoint == "" && s.Region == "" {
		ps.add("media.s3.endpoint", "cần địa chỉ máy chủ, ví dụ https://s3.thanhhoa.gov.vn; chỉ bỏ trống khi dùng Amazon, và khi đó phải có region")
	}
	if u, err := url.Parse(s.Endpoint); s.Endpoint != "" && (err != nil || !isWeb(u) || s.Endpoint != u.Scheme+"://"+u.Host) {
		ps.add("media.s3.endpoint", "%q không hợp lệ; viết giao thức và tên máy, không có đường dẫn, ví dụ https://s3.thanhhoa.gov.vn", s.Endpoint)
	}
	if !keyPrefix.MatchString(s.Prefix) {
		ps.add("media.s3.prefix", "%q không hợp lệ; dùng chữ không dấu, số, gạch nối, không bắt đầu bằng dấu /, ví dụ tongdai/", s.Prefix)
	}
	switch {
	case s.AccessKey == "" && s.SecretKey != "":
		ps.add("media.s3.access_key", "thiếu, trong khi có secret_key; ghi cả hai, hoặc bỏ trống cả hai để dùng biến môi trường AWS_ACCESS_KEY_ID và AWS_SECRET_ACCESS_KEY")
	case s.AccessKey != "" && s.SecretKey == "":
		ps.add("media.s3.secret_key", "thiếu, trong khi có access_key; ghi cả hai, hoặc bỏ trống cả hai để dùng biến môi trường AWS_ACCESS_KEY_ID và AWS_SECRET_ACCESS_KEY")
	}
	atLeast(ps, "media.s3.timeout", s.Timeout, time.Second)
	if s.Timeout > time.Minute {
		ps.add("media.s3.timeout", "%s quá dài; nhiều nhất 1m, để người gửi không phải chờ một kho đã hỏng", s.Timeout)
	}
}

func (b Bot) check(ps *Problems) {
	if b.AnswerAt <= 0 || b.AnswerAt > 1 {
		ps.add("bot.answer_at", "%v không phải xác suất; dùng số trên 0 đến 1", b.AnswerAt)
	}
	if b.ClarifyAt < 0 || b.ClarifyAt > b.AnswerAt {
		ps.add("bot.clarify_at", "%v phải từ 0 đến answer_at (%v)", b.ClarifyAt, b.AnswerAt)
	}
	between(ps, "bot.unhelpful_limit", b.UnhelpfulLimit, 1, 10)
	between(ps, "bot.answers_per_minute", b.AnswersPerMinute, 0, 1000)
	between(ps, "bot.workers", b.Workers, 1, 256)
}

func oneOf(ps *Problems, key, value string, allowed ...string) {
	for _, a := range allowed {
		if value == a {
			return
		}
	}
	ps.add(key, "%q không hợp lệ; chỉ nhận: %s", value, strings.Join(allowed, ", "))
}

func between(ps *Problems, key string, value, low, high int) {
	if value < low || value > high {
		ps.add(key, "%d nằm ngoài khoảng cho phép %d đến %d", value, low, high)
	}
}

func atLeast(ps *Problems, key string, value, least time.Duration) {
	if value < least {
		ps.add(key, "%s quá ngắn; ít nhất %s", value, least)
	}
}
