package mattermost

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mattermost/mattermost-server/v6/shared/markdown"

	"tongdai/connectors"
)

func TestWordsOfStrangersAreShownAsTheyAre(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"plain words stay", "Hố ga mất nắp trước số 12, gần chợ.", "Hố ga mất nắp trước số 12, gần chợ."},
		{"nobody is called", "@all @here, (@channel) @lan.nt", "@\u200ball @\u200bhere, (@\u200bchannel) @\u200blan.nt"},
		{"nobody is called from behind a dot", "a.@channel _@all", "a.@\u200bchannel \\_@\u200ball"},
		{"an e-mail address can be copied", "gửi lan@thanhhoa.gov.vn", "gửi lan@thanhhoa.gov.vn"},
		{"marks of Markdown are letters", "**to** _nghiêng_ `mã` ~~bỏ~~ [a](b) ![c](d)", "\\*\\*to\\*\\* \\_nghiêng\\_ \\`mã\\` \\~\\~bỏ\\~\\~ \\[a\\](b) \\!\\[c\\](d)"},
		{"an exclamation stays", "Cứu với!", "Cứu với!"},
		{"lists and titles are lines", "- một\n+ hai\n1. ba\n2) bốn\n# năm\n===", "\\- một\n\\+ hai\n1\\. ba\n2\\) bốn\n\\# năm\n\u200b==="},
		{"a date in a line is no list", "ngày 21. rồi", "ngày 21. rồi"},
		{"four blanks make no code", "    thụt vào", "thụt vào"},
		{"an address of the web stays whole", "xem https://a.vn/b_c*d*?e=1 nhé", "xem https://a.vn/b_c*d*?e=1 nhé"},
		{"nobody is called by an address", "https://a.vn/@channel", "https://a.vn/%40channel"},
		{"no emoji by name", ":skull: lúc 8:05:30", ":\u200bskull: lúc 8:05:30"},
		{"a backslash is one", `C:\a`, `C:\\a`},
		{"broken bytes are seen", "a\xffb", "a\uFFFDb"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := literal(tt.in); got != tt.want {
				t.Errorf("literal(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func FuzzWordsOfStrangersCallNobody(f *testing.F) {
	f.Add("@all")
	f.Add("x@@here https://a/@channel")
	f.Fuzz(func(t *testing.T, text string) {
		got := quoted(text)
		if !utf8.ValidString(got) {
			t.Errorf("%q is no text", got)
		}
		for _, call := range []string{"@all", "@here", "@channel"} {
			for rest := got; ; {
				at := strings.Index(rest, call)
				if at < 0 {
					break
				}
				if before, _ := utf8.DecodeLastRuneInString(rest[:at]); !unicode.IsLetter(before) && !unicode.IsDigit(before) {
					t.Errorf("%q calls %s", got, call)
				}
				rest = rest[at+1:]
			}
		}
	})
}

func TestLongTextsAreCutSoThatEveryPieceFits(t *testing.T) {
	for name, text := range map[string]string{
		"words": strings.Repeat("Đường ngập nước. ", 4000), "stars": strings.Repeat("*", 40_000), "lines": strings.Repeat("*\n", 20_000),
	} {
		all := pieces(text, "**Người dân** viết:\n", quoted)
		if len(all) < 2 {
			t.Errorf("%s: %d pieces", name, len(all))
		}
		for _, piece := range all {
			if n := utf8.RuneCountInString(piece); n > textLength-20 {
				t.Errorf("%s: a piece has %d characters", name, n)
			}
		}
	}
}

func TestPromisesAreRead(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 30, 0, 0, hanoi)
	for _, tt := range []struct{ in, want string }{
		{"17:00 24/11/2026", "17:00 24/11/2026"},
		{"24/11/2026 17:00", "17:00 24/11/2026"},
		{"17h30, ngày 24/11", "17:30 24/11/2026"},
		{"lúc 16g 24-11-2026", "16:00 24/11/2026"},
		{"24.11", "17:00 24/11/2026"},
		{"11h", "11:00 22/11/2026"},
		{"8:00 05/01", "08:00 05/01/2027"},
	} {
		got, why := readDue(tt.in, now)
		if why != "" || clock(got) != tt.want {
			t.Errorf("readDue(%q) = %s %q, want %s", tt.in, clock(got), why, tt.want)
		}
	}
	for _, wrong := range []string{"", "mai", "25:00 24/11", "10:75", "30/02/2027", "8:00", "17:00 21/11", "17:00 24/11/2030", "17:00 18:00", "1/1/2"} {
		if got, why := readDue(wrong, now); why == "" || !got.IsZero() {
			t.Errorf("readDue(%q) = %s, want words why not", wrong, got)
		}
	}
}

func FuzzPromisesAreAheadOrNone(f *testing.F) {
	f.Add("17:00 24/11/2026")
	f.Add("99h 99/99")
	now := time.Date(2026, 11, 22, 9, 30, 0, 0, hanoi)
	f.Fuzz(func(t *testing.T, text string) {
		due, why := readDue(text, now)
		if why == "" && (!due.After(now) || due.Sub(now) > dueMost) || why != "" && !due.IsZero() {
			t.Errorf("readDue(%q) = %s, %q", text, due, why)
		}
	})
}

func FuzzPostsAreDeedsOrNone(f *testing.F) {
	f.Add("posted", []byte(`{"id":"aaaaaaaaaaaaaaaaaaaaaaaaaa","channel_id":"aaaaaaaaaaaaaaaaaaaaaaaaaa","root_id":"aaaaaaaaaaaaaaaaaaaaaaaaaa","user_id":"u","create_at":1,"message":"! chào","file_ids":["x"],"metadata":{"files":[null]}}`))
	f.Add("post_deleted", []byte(`{}`))
	f.Add("post_edited", []byte(`{"props":{"attachments":[{"actions":[null]}]},"edit_at":-1}`))
	b := &Bridge{cfg: Config{Prefix: "!"}, now: time.Now}
	f.Fuzz(func(t *testing.T, event string, post []byte) {
		h, err := readHappening(event, post)
		if err != nil {
			return // kept for people
		}
		again, err := happened(event, h.post)
		if err != nil || again.key() != h.key() || again.at() != h.at() {
			t.Errorf("%q read again is %+v, %v", post, again, err)
		}
		if !h.spoken("bot") {
			return
		}
		in := b.inbound(h, "t", connectors.Colleague{User: connectors.RemoteID(h.post.UserId)})
		if in.Key == "" || in.Act == nil || in.Act.Root == "" || in.Message == "" || in.From == "" || strings.HasPrefix(in.Content.Text, " ") {
			t.Errorf("%q is %+v %+v", post, in, in.Act)
		}
	})
}

// The server's own reader of Markdown finds nothing in words of strangers but words,
// quotations and addresses of the web.
func FuzzWordsOfStrangersHaveNoForm(f *testing.F) {
	for _, seed := range []string{"a `b` [c](d) ![e](f)", "1. x\n2) y\n- z", "```\nx\n```", "    x\n\ty", "[a]: http://b\n[a]", "https://a.vn/`x`", "> x", "a\n===\n---", "<http://a>", "\r0) "} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		written := quoted(text)
		markdown.Inspect(written, func(node any) bool {
			switch node.(type) {
			case *markdown.CodeSpan, *markdown.InlineLink, *markdown.InlineImage, *markdown.ReferenceLink, *markdown.ReferenceImage,
				*markdown.FencedCode, *markdown.IndentedCode, *markdown.List:
				t.Errorf("%q has a %T", written, node)
			}
			return true
		})
	})
}
