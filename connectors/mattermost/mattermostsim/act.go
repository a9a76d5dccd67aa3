package mattermostsim

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// trigger is what a trigger_id stands for: somebody just did something.
type trigger struct {
	user    string
	channel string
	at      time.Time
}

// newTrigger makes a trigger_id, for a dialog soon. s.mu is held.
func (s *Sim) newTrigger(u *User, c *Channel) string {
	now := s.cfg.Now()
	plain := newID() + ":" + u.ID + ":" + strconv.FormatInt(now.UnixMilli(), 10) + ":" + newID()
	id := base64.StdEncoding.EncodeToString([]byte(plain))
	s.triggers[id] = trigger{u.ID, c.ID, now}
	return id
}

// Pressed is what came of pressing a button or choosing from a menu.
type Pressed struct {
	Status    int    // of the hub's answer; zero: none came in time
	Ephemeral string // what the one who pressed is told alone
	Trigger   string // the trigger_id, by which a dialog may have been opened
	Updated   bool   // the post was changed
}

// Press has a person press a button of a post; what a real client would tell as a
// failure is an error.
func (s *Sim) Press(user, post, action string) (Pressed, error) {
	return s.Choose(user, post, action, "")
}

// Choose is Press of a menu, with the value that was chosen.
func (s *Sim) Choose(user, post, action, value string) (Pressed, error) {
	u, p, a, err := s.pressable(user, post, action)
	if err != nil {
		return Pressed{}, err
	}
	s.mu.Lock()
	c := s.channels[p.ChannelID]
	pressed := Pressed{Trigger: s.newTrigger(u, c)}
	context, source := cloned(a.Integration.Context), ""
	if a.Type == "select" && value != "" {
		context["selected_option"], source = value, a.DataSource
	}
	body := map[string]any{
		"user_id": u.ID, "user_name": u.Username, "channel_id": c.ID, "channel_name": c.Name, "team_id": c.TeamID,
		"team_domain": s.domain(c), "post_id": p.ID, "trigger_id": pressed.Trigger, "type": a.Type, "data_source": source, "context": context,
	}
	s.mu.Unlock()
	var told struct {
		Update *struct {
			Message string         `json:"message"`
			Props   map[string]any `json:"props"`
			Files   []string       `json:"file_ids"`
		} `json:"update"`
		Ephemeral string `json:"ephemeral_text"`
	}
	pressed.Status, err = s.callJSON("action", u.ID, a.Integration.URL, body, &told)
	if err != nil {
		return pressed, bad("api.post.do_action.action_integration.app_error", "Action integration error: %v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if pressed.Ephemeral = told.Ephemeral; told.Ephemeral != "" {
		root := p.RootID
		if root == "" {
			root = p.ID
		}
		s.whisper(u.ID, Post{UserID: u.ID, ChannelID: p.ChannelID, RootID: root, Message: told.Ephemeral})
	}
	if now, err := s.standing(p.ID); err == nil && told.Update != nil {
		pressed.Updated = true
		err := s.revise(now, func(p *Post) {
			p.Message, p.FileIDs = told.Update.Message, told.Update.Files // what is not told is gone
			if told.Update.Props != nil {
				p.Props = told.Update.Props
			}
		})
		if err != nil {
			return pressed, err
		}
	}
	return pressed, nil
}

// pressable is the action, if the user may press it.
func (s *Sim) pressable(user, post, action string) (*User, *Post, Action, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.user(user)
	if err != nil {
		return nil, nil, Action{}, err
	}
	p, err := s.standing(post)
	if err != nil {
		return nil, nil, Action{}, err
	}
	if _, err := s.mayRead(u, p.ChannelID); err != nil {
		return nil, nil, Action{}, err
	}
	a, found := p.Action(action)
	if !found || a.Integration == nil || a.Integration.URL == "" || slices.ContainsFunc([]rune(action), isNeitherLetterNorDigit) {
		return nil, nil, Action{}, refuse(http.StatusNotFound, "api.post.do_action.action_id.app_error", "Invalid action id.")
	}
	shown := p.clone()
	return u, &shown, a, nil
}

func (s *Sim) domain(c *Channel) string {
	if c.TeamID == "" {
		return ""
	}
	return s.team.Name
}

// callJSON brings a body to the hub and reads what it answers; an empty answer is
// one too.
func (s *Sim) callJSON(kind, user, address string, body, into any) (int, error) {
	request, err := http.NewRequestWithContext(s.ctx, http.MethodPost, address, bytes.NewReader([]byte(text(body))))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	status, answer, _, err := s.call(kind, user, request)
	if err != nil {
		return status, err
	}
	if status != http.StatusOK {
		return status, fmt.Errorf("status=%d", status)
	}
	if len(bytes.TrimSpace(answer)) == 0 {
		return status, nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return status, fmt.Errorf("the answer is no JSON: %w", err)
	}
	return status, nil
}

// answerMost is the longest answer of the hub that is read.
const answerMost = 1 << 20

// call is one call to the hub, within the time that the server gives it, and noted
// on the ledger.
func (s *Sim) call(kind, user string, request *http.Request) (status int, answer []byte, mediaType string, err error) {
	start := time.Now()
	note := Outward{At: s.cfg.Now(), Kind: kind, URL: request.URL.String(), User: user}
	response, err := s.cfg.Client.Do(request)
	if err == nil {
		status, mediaType = response.StatusCode, response.Header.Get("Content-Type")
		answer, err = io.ReadAll(io.LimitReader(response.Body, answerMost))
		_ = response.Body.Close() // was only read
	}
	note.Status, note.Took = status, time.Since(start)
	if err != nil {
		note.Error = err.Error()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outward = append(s.outward, note)
	return status, answer, mediaType, err
}

// Command is a slash command that is registered for the team.
type Command struct {
	Trigger string // the word after the slash: "1022"
	URL     string
	Token   string // made by the server, and proven to the hub with each call
}

// SetCommand registers a slash command and returns its token: the one given, or a
// new one.
func (s *Sim) SetCommand(c Command) (token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Token == "" {
		c.Token = newID()
	}
	s.commands[c.Trigger] = c
	s.watchers.Wake()
	return c.Token
}

// Commanded is what came of a slash command.
type Commanded struct {
	Status    int    // of the hub's answer; zero: none came in time
	Text      string // of the answer
	InChannel bool   // everybody sees the answer
	Post      string // the answer, when everybody sees it
	Trigger   string // the trigger_id
	Response  string // the response_url
}

// response is what a response_url stands for.
type response struct {
	user    string
	channel string
	root    string
	until   time.Time
	left    int // times that it may be used
}

// commandAnswer is how a hub answers a command, at once or by the response_url.
type commandAnswer struct {
	Type  string          `json:"response_type"`
	Text  string          `json:"text"`
	Props map[string]any  `json:"props"`
	Shown []any           `json:"attachments"`
	Extra []commandAnswer `json:"extra_responses"`
}

// Slash has a person write a slash command in a channel, such as "/1022 trực".
func (s *Sim) Slash(user, channel, root, line string) (Commanded, error) {
	request, commanded, to, err := s.ordered(user, channel, root, line)
	if err != nil {
		return Commanded{}, err
	}
	status, body, mediaType, err := s.call("command", to.user, request)
	commanded.Status = status
	switch {
	case err != nil:
		return commanded, refuse(http.StatusInternalServerError, "api.command.execute_command.failed.app_error", "Command with a trigger of '%s' failed: %v", line, err)
	case status != http.StatusOK:
		return commanded, refuse(http.StatusInternalServerError, "api.command.execute_command.failed_resp.app_error", "Command with a trigger of '%s' returned response %d.", line, status)
	}
	told, err := readAnswer(mediaType, body)
	if err != nil {
		return commanded, refuse(http.StatusInternalServerError, "api.command.execute_command.failed.app_error", "Command with a trigger of '%s' failed: %v", line, err)
	}
	commanded.Text, commanded.InChannel = told.Text, told.Type == "in_channel"
	s.mu.Lock()
	defer s.mu.Unlock()
	commanded.Post = s.tell(to, told)
	return commanded, nil
}

// ordered makes the call of a command.
func (s *Sim) ordered(user, channel, root, line string) (*http.Request, Commanded, response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, u, err := s.both(channel, user)
	if err != nil {
		return nil, Commanded{}, response{}, err
	}
	if _, err := s.mayRead(u, c.ID); err != nil {
		return nil, Commanded{}, response{}, err
	}
	word, rest := cutCommand(line)
	command, known := s.commands[word]
	if !known {
		return nil, Commanded{}, response{}, refuse(http.StatusNotFound, "api.command.execute_command.not_found.app_error", "Command with a trigger of '/%s' not found.", word)
	}
	to := response{user: u.ID, channel: c.ID, root: root, until: s.cfg.Now().Add(30 * time.Minute), left: 5}
	hook := newID()
	s.responses[hook] = &to
	commanded := Commanded{Trigger: s.newTrigger(u, c), Response: s.url + "/hooks/commands/" + hook}
	form := url.Values{
		"token": {command.Token}, "team_id": {s.team.ID}, "team_domain": {s.team.Name}, "channel_id": {c.ID}, "channel_name": {c.Name},
		"user_id": {u.ID}, "user_name": {u.Username}, "command": {"/" + word}, "text": {rest}, "trigger_id": {commanded.Trigger},
		"response_url": {commanded.Response},
	}
	if s.cfg.CommandRoot {
		form.Set("root_id", root)
	}
	request, err := http.NewRequestWithContext(s.ctx, http.MethodPost, command.URL, bytes.NewReader([]byte(form.Encode())))
	if err != nil {
		return nil, Commanded{}, response{}, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", "Token "+command.Token)
	return request, commanded, to, nil
}
