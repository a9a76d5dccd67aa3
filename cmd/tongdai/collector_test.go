package main

import (
	"slices"
	"testing"
	"time"
)

func TestTheCollectorIsPacedByTheLoad(t *testing.T) {
	start := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	p := pace{cycles: 10, percent: usualPercent}
	for _, step := range []struct {
		what         string
		after        time.Duration
		cycles, live uint64
		want         int
	}{
		{"a quiet hub keeps little room", time.Second, 10, 20 << 20, calmPercent},
		{"a busy one may fill the heap", 2 * time.Second, 14, 40 << 20, 300},
		{"it then collects less often, and stays so", 3 * time.Second, 15, 40 << 20, 300},
		{"what lives longer takes of the room", 4 * time.Second, 16, 64 << 20, 150},
		{"a minute without load gives the memory back", 63 * time.Second, 17, 20 << 20, calmPercent},
		{"a large heap is never allowed less than usual", 64 * time.Second, 20, 500 << 20, usualPercent},
	} {
		p.percent = p.next(start.Add(step.after), step.cycles, step.live)
		if p.percent != step.want {
			t.Errorf("%s: %d %%, not %d", step.what, p.percent, step.want)
		}
	}
}

func TestAQuietHubGivesMemoryBack(t *testing.T) {
	start := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	p := pace{sweep: start.Add(afterStart)}
	var swept []time.Duration
	var cycles uint64
	for second := range 200 {
		after := time.Duration(second) * time.Second
		if second >= 70 && second < 90 {
			cycles += busyCycles
		}
		p.percent = p.next(start.Add(after), cycles, 20<<20)
		if p.due(start.Add(after)) {
			swept = append(swept, after)
		}
	}
	// Once all chores were done, a minute later, and a minute after the last busy second.
	want := []time.Duration{5 * time.Second, 65 * time.Second, 149 * time.Second}
	if !slices.Equal(swept, want) {
		t.Errorf("swept %v after the start, not %v", swept, want)
	}
}
