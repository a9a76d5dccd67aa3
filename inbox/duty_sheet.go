package inbox

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"tongdai/kb/sheet"
	"tongdai/kb/vi"
)

// A roster as a workbook has a line of headings, "Ngày" and the names of the
// regimes, and then a day a row: in each cell the names of those who are there, one
// under the other, a lead marked "(trưởng ca)" and a reserve "(dự bị)". Two who have
// the same name are told apart by their login.

// roleMarks are how a workbook marks what a member is in a slot.
var roleMarks = []struct {
	role ShiftRole
	mark string
}{{LeadShift, "(trưởng ca)"}, {ReserveShift, "(dự bị)"}}

const (
	dayHeading   = "Ngày"
	rosterHeader = 10 // in which the headings are looked for
)

// rosterTable is a sheet being read.
type rosterTable struct {
	*drafting
	grid    sheet.Grid
	day     int            // column of the days
	columns map[int]Regime // by column
	header  int            // line of the headings; 0: none found
	seen    map[string]int // days of all sheets, with the line
	slots   *[]Slot
	wanted  map[string][]drafted
}

func (d *drafting) bySheet(content sheet.Content) error {
	for _, p := range content.Problems {
		d.problems = append(d.problems, RosterProblem{Sheet: p.Sheet, Cell: p.Cell, Message: p.Message})
	}
	d.notes = append(d.notes, content.Notes...)
	if len(content.Problems) > 0 {
		return nil
	}
	var slots []Slot
	wanted, seen := map[string][]drafted{}, map[string]int{}
	for _, g := range content.Grids {
		t := rosterTable{drafting: d, grid: g, seen: seen, slots: &slots, wanted: wanted}
		t.read()
	}
	if len(slots) == 0 {
		if len(d.problems) == 0 {
			d.blame(RosterProblem{}, "Tệp không có lịch trực nào: cần một dòng tiêu đề có cột '%s' và các cột %s.", dayHeading, d.hub.regimeNames())
		}
		return nil
	}
	slices.SortStableFunc(slots, func(a, b Slot) int { return a.From.Compare(b.From) })
	if last := slots[len(slots)-1].From; last.Sub(slots[0].From) > longestRoster {
		d.blame(RosterProblem{}, "Tệp trải dài hơn 100 ngày; hãy chia thành nhiều tệp.")
		return nil
	}
	if !slots[len(slots)-1].From.After(d.now) {
		d.blame(RosterProblem{}, "Mọi ca trong tệp đều đã bắt đầu hoặc đã qua; chỉ xếp được ca sắp tới.")
		return nil
	}
	return d.fill(slots, wanted)
}

func (h *Hub) regimeNames() string {
	var names []string
	for _, r := range h.regimes {
		names = append(names, "'"+r.Name+"'")
	}
	return strings.Join(names, ", ")
}

func (t *rosterTable) place(col, line int) RosterProblem {
	return RosterProblem{Sheet: t.grid.Name, Cell: sheet.CellName(col, line)}
}

func (t *rosterTable) read() {
	for _, l := range t.grid.Lines {
		switch {
		case t.header != 0:
			t.line(l)
		case l.Number <= rosterHeader:
			t.look(l)
		}
	}
}

// look takes the line as the headings if it is one.
func (t *rosterTable) look(l sheet.Line) {
	day := slices.IndexFunc(l.Cells, func(c string) bool { return sameName(c, dayHeading) })
	if day < 0 {
		return
	}
	t.day, t.columns = day, map[int]Regime{}
	for col, text := range l.Cells {
		if col == day || strings.TrimSpace(text) == "" || sameName(text, "Thứ") {
			continue
		}
		i := slices.IndexFunc(t.hub.regimes, func(r Regime) bool { return sameName(text, r.Name) || sameName(text, string(r.ID)) })
		if i < 0 {
			t.blame(t.place(col, l.Number), "Không có ca '%s'; các ca là %s.", strings.TrimSpace(text), t.hub.regimeNames())
			continue
		}
		t.columns[col] = t.hub.regimes[i]
	}
	t.header = l.Number
}

func sameName(a, b string) bool { return vi.Fold(inOneLine(a)) == vi.Fold(inOneLine(b)) }

func inOneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// line reads one day.
func (t *rosterTable) line(l sheet.Line) {
	text := l.At(t.day)
	day, ok := t.grid.Day(text)
	at := t.place(t.day, l.Number)
	switch {
	case !ok:
		t.blame(at, "'%s' không phải là ngày; xin ghi ngày/tháng/năm, ví dụ 23/11/2026.", inOneLine(text))
		return
	case day.IsZero():
		if slices.ContainsFunc(l.Cells, func(c string) bool { return strings.TrimSpace(c) != "" }) {
			t.blame(at, "thiếu ngày.")
		}
		return
	}
	name := day.Format(time.DateOnly)
	if first, twice := t.seen[name]; twice {
		t.blame(at, "ngày %s đã có ở dòng %d; mỗi ngày chỉ một dòng.", day.Format("02/01/2006"), first)
		return
	}
	t.seen[name] = l.Number
	for col := range l.Cells {
		if r, ok := t.columns[col]; ok {
			t.cell(r, day, col, l)
		}
	}
}

// cell reads who is in one slot.
func (t *rosterTable) cell(r Regime, day time.Time, col int, l sheet.Line) {
	at, text := t.place(col, l.Number), l.At(col)
	slot, kept := r.On(day)
	if !kept {
		if strings.TrimSpace(text) != "" {
			t.blame(at, "%s không trực vào ngày %s.", r.Name, day.Format("02/01/2006"))
		}
		return
	}
	*t.slots = append(*t.slots, slot)
	for _, name := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == ',' || r == ';' }) {
		if name = inOneLine(name); name == "" {
			continue
		}
		name, role := markedRole(name)
		m, why := t.people.called(name)
		s := Shift{From: slot.From, Until: slot.Until, Regime: r.ID, Member: m, Role: role}
		switch {
		case why != "":
			t.blame(at, "%s", why)
		case slices.ContainsFunc(t.wanted[slot.id()], func(w drafted) bool { return w.Member == m }):
			t.blame(at, "'%s' được ghi hai lần trong một ca.", name)
		default:
			t.wanted[slot.id()] = append(t.wanted[slot.id()], drafted{Shift: s, at: at})
		}
	}
}

// markedRole takes the mark of a role off a name.
func markedRole(name string) (string, ShiftRole) {
	i := strings.LastIndexByte(name, '(')
	for _, m := range roleMarks {
		if i >= 0 && sameName(name[i:], m.mark) {
			return inOneLine(name[:i]), m.role
		}
	}
	return name, OrdinaryShift
}

// called finds a member by login or name; why tells what is wrong.
func (p dutyPeople) called(name string) (id MemberID, why string) {
	var found []Member
	for _, m := range p.members {
		if m.Login == strings.ToLower(name) {
			return m.ID, ""
		}
		if sameName(m.Name, name) {
			found = append(found, m)
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Sprintf("Không có cán bộ '%s'; xin ghi họ tên hoặc tên đăng nhập như trong danh sách tài khoản.", name)
	case 1:
		return found[0].ID, ""
	}
	logins := make([]string, len(found))
	for i, m := range found {
		logins[i] = m.Login
	}
	slices.Sort(logins)
	return "", fmt.Sprintf("Có %d cán bộ tên '%s'; xin ghi tên đăng nhập: %s.", len(found), name, strings.Join(logins, ", "))
}

var weekdayNames = []string{"Chủ nhật", "Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy"}

// ExportRoster writes the roster of the days from the first to the last as a
// workbook that imports unchanged. Days without anybody have their line as well, to
// be filled in.
func (h *Hub) ExportRoster(ctx context.Context, actor Actor, first, last string, w io.Writer) error {
	roster, err := h.Roster(ctx, actor, first, last)
	if err != nil {
		return err
	}
	from, until, err := daysNamed(first, last)
	if err != nil {
		return err
	}
	people, err := h.namesInSheets(ctx)
	if err != nil {
		return err
	}
	lines, widths := [][]string{{dayHeading, "Thứ"}}, []float64{12, 12}
	for _, r := range h.regimes {
		lines[0], widths = append(lines[0], r.Name), append(widths, 32)
	}
	for day := from; day.Before(until); day = day.AddDate(0, 0, 1) {
		line := []string{day.Format("02/01/2006"), weekdayNames[day.Weekday()]}
		for _, r := range h.regimes {
			line = append(line, cellOf(r, day, roster, people))
		}
		lines = append(lines, line)
	}
	return sheet.WritePlain(w, "Lịch trực", widths, lines)
}

func cellOf(r Regime, day time.Time, roster Roster, names map[MemberID]string) string {
	slot, ok := r.On(day)
	i := slices.IndexFunc(roster.Slots, func(s RosterSlot) bool { return ok && s.id() == slot.id() })
	if i < 0 {
		return ""
	}
	var out []string
	for _, p := range roster.Slots[i].People {
		name := cmp.Or(names[p.Member], string(p.Member))
		for _, m := range roleMarks {
			if m.role == p.Role {
				name += " " + m.mark
			}
		}
		out = append(out, name)
	}
	return strings.Join(out, "\n")
}

// namesInSheets is what members are called in a workbook: by name, or by login
// where two have the same name.
func (h *Hub) namesInSheets(ctx context.Context) (map[MemberID]string, error) {
	members, err := h.Members(ctx)
	count := map[string]int{}
	for _, m := range members {
		count[vi.Fold(inOneLine(m.Name))]++
	}
	out := map[MemberID]string{}
	for _, m := range members {
		out[m.ID] = m.Name
		if count[vi.Fold(inOneLine(m.Name))] > 1 || strings.ContainsAny(m.Name, ",;\n") {
			out[m.ID] = m.Login
		}
	}
	return out, err
}
