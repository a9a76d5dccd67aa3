package inbox

import (
	"fmt"
	"time"
)

// A document has a term for each span of time that it lies in, so that the
// newest can be asked for without gathering all that was ever said: see
// newestOf.

// spanBits are the lengths of spans, as powers of two in milliseconds: about 5
// hours, 37 hours, 12 days, 99 days. Each is eight times the one before it, so
// that looking into all of them costs little more than looking into the last.
var spanBits = []uint{24, 27, 30, 33}

func spanTerm(bits uint, n int64) string { return fmt.Sprintf("#%d:%d", bits, n) }

// spanTerms are the spans that a time lies in.
func spanTerms(at time.Time) []string {
	terms := make([]string, len(spanBits))
	for i, bits := range spanBits {
		terms[i] = spanTerm(bits, at.UnixMilli()>>bits)
	}
	return terms
}

// newSpan asks for what was said in the latest full span of a length and in what
// has begun of the present one. Clocks of other machines may be a little ahead.
func newSpan(now time.Time, bits uint) []Term {
	n := now.UnixMilli() >> bits
	return []Term{{Text: spanTerm(bits, n-1)}, {Text: spanTerm(bits, n)}, {Text: spanTerm(bits, n+1)}}
}
