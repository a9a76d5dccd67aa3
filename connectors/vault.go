package connectors

import (
	"context"
	"errors"
	"time"
)

// ErrStale is returned by Vault.Save when somebody has saved since the version
// was loaded.
var ErrStale = errors.New("connectors: the secret has been replaced since it was loaded")

// Vault keeps the secrets that a connector is given while it works and must
// neither lose nor show: the tokens of its account. What is kept is encrypted
// by the implementation. Names are the connector's own and begin with its
// ChannelID or, for what several channels share, with the platform's name and
// the id of what they share: "zalo-1022/tokens", "zalo/app/1022…".
//
// Single-use tokens are spent by whoever holds the name (Hold), on record
// before the platform is called and with the new ones saved before their first
// use. Hold keeps nodes from getting in each other's way; that nothing newer is
// overwritten rests on the version alone.
type Vault interface {
	// Load returns the newest secret under name, the zero Secret when there is none.
	Load(ctx context.Context, name string) (Secret, error)
	// Save keeps value in place of the secret whose version is over (0: of none)
	// and returns the new version. On nil it is on disk. ErrStale: the newest is
	// another version, nothing was changed. After any other error it is unknown
	// whether value was kept: Load tells.
	Save(ctx context.Context, name string, value []byte, over uint64) (version uint64, err error)
	// Hold takes name for holder, or takes it for longer, for ttl from now; ok is
	// false while another has it. A ttl of zero or less gives it back.
	Hold(ctx context.Context, name, holder string, ttl time.Duration) (ok bool, err error)
}

// Secret is something kept in a Vault.
type Secret struct {
	Value   []byte // the caller's own copy
	Version uint64 // grows with every Save of its name, from 1; 0: there is no secret
}
