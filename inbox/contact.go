package inbox

import (
	"time"

	"tongdai/connectors"
)

// Contact is a person who writes to us. What is known of the person is a claim
// of a platform or of the person; nobody is merged by it.
type Contact struct {
	ID   ContactID
	Name string
	// NamedBy is whose word Name is: the citizen's own in a form, or a member's.
	// Empty: a platform's, or nobody's and made up by us ("Khách 1A2B").
	NamedBy   AuthorKind
	Phone     string
	Email     string
	Language  string // "vi" or "en"
	CreatedAt time.Time
	// ProfileDue is from when on the next matter of the person has the platform
	// asked again who this is. Zero: never asked.
	ProfileDue time.Time
	// Merged is the Contact that was found to be the same person; empty: none. What
	// this one writes is that one's from then on, see merge.go.
	Merged ContactID
}

// Identity is a Contact on one Channel.
type Identity struct {
	Channel connectors.ChannelID
	Remote  connectors.RemoteID
	Contact ContactID
}
