package inbox

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	lru "github.com/hashicorp/golang-lru/v2"
)

const (
	// recallKept is how many messages and conversations a node recalls: more than
	// it ever works on at a time.
	recallKept = 2048
	// recallText is the longest text that is recalled; a longer one is read.
	recallText = 8 << 10 // bytes
)

// recall holds what this node has just written, so that the turn that follows
// need not read it again. It is a guess, noted before the commit, as a turn may
// begin right after it: what failed to be committed is in it too, and another
// node may have written since. Whoever writes on the strength of it looks first
// whether it was right (see ground).
type recall struct {
	messages      *lru.Cache[MessageID, Message]
	conversations *lru.Cache[ConversationID, Conversation]
}

func newRecall() recall {
	messages, err := lru.New[MessageID, Message](recallKept)
	conversations, other := lru.New[ConversationID, Conversation](recallKept)
	if err := errors.Join(err, other); err != nil {
		panic(fmt.Sprintf("inbox: %v", err)) // of a size that is not positive
	}
	return recall{messages, conversations}
}

// said notes an incoming message until its turn, with its conversation.
func (r recall) said(m Message, c Conversation) {
	if len(m.Content.Text) <= recallText {
		r.messages.Add(m.ID, m)
	}
	r.wrote(c)
}

// wrote notes a conversation.
func (r recall) wrote(c Conversation) { r.conversations.Add(c.ID, c) }

// take returns a message, which nobody here will ask for again, and its
// conversation as it is known.
func (r recall) take(id MessageID) (m Message, c Conversation, known bool) {
	if m, known = r.messages.Get(id); !known {
		return m, c, false
	}
	r.messages.Remove(id)
	c, known = r.conversations.Get(m.Conversation)
	return m, c, known
}

// ground is what a turn stands on: a message and its conversation.
type ground struct {
	message      Message
	conversation Conversation
	guessed      bool // remembered rather than read
}

// errMoved says that the ground was another than remembered.
var errMoved = errors.New("inbox: the conversation has moved on")

// groundOf returns what the turn of a message stands on, from memory where
// that has it.
func (h *Hub) groundOf(ctx context.Context, id MessageID) (ground, error) {
	// Where people answer, a turn mostly writes nothing that would show whether
	// the guess was right.
	if m, c, known := h.recall.take(id); known && c.Handler == ByBot {
		return ground{message: m, conversation: c, guessed: true}, nil
	}
	return h.readGround(ctx, id)
}

func (h *Hub) readGround(ctx context.Context, id MessageID) (g ground, err error) {
	err = h.store.View(ctx, func(tx Reader) (err error) {
		if g.message, err = tx.Message(id); err != nil {
			return err
		}
		g.conversation, err = tx.Conversation(g.message.Conversation)
		return err
	})
	if err != nil {
		return g, fmt.Errorf("read message %s: %w", id, err)
	}
	return g, nil
}

// holds tells whether the bot would have decided the same about c as it is in
// the store.
func (g ground) holds(c Conversation) bool {
	return !g.guessed || g.conversation.Handler == c.Handler && reflect.DeepEqual(g.conversation.Dialogue, c.Dialogue)
}
