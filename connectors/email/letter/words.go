package letter

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tongdai/kb/vi"
)

// decodeHeader gives the text of a field: encoded words (RFC 2047) decoded also
// where they stand in quotes, are broken, or cut a character in two; bytes beyond
// ASCII read as a body would be. It is one line.
func decodeHeader(value string) string {
	var b strings.Builder
	var run word // words of one charset that follow each other
	for value != "" {
		at := strings.Index(value, "=?")
		if at < 0 {
			break
		}
		w, rest, ok := nextWord(value[at:])
		if !ok {
			run.flush(&b)
			b.WriteString(rawText(value[:at+2]))
			value = value[at+2:]
			continue
		}
		// Blanks between words are not there.
		if between := value[:at]; strings.TrimSpace(between) != "" || !run.is && between != "" {
			run.flush(&b)
			b.WriteString(rawText(between))
		}
		if run.is && run.charset != w.charset {
			run.flush(&b)
		}
		run.is, run.charset, run.raw = true, w.charset, append(run.raw, w.raw...)
		value = rest
	}
	run.flush(&b)
	b.WriteString(rawText(value))
	return clean(b.String())
}

func rawText(text string) string {
	if isPlain(text) {
		return text
	}
	text, _ = toText([]byte(text), "")
	return text
}

type word struct {
	is      bool
	charset string
	raw     []byte
}

func (w *word) flush(b *strings.Builder) {
	if w.is {
		text, _ := toText(w.raw, w.charset)
		b.WriteString(text)
	}
	*w = word{}
}

// nextWord reads the encoded word at the beginning of text. Its end may be missing.
func nextWord(text string) (w word, rest string, ok bool) {
	parts := strings.SplitN(text[2:], "?", 3)
	if len(parts) < 3 || len(parts[0]) > 40 || parts[0] == "" || strings.ContainsAny(parts[0], " \t") {
		return w, "", false
	}
	payload, rest, ended := strings.Cut(parts[2], "?=")
	if !ended {
		payload, rest = strings.TrimRight(parts[2], "?="), ""
		if next := strings.Index(payload, "=?"); next >= 0 {
			payload, rest = payload[:next], payload[next:]
		}
	}
	w.charset = charsetName(parts[0])
	switch parts[1] {
	case "b", "B":
		w.raw = looseBase64(payload)
	case "q", "Q":
		w.raw = looseQ(payload)
	default:
		return w, "", false
	}
	return w, rest, true
}

func looseBase64(text string) []byte {
	digits := strings.Map(func(r rune) rune {
		if r < 0x80 && base64Values[byte(r)] != 0xFF {
			return r
		}
		return -1
	}, text)
	digits = strings.NewReplacer("-", "+", "_", "/").Replace(digits)
	if len(digits)%4 == 1 {
		digits = digits[:len(digits)-1]
	}
	raw, _ := base64.RawStdEncoding.DecodeString(digits) // of digits only: what there is
	return raw
}

func looseQ(text string) []byte {
	text = strings.ReplaceAll(text, "_", " ")
	raw := make([]byte, 0, len(text))
	for text != "" {
		c, used, none := unquote([]byte(text[:min(len(text), 3)]))
		if text = text[used:]; !none {
			raw = append(raw, c)
		}
	}
	return raw
}

// params takes "text/plain; charset=…; name=…" apart: the value in small letters,
// the parameters decoded, RFC 2231 with its continuations included.
func params(field string) (value string, all map[string]string) {
	value, rest, _ := strings.Cut(field, ";")
	all = map[string]string{}
	pieces := map[string][]piece2231{}
	for n := 0; rest != "" && n < 100; n++ {
		var name, text string
		name, text, rest = nextParam(rest)
		if name == "" {
			continue
		}
		base, star, split := strings.Cut(name, "*")
		if !split {
			if _, known := all[name]; !known {
				all[name] = decodeHeader(text)
			}
			continue
		}
		number, encoded := strings.CutSuffix(star, "*")
		if star == "" {
			number, encoded = "0", true
		}
		if at, err := strconv.Atoi(number); err == nil {
			pieces[base] = append(pieces[base], piece2231{at, encoded, text})
		}
	}
	for base, list := range pieces {
		all[base] = join2231(list)
	}
	return strings.ToLower(clean(value)), all
}

// piece2231 is one of the pieces that a long parameter was cut into.
type piece2231 struct {
	at      int
	encoded bool
	text    string
}

func join2231(list []piece2231) string {
	slices.SortStableFunc(list, func(a, b piece2231) int { return a.at - b.at })
	var raw []byte
	label := ""
	for i, p := range list {
		text := p.text
		if i == 0 && p.encoded {
			if charset, after, ok := strings.Cut(text, "'"); ok {
				if _, tail, ok := strings.Cut(after, "'"); ok {
					label, text = charset, tail
				}
			}
		}
		if p.encoded {
			if plain, err := url.PathUnescape(text); err == nil {
				text = plain
			}
		}
		raw = append(raw, text...)
	}
	if strings.Contains(string(raw), "=?") && label == "" {
		return decodeHeader(string(raw))
	}
	text, _ := toText(raw, label)
	return clean(text)
}

// nextParam reads "name=value" or `name="value"`, whatever follows the value.
func nextParam(text string) (name, value, rest string) {
	text = strings.TrimLeft(text, " \t;")
	end := strings.IndexAny(text, "=;")
	if end < 0 || text[end] == ';' {
		_, rest, _ = strings.Cut(text, ";")
		return "", "", rest
	}
	name = strings.ToLower(strings.TrimSpace(text[:end]))
	text = strings.TrimLeft(text[end+1:], " \t")
	if text == "" || text[0] != '"' {
		value, rest, _ = strings.Cut(text, ";")
		return name, strings.TrimSpace(value), rest
	}
	value, rest = unquoted(text)
	_, rest, _ = strings.Cut(rest, ";")
	return name, value, rest
}

// unquoted reads the quoted string at the beginning of text.
func unquoted(text string) (value, rest string) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; c {
		case '"':
			return b.String(), text[i+1:]
		case '\\':
			if i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\') {
				i++
			}
			b.WriteByte(text[i])
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}

// again decodes a text of the header as the body turned out to be encoded: alone
// it is too short to tell.
func again(text string, from vi.Encoding) string {
	if from == vi.Unicode || from == vi.VIQR || isPlain(text) {
		return text
	}
	return from.Decode(text)
}
