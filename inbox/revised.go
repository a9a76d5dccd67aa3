package inbox

import "tongdai/connectors"

// What a citizen did with a message after it was said. Nothing that was said is
// overwritten: people may have read it, and the bot has answered it.

// opened greets a citizen who came without a word. Who is known already is
// not greeted again, but people see by which link or code he came.
func (r *receiving) opened(in connectors.Inbound) error {
	fresh, _, err := r.remember(in)
	if err != nil || !fresh {
		return err
	}
	c, found, err := liveConversation(r.tx, r.raw.Channel, in.From, in.Thread)
	if err != nil {
		return err
	}
	if !found || c.LastSeq == 0 {
		in.Pressed = Opening
		return r.say(in, Message{}, false)
	}
	r.kept++
	return r.note(in, Message{Change: &Change{Action: CameAgain, To: in.Ref}}, func(c *Conversation) {
		if in.Ref != "" {
			c.CameBy = in.Ref
		}
	})
}

// Opening is what Pressed holds of a message that says nothing but that the
// citizen came.
const Opening = "opening"

// edited keeps what a citizen said as it reads since it was changed: as a
// message of its own that Revises the other one, answered like any.
func (r *receiving) edited(in connectors.Inbound, urgent bool) error {
	fresh, clashes, err := r.remember(in)
	if err != nil || !fresh {
		return err
	}
	versions, err := r.versions(in)
	if err != nil {
		return err
	}
	m := Message{Clashes: clashes}
	if n := len(versions); n > 0 {
		if spaced(versions[0].Content.Text) == spaced(in.Content.Text) {
			return nil // the words are as they were: a link's preview came, a picture was turned
		}
		m.Revises = versions[n-1].ID
	}
	return r.say(in, m, urgent)
}

// remarked notes on a message that the citizen took it back or put a sign on
// it, or that it was hidden in the platform's own app.
func (r *receiving) remarked(in connectors.Inbound) error {
	fresh, _, err := r.remember(in)
	if err != nil || !fresh {
		return err
	}
	versions, err := r.versions(in)
	if err != nil {
		return err
	}
	for _, m := range versions {
		switch in.Kind {
		case connectors.Withdrawn:
			m.WithdrawnAt = in.SentAt
			if m.WithdrawnAt.IsZero() {
				m.WithdrawnAt = r.now
			}
		case connectors.Reacted:
			m.Reaction = in.Reaction
		case connectors.Concealed:
			m.Hidden = in.Hidden
		}
		if err := r.changed(m); err != nil {
			return err
		}
	}
	return nil
}

// versions are the message that in is about and what it was edited to, the
// newest first; none when we do not have it.
func (r *receiving) versions(in connectors.Inbound) (found []Message, err error) {
	for m, err := range lately(r.tx, r.raw.Channel, in) {
		if err != nil {
			return nil, err
		}
		if m.carries(in.Message) {
			found = append(found, m)
			if m.Revises == "" {
				break
			}
		}
	}
	return found, nil
}
