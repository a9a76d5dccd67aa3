package messenger

import (
	"context"
	"errors"
	"strings"

	"tongdai/connectors"
)

// inboxApp is the app of Meta's own inbox for pages, the same everywhere.
const inboxApp = "263902037430900"

// Signal implements connectors.Signaler. Whoever only commented has no
// conversation in which it could be seen.
func (c *Connector) Signal(ctx context.Context, to, _ connectors.RemoteID, sign connectors.Sign) error {
	if strings.HasPrefix(string(to), unnamedPrefix) {
		return nil
	}
	action := "typing_on"
	if sign == connectors.Looked {
		action = "mark_seen"
	}
	return c.call(ctx, post("/"+c.cfg.PageID+"/messages", map[string]any{
		"recipient": map[string]string{"id": string(to)}, "sender_action": action,
	}), nil)
}

// Conceal implements connectors.Moderator for comments. What was said in the
// conversation is seen by nobody else, and cannot be hidden.
func (c *Connector) Conceal(ctx context.Context, comment connectors.RemoteID, hidden bool) error {
	if comment == "" || strings.HasPrefix(string(comment), "m_") {
		return &connectors.Error{
			Kind: connectors.Permanent, Reason: "Chỉ ẩn được bình luận dưới bài viết.", Err: errors.New("not a comment"),
		}
	}
	return c.call(ctx, post("/"+string(comment), map[string]any{"is_hidden": hidden}), nil)
}

// Take implements connectors.Controller. Only the app that the page has made
// its first may take; any other has to ask.
func (c *Connector) Take(ctx context.Context, user connectors.RemoteID) error {
	err := c.thread(ctx, "take_thread_control", user, nil)
	if kind := connectors.KindOf(err); err == nil || kind != connectors.Permanent && !failedWith(err, 10, 200) {
		return err
	}
	return c.thread(ctx, "request_thread_control", user, nil)
}

// Yield implements connectors.Controller: the citizen is left to Meta's inbox.
func (c *Connector) Yield(ctx context.Context, user connectors.RemoteID) error {
	return c.thread(ctx, "pass_thread_control", user, map[string]any{"target_app_id": inboxApp})
}

func (c *Connector) thread(ctx context.Context, call string, user connectors.RemoteID, more map[string]any) error {
	body := map[string]any{"recipient": map[string]string{"id": string(user)}, "metadata": "tongdai"}
	for name, value := range more {
		body[name] = value
	}
	return c.call(ctx, post("/"+c.cfg.PageID+"/"+call, body), nil)
}
