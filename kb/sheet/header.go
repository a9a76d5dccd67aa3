package sheet

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"tongdai/kb/vi"
)

// headerRows from the top may hold the header; above it stand titles and remarks.
const headerRows = 20

// longestHeading is more than any heading has; longer cells are remarks or data.
const longestHeading = 60

// headings are the names that columns go by, without marks. A heading may go on
// after the name ("Câu hỏi của người dân"); the longest name decides.
var headings = map[string]Field{}

func init() {
	for field, names := range map[Field]string{
		ID:          "ma|id|ma so|ma muc|ma cau hoi|ma hoi dap|code",
		Question:    "cau hoi|hoi|noi dung cau hoi|noi dung hoi|cau hoi chinh|van de|question",
		Variants:    "cach hoi khac|cac cach hoi khac|cau hoi khac|cau hoi tuong tu|cach hoi tuong tu|cac cau hoi tuong tu|bien the|cach dien dat khac|variants|variant|other wordings|alternatives|similar questions",
		Answer:      "tra loi|cau tra loi|noi dung tra loi|dap an|giai dap|noi dung giai dap|huong dan tra loi|phan tra loi|answer|reply",
		Category:    "linh vuc|nhom|nhom linh vuc|chuyen muc|chu de|category|field|topic",
		Department:  "don vi|co quan|don vi phu trach|don vi tra loi|don vi chu tri|don vi quan ly|co quan phu trach|co quan tra loi|so nganh|department|agency|unit",
		Source:      "nguon|can cu|van ban|can cu phap ly|co so phap ly|nguon van ban|source|reference",
		ValidFrom:   "hieu luc tu|hieu luc tu ngay|co hieu luc tu|tu ngay|ngay hieu luc|ngay bat dau|valid from|from",
		ValidUntil:  "hieu luc den|hieu luc den ngay|den ngay|het hieu luc|ngay het hieu luc|ngay het han|ngay ket thuc|valid until|valid to|until",
		ConfirmedOn: "ngay xac nhan|xac nhan ngay|xac nhan|ngay ra soat|ngay cap nhat|confirmed on|confirmed",
		Status:      "trang thai|tinh trang|status",
	} {
		for name := range strings.SplitSeq(names, "|") {
			headings[name] = field
		}
	}
}

// heading tells which column a header cell opens; exact is false when the cell goes on.
func heading(cell string) (field Field, exact, ok bool) {
	if utf8.RuneCountInString(cell) > longestHeading {
		return "", false, false
	}
	cell, _, _ = strings.Cut(cell, "(")
	words := vi.Texts(cell)
	for i, w := range words {
		words[i] = vi.Fold(w)
	}
	for n := len(words); n > 0; n-- {
		if field, ok := headings[strings.Join(words[:n], " ")]; ok {
			return field, n == len(words), true
		}
	}
	return "", false, false
}

// column is one column that the header opens. Several may hold other wordings.
type column struct {
	field Field
	at    int // from 0
}

// header reads a row as a header. It is one when it opens the question and at
// least one more column, and does not go on like a sentence everywhere.
func header(cells []string) (columns []column, twice []column) {
	exactly := 0
	has := map[Field]bool{}
	for at, cell := range cells {
		field, exact, ok := heading(cell)
		if !ok {
			continue
		}
		if exact {
			exactly++
		}
		switch {
		case has[field] && field != Variants:
			twice = append(twice, column{field, at})
			continue
		case field == ID && !exact: // "Mã" opens many columns that are no ids
			continue
		}
		has[field] = true
		columns = append(columns, column{field, at})
	}
	if !has[Question] || len(columns) < 2 || exactly == 0 {
		return nil, nil
	}
	return columns, twice
}

// missing lists the columns that a header must open and does not.
func missing(columns []column) []Field {
	var out []Field
	for _, f := range []Field{Question, Answer} {
		if !slices.ContainsFunc(columns, func(c column) bool { return c.field == f }) {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b Field) int { return cmp.Compare(a, b) })
	return out
}
