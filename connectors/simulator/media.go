package simulator

import (
	"net/http"
	"sync"
	"time"
)

// Media are files behind links that end: what citizens sent, as the hub fetches it. The
// zero Media is none.
type Media struct {
	mu  sync.Mutex
	all map[string]linked
}

type linked struct {
	mediaType string
	data      []byte
	ends      time.Time
}

// Keep has the file found by id until its link ends.
func (m *Media) Keep(id, mediaType string, data []byte, ends time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil {
		m.all = map[string]linked{}
	}
	m.all[id] = linked{mediaType, data, ends}
}

// Serve hands the file of that id over, and refuses as a platform's store of files does.
func (m *Media) Serve(w http.ResponseWriter, id string, now time.Time) {
	m.mu.Lock()
	file, known := m.all[id]
	m.mu.Unlock()
	if !known || now.After(file.ends) {
		http.Error(w, "URL signature expired", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", file.mediaType)
	_, _ = w.Write(file.data) // a caller that left needs no file
}
