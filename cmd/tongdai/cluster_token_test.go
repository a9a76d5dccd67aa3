package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"tongdai/configs"
	"tongdai/connectors/zalo/zalosim"
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
		App:    configs.App{AppID: a.AppID, AppSecret: configs.Secret(a.AppSecret)},
		Hooked: configs.Hooked{WebhookSecret: configs.Secret(a.WebhookSecret)},
		Zalo: configs.Zalo{
			OaID:        a.OA,
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
	c, problems := tokensEnd(ctx, t, count(10, 100), healthy)
	for _, problem := range problems {
		t.Error(problem)
	}
	c.noRaces()
}

// The mutant that the storm of TOK-01 must notice.
func TestTheCheckersNoticeTwoWhoRefresh(t *testing.T) {
	if !long() {
		t.Skip("a quick run tries other mutants, the full one all")
	}
	ctx, cancel := patience(t, 0, 10*time.Minute)
	defer cancel()
	_, problems := tokensEnd(ctx, t, 20, allHold)
	if len(problems) == 0 {
		t.Fatal("the mutant survived")
	}
	t.Logf("noticed, with %d problems in all: %s", len(problems), problems[0])
}

// tokensEnd lets citizens talk by Zalo to two nodes until the access token has
// ended so often, and tells everything that went wrong.
func tokensEnd(ctx context.Context, t *testing.T, ends int, m mutant) (c *cluster, problems []string) {
	t.Helper()
	// The platform says that a token lives for a second, in whole seconds, and
	// takes it a little longer.
	const life = time.Second
	sim, err := zalosim.Start(zalosim.Config{PerMinute: platformLimit, Package: platformLimit, AccessLife: life + 900*time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	database, account := furnishedDatabase(t), accountAt(sim)
	beside := nodeSettings{Listen: freeAddress(t), Database: database, Key: clusterKey(), Data: t.TempDir(), Zalo: account}
	a, err := openBeside(ctx, beside.config(), quiet())
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
	if m != healthy {
		sim.Fail(zalosim.Fault{On: zalosim.TokenEndpoint, Delay: 100 * time.Millisecond}) // time for a second one
	}
	c = newCluster(t, clusterOptions{nodes: 2, database: database, mutant: m, tune: func(s *nodeSettings) { s.Zalo = account }})
	sim.SetWebhook(hookOf(c.front))
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
		problems = append(problems, err.Error())
	}
	problems = append(problems, tokenProblems(sim.Ledger(), ends, life)...)
	books, sent := newZaloBooks(sim), 0
	for _, user := range said.Users {
		if err := books.check(ctx, a.store, user); err != nil {
			t.Fatal(err)
		}
	}
	problems = append(problems, books.problems()...)
	if books.doubtful > 0 {
		problems = append(problems, fmt.Sprintf("%d messages may have left twice", books.doubtful))
	}
	for _, n := range c.nodes {
		ok, otherwise := attempts(figures(ctx, t, n.url))
		if ok == 0 || otherwise > 0 {
			problems = append(problems, fmt.Sprintf("%s sent %d messages at once and %d not", n.name, ok, otherwise))
		}
		sent += ok
		t.Logf("%s sent %d messages", n.name, ok)
	}
	t.Logf("%d refreshes; %d messages acknowledged, %d answers, %d of them sent at the first attempt",
		sim.Ledger().Tokens.Refreshes, books.acked, books.answers, sent)
	return c, problems
}

// tokenProblems reads the platform's books: a token that lives for life, as it
// says, was refreshed once for each of its ends.
func tokenProblems(ledger zalosim.Ledger, ends int, life time.Duration) (problems []string) {
	if got := ledger.Tokens; got.Refreshes < ends || got.Reuses != 0 || got.Refused != 0 || got.Grants != 1 {
		problems = append(problems, fmt.Sprintf("the platform counted %+v, want %d refreshes or more of one consent, and nothing refused", got, ends))
	}
	var last time.Time
	for _, call := range ledger.Calls {
		if call.Endpoint != zalosim.TokenEndpoint {
			continue
		}
		if soon := call.At.Sub(last); soon < life/2 {
			problems = append(problems, fmt.Sprintf("the token was refreshed %s after it had been refreshed: twice for one end", soon))
		}
		last = call.At
	}
	return problems
}

var deliveryFigure = regexp.MustCompile(`tongdai_delivery_attempts_total\{channel="` + simulatedZalo + `",result="(\w+)"\} (\d+)`)

// attempts reads a node's figures: how often it sent, and how often it failed to.
func attempts(figures string) (ok, otherwise int) {
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
