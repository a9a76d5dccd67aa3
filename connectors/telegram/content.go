package telegram

import (
	"fmt"
	"strings"

	"github.com/go-telegram/bot/models"

	"tongdai/connectors/content"
)

// fileScheme begins the Source of files that Telegram keeps. What follows is the
// file_id, which is no address: only the bot's token opens it, and it does not expire.
const fileScheme = "telegram-file:"

// contentOf is what m says, and what of it could not be understood.
func contentOf(m *models.Message) (c content.Content, trouble string) {
	c.Text = m.Text
	if c.Text == "" {
		c.Text = m.Caption
	}
	files(m, &c)
	switch {
	case m.Venue != nil:
		trouble = place(&c, m.Venue.Location, joined(", ", m.Venue.Title, m.Venue.Address))
	case m.Location != nil:
		trouble = place(&c, *m.Location, "")
	case m.Contact != nil:
		trouble = card(&c, m.Contact)
	case m.Poll != nil:
		c.Text = pollText(m.Poll)
	case m.Dice != nil:
		c.Text = fmt.Sprintf("%s %d", m.Dice.Emoji, m.Dice.Value)
	}
	if from := forwardedFrom(m.ForwardOrigin); from != "" && !c.Empty() {
		c.Text = strings.TrimSpace("[Chuyển tiếp từ " + from + "]\n" + c.Text)
	}
	return c, trouble
}

// files adds the file of m. A message has one at most; an animation is repeated as
// a document for old clients.
func files(m *models.Message, c *content.Content) {
	add := func(kind content.AttachmentKind, id, name string, size int64) {
		if id == "" {
			return
		}
		c.Attachments = append(c.Attachments, content.Attachment{
			Kind: kind, Name: name, Size: max(size, 0), Source: fileScheme + id,
		})
	}
	switch {
	case len(m.Photo) > 0:
		best := m.Photo[0]
		for _, p := range m.Photo[1:] {
			if p.Width*p.Height > best.Width*best.Height {
				best = p
			}
		}
		add(content.Picture, best.FileID, "", int64(best.FileSize))
	case m.Animation != nil:
		add(content.Animation, m.Animation.FileID, m.Animation.FileName, m.Animation.FileSize)
	case m.Document != nil:
		add(content.File, m.Document.FileID, m.Document.FileName, m.Document.FileSize)
	case m.Video != nil:
		add(content.Video, m.Video.FileID, m.Video.FileName, m.Video.FileSize)
	case m.VideoNote != nil:
		add(content.Video, m.VideoNote.FileID, "", int64(m.VideoNote.FileSize))
	case m.Voice != nil:
		add(content.Voice, m.Voice.FileID, "", m.Voice.FileSize)
	case m.Audio != nil:
		add(content.File, m.Audio.FileID, m.Audio.FileName, m.Audio.FileSize)
	case m.Sticker != nil:
		add(content.Sticker, m.Sticker.FileID, m.Sticker.Emoji, int64(m.Sticker.FileSize))
	}
}

func place(c *content.Content, at models.Location, label string) (trouble string) {
	if lat, lng := at.Latitude, at.Longitude; !(lat >= -90 && lat <= 90 && lng >= -180 && lng <= 180) { // so that not-a-number fails as well
		return "Vị trí có tọa độ không hợp lệ."
	}
	c.Place = &content.Place{Latitude: at.Latitude, Longitude: at.Longitude, Label: label}
	return ""
}

func card(c *content.Content, contact *models.Contact) (trouble string) {
	number := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, contact.PhoneNumber)
	if strings.Trim(number, "+") == "" {
		return "Danh bạ được chia sẻ không có số điện thoại."
	}
	if strings.HasPrefix(number, "84") && len(number) >= 11 { // Telegram may leave the plus out
		number = "+" + number
	}
	label := joined(" ", contact.LastName, contact.FirstName)
	if label == "" {
		label = "Danh thiếp " + number
	}
	c.Links = append(c.Links, content.Link{Label: label, URL: "tel:" + number})
	return ""
}

func pollText(p *models.Poll) string {
	lines := []string{"Bình chọn: " + p.Question}
	for _, o := range p.Options {
		lines = append(lines, "– "+o.Text)
	}
	return strings.Join(lines, "\n")
}

// forwardedFrom names where a forwarded message comes from, as far as that is told.
func forwardedFrom(o *models.MessageOrigin) string {
	switch {
	case o == nil:
		return ""
	case o.MessageOriginUser != nil:
		return nameOf(&o.MessageOriginUser.SenderUser)
	case o.MessageOriginHiddenUser != nil:
		return o.MessageOriginHiddenUser.SenderUserName
	case o.MessageOriginChat != nil:
		return o.MessageOriginChat.SenderChat.Title
	case o.MessageOriginChannel != nil:
		return o.MessageOriginChannel.Chat.Title
	}
	return "nơi khác"
}

// nameOf writes a name as Vietnamese do: the family's first, where somebody has
// filled in both fields so.
func nameOf(u *models.User) string { return joined(" ", u.LastName, u.FirstName) }

func joined(between string, parts ...string) string {
	var known []string
	for _, part := range parts {
		if part = strings.TrimSpace(part); part != "" {
			known = append(known, part)
		}
	}
	return strings.Join(known, between)
}
