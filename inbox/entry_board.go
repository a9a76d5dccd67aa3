package inbox

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"tongdai/kb"
)

// EntryDeadline is the day by which a department is to have delivered the answers of
// a field and to have confirmed them.
type EntryDeadline struct {
	Department kb.DepartmentID `json:"dep"`
	Category   kb.CategoryID   `json:"cat,omitempty"` // empty: answers that lie in no field
	Due        time.Time       `json:"due"`           // the day; its end counts
	SetBy      MemberID        `json:"by"`
	SetAt      time.Time       `json:"at"`
}

// EntryDeadlines are kept under the department, a slash, and the field.
const EntryDeadlines Shelf[EntryDeadline] = "entry-deadline"

// Delivery states of a department's field.
type EntryState string

// A field is delivered when it has published answers and all were confirmed lately.
const (
	EntriesDelivered EntryState = "delivered"
	EntriesAbsent    EntryState = "absent" // nothing is published
	EntriesOld       EntryState = "old"    // some want to be confirmed
)

// BoardRow tells how a department keeps the answers of a field.
type BoardRow struct {
	Department  kb.DepartmentID
	Category    kb.CategoryID
	Entries     int // not retired
	Published   int
	InReview    int
	Unconfirmed int
	Oldest      time.Time // confirmation among the published; zero: none is published
	LastImport  time.Time // of the department; zero: none that is remembered
	State       EntryState
	Due         time.Time // zero: no day was set
	Late        bool
}

type boardKey struct {
	department kb.DepartmentID
	category   kb.CategoryID
}

// boardImports is how many imports are looked through for the last of each department.
const boardImports = 500

// KnowledgeBoard tells which departments have delivered and refreshed their fields:
// a row for each department and field that has entries, or a day set, or where the
// department is in charge of one of the fields named.
func (h *Hub) KnowledgeBoard(ctx context.Context, actor Actor, fields []kb.CategoryID) (rows []BoardRow, err error) {
	if !actor.May(SeeKnowledge) {
		return nil, ErrForbidden
	}
	err = h.store.View(ctx, func(tx Reader) error {
		of := map[boardKey]*BoardRow{}
		at := func(d kb.DepartmentID, c kb.CategoryID) *BoardRow {
			k := boardKey{d, c}
			if of[k] == nil {
				of[k] = &BoardRow{Department: d, Category: c}
			}
			return of[k]
		}
		for _, f := range fields {
			for _, d := range h.directory.Charge(f, "", h.store.Now()).Lead {
				at(d, f)
			}
		}
		err := errors.Join(
			eachEntry(tx, func(row EntryRow) bool {
				h.counted(at(row.Department, row.Category), row)
				return true
			}),
			deadlines(tx, at), lastImports(tx, of))
		rows = rows[:0]
		for _, r := range of {
			h.judge(r)
			rows = append(rows, *r)
		}
		return err
	})
	slices.SortFunc(rows, func(a, b BoardRow) int {
		return cmp.Or(cmp.Compare(h.directory.DepartmentName(a.Department), h.directory.DepartmentName(b.Department)),
			cmp.Compare(h.directory.CategoryName(a.Category), h.directory.CategoryName(b.Category)))
	})
	return rows, err
}

func (h *Hub) counted(r *BoardRow, row EntryRow) {
	if row.Status != kb.Retired || row.Pending != "" {
		r.Entries++
	}
	if row.Status == kb.Review || row.Pending == kb.Review {
		r.InReview++
	}
	if row.Status != kb.Published {
		return
	}
	r.Published++
	if h.Unconfirmed(row.Entry) {
		r.Unconfirmed++
	}
	if at := confirmedAt(row.Entry); r.Oldest.IsZero() || at.Before(r.Oldest) {
		r.Oldest = at
	}
}

func deadlines(tx Reader, at func(kb.DepartmentID, kb.CategoryID) *BoardRow) error {
	all, err := EntryDeadlines.List(tx, PaperQuery{})
	for _, k := range all {
		at(k.Value.Department, k.Value.Category).Due = k.Value.Due
	}
	return err
}

func lastImports(tx Reader, of map[boardKey]*BoardRow) error {
	imports, err := tx.Imports(boardImports)
	last := map[kb.DepartmentID]time.Time{}
	for _, i := range slices.Backward(imports) { // the newest is written last
		if !i.UndoneAt.IsZero() {
			continue
		}
		for _, d := range i.Departments {
			last[d] = i.At
		}
	}
	for k, r := range of {
		r.LastImport = last[k.department]
	}
	return err
}

func (h *Hub) judge(r *BoardRow) {
	switch {
	case r.Published == 0:
		r.State = EntriesAbsent
	case r.Unconfirmed > 0:
		r.State = EntriesOld
	default:
		r.State = EntriesDelivered
	}
	r.Late = !r.Due.IsZero() && r.State != EntriesDelivered && entryDay(h.store.Now()).After(r.Due)
}

// SetDeadline says by which day a department is to have delivered a field; the
// zero time takes the day away. The staff of the department are told.
func (h *Hub) SetDeadline(ctx context.Context, actor Actor, department kb.DepartmentID, category kb.CategoryID, due time.Time) error {
	if !actor.MayEverywhere(ScheduleKnowledge) {
		return ErrForbidden
	}
	if h.directory.DepartmentName(department) == "" {
		return Invalid{{"department", "Không có đơn vị này trong danh mục."}}
	}
	if category != "" && h.directory.CategoryName(category) == "" {
		return Invalid{{"category", "Không có lĩnh vực này trong danh mục."}}
	}
	return h.store.Update(ctx, func(tx Writer) error {
		id, now := entryPart(kb.EntryID(department)).From+string(category), h.store.Now()
		detail := "none"
		if due.IsZero() {
			if err := EntryDeadlines.Delete(tx, id); err != nil {
				return err
			}
		} else {
			k, err := EntryDeadlines.Get(tx, id)
			if err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
			k.ID, k.Value = id, EntryDeadline{Department: department, Category: category, Due: entryDay(due), SetBy: actor.Member.ID, SetAt: now}
			if _, err := EntryDeadlines.Put(tx, k); err != nil {
				return err
			}
			detail = k.Value.Due.Format(time.DateOnly)
			if err := h.tellDeadline(tx, actor, k.Value); err != nil {
				return err
			}
		}
		return errors.Join(
			tx.AppendAudit(Audit{At: now, Member: actor.Member.ID, Action: EntryScheduled, Target: id, Address: actor.Address, Detail: detail}),
			tx.AppendEvent(Event{At: now, Kind: KnowledgeChanged}),
		)
	})
}

func (h *Hub) tellDeadline(tx Writer, actor Actor, d EntryDeadline) error {
	owners, err := ownersOf(tx, d.Department)
	if err != nil {
		return err
	}
	field := ""
	if name := h.directory.CategoryName(d.Category); name != "" {
		field = " lĩnh vực " + name
	}
	for _, m := range owners {
		if err := notify(tx, Notice{Member: m.ID, Kind: NoticeKnowledge, At: d.SetAt, From: actor.Member.ID,
			Text: "Đề nghị nộp và xác nhận mục hỏi đáp" + field + " trước hết ngày " + d.Due.Format("02/01/2006") + "."}); err != nil {
			return err
		}
	}
	return nil
}
