package zalo

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/call"
	"tongdai/connectors/progress"
)

// Send implements connectors.Connector. What Zalo cannot say in one message
// leaves as several, in order; when one of them fails, the next Send of the same
// Key goes on where this one stopped, as long as this process lives.
func (c *Connector) Send(ctx context.Context, out connectors.Outbound) (connectors.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return connectors.Receipt{}, call.NotSent(err)
	}
	parts, err := c.render(out.Content)
	if err != nil {
		return connectors.Receipt{}, err
	}
	sent := c.sent.Of(out.Key)
	for i := len(sent); i < len(parts); i++ {
		part := parts[i]
		if i == 0 {
			part.quotes = string(out.Quotes)
		}
		one, err := c.sendPart(ctx, out.To, part)
		if err != nil {
			return connectors.Receipt{}, err
		}
		sent = append(sent, one)
		c.sent.Put(out.Key, sent)
	}
	return progress.Receipt(sent), nil
}

// sendPart sends one message. An upload that has expired is made again; a quote
// of a message that Zalo no longer knows is left out.
func (c *Connector) sendPart(ctx context.Context, to connectors.RemoteID, p part) (progress.Part, error) {
	if p.file != nil {
		if err := c.upload(ctx, &p); err != nil {
			return progress.Part{}, err
		}
	}
	one, err := c.sendMessage(ctx, to, p)
	switch code := codeOf(err); {
	case code == codeUploadGone && p.file != nil:
		c.uploads.forget(p.file.ID)
		if err := c.upload(ctx, &p); err != nil {
			return progress.Part{}, err
		}
		return c.sendMessage(ctx, to, p)
	case code == codeParameter && p.quotes != "":
		p.quotes = ""
		return c.sendMessage(ctx, to, p)
	}
	return one, err
}

const (
	codeUploadGone = -100
	codeParameter  = -201
)

// The shapes of a message on the wire.
type (
	wireMessage struct {
		Text       string          `json:"text,omitempty"`
		Quotes     string          `json:"quote_message_id,omitempty"`
		Attachment *wireAttachment `json:"attachment,omitempty"`
	}
	wireAttachment struct {
		Type    string      `json:"type"`
		Payload wirePayload `json:"payload"`
	}
	wirePayload struct {
		Template string        `json:"template_type,omitempty"`
		Token    string        `json:"token,omitempty"`
		Elements []wireElement `json:"elements,omitempty"`
		Buttons  []wireButton  `json:"buttons,omitempty"`
	}
	wireElement struct {
		MediaType  string      `json:"media_type,omitempty"`
		Attachment string      `json:"attachment_id,omitempty"`
		Width      int         `json:"width,omitempty"`
		Height     int         `json:"height,omitempty"`
		Title      string      `json:"title,omitempty"`
		Action     *wireAction `json:"default_action,omitempty"`
	}
	wireAction struct {
		Type string `json:"type"`
		URL  string `json:"url"`
	}
	wireButton struct {
		Title   string `json:"title"`
		Type    string `json:"type"`
		Payload any    `json:"payload"`
	}
)

func (c *Connector) sendMessage(ctx context.Context, to connectors.RemoteID, p part) (progress.Part, error) {
	message := wireMessage{Text: p.text, Quotes: p.quotes, Attachment: p.attachment}
	path, recipient := recipientOf(to)
	r, err := post(path, map[string]any{"recipient": recipient, "message": message})
	if err != nil {
		return progress.Part{}, err
	}
	r.effect = true
	var got struct {
		ID text `json:"message_id"`
		At text `json:"sent_time"`
	}
	if err := c.call(ctx, r, &got); err != nil {
		return progress.Part{}, err
	}
	if got.ID == "" {
		return progress.Part{}, call.InDoubt(true, errors.New("the answer names no message"))
	}
	at := c.now()
	if ms, err := strconv.ParseInt(string(got.At), 10, 64); err == nil && ms > 0 {
		at = time.UnixMilli(ms)
	}
	return progress.Part{ID: connectors.RemoteID(got.ID), At: at}, nil
}

// recipientOf tells where a message to somebody goes: anonymous visitors are
// served by the old API only.
func recipientOf(to connectors.RemoteID) (path string, recipient map[string]string) {
	if rest, anonymous := strings.CutPrefix(string(to), anonymousPrefix); anonymous {
		id, conversation, _ := strings.Cut(rest, "/")
		return "/v2.0/oa/message", map[string]string{"anonymous_id": id, "conversation_id": conversation}
	}
	return "/v3.0/oa/message/cs", map[string]string{"user_id": string(to)}
}
