package inbox

import (
	"errors"
	"fmt"
	"strings"
)

// Errors of the hub and its store. Wrapped ones carry words for people.
var (
	ErrNotFound  = errors.New("inbox: not found")
	ErrStale     = errors.New("inbox: the claim is no longer held")
	ErrConflict  = errors.New("inbox: changed by somebody else")
	ErrForbidden = errors.New("inbox: not allowed")
	ErrGone      = errors.New("inbox: events that old are no longer kept")
	// ErrUnavailable: the store cannot be written now. What was being written
	// is neither known to be kept nor known to be lost.
	ErrUnavailable = errors.New("inbox: the store cannot be written")
)

// Problem is one thing wrong with what a person entered.
type Problem struct {
	Field   string // as the API names it
	Message string // in Vietnamese: what is wrong and what to do
}

// Invalid is bad input, with all its problems at once. Nothing was changed.
type Invalid []Problem

func (p Invalid) Error() string {
	parts := make([]string, len(p))
	for i, problem := range p {
		parts[i] = fmt.Sprintf("%s: %s", problem.Field, problem.Message)
	}
	return strings.Join(parts, "; ")
}

// Refusal is an error of one of the kinds above with words for the member, in
// Vietnamese: what stands in the way and what to do.
type Refusal struct {
	Kind    error
	Message string
}

func (r *Refusal) Error() string { return r.Message }

func (r *Refusal) Unwrap() error { return r.Kind }

func conflict(format string, args ...any) error {
	return &Refusal{Kind: ErrConflict, Message: fmt.Sprintf(format, args...)}
}
