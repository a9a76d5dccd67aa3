package call_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tongdai/connectors"
	"tongdai/connectors/call"
)

const secret = "token-1022"

func makes(t *testing.T, address string, most int64) call.Answer {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, address+"/"+secret+"?secret="+secret, strings.NewReader("Dạ"))
	if err != nil {
		t.Fatal(err)
	}
	return call.Make(call.Client(nil), req, most)
}

func TestAnAnswerIsReadWithinBounds(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Kind", "text")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "1234567890")
	}))
	defer s.Close()
	got := makes(t, s.URL, 10)
	if got.Err != nil || got.Status != http.StatusTeapot || got.Header.Get("Kind") != "text" || string(got.Body) != "1234567890" || !got.Left {
		t.Errorf("%+v", got)
	}
	if got = makes(t, s.URL, 9); got.Err == nil || !got.Left {
		t.Errorf("an answer that is too long: %+v", got)
	}
}

func TestItIsKnownWhetherARequestHasLeft(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = conn.Close()
	}))
	for _, tt := range []struct {
		what string
		left bool
	}{{"a connection that breaks off", true}, {"nobody there", false}} {
		got := makes(t, s.URL, 10)
		if got.Err == nil || got.Left != tt.left {
			t.Errorf("%s: %+v", tt.what, got)
		} else if strings.Contains(got.Err.Error(), secret) {
			t.Errorf("%s: the error tells the address: %v", tt.what, got.Err)
		}
		s.Close()
	}
}

func TestARedirectIsAnAnswerAndNotFollowed(t *testing.T) {
	followed := false
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		followed = followed || r.URL.Path == "/away"
		http.Redirect(w, r, "/away", http.StatusTemporaryRedirect)
	}))
	defer s.Close()
	if got := makes(t, s.URL, 1000); got.Status != http.StatusTemporaryRedirect || followed {
		t.Errorf("followed: %t, %+v", followed, got)
	}
}

func TestWhatWasNotSentMayBeSentAgainAndWhatIsInDoubtMayNot(t *testing.T) {
	ours := &connectors.Error{Kind: connectors.RateLimited, Err: io.EOF}
	for _, tt := range []struct {
		what string
		err  error
		want connectors.Kind
	}{
		{"not sent", call.NotSent(io.EOF), connectors.Retryable},
		{"not sent, for a reason that is known", call.NotSent(ours), connectors.RateLimited},
		{"in doubt, and nobody would see it twice", call.InDoubt(false, io.EOF), connectors.Retryable},
		{"in doubt, and somebody would", call.InDoubt(true, io.EOF), connectors.Uncertain},
	} {
		if got := connectors.KindOf(tt.err); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.what, got, tt.want)
		}
	}
}

func TestATextIsReadFromAStringOrANumber(t *testing.T) {
	var got struct{ ID, Long, Sent, None call.Text }
	if err := json.Unmarshal([]byte(`{"ID": "a1", "Long": 12345678901234567890, "Sent": 1.50, "None": null}`), &got); err != nil {
		t.Fatal(err)
	}
	if got.ID != "a1" || got.Long != "12345678901234567890" || got.Sent != "1.50" || got.None != "" {
		t.Errorf("%+v", got)
	}
	for _, wrong := range []string{"true", "{}", "[1]"} {
		if err := json.Unmarshal([]byte(wrong), &got.ID); err == nil {
			t.Errorf("%s is read as %q", wrong, got.ID)
		}
	}
}
