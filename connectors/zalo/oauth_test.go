package zalo_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/zalo"
	"tongdai/connectors/zalo/zalosim"
)

func TestConsent(t *testing.T) {
	r := newUnconnected(t)
	if _, err := r.conn.Send(t.Context(), r.text("k1", "Xin chào")); connectors.KindOf(err) != connectors.Unauthorized {
		t.Errorf("Send before any consent = %v", err)
	}
	link, err := r.conn.Authorize(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(link)
	for name, want := range map[string]string{"app_id": appID, "redirect_uri": "https://1022.example.vn/hook/zalo-1022/oauth"} {
		if got := u.Query().Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	other, err := r.conn.Authorize(t.Context())
	if err != nil || other == link {
		t.Errorf("a second address = %q, %v", other, err)
	}
	refused := func(what, back, words string) {
		t.Helper()
		if status, page := callback(r.conn, back); status != http.StatusBadRequest || !strings.Contains(page, words) {
			t.Errorf("%s: answered %d %s, want 400 with %q", what, status, page, words)
		}
	}
	back, err := r.sim.Consent(otherOA, other)
	if err != nil {
		t.Fatal(err)
	}
	refused("another OA", back, "Official Account khác")
	refused("the same state again", back, "đã dùng hoặc đã hết hạn")
	refused("a state of nobody", "?state=x&code=y&oa_id="+oaID, "đã dùng hoặc đã hết hạn")

	back, err = r.sim.Consent(oaID, link)
	if err != nil {
		t.Fatal(err)
	}
	if status, page := callback(r.conn, back); status != http.StatusOK || !strings.Contains(page, "Đã kết nối") {
		t.Fatalf("answered %d %s", status, page)
	}
	refused("the same code again", back, "đã dùng hoặc đã hết hạn")
	r.talking()
	if _, err := r.conn.Send(t.Context(), r.text("k1", "Xin chào")); err != nil {
		t.Error(err)
	}

	late, _ := r.conn.Authorize(t.Context())
	back, _ = r.sim.Consent(oaID, late)
	r.clock.Pass(31 * time.Minute)
	refused("half an hour later", back, "đã dùng hoặc đã hết hạn")
	denied, _ := r.conn.Authorize(t.Context())
	u, _ = url.Parse(denied)
	refused("a consent that was denied", "?state="+u.Query().Get("state")+"&oa_id="+oaID, "Zalo không cấp quyền")
}

func TestAFixedCodeVerifier(t *testing.T) {
	r := newUnconnected(t, func(_ *zalosim.Config, own *zalo.Config) {
		own.CodeVerifier = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
	})
	link, err := r.conn.Authorize(t.Context())
	if err != nil || !strings.Contains(link, "code_challenge=6oZqdX5MOLq_qBJ8vppAnT4fk6AP8UiP9zX8-Rev_9A&") {
		t.Errorf("Authorize = %s, %v", link, err)
	}
	r.connect(r.conn)
}

func TestAdoptSpendsTheTokenItIsGiven(t *testing.T) {
	r := newUnconnected(t)
	pair := r.sim.Grant(oaID)
	if err := r.conn.Adopt(t.Context(), pair.Refresh+"\n"); err != nil {
		t.Fatal(err)
	}
	if health := r.conn.Check(t.Context()); !health.OK {
		t.Errorf("Check = %+v", health)
	}
	if got := r.sim.Ledger().Tokens.Refreshes; got != 1 {
		t.Errorf("%d refreshes, want 1", got)
	}
}

func TestTheAppSecretProof(t *testing.T) {
	r := newRig(t, func(platform *zalosim.Config, own *zalo.Config) { platform.NeedProof, own.Proof = true, true })
	if health := r.conn.Check(t.Context()); !health.OK {
		t.Errorf("Check = %+v", health)
	}
	without := r.node(zalo.Config{})
	if health := without.Check(t.Context()); health.OK || !strings.Contains(health.Problem, "appsecret_proof") {
		t.Errorf("without the proof: %+v", health)
	}
}

func TestTheTokensOfAnotherOA(t *testing.T) {
	r := newUnconnected(t)
	if err := r.conn.Adopt(t.Context(), r.sim.Grant(otherOA).Refresh); err != nil {
		t.Fatal(err)
	}
	if health := r.conn.Check(t.Context()); health.OK || !strings.Contains(health.Problem, otherOA) {
		t.Errorf("Check = %+v", health)
	}
}
