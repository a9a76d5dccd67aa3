package simulator_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"tongdai/connectors/simulator"
)

func TestMedia(t *testing.T) {
	var media simulator.Media
	ends := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	serve := func(id string, now time.Time) (int, string, string) {
		w := httptest.NewRecorder()
		media.Serve(w, id, now)
		return w.Code, w.Header().Get("Content-Type"), w.Body.String()
	}
	if code, _, _ := serve("one", ends); code != 403 {
		t.Errorf("a file that is not there is answered %d", code)
	}
	media.Keep("one", "image/png", []byte("picture"), ends)
	if code, kind, body := serve("one", ends); code != 200 || kind != "image/png" || body != "picture" {
		t.Errorf("the file is %d %s %q", code, kind, body)
	}
	if code, _, body := serve("one", ends.Add(time.Second)); code != 403 || body != "URL signature expired\n" {
		t.Errorf("a link that ended is answered %d %q", code, body)
	}
}
