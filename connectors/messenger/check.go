package messenger

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"tongdai/connectors"
)

// wantedFields are the events that the app asks the page for; comments only
// where they are conversations.
func (c *Connector) wantedFields() []string {
	fields := []string{
		"messages", "messaging_postbacks", "message_deliveries", "message_reads", "message_echoes", "message_edits",
		"message_reactions", "messaging_referrals", "messaging_handovers", "standby", "messaging_optins",
		"messaging_policy_enforcement",
	}
	if c.cfg.Comments {
		fields = append(fields, "feed")
	}
	return fields
}

// Check implements connectors.Checker: whether the page's token is good, and
// whether Meta would tell us what citizens write. Meta takes a page away from an
// app that did not acknowledge events for an hour, and tells nobody who reads
// this; so a page that is gone is asked for again, and people are told what to
// look after.
func (c *Connector) Check(ctx context.Context) connectors.Health {
	health := connectors.Health{CheckedAt: c.now()}
	for _, ask := range []func(context.Context) string{c.askPage, c.askWebhook, c.askSubscription} {
		if health.Problem = ask(ctx); health.Problem != "" {
			return health
		}
	}
	health.OK = true
	if health.Problem = c.healed.problem(c.now()); health.Problem == "" {
		health.Problem = doorWords(c.door.Recent(c.now()))
	}
	return health
}

// askPage asks who the token is good for.
func (c *Connector) askPage(ctx context.Context) string {
	var got struct {
		ID text `json:"id"`
	}
	switch err := c.call(ctx, get("/me", url.Values{"fields": {"id,name"}}), &got); {
	case err != nil:
		return inWords(err)
	case string(got.ID) != c.cfg.PageID:
		return fmt.Sprintf("page_token là của trang %s, không phải trang %s của kênh này. Hãy tạo mã truy cập cho đúng trang.", clip(string(got.ID), 32), c.cfg.PageID)
	}
	return ""
}

// askWebhook asks whether the app has a webhook for pages that is switched on.
func (c *Connector) askWebhook(ctx context.Context) string {
	var got toldPage[struct {
		Object string `json:"object"`
		Active bool   `json:"active"`
	}]
	r := get("/"+c.cfg.AppID+"/subscriptions", nil)
	r.token = c.appToken()
	if err := c.call(ctx, r, &got); err != nil {
		return inWords(err)
	}
	for _, s := range got.Data {
		if s.Object == "page" && s.Active {
			return ""
		}
	}
	return "Ứng dụng Facebook chưa có webhook cho trang, hoặc webhook đã bị tắt, nên không tin nào tới được. Hãy chạy “Kết nối” của kênh này, hoặc lưu lại địa chỉ ở trang Webhooks của ứng dụng."
}

// askSubscription asks whether the page is subscribed, and mends it.
func (c *Connector) askSubscription(ctx context.Context) string {
	missing, err := c.missingFields(ctx)
	if err != nil {
		return inWords(err)
	}
	if len(missing) == 0 {
		return ""
	}
	if err := c.subscribe(ctx); err != nil {
		return "Facebook đã ngừng gửi tin của trang cho tổng đài và chưa đăng ký lại được: " + inWords(err)
	}
	c.log.WarnContext(ctx, "the page had been taken away from the app, or lacked events; it is subscribed again", "missing", missing)
	c.healed.tell(c.now())
	return ""
}

// missingFields are the events that the page does not tell our app.
func (c *Connector) missingFields(ctx context.Context) ([]string, error) {
	var got toldPage[struct {
		ID     text     `json:"id"`
		Fields []string `json:"subscribed_fields"`
	}]
	if err := c.call(ctx, get("/"+c.cfg.PageID+"/subscribed_apps", nil), &got); err != nil {
		return nil, err
	}
	missing := c.wantedFields()
	for _, app := range got.Data {
		if string(app.ID) == c.cfg.AppID {
			missing = slices.DeleteFunc(missing, func(field string) bool { return slices.Contains(app.Fields, field) })
		}
	}
	return missing, nil
}

func (c *Connector) subscribe(ctx context.Context) error {
	return c.call(ctx, post("/"+c.cfg.PageID+"/subscribed_apps", map[string]string{
		"subscribed_fields": strings.Join(c.wantedFields(), ","),
	}), nil)
}

// appToken speaks for the app itself.
func (c *Connector) appToken() string { return c.cfg.AppID + "|" + c.cfg.AppSecret }

// inWords is what is wrong, in words for people.
func inWords(err error) string {
	if reason := connectors.ReasonOf(err); reason != "" {
		return reason
	}
	return "Không gọi được máy chủ Facebook: kiểm tra mạng, DNS, đồng hồ máy chủ và tường lửa."
}

// healing remembers when a page that was taken away was asked for again.
type healing struct {
	mu sync.Mutex
	at time.Time
}

// healedRecent is how long Check speaks of it: long enough to be seen on the
// next working morning.
const healedRecent = 12 * time.Hour

func (h *healing) tell(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = now
}

func (h *healing) problem(now time.Time) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.at.IsZero() || now.Sub(h.at) > healedRecent {
		return ""
	}
	return fmt.Sprintf("Facebook đã ngừng gửi tin của trang cho tổng đài (thường vì tổng đài không trả lời hơn một giờ); tổng đài đăng ký lại lúc %s. Tin nhắn bị lỡ được lấy về bằng Đối chiếu; bình luận bị lỡ hãy xem trên trang.",
		h.at.In(hanoi).Format("15:04 02/01/2006"))
}

// hanoi is where the people are who read it.
var hanoi = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)

// doorWords say in words for people what so many refused requests mean.
func doorWords(refused int) string {
	if refused == 0 {
		return ""
	}
	return fmt.Sprintf("%d yêu cầu gần nhất gửi tới webhook bị từ chối vì sai chữ ký. Nếu người dân nhắn mà không thấy tin, hãy chép lại Khóa bí mật của ứng dụng (App Secret) vào app_secret.", refused)
}
