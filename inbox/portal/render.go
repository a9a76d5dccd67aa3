package portal

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"tongdai/kb"
)

//go:embed templates
var templates embed.FS

// zone is the time of all pages; Vietnam has no summer time.
var zone = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)

// page is what every template gets.
type page struct {
	Title       string // before the organisation's name in the browser's title; empty on the first page
	Description string
	Path        string // marks the current place in the menu
	Query       string // in the search box
	Site        Config
	Base        string // public base address: https://1022.thanhhoa.gov.vn
	Reports     bool   // there is a form to report something
	Matters     bool   // matters can be looked up
	Forms       bool   // the page is for a form besides the search, and leaves the chat to the others: both are too heavy for a first view
	Body        any    // the page's own
}

// caching of a page.
type caching string

const (
	// revalidated pages may be kept but are asked for again each time, so that a
	// withdrawn answer is gone at once; unchanged ones cost a 304.
	revalidated caching = "no-cache"
	// unkept pages show what somebody asked.
	unkept caching = "private, no-store"
)

func (p *Portal) parsePages() error {
	funcs := template.FuncMap{
		"asset":      p.assets.address,
		"day":        func(t time.Time) string { return t.In(zone).Format("02/01/2006") },
		"dialled":    dialled,
		"paragraphs": paragraphs,
		"excerpt":    excerpt,
		"answerPath": answerPath,
		"foundPath":  foundPath,
		"fieldPath":  fieldPath,
		"leads":      leads,
		"clock":      clock,
		"iso":        func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"size":       size,
	}
	layout, err := template.New("layout").Funcs(funcs).ParseFS(templates, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return fmt.Errorf("portal: %w", err)
	}
	p.pages = map[string]*template.Template{}
	for _, name := range []string{"home", "answers", "answer", "contact", "privacy", "notice", "report", "lookup", "track", "public", "alarm"} {
		t, err := layout.Clone()
		if err == nil {
			t, err = t.ParseFS(templates, "templates/"+name+".html")
		}
		if err != nil {
			return fmt.Errorf("portal: %w", err)
		}
		p.pages[name] = t
	}
	return nil
}

// show writes a page. It is made whole first, so that an error never leaves half a page.
func (p *Portal) show(c echo.Context, status int, name string, keep caching, pg page) error {
	pg.Site, pg.Path, pg.Base = p.cfg, c.Request().URL.Path, p.base(c)
	pg.Reports, pg.Matters = p.form != nil, p.matters != nil
	var out bytes.Buffer
	if err := p.pages[name].ExecuteTemplate(&out, "layout", pg); err != nil {
		return fmt.Errorf("portal: page %s: %w", name, err)
	}
	header := c.Response().Header()
	header.Set(echo.HeaderCacheControl, string(keep))
	if keep == revalidated && status == http.StatusOK {
		sum := sha256.Sum256(out.Bytes())
		tag := `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		header.Set("ETag", tag)
		if strings.Contains(c.Request().Header.Get("If-None-Match"), tag) {
			return c.NoContent(http.StatusNotModified)
		}
	}
	return c.HTMLBlob(status, out.Bytes())
}

func (p *Portal) base(c echo.Context) string {
	if p.cfg.URL != "" {
		return p.cfg.URL
	}
	return c.Scheme() + "://" + c.Request().Host
}

// dialled is what the telephone dials for a number written for people.
func dialled(number string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, number)
}

// clock is a moment as citizens read it: the hour, and the day.
func clock(t time.Time) string { return t.In(zone).Format("15:04 ngày 02/01/2006") }

// size of a file, for people.
func size(bytes int64) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%d KB", max(bytes>>10, 1))
	}
	number := strings.TrimSuffix(fmt.Sprintf("%.1f", float64(bytes)/(1<<20)), ".0")
	return strings.Replace(number, ".", ",", 1) + " MB"
}

func answerPath(id kb.EntryID) string { return "/hoi-dap/" + url.PathEscape(string(id)) }

func fieldPath(id kb.CategoryID) string {
	return "/hoi-dap?" + url.Values{"linh-vuc": {string(id)}}.Encode()
}
