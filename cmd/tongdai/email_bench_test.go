package main

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"tongdai/connectors/email/dovecottest"
	"tongdai/connectors/email/emailsim"
	"tongdai/inbox"
)

// BenchmarkFetchedLetter is one letter of many that wait on a real mail server, from its
// mailbox until it is a matter, its original kept and its bookmark moved, while the bot
// answers those before. Run it with as many letters as are to wait: -benchtime 2000x.
func BenchmarkFetchedLetter(b *testing.B) {
	d := dovecottest.Start(b)
	sim, err := emailsim.Start(emailsim.Config{Address: dovecottest.User})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = sim.Close() })
	dir := b.TempDir()
	config := filepath.Join(dir, "tongdai.yaml")
	if err := writeNew(config, []byte(fetchingConfig(d, sim))); err != nil {
		b.Fatal(err)
	}
	if err := fillKnowledge(b.Context(), config, dir, 300); err != nil {
		b.Fatal(err)
	}
	d.Deliver(b, time.Now(), lettersFrom(0, b.N)...)
	s := &settings{config: config, data: dir}
	cfg, err := s.load()
	if err != nil {
		b.Fatal(err)
	}
	a, err := openApp(b.Context(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), nil)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	stopped := make(chan error, 1)
	before := processorTime()
	b.ResetTimer()
	go func() { stopped <- a.hub.Run(ctx) }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for came := 0; came < b.N; <-tick.C {
		err := a.store.View(ctx, func(tx inbox.Reader) (err error) {
			came, err = tx.CountConversations([]inbox.ListID{inbox.AllList}, b.N)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64((processorTime()-before).Microseconds())/1000/float64(b.N), "cpu-ms/op")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "letters/s")
	cancel()
	if err := <-stopped; err != nil {
		b.Error(err)
	}
	if err := a.close(); err != nil {
		b.Error(err)
	}
}

// processorTime is what this process has used.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
