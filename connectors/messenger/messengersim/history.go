package messengersim

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// historyTime is how the history writes times.
const historyTime = "2006-01-02T15:04:05-0700"

// threadPrefix begins the id of a conversation; the rest is the citizen's.
const threadPrefix = "t_"

// getConversations tells with whom something was said, the latest first.
func (s *Sim) getConversations(by caller, r *http.Request, call *Call) (any, *refusal) {
	if no := by.onPage(); no != nil {
		return nil, no
	}
	q := r.URL.Query()
	if q.Get("platform") != "messenger" {
		return nil, invalid("platform is needed")
	}
	call.User = q.Get("user_id")
	s.mu.Lock()
	defer s.mu.Unlock()
	type spoken struct {
		user string
		last Message
		name string
	}
	var all []spoken
	for id, c := range s.chats {
		if id.page == by.page.ID && len(c.messages) > 0 && (call.User == "" || call.User == id.user) {
			all = append(all, spoken{id.user, c.messages[len(c.messages)-1], c.name})
		}
	}
	slices.SortFunc(all, func(a, b spoken) int { return cmp.Or(b.last.At.Compare(a.last.At), cmp.Compare(a.user, b.user)) })
	var rows []any
	for _, one := range all {
		rows = append(rows, object{
			"id": threadPrefix + one.user, "updated_time": one.last.At.UTC().Format(historyTime),
			"participants": object{"data": []object{{"id": one.user, "name": one.name}, {"id": by.page.ID, "name": by.page.Name}}},
			"messages":     object{"data": []object{{"id": one.last.ID, "created_time": one.last.At.UTC().Format(historyTime)}}},
		})
	}
	return s.paged(rows, q.Get("after"), 25), nil
}

// getMessages tells what was said in a conversation, the latest first.
func (s *Sim) getMessages(by caller, r *http.Request, call *Call) (any, *refusal) {
	user, ok := strings.CutPrefix(by.id, threadPrefix)
	if by.page == nil || !ok {
		return nil, refuse(100, 33, "Object with ID '%s' does not exist", by.id)
	}
	call.User = user
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit < 1 || limit > 100 {
		return nil, invalid("limit is invalid")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var rows []any
	for _, m := range slices.Backward(s.chat(by.page.ID, user).messages) {
		if m.Postback == "GET_STARTED" {
			continue
		}
		from, to := by.page.ID, user
		if m.FromUser {
			from, to = to, from
		}
		row := object{
			"id": m.ID, "created_time": m.At.UTC().Format(historyTime), "message": m.Text,
			"from": object{"id": from}, "to": object{"data": []object{{"id": to}}},
		}
		if files := historyFiles(m); len(files) > 0 {
			row["attachments"] = object{"data": files}
		}
		rows = append(rows, row)
	}
	return s.paged(rows, r.URL.Query().Get("after"), limit), nil
}

func historyFiles(m Message) (all []object) {
	for i, f := range m.Files {
		one := object{"id": m.ID + "_" + strconv.Itoa(i), "name": f.Name, "size": f.Size}
		switch f.Type {
		case "image", "sticker":
			one["mime_type"], one["image_data"] = "image/jpeg", object{"url": f.URL}
		case "video":
			one["mime_type"], one["video_data"] = "video/mp4", object{"url": f.URL}
		case "audio":
			one["mime_type"], one["file_url"] = "audio/mp4", f.URL
		default:
			one["mime_type"], one["file_url"] = "application/octet-stream", f.URL
		}
		all = append(all, one)
	}
	return all
}

// paged cuts a page out of rows. The address of the next one holds a token, as
// the platform's does.
func (s *Sim) paged(rows []any, after string, size int) object {
	from, _ := strconv.Atoi(after)
	from = max(0, min(from, len(rows)))
	to := min(from+size, len(rows))
	paging := object{"cursors": object{"before": strconv.Itoa(from), "after": strconv.Itoa(to)}}
	if to < len(rows) {
		paging["next"] = s.url + "/v25.0/next?access_token=EAAleaked&after=" + strconv.Itoa(to)
	}
	return object{"data": append([]any{}, rows[from:to]...), "paging": paging}
}

var _ http.Handler = (*Sim)(nil)

// Forget has the platform tell nothing any more of what was said before.
func (s *Sim) Forget(page, user string, before time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chat(page, user)
	c.messages = slices.DeleteFunc(c.messages, func(m Message) bool { return m.At.Before(before) })
}
