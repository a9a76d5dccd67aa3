package zalosim

import (
	"cmp"
	"slices"
)

// spoken is one message of the history with its chat.
type spoken struct {
	user string
	chat *chat
	Message
}

// history answers listrecentchat (the last message of each chat) and
// conversation (all of one chat), newest first. s.mu is held.
func (s *Sim) history(oa string, wanted func(user string) bool, q historyQuery, lastOnly bool) []map[string]any {
	var all []spoken
	for id, c := range s.chats {
		if id.oa != oa || !wanted(id.user) || len(c.messages) == 0 {
			continue
		}
		messages := s.remembered(c.messages)
		if len(messages) == 0 {
			continue
		}
		if lastOnly {
			messages = messages[len(messages)-1:]
		}
		for _, m := range messages {
			all = append(all, spoken{id.user, c, m})
		}
	}
	slices.SortFunc(all, func(a, b spoken) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID))
	})
	from := min(q.Offset, len(all))
	rows := []map[string]any{}
	for _, m := range all[from:min(from+q.Count, len(all))] {
		rows = append(rows, s.historyRow(oa, m))
	}
	return rows
}

func (s *Sim) historyRow(oa string, m spoken) map[string]any {
	known, _ := s.oa(oa)
	row := map[string]any{
		"message_id": m.ID, "time": m.At.UnixMilli(), "type": historyType(m.Kind), "message": m.Text, "src": 0,
		"from_id": oa, "from_display_name": known.Name, "to_id": m.user, "to_display_name": m.chat.name,
	}
	if m.FromUser {
		row["src"] = 1
		row["from_id"], row["to_id"] = row["to_id"], row["from_id"]
		row["from_display_name"], row["to_display_name"] = row["to_display_name"], row["from_display_name"]
	}
	if m.URL != "" {
		row["url"] = m.URL
	}
	return row
}

func historyType(kind Kind) string {
	switch kind {
	case Image:
		return "photo"
	case GIF:
		return "GIF"
	case Audio:
		return "voice"
	case Text, Sticker, Link:
		return string(kind)
	}
	return "nosupport"
}

// remembered is what the platform still tells of messages. s.mu is held.
func (s *Sim) remembered(messages []Message) []Message {
	if s.cfg.HistoryLife == 0 {
		return messages
	}
	since := s.cfg.Now().Add(-s.cfg.HistoryLife)
	for len(messages) > 0 && messages[0].At.Before(since) {
		messages = messages[1:]
	}
	return messages
}
