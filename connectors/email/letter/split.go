package letter

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"regexp"
	"strings"
)

// source is where a letter comes from. Its failure is kept, because what reads
// from it in between takes every end for an end.
type source struct {
	ctx    context.Context
	r      io.Reader
	left   int64
	failed error
	cut    bool // there was more than we read
}

func (s *source) Read(p []byte) (int, error) {
	if s.failed != nil {
		return 0, io.EOF
	}
	if err := s.ctx.Err(); err != nil {
		s.failed = err
		return 0, io.EOF
	}
	if s.left <= 0 {
		s.cut = true
		return 0, io.EOF
	}
	n, err := s.r.Read(p[:min(int64(len(p)), s.left)])
	s.left -= int64(n)
	if err != nil && err != io.EOF {
		s.failed = err
		return n, io.EOF
	}
	return n, err
}

// splitter reads a letter once, from its beginning to its end, and stops at the
// boundaries of the parts that are open. A boundary of an outer part ends the
// inner ones, so that a letter whose ends are missing is still taken apart.
type splitter struct {
	lines  *bufio.Reader
	bounds []string // of the open multiparts, outermost first, with their "--"
	begun  bool     // the next piece continues a line
	eol    []byte   // the line end that belongs to a boundary if one follows
	again  []byte   // a line given back
	// at is the open multipart whose boundary was met, len(bounds) while none was;
	// last: it was the closing one. ended: there is no more.
	at    int
	last  bool
	ended bool
	tap   *tap
	queue [2][]byte // what Read has yet to give: a line end, a line
}

const lineBuffer = 64 << 10

func newSplitter(r io.Reader) *splitter {
	return &splitter{lines: bufio.NewReaderSize(r, lineBuffer)}
}

// open begins a multipart; close ends it and tells whether an outer boundary, or
// the end, ended it. Between them, part goes from part to part.
func (s *splitter) open(boundary string) {
	s.bounds = append(s.bounds, "--"+boundary)
	s.at = len(s.bounds)
}

func (s *splitter) close() {
	s.bounds = s.bounds[:len(s.bounds)-1]
	s.at = min(s.at, len(s.bounds)) // what follows belongs to the part around
}

// part steps over what is left of the part before, to the next of the innermost
// multipart; false when there is none.
func (s *splitter) part() bool {
	s.drain()
	if s.ended || s.at < len(s.bounds)-1 || s.last {
		return false
	}
	s.at = len(s.bounds)
	s.eol = nil
	return true
}

// skip steps over what stands behind the last part of the innermost multipart.
func (s *splitter) skip() {
	for !s.ended && s.at == len(s.bounds)-1 {
		s.at, s.last = len(s.bounds), false
		s.drain()
	}
}

func (s *splitter) drain() {
	s.queue = [2][]byte{}
	for {
		if _, _, ok := s.line(); !ok {
			return
		}
	}
}

// line is the next line of the section, or a piece of one that is very long, with
// the line end of the line before it; ok is false at the section's end. Both are
// good until the next call.
func (s *splitter) line() (before, line []byte, ok bool) {
	if s.again != nil {
		line, s.again = s.again, nil
		return nil, line, true
	}
	if s.ended || s.at < len(s.bounds) {
		return nil, nil, false
	}
	raw, err := s.lines.ReadSlice('\n')
	if len(raw) == 0 && err != nil {
		s.ended = true
		if before, s.eol = s.eol, nil; len(before) > 0 {
			return before, nil, true
		}
		return nil, nil, false
	}
	starts := !s.begun
	s.begun = raw[len(raw)-1] != '\n'
	text := raw
	if !s.begun {
		text = bytes.TrimRight(raw, "\r\n")
	}
	if starts && len(text) > 2 && text[0] == '-' && text[1] == '-' && s.boundary(text) {
		s.begun, s.eol = false, nil
		s.tap.meets(s.at, text)
		return nil, nil, false
	}
	s.tap.takes(text, !s.begun)
	before = s.eol
	s.eol = lineEnd(raw[len(text):])
	return before, text, true
}

// Line ends as they come, without a memory of their own.
var (
	crlf    = []byte("\r\n")
	newline = []byte("\n")
)

func lineEnd(raw []byte) []byte {
	switch {
	case len(raw) == 0:
		return nil
	case len(raw) == 1:
		return newline
	}
	return crlf
}

// boundary reports whether text is the boundary of an open multipart, and notes of
// which. Inner ones come first: the same boundary may be used again inside.
func (s *splitter) boundary(text []byte) bool {
	text = bytes.TrimRight(text, " \t")
	for i := len(s.bounds) - 1; i >= 0; i-- {
		b := s.bounds[i]
		if len(text) < len(b) || string(text[:len(b)]) != b {
			continue
		}
		switch rest := text[len(b):]; {
		case len(rest) == 0:
			s.at, s.last = i, false
			return true
		case len(rest) == 2 && rest[0] == '-' && rest[1] == '-':
			s.at, s.last = i, true
			return true
		}
	}
	return false
}

// Read gives the body of the section as it came, its last line end left out where
// that belongs to a boundary.
func (s *splitter) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(s.queue[0]) == 0 && len(s.queue[1]) == 0 {
			if n > 0 && s.lines.Buffered() == 0 {
				return n, nil
			}
			before, line, ok := s.line()
			if !ok {
				if n > 0 {
					return n, nil
				}
				return 0, io.EOF
			}
			s.queue = [2][]byte{before, line}
		}
		for i := range s.queue {
			c := copy(p[n:], s.queue[i])
			s.queue[i] = s.queue[i][c:]
			n += c
		}
	}
	return n, nil
}

// sees reports whether what comes next, as far as it can be seen, has that text.
func (s *splitter) sees(text string) bool {
	ahead, _ := s.lines.Peek(4 << 10)
	return bytes.Contains(ahead, []byte(text))
}

var guessable = regexp.MustCompile(`(?m)^--([^\r\n]+?)[ \t]*\r?\nContent-`)

// guess looks ahead for the boundary that a multipart should have named, or named
// wrongly; empty when there is none to be seen.
func (s *splitter) guess(named string) string {
	ahead, _ := s.lines.Peek(4 << 10)
	if named != "" && (len(ahead) == 4<<10 || bytes.Contains(ahead, []byte("--"+named))) {
		return named
	}
	if found := guessable.FindSubmatch(ahead); found != nil {
		if b := string(found[1]); !s.isOpen(b) {
			return b
		}
	}
	return named
}

func (s *splitter) isOpen(boundary string) bool {
	for _, b := range s.bounds {
		if b == "--"+boundary || strings.TrimSuffix("--"+boundary, "--") == b {
			return true
		}
	}
	return false
}

// tap hears the lines of a signed part as they were signed: with CRLF between them.
type tap struct {
	level    int  // the multipart/signed, whose boundary ends it
	all      bool // which is the whole letter
	most     int
	heard    bytes.Buffer
	eol      bool
	ended    bool
	overflow bool
}

func (t *tap) takes(text []byte, ends bool) {
	if t == nil || t.ended || t.overflow {
		return
	}
	if t.heard.Len()+len(text) > t.most {
		t.overflow = true
		t.heard = bytes.Buffer{}
		return
	}
	if t.eol {
		t.heard.WriteString("\r\n")
	}
	t.heard.Write(text)
	t.eol = ends
}

// meets hears a boundary; that of an inner multipart is part of what was signed.
func (t *tap) meets(level int, text []byte) {
	switch {
	case t == nil:
	case level <= t.level:
		t.ended = true
	default:
		t.takes(text, true)
	}
}
