package telegram_test

import (
	"net/http/httptest"
	"testing"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/telegram/telegramsim"
)

// BenchmarkUpdates is the way of an update from the simulator to the
// acknowledgement, over loopback, 64 citizens at a time.
func BenchmarkUpdates(b *testing.B) {
	sim, err := telegramsim.Start(telegramsim.Config{Token: token, PlainHooks: true, Connections: 64})
	if err != nil {
		b.Fatal(err)
	}
	defer sim.Close()
	conn := onlyReading(b)
	hook := httptest.NewServer(conn.Handler(connectortest.Forgetful{}))
	defer hook.Close()
	if err := sim.SetWebhook(hook.URL, secret); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	report, err := sim.Load(b.Context(), telegramsim.Load{Senders: 64, Each: max(b.N/64, 1)})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(report.Acked)/report.Took.Seconds(), "updates/s")
}

// BenchmarkParse is the reading of one update.
func BenchmarkParse(b *testing.B) {
	conn := onlyReading(b)
	raw := connectors.Raw{Body: connectortest.ReadFile(b, "testdata/updates/text.json")}
	for b.Loop() {
		if in, err := conn.Parse(b.Context(), raw); err != nil || len(in) != 1 {
			b.Fatal(in, err)
		}
	}
}
