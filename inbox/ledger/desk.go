package ledger

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// Desk is a member at a screen: it reads and answers through the public API.
type Desk struct {
	URL    string // of a node, or of what stands before them
	Client *http.Client
	cookie *http.Cookie
}

// Refused is the hub's word that it did not do what was asked. Any other error
// leaves open whether it did.
type Refused struct {
	Status int
	Call   string
}

func (r *Refused) Error() string { return fmt.Sprintf("%s was answered %d", r.Call, r.Status) }

// Login begins a session, which holds at every node.
func (d *Desk) Login(ctx context.Context, login, password string) error {
	answer, err := d.call(ctx, http.MethodPost, "/session", map[string]string{"login": login, "password": password}, nil)
	if err != nil {
		return err
	}
	for _, c := range answer.Cookies() {
		d.cookie = c
	}
	return nil
}

// At is the same session at another address.
func (d *Desk) At(url string) *Desk { return &Desk{URL: url, Client: d.Client, cookie: d.cookie} }

// Reply answers a citizen once.
func (d *Desk) Reply(ctx context.Context, r *Reply) error {
	_, err := d.call(ctx, http.MethodPost, "/conversations/"+r.Conversation+"/replies", map[string]any{"text": r.Text, "key": r.Key}, nil)
	return err
}

// Insist enters a reply and sends it, again and again under the same key, until
// it is acknowledged or ctx ends; note is told how each try ended.
func (d *Desk) Insist(ctx context.Context, j *Journal, r Reply, note func(error)) error {
	kept := j.Replied(r)
	return insist(ctx, func() error {
		err := d.Reply(ctx, kept)
		note(err)
		j.Reanswer(kept, err == nil)
		return err
	})
}

// Pauses between a try and the next.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = time.Second
)

// insist tries again until do succeeds, ctx ends, or the hub says that trying
// is of no use.
func insist(ctx context.Context, do func() error) error {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := do()
		if refused, ok := errors.AsType[*Refused](err); ok && refused.Status < 500 && refused.Status != http.StatusTooManyRequests {
			return err
		}
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(pause):
		}
	}
}

// Shown is what a node shows its members.
type Shown struct {
	By            string // whose word it is
	Conversations []Conversation
	Quarantine    []Quarantined
	Audits        []Audit
	// Public: only what citizens see. It tells neither how a message was weighed nor
	// how far an answer has come, has no notes and no quarantine.
	Public bool `json:",omitempty"`
}

// Conversation as the API shows it, with all its messages.
type Conversation struct {
	ID        string
	Code      string
	Channel   string
	ContactID string `json:"contact_id"`
	Contact   string `json:"contact_name"`
	Status    string
	Handler   string
	LastSeq   uint64 `json:"last_seq"`
	Messages  []Message
	// Person is with whom it is, as their platform knows them, where that is told.
	Person string `json:"-"`
}

// Message as the API shows it.
type Message struct {
	ID        string
	Seq       uint64
	Direction string
	SentAt    time.Time `json:"sent_at"`
	ShownAt   time.Time `json:"shown_at"`
	Author    struct{ Kind string }
	Text      string
	Delivery  *Delivery
	Turn      *Turn
	// Key is that of the citizen's item, where it is told.
	Key string `json:"-"`
}

// Turn as the API shows it.
type Turn struct{ Outcome string }

// Delivery as the API shows it.
type Delivery struct {
	State    string
	Reason   string
	Doubtful bool
}

// Quarantined as the API shows it.
type Quarantined struct{ Channel, Body string }

// Audit as the API shows it.
type Audit struct {
	Seq          uint64
	Action       string
	Conversation string
}

// Read reads everything the hub shows a member, who must be an administrator.
func (d *Desk) Read(ctx context.Context, by string) (Shown, error) {
	s := Shown{By: by}
	cursor := ""
	for {
		var page struct {
			Conversations []Conversation
			Next          string
		}
		if err := d.get(ctx, "/conversations?view=all&limit=100&cursor="+url.QueryEscape(cursor), &page); err != nil {
			return s, err
		}
		if err := d.fill(ctx, page.Conversations); err != nil {
			return s, err
		}
		s.Conversations = append(s.Conversations, page.Conversations...)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	var err error
	if s.Audits, err = d.audits(ctx); err != nil {
		return s, err
	}
	return s, d.get(ctx, "/quarantine", &s.Quarantine)
}

// readers is how many conversations are read at a time.
const readers = 8

func (d *Desk) fill(ctx context.Context, conversations []Conversation) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	for i := range conversations {
		g.Go(func() (err error) {
			conversations[i].Messages, err = d.messages(ctx, conversations[i].ID)
			return err
		})
	}
	return g.Wait()
}

// List returns the first page of conversations, for members who look for work.
func (d *Desk) List(ctx context.Context) ([]Conversation, error) { return d.list(ctx, "view=all") }

// ListOf returns the first page of a channel's.
func (d *Desk) ListOf(ctx context.Context, channel string) ([]Conversation, error) {
	return d.list(ctx, "view=channel&channel="+url.QueryEscape(channel))
}

func (d *Desk) list(ctx context.Context, query string) ([]Conversation, error) {
	var page struct{ Conversations []Conversation }
	err := d.get(ctx, "/conversations?limit=100&"+query, &page)
	return page.Conversations, err
}

// Transfer gives a conversation to a department, or to the desk where that is empty.
func (d *Desk) Transfer(ctx context.Context, conversation, department string) error {
	_, err := d.call(ctx, http.MethodPost, "/conversations/"+conversation+"/transfer", map[string]string{"department": department}, nil)
	return err
}

func (d *Desk) messages(ctx context.Context, id string) (all []Message, err error) {
	after := uint64(0)
	for {
		var page struct {
			Messages []Message
			More     bool
		}
		if err := d.get(ctx, "/conversations/"+id+"/messages?limit=200&after="+strconv.FormatUint(after, 10), &page); err != nil {
			return all, err
		}
		all = append(all, page.Messages...)
		if !page.More || len(page.Messages) == 0 {
			return all, nil
		}
		after = page.Messages[len(page.Messages)-1].Seq
	}
}

func (d *Desk) audits(ctx context.Context) (all []Audit, err error) {
	before := ""
	for {
		var page []Audit
		if err := d.get(ctx, "/audit?limit=200"+before, &page); err != nil {
			return all, err
		}
		all = append(all, page...)
		if len(page) == 0 || page[len(page)-1].Seq == 1 {
			return all, nil
		}
		before = "&before=" + strconv.FormatUint(page[len(page)-1].Seq, 10)
	}
}

func (d *Desk) get(ctx context.Context, path string, into any) error {
	_, err := d.call(ctx, http.MethodGet, path, nil, into)
	return err
}

// Upload gives the hub a file by a form, with the form's other fields in pairs of
// name and value, and reads the answer unless receive is nil.
func (d *Desk) Upload(ctx context.Context, path, name string, file []byte, receive any, fields ...string) error {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := form.WriteField(fields[i], fields[i+1]); err != nil {
			return err
		}
	}
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		return err
	}
	if _, err := part.Write(file); err != nil {
		return err
	}
	if err := form.Close(); err != nil {
		return err
	}
	req, err := d.request(ctx, http.MethodPost, path, &body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	_, err = d.do(req, receive)
	return err
}

func (d *Desk) call(ctx context.Context, method, path string, send, receive any) (*http.Response, error) {
	var body bytes.Buffer
	if send != nil {
		if err := json.NewEncoder(&body).Encode(send); err != nil {
			return nil, err
		}
	}
	req, err := d.request(ctx, method, path, &body)
	if err != nil {
		return nil, err
	}
	return d.do(req, receive)
}

func (d *Desk) do(req *http.Request, receive any) (*http.Response, error) {
	answer, err := cmp.Or(d.Client, http.DefaultClient).Do(req)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode/100 != 2 {
		return nil, &Refused{Status: answer.StatusCode, Call: req.Method + " " + strings.TrimPrefix(req.URL.Path, "/api/v1")}
	}
	if receive == nil {
		return answer, nil
	}
	return answer, json.Unmarshal(data, receive)
}

func (d *Desk) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, d.URL+"/api/v1"+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if d.cookie != nil {
		req.AddCookie(d.cookie)
	}
	return req, nil
}

// Found is an entry of the knowledge base that a node finds.
type Found struct {
	Entry      struct{ ID, Answer string }
	Confidence float64
}

// Find finds published entries, as a member who types does.
func (d *Desk) Find(ctx context.Context, words string) (found []Found, err error) {
	err = d.get(ctx, "/knowledge/search?q="+url.QueryEscape(words), &found)
	return found, err
}

// Search returns the codes of the conversations in which the words were said.
func (d *Desk) Search(ctx context.Context, words string) (codes []string, err error) {
	var page struct {
		Found []struct{ Conversation Conversation }
	}
	err = d.get(ctx, "/search?q="+url.QueryEscape(words), &page)
	for _, f := range page.Found {
		codes = append(codes, f.Conversation.Code)
	}
	return codes, err
}
