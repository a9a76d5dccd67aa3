package inbox

import (
	"context"
	"fmt"
	"slices"

	"tongdai/kb"
	"tongdai/kb/sheet"
)

// Workbook is an Excel file of a department, as it was sent.
type Workbook struct {
	Name string
	Data []byte
}

// ImportPreview is what an import would do, and everything that forbids it.
type ImportPreview struct {
	Plan     sheet.Plan
	Problems []sheet.Problem
	Revision uint64 // of the knowledge that Plan was compared with
}

// PreviewImport reads workbooks and compares them with the knowledge base. It
// changes nothing.
func (h *Hub) PreviewImport(ctx context.Context, actor Actor, files ...Workbook) (ImportPreview, error) {
	if !actor.May(ImportKnowledge) {
		return ImportPreview{}, ErrForbidden
	}
	rows, problems := readWorkbooks(files)
	var p ImportPreview
	err := h.store.View(ctx, func(tx Reader) (err error) {
		p, err = h.plan(tx, actor, rows)
		return err
	})
	p.Problems = append(problems, p.Problems...)
	return p, err
}

// ApplyImport does what PreviewImport said, in one transaction with its audit
// row. With problems it does nothing; when the knowledge has moved on since
// revision it does nothing and fails with ErrConflict.
func (h *Hub) ApplyImport(ctx context.Context, actor Actor, revision uint64, files ...Workbook) (ImportPreview, error) {
	if !actor.May(ImportKnowledge) {
		return ImportPreview{}, ErrForbidden
	}
	rows, problems := readWorkbooks(files)
	if len(problems) > 0 {
		return ImportPreview{Problems: problems, Revision: revision}, nil
	}
	var p ImportPreview
	err := h.store.Update(ctx, func(tx Writer) (err error) {
		if p, err = h.plan(tx, actor, rows); err != nil || len(p.Problems) > 0 {
			return err
		}
		if p.Revision != revision {
			return conflict("Kho hỏi đáp đã thay đổi sau khi anh/chị xem trước; hãy xem lại rồi áp dụng.")
		}
		if len(p.Plan.New)+len(p.Plan.Changed) == 0 {
			return nil
		}
		return h.writeImport(tx, actor, p.Plan, files)
	})
	return p, err
}

func (h *Hub) writeImport(tx Writer, actor Actor, plan sheet.Plan, files []Workbook) error {
	now := h.store.Now()
	by := actor.Member.Login
	if by == "" {
		by = "import"
	}
	if err := plan.Write(tx, by, now); err != nil {
		return err
	}
	if err := tx.AppendEvent(Event{At: now, Kind: KnowledgeChanged}); err != nil {
		return err
	}
	for _, f := range files {
		if err := tx.AppendAudit(Audit{
			At: now, Member: actor.Member.ID, Action: Imported, Target: f.Name, Address: actor.Address,
			Detail: fmt.Sprintf("new %d, changed %d", len(plan.New), len(plan.Changed)),
		}); err != nil {
			return err
		}
	}
	return nil
}

func readWorkbooks(files []Workbook) (rows []sheet.Row, problems []sheet.Problem) {
	for _, f := range files {
		r, p := sheet.Read(f.Data, f.Name)
		rows, problems = append(rows, r...), append(problems, p...)
	}
	return rows, problems
}

func (h *Hub) plan(tx kb.Reader, actor Actor, rows []sheet.Row) (ImportPreview, error) {
	var p ImportPreview
	var err error
	if p.Revision, err = tx.KnowledgeRevision(); err != nil {
		return p, err
	}
	p.Plan, p.Problems, err = sheet.PlanImport(tx, rows, sheet.Options{
		ResolveCategory: h.directory.CategoryNamed, ResolveDepartment: h.directory.DepartmentNamed,
	})
	if err == nil && !actor.MayEverywhere(ImportKnowledge) {
		p.Problems = append(p.Problems, h.notTheirs(actor, p.Plan)...)
	}
	return p, err
}

// notTheirs finds what staff may not change: entries of other departments.
func (h *Hub) notTheirs(actor Actor, plan sheet.Plan) []sheet.Problem {
	var out []sheet.Problem
	check := func(e kb.Entry) {
		if slices.Contains(actor.Member.Departments, e.Department) {
			return
		}
		out = append(out, sheet.Problem{Field: sheet.Department, Message: fmt.Sprintf(
			"Mục %s thuộc %s; anh/chị chỉ nhập được mục của đơn vị mình.", e.ID, h.directory.DepartmentName(e.Department))})
	}
	for _, e := range plan.New {
		check(e)
	}
	for _, c := range plan.Changed {
		check(c.After)
		if c.Before.Department != c.After.Department {
			check(c.Before)
		}
	}
	return out
}
