package telegramsim

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// bodyMost is the longest request that is read: a file, and a little around it.
const bodyMost = fileMost + 1<<20

// params are the parameters of a call, however it was written: objects are JSON texts.
type params struct {
	values  map[string]string
	uploads map[string]upload
}

type upload struct {
	name string
	data []byte
}

// refusal is the API's no.
type refusal struct {
	Code        int
	Description string
	RetryAfter  int
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s", r.Code, r.Description) }

func bad(format string, args ...any) error {
	return &refusal{Code: http.StatusBadRequest, Description: "Bad Request: " + fmt.Sprintf(format, args...)}
}

func forbidden(words string) error {
	return &refusal{Code: http.StatusForbidden, Description: "Forbidden: " + words}
}

// serveMethod is any call of the Bot API: POST or GET; parameters in the query, as
// a form, multipart or JSON.
func (s *Sim) serveMethod(w http.ResponseWriter, r *http.Request) {
	method := r.PathValue("method")
	call := Call{At: s.cfg.Now(), Method: method}
	s.faulty(w, r, call, func(answer http.ResponseWriter, call *Call) {
		result, err := s.serve(r, method, call)
		write(answer, call, result, err)
	})
}

func (s *Sim) serve(r *http.Request, method string, call *Call) (any, error) {
	s.mu.Lock()
	known := r.PathValue("bot") == "bot"+s.cfg.Token
	revoked := s.revoked
	s.mu.Unlock()
	if !known || revoked {
		return nil, &refusal{Code: http.StatusUnauthorized, Description: "Unauthorized"}
	}
	p, err := readParams(r)
	if err != nil {
		return nil, err
	}
	if method == "getUpdates" {
		return s.getUpdates(r.Context(), p)
	}
	return s.do(method, p, call)
}

// do makes one call, other than getUpdates.
func (s *Sim) do(method string, p params, call *Call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if send, ok := sends[method]; ok {
		if err := s.mayCall(p); err != nil {
			return nil, err
		}
		return send(s, p, call)
	}
	if other := otherMethod(method); other != nil {
		return other(s, p, call)
	}
	return nil, &refusal{Code: http.StatusNotFound, Description: "Not Found"}
}

// mayCall refuses a bot that writes too much, for as long as it was told to wait.
func (s *Sim) mayCall(p params) error {
	now := s.cfg.Now()
	if wait := s.held.Sub(now); wait > 0 {
		return tooMany(wait)
	}
	id, _ := strconv.ParseInt(p.values["chat_id"], 10, 64)
	allowed := s.limiter.AllowN(now, 1)
	if c, ok := s.chats[id]; ok {
		allowed = c.limiter.AllowN(now, 1) && allowed
	}
	if !allowed {
		s.held = now.Add(s.cfg.RetryAfter)
		return tooMany(s.cfg.RetryAfter)
	}
	return nil
}

func tooMany(wait time.Duration) error {
	seconds := int((wait + time.Second - 1) / time.Second)
	return &refusal{Code: http.StatusTooManyRequests, Description: fmt.Sprintf("Too Many Requests: retry after %d", seconds), RetryAfter: seconds}
}

func write(w http.ResponseWriter, call *Call, result any, err error) {
	answer := map[string]any{"ok": true, "result": result}
	status := http.StatusOK
	if no := (*refusal)(nil); errors.As(err, &no) {
		status, call.Code, call.Description = no.Code, no.Code, no.Description
		answer = map[string]any{"ok": false, "error_code": no.Code, "description": no.Description}
		if no.RetryAfter > 0 {
			answer["parameters"] = map[string]int{"retry_after": no.RetryAfter}
		}
	} else if err != nil {
		status, call.Code = http.StatusInternalServerError, http.StatusInternalServerError
		answer = map[string]any{"ok": false, "error_code": status, "description": "Internal Server Error"}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // a caller that left needs no answer
}

func readParams(r *http.Request) (params, error) {
	p := params{values: map[string]string{}, uploads: map[string]upload{}}
	for name, values := range r.URL.Query() {
		p.values[name] = values[0]
	}
	body := http.MaxBytesReader(nil, r.Body, bodyMost)
	mediaType, options, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	switch mediaType {
	case "multipart/form-data":
		// The Go library closes no form that has no parts; the platform takes it.
		if begun := bufio.NewReader(body); !isEmpty(begun) {
			err = p.readParts(multipart.NewReader(begun, options["boundary"]))
		}
	case "application/json":
		var data []byte
		if data, err = io.ReadAll(body); err == nil {
			err = p.readJSON(data)
		}
	case "application/x-www-form-urlencoded":
		r.Body = body
		err = r.ParseForm()
		for name, values := range r.PostForm {
			p.values[name] = values[0]
		}
	}
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return p, &refusal{Code: http.StatusRequestEntityTooLarge, Description: "Request Entity Too Large"}
	}
	if err != nil {
		return p, bad("can't parse the request: %v", err)
	}
	return p, nil
}

func isEmpty(r *bufio.Reader) bool {
	_, err := r.Peek(1)
	return err == io.EOF
}

func (p params) readParts(parts *multipart.Reader) error {
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		if part.FileName() != "" {
			p.uploads[part.FormName()] = upload{part.FileName(), data}
		} else {
			p.values[part.FormName()] = string(data)
		}
	}
}

func (p params) readJSON(data []byte) error {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	for name, value := range fields {
		var text string
		if json.Unmarshal(value, &text) != nil {
			text = string(value)
		}
		p.values[name] = text
	}
	return nil
}

// object reads a parameter that is a JSON text into into; false: it is not there.
func (p params) object(name string, into any) (bool, error) {
	text := p.values[name]
	if text == "" || text == "null" {
		return false, nil
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return false, bad("can't parse %s JSON object", strings.ReplaceAll(name, "_", " "))
	}
	return true, nil
}

func (p params) integer(name string) int {
	n, _ := strconv.Atoi(p.values[name])
	return n
}
