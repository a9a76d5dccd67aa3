package messenger

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/call"
	"tongdai/connectors/progress"
)

// Send implements connectors.Connector: a message in the conversation, an answer
// below a comment, or the one private answer to a comment. What needs several
// messages leaves as several, in order; when one of them fails, the next Send of
// the same Key goes on where this one stopped, as long as this process lives.
// Files are on Meta's side before the first of them leaves.
func (c *Connector) Send(ctx context.Context, out connectors.Outbound) (connectors.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return connectors.Receipt{}, call.NotSent(err)
	}
	top, public := strings.CutPrefix(string(out.Thread), commentPrefix)
	switch {
	case out.Private:
		parts, err := renderPrivate(out.Content)
		recipient := map[string]string{"comment_id": cmp.Or(string(out.Quotes), top)}
		return c.deliver(ctx, out, parts, err, func(ctx context.Context, p part) (progress.Part, error) {
			return c.sendMessage(ctx, recipient, wire{kind: response}, p, out.Key)
		})
	case public:
		parts, err := renderComment(out.Content)
		return c.deliver(ctx, out, parts, err, func(ctx context.Context, p part) (progress.Part, error) {
			return c.sendComment(ctx, top, p)
		})
	case strings.HasPrefix(string(out.To), unnamedPrefix):
		return connectors.Receipt{}, &connectors.Error{
			Kind: connectors.Permanent, Err: errors.New("the citizen has no conversation with the page"),
			Reason: "Facebook không cho biết người bình luận là ai; chỉ trả lời được dưới bình luận.",
		}
	}
	parts, err := render(out.Content)
	return c.deliver(ctx, out, parts, err, func(ctx context.Context, p part) (progress.Part, error) {
		return c.sendTalk(ctx, out, p)
	})
}

// deliver sends parts in order, but for those that have left already.
func (c *Connector) deliver(ctx context.Context, out connectors.Outbound, parts []part, err error,
	send func(context.Context, part) (progress.Part, error),
) (connectors.Receipt, error) {
	if err != nil {
		return connectors.Receipt{}, err
	}
	sent := c.sent.Of(out.Key)
	for _, p := range parts[min(len(sent), len(parts)):] {
		if p.file != nil {
			if _, err := c.uploaded(ctx, *p.file); err != nil {
				return connectors.Receipt{}, err
			}
		}
	}
	for i := len(sent); i < len(parts); i++ {
		one, err := send(ctx, parts[i])
		if err != nil {
			return connectors.Receipt{}, err
		}
		sent = append(sent, one)
		c.sent.Put(out.Key, sent)
	}
	return progress.Receipt(sent), nil
}

// wire is by what right a message is sent.
type wire struct{ kind, tag string }

const response = "RESPONSE"

// humanAgent is the right of people to answer within seven days, where the app
// has the feature. No machine may use it.
var humanAgent = wire{"MESSAGE_TAG", "HUMAN_AGENT"}

// right is by which right out may be sent. What has none is sent as an answer
// all the same: Meta knows of reactions and advertisements that open the window,
// and we may not.
func (c *Connector) right(out connectors.Outbound) wire {
	if silent := c.now().Sub(out.Heard); !out.Heard.IsZero() && silent >= standardWindow && c.mayAsPerson(out) {
		return humanAgent
	}
	return wire{kind: response}
}

func (c *Connector) mayAsPerson(out connectors.Outbound) bool {
	return c.cfg.HumanAgent && !out.Automatic && (out.Heard.IsZero() || c.now().Sub(out.Heard) < humanWindow)
}

const uploadGone = 2018074

// sendTalk sends one message of the conversation. Where Meta's clock has closed
// the window before ours did, a person's answer is sent by the other right. A
// file that Meta has forgotten is put there again.
func (c *Connector) sendTalk(ctx context.Context, out connectors.Outbound, p part) (progress.Part, error) {
	recipient := map[string]string{"id": string(out.To)}
	by := c.right(out)
	one, err := c.sendMessage(ctx, recipient, by, p, out.Key)
	if by != humanAgent && connectors.KindOf(err) == connectors.WindowClosed && c.mayAsPerson(out) {
		by = humanAgent
		one, err = c.sendMessage(ctx, recipient, by, p, out.Key)
	}
	if p.file != nil && failedWith(err, uploadGone) {
		c.uploads.forget(p.file.ID)
		return c.sendMessage(ctx, recipient, by, p, out.Key)
	}
	return one, err
}

func (c *Connector) sendMessage(ctx context.Context, recipient map[string]string, by wire, p part, key string) (progress.Part, error) {
	message := wireMessage{Text: p.text, Quick: p.quick, Metadata: clip(key, 900)}
	switch {
	case p.template != nil:
		message.Attachment = &wireAttachment{Type: "template", Payload: p.template}
	case p.file != nil:
		id, err := c.uploaded(ctx, *p.file)
		if err != nil {
			return progress.Part{}, err
		}
		message.Attachment = &wireAttachment{Type: wireType(p.file.Type), Payload: map[string]string{"attachment_id": id}}
	}
	body := map[string]any{"recipient": recipient, "messaging_type": by.kind, "message": message}
	if by.tag != "" {
		body["tag"] = by.tag
	}
	r := post("/"+c.cfg.PageID+"/messages", body)
	r.effect = true
	var got struct {
		ID text `json:"message_id"`
	}
	if err := c.call(ctx, r, &got); err != nil {
		return progress.Part{}, err
	}
	return c.taken(got.ID)
}

// sendComment answers below the comment directly under the post: Facebook shows
// no deeper levels.
func (c *Connector) sendComment(ctx context.Context, top string, p part) (progress.Part, error) {
	r := post("/"+top+"/comments", map[string]string{"message": p.text})
	r.effect = true
	var got struct {
		ID text `json:"id"`
	}
	if err := c.call(ctx, r, &got); err != nil {
		return progress.Part{}, err
	}
	return c.taken(got.ID)
}

// taken is what Meta says of a message it has: its id, and no time.
func (c *Connector) taken(id text) (progress.Part, error) {
	if id == "" {
		return progress.Part{}, call.InDoubt(true, errors.New("the answer names no message"))
	}
	return progress.Part{ID: connectors.RemoteID(id), At: c.now().Truncate(time.Millisecond)}, nil
}
