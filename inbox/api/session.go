package api

import (
	"context"
	"crypto/subtle"
	"errors"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
)

var (
	errUnauthenticated = errors.New("api: not logged in")
	errTooManyLogins   = errors.New("api: too many logins from one address")
	errForeign         = errors.New("api: request of another origin")
	errMustChange      = errors.New("api: the password was given by somebody else and has to be changed first")
)

// Cookie names. The __Host- prefix binds the cookie to this host over TLS
// (RFC 6265bis, 4.1.3.2); browsers refuse it over plain HTTP, where a trial on
// one's own machine still has to work.
const (
	secureCookie = "__Host-tongdai"
	plainCookie  = "tongdai"
)

// open are the operations that need no login; every other does.
var open = map[string]bool{
	"GET /api/v1/openapi.yaml": true,
	"GET /api/v1/setup":        true,
	"POST /api/v1/setup":       true,
	"POST /api/v1/session":     true,

	"POST /api/v1/invitation/look": true,
	"POST /api/v1/invitation":      true,
}

// passive are the operations that a page does by itself: they keep no session awake.
var passive = map[string]bool{
	"GET /api/v1/events":                     true,
	"GET /api/v1/views":                      true,
	"GET /api/v1/channels":                   true,
	"GET /api/v1/session":                    true,
	"GET /api/v1/conversations":              true,
	"GET /api/v1/conversations/:id/messages": true,
	"PUT /api/v1/conversations/:id/presence": true,
	"GET /api/v1/answers":                    true,
	"GET /api/v1/notices":                    true,
	"GET /api/v1/saved-views":                true,
	"GET /api/v1/storage":                    true,
	"GET /api/v1/hold":                       true,
}

// uploads are the operations that take a form with a file; every other takes JSON.
var uploads = map[string]bool{
	"POST /api/v1/attachments":                true,
	"POST /api/v1/duty/roster/file":           true,
	"POST /api/v1/directory/imports":          true,
	"POST /api/v1/directory/imports/preview":  true,
	"POST /api/v1/knowledge/expected/imports": true,
	"POST /api/v1/knowledge/files":            true,
	"POST /api/v1/knowledge/imports":          true,
	"POST /api/v1/knowledge/imports/preview":  true,
	"POST /api/v1/members/imports":            true,
	"POST /api/v1/members/imports/preview":    true,
}

// beforeChange are the operations open to a member whose password was given by
// somebody else, until it is changed.
var beforeChange = map[string]bool{
	"GET /api/v1/session":          true,
	"DELETE /api/v1/session":       true,
	"PUT /api/v1/session/password": true,
}

type callerKey struct{}

// caller is who calls, with what a handler needs of the request.
type caller struct {
	actor  inbox.Actor
	token  string // of a session; empty: there is none
	bearer string // an API token, instead of a session
	secure bool
	agent  string
	base   string // address of the installation as the caller knows it
}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

func actorOf(ctx context.Context) inbox.Actor { return callerOf(ctx).actor }

// authenticate finds out who is calling and refuses nobody where a login is needed.
func (s *Server) authenticate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		who := caller{secure: s.cfg.Secure(r), agent: r.UserAgent()}
		who.actor.Address = s.cfg.Address(r)
		who.base = s.base(r, who.secure)
		operation := operationOf(c)
		if token, ok := bearerOf(r); ok {
			who.bearer = token
		} else if cookie, err := r.Cookie(cookieName(who.secure)); err == nil {
			who.token = cookie.Value
		}
		switch actor, err := s.recognise(r.Context(), who, !passive[operation]); {
		case err == nil:
			who.actor = actor
		case !errors.Is(err, inbox.ErrNotFound):
			return err
		case !open[operation]:
			return errUnauthenticated
		default:
			who.token, who.bearer = "", ""
		}
		if who.actor.Member.MustChange && !open[operation] && !beforeChange[operation] {
			return errMustChange
		}
		if err := s.heldUp(r.Context(), who, operation); err != nil {
			return err
		}
		c.Response().Header().Set("Cache-Control", "no-store")
		c.SetRequest(r.WithContext(context.WithValue(r.Context(), callerKey{}, who)))
		return next(c)
	}
}

// recognise is the hub's word on a session or an API token, or its store's
// silence. It asks anew each time: what was ended is refused from then on.
func (s *Server) recognise(ctx context.Context, who caller, acts bool) (inbox.Actor, error) {
	ctx, cancel := context.WithTimeout(ctx, briefly)
	defer cancel()
	switch {
	case who.bearer != "":
		actor, err := s.Hub.AuthenticateToken(ctx, who.bearer)
		return actor.From(who.actor.Address), err
	case who.token != "":
		m, err := s.Hub.Authenticate(ctx, who.token, acts)
		return inbox.Actor{Member: m, Address: who.actor.Address}, err
	default:
		return inbox.Actor{}, inbox.ErrNotFound
	}
}

// bearerOf is the API token of a request. Whoever sends one sends it on purpose,
// as no page can make a browser do; a cookie beside it counts for nothing.
func bearerOf(r *http.Request) (token string, ok bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer")
}

// base is where the caller finds the installation.
func (s *Server) base(r *http.Request, secure bool) string {
	switch {
	case s.cfg.URL != "":
		return s.cfg.URL
	case secure:
		return "https://" + r.Host
	default:
		return "http://" + r.Host
	}
}

// How long an operation may take until the caller is told to try again: what
// changes something briefly, because what hangs will not be done; what is looked
// up, or has a password to check, for as long as a person waits.
const (
	briefly = 1500 * time.Millisecond
	atMost  = 8 * time.Second
)

// unhurried are the operations that take as long as they take: files come and go
// at their reader's pace, and a stream does not end.
var unhurried = map[string]bool{
	"POST /api/v1/attachments":                              true,
	"POST /api/v1/knowledge/files":                          true,
	"GET /api/v1/knowledge/entries/:id/files/:file":         true,
	"GET /api/v1/conversations/:id/attachments/:attachment": true,
	"POST /api/v1/knowledge/imports":                        true,
	"POST /api/v1/knowledge/imports/preview":                true,
	"POST /api/v1/members/imports":                          true,
	"POST /api/v1/members/imports/preview":                  true,
	"GET /api/v1/events":                                    true,
}

// slowly are the operations that check a password, which is made to take long,
// or do much at once.
var slowly = map[string]bool{
	"POST /api/v1/setup":                true,
	"POST /api/v1/session":              true,
	"POST /api/v1/session/proof":        true,
	"PUT /api/v1/session/password":      true,
	"POST /api/v1/bulk":                 true, // many acts, each kept by itself
	"POST /api/v1/incidents/:id/answer": true,
	"POST /api/v1/invitation":           true,
}

// timely ends what the store holds up.
func timely(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		operation, limit := operationOf(c), briefly
		if unhurried[operation] {
			return next(c)
		}
		if c.Request().Method == http.MethodGet || slowly[operation] {
			limit = atMost
		}
		ctx, cancel := context.WithTimeout(c.Request().Context(), limit)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}

// bounded keeps requests short and refuses what is not JSON. Uploads have
// limits of their own.
func (s *Server) bounded(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		switch {
		case r.Body == nil || r.Body == http.NoBody:
		case kind == "multipart/form-data" && uploads[operationOf(c)]:
		case kind != "application/json" && r.ContentLength != 0:
			return echo.ErrUnsupportedMediaType
		default:
			r.Body = http.MaxBytesReader(c.Response(), r.Body, s.cfg.BodyLimit)
		}
		return next(c)
	}
}

// sameOrigin refuses changing requests that another site made a browser send.
func sameOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	protection := http.NewCrossOriginProtection()
	return func(c echo.Context) error {
		if _, ok := bearerOf(c.Request()); ok {
			return next(c)
		}
		if err := protection.Check(c.Request()); err != nil {
			return errForeign
		}
		return next(c)
	}
}

func cookieName(secure bool) string {
	if secure {
		return secureCookie
	}
	return plainCookie
}

func (c caller) cookie(token string) string {
	cookie := http.Cookie{
		Name: cookieName(c.secure), Value: token, Path: "/", Secure: c.secure,
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if token == "" {
		cookie.MaxAge = -1
	}
	return cookie.String()
}

// GetSetup tells whether the first administrator is still to be made.
func (s *Server) GetSetup(ctx context.Context, _ gen.GetSetupRequestObject) (gen.GetSetupResponseObject, error) {
	members, err := s.Hub.Members(ctx)
	return gen.GetSetup200JSONResponse{Needed: len(members) == 0}, err
}

// PostSetup makes the first administrator with the code from the server's log.
func (s *Server) PostSetup(ctx context.Context, req gen.PostSetupRequestObject) (gen.PostSetupResponseObject, error) {
	s.setup.Lock()
	defer s.setup.Unlock()
	who := callerOf(ctx)
	if !s.logins.allow(who.actor.Address) {
		return nil, errTooManyLogins
	}
	b := req.Body
	if s.cfg.SetupCode == "" || subtle.ConstantTimeCompare([]byte(b.Code), []byte(s.cfg.SetupCode)) != 1 {
		return nil, inbox.Invalid{{Field: "code", Message: "Mã một lần không đúng; xem mã trong nhật ký của máy chủ."}}
	}
	m, err := s.Hub.AddFirstAdmin(ctx, who.actor.Address, inbox.NewMember{Login: b.Login, Name: b.Name, Password: b.Password})
	if err != nil {
		return nil, err
	}
	token, err := s.Hub.BeginSession(ctx, m, who.actor.Address, who.agent)
	if err != nil {
		return nil, err
	}
	cookie := who.cookie(token)
	me, err := s.me(ctx, m)
	if err != nil {
		return nil, err
	}
	return gen.PostSetup200JSONResponse{Body: me, Headers: gen.PostSetup200ResponseHeaders{SetCookie: cookie}}, nil
}

// PostSession logs in.
func (s *Server) PostSession(ctx context.Context, req gen.PostSessionRequestObject) (gen.PostSessionResponseObject, error) {
	who := callerOf(ctx)
	if !s.logins.allow(who.actor.Address) {
		return nil, errTooManyLogins
	}
	given := inbox.Credentials{Login: req.Body.Login, Password: req.Body.Password, Code: req.Body.Code}
	m, token, err := s.Hub.Login(ctx, given, who.actor.Address, who.agent)
	if err != nil {
		return nil, err
	}
	me, err := s.me(ctx, m)
	if err != nil {
		return nil, err
	}
	return gen.PostSession200JSONResponse{Body: me, Headers: gen.PostSession200ResponseHeaders{SetCookie: who.cookie(token)}}, nil
}

// GetSession tells who is logged in.
func (s *Server) GetSession(ctx context.Context, _ gen.GetSessionRequestObject) (gen.GetSessionResponseObject, error) {
	if !actorOf(ctx).May(inbox.KeepAccount) {
		return nil, inbox.ErrForbidden
	}
	me, err := s.me(ctx, actorOf(ctx).Member)
	return gen.GetSession200JSONResponse(me), err
}

// DeleteSession logs out.
func (s *Server) DeleteSession(ctx context.Context, _ gen.DeleteSessionRequestObject) (gen.DeleteSessionResponseObject, error) {
	who := callerOf(ctx)
	if !who.actor.May(inbox.KeepAccount) {
		return nil, inbox.ErrForbidden
	}
	if err := s.Hub.Logout(ctx, who.actor, who.token); err != nil {
		return nil, err
	}
	return gen.DeleteSession204Response{Headers: gen.DeleteSession204ResponseHeaders{SetCookie: who.cookie("")}}, nil
}

// PutPassword changes one's own password.
func (s *Server) PutPassword(ctx context.Context, req gen.PutPasswordRequestObject) (gen.PutPasswordResponseObject, error) {
	who := callerOf(ctx)
	if !who.actor.May(inbox.KeepAccount) {
		return nil, inbox.ErrForbidden
	}
	if !s.logins.allow(who.actor.Address) {
		return nil, errTooManyLogins
	}
	if err := s.Hub.ChangePassword(ctx, who.actor, who.token, req.Body.Old, req.Body.New); err != nil {
		return nil, err
	}
	return gen.PutPassword204Response{}, nil
}

func (s *Server) me(ctx context.Context, m inbox.Member) (gen.Me, error) {
	departments := make([]string, len(m.Departments))
	for i, d := range m.Departments {
		departments[i] = string(d)
	}
	has, owed, err := s.Hub.HasFactor(ctx, m)
	return gen.Me{
		Id: string(m.ID), Login: m.Login, Name: m.Name, Role: gen.Role(m.Role), Departments: departments,
		MustChangePassword: m.MustChange, SecondFactor: has, MustAddFactor: owed, TeamChat: s.Hub.TeamChat(), Organisation: s.cfg.Organisation,
	}, err
}

// loginLimiter slows down guessing from one address. Accounts are guarded by
// the hub besides. Its zero value is ready.
type loginLimiter struct {
	mu   sync.Mutex
	by   map[string]*rate.Limiter
	born time.Time
}

// What one address may try. The table is forgotten hourly, so that it stays small.
const (
	loginEvery  = 3 * time.Second
	loginBurst  = 20
	loginForget = time.Hour
	loginTable  = 50_000
)

func (l *loginLimiter) allow(address string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); l.by == nil || now.Sub(l.born) > loginForget || len(l.by) > loginTable {
		l.by, l.born = map[string]*rate.Limiter{}, now
	}
	limiter, ok := l.by[address]
	if !ok {
		limiter = rate.NewLimiter(rate.Every(loginEvery), loginBurst)
		l.by[address] = limiter
	}
	return limiter.Allow()
}
