package inbox

import (
	"errors"

	"tongdai/connectors/content"
)

// ErrDamaged: what the store holds is not what was written. What is damaged is
// never given out as good, and is not written over: people restore it from a
// backup. Errors of this kind that are a Damaged tell what is hit.
var ErrDamaged = errors.New("inbox: a record is damaged")

// Damaged is an error of the kind ErrDamaged that can say in Vietnamese, for
// those who look after the installation, what is hit.
type Damaged interface {
	error
	Words() string
}

// damagedWords stands where a message was that cannot be read.
const damagedWords = "[Tin nhắn ở chỗ này bị hỏng trên đĩa, không đọc được. Quản trị viên chạy lệnh “tongdai verify” để biết cách khôi phục.]"

// DamagedMessage stands in a thread where a message cannot be read, so that
// nobody takes the rest for all that was said. It is an internal note without
// an id: citizens never see it, and nothing can be done with it.
func DamagedMessage(of ConversationID, seq uint64) Message {
	return Message{
		Conversation: of, Seq: seq, Direction: Note, Author: Author{Kind: System},
		Content: content.Content{Text: damagedWords},
	}
}
