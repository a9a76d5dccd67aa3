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

// closed tells members why m must not leave now, "" when it may.
func (h *Hub) closed(tx Reader, c Conversation, m Message, now time.Time) (reason string, err error) {
	limits := h.LimitsOf(c.Channel)
	if limits.ReplyWindow == 0 && limits.FreeWindow == 0 && limits.FreeReplies == 0 {
		return "", nil
	}
	heard, since, err := heardLast(tx, c, m.ID)
	if err != nil || heard.IsZero() { // the platform may know of a word that we do not
		return "", err
	}
	silent, frugal := now.Sub(heard), m.Automatic && !c.Urgent
	switch {
	case limits.ReplyWindow > 0 && silent > limits.ReplyWindow:
		return fmt.Sprintf("Kênh này chỉ cho trả lời trong %s từ lần cuối người dân nhắn, nay đã quá. "+
			"Hãy gọi điện, hoặc chờ người dân nhắn lại rồi bấm gửi lại.", inWords(limits.ReplyWindow)), nil
	case frugal && limits.FreeWindow > 0 && silent > limits.FreeWindow:
		return fmt.Sprintf("Tin tự động không gửi khi kênh đã tính phí (quá %s từ lần cuối người dân nhắn). Hãy trả lời thay bot nếu cần.",
			inWords(limits.FreeWindow)), nil
	case frugal && limits.FreeReplies > 0 && since >= limits.FreeReplies:
		return fmt.Sprintf("Tin tự động không gửi khi kênh đã tính phí (đã đủ %d tin miễn phí từ lần cuối người dân nhắn). Hãy trả lời thay bot nếu cần.",
			limits.FreeReplies), nil
	}
	return "", nil
}

// heardLast is when the person of c was last heard on its channel, zero when
// never of late, and how many messages of ours, but for one, have left since.
func heardLast(tx Reader, c Conversation, but MessageID) (at time.Time, since int, err error) {
	for m, err := range lately(tx, c.Channel, connectors.Inbound{From: c.Remote, Thread: c.Thread}) {
		switch {
		case err != nil:
			return at, since, err
		case m.Direction == In || m.Change != nil && (m.Change.Action == FollowedUs || m.Change.Action == SharedDetails):
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
