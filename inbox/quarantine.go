package inbox

import (
	"time"

	"tongdai/connectors"
)

// Raw is what arrived, as it is kept.
type Raw struct {
	ID RawID
	connectors.Raw
}

// Quarantined is something that arrived, is kept, and was not understood.
// People see it, and can have it parsed again after a correction.
type Quarantined struct {
	ID      RawID // of the Raw
	Channel connectors.ChannelID
	At      time.Time
	Trouble string
	Settled time.Time // replayed or dismissed; zero while it waits
	By      MemberID
}
