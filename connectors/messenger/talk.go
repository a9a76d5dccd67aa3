package messenger

import (
	"fmt"
	"strings"

	"tongdai/connectors"
)

// getStarted is the payload of the button that begins a conversation.
const getStarted = "GET_STARTED"

// choicePrefix begins the payload of a button that stands for one of the hub's
// choices. Buttons of menus, advertisements and other apps have none.
const choicePrefix = "choice/"

func (r reading) said() ([]connectors.Inbound, string) {
	c, trouble := r.Message.content()
	if c.Empty() && trouble == "" {
		trouble = troubleMessage
	}
	if c.Empty() {
		return nil, trouble
	}
	in := r.inbound(connectors.Said, r.Message.ID)
	in.Content = c
	if r.Message.Quick != nil {
		in.Pressed, _ = strings.CutPrefix(r.Message.Quick.Payload, choicePrefix)
		if in.Pressed == r.Message.Quick.Payload { // of another app, or of a page's own automation
			in.Pressed = ""
		}
	}
	if r.Message.Reply != nil {
		in.Quotes = connectors.RemoteID(r.Message.Reply.ID)
	}
	in.Ref = r.Message.Referral.ref()
	return []connectors.Inbound{in}, trouble
}

// echo is a message of the page: sent by us, by another app, or by a person in
// Meta's own inbox. Only what our app sent tells the hub's key; what others sent
// tells who they are, so that it is not taken for ours.
func (r reading) echo() ([]connectors.Inbound, string) {
	if r.Message.ID == "" {
		return nil, troubleMessage
	}
	c, trouble := r.Message.content()
	in := r.inbound(connectors.Echo, r.Message.ID)
	in.Content = c
	switch {
	case r.Message.App == r.app:
		in.Sent = r.Message.Metadata
	case r.Message.App != "":
		in.By = connectors.RemoteID("app/" + r.Message.App)
	}
	if r.Message.Reply != nil {
		in.Quotes = connectors.RemoteID(r.Message.Reply.ID)
	}
	return []connectors.Inbound{in}, trouble
}

// postback is a button that was pressed, of a message or of the menu. While
// another app has the conversation Meta keeps its payload from us.
func (r reading) postback() ([]connectors.Inbound, string) {
	p := r.Postback
	if p.Payload == getStarted {
		in := r.inbound(connectors.Opened, p.ID)
		in.Message = "" // nothing was said
		return r.opened(in, p.Referral)
	}
	in := r.inbound(connectors.Said, p.ID)
	in.Content.Text = p.Title
	if value, ours := strings.CutPrefix(p.Payload, choicePrefix); ours {
		in.Pressed = value
	}
	in.Ref = p.Referral.ref()
	if in.Content.Empty() && in.Pressed == "" {
		return nil, troubleMessage
	}
	return []connectors.Inbound{in}, ""
}

// opened is a conversation that was opened without a word: by its button, a
// link or a code.
func (r reading) opened(in connectors.Inbound, by *referral) ([]connectors.Inbound, string) {
	in.Ref = by.ref()
	return []connectors.Inbound{in}, ""
}

// refMost is the longest name of a link that is kept, in characters.
const refMost = 250

func (r *referral) ref() string {
	if r == nil {
		return ""
	}
	return clip(r.Ref, refMost)
}

// marks are Delivered or Seen: one for each message that is named, else one
// about everything up to a time.
func (r reading) marks(kind connectors.InboundKind, m *mark) ([]connectors.Inbound, string) {
	var all []connectors.Inbound
	for _, id := range m.IDs {
		if id == "" {
			continue
		}
		in := r.inbound(kind, id)
		in.Key = string(in.From) + "/" + in.Key
		all = append(all, in)
	}
	if len(all) > 0 {
		return all, ""
	}
	in := r.inbound(kind, "")
	if in.UpTo = milliseconds(m.Watermark, in.UpTo); in.UpTo.IsZero() {
		return nil, "Dấu đã nhận hoặc đã xem không nói tới tin nào."
	}
	in.Key = fmt.Sprintf("%s/%s/%s/%s", in.From, r.kind(), clip(string(r.Timestamp), 20), clip(string(m.Watermark), 20))
	return []connectors.Inbound{in}, ""
}

// signs are the reactions by name, where Meta leaves the emoji out.
var signs = map[string]string{
	"like": "👍", "dislike": "👎", "love": "❤", "smile": "😆", "wow": "😮", "sad": "😢", "angry": "😠",
}

func (r reading) reacted() ([]connectors.Inbound, string) {
	if r.Sender.ID == r.page { // somebody at the page, in Meta's own inbox
		return nil, ""
	}
	if r.Reaction.ID == "" {
		return nil, troubleMessage
	}
	in := r.inbound(connectors.Reacted, "")
	in.Message = connectors.RemoteID(r.Reaction.ID)
	if r.Reaction.Action != "unreact" {
		in.Reaction = r.Reaction.Emoji
		for _, other := range []string{signs[r.Reaction.Name], clip(r.Reaction.Name, 20), "👍"} {
			if in.Reaction == "" {
				in.Reaction = other
			}
		}
	}
	return []connectors.Inbound{in}, ""
}

func (r reading) edited() ([]connectors.Inbound, string) {
	switch {
	case r.Sender.ID == r.page:
		return nil, "Một tin của trang đã được sửa trong hộp thư của Facebook; bản ở tổng đài giữ lời cũ."
	case r.Edit.ID == "" || r.Edit.Text == "":
		return nil, troubleMessage
	}
	in := r.inbound(connectors.Edited, r.Edit.ID)
	in.Key = fmt.Sprintf("%s/%s/%s", r.Edit.ID, clip(string(r.Edit.Count), 10), digest(r.bytes))
	in.Content.Text = r.Edit.Text
	return []connectors.Inbound{in}, ""
}

// controlled is the right to answer that moved. Whoever asks us for it leaves
// it with us for the time being.
func (r reading) controlled() ([]connectors.Inbound, string) {
	in := r.inbound(connectors.Controlled, "")
	switch {
	case r.Pass != nil:
		in.Held = r.Pass.Owner == r.app
	case r.Take != nil:
		in.Held = r.Take.Owner == r.app
	default:
		in.Held = true
	}
	return []connectors.Inbound{in}, ""
}

// roles says what the page's administrator has changed about who answers first.
func (r reading) roles() string {
	if role, ours := r.Roles[string(r.app)]; ours {
		return fmt.Sprintf("Trên trang Facebook, vai trò của tổng đài đổi thành “%s”. Muốn tổng đài nhận tin trước tiên, hãy đặt ứng dụng làm ứng dụng mặc định ở mục Nhắn tin nâng cao của trang.",
			clip(strings.Join(role, ", "), 80))
	}
	return "" // another app's
}

// told is what an act of Meta's against the page means for people.
func (p policy) told() string {
	if p.Action == "unblock" {
		return "Facebook đã bỏ hạn chế gửi tin của trang; tin đang chờ sẽ gửi lại được."
	}
	return fmt.Sprintf("Facebook hạn chế trang gửi tin (%s). Quản trị viên trang cần mở mục Chất lượng trang, xem lý do và khiếu nại: %s",
		clip(p.Action, 40), clip(p.Reason, 400))
}
