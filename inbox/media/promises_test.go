package media_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/connectors/content"
	"tongdai/inbox/media"
)

// place is where several nodes keep attachments.
type place struct {
	node   func(t *testing.T) *media.Store // one more node
	kept   func(t *testing.T) []string     // names of all there is, half-written things included
	age    func(t *testing.T, id string)   // a day and an hour pass for that file
	damage func(t *testing.T, id string, data []byte)
	// during runs put while a sweep waits, up to the moment when the file has
	// arrived but its sender may not have been told.
	during func(id string, put func())
}

const dayAndHour = 25 * time.Hour

var silent = slog.New(slog.DiscardHandler)

func folderPlace(t *testing.T) place {
	dir := filepath.Join(t.TempDir(), "attachments")
	path := func(id string) string { return filepath.Join(dir, id[:2], id) }
	return place{
		node: func(t *testing.T) *media.Store {
			store, err := media.Open(dir, media.Options{Log: silent})
			if err != nil {
				t.Fatal(err)
			}
			return store
		},
		kept: func(t *testing.T) []string { return files(t, dir) },
		age: func(t *testing.T, id string) {
			at := time.Now().Add(-dayAndHour)
			if err := os.Chtimes(path(id), at, at); err != nil {
				t.Fatal(err)
			}
		},
		damage: func(t *testing.T, id string, data []byte) {
			if err := os.WriteFile(path(id), data, 0o600); err != nil {
				t.Fatal(err)
			}
		},
		during: func(_ string, put func()) { put() },
	}
}

func bucketPlace(t *testing.T) place {
	server := startS3(t, httptest.NewServer)
	key := func(id string) string { return "th/tep/" + id }
	return place{
		node: func(t *testing.T) *media.Store { return openBucket(t, server.bucket(t), media.Options{Log: silent}) },
		kept: server.keys,
		age: func(t *testing.T, id string) {
			server.write(t, key(id), server.read(t, key(id)), dayAndHour)
		},
		damage: func(t *testing.T, id string, data []byte) { server.write(t, key(id), data, 0) },
		during: func(id string, put func()) {
			arrived := server.served("PUT", key(id))
			go put()
			server.waitFor(arrived+1, "PUT", key(id))
		},
	}
}

func openBucket(t testing.TB, bucket media.Bucket, options media.Options) *media.Store {
	t.Helper()
	store, err := media.OpenBucket(bucket, options)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// TestPromises holds every place to the same promises.
func TestPromises(t *testing.T) {
	promises := []struct {
		name string
		hold func(t *testing.T, p place)
	}{
		{"the place can be tried and nothing is left of it", trial},
		{"what one node keeps another gives back", givenBack},
		{"the same file sent to two nodes at once is kept once", keptOnce},
		{"an upload that is cut leaves nothing", cutUpload},
		{"any part of a large file can be asked for", parts},
		{"a file that was damaged is not given whole", damaged},
		{"only old files that nobody mentions are swept", sweptAway},
		{"what cannot be asked about stays", unanswered},
		{"a file sent again while it is swept stays", sentAgain},
		{"two nodes may sweep while two keep", sweptAtOnce},
	}
	places := []struct {
		name string
		make func(t *testing.T) place
	}{{"folder", folderPlace}, {"bucket", bucketPlace}}
	for _, where := range places {
		t.Run(where.name, func(t *testing.T) {
			for _, promise := range promises {
				t.Run(promise.name, func(t *testing.T) { promise.hold(t, where.make(t)) })
			}
		})
	}
}

func trial(t *testing.T, p place) {
	if err := p.node(t).Check(t.Context()); err != nil {
		t.Errorf("Check = %v", err)
	}
	if left := p.kept(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// sizes of files, about the borders at which they are read and sent in parts.
var sizes = []int{1, 1000, 64<<10 - 1, 64 << 10, 64<<10 + 1, 3<<20 + 7, 16<<20 + 1}

func text(size int) []byte {
	line := "Tong dai 1022 xin nghe.\n"
	return []byte(strings.Repeat(line, size/len(line)+1)[:size])
}

func givenBack(t *testing.T, p place) {
	here, there := p.node(t), p.node(t)
	for _, size := range sizes {
		data := text(size)
		a := put(t, here, "a.txt", data)
		file, info, err := there.Open(t.Context(), a.ID)
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		got, err := io.ReadAll(file)
		if err != nil || !bytes.Equal(got, data) || info.Size != int64(size) || time.Since(info.Kept).Abs() > time.Minute {
			t.Errorf("%d bytes come back as %d, %+v, %v", size, len(got), info, err)
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
	document := put(t, here, "a.docx", zipped(t, "[Content_Types].xml", "word/document.xml"))
	if _, info, err := there.Open(t.Context(), document.ID); err != nil || info.Type != document.Type {
		t.Errorf("a document is given back as %+v, %v", info, err)
	}
	if _, _, err := there.Open(t.Context(), strings.Repeat("0", 64)); !errors.Is(err, media.ErrNotFound) {
		t.Errorf("what nobody sent = %v, want not found", err)
	}
}

func keptOnce(t *testing.T, p place) {
	nodes := []*media.Store{p.node(t), p.node(t)}
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			if _, err := nodes[i%2].Put(t.Context(), "a.txt", bytes.NewReader(text(100_000))); err != nil {
				t.Errorf("Put = %v", err)
			}
		})
	}
	group.Wait()
	if kept := p.kept(t); len(kept) != 1 {
		t.Errorf("kept %v", kept)
	}
}

func cutUpload(t *testing.T, p place) {
	lost := errors.New("connection lost")
	_, err := p.node(t).Put(t.Context(), "a.txt", io.MultiReader(bytes.NewReader(text(100_000)), &failing{lost}))
	if !errors.Is(err, lost) || errors.Is(err, media.ErrUnavailable) {
		t.Errorf("Put = %v, want the sender's error", err)
	}
	gone, leave := context.WithCancel(t.Context())
	_, err = p.node(t).Put(gone, "a.txt", io.MultiReader(bytes.NewReader(text(100_000)), &leaving{leave}))
	if !errors.Is(err, context.Canceled) || errors.Is(err, media.ErrUnavailable) {
		t.Errorf("Put = %v, want cancelled", err)
	}
	if left := p.kept(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// leaving is a sender who goes away after the last byte.
type leaving struct{ leave func() }

func (l *leaving) Read([]byte) (int, error) { l.leave(); return 0, nil }

func parts(t *testing.T, p place) {
	data := text(3<<20 + 7)
	a := put(t, p.node(t), "a.txt", data)
	store := p.node(t)
	for asked, want := range map[string][]byte{
		"":                       data,
		"bytes=0-3":              data[:4],
		"bytes=65530-65545":      data[65530:65546],
		"bytes=2000000-2000009":  data[2000000:2000010],
		"bytes=1000000-":         data[1000000:],
		"bytes=-5":               data[len(data)-5:],
		"bytes=0-":               data,
		"bytes=3145734-99999999": data[3145734:],
	} {
		request := httptest.NewRequest("GET", "/", nil)
		status := http.StatusOK
		if asked != "" {
			request.Header.Set("Range", asked)
			status = http.StatusPartialContent
		}
		recorder := httptest.NewRecorder()
		store.Serve(recorder, request, a)
		if recorder.Code != status || !bytes.Equal(recorder.Body.Bytes(), want) {
			t.Errorf("%q gives %d, %d bytes, want %d", asked, recorder.Code, recorder.Body.Len(), len(want))
		}
	}
}

func damaged(t *testing.T, p place) {
	store := p.node(t)
	for _, size := range []int{1000, 3 << 20} {
		data := text(size)
		a := put(t, store, "a.txt", data)
		other := bytes.Clone(data)
		other[size/2] ^= 1
		p.damage(t, a.ID, other)

		file, _, err := store.Open(t.Context(), a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(file); !errors.Is(err, media.ErrCorrupt) || len(got) == size {
			t.Errorf("read %d of %d bytes, %v; want corrupt", len(got), size, err)
		}
		site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { store.Serve(w, r, a) }))
		response, err := http.Get(site.URL)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(response.Body); err == nil {
			t.Errorf("a browser takes %d of %d damaged bytes for whole", len(got), size)
		}
		response.Body.Close()
		site.Close()
		if put(t, store, "a.txt", data); !opens(t, store, a, data) {
			t.Errorf("sending it again does not mend it")
		}
	}
}

func opens(t *testing.T, store *media.Store, a content.Attachment, data []byte) bool {
	t.Helper()
	file, _, err := store.Open(t.Context(), a.ID)
	if err != nil {
		t.Errorf("Open = %v", err)
		return false
	}
	defer file.Close()
	got, err := io.ReadAll(file)
	return err == nil && bytes.Equal(got, data)
}

func sweptAway(t *testing.T, p place) {
	store := p.node(t)
	used, orphan, young := put(t, store, "a.txt", []byte("một")), put(t, store, "b.txt", []byte("hai")), put(t, store, "c.txt", []byte("ba"))
	p.age(t, used.ID)
	p.age(t, orphan.ID)
	removed, size, err := p.node(t).Sweep(t.Context(), 24*time.Hour, func(_ context.Context, id string) (bool, error) { return id == used.ID, nil })
	if err != nil || removed != 1 || size != int64(len("hai")) {
		t.Errorf("Sweep = %d files, %d bytes, %v", removed, size, err)
	}
	if !opens(t, store, used, []byte("một")) || !opens(t, store, young, []byte("ba")) {
		t.Error("a file in use or young is gone")
	}
	if kept := p.kept(t); len(kept) != 2 {
		t.Errorf("kept %v", kept)
	}
}

func unanswered(t *testing.T, p place) {
	asked := errors.New("store closed")
	for failsAt := 1; failsAt <= 2; failsAt++ {
		store := p.node(t)
		a := put(t, store, "a.txt", []byte("một"))
		p.age(t, a.ID)
		asking := 0
		_, _, err := store.Sweep(t.Context(), 24*time.Hour, func(context.Context, string) (bool, error) {
			if asking++; asking == failsAt {
				return false, asked
			}
			return false, nil
		})
		if !errors.Is(err, asked) || !opens(t, store, a, []byte("một")) || len(p.kept(t)) != 1 {
			t.Errorf("question %d fails: Sweep = %v, kept %v", failsAt, err, p.kept(t))
		}
	}
}

// sentAgain sends the file at each moment at which a sweep asks about it; the
// second is the last before it removes.
func sentAgain(t *testing.T, p place) {
	for moment := 1; moment <= 2; moment++ {
		here, there := p.node(t), p.node(t)
		data := []byte("một lần nữa")
		a := put(t, here, "a.txt", data)
		p.age(t, a.ID)
		asking, told := 0, make(chan error, 1)
		_, _, err := here.Sweep(t.Context(), 24*time.Hour, func(context.Context, string) (bool, error) {
			if asking++; asking == moment {
				p.during(a.ID, func() {
					_, err := there.Put(t.Context(), "a.txt", bytes.NewReader(data))
					told <- err
				})
			}
			return false, nil
		})
		if err != nil || asking < moment {
			t.Fatalf("Sweep = %v after %d questions", err, asking)
		}
		if err := <-told; err != nil {
			t.Fatalf("Put = %v", err)
		}
		if !opens(t, there, a, data) {
			t.Errorf("sent again at question %d: the file is gone", moment)
		}
		if kept := p.kept(t); len(kept) != 1 {
			t.Errorf("sent again at question %d: kept %v", moment, kept)
		}
	}
}

func sweptAtOnce(t *testing.T, p place) {
	const many = 24
	first := p.node(t)
	sent, data := make([]content.Attachment, many), make([][]byte, many)
	for i := range many {
		data[i] = fmt.Appendf(nil, "tệp %d", i)
		sent[i] = put(t, first, "a.txt", data[i])
		p.age(t, sent[i].ID)
	}
	abandoned := put(t, first, "a.txt", []byte("không ai gửi lại"))
	p.age(t, abandoned.ID)

	var group sync.WaitGroup
	nobody := func(context.Context, string) (bool, error) { return false, nil }
	for range 2 {
		sweeper, keeper := p.node(t), p.node(t)
		group.Go(func() {
			for range 3 {
				if _, _, err := sweeper.Sweep(t.Context(), 24*time.Hour, nobody); err != nil {
					t.Errorf("Sweep = %v", err)
				}
			}
		})
		group.Go(func() {
			for i := range many {
				if _, err := keeper.Put(t.Context(), "a.txt", bytes.NewReader(data[i])); err != nil {
					t.Errorf("Put = %v", err)
				}
			}
		})
	}
	group.Wait()
	for i, a := range sent {
		if !opens(t, first, a, data[i]) {
			t.Errorf("file %d was confirmed and is gone", i)
		}
	}
	if _, _, err := first.Open(t.Context(), abandoned.ID); !errors.Is(err, media.ErrNotFound) {
		t.Errorf("what nobody sent again = %v", err)
	}
	if kept := p.kept(t); len(kept) != many {
		t.Errorf("%d are kept of %d: %v", len(kept), many, kept)
	}
}
