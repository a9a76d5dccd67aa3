package configs

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Duty is how the day of the permanent desk is cut into shifts.
type Duty struct{ Shifts []DutyShift }

// DutyShift is a shift as it comes again day after day.
type DutyShift struct {
	ID      string
	Name    string
	Hours   ShiftHours
	Days    []Weekday // none: every day
	Least   int       // people it needs
	AtLevel []int     // people it needs at staffing level 1, 2, 3, 4; none: Least
}

// ShiftHours is written 17:00-07:00: where the end is not after the beginning, it
// is on the next day.
type ShiftHours struct{ From, Until time.Duration } // since midnight

// UnmarshalText reads hours as a person writes them.
func (h *ShiftHours) UnmarshalText(text []byte) error {
	from, until, ok := strings.Cut(string(text), "-")
	a, okA := clock(from)
	b, okB := clock(until)
	if !ok || !okA || !okB || a >= 24*time.Hour {
		return fmt.Errorf("%q không phải giờ của một ca; viết ví dụ 07:00-17:00, hoặc 17:00-07:00 cho ca đêm", text)
	}
	*h = ShiftHours{a, b}
	return nil
}

// Weekday is written monday … sunday.
type Weekday time.Weekday

// UnmarshalText reads the name of a weekday.
func (w *Weekday) UnmarshalText(text []byte) error {
	for day := range time.Weekday(7) {
		if strings.ToLower(day.String()) == string(text) {
			*w = Weekday(day)
			return nil
		}
	}
	return fmt.Errorf("%q không phải ngày trong tuần; viết monday, tuesday, …, sunday", text)
}

var shiftID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

const mostPeople = 100 // whom a shift can need

func (d Duty) problems() Problems {
	var ps Problems
	for i, s := range d.Shifts {
		key := fmt.Sprintf("shifts[%d]", i)
		before := d.Shifts[:i]
		switch {
		case !shiftID.MatchString(s.ID):
			ps.add(key+".id", "cần mã gồm chữ thường không dấu, chữ số và dấu -")
		case slices.ContainsFunc(before, func(o DutyShift) bool { return o.ID == s.ID }):
			ps.add(key+".id", "mã này đã dùng cho ca khác")
		}
		switch {
		case strings.TrimSpace(s.Name) == "":
			ps.add(key, "thiếu tên (name)")
		case slices.ContainsFunc(before, func(o DutyShift) bool { return o.Name == s.Name }):
			ps.add(key+".name", "tên này đã dùng cho ca khác")
		}
		if s.Hours == (ShiftHours{}) {
			ps.add(key, "thiếu giờ (hours)")
		}
		if s.Least < 1 || s.Least > mostPeople {
			ps.add(key+".least", "cần từ 1 đến %d người", mostPeople)
		}
		if n := len(s.AtLevel); n != 0 && n != 4 {
			ps.add(key+".at_level", "cần đủ bốn số, cho cấp độ 1, 2, 3, 4")
		}
		if slices.ContainsFunc(s.AtLevel, func(n int) bool { return n < 0 || n > mostPeople }) {
			ps.add(key+".at_level", "mỗi số từ 0 đến %d", mostPeople)
		}
	}
	return ps
}
