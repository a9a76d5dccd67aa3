package record

import (
	"math"
	"time"
)

// stamp is an instant in nanoseconds since 1970; 0 is the zero Time. The very
// instant of 1970 is therefore kept one nanosecond late, and years outside
// 1678 to 2262, which only a broken clock tells, as the nearest end of them.
type stamp int64

var earliest, latest = time.Unix(0, math.MinInt64), time.Unix(0, math.MaxInt64)

func keepTime(t time.Time) stamp {
	switch {
	case t.IsZero():
		return 0
	case t.Before(earliest):
		return math.MinInt64
	case t.After(latest):
		return math.MaxInt64
	}
	if n := t.UnixNano(); n != 0 {
		return stamp(n)
	}
	return 1
}

func (s stamp) time() time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(s)).UTC()
}
