package inbox

import (
	"context"
	"slices"
	"time"
)

// Manning is when people are at the desk, as the roster has it. It is worked out
// now and then, and asked at every turn.
type Manning struct {
	Kept  bool // a roster is kept; otherwise the hours of the configuration hold
	spans []manned
}

// manned is a span in which somebody is there.
type manned struct{ from, until time.Time }

// Staffed tells whether somebody is there at that time, and if not, from when;
// zero: the roster does not tell.
func (m Manning) Staffed(at time.Time) (now bool, opens time.Time) {
	for _, s := range m.spans {
		switch {
		case !at.Before(s.until):
		case at.Before(s.from):
			return false, s.from
		default:
			return true, at
		}
	}
	return false, time.Time{}
}

// Manning works out when people are there from now on, for the coming 14 days.
func (h *Hub) Manning(ctx context.Context) (Manning, error) {
	var out Manning
	err := h.store.View(ctx, func(tx Reader) (err error) {
		out, err = h.manning(tx, h.store.Now())
		return err
	})
	return out, err
}

func (h *Hub) manning(tx Reader, now time.Time) (Manning, error) {
	kept, err := rosterKept(tx, now)
	if err != nil || !kept {
		return Manning{}, err
	}
	people, err := h.peopleOf(tx, now)
	if err != nil {
		return Manning{}, err
	}
	shifts, err := shiftsTouching(tx, now, now.Add(gapsAhead))
	if err != nil {
		return Manning{}, err
	}
	posts, err := Posts.List(tx, PaperQuery{})
	if err != nil {
		return Manning{}, err
	}
	var spans []manned
	for _, k := range shifts {
		if s := k.Value; s.Role != ReserveShift && people.against(s) == "" {
			spans = append(spans, manned{s.From, s.end()})
		}
	}
	for _, k := range posts {
		if (Actor{Member: people.members[k.Value.Member]}).MayEverywhere(KeepDuty) {
			spans = append(spans, manned{k.Value.Since, k.Value.Until})
		}
	}
	return Manning{Kept: true, spans: mergedSpans(spans)}, nil
}

// mergedSpans puts spans in order, those that touch in one.
func mergedSpans(spans []manned) []manned {
	slices.SortFunc(spans, func(a, b manned) int { return a.from.Compare(b.from) })
	var out []manned
	for _, s := range spans {
		switch last := len(out) - 1; {
		case !s.until.After(s.from):
		case last >= 0 && !s.from.After(out[last].until):
			if s.until.After(out[last].until) {
				out[last].until = s.until
			}
		default:
			out = append(out, s)
		}
	}
	return out
}
