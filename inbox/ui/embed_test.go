package ui

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func get(t *testing.T, h http.Handler, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w
}

func TestServesTheBuiltApplication(t *testing.T) {
	built := fstest.MapFS{
		"index.html":               {Data: []byte("<title>app</title>")},
		"assets/index-abc123.js":   {Data: []byte("run()")},
		"fonts/letters-400.woff2":  {Data: []byte("wOF2")},
		"favicon.svg":              {Data: []byte("<svg/>")},
		"assets/deeper/inner-1.js": {Data: []byte("")},
	}
	h := handler(built, true)
	cases := []struct {
		name, path string
		status     int
		body       string
		cache      string
	}{
		{"the desk itself", "/desk", 200, "<title>app</title>", "no-cache"},
		{"an entry whose id looks like a file's name", "/admin/knowledge/SYT.12", 200, "<title>app</title>", "no-cache"},
		{"a conversation opened by its address", "/desk/c/0190f3", 200, "<title>app</title>", "no-cache"},
		{"the index by name is the page and not a redirect away", "/index.html", 200, "<title>app</title>", "no-cache"},
		{"a file named after its content is kept for a year", "/assets/index-abc123.js", 200, "run()", "public, max-age=31536000, immutable"},
		{"a font is kept for a day", "/fonts/letters-400.woff2", 200, "wOF2", "public, max-age=86400"},
		{"a file of an older build is gone and not the page", "/assets/index-old.js", 404, "404 page not found\n", ""},
		{"a folder is not listed", "/assets/deeper", 404, "404 page not found\n", ""},
		{"climbing out of the folder finds only the page", "/assets/../../embed.go", 200, "<title>app</title>", "no-cache"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := get(t, h, http.MethodGet, c.path)
			if w.Code != c.status || w.Body.String() != c.body {
				t.Fatalf("GET %s: %d %q, want %d %q", c.path, w.Code, w.Body, c.status, c.body)
			}
			if got := w.Header().Get("Cache-Control"); got != c.cache {
				t.Errorf("GET %s: Cache-Control %q, want %q", c.path, got, c.cache)
			}
		})
	}
	if w := get(t, h, http.MethodPost, "/desk"); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST /desk: %d, want 405", w.Code)
	}
}

func TestSaysHowToBuildWhenThereIsNoInterface(t *testing.T) {
	h := handler(fstest.MapFS{".keep": {}}, false)
	w := get(t, h, http.MethodGet, "/desk")
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "make build") {
		t.Errorf("GET /desk without a build: %d %q", w.Code, w.Body)
	}
}

func TestStylesCarryFontsAndTokens(t *testing.T) {
	css := string(Styles())
	for _, want := range []string{"Be Vietnam Pro", "--accent:", "prefers-color-scheme: dark"} {
		if !strings.Contains(css, want) {
			t.Errorf("Styles() lacks %q", want)
		}
	}
}

// mostScript is what the scripts of the first view may weigh, compressed.
const mostScript = 300 << 10

var scripts = regexp.MustCompile(`(?:<script[^>]* src|<link rel="modulepreload"[^>]* href)="/([^"]+)"`)

func TestTheFirstViewOfTheDeskIsLight(t *testing.T) {
	page, err := fs.ReadFile(dist, "dist/"+index)
	if err != nil {
		t.Skip("the interface is not built: run make build, then this test weighs it")
	}
	named := scripts.FindAllSubmatch(page, -1)
	if len(named) == 0 {
		t.Fatal("the page names no script")
	}
	var packed bytes.Buffer
	for _, name := range named {
		script, err := fs.ReadFile(dist, "dist/"+string(name[1]))
		if err != nil {
			t.Fatal(err)
		}
		w := gzip.NewWriter(&packed)
		if _, err := w.Write(script); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d scripts, %d bytes compressed", len(named), packed.Len())
	if packed.Len() > mostScript {
		t.Errorf("the scripts of the first view weigh %d bytes compressed, %d are allowed: load what is not needed at once later", packed.Len(), mostScript)
	}
}
