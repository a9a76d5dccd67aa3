package search_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/search"
	"tongdai/inbox/search/searchtest"
	"tongdai/inbox/store/bolt"
)

func TestIndex(t *testing.T) {
	searchtest.Run(t, searchtest.Harness{Open: func(t *testing.T) (inbox.Store, inbox.MessageIndex) {
		folder := t.TempDir()
		store, err := bolt.Open(filepath.Join(folder, "hub.db"), bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		index, err := search.Open(filepath.Join(folder, "messages"))
		if err != nil {
			t.Fatal(err)
		}
		return store, index
	}})
}

// Without room an index cannot be begun anew, however often that is tried; with room it can.
func TestAnIndexThatCouldNotBeBegunAnewIsBegunLater(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "disk")
	path := filepath.Join(folder, "messages")
	index, err := search.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.RemoveAll(folder), os.WriteFile(folder, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for try := range 3 {
		if err := index.Reset(t.Context()); err == nil {
			t.Fatalf("try %d: an index was begun where there is no place for one", try+1)
		}
		if _, err := index.State(t.Context()); err == nil {
			t.Errorf("try %d: there is no index, and it says how far it is", try+1)
		}
	}
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
	if err := index.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s, err := index.State(t.Context()); err != nil || s != (inbox.IndexState{}) {
		t.Errorf("begun anew it is at %+v, %v", s, err)
	}
	if err := errors.Join(index.Close(), index.Close()); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

// What cannot be read is thrown away, and says that it holds nothing.
func TestAnIndexThatIsDamagedIsMadeAnew(t *testing.T) {
	for _, tt := range []struct {
		name   string
		damage func(folder string) error
	}{
		{"its folder is gone", os.RemoveAll},
		{"its description is cut short", func(folder string) error {
			return os.Truncate(filepath.Join(folder, "index_meta.json"), 3)
		}},
		{"its description is gone", func(folder string) error { return os.Remove(filepath.Join(folder, "index_meta.json")) }},
		{"its root is overwritten", func(folder string) error {
			return os.WriteFile(filepath.Join(folder, "store", "root.bolt"), bytes.Repeat([]byte("x"), 70_000), 0o600)
		}},
		{"its segments are gone", func(folder string) error {
			segments, err := filepath.Glob(filepath.Join(folder, "store", "*.zap"))
			for _, s := range segments {
				err = errors.Join(err, os.Remove(s))
			}
			return err
		}},
		{"its segments are cut short", func(folder string) error {
			segments, err := filepath.Glob(filepath.Join(folder, "store", "*.zap"))
			for _, s := range segments {
				err = errors.Join(err, os.Truncate(s, 5))
			}
			return err
		}},
		{"a file stands in its place", func(folder string) error {
			return errors.Join(os.RemoveAll(folder), os.WriteFile(folder, []byte("?"), 0o600))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "messages")
			fill(t, folder)
			if err := tt.damage(folder); err != nil {
				t.Fatal(err)
			}
			ix, err := search.Open(folder)
			if err != nil {
				t.Fatal(err)
			}
			defer ix.Close()
			if s, err := ix.State(t.Context()); err != nil || s != (inbox.IndexState{}) {
				t.Errorf("State = %+v, %v, want that it holds nothing", s, err)
			}
			if err := ix.Put(t.Context(), inbox.IndexState{}, inbox.IndexState{Seq: 1}, nil); err != nil {
				t.Errorf("Put = %v", err)
			}
		})
	}
}

func TestAnIndexOutlivesItsProcess(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "messages")
	state := fill(t, folder)
	ix, err := search.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	if s, err := ix.State(t.Context()); err != nil || s != state {
		t.Errorf("State = %+v, %v, want %+v", s, err, state)
	}
	hits, err := ix.Newest(t.Context(), inbox.IndexQuery{Everywhere: true, Groups: [][]inbox.Term{{{Text: "tiem"}}}, Limit: 10})
	if err != nil || len(hits) != 1 || hits[0].Message != "m" || hits[0].At.UnixMilli() != 1_795_000_000_123 {
		t.Errorf("Newest = %+v, %v", hits, err)
	}
}

// fill leaves an index with one message in the folder.
func fill(t *testing.T, folder string) inbox.IndexState {
	t.Helper()
	ix, err := search.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	state := inbox.IndexState{Seq: 7, Complete: true}
	if err := ix.Put(t.Context(), inbox.IndexState{}, state, []inbox.Indexed{{
		Conversation: "c", Stamp: "s", Whole: true,
		Documents: []inbox.Document{{}, {Message: "m", At: time.UnixMilli(1_795_000_000_123), Terms: []string{"tiem", "=tiêm"}}},
	}}); err != nil {
		t.Fatal(err)
	}
	if err := ix.Close(); err != nil {
		t.Fatal(err)
	}
	return state
}
