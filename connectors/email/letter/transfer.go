package letter

import (
	"bytes"
	"io"
	"strings"
)

// decoded undoes a Content-Transfer-Encoding. What is not of the encoding is
// passed over in base64, and stays as it is in quoted-printable.
func decoded(r io.Reader, encoding string) io.Reader {
	switch strings.ToLower(strings.Trim(clean(encoding), " ;\"")) {
	case "base64", "base-64", "b":
		return &base64Reader{r: r}
	case "quoted-printable", "quotedprintable", "q":
		return &quotedReader{r: r}
	}
	return r
}

// base64Values maps characters to their six bits; 0xFF where there are none.
var base64Values = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xFF
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		t[c] = byte(i)
	}
	t['-'], t['_'] = 62, 63
	return t
}()

// base64Reader takes base64 as it comes: with any line lengths, with rubbish in
// between, ended in the middle, several pieces with their own "=" behind each other.
type base64Reader struct {
	r    io.Reader
	in   [4 << 10]byte
	left []byte // of in
	bits uint32
	have uint // bits in bits
	err  error
}

func (b *base64Reader) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(b.left) == 0 {
			if b.err != nil || n > 0 {
				break
			}
			var got int
			got, b.err = b.r.Read(b.in[:])
			b.left = b.in[:got]
			continue
		}
		n += b.take(p[n:])
	}
	if n == 0 && len(p) > 0 {
		return 0, b.err
	}
	return n, nil
}

// take decodes from left into p until one of them ends.
func (b *base64Reader) take(p []byte) (n int) {
	for i, c := range b.left {
		v := base64Values[c]
		if v == 0xFF {
			if c == '=' {
				b.bits, b.have = 0, 0
			}
			continue
		}
		if b.bits, b.have = b.bits<<6|uint32(v), b.have+6; b.have < 8 {
			continue
		}
		b.have -= 8
		p[n] = byte(b.bits >> b.have)
		if n++; n == len(p) {
			b.left = b.left[i+1:]
			return n
		}
	}
	b.left = nil
	return n
}

// quotedReader decodes quoted-printable.
type quotedReader struct {
	r    io.Reader
	in   [4 << 10]byte
	left []byte
	err  error
}

func (q *quotedReader) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(q.left) == 0 || q.left[0] == '=' && q.undecided() {
			if q.err != nil && len(q.left) == 0 || n > 0 && q.err == nil {
				break
			}
			if q.err == nil {
				q.fill()
				continue
			}
		}
		c, used, none := unquote(q.left)
		q.left = q.left[used:]
		if !none {
			p[n] = c
			n++
		}
	}
	if n == 0 && len(p) > 0 {
		return 0, q.err
	}
	return n, nil
}

// undecided reports whether what "=" means stands in what is yet to be read. A
// soft line break may have blanks before it, as many as half the buffer.
func (q *quotedReader) undecided() bool {
	if q.err != nil || len(q.left) >= len(q.in)/2 {
		return false
	}
	return len(q.left) < 3 || len(bytes.TrimRight(q.left[1:], " \t\r")) == 0
}

func (q *quotedReader) fill() {
	kept := copy(q.in[:], q.left)
	got, err := q.r.Read(q.in[kept:])
	q.left, q.err = q.in[:kept+got], err
}

// unquote decodes the first character of text, which is not empty, and tells how
// many bytes it took; none: they stand for nothing.
func unquote(text []byte) (c byte, used int, none bool) {
	if text[0] != '=' {
		return text[0], 1, false
	}
	if len(text) > 2 {
		high, low := hexValue(text[1]), hexValue(text[2])
		if high < 16 && low < 16 {
			return high<<4 | low, 3, false
		}
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case ' ', '\t', '\r':
		case '\n':
			return 0, i + 1, true
		default:
			return '=', 1, false
		}
	}
	return 0, len(text), true
}

func hexValue(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 0xFF
}

// whole reads what must be in memory to be understood. rest is nil when that was
// all, and else reads everything from its beginning.
func whole(r io.Reader, most int64) (all []byte, rest io.Reader) {
	var b bytes.Buffer
	_, _ = b.ReadFrom(io.LimitReader(r, most+1)) // its failure is the source's
	if int64(b.Len()) > most {
		return nil, io.MultiReader(&b, r)
	}
	return b.Bytes(), nil
}
