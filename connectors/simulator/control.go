package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// bodyMost is the longest that a command may be: some files, in base64.
const bodyMost = 256 << 20

// Control answers what every simulator is asked by another process, or by a person
// with curl, below /sim: the ledger, and to end all faults. The simulator adds its
// own with Command and Do.
func Control(mux *http.ServeMux, ledger func() any, clearFaults func() int) {
	mux.HandleFunc("GET /sim/ledger", func(w http.ResponseWriter, _ *http.Request) { WriteJSON(w, ledger()) })
	mux.HandleFunc("DELETE /sim/faults", func(w http.ResponseWriter, _ *http.Request) {
		WriteJSON(w, map[string]int{"hits": clearFaults()})
	})
}

// Command reads a body of type B as JSON and answers what do returns: nil as {}, what
// is Missing with 404, and any other error with 400.
func Command[B any](mux *http.ServeMux, pattern string, do func(B) (any, error)) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		var body B
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyMost)).Decode(&body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer, err := do(body)
		if _, missing := errors.AsType[missing](err); missing {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if answer == nil {
			answer = struct{}{}
		}
		WriteJSON(w, answer)
	})
}

// Do is a Command that cannot fail and has nothing to say.
func Do[B any](mux *http.ServeMux, pattern string, do func(B)) {
	Command(mux, pattern, func(body B) (any, error) {
		do(body)
		return nil, nil
	})
}

// DoTimed is Do for a body in which those fields are durations, written as Go writes
// them: "1.5s".
func DoTimed[B any](mux *http.ServeMux, pattern string, do func(B), durations ...string) {
	Command(mux, pattern, func(fields map[string]json.RawMessage) (any, error) {
		for _, name := range durations {
			written, there := fields[name]
			if !there {
				continue
			}
			var text string
			if err := json.Unmarshal(written, &text); err != nil {
				return nil, err
			}
			d, err := time.ParseDuration(text)
			if err != nil {
				return nil, err
			}
			fields[name] = strconv.AppendInt(nil, int64(d), 10)
		}
		whole, err := json.Marshal(fields)
		if err != nil {
			return nil, err
		}
		var body B
		if err := json.Unmarshal(whole, &body); err != nil {
			return nil, err
		}
		do(body)
		return nil, nil
	})
}

type missing string

func (m missing) Error() string { return string(m) }

// Missing is the error of a Command about somebody or something that is not there.
func Missing(format string, args ...any) error { return missing(fmt.Sprintf(format, args...)) }

// WriteJSON answers v.
func WriteJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // a caller that left needs no answer
}
