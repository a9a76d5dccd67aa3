package connectortest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"tongdai/connectors"
)

var asking = []promise{
	{"the platform tells who somebody is", func(t *testing.T, factory Factory) {
		h := factory(t)
		profiler, ok := h.Connector.(connectors.Profiler)
		if !ok {
			t.Skip("the connector is no Profiler")
		}
		got, err := profiler.Profile(t.Context(), h.Who.User)
		if err != nil || got != h.Who.Profile {
			t.Errorf("Profile = %+v, %v, want %+v", got, err, h.Who.Profile)
		}
		if got, err := profiler.Profile(t.Context(), h.Who.Stranger); err == nil {
			t.Errorf("Profile of a stranger = %+v, want an error", got)
		} else {
			h.keepsSecrets(t, err.Error())
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := profiler.Profile(ctx, h.Who.User); !errors.Is(err, context.Canceled) {
			t.Errorf("Profile with a context that has ended = %v", err)
		}
	}},
	{"a sound account is in good health, a spoilt one says in Vietnamese what to do", func(t *testing.T, factory Factory) {
		h := factory(t)
		checker, ok := h.Connector.(connectors.Checker)
		if !ok {
			t.Skip("the connector is no Checker")
		}
		if health := checker.Check(t.Context()); !health.OK || health.CheckedAt.IsZero() {
			t.Errorf("Check = %+v, want OK and a time", health)
		}
		h.Spoil()
		health := checker.Check(t.Context())
		if health.OK || len(strings.Fields(health.Problem)) < 3 || health.CheckedAt.IsZero() {
			t.Errorf("Check of a spoilt account = %+v, want a problem and a time", health)
		}
		h.keepsSecrets(t, health.Problem)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if health := checker.Check(ctx); health.OK {
			t.Error("Check with a context that has ended says that all is well")
		}
	}},
}

var fetching = []promise{
	{"a citizen's file is fetched and kept", func(t *testing.T, factory Factory) {
		h, fetcher := fetches(t, factory)
		data := []byte("%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n")
		offered := h.Fetch.Offer("don.pdf", data)
		got, err := fetcher.Fetch(t.Context(), offered)
		if err != nil {
			t.Fatalf("Fetch = %v", err)
		}
		if got.ID == "" || got.Source != "" || got.Kind != offered.Kind || got.Name == "" || got.Size != int64(len(data)) {
			t.Errorf("Fetch = %+v of %+v", got, offered)
		}
		if kept := h.Fetch.Read(got.ID); !bytes.Equal(kept, data) {
			t.Errorf("kept are %d bytes, want %d", len(kept), len(data))
		}
	}},
	{"a file the platform has no more is gone for good, and people are told", func(t *testing.T, factory Factory) {
		h, fetcher := fetches(t, factory)
		_, err := fetcher.Fetch(t.Context(), h.Fetch.Gone)
		if connectors.KindOf(err) != connectors.Permanent || connectors.ReasonOf(err) == "" {
			t.Errorf("Fetch = %v of the kind %s, want permanent with a reason", err, connectors.KindOf(err))
		}
		if err != nil && strings.Contains(err.Error()+connectors.ReasonOf(err), h.Fetch.Gone.Source) {
			t.Errorf("the error tells where the file lies: %v", err)
		}
	}},
	{"nothing is fetched from inside our own network", func(t *testing.T, factory Factory) {
		h, fetcher := fetches(t, factory)
		if len(h.Fetch.Inside) == 0 {
			t.Error("the harness names no address inside")
		}
		for _, inside := range h.Fetch.Inside {
			if got, err := fetcher.Fetch(t.Context(), inside); connectors.KindOf(err) != connectors.Permanent || connectors.ReasonOf(err) == "" {
				t.Errorf("Fetch of %s = %+v, %v, want permanent with a reason", inside.Source, got, err)
			}
		}
	}},
	{"who calls off a Fetch may try again", func(t *testing.T, factory Factory) {
		h, fetcher := fetches(t, factory)
		offered := h.Fetch.Offer("don.pdf", []byte("%PDF-1.7\n%%EOF\n"))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := fetcher.Fetch(ctx, offered); !errors.Is(err, context.Canceled) || connectors.KindOf(err) == connectors.Permanent {
			t.Errorf("Fetch with a context that has ended = %v of the kind %s", err, connectors.KindOf(err))
		}
	}},
}

func fetches(t *testing.T, factory Factory) (*Harness, connectors.Fetcher) {
	t.Helper()
	h := factory(t)
	fetcher, ok := h.Connector.(connectors.Fetcher)
	if !ok {
		t.Skip("the connector is no Fetcher")
	}
	return h, fetcher
}

var polling = []promise{
	{"what waits is fetched, and asked for no more once it is kept", func(t *testing.T, factory Factory) {
		h, r, stop := polled(t, factory, nil)
		h.Poll.Offer(hello(), Thing{ID: "m2", From: "u2", Text: "Xin chào", SentAt: at})
		Until(t, "both to be fetched", func() bool { return len(r.handed()) >= 2 && h.Poll.Left() == 0 })
		if err := stop(); err != nil {
			t.Errorf("Run = %v after its context ended", err)
		}
		keys := map[string]bool{}
		for _, in := range r.handed() {
			keys[in.Key] = true
		}
		if len(keys) != 2 {
			t.Errorf("the keys are %v, want two", keys)
		}
	}},
	{"what could not be kept is fetched again", func(t *testing.T, factory Factory) {
		h, r, stop := polled(t, factory, errStore)
		h.Poll.Offer(hello())
		Until(t, "the first try", func() bool { return len(r.handed()) >= 1 })
		if h.Poll.Left() != 1 {
			t.Error("the platform was told that it is kept")
		}
		r.Fails(nil)
		Until(t, "another try", func() bool { return len(r.handed()) >= 2 && h.Poll.Left() == 0 })
		if err := stop(); err != nil {
			t.Errorf("Run = %v", err)
		}
		if in := r.handed(); in[0].Key != in[len(in)-1].Key {
			t.Errorf("fetched again its key is %q, was %q", in[len(in)-1].Key, in[0].Key)
		}
	}},
}

// polled runs a Poller until stop, which returns what Run returned. A Run that
// gave up because of an error of Receive is begun again, as the hub does.
func polled(t *testing.T, factory Factory, failing error) (*Harness, *Receiver, func() error) {
	t.Helper()
	h := factory(t)
	poller, ok := h.Connector.(connectors.Poller)
	if !ok {
		t.Skip("the connector is no Poller")
	}
	r := &Receiver{}
	r.Fails(failing)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		err := poller.Run(ctx, r)
		for ctx.Err() == nil && errors.Is(err, errStore) {
			err = poller.Run(ctx, r)
		}
		ended <- err
	}()
	return h, r, func() error {
		cancel()
		err := <-ended
		if errors.Is(err, context.Canceled) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("poll: %w", err)
		}
		return nil
	}
}
