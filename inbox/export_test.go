package inbox

import (
	"context"
	"time"
)

// Backoff is how long a delivery waits after so many attempts.
func Backoff(attempts int) time.Duration { return backoff(attempts) }

// Weakness tells what is wrong with a password, or "".
func Weakness(password, login string) string { return weakness(password, login) }

// Recent is how many happenings the feed keeps in memory at least.
const Recent = recent

// TraceNothing goes through all that is done for traces on a message's way.
func (h *Hub) TraceNothing() {
	begun := h.traceBegin()
	h.traceReceived(begun, nil)
	h.traceTurn(0, "", Turn{})
	h.traceDelivery(context.Background(), begun, "", Message{}, nil)
}
