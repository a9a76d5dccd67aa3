package bolt

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/store/province"
	"tongdai/inbox/store/storetest"
)

func BenchmarkReceive(b *testing.B) { storetest.BenchmarkReceive(b, openForBench) }

func BenchmarkReceiveAndTurn(b *testing.B) { storetest.BenchmarkReceiveAndTurn(b, openForBench) }

// BenchmarkLists measures what the desk asks, at ten messages a conversation and
// one conversation of ten thousand.
func BenchmarkLists(b *testing.B) {
	of := province.Province{Messages: 10, Long: 10_000}
	storetest.BenchmarkLists(b, of, func(b *testing.B, p province.Province) inbox.Store {
		s := openForBench(b)
		begun := time.Now()
		if err := p.Fill(b.Context(), s, nil); err != nil {
			b.Fatal(err)
		}
		b.Logf("%d messages were written at %.0f a second", p.Total(), float64(p.Total())/time.Since(begun).Seconds())
		return s
	})
}

func openForBench(b *testing.B) inbox.Store {
	s := open(b, filepath.Join(b.TempDir(), "hub.db"), Options{})
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

// BenchmarkVerify measures tongdai verify of a file: its pages, every record, and
// what they say of each other. At 5,000 conversations, and with TONGDAI_LONG=1 at
// 100,000.
func BenchmarkVerify(b *testing.B) {
	of := province.Province{Conversations: 5000, Messages: 10, End: time.Now(), Whole: true}
	if os.Getenv("TONGDAI_LONG") != "" {
		of.Conversations = 100_000
	}
	path := filepath.Join(b.TempDir(), "hub.db")
	s := open(b, path, Options{})
	if err := errors.Join(of.Fill(b.Context(), s, nil), s.Close()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		v, err := Verify(b.Context(), path, VerifyOptions{})
		if err != nil || !v.Sound() {
			b.Fatal(err, v)
		}
		b.SetBytes(v.Bytes)
		b.ReportMetric(float64(v.Records), "rows")
	}
}
