package inbox

import (
	"slices"
	"strings"
	"time"

	"tongdai/connectors"
)

// Some platforms report pictures that a citizen sent as one album one by one,
// with the words beside one of them. They are one Message: the first part makes
// it, the others join it, and its turn waits a moment for them.

// albumWait is how long the turn on a part of an album waits for the other
// parts, which the platform reports within one breath.
const albumWait = time.Second

// whole is when all of m should be here.
func (r *receiving) whole(m Message) time.Time {
	if m.Album == "" {
		return r.now
	}
	return r.now.Add(albumWait)
}

// join adds in to the message that an earlier part of its album made. It
// returns false where there is none.
func (r *receiving) join(in connectors.Inbound) (joined bool, err error) {
	if in.Album == "" {
		return false, nil
	}
	for m, err := range lately(r.tx, r.raw.Channel, in) {
		if err != nil {
			return false, err
		}
		if m.Direction == In && m.Album == in.Album {
			return true, r.joinTo(m, in)
		}
	}
	return false, nil
}

func (r *receiving) joinTo(m Message, in connectors.Inbound) error {
	c, err := r.tx.Conversation(m.Conversation)
	if err != nil {
		return err
	}
	wordless := strings.TrimSpace(m.Content.Text) == ""
	m.Content.Attachments = append(slices.Clone(m.Content.Attachments), in.Content.Attachments...)
	m.Content.Text = strings.TrimSpace(m.Content.Text + "\n" + in.Content.Text)
	m.Parts = append(slices.Clone(m.Parts), in.Message)
	if err := r.tx.PutMessage(m); err != nil {
		return err
	}
	if m.Seq == c.LastSeq {
		c.heard(m)
		if c, err = r.tx.PutConversation(c); err != nil {
			return err
		}
	}
	r.kept++
	if err := fetchLater(r.tx, m, r.now); err != nil {
		return err
	}
	if wordless && m.Content.Text != "" {
		err := r.tx.Enqueue(Task{
			ID: newID(), Kind: Turns, Group: string(c.ID), Ref: string(m.ID), Due: r.whole(m),
		})
		if err != nil {
			return err
		}
	}
	return r.tx.AppendEvent(messageEvent(MessageChanged, c, m, r.now))
}
