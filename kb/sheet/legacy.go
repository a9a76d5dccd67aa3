package sheet

import (
	"fmt"
	"strings"

	"tongdai/kb/vi"
)

// legacyOf tells which encoding of before Unicode a text is in, or that it is in none.
func legacyOf(text string) vi.Encoding {
	switch e, _ := vi.Guess(text); e {
	case vi.VNIWindows, vi.TCVN3, vi.Windows1258, vi.Mojibake:
		return e
	}
	return vi.Unicode
}

// fixLegacy changes cells that were typed with the fonts of before Unicode. A single
// cell is too short to tell, so all that may be of that kind are judged together;
// those with letters that only Unicode has are left out, and stay.
func (b *book) fixLegacy() {
	for i := range b.grids {
		g := &b.grids[i]
		var suspects []*string
		var all strings.Builder
		suspect := func(cell *string) {
			if hasWestern(*cell) {
				suspects = append(suspects, cell)
				all.WriteString(*cell)
				all.WriteByte('\n')
			}
		}
		for _, l := range g.lines {
			for c := range l.cells {
				suspect(&l.cells[c])
			}
		}
		for _, ms := range g.merged {
			for m := range ms {
				suspect(&ms[m].value)
			}
		}
		from := legacyOf(all.String())
		if from == vi.Unicode {
			continue
		}
		for _, cell := range suspects {
			*cell = from.Decode(*cell)
		}
		b.notes = append(b.notes, Note{Sheet: g.name, Message: fmt.Sprintf("đã đổi %d ô từ bảng mã %s sang Unicode; xin đọc lại dấu trước khi áp dụng.", len(suspects), from)})
	}
}

// hasWestern reports whether a cell has characters that those fonts write with, and
// none that is Vietnamese only.
func hasWestern(cell string) bool {
	western := false
	for _, r := range cell {
		switch {
		case r >= 0x1EA0 && r <= 0x1EF9, strings.ContainsRune("ăĂđĐĩĨũŨơƠưƯ", r), r >= 0x300 && r <= 0x36F:
			return false
		case r >= 0x80:
			western = true
		}
	}
	return western
}
