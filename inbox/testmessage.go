package inbox

import (
	"context"
	"errors"
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

// A test message goes the way of every answer: it stands in the conversation of
// whoever gets it, under the name of who sent it, waits in the same line, and is
// recognised when the platform echoes it. So what it shows is what an answer
// would meet. It changes nothing else: the bot goes on, and whoever waits for
// an answer still does.

// TestTo is who gets a test message: the citizen of a conversation of the
// channel or, without one, the person with that id on the platform.
type TestTo struct {
	Conversation ConversationID
	Remote       connectors.RemoteID
}

// Tested is what became of a test message. Without a Message nothing was sent:
// Delivery.Reason then says why it could not be.
type Tested struct {
	Conversation ConversationID
	Code         string // of the conversation
	Message      MessageID
	// Delivery is how far it has come. Queued and Sending: it had not ended when
	// the asking did, and goes on.
	Delivery Delivery
}

const (
	// testWait is how long the platform's word on a test message is waited for; a
	// call of it may take as long.
	testWait = 20 * time.Second
	// testLook is how often the message is looked at meanwhile.
	testLook = 200 * time.Millisecond
)

// testText is what the citizen reads.
const testText = "Dạ, đây là tin thử đường truyền của tổng đài. Anh/chị không cần trả lời tin này ạ."

// SendTest sends a test message and waits a while for the platform's word. The
// platform takes it only where it would take an answer: from somebody who wrote
// within its window. ErrConflict where there is nothing to test.
func (h *Hub) SendTest(ctx context.Context, actor Actor, id connectors.ChannelID, to TestTo) (Tested, error) {
	if !actor.May(TestChannels) {
		return Tested{}, ErrForbidden
	}
	conn, ok := h.connectors[id]
	if !ok {
		return Tested{}, ErrNotFound
	}
	if conn.Limits().FromLog {
		return Tested{}, conflict("Kênh này không gửi qua nền tảng nào: tin đã lưu là người dân thấy, nên không có gì để gửi thử.")
	}
	to.Remote = connectors.RemoteID(strings.TrimSpace(string(to.Remote)))
	if (to.Conversation == "") == (to.Remote == "") {
		return Tested{}, Invalid{{Field: "id", Message: "Hãy chọn một người vừa nhắn, hoặc nhập mã người dùng trên nền tảng."}}
	}
	profile, reason, err := h.introduce(ctx, conn, to.Remote)
	if err != nil {
		return Tested{}, err
	}
	tested := Tested{Delivery: Delivery{State: Failed, Reason: reason, At: h.store.Now()}}
	err = h.store.Update(ctx, func(tx Writer) error {
		t := trial{hub: h, tx: tx, actor: actor, channel: id, now: h.store.Now()}
		if reason != "" {
			return t.audit(Conversation{}, "")
		}
		var err error
		tested, err = t.send(to, profile)
		return err
	})
	if err != nil || tested.Message == "" {
		return tested, err
	}
	return h.awaitTest(ctx, tested)
}

// introduce asks the platform who a person is whom nobody here knows, so that a
// mistyped id makes no conversation. reason says why the person cannot be written to.
func (h *Hub) introduce(ctx context.Context, conn connectors.Connector, user connectors.RemoteID) (p connectors.Profile, reason string, err error) {
	if user == "" {
		return p, "", nil
	}
	err = h.store.View(ctx, func(tx Reader) error {
		_, err := tx.ContactOf(conn.Channel().ID, user)
		return err
	})
	if !errors.Is(err, ErrNotFound) {
		return p, "", err // known, or nothing can be read
	}
	profiler, ok := conn.(connectors.Profiler)
	if !ok {
		return p, "", nil
	}
	p, err = askProfile(ctx, profiler, user)
	if err == nil {
		return p, "", nil
	}
	if reason = connectors.ReasonOf(err); reason == "" {
		reason = "Không hỏi được nền tảng về người này; hãy xem tình trạng của kênh rồi thử lại."
	}
	h.log.WarnContext(ctx, "a test message had nobody to go to", "channel", conn.Channel().ID, "kind", connectors.KindOf(err).String(), "err", err)
	return p, reason, nil
}

// trial is one test message within its transaction.
type trial struct {
	hub     *Hub
	tx      Writer
	actor   Actor
	channel connectors.ChannelID
	now     time.Time
}

func (t trial) send(to TestTo, profile connectors.Profile) (Tested, error) {
	c, err := t.matter(to, profile)
	if err != nil {
		return Tested{}, err
	}
	tested := Tested{Conversation: c.ID, Code: c.Code}
	if reason, _, err := t.hub.closed(t.tx, c, Message{}, t.now); err != nil || reason != "" {
		tested.Delivery = Delivery{State: Parked, Reason: reason, At: t.now}
		return tested, errors.Join(err, t.audit(c, ""))
	}
	m := Message{
		ID: MessageID(newID()), Conversation: c.ID, Direction: Out,
		Author:  Author{Kind: ByMember, Member: t.actor.Member.ID, Name: t.actor.Member.Name},
		Content: content.Content{Text: testText}, SentAt: t.now, ReceivedAt: t.now,
		Delivery: Delivery{State: Queued, At: t.now},
	}
	if m, err = c.append(t.tx, m); err != nil {
		return tested, err
	}
	if c, err = t.tx.PutConversation(c); err != nil {
		return tested, err
	}
	tested.Message, tested.Delivery = m.ID, m.Delivery
	return tested, errors.Join(
		t.tx.Enqueue(Task{ID: newID(), Kind: Deliveries, Group: string(c.ID), Ref: string(m.ID), Urgent: true, Due: t.now}),
		t.audit(c, m.ID),
		t.tx.AppendEvent(messageEvent(MessageAdded, c, m, t.now)),
	)
}

// matter is the conversation that the test goes into: the one that was chosen,
// else the person's open one, the latest, or a new one.
func (t trial) matter(to TestTo, profile connectors.Profile) (Conversation, error) {
	if to.Conversation != "" {
		c, err := t.tx.Conversation(to.Conversation)
		if err == nil && c.Channel != t.channel {
			err = ErrNotFound
		}
		return c, err
	}
	r := receiving{hub: t.hub, tx: t.tx, raw: Raw{Raw: connectors.Raw{Channel: t.channel}}, now: t.now}
	return r.matterOf(connectors.Inbound{From: to.Remote, Profile: profile})
}

func (t trial) audit(c Conversation, m MessageID) error {
	return t.tx.AppendAudit(Audit{
		At: t.now, Member: t.actor.Member.ID, Action: Testing, Conversation: c.ID,
		Target: string(t.channel), Address: t.actor.Address, Detail: string(m),
	})
}

// awaitTest waits until the first attempt has ended, or testWait is over.
func (h *Hub) awaitTest(ctx context.Context, tested Tested) (Tested, error) {
	ctx, cancel := context.WithTimeout(ctx, testWait)
	defer cancel()
	for pause(ctx, nil, testLook) {
		err := h.store.View(ctx, func(tx Reader) error {
			m, err := tx.Message(tested.Message)
			tested.Delivery = m.Delivery
			return err
		})
		if err != nil && ctx.Err() == nil {
			return tested, err
		}
		d := tested.Delivery
		// What was tried and waits to be tried again has its answer too.
		if d.State != Sending && (d.State != Queued || d.Attempts > 0 || d.Reason != "") {
			break
		}
	}
	return tested, nil
}
