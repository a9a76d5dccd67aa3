package media

import (
	"errors"
	"net/http"

	"tongdai/connectors/content"
)

// Serve answers r with the file of a under a's name: 404 when it is not kept,
// 503 when the storage cannot give it now. A file that breaks off or turns out to
// be another's is cut short of its announced length, so nobody takes it for whole. Whether the caller may see it has been decided
// before. Ranges and conditional requests are understood; what is named after
// its content never changes, so browsers may keep it.
func (s *Store) Serve(w http.ResponseWriter, r *http.Request, a content.Attachment) {
	file, found, err := s.open(r.Context(), a.ID)
	if errors.Is(err, ErrNotFound) {
		http.Error(w, "Không tìm thấy tệp.", http.StatusNotFound)
		return
	}
	if err != nil {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "Chưa đọc được tệp, vui lòng thử lại sau.", http.StatusServiceUnavailable)
		return
	}
	defer file.Close()
	h := w.Header()
	h.Set("Content-Type", found.mime)
	h.Set("Content-Disposition", disposition(found.inline, safeName(a.Name, found)))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "private, max-age=86400, immutable")
	h.Set("ETag", `"`+a.ID+`"`)
	http.ServeContent(w, r, "", file.kept, file)
}
