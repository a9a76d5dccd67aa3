package main

import (
	"context"
	"time"

	"tongdai/configs"
	"tongdai/connectors"
	"tongdai/connectors/webchat"
	"tongdai/inbox"
	"tongdai/inbox/api"
	"tongdai/inbox/directory"
	"tongdai/kb"
)

// house answers what the hub and the API ask about departments, fields and
// hours: hours from the installation's files, all else from the directory that
// holds now.
type house struct {
	data    configs.Data
	current func() *directory.Directory
	manning *manning // when people are there, where a roster is kept
}

// newHouse is a house with the directory of the files, for who has no store.
func newHouse(data configs.Data) house {
	return house{data, func() *directory.Directory { return data.Directory }, &manning{}}
}

func (h house) DepartmentName(id kb.DepartmentID) string {
	d, _ := h.current().Department(id)
	return d.Name
}

func (h house) CategoryName(id kb.CategoryID) string {
	f, _ := h.current().Field(id)
	return f.Name
}

func (h house) DepartmentNamed(name string) (kb.DepartmentID, bool) {
	d, ok := h.current().DepartmentByName(name, time.Now())
	return d.ID, ok
}

func (h house) CategoryNamed(name string) (kb.CategoryID, bool) {
	f, ok := h.current().FieldByName(name)
	return f.ID, ok
}

func (h house) Staffed(at time.Time) (now bool, opens time.Time) {
	if m := h.manning.last.Load(); m != nil && m.Kept {
		return m.Staffed(at)
	}
	at = at.In(configs.Zone)
	return h.data.DeskOpen(at), h.data.DeskOpens(at)
}

func (h house) InHours(at time.Time) bool { return h.data.DeskOpen(at.In(configs.Zone)) }

func (h house) WorkingDay(day time.Time) bool { return h.data.WorkingDay(day) }

// Departments lists every department that ever was, so that old conversations
// keep their names, with who exists at that time.
func (h house) Departments(at time.Time) []api.Department {
	var out []api.Department
	for _, d := range h.current().All() {
		out = append(out, api.Department{
			ID: d.ID, Name: d.Name, Hotline: d.Hotline, Desk: d.Kind == directory.Desk, Current: d.ExistsAt(at),
		})
	}
	return out
}

func (h house) Categories() []api.Category {
	var out []api.Category
	for _, f := range h.current().Fields() {
		out = append(out, api.Category{ID: f.ID, Name: f.Name})
	}
	return out
}

// chatLog shows the hub's log to the visitors of a web chat.
type chatLog struct{ hub *inbox.Hub }

func (l chatLog) Said(ctx context.Context, channel connectors.ChannelID, visitor connectors.RemoteID, after webchat.Cursor, limit int) ([]webchat.Said, error) {
	seen := func(id inbox.ConversationID) uint64 { return after.Seen(string(id)) }
	shown, err := l.hub.ShownTo(ctx, channel, visitor, seen, limit)
	out := make([]webchat.Said, len(shown))
	for i, m := range shown {
		out[i] = webchat.Said{
			Conversation: string(m.Conversation), Seq: m.Seq, Code: m.Code, Message: string(m.ID), Key: m.Key,
			Own: m.Direction == inbox.In, Author: string(m.Author.Kind), Name: m.Author.Name,
			Content: m.Content, Pressed: m.Pressed, Automatic: m.Automatic, At: m.ReceivedAt,
			Delivery: string(m.Delivery.State),
		}
	}
	return out, err
}

func (l chatLog) Watch(channel connectors.ChannelID, visitor connectors.RemoteID) (said, own <-chan struct{}, stop func()) {
	return l.hub.Feed().WatchVisitor(channel, visitor)
}

func (l chatLog) Staffed(context.Context) (bool, time.Time) { return l.hub.Staffed() }
