package configs

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tongdai/inbox/directory"
)

// Target says how long some steps of a matter may take. It is for matters that
// fit all its conditions; of several that fit, the last that names a step counts.
type Target struct {
	Urgent     bool                   // only for urgent ones
	Field      directory.FieldID      // only for that field
	Department directory.DepartmentID // only while that department is in charge

	PassOn   Term // the desk gives it to whoever is in charge, or answers
	Progress Term // the department takes it, or says anything
	Result   Term // the citizen gets the answer
}

// Term is a span of time, counted on the calendar or in somebody's working time.
// The zero value says nothing.
type Term struct {
	Length  time.Duration // where it is not counted in working days; zero with no Days: none is wanted
	Days    int           // working days
	Working bool          // Length is working time
	Given   bool
}

// termUnits are the units that a term may be written in, in the singular.
var termUnits = map[string]Term{
	"minute":       {Length: time.Minute},
	"hour":         {Length: time.Hour},
	"day":          {Length: 24 * time.Hour},
	"working hour": {Length: time.Hour, Working: true},
	"working day":  {Days: 1, Working: true},
}

// UnmarshalText reads a term as a person writes it: "4 working hours".
func (t *Term) UnmarshalText(text []byte) error {
	written := strings.Join(strings.Fields(string(text)), " ")
	if written == "0" {
		*t = Term{Given: true}
		return nil
	}
	number, name, _ := strings.Cut(written, " ")
	n, err := strconv.Atoi(number)
	unit, ok := termUnits[strings.TrimSuffix(name, "s")]
	if err != nil || !ok || n < 1 || n > 1000 {
		return fmt.Errorf("%q không phải thời hạn; viết ví dụ 30 minutes, 4 working hours, 3 working days, hoặc 0", text)
	}
	*t = Term{Length: unit.Length * time.Duration(n), Days: unit.Days * n, Working: unit.Working, Given: true}
	return nil
}

// Step names what a Target says how long it may take.
type Step int

// The steps of a matter; see Target.
const (
	PassOn Step = iota
	Progress
	Result
)

func (t Target) term(s Step) Term {
	return [...]Term{t.PassOn, t.Progress, t.Result}[s]
}

// Due is when a step has to be done that began at from. An empty department is
// the permanent desk. Zero: there is no target.
func (d Data) Due(s Step, urgent bool, field directory.FieldID, department directory.DepartmentID, from time.Time) time.Time {
	var term Term
	for _, t := range d.Targets {
		fits := (!t.Urgent || urgent) && (t.Field == "" || t.Field == field) && (t.Department == "" || t.Department == department)
		if own := t.term(s); fits && own.Given {
			term = own
		}
	}
	if term.Length == 0 && term.Days == 0 {
		return time.Time{}
	}
	return d.after(term, d.weekOf(department), from)
}

// workWeek is when somebody works. The zero value is day and night.
type workWeek struct {
	week     *Week
	holidays Holidays
}

func (d Data) weekOf(department directory.DepartmentID) workWeek {
	if department == "" {
		return workWeek{week: &d.Hours.Desk}
	}
	if unit, ok := d.Directory.Department(department); ok && unit.Hours == directory.Always {
		return workWeek{}
	}
	return workWeek{&d.Hours.Office, d.Holidays}
}

// after is when a term ends that began at from.
func (d Data) after(t Term, w workWeek, from time.Time) time.Time {
	switch {
	case w.week == nil || !t.Working:
		return from.Add(t.Length + time.Duration(t.Days)*24*time.Hour)
	case t.Days > 0:
		return w.afterDays(t.Days, from)
	}
	return w.afterTime(t.Length, from)
}

// afterDays is the same time of the day, so many working days on; what begins
// while nobody works begins when they next do.
func (w workWeek) afterDays(n int, from time.Time) time.Time {
	begin := opens(*w.week, w.holidays, from)
	if begin.IsZero() {
		return from.AddDate(0, 0, n)
	}
	day := midnight(begin)
	since := begin.Sub(day)
	for left := n; left > 0; {
		day = day.AddDate(0, 0, 1)
		if len(spansOn(*w.week, w.holidays, day)) > 0 {
			left--
		}
	}
	return day.Add(since)
}

// afterTime walks through the opening times until length is used up.
func (w workWeek) afterTime(length time.Duration, from time.Time) time.Time {
	day := midnight(from)
	for range 366 {
		for _, s := range spansOn(*w.week, w.holidays, day) {
			begin, end := day.Add(s.From), day.Add(s.Until)
			if begin.Before(from) {
				begin = from
			}
			if !begin.Before(end) {
				continue
			}
			if open := end.Sub(begin); length > open {
				length -= open
				continue
			}
			return begin.Add(length)
		}
		day = day.AddDate(0, 0, 1)
	}
	return from.Add(length)
}

// targetProblems tells of targets for what does not exist, and of a missing general one.
func (d Data) targetProblems() Problems {
	var ps Problems
	general := false
	for i, t := range d.Targets {
		key := fmt.Sprintf("targets[%d]", i)
		if _, ok := d.Directory.Field(t.Field); t.Field != "" && !ok {
			ps.add(key+".field", "lĩnh vực %q không có trong danh mục", t.Field)
		}
		if _, ok := d.Directory.Department(t.Department); t.Department != "" && !ok {
			ps.add(key+".department", "đơn vị %q không có trong danh mục", t.Department)
		}
		if !t.PassOn.Given && !t.Progress.Given && !t.Result.Given {
			ps.add(key, "thiếu thời hạn (pass_on, progress hoặc result)")
		}
		general = general || !t.Urgent && t.Field == "" && t.Department == "" && t.Result.Given
	}
	if !general {
		ps.add("targets", "thiếu dòng chung cho mọi phiếu có result")
	}
	return ps
}
