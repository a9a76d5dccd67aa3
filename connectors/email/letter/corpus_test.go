package letter

import (
	"bytes"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/connectors/content"
	"tongdai/kb/vi"
)

var update = flag.Bool("update", false, "write what is read now into testdata/*.golden")

// odd letters, by family: each a name that says what is odd, and the bytes.
type specimen struct {
	name string
	raw  string
}

// corpus is all of them. They are made here from small parts, so that what is odd
// about one can be read.
var corpus = sync.OnceValue(func() map[string][]specimen {
	return map[string][]specimen{
		"charsets":    charsetLetters(),
		"headers":     headerLetters(),
		"addresses":   addressLetters(),
		"names":       nameLetters(),
		"structure":   structureLetters(),
		"transfer":    transferLetters(),
		"quotes":      quoteLetters(),
		"answers":     answerSpecimens(),
		"automatic":   automaticLetters(),
		"reports":     reportLetters(),
		"threads":     threadLetters(),
		"attachments": attachmentLetters(),
	}
})

// eml is a letter of header lines and a body, with the lines that most have.
func eml(body string, header ...string) string {
	has := func(name string) bool {
		for _, h := range header {
			if len(h) > len(name) && strings.EqualFold(h[:len(name)+1], name+":") {
				return true
			}
		}
		return false
	}
	var lines []string
	for _, line := range []string{"From: An <an@example.vn>", "To: 1022@thanhhoa.gov.vn", "Message-ID: <m1@example.vn>"} {
		if name, _, _ := strings.Cut(line, ":"); !has(name) {
			lines = append(lines, line)
		}
	}
	lines = append(lines, header...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + body
}

// wire makes the line ends of mail of those of Go.
func wire(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

// keepHash is a Keep that names a file after what is in it.
func keepHash(_ context.Context, name string, r io.Reader) (content.Attachment, error) {
	h := sha256.New()
	n, err := io.Copy(h, r)
	return content.Attachment{ID: fmt.Sprintf("%x", h.Sum(nil)[:4]), Name: name, Size: n}, err
}

// describe tells what was read, as a person would check it.
func describe(l Letter) string {
	var b strings.Builder
	say := func(what string, value string) {
		if value != "" {
			fmt.Fprintf(&b, "  %s: %s\n", what, strings.ReplaceAll(strings.TrimRight(value, "\n"), "\n", "\n      "))
		}
	}
	list := func(all []Address) (out string) {
		for i, a := range all {
			if i == 3 && len(all) > 4 {
				return out + fmt.Sprintf(", … (%d)", len(all))
			}
			if i > 0 {
				out += ", "
			}
			out += strings.TrimSpace(fmt.Sprintf("%s <%s>", a.Name, a.Address))
		}
		return out
	}
	if from := list([]Address{l.From}); from != "An <an@example.vn>" {
		say("from", from)
	}
	if l.Authors != 1 {
		say("authors", fmt.Sprint(l.Authors))
	}
	if to := list(l.To); to != "<1022@thanhhoa.gov.vn>" {
		say("to", to)
	}
	say("cc", list(l.Cc))
	say("reply to", list(l.ReplyTo))
	say("delivered to", strings.Join(l.DeliveredTo, ", "))
	say("envelope", l.Envelope)
	say("subject", l.Subject)
	if !l.Date.IsZero() {
		say("date", l.Date.UTC().Format(time.RFC3339))
	}
	if l.MessageID != "m1@example.vn" {
		say("id", fmt.Sprintf("%q", l.MessageID))
	}
	if l.Root != l.MessageID {
		say("root", l.Root)
	}
	say("answers", strings.Join(l.Answers, ", "))
	say("text", long(l.Text))
	say("quoted", long(l.Quoted))
	for i, a := range l.Attachments {
		if i == 10 {
			say("files", fmt.Sprint(len(l.Attachments)))
			break
		}
		line := fmt.Sprintf("%s %s %d", a.Name, a.ID, a.Size)
		if a.CID != "" {
			line += " cid=" + a.CID
		}
		if a.Inline {
			line += " inline"
		}
		if a.Problem != "" {
			line += " problem=" + a.Problem
		}
		say("file", line)
		if n := a.Nested; n != nil {
			say("  letter", fmt.Sprintf("%s | %s | %s | %s | %v", n.MessageID, n.From.Address, n.Subject, long(n.Text), n.Files))
		}
	}
	if l.Calendar != nil {
		say("calendar", l.Calendar.Words())
	}
	for _, r := range l.Automatic {
		say("automatic", string(r)+": "+r.Words())
	}
	if r := l.Report; r != nil {
		say("report", strings.TrimSpace(fmt.Sprintf("%s of %s %s guessed=%v", r.Kind, r.Original, r.Envelope, r.Guessed)))
		for i, o := range r.Recipients {
			if i == 5 {
				say("  outcomes", fmt.Sprint(len(r.Recipients)))
				break
			}
			say("  outcome", fmt.Sprintf("%s %s %s | %s | %s", o.Address, o.Action, o.Status, o.Diagnostic, o.Words()))
		}
	}
	if l.Signed != nil {
		say("signed", l.Signed.Words())
	}
	if l.Encrypted != Open {
		say("encrypted", string(l.Encrypted)+": "+l.Encrypted.Words())
	}
	if l.Guessed != vi.Unicode {
		say("guessed", l.Guessed.String())
	}
	say("problems", strings.Join(l.Problems, "\n"))
	return b.String()
}

func long(text string) string {
	const most = 600
	if len(text) <= most {
		return text
	}
	return fmt.Sprintf("%s… (%d bytes, %x)", strings.ToValidUTF8(text[:200], ""), len(text), sha256.Sum256([]byte(text)))
}

// TestOddLettersAreRead reads every letter in time, to what the golden files say, and
// shows it without anything that must never be in a page of a stranger's.
func TestOddLettersAreRead(t *testing.T) {
	const slow = time.Minute // on any machine; what grows with the square of a letter takes hours
	total := 0
	for family, letters := range corpus() {
		t.Run(family, func(t *testing.T) {
			var got strings.Builder
			seen := map[string]bool{}
			for _, s := range letters {
				if seen[s.name] {
					t.Errorf("%s: two letters have this name", s.name)
				}
				seen[s.name] = true
				began := time.Now()
				l, err := Reader{Keep: keepHash, Own: []string{"1022@thanhhoa.gov.vn"}}.Read(t.Context(), strings.NewReader(s.raw))
				if err != nil {
					t.Errorf("%s: %v", s.name, err)
					continue
				}
				shown := Page(l, View{Picture: func(n int, _ Attachment) string { return fmt.Sprintf("/files/%d", n) }})
				if took := time.Since(began); took > slow {
					t.Errorf("%s took %v", s.name, took)
				}
				if why := unsafe(shown.HTML); why != "" {
					t.Errorf("%s: the page has %s", s.name, why)
				}
				fmt.Fprintf(&got, "# %s\n%s\n", s.name, describe(l))
			}
			golden(t, filepath.Join("testdata", family+".golden"), got.String())
		})
		total += len(letters)
	}
	if total < 300 {
		t.Errorf("the corpus has %d letters, 300 are wanted", total)
	}
	t.Logf("%d letters", total)
}

// golden compares block by block, so that what differs is named.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for block := range strings.SplitSeq("\n"+string(raw), "\n# ") {
		name, said, _ := strings.Cut(block, "\n")
		want[name] = strings.TrimSpace(said)
	}
	for block := range strings.SplitSeq("\n"+got, "\n# ") {
		name, said, _ := strings.Cut(block, "\n")
		if said = strings.TrimSpace(said); said != want[name] {
			t.Errorf("%s\ngot:\n%s\nwant:\n%s", name, said, want[name])
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("%s: not in the corpus any more", name)
	}
}

// TestEveryCutLetterIsRead cuts letters at many places: each is read as far as it goes.
func TestEveryCutLetterIsRead(t *testing.T) {
	for _, letters := range corpus() {
		for i, s := range letters {
			if len(s.raw) > 5000 || i%5 != 0 {
				continue
			}
			for cut := 0; cut < len(s.raw); cut += max(1, len(s.raw)/23) {
				if _, err := Read(t.Context(), strings.NewReader(s.raw[:cut]), Leave); err != nil {
					t.Errorf("%s, cut at %d: %v", s.name, cut, err)
				}
			}
		}
	}
}

// TestReadingDoesNotDependOnHowALetterComes reads byte by byte.
func TestReadingDoesNotDependOnHowALetterComes(t *testing.T) {
	for _, letters := range corpus() {
		for i, s := range letters {
			if len(s.raw) > 20000 || i%3 != 0 {
				continue
			}
			at := func(r io.Reader) string {
				l, err := Read(t.Context(), r, keepHash)
				if err != nil {
					t.Fatalf("%s: %v", s.name, err)
				}
				return describe(l)
			}
			whole, pieces := at(strings.NewReader(s.raw)), at(&dripping{[]byte(s.raw)})
			if whole != pieces {
				t.Errorf("%s\nat once:\n%s\nin pieces:\n%s", s.name, whole, pieces)
			}
		}
	}
}

// dripping gives three bytes at a time.
type dripping struct{ rest []byte }

func (d *dripping) Read(p []byte) (int, error) {
	if len(d.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, d.rest[:min(3, len(d.rest))])
	d.rest = d.rest[n:]
	return n, nil
}

// encodedAs is text in one of the encodings of before Unicode, byte for byte.
func encodedAs(e vi.Encoding, text string) string {
	var b bytes.Buffer
	for _, r := range e.Encode(text) {
		b.WriteByte(westernByte(r))
	}
	return b.String()
}
