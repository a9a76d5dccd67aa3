package messenger

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"tongdai/connectors"
)

const (
	// waitMost is how long a call waits for its turn before the hub is told to
	// come again.
	waitMost = time.Second
	// slowFrom is the percentage of what Meta allows from which on we slow down.
	slowFrom = 75
	// usedUp is how long nothing is called when all is used and Meta does not say
	// until when.
	usedUp = time.Minute
	// pauseMost bounds what Meta may ask for.
	pauseMost = time.Hour
)

// pace keeps our calls within what Meta allows. Every answer tells in its
// headers which part of that is used (see
// https://developers.facebook.com/docs/graph-api/overview/rate-limiting): the
// less is left, the slower we call, and not at all once it is used up.
type pace struct {
	now     func() time.Time
	most    rate.Limit // calls a second, while nothing is said to the contrary
	limiter *rate.Limiter

	mu    sync.Mutex
	until time.Time // nothing is called before
}

func newPace(perSecond int, now func() time.Time) *pace {
	most := rate.Limit(perSecond)
	return &pace{now: now, most: most, limiter: rate.NewLimiter(most, max(1, perSecond/10))}
}

// wait waits for a call's turn, or tells when to come again.
func (p *pace) wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := p.now()
	p.mu.Lock()
	left := p.until.Sub(now)
	p.mu.Unlock()
	if left > 0 {
		return hurried(left)
	}
	turn := p.limiter.ReserveN(now, 1)
	delay := turn.DelayFrom(now)
	switch {
	case delay == 0:
		return nil
	case delay > waitMost:
		turn.CancelAt(now)
		return hurried(delay)
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func hurried(after time.Duration) error {
	return &connectors.Error{
		Kind: connectors.RateLimited, After: after, Reason: limitWords,
		Err: errors.New("our calls are held back: little is left of what the platform allows"),
	}
}

// use is how much of what is allowed is used, in percent.
type use struct {
	Calls  float64 `json:"call_count"`
	Time   float64 `json:"total_time"`
	CPU    float64 `json:"total_cputime"`
	Regain float64 `json:"estimated_time_to_regain_access"` // minutes
}

func (u use) percent() float64 { return max(u.Calls, u.Time, u.CPU) }

// uses reads all headers that tell of it.
func uses(header http.Header) (all []use) {
	for _, name := range []string{"X-App-Usage", "X-Page-Usage"} {
		var one use
		if json.Unmarshal([]byte(header.Get(name)), &one) == nil {
			all = append(all, one)
		}
	}
	var byBusiness map[string][]use
	if json.Unmarshal([]byte(header.Get("X-Business-Use-Case-Usage")), &byBusiness) == nil {
		for _, of := range byBusiness {
			all = append(all, of...)
		}
	}
	return all
}

// note takes down what an answer tells, and returns for how long Meta wants
// nothing more to be called; 0: it does not say.
func (p *pace) note(header http.Header) time.Duration {
	percent, pause := -1.0, time.Duration(0)
	for _, u := range uses(header) {
		percent = max(percent, u.percent())
		pause = max(pause, time.Duration(u.Regain*float64(time.Minute)))
	}
	if seconds, err := strconv.Atoi(header.Get("Retry-After")); err == nil && seconds > 0 {
		pause = max(pause, time.Duration(seconds)*time.Second)
	}
	if percent >= 100 {
		pause = cmp.Or(pause, usedUp)
	}
	pause = min(pause, pauseMost)
	if percent >= 0 {
		part := min(1, max(0, 100-percent)/(100-slowFrom))
		p.limiter.SetLimitAt(p.now(), max(1, p.most*rate.Limit(part)))
	}
	if pause > 0 {
		p.mu.Lock()
		if until := p.now().Add(pause); until.After(p.until) {
			p.until = until
		}
		p.mu.Unlock()
	}
	return pause
}
