// Package simulator is what the stand-ins for platforms have in common: zalosim,
// messengersim, telegramsim, mattermostsim, and emailsim where it has a page. What such
// a package tells itself is what is particular to its platform: the protocol, the
// refusals, the quirks.
//
// Each part is used by itself:
//
//   - Server is where the simulator is reached, and what lives as long as it;
//   - Faults let calls of the hub go wrong, and say what became of each, for the
//     simulator's ledger;
//   - Deliver brings an event to the hub's webhook once, and Try and Delivery are what
//     the ledger tells of that; when and how often is the platform's own;
//   - Media are the files behind links that end;
//   - Load has a crowd of citizens write;
//   - Static, Render, Done and PostedFiles serve the pages on which people write, and
//     Watchers tell them what is new;
//   - Control, Command and Do are how another process has the simulator do something.
//
// It knows nobody: neither connectors nor the hub. It is linked by the demonstration,
// load tests and tests alone.
package simulator

import (
	"context"
	"time"
)

// Pause waits and says false when ctx ended meanwhile.
func Pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
