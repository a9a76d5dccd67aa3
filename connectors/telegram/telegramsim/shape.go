package telegramsim

import "strings"

// The shapes of the Bot API's objects, as it writes them.

func (s *Sim) wireChat(c *chat) map[string]any {
	if c.kind != "private" {
		return map[string]any{"id": c.id, "type": c.kind, "title": c.name}
	}
	first, last := names(c.name)
	chat := map[string]any{"id": c.id, "type": "private", "first_name": first}
	if last != "" {
		chat["last_name"] = last
	}
	return chat
}

func (s *Sim) wireUser(c *chat) map[string]any {
	first, last := names(c.name)
	user := map[string]any{"id": c.id, "is_bot": false, "first_name": first, "language_code": c.language}
	if last != "" {
		user["last_name"] = last
	}
	return user
}

// names are the two fields in which people write a Vietnamese name.
func names(name string) (first, last string) {
	words := strings.Fields(name)
	if len(words) < 2 {
		return name, ""
	}
	return words[len(words)-1], strings.Join(words[:len(words)-1], " ")
}

func (s *Sim) wireBot() map[string]any {
	return map[string]any{"id": s.bot, "is_bot": true, "first_name": s.cfg.Name, "username": s.cfg.Username}
}

func (s *Sim) wireMember(c *chat, before, after string) map[string]any {
	status := func(name string) map[string]any {
		m := map[string]any{"user": s.wireBot(), "status": name}
		if name == "kicked" {
			m["until_date"] = 0
		}
		return m
	}
	from := s.wireUser(c)
	if c.kind != "private" {
		from["id"] = int64(5550001)
	}
	return map[string]any{
		"chat": s.wireChat(c), "from": from, "date": s.cfg.Now().Unix(),
		"old_chat_member": status(before), "new_chat_member": status(after),
	}
}

func (s *Sim) wireMessage(c *chat, m Message) map[string]any {
	w := map[string]any{"message_id": m.ID, "chat": s.wireChat(c), "date": m.At.Unix()}
	if m.FromUser {
		w["from"] = s.wireUser(c)
	} else {
		w["from"] = s.wireBot()
	}
	if !m.Edited.IsZero() {
		w["edit_date"] = m.Edited.Unix()
	}
	if m.Album != "" {
		w["media_group_id"] = m.Album
	}
	if m.From != "" {
		w["forward_origin"] = map[string]any{"type": "hidden_user", "date": m.At.Unix(), "sender_user_name": m.From}
	}
	if i := c.find(m.Quote); m.Quote != 0 && i >= 0 {
		quoted := c.messages[i]
		quoted.Quote = 0 // the platform repeats one level
		w["reply_to_message"] = s.wireMessage(c, quoted)
	}
	if len(m.Buttons) > 0 {
		w["reply_markup"] = map[string]any{"inline_keyboard": wireButtons(m.Buttons)}
	}
	s.wireContent(w, m)
	return w
}

func wireButtons(buttons []Button) (rows []any) {
	for _, b := range buttons {
		one := map[string]string{"text": b.Text}
		if b.URL != "" {
			one["url"] = b.URL
		} else {
			one["callback_data"] = b.Data
		}
		rows = append(rows, []any{one})
	}
	return rows
}

func (s *Sim) wireContent(w map[string]any, m Message) {
	if f := s.files[m.File]; f != nil {
		s.wireFile(w, m, f)
		return
	}
	switch m.Kind {
	case Location:
		at := map[string]any{"latitude": m.Lat, "longitude": m.Lng}
		w["location"] = at
		if m.Text != "" {
			w["venue"] = map[string]any{"location": at, "title": m.Text, "address": "Thanh Hóa"}
		}
	case Contact:
		first, last := names(m.Name)
		w["contact"] = map[string]any{"phone_number": m.Phone, "first_name": first, "last_name": last}
	default:
		w["text"] = m.Text
		if command, _, _ := strings.Cut(m.Text, " "); strings.HasPrefix(command, "/") {
			w["entities"] = []any{map[string]any{"type": "bot_command", "offset": 0, "length": units(command)}}
		}
	}
}

func (s *Sim) wireFile(w map[string]any, m Message, f *file) {
	one := map[string]any{"file_id": f.id, "file_unique_id": f.unique, "file_size": m.Size}
	if m.Text != "" && m.Kind != Sticker {
		w["caption"] = m.Text
	}
	switch m.Kind {
	case Photo:
		small := map[string]any{"file_id": f.id + "-s", "file_unique_id": f.unique + "s", "width": 90, "height": 67, "file_size": 1200}
		one["width"], one["height"] = m.Width, m.Height
		w["photo"] = []any{small, one}
		return
	case Sticker:
		one["type"], one["emoji"], one["width"], one["height"] = "regular", m.Text, 512, 512
		one["is_animated"], one["is_video"] = false, false
	case VideoNote:
		one["length"], one["duration"] = 240, 3
	default:
		one["file_name"], one["mime_type"] = m.Name, f.mediaType
		if m.Kind == Voice {
			one["mime_type"], one["duration"] = "audio/ogg", 3
			delete(one, "file_name")
		}
		if m.Kind == Animation { // repeated for old clients
			w["document"] = one
		}
	}
	w[string(m.Kind)] = one
}
