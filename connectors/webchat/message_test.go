package webchat

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzDecodePost(f *testing.F) {
	f.Add([]byte(`{"key":"k1","text":"xin chào","language":"vi-VN","page":"https://a.vn/b?c#d"}`))
	f.Add([]byte(`{"key":"k1","text":"\ud83d lone"}`))
	f.Add([]byte("{\"key\":\"k\",\"text\":\"\xff\x00\"}"))
	f.Add([]byte(`{"key":"k","pressed":"v","attachments":["a.b"],"page":"javascript:alert(1)"}`))
	f.Add([]byte(strings.Repeat(`{"a":`, 1000)))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := decodePost(body, 100, 10)
		if err != nil {
			var known *problem
			if !errors.As(err, &known) || known.message == "" || known.status < 400 || known.status > 499 {
				t.Errorf("error without words for people: %v", err)
			}
			return
		}
		for _, text := range []string{p.Text, p.Pressed, p.Page, p.Language} {
			if !utf8.ValidString(text) {
				t.Errorf("not UTF-8: %q", text)
			}
		}
		if utf8.RuneCountInString(p.Text) > 100 || !isName(p.Key, 64) || len(p.Attachments) > 10 {
			t.Errorf("accepted %+v", p)
		}
		if p.Page != "" && !strings.HasPrefix(p.Page, "http") {
			t.Errorf("page %q", p.Page)
		}
	})
}

func FuzzParseCursor(f *testing.F) {
	f.Add("c1.5~c2.7")
	f.Add("~.")
	f.Fuzz(func(t *testing.T, text string) {
		cursor, err := ParseCursor(text)
		if err != nil {
			return
		}
		again, err := ParseCursor(cursor.String())
		if err != nil || again.String() != cursor.String() {
			t.Errorf("%q became %q, which reads as %q, %v", text, cursor, again, err)
		}
	})
}

func TestCursor(t *testing.T) {
	var c Cursor
	if c.String() != "" || c.Seen("c1") != 0 {
		t.Errorf("the beginning is %q and has seen %d", c, c.Seen("c1"))
	}
	c = c.With("c2", 3).With("c1", 5).With("c2", 2)
	if c.String() != "c1.5~c2.3" {
		t.Errorf("cursor = %q", c)
	}
	if c.Seen("c1") != 5 || c.Seen("c2") != 3 || c.Seen("c3") != 0 || c.Seen("c0") != 0 {
		t.Errorf("%q has seen %d %d %d %d", c, c.Seen("c1"), c.Seen("c2"), c.Seen("c3"), c.Seen("c0"))
	}
	for i := range maxPositions {
		c = c.With("d"+string(rune('a'+i)), 1)
	}
	if c.Seen("c1") == 0 || c.Seen("c2") == 0 {
		t.Error("what was pushed out of the cursor is unread again")
	}
	if c.Seen("e") != 0 {
		t.Error("a newer conversation counts as read")
	}
	for _, bad := range []string{"c1", "c1.", "c1.-1", "c1.x", ".5", "c1.5~", "c 1.5", strings.Repeat("c.1~", 20) + "c.1"} {
		if _, err := ParseCursor(bad); err == nil {
			t.Errorf("ParseCursor(%q) accepted it", bad)
		}
	}
}

func TestPageKeepsOnlyWhere(t *testing.T) {
	for in, want := range map[string]string{
		"https://user:pw@a.vn/b/c?token=x#y": "https://a.vn/b/c",
		"javascript:alert(1)":                "",
		"":                                   "",
		"https://a.vn/" + strings.Repeat("d", 2000): "https://a.vn",
	} {
		if got := page(in); got != want {
			t.Errorf("page(%.40q) = %q, want %q", in, got, want)
		}
	}
}
