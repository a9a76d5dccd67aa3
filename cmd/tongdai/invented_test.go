package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"tongdai/configs"
	"tongdai/connectors/webchat/webchatsim"
	"tongdai/inbox"
)

// fromAddress makes requests come through a proxy from an address.
type fromAddress struct {
	http.RoundTripper
	address string
}

func (f fromAddress) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", f.address)
	return f.RoundTripper.RoundTrip(r)
}

// tally counts what a crowd came to.
type tally struct {
	mu                          sync.Mutex
	opened, said, refused, busy int
}

// CAP-04: fifty addresses of one network invent thousands of sessions, and write
// with each that they get. The limits of address, network and session hold, as
// long as they do not work for more; a citizen of another network notices nothing,
// a new one from behind one of those addresses gets a session for work, and a
// report of danger gets through even from there.
func TestInventedSessionsAreBoundedAndDangerGetsThrough(t *testing.T) {
	ctx, cancel := patience(t, time.Minute, 5*time.Minute)
	defer cancel()
	const addresses = 50
	each := count(20, 100) // sessions that each address tries to open
	cfg := configs.Default()
	cfg.HTTP.Listen, cfg.HTTP.TrustedProxies, cfg.Data.Folder = "127.0.0.1:0", []string{"127.0.0.1/32"}, t.TempDir()
	most := cfg.Channels[0].MessagesPerMinute
	a, url := serveNode(t, cfg)
	transport := &http.Transport{MaxIdleConnsPerHost: addresses + 2}
	t.Cleanup(transport.CloseIdleConnections)
	at := func(address string) *webchatsim.Hub {
		return &webchatsim.Hub{URL: url, Channel: "web", Client: &http.Client{Timeout: 30 * time.Second, Transport: fromAddress{transport, address}}}
	}
	neighbour, err := at("198.51.100.1").Open(ctx) // was here before them
	if err != nil {
		t.Fatal(err)
	}

	begun := time.Now()
	var crowd tally
	var all sync.WaitGroup
	for i := range addresses {
		all.Go(func() {
			robot := at(fmt.Sprint("198.51.100.", 1+i))
			robot.Idle = true
			crowd.invent(ctx, t, robot, each, 2*most.Visitor)
		})
	}
	stranger := make(chan time.Duration, 1)
	go func() {
		at := at("203.0.113.7")
		visitor, err := at.Open(ctx)
		if err == nil {
			err = visitor.Say(ctx, "k1", "đèn đường ngõ nhà tôi hỏng cả tháng nay")
		}
		if err != nil {
			t.Errorf("a citizen of another network: %v", err)
		}
		stranger <- time.Since(begun)
	}()
	if took := <-stranger; took > 10*time.Second {
		t.Errorf("a citizen of another network was kept waiting for %s", took)
	}
	all.Wait()
	minutes := 1 + int(time.Since(begun)/time.Minute) // in which as many again may come
	t.Logf("%d sessions tried, %d opened; %d messages taken, %d refused, %d asked to come again as the hub was busy, in %s", addresses*each, crowd.opened, crowd.said, crowd.refused, crowd.busy, time.Since(begun).Round(time.Millisecond))
	if want := most.Address / 10 / 2 * 10 * (minutes + 1); crowd.opened > want || crowd.opened == 0 {
		t.Errorf("%d sessions were opened without work, want %d at most", crowd.opened, want)
	}
	if _, err := at("198.51.100.9").Open(ctx); err != nil {
		t.Errorf("a new citizen from behind one of the addresses, whose browser works: %v", err)
	}
	if want := most.Address * 10 * (minutes + 1); crowd.said > want || crowd.refused == 0 {
		t.Errorf("%d messages were taken and %d refused, want %d taken at most", crowd.said, crowd.refused, want)
	}

	spent(ctx, t, neighbour)
	if err := neighbour.Say(ctx, "danger", "mẹ tôi khó thở quá, tím tái"); err != nil {
		t.Errorf("a report of danger from behind one of the addresses: %v", err)
	}
	await(ctx, t, "the report of danger to ring", func() bool {
		urgent := 0
		err := a.store.View(ctx, func(tx inbox.Reader) error {
			found, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.UrgentList}, Limit: 10})
			urgent = len(found)
			return err
		})
		return err == nil && urgent == 1
	})
}

// invent opens sessions, and writes with each until it is refused.
func (c *tally) invent(ctx context.Context, t *testing.T, hub *webchatsim.Hub, sessions, messages int) {
	for range sessions {
		visitor, err := hub.Open(ctx)
		if c.count(t, err, &c.opened) != nil {
			continue
		}
		for k := range messages {
			if c.count(t, visitor.Say(ctx, fmt.Sprint("k", k), "đèn đường hỏng"), &c.said) != nil {
				break
			}
		}
	}
}

func (c *tally) count(t *testing.T, err error, taken *int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	refused, is := errors.AsType[*webchatsim.Refused](err)
	switch {
	case err == nil:
		*taken++
	case is && refused.Status == http.StatusTooManyRequests && refused.After > 0:
		c.refused++
	case is && refused.Status == http.StatusServiceUnavailable && refused.After > 0: // nothing lost: to be sent again
		c.busy++
	default:
		t.Errorf("refused otherwise than by its limit: %v", err)
	}
	return err
}

// spent has a visitor write until the limit says no.
func spent(ctx context.Context, t *testing.T, visitor *webchatsim.Visitor) {
	t.Helper()
	for k := range 1000 {
		if err := visitor.Say(ctx, fmt.Sprint("usual", k), "đèn đường hỏng"); err != nil {
			return
		}
	}
	t.Error("the limits never said no")
}
