package order

import (
	"fmt"
	"time"
)

// zone is that of Vietnam, which has had no summer time since before computers.
var zone = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)

// Where people leave something out. Whoever names a day means the end of office hours,
// whoever names a morning does not mean the afternoon.
const (
	endOfDay     = 17 // o'clock
	endOfMorning = 12
	farthest     = 366 * 24 * time.Hour
	// lately is how long ago a date without a year was last that is rather a mistake
	// than meant of next year.
	lately = 60 * 24 * time.Hour
)

// calendar is when something is written, and what working days are.
type calendar struct {
	now     time.Time // in zone
	working func(day time.Time) bool
}

func (c calendar) today() time.Time {
	return time.Date(c.now.Year(), c.now.Month(), c.now.Day(), 0, 0, 0, 0, zone)
}

// workingDays is the nth working day after today, or a day that is too far.
func (c calendar) workingDays(n int) time.Time {
	day := c.today()
	for day.Sub(c.now) <= farthest && n > 0 {
		day = day.AddDate(0, 0, 1)
		if c.works(day) {
			n--
		}
	}
	return day
}

func (c calendar) works(day time.Time) bool {
	if c.working != nil {
		return c.working(day)
	}
	return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
}

// on is the date; without a year (0) the next of that name that is not past.
func (c calendar) on(year, month, day int) (time.Time, *Unclear) {
	today, y := c.today(), year
	if year == 0 {
		y = today.Year()
		if before(month, day, today) {
			if exists(y, month, day) && today.Sub(midnight(y, month, day)) < lately {
				return time.Time{}, passedThisYear(fmt.Sprintf("%d/%d", day, month))
			}
			y++
		}
	}
	if !exists(y, month, day) {
		return time.Time{}, noSuchDate(fmt.Sprintf("%d/%d/%d", day, month, y))
	}
	return midnight(y, month, day), nil
}

// ofMonth is the day of this month or, where that is past, of the next.
func (c calendar) ofMonth(day int) (time.Time, *Unclear) {
	first := c.today().AddDate(0, 0, 1-c.now.Day())
	if day < c.now.Day() {
		first = first.AddDate(0, 1, 0)
	}
	return c.on(first.Year(), int(first.Month()), day)
}

func midnight(year, month, day int) time.Time {
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, zone)
}

// before reports whether the day of this year is before today.
func before(month, day int, today time.Time) bool {
	return month < int(today.Month()) || month == int(today.Month()) && day < today.Day()
}

func exists(year, month, day int) bool {
	t := midnight(year, month, day)
	return t.Year() == year && int(t.Month()) == month && t.Day() == day
}

// due is the one time that all pieces agree on.
func (m *moment) due() (time.Time, *Unclear) {
	day, why := m.day()
	switch {
	case m.wrong != nil:
		return time.Time{}, m.wrong
	case m.timeless():
		return time.Time{}, noTime()
	case m.contradicts():
		return time.Time{}, twoTimes()
	case m.vague:
		return time.Time{}, vagueTime()
	case len(m.strange) > 0:
		return time.Time{}, strangeWords(m.strange)
	case why != nil:
		return time.Time{}, why
	}
	var due time.Time
	if len(m.instants) > 0 {
		due = m.instants[0]
	} else {
		c, why := m.hour()
		if why != nil {
			return time.Time{}, why
		}
		due = time.Date(day.Year(), day.Month(), day.Day(), c.hour, c.minute, 0, 0, zone)
	}
	switch {
	case !due.After(m.now):
		return time.Time{}, passed(due.Format("15:04 02/01/2006"))
	case due.Sub(m.now) > farthest:
		return time.Time{}, tooFar(due.Format("02/01/2006"))
	}
	return due, nil
}

// timeless: no piece of a time was found.
func (m *moment) timeless() bool {
	return len(m.clocks)+len(m.halves)+len(m.days)+len(m.weekdays)+len(m.weeks)+len(m.instants) == 0 && !m.vague
}

// contradicts: some piece is there twice with different meaning.
func (m *moment) contradicts() bool {
	others := len(m.clocks) + len(m.halves) + len(m.days) + len(m.weekdays) + len(m.weeks)
	return len(m.instants) > 0 && others > 0 ||
		differ(m.instants) || differ(m.days) || differ(m.weekdays) || differ(m.weeks) || differ(m.halves) || differ(m.clocks)
}

func differ[T comparable](pieces []T) bool {
	for _, p := range pieces {
		if p != pieces[0] {
			return true
		}
	}
	return false
}

// day is which day is meant; without one, today.
func (m *moment) day() (time.Time, *Unclear) {
	switch {
	case len(m.days) > 0:
		return m.days[0], m.agrees(m.days[0])
	case len(m.weekdays) > 0:
		return m.ofWeek(m.weekdays[0])
	case len(m.weeks) > 0:
		return time.Time{}, vagueTime()
	case len(m.clocks) == 0 && len(m.halves) > 0:
		return time.Time{}, noHour(m.halves[0])
	}
	return m.today(), nil
}

// agrees: weekday and week, where they are written beside a date, are those of the date.
func (m *moment) agrees(date time.Time) *Unclear {
	monday := date.AddDate(0, 0, -sinceMonday(date.Weekday()))
	for _, w := range m.weekdays {
		if date.Weekday() != w.day {
			return wrongWeekday(date.Format("02/01/2006"))
		}
	}
	for _, week := range m.weeks {
		if !monday.Equal(m.monday(week)) {
			return twoTimes()
		}
	}
	return nil
}

// monday is that of the week so many weeks from this one on.
func (c calendar) monday(week int) time.Time {
	return c.today().AddDate(0, 0, 7*week-sinceMonday(c.now.Weekday()))
}

func sinceMonday(day time.Weekday) int { return (int(day) + 6) % 7 }

func (m *moment) ofWeek(w weekday) (time.Time, *Unclear) {
	ahead := (int(w.day) - int(m.now.Weekday()) + 7) % 7
	switch {
	case len(m.weeks) > 0 && w.by == next:
		return m.monday(m.weeks[0]).AddDate(0, 0, sinceMonday(w.day)), nil
	case len(m.weeks) > 0:
		return time.Time{}, vagueTime()
	case w.by == thisWeek:
		return m.monday(0).AddDate(0, 0, sinceMonday(w.day)), nil
	case ahead == 0 && w.by == next:
		return time.Time{}, todayOrNextWeek()
	case ahead == 0:
		ahead = 7
	}
	return m.today().AddDate(0, 0, ahead), nil
}

// hour is the time of day. The hours of the early morning are said of the afternoon as
// well, and nobody is at an office then.
func (m *moment) hour() (clock, *Unclear) {
	const office = 7 // the first hour that is surely of the morning
	half := ""
	if len(m.halves) > 0 {
		half = m.halves[0]
	}
	if len(m.clocks) == 0 {
		switch half {
		case "", "chiều":
			return clock{hour: endOfDay}, nil
		case "sáng", "trưa":
			return clock{hour: endOfMorning}, nil
		}
		return clock{}, noHour(half)
	}
	c := m.clocks[0]
	if half == "" {
		if c.hour > 0 && c.hour < office && !c.exact {
			return clock{}, whichHalf(c.hour)
		}
		return c, nil
	}
	hour, ok := ofHalf(c.hour, half)
	if !ok {
		return clock{}, wrongHalf(c.hour, half)
	}
	c.hour = hour
	return c, nil
}

// ofHalf is the hour of 24 that people mean by hour in a half of the day.
func ofHalf(hour int, half string) (of24 int, ok bool) {
	const noon = 12
	switch half {
	case "sáng":
		return hour, hour >= 1 && hour < noon
	case "trưa":
		if hour <= 2 {
			return hour + noon, hour >= 1
		}
		return hour, 10 <= hour && hour <= 14
	case "chiều":
		if hour < noon {
			return hour + noon, 1 <= hour && hour <= 6
		}
		return hour, hour <= 18
	case "tối":
		if hour < noon {
			return hour + noon, 6 <= hour
		}
		return hour, 18 <= hour
	}
	if hour < noon { // at night
		return hour + noon, 9 <= hour
	}
	return hour, 21 <= hour
}
