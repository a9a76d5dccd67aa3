package inbox

import (
	"time"

	"tongdai/connectors"
)

// An answer that had to wait for hours may say the wrong thing by the time it
// could leave: the citizen has written again, or somebody has closed the matter.
// Such an answer is not blurted out; a person reads it and sends it again, or
// leaves it. What is urgent leaves all the same, and so does what a person has
// sent again.

const (
	// overtakenAfter is how long an answer must have waited to be asked about:
	// longer than what passes between one word and the next.
	overtakenAfter = 15 * time.Minute
	// sameBreath is how soon after an answer was written the citizen's further words
	// belong to what it answers.
	sameBreath = time.Minute
)

// The reasons of answers that were overtaken while they waited.
const (
	saidMeanwhile   = "Tin phải chờ lâu mới gửi được, trong lúc đó người dân đã nhắn thêm. Hãy đọc lại; nếu tin vẫn đúng thì bấm gửi lại."
	closedMeanwhile = "Tin phải chờ lâu mới gửi được, trong lúc đó phiếu đã đóng. Hãy xem có còn cần gửi không rồi bấm gửi lại."
)

// overtaken tells members why m must not leave without their word, "" when it may.
func overtaken(tx Reader, c Conversation, m Message, now time.Time) (reason string, err error) {
	written := m.SentAt
	if m.Delivery.Again.After(written) {
		written = m.Delivery.Again
	}
	if now.Sub(written) < overtakenAfter {
		return "", nil
	}
	closed := c.Status == Resolved && c.ResolvedAt.After(written)
	if closed && c.Handler == ByPeople {
		return closedMeanwhile, nil
	}
	for said, err := range lately(tx, c.Channel, connectors.Inbound{From: c.Remote, Thread: c.Thread}) {
		switch {
		case err != nil:
			return "", err
		case said.Direction == In && !said.byMachine() && said.ReceivedAt.After(written.Add(sameBreath)):
			return saidMeanwhile, nil
		// What was closed because the citizen fell silent still waits for this answer.
		case closed && said.Conversation == c.ID && said.Change != nil && said.Author.Kind != System && said.ReceivedAt.Equal(c.ResolvedAt):
			return closedMeanwhile, nil
		case said.Conversation == c.ID && said.ReceivedAt.Before(written):
			return "", nil
		}
	}
	return "", nil
}
