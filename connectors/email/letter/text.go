package letter

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"regexp"
	"strings"

	"golang.org/x/text/unicode/norm"

	"tongdai/kb/vi"
)

// text reads a part that is to be read. Files that were put into it as uuencode
// are taken out; what is beyond the limit is kept as a file.
func (w *walk) text(p partHead, r io.Reader) []piece {
	lines := bufio.NewReaderSize(r, 4<<10)
	most := min(w.reader.TextMost, mostTexts-w.texts)
	raw := make([]byte, 0, min(most, 4<<10))
	begun := false
	for {
		line, err := lines.ReadSlice('\n')
		if !begun && p.kind == "text/plain" && bytes.HasPrefix(line, []byte("begin ")) {
			if line = bytes.Clone(line); w.uuencoded(line, lines) { // looking ahead overwrites it
				continue
			}
		}
		if len(raw)+len(line) > most {
			rest := io.MultiReader(bytes.NewReader(bytes.Clone(line)), lines)
			w.note("Thư rất dài; phần sau được lưu thành tệp đính kèm.")
			w.file(partHead{kind: p.kind, name: "phan-con-lai" + extensionOf(p.kind)}, rest)
			break
		}
		raw = append(raw, line...)
		begun = len(line) > 0 && line[len(line)-1] != '\n'
		if err != nil && err != bufio.ErrBufferFull {
			break
		}
	}
	w.texts += len(raw)
	label := p.params["charset"]
	if p.kind == "text/html" {
		label = cmp.Or(label, metaCharset(raw))
		text, from := htmlFrom(raw, label)
		w.guess(from)
		return []piece{{html: text, hasHTML: true}}
	}
	text, from := toText(raw, label)
	w.guess(from)
	if p.kind == "text/enriched" {
		text = enriched.ReplaceAllString(text, "")
	}
	if p.params["format"] == "flowed" || strings.EqualFold(p.params["format"], "flowed") {
		text = unflow(text, strings.EqualFold(p.params["delsp"], "yes"))
	}
	return []piece{{plain: text, hasPlain: true}}
}

var enriched = regexp.MustCompile(`</?[A-Za-z][A-Za-z0-9-]*>`)

func (w *walk) guess(from vi.Encoding) {
	if from != vi.Unicode {
		w.letter.Guessed = from
	}
}

var metaTag = regexp.MustCompile(`(?i)<meta[^>]*charset\s*=\s*["']?([A-Za-z0-9_:.-]+)`)

func metaCharset(raw []byte) string {
	if m := metaTag.FindSubmatch(raw[:min(len(raw), 2048)]); m != nil {
		return string(m[1])
	}
	return ""
}

// htmlFrom is toText for HTML, whose tags say nothing of the language: what is
// between them tells the encoding.
func htmlFrom(raw []byte, label string) (string, vi.Encoding) {
	text, told := byLabel(raw, charsetName(label))
	if !told {
		text = withoutLabel(raw)
	}
	if isPlain(text) || strings.ContainsAny(text, "ăđơưĂĐƠƯ") {
		return norm.NFC.String(tidy(text)), vi.Unicode
	}
	head := text
	if len(head) > 2*guessFrom {
		head = strings.ToValidUTF8(head[:2*guessFrom], "")
	}
	words := htmlText(head)
	_, from := vi.Legacy(words)
	switch from {
	case vi.VNIWindows, vi.TCVN3, vi.Windows1258, vi.Mojibake:
		return tidy(from.Decode(text)), from
	}
	return norm.NFC.String(tidy(text)), vi.Unicode // VIQR in tags would not be told from them
}

// unflow joins the lines that a sender's program broke (RFC 3676).
func unflow(text string, delsp bool) string {
	var b strings.Builder
	open, depth := false, 0
	for i, line := range strings.Split(text, "\n") {
		quotes := len(line) - len(strings.TrimLeft(line, ">"))
		said := line[quotes:]
		if i > 0 && open && quotes == depth {
			said = strings.TrimPrefix(said, " ")
		} else {
			if i > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(line[:quotes])
			if quotes == 0 {
				said = strings.TrimPrefix(said, " ")
			}
		}
		open, depth = strings.HasSuffix(said, " ") && said != "-- ", quotes
		if open && delsp {
			said = said[:len(said)-1]
		}
		b.WriteString(said)
	}
	return b.String()
}

var uuBegin = regexp.MustCompile(`^begin [0-7]{3,4} (\S[^\r\n]*?)[ \t]*\r?\n$`)

// uuencoded takes out the file that begins with line, if one does.
func (w *walk) uuencoded(line []byte, lines *bufio.Reader) bool {
	m := uuBegin.FindSubmatch(line)
	if m == nil || w.parts >= mostParts {
		return false
	}
	next, _ := lines.Peek(62)
	if end := bytes.IndexByte(next, '\n'); end < 0 || !isUU(bytes.TrimRight(next[:end], "\r")) {
		return false
	}
	w.parts++
	named := decodeHeader(string(m[1]))
	w.file(partHead{kind: "application/octet-stream", name: named}, &uuReader{lines: lines})
	return true
}

// isUU reports whether a line has as many characters as it says.
func isUU(line []byte) bool {
	if len(line) == 0 || line[0] < ' ' || line[0] > '`' {
		return false
	}
	n := int(line[0]-' ') & 0x3F
	need := (n + 2) / 3 * 4
	return len(line)-1 >= need-3 && len(line)-1 <= need+2 // trailing blanks may be lost, a checksum added
}

// uuReader decodes lines up to "end".
type uuReader struct {
	lines *bufio.Reader
	left  []byte
	ended bool
}

func (u *uuReader) Read(p []byte) (int, error) {
	for len(u.left) == 0 {
		if u.ended {
			return 0, io.EOF
		}
		line, err := u.lines.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			u.ended = true
		}
		line = bytes.TrimRight(line, "\r\n")
		if string(line) == "end" {
			u.ended = true
			continue
		}
		u.left = uuLine(line)
	}
	n := copy(p, u.left)
	u.left = u.left[n:]
	return n, nil
}

func uuLine(line []byte) (out []byte) {
	if len(line) == 0 || line[0] <= ' ' || line[0] > '`' {
		return nil
	}
	n := int(line[0]-' ') & 0x3F
	six := func(i int) byte {
		if i < len(line) && line[i] >= ' ' {
			return (line[i] - ' ') & 0x3F
		}
		return 0
	}
	for i := 1; len(out) < n && i < len(line); i += 4 {
		a, b, c, d := six(i), six(i+1), six(i+2), six(i+3)
		out = append(out, a<<2|b>>4, b<<4|c>>2, c<<6|d)
	}
	return out[:min(n, len(out))]
}

// fileName makes a name fit to be shown and saved: no folders, no control
// characters, not too long; one of its own where the sender gave none.
func fileName(given, kind string, n int) string {
	given = clean(given)
	if at := strings.LastIndexAny(given, `/\`); at >= 0 {
		given = given[at+1:]
	}
	given = strings.Trim(given, ". ")
	const most = 150
	if short := shorten(given, most); short != given {
		ext := ""
		if at := strings.LastIndexByte(given, '.'); at >= 0 && len(given)-at <= 10 {
			ext = given[at:]
		}
		given = shorten(given, most-len(ext)) + ext
	}
	if given == "" {
		return fmt.Sprintf("tep-%d%s", n, extensionOf(kind))
	}
	return given
}

func extensionOf(kind string) string {
	switch kind {
	case "text/plain", "text/enriched":
		return ".txt"
	case "text/html":
		return ".html"
	case "image/jpeg", "image/jpg", "image/pjpeg":
		return ".jpg"
	case "image/png":
		return ".png"
	case "image/gif":
		return ".gif"
	case "application/pdf":
		return ".pdf"
	case "text/calendar":
		return ".ics"
	case "message/rfc822":
		return ".eml"
	case "audio/amr", "audio/3gpp":
		return ".amr"
	case "video/mp4":
		return ".mp4"
	}
	return ".bin"
}
