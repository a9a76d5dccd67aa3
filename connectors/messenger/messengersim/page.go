package messengersim

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

func (s *Sim) getMe(by caller, _ *http.Request, _ *Call) (any, *refusal) {
	if by.page == nil {
		return map[string]string{"id": s.cfg.AppID, "name": "app"}, nil
	}
	return map[string]string{"id": by.page.ID, "name": by.page.Name}, nil
}

func (s *Sim) getUser(by caller, _ *http.Request, call *Call) (any, *refusal) {
	call.User = by.id
	if by.page == nil {
		return nil, refuse(200, 0, "Permissions error")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.chats[chatID{by.page.ID, by.id}]
	if !ok || c.last.IsZero() {
		return nil, refuse(100, 2018218, "No profile available for this user.")
	}
	given, last := family(c.name)
	return map[string]string{"first_name": given, "last_name": last, "profile_pic": s.url + "/media/nobody", "id": by.id}, nil
}

func (s *Sim) getSubscribed(by caller, _ *http.Request, _ *Call) (any, *refusal) {
	if no := by.onPage(); no != nil {
		return nil, no
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	data := []map[string]any{{"id": "999000111", "name": "another app", "subscribed_fields": []string{"feed"}}}
	if by.page.fields != nil {
		data = append(data, map[string]any{
			"id": s.cfg.AppID, "name": "1022", "subscribed_fields": slices.Sorted(maps.Keys(by.page.fields)),
		})
	}
	return map[string]any{"data": data}, nil
}

func (s *Sim) postSubscribed(by caller, r *http.Request, _ *Call) (any, *refusal) {
	if no := by.onPage(); no != nil {
		return nil, no
	}
	var body struct {
		Fields string `json:"subscribed_fields"`
	}
	if no := readJSON(r, &body); no != nil {
		return nil, no
	}
	fields, known := map[string]bool{}, everyField()
	for field := range strings.SplitSeq(body.Fields, ",") {
		if !known[field] {
			return nil, invalid("Param subscribed_fields must be one of {…}, got %q", field)
		}
		fields[field] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	by.page.fields = fields
	return success, nil
}

var success = map[string]bool{"success": true}

func (s *Sim) postProfile(by caller, r *http.Request, _ *Call) (any, *refusal) {
	if no := by.onPage(); no != nil {
		return nil, no
	}
	var body struct {
		Started struct {
			Payload string `json:"payload"`
		} `json:"get_started"`
		Greeting []struct {
			Locale, Text string
		} `json:"greeting"`
		Menu []struct {
			Actions []struct {
				Type, Title, Payload string
			} `json:"call_to_actions"`
		} `json:"persistent_menu"`
		Breakers []struct {
			Actions []struct {
				Question, Payload string
			} `json:"call_to_actions"`
		} `json:"ice_breakers"`
	}
	if no := readJSON(r, &body); no != nil {
		return nil, no
	}
	set := map[string]any{}
	if body.Started.Payload == "" {
		return nil, invalid("get_started needs a payload: the menu needs the button")
	}
	set["get_started"] = body.Started.Payload
	for _, g := range body.Greeting {
		if n := utf8.RuneCountInString(g.Text); n == 0 || n > 160 {
			return nil, invalid("greeting must have 1 to 160 characters")
		}
		set["greeting"] = g.Text
	}
	var menu, questions []Button
	for _, m := range body.Menu {
		for _, a := range m.Actions {
			if a.Type != "postback" || a.Title == "" || utf8.RuneCountInString(a.Title) > 30 || a.Payload == "" {
				return nil, invalid("call_to_actions of persistent_menu are invalid")
			}
			menu = append(menu, Button{Type: "postback", Title: a.Title, Payload: a.Payload})
		}
	}
	for _, b := range body.Breakers {
		for _, a := range b.Actions {
			if a.Question == "" || utf8.RuneCountInString(a.Question) > 80 || a.Payload == "" {
				return nil, invalid("call_to_actions of ice_breakers are invalid")
			}
			questions = append(questions, Button{Type: "postback", Title: a.Question, Payload: a.Payload})
		}
	}
	if len(menu) > 20 || len(questions) > 4 {
		return nil, invalid("too many call_to_actions")
	}
	set["persistent_menu"], set["ice_breakers"] = menu, questions
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(by.page.profile, set)
	return map[string]string{"result": "success"}, nil
}

// Profile is how the page introduces itself: "get_started", "greeting",
// "persistent_menu" and "ice_breakers", as far as they are set.
func (s *Sim) Profile(page string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.pages[page].profile)
}

func (s *Sim) getSubscriptions(by caller, _ *http.Request, _ *Call) (any, *refusal) {
	if by.page != nil || by.id != s.cfg.AppID {
		return nil, refuse(15, 0, "This method must be called with an app access token")
	}
	data := []map[string]any{}
	if hook := s.Webhook(); hook != "" {
		data = append(data, map[string]any{"object": "page", "callback_url": hook, "active": true})
	}
	return map[string]any{"data": data}, nil
}

// postSubscriptions sets the app's webhook, after asking it.
func (s *Sim) postSubscriptions(by caller, r *http.Request, _ *Call) (any, *refusal) {
	if by.page != nil || by.id != s.cfg.AppID {
		return nil, refuse(15, 0, "This method must be called with an app access token")
	}
	var body struct {
		Object string `json:"object"`
		URL    string `json:"callback_url"`
		Token  string `json:"verify_token"`
		Fields string `json:"fields"`
	}
	if no := readJSON(r, &body); no != nil {
		return nil, no
	}
	if body.Object != "page" || body.Fields == "" {
		return nil, invalid("object and fields are needed")
	}
	if err := s.Verify(r.Context(), body.URL, body.Token); err != nil {
		return nil, refuse(2200, 0, "Callback verification failed with the following errors: %v", err)
	}
	s.SetWebhook(body.URL)
	return success, nil
}

// Verify asks an address the way Meta does when it is saved in the console.
func (s *Sim) Verify(ctx context.Context, hook, token string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	const challenge = "1158201444"
	q := url.Values{"hub.mode": {"subscribe"}, "hub.verify_token": {token}, "hub.challenge": {challenge}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, hook+"?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	resp, err := s.cfg.Client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	told, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	switch {
	case err != nil:
		return err
	case resp.StatusCode != http.StatusOK || string(told) != challenge:
		return &url.Error{Op: "verify", URL: hook, Err: errChallenge}
	}
	return nil
}

func (s *Sim) postThread(by caller, r *http.Request, call *Call) (any, *refusal) {
	if no := by.onPage(); no != nil {
		return nil, no
	}
	var body struct {
		Recipient struct{ ID string }
		Target    string `json:"target_app_id"`
	}
	if no := readJSON(r, &body); no != nil {
		return nil, no
	}
	user := body.Recipient.ID
	call.User, call.Type = user, by.edge
	s.mu.Lock()
	_, known := s.chats[chatID{by.page.ID, user}]
	s.mu.Unlock()
	switch {
	case !known:
		return nil, refuse(100, 2018001, "No matching user found")
	case by.edge == "take_thread_control" && s.cfg.Second:
		return nil, refuse(10, 2018304, "Only the primary receiver may take thread control")
	case by.edge == "take_thread_control":
		s.own(by.page.ID, user, by.edge, "")
	case by.edge == "pass_thread_control" && body.Target != InboxApp:
		return nil, refuse(100, 2018164, "The target app id is not valid")
	case by.edge == "pass_thread_control":
		s.own(by.page.ID, user, by.edge, body.Target)
	}
	return success, nil
}
