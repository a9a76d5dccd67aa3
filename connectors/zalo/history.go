package zalo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

const (
	// historyPage is the most that one call tells.
	historyPage = 10
	// historyMost bounds one question, in calls: 10,000 people, or things said with one.
	historyMost = 1000
)

// spokenRow is something said, as the history tells it.
type spokenRow struct {
	Source      text   `json:"src"` // 1: by the citizen, 0: by the OA
	Time        text   `json:"time"`
	Type        string `json:"type"`
	Text        string `json:"message"`
	ID          text   `json:"message_id"`
	From        text   `json:"from_id"`
	To          text   `json:"to_id"`
	URL         string `json:"url"`
	Description string `json:"description"`
}

func (s spokenRow) byCitizen() bool { return s.Source == "1" }

// citizen is with whom it was said.
func (s spokenRow) citizen() connectors.RemoteID {
	if s.byCitizen() {
		return connectors.RemoteID(s.From)
	}
	return connectors.RemoteID(s.To)
}

func (s spokenRow) at() (time.Time, bool) {
	ms, err := strconv.ParseInt(string(s.Time), 10, 64)
	return time.UnixMilli(ms).UTC(), err == nil && ms > 0
}

// Recent implements connectors.Historian. Visitors who are not logged in are not
// in Zalo's history, and neither is what is not said: who follows, who has seen what.
func (c *Connector) Recent(ctx context.Context, since time.Time) ([]connectors.Heard, error) {
	var all []connectors.Heard
	known := map[connectors.RemoteID]bool{}
	for row, err := range c.history(ctx, "/v2.0/oa/listrecentchat", map[string]any{}) {
		if err != nil {
			return all, err
		}
		at, ok := row.at()
		if ok && at.Before(since) {
			return all, nil
		}
		if user := row.citizen(); ok && user != "" && !known[user] {
			known[user] = true
			all = append(all, connectors.Heard{User: user, Message: connectors.RemoteID(row.ID), At: at})
		}
	}
	return all, nil
}

// Recall implements connectors.Historian.
func (c *Connector) Recall(ctx context.Context, user connectors.RemoteID, since time.Time) (connectors.Raw, []connectors.Inbound, error) {
	raw := connectors.Raw{Channel: c.cfg.Channel.ID, ReceivedAt: c.now(), Type: "application/json"}
	var in []connectors.Inbound
	rows, seen := []json.RawMessage{}, map[text]bool{}
	for row, err := range c.history(ctx, "/v2.0/oa/conversation", map[string]any{"user_id": string(user)}) {
		if err != nil {
			return raw, nil, err
		}
		if seen[row.ID] { // something was said between two pages
			continue
		}
		seen[row.ID] = true
		rows = append(rows, row.bytes)
		one, err := row.inbound(user)
		if err != nil {
			raw.Trouble = fmt.Sprintf("Không đọc được một tin trong lịch sử: %v.", err)
			continue
		}
		in = append(in, one)
		if one.SentAt.Before(since) {
			break
		}
	}
	slices.Reverse(in)
	slices.Reverse(rows)
	var err error
	raw.Body, err = json.Marshal(rows)
	return raw, in, err
}

// historyRow is a spokenRow with the bytes it was read from.
type historyRow struct {
	spokenRow
	bytes json.RawMessage
}

// history yields what a question of the history is answered, newest first, page by page.
func (c *Connector) history(ctx context.Context, path string, query map[string]any) func(yield func(historyRow, error) bool) {
	return func(yield func(historyRow, error) bool) {
		query["count"] = historyPage
		for offset := 0; offset < historyPage*historyMost; offset += historyPage {
			query["offset"] = offset
			var page []json.RawMessage
			if err := c.call(ctx, request{method: http.MethodGet, path: path, query: query}, &page); err != nil {
				yield(historyRow{}, err)
				return
			}
			for _, bytes := range page {
				row := historyRow{bytes: bytes}
				if err := json.Unmarshal(bytes, &row.spokenRow); err != nil {
					yield(row, fmt.Errorf("the history is not what was expected: %w", err))
					return
				}
				if !yield(row, nil) {
					return
				}
			}
			if len(page) < historyPage {
				return
			}
		}
	}
}

// inbound reads something said with user.
func (s spokenRow) inbound(user connectors.RemoteID) (connectors.Inbound, error) {
	at, ok := s.at()
	switch {
	case s.ID == "":
		return connectors.Inbound{}, errors.New("tin không có mã")
	case !ok:
		return connectors.Inbound{}, errors.New("tin không có thời gian")
	case s.citizen() != user:
		return connectors.Inbound{}, errors.New("tin của người khác")
	}
	in := connectors.Inbound{
		Key: spokenKey(user, s.ID), Kind: connectors.Echo, From: user, Message: connectors.RemoteID(s.ID),
		SentAt: at, Content: s.content(), Recalled: true,
	}
	if s.byCitizen() {
		in.Kind = connectors.Said
		if label, value, ok := pressed(in.Content.Text); ok {
			in.Content.Text, in.Pressed = label, value
		}
	}
	return in, nil
}

// historyFiles are the types of the history that are files.
var historyFiles = map[string]content.AttachmentKind{
	"photo": content.Picture, "image": content.Picture, "GIF": content.Animation, "gif": content.Animation,
	"sticker": content.Sticker, "voice": content.Voice, "audio": content.Voice, "video": content.Video, "file": content.File,
}

// content is what was said, as far as the history tells it: of some types it
// tells nothing but that there was something.
func (s spokenRow) content() content.Content {
	c := content.Content{Text: s.Text}
	kind, file := historyFiles[s.Type]
	switch {
	case file && s.URL != "":
		c.Attachments = []content.Attachment{{Kind: kind, Source: s.URL}}
	case s.Type == "link" && isPage(s.URL):
		c.Links = []content.Link{{Label: s.Description, URL: s.URL}}
	case file || c.Empty():
		if !file {
			kind = content.File
		}
		c.Attachments = []content.Attachment{{Kind: kind, Problem: "Zalo không cho tải lại nội dung tin này; hãy xem trên oa.zalo.me."}}
	}
	return c
}
