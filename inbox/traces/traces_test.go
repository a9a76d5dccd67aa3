package traces_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"tongdai/inbox"
	"tongdai/inbox/traces"
)

// received is a collector that keeps the spans it is sent.
type received struct {
	mu     sync.Mutex
	spans  []*otlp.Span
	paths  []string
	tokens []string
}

func (c *received) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var sent collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &sent)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paths, c.tokens = append(c.paths, r.URL.Path), append(c.tokens, r.Header.Get("Authorization"))
	for _, resource := range sent.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			c.spans = append(c.spans, scope.GetSpans()...)
		}
	}
}

// sent are the spans that a collector gets of some stages.
func sent(t *testing.T, ratio float64, stages ...inbox.Stage) *received {
	t.Helper()
	var c received
	server := httptest.NewServer(&c)
	defer server.Close()
	tracing, err := traces.New(t.Context(), traces.Options{
		URL: server.URL, Token: "token-of-sixteen", Ratio: ratio, Node: "a", Version: "dev", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stages {
		tracing.Trace(s)
	}
	if err := tracing.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &c
}

func TestTheStagesOfAMessageAreOneTrace(t *testing.T) {
	begun := time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)
	stage := func(name inbox.StageName, of inbox.MessageID, after time.Duration) inbox.Stage {
		return inbox.Stage{Name: name, Of: of, Channel: "zalo-1022", Begun: begun.Add(after), Ended: begun.Add(after + time.Millisecond)}
	}
	delivery := stage(inbox.StageDeliver, "m1", 2*time.Second)
	delivery.Sent, delivery.Outcome, delivery.Failed = "m2", "temporary", true
	// Stages may be told in any order, and by several nodes.
	c := sent(t, 1, delivery, stage(inbox.StageTurn, "m1", time.Second), stage(inbox.StageReceive, "m1", 0), stage(inbox.StageReceive, "m3", 0))
	if len(c.spans) != 4 || c.paths[0] != "/v1/traces" || c.tokens[0] != "Bearer token-of-sixteen" {
		t.Fatalf("the collector got %d spans at %v with %v", len(c.spans), c.paths, c.tokens)
	}
	byName, ids := map[string]*otlp.Span{}, map[string]bool{}
	for _, s := range c.spans {
		ids[string(s.GetTraceId())] = true
		if s.GetAttributes()[0].GetValue().GetStringValue() == "m1" {
			byName[s.GetName()] = s
		}
	}
	root := byName["receive"]
	if len(ids) != 2 || len(byName) != 3 || len(root.GetParentSpanId()) != 0 {
		t.Fatalf("%d traces, spans %v", len(ids), byName)
	}
	for name, s := range byName {
		if string(s.GetTraceId()) != string(root.GetTraceId()) {
			t.Errorf("%s is of another trace than receive", name)
		}
		if name != "receive" && string(s.GetParentSpanId()) != string(root.GetSpanId()) {
			t.Errorf("%s does not hang on receive", name)
		}
	}
	failed := byName["deliver"]
	if failed.GetStatus().GetCode() != otlp.Status_STATUS_CODE_ERROR || failed.GetStartTimeUnixNano() != uint64(begun.Add(2*time.Second).UnixNano()) ||
		failed.GetEndTimeUnixNano()-failed.GetStartTimeUnixNano() != uint64(time.Millisecond) {
		t.Errorf("the failed delivery is %v", failed)
	}
	text := failed.String()
	for _, want := range []string{"tongdai.sent", "m2", "tongdai.outcome", "temporary", "tongdai.channel", "zalo-1022"} {
		if !strings.Contains(text, want) {
			t.Errorf("the failed delivery does not tell %q: %s", want, text)
		}
	}
}

func TestEveryNodePicksTheSameMessages(t *testing.T) {
	var stages []inbox.Stage
	for i := range 400 {
		of := inbox.MessageID("0194" + strings.Repeat("0", i%7) + string(rune('a'+i%26)) + time.Duration(i).String())
		stages = append(stages, inbox.Stage{Name: inbox.StageReceive, Of: of}, inbox.Stage{Name: inbox.StageTurn, Of: of})
	}
	c := sent(t, .25, stages...)
	stagesOf := map[string]int{}
	for _, s := range c.spans {
		stagesOf[string(s.GetTraceId())]++
	}
	if n := len(stagesOf); n < 60 || n > 140 {
		t.Errorf("of 400 messages %d are traced, want a quarter", n)
	}
	for _, n := range stagesOf {
		if n != 2 {
			t.Fatalf("a message that is traced has %d stages, want 2", n)
		}
	}
}
