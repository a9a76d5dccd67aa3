package edge

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"golang.org/x/time/rate"
)

func TestNetwork(t *testing.T) {
	for in, want := range map[string]string{
		"203.0.113.9":             "203.0.113.9",
		"::ffff:203.0.113.9":      "203.0.113.9",
		"2001:db8:1:2:3:4:5:6":    "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::1":    "2001:db8:1:2::/64",
		"2001:db8:1:3::1":         "2001:db8:1:3::/64",
		"fe80::1%eth0":            "fe80::/64",
		"what a proxy made of it": "what a proxy made of it",
	} {
		if got := Network(in); got != want {
			t.Errorf("Network(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNeighbourhood(t *testing.T) {
	for in, want := range map[string]string{
		"203.0.113.9":             "203.0.113.0/24",
		"2001:db8:1:2:3:4:5:6":    "2001:db8:1::/48",
		"2001:db8:1:ffff::1":      "2001:db8:1::/48",
		"what a proxy made of it": "what a proxy made of it",
	} {
		if got := Neighbourhood(Network(in)); got != want {
			t.Errorf("Neighbourhood of %q = %q, want %q", in, got, want)
		}
	}
}

func TestWhatIsTooLongIsNotCutButRefused(t *testing.T) {
	for text, want := range map[string]error{"": nil, "một hai": nil, "mười chữ ": ErrTooLarge, strings.Repeat("x", 5000): ErrTooLarge} {
		for name, from := range map[string]io.Reader{"at once": strings.NewReader(text), "by bytes": iotest.OneByteReader(strings.NewReader(text))} {
			got, err := io.ReadAll(Bounded(from, int64(len("một hai"))))
			if !errors.Is(err, want) || want == nil && string(got) != text {
				t.Errorf("%q %s = %q, %v, want %v", text, name, got, err, want)
			}
		}
	}
}

func TestATokenThatIsNotThereIsWaitedForAndNotSpent(t *testing.T) {
	now := time.Unix(0, 0)
	limiter := rate.NewLimiter(rate.Every(time.Minute), 1)
	if wait := Take(limiter, now); wait != 0 {
		t.Errorf("the first waits %s", wait)
	}
	for range 3 {
		if wait := Take(limiter, now); wait != time.Minute {
			t.Errorf("the next waits %s, want a minute", wait)
		}
	}
	if wait := Take(limiter, now.Add(time.Minute)); wait != 0 {
		t.Errorf("a minute later it waits %s", wait)
	}
}
