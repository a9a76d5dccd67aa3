package zalosim

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The errors of OAuth. The page's are on record in SDK notes; of the token
// endpoint's only -14020 is, the others are this simulator's own, as a caller
// must go by the missing access_token and not by the number.
const (
	errAppID       = -14002
	errRedirect    = -14003
	errAppSecret   = -14004
	errGrant       = -14005
	errCode        = -14010
	errVerifier    = -14011
	errRefreshUsed = -14020
)

// Tokens counts what OAuth did.
type Tokens struct {
	Grants    int `json:"grants"`    // pairs made from a code, or by Grant
	Refreshes int `json:"refreshes"` // pairs made from a refresh token
	Reuses    int `json:"reuses"`    // refresh tokens that came a second time
	Refused   int `json:"refused"`   // calls of the token endpoint that failed, reuses included
}

// family is all the pairs that descend from one consent. At most one pair of it
// is alive; a refresh token that comes a second time ends it.
type family struct {
	oa      string
	dead    bool
	access  string
	ends    time.Time // of access
	refresh string
	last    time.Time // of refresh
}

type tokens struct {
	byAccess  map[string]*family
	byRefresh map[string]*family // used ones too, so that reuse is noticed
	codes     map[string]grant
	count     Tokens
}

type grant struct {
	oa, challenge string
	ends          time.Time
}

func newTokens() tokens {
	return tokens{byAccess: map[string]*family{}, byRefresh: map[string]*family{}, codes: map[string]grant{}}
}

// Pair is what the token endpoint gives.
type Pair struct {
	Access, Refresh string
}

// Grant makes a pair for the OA as the API Explorer of the developer site does,
// without a consent page. Older pairs of the OA die.
func (s *Sim) Grant(oa string) Pair {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.grant(oa)
}

func (s *Sim) grant(oa string) Pair {
	s.endFamilies(oa)
	f := &family{oa: oa}
	s.renew(f)
	s.tokens.count.Grants++
	return Pair{f.access, f.refresh}
}

// Expire ends the access token of the OA now, as the end of its 25 hours does.
func (s *Sim) Expire(oa string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.tokens.byAccess {
		if f.oa == oa {
			f.ends = s.cfg.Now()
		}
	}
}

// Revoke ends the consent of the OA: no token of it works any more.
func (s *Sim) Revoke(oa string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endFamilies(oa)
}

func (s *Sim) endFamilies(oa string) {
	for _, f := range s.tokens.byRefresh {
		f.dead = f.dead || f.oa == oa
	}
}

// renew gives f a new pair; the old access token dies at this moment.
func (s *Sim) renew(f *family) {
	delete(s.tokens.byAccess, f.access)
	now := s.cfg.Now()
	f.access, f.ends = secret("at"), now.Add(s.cfg.AccessLife)
	f.refresh, f.last = secret("rt"), now.Add(s.cfg.RefreshLife)
	s.tokens.byAccess[f.access] = f
	s.tokens.byRefresh[f.refresh] = f
}

func secret(prefix string) string { return prefix + rand.Text() + rand.Text() }

func (s *Sim) oauthRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /v4/oa/permission", s.getPermission)
	mux.HandleFunc("POST /v4/oa/permission", s.postPermission)
	mux.HandleFunc("POST /v4/oa/access_token", s.faulty(TokenEndpoint, s.postToken))
}

var permissionPage = template.Must(template.ParseFS(pages, "pages/permission.html"))

// permission is a request for consent, checked as the platform checks it.
type permission struct {
	OAs       []OA
	Query     url.Values
	Problem   string
	Code      int
	Redirect  *url.URL
	Challenge string
}

func (s *Sim) permission(q url.Values) permission {
	p := permission{OAs: s.cfg.OAs, Query: q, Challenge: q.Get("code_challenge")}
	redirect, err := url.Parse(q.Get("redirect_uri"))
	switch {
	case q.Get("app_id") != s.cfg.AppID:
		p.Code, p.Problem = errAppID, "Invalid app id"
	case err != nil || !redirect.IsAbs() || s.cfg.CallbackURL != "" && redirect.String() != s.cfg.CallbackURL:
		p.Code, p.Problem = errRedirect, "Invalid redirect uri"
	case len(p.Challenge) != 43:
		p.Code, p.Problem = errVerifier, "Invalid code challenge"
	}
	p.Redirect = redirect
	return p
}

func (s *Sim) getPermission(w http.ResponseWriter, r *http.Request) {
	p := s.permission(r.URL.Query())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = permissionPage.Execute(w, p) // a reader that left needs no page
}

// postPermission is the administrator's "Cho phép".
func (s *Sim) postPermission(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "malformed form", http.StatusBadRequest)
		return
	}
	p := s.permission(r.URL.Query())
	oa, ok := s.oa(r.PostForm.Get("oa"))
	if p.Code != 0 || !ok {
		http.Error(w, p.Problem, http.StatusBadRequest)
		return
	}
	http.Redirect(w, r, s.consent(oa.ID, p), http.StatusFound)
}

// consent makes a code and returns the address the browser is sent back to.
func (s *Sim) consent(oa string, p permission) string {
	code := secret("code")
	s.mu.Lock()
	s.tokens.codes[code] = grant{oa: oa, challenge: p.Challenge, ends: s.cfg.Now().Add(s.cfg.CodeLife)}
	s.mu.Unlock()
	back := *p.Redirect
	q := back.Query()
	q.Set("code", code)
	q.Set("oa_id", oa)
	q.Set("state", p.Query.Get("state"))
	back.RawQuery = q.Encode()
	return back.String()
}

// Consent is an administrator of the OA who follows link (the one the hub
// shows) and allows: it returns the address the browser is sent back to.
func (s *Sim) Consent(oa, link string) (string, error) {
	u, err := url.Parse(link)
	if err != nil {
		return "", err
	}
	p := s.permission(u.Query())
	if p.Code != 0 {
		return "", &refusal{Code: p.Code, Message: p.Problem}
	}
	return s.consent(oa, p), nil
}

// postToken exchanges a code or a refresh token. It fails with HTTP 200.
func (s *Sim) postToken(w http.ResponseWriter, r *http.Request, call *Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, no := s.exchange(r)
	if no != nil {
		s.tokens.count.Refused++
		call.Code = no.Code
		writeJSON(w, map[string]any{
			"error": no.Code, "error_name": no.Message, "error_reason": no.Message,
			"ref_doc": "https://developers.zalo.me/docs", "error_description": no.Message,
		})
		return
	}
	call.OA = f.oa
	writeJSON(w, map[string]any{
		"access_token": f.access, "refresh_token": f.refresh,
		"expires_in": strconv.Itoa(int(s.cfg.AccessLife.Seconds())),
	})
}

func (s *Sim) exchange(r *http.Request) (*family, *refusal) {
	if media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); media != "application/x-www-form-urlencoded" {
		return nil, &refusal{errGrant, "Content type must be application/x-www-form-urlencoded"}
	}
	if err := r.ParseForm(); err != nil {
		return nil, &refusal{errGrant, "Invalid form"}
	}
	form := r.PostForm
	switch {
	case r.Header.Get("secret_key") != s.cfg.AppSecret:
		return nil, &refusal{errAppSecret, "Invalid secret key"}
	case form.Get("app_id") != s.cfg.AppID:
		return nil, &refusal{errAppID, "Invalid app id"}
	case form.Get("grant_type") == "authorization_code":
		return s.byCode(form.Get("code"), form.Get("code_verifier"))
	case form.Get("grant_type") == "refresh_token":
		return s.refresh(form.Get("refresh_token"))
	}
	return nil, &refusal{errGrant, "Invalid grant type"}
}

func (s *Sim) byCode(code, verifier string) (*family, *refusal) {
	g, ok := s.tokens.codes[code]
	delete(s.tokens.codes, code)
	if !ok || s.cfg.Now().After(g.ends) {
		return nil, &refusal{errCode, "Invalid authorization code"}
	}
	sum := sha256.Sum256([]byte(verifier))
	if base64.RawURLEncoding.EncodeToString(sum[:]) != g.challenge {
		return nil, &refusal{errVerifier, "Invalid code verifier"}
	}
	s.grant(g.oa)
	for _, f := range s.tokens.byAccess {
		if f.oa == g.oa && !f.dead {
			return f, nil
		}
	}
	return nil, &refusal{errCode, "Invalid authorization code"}
}

func (s *Sim) refresh(token string) (*family, *refusal) {
	f, ok := s.tokens.byRefresh[token]
	switch {
	case !ok:
		return nil, &refusal{errRefreshUsed, "Invalid refresh token"}
	case f.refresh != token:
		f.dead = true
		s.tokens.count.Reuses++
		return nil, &refusal{errRefreshUsed, "Invalid refresh token"}
	case f.dead || s.cfg.Now().After(f.last):
		return nil, &refusal{errRefreshUsed, "Invalid refresh token"}
	}
	s.renew(f)
	s.tokens.count.Refreshes++
	return f, nil
}
