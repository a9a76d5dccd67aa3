package letter

import (
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	nethtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// View says how a letter is to be shown.
type View struct {
	// Picture returns the address of an attachment of the letter, its place among
	// Letter.Attachments given; empty: it is not to be had. nil: none is.
	Picture func(n int, a Attachment) string
	// Images are further sources, as a Content-Security-Policy writes them, from which
	// the addresses of Picture come: "https://1022.example.vn". Empty: the frame's own.
	Images string
	// Remote shows pictures from elsewhere too, which tells their owners that the
	// letter was opened.
	Remote bool
}

// Shown is a letter made fit to be shown.
type Shown struct {
	// HTML is a whole page for the srcdoc of a frame with sandbox="allow-popups":
	// nothing in it runs, loads from elsewhere, or leads out of the frame.
	HTML string
	// Remote is how many pictures were left out because they lie elsewhere.
	Remote int
	// Missing is how many pictures of the letter itself are not to be had.
	Missing int
}

// mostPage is how much HTML is cleaned; a longer letter is shown as text.
const mostPage = 600 << 10

// Page shows a letter: its HTML cleaned, with letters before folded away, or its
// text in paragraphs.
func Page(l Letter, v View) (shown Shown) {
	body := ""
	if l.HTML != "" && len(l.HTML) <= mostPage {
		p := pager{letter: l, view: v}
		body = p.clean(l.HTML)
		shown.Remote, shown.Missing = p.remote, p.missing
	}
	if strings.TrimSpace(body) == "" {
		body = paragraphs(l.Text)
		if l.Quoted != "" {
			body += foldOpen + paragraphs(l.Quoted) + foldClose
		}
	}
	shown.HTML = pageHead(v) + body + "</body></html>"
	return shown
}

const (
	foldOpen  = "<details><summary>Nội dung trước đó</summary>"
	foldClose = "</details>"
	pageStyle = `body{margin:0;padding:.25rem;font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}` +
		`img{max-width:100%;height:auto}table{max-width:100%}blockquote{margin:.5em 0 .5em .25em;padding-left:.75em;border-left:2px solid #bbb}` +
		`summary{cursor:pointer;color:#555;margin:.75em 0}pre{white-space:pre-wrap}p{margin:0 0 .75em}`
)

func pageHead(v View) string {
	images := "'self' data:"
	if v.Images != "" {
		images += " " + policySafe.ReplaceAllString(v.Images, "")
	}
	if v.Remote {
		images += " https: http:"
	}
	return `<!doctype html><html lang="vi"><head><meta charset="utf-8">` +
		`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src ` + images + `; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'">` +
		`<meta name="referrer" content="no-referrer"><style>` + pageStyle + `</style></head><body>`
}

var policySafe = regexp.MustCompile(`[^A-Za-z0-9:/.*_ -]`)

// pager rewrites the tags of one letter before it is cleaned: which picture is
// which, what is a letter before, where links may lead.
type pager struct {
	letter  Letter
	view    View
	out     strings.Builder
	open    []fold
	remote  int
	missing int
	rest    bool // all that follows is folded
}

// fold is an open div or blockquote, and whether a fold ends with it.
type fold struct {
	tag   atom.Atom
	folds bool
}

// clean makes HTML safe. A panic of a library is a letter without HTML.
func (p *pager) clean(source string) (safe string) {
	defer func() {
		if recover() != nil {
			safe = ""
		}
	}()
	z := nethtml.NewTokenizer(strings.NewReader(source))
	for {
		switch z.Next() {
		case nethtml.ErrorToken:
			for len(p.open) > 0 {
				p.end()
			}
			if p.rest {
				p.out.WriteString(foldClose)
			}
			return p.pictures(policy().Sanitize(p.out.String()))
		case nethtml.TextToken:
			p.out.Write(z.Raw())
		case nethtml.StartTagToken, nethtml.SelfClosingTagToken:
			p.start(z.Token())
		case nethtml.EndTagToken:
			name, _ := z.TagName()
			switch atom.Lookup(name) {
			case atom.Div, atom.Blockquote:
				p.end()
			case atom.Details, atom.Summary: // folds are ours alone
			default:
				p.out.Write(z.Raw())
			}
		}
	}
}

func (p *pager) start(tag nethtml.Token) {
	switch kind := quoteOf(tag); {
	case kind == beforeQuote && !p.rest:
		p.rest = true
		p.out.WriteString(foldOpen)
	case kind == aroundQuote && !p.rest && !p.folded():
		p.out.WriteString(foldOpen)
		p.write(tag, true)
		return
	}
	switch tag.DataAtom {
	case atom.Img:
		p.picture(tag)
	case atom.A:
		p.link(tag)
	case atom.Details, atom.Summary:
	default:
		p.write(tag, false)
	}
}

func (p *pager) folded() bool {
	for _, f := range p.open {
		if f.folds {
			return true
		}
	}
	return false
}

func (p *pager) write(tag nethtml.Token, folds bool) {
	if (tag.DataAtom == atom.Div || tag.DataAtom == atom.Blockquote) && tag.Type == nethtml.StartTagToken {
		if len(p.open) >= openMost {
			return // nobody sees the difference
		}
		p.open = append(p.open, fold{tag.DataAtom, folds})
	}
	p.out.WriteString(tag.String())
}

// end closes the div or blockquote that was opened last, whichever the letter
// names, and the fold that began with it. What was never opened is not closed.
func (p *pager) end() {
	n := len(p.open)
	if n == 0 {
		return
	}
	last := p.open[n-1]
	p.open = p.open[:n-1]
	p.out.WriteString("</" + last.tag.String() + ">")
	if last.folds {
		p.out.WriteString(foldClose)
	}
}

// pictureScheme stands for a picture of the letter while the rest is cleaned.
const pictureScheme = "letter-picture"

var (
	dataImage = regexp.MustCompile(`^data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=\s]+$`)
	isNumber  = regexp.MustCompile(`^[0-9]{1,5}%?$`)
)

func (p *pager) picture(tag nethtml.Token) {
	from := strings.TrimSpace(attr(tag, "src"))
	lower := strings.ToLower(from)
	to := ""
	switch {
	case strings.HasPrefix(lower, "cid:"):
		if to = p.own(from[4:]); to == "" {
			p.missing++
		}
	case strings.HasPrefix(lower, "data:"):
		if len(from) < mostPage && dataImage.MatchString(from) {
			to = from
		}
	case webLink(from), strings.HasPrefix(from, "//"):
		if to = from; !p.view.Remote {
			p.remote++
			to = ""
		} else if strings.HasPrefix(from, "//") {
			to = "https:" + from
		}
	}
	alt := attr(tag, "alt")
	if to == "" {
		if alt = strings.TrimSpace(alt); alt != "" {
			p.out.WriteString("<i>[" + html.EscapeString(shorten(alt, 100)) + "]</i>")
		}
		return
	}
	img := `<img src="` + html.EscapeString(to) + `" alt="` + html.EscapeString(alt) + `"`
	for _, size := range []string{"width", "height"} {
		if n := attr(tag, size); isNumber.MatchString(n) {
			img += " " + size + `="` + n + `"`
		}
	}
	p.out.WriteString(img + ">")
}

var standIn = regexp.MustCompile(` src="` + pictureScheme + `:([0-9]{1,5})"`)

// pictures puts the addresses of the letter's pictures where they were kept free.
func (p *pager) pictures(safe string) string {
	return standIn.ReplaceAllStringFunc(safe, func(found string) string {
		n, err := strconv.Atoi(standIn.FindStringSubmatch(found)[1])
		if err != nil || n >= len(p.letter.Attachments) || p.view.Picture == nil {
			return ""
		}
		return ` src="` + html.EscapeString(p.view.Picture(n, p.letter.Attachments[n])) + `"`
	})
}

// own is the stand-in for a picture of the letter; empty when there is none.
func (p *pager) own(cid string) string {
	if plain, err := url.PathUnescape(cid); err == nil {
		cid = plain
	}
	if p.view.Picture == nil || cid == "" {
		return ""
	}
	for n, a := range p.letter.Attachments {
		if a.CID == cid && p.view.Picture(n, a) != "" {
			return pictureScheme + ":" + strconv.Itoa(n)
		}
	}
	return ""
}

var linkTo = regexp.MustCompile(`(?i)^(?:https?://|mailto:|tel:)\S`)

func (p *pager) link(tag nethtml.Token) {
	to := strings.TrimSpace(attr(tag, "href"))
	if !linkTo.MatchString(to) {
		p.out.WriteString("<a>")
		return
	}
	p.out.WriteString(`<a href="` + html.EscapeString(to) + `">`)
}

// policy is what is left of HTML when all is gone that runs, loads, or deceives.
var policy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "div", "span", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "b", "strong", "i", "em", "u", "s", "strike",
		"del", "ins", "sub", "sup", "small", "big", "center", "font", "blockquote", "pre", "code", "tt", "ul", "ol", "li", "dl", "dt", "dd",
		"table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "colgroup", "col", "a", "img", "details", "summary", "address")
	p.AllowNoAttrs().OnElements("a", "span", "font")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("src", "alt").OnElements("img")
	p.AllowAttrs("width", "height").Matching(isNumber).OnElements("img", "table", "td", "th", "col", "tr")
	p.AllowAttrs("colspan", "rowspan", "cellpadding", "cellspacing", "border", "size", "start").Matching(isNumber).OnElements("table", "td", "th", "font", "ol", "col")
	word := regexp.MustCompile(`^[A-Za-z-]{1,20}$`)
	p.AllowAttrs("align", "valign", "dir").Matching(word).Globally()
	color := regexp.MustCompile(`^(?:#[0-9A-Fa-f]{3,8}|[A-Za-z]{3,25})$`)
	p.AllowAttrs("bgcolor").Matching(color).OnElements("table", "tr", "td", "th")
	p.AllowAttrs("color").Matching(color).OnElements("font")
	p.AllowAttrs("face").Matching(regexp.MustCompile(`^[\w ,'-]+$`)).OnElements("font")
	value := regexp.MustCompile(`^[#\w\s.,%()'"/+-]+$`)
	p.AllowStyles("color", "background-color", "font-weight", "font-style", "font-size", "font-family", "text-decoration", "text-align",
		"text-indent", "vertical-align", "line-height", "white-space", "list-style-type",
		"border", "border-top", "border-right", "border-bottom", "border-left", "border-collapse", "border-color", "border-style", "border-width",
		"padding", "padding-top", "padding-right", "padding-bottom", "padding-left",
		"margin", "margin-top", "margin-right", "margin-bottom", "margin-left", "width", "max-width", "height").MatchingHandler(func(v string) bool {
		lower := strings.ToLower(v)
		return len(v) <= 120 && value.MatchString(v) && !strings.Contains(lower, "url") && !strings.Contains(lower, "expression") && !strings.Contains(lower, "-webkit")
	}).Globally()
	p.AllowURLSchemes("http", "https", "mailto", "tel", pictureScheme)
	p.AllowDataURIImages()
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(false)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	return p
})

var linkable = regexp.MustCompile(`(?:https?://|www\.)[^\s<>"']+|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`)

// paragraphs shows text as people laid it out: empty lines between paragraphs,
// lines within them, addresses as links.
func paragraphs(text string) string {
	var b strings.Builder
	for _, para := range blankLines.Split(strings.Trim(text, "\n"), -1) {
		if strings.TrimSpace(para) == "" {
			continue
		}
		b.WriteString("<p>" + strings.ReplaceAll(linked(para), "\n", "<br>") + "</p>")
	}
	return b.String()
}

var blankLines = regexp.MustCompile(`\n[ \t]*\n+`)

func linked(text string) string {
	if !strings.Contains(text, "@") && !strings.Contains(text, "://") && !strings.Contains(text, "www.") {
		return html.EscapeString(text)
	}
	var b strings.Builder
	from := 0
	for _, at := range linkable.FindAllStringIndex(text, -1) {
		said := strings.TrimRight(text[at[0]:at[1]], ".,;:!?)]}")
		to := said
		switch {
		case strings.Contains(said, "://"):
		case strings.HasPrefix(said, "www."):
			to = "https://" + said
		default:
			to = "mailto:" + said
		}
		b.WriteString(html.EscapeString(text[from:at[0]]))
		b.WriteString(`<a href="` + html.EscapeString(to) + `" rel="nofollow noreferrer noopener" target="_blank">` + html.EscapeString(said) + `</a>`)
		from = at[0] + len(said)
	}
	b.WriteString(html.EscapeString(text[from:]))
	return b.String()
}
