package main

import (
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"tongdai/configs"
	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
	"tongdai/inbox/traces"
)

// taker is a platform that takes everything, and tells once it has.
type taker struct {
	channel connectors.Channel
	took    chan struct{}
}

func (p taker) Channel() connectors.Channel { return p.channel }
func (p taker) Limits() connectors.Limits   { return connectors.Limits{} }

func (p taker) Send(context.Context, connectors.Outbound) (connectors.Receipt, error) {
	select {
	case p.took <- struct{}{}:
	default:
	}
	return connectors.Receipt{Message: "remote", At: time.Now()}, nil
}

func TestACollectorHearsOfAMessageUnderOneTraceAndReadsNothing(t *testing.T) {
	requests := make(chan []byte, 16)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if body, err := io.ReadAll(r.Body); err == nil {
			requests <- body
		}
	}))
	defer server.Close()
	cfg := configs.Default()
	cfg.Data.Folder, cfg.Traces.URL = t.TempDir(), server.URL
	a, err := openApp(t.Context(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), nil)
	if err != nil {
		t.Fatal(err)
	}
	sent := make(chan struct{}, 1)
	channel := connectors.Channel{ID: "platform", Kind: "test", Name: "Platform"}
	a.refit = func(p *inbox.Parts, _ *inbox.Config) {
		p.Connectors = append(p.Connectors, taker{channel, sent})
	}
	if err := a.connect(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.hub.Run(ctx) }()
	const secret, who = "chuyện riêng của tôi ở xã Hoằng Lộc", "0912345678"
	if err := a.hub.Receive(t.Context(), connectors.Raw{Channel: channel.ID, ReceivedAt: time.Now(), Body: []byte(secret)}, []connectors.Inbound{{
		Key: "k", Kind: connectors.Said, From: who, SentAt: time.Now(), Content: content.Content{Text: secret}, Language: "vi",
		Profile: connectors.Profile{Name: "Nguyễn Thị Lan"},
	}}); err != nil {
		t.Fatal(err)
	}
	<-sent
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := a.close(); err != nil { // sends what is left
		t.Fatal(err)
	}
	close(requests)
	var stages []string
	for body := range requests {
		for _, word := range []string{secret, who, "Lan", "Hoằng"} {
			if strings.Contains(string(body), word) {
				t.Errorf("the collector reads %q", word)
			}
		}
		var got collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(body, &got); err != nil {
			t.Fatal(err)
		}
		for _, span := range got.GetResourceSpans()[0].GetScopeSpans()[0].GetSpans() {
			of := inbox.MessageID(span.GetAttributes()[0].GetValue().GetStringValue())
			if id := traces.TraceID(of); id != hex.EncodeToString(span.GetTraceId()) {
				t.Errorf("%s is of trace %x, want %s", span.GetName(), span.GetTraceId(), id)
			}
			stages = append(stages, span.GetName()+" "+string(of))
		}
	}
	slices.Sort(stages)
	if len(stages) != 3 || !strings.HasPrefix(stages[0], "deliver ") || !strings.HasPrefix(stages[1], "receive ") || !strings.HasPrefix(stages[2], "turn ") {
		t.Fatalf("the collector heard of %q", stages)
	}
	if _, of, _ := strings.Cut(stages[0], " "); !strings.HasSuffix(stages[1], of) || !strings.HasSuffix(stages[2], of) {
		t.Errorf("the stages are of several messages: %q", stages)
	}
}
