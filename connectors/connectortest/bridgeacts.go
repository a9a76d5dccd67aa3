package connectortest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"

	"tongdai/connectors"
)

// place is a running bridge and the hub behind it.
type place struct {
	t    *testing.T
	h    *BridgeHarness
	root connectors.RemoteID
	hub  *Receiver
	stop func()
}

// atWork opens a thread and runs the bridge.
func atWork(t *testing.T, h *BridgeHarness) *place {
	t.Helper()
	if _, ok := h.Bridge.(connectors.Poller); !ok {
		t.Skip("what people do at this place does not come by itself")
	}
	p := &place{t: t, h: h, hub: &Receiver{Marks: h.Marks}}
	p.root = h.posted(t, h.Bridge, h.news("k1", ""))
	p.runs(h.Bridge)
	t.Cleanup(func() { p.stop() })
	return p
}

func (p *place) runs(b connectors.Bridge) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(p.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- b.(connectors.Poller).Run(ctx, p.hub) }()
	p.stop = func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			p.t.Errorf("Run = %v", err)
		}
		p.stop = func() {}
	}
}

// heard waits until the hub has heard so many deeds, and then wants exactly these
// texts, in order.
func (p *place) heard(texts ...string) []connectors.Inbound {
	p.t.Helper()
	deeds, got := p.await(texts)
	if !slices.Equal(got, texts) {
		p.t.Fatalf("the hub heard %q, want %q", got, texts)
	}
	return deeds
}

// heardAll is heard where the platform itself may mix up what is said at one time.
func (p *place) heardAll(texts ...string) {
	p.t.Helper()
	_, got := p.await(texts)
	slices.Sort(got)
	if want := slices.Sorted(slices.Values(texts)); !slices.Equal(got, want) {
		p.t.Fatalf("the hub heard %q, want %q", got, want)
	}
}

func (p *place) await(texts []string) (deeds []connectors.Inbound, got []string) {
	p.t.Helper()
	Until(p.t, fmt.Sprintf("%q", texts), func() bool { return len(p.hub.All()) >= len(texts) })
	deeds = p.hub.All()
	for _, in := range deeds {
		got = append(got, in.Content.Text)
	}
	return deeds, got
}

var bridgeActing = []bridgePromise{
	{"what is said is meant for the citizen or for colleagues", func(t *testing.T, h *BridgeHarness) {
		p := atWork(t, h)
		meant := h.Say(p.root, h.Prefix+" Trạm y tế phường, sáng thứ ba.")
		among := h.Say(p.root, "Ai biết lịch tuần này?")
		in := p.heard("Trạm y tế phường, sáng thứ ba.", "Ai biết lịch tuần này?")
		for i, want := range []struct {
			do      connectors.Deed
			message connectors.RemoteID
		}{{connectors.Speak, meant}, {connectors.Remark, among}} {
			a := in[i].Act
			if in[i].Kind != connectors.Acted || a == nil || a.Do != want.do || in[i].Message != want.message ||
				a.Root != p.root && a.Thread != threadName || a.By.User == "" || a.By.Name == "" || in[i].From != a.By.User || in[i].SentAt.IsZero() {
				t.Errorf("it is %+v %+v", in[i], a)
			}
		}
	}},
	{"what is changed or taken back is told", func(t *testing.T, h *BridgeHarness) {
		p := atWork(t, h)
		message := h.Say(p.root, "Thứ hai")
		p.heard("Thứ hai")
		h.Edit(message, "Thứ ba")
		p.heard("Thứ hai", "Thứ ba")
		h.Delete(message)
		in := p.heard("Thứ hai", "Thứ ba", "")
		if a := in[1].Act; a.Do != connectors.Amend || a.About != message {
			t.Errorf("the change is %+v", a)
		}
		if a := in[2].Act; a.Do != connectors.Retract || a.About != message {
			t.Errorf("what was taken back is %+v", a)
		}
	}},
	{"what the bridge and other machines say is no deed", func(t *testing.T, h *BridgeHarness) {
		p := atWork(t, h)
		h.Machines(p.root)
		h.posted(t, h.Bridge, h.news("k2", p.root, "Tôi hỏi thêm"))
		h.Say(p.root, "Đã xem")
		p.heard("Đã xem")
	}},
	{"nothing is lost or doubled over a restart", func(t *testing.T, h *BridgeHarness) {
		p := atWork(t, h)
		h.Say(p.root, "Một")
		p.heard("Một")
		p.stop()
		changed := h.Say(p.root, "Hai")
		h.Say(p.root, "Ba")
		h.Delete(h.Say(p.root, "Nhầm"))
		h.Edit(changed, "Hai rưỡi")
		p.runs(h.Again())
		h.Say(p.root, "Bốn")
		p.heard("Một", "Hai rưỡi", "Ba", "Bốn")
		if all := p.hub.Inbounds(); len(all) != 4 {
			t.Errorf("the hub was handed %d deeds, want 4: bookmarks do not keep what is known", len(all))
		}
	}},
	{"nothing is lost or doubled when the way in breaks", func(t *testing.T, h *BridgeHarness) {
		p := atWork(t, h)
		var want []string
		say := func(text string) {
			h.Say(p.root, text)
			want = append(want, text)
		}
		for name, cut := range h.Cuts {
			say(name + ": trước")
			p.heardAll(want...)
			cut()
			say(name + ": trong")
			say(name + ": sau")
			p.heardAll(want...)
		}
	}},
	{"nothing is lost while nothing can be kept", func(t *testing.T, h *BridgeHarness) {
		p := atWork(t, h)
		h.Say(p.root, "Một")
		p.heard("Một")
		p.hub.Fails(errStore)
		before := len(p.hub.tried())
		h.Say(p.root, "Hai")
		h.Say(p.root, "Ba")
		Until(t, "a try", func() bool { return len(p.hub.tried()) > before })
		p.hub.Fails(nil)
		Until(t, "both", func() bool { return len(p.hub.All()) == 3 })
		p.stop()
		p.runs(h.Again()) // the bookmark has not gone past what was not kept
		h.Say(p.root, "Bốn")
		p.heard("Một", "Hai", "Ba", "Bốn")
	}},
}

func readAll(t *testing.T, r *http.Request) []byte {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}
