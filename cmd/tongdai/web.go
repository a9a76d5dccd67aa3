package main

import (
	"crypto/subtle"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/klauspost/compress/gzhttp"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"tongdai/configs"
	"tongdai/inbox/api"
	"tongdai/inbox/portal"
	"tongdai/inbox/ui"
	"tongdai/inbox/ui/widget"
)

// maxHeader bounds the headers of a request, in bytes.
const maxHeader = 32 << 10

// server returns the web server with every page and door of the hub, and the
// API, whose event streams are closed before the server is.
func (a *app) server(setupCode string) (*http.Server, *api.Server, error) {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	compress, err := compressed()
	if err != nil {
		return nil, nil, err
	}
	e.Use(a.recovered, headers(secure(a.cfg.HTTP.TrustedProxies)), compress)

	people := api.New(api.Parts{
		Hub: a.hub, Knowledge: a.index, Entries: a.store, Names: a.house, Directory: a.directory, Media: a.media, Storage: a, Log: a.log,
	}, api.Config{
		Organisation: a.cfg.Organisation.Name, Secure: secure(a.cfg.HTTP.TrustedProxies),
		Address: addressOf(a.cfg.HTTP.TrustedProxies), SetupCode: setupCode,
		URL: a.cfg.Organisation.URL, BodyLimit: int64(a.cfg.HTTP.Limits.Body), UploadLimit: uploadLimit, ImportLimit: importLimit,
	})
	people.Register(e)
	a.hooks(e)
	if err := a.pages(e); err != nil {
		return nil, nil, err
	}
	a.probes(e)
	limits := a.cfg.HTTP.Limits
	return &http.Server{
		Addr: a.cfg.HTTP.Listen, Handler: e, MaxHeaderBytes: maxHeader,
		ReadHeaderTimeout: limits.HeaderTimeout, ReadTimeout: limits.ReadTimeout, IdleTimeout: limits.IdleTimeout,
		ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}, people, nil
}

// Limits of files that members send, in bytes.
const (
	uploadLimit = 25 << 20
	importLimit = 20 << 20
)

// pages mounts what people open in a browser.
func (a *app) pages(e *echo.Echo) error {
	p, err := a.portal()
	if err != nil {
		return err
	}
	p.Register(e)
	e.RouteNotFound("/*", p.NotFound)
	widget := echo.WrapHandler(widget.Handler())
	e.GET("/widget.js", widget)
	desk := echo.WrapHandler(ui.Handler())
	for _, path := range ui.Paths {
		e.GET(path, desk)
	}
	return nil
}

func (a *app) portal() (*portal.Portal, error) {
	o := a.cfg.Organisation
	chat := ""
	for _, c := range a.cfg.Channels {
		if c.Kind == configs.KindWebchat {
			chat = c.ID
			break
		}
	}
	secret, err := a.derived("portal", 32)
	if err != nil {
		return nil, err
	}
	deps := portal.Deps{
		Knowledge: a.index, Directory: publicDirectory{a.house.current}, Popularity: a.hub, Marks: a.hub, Log: a.log,
		Matters: a.hub, Files: a.media, Address: addressOf(a.cfg.HTTP.TrustedProxies), Now: a.store.Now,
	}
	if form := a.form(); form != nil {
		deps.Form = form
	}
	return portal.New(portal.Config{
		Organisation: o.Name,
		Hotlines: []portal.Hotline{
			{Number: o.Hotline.Short, Label: "từ máy cố định trong tỉnh"},
			{Number: o.Hotline.Full, Label: "từ di động và ngoài tỉnh"},
		},
		Emergency: []portal.Hotline{
			{Number: "115", Label: "Cấp cứu"}, {Number: "114", Label: "Chữa cháy, cứu nạn"}, {Number: "113", Label: "Công an"},
		},
		Chat: chat, URL: o.URL, Sure: a.cfg.Bot.AnswerAt, Styles: ui.Styles(), Secret: secret,
	}, deps)
}

// probes mounts what machines ask.
func (a *app) probes(e *echo.Echo) {
	e.GET("/healthz", func(c echo.Context) error { return c.String(http.StatusOK, "ok\n") })
	e.GET("/readyz", func(c echo.Context) error {
		if a.leaving.Load() {
			return c.String(http.StatusServiceUnavailable, "stopping\n")
		}
		if err := a.hub.Ready(c.Request().Context()); err != nil {
			a.log.WarnContext(c.Request().Context(), "not ready", "err", err)
			return c.String(http.StatusServiceUnavailable, "not ready\n")
		}
		return c.String(http.StatusOK, "ready\n"+a.caveats()+a.storageTrouble()+a.backupTrouble())
	})
	e.GET(verifyPath, a.verifyHere, a.metricsGuard)
	e.POST(backupPath, a.backupHere) // asks for the installation's key itself
	registry := prometheus.NewRegistry()
	registry.MustRegister(a.collectors()...)
	e.GET("/metrics", echo.WrapHandler(promhttp.HandlerFor(registry, promhttp.HandlerOpts{})), a.metricsGuard)
}

// metricsGuard lets in who has the token, or without one only this machine
// itself: a proxy on this machine speaks for others, and says so.
func (a *app) metricsGuard(next echo.HandlerFunc) echo.HandlerFunc {
	token := string(a.cfg.HTTP.Metrics.Token)
	return func(c echo.Context) error {
		r := c.Request()
		if token != "" {
			given, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			if subtle.ConstantTimeCompare([]byte(given), []byte(token)) == 1 {
				return next(c)
			}
			return echo.ErrNotFound
		}
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		forwarded := r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != ""
		if err != nil || forwarded || !peer.Addr().Unmap().IsLoopback() {
			return echo.ErrNotFound
		}
		return next(c)
	}
}

// policy is the one content security policy: nothing inline, nothing foreign.
const policy = "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// hsts tells browsers to come back over TLS only, for a year (RFC 6797).
const hsts = "max-age=31536000"

// headers sets what every answer carries; handlers may narrow it.
func headers(overTLS func(*http.Request) bool) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			setHeaders(c.Response().Header(), overTLS(c.Request()))
			return next(c)
		}
	}
}

func setHeaders(h http.Header, overTLS bool) {
	if overTLS {
		h.Set("Strict-Transport-Security", hsts)
	}
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(self)")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}

// compressed leaves event streams alone: they must reach the reader at once.
// Short answers, which most of the chat's are, do not even take up a
// compressor, whose making costs more than the rest of the request.
func compressed() (echo.MiddlewareFunc, error) {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(1024))
	if err != nil {
		return nil, err
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			path := c.Request().URL.Path
			if strings.HasSuffix(path, "/events") || strings.Contains(path, "/attachments/") || path == "/metrics" || path == verifyPath || path == backupPath {
				return next(c)
			}
			plain := c.Response()
			defer c.SetResponse(plain)
			wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				c.SetResponse(echo.NewResponse(w, c.Echo()))
				if err := next(c); err != nil {
					c.Error(err) // answered here, while the compressor is open
				}
			})).ServeHTTP(plain, c.Request())
			return nil
		}
	}, nil
}

// recovered turns a panic of a handler into an answer without its inside.
func (a *app) recovered(next echo.HandlerFunc) echo.HandlerFunc {
	return middleware.RecoverWithConfig(middleware.RecoverConfig{
		LogErrorFunc: func(c echo.Context, err error, stack []byte) error {
			a.log.Error("handler panicked", "route", c.Path(), "err", err, "stack", string(stack))
			return errors.New("internal error")
		},
	})(next)
}

// addressOf tells the caller's address. X-Forwarded-For counts only where it
// was written by a trusted proxy, so that nobody chooses his own.
func addressOf(trusted []string) func(*http.Request) string {
	if len(trusted) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, cidr := range trusted {
		if _, network, err := net.ParseCIDR(cidr); err == nil { // checked with the configuration
			options = append(options, echo.TrustIPRange(network))
		}
	}
	return echo.ExtractIPFromXFFHeader(options...)
}

// networksOf reads what was checked with the configuration.
func networksOf(cidrs []string) (networks []netip.Prefix) {
	for _, cidr := range cidrs {
		if network, err := netip.ParsePrefix(cidr); err == nil {
			networks = append(networks, network)
		}
	}
	return networks
}

// secure tells whether a request came over TLS to us or to a trusted proxy.
func secure(trusted []string) func(*http.Request) bool {
	networks := networksOf(trusted)
	return func(r *http.Request) bool {
		if r.TLS != nil {
			return true
		}
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || r.Header.Get("X-Forwarded-Proto") != "https" {
			return false
		}
		for _, network := range networks {
			if network.Contains(peer.Addr().Unmap()) {
				return true
			}
		}
		return false
	}
}
