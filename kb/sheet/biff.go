package sheet

import (
	"encoding/binary"
	"errors"
	"math"
	"strconv"
	"unicode/utf16"
)

// Records of the BIFF8 stream that matter here; [MS-XLS] 2.3.
const (
	recFormula    = 0x0006
	recEOF        = 0x000A
	rec1904       = 0x0022
	recEncrypted  = 0x002F
	recContinue   = 0x003C
	recSheet      = 0x0085
	recMulRK      = 0x00BD
	recRString    = 0x00D6
	recMerged     = 0x00E5
	recStrings    = 0x00FC
	recSharedText = 0x00FD
	recNumber     = 0x0203
	recLabel      = 0x0204
	recBoolErr    = 0x0205
	recString     = 0x0207
	recRow        = 0x0208
	recRK         = 0x027E
	recBegin      = 0x0809
)

var errDamagedXLS = errors.New("damaged .xls")

// biffRecord is one record with those that continue it.
type biffRecord struct {
	kind  uint16
	parts [][]byte
}

// body is the record without its continuation.
func (r biffRecord) body() []byte { return r.parts[0] }

// biffRecords walks a stream.
type biffRecords struct {
	data []byte
	at   int
}

// next returns the record at hand and those that continue it.
func (s *biffRecords) next() (biffRecord, bool) {
	kind, body, ok := s.one()
	if !ok {
		return biffRecord{}, false
	}
	r := biffRecord{kind, [][]byte{body}}
	for {
		before := s.at
		kind, body, ok := s.one()
		if !ok || kind != recContinue {
			s.at = before
			return r, true
		}
		r.parts = append(r.parts, body)
	}
}

func (s *biffRecords) one() (kind uint16, body []byte, ok bool) {
	if s.at < 0 || s.at+4 > len(s.data) {
		return 0, nil, false
	}
	kind = binary.LittleEndian.Uint16(s.data[s.at:])
	size := int(binary.LittleEndian.Uint16(s.data[s.at+2:]))
	from := s.at + 4
	if from+size > len(s.data) {
		return 0, nil, false
	}
	s.at = from + size
	return kind, s.data[from : from+size], true
}

// biffReader reads values that may run over into continuing records.
type biffReader struct {
	parts [][]byte
	err   error
}

// take returns the next n bytes, of however many parts.
func (r *biffReader) take(n int) []byte {
	var out []byte
	for n > 0 {
		if len(r.parts) == 0 {
			r.err = errDamagedXLS
			return nil
		}
		got := r.parts[0][:min(n, len(r.parts[0]))]
		if out == nil && len(got) == n {
			r.parts[0] = r.parts[0][n:]
			return got
		}
		out = append(out, got...)
		n -= len(got)
		if r.parts[0] = r.parts[0][len(got):]; len(r.parts[0]) == 0 {
			r.parts = r.parts[1:]
		}
	}
	return out
}

func (r *biffReader) number(size int) int {
	b := r.take(size)
	if len(b) != size {
		return 0
	}
	switch size {
	case 1:
		return int(b[0])
	case 2:
		return int(binary.LittleEndian.Uint16(b))
	}
	return int(binary.LittleEndian.Uint32(b))
}

// Flags of a string; [MS-XLS] 2.5.293.
const (
	wideChars = 0x01 // two bytes a character
	extended  = 0x04 // phonetic data follows
	rich      = 0x08 // runs of fonts follow
)

// text reads a string whose length takes size bytes.
func (r *biffReader) text(size int) string {
	length := r.number(size)
	flags := r.number(1)
	runs, more := 0, 0
	if flags&rich != 0 {
		runs = r.number(2)
	}
	if flags&extended != 0 {
		more = r.number(4)
	}
	text := r.chars(length, flags&wideChars != 0)
	r.take(4 * runs)
	r.take(more)
	return text
}

// chars reads characters; where they run over into the next record it says anew
// how wide they are.
func (r *biffReader) chars(n int, wide bool) string {
	var units []uint16
	for n > 0 && r.err == nil {
		if len(r.parts) > 0 && len(r.parts[0]) == 0 {
			r.parts = r.parts[1:]
			wide = r.number(1)&wideChars != 0
		}
		if len(r.parts) == 0 || len(r.parts[0]) == 0 {
			r.err = errDamagedXLS
			break
		}
		width := 1
		if wide {
			width = 2
		}
		here := min(n, len(r.parts[0])/width)
		if here == 0 {
			r.err = errDamagedXLS
			break
		}
		for b := r.take(here * width); len(b) >= width; b = b[width:] {
			if wide {
				units = append(units, binary.LittleEndian.Uint16(b))
			} else {
				units = append(units, uint16(b[0]))
			}
		}
		n -= here
	}
	return string(utf16.Decode(units))
}

// rkNumber decodes the short form of a number; [MS-XLS] 2.5.217.
func rkNumber(rk uint32) float64 {
	var v float64
	if rk&2 != 0 {
		v = float64(int32(rk) >> 2)
	} else {
		v = math.Float64frombits(uint64(rk&^3) << 32)
	}
	if rk&1 != 0 {
		v /= 100
	}
	return v
}

// plainNumber writes a number as Excel stores it in an .xlsx: fifteen digits at most.
func plainNumber(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 15, 64), 64)
	if err != nil {
		rounded = v
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}
