package media_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tongdai/inbox/media"
)

func TestASharedFolderThatIsNotMounted(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "share")
	if _, err := media.OpenShared(dir, media.Options{}); err == nil || !strings.Contains(err.Error(), "mount") {
		t.Errorf("OpenShared = %v, want to be told to mount it", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("it was made on this node")
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	store, err := media.OpenShared(dir, media.Options{Log: silent})
	if err != nil {
		t.Fatal(err)
	}
	a := put(t, store, "a.txt", []byte("một"))

	away := dir + ".away"
	if err := os.Rename(dir, away); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil { // the empty mount point
		t.Fatal(err)
	}
	if _, err := store.Put(t.Context(), "b.txt", strings.NewReader("hai")); !errors.Is(err, media.ErrUnavailable) {
		t.Errorf("Put = %v, want unavailable", err)
	}
	if _, _, err := store.Open(t.Context(), a.ID); !errors.Is(err, media.ErrUnavailable) {
		t.Errorf("Open = %v, want unavailable, for the file is not lost", err)
	}
	recorder := httptest.NewRecorder()
	store.Serve(recorder, httptest.NewRequest("GET", "/", nil), a)
	if recorder.Code != http.StatusServiceUnavailable {
		t.Errorf("a download is answered %d", recorder.Code)
	}
	if err := store.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "mount") {
		t.Errorf("Check = %v", err)
	}
	if err := errors.Join(os.Remove(dir), os.Rename(away, dir)); err != nil {
		t.Fatal(err)
	}
	if !opens(t, store, a, []byte("một")) {
		t.Error("the share is back, the file is not")
	}
}

func TestAFileThatADeadSweepTookAside(t *testing.T) {
	for _, used := range []bool{true, false} {
		store, dir := open(t, media.Options{Log: silent})
		a := put(t, store, "a.txt", []byte("một"))
		aside := filepath.Join(dir, "sweeping", a.ID+".MARK")
		old := time.Now().Add(-dayAndHour)
		if err := errors.Join(os.Rename(filepath.Join(dir, a.ID[:2], a.ID), aside), os.Chtimes(aside, old, old)); err != nil {
			t.Fatal(err)
		}
		if !opens(t, store, a, []byte("một")) {
			t.Error("it cannot be read while it is judged")
		}
		files, _, err := store.Sweep(t.Context(), 24*time.Hour, func(context.Context, string) (bool, error) { return used, nil })
		if err != nil || (files == 1) == used {
			t.Errorf("in use %v: Sweep = %d, %v", used, files, err)
		}
		_, _, err = store.Open(t.Context(), a.ID)
		if used && err != nil || !used && !errors.Is(err, media.ErrNotFound) {
			t.Errorf("in use %v: Open = %v", used, err)
		}
		if _, err := os.Stat(aside); err == nil {
			t.Errorf("in use %v: it is still aside", used)
		}
		files, _, err = store.Sweep(t.Context(), 24*time.Hour, func(context.Context, string) (bool, error) { return false, nil })
		if files > 0 || err != nil {
			t.Errorf("what got its name back counts as old: Sweep = %d, %v", files, err)
		}
	}
}
