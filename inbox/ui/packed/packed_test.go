package packed

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestWhoTakesGzipGetsIt(t *testing.T) {
	text := strings.Repeat("Tổng đài 1022 ", 500)
	file := New([]byte(text))
	for accepts, want := range map[string]bool{
		"gzip": true, "br, gzip;q=0.8": true, "*;q=0.5": true, "GZIP": true,
		"": false, "br": false, "gzip;q=0": false, "gzip; q=0.0": false, "identity": false,
	} {
		r := httptest.NewRequest(http.MethodGet, "/widget.js", nil)
		r.Header.Set("Accept-Encoding", accepts)
		w := httptest.NewRecorder()
		file.ServeHTTP(w, r)
		body := io.Reader(w.Body)
		packed := w.Header().Get("Content-Encoding") == "gzip"
		if packed != want || !strings.Contains(w.Header().Get("Vary"), "Accept-Encoding") {
			t.Errorf("%q: compressed %v, want %v", accepts, packed, want)
		}
		if packed {
			if w.Body.Len() > len(text)/10 {
				t.Errorf("%q: %d bytes compressed", accepts, w.Body.Len())
			}
			var err error
			if body, err = gzip.NewReader(body); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := io.ReadAll(body); err != nil || string(got) != text {
			t.Errorf("%q: %d bytes arrived, %v", accepts, len(got), err)
		}
	}
}

func TestWhatABrowserHasIsNotSentAgain(t *testing.T) {
	file := New([]byte(strings.Repeat("a", 4096)))
	for _, accepts := range []string{"gzip", ""} {
		r := httptest.NewRequest(http.MethodGet, "/widget.js", nil)
		r.Header.Set("Accept-Encoding", accepts)
		w := httptest.NewRecorder()
		file.ServeHTTP(w, r)
		r.Header.Set("If-None-Match", w.Header().Get("ETag"))
		again := httptest.NewRecorder()
		file.ServeHTTP(again, r)
		if again.Code != http.StatusNotModified {
			t.Errorf("%q: %d for what is known", accepts, again.Code)
		}
	}
}

func TestWhatDoesNotShrinkIsSentAsItIs(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/x", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	New([]byte("ngắn")).ServeHTTP(w, r)
	if w.Header().Get("Content-Encoding") != "" || w.Body.String() != "ngắn" {
		t.Errorf("a short text was sent as %q", w.Body)
	}
}
