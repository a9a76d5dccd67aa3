package inbox_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tongdai/connectors"
	"tongdai/inbox"
)

// ailing is a platform that can tell how it is.
type ailing struct {
	*platform
	mu     sync.Mutex
	health connectors.Health
	asked  int
	panics bool
}

func (a *ailing) Check(context.Context) connectors.Health {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked++
	if a.panics {
		panic("no check")
	}
	return a.health
}

func (a *ailing) is(h connectors.Health) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.health = h
}

// figures are the hub's gauges of one name, by channel.
func figures(t *testing.T, hub *inbox.Hub, name string) map[string]float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(hub.Collectors()...)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			out[m.GetLabel()[0].GetValue()] = m.GetGauge().GetValue()
		}
	}
	return out
}

func TestChannelsAreCheckedNowAndThen(t *testing.T) {
	idle(t, func(r *rig) {
		var mu sync.Mutex
		var logged bytes.Buffer
		channel := &ailing{platform: r.platform, health: connectors.Health{OK: true}}
		hub, err := inbox.New(inbox.Parts{
			Store: r.store, Bot: r.bot, Knowledge: r.bot, Directory: names{}, Connectors: []connectors.Connector{channel},
			Log: slog.New(slog.NewTextHandler(locked{&mu, &logged}, nil)),
		}, inbox.Config{})
		if err != nil {
			r.Fatal(err)
		}
		r.hub = hub
		r.start()
		works := func(want float64) {
			r.Helper()
			if got := figures(r.T, hub, "tongdai_channel_works"); got[string(zalo)] != want || len(got) != 1 {
				r.Errorf("the figure is %v, want %v", got, want)
			}
		}
		works(1)
		if strings.Contains(logged.String(), "problem") {
			r.Errorf("nothing is wrong, and the log says\n%s", &logged)
		}
		ends := time.Now().Add(70 * 24 * time.Hour)
		channel.is(connectors.Health{Problem: "Hãy kết nối lại OA.", Expires: ends})
		r.pass(16 * time.Minute)
		works(0)
		if got := figures(r.T, hub, "tongdai_channel_expires_timestamp_seconds")[string(zalo)]; got != float64(ends.Unix()) {
			r.Errorf("the end is told as %v", got)
		}
		if n := strings.Count(logged.String(), "kết nối lại OA"); n != 1 {
			r.Errorf("three checks told the same trouble %d times:\n%s", n, &logged)
		}
		if got := hub.Health()[zalo]; got.Problem != "Hãy kết nối lại OA." {
			r.Errorf("the hub knows %+v", got)
		}
		channel.is(connectors.Health{OK: true, Problem: "còn không quá 14 ngày"})
		r.pass(6 * time.Minute)
		works(0.5)
		channel.is(connectors.Health{OK: true})
		r.pass(6 * time.Minute)
		works(1)
		if !strings.Contains(logged.String(), "works again") {
			r.Errorf("the log does not tell the end of it:\n%s", &logged)
		}
		channel.mu.Lock()
		channel.panics = true
		channel.mu.Unlock()
		r.pass(6 * time.Minute)
		works(0)
		r.stop()
		if got := figures(r.T, hub, "tongdai_channel_works"); len(got) != 0 {
			r.Errorf("a node that stopped still tells %v", got)
		}
	})
}

// locked is a writer for several.
type locked struct {
	mu *sync.Mutex
	w  *bytes.Buffer
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
