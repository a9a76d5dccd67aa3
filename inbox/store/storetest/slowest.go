package storetest

import (
	"slices"
	"syscall"
	"testing"
	"time"
)

// atLeast is how often something is asked, so that the slowest of a hundred says something.
const atLeast = 300

// Slowest asks again and again, and reports the slowest of a hundred beside the
// mean, which the benchmark tells by itself: by the clock, and by the processor
// time of this process, which says more on a machine that others use as well. n
// counts the times.
func Slowest(b *testing.B, ask func(n int) error) {
	var took, used []time.Duration
	again := func() {
		begun, busy := time.Now(), processorTime(b)
		if err := ask(len(took)); err != nil {
			b.Fatal(err)
		}
		took, used = append(took, time.Since(begun)), append(used, processorTime(b)-busy)
	}
	for b.Loop() {
		again()
	}
	for len(took) < atLeast {
		again()
	}
	var sum time.Duration
	for _, u := range used {
		sum += u
	}
	b.ReportMetric(milliseconds(slowest(took)), "p99-ms")
	b.ReportMetric(milliseconds(sum/time.Duration(len(used))), "cpu-ms")
	b.ReportMetric(milliseconds(slowest(used)), "cpu-p99-ms")
}

func slowest(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)*99/100]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// processorTime is what this process has used so far.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
