package webchat

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// post is what a widget sends to say something.
type post struct {
	Key         string   `json:"key"` // the widget's own; a resend carries the same
	Text        string   `json:"text"`
	Pressed     string   `json:"pressed"`
	Attachments []string `json:"attachments"` // tickets
	Language    string   `json:"language"`
	Page        string   `json:"page"`
}

// pressedLength bounds the value of a pressed choice, pageLength an address, in bytes.
const (
	pressedLength = 1000
	pageLength    = 500
)

// decodePost reads and checks body. What JSON cannot say (bytes that are not
// UTF-8, halves of surrogate pairs) becomes U+FFFD, as encoding/json has it;
// the bytes themselves stay in Raw. Its errors are problems with words for people.
func decodePost(body []byte, textLength, attachments int) (post, error) {
	var p post
	if err := json.Unmarshal(body, &p); err != nil {
		return post{}, malformed(err)
	}
	switch {
	case !isName(p.Key, 64):
		return post{}, badRequest("key", "Thiếu “key” của tin nhắn, hoặc “key” không phải 1–64 chữ cái, chữ số, gạch nối.")
	case utf8.RuneCountInString(p.Text) > textLength:
		return post{}, &problem{
			status: http.StatusRequestEntityTooLarge, code: "too_long",
			message: fmt.Sprintf("Tin nhắn dài quá %d ký tự. Anh/chị vui lòng chia thành nhiều tin.", textLength),
		}
	case len(p.Pressed) > pressedLength:
		return post{}, badRequest("pressed", "Lựa chọn gửi lên không hợp lệ.")
	case len(p.Attachments) > attachments && attachments == 0:
		return post{}, errNoAttachments
	case len(p.Attachments) > attachments:
		return post{}, badRequest("attachments", fmt.Sprintf("Mỗi tin nhắn kèm nhiều nhất %d tệp.", attachments))
	case strings.TrimSpace(p.Text) == "" && p.Pressed == "" && len(p.Attachments) == 0:
		return post{}, badRequest("empty", "Tin nhắn chưa có nội dung.")
	}
	p.Language = language(p.Language)
	p.Page = page(p.Page)
	return p, nil
}

func malformed(err error) *problem {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return badRequest("malformed", fmt.Sprintf("Nội dung gửi lên không phải JSON hợp lệ (tại byte %d).", syntax.Offset))
	}
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return badRequest("malformed", fmt.Sprintf("Trường “%s” sai kiểu dữ liệu.", wrongType.Field))
	}
	return badRequest("malformed", "Nội dung gửi lên không phải JSON hợp lệ.")
}

// language returns the language of a tag like "vi-VN", empty when it is none we speak.
func language(tag string) string {
	primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
	if primary == "vi" || primary == "en" {
		return primary
	}
	return ""
}

// page returns the address without what may tell more about a person than
// where the person was: user, query and fragment.
func page(address string) string {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return ""
	}
	short := (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
	if len(short) > pageLength {
		return u.Scheme + "://" + u.Host
	}
	return strings.ToValidUTF8(short, "")
}
