package sheet

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tongdai/kb"
	"tongdai/kb/vi"
)

// Options tell an import what the workbook leaves open.
type Options struct {
	// Department and Category are taken where a row names none. A row without a
	// department whose sheet is named like one belongs to that.
	Department kb.DepartmentID
	Category   kb.CategoryID
	// Status of new rows that give none; empty means published.
	Status kb.Status
	// RetireMissing retires the published entries of the departments in the
	// workbook that it does not have. Otherwise they are only listed.
	RetireMissing bool
	// Names are those that Write is given; with them an entry keeps a field or a
	// department whose name now stands for another, or for none. May be empty.
	Names Names
	// ResolveCategory and ResolveDepartment find what a name stands for.
	ResolveCategory   func(name string) (kb.CategoryID, bool)
	ResolveDepartment func(name string) (kb.DepartmentID, bool)
}

// Plan is what an import would do, as of the moment it was made.
type Plan struct {
	New       []kb.Entry
	Changed   []Change
	Unchanged []kb.EntryID
	Missing   []kb.Entry // published, of the workbook's departments, not in it
	Retire    bool       // Missing will be retired
}

// Change is an entry that the workbook has differently.
type Change struct {
	Before, After kb.Entry
	Fields        []FieldChange
}

// FieldChange is one field of it, as people read it.
type FieldChange struct {
	Field    Field
	Old, New string
}

// PlanImport compares rows with the entries that tx has. Problems are names that
// nobody knows and rows that mean the same entry; a plan with problems is not for
// Apply. An error means that the entries could not be read.
func PlanImport(tx kb.Reader, rows []Row, opts Options) (Plan, []Problem, error) {
	p := planner{tx: tx, opts: opts, plan: Plan{Retire: opts.RetireMissing}, seen: map[kb.EntryID]*Row{}, departments: map[kb.DepartmentID]bool{}}
	for i := range rows {
		if err := p.row(&rows[i]); err != nil {
			return Plan{}, nil, err
		}
	}
	if err := p.findMissing(); err != nil {
		return Plan{}, nil, err
	}
	return p.plan, p.problems, nil
}

type planner struct {
	tx          kb.Reader
	opts        Options
	plan        Plan
	problems    []Problem
	seen        map[kb.EntryID]*Row
	departments map[kb.DepartmentID]bool
}

func (p *planner) row(row *Row) error {
	before, stored, err := p.stored(row.ID)
	if err != nil {
		return err
	}
	known := len(p.problems)
	department := p.department(row, before)
	category := p.category(row, before)
	if len(p.problems) > known {
		return nil
	}
	p.departments[department] = true
	id := row.ID
	if id == "" {
		id = stableID(department, row.Question)
		if before, stored, err = p.stored(id); err != nil {
			return err
		}
	}
	if other := p.seen[id]; other != nil {
		p.problems = append(p.problems, row.problem(Question, "trùng với câu hỏi ở %s.", other.at(Question, row)))
		return nil
	}
	p.seen[id] = row
	after := p.merge(before, row)
	after.ID, after.Department, after.Category = id, department, category
	if !stored {
		after.Version = 1
		p.plan.New = append(p.plan.New, after)
		return nil
	}
	if category == "" && !row.has(Category) {
		after.Category = before.Category
	}
	p.compare(before, after)
	return nil
}

func (p *planner) stored(id kb.EntryID) (e kb.Entry, ok bool, err error) {
	if id == "" {
		return e, false, nil
	}
	e, err = p.tx.Entry(id)
	if errors.Is(err, kb.ErrNotFound) {
		return kb.Entry{}, false, nil
	}
	if err != nil {
		return e, false, fmt.Errorf("read entry %s: %w", id, err)
	}
	return e, true, nil
}

// compare takes an entry as changed when a table that was written of it would not
// give what the row has.
func (p *planner) compare(before, after kb.Entry) {
	if len(Differences(asRead(before), after)) == 0 {
		p.plan.Unchanged = append(p.plan.Unchanged, before.ID)
		return
	}
	after.Version = before.Version + 1
	p.plan.Changed = append(p.plan.Changed, Change{before, after, Differences(before, after)})
}

// asRead is an entry as it comes back from a workbook that Write has made of it.
func asRead(e kb.Entry) kb.Entry {
	e.Question, e.Answer, e.Source = oneLine(e.Question), clean(e.Answer), clean(e.Source)
	var variants []string
	for _, cell := range variantCells(e.Variants) {
		variants = append(variants, wordings(clean(cell))...)
	}
	e.Variants = variants
	return e
}

// merge lays the row over the stored entry; columns that the sheet has not stay.
func (p *planner) merge(e kb.Entry, row *Row) kb.Entry {
	e.Question, e.Answer = row.Question, row.Answer
	if row.has(Variants) {
		e.Variants = row.Variants
	}
	if row.has(Source) {
		e.Source = row.Source
	}
	if row.has(ValidFrom) {
		e.ValidFrom = row.ValidFrom
	}
	if row.has(ValidUntil) {
		e.ValidUntil = row.ValidUntil
	}
	if row.has(ConfirmedOn) {
		e.ConfirmedOn = row.ConfirmedOn
	}
	switch {
	case row.Status != "":
		e.Status = row.Status
	case e.Status == kb.Retired: // whoever hands it in again wants it answered
		e.Status = kb.Published
	case e.Status == "" && p.opts.Status != "":
		e.Status = p.opts.Status
	case e.Status == "":
		e.Status = kb.Published
	}
	return e
}

func (p *planner) department(row *Row, before kb.Entry) kb.DepartmentID {
	if row.Department != "" {
		if p.opts.Names.Department != nil && row.Department == p.opts.Names.department(before.Department) {
			return before.Department // also when it has ended since, and its name means its successor
		}
		id, ok := p.opts.ResolveDepartment(row.Department)
		if !ok {
			p.problems = append(p.problems, row.problem(Department, "không có đơn vị '%s'.", shorten(row.Department)))
		}
		return id
	}
	if id, ok := p.opts.ResolveDepartment(row.Sheet); ok {
		return id
	}
	if before.Department != "" {
		return before.Department
	}
	if p.opts.Department == "" {
		p.problems = append(p.problems, row.problem(Department, "thiếu đơn vị phụ trách."))
	}
	return p.opts.Department
}

func (p *planner) category(row *Row, before kb.Entry) kb.CategoryID {
	if row.Category == "" {
		return p.opts.Category
	}
	if p.opts.Names.Category != nil && row.Category == p.opts.Names.category(before.Category) {
		return before.Category
	}
	id, ok := p.opts.ResolveCategory(row.Category)
	if !ok {
		p.problems = append(p.problems, row.problem(Category, "không có lĩnh vực '%s'.", shorten(row.Category)))
	}
	return id
}

// stableID names a row that has no id: the same department and question give the
// same entry at every import, however it is spelled and spaced.
func stableID(department kb.DepartmentID, question string) kb.EntryID {
	sum := sha256.Sum256([]byte(string(department) + "\n" + strings.Join(vi.Texts(question), " ")))
	return kb.EntryID("N-" + hex.EncodeToString(sum[:6]))
}

// page of entries are read at a time.
const page = 500

func (p *planner) findMissing() error {
	for after := kb.EntryID(""); ; {
		entries, err := p.tx.Entries(after, page)
		if err != nil {
			return fmt.Errorf("read entries: %w", err)
		}
		if len(entries) == 0 {
			return nil
		}
		for _, e := range entries {
			if p.seen[e.ID] == nil && e.Status == kb.Published && p.departments[e.Department] {
				p.plan.Missing = append(p.plan.Missing, e)
			}
		}
		after = entries[len(entries)-1].ID
	}
}

// Differences lists the fields in which two versions of an entry differ.
func Differences(a, b kb.Entry) []FieldChange {
	var out []FieldChange
	compare := func(f Field, old, new string) {
		if old != new {
			out = append(out, FieldChange{f, old, new})
		}
	}
	compare(Question, a.Question, b.Question)
	if !slices.Equal(a.Variants, b.Variants) {
		compare(Variants, strings.Join(a.Variants, "\n"), strings.Join(b.Variants, "\n"))
	}
	compare(Answer, a.Answer, b.Answer)
	compare(Category, string(a.Category), string(b.Category))
	compare(Department, string(a.Department), string(b.Department))
	compare(Source, a.Source, b.Source)
	compare(ValidFrom, formatDate(a.ValidFrom), formatDate(b.ValidFrom))
	compare(ValidUntil, formatDate(a.ValidUntil), formatDate(b.ValidUntil))
	compare(ConfirmedOn, formatDate(a.ConfirmedOn), formatDate(b.ConfirmedOn))
	compare(Status, string(a.Status), string(b.Status))
	return out
}

func formatDate(d time.Time) string {
	if d.IsZero() {
		return ""
	}
	return d.In(Zone).Format("02/01/2006")
}

// Apply does what plan says in one transaction, in the name of by. When an entry
// was changed since the plan was made it does nothing and fails with kb.ErrConflict.
func Apply(ctx context.Context, store kb.Store, plan Plan, by string, now time.Time) error {
	return store.UpdateEntries(ctx, func(tx kb.Writer) error { return plan.Write(tx, by, now) })
}

// Write does what the plan says within a transaction, as Apply does.
func (p Plan) Write(tx kb.Writer, by string, now time.Time) error {
	put := func(e kb.Entry) error {
		e.UpdatedAt, e.UpdatedBy = now, by
		if err := tx.PutEntry(e); err != nil {
			return fmt.Errorf("import entry %s: %w", e.ID, err)
		}
		return nil
	}
	for _, e := range p.New {
		if err := put(e); err != nil {
			return err
		}
	}
	for _, c := range p.Changed {
		if err := put(c.After); err != nil {
			return err
		}
	}
	if !p.Retire {
		return nil
	}
	for _, e := range p.Missing {
		e.Status = kb.Retired
		e.Version++
		if err := put(e); err != nil {
			return err
		}
	}
	return nil
}
