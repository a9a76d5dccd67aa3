package inbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

const (
	// keepDutyEvery is how often it is looked at who has left and which slots lack people.
	keepDutyEvery = time.Minute
	// leaveGrace is how long after the end of a shift a member who did not hand over
	// keeps what is not urgent.
	leaveGrace = 15 * time.Minute
	// endsRemembered is how far back a hub that was down for long looks for shifts
	// that ended meanwhile.
	endsRemembered = 31 * 24 * time.Hour
)

// keepDuty ends shifts and warns of gaps until ctx ends; one node does it for all.
func (h *Hub) keepDuty(ctx context.Context) error {
	lookBack := endsRemembered
	for {
		if err := h.keepDutyOnce(ctx, lookBack); err == nil {
			lookBack = 2 * longestShift
		} else if ctx.Err() == nil {
			h.log.WarnContext(ctx, "the duty roster could not be kept and is tried again", "err", err)
		}
		if !pause(ctx, nil, keepDutyEvery) {
			return nil
		}
	}
}

func (h *Hub) keepDutyOnce(ctx context.Context, lookBack time.Duration) error {
	if err := h.endDuties(ctx, lookBack); err != nil {
		return err
	}
	var leaving []Kept[Leaving]
	err := h.store.View(ctx, func(tx Reader) (err error) {
		leaving, err = Leavings.List(tx, PaperQuery{})
		return err
	})
	for _, l := range leaving {
		err = errors.Join(err, h.giveBack(ctx, l.Value.Member))
	}
	return errors.Join(err, h.warnOfGaps(ctx))
}

// endDuties settles every shift and post that has ended: the member goes on with
// the next shift, or leaves.
func (h *Hub) endDuties(ctx context.Context, lookBack time.Duration) error {
	var shifts []Kept[Shift]
	var posts []Kept[Post]
	now := h.store.Now()
	err := h.store.View(ctx, func(tx Reader) (err error) {
		if shifts, err = shiftsWithin(tx, now.Add(-lookBack), now); err == nil {
			posts, err = Posts.List(tx, PaperQuery{})
		}
		return err
	})
	for _, k := range shifts {
		if k.Value.LeftAt.IsZero() && !k.Value.Until.After(now) {
			err = errors.Join(err, h.endShift(ctx, k.ID))
		}
	}
	for _, k := range posts {
		if !k.Value.Until.After(now) {
			err = errors.Join(err, h.endPost(ctx, k.Value.Member))
		}
	}
	return err
}

// endShift settles one shift that has ended.
func (h *Hub) endShift(ctx context.Context, id string) error {
	return h.store.Update(ctx, func(tx Writer) error {
		now := h.store.Now()
		k, err := Shifts.Get(tx, id)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil || !k.Value.LeftAt.IsZero() {
			return err
		}
		s := k.Value
		k.Value.LeftAt = now
		if _, err := Shifts.Put(tx, k); err != nil {
			return err
		}
		if s.Role == ReserveShift {
			return nil // whoever was not called took nothing for it
		}
		return h.endFor(tx, s.Member, s.Until, now)
	})
}

// endPost settles the post of a member that has ended by itself.
func (h *Hub) endPost(ctx context.Context, m MemberID) error {
	return h.store.Update(ctx, func(tx Writer) error {
		now := h.store.Now()
		post, err := postOf(tx, m)
		if err != nil || post.Version == 0 || post.Value.Until.After(now) {
			return err
		}
		return h.endFor(tx, m, post.Value.Until, now)
	})
}

// endFor lets a member whose time ended go on with a shift that follows, or leave.
func (h *Hub) endFor(tx Writer, m MemberID, ended, now time.Time) error {
	post, err := postOf(tx, m)
	if err != nil {
		return err
	}
	if post.Version > 0 && post.Value.Until.After(now) {
		return nil // stays on
	}
	next, err := h.shiftOf(tx, m, now)
	if err != nil {
		return err
	}
	if next == nil || !next.Value.LeftAt.IsZero() || next.Value.Role == ReserveShift {
		err := leaveDuty(tx, Leaving{Member: m, At: ended, Rest: ended.Add(leaveGrace)})
		return errors.Join(err, tx.AppendEvent(Event{At: now, Kind: DutyChanged}))
	}
	if post.Version == 0 {
		return nil
	}
	post.Value.Shift, post.Value.Until = next.ID, next.Value.Until
	_, err = Posts.Put(tx, post)
	return errors.Join(err, tx.AppendEvent(Event{At: now, Kind: DutyChanged}))
}

// warnAhead is how long before its beginning a slot that lacks people is told to
// those who look after the roster, once each.
var warnAhead = []time.Duration{7 * 24 * time.Hour, 2 * 24 * time.Hour, 12 * time.Hour}

// warned is which of the warnings of a slot was given last, from 1.
type warned struct {
	Stage int `json:"stage"`
}

// warnings are under the ids of slots.
const warnings Shelf[warned] = "duty-warned"

// stageOf is which warning is due for a slot that begins at that time; 0: none yet.
// A late start finds only the last one due.
func stageOf(begins, now time.Time) (stage int) {
	for i, ahead := range warnAhead {
		if !begins.After(now.Add(ahead)) {
			stage = i + 1
		}
	}
	return stage
}

// warnOfGaps tells those who look after the roster of slots that lack people. What
// is told is on record in the same transaction, so that it is told once, whoever
// looks and how often. A slot that is filled is forgotten: if it lacks people
// again, that is told again.
func (h *Hub) warnOfGaps(ctx context.Context) error {
	var due []gapWarning
	var filled []string
	look := func(tx Reader) (err error) {
		due, filled, err = h.dueWarnings(tx)
		return err
	}
	if err := h.store.View(ctx, look); err != nil || len(due)+len(filled) == 0 {
		return err
	}
	return h.store.Update(ctx, func(tx Writer) error {
		if err := look(tx); err != nil { // another node may have told meanwhile
			return err
		}
		for _, id := range filled {
			if err := warnings.Delete(tx, id); err != nil {
				return err
			}
		}
		for _, w := range due {
			if _, err := warnings.Put(tx, w.record); err != nil {
				return err
			}
		}
		return h.tellGaps(tx, due)
	})
}

// gapWarning is a slot that lacks people and the record of its being told.
type gapWarning struct {
	slot   RosterSlot
	record Kept[warned]
}

// dueWarnings finds what is to be told now, and the slots that lack nobody any more.
func (h *Hub) dueWarnings(tx Reader) (due []gapWarning, filled []string, err error) {
	now := h.store.Now()
	gaps, err := h.gaps(tx, now)
	if err != nil {
		return nil, nil, err
	}
	given, err := warnings.List(tx, PaperQuery{})
	if err != nil {
		return nil, nil, err
	}
	before := map[string]Kept[warned]{}
	for _, k := range given {
		before[k.ID] = k
	}
	for _, g := range gaps {
		record, stage := before[g.id()], stageOf(g.From, now)
		delete(before, g.id())
		if stage > record.Value.Stage {
			record.ID, record.Value.Stage = g.id(), stage
			due = append(due, gapWarning{g, record})
		}
	}
	return due, slices.Sorted(maps.Keys(before)), nil
}

// tellGaps makes one notice of all that is to be told at a time.
func (h *Hub) tellGaps(tx Writer, due []gapWarning) error {
	if len(due) == 0 {
		return nil
	}
	members, err := rosterKeepers(tx)
	if err != nil {
		return err
	}
	first, now := due[0].slot, h.store.Now()
	text := fmt.Sprintf("%s thiếu %d người.", h.nameOfSlot(first.Slot), first.Short())
	if more := len(due) - 1; more > 0 {
		text = fmt.Sprintf("%d ca thiếu người; sớm nhất: %s thiếu %d người.", len(due), h.nameOfSlot(first.Slot), first.Short())
	}
	if err := notifyAll(tx, members, Notice{Kind: NoticeRoster, At: now, Text: text}); err != nil {
		return err
	}
	return tx.AppendEvent(Event{At: now, Kind: DutyChanged})
}
