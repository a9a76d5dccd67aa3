package configs

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Hours is when people are there.
type Hours struct {
	Desk   Week // somebody of the permanent desk is on duty
	Office Week // departments work
}

// Week is the opening times of each weekday, in order.
type Week struct {
	Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday []Span
}

// Span is a part of a day, written 07:30-11:30; the end is exclusive and may be
// 24:00.
type Span struct{ From, Until time.Duration } // since midnight

// UnmarshalText reads a span as a person writes it.
func (s *Span) UnmarshalText(text []byte) error {
	from, until, ok := strings.Cut(string(text), "-")
	a, okA := clock(from)
	b, okB := clock(until)
	if !ok || !okA || !okB || a >= b {
		return fmt.Errorf("%q không phải khoảng giờ trong ngày; viết ví dụ 07:30-11:30", text)
	}
	*s = Span{a, b}
	return nil
}

func clock(text string) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	if text == "24:00" {
		return 24 * time.Hour, true
	}
	t, err := time.Parse("15:04", text)
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, err == nil
}

// On is the opening times of one weekday.
func (w Week) On(day time.Weekday) []Span {
	return [...][]Span{w.Sunday, w.Monday, w.Tuesday, w.Wednesday, w.Thursday, w.Friday, w.Saturday}[day]
}

func (h Hours) problems() Problems {
	var ps Problems
	for _, week := range []struct {
		key  string
		week Week
	}{{"desk", h.Desk}, {"office", h.Office}} {
		open := false
		for day := range time.Weekday(7) {
			spans := week.week.On(day)
			open = open || len(spans) > 0
			for i, s := range spans {
				if i > 0 && s.From < spans[i-1].Until {
					ps.add(fmt.Sprintf("%s.%s[%d]", week.key, strings.ToLower(day.String()), i), "chồng lên khoảng trước hoặc không theo thứ tự")
				}
			}
		}
		if !open {
			ps.add(week.key, "không có giờ làm việc nào trong tuần")
		}
	}
	return ps
}

// Holidays are the days on which departments do not work, and the days off on
// which they do.
type Holidays struct {
	Holidays    []Holiday
	WorkingDays []WorkingDay
}

// Holiday is one holiday of one or several days.
type Holiday struct {
	Name      string
	From      time.Time // first day
	Until     time.Time // last day; zero: From
	Certainty Certainty
	Source    string
}

// Certainty is how sure a holiday's dates are.
type Certainty string

// How sure a date is.
const (
	Official Certainty = "official" // announced, or fixed by law
	Expected Certainty = "expected" // worked out from the calendar and custom; to be confirmed
)

// WorkingDay is a Saturday or Sunday worked in exchange for another day. It has
// the hours of a Monday.
type WorkingDay struct {
	Date   time.Time
	Source string
}

func (h Holidays) problems() Problems {
	var ps Problems
	for i, day := range h.Holidays {
		key := fmt.Sprintf("holidays[%d]", i)
		if day.Name == "" {
			ps.add(key, "thiếu tên (name)")
		}
		if day.From.IsZero() {
			ps.add(key, "thiếu ngày (from)")
		}
		if !day.Until.IsZero() && day.Until.Before(day.From) {
			ps.add(key+".until", "trước ngày bắt đầu (from)")
		}
		if day.Until.Sub(day.From) > 31*24*time.Hour {
			ps.add(key+".until", "kỳ nghỉ dài hơn một tháng, hãy xem lại năm")
		}
		oneOf(&ps, key+".certainty", string(day.Certainty), string(Official), string(Expected))
	}
	for i, day := range h.WorkingDays {
		key := fmt.Sprintf("working_days[%d]", i)
		switch {
		case day.Date.IsZero():
			ps.add(key, "thiếu ngày (date)")
		case h.on(day.Date):
			ps.add(key+".date", "vừa là ngày nghỉ vừa là ngày làm bù")
		}
	}
	return ps
}

// on reports whether the midnight that day begins with lies in a holiday.
func (h Holidays) on(day time.Time) bool {
	return slices.ContainsFunc(h.Holidays, func(holiday Holiday) bool {
		last := holiday.Until
		if last.IsZero() {
			last = holiday.From
		}
		return !day.Before(holiday.From) && !day.After(last)
	})
}

// DeskOpen reports whether somebody of the desk is on duty at the time at.
// Holidays do not close the desk.
func (d Data) DeskOpen(at time.Time) bool { return open(d.Hours.Desk, Holidays{}, at) }

// OfficeOpen reports whether departments work at the time at.
func (d Data) OfficeOpen(at time.Time) bool { return open(d.Hours.Office, d.Holidays, at) }

// DeskOpens is the next time, from at on, that somebody of the desk is on duty:
// at itself while it is open.
func (d Data) DeskOpens(at time.Time) time.Time { return opens(d.Hours.Desk, Holidays{}, at) }

// OfficeOpens is the next time, from at on, that departments work.
func (d Data) OfficeOpens(at time.Time) time.Time { return opens(d.Hours.Office, d.Holidays, at) }

// WorkingDay reports whether departments work on the day of a time: no holiday, and
// no day of the week on which offices are closed, unless it makes up for another.
func (d Data) WorkingDay(day time.Time) bool {
	return len(spansOn(d.Hours.Office, d.Holidays, midnight(day))) > 0
}

func open(week Week, holidays Holidays, at time.Time) bool {
	return opens(week, holidays, at).Equal(at)
}

// opens looks a year ahead, which no run of holidays reaches; zero when there
// is nothing in it.
func opens(week Week, holidays Holidays, at time.Time) time.Time {
	day := midnight(at)
	for range 366 {
		for _, s := range spansOn(week, holidays, day) {
			if !at.Before(day.Add(s.Until)) {
				continue
			}
			if from := day.Add(s.From); at.Before(from) {
				return from
			}
			return at
		}
		day = day.AddDate(0, 0, 1)
	}
	return time.Time{}
}

func spansOn(week Week, holidays Holidays, day time.Time) []Span {
	if holidays.on(day) {
		return nil
	}
	if slices.ContainsFunc(holidays.WorkingDays, func(w WorkingDay) bool { return w.Date.Equal(day) }) {
		return week.Monday
	}
	return week.On(day.Weekday())
}

func midnight(at time.Time) time.Time {
	year, month, day := at.In(Zone).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, Zone)
}
