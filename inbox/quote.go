package inbox

import (
	"cmp"
	"errors"

	"tongdai/connectors/content"
)

// Quote is the message that another one answers, as its reader may see it.
type Quote struct {
	Message      MessageID
	Conversation ConversationID
	// Code is that of an earlier matter of the person, where the message was said
	// there: its words are read by opening that matter, which is on record then.
	// Empty: it is of the same conversation, and what follows tells it.
	Code    string
	Seq     uint64
	Author  Author
	Content content.Content
}

// quoteOf finds what m answers, or says anew. It returns nil where that is nothing, has been
// erased, or belongs to a matter that actor may not see.
func quoteOf(tx Reader, actor Actor, c Conversation, m Message) (*Quote, error) {
	id := cmp.Or(m.Revises, m.Quotes)
	if id == "" {
		return nil, nil
	}
	quoted, err := tx.Message(id)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	quoted = actor.shownMessage(quoted, c)
	q := &Quote{Message: quoted.ID, Conversation: quoted.Conversation}
	if quoted.Conversation == m.Conversation {
		q.Seq, q.Author, q.Content = quoted.Seq, quoted.Author, quoted.Content
		return q, nil
	}
	other, err := actor.seen(tx.Conversation(quoted.Conversation))
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	q.Code = other.Code
	return q, err
}
