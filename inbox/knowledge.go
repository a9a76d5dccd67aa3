package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"tongdai/kb"
	"tongdai/kb/sheet"
)

// Workbook is a file of a department, Excel or text, as it was sent.
type Workbook struct {
	Name  string
	Data  []byte
	Plain bool // the text of its cells is asked for, and not entries
}

// SheetReader understands a file. What is wrong with the file is among the
// problems of its content; an error means that it could not be looked at. Files
// come from strangers: a server reads them where they can do no harm.
type SheetReader func(ctx context.Context, file Workbook) (sheet.Content, error)

// readHere reads within this process.
func readHere(_ context.Context, file Workbook) (sheet.Content, error) {
	if file.Plain {
		return sheet.ReadPlain(file.Data, file.Name), nil
	}
	return sheet.Read(file.Data, file.Name), nil
}

// ImportPreview is what an import would do, and everything that forbids it.
type ImportPreview struct {
	Plan     sheet.Plan
	Problems []sheet.Problem
	Notes    []sheet.Note // what was passed over or changed while reading
	Revision uint64       // of the knowledge that Plan was compared with
	Import   ImportID     // what was applied; empty: nothing
	// Review is how many of the new and changed wait for a reviewer, instead of
	// being given to citizens.
	Review int
	ways   importWays
}

// ImportTerms say how a preview is applied.
type ImportTerms struct {
	Revision uint64 // of the preview
	Retire   bool   // the entries that the preview calls missing are retired
}

// PreviewImport reads files and compares them with the knowledge base. It changes
// nothing.
func (h *Hub) PreviewImport(ctx context.Context, actor Actor, files ...Workbook) (ImportPreview, error) {
	if !actor.May(ImportKnowledge) {
		return ImportPreview{}, ErrForbidden
	}
	content, err := h.readFiles(ctx, files)
	if err != nil {
		return ImportPreview{}, err
	}
	var p ImportPreview
	err = h.store.View(ctx, func(tx Reader) (err error) {
		p, err = h.plan(tx, actor, content, false)
		return err
	})
	return p, err
}

// ApplyImport does what PreviewImport said, in one transaction with its record
// and its audit rows. With problems it does nothing; when the knowledge has moved
// on since the preview it does nothing and fails with ErrConflict.
func (h *Hub) ApplyImport(ctx context.Context, actor Actor, terms ImportTerms, files ...Workbook) (ImportPreview, error) {
	if !actor.May(ImportKnowledge) {
		return ImportPreview{}, ErrForbidden
	}
	content, err := h.readFiles(ctx, files)
	if err != nil || len(content.Problems) > 0 {
		return ImportPreview{Problems: content.Problems, Notes: content.Notes, Revision: terms.Revision}, err
	}
	id := ImportID(newID())
	var p ImportPreview
	err = h.store.Update(ctx, func(tx Writer) (err error) {
		if p, err = h.plan(tx, actor, content, terms.Retire); err != nil || len(p.Problems) > 0 {
			return err
		}
		if p.Revision != terms.Revision {
			return conflict("Kho hỏi đáp đã thay đổi sau khi anh/chị xem trước; hãy xem lại rồi áp dụng.")
		}
		i := importOf(id, p.Plan, p.ways)
		if len(i.Entries)+len(p.ways.drafts) == 0 {
			return nil
		}
		p.Import = id
		return h.writeImport(tx, actor, p.ways, i, files)
	})
	return p, err
}

func (h *Hub) writeImport(tx Writer, actor Actor, ways importWays, i Import, files []Workbook) error {
	i.At, i.By = h.store.Now(), nameInEntries(actor)
	for _, f := range files {
		i.Files = append(i.Files, f.Name)
	}
	if err := errors.Join(ways.direct.Write(tx, i.By, i.At), h.writeImportedDrafts(tx, actor, i, ways.drafts)); err != nil {
		return err
	}
	if err := tx.PutImport(i); err != nil {
		return err
	}
	// gofail: var importHalf struct{}
	if err := tx.AppendEvent(Event{At: i.At, Kind: KnowledgeChanged}); err != nil {
		return err
	}
	for _, name := range i.Files {
		if err := tx.AppendAudit(Audit{
			At: i.At, Member: actor.Member.ID, Action: Imported, Target: name, Address: actor.Address,
			Detail: fmt.Sprintf("new %d, changed %d, retired %d", i.New, i.Changed, i.Retired),
		}); err != nil {
			return err
		}
	}
	return nil
}

// nameInEntries is who changed an entry, as its history tells.
func nameInEntries(actor Actor) string { return cmp.Or(actor.Member.Login, "import") }

// readFiles reads all files; what they say is told together.
func (h *Hub) readFiles(ctx context.Context, files []Workbook) (all sheet.Content, err error) {
	for _, f := range files {
		c, err := h.sheets(ctx, f)
		if err != nil {
			return all, fmt.Errorf("read %s: %w", f.Name, err)
		}
		all.Rows, all.Problems, all.Notes = append(all.Rows, c.Rows...), append(all.Problems, c.Problems...), append(all.Notes, c.Notes...)
	}
	return all, nil
}

func (h *Hub) plan(tx Reader, actor Actor, content sheet.Content, retire bool) (ImportPreview, error) {
	p := ImportPreview{Notes: content.Notes}
	var err error
	if p.Revision, err = tx.KnowledgeRevision(); err != nil {
		return p, err
	}
	options := sheet.Options{
		ResolveCategory: h.directory.CategoryNamed, ResolveDepartment: h.directory.DepartmentNamed,
		Names: h.names(), RetireMissing: retire,
	}
	everywhere := actor.MayEverywhere(ImportKnowledge)
	if own := actor.Member.Departments; !everywhere && len(own) == 1 {
		options.Department = own[0]
	}
	reviewed := !actor.MayEverywhere(ReviewKnowledge)
	entries := kb.Reader(tx)
	if reviewed {
		entries = withDrafts{tx}
	}
	var between []sheet.Problem
	p.Plan, between, err = sheet.PlanImport(entries, content.Rows, options)
	p.Problems = slices.Concat(content.Problems, between)
	sheet.Sort(p.Problems)
	if err == nil && !everywhere {
		p.Plan.Missing = slices.DeleteFunc(p.Plan.Missing, func(e kb.Entry) bool { return !slices.Contains(actor.Member.Departments, e.Department) })
		p.Problems = append(p.Problems, h.notTheirs(actor, p.Plan)...)
	}
	p.ways = importWays{direct: p.Plan}
	if err == nil && reviewed {
		err = p.sendToReview(tx)
	}
	return p, err
}

// names are what an export calls fields and departments.
func (h *Hub) names() sheet.Names {
	return sheet.Names{Category: h.directory.CategoryName, Department: h.directory.DepartmentName}
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

// entriesRead are read at a time for an export.
const entriesRead = 500

// ExportKnowledge writes the entries of a department, or all, as a workbook that
// imports unchanged, and puts the export on record.
func (h *Hub) ExportKnowledge(ctx context.Context, actor Actor, department kb.DepartmentID, w io.Writer) error {
	if !actor.May(SeeKnowledge) {
		return ErrForbidden
	}
	var entries []kb.Entry
	err := h.store.View(ctx, func(tx Reader) (err error) {
		entries, err = entriesOf(tx, department)
		return err
	})
	if err != nil {
		return err
	}
	err = h.store.Update(ctx, func(tx Writer) error {
		return tx.AppendAudit(Audit{
			At: h.store.Now(), Member: actor.Member.ID, Action: Exported, Target: string(department), Address: actor.Address,
			Detail: fmt.Sprintf("entries %d", len(entries)),
		})
	})
	if err != nil {
		return err
	}
	return sheet.Write(w, entries, h.names())
}

func entriesOf(tx kb.Reader, department kb.DepartmentID) (out []kb.Entry, err error) {
	for after := kb.EntryID(""); ; {
		page, err := tx.Entries(after, entriesRead)
		if err != nil || len(page) == 0 {
			return out, err
		}
		for _, e := range page {
			if department == "" || e.Department == department {
				out = append(out, e)
			}
		}
		after = page[len(page)-1].ID
	}
}
