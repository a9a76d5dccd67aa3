package simulator

import (
	"context"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"log/slog"
	"mime/multipart"
	"net/http"
	"strings"
	"sync"
	"time"
)

// DefaultName is who writes on a page before anybody has said who it is.
const DefaultName = "Trần Thị Mẫu"

// Hanoi is where citizens and their telephones are.
var Hanoi = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)

// Day is the day of a message, as it is told above the first one.
func Day(t time.Time) string { return t.In(Hanoi).Format("02/01/2006") }

// PageFuncs are what the templates of pages write with: clock and moment of a time,
// the size of a file, the initial of a name.
func PageFuncs() template.FuncMap {
	return template.FuncMap{
		"clock":   func(t time.Time) string { return t.In(Hanoi).Format("15:04") },
		"moment":  func(t time.Time) string { return t.In(Hanoi).Format("15:04 02/01/2006") },
		"size":    fileSize,
		"initial": func(name string) string { return string([]rune(strings.TrimSpace(name) + "?")[:1]) },
	}
}

func fileSize(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

// Static serves what lies in pages/static of the simulator's embedded files under a
// path that ends with a slash.
func Static(mux *http.ServeMux, path string, files fs.FS) {
	static, err := fs.Sub(files, "pages/static")
	if err != nil {
		panic(err) // the folder is embedded
	}
	mux.Handle("GET "+path, http.StripPrefix(path, http.FileServerFS(static)))
}

// Render answers with a page, or a part of one.
func Render(w http.ResponseWriter, logger *slog.Logger, pages *template.Template, name string, view any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if err := pages.ExecuteTemplate(w, name, view); err != nil {
		logger.Warn("a page of a simulator broke off", "page", name, "err", err)
	}
}

// Done answers what somebody did on a page. With JavaScript the page asks for no
// answer; without, it is shown again.
func Done(w http.ResponseWriter, r *http.Request, page string) {
	if r.Header.Get("X-Requested-With") != "" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	http.Redirect(w, r, page, http.StatusSeeOther)
}

// File is one that somebody sends from a page.
type File struct {
	Name string
	Data []byte
}

// PostedFiles are those of the field "file" of a form, one at least. The form is as
// long as whoever calls lets the body be.
func PostedFiles(r *http.Request) (files []File, err error) {
	if err := r.ParseMultipartForm(64 << 20); err != nil {
		return nil, fmt.Errorf("tệp bị đứt giữa chừng: %w", err)
	}
	for _, header := range r.MultipartForm.File["file"] {
		data, err := ReadFile(header)
		if err != nil {
			return nil, fmt.Errorf("tệp bị đứt giữa chừng: %w", err)
		}
		files = append(files, File{header.Filename, data})
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("chưa chọn tệp")
	}
	return files, nil
}

// ReadFile reads one file of a form.
func ReadFile(header *multipart.FileHeader) ([]byte, error) {
	opened, err := header.Open()
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	return io.ReadAll(opened)
}

// heartbeat is how often a silent stream shows that it lives.
const heartbeat = 20 * time.Second

// Watchers are the open pages that want to know when there is something new. The zero
// Watchers is none.
type Watchers struct {
	mu  sync.Mutex
	all map[chan struct{}]bool
}

// Wake tells them.
func (ws *Watchers) Wake() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for w := range ws.all {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

// Stream is one of them, until it leaves or ctx ends: an event "changed" for every Wake.
func (ws *Watchers) Stream(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	changed := make(chan struct{}, 1)
	ws.mu.Lock()
	if ws.all == nil {
		ws.all = map[chan struct{}]bool{}
	}
	ws.all[changed] = true
	ws.mu.Unlock()
	defer func() {
		ws.mu.Lock()
		defer ws.mu.Unlock()
		delete(ws.all, changed)
	}()
	stream := http.NewResponseController(w)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for line := "retry: 1000\n\n"; ; {
		if _, err := io.WriteString(w, line); err != nil || stream.Flush() != nil {
			return
		}
		select {
		case <-changed:
			line = "event: changed\ndata: {}\n\n"
		case <-beat.C:
			line = ": alive\n\n"
		case <-r.Context().Done():
			return
		case <-ctx.Done():
			return
		}
	}
}
