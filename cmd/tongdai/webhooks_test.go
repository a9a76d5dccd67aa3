package main

import (
	"testing"
	"time"

	"tongdai/connectors/zalo/zalosim"
)

// CAP-01: ten thousand webhooks of a simulated Zalo in a minute, a thousand in a
// quick run, with the bot answering: none is lost, every one is acknowledged, all are
// answered. How fast is in docs/benchmarks.md and no matter here.
func TestTenThousandWebhooksLoseNothing(t *testing.T) {
	ctx, cancel := patience(t, 2*time.Minute, 10*time.Minute)
	defer cancel()
	h := overZalo(t, zalosim.Config{PerMinute: platformLimit, Package: platformLimit}, nil)
	h.connect(simulatedZalo, h.oa)
	messages := count(1000, 10_000)
	l := load{connections: 32, messages: messages, perVisitor: 4}
	if long() {
		l.rate = float64(messages) / time.Minute.Seconds()
	}
	platform := zaloPlatform{h.sim}
	sent, err := platform.write(ctx, l)
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if err := drained(ctx, platform); err != nil {
		t.Fatal(err)
	}
	took := time.Since(begun) - settledAfter
	books := platform.books()
	for _, user := range sent.users {
		if err := books.check(ctx, h.app.store, user); err != nil {
			t.Fatal(err)
		}
	}
	acks := spreadOf(books.webhooks)
	t.Logf("%d messages in %s, %d webhooks; acknowledged after %.1f ms (median), %.1f ms (99 %%), %.1f ms at most; %d answers, the last %s after the last message",
		books.acked, sent.took.Round(time.Millisecond), len(books.webhooks), acks.P50, acks.P99, acks.Max, books.answers, max(took, 0).Round(time.Millisecond))
	if books.acked != messages || books.answers == 0 {
		t.Errorf("%d messages were acknowledged and %d answered, want %d", books.acked, books.answers, messages)
	}
	for _, problem := range books.problems() {
		t.Error(problem)
	}
}
