package letter

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzRead holds that any bytes give a letter whose texts are fit to be shown, the
// same one however they come, and a page in which nothing runs.
func FuzzRead(f *testing.F) {
	for _, letters := range corpus() {
		for i, s := range letters {
			if len(s.raw) < 3000 && i%4 == 0 {
				f.Add([]byte(s.raw))
			}
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 64<<10 {
			return
		}
		l, err := Read(t.Context(), bytes.NewReader(raw), keepHash)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{l.Text, l.Quoted, l.Subject, l.From.Name, l.From.Address, l.MessageID} {
			if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\r\u2028") {
				t.Errorf("%q is not fit to be shown", text)
			}
		}
		if strings.Contains(l.Subject+l.From.Name, "\n") {
			t.Errorf("a line end in %q or %q", l.Subject, l.From.Name)
		}
		if again, err := Read(t.Context(), &dripping{raw}, keepHash); err != nil || describe(again) != describe(l) {
			t.Errorf("in pieces it is another letter: %v\n%s\n%s", err, describe(l), describe(again))
		}
		if why := unsafe(Page(l, View{Picture: func(int, Attachment) string { return "/files/1" }}).HTML); why != "" {
			t.Errorf("the page has %s", why)
		}
	})
}

// FuzzPage holds that no HTML gets anything into a page that runs, loads or deceives.
func FuzzPage(f *testing.F) {
	f.Add(dangerous)
	for _, s := range quoteLetters() {
		_, body, _ := strings.Cut(s.raw, "\r\n\r\n")
		f.Add(body)
	}
	f.Add("<div type=cite><blockquote type=cite></div></div>x<details><img src=cid:a")
	f.Fuzz(func(t *testing.T, source string) {
		l := Letter{HTML: source, Text: source, Attachments: []Attachment{{CID: "a"}}}
		shown := Page(l, View{Picture: func(int, Attachment) string { return "/files/1" }})
		if why := unsafe(shown.HTML); why != "" {
			t.Errorf("the page has %s:\n%s", why, shown.HTML)
		}
		if strings.Contains(shown.HTML, pictureScheme) && !strings.Contains(source, pictureScheme) {
			t.Errorf("a picture was not put in: %s", shown.HTML)
		}
		_ = htmlText(source)
	})
}

// FuzzCut holds that cutting loses no line, and that what was said is said again
// when it is cut once more.
func FuzzCut(f *testing.F) {
	for _, q := range quoteTexts {
		f.Add(q.text)
	}
	for _, a := range answersToUs() {
		if a.kind == "text/plain" {
			f.Add(a.body)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = tidy(text)
		said, quoted := Cut(text)
		if why := lost(text, said, quoted); why != "" {
			t.Errorf("%q became %q and %q: %s", text, said, quoted, why)
		}
	})
}

// FuzzReplyKey holds that an address which is not one of ours opens nothing.
func FuzzReplyKey(f *testing.F) {
	k := replyKey(f, "1022@thanhhoa.gov.vn", "+")
	good, err := k.Address("m1", monday)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("1022+x-1-@thanhhoa.gov.vn")
	f.Fuzz(func(t *testing.T, address string) {
		matter, err := k.Check(address, monday)
		if err == nil && !strings.EqualFold(address, good) {
			t.Errorf("%q opens %q", address, matter)
		}
	})
}

// FuzzTrust holds that no header panics, and that nothing is believed without a border.
func FuzzTrust(f *testing.F) {
	f.Add(passes + "\n" + entry)
	f.Add(internal + "\n" + greeting)
	f.Fuzz(func(t *testing.T, raw string) {
		h := readHeader([]byte(raw))
		if all := (Border{}).Read(h); len(all) > 0 {
			t.Errorf("believed: %+v", all)
		}
		_ = Border{IDs: []string{"mx.1022.example.vn"}, Below: true}.Read(h).Words()
		_, _ = VerifyDKIM(t.Context(), strings.NewReader(raw), func(context.Context, string) ([]string, error) { return nil, errPlug })
	})
}

// FuzzCompose holds that whatever people's words are, there is one letter with the
// fields that we gave it.
func FuzzCompose(f *testing.F) {
	for _, bad := range evil {
		f.Add(bad, bad, bad)
	}
	f.Fuzz(func(t *testing.T, subject, name, text string) {
		d := draft()
		d.Subject, d.To[0].Name, d.Text = subject, name, text
		d.Files = []File{file(name, subject, text)}
		var b bytes.Buffer
		if err := Compose(t.Context(), &b, d); err != nil {
			t.Fatal(err)
		}
		l := readBack(t, b.String())
		if len(l.Header) != 9 || len(l.Attachments) != 1 || len(l.To) != 1 || l.To[0].Address != "an@example.vn" {
			t.Errorf("%q, %q: the letter is %+v", subject, name, l)
		}
		if strings.Contains(strings.ReplaceAll(b.String(), "\r\n", ""), "\n") {
			t.Error("a bare LF is in the letter")
		}
	})
}

// FuzzTNEF holds that winmail.dat of any bytes is bounded by its size.
func FuzzTNEF(f *testing.F) {
	f.Add([]byte(tnefOf("a.txt", "chao")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, files, _ := readTNEF(raw)
		total := 0
		for _, file := range files {
			total += len(file.data)
		}
		if total > len(raw) {
			t.Errorf("%d bytes of files in %d", total, len(raw))
		}
		_, _ = parseCMS(raw)
		_, _ = io.Copy(io.Discard, &base64Reader{r: bytes.NewReader(raw)})
	})
}
