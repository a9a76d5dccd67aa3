package webchat

import (
	"context"
	"math"
	"net/http"
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

// historyPage is how many messages are read at once.
const historyPage = 100

// saidAnswer is one message as widgets see it.
type saidAnswer struct {
	Cursor       string         `json:"cursor"` // after this one
	Conversation string         `json:"conversation"`
	Seq          uint64         `json:"seq"`
	Code         string         `json:"code"`
	ID           string         `json:"id"`
	Key          string         `json:"key,omitempty"` // of the widget, if it is the visitor's own
	Own          bool           `json:"own"`
	Author       string         `json:"author"`
	Name         string         `json:"name,omitempty"`
	Automatic    bool           `json:"automatic"`
	At           time.Time      `json:"at"`
	Delivery     string         `json:"delivery,omitempty"`
	Text         string         `json:"text"`
	Pressed      string         `json:"pressed,omitempty"`
	Choices      []choiceAnswer `json:"choices,omitempty"`
	Links        []linkAnswer   `json:"links,omitempty"`
	Files        []fileAnswer   `json:"files,omitempty"`
	Place        *placeAnswer   `json:"place,omitempty"`
	Form         []fieldAnswer  `json:"form,omitempty"`
}

type choiceAnswer struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

type linkAnswer struct {
	Label string `json:"label"`
	URL   string `json:"url"`
}

type placeAnswer struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Label     string  `json:"label"`
}

type fieldAnswer struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

func (c *Connector) saidAnswer(visitor connectors.RemoteID, s Said, after Cursor) saidAnswer {
	answer := saidAnswer{
		Cursor: after.String(), Conversation: s.Conversation, Seq: s.Seq, Code: s.Code, ID: s.Message,
		Own: s.Own, Author: s.Author, Name: s.Name, Automatic: s.Automatic,
		At: s.At.UTC(), Delivery: s.Delivery, Text: s.Content.Text, Pressed: s.Pressed,
	}
	if key, ok := strings.CutPrefix(s.Key, ownKey(visitor)); ok {
		answer.Key = key
	}
	for _, choice := range s.Content.Choices {
		answer.Choices = append(answer.Choices, choiceAnswer(choice))
	}
	for _, link := range s.Content.Links {
		answer.Links = append(answer.Links, linkAnswer(link))
	}
	for _, a := range s.Content.Attachments {
		answer.Files = append(answer.Files, c.fileAnswer(visitor, a))
	}
	answer.Place = placeOf(s.Content.Place)
	for _, field := range s.Content.Form {
		answer.Form = append(answer.Form, fieldAnswer{field.Label, field.Value})
	}
	return answer
}

// placeOf leaves out a point that JSON has no numbers for.
func placeOf(p *content.Place) *placeAnswer {
	if p == nil || !finite(p.Latitude) || !finite(p.Longitude) {
		return nil
	}
	answer := placeAnswer(*p)
	return &answer
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func cursorOf(r *http.Request) (Cursor, error) {
	text := r.URL.Query().Get("after")
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		text = last
	}
	cursor, err := ParseCursor(text)
	if err != nil {
		return Cursor{}, badRequest("cursor", "Vị trí đọc tiếp không hợp lệ. Vui lòng tải lại trang.")
	}
	return cursor, nil
}

// reading is who reads, and from where on. It counts as one read of the visitor's.
func (c *Connector) reading(r *http.Request) (s session, after Cursor, err error) {
	if s, err = c.visitor(r); err != nil {
		return s, after, err
	}
	if wait := c.reads.Take(string(s.visitor), c.cfg.Now()); wait > 0 {
		return s, after, tooMany(wait)
	}
	after, err = cursorOf(r)
	return s, after, err
}

// getHistory answers with one page of what was said after a cursor.
func (c *Connector) getHistory(w http.ResponseWriter, r *http.Request) error {
	s, after, err := c.reading(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), storeTime)
	defer cancel()
	page, err := c.log.Said(ctx, c.cfg.Channel.ID, s.visitor, after, historyPage)
	if err != nil {
		return err
	}
	answers := make([]saidAnswer, 0, len(page))
	for _, said := range page {
		after = after.With(said.Conversation, said.Seq)
		answers = append(answers, c.saidAnswer(s.visitor, said, after))
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"said":   answers,
		"cursor": after.String(),
		"more":   len(page) == historyPage,
	})
	return nil
}
