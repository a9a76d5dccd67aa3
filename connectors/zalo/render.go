package zalo

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

// part is one message of Zalo's that a Content becomes.
type part struct {
	text       string
	quotes     string
	attachment *wireAttachment
	file       *content.Attachment // to be uploaded first
	upload     *uploadKind         // of file
}

// render turns c into messages, or says what of it Zalo cannot carry before
// anything is sent. Text comes first; buttons stand below its last piece.
func (c *Connector) render(said content.Content) ([]part, error) {
	buttons, plain := c.buttons(said)
	var parts []part
	for _, piece := range content.Split(norm.NFC.String(content.Plain(plain)), textLength) {
		parts = append(parts, part{text: piece})
	}
	if len(buttons) > 0 {
		if len(parts) == 0 {
			parts = []part{{text: "Mời anh/chị chọn:"}}
		}
		parts[len(parts)-1].attachment = &wireAttachment{Type: "template", Payload: wirePayload{Buttons: buttons}}
	}
	if list := c.list(said); list != nil {
		parts = append(parts, part{attachment: list})
	}
	for _, a := range said.Attachments {
		p, err := filePart(a)
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	if len(parts) == 0 {
		return nil, &connectors.Error{Kind: connectors.Permanent, Reason: "Tin không có nội dung.", Err: errEmpty}
	}
	return parts, nil
}

// buttons tells which of the choices and links become buttons, and returns the
// content that is left to be said as text. Choices that do not all fit are all
// numbered: half of them on buttons would hide the other half.
func (c *Connector) buttons(said content.Content) ([]wireButton, content.Content) {
	plain := said
	plain.Attachments = nil
	var all []wireButton
	for _, choice := range said.Choices {
		b, ok := choiceButton(choice)
		if !ok || len(said.Choices) > c.cfg.Buttons {
			all = nil
			break
		}
		all = append(all, b)
	}
	if len(all) > 0 {
		plain.Choices = nil
	}
	if c.list(said) != nil {
		plain.Links = nil
		return all, plain
	}
	plain.Links = nil
	for _, link := range said.Links {
		b, ok := linkButton(link)
		if !ok || len(all) >= c.cfg.Buttons {
			plain.Links = append(plain.Links, link)
			continue
		}
		all = append(all, b)
	}
	return all, plain
}

func choiceButton(choice content.Choice) (wireButton, bool) {
	payload := press(choice)
	label, value, legible := pressed(payload)
	if !isTitle(choice.Label) || utf8.RuneCountInString(payload) > buttonPayload ||
		!legible || label != choice.Label || value != choice.Value {
		return wireButton{}, false
	}
	return wireButton{Title: norm.NFC.String(choice.Label), Type: "oa.query.hide", Payload: payload}, true
}

func linkButton(link content.Link) (wireButton, bool) {
	if number, ok := strings.CutPrefix(link.URL, "tel:"); ok {
		title := link.Label
		if title == "" {
			title = "Gọi " + number
		}
		return wireButton{Title: title, Type: "oa.open.phone", Payload: map[string]string{"phone_code": number}}, isTitle(title)
	}
	if !isPage(link.URL) || !isTitle(link.Label) {
		return wireButton{}, false
	}
	return wireButton{Title: link.Label, Type: "oa.open.url", Payload: map[string]string{"url": link.URL}}, true
}

func isTitle(label string) bool {
	n := utf8.RuneCountInString(norm.NFC.String(label))
	return strings.TrimSpace(label) != "" && n <= buttonTitle
}

// listMost is the number of rows of a list template.
const listMost = 5

// list is a list template for links that are more than there are buttons, where
// Config allows one; else nil.
func (c *Connector) list(said content.Content) *wireAttachment {
	if !c.cfg.Lists || len(said.Choices) > 0 || len(said.Links) <= c.cfg.Buttons || len(said.Links) > listMost {
		return nil
	}
	rows := make([]wireElement, len(said.Links))
	for i, link := range said.Links {
		if !isPage(link.URL) || !isTitle(link.Label) {
			return nil
		}
		rows[i] = wireElement{Title: link.Label, Action: &wireAction{Type: "oa.open.url", URL: link.URL}}
	}
	return &wireAttachment{Type: "template", Payload: wirePayload{Template: "list", Elements: rows}}
}

// The marks around a choice's value in a button's payload. The payload begins
// with "#", as Zalo wants it, and with the label, because people see it in Zalo's
// own app for the OA's staff.
const (
	valueOpens  = " [["
	valueCloses = "]]"
)

// press is what comes back as a text when choice is pressed.
func press(choice content.Choice) string {
	return "#" + choice.Label + valueOpens + choice.Value + valueCloses
}

// pressed reads back what press wrote.
func pressed(said string) (label, value string, ok bool) {
	rest, hash := strings.CutPrefix(said, "#")
	rest, closed := strings.CutSuffix(rest, valueCloses)
	label, value, opened := strings.Cut(rest, valueOpens)
	return label, value, hash && closed && opened && value != ""
}

// uploadKind is one of Zalo's three uploads.
type uploadKind struct {
	path  string
	limit int64
	key   string // of the answer
	media string // media_type in a message; "": a file
}

var (
	imageUpload = &uploadKind{"/v2.0/oa/upload/image", imageSize, "attachment_id", "image"}
	gifUpload   = &uploadKind{"/v2.0/oa/upload/gif", fileSize, "attachment_id", "gif"}
	fileUpload  = &uploadKind{"/v2.0/oa/upload/file", fileSize, "token", ""}
)

// sendable are the media types Zalo takes, with how, and the extensions that a
// file of the type may have.
var sendable = map[string]struct {
	upload     *uploadKind
	extensions []string
}{
	"image/jpeg":         {imageUpload, []string{".jpg", ".jpeg", ".jfif"}},
	"image/png":          {imageUpload, []string{".png"}},
	"image/gif":          {gifUpload, []string{".gif"}},
	"application/pdf":    {fileUpload, []string{".pdf"}},
	"application/msword": {fileUpload, []string{".doc"}},
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document": {fileUpload, []string{".docx"}},
}

func sendableTypes() []string {
	var types []string
	for t := range sendable {
		types = append(types, t)
	}
	slices.Sort(types)
	return types
}

const takenWords = "Zalo chỉ nhận ảnh JPG, PNG tới 1 MB, ảnh động GIF và tệp PDF, DOC, DOCX tới 5 MB."

// filePart is a message with a file. A sticker of Zalo's own has no file, and
// its id as name.
func filePart(a content.Attachment) (part, error) {
	if a.Kind == content.Sticker && a.ID == "" && a.Name != "" {
		return part{attachment: media(wireElement{MediaType: "sticker", Attachment: a.Name})}, nil
	}
	mediaType, _, _ := strings.Cut(a.Type, ";")
	taken, ok := sendable[mediaType]
	switch {
	case a.ID == "":
		return part{}, noFile(fmt.Sprintf("Tệp “%s” chưa có ở tổng đài nên không gửi được.", a.Name))
	case !ok:
		return part{}, noFile(fmt.Sprintf("Tệp “%s” không gửi được qua Zalo. %s", a.Name, takenWords))
	case a.Size > taken.upload.limit:
		return part{}, noFile(fmt.Sprintf("Tệp “%s” quá lớn cho Zalo. %s", a.Name, takenWords))
	}
	if !slices.Contains(taken.extensions, strings.ToLower(path.Ext(a.Name))) {
		a.Name += taken.extensions[0] // Zalo goes by the name
	}
	return part{file: &a, upload: taken.upload}, nil
}

func media(element wireElement) *wireAttachment {
	return &wireAttachment{Type: "template", Payload: wirePayload{Template: "media", Elements: []wireElement{element}}}
}

func noFile(reason string) error {
	return &connectors.Error{Kind: connectors.Permanent, Reason: reason, Err: errFile}
}
