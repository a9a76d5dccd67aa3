package mattermostsim

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// triggerLife is how long a dialog may be opened on a trigger_id, which 6.7.2 does not
// let anybody set.
const triggerLife = 3 * time.Second

func notBase64(text string) bool {
	_, err := base64.StdEncoding.DecodeString(text)
	return err != nil
}

// Dialog is a form that a hub opened for one user, on a trigger_id.
type Dialog struct {
	User     string    `json:"user"`
	Channel  string    `json:"channel"`
	Trigger  string    `json:"trigger"`
	URL      string    `json:"url"`
	Callback string    `json:"callback_id"`
	Title    string    `json:"title"`
	Intro    string    `json:"introduction_text"`
	Elements []Element `json:"elements"`
	Submit   string    `json:"submit_label"`
	Cancels  bool      `json:"notify_on_cancel"`
	State    string    `json:"state"`
}

// Element is a field of a Dialog.
type Element struct {
	Label       string   `json:"display_name"`
	Name        string   `json:"name"`
	Type        string   `json:"type"` // text, textarea, select, bool, radio
	SubType     string   `json:"subtype"`
	Default     string   `json:"default"`
	Placeholder string   `json:"placeholder"`
	Help        string   `json:"help_text"`
	Optional    bool     `json:"optional"`
	MinLength   int      `json:"min_length"`
	MaxLength   int      `json:"max_length"`
	DataSource  string   `json:"data_source"`
	Options     []Option `json:"options"`
}

// most is how many characters the field takes.
func (e Element) most() int {
	switch {
	case e.MaxLength > 0:
		return e.MaxLength
	case e.Type == "textarea":
		return 3000
	}
	return 150
}

func (s *Sim) openDialog(r *request) (answer, error) {
	var body struct {
		Trigger string `json:"trigger_id"`
		URL     string `json:"url"`
		Dialog  Dialog `json:"dialog"`
	}
	if err := r.read("dialog", &body); err != nil {
		return answer{}, err
	}
	from, known := s.triggers[body.Trigger]
	address, err := url.Parse(body.URL)
	switch {
	case body.URL == "" || err != nil || address.Scheme != "http" && address.Scheme != "https":
		return answer{}, bad("api.context.invalid_body_param.app_error", "Invalid or missing url in request body.")
	case !known && notBase64(body.Trigger):
		return answer{}, bad("interactive_message.decode_trigger_id.base64_decode_failed", "Failed to decode base64 for trigger ID for interactive dialog.")
	case !known:
		return answer{}, bad("interactive_message.decode_trigger_id.verify_signature_failed", "Signature verification failed of trigger ID for interactive dialog.")
	case s.cfg.Now().Sub(from.at) > min(s.cfg.CallWithin, triggerLife):
		return answer{}, bad("interactive_message.decode_trigger_id.expired", "Trigger ID for interactive dialog is expired. Trigger IDs live for a maximum of %d seconds.", int(triggerLife.Seconds()))
	}
	d := body.Dialog
	d.User, d.Channel, d.Trigger, d.URL = from.user, from.channel, body.Trigger, body.URL
	s.inspect(d)
	s.dialogs[d.Trigger] = &d
	r.call.Channel, r.call.Text = d.Channel, d.Title
	s.publish(event{Event: "open_dialog", Data: map[string]any{"dialog": text(body)}, Broadcast: broadcast{UserID: d.User}})
	s.watchers.Wake()
	return done()
}

// inspect warns of what clients show wrongly.
func (s *Sim) inspect(d Dialog) {
	if n := utf8.RuneCountInString(d.Title); n == 0 || n > 24 {
		s.warn(fmt.Sprintf("the title of the dialog %q has %d characters, not 1 to 24", d.Title, n))
	}
	if len(d.Elements) > 5 {
		s.warn(fmt.Sprintf("the dialog %q has more than 5 elements", d.Title))
	}
	for _, e := range d.Elements {
		if n := utf8.RuneCountInString(e.Label); n == 0 || n > 24 {
			s.warn(fmt.Sprintf("the element %q has a name of %d characters, not 1 to 24", e.Name, n))
		}
		if !slices.Contains([]string{"text", "textarea", "select", "bool", "radio"}, e.Type) {
			s.warn(fmt.Sprintf("the element %q is of no known type: %q", e.Name, e.Type))
		}
		if most := e.most(); e.Type == "text" && most > 150 || e.Type == "textarea" && most > 3000 {
			s.warn(fmt.Sprintf("the element %q takes %d characters, more than its type may", e.Name, most))
		}
	}
}

// Dialogs are those that stand open for a user, by name or id.
func (s *Sim) Dialogs(user string) (all []Dialog) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.user(user)
	if err != nil {
		return nil
	}
	for _, d := range s.dialogs {
		if d.User == u.ID {
			all = append(all, *d)
		}
	}
	return all
}

// Submitted is what came of sending a dialog. With an error, of the whole or of
// fields, it stays open.
type Submitted struct {
	Status int               `json:"status"` // of the hub's answer; zero: none came, or nothing was sent
	Error  string            `json:"error"`
	Errors map[string]string `json:"errors"` // by the name of the element
}

// Submit has the user of a dialog fill it in and send it.
func (s *Sim) Submit(triggerID string, values map[string]any) (Submitted, error) {
	d, err := s.opened(triggerID)
	if err != nil {
		return Submitted{}, err
	}
	if wrong := d.check(values); len(wrong) > 0 {
		return Submitted{Errors: wrong}, nil
	}
	return s.send(d, values, false)
}

// Cancel has the user of a dialog close it; the hub is told if it asked for that.
func (s *Sim) Cancel(triggerID string) error {
	d, err := s.opened(triggerID)
	if err != nil {
		return err
	}
	if d.Cancels {
		_, err = s.send(d, map[string]any{}, true)
	}
	s.shut(d)
	return err
}

func (s *Sim) opened(triggerID string) (Dialog, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.dialogs[triggerID]
	if d == nil {
		return Dialog{}, fmt.Errorf("mattermostsim: không có hộp thoại nào đang mở với trigger_id này")
	}
	return *d, nil
}

func (s *Sim) shut(d Dialog) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.dialogs, d.Trigger)
	s.watchers.Wake()
}

// check is what clients look at before they send.
func (d Dialog) check(values map[string]any) map[string]string {
	wrong := map[string]string{}
	for _, e := range d.Elements {
		words, _ := values[e.Name].(string)
		n := utf8.RuneCountInString(words)
		switch {
		case e.Type == "bool":
		case strings.TrimSpace(words) == "" && !e.Optional:
			wrong[e.Name] = "Mục này là bắt buộc."
		case words == "":
		case e.Type == "select" && e.DataSource == "" || e.Type == "radio":
			if !slices.ContainsFunc(e.Options, func(o Option) bool { return o.Value == words }) {
				wrong[e.Name] = "Lựa chọn không có trong danh sách."
			}
		case n < e.MinLength:
			wrong[e.Name] = fmt.Sprintf("Cần ít nhất %d ký tự.", e.MinLength)
		case n > e.most():
			wrong[e.Name] = fmt.Sprintf("Nhiều nhất %d ký tự.", e.most())
		}
	}
	return wrong
}

func (s *Sim) send(d Dialog, values map[string]any, cancelled bool) (Submitted, error) {
	body := map[string]any{
		"type": "dialog_submission", "url": d.URL, "callback_id": d.Callback, "state": d.State, "user_id": d.User,
		"channel_id": d.Channel, "team_id": s.teamOf(d.Channel), "submission": values, "cancelled": cancelled,
	}
	var told Submitted
	status, err := s.callJSON("dialog", d.User, d.URL, body, &told)
	told.Status = status
	if err != nil {
		return told, refuse(http.StatusBadRequest, "api.submit_interactive_dialog.app_error", "%s: %v", cmp.Or(d.Title, "dialog"), err)
	}
	if told.Error == "" && len(told.Errors) == 0 {
		s.shut(d)
	}
	return told, nil
}

func (s *Sim) teamOf(channel string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.channels[channel].TeamID
}
