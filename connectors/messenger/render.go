package messenger

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

// part is one message of Messenger's that a Content becomes.
type part struct {
	text     string
	template *wireTemplate
	file     *content.Attachment
	quick    []wireQuick
}

// The shapes of a message on the wire.
type (
	wireMessage struct {
		Text       string          `json:"text,omitempty"`
		Attachment *wireAttachment `json:"attachment,omitempty"`
		Quick      []wireQuick     `json:"quick_replies,omitempty"`
		Metadata   string          `json:"metadata,omitempty"`
	}
	wireQuick struct {
		Type    string `json:"content_type"`
		Title   string `json:"title"`
		Payload string `json:"payload"`
	}
	wireAttachment struct {
		Type    string `json:"type"`
		Payload any    `json:"payload"`
	}
	wireTemplate struct {
		Type     string        `json:"template_type"`
		Text     string        `json:"text,omitempty"`
		Buttons  []wireButton  `json:"buttons,omitempty"`
		Elements []wireElement `json:"elements,omitempty"`
	}
	wireElement struct {
		Title   string       `json:"title"`
		Buttons []wireButton `json:"buttons"`
	}
	wireButton struct {
		Type    string `json:"type"`
		Title   string `json:"title"`
		URL     string `json:"url,omitempty"`
		Payload string `json:"payload,omitempty"`
	}
)

const (
	askWords  = "Mời anh/chị chọn:"
	openWords = "Mời anh/chị mở:"
	openTitle = "Mở trang"
)

// render turns said into messages, or says what of it Messenger cannot carry
// before anything is sent: text, then links, then files. The choices hang on the
// last of them, because they vanish as soon as something follows.
func render(said content.Content) ([]part, error) {
	for _, a := range said.Attachments {
		if err := sendable(a); err != nil {
			return nil, err
		}
	}
	quick, plain := quickOf(said)
	template, plain := linksOf(plain)
	var parts []part
	for _, piece := range content.Split(norm.NFC.String(content.Plain(plain)), textLength) {
		parts = append(parts, part{text: piece})
	}
	parts = withLinks(parts, template)
	for _, a := range said.Attachments {
		parts = append(parts, part{file: &a})
	}
	if len(quick) > 0 {
		if len(parts) == 0 {
			parts = []part{{text: askWords}}
		}
		parts[len(parts)-1].quick = quick
	}
	if len(parts) == 0 {
		return nil, nothing()
	}
	return parts, nil
}

func nothing() error {
	return &connectors.Error{Kind: connectors.Permanent, Reason: "Tin không có nội dung.", Err: errEmpty}
}

// quickOf makes the choices quick replies, and returns what is left to be said
// as text. Where a label is too long for its button, the text lists all of them
// in full, and the buttons are numbered alike.
func quickOf(said content.Content) ([]wireQuick, content.Content) {
	plain := said
	plain.Attachments = nil
	if len(said.Choices) > quickReplies {
		return nil, plain
	}
	numbered := false
	var quick []wireQuick
	for _, choice := range said.Choices {
		q := wireQuick{Type: "text", Title: norm.NFC.String(strings.TrimSpace(choice.Label)), Payload: choicePrefix + choice.Value}
		if choice.Value == "" || q.Title == "" || utf8.RuneCountInString(q.Payload) > payloadLength {
			return nil, plain
		}
		numbered = numbered || utf8.RuneCountInString(q.Title) > buttonTitle
		quick = append(quick, q)
	}
	if !numbered {
		plain.Choices = nil
		return quick, plain
	}
	for i := range quick {
		quick[i].Title = fit(fmt.Sprintf("%d. %s", i+1, quick[i].Title))
	}
	return quick, plain
}

// fit cuts a title to a button, and shows that it does.
func fit(title string) string {
	r := []rune(title)
	if len(r) <= buttonTitle {
		return title
	}
	return strings.TrimSpace(string(r[:buttonTitle-1])) + "…"
}

// linksOf makes the links buttons below a text, or cards where their labels
// need more room or there are more of them. What fits neither stays text.
func linksOf(said content.Content) (*wireTemplate, content.Content) {
	plain := said
	plain.Links = nil
	var buttons []wireButton
	var elements []wireElement
	short := true
	for _, link := range said.Links {
		b, ok := linkButton(link)
		if !ok {
			plain.Links = append(plain.Links, link)
			continue
		}
		short = short && utf8.RuneCountInString(b.Title) <= buttonTitle
		buttons = append(buttons, b)
		card := b
		if card.Title = openTitle; b.Type == "phone_number" {
			card.Title = "Gọi"
		}
		elements = append(elements, wireElement{Title: b.Title, Buttons: []wireButton{card}})
	}
	switch {
	case len(buttons) == 0 || len(buttons) > elementsMost:
		plain.Links = said.Links
		return nil, plain
	case short && len(buttons) <= buttonsMost:
		return &wireTemplate{Type: "button", Buttons: buttons}, plain
	}
	return &wireTemplate{Type: "generic", Elements: elements}, plain
}

// withLinks puts the links after the text: buttons hang below its last piece
// where that is short enough to be theirs.
func withLinks(parts []part, template *wireTemplate) []part {
	if template == nil {
		return parts
	}
	if template.Type == "button" {
		template.Text = openWords
		if last := len(parts) - 1; last >= 0 && utf8.RuneCountInString(parts[last].text) <= buttonText {
			template.Text = parts[last].text
			parts = parts[:last]
		}
	}
	return append(parts, part{template: template})
}

func linkButton(link content.Link) (wireButton, bool) {
	title := norm.NFC.String(strings.TrimSpace(link.Label))
	if number, ok := strings.CutPrefix(link.URL, "tel:"); ok {
		number = international(number)
		return wireButton{Type: "phone_number", Title: cmp.Or(title, "Gọi "+number), Payload: number},
			number != "" && utf8.RuneCountInString(title) <= elementTitle
	}
	fits := title != "" && utf8.RuneCountInString(title) <= elementTitle
	return wireButton{Type: "web_url", Title: title, URL: link.URL}, fits && isPage(link.URL)
}

// international writes a number as it is dialled from anywhere, which is the
// only way Messenger's buttons take. Short numbers (115, 1022) cannot be: they
// stay text, rather than become a button that rings somebody else. "" for those.
func international(number string) string {
	digits := strings.NewReplacer(" ", "", ".", "", "-", "", "(", "", ")", "").Replace(number)
	plus, hasPlus := strings.CutPrefix(digits, "+")
	switch {
	case strings.Trim(plus, "0123456789") != "":
		return ""
	case hasPlus && len(plus) >= 9 && len(plus) <= 15:
		return digits
	case !hasPlus && strings.HasPrefix(digits, "0") && (len(digits) == 10 || len(digits) == 11):
		return "+84" + digits[1:]
	}
	return ""
}

// renderComment is render for what everybody reads: text alone.
func renderComment(said content.Content) ([]part, error) {
	if len(said.Attachments) > 0 {
		return nil, noFile("Câu trả lời công khai chỉ gửi được chữ. Hãy bỏ tệp, hoặc trả lời riêng rồi gửi tệp trong cuộc trò chuyện.")
	}
	var parts []part
	for _, piece := range content.Split(norm.NFC.String(content.Plain(said)), commentLength) {
		parts = append(parts, part{text: piece})
	}
	if len(parts) == 0 {
		return nil, nothing()
	}
	return parts, nil
}

// renderPrivate is render for the one message that may answer a comment in
// private.
func renderPrivate(said content.Content) ([]part, error) {
	parts, err := render(said)
	switch {
	case err != nil:
		return nil, err
	case len(parts) > 1 || parts[0].file != nil:
		return nil, &connectors.Error{
			Kind: connectors.Permanent, Err: errFile,
			Reason: fmt.Sprintf("Trả lời riêng một bình luận chỉ gửi được một tin chữ, tới %d ký tự. Hãy viết gọn lại; khi người dân nhắn lại thì gửi tiếp được.", textLength),
		}
	}
	return parts, nil
}
