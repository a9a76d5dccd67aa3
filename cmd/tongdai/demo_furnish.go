package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tongdai/configs"
	"tongdai/inbox"
	"tongdai/kb"
)

// furnish makes what members would have made of the desk by the time that the
// demonstration is made: roster, labels, views, promises, an incident. Conversations
// that took another turn than the script are left out.
func (s *seeder) furnish(ctx context.Context, desk configs.DemoDesk) error {
	for _, part := range []func(context.Context, configs.DemoDesk) error{s.label, s.views, s.promise, s.gather} {
		if err := part(ctx, desk); err != nil {
			return inWords(err)
		}
	}
	if len(desk.Roster.Teams) == 0 {
		return nil
	}
	return inWords(s.roster(ctx, desk.Roster))
}

// named finds a conversation of the script; false where there is none to work on.
func (s *seeder) named(ctx context.Context, about string) (c inbox.Conversation, ok bool, err error) {
	if s.quiet[about] {
		return c, false, nil
	}
	err = s.app.store.View(ctx, func(tx inbox.Reader) error {
		c, _, err = latest(tx, s.channel, configs.DemoConversation{About: about})
		return err
	})
	return c, err == nil, err
}

func (s *seeder) label(ctx context.Context, desk configs.DemoDesk) error {
	boss := s.members["truongca"]
	for _, l := range desk.Labels {
		used := false
		for _, about := range l.On {
			c, ok, err := s.named(ctx, about)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			if _, err := s.app.hub.SetLabels(ctx, boss, c.ID, append(slices.Clone(c.Labels), l.Name)); err != nil {
				return fmt.Errorf("label %s: %w", l.Name, err)
			}
			used = true
		}
		if !used {
			continue
		}
		if err := s.app.hub.ChangeLabel(ctx, boss, inbox.LabelChange{Name: l.Name, Colour: inbox.LabelColour(l.Colour)}); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeder) views(ctx context.Context, desk configs.DemoDesk) error {
	for _, v := range desk.Views {
		view := inbox.View{Name: inbox.ListID(v.View), Label: v.Label, Category: kb.CategoryID(v.Field), Urgent: v.Urgent}
		if v.View == "" {
			view.Name = inbox.LabelView
		}
		if _, err := s.app.hub.SaveView(ctx, s.members[v.By], "", inbox.SavedView{Name: v.Name, Shared: v.Shared, View: view}); err != nil {
			return fmt.Errorf("view %s: %w", v.Name, err)
		}
	}
	return nil
}

func (s *seeder) promise(ctx context.Context, desk configs.DemoDesk) error {
	for i, p := range desk.Promises {
		c, ok, err := s.named(ctx, p.On)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if _, err := s.app.hub.Promise(ctx, s.members[p.By], c.ID, inbox.NewPromise{
			Due: s.now.Add(p.In).Truncate(time.Minute), Text: p.Text, Key: fmt.Sprintf("demo-promise-%d", i),
		}); err != nil {
			return fmt.Errorf("promise in %q: %w", p.On, err)
		}
	}
	return s.app.hub.Drain(ctx)
}

func (s *seeder) gather(ctx context.Context, desk configs.DemoDesk) error {
	var incident inbox.IncidentID
	by := s.members[desk.Incident.By]
	for _, about := range desk.Incident.On {
		c, ok, err := s.named(ctx, about)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if incident == "" {
			c, err = s.app.hub.OpenIncident(ctx, by, c.ID, desk.Incident.Title)
		} else {
			c, err = s.app.hub.JoinIncident(ctx, by, c.ID, incident)
		}
		if err != nil {
			return fmt.Errorf("incident: %w", err)
		}
		incident = c.Incident
	}
	return nil
}

// roster puts the first team into the shift that is now and lets all take turns
// from then on. Shifts that are over are nobody's: what ends them would give back
// what the conversations have taken.
func (s *seeder) roster(ctx context.Context, r configs.DemoRoster) error {
	boss := s.members["truongca"]
	today := s.now.In(configs.Zone)
	last := today.AddDate(0, 0, r.Days)
	date := func(t time.Time) string { return t.Format(time.DateOnly) }
	seen, err := s.app.hub.Roster(ctx, boss, date(today.AddDate(0, 0, -1)), date(last))
	if err != nil {
		return err
	}
	now := slices.IndexFunc(seen.Slots, func(slot inbox.RosterSlot) bool { return !s.now.Before(slot.From) && s.now.Before(slot.Until) })
	first := slices.IndexFunc(seen.Slots, func(slot inbox.RosterSlot) bool { return slot.Day().Day() == today.Day() })
	if now < 0 || first < 0 {
		return nil // a house with other hours than the shipped ones
	}
	n := len(r.Teams)
	teams := make([][]inbox.MemberID, n)
	for i, team := range r.Teams {
		// A rotation begins with the first shift of a day, of which the present one may be the next, or the one before.
		at := ((now-first+i)%n + n) % n
		for _, login := range team {
			teams[at] = append(teams[at], s.members[login].Member.ID)
		}
	}
	present := inbox.RosterPlan{How: inbox.ByHand}
	for i, login := range r.Teams[0] {
		shift := inbox.NewShift{Day: date(seen.Slots[now].Day()), Regime: seen.Slots[now].Regime, Member: s.members[login].Member.ID}
		if i == 0 {
			shift.Role = inbox.LeadShift
		}
		present.Add = append(present.Add, shift)
	}
	turns := inbox.RosterPlan{How: inbox.ByRotation, Rotation: inbox.Rotation{From: date(today), Until: date(last), Teams: teams}}
	for _, plan := range []inbox.RosterPlan{present, turns} {
		looked, err := s.app.hub.PreviewRoster(ctx, boss, plan)
		if err != nil {
			return err
		}
		if applied, err := s.app.hub.ApplyRoster(ctx, boss, plan, looked.Revision); err != nil || applied.Change == "" {
			return fmt.Errorf("roster: %+v: %w", applied.Problems, err)
		}
	}
	if r.Leave.Member == "" {
		return nil
	}
	// The day of the leave is one on which the member is on duty.
	away := s.members[r.Leave.Member].Member.ID
	if seen, err = s.app.hub.Roster(ctx, boss, date(today.AddDate(0, 0, r.Leave.After)), date(last)); err != nil {
		return err
	}
	for _, slot := range seen.Slots {
		if slices.ContainsFunc(slot.People, func(p inbox.RosterPerson) bool { return p.Member == away }) {
			_, err := s.app.hub.AddLeave(ctx, boss, away, date(slot.Day()), date(slot.Day()), r.Leave.Note)
			return err
		}
	}
	return nil
}
