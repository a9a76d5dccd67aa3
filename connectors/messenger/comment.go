package messenger

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

// commentPrefix begins the Thread of what is said below a comment: the rest is
// the id of the comment directly under the post.
const commentPrefix = "comment/"

// unnamedPrefix begins the RemoteID of whoever wrote a comment without letting
// the page know who it is. One such person is as good as another below the same
// comment.
const unnamedPrefix = "unnamed/"

// change is something that happened on the page itself.
type change struct {
	Field string `json:"field"`
	Value struct {
		Item    string `json:"item"`
		Verb    string `json:"verb"`
		Comment text   `json:"comment_id"`
		Post    text   `json:"post_id"`
		Parent  text   `json:"parent_id"`
		From    struct {
			ID   text   `json:"id"`
			Name string `json:"name"`
		} `json:"from"`
		Message string `json:"message"`
		Photo   string `json:"photo"`
		Video   string `json:"video"`
		Link    string `json:"link"`
		Created text   `json:"created_time"`
		About   struct {
			URL string `json:"permalink_url"`
		} `json:"post"`
	} `json:"value"`
}

// posted are the items that a person may put on the page besides comments.
var posted = map[string]bool{"post": true, "status": true, "photo": true, "video": true, "share": true, "album": true}

// readChange reads what happened under a post. What the page itself did is not
// told again, and neither are likes.
func (c *Connector) readChange(item json.RawMessage, told text, receivedAt time.Time) ([]connectors.Inbound, string) {
	var ch change
	if err := json.Unmarshal(item, &ch); err != nil {
		return nil, troubleShape(err)
	}
	v := ch.Value
	switch {
	case ch.Field != "feed":
		return nil, fmt.Sprintf("Chưa biết loại thay đổi “%s” của trang.", clip(ch.Field, 40))
	case string(v.From.ID) == c.cfg.PageID || !c.cfg.Comments:
		return nil, ""
	case v.Item != "comment" && posted[v.Item] && v.Verb == "add" && v.Message != "":
		return nil, "Người dân đăng bài lên trang; tổng đài chỉ nhận tin nhắn và bình luận. Hãy trả lời trên Facebook."
	case v.Item != "comment":
		return nil, "" // likes, and posts that say nothing
	case v.Comment == "":
		return nil, "Bình luận không có mã."
	}
	return ch.read(seconds(told, receivedAt), digest(item))
}

func (ch change) read(told time.Time, digest string) ([]connectors.Inbound, string) {
	v := ch.Value
	in := connectors.Inbound{
		From: connectors.RemoteID(v.From.ID), Thread: connectors.RemoteID(commentPrefix + ch.top()), Public: true,
		Message: connectors.RemoteID(v.Comment), SentAt: told, Page: ch.page(),
	}
	in.Key = fmt.Sprintf("%s/%s/%d/%s", v.Comment, clip(v.Verb, 20), told.Unix(), digest)
	if in.Profile.Name = v.From.Name; in.From == "" {
		in.From = connectors.RemoteID(unnamedPrefix + ch.top())
	}
	switch v.Verb {
	case "add":
		in.Kind, in.Key, in.SentAt = connectors.Said, string(v.Comment), seconds(v.Created, told)
	case "edited", "edit":
		in.Kind = connectors.Edited
	case "remove", "delete":
		in.Kind, in.Key = connectors.Withdrawn, string(v.Comment)
	case "hide", "unhide":
		in.Kind, in.Hidden = connectors.Concealed, v.Verb == "hide"
	default:
		return nil, fmt.Sprintf("Chưa biết việc “%s” với bình luận.", clip(v.Verb, 40))
	}
	if in.Kind == connectors.Said || in.Kind == connectors.Edited {
		if in.Content = ch.content(); in.Content.Empty() {
			return nil, "Bình luận không có nội dung."
		}
	}
	if in.Kind == connectors.Said && v.Parent != "" && v.Parent != v.Post {
		in.Quotes = connectors.RemoteID(v.Parent)
	}
	return []connectors.Inbound{in}, ""
}

// top is the comment directly under the post, which an answer to it names as
// its parent.
func (ch change) top() string {
	if p := ch.Value.Parent; p != "" && p != ch.Value.Post {
		return string(p)
	}
	return string(ch.Value.Comment)
}

func (ch change) page() string {
	switch {
	case isPage(ch.Value.About.URL):
		return ch.Value.About.URL
	case ch.Value.Post != "":
		return "https://www.facebook.com/" + string(ch.Value.Post)
	}
	return ""
}

func (ch change) content() content.Content {
	v := ch.Value
	c := content.Content{Text: v.Message}
	if isPage(v.Photo) {
		c.Attachments = append(c.Attachments, content.Attachment{Kind: content.Picture, Source: v.Photo})
	}
	if isPage(v.Video) {
		c.Attachments = append(c.Attachments, content.Attachment{Kind: content.Video, Source: v.Video})
	}
	if isPage(v.Link) && len(c.Attachments) == 0 && !strings.Contains(v.Message, v.Link) {
		c.Links = append(c.Links, content.Link{URL: v.Link})
	}
	return c
}
