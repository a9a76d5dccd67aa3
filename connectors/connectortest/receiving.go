package connectortest

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"

	"tongdai/connectors"
)

var receiving = []promise{
	{"what was said arrives with who, when and its raw bytes", func(t *testing.T, factory Factory) {
		p := platform(t, factory)
		thing := hello()
		thing.Quotes = "4fd2a0b1c3e95d77"
		r := p.hook.Report(thing)
		sent := p.body(r)
		if status, body := p.send(r); status/100 != 2 {
			t.Fatalf("answered %d %s", status, short(body))
		}
		calls := p.receiver.tried()
		if len(calls) != 1 || len(calls[0].in) != 1 {
			t.Fatalf("%d calls of Receive: %+v", len(calls), calls)
		}
		raw, in := calls[0].raw, calls[0].in[0]
		if !bytes.Equal(raw.Body, sent) {
			t.Errorf("Raw.Body = %q, want %q", short(string(raw.Body)), short(string(sent)))
		}
		if raw.Channel != p.h.Connector.Channel().ID || raw.ReceivedAt.IsZero() || raw.Type == "" || raw.Trouble != "" {
			t.Errorf("Raw = channel %q at %s, type %q, trouble %q", raw.Channel, raw.ReceivedAt, raw.Type, raw.Trouble)
		}
		if in.Kind != connectors.Said || in.From == "" || in.Message == "" || in.SentAt.IsZero() || in.Content.Text != thing.Text {
			t.Errorf("Inbound = %+v", in)
		}
		if p.hook.Verbatim && (string(in.From) != thing.From || string(in.Message) != thing.ID ||
			!in.SentAt.Equal(thing.SentAt) || in.Quotes != "" && string(in.Quotes) != thing.Quotes) {
			t.Errorf("Inbound = from %s message %s at %s quoting %q, want from %s message %s at %s quoting %q",
				in.From, in.Message, in.SentAt, in.Quotes, thing.From, thing.ID, thing.SentAt, thing.Quotes)
		}
	}},
	{"two messages have two keys, and two people are two", func(t *testing.T, factory Factory) {
		p := platform(t, factory)
		// Neighbours that are the same number once a float has held them.
		first, second, other := hello(), hello(), hello()
		second.ID = "9007199254740992"
		other.From, other.ID = "9007199254740992", "9007199254740994"
		a, b, c := p.one(first), p.one(second), p.one(other)
		if a.Key == b.Key || a.Key == c.Key || b.Key == c.Key {
			t.Errorf("keys %q, %q, %q, want three", a.Key, b.Key, c.Key)
		}
		if a.From != b.From || a.From == c.From {
			t.Errorf("from %s, %s and %s, want one person twice and another", a.From, b.From, c.From)
		}
	}},
	{"what comes out of order keeps its own time", func(t *testing.T, factory Factory) {
		p := platform(t, factory)
		if !p.hook.Verbatim {
			t.Skip("the connector's own clock tells the time")
		}
		for i := range 3 {
			thing := hello()
			thing.ID = fmt.Sprint("m", i)
			thing.SentAt = at.Add(-time.Duration(i) * 6 * time.Hour) // up to half a day late
			if got := p.one(thing).SentAt; !got.Equal(thing.SentAt) {
				t.Errorf("said at %s, want %s", got, thing.SentAt)
			}
		}
	}},
	{"a batch arrives whole", func(t *testing.T, factory Factory) {
		p := platform(t, factory)
		things := p.batch(t)
		if status, body := p.send(p.hook.Report(things...)); status/100 != 2 {
			t.Fatalf("answered %d %s", status, short(body))
		}
		keys := map[string]bool{}
		for _, in := range p.receiver.handed() {
			keys[in.Key] = true
		}
		if got := p.receiver.handed(); len(got) != len(things) || len(keys) != len(things) {
			t.Errorf("of %d things came %d Inbounds with %d keys", len(things), len(got), len(keys))
		}
	}},
	{"one odd thing in a batch keeps the others from nothing", func(t *testing.T, factory Factory) {
		p := platform(t, factory)
		things := p.batch(t)
		things[len(things)/2].Odd = true
		if status, body := p.send(p.hook.Report(things...)); status/100 != 2 {
			t.Fatalf("answered %d %s", status, short(body))
		}
		if in, troubles := p.receiver.handed(), p.receiver.troubles(); len(in) != len(things)-1 || len(troubles) != 1 {
			t.Errorf("of %d things, one of them odd, came %d Inbounds and the troubles %q", len(things), len(in), troubles)
		}
	}},
	{"a batch is acknowledged only when all of it is kept", func(t *testing.T, factory Factory) {
		p := platform(t, factory)
		things := p.batch(t)
		p.receiver.Meanwhile(func(connectors.Raw, []connectors.Inbound) error { p.receiver.Fails(errStore); return nil }) // the first call is still kept
		status, _ := p.send(p.hook.Report(things...))
		if calls := p.receiver.tried(); len(calls) > 1 && status/100 == 2 {
			t.Errorf("answered %d, though the second of %d calls of Receive failed", status, len(calls))
		}
	}},
	{"every kind of report is told as what it is", func(t *testing.T, factory Factory) {
		p := platform(t, factory)
		if len(p.hook.Kinds) == 0 {
			t.Skip("this platform reports nothing but what was said")
		}
		for _, kind := range p.hook.Kinds {
			t.Run(string(kind), func(t *testing.T) { p.within(t).kind(kind) })
		}
	}},
	{"an unknown kind is acknowledged, and told as trouble", func(t *testing.T, factory Factory) {
		p := platform(t, factory)
		if p.hook.Frank {
			t.Skip("our own client knows all kinds")
		}
		p.troubled(p.hook.Unknown)
	}},
	{"what is signed and makes no sense is acknowledged, and told as trouble", func(t *testing.T, factory Factory) {
		p := platform(t, factory)
		if !p.hook.Frank {
			p.troubled(p.hook.Malformed)
			return
		}
		for name, body := range p.hook.Malformed {
			status, answer := p.send(p.hook.Sign([]byte(body)))
			if status != http.StatusBadRequest || answer == "" {
				t.Errorf("%s: answered %d %q, want 400 with the reason", name, status, short(answer))
			}
		}
		if n := len(p.receiver.tried()); n != 0 {
			t.Errorf("%d were kept", n)
		}
	}},
	{"while the hub cannot keep anything the answer is 503, and the resend is taken", func(t *testing.T, factory Factory) {
		p := platform(t, factory)
		bodies := []*http.Request{p.hook.Report(hello())}
		for _, odd := range []map[string]string{p.hook.Unknown, p.hook.Malformed} {
			for _, body := range odd {
				if !p.hook.Frank {
					bodies = append(bodies, p.hook.Sign([]byte(body)))
				}
			}
		}
		p.receiver.Fails(errStore)
		for _, r := range bodies {
			before := len(p.receiver.tried())
			status, _ := p.send(r)
			if called := len(p.receiver.tried()) > before; called && status != http.StatusServiceUnavailable {
				t.Errorf("answered %d, want 503", status)
			}
		}
		p.receiver.Fails(nil)
		p.report(hello())
	}},
	{"nothing is acknowledged before Receive has returned", func(t *testing.T, factory Factory) {
		p := platform(t, factory)
		entered, release := make(chan struct{}), make(chan struct{})
		p.receiver.Meanwhile(func(connectors.Raw, []connectors.Inbound) error { close(entered); <-release; return nil })
		status := make(chan int, 1)
		r := p.hook.Report(hello())
		go func() {
			got, _ := p.send(r)
			status <- got
		}()
		select {
		case <-entered:
		case <-time.After(patience):
			t.Fatal("Receive was not called")
		}
		if p.answered.Load() {
			t.Error("the answer began before Receive was called")
		}
		select {
		case got := <-status:
			t.Errorf("answered %d while Receive was at work", got)
			status <- got
		case <-time.After(200 * time.Millisecond): // as good as for ever: nothing else is awaited
		}
		close(release)
		if got := <-status; got/100 != 2 {
			t.Errorf("answered %d after Receive returned", got)
		}
	}},
	{"what Receive was handed does not change afterwards", func(t *testing.T, factory Factory) {
		p := platform(t, factory)
		first := hello()
		a := p.one(first)
		second := Thing{ID: "m2", From: first.From, Text: "Khác hẳn, và dài hơn câu trước nhiều", SentAt: at}
		p.one(second)
		calls := p.receiver.tried()
		if a.Content.Text != first.Text || bytes.Equal(calls[0].raw.Body, calls[1].raw.Body) {
			t.Error("the second report has overwritten the first")
		}
	}},
	{"many reports at once all arrive", func(t *testing.T, factory Factory) {
		p := platform(t, factory)
		const many = 16
		done := make(chan bool)
		for i := range many {
			thing := hello()
			thing.ID, thing.Text = fmt.Sprint("m", i), fmt.Sprint("tin ", i)
			r := p.hook.Report(thing)
			go func() {
				status, _ := p.send(r)
				done <- status/100 == 2
			}()
		}
		for range many {
			if !<-done {
				t.Error("one was not acknowledged")
			}
		}
		texts := map[string]bool{}
		for _, in := range p.receiver.handed() {
			texts[in.Content.Text] = true
		}
		if len(texts) != many {
			t.Errorf("%d different texts arrived, want %d", len(texts), many)
		}
	}},
	{"raw bytes can be read again and say the same", func(t *testing.T, factory Factory) {
		p := platform(t, factory)
		parser, ok := p.h.Connector.(connectors.Parser)
		if !ok {
			t.Skip("the connector is no Parser")
		}
		in := p.one(hello())
		again, err := parser.Parse(t.Context(), p.receiver.tried()[0].raw)
		if err != nil || len(again) != 1 || again[0].Key != in.Key || again[0].Kind != in.Kind ||
			again[0].From != in.From || again[0].Content.Text != in.Content.Text {
			t.Errorf("Parse = %+v, %v, want %+v", again, err, in)
		}
		channel := p.h.Connector.Channel().ID
		for name, body := range p.hook.Malformed {
			if in, err := parser.Parse(t.Context(), connectors.Raw{Channel: channel, Body: []byte(body)}); err == nil && len(in) == 0 {
				t.Errorf("%s: Parse finds nothing and no fault either", name)
			}
		}
	}},
}

// batch returns as many things as one request may carry, three at most.
func (p *post) batch(t *testing.T) (things []Thing) {
	t.Helper()
	if p.hook.Batch < 2 {
		t.Skip("this platform reports one thing at a time")
	}
	for i := range min(p.hook.Batch, 3) {
		thing := hello()
		thing.ID, thing.From = fmt.Sprint("m", i), fmt.Sprint("u", i)
		things = append(things, thing)
	}
	return things
}

// kind has something else than words reported.
func (p *post) kind(kind connectors.InboundKind) {
	p.t.Helper()
	thing := Thing{Kind: kind, ID: "4fd2a0b1c3e95d77", From: "9007199254740993", SentAt: at}
	switch kind {
	case connectors.Echo:
		thing.Text = "1022 xin nghe"
	case connectors.Shared:
		thing.Profile = connectors.Profile{Name: "Trần Thị Mẫu", Phone: "84901234567", Address: "1 Lê Lợi"}
	}
	in := p.one(thing)
	if in.Kind != kind || in.Key == "" || p.hook.Verbatim && string(in.From) != thing.From {
		p.t.Errorf("Inbound = %s with key %q from %s, want %s from %s", in.Kind, in.Key, in.From, kind, thing.From)
	}
	switch kind {
	case connectors.Said, connectors.Echo:
		if in.Content.Text != thing.Text || in.Message == "" {
			p.t.Errorf("Inbound = %+v", in)
		}
	case connectors.Delivered, connectors.Seen:
		if (in.Message == "") == in.UpTo.IsZero() || in.Message != "" && p.hook.Verbatim && string(in.Message) != thing.ID {
			p.t.Errorf("Inbound is about message %q up to %s, want one of the two", in.Message, in.UpTo)
		}
	case connectors.Shared:
		if in.Profile.Name != thing.Profile.Name || in.Profile.Phone == "" {
			p.t.Errorf("Inbound.Profile = %+v, want %+v", in.Profile, thing.Profile)
		}
	}
	if again := p.one(thing); again.Key != in.Key {
		p.t.Errorf("sent again its key is %q, was %q", again.Key, in.Key)
	}
	later := thing
	later.ID, later.SentAt = "4fd2a0b1c3e95d78", at.Add(time.Hour)
	if other := p.one(later); other.Key == in.Key {
		p.t.Errorf("another report an hour later has the same key %q", in.Key)
	}
	if kind == connectors.Said || kind == connectors.Echo {
		return
	}
	if in.Content.Text != "" {
		p.t.Errorf("words were put into a citizen's mouth: %q", in.Content.Text)
	}
}

// troubled wants each body acknowledged and kept with its trouble.
func (p *post) troubled(bodies map[string]string) {
	for name, body := range bodies {
		p.t.Run(name, func(t *testing.T) {
			p := p.within(t)
			before := len(p.receiver.tried())
			status, answer := p.send(p.hook.Sign([]byte(body)))
			if status/100 != 2 {
				t.Errorf("answered %d %s, want 2xx: sent again it would be no clearer", status, short(answer))
			}
			calls := p.receiver.tried()[before:]
			if len(calls) != 1 || calls[0].raw.Trouble == "" || string(calls[0].raw.Body) != body {
				t.Errorf("Receive got %d calls, %+v, want one with the body and its trouble", len(calls), calls)
			}
			for _, call := range calls {
				if len(call.in) > 0 {
					t.Errorf("it was taken for %+v", call.in)
				}
			}
		})
	}
}
