package mattermostsim

import (
	"encoding/json"
	"io"
	"maps"
	"mime"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// cutCommand parts "/1022 tra cứu" into its word and the rest, as it was written.
func cutCommand(line string) (word, rest string) {
	word = line
	if i := strings.IndexFunc(line, unicode.IsSpace); i >= 0 {
		_, width := utf8.DecodeRuneInString(line[i:])
		word, rest = line[:i], line[i+width:]
	}
	return strings.TrimPrefix(strings.ToLower(word), "/"), rest
}

// readAnswer takes what a hub says about a command: JSON, or words.
func readAnswer(mediaType string, body []byte) (told commandAnswer, err error) {
	if kind, _, _ := mime.ParseMediaType(mediaType); kind != "application/json" {
		return commandAnswer{Text: string(body)}, nil
	}
	err = json.Unmarshal(body, &told)
	return told, err
}

// tell shows the answer to a command, and what comes with it, and returns the post
// when everybody sees it. s.mu is held.
func (s *Sim) tell(to response, told commandAnswer) (post string) {
	props := maps.Clone(told.Props)
	if props == nil {
		props = map[string]any{}
	}
	if told.Shown != nil {
		props["attachments"] = told.Shown
	}
	p := Post{UserID: to.user, ChannelID: to.channel, RootID: to.root, Message: told.Text, Props: props}
	switch {
	case told.Text == "" && told.Shown == nil:
	case told.Type == "in_channel":
		p.Props["from_webhook"] = "true"
		s.put(s.channels[to.channel], &p)
		post = p.ID
	default:
		s.complete(&p)
		s.whisper(to.user, p)
	}
	for _, extra := range told.Extra {
		s.tell(to, extra)
	}
	return post
}

// postResponse takes what a hub says later about a command, at the response_url.
func (s *Sim) postResponse(w http.ResponseWriter, r *http.Request) {
	call := Call{At: s.cfg.Now(), Name: "POST /hooks/commands/{id}", Path: r.URL.RequestURI()}
	s.faulty(w, r, call, func(w http.ResponseWriter, call *Call) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.cfg.Limits.Body))
		if err != nil {
			s.write(w, call, answer{}, refuse(http.StatusRequestEntityTooLarge, "api.context.request_body_too_large.app_error", "Request body too large."))
			return
		}
		told, err := readAnswer(r.Header.Get("Content-Type"), body)
		if err != nil {
			s.write(w, call, answer{}, bad("web.command_webhook.parse.app_error", "Unable to parse incoming data."))
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		to := s.responses[r.PathValue("id")]
		if to == nil || to.left == 0 || s.cfg.Now().After(to.until) {
			s.write(w, call, answer{}, refuse(http.StatusNotFound, "web.command_webhook.invalid.app_error", "Invalid webhook."))
			return
		}
		to.left--
		call.Channel, call.Root, call.Text = to.channel, to.root, told.Text
		call.Post = s.tell(*to, told)
		call.Status = http.StatusOK
		_, _ = io.WriteString(w, "ok") // into a recorder
	})
}
