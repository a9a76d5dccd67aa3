package letter

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// htmlText gives what HTML says as text: paragraphs, lists, links, quotes with ">".
// It goes through the tags without building a tree, so that no nesting is too deep.
func htmlText(source string) string {
	t := texter{}
	z := html.NewTokenizer(strings.NewReader(source))
	z.SetMaxBuf(mostText)
	for {
		switch z.Next() {
		case html.ErrorToken:
			t.line()
			return strings.Trim(t.out.String(), "\n")
		case html.TextToken:
			if t.hidden == 0 {
				t.say(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			t.start(z.Token())
		case html.EndTagToken:
			name, _ := z.TagName()
			t.end(atom.Lookup(name))
		}
	}
}

type texter struct {
	out    strings.Builder
	words  strings.Builder // of the line
	blank  bool            // a blank is owed before the next word
	gap    int             // empty lines owed
	hidden atom.Atom       // the element whose text is for nobody
	pre    int
	open   []bool // blockquotes and divs: whether it is a quote
	quotes int
	href   string
	anchor strings.Builder
	inLink bool
	parted bool // the line that says that a letter before begins was written
}

const openMost = 2000

func (t *texter) say(raw string) {
	text := html.UnescapeString(raw)
	if t.inLink {
		t.anchor.WriteString(text)
	}
	if t.pre > 0 {
		for i, line := range strings.Split(text, "\n") {
			if i > 0 {
				t.line()
			}
			t.words.WriteString(line)
		}
		return
	}
	for _, r := range text {
		switch r {
		case ' ', '\n', '\t', '\r', '\u00a0':
			t.blank = true
		case '\u200b', '\u00ad':
		default:
			if t.blank && t.words.Len() > 0 {
				t.words.WriteByte(' ')
			}
			t.blank = false
			t.words.WriteRune(r)
		}
	}
}

// line ends a line, if one was begun.
func (t *texter) line() {
	t.blank = false
	text := strings.TrimRight(t.words.String(), " ")
	t.words.Reset()
	if text == "" {
		return
	}
	t.flush(text)
}

func (t *texter) flush(text string) {
	prefix := ""
	if t.quotes > 0 {
		prefix = strings.Repeat(">", min(t.quotes, 5)) + " "
	}
	for ; t.gap > 0; t.gap-- {
		if t.out.Len() > 0 {
			t.out.WriteString(strings.TrimRight(prefix, " ") + "\n")
		}
	}
	t.out.WriteString(prefix + text + "\n")
}

func (t *texter) start(tag html.Token) {
	if t.hidden != 0 {
		return
	}
	switch tag.DataAtom {
	case atom.Script, atom.Style, atom.Title, atom.Template:
		if tag.Type == html.StartTagToken {
			t.hidden = tag.DataAtom
		}
	case atom.Br:
		if t.words.Len() == 0 {
			t.gap = min(t.gap+1, 1)
		}
		t.line()
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Ul, atom.Ol, atom.Table, atom.Hr:
		t.line()
		t.gap = 1
		t.part(tag)
	case atom.Pre:
		t.line()
		t.pre++
	case atom.Li:
		t.line()
		t.words.WriteString("- ")
	case atom.Td, atom.Th:
		if t.words.Len() > 0 {
			t.words.WriteString("\t")
			t.blank = false
		}
	case atom.A:
		t.href, t.inLink = attr(tag, "href"), true
		t.anchor.Reset()
	case atom.Div, atom.Blockquote:
		t.line()
		t.part(tag)
		if isSignature(tag) && !strings.HasSuffix(t.out.String(), "--\n") {
			t.flush("--")
		}
		if len(t.open) < openMost && tag.Type == html.StartTagToken {
			quote := quoteOf(tag) == aroundQuote
			t.open = append(t.open, quote)
			if quote {
				t.quotes++
			}
		}
	case atom.Tr, atom.Dt, atom.Dd, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Form, atom.Center, atom.Address:
		t.line()
	}
}

// part writes the line below which a letter before begins.
func (t *texter) part(tag html.Token) {
	if !t.parted && quoteOf(tag) == beforeQuote {
		t.parted = true
		t.gap = 1
		t.flush("-----Thư gốc-----")
	}
}

func (t *texter) end(tag atom.Atom) {
	if t.hidden != 0 {
		if tag == t.hidden {
			t.hidden = 0
		}
		return
	}
	switch tag {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Ul, atom.Ol, atom.Table:
		t.line()
		t.gap = 1
	case atom.Pre:
		t.line()
		t.pre = max(0, t.pre-1)
	case atom.A:
		t.link()
	case atom.Div, atom.Blockquote:
		t.line()
		if n := len(t.open); n > 0 {
			if t.open[n-1] {
				t.quotes--
			}
			t.open = t.open[:n-1]
		}
	case atom.Tr, atom.Li, atom.Dt, atom.Dd, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Form, atom.Center, atom.Address:
		t.line()
	}
}

// isSignature knows how Gmail, Outlook, Apple and Zimbra mark the signature that they add.
func isSignature(tag html.Token) bool {
	id := strings.ToLower(attr(tag, "id"))
	return strings.Contains(" "+attr(tag, "class")+" ", " gmail_signature ") || id == "signature" || strings.HasPrefix(id, "applemailsignature") ||
		strings.HasPrefix(attr(tag, "data-marker"), "__SIG_")
}

// link writes where a link leads, unless it says so itself.
func (t *texter) link() {
	said, to := strings.TrimSpace(t.anchor.String()), strings.TrimSpace(t.href)
	if t.inLink && said != "" && webLink(to) && !strings.Contains(to, said) && len(to) < lineMost {
		t.say(" (" + to + ")")
	}
	t.inLink, t.href = false, ""
}

func webLink(to string) bool {
	lower := strings.ToLower(to)
	return strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "http://")
}

func attr(tag html.Token, name string) string {
	for _, a := range tag.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// quoteKind is how an element belongs to a letter before.
type quoteKind int

const (
	noQuote     quoteKind = iota
	aroundQuote           // the letter before is in it
	beforeQuote           // it stands above it, and all that follows is it
)

// quoteOf knows the marks of Gmail, Outlook, Apple, Yahoo, Zimbra and Thunderbird.
func quoteOf(tag html.Token) quoteKind {
	id, class := attr(tag, "id"), " "+attr(tag, "class")+" "
	switch tag.DataAtom {
	case atom.Blockquote:
		style := strings.ToLower(attr(tag, "style"))
		if strings.EqualFold(attr(tag, "type"), "cite") || strings.Contains(class, "gmail_quote ") || strings.Contains(style, "border-left") {
			return aroundQuote
		}
	case atom.Div:
		if strings.Contains(class, " yahoo_quoted ") || strings.HasPrefix(id, "yahoo_quoted") {
			return aroundQuote
		}
		style := strings.ToLower(strings.ReplaceAll(attr(tag, "style"), " ", ""))
		if id == "divRplyFwdMsg" || id == "appendonsend" || strings.Contains(class, " OutlookMessageHeader ") ||
			strings.Contains(style, "border-top:solid#e1e1e1") || strings.Contains(style, "border-top:solid#b5c4df") {
			return beforeQuote
		}
	case atom.Hr:
		if id == "zwchr" || id == "stopSpelling" {
			return beforeQuote
		}
	}
	return noQuote
}
