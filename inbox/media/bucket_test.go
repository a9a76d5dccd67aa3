package media_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/inbox/media"
)

// short is how long a storage may take in tests of what happens when it does;
// patience is what its end must be seen within.
const (
	short    = 1500 * time.Millisecond
	patience = 5 * time.Second
)

// hang holds a request until its sender gives up or the test ends.
func hang(t *testing.T) func(r *http.Request) {
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	return func(r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // otherwise the server does not see its client leave
		select {
		case <-r.Context().Done():
		case <-over:
		}
	}
}

// dropped closes the connection without another byte.
func dropped(w http.ResponseWriter) {
	if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
		connection.Close()
	}
}

// outages are what a storage in trouble does to every request.
func outages(t *testing.T) map[string]fault {
	hangs := hang(t)
	return map[string]fault{
		"asks to slow down": func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			s3Error(w, http.StatusServiceUnavailable, "SlowDown")
		},
		"has an inner error": func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			s3Error(w, http.StatusInternalServerError, "InternalError")
		},
		"has lost our bucket": func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			s3Error(w, http.StatusNotFound, "NoSuchBucket")
		},
		"is a proxy without a server": func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			http.Error(w, "<html>Bad Gateway</html>", http.StatusBadGateway)
		},
		"drops connections": func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { dropped(w) },
		"answers nothing":   func(_ http.ResponseWriter, r *http.Request, _ http.Handler) { hangs(r) },
		"refuses our keys": func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			s3Error(w, http.StatusForbidden, "AccessDenied")
		},
		"stops in its answer": func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, "ab")
			_ = http.NewResponseController(w).Flush()
			hangs(r)
		},
	}
}

func TestAStorageInTroubleIsToldInTime(t *testing.T) {
	for name, trouble := range outages(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startS3(t, httptest.NewServer)
			where := server.bucket(t)
			where.Timeout = short
			var log bytes.Buffer
			store := openBucket(t, where, media.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
			data := text(200_000)
			a := put(t, store, "a.txt", data)

			server.fails(trouble)
			began := time.Now()
			_, err := store.Put(t.Context(), "b.txt", strings.NewReader("tệp khác"))
			if !errors.Is(err, media.ErrUnavailable) || connectors.KindOf(err) != connectors.Retryable || connectors.ReasonOf(err) == "" {
				t.Errorf("Put = %v, want unavailable with a reason for people", err)
			}
			if _, _, err := store.Open(t.Context(), a.ID); !errors.Is(err, media.ErrUnavailable) {
				t.Errorf("Open = %v, want unavailable", err)
			}
			recorder := httptest.NewRecorder()
			store.Serve(recorder, httptest.NewRequest("GET", "/", nil), a)
			if recorder.Code != http.StatusServiceUnavailable || recorder.Header().Get("Retry-After") == "" {
				t.Errorf("a download is answered %d, %v", recorder.Code, recorder.Header())
			}
			nobody := func(context.Context, string) (bool, error) { return false, nil }
			if files, _, err := store.Sweep(t.Context(), 0, nobody); err == nil || files > 0 {
				t.Errorf("Sweep = %d, %v", files, err)
			}
			if took := time.Since(began); took > 4*patience {
				t.Errorf("the four took %v", took)
			}

			server.fails(nil)
			if kept := server.keys(t); len(kept) != 1 {
				t.Errorf("kept %v", kept)
			}
			if !opens(t, store, a, data) {
				t.Error("the storage is back, the file is not")
			}
			put(t, store, "b.txt", []byte("tệp khác"))
			if !strings.Contains(log.String(), "storage failed") || strings.Contains(log.String(), secretKey) {
				t.Errorf("logged %s", &log)
			}
		})
	}
}

func TestAStorageThatIsGone(t *testing.T) {
	server := startS3(t, httptest.NewServer)
	where := server.bucket(t)
	where.Timeout = short
	store := openBucket(t, where, media.Options{Log: silent})
	server.Close()
	if _, err := store.Put(t.Context(), "a.txt", strings.NewReader("a")); !errors.Is(err, media.ErrUnavailable) {
		t.Errorf("Put = %v, want unavailable", err)
	}
	if err := store.Check(t.Context()); !errors.Is(err, media.ErrUnavailable) || !strings.Contains(err.Error(), "không kết nối được") {
		t.Errorf("Check = %v", err)
	}
}

func TestAPassingTroubleIsNotNoticed(t *testing.T) {
	server := startS3(t, httptest.NewServer)
	store := openBucket(t, server.bucket(t), media.Options{Log: silent})
	data := text(400_000)
	var requests atomic.Int32
	server.fails(func(w http.ResponseWriter, r *http.Request, storage http.Handler) {
		switch requests.Add(1) % 3 {
		case 1:
			s3Error(w, http.StatusServiceUnavailable, "SlowDown")
		case 2:
			dropped(w)
		default:
			storage.ServeHTTP(w, r)
		}
	})
	a := put(t, store, "a.txt", data)

	requests.Store(0)
	server.fails(func(w http.ResponseWriter, r *http.Request, storage http.Handler) {
		if requests.Add(1)%3 == 0 {
			storage.ServeHTTP(w, r)
			return
		}
		whole := httptest.NewRecorder() // half of the answer, then nothing
		storage.ServeHTTP(whole, r)
		for name, values := range whole.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(whole.Code)
		_, _ = w.Write(whole.Body.Bytes()[:whole.Body.Len()/2])
		panic(http.ErrAbortHandler)
	})
	if !opens(t, store, a, data) {
		t.Error("answers that are cut twice are not asked for again")
	}
}

func TestAnUploadToTheStorageThatIsCutShowsNothing(t *testing.T) {
	for _, size := range []int{1 << 20, 17 << 20} { // in one piece and in parts
		server := startS3(t, httptest.NewServer)
		where := server.bucket(t)
		where.Timeout = short
		store := openBucket(t, where, media.Options{Log: silent})
		server.fails(func(w http.ResponseWriter, r *http.Request, storage http.Handler) {
			if r.Method == http.MethodPut && r.ContentLength > 1000 {
				_, _ = io.CopyN(io.Discard, r.Body, r.ContentLength/2)
				dropped(w)
				return
			}
			storage.ServeHTTP(w, r)
		})
		if _, err := store.Put(t.Context(), "a.txt", bytes.NewReader(text(size))); !errors.Is(err, media.ErrUnavailable) {
			t.Errorf("Put of %d bytes = %v, want unavailable", size, err)
		}
		if kept := server.keys(t); len(kept) > 0 {
			t.Errorf("visible: %v", kept)
		}
	}
}

func TestWhatTheStorageOnlySaysItKeptIsNotConfirmed(t *testing.T) {
	lies := map[string]fault{
		"it keeps nothing": func(w http.ResponseWriter, r *http.Request, storage http.Handler) {
			if r.Method != http.MethodPut {
				storage.ServeHTTP(w, r)
			}
		},
		"it keeps half": func(w http.ResponseWriter, r *http.Request, storage http.Handler) {
			if r.Method == http.MethodPut {
				r.Header.Del("X-Amz-Checksum-Sha256")
				r.ContentLength = 2
				r.Header.Set("Content-Length", "2")
				r.Body = io.NopCloser(strings.NewReader("ab"))
			}
			storage.ServeHTTP(w, r)
		},
	}
	for name, lie := range lies {
		t.Run(name, func(t *testing.T) {
			server := startS3(t, httptest.NewServer)
			where := server.bucket(t)
			where.Timeout = short
			store := openBucket(t, where, media.Options{Log: silent})
			server.fails(lie)
			if _, err := store.Put(t.Context(), "a.txt", strings.NewReader("nội dung")); !errors.Is(err, media.ErrUnavailable) {
				t.Errorf("Put = %v, want unavailable", err)
			}
		})
	}
}

func TestTheStorageIsGivenTheChecksumToVerify(t *testing.T) {
	server := startS3(t, httptest.NewServer)
	store := openBucket(t, server.bucket(t), media.Options{Log: silent})
	server.fails(func(w http.ResponseWriter, r *http.Request, storage http.Handler) {
		if r.Method == http.MethodPut && r.Header.Get("X-Amz-Checksum-Sha256") == "" {
			s3Error(w, http.StatusBadRequest, "InvalidRequest")
			return
		}
		storage.ServeHTTP(w, r)
	})
	put(t, store, "a.txt", text(100_000))
}

func TestASmallPartOfALargeFileIsReadAlone(t *testing.T) {
	server := startS3(t, httptest.NewServer)
	store := openBucket(t, server.bucket(t), media.Options{Log: silent})
	a := put(t, store, "a.txt", text(10<<20))
	var read atomic.Int64
	server.fails(func(w http.ResponseWriter, r *http.Request, storage http.Handler) {
		whole := httptest.NewRecorder()
		storage.ServeHTTP(whole, r)
		read.Add(int64(whole.Body.Len()))
		for name, values := range whole.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(whole.Code)
		_, _ = w.Write(whole.Body.Bytes())
	})
	request := httptest.NewRequest("GET", "/", nil)
	request.Header.Set("Range", "bytes=9000000-9000009")
	recorder := httptest.NewRecorder()
	store.Serve(recorder, request, a)
	if recorder.Body.Len() != 10 || read.Load() > 256<<10 {
		t.Errorf("%d bytes were read for %d", read.Load(), recorder.Body.Len())
	}
}

func TestAMarkOfASweepThatDied(t *testing.T) {
	server := startS3(t, httptest.NewServer)
	where := server.bucket(t)
	where.Timeout = short
	store := openBucket(t, where, media.Options{Log: silent})
	a := put(t, store, "a.txt", []byte("một"))
	mark := "th/tep/sweeping/" + a.ID + "/MARK"

	server.write(t, mark, nil, 0)
	if _, err := store.Put(t.Context(), "a.txt", strings.NewReader("một")); !errors.Is(err, media.ErrUnavailable) {
		t.Errorf("while the sweep may still remove it: Put = %v, want unavailable", err)
	}
	server.write(t, mark, nil, 10*time.Minute)
	put(t, store, "a.txt", []byte("một"))

	server.write(t, mark, nil, dayAndHour)
	inUse := func(context.Context, string) (bool, error) { return true, nil }
	if _, _, err := store.Sweep(t.Context(), 24*time.Hour, inUse); err != nil {
		t.Fatal(err)
	}
	if kept := server.keys(t); len(kept) != 1 {
		t.Errorf("after a day there is %v", kept)
	}
}

func TestObjectsOfOthersStay(t *testing.T) {
	server := startS3(t, httptest.NewServer)
	id := strings.Repeat("a", 64)
	others := []string{id, "báo cáo.xlsx", "th/tep/ghi chú", "th/tep/cũ/" + id, "th/tep/sweeping/ghi chú"}
	for _, key := range others {
		server.write(t, key, []byte("x"), dayAndHour)
	}
	store := openBucket(t, server.bucket(t), media.Options{Log: silent})
	nobody := func(context.Context, string) (bool, error) { return false, nil }
	if files, _, err := store.Sweep(t.Context(), 24*time.Hour, nobody); files > 0 || err != nil {
		t.Errorf("Sweep = %d, %v", files, err)
	}
	if kept := server.keys(t); len(kept) != len(others) {
		t.Errorf("left %v of %v", kept, others)
	}
}

func TestMoreObjectsThanOneListHolds(t *testing.T) {
	server := startS3(t, httptest.NewServer)
	for i := range 1200 {
		key := "th/tep/" + strings.Repeat("0", 60) + string([]byte{hex(i >> 12), hex(i >> 8), hex(i >> 4), hex(i)})
		server.write(t, key, []byte("x"), 0)
	}
	last := strings.Repeat("f", 64)
	server.write(t, "th/tep/"+last, []byte("hai"), dayAndHour)
	store := openBucket(t, server.bucket(t), media.Options{Log: silent})
	nobody := func(context.Context, string) (bool, error) { return false, nil }
	if files, size, err := store.Sweep(t.Context(), 24*time.Hour, nobody); files != 1 || size != 3 || err != nil {
		t.Errorf("Sweep = %d files, %d bytes, %v", files, size, err)
	}
}

func hex(digit int) byte { return "0123456789abcdef"[digit&15] }
