package telegram

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

// part is one call that a Content becomes.
type part struct {
	text   string // of a message, or the caption of files
	board  *keyboard
	bare   string // text with the links that board shows, for when Telegram does not take them
	place  *content.Place
	files  []content.Attachment // one, or an album
	how    way                  // of files[0]; of an album always album
	quotes int
}

// way is how a file is shown.
type way int

const (
	asDocument way = iota
	asPhoto
	asVideo
	asAnimation
	asVoice
	asAlbum
)

var (
	errEmpty = errors.New("the message says nothing")
	errFile  = errors.New("the file cannot be sent")
)

// render turns said into calls, or says what of it Telegram cannot carry before
// anything is sent. Text comes first, with the buttons below its last piece; what
// is short enough stands below the file instead, where there is one or one album.
func render(said content.Content) ([]part, error) {
	files, err := fileParts(said.Attachments)
	if err != nil {
		return nil, err
	}
	board, plain, bare := buttons(said)
	text := content.Plain(plain)
	if text == "" && board != nil {
		text = "Mời anh/chị chọn:"
	}
	if len(files) == 1 && text != "" && units(text) <= captionLength && said.Place == nil && (board == nil || files[0].how != asAlbum) {
		files[0].text, files[0].board, files[0].bare = text, board, bare
		return files, nil
	}
	var parts []part
	for _, piece := range pieces(text) {
		parts = append(parts, part{text: piece})
	}
	if board != nil {
		last := &parts[len(parts)-1]
		last.board, last.bare = board, bare
	}
	if said.Place != nil {
		parts = append(parts, part{place: said.Place})
	}
	parts = append(parts, files...)
	if len(parts) == 0 {
		return nil, &connectors.Error{Kind: connectors.Permanent, Reason: "Tin không có nội dung.", Err: errEmpty}
	}
	return parts, nil
}

// units counts as Telegram does where it is strict: a character beyond the first
// 65,536, as most emoji are, counts twice.
func units(text string) int { return len(utf16.Encode([]rune(text))) }

func pieces(text string) (all []string) {
	for _, piece := range content.Split(text, textLength) {
		if units(piece) <= textLength {
			all = append(all, piece)
			continue
		}
		all = append(all, content.Split(piece, textLength/2)...)
	}
	return all
}

// buttons tells which of the choices and links become buttons, and returns the
// content that is left to be said as text; bare is what there is to say where the
// links' buttons are not taken. Choices that do not all fit are all numbered:
// half of them on buttons would hide the other half. Telephone numbers are no
// buttons: Telegram refuses them, and its apps make a number in a text one to tap.
func buttons(said content.Content) (board *keyboard, plain content.Content, bare string) {
	plain = said
	plain.Attachments, plain.Place = nil, nil
	var rows [][]button
	for _, choice := range said.Choices {
		if !isLabel(choice.Label) || len(said.Choices) > buttonsMost {
			rows = nil
			break
		}
		rows = append(rows, []button{{Text: choice.Label, Data: data(choice)}})
	}
	if len(rows) > 0 {
		plain.Choices = nil
	}
	bare = content.Plain(plain)
	plain.Links = nil
	for _, link := range said.Links {
		if !isPage(link.URL) || !isLabel(link.Label) || len(rows) >= buttonsMost {
			plain.Links = append(plain.Links, link)
			continue
		}
		rows = append(rows, []button{{Text: link.Label, URL: link.URL}})
	}
	if len(rows) == 0 {
		return nil, plain, ""
	}
	return &keyboard{rows}, plain, bare
}

// choicesOf is k without its links; nil when nothing is left.
func (k *keyboard) choicesOf() *keyboard {
	var rows [][]button
	for _, row := range k.Rows {
		if row[0].URL == "" {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return &keyboard{rows}
}

func isLabel(label string) bool {
	return strings.TrimSpace(label) != "" && utf8.RuneCountInString(label) <= buttonLabel
}

func isPage(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

// fileParts are the calls that carry the files, in order. Pictures and videos
// beside each other go as albums.
func fileParts(all []content.Attachment) (parts []part, err error) {
	for _, a := range all {
		switch {
		case a.ID == "":
			return nil, noFile(fmt.Sprintf("Tệp “%s” chưa có ở tổng đài nên không gửi được.", a.Name))
		case a.Size > fileSize:
			return nil, noFile(fmt.Sprintf("Tệp “%s” quá lớn cho Telegram (tới 50 MB).", a.Name))
		}
		how := wayOf(a)
		if n := len(parts); n > 0 && how.inAlbum() && parts[n-1].how.inAlbum() && len(parts[n-1].files) < albumMost {
			parts[n-1].files, parts[n-1].how = append(parts[n-1].files, a), asAlbum
			continue
		}
		parts = append(parts, part{files: []content.Attachment{a}, how: how})
	}
	return parts, nil
}

func (w way) inAlbum() bool { return w == asPhoto || w == asVideo || w == asAlbum }

func wayOf(a content.Attachment) way {
	mediaType, _, _ := strings.Cut(a.Type, ";")
	switch mediaType {
	case "image/jpeg", "image/png", "image/webp":
		if a.Size <= photoSize {
			return asPhoto
		}
	case "image/gif":
		return asAnimation
	case "video/mp4":
		return asVideo
	case "audio/ogg", "application/ogg":
		if a.Kind == content.Voice {
			return asVoice
		}
	}
	return asDocument
}

// fileName is what a file is called on the citizen's telephone.
func fileName(a content.Attachment) string {
	name := path.Base(strings.ReplaceAll(a.Name, `\`, "/"))
	if name == "." || name == "/" {
		return "tep"
	}
	return name
}

func noFile(reason string) error {
	return &connectors.Error{Kind: connectors.Permanent, Reason: reason, Err: errFile}
}
