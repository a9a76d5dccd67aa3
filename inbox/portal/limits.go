package portal

import (
	"time"

	"tongdai/connectors/edge"
)

// How many look-ups an hour may be tried by one address, behind which a whole
// village may sit, and for one code, from wherever. A private link is not
// limited: it cannot be guessed.
const (
	looksPerHour   = 60
	guessesPerHour = 20
)

// perHour are buckets that hold a quarter of an hour's worth.
func perHour(n int) *edge.Buckets { return edge.NewBuckets(n, time.Hour, n/4) }
