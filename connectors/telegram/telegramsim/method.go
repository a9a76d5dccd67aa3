package telegramsim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// method does what was called and notes in call what came of it. s.mu is held.
type method func(s *Sim, p params, call *Call) (any, error)

// otherMethod finds a method that says nothing to a person; nil: there is none.
func otherMethod(name string) method {
	switch name {
	case "getMe":
		return (*Sim).getMe
	case "getFile":
		return (*Sim).askFile
	case "setWebhook":
		return (*Sim).setWebhook
	case "deleteWebhook":
		return (*Sim).deleteWebhook
	case "getWebhookInfo":
		return (*Sim).getWebhookInfo
	case "answerCallbackQuery":
		return (*Sim).answerPress
	case "sendChatAction":
		return (*Sim).chatAction
	case "leaveChat":
		return (*Sim).leaveChat
	case "setMyCommands", "setMyDescription", "setMyShortDescription":
		return (*Sim).introduce
	}
	return nil
}

func (s *Sim) getMe(params, *Call) (any, error) {
	return map[string]any{
		"id": s.bot, "is_bot": true, "first_name": s.cfg.Name, "username": s.cfg.Username,
		"can_join_groups": true, "can_read_all_group_messages": false, "supports_inline_queries": false,
	}, nil
}

// hook is where updates are pushed.
type hook struct {
	url         string
	secret      string
	connections int
	allowed     []string
	failed      time.Time
	failure     string
}

// usual are the kinds that are sent when allowed_updates does not say.
var usual = []string{"message", "edited_message", "channel_post", "edited_channel_post", "callback_query", "my_chat_member"}

func (s *Sim) setWebhook(p params, _ *Call) (any, error) {
	address := p.values["url"]
	if address == "" {
		return s.deleteWebhook(p, nil)
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, bad("bad webhook: Failed to resolve host")
	}
	if !s.cfg.PlainHooks {
		if u.Scheme != "https" {
			return nil, bad("bad webhook: An HTTPS URL must be provided for webhook")
		}
		if !slices.Contains([]string{"", "443", "80", "88", "8443"}, u.Port()) {
			return nil, bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
		}
	}
	secret := p.values["secret_token"]
	if strings.Trim(secret, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") != "" || len(secret) > 256 {
		return nil, bad("secret token contains unallowed characters")
	}
	next := hook{url: address, secret: secret, connections: max(p.integer("max_connections"), 0), allowed: s.hook.allowed}
	if next.connections == 0 {
		next.connections = 40
	}
	if _, err := p.object("allowed_updates", &next.allowed); err != nil {
		return nil, err
	}
	s.hook = next
	if p.values["drop_pending_updates"] == "true" {
		s.confirm(1 << 62)
	}
	s.wake()
	s.pump()
	return true, nil
}

func (s *Sim) deleteWebhook(p params, _ *Call) (any, error) {
	s.hook = hook{allowed: s.hook.allowed}
	if p.values["drop_pending_updates"] == "true" {
		s.confirm(1 << 62)
	}
	return true, nil
}

func (s *Sim) getWebhookInfo(params, *Call) (any, error) {
	s.expire()
	info := map[string]any{"url": s.hook.url, "has_custom_certificate": false, "pending_update_count": len(s.pending)}
	if s.hook.url != "" {
		info["max_connections"], info["allowed_updates"] = s.hook.connections, s.hook.allowed
	}
	if !s.hook.failed.IsZero() {
		info["last_error_date"], info["last_error_message"] = s.hook.failed.Unix(), s.hook.failure
	}
	return info, nil
}

func (s *Sim) introduce(p params, call *Call) (any, error) {
	var commands []struct{ Command, Description string }
	if _, err := p.object("commands", &commands); err != nil {
		return nil, err
	}
	for _, c := range commands {
		if c.Command == "" || len(c.Command) > 32 || utf8.RuneCountInString(c.Description) > 256 || c.Description == "" {
			return nil, bad("BOT_COMMAND_INVALID")
		}
	}
	if utf8.RuneCountInString(p.values["description"]) > 512 || utf8.RuneCountInString(p.values["short_description"]) > 120 {
		return nil, bad("description is too long")
	}
	call.Text = p.values["description"] + p.values["short_description"]
	return true, nil
}

func (s *Sim) chatAction(p params, call *Call) (any, error) {
	c, err := s.reachable(p)
	if err != nil {
		return nil, err
	}
	if p.values["action"] == "" {
		return nil, bad("wrong parameter action in request")
	}
	call.Chat, call.Text = c.id, p.values["action"]
	c.typing = s.cfg.Now()
	c.watchers.Wake()
	return true, nil
}

func (s *Sim) leaveChat(p params, call *Call) (any, error) {
	id, _ := strconv.ParseInt(p.values["chat_id"], 10, 64)
	if s.chats[id] == nil {
		return nil, bad("chat not found")
	}
	call.Chat = id
	s.chats[id].left = true
	return true, nil
}

// press is a tap on a button that waits for its answer.
type press struct {
	chat     int64
	at       time.Time
	answered bool
}

func (s *Sim) answerPress(p params, call *Call) (any, error) {
	one := s.presses[p.values["callback_query_id"]]
	if one == nil || one.answered || s.cfg.Now().Sub(one.at) > s.cfg.PressLife {
		return nil, bad("query is too old and response timeout expired or query ID is invalid")
	}
	if utf8.RuneCountInString(p.values["text"]) > 200 {
		return nil, bad("MESSAGE_TOO_LONG")
	}
	one.answered = true
	call.Chat, call.Text = one.chat, p.values["text"]
	if c := s.chats[one.chat]; c != nil {
		c.toast = p.values["text"]
		c.watchers.Wake()
	}
	return true, nil
}

// file is something that either side has sent.
type file struct {
	id, unique, name string
	mediaType        string
	folder           string
	data             []byte
}

type link struct {
	id    string
	until time.Time
}

// filesMost is the largest file that a bot gets.
const filesMost = 20 << 20

func (s *Sim) askFile(p params, call *Call) (any, error) {
	f := s.files[p.values["file_id"]]
	if f == nil {
		return nil, bad("wrong file_id or the file is temporarily unavailable")
	}
	if len(f.data) > filesMost {
		return nil, bad("file is too big")
	}
	call.Text = f.name
	at := f.folder + "/file_" + strconv.FormatInt(s.number(), 10) + extensionOf(f)
	s.links[at] = link{f.id, s.cfg.Now().Add(s.cfg.LinkLife)}
	return map[string]any{"file_id": f.id, "file_unique_id": f.unique, "file_size": len(f.data), "file_path": at}, nil
}

// getFile hands a file over, at the address that getFile told, while it is good.
func (s *Sim) getFile(w http.ResponseWriter, r *http.Request) {
	s.faulty(w, r, Call{At: s.cfg.Now(), Method: "file"}, func(w http.ResponseWriter, call *Call) {
		s.mu.Lock()
		l, known := s.links[r.PathValue("path")]
		allowed := r.PathValue("bot") == "bot"+s.cfg.Token && known && s.cfg.Now().Before(l.until) && !s.revoked
		f := s.files[l.id]
		s.mu.Unlock()
		if !allowed || f == nil {
			write(w, call, nil, &refusal{Code: http.StatusNotFound, Description: "Not Found"})
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(f.data) // a caller that left needs no file
	})
}

// SetWebhook tells where updates go from now on, as the bot does by itself when it
// is installed. A bot that asked for some kinds of updates goes on getting those.
func (s *Sim) SetWebhook(address, secret string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.setWebhook(params{values: map[string]string{"url": address, "secret_token": secret}}, nil)
	return err
}
