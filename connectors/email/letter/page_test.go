package letter

import (
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// allowed elements of a page, in its body.
var harmless = map[string]bool{}

func init() {
	for _, name := range strings.Fields("p div span br hr h1 h2 h3 h4 h5 h6 b strong i em u s strike del ins sub sup small big center font blockquote pre code tt ul ol li dl dt dd table thead tbody tfoot tr td th caption colgroup col a img details summary address") {
		harmless[name] = true
	}
}

// unsafe reads a page as a browser would and names the first thing in its body that
// could run, load, or lead somewhere unseen; empty when there is none.
func unsafe(page string) string {
	_, body, ok := strings.Cut(page, "<body>")
	if !ok {
		return "no body"
	}
	z := html.NewTokenizer(strings.NewReader(strings.TrimSuffix(body, "</body></html>")))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return ""
		case html.CommentToken, html.DoctypeToken:
			return "a comment: " + string(z.Raw())
		case html.StartTagToken, html.SelfClosingTagToken:
			if why := unsafeTag(z.Token()); why != "" {
				return why
			}
		}
	}
}

func unsafeTag(tag html.Token) string {
	if !harmless[tag.Data] {
		return "the element " + tag.Data
	}
	for _, a := range tag.Attr {
		value := strings.ToLower(a.Val)
		switch a.Key {
		case "href":
			if u, err := url.Parse(a.Val); err != nil || (u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "mailto" && u.Scheme != "tel") {
				return "a link to " + a.Val
			}
			if !strings.Contains(tag.String(), "noopener") && strings.HasPrefix(value, "http") {
				return "a link that gives itself away: " + tag.String()
			}
		case "src":
			if !strings.HasPrefix(value, "/files/") && !strings.HasPrefix(value, "data:image/") || strings.Contains(value, "svg") {
				return "a picture from " + a.Val
			}
		case "style":
			for _, bad := range []string{"url", "expression", "position", "behavior", "import", "@", "\\"} {
				if strings.Contains(value, bad) {
					return "the style " + a.Val
				}
			}
		case "alt", "width", "height", "colspan", "rowspan", "cellpadding", "cellspacing", "border", "size", "start", "align", "valign", "dir", "bgcolor", "color", "face", "rel", "target", "open":
		default:
			return "the attribute " + a.Key
		}
	}
	return ""
}
