package simulator_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"tongdai/connectors/simulator"
)

// call is what the ledger of these tests knows.
type call struct {
	name string
	done bool
}

// noted is a call and what became of it.
type noted struct {
	call
	simulator.Outcome
}

// platform answers everything with "done" and tells what it noted.
func platform(t *testing.T) (*simulator.Faults[call], string, chan noted) {
	t.Helper()
	faults, ledger := &simulator.Faults[call]{}, make(chan noted, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		do := func(w http.ResponseWriter, c *call) {
			c.done = true
			_, _ = io.WriteString(w, "done")
		}
		faults.Serve(w, r, r.URL.Path, call{name: r.URL.Path}, do, func(c call, came simulator.Outcome) { ledger <- noted{c, came} })
	}))
	t.Cleanup(server.Close)
	return faults, server.URL, ledger
}

func TestServe(t *testing.T) {
	refuse := func(w http.ResponseWriter, _ *call) { http.Error(w, "no", http.StatusTeapot) }
	type outcome = simulator.Outcome
	for name, tt := range map[string]struct {
		fault  simulator.Fault[call]
		answer string // "": the connection broke
		noted  noted
	}{
		"no fault":    {simulator.Fault[call]{On: "/other", Cut: simulator.CutBefore}, "done", noted{call{"/one", true}, outcome{Status: 200}}},
		"slow":        {simulator.Fault[call]{Delay: time.Millisecond, Late: time.Millisecond}, "done", noted{call{"/one", true}, outcome{Status: 200}}},
		"made up":     {simulator.Fault[call]{On: "/one", MakeUp: refuse}, "no\n", noted{call{"/one", false}, outcome{Status: 418, Made: true}}},
		"cut before":  {simulator.Fault[call]{Cut: simulator.CutBefore}, "", noted{call{"/one", false}, outcome{Cut: true}}},
		"cut after":   {simulator.Fault[call]{Cut: simulator.CutAfter}, "", noted{call{"/one", true}, outcome{Cut: true}}},
		"cut in half": {simulator.Fault[call]{Cut: simulator.CutHalf}, "do", noted{call{"/one", true}, outcome{Cut: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			faults, url, ledger := platform(t)
			faults.Add(tt.fault)
			resp, err := http.Get(url + "/one")
			if err == nil {
				defer resp.Body.Close()
				var body []byte
				body, err = io.ReadAll(resp.Body)
				if string(body) != tt.answer {
					t.Errorf("answered %q, want %q", body, tt.answer)
				}
			}
			if broke := tt.fault.Cut != "" && tt.fault.On == ""; broke != (err != nil) {
				t.Errorf("the call ended with %v", err)
			}
			if got := <-ledger; got != tt.noted {
				t.Errorf("noted %+v, want %+v", got, tt.noted)
			}
		})
	}
}

func TestFaultsAreCounted(t *testing.T) {
	var faults simulator.Faults[call]
	faults.Add(simulator.Fault[call]{On: "/one", Times: 2, Cut: simulator.CutAfter})
	faults.Add(simulator.Fault[call]{Cut: simulator.CutHalf})
	var met []simulator.Cut
	for _, on := range []string{"/one", "/two", "/one", "/one"} {
		met = append(met, faults.Meet(on).Cut)
	}
	if want := [4]simulator.Cut{simulator.CutAfter, simulator.CutHalf, simulator.CutAfter, simulator.CutHalf}; [4]simulator.Cut(met) != want {
		t.Errorf("met %v, want %v", met, want)
	}
	if hits := faults.Clear(); hits != 4 {
		t.Errorf("%d hits, want 4", hits)
	}
	if f := faults.Meet("/one"); f.Cut != "" || faults.Clear() != 0 {
		t.Errorf("after Clear there is %v", f)
	}
}

// TestACallerWhoLeaves is noted as cut off, and nothing is done.
func TestACallerWhoLeaves(t *testing.T) {
	faults, url, ledger := platform(t)
	faults.Add(simulator.Fault[call]{Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/one", nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := http.DefaultClient.Do(req); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("the call ended with %v, %v", resp, err)
	}
	if got, want := <-ledger, (noted{call{"/one", false}, simulator.Outcome{Cut: true}}); got != want {
		t.Errorf("noted %+v, want %+v", got, want)
	}
}
