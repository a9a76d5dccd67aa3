package zalo

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

// event is what Zalo posts, as far as anything here reads it.
type event struct {
	App       text     `json:"app_id"`
	OA        text     `json:"oa_id"`
	Name      string   `json:"event_name"`
	Timestamp text     `json:"timestamp"`
	Sender    party    `json:"sender"`
	Recipient party    `json:"recipient"`
	Follower  party    `json:"follower"`
	Message   *message `json:"message"`
	Info      *info    `json:"info"`
}

type party struct {
	ID    text `json:"id"`
	Admin text `json:"admin_id"` // a person who wrote in Zalo's own app
}

type message struct {
	ID           text         `json:"msg_id"`
	IDs          []text       `json:"msg_ids"`
	Text         string       `json:"text"`
	Quotes       text         `json:"quote_msg_id"`
	Conversation text         `json:"conversation_id"` // of an anonymous visitor
	Attachments  []attachment `json:"attachments"`
}

// info is what a citizen shares by Zalo's form; the older shape is flat.
type info struct {
	Name     text `json:"name"`
	Phone    text `json:"phone"`
	Birthday text `json:"user_dob"`
	Address  text `json:"address"`
	Ward     text `json:"ward"`
	District text `json:"district"`
	City     text `json:"city"`
	Full     struct {
		City    text `json:"user_city"`
		Ward    text `json:"user_ward"`
		Address text `json:"user_address"`
	} `json:"full_address"`
}

func decode(body []byte) (event, error) {
	var e event
	err := json.Unmarshal(body, &e)
	return e, err
}

// concerns reports whether e is about the OA: in which place its id stands
// differs between kinds of events, and for receipts between sources.
func (e event) concerns(oa string) bool {
	return e.OA == text(oa) || e.Recipient.ID == text(oa) || e.Sender.ID == text(oa)
}

// ignored are events in which nobody says anything, and that need nobody's hand.
var ignored = map[string]bool{
	"user_click_chatnow": true, "user_reacted_message": true, "oa_reacted_message": true,
	"update_user_info": true, "add_user_to_tag": true, "remove_user_from_tag": true, "remove_tag": true,
	"oa_send_consent": true, "user_reply_consent": true, "oa_call_user": true,
	"widget_interaction_accepted": true, "widget_failed_to_sync_user_external_id": true,
	"change_template_status": true, "change_oa_daily_quota": true, "extension_purchased": true,
}

// told are events that a person must see, in words for that person.
var told = map[string]string{
	"user_withdraw": "Người dân rút lại đồng ý trên Zalo: phải xóa dữ liệu cá nhân của người này theo quy định.",
	"user_call_oa":  "Người dân gọi thoại tới OA; tổng đài không nhận cuộc gọi qua Zalo.",
	"user_feedback": "Người dân đánh giá một tin ZNS; tổng đài chưa đọc được loại này.",
}

// read turns a genuine event into what it reports, and says what of it could
// not be understood.
func (c *Connector) read(raw connectors.Raw) ([]connectors.Inbound, string) {
	e, err := decode(raw.Body)
	if err != nil {
		return nil, fmt.Sprintf("Sự kiện sai cấu trúc: %v.", err)
	}
	switch {
	case e.App != "" && e.App != text(c.cfg.AppID):
		return nil, fmt.Sprintf("Sự kiện của ứng dụng %s, không phải %s.", e.App, c.cfg.AppID)
	case !e.concerns(c.cfg.OAID):
		return nil, fmt.Sprintf("Sự kiện không thuộc OA %s.", c.cfg.OAID)
	case told[e.Name] != "":
		return nil, told[e.Name]
	case ignored[e.Name]:
		return nil, ""
	}
	r := reading{event: e, raw: raw, oa: text(c.cfg.OAID)}
	switch group := groupOf(e.Name); group {
	case "said":
		return r.said()
	case "echo":
		return r.echo()
	case "received":
		return r.marks(connectors.Delivered)
	case "seen":
		return r.marks(connectors.Seen)
	case "follow":
		return r.relation(connectors.Followed)
	case "unfollow":
		return r.relation(connectors.Unfollowed)
	case "shared":
		return r.shared()
	}
	return nil, fmt.Sprintf("Chưa biết loại sự kiện “%s”.", clip(e.Name, 80))
}

// groupOf sorts events by what is done with them; "" is unknown. Groups of
// people (GMF) are not served: what they say is shown in the quarantine.
func groupOf(name string) string {
	switch name {
	case "user_received_message":
		return "received"
	case "user_seen_message":
		return "seen"
	case "follow", "unfollow":
		return name
	case "user_submit_info":
		return "shared"
	}
	switch {
	case strings.Contains(name, "_send_group_"):
		return ""
	case strings.HasPrefix(name, "user_send_"), strings.HasPrefix(name, "anonymous_send_"):
		return "said"
	case strings.HasPrefix(name, "oa_send_"):
		return "echo"
	}
	return ""
}

// reading is one event being read.
type reading struct {
	event
	raw connectors.Raw
	oa  text
}

// clip keeps a stranger's words short.
func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// at is the platform's time, or ours where it makes no sense.
func (r reading) at() time.Time {
	ms, err := strconv.ParseInt(string(r.Timestamp), 10, 64)
	if err != nil || ms <= 0 {
		return r.raw.ReceivedAt
	}
	return time.UnixMilli(ms).UTC()
}

// citizen is the one of sender and recipient who is not the OA.
func (r reading) citizen() connectors.RemoteID {
	if r.Sender.ID != r.oa {
		return person(r.Sender.ID, r.Name, r.Message)
	}
	return person(r.Recipient.ID, r.Name, r.Message)
}

// anonymousPrefix begins the RemoteID of a visitor who is not logged in to
// Zalo. Answers need the id of the conversation as well.
const anonymousPrefix = "anonymous/"

func person(id text, event string, m *message) connectors.RemoteID {
	if id != "" && m != nil && m.Conversation != "" && strings.Contains(event, "anonymous") {
		return connectors.RemoteID(anonymousPrefix + string(id) + "/" + string(m.Conversation))
	}
	return connectors.RemoteID(id)
}

// inbound is what all reports have. id tells apart what the event's name and
// person do not.
func (r reading) inbound(kind connectors.InboundKind, from connectors.RemoteID, id string) connectors.Inbound {
	if id == "" {
		sum := sha256.Sum256(r.raw.Body) // the resend has the same bytes
		id = "sha256/" + hex.EncodeToString(sum[:])
	}
	return connectors.Inbound{
		Key:  r.Name + "/" + string(from) + "/" + id,
		Kind: kind, From: from, SentAt: r.at(),
	}
}

// spoken is inbound of something said, by either side. Its key is that of the
// message alone: the history knows no names of events.
func (r reading) spoken(kind connectors.InboundKind, from connectors.RemoteID) connectors.Inbound {
	in := r.inbound(kind, from, string(r.Message.ID))
	if r.Message.ID != "" {
		in.Key = spokenKey(from, r.Message.ID)
	}
	in.Message, in.Quotes = connectors.RemoteID(r.Message.ID), connectors.RemoteID(r.Message.Quotes)
	return in
}

func spokenKey(with connectors.RemoteID, message text) string {
	return string(with) + "/" + string(message)
}

const (
	troublePerson  = "Sự kiện không cho biết người dân nào."
	troubleMessage = "Sự kiện không có nội dung tin nhắn."
)

func (r reading) said() ([]connectors.Inbound, string) {
	from := r.citizen()
	if from == "" {
		return nil, troublePerson
	}
	if r.Message == nil {
		return nil, troubleMessage
	}
	c, trouble := r.Message.content()
	in := r.spoken(connectors.Said, from)
	if label, value, ok := pressed(c.Text); ok {
		c.Text, in.Pressed = label, value
	}
	if c.Empty() {
		if trouble == "" {
			trouble = troubleMessage
		}
		return nil, trouble
	}
	in.Content = c
	return []connectors.Inbound{in}, trouble
}

// echo is a message of the OA: sent by us, or by a person in Zalo's own app.
func (r reading) echo() ([]connectors.Inbound, string) {
	from := person(r.Recipient.ID, r.Name, r.Message)
	if from == "" || r.Sender.ID != r.oa {
		return nil, troublePerson
	}
	if r.Message == nil || r.Message.ID == "" {
		return nil, troubleMessage
	}
	c, trouble := r.Message.content()
	in := r.spoken(connectors.Echo, from)
	in.By, in.Content = connectors.RemoteID(r.Sender.Admin), c
	return []connectors.Inbound{in}, trouble
}

// marks are Delivered or Seen, one for each message that is named.
func (r reading) marks(kind connectors.InboundKind) ([]connectors.Inbound, string) {
	from := r.citizen()
	if from == "" {
		return nil, troublePerson
	}
	if r.Message == nil {
		return nil, troubleMessage
	}
	ids := r.Message.IDs
	if r.Message.ID != "" {
		ids = append(ids, r.Message.ID)
	}
	var all []connectors.Inbound
	for _, id := range ids {
		if id == "" {
			continue
		}
		in := r.inbound(kind, from, string(id))
		in.Message = connectors.RemoteID(id)
		all = append(all, in)
	}
	if len(all) == 0 {
		return nil, troubleMessage
	}
	return all, ""
}

func (r reading) relation(kind connectors.InboundKind) ([]connectors.Inbound, string) {
	if r.Follower.ID == "" {
		return nil, troublePerson
	}
	return []connectors.Inbound{r.inbound(kind, connectors.RemoteID(r.Follower.ID), string(r.Timestamp))}, ""
}

func (r reading) shared() ([]connectors.Inbound, string) {
	from := r.citizen()
	switch {
	case from == "":
		return nil, troublePerson
	case r.Info == nil:
		return nil, "Sự kiện không có thông tin được chia sẻ."
	}
	in := r.inbound(connectors.Shared, from, string(r.Timestamp))
	in.Profile = r.Info.profile()
	if r.Info.Birthday != "" {
		in.Content.Form = []content.Field{{Name: "birthday", Label: "Ngày sinh", Value: string(r.Info.Birthday)}}
	}
	return []connectors.Inbound{in}, ""
}

func (i info) profile() connectors.Profile {
	p := connectors.Profile{Name: string(i.Name), Phone: string(i.Phone)}
	p.Address = oneLine(i.Full.Address, i.Full.Ward, i.Full.City)
	if p.Address == "" {
		p.Address = oneLine(i.Address, i.Ward, i.District, i.City)
	}
	return p
}

// oneLine writes the parts of an address from the house to the province.
func oneLine(parts ...text) string {
	var known []string
	for _, part := range parts {
		if part := strings.TrimSpace(string(part)); part != "" {
			known = append(known, part)
		}
	}
	return strings.Join(known, ", ")
}
