package main

import (
	"context"
	"net/http"
	"slices"
	"time"

	"tongdai/connectors/zalo/zalosim"
)

// platformLimit lets a simulated Zalo take everything: the hub is measured, not
// the platform's own limits.
const platformLimit = 100_000_000 // calls a minute

// zaloPlatform is a simulated Zalo, which signs what citizens write and pushes
// echoes and receipts of what the hub answers.
type zaloPlatform struct{ *zalosim.Sim }

func startZaloPlatform() (simulated, error) {
	sim, err := zalosim.Start(zalosim.Config{PerMinute: platformLimit, Package: platformLimit})
	return zaloPlatform{sim}, err
}

func (p zaloPlatform) config() string { return withZalo(p.Sim, "http://127.0.0.1") }

func (p zaloPlatform) prepare(ctx context.Context, a *app) error { return a.consent(ctx, p.Sim) }

func (p zaloPlatform) connect(_ context.Context, hub string) error {
	p.SetWebhook(hookOf(hub))
	return nil
}

func (p zaloPlatform) write(ctx context.Context, l load) (written, error) {
	r, err := p.Load(ctx, zalosim.Load{Senders: l.connections, Citizens: l.citizens(), Each: l.perVisitor, Pace: l.pace(), Text: l.question})
	return written{users: r.Users, tries: r.Tries, sent: r.Acked, took: r.Took, waits: r.Waits}, err
}

func (p zaloPlatform) books() *books { return newZaloBooks(p.Sim) }

// newZaloBooks opens the books on everything that happened on a simulated Zalo.
func newZaloBooks(sim *zalosim.Sim) *books {
	b := &books{channel: simulatedZalo, said: map[string][]happened{}, taken: map[string]time.Time{}}
	ledger := sim.Ledger()
	for _, e := range ledger.Events {
		if acked := slices.IndexFunc(e.Tries, func(t zalosim.Try) bool { return t.Status == http.StatusOK }); acked >= 0 {
			b.webhooks = append(b.webhooks, e.Tries[acked].Took)
		}
		if e.Name == "user_send_text" {
			b.said[e.User] = append(b.said[e.User], happened{e.Message, e.Text, e.At, !e.Acked.IsZero()})
		}
	}
	for _, c := range ledger.Calls {
		if c.Message != "" {
			b.taken[c.Message] = c.At
		}
	}
	return b
}
