package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox/journal"
)

func opened(t *testing.T, folder string, options journal.Options) *journal.Journal {
	t.Helper()
	j, err := journal.Open(folder, options)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func keep(t *testing.T, j *journal.Journal, n int) { keepFrom(t, j, n, "") }

func keepFrom(t *testing.T, j *journal.Journal, n int, page string) {
	t.Helper()
	raw := connectors.Raw{Channel: "zalo", ReceivedAt: time.Now(), Type: "application/json", Body: fmt.Appendf(nil, `{"n":%d}`, n)}
	in := []connectors.Inbound{{Key: fmt.Sprint(n), Kind: connectors.Said, From: "u1", Content: content.Content{Text: "hố ga mất nắp"}, Page: page}}
	if err := j.Keep(t.Context(), raw, in); err != nil {
		t.Errorf("Keep: %v", err)
	}
}

// keys are the records of a folder, and what was told of damage.
func keys(t *testing.T, folder string, since time.Time) (found []string, damaged int) {
	t.Helper()
	for r, err := range journal.Read(folder, since) {
		if errors.Is(err, journal.ErrDamaged) {
			damaged++
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, r.In[0].Key)
		if want := fmt.Sprintf(`{"n":%s}`, r.In[0].Key); string(r.Raw.Body) != want || r.In[0].Content.Text != "hố ga mất nắp" {
			t.Errorf("record %s is %q, %q", r.In[0].Key, r.Raw.Body, r.In[0].Content.Text)
		}
	}
	return found, damaged
}

func TestWhatWasKeptIsReadBackAcrossStarts(t *testing.T) {
	folder := t.TempDir()
	for start := range 3 {
		j := opened(t, folder, journal.Options{})
		var all sync.WaitGroup
		for n := range 100 {
			all.Go(func() { keep(t, j, start*100+n) })
		}
		all.Wait()
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if err := j.Keep(t.Context(), connectors.Raw{}, nil); !errors.Is(err, journal.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
	found, damaged := keys(t, folder, time.Time{})
	seen := map[string]bool{}
	for _, key := range found {
		seen[key] = true
	}
	if len(found) != 300 || len(seen) != 300 || damaged != 0 {
		t.Errorf("%d records, %d different, %d damaged", len(found), len(seen), damaged)
	}
	if found, _ := keys(t, folder, time.Now().Add(time.Minute)); len(found) != 0 {
		t.Errorf("%d records of the future", len(found))
	}
}

func TestWhatACrashCutOffIsNoDamageAndAFlippedBitIs(t *testing.T) {
	folder := t.TempDir()
	j := opened(t, folder, journal.Options{})
	for n := range 10 {
		keep(t, j, n)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(names) != 1 {
		t.Fatalf("%v, %v", names, err)
	}
	whole, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	put := func(b []byte) {
		if err := os.WriteFile(names[0], b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for cut := len(whole) - 1; cut > len(whole)-40; cut-- {
		put(whole[:cut])
		if found, damaged := keys(t, folder, time.Time{}); len(found) != 9 || damaged != 0 {
			t.Fatalf("cut at %d of %d: %d records, %d damaged", cut, len(whole), len(found), damaged)
		}
	}
	later := opened(t, folder, journal.Options{}) // what follows in another file is found all the same
	keep(t, later, 10)
	if err := later.Close(); err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(whole); at += 7 {
		flipped := bytes.Clone(whole)
		flipped[at] ^= 0x40
		put(flipped)
		found, damaged := keys(t, folder, time.Time{})
		if damaged != 1 || len(found) == 11 || found[len(found)-1] != "10" {
			t.Fatalf("byte %d flipped: %v, %d damaged", at, found, damaged)
		}
	}
}

// A power cut leaves zeros where the file had grown and nothing was flushed yet: of
// the last record, of sectors of it, or of further ones that nobody can read.
func TestWhatAPowerCutLeftBlankIsNoDamageAndBlankPagesBeforeRecordsAre(t *testing.T) {
	folder := t.TempDir()
	j := opened(t, folder, journal.Options{})
	var starts []int64
	var path string
	for n := range 10 {
		page := ""
		if n == 9 {
			page = strings.Repeat("x", 3000) // over several sectors
		}
		keepFrom(t, j, n, page)
		names, err := filepath.Glob(filepath.Join(folder, "*"))
		if err != nil || len(names) != 1 {
			t.Fatalf("%v, %v", names, err)
		}
		path = names[0]
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		starts = append(starts, info.Size())
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	last, size := int(starts[8]), len(whole)
	for _, tt := range []struct {
		name             string
		from, to, longer int
		records, damaged int
	}{
		{"the last record is blank", last, size, 0, 9, 0},
		{"the last record and much behind it", last, size, 70_000, 9, 0},
		{"blank behind the last record", size, size, 5000, 10, 0},
		{"a sector in the middle of the last record, and all behind it", (last + 511) / 512 * 512, size, 9000, 9, 0},
		{"a record before others", int(starts[4]), int(starts[5]), 0, 5, 1},
		{"a record before others, and blank behind those", int(starts[4]), int(starts[5]), 9000, 5, 1},
		{"a letter of the last record, and blank behind it", size - 30, size - 29, 9000, 9, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			left := append(bytes.Clone(whole), make([]byte, tt.longer)...)
			clear(left[tt.from:tt.to])
			if err := os.WriteFile(path, left, 0o600); err != nil {
				t.Fatal(err)
			}
			if found, damaged := keys(t, folder, time.Time{}); len(found) != tt.records || damaged != tt.damaged {
				t.Errorf("%d records, %d damaged, want %d and %d", len(found), damaged, tt.records, tt.damaged)
			}
		})
	}
}

func TestOldFilesAreForgotten(t *testing.T) {
	folder, now := t.TempDir(), time.Now()
	clock := func() time.Time { return now }
	for day := range 4 {
		j := opened(t, folder, journal.Options{Keep: 48 * time.Hour, Now: clock})
		keep(t, j, day)
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		names, err := filepath.Glob(filepath.Join(folder, "*"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(names[len(names)-1], now, now); err != nil {
			t.Fatal(err)
		}
		now = now.Add(24*time.Hour + time.Second)
	}
	if found, _ := keys(t, folder, time.Time{}); fmt.Sprint(found) != "[2 3]" {
		t.Errorf("left are %v, want those of the last two days", found)
	}
}
