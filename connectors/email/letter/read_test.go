package letter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

var errPlug = errors.New("the plug was pulled")

func threeFiles() string {
	file := func(name string) string {
		return part("Content-Type: application/pdf\nContent-Disposition: attachment; filename="+name, "nội dung "+name)
	}
	return multipart("mixed", "B", part("Content-Type: text/plain", "Xin chào"), file("a.pdf"), file("b.pdf"), file("c.pdf"))
}

func TestAFileThatIsNotTakenStaysWithItsReason(t *testing.T) {
	l, err := Read(t.Context(), strings.NewReader(threeFiles()), func(_ context.Context, name string, r io.Reader) (content.Attachment, error) {
		if name == "b.pdf" { // without reading it to its end
			return content.Attachment{}, &connectors.Error{Kind: connectors.Permanent, Reason: "Tệp có vi-rút.", Err: errPlug}
		}
		raw, err := io.ReadAll(r)
		return content.Attachment{ID: string(raw), Name: name}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Attachments) != 3 {
		t.Fatalf("%d files, want 3", len(l.Attachments))
	}
	if b := l.Attachments[1]; b.ID != "" || b.Name != "b.pdf" || b.Problem != "Tệp có vi-rút." {
		t.Errorf("the refused file is %+v", b)
	}
	if c := l.Attachments[2]; c.ID != "nội dung c.pdf" {
		t.Errorf("the file after it is %+v", c)
	}
}

func TestAStoreThatFailsForTheMomentEndsTheReading(t *testing.T) {
	calls := 0
	_, err := Read(t.Context(), strings.NewReader(threeFiles()), func(context.Context, string, io.Reader) (content.Attachment, error) {
		calls++
		return content.Attachment{}, errPlug
	})
	if !errors.Is(err, errPlug) || calls != 1 {
		t.Errorf("Read = %v after %d calls, want the failure after one", err, calls)
	}
}

func TestASourceThatBreaksOffIsAnErrorWhereverItDoes(t *testing.T) {
	raw := threeFiles()
	for cut := range len(raw) {
		broken := io.MultiReader(strings.NewReader(raw[:cut]), iotest.ErrReader(errPlug))
		if _, err := Read(t.Context(), broken, keepHash); !errors.Is(err, errPlug) {
			t.Fatalf("cut at %d: %v, want the source's failure", cut, err)
		}
	}
}

func TestNobodyWaitsForALetterThatIsNotWanted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read(ctx, strings.NewReader(threeFiles()), Leave); !errors.Is(err, context.Canceled) {
		t.Errorf("Read = %v, want context.Canceled", err)
	}
}

func TestALetterWithoutEndIsCutAndSaysSo(t *testing.T) {
	endless := io.MultiReader(strings.NewReader("Subject: x\r\nContent-Type: application/x-la\r\n\r\n"), &endlessly{})
	l, err := Read(t.Context(), endless, Leave)
	if err != nil || len(l.Problems) != 1 || l.Subject != "x" {
		t.Errorf("Read = %v, %q, want a letter with one problem", err, l.Problems)
	}
}

// endlessly gives lines for ever.
type endlessly struct{}

func (*endlessly) Read(p []byte) (int, error) {
	for i := range p {
		if p[i] = 'A'; i%77 == 76 {
			p[i] = '\n'
		}
	}
	return len(p), nil
}

// largeLetter is a letter of that many bytes with one file.
func largeLetter(size int) io.Reader {
	head := eml("", "Subject: x", "Content-Type: multipart/mixed; boundary=B") + "--B\r\n" + part("Content-Type: text/plain", "Xin chào") +
		"\r\n--B\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	return io.MultiReader(strings.NewReader(head), io.LimitReader(&endlessly{}, int64(size)), strings.NewReader("\r\n--B--\r\n"))
}

func TestALargeFileStreamsThrough(t *testing.T) {
	const size = 25 << 20
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	l, err := Read(t.Context(), largeLetter(size), func(_ context.Context, name string, r io.Reader) (content.Attachment, error) {
		n, err := io.Copy(io.Discard, r)
		return content.Attachment{Name: name, Size: n}, err
	})
	runtime.ReadMemStats(&after)
	if err != nil || l.Text != "Xin chào" || len(l.Attachments) != 1 {
		t.Fatalf("Read = %+v, %v", l, err)
	}
	if got, want := l.Attachments[0].Size, int64(size)*76/77*3/4; got < want-1000 || got > want+1000 {
		t.Errorf("the file has %d bytes, want about %d", got, want)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 2<<20 {
		t.Errorf("reading 25 MB took %d bytes of memory in all", used)
	}
}

func TestPicturesOfTheLetterAreShownFromOurAddresses(t *testing.T) {
	l, err := Read(t.Context(), strings.NewReader(multipart("related", "B",
		part("Content-Type: text/html", `<p>Ảnh: <img src="cid:p1@x" alt="hố ga" width=100 onload=x> <img src=CID:p%31@x> <img src="cid:none"> <img src="https://t.example/x.gif"></p>`),
		part("Content-Type: image/gif\nContent-ID: <p1@x>", gif))), Leave)
	if err != nil {
		t.Fatal(err)
	}
	shown := Page(l, View{Picture: func(n int, a Attachment) string { return fmt.Sprintf("/files/%d?cid=%s&x=\"", n, a.CID) }})
	if !strings.Contains(shown.HTML, `<img src="/files/0?cid=p1@x&amp;x=&#34;" alt="hố ga" width="100">`) || strings.Count(shown.HTML, "<img") != 2 {
		t.Errorf("the page is %s", shown.HTML)
	}
	if shown.Remote != 1 || shown.Missing != 1 {
		t.Errorf("%d remote and %d missing, want 1 and 1", shown.Remote, shown.Missing)
	}
	wanted := Page(l, View{Remote: true})
	if wanted.Remote != 0 || !strings.Contains(wanted.HTML, `src="https://t.example/x.gif"`) || !strings.Contains(wanted.HTML, "img-src 'self' data: https:") {
		t.Errorf("with remote pictures the page is %s", wanted.HTML)
	}
}

func TestLettersBeforeAreFoldedAway(t *testing.T) {
	for _, s := range quoteLetters() {
		l, err := Read(t.Context(), strings.NewReader(s.raw), Leave)
		if err != nil {
			t.Fatal(err)
		}
		if l.Quoted == "" || strings.HasPrefix(l.Quoted, "> Trân") || strings.HasPrefix(l.Quoted, "-- ") {
			continue
		}
		page := Page(l, View{}).HTML
		if n := strings.Count(page, "<details>"); n == 0 || n != strings.Count(page, "</details>") {
			t.Errorf("%s: the page folds nothing, or wrongly: %s", s.name, page[strings.Index(page, "<body>"):])
		}
	}
}

func TestAPageForTextHasParagraphsAndLinks(t *testing.T) {
	l := Letter{Text: "Xem <b> https://a.vn/x?a=1&b=2.\nvà www.b.vn, viết an@b.vn\n\nHết"}
	page := Page(l, View{}).HTML
	for _, want := range []string{
		`<p>Xem &lt;b&gt; <a href="https://a.vn/x?a=1&amp;b=2" rel="nofollow noreferrer noopener" target="_blank">https://a.vn/x?a=1&amp;b=2</a>.<br>`,
		`<a href="https://www.b.vn"`, `<a href="mailto:an@b.vn"`, `<p>Hết</p>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s: %s", want, page)
		}
	}
}

func TestNothingOfALetterIsLostByCutting(t *testing.T) {
	for _, q := range quoteTexts {
		said, quoted := Cut(q.text)
		if why := lost(q.text, said, quoted); why != "" {
			t.Errorf("%s: %s", q.name, why)
		}
	}
}

// lost names a line of text that is in neither part, or in more than there were.
func lost(text, said, quoted string) string {
	count := map[string]int{}
	for line := range strings.SplitSeq(text, "\n") {
		count[strings.TrimSpace(line)]++
	}
	for line := range strings.SplitSeq(said+"\n"+quoted, "\n") {
		count[strings.TrimSpace(line)]--
	}
	for line, n := range count {
		if line != "" && n != 0 {
			return fmt.Sprintf("the line %q is there %d times too few", line, n)
		}
	}
	return ""
}

func BenchmarkRead25MB(b *testing.B) {
	var raw bytes.Buffer
	if _, err := raw.ReadFrom(largeLetter(25 << 20)); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(raw.Len()))
	b.ReportAllocs()
	for b.Loop() {
		_, err := Read(b.Context(), bytes.NewReader(raw.Bytes()), func(_ context.Context, name string, r io.Reader) (content.Attachment, error) {
			_, err := io.Copy(io.Discard, r)
			return content.Attachment{Name: name}, err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// ordinary is a letter as most are: text and HTML, with the letter before quoted.
func ordinary() string {
	return multipart("alternative", "B", part("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64", inBase64(complaint+"\n\n"+quoteTexts[0].text)),
		part("Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable", inQuoted("<div dir=ltr><p>"+complaint+"</p></div><blockquote class=gmail_quote>"+strings.Repeat("<p style=\"margin:0\">"+complaint+"</p>", 10)+"</blockquote>")))
}

func BenchmarkReadOrdinary(b *testing.B) {
	raw := ordinary()
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(b.Context(), strings.NewReader(raw), Leave); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPage(b *testing.B) {
	l, err := Read(b.Context(), strings.NewReader(ordinary()), Leave)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(l.HTML)))
	b.ReportAllocs()
	for b.Loop() {
		Page(l, View{})
	}
}
