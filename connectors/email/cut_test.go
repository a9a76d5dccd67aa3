package email_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"tongdai/connectors/connectortest"
	"tongdai/connectors/email/dovecottest"
)

// between puts a toxiproxy before a server.
func between(t *testing.T, server string) *toxiproxy.Proxy {
	t.Helper()
	p := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), "mail", "127.0.0.1:0", server)
	must(t, p.Start())
	t.Cleanup(p.Stop)
	return p
}

// harm adds a toxic to what the server says.
func harm(t *testing.T, p *toxiproxy.Proxy, kind, attributes string) {
	t.Helper()
	_, err := p.Toxics.AddToxicJson(strings.NewReader(fmt.Sprintf(`{"name":"harm","type":%q,"stream":"downstream","attributes":%s}`, kind, attributes)))
	must(t, err)
}

func heal(t *testing.T, p *toxiproxy.Proxy) {
	t.Helper()
	must(t, p.Toxics.RemoveToxic(context.Background(), "harm"))
}

// EML-02.
func TestACutAtAnyByteLosesNothingAndDoublesNothing(t *testing.T) {
	t.Parallel()
	d := dovecottest.Start(t)
	const letters = 30
	d.Deliver(t, at, lettersOf(0, letters)...)
	p := between(t, d.Address)
	r := newRig(t, p.Listen, d.Address)
	c := r.connector()
	dice := rand.New(rand.NewPCG(1022, 2026))
	for i := range count(20, 200) {
		// The greeting, the login, the list and the letters together are some 13 kB.
		harm(t, p, "limit_data", fmt.Sprintf(`{"bytes":%d}`, 1+dice.IntN(13_000)))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second) // where less than that came, nothing is cut
		if err := c.Session(ctx, r.hub); err == nil {
			t.Fatal("the cut connection ended without an error")
		}
		cancel()
		heal(t, p)
		if i%7 == 6 { // all anew, so that every part of the way is cut often
			r.hub.mu.Lock()
			clear(r.hub.marks)
			r.hub.mu.Unlock()
		}
	}
	r.fetching(c)
	until(t, "all letters", func() bool { return len(r.hub.inbounds()) >= letters && r.taken() })
	if got := len(r.hub.inbounds()); got != letters || len(r.hub.troubles()) > 0 {
		t.Errorf("%d letters arrived and %d are in the quarantine, want %d", got, len(r.hub.troubles()), letters)
	}
}

// EML-03.
func TestAConnectionThatSwallowsEverythingIsNoticedAndReplaced(t *testing.T) {
	t.Parallel()
	d := dovecottest.Start(t)
	p := between(t, d.Address)
	r := newRig(t, p.Listen, d.Address)
	r.cfg.Poll = 3 * time.Second
	d.Deliver(t, at, letterOf(0))
	r.fetching(r.connector())
	until(t, "the first letter", r.taken)
	// What was there goes on for ever without a word; who connects anew gets through.
	harm(t, p, "timeout", `{"timeout":0}`)
	d.Deliver(t, at, letterOf(1))
	timer := time.AfterFunc(500*time.Millisecond, func() { _ = p.Toxics.RemoveToxic(context.Background(), "harm") })
	defer timer.Stop()
	connectortest.UntilWithin(t, 3*r.cfg.Poll, "the letter", func() bool { return len(r.hub.inbounds()) == 2 })
}

func TestALongLetterThatIsCutIsNotTakenForAWholeOne(t *testing.T) {
	t.Parallel()
	d := dovecottest.Start(t)
	long := append(letterOf(1), bytes.Repeat([]byte("Noi dung rat dai cua la thu nay, viet mai khong het.\r\n"), 60_000)...)
	d.Deliver(t, at, long)
	p := between(t, d.Address)
	r := newRig(t, p.Listen, d.Address)
	c := r.connector()
	for _, bytes := range []int{100_000, 1_500_000, len(long)} {
		harm(t, p, "limit_data", fmt.Sprintf(`{"bytes":%d}`, bytes))
		if err := c.Session(t.Context(), r.hub); err == nil {
			t.Fatal("the cut connection ended without an error")
		}
		heal(t, p)
		if n := len(r.hub.inbounds()); n != 0 {
			t.Fatalf("cut after %d bytes, %d letters arrived", bytes, n)
		}
	}
	r.fetching(c)
	until(t, "the letter", func() bool { return len(r.hub.inbounds()) == 1 })
	if got := r.hub.raws[0].Files[0].Size; got != int64(len(long)) {
		t.Errorf("kept are %d of %d bytes", got, len(long))
	}
}
