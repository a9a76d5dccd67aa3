package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/configs"
	"tongdai/connectors"
)

var updateLimits = flag.Bool("update-limits", false, "write docs/channels/limits.md anew")

// oneOfEach is a configuration with a channel of every kind, with the settings
// that they have when nothing is said.
const oneOfEach = `
organisation: {url: "https://1022.example.vn"}
channels:
  - {id: web, kind: webchat, name: Trò chuyện trên cổng}
  - {id: portal, kind: portal, name: Mẫu phản ánh trên cổng}
  - {id: zalo, kind: zalo, name: Zalo Official Account, app_id: "1022000000000000001", app_secret: a, oa_id: "3000000000000000001", webhook_secret: b}
  - {id: fb, kind: messenger, name: Facebook Messenger, app_id: "1022334455667", app_secret: a, page_id: "100200300400500", page_token: b}
  - {id: fb-people, kind: messenger, name: "Facebook Messenger, ứng dụng có Human Agent", app_id: "1022334455667", app_secret: a, page_id: "100200300400501", page_token: b, human_agent: true}
  - {id: telegram, kind: telegram, name: Telegram, bot_token: "123456789:AAsimulatedsimulatedsimulatedsimula"}
  - {id: mail, kind: email, name: Thư điện tử, address: 1022@thanhhoa.example, imap_server: "imap.thanhhoa.example:993", smtp_server: "smtp.thanhhoa.example:465", mail_password: a}
`

// ways are what Limits do not tell: what may come in, and how choices look.
var ways = map[string][2]string{
	string(configs.KindWebchat):   {"chữ, tệp, nút đã bấm", "nút"},
	string(configs.KindPortal):    {"mẫu phản ánh: chữ, ảnh và tệp, vị trí, thông tin liên hệ", "–"},
	string(configs.KindZalo):      {"chữ, ảnh, ảnh động, nhãn dán, tin thoại, video, tệp, vị trí, liên kết, danh thiếp, trích dẫn, biểu mẫu Zalo, quan tâm", "nút dưới tin; quá số nút thì danh sách đánh số"},
	string(configs.KindMessenger): {"chữ, ảnh, nhãn dán, tin thoại, video, tệp, liên kết, trích dẫn, sửa, bày tỏ cảm xúc, nút và menu, liên kết m.me, bình luận dưới bài viết", "câu trả lời nhanh; nhãn dài thì đánh số kèm nút số; quá số nút thì danh sách đánh số; bình luận: danh sách đánh số"},
	string(configs.KindTelegram):  {"chữ, ảnh, album, nhãn dán, ảnh động, tin thoại, video, tệp, vị trí, danh bạ, trích dẫn, sửa", "nút dưới tin; quá số nút thì danh sách đánh số"},
	string(configs.KindEmail):     {"thư ở mọi bảng mã và định dạng, tệp đính kèm, ảnh trong thư, thư chuyển tiếp, lời mời họp, chữ ký số; thư báo không gửi được", "danh sách đánh số"},
}

// docs/channels/limits.md says what the connectors themselves say.
func TestTheTableOfLimitsIsCurrent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tongdai.yaml")
	if err := os.WriteFile(path, []byte(oneOfEach), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := configs.Load(path, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	cfg.Data.Folder = t.TempDir()
	a, err := openApp(t.Context(), cfg, quiet(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.close(); err != nil {
			t.Error(err)
		}
	}()
	got := limitsPage(t, a.hub.Channels())
	page := filepath.Join("..", "..", "docs", "channels", "limits.md")
	if *updateLimits {
		if err := os.WriteFile(page, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(page)
	if err != nil || string(kept) != got {
		t.Errorf("docs/channels/limits.md is not what the connectors say (%v); write it anew: go test ./cmd/tongdai -run TableOfLimits -update-limits", err)
	}
}

func limitsPage(t *testing.T, all []connectors.Connector) string {
	t.Helper()
	var w strings.Builder
	w.WriteString(`# Mỗi kênh mang được gì

Bảng này do chương trình viết ra từ chính các bộ kết nối (` + "`go test ./cmd/tongdai -run TableOfLimits -update-limits`" + `); một kiểm thử giữ
cho nó đúng. Giá trị là khi cấu hình để mặc định. Bàn trực cũng dùng các giới hạn này để báo trước khi gửi.

`)
	row := func(cells ...string) { fmt.Fprintf(&w, "| %s |\n", strings.Join(cells, " | ")) }
	titles := []string{""}
	lines := map[string][]string{}
	var order []string
	add := func(line, value string) {
		if lines[line] == nil {
			order = append(order, line)
		}
		lines[line] = append(lines[line], value)
	}
	for _, conn := range all {
		l, kind := conn.Limits(), conn.Channel().Kind
		way, known := ways[kind]
		if !known {
			t.Errorf("nothing is told of channels of the kind %s", kind)
		}
		titles = append(titles, conn.Channel().Name)
		add("Nhận vào", way[0])
		add("Chữ trong một tin gửi đi", countOr(l.TextLength, "%d ký tự; dài hơn thì tách", "không giới hạn"))
		add("Lựa chọn", way[1])
		add("Số nút, độ dài nhãn", countOr(l.Choices, fmt.Sprintf("%%d nút, %d ký tự", l.ChoiceLabel), "–"))
		add("Liên kết và số điện thoại", yes(l.Links, "thành nút", "viết trong tin"))
		add("Trích dẫn tin được trả lời", yes(l.Quotes, "có", "–"))
		add("Một tệp gửi đi", fileSizeOf(l))
		add("Loại tệp gửi đi", typesOf(l))
		add("Cán bộ trả lời được trong", lasting(l.ReplyWindow, "không giới hạn"))
		add("Máy trả lời được trong", lasting(cmp.Or(l.AutomaticWindow, l.ReplyWindow), "không giới hạn"))
		add("Miễn phí trong", lasting(l.FreeWindow, "không tính phí"))
		add("Trả lời riêng điều nói công khai", yes(l.PrivateReplies, "một lần mỗi bình luận", "–"))
		add("Số lần gọi nền tảng mỗi phút", countOr(l.PerMinute, "%d", "–"))
	}
	row(titles...)
	row(slices.Repeat([]string{"---"}, len(titles))...)
	for _, line := range order {
		row(append([]string{"**" + line + "**"}, lines[line]...)...)
	}
	w.WriteString("\nThời hạn trả lời tính từ tin cuối của người dân. Hết thời hạn thì tin đứng chờ kèm lý do, để cán bộ liên hệ bằng cách khác.\n")
	return w.String()
}

func countOr(n int, format, none string) string {
	if n == 0 {
		return none
	}
	return fmt.Sprintf(format, n)
}

func yes(is bool, word, otherwise string) string {
	if is {
		return word
	}
	return otherwise
}

func lasting(d time.Duration, none string) string {
	switch {
	case d == 0:
		return none
	case d%(24*time.Hour) == 0 && d > 48*time.Hour:
		return fmt.Sprintf("%d ngày", d/(24*time.Hour))
	}
	return fmt.Sprintf("%d giờ", d/time.Hour)
}

func fileSizeOf(l connectors.Limits) string {
	switch {
	case l.AttachmentSize == 0:
		return "–"
	case l.AttachmentSize < 1<<20:
		return fmt.Sprintf("tới %d KB", l.AttachmentSize>>10)
	}
	return fmt.Sprintf("tới %d MB", l.AttachmentSize>>20)
}

// typesOf names types as people know them.
func typesOf(l connectors.Limits) string {
	switch {
	case l.AttachmentSize == 0:
		return "–"
	case len(l.AttachmentTypes) == 0:
		return "mọi loại"
	}
	names := map[string]string{
		"application/msword": "doc", "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
	}
	var types []string
	for _, t := range l.AttachmentTypes {
		_, short, _ := strings.Cut(t, "/")
		types = append(types, cmp.Or(names[t], short))
	}
	return strings.Join(types, ", ")
}
