package media

import (
	"errors"
	"net/http"

	"tongdai/connectors/content"
)

// Serve is Send with plain words for what cannot be sent: 404 when it is not
// kept, 500 when it is damaged, 503 when the storage cannot give it now.
func (s *Store) Serve(w http.ResponseWriter, r *http.Request, a content.Attachment) {
	switch err := s.Send(w, r, a); {
	case errors.Is(err, ErrNotFound):
		http.Error(w, "Không tìm thấy tệp.", http.StatusNotFound)
	case errors.Is(err, ErrCorrupt):
		http.Error(w, "Tệp bị hỏng, không gửi được; tổng đài cần khôi phục từ bản sao lưu.", http.StatusInternalServerError)
	case err != nil:
		w.Header().Set("Retry-After", "5")
		http.Error(w, "Chưa đọc được tệp, vui lòng thử lại sau.", http.StatusServiceUnavailable)
	}
}

// Send answers r with the file of a under a's name. An error, those of Open, is
// returned before anything was written; a file that breaks off later or is not
// what was kept is cut short of its announced length, so nobody takes it for
// whole. Whether the caller may see it has been decided before. Ranges and
// conditional requests are understood; what is named after its content never
// changes, so browsers may keep it.
func (s *Store) Send(w http.ResponseWriter, r *http.Request, a content.Attachment) error {
	file, found, err := s.open(r.Context(), a.ID)
	if err != nil {
		return err
	}
	defer file.Close()
	// A part alone cannot be held against the name. A bucket checks its own bytes,
	// and is far away.
	if _, here := s.storage.(*folder); here && r.Header.Get("Range") != "" {
		if err := file.verify(); err != nil {
			return err
		}
	}
	if a.Kind == content.Original {
		found = letterKind
	}
	h := w.Header()
	h.Set("Content-Type", found.mime)
	h.Set("Content-Disposition", disposition(found.inline, safeName(a.Name, found)))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "private, max-age=86400, immutable")
	h.Set("ETag", `"`+a.ID+`"`)
	http.ServeContent(w, r, "", file.kept, file)
	return nil
}
