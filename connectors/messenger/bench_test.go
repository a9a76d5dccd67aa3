package messenger_test

import (
	"net/http/httptest"
	"testing"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/messenger/messengersim"
)

// BenchmarkSignedBatches is the way of an event from the simulator's signature
// to the acknowledgement, over loopback, 256 citizens at a time, fifty events a
// request at most.
func BenchmarkSignedBatches(b *testing.B) {
	sim, err := messengersim.Start(messengersim.Config{
		AppID: appID, AppSecret: appSecret, Batch: 50, Pages: []messengersim.Page{{ID: pageID}},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer sim.Close()
	hook := httptest.NewServer(onlyReading(b).Handler(connectortest.Forgetful{}))
	defer hook.Close()
	sim.SetWebhook(hook.URL)
	b.ResetTimer()
	report, err := sim.Load(b.Context(), messengersim.Load{Senders: 256, Each: max(b.N/256, 1)})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(report.Acked)/report.Took.Seconds(), "events/s")
	b.ReportMetric(float64(report.Quantile(0.99).Microseconds())/1000, "p99-ms")
}

// BenchmarkParse is the reading of one event, signature aside.
func BenchmarkParse(b *testing.B) {
	conn := onlyReading(b)
	raw := connectors.Raw{Body: []byte(vectorBody)}
	for b.Loop() {
		if in, err := conn.Parse(b.Context(), raw); err != nil || len(in) != 1 {
			b.Fatal(in, err)
		}
	}
}

// BenchmarkBatchOfFifty is a request with fifty events, signature included.
func BenchmarkBatchOfFifty(b *testing.B) {
	things := make([]connectortest.Thing, 50)
	for i := range things {
		things[i] = connectortest.Thing{ID: "m_" + string(rune('A'+i)), From: "24680135791113", Text: "Hố ga mất nắp, xe máy ngã mấy lần rồi"}
	}
	body := report(things...)
	handler := onlyReading(b).Handler(connectortest.Forgetful{})
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if answer := connectortest.Serve(handler, signed(body, appSecret)); answer.Code != 200 {
			b.Fatal(answer.Code)
		}
	}
}
