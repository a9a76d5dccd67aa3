package bolt

import (
	"bytes"
	"fmt"

	lru "github.com/hashicorp/golang-lru/v2"

	"tongdai/inbox"
)

// known has conversations as they were written last, each with its record. A
// message is three reads of its conversation, and to make one of JSON again
// takes longer than all else that is done to read it. What is on disk decides:
// a record that differs from the one known in a single bit is read and checked.
type known struct {
	written *lru.Cache[inbox.ConversationID, writtenConversation]
}

type writtenConversation struct {
	framed       []byte
	conversation inbox.Conversation
}

// conversationsKnown is more than are talked in at a time.
const conversationsKnown = 2048

func newKnown() known {
	written, err := lru.New[inbox.ConversationID, writtenConversation](conversationsKnown)
	if err != nil {
		panic(fmt.Sprintf("bolt: %v", err)) // of a size that is not positive
	}
	return known{written}
}

// wrote notes what has been put under its key. That the transaction may fail
// does no harm: then something else is on disk. Where a text was not UTF-8,
// what is read back differs from what was written, and is not noted.
func (k known) wrote(c inbox.Conversation, framed []byte) {
	if bytes.Contains(framed, []byte(`\ufffd`)) {
		k.written.Remove(c.ID)
		return
	}
	k.written.Add(c.ID, writtenConversation{framed, c.Clone()})
}

// read is the conversation whose record is framed, where it is known.
func (k known) read(id inbox.ConversationID, framed []byte) (inbox.Conversation, bool) {
	w, ok := k.written.Get(id)
	if !ok || !bytes.Equal(w.framed, framed) {
		return inbox.Conversation{}, false
	}
	return w.conversation.Clone(), true
}
