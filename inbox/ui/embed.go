// Package ui carries the built web application of desk and administration
// inside the binary, with the design tokens and fonts that the server-rendered
// pages and the chat widget share.
//
// dist is made by `make build`. The package compiles without it, so that work
// on the server needs no Node; the pages then say how to build the interface.
package ui

import (
	"bytes"
	"embed"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"tongdai/inbox/ui/packed"
)

//go:embed all:dist
var dist embed.FS

//go:embed tokens.css
var tokens []byte

//go:embed fonts.css
var fonts []byte

// index is the page every address of the application begins with.
const index = "index.html"

// Paths are the addresses that Handler serves, as patterns of the router.
// Whatever else a browser asks for is not the application's.
var Paths = []string{
	"/login", "/setup", "/desk", "/desk/*", "/admin", "/admin/*", "/account/*",
	"/assets/*", "/fonts/*", "/favicon.svg",
}

// Styles returns the font declarations and the design tokens, for pages that
// are made on the server. The fonts themselves are served under /fonts/ with
// the built application; without it, the system's own font stands in.
func Styles() []byte { return slices.Concat(fonts, tokens) }

// FS returns the built application, and whether there is one.
func FS() (fs.FS, bool) {
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, false
	}
	_, err = fs.Stat(built, index)
	return built, err == nil
}

// Handler serves Paths: files named after their content, which browsers keep
// for a year; fonts and the mark, kept for a day; and for every other path the
// application's one page, so that any of its addresses can be opened directly.
// Other methods than GET and HEAD get 405.
func Handler() http.Handler {
	built, ok := FS()
	return handler(built, ok)
}

func handler(built fs.FS, ok bool) http.Handler {
	var texts sync.Map // what is served compressed, by name
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
		switch {
		case !ok:
			serveUnbuilt(w)
		case isFile(name):
			serveFile(w, r, built, name, &texts)
		default:
			w.Header().Set("Cache-Control", "no-cache")
			servePage(w, r, built)
		}
	})
}

// isFile tells files from addresses of the application, which may hold any
// character: an entry's id may look like a file's name.
func isFile(name string) bool {
	return strings.HasPrefix(name, "assets/") || strings.HasPrefix(name, "fonts/") || name == "favicon.svg"
}

// servePage does not go through http.ServeFileFS, which redirects from a path
// that ends in index.html.
func servePage(w http.ResponseWriter, r *http.Request, built fs.FS) {
	page, err := fs.ReadFile(built, index)
	if err != nil {
		serveUnbuilt(w)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(page))
}

func serveFile(w http.ResponseWriter, r *http.Request, built fs.FS, name string, texts *sync.Map) {
	info, err := fs.Stat(built, name)
	if err != nil || info.IsDir() {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", lifetime(name))
	switch path.Ext(name) {
	case ".woff2": // not in the table of every system
		w.Header().Set("Content-Type", "font/woff2")
	case ".js", ".css", ".svg":
		w.Header().Set("Content-Type", textTypes[path.Ext(name)])
		file, known := texts.Load(name)
		if !known {
			content, err := fs.ReadFile(built, name)
			if err != nil {
				http.NotFound(w, r)
				return
			}
			file, _ = texts.LoadOrStore(name, packed.New(content))
		}
		file.(*packed.File).ServeHTTP(w, r)
		return
	}
	http.ServeFileFS(w, r, built, name)
}

// textTypes are told here, because a system's own table may say otherwise.
var textTypes = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
}

// lifetime is how long a browser may keep a file without asking again.
func lifetime(name string) string {
	if strings.HasPrefix(name, "assets/") {
		return "public, max-age=31536000, immutable"
	}
	return "public, max-age=86400"
}

// unbuilt is shown in place of the application.
const unbuilt = `<!doctype html>
<html lang="vi">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Chưa có giao diện · Tổng đài</title>
<h1>Giao diện chưa được dựng</h1>
<p>Chương trình này được biên dịch khi chưa có giao diện. Hãy chạy <code>make build</code> (cần Node 20 trở lên) rồi khởi động lại.</p>
<p lang="en">The interface was not built into this program. Run <code>make build</code> (needs Node 20 or later) and start it again.</p>
</html>
`

func serveUnbuilt(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write([]byte(unbuilt)) // the browser has gone away: nothing is left to tell it
}
