package connectors

import (
	"errors"
	"time"
)

// Kind says what may be done after a Send that failed.
type Kind int

// The kinds of a failed Send.
const (
	Retryable    Kind = iota // the zero value: what nobody classified is worth another try
	RateLimited              // try again, but not before Error.After
	WindowClosed             // the platform lets us answer no more: another way, or a person
	Unauthorized             // credentials expired: the channel's trouble, not the message's
	Permanent                // trying again cannot help; show people
	Uncertain                // the platform may have it: settle before sending twice
)

// String names the kind as logs and metrics show it.
func (k Kind) String() string {
	return [...]string{"retryable", "rate_limited", "window_closed", "unauthorized", "permanent", "uncertain"}[k]
}

// Error adds a Kind to Err without hiding it from errors.Is and errors.As.
type Error struct {
	Kind  Kind
	After time.Duration // how long the platform asked us to wait; RateLimited only
	// Reason is shown to members, in Vietnamese: what happened, what they can do.
	Reason string
	Err    error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return e.Kind.String()
	}
	return e.Kind.String() + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of err, Retryable when it carries none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Retryable
}

// RetryAfter returns how long the platform asked us to wait, zero when it did not.
func RetryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.After
	}
	return 0
}

// ReasonOf returns the words for members that err carries, else "".
func ReasonOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return ""
}
