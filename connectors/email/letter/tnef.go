package letter

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"io"
	"strings"
	"unicode/utf16"
)

// TNEF is what Outlook makes of a letter that it takes for its own kind only:
// everything in one file, winmail.dat (MS-OXTNEF). It is a row of attributes, the
// attachments' each behind a mark that begins one.
const (
	tnefSignature  = 0x223E9F78
	tnefBody       = 0x0002800C
	tnefAttach     = 0x00069002 // begins an attachment
	tnefTitle      = 0x00018010
	tnefData       = 0x0006800F
	tnefProps      = 0x00069003 // MAPI properties of the letter
	tnefAttachMore = 0x00069005 // MAPI properties of the attachment

	mapiBody      = 0x1000
	mapiHTML      = 0x1013
	mapiData      = 0x3701
	mapiShortName = 0x3704
	mapiLongName  = 0x3707
	mapiType      = 0x370E
	mapiContentID = 0x3712
)

// tnefFile is one attachment within.
type tnefFile struct {
	name, kind, cid string
	data            []byte
}

// tnef opens winmail.dat. Where it cannot be read it stays a file.
func (w *walk) tnef(p partHead, r io.Reader) []piece {
	raw, rest := whole(r, mostWhole)
	if rest != nil {
		w.file(p, rest)
		return nil
	}
	body, files, ok := readTNEF(raw)
	if !ok {
		w.note("Không mở được hết tệp winmail.dat của Outlook; tệp được giữ nguyên.")
		p.name = cmp.Or(p.name, "winmail.dat")
		w.file(p, bytes.NewReader(raw))
		return nil
	}
	for _, f := range files {
		if w.parts++; w.parts > mostParts {
			w.note("Thư có hơn %d phần, các phần sau không đọc được.", mostParts)
			break
		}
		w.file(partHead{kind: f.kind, name: f.name, cid: f.cid}, bytes.NewReader(f.data))
	}
	if w.texts > 0 || !body.hasPlain && !body.hasHTML {
		return nil // the letter says the same in a part of its own
	}
	return []piece{body}
}

// readTNEF takes TNEF apart; ok is false when it is none, says nothing, or is cut off.
func readTNEF(raw []byte) (body piece, files []tnefFile, ok bool) {
	d := cursor{raw}
	if d.u32() != tnefSignature {
		return body, nil, false
	}
	d.take(2)
	for len(d.rest) > 0 {
		d.take(1)
		tag, size := d.u32(), int(d.u32())
		if size > len(d.rest) {
			return body, nil, false
		}
		data := d.take(size)
		d.take(2) // a checksum, which some programs count wrongly
		if tag == tnefAttach {
			files = append(files, tnefFile{kind: "application/octet-stream"})
		}
		var f *tnefFile
		if len(files) > 0 {
			f = &files[len(files)-1]
		}
		switch {
		case tag == tnefBody:
			body.plain, _ = toText(bytes.TrimRight(data, "\x00"), "")
		case tag == tnefProps:
			body.more(data)
		case f == nil:
		case tag == tnefTitle:
			f.name, _ = toText(bytes.TrimRight(data, "\x00"), "")
		case tag == tnefData:
			f.data = data
		case tag == tnefAttachMore:
			f.more(data)
		}
		if len(files) > mostParts {
			break
		}
	}
	body.hasPlain, body.hasHTML = strings.TrimSpace(body.plain) != "", strings.TrimSpace(body.html) != ""
	return body, files, len(files) > 0 || body.hasPlain || body.hasHTML
}

func (p *piece) more(props []byte) {
	eachProp(props, func(id, kind int, value []byte) {
		switch id {
		case mapiBody:
			p.plain = mapiText(kind, value)
		case mapiHTML:
			p.html, _ = htmlFrom(bytes.TrimRight(value, "\x00"), metaCharset(value))
		}
	})
}

func (f *tnefFile) more(props []byte) {
	long := false
	eachProp(props, func(id, kind int, value []byte) {
		switch id {
		case mapiLongName:
			f.name, long = mapiText(kind, value), true
		case mapiShortName:
			if f.name == "" && !long {
				f.name = mapiText(kind, value)
			}
		case mapiType:
			f.kind = cmp.Or(strings.ToLower(mapiText(kind, value)), f.kind)
		case mapiContentID:
			f.cid = strings.Trim(mapiText(kind, value), "<> ")
		case mapiData:
			if len(f.data) == 0 && len(value) > 16 {
				f.data = value[16:] // behind the id of its kind
			}
		}
	})
}

func mapiText(kind int, value []byte) string {
	if kind == mapiUnicode {
		units := make([]uint16, len(value)/2)
		for i := range units {
			units[i] = binary.LittleEndian.Uint16(value[2*i:])
		}
		return clean16(string(utf16.Decode(units)))
	}
	text, _ := toText(bytes.TrimRight(value, "\x00"), "")
	return text
}

func clean16(text string) string { return tidy(strings.TrimRight(text, "\x00")) }

// The kinds of MAPI values that have a length of their own.
const (
	mapiObject  = 0x000D
	mapiString  = 0x001E
	mapiUnicode = 0x001F
	mapiBinary  = 0x0102
	mapiMany    = 0x1000
)

// eachProp goes through MAPI properties, as far as they can be read.
func eachProp(raw []byte, each func(id, kind int, value []byte)) {
	d := cursor{raw}
	for n := d.u32(); n > 0 && len(d.rest) > 0; n-- {
		kind, id := int(d.u16()), int(d.u16())
		if id >= 0x8000 { // named
			d.take(16)
			if d.u32() == 0 {
				d.take(4)
			} else {
				d.take(padded(int(d.u32())))
			}
		}
		values := uint32(1)
		sized := kind&^mapiMany == mapiString || kind&^mapiMany == mapiUnicode || kind&^mapiMany == mapiBinary || kind == mapiObject
		if sized || kind&mapiMany != 0 {
			values = d.u32()
		}
		for ; values > 0 && len(d.rest) > 0; values-- {
			if !sized {
				d.take(fixedSize(kind &^ mapiMany))
				continue
			}
			size := int(d.u32())
			value := d.take(size)
			d.take(padded(size) - size)
			each(id, kind, value)
		}
	}
}

func padded(size int) int { return (size + 3) &^ 3 }

func fixedSize(kind int) int {
	switch kind {
	case 0x0005, 0x0006, 0x0007, 0x0014, 0x0040:
		return 8
	case 0x0048:
		return 16
	}
	return 4
}

// cursor reads numbers and never beyond the end: there all is zero.
type cursor struct{ rest []byte }

func (c *cursor) take(n int) []byte {
	n = max(0, min(n, len(c.rest)))
	taken := c.rest[:n:n]
	c.rest = c.rest[n:]
	return taken
}

func (c *cursor) u16() uint16 {
	var b [2]byte
	copy(b[:], c.take(2))
	return binary.LittleEndian.Uint16(b[:])
}

func (c *cursor) u32() uint32 {
	var b [4]byte
	copy(b[:], c.take(4))
	return binary.LittleEndian.Uint32(b[:])
}
