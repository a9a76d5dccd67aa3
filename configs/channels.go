package configs

import (
	"fmt"
	"net"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

var (
	channelID    = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)
	platformID   = regexp.MustCompile(`^[0-9]{5,32}$`)
	graphVersion = regexp.MustCompile(`^v[0-9]{1,3}\.[0-9]$`)
	botToken     = regexp.MustCompile(`^[0-9]{5,20}:[A-Za-z0-9_-]{30,64}$`)
	hookSecret   = regexp.MustCompile(`^[A-Za-z0-9_-]{16,256}$`)
)

// has reports whether a field belongs to every channel, or to the kind of c.
func (c Channel) has(f reflect.StructField) bool {
	if len(f.Index) == 1 {
		return true
	}
	of, ok := reflect.ValueOf(c).Field(f.Index[0]).Interface().(section)
	return !ok || slices.Contains(of.kinds(), c.Kind)
}

func (c Config) checkChannels(ps *Problems) {
	if len(c.Channels) == 0 {
		ps.add("channels", "phải có ít nhất một kênh; bỏ hẳn khóa này để dùng kênh web mặc định")
	}
	seen, accounts := map[string]int{}, map[string]int{}
	for i, channel := range c.Channels {
		key := fmt.Sprintf("channels[%d]", i)
		if !channelID.MatchString(channel.ID) {
			ps.add(key+".id", "%q không hợp lệ; dùng 1 đến 32 chữ thường không dấu, số hoặc gạch nối, bắt đầu bằng chữ hoặc số", channel.ID)
		} else if first, again := seen[channel.ID]; again {
			ps.add(key+".id", "%q đã dùng cho channels[%d]; mỗi kênh một id", channel.ID, first)
		} else {
			seen[channel.ID] = i
		}
		if !slices.Contains(channelKinds, channel.Kind) {
			ps.add(key+".kind", "không có loại kênh %q; các loại hiện có: %s", channel.Kind, listed(channelKinds))
			continue
		}
		if strings.TrimSpace(channel.Name) == "" {
			ps.add(key+".name", "không được để trống; đây là tên kênh cán bộ nhìn thấy")
		}
		channel.checkForeign(key, ps)
		account, field, what := channel.check(key, ps)
		if account == "" {
			continue
		}
		account = string(channel.Kind) + "/" + account
		if first, again := accounts[account]; again {
			ps.add(key+"."+field, "%s đã là của channels[%d]; mỗi nơi một kênh", what, first)
		} else {
			accounts[account] = i
		}
	}
	c.checkHooks(ps)
}

// channelKinds are all there are.
var channelKinds = []ChannelKind{KindWebchat, KindPortal, KindZalo, KindMessenger, KindTelegram, KindEmail, KindMattermost}

// check sees to what the kind of c needs, and tells the account that no other
// channel may have, under which key it stands and what people call it.
func (c Channel) check(key string, ps *Problems) (account, field, what string) {
	switch c.Kind {
	case KindPortal:
		c.Portal.check(key, ps)
		return "form", "kind", "mẫu phản ánh của cổng"
	case KindZalo:
		c.checkZalo(key, ps)
		return c.OaID, "oa_id", "Official Account này"
	case KindMessenger:
		c.checkMessenger(key, ps)
		return c.PageID, "page_id", "trang Facebook này"
	case KindTelegram:
		c.checkTelegram(key, ps)
		bot, _, _ := strings.Cut(string(c.BotToken), ":")
		return bot, "bot_token", "bot Telegram này"
	case KindEmail:
		c.Mail.check(key, ps)
		return strings.ToLower(c.Address), "address", "hộp thư này"
	case KindMattermost:
		c.Mattermost.check(key, ps)
		return string(c.MattermostToken), "mattermost_token", "tài khoản bot này"
	default:
		c.Webchat.check(key, ps)
		return "", "", ""
	}
}

func listed(kinds []ChannelKind) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return strings.Join(names, ", ")
}

func either(kinds []ChannelKind) string { return strings.ReplaceAll(listed(kinds), ", ", " hoặc ") }

// checkForeign refuses keys that only another kind of channel has: whoever wrote
// them believes that they do something.
func (c Channel) checkForeign(key string, ps *Problems) {
	var usual Channel
	usual.setDefaults()
	own, defaults := reflect.ValueOf(c), reflect.ValueOf(usual)
	for _, f := range fieldsOf(own.Type()) {
		value := own.FieldByIndex(f.Index)
		if c.has(f) || value.IsZero() || reflect.DeepEqual(value.Interface(), defaults.FieldByIndex(f.Index).Interface()) {
			continue
		}
		of := own.Field(f.Index[0]).Interface().(section)
		ps.add(key+"."+snake(f.Name), "chỉ dùng cho kênh loại %s, mà kênh này là loại %s; hãy bỏ đi", either(of.kinds()), c.Kind)
	}
}

func (w Webchat) check(key string, ps *Problems) {
	for i, origin := range w.AllowedOrigins {
		if u, err := url.Parse(origin); err != nil || !isWeb(u) || origin != u.Scheme+"://"+u.Host || strings.Contains(u.Host, "*") {
			ps.add(fmt.Sprintf("%s.allowed_origins[%d]", key, i), "%q không hợp lệ; viết giao thức và tên miền, không có đường dẫn hay dấu *, ví dụ https://thanhhoa.gov.vn", origin)
		}
	}
	between(ps, key+".messages_per_minute.visitor", w.MessagesPerMinute.Visitor, 1, 1_000_000)
	between(ps, key+".messages_per_minute.address", w.MessagesPerMinute.Address, w.MessagesPerMinute.Visitor, 1_000_000_000)
	between(ps, key+".attachments.max_per_message", w.Attachments.MaxPerMessage, 0, 20)
	if size := w.Attachments.MaxSize; size < KB || size > 100*MB {
		ps.add(key+".attachments.max_size", "%s nằm ngoài khoảng cho phép 1KB đến 100MB", size)
	}
	if s := w.SessionSecret; s != "" && len(s) < 32 {
		ps.add(key+".session_secret", "quá ngắn; dùng ít nhất 32 ký tự ngẫu nhiên, hoặc để trống để tự sinh")
	}
}

func (p Portal) check(key string, ps *Problems) {
	between(ps, key+".forms_per_hour", p.FormsPerHour, 4, 1_000_000)
	between(ps, key+".files_per_form", p.FilesPerForm, 0, 20)
	if p.FileSize < KB || p.FileSize > 100*MB {
		ps.add(key+".file_size", "%s nằm ngoài khoảng cho phép 1KB đến 100MB", p.FileSize)
	}
}

func (z Channel) checkZalo(key string, ps *Problems) {
	z.checkZaloAccount(key, ps)
	atLeast(ps, key+".reply_window", z.ReplyWindow, time.Hour)
	atLeast(ps, key+".free_window", z.FreeWindow, time.Minute)
	if z.FreeWindow > z.ReplyWindow {
		ps.add(key+".free_window", "%s dài hơn reply_window (%s)", z.FreeWindow, z.ReplyWindow)
	}
	between(ps, key+".free_replies", z.FreeReplies, 0, 10_000)
	between(ps, key+".per_minute", z.PerMinute, 1, 1_000_000_000)
	between(ps, key+".buttons", z.Buttons, 1, 20)
	checkServer(ps, key+".oauth_url", z.OauthURL)
	checkServer(ps, key+".openapi_url", z.OpenapiURL)
	z.checkMediaHosts(key, ps)
}

func (a App) checkMediaHosts(key string, ps *Problems) {
	for i, host := range a.MediaHosts {
		if name, port, err := net.SplitHostPort(host); err != nil || name == "" || port == "" {
			ps.add(fmt.Sprintf("%s.media_hosts[%d]", key, i), "%q không hợp lệ; viết tên-máy:cổng của bộ mô phỏng, ví dụ 127.0.0.1:8098", host)
		}
	}
}

func (c Channel) checkMessenger(key string, ps *Problems) {
	if !platformID.MatchString(c.AppID) {
		ps.add(key+".app_id", "%q không phải ID ứng dụng Meta; chép dãy số ở trang Cài đặt của ứng dụng, đặt trong dấu nháy", c.AppID)
	}
	if !platformID.MatchString(c.PageID) {
		ps.add(key+".page_id", "%q không phải ID của trang Facebook; chép dãy số ở mục Giới thiệu của trang, đặt trong dấu nháy", c.PageID)
	}
	if c.AppSecret == "" {
		ps.add(key+".app_secret", "thiếu; chép khóa bí mật của ứng dụng ở trang Cài đặt, để trong biến môi trường")
	}
	if c.PageToken == "" {
		ps.add(key+".page_token", "thiếu; tạo mã truy cập trang (page access token) ở trang Messenger của ứng dụng, để trong biến môi trường")
	}
	if v := c.VerifyToken; v != "" && len(v) < 8 {
		ps.add(key+".verify_token", "quá ngắn; dùng ít nhất 8 ký tự ngẫu nhiên, hoặc để trống để tự sinh")
	}
	if !graphVersion.MatchString(c.GraphVersion) {
		ps.add(key+".graph_version", "%q không phải phiên bản Graph API; viết như v25.0", c.GraphVersion)
	}
	checkServer(ps, key+".graph_url", c.GraphURL)
	c.checkMediaHosts(key, ps)
}

func (c Channel) checkTelegram(key string, ps *Problems) {
	if !botToken.MatchString(string(c.BotToken)) { // the value is a secret and is not told
		ps.add(key+".bot_token", "thiếu hoặc không đúng dạng; chép mã mà @BotFather đưa (123456789:AA…), để trong biến môi trường")
	}
	if s := c.WebhookSecret; s != "" && !hookSecret.MatchString(string(s)) {
		ps.add(key+".webhook_secret", "dùng 16 đến 256 ký tự trong A-Z a-z 0-9 _ -, hoặc để trống để tự sinh")
	}
	checkServer(ps, key+".telegram_url", c.TelegramURL)
}

// checkZaloAccount sees to what names the app and the account, and never tells a secret.
func (z Channel) checkZaloAccount(key string, ps *Problems) {
	if !platformID.MatchString(z.AppID) {
		ps.add(key+".app_id", "%q không phải ID ứng dụng Zalo; chép dãy số ở trang Cài đặt của ứng dụng, đặt trong dấu nháy", z.AppID)
	}
	if !platformID.MatchString(z.OaID) {
		ps.add(key+".oa_id", "%q không phải ID của Official Account; chép dãy số ở trang quản lý OA, đặt trong dấu nháy", z.OaID)
	}
	if z.AppSecret == "" {
		ps.add(key+".app_secret", "thiếu; chép khóa bí mật của ứng dụng ở trang Cài đặt, để trong biến môi trường")
	}
	switch {
	case z.WebhookSecret == "":
		ps.add(key+".webhook_secret", "thiếu; chép OA Secret Key ở trang Webhook, để trong biến môi trường")
	case z.WebhookSecret == z.AppSecret:
		ps.add(key+".webhook_secret", "trùng với app_secret; Zalo ký bằng OA Secret Key ở trang Webhook, là một khóa khác")
	}
	if v := z.CodeVerifier; v != "" && (len(v) < 43 || len(v) > 128) {
		ps.add(key+".code_verifier", "phải dài 43 đến 128 ký tự (RFC 7636)")
	}
}

func checkServer(ps *Problems, key, address string) {
	if u, err := url.Parse(address); err != nil || !isWeb(u) || address != u.Scheme+"://"+u.Host {
		ps.add(key, "%q không hợp lệ; viết giao thức và tên máy, không có đường dẫn, ví dụ https://openapi.zalo.me", address)
	}
}

// checkHooks: platforms that call us must be told where, and they call https
// alone. A simulator, which is reached over plain HTTP, runs beside us.
func (c Config) checkHooks(ps *Problems) {
	for i, channel := range c.Channels {
		platform, called := channel.calls()
		switch {
		case !called:
		case c.Organisation.URL == "":
			ps.add(fmt.Sprintf("channels[%d].kind", i), "%s phải biết gọi tới đâu; hãy đặt organisation.url, ví dụ https://1022.thanhhoa.gov.vn", platform)
		case !strings.HasPrefix(c.Organisation.URL, "https:"):
			ps.add("organisation.url", "%q: %s chỉ gọi địa chỉ https, mà kênh %s cần %[2]s gọi tới", c.Organisation.URL, platform, channel.ID)
			return
		}
	}
}

// calls tells which platform calls us for c over the open network.
func (c Channel) calls() (platform string, called bool) {
	simulated := func(address string) bool { return strings.HasPrefix(address, "http:") }
	switch c.Kind {
	case KindZalo:
		return "Zalo", !simulated(c.OauthURL)
	case KindMessenger:
		return "Facebook", !simulated(c.GraphURL)
	case KindTelegram:
		return "Telegram", !c.Polling && !simulated(c.TelegramURL)
	}
	return "", false
}
