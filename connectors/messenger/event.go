package messenger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/call"
)

// envelope is one request of Meta's. What stands in it is decoded piece by
// piece, so that one odd thing keeps no other from being read.
type envelope struct {
	object  string
	entries []entry
	broken  error // of an entry that cannot be read at all
}

// entry is what one page reports.
type entry struct {
	Page      text              `json:"id"`
	Time      text              `json:"time"`
	Messaging []json.RawMessage `json:"messaging"`
	Standby   []json.RawMessage `json:"standby"`
	Changes   []json.RawMessage `json:"changes"`
}

// event is one thing that happened in a conversation, as far as anything here
// reads it: which one, is told by what is there.
type event struct {
	Sender    party     `json:"sender"`
	Recipient party     `json:"recipient"`
	Timestamp text      `json:"timestamp"`
	Message   *message  `json:"message"`
	Postback  *postback `json:"postback"`
	Referral  *referral `json:"referral"`
	Delivery  *mark     `json:"delivery"`
	Read      *mark     `json:"read"`
	Reaction  *reaction `json:"reaction"`
	Edit      *edit     `json:"message_edit"`
	Pass      *control  `json:"pass_thread_control"`
	Take      *control  `json:"take_thread_control"`
	Request   *control  `json:"request_thread_control"`
	Policy    *policy   `json:"policy_enforcement"`

	Roles map[string][]string `json:"app_roles"`
}

type (
	party   struct{ ID text }
	message struct {
		ID          text         `json:"mid"`
		Text        string       `json:"text"`
		Attachments []attachment `json:"attachments"`
		Quick       *struct {
			Payload string `json:"payload"`
		} `json:"quick_reply"`
		Reply *struct {
			ID text `json:"mid"`
		} `json:"reply_to"`
		Referral *referral `json:"referral"`
		Echo     bool      `json:"is_echo"`
		App      text      `json:"app_id"`
		Metadata string    `json:"metadata"`
	}
	postback struct {
		ID       text      `json:"mid"`
		Title    string    `json:"title"`
		Payload  string    `json:"payload"`
		Referral *referral `json:"referral"`
	}
	referral struct {
		Ref string `json:"ref"`
	}
	mark struct {
		IDs       []text `json:"mids"`
		Watermark text   `json:"watermark"`
	}
	reaction struct {
		Name   string `json:"reaction"`
		Emoji  string `json:"emoji"`
		Action string `json:"action"`
		ID     text   `json:"mid"`
	}
	edit struct {
		ID    text   `json:"mid"`
		Text  string `json:"text"`
		Count text   `json:"num_edit"`
	}
	control struct {
		Owner text `json:"new_owner_app_id"`
	}
	policy struct {
		Action string `json:"action"`
		Reason string `json:"reason"`
	}
)

func decode(body []byte) (envelope, error) {
	var whole struct {
		Object string            `json:"object"`
		Entry  []json.RawMessage `json:"entry"`
	}
	if err := json.Unmarshal(body, &whole); err != nil {
		return envelope{}, err
	}
	e := envelope{object: whole.Object}
	for _, one := range whole.Entry {
		var read entry
		if err := json.Unmarshal(one, &read); err != nil {
			e.broken = err
			continue
		}
		e.entries = append(e.entries, read)
	}
	return e, nil
}

func troubleShape(err error) string { return fmt.Sprintf("Sự kiện sai cấu trúc: %v.", err) }

// read turns a genuine request into what it reports of the page, and says what
// of it could not be understood. strays: also what is of no page of the app.
func (c *Connector) read(e envelope, receivedAt time.Time, strays bool) (all []connectors.Inbound, t troubles) {
	if strays {
		switch {
		case e.object != "page":
			t.add(fmt.Sprintf("Chưa biết loại đối tượng “%s”.", clip(e.object, 40)))
		case e.broken != nil:
			t.add(troubleShape(e.broken))
		case len(e.entries) == 0:
			t.add("Sự kiện không có nội dung.")
		}
	}
	for _, one := range e.entries {
		switch {
		case string(one.Page) == c.cfg.PageID && e.object == "page":
			all = append(all, c.readEntry(one, receivedAt, &t)...)
		case strays && !c.pages[string(one.Page)]:
			t.add(fmt.Sprintf("Sự kiện của trang %s, không phải trang nào của tổng đài.", clip(string(one.Page), 40)))
		}
	}
	return all, t
}

func (c *Connector) readEntry(e entry, receivedAt time.Time, t *troubles) (all []connectors.Inbound) {
	if len(e.Messaging)+len(e.Standby)+len(e.Changes) == 0 {
		t.add("Sự kiện không có nội dung.")
	}
	talk := func(list string, items []json.RawMessage, standby bool) {
		for _, item := range items {
			r := reading{bytes: item, page: text(c.cfg.PageID), app: text(c.cfg.AppID), receivedAt: receivedAt}
			in, trouble := r.read()
			for i := range in {
				in[i].Standby = standby
			}
			all = append(all, in...)
			t.addEvent(trouble, e, list, item)
		}
	}
	talk("messaging", e.Messaging, false)
	talk("standby", e.Standby, true)
	for _, item := range e.Changes {
		in, trouble := c.readChange(item, e.Time, receivedAt)
		all = append(all, in...)
		t.addEvent(trouble, e, "changes", item)
	}
	return all
}

// reading is one event being read.
type reading struct {
	event
	bytes      json.RawMessage
	page, app  text
	receivedAt time.Time
}

const (
	troublePerson  = "Sự kiện không cho biết người dân nào."
	troubleMessage = "Sự kiện không có nội dung tin nhắn."
)

func (r reading) read() ([]connectors.Inbound, string) {
	if err := json.Unmarshal(r.bytes, &r.event); err != nil {
		return nil, troubleShape(err)
	}
	switch {
	case r.Policy != nil:
		return nil, r.Policy.told()
	case r.Roles != nil:
		return nil, r.roles()
	case r.kind() == "":
		return nil, fmt.Sprintf("Chưa biết loại sự kiện “%s”.", clip(keysOf(r.bytes), 80))
	case r.citizen() == "":
		return nil, troublePerson
	}
	switch {
	case r.Message != nil && (r.Message.Echo || r.Sender.ID == r.page):
		return r.echo()
	case r.Message != nil:
		return r.said()
	case r.Postback != nil:
		return r.postback()
	case r.Referral != nil:
		return r.opened(r.inbound(connectors.Opened, ""), r.Referral)
	case r.Delivery != nil:
		return r.marks(connectors.Delivered, r.Delivery)
	case r.Read != nil:
		return r.marks(connectors.Seen, r.Read)
	case r.Reaction != nil:
		return r.reacted()
	case r.Edit != nil:
		return r.edited()
	default:
		return r.controlled()
	}
}

// kind names what happened, for keys; "" is unknown.
func (r reading) kind() string {
	for _, k := range []struct {
		name string
		is   bool
	}{
		{"message", r.Message != nil}, {"postback", r.Postback != nil}, {"referral", r.Referral != nil},
		{"delivery", r.Delivery != nil}, {"read", r.Read != nil}, {"reaction", r.Reaction != nil},
		{"edit", r.Edit != nil}, {"pass", r.Pass != nil}, {"take", r.Take != nil}, {"request", r.Request != nil},
	} {
		if k.is {
			return k.name
		}
	}
	return ""
}

// keysOf lists what an unknown event has, in an order that does not change.
func keysOf(item json.RawMessage) string {
	var all map[string]json.RawMessage
	if json.Unmarshal(item, &all) != nil {
		return ""
	}
	var keys []string
	for key := range all {
		if key != "sender" && key != "recipient" && key != "timestamp" {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return strings.Join(keys, ", ")
}

// citizen is the one of sender and recipient who is not the page.
func (r reading) citizen() connectors.RemoteID {
	if r.Sender.ID != "" && r.Sender.ID != r.page {
		return connectors.RemoteID(r.Sender.ID)
	}
	if r.Recipient.ID != r.page {
		return connectors.RemoteID(r.Recipient.ID)
	}
	return ""
}

// inbound is what all reports have. A message has an id that Meta repeats;
// everything else is told apart by who, what and when, and by its own bytes.
func (r reading) inbound(kind connectors.InboundKind, message text) connectors.Inbound {
	in := connectors.Inbound{Kind: kind, From: r.citizen(), SentAt: milliseconds(r.Timestamp, r.receivedAt), Message: connectors.RemoteID(message)}
	if in.Key = string(message); message == "" {
		in.Key = fmt.Sprintf("%s/%s/%s/%s", in.From, r.kind(), clip(string(r.Timestamp), 20), digest(r.bytes))
	}
	return in
}

// digest is short and the same for the same bytes, whatever blanks Meta leaves
// between them the second time.
func digest(item []byte) string {
	var compact bytes.Buffer
	if json.Compact(&compact, item) == nil {
		item = compact.Bytes()
	}
	sum := sha256.Sum256(item)
	return hex.EncodeToString(sum[:12])
}

// text: ids and times come as strings or numbers.
type text = call.Text

// milliseconds is the platform's time, or ours where it makes no sense.
func milliseconds(t text, ours time.Time) time.Time {
	ms, err := strconv.ParseInt(string(t), 10, 64)
	if err != nil || ms <= 0 {
		return ours
	}
	return time.UnixMilli(ms).UTC()
}

// seconds is milliseconds for what Meta counts in seconds. Where it does not,
// against its own documentation, the number is too large to be one of them.
func seconds(t text, ours time.Time) time.Time {
	n, err := strconv.ParseInt(string(t), 10, 64)
	switch {
	case err != nil || n <= 0:
		return ours
	case n > 1e11:
		return time.UnixMilli(n).UTC()
	}
	return time.Unix(n, 0).UTC()
}

// clip keeps a stranger's words short.
func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
