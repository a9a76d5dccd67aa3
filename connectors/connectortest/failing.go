package connectortest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tongdai/connectors"
)

// The kinds that a fault of the transport may be told as.
var (
	again   = []connectors.Kind{connectors.Retryable}
	doubt   = []connectors.Kind{connectors.Uncertain}
	either  = []connectors.Kind{connectors.Retryable, connectors.Uncertain}
	refusal = []connectors.Kind{connectors.Permanent, connectors.Retryable}
)

const page = "<!DOCTYPE html><title>Bảo trì</title>"

// mishaps is how a platform, or a machine before it, fails without the
// platform's own words.
var mishaps = []struct {
	name  string
	fault Fault
	kinds []connectors.Kind
}{
	{"400 with a page", Fault{Status: 400, Body: page, Type: "text/html"}, refusal},
	{"401", Fault{Status: 401, Body: "{}"}, []connectors.Kind{connectors.Unauthorized}},
	{"403 with a page", Fault{Status: 403, Body: page, Type: "text/html"}, append(refusal, connectors.Unauthorized)},
	{"404 with a page", Fault{Status: 404, Body: page, Type: "text/html"}, refusal},
	{"408", Fault{Status: 408}, either},
	{"409", Fault{Status: 409, Body: "{}"}, append(refusal, connectors.Uncertain)},
	{"413", Fault{Status: 413, Body: page, Type: "text/html"}, refusal},
	{"500", Fault{Status: 500, Body: "{}"}, either},
	{"502 with a page", Fault{Status: 502, Body: page, Type: "text/html"}, either},
	{"503", Fault{Status: 503}, append(either, connectors.RateLimited)},
	{"504", Fault{Status: 504}, either},
	{"a page instead of an answer", Fault{Status: 200, Body: page, Type: "text/html"}, either},
	{"an empty answer", Fault{Status: 200, Accepted: true}, doubt},
	{"half an answer, well closed", Fault{Status: 200, Body: `{"error":0,"data":{"mess`, Accepted: true}, doubt},
	{"an answer that is cut after the message was taken", Fault{Accepted: true, Cut: true}, doubt},
	{"a connection that breaks after the message was taken", Fault{Accepted: true, Reset: true}, doubt},
	{"a connection that breaks", Fault{Reset: true}, either},
}

var failing = []promise{
	{"every fault of the transport has its kind", func(t *testing.T, factory Factory) {
		for _, m := range mishaps {
			t.Run(m.name, func(t *testing.T) {
				l := wired(t, factory)
				l.wire.Fault(m.fault)
				l.fails(m.kinds...)
				l.wire.Fault(Fault{})
				l.send(l.text("k1", "Xin chào")) // once all is well
				if got := len(l.shown(0)); got < 1 || got > 2 {
					t.Errorf("the citizen was shown %d messages, want one, or two where the first was in doubt", got)
				}
			})
		}
	}},
	{"every refusal of the platform has its kind", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		tried := map[connectors.Kind]bool{connectors.Uncertain: true}
		for _, r := range l.wire.Refusals {
			tried[r.Kind] = true
			t.Run(r.Name, func(t *testing.T) {
				l := wired(t, factory)
				i := slices.IndexFunc(l.wire.Refusals, func(other Refusal) bool { return other.Name == r.Name })
				l.wire.Refusals[i].Set()
				err := l.fails(r.Kind)
				if after := connectors.RetryAfter(err); r.After > 0 && after != r.After {
					t.Errorf("asks to wait %s, want %s", after, r.After)
				}
			})
		}
		for _, kind := range []connectors.Kind{connectors.RateLimited, connectors.WindowClosed, connectors.Unauthorized, connectors.Permanent, connectors.Retryable} {
			if !tried[kind] && !slices.Contains(l.wire.Lacks, kind) {
				t.Errorf("the harness has no refusal of the kind %s", kind)
			}
		}
	}},
	{"429 is rate limited for as long as the platform says", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		l.wire.Fault(Fault{Status: http.StatusTooManyRequests, After: 7 * time.Second, Body: "{}"})
		if after := connectors.RetryAfter(l.fails(connectors.RateLimited)); after != 7*time.Second {
			t.Errorf("asks to wait %s, want 7s", after)
		}
	}},
	{"429 without a time is rate limited too", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		l.wire.Fault(Fault{Status: http.StatusTooManyRequests})
		if after := connectors.RetryAfter(l.fails(connectors.RateLimited)); after < 0 || after > time.Hour {
			t.Errorf("asks to wait %s", after)
		}
	}},
	{"no answer in time leaves it open whether the platform has the message", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		l.wire.Fault(Fault{Accepted: true, Stall: true})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second) // by when it has reached the platform
		defer cancel()
		begun := time.Now()
		_, err := l.h.Connector.Send(ctx, l.text("k1", "Xin chào"))
		if took := time.Since(begun); took > seconds {
			t.Errorf("Send came back %s after its time was up", took)
		}
		if !errors.Is(err, context.DeadlineExceeded) || connectors.KindOf(err) != connectors.Uncertain {
			t.Errorf("Send = %v of the kind %s, want uncertain", err, connectors.KindOf(err))
		}
	}},
	{"who calls off a Send is not kept waiting", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		l.wire.Fault(Fault{Stall: true})
		ctx, cancel := context.WithCancel(t.Context())
		timer := time.AfterFunc(100*time.Millisecond, cancel)
		defer timer.Stop()
		begun := time.Now()
		_, err := l.h.Connector.Send(ctx, l.text("k1", "Xin chào"))
		if took := time.Since(begun); took > seconds || !errors.Is(err, context.Canceled) {
			t.Errorf("Send = %v after %s", err, took)
		}
	}},
	{"a slow answer is an answer", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		l.wire.Fault(Fault{Slow: 300 * time.Millisecond})
		l.send(l.text("k1", "Xin chào"))
		if got := l.shown(0); len(got) != 1 {
			t.Errorf("the citizen was shown %d messages", len(got))
		}
	}},
	{"a redirect is not followed", func(t *testing.T, factory Factory) {
		for _, status := range []int{302, 307} {
			l := wired(t, factory)
			var visits atomic.Int32
			trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
			t.Cleanup(trap.Close)
			l.wire.Fault(Fault{Status: status, To: trap.URL})
			l.fails(connectors.Permanent, connectors.Retryable, connectors.Uncertain)
			if visits.Load() > 0 {
				t.Errorf("%d: our words and credentials went to another host", status)
			}
		}
	}},
	{"an answer without end is not read to its end", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		l.wire.Fault(Fault{Status: 200, Body: `{"error":0,"message":"` + strings.Repeat("a", 64<<20), Accepted: true})
		l.fails(either...)
	}},
	{"a platform that is not there is worth another try", func(t *testing.T, factory Factory) {
		l := wired(t, factory)
		l.wire.Down()
		l.fails(again...)
	}},
}

// fails wants a Send to fail as one of kinds, with words for people where they
// have to act, and without secrets.
func (l *line) fails(kinds ...connectors.Kind) error {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), patience)
	defer cancel()
	receipt, err := l.h.Connector.Send(ctx, l.text("k1", "Xin chào"))
	if err == nil {
		l.t.Fatalf("Send = %+v, want it to fail", receipt)
	}
	kind := connectors.KindOf(err)
	if !slices.Contains(kinds, kind) {
		l.t.Errorf("Send = %v of the kind %s, want %v", err, kind, kinds)
	}
	if needsPeople := kind == connectors.Permanent || kind == connectors.WindowClosed || kind == connectors.Unauthorized; needsPeople && connectors.ReasonOf(err) == "" {
		l.t.Errorf("Send = %v (%s) has no words for the people who must act", err, kind)
	}
	l.h.keepsSecrets(l.t, err.Error())
	l.h.keepsSecrets(l.t, connectors.ReasonOf(err))
	return err
}

// keepsSecrets wants none of the account's secrets in a text.
func (h *Harness) keepsSecrets(t *testing.T, text string) {
	t.Helper()
	for _, secret := range h.Secrets {
		if secret != "" && strings.Contains(text, secret) {
			t.Errorf("a secret of the account is told: %s", strings.ReplaceAll(text, secret, "…"))
		}
	}
}
