package zalo_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/zalo"
	"tongdai/connectors/zalo/zalosim"
)

// TOK-01: a hundred expiries under two nodes that send all the while. Each
// expiry is answered by one refresh, no refresh token comes twice, and no
// message fails.
func TestAHundredExpiriesOnTwoNodes(t *testing.T) {
	const expiries, senders = 100, 3
	r := newRig(t, func(platform *zalosim.Config, _ *zalo.Config) {
		platform.NoEchoes, platform.NoReceipts, platform.Window = true, true, 1000*24*time.Hour
		platform.PerMinute = 1_000_000
	})
	r.talking()
	nodes := []*zalo.Connector{r.conn, r.node(zalo.Config{PerMinute: 1_000_000}), r.node(zalo.Config{PerMinute: 1_000_000})}[1:]
	before := r.sim.Ledger().Tokens
	for i := range expiries {
		var all sync.WaitGroup
		if i%2 == 0 {
			r.clock.Pass(26 * time.Hour) // the nodes' own clock tells them
		} else {
			r.clock.Pass(2 * time.Minute)
			r.sim.Expire(oaID) // Zalo tells them
		}
		for n, node := range nodes {
			for sender := range senders {
				all.Go(func() {
					key := strings.Join([]string{string(rune('a' + n)), string(rune('a' + sender)), time.Duration(i).String()}, "-")
					if _, err := node.Send(t.Context(), r.text(key, "Xin chào")); err != nil {
						t.Errorf("expiry %d, node %d: %v", i, n, err)
					}
				})
			}
		}
		all.Wait()
		if got := r.sim.Ledger().Tokens.Refreshes - before.Refreshes; got != i+1 {
			t.Fatalf("after %d expiries there were %d refreshes", i+1, got)
		}
	}
	if got := r.sim.Ledger().Tokens; got.Reuses != 0 || got.Refused != 0 {
		t.Errorf("the platform counted %+v", got)
	}
	if got, want := len(r.sim.Ledger().Sent(oaID, citizen)), expiries*senders*len(nodes); got != want {
		t.Errorf("%d messages were taken, want %d", got, want)
	}
}

// TOK-03: a year, with a new process every month.
func TestAYearOfRotations(t *testing.T) {
	r := newRig(t, func(platform *zalosim.Config, _ *zalo.Config) {
		platform.NoEchoes, platform.NoReceipts, platform.Window = true, true, 1000*24*time.Hour
	})
	r.talking()
	node := r.conn
	for day := range 365 {
		r.clock.Pass(24 * time.Hour)
		if day%30 == 29 {
			node = r.node(zalo.Config{})
		}
		if health := node.Check(t.Context()); !health.OK {
			t.Fatalf("day %d: %s", day, health.Problem)
		}
	}
	if got := r.sim.Ledger().Tokens; got.Reuses != 0 || got.Refused != 0 || got.Refreshes < 360 {
		t.Errorf("the platform counted %+v", got)
	}
}

func TestATokenIsReplacedBeforeItsEnd(t *testing.T) {
	r := newRig(t)
	r.talking()
	r.clock.Pass(21 * time.Hour)
	if _, err := r.conn.Send(t.Context(), r.text("k1", "Xin chào")); err != nil {
		t.Fatal(err)
	}
	if got := r.sim.Ledger().Tokens.Refreshes; got != 1 {
		t.Errorf("%d refreshes four hours before the end, want 1", got)
	}
}

func TestWhileRefreshingFailsAGoodTokenServesOn(t *testing.T) {
	r := newRig(t)
	r.talking()
	r.clock.Pass(21 * time.Hour)
	r.sim.Fail(zalosim.Fault{On: zalosim.TokenEndpoint, Cut: zalosim.CutBefore})
	for _, key := range []string{"k1", "k2", "k3"} {
		if _, err := r.conn.Send(t.Context(), r.text(key, "Xin chào")); err != nil {
			t.Fatal(err)
		}
	}
	if hits := r.sim.ClearFaults(); hits != 1 {
		t.Errorf("the token endpoint was called %d times, want once", hits)
	}
}

// TOK-02: what a crash between Zalo's answer and our saving leaves behind. The
// vault loses the save, and the process with the new pair is gone.
func TestACrashAfterTheRefreshBeforeItIsSaved(t *testing.T) {
	r := newRig(t)
	r.talking()
	r.clock.Pass(26 * time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second) // by when the refresh has reached the platform
	defer cancel()
	r.sim.Fail(zalosim.Fault{On: zalosim.TokenEndpoint, Cut: zalosim.CutAfter, Times: 1})
	_, err := r.conn.Send(ctx, r.text("k1", "Xin chào"))
	wantKind(t, err, connectors.Unauthorized)
	r.clock.Pass(50 * time.Second) // the holder is known to be dead

	after := r.node(zalo.Config{})
	health := after.Check(t.Context())
	if health.OK || !strings.Contains(health.Problem, "gián đoạn") {
		t.Errorf("Check = %+v, want the doubt told", health)
	}
	if !strings.Contains(r.logs.String(), "begun and never ended") {
		t.Errorf("nothing was logged: %s", r.logs)
	}
	r.clock.Pass(time.Minute)
	_, err = after.Send(t.Context(), r.text("k1", "Xin chào"))
	wantKind(t, err, connectors.Unauthorized)
	if got := r.sim.Ledger().Tokens; got.Reuses != 1 {
		t.Errorf("the platform counted %+v, want the one second try", got)
	}
	for range 5 {
		r.clock.Pass(10 * time.Minute)
		_, err = after.Send(t.Context(), r.text("k1", "Xin chào"))
		wantKind(t, err, connectors.Unauthorized)
	}
	if got := r.sim.Ledger().Tokens; got.Reuses != 1 {
		t.Errorf("the platform counted %+v: tried again what is lost", got)
	}
	if health := after.Check(t.Context()); health.OK || !strings.Contains(health.Problem, "kết nối lại OA") {
		t.Errorf("Check = %+v, want the administrator called", health)
	}

	said := r.sim.Say(oaID, citizen, "Alo?")
	until(t, "what the citizen writes", func() bool {
		for _, in := range r.hub.All(connectors.Said) {
			if string(in.Message) == said {
				return true
			}
		}
		return false
	})
	r.connect(after)
	if _, err := after.Send(t.Context(), r.text("k1", "Xin chào")); err != nil {
		t.Errorf("after the new consent: %v", err)
	}
	if health := after.Check(t.Context()); !health.OK {
		t.Errorf("after the new consent: %+v", health)
	}
}

// TOK-04: the token endpoint is slow, cut or out of order. The same token is
// spent a second time only after a wait, and never a third.
func TestARefreshWithoutAClearAnswer(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault zalosim.Fault
		again bool // the second call can succeed
	}{
		{"500 before anything was done", zalosim.Fault{Status: 500, Body: "{}"}, true},
		{"a page of a proxy", zalosim.Fault{Status: 502, Body: "<html>"}, true},
		{"half an answer after it was done", zalosim.Fault{Cut: zalosim.CutHalf}, false},
		{"no answer after it was done", zalosim.Fault{Cut: zalosim.CutAfter}, false},
		{"neither tokens nor an error", zalosim.Fault{Body: "{}"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			r.talking()
			r.clock.Pass(26 * time.Hour)
			tt.fault.On, tt.fault.Times = zalosim.TokenEndpoint, 1
			r.sim.Fail(tt.fault)
			for range 3 {
				_, err := r.conn.Send(t.Context(), r.text("k1", "Xin chào"))
				wantKind(t, err, connectors.Unauthorized)
			}
			if got := r.tokenCalls(); got != 2 {
				t.Errorf("%d calls within the wait, want the consent and one refresh", got)
			}
			r.clock.Pass(2 * time.Minute)
			_, err := r.conn.Send(t.Context(), r.text("k1", "Xin chào"))
			if tt.again && err != nil {
				t.Errorf("the second try: %v", err)
			}
			if !tt.again {
				wantKind(t, err, connectors.Unauthorized)
			}
			r.clock.Pass(2 * time.Minute)
			_, _ = r.conn.Send(t.Context(), r.text("k2", "Xin chào"))
			if got := r.tokenCalls(); got != 3 {
				t.Errorf("%d calls in all, want 3", got)
			}
		})
	}
}

func (r *rig) tokenCalls() int {
	n := 0
	for _, c := range r.sim.Ledger().Calls {
		if c.Endpoint == zalosim.TokenEndpoint {
			n++
		}
	}
	return n
}

func TestAnUnreachableTokenEndpointCostsNothing(t *testing.T) {
	r := newRig(t)
	r.talking()
	r.clock.Pass(26 * time.Hour)
	away := r.node(zalo.Config{OAuthURL: "http://127.0.0.1:1"})
	_, err := away.Send(t.Context(), r.text("k1", "Xin chào"))
	wantKind(t, err, connectors.Retryable)
	if _, err := r.conn.Send(t.Context(), r.text("k1", "Xin chào")); err != nil {
		t.Errorf("another node, at once: %v", err)
	}
}

func TestANewPairIsSavedBeforeItsFirstUse(t *testing.T) {
	r := newRig(t)
	r.talking()
	r.clock.Pass(26 * time.Hour)
	if _, err := r.conn.Send(t.Context(), r.text("k1", "Xin chào")); err != nil {
		t.Fatal(err)
	}
	type record struct {
		Pair    struct{ Access, Refresh string }
		Attempt *struct{ Calls int }
	}
	var all []record
	for _, saved := range r.vault.Saved("zalo-1022/tokens") {
		var one record
		if err := json.Unmarshal(saved.Value, &one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if len(all) != 3 || all[1].Attempt == nil || all[1].Pair != all[0].Pair || all[2].Attempt != nil || all[2].Pair == all[0].Pair {
		t.Errorf("the vault was given %d records, want the first pair, the intent, the second pair", len(all))
	}
}

func TestASaveWhoseOutcomeIsUnknownIsLookedUp(t *testing.T) {
	r := newRig(t)
	r.talking()
	r.clock.Pass(26 * time.Hour)
	if _, err := r.conn.Send(t.Context(), r.text("k0", "Xin chào")); err != nil {
		t.Fatal(err)
	}
	r.clock.Pass(26 * time.Hour)
	r.vault.Break(connectortest.HidesSaves)
	// The intent's own save fails, so nothing is spent.
	_, err := r.conn.Send(t.Context(), r.text("k1", "Xin chào"))
	if err == nil || r.sim.Ledger().Tokens.Refreshes != 1 {
		t.Errorf("Send = %v after %d refreshes, want an error and no second refresh", err, r.sim.Ledger().Tokens.Refreshes)
	}
}

// The new pair is in this process alone while the vault takes nothing. It is not
// used, not lost, and kept as soon as the vault takes it.
func TestAPairThatCouldNotBeSavedIsSavedLater(t *testing.T) {
	r := newRig(t)
	r.talking()
	r.conn.SetSaving(500 * time.Millisecond)
	r.clock.Pass(26 * time.Hour)
	down := true
	r.between = func(save int) error {
		if down && save > 1 { // the first is the intent
			return connectortest.ErrDown
		}
		return nil
	}
	for range 2 {
		_, err := r.conn.Send(t.Context(), r.text("k1", "Xin chào"))
		wantKind(t, err, connectors.Retryable)
	}
	if len(r.ours()) != 0 || !strings.Contains(r.logs.String(), "could not be kept") {
		t.Errorf("the phone shows %v, the log says %s", r.ours(), r.logs)
	}
	down = false
	r.mustSend(r.text("k1", "Xin chào"))
	if got := r.sim.Ledger().Tokens; got.Refreshes != 1 || got.Reuses != 0 {
		t.Errorf("the platform counted %+v, want one refresh", got)
	}
}

func TestASlowVaultEndsAnAttemptBeforeTheCall(t *testing.T) {
	r := newRig(t)
	r.talking()
	r.clock.Pass(26 * time.Hour)
	r.between = func(save int) error {
		if save == 1 {
			r.clock.Pass(30 * time.Second)
		}
		return nil
	}
	_, err := r.conn.Send(t.Context(), r.text("k1", "Xin chào"))
	wantKind(t, err, connectors.Retryable)
	if got := r.tokenCalls(); got != 1 {
		t.Errorf("%d calls of the token endpoint, want only the consent", got)
	}
	r.mustSend(r.text("k1", "Xin chào"))
}

// An idle channel finds out by itself: Check is all that runs.
func TestCheckSettlesADoubt(t *testing.T) {
	r := newRig(t)
	r.clock.Pass(26 * time.Hour)
	r.sim.Fail(zalosim.Fault{On: zalosim.TokenEndpoint, Times: 1, Status: 500, Body: "{}"})
	if health := r.conn.Check(t.Context()); health.OK || !strings.Contains(health.Problem, "gián đoạn") {
		t.Errorf("Check = %+v", health)
	}
	r.clock.Pass(2 * time.Minute)
	if health := r.conn.Check(t.Context()); !health.OK {
		t.Errorf("Check after the wait = %+v", health)
	}
}

func TestARefusedRefreshWaitsForAConsent(t *testing.T) {
	r := newRig(t)
	r.talking()
	r.sim.Revoke(oaID)
	r.clock.Pass(2 * time.Minute)
	for range 3 {
		_, err := r.conn.Send(t.Context(), r.text("k1", "Xin chào"))
		wantKind(t, err, connectors.Unauthorized)
		if !strings.Contains(connectors.ReasonOf(err), "kết nối lại OA") {
			t.Errorf("the reason is %q", connectors.ReasonOf(err))
		}
	}
	if got := r.tokenCalls(); got != 2 {
		t.Errorf("%d calls of the token endpoint, want the consent and one refused refresh", got)
	}
	r.connect(r.conn)
	if _, err := r.conn.Send(t.Context(), r.text("k1", "Xin chào")); err != nil {
		t.Errorf("after the new consent: %v", err)
	}
}

// TOK-05.
func TestTheEndOfTheConsentIsToldAhead(t *testing.T) {
	r := newRig(t)
	for _, tt := range []struct {
		left int // days
		want string
	}{{15, ""}, {14, "14 ngày"}, {8, "14 ngày"}, {7, "7 ngày"}, {3, "3 ngày"}, {1, "1 ngày"}} {
		fresh := newRig(t, func(platform *zalosim.Config, own *zalo.Config) {
			platform.RefreshLife = time.Duration(tt.left) * 24 * time.Hour
			own.RefreshLife = platform.RefreshLife
		})
		health := fresh.conn.Check(t.Context())
		if !health.OK || tt.want == "" && health.Problem != "" || !strings.Contains(health.Problem, tt.want) {
			t.Errorf("%d days ahead: %+v, want %q", tt.left, health, tt.want)
		}
	}
	if health := r.conn.Check(t.Context()); !health.Expires.Equal(r.clock.Now().Add(90 * 24 * time.Hour)) {
		t.Errorf("Expires = %s", health.Expires)
	}
	r.clock.Pass(91 * 24 * time.Hour)
	if health := r.conn.Check(t.Context()); health.OK || !strings.Contains(health.Problem, "kết nối lại OA") {
		t.Errorf("after its end: %+v", health)
	}
}

func TestNoSecretIsLogged(t *testing.T) {
	r := newRig(t)
	r.talking()
	r.sim.Fail(zalosim.Fault{On: zalosim.TokenEndpoint, Cut: zalosim.CutHalf, Times: 1})
	r.clock.Pass(26 * time.Hour)
	_, err := r.conn.Send(t.Context(), r.text("k1", "Xin chào"))
	text := r.logs.String() + err.Error()
	for _, saved := range r.vault.Saved("zalo-1022/tokens") {
		var one struct {
			Pair struct{ Access, Refresh string }
		}
		if err := json.Unmarshal(saved.Value, &one); err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{one.Pair.Access, one.Pair.Refresh, appSecret, oaSecret} {
			if strings.Contains(text, secret) {
				t.Errorf("a secret is told")
			}
		}
	}
}

func TestAVaultThatIsAway(t *testing.T) {
	r := newUnconnected(t)
	r.vault.Break(connectortest.Down)
	_, err := r.conn.Send(t.Context(), r.text("k1", "Xin chào"))
	wantKind(t, err, connectors.Retryable)
	if !errors.Is(err, connectortest.ErrDown) {
		t.Errorf("the cause is hidden: %v", err)
	}
	if health := r.conn.Check(t.Context()); health.OK || !strings.Contains(health.Problem, "kho dữ liệu") {
		t.Errorf("Check = %+v", health)
	}
}
