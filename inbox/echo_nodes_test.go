package inbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/inbox"
	"tongdai/inbox/store/postgres"
	"tongdai/inbox/store/postgres/localpg"
	"tongdai/inbox/store/postgres/localpg/pgtest"
)

// Two nodes over one database: each sends, and either hears the echoes, before
// the answer to Send, together with it and after it (IN-04).
func TestEchoesHeardByAnotherNode(t *testing.T) {
	const citizens = 36
	url := pgtest.DatabaseOn(t, pgtest.OwnServer(t, localpg.Options{}))
	calls := &platform{channel: connectors.Channel{ID: zalo, Kind: "zalo", Name: "Zalo"}}
	nodes := []*inbox.Hub{node(t, url, calls), node(t, url, calls)}
	stores := openPostgres(t, url)

	var echoes sync.WaitGroup
	calls.answers(func(_ context.Context, n int, out connectors.Outbound) error {
		in := echoOf(connectors.RemoteID(fmt.Sprint("remote-", n)), out.Content.Text)
		in.From = out.To
		echo := func() {
			for _, hub := range nodes { // and one of them hears it twice
				if err := hub.Receive(t.Context(), connectors.Raw{Channel: zalo, Body: []byte(in.Key)}, []connectors.Inbound{in}); err != nil {
					t.Errorf("Receive of an echo = %v", err)
				}
			}
		}
		switch n % 3 {
		case 0:
			echo()
		case 1:
			echoes.Go(echo)
		case 2:
			echoes.Go(func() {
				sent := func(m inbox.Message) bool { return m.Remote == in.Message }
				eventually(t, "the answer to Send is on record", func() bool { return anyMessage(t, stores, out.To, sent) })
				echo()
			})
		}
		return nil
	})
	for i := range citizens {
		from := connectors.RemoteID(fmt.Sprint("u", i))
		raw := connectors.Raw{Channel: zalo, Body: []byte(from)}
		if err := nodes[i%2].Receive(t.Context(), raw, []connectors.Inbound{inbound(from, "k"+string(from), "xin chào")}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range citizens {
		from := connectors.RemoteID(fmt.Sprint("u", i))
		eventually(t, "every citizen is answered", func() bool {
			return anyMessage(t, stores, from, func(m inbox.Message) bool { return m.Delivery.State == inbox.Sent })
		})
	}
	echoes.Wait()
	for i := range citizens {
		if said := thread(t, stores, connectors.RemoteID(fmt.Sprint("u", i))); len(said) != 2 || len(said[1].Early) != 0 || said[1].Delivery.Doubtful {
			t.Errorf("citizen %d has %d messages, want the question and one answer: %+v", i, len(said), said)
		}
	}
	if got := len(calls.called()); got != citizens {
		t.Errorf("the platform was called %d times, want %d", got, citizens)
	}
}

func openPostgres(t *testing.T, url string) inbox.Store {
	t.Helper()
	store, err := postgres.Open(t.Context(), postgres.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return store
}

// node is one hub of several, at work until the test ends.
func node(t *testing.T, url string, channel connectors.Connector) *inbox.Hub {
	t.Helper()
	bot := &talker{}
	hub, err := inbox.New(inbox.Parts{
		Store: openPostgres(t, url), Bot: bot, Knowledge: bot, Directory: names{},
		Connectors: []connectors.Connector{channel}, Log: slog.New(slog.DiscardHandler),
	}, inbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- hub.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
	return hub
}

func thread(t *testing.T, store inbox.Store, from connectors.RemoteID) (said []inbox.Message) {
	t.Helper()
	err := store.View(t.Context(), func(tx inbox.Reader) error {
		said = nil
		found, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.Visits(zalo, from)}, Limit: 10})
		for _, c := range found {
			messages, err := tx.Messages(c.ID, inbox.MessageQuery{Forward: true, Limit: 100})
			if err != nil {
				return err
			}
			said = append(said, messages...)
		}
		return err
	})
	if err != nil {
		t.Errorf("View = %v", err)
	}
	return said
}

func anyMessage(t *testing.T, store inbox.Store, from connectors.RemoteID, is func(inbox.Message) bool) bool {
	for _, m := range thread(t, store, from) {
		if is(m) {
			return true
		}
	}
	return false
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !is() {
		if time.Now().After(deadline) {
			t.Errorf("waited in vain until %s", what)
			return
		}
		<-time.After(5 * time.Millisecond)
	}
}
