package zalosim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// The errors of the OpenAPI that this simulator gives by itself, from Zalo's
// error table. Every other can be had with a Fault.
const (
	errRate        = -32
	errUploadGone  = -100
	errParameter   = -201
	errQuota       = -211
	errUnknownUser = -213
	errToken       = -216
	errBlocked     = -217
	errExpired     = -220
	errSilent      = -230
	errNever       = -232
	errUnsupported = -233
	errProof       = -242
)

// refusal is an error inside an answer.
type refusal struct {
	Code    int
	Message string
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s", r.Code, r.Message) }

func invalid(format string, args ...any) *refusal {
	return &refusal{errParameter, fmt.Sprintf(format, args...)}
}

// operation is one call of the OpenAPI, the caller known to be the OA.
type operation func(oa string, r *http.Request, call *Call) (data any, no *refusal)

func (s *Sim) openapiRoutes(mux *http.ServeMux) {
	api := func(pattern string, on Endpoint, do operation) {
		mux.HandleFunc(pattern, s.faulty(on, s.authorized(do)))
	}
	api("POST /v3.0/oa/message/cs", MessageEndpoint, s.postMessage)
	api("POST /v2.0/oa/message", MessageEndpoint, s.postOldMessage)
	api("POST /v2.0/oa/upload/image", UploadEndpoint, s.postUpload(imageUpload))
	api("POST /v2.0/oa/upload/gif", UploadEndpoint, s.postUpload(gifUpload))
	api("POST /v2.0/oa/upload/file", UploadEndpoint, s.postUpload(fileUpload))
	api("GET /v3.0/oa/user/detail", UserEndpoint, s.getUser)
	api("GET /v2.0/oa/getoa", OAEndpoint, s.getOA)
	api("POST /v3.0/oa/quota/message", QuotaEndpoint, s.postQuota)
	api("GET /v2.0/oa/listrecentchat", HistoryEndpoint, s.getRecent)
	api("GET /v2.0/oa/conversation", HistoryEndpoint, s.getConversation)
	mux.HandleFunc("GET /media/{id}", s.faulty(MediaEndpoint, s.getMedia))
}

// authorized checks what every call must carry. Refusals come with HTTP 200.
func (s *Sim) authorized(do operation) serve {
	return func(w http.ResponseWriter, r *http.Request, call *Call) {
		oa, remain, no := s.admit(r)
		w.Header().Set("X-RateLimit-Limit", strconv.Itoa(s.cfg.PerMinute))
		w.Header().Set("X-RateLimit-Remain", strconv.Itoa(remain))
		var data any
		if no == nil {
			call.OA = oa
			data, no = do(oa, r, call)
		}
		if no != nil {
			call.Code = no.Code
			writeJSON(w, map[string]any{"error": no.Code, "message": no.Message})
			return
		}
		writeJSON(w, map[string]any{"error": 0, "message": "Success", "data": data})
	}
}

func (s *Sim) admit(r *http.Request) (oa string, remain int, no *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Now()
	if minute := now.Truncate(time.Minute); !minute.Equal(s.minute) {
		s.minute, s.used = minute, 0
	}
	s.used++
	remain = max(s.cfg.PerMinute-s.used, 0)
	if s.used > s.cfg.PerMinute {
		return "", 0, &refusal{errRate, "Your application reached limit call api"}
	}
	token := r.Header.Get("access_token")
	f, ok := s.tokens.byAccess[token]
	switch {
	case !ok || f.dead:
		return "", remain, &refusal{errToken, "Access token is invalid"}
	case !now.Before(f.ends):
		return "", remain, &refusal{errExpired, "Access token has expired"}
	case s.cfg.NeedProof && !hmac.Equal([]byte(r.Header.Get("appsecret_proof")), []byte(Proof(s.cfg.AppSecret, token))):
		return "", remain, &refusal{errProof, "Appsecret_proof is invalid"}
	}
	return f.oa, remain, nil
}

// Proof is the header appsecret_proof that belongs to an access token.
func Proof(appSecret, token string) string {
	m := hmac.New(sha256.New, []byte(appSecret))
	m.Write([]byte(token))
	return hex.EncodeToString(m.Sum(nil))
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(encode(value)) // a caller that left needs no answer
}

// parameters reads the query parameter "data".
func parameters(r *http.Request, into any) *refusal {
	if err := json.Unmarshal([]byte(r.URL.Query().Get("data")), into); err != nil {
		return invalid("data is invalid")
	}
	return nil
}

func (s *Sim) getOA(oa string, _ *http.Request, _ *Call) (any, *refusal) {
	known, _ := s.oa(oa)
	return map[string]any{"oa_id": known.ID, "name": known.Name, "is_verified": true, "description": ""}, nil
}

func (s *Sim) getUser(oa string, r *http.Request, call *Call) (any, *refusal) {
	var p struct {
		User string `json:"user_id"`
	}
	if no := parameters(r, &p); no != nil {
		return nil, no
	}
	call.User = p.User
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.chats[chatID{oa, p.User}]
	if !ok || c.last.IsZero() {
		return nil, &refusal{errUnknownUser, "User has not interacted with the OA"}
	}
	if s.cfg.FollowersOnly && !c.follows {
		return nil, &refusal{errUnknownUser, "User is not a follower of the OA"}
	}
	name := c.name
	if c.hides {
		name = ""
	}
	shared := map[string]string{"name": "", "phone": "", "address": "", "city": "", "district": ""}
	if c.shared != nil {
		shared["name"], shared["phone"], shared["address"] = c.shared.Name, c.shared.Phone, c.shared.Address
		shared["city"], shared["district"] = c.shared.City, c.shared.Ward
	}
	return map[string]any{
		"user_id": p.User, "user_id_by_app": byApp(p.User), "user_external_id": "", "display_name": name,
		"user_alias": "", "is_sensitive": c.hides, "user_last_interaction_date": c.last.Format("02/01/2006"),
		"user_is_follower": c.follows, "avatar": "", "avatars": map[string]string{},
		"tags_and_notes_info": map[string]any{"notes": []string{}, "tag_names": []string{}}, "shared_info": shared,
	}, nil
}

func (s *Sim) postQuota(oa string, r *http.Request, call *Call) (any, *refusal) {
	var p struct {
		User string `json:"user_id"`
	}
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
		return nil, invalid("body is invalid")
	}
	call.User = p.User
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.chats[chatID{oa, p.User}]
	if !ok {
		return nil, &refusal{errUnknownUser, "User has not interacted with the OA"}
	}
	remain := 0
	if s.cfg.Now().Sub(c.last) <= s.cfg.FreeWindow {
		remain = max(s.cfg.FreeReplies-c.free, 0)
	}
	return map[string]any{
		"last_interaction": milliseconds(c.last),
		"cs_reply":         map[string]int{"remain": remain, "total": s.cfg.FreeReplies},
	}, nil
}

// historyPage is the most that one call of the history gives.
const historyPage = 10

type historyQuery struct {
	User   string `json:"user_id"`
	Offset int    `json:"offset"`
	Count  int    `json:"count"`
}

func page(r *http.Request) (historyQuery, *refusal) {
	var q historyQuery
	if no := parameters(r, &q); no != nil {
		return q, no
	}
	if q.Count < 1 || q.Count > historyPage || q.Offset < 0 {
		return q, invalid("count is invalid")
	}
	return q, nil
}

func (s *Sim) getRecent(oa string, r *http.Request, _ *Call) (any, *refusal) {
	q, no := page(r)
	if no != nil {
		return nil, no
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.history(oa, func(string) bool { return true }, q, true), nil
}

func (s *Sim) getConversation(oa string, r *http.Request, call *Call) (any, *refusal) {
	q, no := page(r)
	if no != nil {
		return nil, no
	}
	call.User = q.User
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.history(oa, func(user string) bool { return user == q.User }, q, false), nil
}
