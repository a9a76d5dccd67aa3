package simulator_test

import (
	"bufio"
	"bytes"
	"context"
	"html/template"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"tongdai/connectors/simulator"
)

func TestPages(t *testing.T) {
	page := template.Must(template.New("phone.html").Funcs(simulator.PageFuncs()).Parse(
		`{{initial .Name}} {{initial ""}} {{clock .At}} {{moment .At}} {{size 12}} {{size 3072}} {{size 1572864}}`))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /phone", func(w http.ResponseWriter, _ *http.Request) {
		view := struct {
			Name string
			At   time.Time
		}{" Ánh", time.Date(2026, 11, 20, 18, 5, 0, 0, time.UTC)}
		simulator.Render(w, slog.New(slog.DiscardHandler), page, "phone.html", view)
	})
	mux.HandleFunc("POST /phone", func(w http.ResponseWriter, r *http.Request) { simulator.Done(w, r, "/phone?user=1") })
	simulator.Static(mux, "/static/", fstest.MapFS{"pages/static/phone.js": {Data: []byte("alert(1)")}})
	ask := func(method, path, with string) *httptest.ResponseRecorder {
		r, w := httptest.NewRequest(method, path, nil), httptest.NewRecorder()
		r.Header.Set("X-Requested-With", with)
		mux.ServeHTTP(w, r)
		return w
	}
	if got, want := ask("GET", "/phone", "").Body.String(), "Á ? 01:05 01:05 21/11/2026 12 B 3 KB 1.5 MB"; got != want {
		t.Errorf("the page says %q, want %q", got, want)
	}
	if got := ask("GET", "/static/phone.js", "").Body.String(); got != "alert(1)" {
		t.Errorf("the script is %q", got)
	}
	if w := ask("POST", "/phone", "phone"); w.Code != http.StatusNoContent {
		t.Errorf("a page with JavaScript is answered %d", w.Code)
	}
	if w := ask("POST", "/phone", ""); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/phone?user=1" {
		t.Errorf("a page without is answered %d, to %q", w.Code, w.Header().Get("Location"))
	}
}

func TestPostedFiles(t *testing.T) {
	post := func(files ...string) ([]simulator.File, error) {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		for _, name := range files {
			w, err := form.CreateFormFile("file", name)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = w.Write([]byte("in " + name)) // into memory
		}
		if err := form.Close(); err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/phone/file", &body)
		r.Header.Set("Content-Type", form.FormDataContentType())
		return simulator.PostedFiles(r)
	}
	files, err := post("a.png", "b.png")
	if err != nil || len(files) != 2 || files[1].Name != "b.png" || string(files[1].Data) != "in b.png" {
		t.Errorf("PostedFiles = %v, %v", files, err)
	}
	if files, err := post(); err == nil {
		t.Errorf("without a file there are %v", files)
	}
}

// TestWatchers has a page hear of what happens, until the simulator ends.
func TestWatchers(t *testing.T) {
	var watchers simulator.Watchers
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { watchers.Stream(ctx, w, r) }))
	defer server.Close()
	watchers.Wake() // nobody is there
	resp, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	var heard []string
	for lines.Scan() {
		switch heard = append(heard, lines.Text()); len(heard) {
		case 2: // it is there
			watchers.Wake()
		case 5: // and has heard of it
			stop()
		}
	}
	if got, want := strings.Join(heard, "\n"), "retry: 1000\n\nevent: changed\ndata: {}\n"; got != want {
		t.Errorf("the page heard %q, want %q", got, want)
	}
}
