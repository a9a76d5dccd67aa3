package sheet

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"tongdai/kb"
	"tongdai/kb/vi"
)

// set gives the row what stands in one of its cells.
func (t *table) set(row *Row, field Field, value string) {
	switch field {
	case ID:
		row.ID = kb.EntryID(oneLine(value))
	case Question:
		row.Question = oneLine(value)
	case Variants:
		row.Variants = append(row.Variants, wordings(value)...)
	case Answer:
		row.Answer = value
	case Category:
		row.Category = oneLine(value)
	case Department:
		row.Department = oneLine(value)
	case Source:
		row.Source = value
	case ValidFrom:
		row.ValidFrom = t.date(row, field, value)
	case ValidUntil:
		row.ValidUntil = t.date(row, field, value)
	case ConfirmedOn:
		row.ConfirmedOn = t.date(row, field, value)
	case Status:
		status, ok := statusOf(value)
		if !ok {
			t.Problems = append(t.Problems, row.problem(field, "trạng thái '%s' không rõ; xin ghi: nháp, chờ duyệt, đã đăng hoặc ngừng dùng.", shorten(value)))
		}
		row.Status = status
	}
}

func statusOf(value string) (status kb.Status, ok bool) {
	switch vi.Fold(oneLine(value)) {
	case "":
		return "", true
	case "nhap", "draft", "ban nhap":
		return kb.Draft, true
	case "cho duyet", "review", "dang duyet":
		return kb.Review, true
	case "da dang", "published", "cong bo", "da cong bo", "da duyet", "xuat ban", "dang dung", "hoat dong":
		return kb.Published, true
	case "ngung dung", "ngung", "retired", "da go", "go", "het hieu luc", "khong dung":
		return kb.Retired, true
	}
	return "", false
}

func (t *table) date(row *Row, field Field, value string) time.Time {
	d, ok := parseDate(value, t.epoch1904)
	if !ok {
		t.Problems = append(t.Problems, row.problem(field, "'%s' không phải là ngày; xin ghi ngày/tháng/năm, ví dụ 31/12/2026.", shorten(value)))
	}
	return d
}

var dateLayouts = []string{"2/1/2006", "2-1-2006", "2.1.2006", "2006-1-2", "2006/1/2", "2/1/2006 15:04", "2/1/2006 15:04:05", "2006-1-2 15:04:05"}

// parseDate reads a date cell: a day number of Excel or a text. An empty cell is no date.
func parseDate(value string, epoch1904 bool) (time.Time, bool) {
	value = oneLine(value)
	if value == "" {
		return time.Time{}, true
	}
	if days, err := strconv.ParseFloat(value, 64); err == nil {
		if days < 1 || days > 2958465 { // 31/12/9999, the last day of Excel
			return time.Time{}, false
		}
		d, err := excelize.ExcelDateToTime(days, epoch1904)
		return day(d), err == nil && plausible(d)
	}
	for _, layout := range dateLayouts {
		if d, err := time.Parse(layout, value); err == nil {
			return day(d), plausible(d)
		}
	}
	return time.Time{}, false
}

func day(d time.Time) time.Time {
	return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, Zone)
}

// plausible keeps "5/6/21" and stray numbers from becoming dates.
func plausible(d time.Time) bool { return d.Year() >= 1945 && d.Year() < 2200 }

func shorten(text string) string {
	const most = 40
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// check finds what is wrong with a row by itself.
func check(row *Row) []Problem {
	var out []Problem
	bad := func(f Field, format string, args ...any) { out = append(out, row.problem(f, format, args...)) }
	switch n := utf8.RuneCountInString(row.Question); {
	case len(vi.Words(row.Question)) == 0:
		bad(Question, "thiếu câu hỏi.")
	case n > MaxQuestion:
		bad(Question, "câu hỏi dài %d ký tự, nhiều nhất là %d.", n, MaxQuestion)
	}
	switch n := utf8.RuneCountInString(row.Answer); {
	case row.Answer == "":
		bad(Answer, "thiếu câu trả lời.")
	case n > MaxAnswer:
		bad(Answer, "câu trả lời dài %d ký tự, nhiều nhất là %d.", n, MaxAnswer)
	}
	if len(row.Variants) > MaxVariants {
		bad(Variants, "có %d cách hỏi khác, nhiều nhất là %d.", len(row.Variants), MaxVariants)
	}
	for _, v := range row.Variants {
		if n := utf8.RuneCountInString(v); n > MaxQuestion {
			bad(Variants, "cách hỏi '%s' dài %d ký tự, nhiều nhất là %d.", shorten(v), n, MaxQuestion)
		}
	}
	if !goodID(string(row.ID)) {
		bad(ID, "mã '%s' không dùng được; chỉ dùng chữ, số và các dấu - _ . / (nhiều nhất 64 ký tự).", shorten(string(row.ID)))
	}
	if !row.ValidFrom.IsZero() && !row.ValidUntil.IsZero() && row.ValidUntil.Before(row.ValidFrom) {
		bad(ValidUntil, "hết hiệu lực (%s) trước khi có hiệu lực (%s).", row.ValidUntil.Format("02/01/2006"), row.ValidFrom.Format("02/01/2006"))
	}
	return out
}

// goodID accepts what can stand in an address and in a conversation; empty is good.
func goodID(id string) bool {
	const marks = "-_./"
	for _, r := range id {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("đĐ", r)
		if !letter && !strings.ContainsRune(marks, r) {
			return false
		}
	}
	return len(id) <= 64
}
