package messenger

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/call"
	"tongdai/connectors/content"
)

const (
	// historyPerSecond is what Meta allows of these calls.
	historyPerSecond = 2
	// historyMost bounds one question, in calls.
	historyMost = 500
	// historyTime is how the history writes times.
	historyTime = "2006-01-02T15:04:05-0700"

	messageFields = "id,created_time,from,to,message,attachments"
)

// told is one message, as the history tells it. Its id is the webhook's mid.
type told struct {
	ID      text   `json:"id"`
	Created string `json:"created_time"`
	From    party  `json:"from"`
	To      struct {
		Data []party `json:"data"`
	} `json:"to"`
	Message     string `json:"message"`
	Attachments struct {
		Data []toldFile `json:"data"`
	} `json:"attachments"`
}

type toldFile struct {
	Type  string `json:"mime_type"`
	Name  string `json:"name"`
	URL   string `json:"file_url"`
	Image struct {
		URL string `json:"url"`
	} `json:"image_data"`
	Video struct {
		URL string `json:"url"`
	} `json:"video_data"`
}

// toldPage is one page of an answer.
type toldPage[T any] struct {
	Data   []T `json:"data"`
	Paging struct {
		Cursors struct {
			After string `json:"after"`
		} `json:"cursors"`
		Next string `json:"next"`
	} `json:"paging"`
}

// thread is one conversation, with its last message.
type thread struct {
	ID           text                   `json:"id"`
	Updated      string                 `json:"updated_time"`
	Participants struct{ Data []party } `json:"participants"`
	Messages     struct {
		Data []told `json:"data"`
	} `json:"messages"`
}

// Recent implements connectors.Historian. Comments are not among it, and neither
// is what is not said: reactions, marks, who opened the conversation.
func (c *Connector) Recent(ctx context.Context, since time.Time) ([]connectors.Heard, error) {
	var all []connectors.Heard
	query := url.Values{"platform": {"messenger"}, "fields": {"participants,updated_time,messages.limit(1){id,created_time}"}}
	for t, err := range pagesOf[thread](ctx, c, "/"+c.cfg.PageID+"/conversations", query) {
		if err != nil {
			return all, err
		}
		at, err := time.Parse(historyTime, t.Updated)
		if err != nil {
			continue // nothing can be said of when
		}
		if at.Before(since.Truncate(time.Second)) {
			return all, nil
		}
		heard := connectors.Heard{At: at.UTC()}
		for _, p := range t.Participants.Data {
			if string(p.ID) != c.cfg.PageID {
				heard.User = connectors.RemoteID(p.ID)
			}
		}
		if len(t.Messages.Data) > 0 {
			heard.Message = connectors.RemoteID(t.Messages.Data[0].ID)
		}
		if heard.User != "" {
			all = append(all, heard)
		}
	}
	return all, nil
}

// kept is what Raw holds of a history: enough to be read again.
type kept struct {
	User string            `json:"history"`
	Data []json.RawMessage `json:"data"`
}

func isHistory(body []byte) bool { return bytes.HasPrefix(body, []byte(`{"history":`)) }

// Recall implements connectors.Historian.
func (c *Connector) Recall(ctx context.Context, user connectors.RemoteID, since time.Time) (connectors.Raw, []connectors.Inbound, error) {
	raw := connectors.Raw{Channel: c.cfg.Channel.ID, ReceivedAt: c.now(), Type: "application/json"}
	id, err := c.threadWith(ctx, user)
	if err != nil {
		return raw, nil, err
	}
	all := kept{User: string(user), Data: []json.RawMessage{}}
	seen := map[text]bool{}
	if id != "" {
		query := url.Values{"fields": {messageFields}, "limit": {"20"}}
		for row, err := range pagesOf[json.RawMessage](ctx, c, "/"+url.PathEscape(string(id))+"/messages", query) {
			if err != nil {
				return raw, nil, err
			}
			var one told
			_ = json.Unmarshal(row, &one) // read in earnest below, where its fault is told
			if one.ID != "" && seen[one.ID] {
				continue // something was said between two pages
			}
			seen[one.ID] = true
			all.Data = append(all.Data, row)
			if at, err := time.Parse(historyTime, one.Created); err == nil && at.Before(since.Truncate(time.Second)) {
				break
			}
		}
	}
	slices.Reverse(all.Data)
	if raw.Body, err = json.Marshal(all); err != nil {
		return raw, nil, err
	}
	in, err := c.readHistory(raw)
	if err != nil {
		raw.Trouble = err.Error()
	}
	return raw, in, nil
}

// threadWith finds the conversation with user; "" when there is none.
func (c *Connector) threadWith(ctx context.Context, user connectors.RemoteID) (text, error) {
	if strings.HasPrefix(string(user), unnamedPrefix) {
		return "", nil
	}
	query := url.Values{"platform": {"messenger"}, "user_id": {string(user)}, "fields": {"id"}}
	for t, err := range pagesOf[thread](ctx, c, "/"+c.cfg.PageID+"/conversations", query) {
		return t.ID, err
	}
	return "", nil
}

// pagesOf yields what a question is answered, page by page. The next page is
// asked for by its cursor: the address that Meta offers holds our token.
func pagesOf[T any](ctx context.Context, c *Connector, path string, query url.Values) func(yield func(T, error) bool) {
	return func(yield func(T, error) bool) {
		var none T
		for range historyMost {
			if err := c.history.Wait(ctx); err != nil {
				yield(none, call.NotSent(err))
				return
			}
			var page toldPage[T]
			if err := c.call(ctx, get(path, query), &page); err != nil {
				yield(none, err)
				return
			}
			for _, row := range page.Data {
				if !yield(row, nil) {
					return
				}
			}
			if page.Paging.Next == "" || page.Paging.Cursors.After == "" {
				return
			}
			query.Set("after", page.Paging.Cursors.After)
		}
	}
}

// readHistory reads what Recall has kept.
func (c *Connector) readHistory(raw connectors.Raw) ([]connectors.Inbound, error) {
	var all kept
	if err := json.Unmarshal(raw.Body, &all); err != nil {
		return nil, errors.New(troubleShape(err))
	}
	var in []connectors.Inbound
	var t troubles
	for _, row := range all.Data {
		var one told
		err := json.Unmarshal(row, &one)
		var read connectors.Inbound
		if err == nil {
			read, err = one.inbound(c.cfg.PageID, connectors.RemoteID(all.User))
		}
		if err != nil {
			t.add(fmt.Sprintf("Không đọc được một tin trong lịch sử: %v.", err))
			continue
		}
		in = append(in, read)
	}
	if len(t.all) > 0 {
		return in, errors.New(t.String())
	}
	return in, nil
}

// inbound reads something said with user.
func (m told) inbound(page string, user connectors.RemoteID) (connectors.Inbound, error) {
	at, err := time.Parse(historyTime, m.Created)
	switch {
	case m.ID == "":
		return connectors.Inbound{}, errors.New("tin không có mã")
	case err != nil:
		return connectors.Inbound{}, errors.New("tin không có thời gian")
	case user == "":
		return connectors.Inbound{}, errors.New("tin không cho biết người dân nào")
	}
	in := connectors.Inbound{
		Key: string(m.ID), Kind: connectors.Echo, From: user, Message: connectors.RemoteID(m.ID),
		SentAt: at.UTC(), Content: m.content(), Recalled: true,
	}
	if string(m.From.ID) != page {
		in.Kind = connectors.Said
		if m.From.ID != "" && connectors.RemoteID(m.From.ID) != user {
			return in, errors.New("tin của người khác")
		}
	}
	return in, nil
}

// content is what was said, as far as the history tells it: of some kinds it
// tells nothing but that there was something.
func (m told) content() content.Content {
	c := content.Content{Text: m.Message}
	for _, f := range m.Attachments.Data {
		a := content.Attachment{Name: clip(f.Name, 200), Source: cmp.Or(f.Image.URL, f.Video.URL, f.URL)}
		switch {
		case f.Image.URL != "":
			a.Kind = content.Picture
		case f.Video.URL != "":
			a.Kind = content.Video
		case strings.HasPrefix(f.Type, "audio/"):
			a.Kind = content.Voice
		}
		if a.Source == "" {
			a.Problem = "Facebook không cho biết tải tệp này ở đâu."
		}
		c.Attachments = append(c.Attachments, a)
	}
	if c.Empty() {
		c.Attachments = []content.Attachment{{Problem: "Facebook không cho xem lại nội dung tin này; hãy xem trong hộp thư của trang."}}
	}
	return c
}
