package email

import (
	"sync"
	"time"
)

// state is what is known of the mailbox in this process, beside the bookmark: for
// Check, and for letters that failed.
type state struct {
	mu     sync.Mutex
	alive  time.Time // when the server last answered; zero: not connected
	err    error     // why it is not connected
	last   uint32    // the highest UID that was taken
	left   int       // letters that wait in the mailbox
	since  time.Time // since when some wait
	rests  map[uint32]time.Time
	broken map[uint32]int
}

func (s *state) connected(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.alive, s.err = now, nil
}

func (s *state) broke(_ time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.alive, s.err = time.Time{}, err
}

// waiting notes how many letters wait. That the server told is a sign of life.
func (s *state) waiting(now time.Time, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.alive = now
	if s.left == 0 || n == 0 {
		s.since = now
	}
	s.left = n
}

func (s *state) took(now time.Time, uid uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.alive, s.last = now, max(s.last, uid)
}

// anew forgets everything that goes by UID.
func (s *state) anew() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last, s.rests, s.broken = 0, nil, nil
}

// rest leaves a letter alone until then.
func (s *state) rest(uid uint32, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rests == nil {
		s.rests = map[uint32]time.Time{}
	}
	s.rests[uid] = until
}

// resting tells which letters are left alone now.
func (s *state) resting(now time.Time) func(uid uint32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	rests := map[uint32]bool{}
	for uid, until := range s.rests {
		rests[uid] = until.After(now)
	}
	return func(uid uint32) bool { return rests[uid] }
}

// soonest is how long it is until a letter that was left alone is tried again; 0:
// there is none.
func (s *state) soonest(now time.Time) (soonest time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, at := range s.rests {
		if d := at.Sub(now); d > 0 && (soonest == 0 || d < soonest) {
			soonest = d
		}
	}
	return soonest
}

// breaks counts a connection that broke in the middle of a letter.
func (s *state) breaks(uid uint32) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken == nil {
		s.broken = map[uint32]int{}
	}
	s.broken[uid]++
	return s.broken[uid]
}

// forget is for a letter that was taken.
func (s *state) forget(uid uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.rests, uid)
	delete(s.broken, uid)
}
