package messengersim

import (
	"crypto/hmac"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// refusal is an error as the Graph API tells it.
type refusal struct {
	Status    int    `json:"-"`
	Message   string `json:"message"`
	Type      string `json:"type"`
	Code      int    `json:"code"`
	Subcode   int    `json:"error_subcode,omitempty"`
	Transient bool   `json:"is_transient,omitempty"`
	Trace     string `json:"fbtrace_id"`
}

func refuse(code, subcode int, format string, args ...any) *refusal {
	r := &refusal{Status: http.StatusBadRequest, Code: code, Subcode: subcode, Type: "OAuthException"}
	r.Message = fmt.Sprintf("(#%d) ", code) + fmt.Sprintf(format, args...)
	return r
}

func invalid(format string, args ...any) *refusal { return refuse(100, 0, format, args...) }

// caller is who made a call, and for what.
type caller struct {
	page *pageState // nil: the app itself
	id   string     // the object of the call
	edge string     // of it
}

// operation is one call, its caller known.
type operation func(by caller, r *http.Request, call *Call) (any, *refusal)

var version = regexp.MustCompile(`^v[0-9]+\.[0-9]$`)

// serveGraph finds the operation of a call.
func (s *Sim) serveGraph(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(parts) < 2 || len(parts) > 3 || !version.MatchString(parts[0]) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, PhonePath, http.StatusFound)
			return
		}
		http.NotFound(w, r)
		return
	}
	by := caller{id: parts[1]}
	if len(parts) == 3 {
		by.edge = parts[2]
	}
	on, do := s.operation(r.Method, by)
	s.faulty(on, s.authorized(by, do))(w, r)
}

func (s *Sim) operation(method string, by caller) (Endpoint, operation) {
	switch method + " " + by.edge {
	case "POST messages":
		return MessageEndpoint, s.postMessage
	case "POST message_attachments":
		return UploadEndpoint, s.postAttachment
	case "POST comments":
		return CommentEndpoint, s.postComment
	case "GET subscribed_apps":
		return PageEndpoint, s.getSubscribed
	case "POST subscribed_apps":
		return PageEndpoint, s.postSubscribed
	case "POST messenger_profile":
		return PageEndpoint, s.postProfile
	case "GET subscriptions":
		return AppEndpoint, s.getSubscriptions
	case "POST subscriptions":
		return AppEndpoint, s.postSubscriptions
	case "POST take_thread_control", "POST pass_thread_control", "POST request_thread_control":
		return ThreadEndpoint, s.postThread
	case "GET conversations":
		return HistoryEndpoint, s.getConversations
	case "GET messages":
		return HistoryEndpoint, s.getMessages
	case "GET ":
		if by.id == "me" {
			return PageEndpoint, s.getMe
		}
		return UserEndpoint, s.getUser
	case "POST ":
		return CommentEndpoint, s.postHidden
	}
	return "", func(caller, *http.Request, *Call) (any, *refusal) {
		return nil, invalid("Unsupported %s request: unknown path components: /%s", strings.ToLower(method), by.edge)
	}
}

// Usage is what the answers tell of how much of what is allowed is used.
type Usage struct {
	Percent int `json:"percent"`
	Regain  int `json:"regain"` // minutes
}

// SetUsage has every answer tell u; the zero Usage tells nothing.
func (s *Sim) SetUsage(u Usage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.usage = u
}

// authorized checks what every call must carry.
func (s *Sim) authorized(by caller, do operation) serve {
	return func(w http.ResponseWriter, r *http.Request, call *Call) {
		page, usage, no := s.admit(r)
		by.page = page
		if page != nil {
			call.Page = page.ID
		}
		if usage != (Usage{}) {
			told, _ := json.Marshal(map[string][]map[string]any{"100": {{
				"type": "messenger", "call_count": usage.Percent, "total_cputime": 1, "total_time": 1,
				"estimated_time_to_regain_access": usage.Regain,
			}}})
			w.Header().Set("X-Business-Use-Case-Usage", string(told))
		}
		var data any
		if no == nil {
			data, no = do(by, r, call)
		}
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		if no == nil {
			_, _ = w.Write(encode(data)) // into a recorder
			return
		}
		no.Trace = "ASim" + strconv.Itoa(no.Code)
		call.Code, call.Subcode = no.Code, no.Subcode
		w.WriteHeader(no.Status)
		_, _ = w.Write(encode(map[string]any{"error": no}))
	}
}

// admit finds who calls, and counts the call.
func (s *Sim) admit(r *http.Request) (*pageState, Usage, *refusal) {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		token = r.FormValue("access_token")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	usage := s.usage
	proof := r.URL.Query().Get("appsecret_proof")
	switch {
	case token == "":
		return nil, usage, refuse(104, 0, "An access token is required to request this resource.")
	case proof == "" && !s.cfg.NoProof:
		return nil, usage, invalid("API calls from the server require an appsecret_proof argument")
	case proof != "" && !hmac.Equal([]byte(proof), []byte(Proof(s.cfg.AppSecret, token))):
		return nil, usage, invalid("Invalid appsecret_proof provided in the API argument")
	case token == s.cfg.AppID+"|"+s.cfg.AppSecret:
		return nil, usage, nil
	}
	var page *pageState
	for _, p := range s.pages {
		if p.Token == token {
			page = p
		}
	}
	if page == nil {
		return nil, usage, refuse(190, 0, "Malformed access token %s", token)
	}
	if page.dead != 0 {
		no := refuse(190, page.dead, "Error validating access token: The session has been invalidated.")
		no.Status = http.StatusUnauthorized
		return nil, usage, no
	}
	if minute := s.cfg.Now().Truncate(time.Minute); !minute.Equal(s.minute) {
		s.minute, s.used = minute, map[string]int{}
	}
	if s.used[page.ID]++; s.used[page.ID] > s.cfg.PerMinute {
		return page, Usage{Percent: 100, Regain: 1}, refuse(613, 0, "Calls to this api have exceeded the rate limit.")
	}
	return page, usage, nil
}

// Revoke makes the page's token useless: 458 the app was removed, 460 the
// password changed, 463 it has expired, 467 invalid; 0: it is good again.
func (s *Sim) Revoke(page string, subcode int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages[page].dead = subcode
}

// Lose takes the page away from the app, as after an hour of silence.
func (s *Sim) Lose(page string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages[page].fields = nil
}

// onPage is the page that a call is about, which must be the caller's.
func (by caller) onPage() *refusal {
	if by.page == nil || by.id != "me" && by.id != by.page.ID {
		return invalid("Object with ID '%s' does not exist, cannot be loaded due to missing permissions", by.id)
	}
	return nil
}

// readJSON reads a body that must be JSON.
func readJSON(r *http.Request, into any) *refusal {
	if media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); media != "application/json" {
		return invalid("the body must be application/json")
	}
	if err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 1<<20)).Decode(into); err != nil {
		return invalid("Invalid JSON in the body")
	}
	return nil
}
