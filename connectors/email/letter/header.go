package letter

import (
	"bytes"
	"regexp"
	"strings"
)

// Field is one field of a header, unfolded and otherwise as it came.
type Field struct {
	Name  string // as written
	Value string
}

// Header is the header of a letter or of a part, in the order of its fields.
type Header []Field

// Get returns the first field of that name, empty when there is none.
func (h Header) Get(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Values returns all fields of that name.
func (h Header) Values(name string) (all []string) {
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			all = append(all, f.Value)
		}
	}
	return all
}

// Has reports whether there is such a field, be it empty.
func (h Header) Has(name string) bool {
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			return true
		}
	}
	return false
}

// starting returns the first field whose name begins so.
func (h Header) starting(prefix string) (Field, bool) {
	for _, f := range h {
		if len(f.Name) >= len(prefix) && strings.EqualFold(f.Name[:len(prefix)], prefix) {
			return f, true
		}
	}
	return Field{}, false
}

// header reads the fields of the letter, or of a part. Lines that are none are
// passed over; a part that begins with something else has no header at all.
func (s *splitter) header(first bool) Header {
	c := collector{room: mostHeader}
	for {
		line, ok := s.whole()
		if !ok || len(line) == 0 {
			s.eol = nil // the empty line is the header's
			break
		}
		if len(c.fields) == 0 && c.name == "" && !isField(line) && (!first || !s.headerAhead(line)) {
			s.again = line
			break
		}
		c.add(line)
	}
	c.flush()
	return c.fields
}

// headerAhead reports whether a letter that begins with a line that is no field has
// a header nevertheless: behind the line of a mailbox file, or behind rubbish.
func (s *splitter) headerAhead(line []byte) bool {
	if bytes.HasPrefix(bytes.TrimLeft(line, ">"), []byte("From ")) {
		return true
	}
	ahead, _ := s.lines.Peek(1 << 10)
	return usualField.Match(ahead)
}

var usualField = regexp.MustCompile(`(?mi)^(?:From|To|Subject|Date|Received|Return-Path|Message-ID|MIME-Version|Content-Type):`)

// whole returns a line with all its pieces, in memory of its own, as far as one
// field may be long.
func (s *splitter) whole() (line []byte, ok bool) {
	for {
		_, piece, more := s.line()
		if !more {
			return line, ok
		}
		ok = true
		if room := mostField - len(line); room > 0 {
			line = append(line, piece[:min(len(piece), room)]...)
		}
		if !s.begun {
			return line, true
		}
	}
}

// collector puts lines together to fields.
type collector struct {
	fields Header
	name   string // of the field that lines may still continue; empty: of none
	value  []byte
	room   int
}

func (c *collector) add(line []byte) {
	c.room -= len(line)
	if line[0] == ' ' || line[0] == '\t' {
		if c.room > 0 && len(c.value)+len(line) <= mostField {
			c.value = append(c.value, line...)
		}
		return
	}
	c.flush()
	if !isField(line) || c.room <= 0 || len(c.fields) >= mostFields {
		return
	}
	name, value, _ := bytes.Cut(line, []byte(":"))
	c.name = string(bytes.TrimRight(name, " \t"))
	c.value = append(c.value[:0], bytes.TrimLeft(value, " \t")...)
}

func (c *collector) flush() {
	if c.name != "" {
		c.fields = append(c.fields, Field{c.name, string(c.value)})
	}
	c.name, c.value = "", c.value[:0]
}

// isField reports whether a line is "Name: value".
func isField(line []byte) bool {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		return false
	}
	name := bytes.TrimRight(line[:colon], " \t")
	if len(name) == 0 {
		return false
	}
	for _, c := range name {
		if c <= ' ' || c >= 0x7F {
			return false
		}
	}
	return true
}

// readHeader reads fields out of bytes: the header of the letter that a report is
// about, the groups of a report.
func readHeader(raw []byte) Header {
	return newSplitter(bytes.NewReader(raw)).header(true)
}
