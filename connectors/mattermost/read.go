package mattermost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mattermost/mattermost-server/v6/model"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

// The types of events, as Raw keeps them beside the post.
const (
	postedEvent  = model.WebsocketEventPosted
	editedEvent  = model.WebsocketEventPostEdited
	deletedEvent = model.WebsocketEventPostDeleted
)

// happening is a post and what happened to it, as it is kept raw.
type happening struct {
	Event string          `json:"event"`
	Post  json.RawMessage `json:"post"`

	post *model.Post
}

var errNoPost = errors.New("mattermost: this is no post of a channel")

// readHappening reads what the server told of a post.
func readHappening(event string, post []byte) (*happening, error) {
	h := &happening{Event: event, Post: post, post: &model.Post{}}
	if err := json.Unmarshal(post, h.post); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoPost, err)
	}
	if !model.IsValidId(h.post.Id) || !model.IsValidId(h.post.ChannelId) || h.post.CreateAt <= 0 ||
		h.post.RootId != "" && !model.IsValidId(h.post.RootId) {
		return nil, errNoPost
	}
	return h, nil
}

// happened makes the same of a post in a list.
func happened(event string, post *model.Post) (*happening, error) {
	body, err := json.Marshal(post)
	if err != nil {
		return nil, err
	}
	return readHappening(event, body)
}

// key is the same however we come to know of it. A post is deleted once, and what the
// socket tells of that does not say when.
func (h *happening) key() string {
	switch h.Event {
	case editedEvent:
		return h.post.Id + "/edited/" + strconv.FormatInt(h.post.EditAt, 10)
	case deletedEvent:
		return h.post.Id + "/deleted"
	}
	return h.post.Id
}

// at is when it happened, by the server's clock, in milliseconds.
func (h *happening) at() int64 {
	switch h.Event {
	case editedEvent:
		return h.post.EditAt
	case deletedEvent:
		return max(h.post.DeleteAt, h.post.UpdateAt)
	}
	return h.post.CreateAt
}

// spoken reports whether a person wrote the post in a thread. What was edited is kept
// by the server under another id, with the one it had as its origin.
func (h *happening) spoken(self string) bool {
	p := h.post
	if p.OriginalId != "" || p.UserId == self || p.UserId == "" || p.RootId == "" || p.Type != model.PostTypeDefault && p.Type != model.PostTypeMe {
		return false
	}
	for _, machine := range []string{"from_webhook", "from_bot", "from_plugin"} {
		if _, ok := p.GetProps()[machine]; ok {
			return false
		}
	}
	return true
}

// inbound is what a person did, of a happening that was spoken in a thread of ours.
func (b *Bridge) inbound(h *happening, thread string, who connectors.Colleague) connectors.Inbound {
	act := &connectors.Act{Thread: thread, Root: connectors.RemoteID(h.post.RootId), By: who}
	in := connectors.Inbound{
		Key: h.key(), Kind: connectors.Acted, From: connectors.RemoteID(h.post.UserId), Message: connectors.RemoteID(h.post.Id),
		SentAt: time.UnixMilli(h.at()), Act: act,
	}
	switch h.Event {
	case deletedEvent:
		act.Do, act.About = connectors.Retract, in.Message
		if h.post.DeleteAt == 0 {
			in.SentAt = b.now()
		}
		return in
	case editedEvent:
		act.Do, act.About = connectors.Amend, in.Message
	default:
		act.Do = connectors.Remark
	}
	text := strings.TrimSpace(h.post.Message)
	if meant, ok := strings.CutPrefix(text, b.cfg.Prefix); ok {
		text = strings.TrimSpace(meant)
		if act.Do == connectors.Remark {
			act.Do = connectors.Speak
		}
	}
	in.Content = content.Content{Text: text, Attachments: attachments(h.post)}
	return in
}

// attachments refer to the files of a post.
func attachments(post *model.Post) (all []content.Attachment) {
	infos := map[string]*model.FileInfo{}
	if post.Metadata != nil {
		for _, info := range post.Metadata.Files {
			if info != nil {
				infos[info.Id] = info
			}
		}
	}
	for _, id := range post.FileIds {
		a := content.Attachment{Source: id}
		if info := infos[id]; info != nil {
			a.Name, a.Type, a.Size = info.Name, info.MimeType, info.Size
			a.Kind = kindOf(info.MimeType)
		}
		all = append(all, a)
	}
	return all
}

func kindOf(mediaType string) content.AttachmentKind {
	switch {
	case strings.HasPrefix(mediaType, "image/"):
		return content.Picture
	case strings.HasPrefix(mediaType, "video/"):
		return content.Video
	}
	return content.File
}

// understood makes the Inbound of a happening; nil: it concerns nobody.
func (b *Bridge) understood(ctx context.Context, h *happening) (*connectors.Inbound, error) {
	self, err := b.me(ctx)
	if err != nil {
		return nil, err
	}
	if !h.spoken(self) || h.Event == editedEvent && h.post.EditAt == 0 {
		return nil, nil
	}
	thread, err := b.threadOf(ctx, h.post.RootId)
	if err != nil || thread == "" {
		return nil, err
	}
	who, err := b.colleague(ctx, h.post.UserId)
	if err != nil {
		return nil, err
	}
	in := b.inbound(h, thread, who)
	if in.Content.Empty() && in.Act.Do != connectors.Retract {
		return nil, nil
	}
	return &in, nil
}

// Parse implements connectors.Parser: of what was read, of an event that could not be,
// and of calls.
func (b *Bridge) Parse(ctx context.Context, raw connectors.Raw) ([]connectors.Inbound, error) {
	var kept struct {
		happening
		Data struct {
			Post string `json:"post"`
		} `json:"data"`
	}
	if err := json.Unmarshal(raw.Body, &kept); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoPost, err)
	}
	if kept.Event == "" {
		return b.parsePress(ctx, raw.Body)
	}
	if len(kept.Post) == 0 {
		kept.Post = json.RawMessage(kept.Data.Post)
	}
	h, err := readHappening(kept.Event, kept.Post)
	if err != nil {
		return nil, err
	}
	in, err := b.understood(ctx, h)
	if err != nil || in == nil {
		return nil, err
	}
	return []connectors.Inbound{*in}, nil
}
