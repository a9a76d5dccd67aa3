package inbox

import (
	"fmt"
	"slices"
	"time"
)

// restBetween is how long a member is to rest between two shifts (the Labour Code,
// Article 110, asks for 12 hours before another shift). Whoever makes the roster
// is warned, and may have a reason: a short house in a long night.
const restBetween = 12 * time.Hour

// shiftsAround lists the shifts that can tell something about the rest of those in
// the span.
func shiftsAround(tx Reader, from, until time.Time) ([]Kept[Shift], error) {
	return shiftsTouching(tx, from.Add(-restBetween), until.Add(longestShift+restBetween))
}

// strain tells why s asks too much of its member, or "": another shift at the same
// time, or less than restBetween before or after it. Reserves stay at home.
func (h *Hub) strain(s Shift, others []Kept[Shift]) string {
	if s.Role == ReserveShift {
		return ""
	}
	for _, k := range others {
		o := k.Value
		if o.Member != s.Member || o.Role == ReserveShift || o.ID() == s.ID() {
			continue
		}
		rest := max(s.From.Sub(o.Until), o.From.Sub(s.Until))
		switch {
		case o.overlaps(s):
			return "trùng giờ với " + h.nameOfSlot(o.slot())
		case rest >= restBetween:
		case rest == 0:
			return "làm liền với " + h.nameOfSlot(o.slot()) + ", không được nghỉ"
		default:
			return fmt.Sprintf("chỉ nghỉ %s trước hoặc sau %s, cần ít nhất 12 giờ", hoursOf(rest), h.nameOfSlot(o.slot()))
		}
	}
	return ""
}

// hoursOf is a span of time in words: "9 giờ", "9 giờ 30 phút".
func hoursOf(d time.Duration) string {
	if minutes := int(d.Minutes()) % 60; minutes > 0 {
		return fmt.Sprintf("%d giờ %d phút", int(d.Hours()), minutes)
	}
	return fmt.Sprintf("%d giờ", int(d.Hours()))
}

// warn notes at each person of the slots what asks too much of them.
func (h *Hub) warn(slots []RosterSlot, around []Kept[Shift]) {
	for i := range slots {
		for j := range slots[i].People {
			p := &slots[i].People[j]
			p.Warning = h.strain(p.Shift, around)
		}
	}
}

// strains says of each shift that is added what it asks too much of its member.
func (d *drafting) strains() ([]string, error) {
	if len(d.add) == 0 {
		return nil, nil
	}
	first := slices.MinFunc(d.add, func(a, b drafted) int { return a.From.Compare(b.From) }).From
	last := slices.MaxFunc(d.add, func(a, b drafted) int { return a.Until.Compare(b.Until) }).Until
	around, err := shiftsAround(d.tx, first, last)
	if err != nil {
		return nil, err
	}
	around = slices.DeleteFunc(around, func(k Kept[Shift]) bool {
		return slices.ContainsFunc(d.remove, func(r Kept[Shift]) bool { return r.ID == k.ID })
	})
	for _, a := range d.add {
		around = append(around, Kept[Shift]{ID: a.ID(), Value: a.Shift})
	}
	var out []string
	for _, a := range d.add {
		if why := d.hub.strain(a.Shift, around); why != "" {
			out = append(out, fmt.Sprintf("%s, %s: %s.", d.people.name(a.Member), d.hub.nameOfSlot(a.slot()), why))
		}
	}
	return out, nil
}
