package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/unicode/norm"

	"tongdai/kb/vi"
)

// separators that text tables are written with, and what people call them.
var separators = []struct {
	mark rune
	name string
}{{',', "dấu phẩy"}, {';', "dấu chấm phẩy"}, {'\t', "dấu tab"}}

// openCSV reads a text table. Its one sheet is called as the file, without the ending.
func openCSV(data []byte, name string) (*book, error) {
	text, encoding, err := decodeText(data)
	if err != nil {
		return nil, err
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	first, mark := 1, rune(0)
	if declared, rest, ok := declaredSeparator(text); ok {
		text, mark, first = rest, declared, 2
	} else {
		mark = guessSeparator(text)
	}
	b := &book{}
	g := grid{name: strings.TrimSuffix(path.Base(name), path.Ext(name))}
	if err := eachRecord(text, mark, func(number int, cells []string) error {
		return b.add(&g, first-1+number, cells, false)
	}); err != nil {
		return nil, err
	}
	if encoding != "" || mark != ',' {
		b.notes = append(b.notes, Note{Message: readAs(encoding, mark)})
	}
	return b, b.finish(g)
}

func readAs(encoding string, mark rune) string {
	var how []string
	if encoding != "" {
		how = append(how, "bảng mã "+encoding)
	}
	for _, s := range separators {
		if s.mark == mark && mark != ',' {
			how = append(how, "các cột cách nhau bằng "+s.name)
		}
	}
	return "Đã đọc theo " + strings.Join(how, ", ") + "."
}

// eachRecord calls fn with every record and its row as Excel counts them: a record
// with line breaks within quotes is one row, an empty line another.
func eachRecord(text string, mark rune, fn func(number int, cells []string) error) error {
	in := csv.NewReader(strings.NewReader(text))
	in.Comma, in.FieldsPerRecord, in.LazyQuotes, in.ReuseRecord = mark, -1, true, true
	row, next, read := 0, 1, 0
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		line, _ := in.FieldPos(0)
		row += 1 + line - next
		end := int(in.InputOffset())
		next, read = max(next, line)+strings.Count(text[max(read, lineStart(text, read, line, next)):end], "\n"), end
		if err := fn(row, cells); err != nil {
			return err
		}
	}
}

// lineStart skips the empty lines between where reading had come to and the line
// that the record begins in.
func lineStart(text string, at, line, next int) int {
	for ; next < line && at < len(text); next++ {
		at += strings.IndexByte(text[at:], '\n') + 1
	}
	return at
}

// declaredSeparator reads the first line "sep=;" that Excel understands.
func declaredSeparator(text string) (mark rune, rest string, ok bool) {
	line, rest, _ := strings.Cut(text, "\n")
	after, ok := strings.CutPrefix(strings.ToLower(strings.Trim(strings.TrimSuffix(line, " "), `"`)), "sep=")
	if !ok {
		return 0, "", false
	}
	for _, s := range separators {
		if after == string(s.mark) {
			return s.mark, rest, true
		}
	}
	return 0, "", false
}

// guessSeparator takes the mark that makes the best header of one of the first
// rows or, where none does, the most cells.
func guessSeparator(text string) rune {
	best, mostColumns, mostCells := ',', 0, 0
	for _, s := range separators {
		columns, cells, rows := 0, 0, 0
		err := eachRecord(text, s.mark, func(_ int, record []string) error {
			found, _ := header(record)
			columns, cells = max(columns, len(found)), cells+len(record)-1
			if rows++; rows >= headerRows {
				return io.EOF
			}
			return nil
		})
		if err != nil && !errors.Is(err, io.EOF) {
			continue
		}
		if columns > mostColumns || columns == mostColumns && cells > mostCells {
			best, mostColumns, mostCells = s.mark, columns, cells
		}
	}
	return best
}

// decodeText makes text of bytes in any of the encodings that text tables with
// Vietnamese come in. The name is empty for UTF-8, which needs no mention.
func decodeText(data []byte) (text, encoding string, err error) {
	if rest, ok := bytes.CutPrefix(data, []byte("\xEF\xBB\xBF")); ok {
		data = rest
	}
	if order, ok := utf16Order(data); ok {
		decoded, err := unicode.UTF16(order, unicode.UseBOM).NewDecoder().Bytes(data)
		if err != nil {
			decoded, err = unicode.UTF16(order, unicode.IgnoreBOM).NewDecoder().Bytes(data)
		}
		return string(decoded), "UTF-16", err
	}
	if utf8.Valid(data) {
		return string(data), "", nil
	}
	// Fonts of before Unicode write through the letters of Western Europe.
	western, err := charmap.Windows1252.NewDecoder().Bytes(data)
	if err != nil {
		return "", "", err
	}
	if legacyOf(string(western)) != vi.Unicode {
		return string(western), "", nil // changed with all other cells, and told there
	}
	vietnamese, err := charmap.Windows1258.NewDecoder().Bytes(data)
	if err != nil {
		return "", "", err
	}
	if text := norm.NFC.String(string(vietnamese)); !strings.ContainsRune(text, utf8.RuneError) {
		return text, "windows-1258", nil
	}
	return "", "", refusal("dùng bảng mã không rõ; xin mở bằng Excel và lưu lại dạng .xlsx, hoặc CSV UTF-8.")
}

// utf16Order tells by the mark at the beginning or, without one, by the zeros
// beside the Latin letters, separators and line ends.
func utf16Order(data []byte) (unicode.Endianness, bool) {
	switch {
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}):
		return unicode.LittleEndian, true
	case bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		return unicode.BigEndian, true
	}
	sample := data[:min(len(data), 4096)]
	var zeros [2]int
	for i, b := range sample {
		if b == 0 {
			zeros[i%2]++
		}
	}
	switch enough := len(sample) / 8; {
	case zeros[1] > enough && zeros[0] == 0:
		return unicode.LittleEndian, true
	case zeros[0] > enough && zeros[1] == 0:
		return unicode.BigEndian, true
	}
	return unicode.LittleEndian, false
}
