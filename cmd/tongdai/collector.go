package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// The garbage collector runs each time the heap has doubled. The heap of a hub
// is small, so under load that is many times a second, and a fifth of the
// processor's time. While it is busy the heap may therefore grow to busyHeap
// before it is swept. A quiet hub sweeps before half as much again has gathered as
// lives: that is seldom, and ten thousand widgets that are silent need no room
// beside them. What a start, a merge of the index or a busy hour has left behind it
// would keep for minutes, as it makes nothing that needs room: so it is swept on
// purpose, and given back.
const (
	busyHeap     = 160 << 20 // bytes
	busyCycles   = 2         // collections a second
	calmAfter    = time.Minute
	calmPercent  = 50
	usualPercent = 100
	startPercent = 400             // until the hub is open: most of what is made then stays
	afterStart   = 5 * time.Second // after the start: the first round of every chore is done
)

// collectRarely lets the collector run seldom until end is called.
func collectRarely() (end func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	debug.SetGCPercent(startPercent)
	return func() { debug.SetGCPercent(usualPercent) }
}

// paceCollector sets how often the collector runs, until ctx ends. Whoever sets
// GOGC has decided that already.
func paceCollector(ctx context.Context) error {
	if os.Getenv("GOGC") != "" {
		return nil
	}
	defer debug.SetGCPercent(usualPercent)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	samples := []metrics.Sample{{Name: "/gc/cycles/automatic:gc-cycles"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(samples)
	p := pace{cycles: samples[0].Value.Uint64(), percent: usualPercent, sweep: time.Now().Add(afterStart)}
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			metrics.Read(samples)
			if percent := p.next(now, samples[0].Value.Uint64(), samples[1].Value.Uint64()); percent != p.percent {
				p.percent = percent
				debug.SetGCPercent(percent)
			}
			if p.due(now) {
				debug.FreeOSMemory()
			}
		}
	}
}

// pace is what has been set, and why.
type pace struct {
	cycles  uint64    // until now
	busy    time.Time // last
	percent int       // set
	sweep   time.Time // next, if it is calm then
}

// next is the percentage to be set once there were that many cycles, and live
// bytes after the last of them.
func (p *pace) next(now time.Time, cycles, live uint64) int {
	if cycles-p.cycles >= busyCycles {
		p.busy = now
	}
	p.cycles = cycles
	if now.Sub(p.busy) >= calmAfter {
		return calmPercent
	}
	return max(usualPercent, int(busyHeap*100/max(live, 1))-100)
}

// due tells whether a quiet hub is to be swept now.
func (p *pace) due(now time.Time) bool {
	if p.percent != calmPercent || now.Before(p.sweep) {
		return false
	}
	p.sweep = now.Add(calmAfter)
	return true
}
