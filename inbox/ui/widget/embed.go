// Package widget carries the built chat widget inside the binary: one script
// that any allowed page includes. It is built with npm run build beside this
// file; a binary built without it says so where the script would be.
package widget

import (
	"embed"
	"io/fs"
	"net/http"

	"tongdai/inbox/ui/packed"
)

//go:embed all:dist
var dist embed.FS

// maxAge is short, because pages on other sites name the script without a version.
const maxAge = "public, max-age=300"

// Built reports whether the binary carries the widget.
func Built() bool {
	_, err := fs.Stat(dist, "dist/widget.js")
	return err == nil
}

// Handler serves the widget's script, wherever it is mounted.
func Handler() http.Handler {
	script, err := dist.ReadFile("dist/widget.js")
	if err != nil {
		return http.HandlerFunc(notBuilt)
	}
	file := packed.New(script)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/javascript; charset=utf-8")
		h.Set("Cache-Control", maxAge)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin") // it is made for other sites' pages
		file.ServeHTTP(w, r)
	})
}

// notBuilt answers with a script, so that the reason stands in the console of
// the page that asked for it.
func notBuilt(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write([]byte("console.error('Tổng đài: khung trò chuyện chưa được dựng. Chạy “make build” rồi khởi động lại.')\n"))
}
