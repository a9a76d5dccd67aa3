package inbox

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tongdai/kb/sheet"
)

// Duty: who is at the desk, and when. A day is cut into slots by the regimes of
// the configuration (the day, the night that ends at 07:00 the next morning). The
// roster says which members are in which slot (duty_roster.go) and is changed by
// hand, by copying weeks, by a rotation, or by a workbook, each looked at before it
// is applied and undone afterwards (duty_plan.go, duty_change.go). Members take
// over and hand over with a note for those who come (duty_post.go). Whoever leaves
// gives back what cannot wait (duty_leave.go). One node warns of slots that lack
// people, before they begin (duty_keep.go). What the bot tells citizens about when
// people are there follows from all this (duty_manning.go).

// RegimeID names a regime in the configuration.
type RegimeID string

// Regime is a shift as it comes again day after day.
type Regime struct {
	ID    RegimeID
	Name  string        // "Ca đêm"
	From  time.Duration // since midnight
	Until time.Duration // since midnight; not after From: on the next day
	Days  []time.Weekday
	// Least is how many people it needs, and ByLevel how many at the staffing
	// levels 1 to 4; the greater counts.
	Least   int
	ByLevel [4]int
}

// Hours are the hours of r in words: "17:00–07:00".
func (r Regime) Hours() string {
	return fmt.Sprintf("%02d:%02d–%02d:%02d", int(r.From.Hours()), int(r.From.Minutes())%60, int(r.Until.Hours()), int(r.Until.Minutes())%60)
}

// longestShift is how long a shift may last.
const longestShift = 24 * time.Hour

// On is the slot of r that begins on the day that midnight begins; false when r
// is not kept on that weekday.
func (r Regime) On(midnight time.Time) (Slot, bool) {
	if len(r.Days) > 0 && !slices.Contains(r.Days, midnight.Weekday()) {
		return Slot{}, false
	}
	until := midnight.Add(r.Until)
	if r.Until <= r.From {
		until = until.Add(24 * time.Hour) // the zone has no summer time
	}
	return Slot{Regime: r.ID, From: midnight.Add(r.From), Until: until}, true
}

// needed is how many people a slot of r needs at a staffing level; 0: none is set.
func (r Regime) needed(level int) int {
	if level < 1 || level > len(r.ByLevel) {
		return r.Least
	}
	return max(r.Least, r.ByLevel[level-1])
}

// Slot is one regime on one day.
type Slot struct {
	Regime      RegimeID
	From, Until time.Time
}

// id names the slot; ids grow with the time at which slots begin.
func (s Slot) id() string { return dutyKey(s.From) + "." + string(s.Regime) }

// Day is the midnight at which the day of the slot begins.
func (s Slot) Day() time.Time { return midnightOf(s.From) }

// midnightOf is the beginning of a day in Vietnam.
func midnightOf(at time.Time) time.Time {
	year, month, day := at.In(sheet.Zone).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, sheet.Zone)
}

// dutyKey is what the ids of everything that begins at that time begin with.
func dutyKey(at time.Time) string { return at.UTC().Format("20060102T1504") }

// ShiftRole is what a member is in a slot besides being there.
type ShiftRole string

// The roles. Reserves come when they are called, and don't count.
const (
	OrdinaryShift ShiftRole = ""
	LeadShift     ShiftRole = "lead"    // trưởng ca
	ReserveShift  ShiftRole = "reserve" // dự bị
)

// Shift is one member in one slot.
type Shift struct {
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	Regime RegimeID  `json:"regime"`
	Member MemberID  `json:"mem"`
	Role   ShiftRole `json:"role,omitempty"`
	Note   string    `json:"note,omitempty"`
	// LeftAt is when the member handed over or, after the end, was found to have left.
	LeftAt time.Time `json:"left,omitzero"`
}

// Shifts is the roster. Ids begin with the time at which a shift begins, so that a
// span of time is a range of ids, and name the slot and the member: nobody is twice
// in one slot.
const Shifts Shelf[Shift] = "shift"

// ID is what s has on the shelf Shifts.
func (s Shift) ID() string { return s.slot().id() + "." + string(s.Member) }

func (s Shift) slot() Slot { return Slot{Regime: s.Regime, From: s.From, Until: s.Until} }

// covers reports whether the member is to be there at that time, and has not left.
func (s Shift) covers(at time.Time) bool {
	return !at.Before(s.From) && at.Before(s.end())
}

// end is until when the member is there.
func (s Shift) end() time.Time {
	if !s.LeftAt.IsZero() && s.LeftAt.Before(s.Until) {
		return s.LeftAt
	}
	return s.Until
}

// overlaps reports whether nobody could be in both.
func (s Shift) overlaps(o Shift) bool { return s.From.Before(o.Until) && o.From.Before(s.Until) }

// Leave is a time in which a member is away: no shift of that time counts.
type Leave struct {
	Member MemberID  `json:"mem"`
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"` // not any more from then on
	Note   string    `json:"note,omitempty"`
	By     MemberID  `json:"by"`
	At     time.Time `json:"at"`
}

// Leaves are under ids that grow with time.
const Leaves Shelf[Leave] = "leave"

// dutyBook is what holds for the whole roster. It is written with every change
// of the roster: its version is the roster's revision, and of two who change the
// roster at the same moment the second begins again with what the first made of it.
type dutyBook struct {
	Level int `json:"level,omitempty"` // staffing level 1 to 4; 0: not set
}

const dutyBooks Shelf[dutyBook] = "duty-book"

// dutyBookID is the only id on that shelf.
const dutyBookID = "roster"

// regime finds a regime of the configuration.
func (h *Hub) regime(id RegimeID) (Regime, bool) {
	i := slices.IndexFunc(h.regimes, func(r Regime) bool { return r.ID == id })
	if i < 0 {
		return Regime{}, false
	}
	return h.regimes[i], true
}

// Regimes are the shifts of a day, in the order of the configuration.
func (h *Hub) Regimes() []Regime { return slices.Clone(h.regimes) }

// slotsBetween lists the slots that begin at or after from and before until, in order.
func (h *Hub) slotsBetween(from, until time.Time) []Slot {
	var out []Slot
	for day := midnightOf(from).AddDate(0, 0, -1); day.Before(until); day = day.AddDate(0, 0, 1) {
		for _, r := range h.regimes {
			if s, ok := r.On(day); ok && !s.From.Before(from) && s.From.Before(until) {
				out = append(out, s)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Slot) int { return a.From.Compare(b.From) })
	return out
}

// nameOfSlot is how notices call a slot: "Ca đêm 23/11 (17:00–07:00)".
func (h *Hub) nameOfSlot(s Slot) string {
	r, _ := h.regime(s.Regime)
	from, until := s.From.In(sheet.Zone), s.Until.In(sheet.Zone)
	return fmt.Sprintf("%s %s (%s–%s)", cmp.Or(r.Name, string(s.Regime)), from.Format("02/01"), from.Format("15:04"), until.Format("15:04"))
}

// dayNamed reads a day as the API writes it, "2026-11-23".
func dayNamed(field, text string) (time.Time, error) {
	day, err := time.ParseInLocation(time.DateOnly, strings.TrimSpace(text), sheet.Zone)
	if err != nil {
		return day, Invalid{{Field: field, Message: "Hãy nhập ngày, ví dụ 2026-11-23."}}
	}
	return day, nil
}
