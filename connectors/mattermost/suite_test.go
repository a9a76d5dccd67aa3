package mattermost_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/mattermost"
	"tongdai/connectors/mattermost/mattermostsim"
)

func TestTheBridge(t *testing.T) {
	connectortest.RunBridge(t, func(t *testing.T) *connectortest.BridgeHarness {
		r := start(t, nil)
		// The server forgets what was made at once, as one does that was restarted: the
		// bridge has to look by itself.
		r.sim.SetUnruly(mattermostsim.Unruly{NoDedup: true})
		fails := func(f mattermostsim.Fault) func() {
			return func() { f.On = "POST /posts"; r.sim.Fail(f) }
		}
		actions := map[connectors.Deed]string{connectors.Take: "take"}
		return &connectortest.BridgeHarness{
			Bridge: r.bridge, Again: func() connectors.Bridge { return r.again() }, Marks: r.marks,
			Unit: connectors.Unit{ID: "so-y-te"}, Nowhere: connectors.Unit{ID: "so-noi-vu"},
			Shown: r.thread,
			Threads: func() (n int) {
				for _, p := range r.sim.Channel(room) {
					if p.RootID == "" && p.UserID == r.sim.UserID("tong-dai") {
						n++
					}
				}
				return n
			},
			Say: func(root connectors.RemoteID, text string) connectors.RemoteID { return r.say(root, "lan.nt", text) },
			Edit: func(message connectors.RemoteID, text string) {
				if err := r.sim.Edit(string(message), text); err != nil {
					t.Error(err)
				}
			},
			Delete: func(message connectors.RemoteID) {
				if err := r.sim.Delete(string(message)); err != nil {
					t.Error(err)
				}
			},
			Prefix:   "!",
			Machines: func(root connectors.RemoteID) { machines(t, r, root) },
			Cuts: map[string]func(){
				"the socket is dropped":     r.sim.Drop,
				"the socket is forgotten":   r.sim.Forget,
				"an event goes missing":     func() { r.sim.Lose(1) },
				"events come twice":         func() { r.sim.SetUnruly(mattermostsim.Unruly{Double: true}) },
				"events come out of order":  func() { r.sim.SetUnruly(mattermostsim.Unruly{Shuffle: 20 * time.Millisecond}) },
				"the server refuses a time": func() { r.sim.Fail(mattermostsim.Fault{On: "GET /websocket", Times: 2, Code: 503}); r.sim.Forget() },
			},
			Lost: fails(mattermostsim.Fault{Times: 1, Cut: mattermostsim.CutAfter}),
			Mend: func() { r.sim.ClearFaults() },
			Refusals: []connectortest.Refusal{
				{Name: "429: too fast", Set: fails(mattermostsim.Fault{Code: 429, RetryAfter: 7}), Kind: connectors.RateLimited, After: 7 * time.Second},
				{Name: "401: the token is withdrawn", Set: fails(mattermostsim.Fault{Code: 401, ErrorID: "api.context.session_expired.app_error"}), Kind: connectors.Unauthorized},
				{Name: "403: the bot was put out", Set: fails(mattermostsim.Fault{Code: 403, ErrorID: "api.context.permissions.app_error"}), Kind: connectors.Permanent},
				{Name: "404: the channel is gone", Set: fails(mattermostsim.Fault{Code: 404}), Kind: connectors.Permanent},
				{Name: "400: it makes no sense", Set: fails(mattermostsim.Fault{Code: 400}), Kind: connectors.Permanent},
				{Name: "413: too large", Set: fails(mattermostsim.Fault{Code: 413}), Kind: connectors.Permanent},
				{Name: "500: in the middle", Set: fails(mattermostsim.Fault{Code: 500}), Kind: connectors.Uncertain},
				{Name: "503: of a machine before it", Set: fails(mattermostsim.Fault{Code: 503, Body: "<html>"}), Kind: connectors.Retryable},
				{Name: "half an answer", Set: fails(mattermostsim.Fault{Cut: mattermostsim.CutHalf}), Kind: connectors.Uncertain},
				{Name: "the connection breaks", Set: fails(mattermostsim.Fault{Cut: mattermostsim.CutBefore}), Kind: connectors.Uncertain},
			},
			Spoil: r.sim.Revoke,
			Down:  func() { _ = r.sim.Close() },
			Press: func(root connectors.RemoteID, deed connectors.Deed) *http.Request {
				return r.called(root, actions[deed], rand.Text())
			},
			Forged:  func(root connectors.RemoteID) map[string]*http.Request { return forged(r, root) },
			Secrets: []string{r.sim.Config().Token, secret, commandToken},
		}
	})
}

// machines say things that are no deeds, and people beside the thread.
func machines(t *testing.T, r *rig, root connectors.RemoteID) {
	for _, prop := range []string{"from_webhook", "from_bot", "from_plugin"} {
		if _, err := r.sim.SayAs(room, "lan.nt", string(root), "! của máy", map[string]any{prop: "true"}); err != nil {
			t.Error(err)
		}
	}
	beside := r.say("", "lan.nt", "! ngoài luồng")
	r.say(beside, "minh.lv", "! luồng của người khác")
	if _, err := r.sim.Say("lanh-dao", "lan.nt", "", "! kênh khác"); err != nil {
		t.Error(err)
	}
}

func forged(r *rig, root connectors.RemoteID) map[string]*http.Request {
	genuine, _ := r.sim.Post(string(root))
	take, _ := genuine.Action("take")
	token, _ := take.Integration.Context["token"].(string)
	with := func(context map[string]any) *http.Request {
		return call("/button", map[string]any{"user_id": r.sim.UserID("lan.nt"), "post_id": genuine.ID, "trigger_id": "x", "context": context})
	}
	body, sum, _ := strings.Cut(token, ".")
	other := *r
	other.change = func(cfg *mattermost.Config) { cfg.Secret = []byte(strings.Repeat("another ", 8)) }
	elsewhere := *r
	elsewhere.change = func(cfg *mattermost.Config) { cfg.Channel.ID = "chat-khac" }
	command := func(token string) *http.Request {
		form := url.Values{"token": {token}, "user_id": {r.sim.UserID("lan.nt")}, "text": {"trực"}}
		q := httptest.NewRequest(http.MethodPost, "/command", strings.NewReader(form.Encode()))
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return q
	}
	return map[string]*http.Request{
		"nothing":                      with(nil),
		"an empty token":               with(map[string]any{"token": ""}),
		"a token that is no word":      with(map[string]any{"token": 1}),
		"a token without its sum":      with(map[string]any{"token": body + "."}),
		"a sum of zeros":               with(map[string]any{"token": body + "." + strings.Repeat("A", len(sum))}),
		"a sum that is cut":            with(map[string]any{"token": token[:len(token)-2]}),
		"another body":                 with(map[string]any{"token": "e30." + sum}),
		"a button as a dialog":         call("/dialog", map[string]any{"user_id": r.sim.UserID("lan.nt"), "state": token}),
		"no JSON":                      httptest.NewRequest(http.MethodPost, "/button", strings.NewReader("x")),
		"a dialog without a state":     call("/dialog", map[string]any{"user_id": r.sim.UserID("lan.nt")}),
		"a command without a token":    command(""),
		"a command with a wrong token": command(commandToken + "x"),
		"another secret's button":      with(map[string]any{"token": tokenOf(&other)}),
		"another channel's button":     with(map[string]any{"token": tokenOf(&elsewhere)}),
	}
}

// tokenOf is a token of a card that a bridge of another configuration made.
func tokenOf(r *rig) string {
	r.t.Helper()
	posted, err := r.again().Post(r.t.Context(), connectors.Post{
		Key: rand.Text(), Place: "1022/chung", Thread: strings.Repeat("f", 32) + rand.Text(), Matter: matter(),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	p, _ := r.sim.Post(string(posted.Root))
	a, _ := p.Action("take")
	token, _ := a.Integration.Context["token"].(string)
	return token
}
