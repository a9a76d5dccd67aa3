package record

import (
	"encoding/base64"
	"strings"

	"tongdai/inbox"
)

// Cursor names the row of a list after which the next page begins. The two
// stores give out the same, so that a browser's page outlives a move from one
// to the other.
func Cursor(rank string, id inbox.ConversationID) inbox.Cursor {
	return inbox.Cursor(base64.RawURLEncoding.EncodeToString(Seal([]byte(rank + "\x00" + string(id)))))
}

// ParseCursor is the inverse of Cursor. What Cursor did not make is
// inbox.Invalid, with words for people.
func ParseCursor(c inbox.Cursor) (rank string, id inbox.ConversationID, err error) {
	framed, err := base64.RawURLEncoding.Strict().DecodeString(string(c))
	if err == nil {
		framed, err = Unseal(framed)
	}
	rank, last, found := strings.Cut(string(framed), "\x00")
	if err != nil || !found {
		return "", "", inbox.Invalid{{
			Field:   "after",
			Message: "Vị trí trang không hợp lệ hoặc đã cũ. Anh/chị vui lòng tải lại danh sách từ đầu.",
		}}
	}
	return rank, inbox.ConversationID(last), nil
}
