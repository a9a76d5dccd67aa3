package sheet_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"unicode/utf16"
)

// The tests write their old workbooks themselves, after [MS-XLS] and [MS-CFB], so
// that every case of the format can be made, and damaged, at will.

// oldBook is a workbook of Excel 97.
type oldBook struct {
	sheets    []oldSheet
	epoch1904 bool
	password  bool
	split     int // bytes of the shared texts after which a record continues; 0: 8,000
}

type oldSheet struct {
	name   string
	hidden bool
	rows   [][]any // string, float64, int, bool, calculated, or nil
	hide   []int   // rows from 0
	merges [][4]int
}

// calculated is a formula with the value that was kept of it: a string, a number,
// an oldError, or nil for none.
type calculated struct{ value any }

type oldError byte

func record(kind uint16, fields ...any) []byte {
	var body bytes.Buffer
	for _, f := range fields {
		if err := binary.Write(&body, binary.LittleEndian, f); err != nil {
			panic(err)
		}
	}
	head := binary.LittleEndian.AppendUint16(nil, kind)
	return append(binary.LittleEndian.AppendUint16(head, uint16(body.Len())), body.Bytes()...)
}

func wide(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

func (b oldBook) stream() []byte {
	var texts []string
	bodies := make([][]byte, len(b.sheets))
	for i, s := range b.sheets {
		bodies[i] = s.stream(&texts)
	}
	head := slices.Concat(begin(0x0005), record(0x0042, uint16(1200)))
	if b.password {
		head = append(head, record(0x002F, uint16(0), uint16(0x1234), uint16(0x5678))...)
	}
	if b.epoch1904 {
		head = append(head, record(0x0022, uint16(1))...)
	}
	for range 4 {
		head = append(head, record(0x0031, uint16(200), uint16(0), uint16(0x7FFF), uint16(400), uint16(0), uint32(0), uint8(5), uint8(0), []byte("Arial"))...)
	}
	for range 16 {
		head = append(head, record(0x00E0, make([]byte, 20))...)
	}
	tail := append(b.sharedTexts(texts), record(0x000A)...)
	offset := len(head) + len(tail)
	for _, s := range b.sheets {
		offset += 4 + 8 + 2*len(utf16.Encode([]rune(s.name)))
	}
	for i, s := range b.sheets {
		hidden := uint8(0)
		if s.hidden {
			hidden = 1
		}
		head = append(head, record(0x0085, uint32(offset), hidden, uint8(0), uint8(len(utf16.Encode([]rune(s.name)))), uint8(1), wide(s.name))...)
		offset += len(bodies[i])
	}
	return append(append(head, tail...), slices.Concat(bodies...)...)
}

func begin(kind uint16) []byte {
	return record(0x0809, uint16(0x0600), kind, uint16(0x0DBB), uint16(0x07CC), uint32(0), uint32(6))
}

// sharedTexts writes the table of texts; where a record is full, the text goes on in
// the next, which begins by saying how wide its characters are.
func (b oldBook) sharedTexts(texts []string) []byte {
	limit := 8000
	if b.split > 0 {
		limit = b.split
	}
	var parts [][]byte
	part := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, uint32(len(texts))), uint32(len(texts)))
	next := func() {
		parts = append(parts, part)
		part = nil
	}
	for _, text := range texts {
		units := utf16.Encode([]rune(text))
		if len(part)+3 > limit {
			next()
		}
		part = append(binary.LittleEndian.AppendUint16(part, uint16(len(units))), 1)
		for _, u := range units {
			if len(part)+2 > limit {
				next()
				part = []byte{1}
			}
			part = binary.LittleEndian.AppendUint16(part, u)
		}
	}
	next()
	var out []byte
	for i, p := range parts {
		kind := uint16(0x00FC)
		if i > 0 {
			kind = 0x003C
		}
		out = append(out, record(kind, p)...)
	}
	return out
}

func (s oldSheet) stream(texts *[]string) []byte {
	out := begin(0x0010)
	out = append(out, record(0x0200, uint32(0), uint32(len(s.rows)), uint16(0), uint16(20), uint16(0))...)
	for i := range s.rows {
		flags := uint16(0x0100)
		if slices.Contains(s.hide, i) {
			flags |= 0x20
		}
		out = append(out, record(0x0208, uint16(i), uint16(0), uint16(20), uint16(255), uint16(0), uint16(0), flags, uint16(0))...)
	}
	for i, row := range s.rows {
		for j, value := range row {
			out = append(out, oldCell(uint16(i), uint16(j), value, texts)...)
		}
	}
	if len(s.merges) > 0 {
		fields := []any{uint16(len(s.merges))}
		for _, m := range s.merges {
			fields = append(fields, uint16(m[0]), uint16(m[1]), uint16(m[2]), uint16(m[3]))
		}
		out = append(out, record(0x00E5, fields...)...)
	}
	out = append(out, record(0x023E, uint16(0x06B6), uint16(0), uint16(0), uint32(0), uint16(0), uint16(0), uint32(0))...)
	return append(out, record(0x000A)...)
}

func oldCell(row, col uint16, value any, texts *[]string) []byte {
	const style = uint16(15)
	switch v := value.(type) {
	case nil:
		return nil
	case string:
		*texts = append(*texts, v)
		return record(0x00FD, row, col, style, uint32(len(*texts)-1))
	case int:
		return record(0x027E, row, col, style, uint32(int32(v)<<2|2))
	case float64:
		return record(0x0203, row, col, style, math.Float64bits(v))
	case bool:
		b := uint8(0)
		if v {
			b = 1
		}
		return record(0x0205, row, col, style, b, uint8(0))
	case calculated:
		return oldFormula(row, col, style, v.value)
	}
	panic("no such cell")
}

func oldFormula(row, col, style uint16, value any) []byte {
	// The formula itself is =1, which nobody reads.
	formula := func(kept [8]byte) []byte {
		return record(0x0006, row, col, style, kept, uint16(0), uint32(0), uint16(3), uint8(0x1E), uint16(1))
	}
	switch v := value.(type) {
	case nil:
		return formula([8]byte{3, 0, 0, 0, 0, 0, 0xFF, 0xFF})
	case oldError:
		return formula([8]byte{2, 0, byte(v), 0, 0, 0, 0xFF, 0xFF})
	case float64:
		var kept [8]byte
		binary.LittleEndian.PutUint64(kept[:], math.Float64bits(v))
		return formula(kept)
	case string:
		text := record(0x0207, uint16(len(utf16.Encode([]rune(v)))), uint8(1), wide(v))
		return append(formula([8]byte{0, 0, 0, 0, 0, 0, 0xFF, 0xFF}), text...)
	}
	panic("no such value")
}

// file puts the stream into a compound file.
func (b oldBook) file() []byte { return compound("Workbook", b.stream()) }

// compound makes a compound file of one stream.
func compound(name string, stream []byte) []byte {
	const sector, free, last = 512, 0xFFFFFFFF, 0xFFFFFFFE
	stream = append(slices.Clone(stream), make([]byte, max(0, 4096-len(stream)))...) // shorter ones go elsewhere
	for len(stream)%sector != 0 {
		stream = append(stream, 0)
	}
	n := len(stream) / sector
	tables := 1
	for tables*sector/4 < n+1+tables {
		tables++
	}
	head := slices.Concat([]byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}, make([]byte, 16))
	put16 := func(vs ...uint16) {
		for _, v := range vs {
			head = binary.LittleEndian.AppendUint16(head, v)
		}
	}
	put32 := func(vs ...uint32) {
		for _, v := range vs {
			head = binary.LittleEndian.AppendUint32(head, v)
		}
	}
	put16(0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0)
	put32(0, uint32(tables), uint32(n), 0, 4096, last, 0, last, 0) // the directory is behind the stream
	for i := range 109 {
		if i < tables {
			put32(uint32(n + 1 + i))
		} else {
			put32(free)
		}
	}
	out := slices.Concat(head, stream, directory("Root Entry", 5, 1, last, 0), directory(name, 2, free, 0, uint64(len(stream))), make([]byte, 256))
	for i := range tables * sector / 4 {
		next := uint32(free)
		switch {
		case i < n-1:
			next = uint32(i + 1)
		case i == n-1, i == n:
			next = last
		case i <= n+tables:
			next = 0xFFFFFFFD
		}
		out = binary.LittleEndian.AppendUint32(out, next)
	}
	return out
}

func directory(name string, kind uint8, child, first uint32, size uint64) []byte {
	out := make([]byte, 64)
	copy(out, wide(name))
	out = binary.LittleEndian.AppendUint16(out, uint16(2*len(name)+2))
	out = append(out, kind, 1)
	for _, v := range []uint32{0xFFFFFFFF, 0xFFFFFFFF, child} {
		out = binary.LittleEndian.AppendUint32(out, v)
	}
	out = append(out, make([]byte, 36)...)
	out = binary.LittleEndian.AppendUint32(out, first)
	return binary.LittleEndian.AppendUint64(out, size)
}
