package webchat

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

// Log is what visitors may read of the hub.
type Log interface {
	// Said returns what visitor may see (no notes, nothing between members) of
	// the visitor's conversations on channel: those Messages whose Seq is
	// greater than after.Seen of their conversation, conversation by
	// conversation in the order of their ids, each in the order of Seq, at most
	// limit. A visitor nobody knows has said and heard nothing.
	Said(ctx context.Context, channel connectors.ChannelID, visitor connectors.RemoteID, after Cursor, limit int) ([]Said, error)
	// Watch signals on said after commits that may have added to Said what others
	// said, and on own after those that may have added the visitor's words. Several
	// commits may be one signal. A closed channel ends the stream. stop is called once.
	Watch(channel connectors.ChannelID, visitor connectors.RemoteID) (said, own <-chan struct{}, stop func())
	// Staffed tells whether people answer now and, if not, from when (zero: unknown).
	Staffed(ctx context.Context) (now bool, opens time.Time)
}

// Said is one thing said, as its visitor may see it.
type Said struct {
	Conversation string // grows with time; letters, digits and dashes
	Seq          uint64 // within the conversation, from 1
	Code         string // of the conversation: "TH-261121-0042"
	Message      string // id
	Key          string // of what the visitor said: Inbound.Key
	Own          bool   // the visitor said it
	Author       string // "citizen", "bot", "member", "department", "system"
	Name         string // of the author, as shown
	Content      content.Content
	Pressed      string
	Automatic    bool // said by a machine
	At           time.Time
	Delivery     string // how far it has come, in the hub's words; empty for the visitor's own
}

// maxPositions bounds a Cursor. A visitor rarely has two open matters, so what
// is older than the newest sixteen has long been read.
const maxPositions = 16

// Cursor tells how far a visitor has read, in each of the visitor's
// conversations apart: somebody may still answer in an older one. Its text is
// "<conversation>.<seq>", joined by "~"; widgets keep it without looking inside.
type Cursor struct {
	at []position // ascending by conversation
}

type position struct {
	conversation string
	seq          uint64
}

// Seen returns up to which Seq of conversation the reader has read.
func (c Cursor) Seen(conversation string) uint64 {
	i, found := c.find(conversation)
	switch {
	case found:
		return c.at[i].seq
	case i == 0 && len(c.at) == maxPositions:
		return math.MaxUint64
	}
	return 0
}

// With returns c after reading Seq seq of conversation.
func (c Cursor) With(conversation string, seq uint64) Cursor {
	i, found := c.find(conversation)
	if found {
		at := slices.Clone(c.at)
		at[i].seq = max(at[i].seq, seq)
		return Cursor{at}
	}
	at := slices.Insert(slices.Clone(c.at), i, position{conversation, seq})
	return Cursor{at[max(len(at)-maxPositions, 0):]}
}

func (c Cursor) find(conversation string) (int, bool) {
	return slices.BinarySearchFunc(c.at, conversation, func(p position, id string) int {
		return strings.Compare(p.conversation, id)
	})
}

// String returns the text of c, empty at the beginning.
func (c Cursor) String() string {
	parts := make([]string, len(c.at))
	for i, p := range c.at {
		parts[i] = p.conversation + "." + strconv.FormatUint(p.seq, 10)
	}
	return strings.Join(parts, "~")
}

var errCursor = errors.New("webchat: not a cursor")

// ParseCursor reads the text of a Cursor; the empty text is the beginning.
func ParseCursor(text string) (Cursor, error) {
	if text == "" {
		return Cursor{}, nil
	}
	parts := strings.Split(text, "~")
	if len(parts) > maxPositions {
		return Cursor{}, errCursor
	}
	var c Cursor
	for _, part := range parts {
		conversation, number, _ := strings.Cut(part, ".")
		seq, err := strconv.ParseUint(number, 10, 64)
		if err != nil || !isName(conversation, 64) {
			return Cursor{}, fmt.Errorf("%w: %q", errCursor, part)
		}
		c = c.With(conversation, seq)
	}
	return c, nil
}

// isName reports whether s is 1 to limit letters, digits, dashes and underscores.
func isName(s string, limit int) bool {
	if s == "" || len(s) > limit {
		return false
	}
	for _, b := range []byte(s) {
		if (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && (b < '0' || b > '9') && b != '-' && b != '_' {
			return false
		}
	}
	return true
}

// presence tells whether people answer.
type presence struct {
	Now   bool       `json:"now"`
	Opens *time.Time `json:"opens,omitempty"`
}

func (p presence) equal(other presence) bool {
	if p.Now != other.Now || (p.Opens == nil) != (other.Opens == nil) {
		return false
	}
	return p.Opens == nil || p.Opens.Equal(*other.Opens)
}

// staffing asks the Log for all streams together; ten thousand of them want to know.
type staffing struct {
	mu    sync.Mutex
	last  presence
	until time.Time
}

const staffingAge = 15 * time.Second

func (s *staffing) get(ctx context.Context, log Log, now time.Time) presence {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Before(s.until) {
		return s.last
	}
	open, opens := log.Staffed(ctx)
	s.last = presence{Now: open}
	if !open && !opens.IsZero() {
		s.last.Opens = &opens
	}
	s.until = now.Add(staffingAge)
	return s.last
}
