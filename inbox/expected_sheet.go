package inbox

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tongdai/kb"
	"tongdai/kb/sheet"
)

// Saved questions come from a file as well: one row for each, with the entry that is
// expected; without one, or with words like "chuyển cán bộ", people must get it.

// ExpectedPlan is what became of a file of saved questions.
type ExpectedPlan struct {
	Saved    int // none where there are problems
	Problems []sheet.Problem
	Notes    []sheet.Note
}

var expectedHeads = map[string][]string{
	"question":   {"cauhoi", "noidungcauhoi", "question", "query"},
	"entry":      {"mamuc", "muc", "ma", "mamuchoidap", "macautraloi", "dapan", "entry", "entryid", "id", "expected"},
	"department": {"donvi", "coquan", "donviphutrach", "department"},
}

// toPeople are what stands for people in the column of the entry, in letters alone
// and without marks.
var toPeople = []string{"chuyen", "chuyencanbo", "chuyennguoitruc", "canbo", "nguoitruc", "handoff", "khongco"}

// LoadExpected saves the questions of a file (.xlsx, .xls, .csv), all or none.
func (h *Hub) LoadExpected(ctx context.Context, actor Actor, file Workbook) (ExpectedPlan, error) {
	if !actor.May(EditKnowledge) {
		return ExpectedPlan{}, ErrForbidden
	}
	rows, plan, err := h.readExpected(ctx, file)
	if err != nil || len(plan.Problems) > 0 {
		return plan, err
	}
	problems := plan.Problems
	err = h.store.Update(ctx, func(tx Writer) error {
		plan.Saved, plan.Problems = 0, slices.Clone(problems)
		var ready []Expected
		for _, row := range rows {
			e, wrong, err := h.readyExpected(tx, actor, row.Expected)
			if err != nil {
				return err
			}
			for _, p := range wrong {
				plan.Problems = append(plan.Problems, row.problem(p.Field, p.Message))
			}
			ready = append(ready, e)
		}
		if len(plan.Problems) > 0 {
			return nil
		}
		if err := h.roomForExpected(tx, len(ready)); err != nil {
			return err
		}
		for _, e := range ready {
			if _, err := h.putExpected(tx, actor, e); err != nil {
				return err
			}
		}
		plan.Saved = len(ready)
		return h.expectedOnRecord(tx, actor, ExpectedLoaded, file.Name, fmt.Sprint(len(ready)))
	})
	return plan, err
}

// expectedRow is one row of a file, and where it stands.
type expectedRow struct {
	Expected
	file, sheet string
	line        int
	columns     map[string]int
}

func (r expectedRow) problem(field, message string) sheet.Problem {
	col, ok := r.columns[field]
	if !ok {
		col = r.columns["question"]
	}
	return sheet.Problem{File: r.file, Sheet: r.sheet, Cell: sheet.CellName(col, r.line), Field: sheet.Field(field), Message: message}
}

func (h *Hub) readExpected(ctx context.Context, file Workbook) (rows []expectedRow, plan ExpectedPlan, err error) {
	file.Plain = true
	content, err := h.sheets(ctx, file)
	if err != nil {
		return nil, plan, fmt.Errorf("read %s: %w", file.Name, err)
	}
	plan = ExpectedPlan{Problems: content.Problems, Notes: content.Notes}
	found := false
	for _, g := range content.Grids {
		columns, below := expectedColumns(g)
		if columns == nil {
			continue
		}
		found = true
		for _, line := range g.Lines[below:] {
			row := expectedRow{file: file.Name, sheet: g.Name, line: line.Number, columns: columns}
			if wrong := h.fillExpected(&row, line); wrong != nil {
				plan.Problems = append(plan.Problems, *wrong)
			}
			if row.Question != "" {
				rows = append(rows, row)
			}
		}
	}
	switch {
	case len(plan.Problems) > 0:
	case !found:
		plan.Problems = append(plan.Problems, sheet.Problem{File: file.Name, Message: "Tệp cần một dòng tiêu đề có cột Câu hỏi và cột Mã mục; nên có cột Đơn vị."})
	case len(rows) == 0:
		plan.Problems = append(plan.Problems, sheet.Problem{File: file.Name, Message: "Tệp không có câu hỏi nào dưới dòng tiêu đề."})
	}
	return rows, plan, nil
}

// fillExpected takes a row as it stands in the file.
func (h *Hub) fillExpected(row *expectedRow, line sheet.Line) *sheet.Problem {
	cell := func(field string) string {
		if col, ok := row.columns[field]; ok {
			return strings.TrimSpace(line.At(col))
		}
		return ""
	}
	row.Question = cell("question")
	if entry := cell("entry"); !slices.Contains(toPeople, letters(entry)) || strings.ContainsAny(entry, "0123456789") {
		row.Entry = kb.EntryID(entry)
	}
	if name := cell("department"); name != "" && row.Question != "" {
		d, ok := h.departmentCalled(name)
		if !ok {
			p := row.problem("department", fmt.Sprintf("Không có đơn vị “%s” trong danh mục.", name))
			return &p
		}
		row.Department = d
	}
	return nil
}

func expectedColumns(g sheet.Grid) (columns map[string]int, below int) {
	for i, line := range g.Lines[:min(len(g.Lines), headLines)] {
		found := map[string]int{}
		for col, cell := range line.Cells {
			for field, words := range expectedHeads {
				if _, twice := found[field]; !twice && slices.Contains(words, letters(cell)) {
					found[field] = col
				}
			}
		}
		_, question := found["question"]
		if _, entry := found["entry"]; question && entry {
			return found, i + 1
		}
	}
	return nil, 0
}
