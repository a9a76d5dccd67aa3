package connectortest

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

var characters = []promise{
	{"odd characters arrive as they are", func(t *testing.T, factory Factory) {
		for name, text := range map[string]string{
			"composed Vietnamese":    "Đường ngập, nước tràn vào nhà",
			"decomposed Vietnamese":  "tie\u0302\u0301ng Vie\u0323\u0302t",
			"emoji with joiners":     "cứu 👨‍👩‍👧 🇻🇳",
			"NUL":                    "a\x00b",
			"right-to-left override": "hóa đơn \u202efdp.exe",
			"line breaks":            "một\r\nhai\nba\tbốn",
			"markup":                 `<script>alert("1")</script> & 'x' \ /`,
			"a JSON text":            `{"event_name":"user_send_text"}`,
			"the end of the range":   "\U0010FFFF",
		} {
			t.Run(name, func(t *testing.T) {
				p := platform(t, factory)
				thing := hello()
				thing.Text = text
				if got := p.one(thing).Content.Text; got != text {
					t.Errorf("arrived as %q, want %q", got, text)
				}
			})
		}
	}},
	{"what JSON can say and text cannot is replaced, and the rest is kept", func(t *testing.T, factory Factory) {
		for name, literal := range map[string]string{
			"the first half of a pair":  `"a\ud83db"`,
			"the second half of a pair": `"a\ude00b"`,
			"halves in the wrong order": `"a\ude00\ud83db"`,
			"a byte that is not UTF-8":  "\"a\xffb\"",
		} {
			t.Run(name, func(t *testing.T) {
				p := platform(t, factory)
				thing := hello()
				thing.JSON = literal
				got := p.one(thing).Content.Text
				if !utf8.ValidString(got) || !strings.HasPrefix(got, "a") || !strings.HasSuffix(got, "b") {
					t.Errorf("arrived as %q, want valid UTF-8 from a to b", got)
				}
			})
		}
	}},
	{"escapes and plain characters are the same text", func(t *testing.T, factory Factory) {
		p := platform(t, factory)
		thing := hello()
		thing.JSON = `"\u0110\u00e8n \ud83d\ude00"`
		if got := p.one(thing).Content.Text; got != "Đèn 😀" {
			t.Errorf("arrived as %q", got)
		}
	}},
	{"a text of a megabyte arrives whole or is answered 413", func(t *testing.T, factory Factory) {
		p := platform(t, factory)
		thing := hello()
		thing.Text = strings.Repeat("Đèn đường hỏng. ", 1<<20/20)
		status, answer := p.send(p.hook.Report(thing))
		got := p.receiver.handed()
		switch {
		case status/100 == 2 && len(got) == 1 && got[0].Content.Text == thing.Text:
		case status == 413 && len(got) == 0:
		default:
			t.Errorf("answered %d %s, and %d arrived", status, short(answer), len(got))
		}
	}},
	{"depth without end harms nobody", func(t *testing.T, factory Factory) {
		p := platform(t, factory)
		deep := strings.Repeat("[", 20_000)
		if int64(len(deep)) > p.hook.MaxBody {
			deep = deep[:p.hook.MaxBody]
		}
		if status, _ := p.send(p.hook.Sign([]byte(deep))); status == 0 || status/100 == 5 {
			t.Errorf("answered %d", status)
		}
		if in := p.receiver.handed(); len(in) != 0 {
			t.Errorf("it was taken for %+v", in)
		}
		p.report(hello())
	}},
}

// Literal is the thing's text as a JSON string, for bodies that the harness
// puts together: it may hold what json.Marshal would not write.
func (thing Thing) Literal() json.RawMessage {
	if thing.JSON != "" {
		return json.RawMessage(thing.JSON)
	}
	encoded, _ := json.Marshal(thing.Text) // of a string: cannot fail
	return encoded
}
