package media_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http/httptest"
	"testing"

	"tongdai/inbox/media"
)

// BenchmarkStores keeps and reads back a picture's worth of text, never twice
// the same: in a folder of this disk, and in a bucket that an S3 server in this
// process keeps in memory.
func BenchmarkStores(b *testing.B) {
	folder, err := media.Open(b.TempDir(), media.Options{Log: silent})
	if err != nil {
		b.Fatal(err)
	}
	server := startS3(b, httptest.NewServer)
	bucket := openBucket(b, server.bucket(b), media.Options{Log: silent})
	data, turn := text(300_000), 0
	for _, where := range []struct {
		name  string
		store *media.Store
	}{{"folder", folder}, {"bucket", bucket}} {
		var id string
		b.Run(where.name+"/put", func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				turn++
				copy(data, fmt.Sprintf("%020d", turn))
				a, err := where.store.Put(b.Context(), "a.txt", bytes.NewReader(data))
				if err != nil {
					b.Fatal(err)
				}
				id = a.ID
			}
		})
		b.Run(where.name+"/read", func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				file, _, err := where.store.Open(b.Context(), id)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, file); err != nil {
					b.Fatal(err)
				}
				file.Close()
			}
		})
	}
}
