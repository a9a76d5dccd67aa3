package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"tongdai/connectors/content"
	"tongdai/inbox/media"
	"tongdai/inbox/store/bolt"
	"tongdai/inbox/store/province"
)

// BenchmarkKeeping is what keeps a hub's past: verify, backup, with its trial,
// restore and export, each as its command does it, in MB a second of the store's
// file and its attachments: by the clock, and of processor time. At 5,000
// conversations of ten messages, and with TONGDAI_LONG=1 at 100,000.
func BenchmarkKeeping(b *testing.B) {
	conversations := 5_000
	if long() {
		conversations = 100_000
	}
	for _, attachments := range []int{0, conversations / 10} {
		b.Run(fmt.Sprintf("%d conversations, %d attachments", conversations, attachments), func(b *testing.B) {
			dir := b.TempDir()
			config, data := filepath.Join(dir, "tongdai.yaml"), filepath.Join(dir, "data")
			if err := writeNew(config, []byte(unlimited)); err != nil {
				b.Fatal(err)
			}
			keepPast(b, settings{config: config, data: data}, conversations, attachments)
			size := float64(sizeUnder(b, data)) / 1e6
			b.Logf("%.0f MB in all", size)
			for i := 0; b.Loop(); i++ {
				to := filepath.Join(b.TempDir(), fmt.Sprint(i))
				for _, step := range [][]string{
					{"verify", "--config", config, "--data", data},
					{"backup", "--config", config, "--data", data, "--to", to + ".backup"},
					{"restore", to + ".backup", "--config", config, "--data", to + "-data"},
					{"export", "--config", config, "--data", data, "--to", to + ".zip"},
				} {
					begun, busy := time.Now(), ownTime(b)
					root := newRoot()
					root.SetArgs(step)
					var said bytes.Buffer
					root.SetOut(&said)
					root.SetErr(&said)
					if err := root.ExecuteContext(b.Context()); err != nil {
						b.Fatalf("%s: %v\n%s", step[0], err, said.String())
					}
					b.ReportMetric(size/time.Since(begun).Seconds(), step[0]+"-MB/s")
					b.ReportMetric(size/(ownTime(b)-busy).Seconds(), step[0]+"-MB/cpu-s")
				}
			}
		})
	}
}

// keepPast fills a data folder.
func keepPast(b *testing.B, s settings, conversations, attachments int) {
	cfg, err := s.load()
	if err != nil {
		b.Fatal(err)
	}
	if err := s.withHub(b.Context(), func(a *app) error { return nil }); err != nil { // which makes the folder
		b.Fatal(err)
	}
	files, err := mediaStore(cfg, media.Options{Log: silent})
	if err != nil {
		b.Fatal(err)
	}
	carried := make([]content.Attachment, attachments)
	for i := range carried {
		if carried[i], err = files.Put(b.Context(), fmt.Sprintf("giay-%d.pdf", i), aDocument(i)); err != nil {
			b.Fatal(err)
		}
	}
	of := province.Province{Conversations: conversations, Messages: loadMessages, End: time.Now(), Whole: true}
	of.File = func(i int) (content.Attachment, bool) {
		if i >= len(carried) {
			return content.Attachment{}, false
		}
		return carried[i], true
	}
	store, err := bolt.Open(filepath.Join(s.data, cfg.Store.Path), bolt.Options{})
	if err != nil {
		b.Fatal(err)
	}
	if err := of.Fill(context.Background(), store, nil); err != nil {
		b.Fatal(err)
	}
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
}

// aDocument is a PDF of 100 kB as far as anybody looks, which does not get smaller by packing.
func aDocument(i int) *bytes.Reader {
	data := make([]byte, 100_000)
	_, _ = rand.NewChaCha8([32]byte{byte(i), byte(i >> 8), byte(i >> 16)}).Read(data) // never fails
	return bytes.NewReader(append([]byte("%PDF-1.7\n"), data...))
}

func sizeUnder(b *testing.B, folder string) (size int64) {
	err := filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return size
}

// ownTime is the processor time of this process so far.
func ownTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
