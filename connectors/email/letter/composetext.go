package letter

import (
	"html"
	"strings"
)

// plain is the text of our letter as text.
func (d Draft) plain() string {
	var b strings.Builder
	if d.Delimiter {
		b.WriteString(Delimiter + "\n\n")
	}
	b.WriteString(strings.Trim(tidy(d.Text), "\n") + "\n")
	if lines := d.below(); len(lines) > 0 {
		b.WriteString("\n-- \n" + strings.Join(lines, "\n") + "\n")
	}
	if d.Delimiter {
		b.WriteString("\n" + End + "\n")
	}
	return b.String()
}

// below are the lines under the text: the department's, and the matter's code.
func (d Draft) below() (lines []string) {
	for _, line := range d.Signature {
		if line = clean(line); line != "" {
			lines = append(lines, line)
		}
	}
	if code := clean(d.Code); code != "" {
		lines = append(lines, "Mã phiếu: "+code+" (anh/chị giữ mã này để tra cứu)")
	}
	return lines
}

// Our letters look plain on purpose: a letter of an authority that looks like an
// advertisement is taken for one.
const (
	paper    = `font-family:Arial,'Segoe UI',sans-serif;font-size:15px;line-height:1.5;color:#1f2937;max-width:640px`
	small    = `margin:0 0 16px;font-size:12px;color:#6b7280`
	para     = `margin:0 0 12px`
	apart    = `margin:0 0 12px;padding:8px 12px;border-left:3px solid #d1d5db;background:#f9fafb`
	signed   = `margin:20px 0 0;padding-top:12px;border-top:1px solid #e5e7eb;font-size:13px;color:#4b5563`
	signMark = `class="gmail_signature"` // by which programs fold signatures
)

// html is the text of our letter as HTML.
func (d Draft) html() string {
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="vi"><head><meta charset="utf-8"></head><body><div style="` + paper + `">` + "\n")
	if d.Delimiter {
		b.WriteString(`<p style="` + small + `">` + html.EscapeString(Delimiter) + "</p>\n")
	}
	for _, p := range blankLines.Split(strings.Trim(tidy(d.Text), "\n"), -1) {
		if strings.TrimSpace(p) == "" {
			continue
		}
		style := para
		if others, ok := quoted(p); ok {
			p, style = others, apart
		} else if isHeading(p) {
			style += `;font-weight:bold`
		}
		b.WriteString(`<p style="` + style + `">` + strings.ReplaceAll(linked(p), "\n", "<br>\n") + "</p>\n")
	}
	if lines := d.below(); len(lines) > 0 {
		for i := range lines {
			lines[i] = linked(lines[i])
		}
		b.WriteString(`<div ` + signMark + ` style="` + signed + `">` + strings.Join(lines, "<br>\n") + "</div>\n")
	}
	if d.Delimiter {
		b.WriteString(`<p style="` + small + `">` + html.EscapeString(End) + "</p>\n")
	}
	b.WriteString("</div></body></html>\n")
	return b.String()
}

// isHeading reports whether a paragraph is one line in capitals, whatever stands in
// brackets behind them.
func isHeading(paragraph string) bool {
	words, _, _ := strings.Cut(paragraph, "(")
	return !strings.Contains(paragraph, "\n") && words == strings.ToUpper(words) && words != strings.ToLower(words)
}
