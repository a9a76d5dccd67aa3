package mattermostsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// refusal is the server's no.
type refusal struct {
	ID       string `json:"id"`
	Message  string `json:"message"`
	Detailed string `json:"detailed_error"`
	Request  string `json:"request_id"`
	Status   int    `json:"status_code"`
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s: %s", r.Status, r.ID, r.Message) }

func refuse(status int, id, format string, args ...any) error {
	return &refusal{ID: id, Message: fmt.Sprintf(format, args...), Status: status}
}

func bad(id, format string, args ...any) error {
	return refuse(http.StatusBadRequest, id, format, args...)
}

func badParam(name string) error {
	return bad("api.context.invalid_body_param.app_error", "Invalid or missing %s in request body.", name)
}

func forbidden() error {
	return refuse(http.StatusForbidden, "api.context.permissions.app_error", "You do not have the appropriate permissions.")
}

func missing(id, what string) error {
	return refuse(http.StatusNotFound, id, "Unable to find the %s.", what)
}

// request is a call that is being answered.
type request struct {
	*http.Request
	user *User // who calls
	body []byte
	call *Call
}

// read takes the body as JSON.
func (r *request) read(name string, into any) error {
	if err := json.Unmarshal(r.body, into); err != nil {
		return badParam(name)
	}
	return nil
}

func (r *request) number(name string, otherwise int) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil || n < 0 {
		return otherwise
	}
	return n
}

// answer is what a call that was taken brings: JSON, or a file.
type answer struct {
	status int
	json   any
	file   *file
}

func ok(v any) (answer, error)      { return answer{status: http.StatusOK, json: v}, nil }
func created(v any) (answer, error) { return answer{status: http.StatusCreated, json: v}, nil }
func done() (answer, error)         { return ok(map[string]string{"status": "OK"}) }

// method answers a call. s.mu is held.
type method func(s *Sim, r *request) (answer, error)

// methods are the calls there are, by the name that the Ledger and Faults use.
var methods = map[string]method{
	"GET /users/me":                                  (*Sim).getMe,
	"GET /users/{user}":                              (*Sim).getUser,
	"POST /users/ids":                                (*Sim).postUserIDs,
	"POST /users/usernames":                          (*Sim).postUsernames,
	"GET /users/email/{email}":                       (*Sim).getUserByEmail,
	"GET /users/username/{name}":                     (*Sim).getUserByName,
	"POST /users/{user}/typing":                      (*Sim).postTyping,
	"GET /teams/{team}":                              (*Sim).getTeam,
	"GET /teams/name/{name}":                         (*Sim).getTeamByName,
	"GET /teams/name/{team}/channels/name/{channel}": (*Sim).getChannelByName,

	"GET /channels/{channel}":                             (*Sim).getChannel,
	"GET /channels/{channel}/members/{user}":              (*Sim).getMember,
	"POST /channels/direct":                               (*Sim).postDirect,
	"GET /channels/{channel}/posts":                       (*Sim).getChannelPosts,
	"POST /posts":                                         (*Sim).postPost,
	"POST /posts/ephemeral":                               (*Sim).postEphemeral,
	"GET /posts/{post}":                                   (*Sim).getPost,
	"PUT /posts/{post}/patch":                             (*Sim).patchPost,
	"DELETE /posts/{post}":                                (*Sim).deletePost,
	"GET /posts/{post}/thread":                            (*Sim).getThread,
	"GET /posts/{post}/reactions":                         (*Sim).getReactions,
	"POST /reactions":                                     (*Sim).postReaction,
	"DELETE /users/{user}/posts/{post}/reactions/{emoji}": (*Sim).deleteReaction,
	"POST /files":                                         (*Sim).postFiles,
	"GET /files/{file}":                                   (*Sim).getFile,
	"GET /files/{file}/info":                              (*Sim).getFileInfo,
	"POST /actions/dialogs/open":                          (*Sim).openDialog,
	"GET /system/ping":                                    (*Sim).getPing,
	"GET /config/client":                                  (*Sim).getConfig,
}

// unguarded are the calls that need no token.
var unguarded = map[string]bool{"GET /system/ping": true, "GET /config/client": true, "POST /actions/dialogs/open": true}

func (s *Sim) apiRoutes(mux *http.ServeMux) {
	for name, do := range methods {
		verb, path, _ := strings.Cut(name, " ")
		mux.HandleFunc(verb+" /api/v4"+path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, name, do) })
	}
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		s.serve(w, r, r.Method+" "+strings.TrimPrefix(r.URL.Path, "/api/v4"), func(*Sim, *request) (answer, error) {
			return answer{}, refuse(http.StatusNotFound, "api.context.404.app_error", "Sorry, we could not find the page.")
		})
	})
}

// serve answers one call: the faults, the rate, the body, the token, and then the
// call itself.
func (s *Sim) serve(w http.ResponseWriter, r *http.Request, name string, do method) {
	call := Call{At: s.cfg.Now(), Name: name, Path: r.URL.RequestURI()}
	s.faulty(w, r, call, func(w http.ResponseWriter, call *Call) {
		if wait := s.overRate(); wait > 0 {
			call.Status = http.StatusTooManyRequests
			tooMany(w, wait, s.cfg.Burst)
			return
		}
		a, err := s.do(w, r, name, do, call)
		s.write(w, call, a, err)
	})
}

func (s *Sim) do(w http.ResponseWriter, r *http.Request, name string, do method, call *Call) (answer, error) {
	most := s.cfg.Limits.Body
	if name == "POST /files" {
		most = s.cfg.Limits.File + 1<<20 // what is around it
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return answer{}, refuse(http.StatusRequestEntityTooLarge, "api.context.request_body_too_large.app_error", "Request body too large. Limit: %d bytes.", most)
	} else if err != nil {
		return answer{}, badParam("body")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	user := s.caller(r)
	if user == nil && !unguarded[name] {
		return answer{}, refuse(http.StatusUnauthorized, "api.context.session_expired.app_error", "Invalid or expired session, please login again.")
	}
	return do(s, &request{Request: r, user: user, body: body, call: call})
}

// caller is whose token comes with the call; nil: nobody's. s.mu is held.
func (s *Sim) caller(r *http.Request) *User {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") && !strings.EqualFold(scheme, "Token") {
		return nil
	}
	return s.owner(strings.TrimSpace(token))
}

func (s *Sim) owner(token string) *User {
	if s.revoked || token != s.cfg.Token {
		return nil
	}
	return s.users[s.bot]
}

// overRate is how long the caller has to wait; zero: not at all.
func (s *Sim) overRate() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Now()
	if s.limiter.Limit() == rate.Inf || s.limiter.AllowN(now, 1) {
		return 0
	}
	return time.Duration((1 - s.limiter.TokensAt(now)) / float64(s.limiter.Limit()) * float64(time.Second))
}

// tooMany is the one answer that is no JSON.
func tooMany(w http.ResponseWriter, wait time.Duration, burst int) {
	seconds := strconv.Itoa(int((wait + time.Second - 1) / time.Second))
	h := w.Header()
	h.Set("X-RateLimit-Limit", strconv.Itoa(burst))
	h.Set("X-RateLimit-Remaining", "0")
	h.Set("X-RateLimit-Reset", seconds)
	h.Set("Retry-After", seconds)
	http.Error(w, "limit exceeded", http.StatusTooManyRequests)
}

func (s *Sim) write(w http.ResponseWriter, call *Call, a answer, err error) {
	w.Header().Set("X-Version-Id", s.cfg.Version+"."+s.cfg.Version+".0.false")
	id := newID()
	w.Header().Set("X-Request-Id", id)
	if no := (*refusal)(nil); errors.As(err, &no) {
		told := *no
		told.Request = id
		call.ErrorID = no.ID
		a = answer{status: no.Status, json: told}
	} else if err != nil {
		call.ErrorID = "api.unknown.app_error"
		a = answer{status: http.StatusInternalServerError, json: refusal{ID: call.ErrorID, Message: err.Error(), Request: id, Status: http.StatusInternalServerError}}
	}
	call.Status = a.status
	if a.file != nil {
		a.file.write(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	_ = json.NewEncoder(w).Encode(a.json) // into a recorder
}
