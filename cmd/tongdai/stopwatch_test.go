package main

import "time"

// stopwatch begins to measure how long something takes. What its reading leaves out
// are the times in which this process could do nothing at all: a machine that stands
// still, as one does that shares its processors, breaks no promise of ours.
func stopwatch() (took func() time.Duration) {
	const beat, usual = 5 * time.Millisecond, 20 * time.Millisecond
	begun, stop, still := time.Now(), make(chan struct{}), make(chan time.Duration)
	go func() {
		tick := time.NewTicker(beat)
		defer tick.Stop()
		sum, last := time.Duration(0), begun
		for over := false; !over; {
			select {
			case <-stop:
				over = true
			case <-tick.C:
			}
			if late := time.Since(last) - beat; late > usual {
				sum += late
			}
			last = time.Now()
		}
		still <- sum
	}()
	return func() time.Duration {
		passed := time.Since(begun)
		close(stop)
		return passed - <-still
	}
}
