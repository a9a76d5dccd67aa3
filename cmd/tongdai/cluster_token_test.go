package main

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"tongdai/configs"
	"tongdai/connectors"
	"tongdai/connectors/zalo/zalosim"
	"tongdai/inbox"
)

// zaloAccount is how a node in a process of its own reaches a simulated Zalo.
type zaloAccount struct{ URL, AppID, AppSecret, OA, WebhookSecret string }

func accountAt(sim *zalosim.Sim) *zaloAccount {
	platform := sim.Config()
	return &zaloAccount{
		URL: sim.URL(), AppID: platform.AppID, AppSecret: platform.AppSecret,
		OA: platform.OAs[0].ID, WebhookSecret: platform.OASecret,
	}
}

func (a zaloAccount) channel() configs.Channel {
	return configs.Channel{
		ID: simulatedZalo, Kind: configs.KindZalo, Name: "1022 Mô phỏng",
		Zalo: configs.Zalo{
			AppID: a.AppID, AppSecret: configs.Secret(a.AppSecret), OaID: a.OA, WebhookSecret: configs.Secret(a.WebhookSecret),
			ReplyWindow: 7 * 24 * time.Hour, FreeWindow: 48 * time.Hour, PerMinute: platformLimit, Buttons: 4,
			OauthURL: a.URL, OpenapiURL: a.URL,
		},
	}
}

// errEnough ends a load.
var errEnough = errors.New("enough was said")

// TOK-01: an access token that ends every second, under two nodes that send all
// the while. Each end is answered by one refresh, no refresh token is used a
// second time, and no message waits or fails for it.
func TestAccessTokensEndOnTwoNodes(t *testing.T) {
	ctx, cancel := patience(t, 3*time.Minute, 10*time.Minute)
	defer cancel()
	// The platform says that a token lives for a second, in whole seconds, and
	// takes it a little longer.
	sim, err := zalosim.Start(zalosim.Config{PerMinute: platformLimit, Package: platformLimit, AccessLife: 1900 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	const life = time.Second
	database := furnishedDatabase(t)
	account := accountAt(sim)
	a, err := openBeside(ctx, nodeSettings{Listen: freeAddress(t), Database: database, Key: clusterKey(), Data: t.TempDir(), Zalo: account}.config(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.close(); err != nil {
			t.Error(err)
		}
	})
	if err := a.consent(ctx, sim); err != nil {
		t.Fatal(err)
	}
	c := newCluster(t, clusterOptions{nodes: 2, database: database, tune: func(s *nodeSettings) { s.Zalo = account }})
	sim.SetWebhook(hookOf(c.front))

	ends := count(10, 100)
	pace := rate.NewLimiter(30, 4)
	said, err := sim.Load(ctx, zalosim.Load{
		Senders: 8, Citizens: 1_000_000, Each: 3,
		Text: func(citizen, i int) string { return loadQuestion(citizen*3 + i) },
		Pace: func(ctx context.Context) error {
			if sim.Ledger().Tokens.Refreshes >= ends {
				return errEnough
			}
			return pace.Wait(ctx)
		},
	})
	if !errors.Is(err, errEnough) {
		t.Fatalf("the load ended with %v", err)
	}
	if err := drained(ctx, sim); err != nil {
		t.Error(err)
	}
	ledger := sim.Ledger()
	if got := ledger.Tokens; got.Refreshes < ends || got.Reuses != 0 || got.Refused != 0 || got.Grants != 1 {
		t.Errorf("the platform counted %+v, want %d refreshes or more of one consent, and nothing refused", got, ends)
	}
	soonest := time.Hour
	var last time.Time
	for _, call := range ledger.Calls {
		if call.Endpoint == zalosim.TokenEndpoint {
			soonest = min(soonest, call.At.Sub(last))
			last = call.At
		}
	}
	if soonest < life/2 {
		t.Errorf("the token was refreshed %s after it had been refreshed: twice for one end", soonest)
	}
	books := newZaloBooks(sim)
	sent := 0
	for _, user := range said.Users {
		if err := books.check(ctx, a.store, user); err != nil {
			t.Fatal(err)
		}
		n, err := leftAtOnce(ctx, t, a.store, user)
		if err != nil {
			t.Fatal(err)
		}
		sent += n
	}
	for _, problem := range append(books.problems, books.unowned()...) {
		t.Error(problem)
	}
	for _, n := range c.nodes {
		ok, otherwise := deliveriesIn(figures(ctx, t, n.url))
		if ok == 0 || otherwise > 0 {
			t.Errorf("%s sent %d messages and failed to send %d", n.name, ok, otherwise)
		}
		t.Logf("%s sent %d messages", n.name, ok)
	}
	c.noRaces()
	t.Logf("%d refreshes, never sooner than %s after the one before; %d messages acknowledged, %d answers", ledger.Tokens.Refreshes, soonest.Round(time.Millisecond), books.acked, sent)
}

// leftAtOnce counts what was sent to a citizen, and tells of what did not leave
// at its first attempt.
func leftAtOnce(ctx context.Context, t *testing.T, store inbox.Store, user string) (sent int, err error) {
	err = store.View(ctx, func(tx inbox.Reader) error {
		sent = 0
		visits, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.Visits(simulatedZalo, connectors.RemoteID(user))}, Limit: 100})
		if err != nil {
			return err
		}
		for _, c := range visits {
			messages, err := tx.Messages(c.ID, inbox.MessageQuery{Forward: true, Limit: 1000})
			if err != nil {
				return err
			}
			for _, m := range messages {
				if m.Direction != inbox.Out {
					continue
				}
				sent++
				if d := m.Delivery; d.Attempts != 1 || d.Doubtful || d.Reason != "" {
					t.Errorf("%s no. %d is %s after %d attempts, %q", c.Code, m.Seq, d.State, d.Attempts, d.Reason)
				}
			}
		}
		return nil
	})
	return sent, err
}

var deliveryFigure = regexp.MustCompile(`tongdai_delivery_attempts_total\{channel="` + simulatedZalo + `",result="(\w+)"\} (\d+)`)

// deliveriesIn reads a node's figures: what it sent, and how often it failed to.
func deliveriesIn(figures string) (ok, otherwise int) {
	for _, found := range deliveryFigure.FindAllStringSubmatch(figures, -1) {
		n, _ := strconv.Atoi(found[2]) // digits
		if found[1] == "ok" {
			ok += n
		} else {
			otherwise += n
		}
	}
	return ok, otherwise
}
