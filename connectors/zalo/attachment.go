package zalo

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"tongdai/connectors/content"
)

type attachment struct {
	Type    string  `json:"type"`
	Payload payload `json:"payload"`
}

// payload is that of all types of attachments together.
type payload struct {
	URL         string `json:"url"`
	LinkURL     string `json:"link_url"` // of a template we sent
	Text        string `json:"text"`     // of a template we sent
	Name        string `json:"name"`
	ID          text   `json:"id"`
	Size        text   `json:"size"`
	Description string `json:"description"`
	Coordinates *struct {
		Latitude  text `json:"latitude"`
		Longitude text `json:"longitude"`
	} `json:"coordinates"`
}

// files are the types of attachments that are files.
var files = map[string]content.AttachmentKind{
	"image": content.Picture, "photo": content.Picture, "gif": content.Animation, "sticker": content.Sticker,
	"file": content.File, "audio": content.Voice, "voice": content.Voice, "video": content.Video,
}

// content is what m says, and what of it could not be understood.
func (m message) content() (c content.Content, trouble string) {
	c.Text = m.Text
	for _, a := range m.Attachments {
		if err := a.addTo(&c); err != nil {
			trouble = fmt.Sprintf("Không đọc được phần đính kèm: %v.", err)
		}
	}
	return c, trouble
}

func (a attachment) addTo(c *content.Content) error {
	if kind, ok := files[a.Type]; ok {
		a.addFile(c, kind)
		return nil
	}
	switch a.Type {
	case "location":
		return a.addPlace(c)
	case "link":
		return a.addLink(c)
	case "template":
		a.addTemplate(c)
		return nil
	}
	return fmt.Errorf("chưa biết loại “%s”", clip(a.Type, 40))
}

func (a attachment) addFile(c *content.Content, kind content.AttachmentKind) {
	size, _ := strconv.ParseInt(string(a.Payload.Size), 10, 64) // a claim; Fetch measures
	name := a.Payload.Name
	if kind == content.Sticker {
		name = string(a.Payload.ID)
	}
	file := content.Attachment{Kind: kind, Name: name, Size: max(size, 0), Source: a.Payload.URL}
	if file.Source == "" {
		file.Problem = "Zalo không cho biết tải tệp này ở đâu."
	}
	c.Attachments = append(c.Attachments, file)
}

func (a attachment) addPlace(c *content.Content) error {
	at := a.Payload.Coordinates
	if at == nil {
		return fmt.Errorf("vị trí không có tọa độ")
	}
	lat, err := strconv.ParseFloat(string(at.Latitude), 64)
	lng, err2 := strconv.ParseFloat(string(at.Longitude), 64)
	// written so that not-a-number fails as well
	if err != nil || err2 != nil || !(lat >= -90 && lat <= 90 && lng >= -180 && lng <= 180) {
		return fmt.Errorf("tọa độ không hợp lệ")
	}
	c.Place = &content.Place{Latitude: lat, Longitude: lng}
	return nil
}

// addLink adds a page, or a contact card: that is a link whose description is
// JSON with a telephone number.
func (a attachment) addLink(c *content.Content) error {
	if link, ok := a.Payload.card(); ok {
		c.Links = append(c.Links, link)
		return nil
	}
	if !isPage(a.Payload.URL) {
		return fmt.Errorf("liên kết không có địa chỉ trang")
	}
	c.Links = append(c.Links, content.Link{Label: a.Payload.Description, URL: a.Payload.URL})
	return nil
}

func (p payload) card() (content.Link, bool) {
	var card struct {
		Phone text   `json:"phone"`
		Name  string `json:"name"`
	}
	if json.Unmarshal([]byte(p.Description), &card) != nil {
		return content.Link{}, false
	}
	number := internationalNumber(string(card.Phone))
	if number == "" {
		return content.Link{}, false
	}
	link := content.Link{Label: "Danh thiếp " + number, URL: "tel:" + number}
	if card.Name != "" {
		link.Label = card.Name
	}
	return link, true
}

// internationalNumber writes a number as it is dialled from anywhere: Zalo
// leaves the plus out. "" when it is none.
func internationalNumber(phone string) string {
	digits := strings.TrimPrefix(phone, "+")
	if len(digits) < 3 || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	if strings.HasPrefix(digits, "84") && len(digits) >= 11 {
		return "+" + digits
	}
	return digits
}

// addTemplate adds what an echo tells of a template that we sent.
func (a attachment) addTemplate(c *content.Content) {
	if c.Text == "" {
		c.Text = a.Payload.Text
	}
	if isPage(a.Payload.LinkURL) {
		c.Links = append(c.Links, content.Link{URL: a.Payload.LinkURL})
	}
}

func isPage(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}
