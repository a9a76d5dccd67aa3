// Package traces tells a collector that speaks OTLP over HTTP what every message
// went through: one trace for what a citizen said, with a span for each stage,
// whichever node it ran on and however long it took.
//
// The trace is named after the message: its id is a digest of the message's, so
// that nodes need not tell each other, nothing is kept in the store, and who has
// the one finds the other. Spans hold ids, the channel and outcomes; what was said,
// and by whom, never.
package traces

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/url"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"tongdai/inbox"
)

// Options say where traces go.
type Options struct {
	URL     string  // of the collector; without a path: /v1/traces
	Token   string  // bearer token; empty: none
	Ratio   float64 // of the messages that are traced, above 0 to 1; every node picks the same
	Node    string
	Version string // of the program
	Log     *slog.Logger
}

// Traces sends spans, some at a time and in the background. A collector that
// does not answer holds nobody up: what it does not take in time is left out.
type Traces struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

var _ inbox.Tracer = (*Traces)(nil)

// exportTime bounds one call of the collector.
const exportTime = 10 * time.Second

// New begins to send.
func New(ctx context.Context, o Options) (*Traces, error) {
	address, err := url.Parse(o.URL)
	if err != nil {
		return nil, fmt.Errorf("traces.url: %w", err)
	}
	if address.Path == "" || address.Path == "/" {
		address.Path = "/v1/traces"
	}
	options := []otlptracehttp.Option{otlptracehttp.WithEndpointURL(address.String()), otlptracehttp.WithTimeout(exportTime)}
	if o.Token != "" {
		options = append(options, otlptracehttp.WithHeaders(map[string]string{"Authorization": "Bearer " + o.Token}))
	}
	exporter, err := otlptracehttp.New(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	otel.SetErrorHandler(&rarely{log: o.Log})
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(exporter), sdk.WithIDGenerator(named{}), sdk.WithSampler(sdk.TraceIDRatioBased(o.Ratio)),
		sdk.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "tongdai"), attribute.String("service.version", o.Version), attribute.String("service.instance.id", o.Node),
		)),
	)
	return &Traces{provider: provider, tracer: provider.Tracer("tongdai/inbox")}, nil
}

// Close sends what is left, as long as ctx allows.
func (t *Traces) Close(ctx context.Context) error { return t.provider.Shutdown(ctx) }

// Trace makes a span of a stage. That of receiving is the root of its trace.
func (t *Traces) Trace(s inbox.Stage) {
	names := namesOf(s.Of)
	ctx := context.WithValue(context.Background(), namesKey{}, names)
	if s.Name != inbox.StageReceive {
		ctx = trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: names.trace, SpanID: names.root, TraceFlags: trace.FlagsSampled, Remote: true,
		}))
	}
	attributes := []attribute.KeyValue{
		attribute.String("tongdai.message", string(s.Of)), attribute.String("tongdai.channel", string(s.Channel)),
	}
	if s.Outcome != "" {
		attributes = append(attributes, attribute.String("tongdai.outcome", s.Outcome))
	}
	if s.Sent != "" {
		attributes = append(attributes, attribute.String("tongdai.sent", string(s.Sent)))
	}
	_, span := t.tracer.Start(ctx, string(s.Name), trace.WithTimestamp(s.Begun), trace.WithAttributes(attributes...), trace.WithSpanKind(kinds[s.Name]))
	if s.Failed {
		span.SetStatus(codes.Error, s.Outcome)
	}
	span.End(trace.WithTimestamp(s.Ended))
}

var kinds = map[inbox.StageName]trace.SpanKind{
	inbox.StageReceive: trace.SpanKindServer, inbox.StageTurn: trace.SpanKindInternal, inbox.StageDeliver: trace.SpanKindClient,
}

// names are what the trace of a message and its first span are called.
type names struct {
	trace trace.TraceID
	root  trace.SpanID
}

type namesKey struct{}

func namesOf(message inbox.MessageID) (n names) {
	sum := sha256.Sum256([]byte("trace of " + string(message)))
	copy(n.trace[:], sum[:16])
	copy(n.root[:], sum[16:24])
	return n
}

// TraceID is the id of a message's trace, as collectors show it.
func TraceID(message inbox.MessageID) string { return namesOf(message).trace.String() }

// named gives traces and first spans the names that are in their context.
type named struct{}

func (named) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	n, _ := ctx.Value(namesKey{}).(names)
	return n.trace, n.root
}

var spans atomic.Uint64

// NewSpanID names a further span of a trace, apart from those of other nodes.
func (named) NewSpanID(_ context.Context, of trace.TraceID) (id trace.SpanID) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %d", of, time.Now().UnixNano(), spans.Add(1)))
	copy(id[:], sum[:])
	return id
}

// rarely logs what goes wrong with the collector once in a while: it is tried
// every few seconds.
type rarely struct {
	log  *slog.Logger
	last atomic.Int64
}

const again = 10 * time.Minute

func (r *rarely) Handle(err error) {
	now, last := time.Now(), r.last.Load()
	if now.Sub(time.Unix(0, last)) < again || !r.last.CompareAndSwap(last, now.UnixNano()) {
		return
	}
	r.log.Warn("traces could not be sent", "err", err)
}
