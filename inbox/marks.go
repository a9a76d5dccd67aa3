package inbox

import (
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

// arrived reports whether the platform has the message.
func (s DeliveryState) arrived() bool { return s == Sent || s == Delivered || s == Read }

// before reports whether to is further on the way to the citizen. Only what
// the platform has moves on, and nothing moves back.
func (s DeliveryState) before(to DeliveryState) bool {
	return s == Sent && (to == Delivered || to == Read) || s == Delivered && to == Read
}

// stateOf is how far a report says that a message has come.
func stateOf(kind connectors.InboundKind) DeliveryState {
	switch kind {
	case connectors.Delivered:
		return Delivered
	case connectors.Seen:
		return Read
	}
	return NoDelivery
}

// clocksApart is how much later than the platform we may have taken down that
// a message was sent: the answer to Send takes its time.
const clocksApart = 2 * time.Second

// progress moves messages of ours on: they are on the citizen's device, or
// have been seen. The same report again changes nothing, so no key is kept of
// it, and nothing raw.
func (r *receiving) progress(in connectors.Inbound) error {
	state := stateOf(in.Kind)
	if r.hub.LimitsOf(r.raw.Channel).Letters {
		return r.letterProgress(in, state)
	}
	var sending *Message
	for m, err := range lately(r.tx, r.raw.Channel, in) {
		switch {
		case err != nil:
			return err
		case m.Direction != Out:
		case m.carries(in.Message):
			return r.advance(m, state)
		case in.Message == "" && (m.Delivery.State == state || m.Delivery.State == Read):
			return nil // what was before it has been told before
		case in.Message == "" && !m.Delivery.At.After(in.UpTo.Add(clocksApart)):
			if err := r.advance(m, state); err != nil {
				return err
			}
		case m.Delivery.State == Sending:
			sending = &m
		}
	}
	if sending == nil || in.Message == "" {
		return nil
	}
	return r.await(*sending, in)
}

func (r *receiving) advance(m Message, to DeliveryState) error {
	if !m.Delivery.State.before(to) {
		return nil
	}
	m.Delivery.State, m.Delivery.At = to, r.now
	return r.changed(m)
}

// relation notes in the open matter that the citizen follows the account, or
// does so no longer. Without one it concerns nobody.
func (r *receiving) relation(in connectors.Inbound, action Action) error {
	fresh, _, err := r.remember(in)
	if err != nil || !fresh {
		return err
	}
	r.kept++
	return r.note(in, Message{Change: &Change{Action: action}}, nil)
}

// shared takes what the citizen put into the platform's form for the person's
// own words about name, telephone and address: a claim that replaces an older
// one. The open matter shows all of it.
func (r *receiving) shared(in connectors.Inbound) error {
	fresh, _, err := r.remember(in)
	if err != nil || !fresh {
		return err
	}
	if err := r.keepRaw(); err != nil {
		return err
	}
	contact, err := r.contact(in)
	if err != nil {
		return err
	}
	if contact.NamedBy != ByMember && nameOf(in.Profile.Name) != "" {
		contact.Name, contact.NamedBy = nameOf(in.Profile.Name), Citizen
	}
	claim(&contact.Phone, in.Profile.Phone)
	claim(&contact.Email, in.Profile.Email)
	if err := r.tx.PutContact(contact); err != nil {
		return err
	}
	r.kept++
	note := Message{Change: &Change{Action: SharedDetails}, Raw: r.raw.ID, Content: content.Content{Form: form(in)}}
	return r.note(in, note, func(c *Conversation) { c.ContactName = contact.Name })
}

func claim(known *string, claimed string) {
	if claimed = strings.TrimSpace(claimed); claimed != "" {
		*known = claimed
	}
}

// form is what was shared, as the thread shows it.
func form(in connectors.Inbound) (fields []content.Field) {
	for _, f := range []content.Field{
		{Name: "name", Label: "Họ tên", Value: in.Profile.Name},
		{Name: "phone", Label: "Số điện thoại", Value: in.Profile.Phone},
		{Name: "email", Label: "Thư điện tử", Value: in.Profile.Email},
		{Name: "address", Label: "Địa chỉ", Value: in.Profile.Address},
	} {
		if strings.TrimSpace(f.Value) != "" {
			fields = append(fields, f)
		}
	}
	return append(fields, in.Content.Form...)
}

// note puts a mark of what the citizen did into the open matter, if there is one.
func (r *receiving) note(in connectors.Inbound, m Message, change func(c *Conversation)) error {
	c, found, err := liveConversation(r.tx, r.raw.Channel, in.From, in.Thread)
	if err != nil || !found {
		return err
	}
	m.ID, m.Conversation, m.Direction = MessageID(newID()), c.ID, Note
	m.Author = Author{Kind: System}
	m.SentAt, m.ReceivedAt = in.SentAt, r.now
	if m, err = c.append(r.tx, m); err != nil {
		return err
	}
	if change != nil {
		change(&c)
	}
	if c, err = r.tx.PutConversation(c); err != nil {
		return err
	}
	return r.tx.AppendEvent(messageEvent(MessageAdded, c, m, r.now))
}
