package messenger

import (
	"context"
	"fmt"
	"strings"

	"tongdai/connectors"
)

// Install implements connectors.Installer: the page is subscribed, introduces
// itself, and the app's webhook leads to hook. Meta calls hook while this call
// lasts, so the hub must run meanwhile.
func (c *Connector) Install(ctx context.Context, hook string) (done []string, err error) {
	for _, step := range []struct {
		does func(context.Context, string) error
		done string
	}{
		{func(ctx context.Context, _ string) error { return c.subscribe(ctx) },
			"Đã đăng ký trang " + c.cfg.PageID + " gửi sự kiện cho ứng dụng: " + strings.Join(c.wantedFields(), ", ")},
		{c.introduce, c.introduced()},
		{c.hookApp, "Đã đặt webhook của ứng dụng: " + hook},
	} {
		if err := step.does(ctx, hook); err != nil {
			return done, err
		}
		done = append(done, step.done)
	}
	return done, nil
}

type wireAction struct {
	Type    string `json:"type,omitempty"`
	Title   string `json:"title,omitempty"`
	Asks    string `json:"question,omitempty"`
	Payload string `json:"payload"`
}

// introduce sets the button that begins a conversation, the greeting, the menu
// and what is offered to begin with, in one call: ten are allowed in ten minutes.
func (c *Connector) introduce(ctx context.Context, _ string) error {
	everywhere := func(key string, value any) []map[string]any {
		return []map[string]any{{"locale": "default", key: value}}
	}
	profile := map[string]any{"get_started": map[string]string{"payload": getStarted}}
	if c.cfg.Greeting != "" {
		profile["greeting"] = everywhere("text", c.greeting())
	}
	if menu := c.menu(); len(menu) > 0 {
		profile["persistent_menu"] = everywhere("call_to_actions", menu)
	}
	if questions := c.questions(); len(questions) > 0 {
		profile["ice_breakers"] = everywhere("call_to_actions", questions)
	}
	return c.call(ctx, post("/"+c.cfg.PageID+"/messenger_profile", profile), nil)
}

func (c *Connector) introduced() string {
	parts := []string{"nút Bắt đầu"}
	if c.cfg.Greeting != "" {
		parts = append(parts, "lời chào")
	}
	if n := len(c.menu()); n > 0 {
		parts = append(parts, fmt.Sprintf("menu %d mục", n))
	}
	if n := len(c.questions()); n > 0 {
		parts = append(parts, fmt.Sprintf("%d câu hỏi gợi ý", n))
	}
	return "Đã đặt trên trang: " + strings.Join(parts, ", ")
}

func (c *Connector) greeting() string {
	return string([]rune(c.cfg.Greeting)[:min(len([]rune(c.cfg.Greeting)), greetingLength)])
}

// What a menu and the questions to begin with may hold.
const (
	menuMost      = 3
	questionsMost = 4
)

// menu entries come back as if the citizen had said their words.
func (c *Connector) menu() (all []wireAction) {
	for _, words := range c.cfg.Menu[:min(len(c.cfg.Menu), menuMost)] {
		all = append(all, wireAction{Type: "postback", Title: fit(words), Payload: "menu/" + words})
	}
	return all
}

func (c *Connector) questions() (all []wireAction) {
	for _, words := range c.cfg.Questions[:min(len(c.cfg.Questions), questionsMost)] {
		all = append(all, wireAction{Asks: words, Payload: "question/" + words})
	}
	return all
}

// hookApp tells Meta where the app's webhook is. That it cannot is no reason to
// take back the rest: it can be done by hand.
func (c *Connector) hookApp(ctx context.Context, hook string) error {
	r := post("/"+c.cfg.AppID+"/subscriptions", map[string]any{
		"object": "page", "callback_url": hook, "verify_token": c.cfg.VerifyToken,
		"fields": strings.Join(c.wantedFields(), ","), "include_values": true,
	})
	r.token = c.appToken()
	err := c.call(ctx, r, nil)
	if err == nil {
		return nil
	}
	return &connectors.Error{
		Kind: connectors.KindOf(err), After: connectors.RetryAfter(err), Err: err,
		Reason: fmt.Sprintf("Chưa đặt được webhook của ứng dụng (%s) Hãy kiểm tra tổng đài đang chạy và mở được từ Internet rồi làm lại, hoặc đặt bằng tay ở trang Webhooks của ứng dụng, mục Page: Callback URL là %s, Verify token là %s.",
			inWords(err), hook, c.cfg.VerifyToken),
	}
}
