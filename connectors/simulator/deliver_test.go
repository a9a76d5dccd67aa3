package simulator_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"tongdai/connectors/simulator"
)

func TestDeliver(t *testing.T) {
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if string(body) == `"slow"` {
			<-r.Context().Done()
			return
		}
		if r.Header.Get("X-Signature") != "signed" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("the headers are %v", r.Header)
		}
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write(body)
	}))
	defer hub.Close()
	deliver := func(within time.Duration, target, body string) (simulator.Try, string) {
		try, answer := simulator.Deliver(t.Context(), simulator.Client(), within, target, []byte(body), map[string]string{"X-Signature": "signed"})
		return try, string(answer)
	}
	if try, answer := deliver(time.Minute, hub.URL, `"one"`); try.Status != 202 || try.Err != "" || try.Took <= 0 || answer != `"one"` {
		t.Errorf("%+v, answered %q", try, answer)
	}
	if try, answer := deliver(20*time.Millisecond, hub.URL, `"slow"`); try.Status != 0 || try.Err == "" || answer != "" {
		t.Errorf("one that is slow: %+v, answered %q", try, answer)
	}
	if try, _ := deliver(time.Minute, "no address", `"one"`); try.Status != 0 || try.Err == "" {
		t.Errorf("one that is sent nowhere: %+v", try)
	}
}

func TestWaiting(t *testing.T) {
	type event struct{ simulator.Delivery }
	events := []event{{}, {simulator.Delivery{Acked: time.Now()}}, {simulator.Delivery{GivenUp: true}}, {}}
	if n := simulator.Waiting(events); n != 2 {
		t.Errorf("%d events wait", n)
	}
}
