package telegram

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"tongdai/connectors"
)

const (
	secretHeader = "X-Telegram-Bot-Api-Secret-Token"
	// bodyTimeout is how long an update may take to arrive.
	bodyTimeout = 5 * time.Second
	// storeRetry is what a caller is told while nothing can be stored.
	storeRetry = "5"
)

// Handler serves the updates. Telegram is answered 200 once the hub has the
// update on disk. What Telegram is to do about it, the answer to a press or a word
// to a group, stands in that answer: it costs no call, and waits for nothing.
func (h *Hooked) Handler(receiver connectors.Receiver) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "Telegram gửi tin tới đây bằng POST.", http.StatusMethodNotAllowed)
			return
		}
		h.post(w, r, receiver)
	})
}

func (h *Hooked) post(w http.ResponseWriter, r *http.Request, receiver connectors.Receiver) {
	// Whoever does not know the secret need not be read.
	if !h.genuine(r.Header) {
		if n := h.door.Add(h.now()); n > 0 {
			h.log.WarnContext(r.Context(), "updates with a wrong secret were refused", "count", n)
		}
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	h.door.Genuine()
	body, status := h.readBody(w, r)
	if status != 0 {
		w.WriteHeader(status)
		return
	}
	at := h.now()
	u, raw := h.read(body, at), h.raw(body, at)
	if raw.Trouble = u.trouble; len(u.in) > 0 || u.trouble != "" {
		if err := receiver.Receive(r.Context(), raw, u.in); err != nil {
			h.log.ErrorContext(r.Context(), "an update could not be kept; Telegram is asked to send it again", "err", err)
			w.Header().Set("Retry-After", storeRetry)
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
	}
	if u.reply == nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(u.reply) // a caller that left sends again
}

// genuine compares sums, so that neither the secret nor its length shows in the
// time it takes.
func (h *Hooked) genuine(header http.Header) bool {
	given := header.Values(secretHeader)
	if len(given) != 1 {
		return false
	}
	got, want := sha256.Sum256([]byte(given[0])), sha256.Sum256([]byte(h.cfg.Secret))
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

func (h *Hooked) readBody(w http.ResponseWriter, r *http.Request) (body []byte, status int) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)) // a recorder in tests has none
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.cfg.MaxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, http.StatusRequestEntityTooLarge
	}
	if err != nil {
		return nil, http.StatusBadRequest
	}
	return body, 0
}
