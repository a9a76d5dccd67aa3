package simulator_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tongdai/connectors/simulator"
)

func TestControl(t *testing.T) {
	var slept time.Duration
	var woken bool
	mux := http.NewServeMux()
	simulator.Control(mux, func() any { return []string{"one"} }, func() int { return 3 })
	simulator.Do(mux, "POST /sim/wake", func(struct{}) { woken = true })
	simulator.DoTimed(mux, "PUT /sim/pause", func(b struct {
		Pause, Late time.Duration
		Times       int
	}) {
		slept = time.Duration(b.Times) * (b.Pause + b.Late)
	}, "pause", "late")
	simulator.Command(mux, "POST /sim/say", func(b struct {
		User string
		Data []byte
	}) (any, error) {
		switch b.User {
		case "":
			return nil, errors.New("nobody said it")
		case "ghost":
			return nil, simulator.Missing("there is no %q", b.User)
		}
		return map[string]string{"said": string(b.Data)}, nil
	})
	for _, tt := range []struct {
		call, body string
		status     int
		answer     string
	}{
		{"GET /sim/ledger", "", 200, `["one"]`},
		{"DELETE /sim/faults", "", 200, `{"hits":3}`},
		{"POST /sim/wake", `{}`, 200, `{}`},
		{"PUT /sim/pause", `{"pause":"1.5s","times":2}`, 200, `{}`},
		{"PUT /sim/pause", `{"pause":"soon"}`, 400, `time: invalid duration "soon"`},
		{"PUT /sim/pause", `{"pause":1}`, 400, `json: cannot unmarshal number into Go value of type string`},
		{"PUT /sim/pause", `{"times":"many"}`, 400, `json: cannot unmarshal string into Go struct field .Times of type int`},
		{"POST /sim/say", `{"user":"lan","data":"Y2jDoG8="}`, 200, `{"said":"chào"}`},
		{"POST /sim/say", `{"user":"ghost"}`, 404, `there is no "ghost"`},
		{"POST /sim/say", `{}`, 400, `nobody said it`},
		{"POST /sim/say", `{`, 400, `unexpected EOF`},
	} {
		method, path, _ := strings.Cut(tt.call, " ")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(tt.body)))
		if got := strings.TrimSpace(w.Body.String()); w.Code != tt.status || got != tt.answer {
			t.Errorf("%s %s: %d %s, want %d %s", tt.call, tt.body, w.Code, got, tt.status, tt.answer)
		}
	}
	if slept != 3*time.Second || !woken {
		t.Errorf("a pause of %v, woken: %t", slept, woken)
	}
}
