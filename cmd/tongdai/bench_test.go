package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"tongdai/configs"
	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
)

// BenchmarkMessage is one message from its arrival to the bot's committed
// answer, many at a time, without HTTP: the hub's own work.
func BenchmarkMessage(b *testing.B) {
	dir := b.TempDir()
	config := filepath.Join(dir, "tongdai.yaml")
	if err := writeNew(config, []byte(unlimited)); err != nil {
		b.Fatal(err)
	}
	if err := fillKnowledge(b.Context(), config, dir, 300); err != nil {
		b.Fatal(err)
	}
	cfg := configs.Default()
	cfg.Data.Folder, cfg.Bot.Workers = dir, 64
	a, err := openApp(b.Context(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), nil)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- a.hub.Run(ctx) }()

	var n atomic.Int64
	b.SetParallelism(32)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			visitor := connectors.RemoteID(fmt.Sprintf("v%d", i/3))
			said := connectors.Inbound{
				Key: fmt.Sprintf("%s:%d", visitor, i), Kind: connectors.Said, From: visitor, SentAt: time.Now(),
				Content: content.Content{Text: loadQuestion(int(i))}, Language: "vi",
			}
			raw := connectors.Raw{Channel: "web", ReceivedAt: said.SentAt, Body: []byte(said.Content.Text)}
			if err := a.hub.Receive(ctx, raw, []connectors.Inbound{said}); err != nil {
				b.Error(err)
			}
		}
	})
	for tick := time.NewTicker(time.Millisecond); ; <-tick.C { // until the backlog is drained
		due, err := a.store.NextDue(ctx, inbox.Turns)
		if err != nil {
			b.Fatal(err)
		}
		if due.IsZero() {
			break
		}
	}
	b.StopTimer()
	cancel()
	if err := <-stopped; err != nil {
		b.Error(err)
	}
	if err := a.close(); err != nil {
		b.Error(err)
	}
}
