package zalo_test

import (
	"net/http/httptest"
	"testing"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/zalo/zalosim"
)

// BenchmarkSignedEvents is the way of an event from the simulator's signature to
// the acknowledgement, over loopback, 64 citizens at a time.
func BenchmarkSignedEvents(b *testing.B) {
	sim, err := zalosim.Start(zalosim.Config{AppID: appID, AppSecret: appSecret, OASecret: oaSecret, OAs: []zalosim.OA{{ID: oaID}}})
	if err != nil {
		b.Fatal(err)
	}
	defer sim.Close()
	conn := onlyReading(b)
	hook := httptest.NewServer(conn.Handler(connectortest.Forgetful{}))
	defer hook.Close()
	sim.SetWebhook(hook.URL)
	b.ResetTimer()
	report, err := sim.Load(b.Context(), zalosim.Load{Senders: 64, Each: max(b.N/64, 1)})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(report.Acked)/report.Took.Seconds(), "events/s")
	b.ReportMetric(float64(report.Quantile(0.99).Microseconds())/1000, "p99-ms")
}

// BenchmarkParse is the reading of one event.
func BenchmarkParse(b *testing.B) {
	conn := onlyReading(b)
	raw := connectors.Raw{Body: []byte(vectorBody)}
	for b.Loop() {
		if in, err := conn.Parse(b.Context(), raw); err != nil || len(in) != 1 {
			b.Fatal(in, err)
		}
	}
}
