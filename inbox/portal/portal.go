// Package portal is the citizens' first page and what belongs to it: the
// answers of the knowledge base by question and by field, one printable page
// for each answer, the ways to reach the hotline, the privacy notice; and what
// a citizen does without a chat: report something (report.go), follow it and
// add to it (lookup.go, track.go), and read what others asked in public
// (public.go).
//
// Pages are made on the server and are whole without JavaScript: searching is a
// form, a question opens by <details>, a telephone number is a link. One small
// script adds answers as one types and opens the chat widget; where it cannot,
// the same links lead to pages that say how else to reach people.
//
// The portal itself keeps nothing of who asked what: no cookie, no log of
// questions, and pages that show a question are not stored by caches. Whoever
// says that an answer helped or did not (helped.go) hands on, with nothing of
// who it was, what was searched for. What is reported goes the way of every
// message, through a channel of its own (Form) to the hub (Matters). Only
// entries that may be given to a citizen now are shown; an answer that expired
// while a page was open is gone at the next click.
//
// Nothing on a page is inline, so a content security policy of 'self' for
// scripts, styles, fonts and images is enough. Policy headers and compression
// are the server's.
package portal

import (
	"cmp"
	"context"
	"errors"
	"html/template"
	"iter"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"tongdai/connectors/edge"
	"tongdai/inbox/directory"
	"tongdai/kb"
)

// Knowledge is what the portal asks of the knowledge base.
type Knowledge interface {
	// Suggest finds entries for a question that is still being typed, its last
	// word perhaps unfinished, best first.
	Suggest(ctx context.Context, text string, limit int) ([]kb.Hit, error)
	kb.Searcher
	// Entry returns a published entry.
	Entry(id kb.EntryID) (kb.Entry, bool)
	// All yields the published entries in order of their ids.
	All() iter.Seq[kb.Entry]
}

// Popularity tells which entries citizens were given most often of late, most
// often first.
type Popularity interface {
	Popular(ctx context.Context, limit int) ([]kb.EntryID, error)
}

// Directory tells the fields, and who answers. *directory.Directory is one.
type Directory interface {
	Fields() []directory.Field
	Field(id directory.FieldID) (directory.Field, bool)
	Department(id directory.DepartmentID) (directory.Department, bool)
	Departments(at time.Time) []directory.Department
	Locality(id directory.LocalityID) (directory.Locality, bool)
	Successors(id directory.DepartmentID, at time.Time) []directory.Department
}

// Hotline is a number to call.
type Hotline struct {
	Number string // as people dial and read it: 1022, 0237 1022
	Label  string // who should dial it, or what for
}

// Channel is one more way to write to the hotline.
type Channel struct {
	Name string // "Zalo 1022 Thanh Hóa"
	Kind string // "zalo", "messenger", "email", …
	URL  string // https: or mailto:
}

// Config is what the portal says of its organisation.
type Config struct {
	Organisation string    // "Tổng đài 1022 tỉnh Thanh Hóa"
	Hotlines     []Hotline // the organisation's own, shown on every page
	Emergency    []Hotline // for danger to life: ambulance, fire, police
	Channels     []Channel // besides the chat and the telephone
	Chat         string    // id of the web chat's channel; empty: the pages have no chat
	Email        string    // for requests about personal data; empty: by telephone and chat only
	URL          string    // public base address without a trailing slash; empty: the one a request came to
	// Sure is the confidence from which the first result of a search is called
	// the answer, the one from which the bot answers; 0.75.
	Sure float64
	// Secret seals the short-lived links to matters that were found by code and
	// telephone number; at least 32 bytes where there are Matters.
	Secret []byte
	// Refusing is how long a look-up that finds nothing takes, whatever was wrong; 400 ms.
	Refusing time.Duration
	// Styles are the tokens and fonts of all faces (package ui), put before the
	// portal's own style sheet.
	Styles []byte
}

// Deps are what the portal reads from.
type Deps struct {
	Knowledge  Knowledge
	Directory  Directory
	Popularity Popularity                 // nil: the first page shows one question of each field in turn
	Marks      Marks                      // nil: no page asks whether its answer helped
	Matters    Matters                    // nil: nothing can be looked up
	Form       Form                       // needs Matters; nil: nothing can be reported
	Files      Files                      // of Matters
	Address    func(*http.Request) string // who calls, trusted proxies already resolved; nil: the peer
	Now        func() time.Time           // nil: time.Now
	Log        *slog.Logger               // nil: nothing is logged
}

// Portal serves the citizens' pages. It is safe for concurrent use.
type Portal struct {
	cfg    Config
	know   Knowledge
	dir    Directory
	asked  Popularity
	marks  Marks
	now    func() time.Time
	log    *slog.Logger
	assets assets
	pages  map[string]*template.Template

	matters Matters
	form    Form
	files   Files
	address func(*http.Request) string
	looks   *edge.Buckets // by address
	guesses *edge.Buckets // by code
	marking *edge.Buckets // by address
	marked  *edge.Buckets // by what was said, and from where
}

// New makes a portal. It fails only on a mistake of the program that calls it.
func New(cfg Config, deps Deps) (*Portal, error) {
	if deps.Knowledge == nil || deps.Directory == nil {
		return nil, errors.New("portal: Deps.Knowledge and Deps.Directory are needed")
	}
	if len(cfg.Styles) == 0 {
		return nil, errors.New("portal: Config.Styles is empty; give it ui.Styles()")
	}
	if deps.Form != nil && deps.Matters == nil || deps.Matters != nil && (deps.Files == nil || len(cfg.Secret) < minSecret) {
		return nil, errors.New("portal: Deps.Form needs Deps.Matters, and those need Deps.Files and a Config.Secret of 32 bytes")
	}
	cfg.Sure = cmp.Or(cfg.Sure, 0.75)
	cfg.Refusing = cmp.Or(cfg.Refusing, 400*time.Millisecond)
	p := &Portal{
		cfg: cfg, know: deps.Knowledge, dir: deps.Directory, asked: deps.Popularity, marks: deps.Marks,
		now: deps.Now, log: deps.Log,
		matters: deps.Matters, form: deps.Form, files: deps.Files, address: deps.Address,
		looks: perHour(looksPerHour), guesses: perHour(guessesPerHour),
		marking: perHour(marksPerHour), marked: perHour(sameMarksPerHour),
	}
	if p.address == nil {
		p.address = peer
	}
	if p.now == nil {
		p.now = time.Now
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	if err := p.loadAssets(); err != nil {
		return nil, err
	}
	return p, p.parsePages()
}

// Register puts the portal's pages on e: /, /hoi-dap, /hoi-dap/:id, /lien-he,
// /rieng-tu, /tim and /portal/*.
func (p *Portal) Register(e *echo.Echo) {
	read := func(path string, h echo.HandlerFunc) {
		e.Match([]string{http.MethodGet, http.MethodHead}, path, h)
	}
	read("/", p.home)
	read("/hoi-dap", p.answers)
	read("/hoi-dap/:id", p.answer)
	if p.marks != nil {
		e.POST("/hoi-dap/:id", p.say, p.ownPage)
	}
	read("/lien-he", p.contact)
	read("/rieng-tu", p.privacy)
	read("/tim", p.suggest)
	read("/portal/:file", p.asset)
	p.registerMatters(e, read)
}
