// Package api is the hub's door for people with an account: the JSON API of
// the desk and of administration, its live events, uploads and downloads.
//
// openapi.yaml is the contract; package gen holds what is generated from it,
// and Server implements it. Handlers translate, nothing more: they bind, call
// one method of the hub, and map the result. One place turns errors into
// statuses (problem.go), one finds out who is calling (session.go), one holds
// requests to the document (contract.go), and rights are the hub's business alone.
package api

import (
	"context"
	_ "embed"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
	"tongdai/inbox/directory/revisions"
	"tongdai/inbox/media"
	"tongdai/kb"
)

//go:embed openapi.yaml
var document []byte

// Knowledge is what the API shows of the published knowledge.
type Knowledge interface {
	kb.Searcher
	Suggest(ctx context.Context, text string, limit int) ([]kb.Hit, error)
}

// Names are what screens call departments and fields.
type Names interface {
	Departments(at time.Time) []Department
	Categories() []Category
}

// Department is a unit as screens name it.
type Department struct {
	ID      kb.DepartmentID
	Name    string
	Hotline string
	Desk    bool // the permanent desk itself
	Current bool // exists at that time
}

// Category is a field as screens name it.
type Category struct {
	ID   kb.CategoryID
	Name string
}

// Config is what the API needs to know of the installation.
type Config struct {
	Organisation string
	URL          string // public base address without a trailing slash; empty: the address a request came to
	// Secure tells whether a request came over TLS, perhaps through a trusted proxy.
	Secure func(*http.Request) bool
	// Address is the caller's address, forged headers not believed.
	Address     func(*http.Request) string
	BodyLimit   int64  // bytes of a request that is no upload
	UploadLimit int64  // bytes of one file
	ImportLimit int64  // bytes of one Excel file
	SetupCode   string // lets the first administrator in while there is no member
}

// Parts are what the API is put together from.
type Parts struct {
	Hub       *inbox.Hub
	Knowledge Knowledge
	Entries   kb.Store
	Names     Names
	Directory *revisions.Keeper
	Media     *media.Store
	Storage   Storage
	Log       *slog.Logger
}

// Server answers the API.
type Server struct {
	Parts
	cfg    Config
	logins loginLimiter
	setup  sync.Mutex // one first administrator at a time
	closed chan struct{}
	once   sync.Once
	pace   pace
}

var _ gen.StrictServerInterface = (*Server)(nil)

// New returns a server; Register mounts it.
func New(p Parts, cfg Config) *Server {
	return &Server{Parts: p, cfg: cfg, closed: make(chan struct{}), pace: steady}
}

// Close ends the event streams, so that the web server can stop; their readers
// come back and resume by number.
func (s *Server) Close() { s.once.Do(func() { close(s.closed) }) }

// Register mounts the API under /api/v1. Whoever is not named in open must be
// logged in.
func (s *Server) Register(e *echo.Echo) {
	g := e.Group("/api/v1", s.problems, sameOrigin, s.bounded, s.authenticate, timely, contracted)
	g.GET("/openapi.yaml", func(c echo.Context) error {
		return c.Blob(http.StatusOK, "application/yaml", document)
	})
	gen.RegisterHandlers(g, gen.NewStrictHandler(s, nil))
	g.POST("/knowledge/imports/preview", s.previewImport)
	g.POST("/knowledge/imports", s.applyImport)
	g.GET("/knowledge/export", s.exportKnowledge)
	g.POST("/knowledge/expected/imports", s.importExpected)
	g.POST("/knowledge/files", s.uploadEntryFile)
	g.GET("/knowledge/entries/:id/files/:file", s.downloadEntryFile)
	g.POST("/directory/imports/preview", s.previewBook)
	g.POST("/directory/imports", s.importBook)
	g.GET("/directory/export", s.exportBook)
	g.GET("/duty/roster/file", s.exportRoster)
	g.POST("/duty/roster/file", s.importRoster)
	g.POST("/members/imports/preview", s.previewAccounts)
	g.POST("/members/imports", s.applyAccounts)
	g.POST("/attachments", s.uploadAttachment)
	g.GET("/conversations/:id/attachments/:attachment", s.downloadAttachment)
	g.GET("/conversations/:id/messages/:message/page", s.getLetterPage)
	g.GET("/events", s.followEvents)
	g.Any("/*", func(echo.Context) error { return inbox.ErrNotFound })
}
