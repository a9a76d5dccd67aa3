package inbox

import (
	"crypto/rand"
	"strings"

	"github.com/google/uuid"
)

// Identifiers are named types, so that the compiler catches a swap. Those the
// hub gives out are random and grow with time (UUID version 7, RFC 9562), so
// that what is written together lies together on disk.
type (
	ConversationID string
	MessageID      string
	ContactID      string
	MemberID       string
	RawID          string
	LocalityID     string
	PromiseID      string
	IncidentID     string
)

// newID returns a fresh identifier.
func newID() string {
	return strings.ReplaceAll(uuid.Must(uuid.NewV7()).String(), "-", "")
}

// newNode returns a name for a node that was given none.
func newNode() string { return strings.ToLower(rand.Text()[:6]) }
