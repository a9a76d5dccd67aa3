package inbox

import (
	"time"

	"tongdai/connectors"
)

// Contact is a person who writes to us. What is known of the person is a claim
// of a platform or of the person; nobody is merged by it.
type Contact struct {
	ID        ContactID
	Name      string
	Phone     string
	Email     string
	Language  string // "vi" or "en"
	CreatedAt time.Time
}

// Identity is a Contact on one Channel.
type Identity struct {
	Channel connectors.ChannelID
	Remote  connectors.RemoteID
	Contact ContactID
}
