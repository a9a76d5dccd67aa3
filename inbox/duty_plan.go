package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tongdai/kb/sheet"
)

// RosterHow is a way in which the roster is changed.
type RosterHow string

// The ways.
const (
	ByHand     RosterHow = "hand"
	ByCopy     RosterHow = "copy"     // of a week
	ByRotation RosterHow = "rotation" // teams in turn
	BySheet    RosterHow = "sheet"    // a workbook: a day a row, a regime a column
)

// RosterPlan says what is to become of the roster. By hand, shifts are added and
// removed one by one. The other ways say of a run of slots who shall be in each:
// whoever else is in them is taken out. They leave alone what has begun.
type RosterPlan struct {
	How      RosterHow
	Add      []NewShift // by hand
	Remove   []string   // by hand: ids of shifts
	Copy     WeekCopy
	Rotation Rotation
	File     Workbook
	// Skip leaves out members who cannot be there, who are problems otherwise.
	Skip bool
}

// NewShift puts a member into a slot.
type NewShift struct {
	Day    string // "2026-11-23"
	Regime RegimeID
	Member MemberID
	Role   ShiftRole
	Note   string
}

// WeekCopy repeats a week.
type WeekCopy struct {
	From  string // a day of the week that is copied
	To    string // a day of the first week that is to be like it
	Weeks int    // how many weeks
}

// Rotation puts teams into slots, one after the other and again from the first.
type Rotation struct {
	From, Until string     // first and last day
	Regimes     []RegimeID // whose slots are filled; none: all
	Teams       [][]MemberID
}

// mostWeeks and mostTeams bound what is planned at a time.
const (
	mostWeeks = 13
	mostTeams = 50
)

// RosterProblem is something that forbids a plan.
type RosterProblem struct {
	Sheet, Cell string // of a workbook
	Field       string // of a form, as the API names it
	Message     string // Vietnamese
}

// draft is a plan in the making.
type draft struct {
	add      []drafted
	remove   []Kept[Shift]
	problems []RosterProblem
	notes    []sheet.Note
	// The span whose gaps are told once all is done.
	from, until time.Time
}

// drafted is a shift that is to be added, and where it was asked for.
type drafted struct {
	Shift
	at RosterProblem // without a message
}

func (d *draft) blame(at RosterProblem, format string, args ...any) {
	at.Message = fmt.Sprintf(format, args...)
	d.problems = append(d.problems, at)
}

func (d *draft) span(from, until time.Time) {
	if d.from.IsZero() || from.Before(d.from) {
		d.from = from
	}
	if until.After(d.until) {
		d.until = until
	}
}

// drafting is what a plan is made with, within one transaction.
type drafting struct {
	hub    *Hub
	tx     Reader
	now    time.Time
	people dutyPeople
	draft
}

// plan works a plan out. What is wrong with single shifts is found by check.
func (d *drafting) plan(p RosterPlan, content sheet.Content) error {
	switch p.How {
	case ByHand:
		return d.byHand(p)
	case ByCopy:
		return d.byCopy(p.Copy)
	case ByRotation:
		return d.byRotation(p.Rotation)
	case BySheet:
		return d.bySheet(content)
	}
	return Invalid{{Field: "how", Message: "Hãy chọn cách xếp lịch."}}
}

func (d *drafting) byHand(p RosterPlan) error {
	if len(p.Add)+len(p.Remove) == 0 {
		return Invalid{{Field: "add", Message: "Hãy chọn ca và cán bộ."}}
	}
	for i, n := range p.Add {
		field := func(name string) RosterProblem { return RosterProblem{Field: fmt.Sprintf("add.%d.%s", i, name)} }
		slot, at, ok := d.slotOf(n, field)
		switch {
		case !ok:
			continue
		case !slot.Until.After(d.now):
			d.blame(at, "%s đã qua; chỉ xếp được ca chưa kết thúc.", d.hub.nameOfSlot(slot))
			continue
		case roleOrder(n.Role) < 0:
			d.blame(field("role"), "Hãy chọn nhiệm vụ trong ca.")
			continue
		}
		if problems, bad := errors.AsType[Invalid](checkText("note", n.Note, true)); bad {
			d.blame(field("note"), "%s", problems[0].Message)
			continue
		}
		d.span(slot.From, slot.From.Add(time.Minute))
		d.add = append(d.add, drafted{
			Shift: Shift{From: slot.From, Until: slot.Until, Regime: n.Regime, Member: n.Member, Role: n.Role, Note: n.Note},
			at:    field("member"),
		})
	}
	for i, id := range p.Remove {
		at := RosterProblem{Field: fmt.Sprintf("remove.%d", i)}
		k, err := Shifts.Get(d.tx, id)
		switch {
		case errors.Is(err, ErrNotFound):
			d.blame(at, "Ca này không còn trong lịch; hãy tải lại.")
		case err != nil:
			return err
		case !k.Value.Until.After(d.now):
			d.blame(at, "%s đã qua, được giữ làm hồ sơ.", d.hub.nameOfSlot(k.Value.slot()))
		default:
			d.span(k.Value.From, k.Value.From.Add(time.Minute))
			d.remove = append(d.remove, k)
		}
	}
	return nil
}

// slotOf finds the slot that a person asks for.
func (d *drafting) slotOf(n NewShift, field func(string) RosterProblem) (Slot, RosterProblem, bool) {
	day, err := dayNamed("day", n.Day)
	if err != nil {
		d.blame(field("day"), "Hãy nhập ngày, ví dụ 2026-11-23.")
		return Slot{}, field("day"), false
	}
	r, ok := d.hub.regime(n.Regime)
	if !ok {
		d.blame(field("regime"), "Hãy chọn ca trong danh sách.")
		return Slot{}, field("regime"), false
	}
	slot, ok := r.On(day)
	if !ok {
		d.blame(field("day"), "%s không trực vào ngày %s.", r.Name, day.Format("02/01/2006"))
	}
	return slot, field("day"), ok
}

// mondayOf is the beginning of the week of a day.
func mondayOf(day time.Time) time.Time {
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
}

func (d *drafting) byCopy(c WeekCopy) error {
	from, errFrom := dayNamed("copy.from", c.From)
	to, errTo := dayNamed("copy.to", c.To)
	if err := errors.Join(errFrom, errTo); err != nil {
		return cmp.Or(errFrom, errTo)
	}
	if c.Weeks < 1 || c.Weeks > mostWeeks {
		return Invalid{{Field: "copy.weeks", Message: fmt.Sprintf("Chép được từ 1 đến %d tuần một lần.", mostWeeks)}}
	}
	from, to = mondayOf(from), mondayOf(to)
	if !to.After(from) {
		return Invalid{{Field: "copy.to", Message: "Tuần được chép tới phải sau tuần mẫu."}}
	}
	model, err := shiftsWithin(d.tx, from, from.AddDate(0, 0, 7))
	if err != nil {
		return err
	}
	if len(model) == 0 {
		return Invalid{{Field: "copy.from", Message: fmt.Sprintf("Tuần từ %s chưa có lịch trực để chép.", from.Format("02/01/2006"))}}
	}
	until := to.AddDate(0, 0, 7*c.Weeks)
	wanted := map[string][]drafted{}
	for week := range c.Weeks {
		shift := to.AddDate(0, 0, 7*week).Sub(from)
		for _, k := range model {
			s := k.Value
			s.From, s.Until, s.LeftAt = s.From.Add(shift), s.Until.Add(shift), time.Time{}
			wanted[s.slot().id()] = append(wanted[s.slot().id()], drafted{Shift: s, at: RosterProblem{Field: "copy.from"}})
		}
	}
	return d.fill(d.hub.slotsBetween(to, until), wanted)
}

func (d *drafting) byRotation(r Rotation) error {
	from, until, err := daysNamed(r.From, r.Until)
	if problems, ok := errors.AsType[Invalid](err); ok {
		for i := range problems {
			problems[i].Field = "rotation." + problems[i].Field
		}
		return problems
	}
	if err := d.checkRotation(r); err != nil {
		return err
	}
	slots := slices.DeleteFunc(d.hub.slotsBetween(from, until), func(s Slot) bool {
		return len(r.Regimes) > 0 && !slices.Contains(r.Regimes, s.Regime)
	})
	wanted := map[string][]drafted{}
	for i, s := range slots {
		team := i % len(r.Teams)
		for _, m := range r.Teams[team] {
			wanted[s.id()] = append(wanted[s.id()], drafted{
				Shift: Shift{From: s.From, Until: s.Until, Regime: s.Regime, Member: m},
				at:    RosterProblem{Field: fmt.Sprintf("rotation.teams.%d", team)},
			})
		}
	}
	return d.fill(slots, wanted)
}

func (d *drafting) checkRotation(r Rotation) error {
	var problems Invalid
	for _, id := range r.Regimes {
		if _, ok := d.hub.regime(id); !ok {
			problems = append(problems, Problem{"rotation.regimes", "Hãy chọn ca trong danh sách."})
		}
	}
	if len(r.Teams) == 0 || len(r.Teams) > mostTeams {
		problems = append(problems, Problem{"rotation.teams", fmt.Sprintf("Cần từ 1 đến %d kíp.", mostTeams)})
	}
	for i, team := range r.Teams {
		if len(team) == 0 {
			problems = append(problems, Problem{fmt.Sprintf("rotation.teams.%d", i), fmt.Sprintf("Kíp %d chưa có ai.", i+1)})
		}
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}

// fill makes the slots hold those who are wanted in them and nobody else. What has
// begun is left as it is.
func (d *drafting) fill(slots []Slot, wanted map[string][]drafted) error {
	slots = slices.DeleteFunc(slots, func(s Slot) bool { return !s.From.After(d.now) })
	if len(slots) == 0 {
		return Invalid{{Field: "how", Message: "Không có ca nào chưa bắt đầu trong khoảng này."}}
	}
	first, last := slots[0].From, slots[len(slots)-1].From.Add(time.Minute)
	d.span(first, last)
	existing, err := shiftsWithin(d.tx, first, last)
	if err != nil {
		return err
	}
	kept := map[string]bool{}
	for _, s := range slots {
		for _, w := range wanted[s.id()] {
			kept[w.ID()] = true
			i := slices.IndexFunc(existing, func(k Kept[Shift]) bool { return k.ID == w.ID() })
			if i >= 0 && existing[i].Value.Role == w.Role && existing[i].Value.Note == w.Note {
				continue
			}
			if i >= 0 {
				d.remove = append(d.remove, existing[i])
			}
			d.add = append(d.add, w)
		}
	}
	filled := map[string]bool{}
	for _, s := range slots {
		filled[s.id()] = true
	}
	for _, k := range existing {
		if filled[k.Value.slot().id()] && !kept[k.ID] {
			d.remove = append(d.remove, k)
		}
	}
	return nil
}

// PreviewRoster says what a plan would change and everything that forbids it. It
// changes nothing.
func (h *Hub) PreviewRoster(ctx context.Context, actor Actor, plan RosterPlan) (RosterPreview, error) {
	content, err := h.rosterFile(ctx, actor, plan)
	if err != nil {
		return RosterPreview{}, err
	}
	var out RosterPreview
	err = h.store.View(ctx, func(tx Reader) error {
		book, err := bookOf(tx)
		if err != nil {
			return err
		}
		d, err := h.draft(tx, plan, content)
		if err != nil {
			return err
		}
		out, err = d.preview(book)
		return err
	})
	return out, err
}

// rosterFile checks the right to change the roster and, where the plan is a
// workbook, reads it outside of any transaction.
func (h *Hub) rosterFile(ctx context.Context, actor Actor, plan RosterPlan) (sheet.Content, error) {
	if !actor.MayEverywhere(ManageDuty) {
		return sheet.Content{}, ErrForbidden
	}
	if plan.How != BySheet {
		return sheet.Content{}, nil
	}
	plan.File.Plain = true
	content, err := h.sheets(ctx, plan.File)
	if err != nil {
		return content, fmt.Errorf("read %s: %w", plan.File.Name, err)
	}
	return content, nil
}

// draft works a plan out and finds what is wrong with its shifts.
func (h *Hub) draft(tx Reader, plan RosterPlan, content sheet.Content) (*drafting, error) {
	now := h.store.Now()
	people, err := h.peopleOf(tx, now)
	if err != nil {
		return nil, err
	}
	d := &drafting{hub: h, tx: tx, now: now, people: people}
	if err := d.plan(plan, content); err != nil {
		return nil, err
	}
	return d, d.check(plan.Skip)
}

// check finds members who cannot be there, or are to be twice in one slot.
func (d *drafting) check(skip bool) error {
	if len(d.add) == 0 {
		return nil
	}
	first := slices.MinFunc(d.add, func(a, b drafted) int { return a.From.Compare(b.From) }).From
	last := slices.MaxFunc(d.add, func(a, b drafted) int { return a.Until.Compare(b.Until) }).Until
	existing, err := shiftsTouching(d.tx, first, last)
	if err != nil {
		return err
	}
	removed := map[string]bool{}
	for _, k := range d.remove {
		removed[k.ID] = true
	}
	taken := map[MemberID][]Shift{}
	for _, k := range existing {
		if !removed[k.ID] {
			taken[k.Value.Member] = append(taken[k.Value.Member], k.Value)
		}
	}
	var good []drafted
	for _, a := range d.add {
		why := d.people.against(a.Shift)
		if why == "" && slices.ContainsFunc(taken[a.Member], func(s Shift) bool { return s.ID() == a.ID() }) {
			why = "đã có trong " + d.hub.nameOfSlot(a.slot())
		}
		switch {
		case why == "":
			taken[a.Member] = append(taken[a.Member], a.Shift)
			good = append(good, a)
		case skip:
			d.notes = append(d.notes, sheet.Note{Message: fmt.Sprintf("Bỏ qua %s ở %s: %s.", d.people.name(a.Member), d.hub.nameOfSlot(a.slot()), why)})
		default:
			d.blame(a.at, "%s không trực được %s: %s.", d.people.name(a.Member), d.hub.nameOfSlot(a.slot()), why)
		}
	}
	d.add = good
	return nil
}
