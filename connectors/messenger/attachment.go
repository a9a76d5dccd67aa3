package messenger

import (
	"cmp"
	"fmt"
	"net/url"

	"tongdai/connectors/content"
)

type attachment struct {
	Type    string  `json:"type"`
	Title   string  `json:"title"` // of a fallback, in older events
	URL     string  `json:"url"`   // likewise
	Payload payload `json:"payload"`
}

// payload is that of all types of attachments together.
type payload struct {
	URL      string `json:"url"`
	Title    string `json:"title"`
	Sticker  text   `json:"sticker_id"`
	Text     string `json:"text"` // of a template with buttons
	Elements []struct {
		Title    string `json:"title"`
		Subtitle string `json:"subtitle"`
		URL      string `json:"item_url"`
	} `json:"elements"`
}

// files are the types of attachments that are files.
var files = map[string]content.AttachmentKind{
	"image": content.Picture, "audio": content.Voice, "video": content.Video, "file": content.File, "sticker": content.Sticker,
}

// pages are the types that refer to something on Facebook or elsewhere.
var pages = map[string]string{
	"fallback": "Liên kết", "post": "Bài viết", "ig_post": "Bài viết trên Instagram", "reel": "Thước phim",
	"ig_reel": "Thước phim trên Instagram", "appointment_booking": "Lịch hẹn",
}

// content is what m says, and what of it could not be understood.
func (m message) content() (c content.Content, trouble string) {
	c.Text = m.Text
	for _, a := range m.Attachments {
		switch what, page := pages[a.Type]; {
		case a.isFile():
			a.addFile(&c)
		case page:
			a.addPage(&c, what)
		case a.Type == "template":
			a.addTemplate(&c)
		default:
			trouble = fmt.Sprintf("Chưa biết loại đính kèm “%s”.", clip(a.Type, 40))
		}
	}
	return c, trouble
}

func (a attachment) isFile() bool { _, is := files[a.Type]; return is }

// addFile adds a file by its link. Stickers came as pictures with an id until
// August 2026.
func (a attachment) addFile(c *content.Content) {
	file := content.Attachment{Kind: files[a.Type], Name: clip(a.Payload.Title, 200), Source: a.Payload.URL}
	if a.Payload.Sticker != "" {
		file.Kind, file.Name = content.Sticker, string(a.Payload.Sticker)
	}
	if file.Source == "" {
		file.Problem = "Facebook không cho biết tải tệp này ở đâu."
	}
	c.Attachments = append(c.Attachments, file)
}

// addPage adds what was shared: a link, a post, a place. Meta may keep to itself
// what it was.
func (a attachment) addPage(c *content.Content, what string) {
	link := content.Link{Label: cmp.Or(a.Payload.Title, a.Title), URL: cmp.Or(a.Payload.URL, a.URL)}
	if isPage(link.URL) {
		c.Links = append(c.Links, link)
		return
	}
	c.Attachments = append(c.Attachments, content.Attachment{
		Name: clip(cmp.Or(link.Label, what), 200), Problem: "Facebook không cho ứng dụng xem nội dung này; hãy xem trong hộp thư của trang.",
	})
}

// addTemplate adds what stands in a message with buttons or cards.
func (a attachment) addTemplate(c *content.Content) {
	if c.Text == "" {
		c.Text = cmp.Or(a.Payload.Text, a.Payload.Title, a.Title)
	}
	for _, e := range a.Payload.Elements {
		switch {
		case isPage(e.URL):
			c.Links = append(c.Links, content.Link{Label: e.Title, URL: e.URL})
		case c.Text == "":
			c.Text = e.Title
		}
	}
	if c.Empty() {
		a.addPage(c, "Mẫu tin")
	}
}

func isPage(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}
