package inbox

import (
	"fmt"
	"time"

	"tongdai/connectors"
)

// Some platforms let us write only for a while after a citizen's last word, and
// count or charge what we write. What must not leave is parked with the reason,
// before the platform is asked: it would refuse, and it may count refusals.
//
// People may spend what their house pays for. The bot may not: what a machine
// says leaves only while it costs nothing, unless there is danger.

// closed tells members why m must not leave now, "" when it may. heard is when
// the person was last heard, as far as that matters to the platform.
func (h *Hub) closed(tx Reader, c Conversation, m Message, now time.Time) (reason string, heard time.Time, err error) {
	limits := h.LimitsOf(c.Channel)
	windows := limits.ReplyWindow > 0 || limits.AutomaticWindow > 0 || limits.FreeWindow > 0 || limits.FreeReplies > 0
	if !windows || c.InPublic && !m.Private {
		return "", heard, nil
	}
	heard, since, err := heardLast(tx, c, m.ID)
	if err != nil || heard.IsZero() { // the platform may know of a word that we do not
		return "", heard, err
	}
	return shut(limits, m, c.Urgent, now.Sub(heard), since), heard, nil
}

// shut is closed for a person who was silent for so long, and has had since
// messages of ours meanwhile.
func shut(limits connectors.Limits, m Message, urgent bool, silent time.Duration, since int) string {
	frugal := m.Automatic && !urgent
	switch {
	case limits.ReplyWindow > 0 && silent > limits.ReplyWindow:
		return fmt.Sprintf("Kênh này chỉ cho trả lời trong %s từ lần cuối người dân nhắn, nay đã quá. "+
			"Hãy gọi điện, hoặc chờ người dân nhắn lại rồi bấm gửi lại.", inWords(limits.ReplyWindow))
	case m.Automatic && limits.AutomaticWindow > 0 && silent > limits.AutomaticWindow:
		return fmt.Sprintf("Kênh này chỉ cho tin tự động trong %s từ lần cuối người dân nhắn. Hãy tự trả lời thay bot nếu cần.",
			inWords(limits.AutomaticWindow))
	case frugal && limits.FreeWindow > 0 && silent > limits.FreeWindow:
		return fmt.Sprintf("Tin tự động không gửi khi kênh đã tính phí (quá %s từ lần cuối người dân nhắn). Hãy trả lời thay bot nếu cần.",
			inWords(limits.FreeWindow))
	case frugal && limits.FreeReplies > 0 && since >= limits.FreeReplies:
		return fmt.Sprintf("Tin tự động không gửi khi kênh đã tính phí (đã đủ %d tin miễn phí từ lần cuối người dân nhắn). Hãy trả lời thay bot nếu cần.",
			limits.FreeReplies)
	}
	return ""
}

// heardLast is when the person of c was last heard on its channel, zero when
// never of late, and how many messages of ours, but for one, have left since.
func heardLast(tx Reader, c Conversation, but MessageID) (at time.Time, since int, err error) {
	for m, err := range lately(tx, c.Channel, connectors.Inbound{From: c.Remote, Thread: c.Thread}) {
		switch {
		case err != nil:
			return at, since, err
		case m.Direction == In || m.Change != nil && (m.Change.Action == FollowedUs || m.Change.Action == SharedDetails || m.Change.Action == CameAgain):
			return m.ReceivedAt, since, nil
		case m.Direction == Out && m.ID != but && (m.Delivery.State.arrived() || m.crashed()):
			since++
		}
	}
	return at, since, nil
}

// inWords is a length of time as people say it.
func inWords(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= 3*day && d%day == 0 {
		return fmt.Sprintf("%d ngày", d/day)
	}
	if d >= time.Hour && d%time.Hour == 0 {
		return fmt.Sprintf("%d giờ", d/time.Hour)
	}
	return fmt.Sprintf("%d phút", d/time.Minute)
}
