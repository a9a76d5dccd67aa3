package inbox

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"

	"tongdai/connectors"
)

// Most platforms send a message without the name of who wrote it, and tell who
// that is when asked. Asking takes a call, so it is a task of its own, enqueued
// with the person's first message, and with the first of a new matter once what
// was told is old. A person whose profile is fresh costs nothing.

const (
	// profileFresh is how long a platform's word on a person stands.
	profileFresh = 30 * 24 * time.Hour
	// profileAgain is when a platform that did not tell is asked again.
	profileAgain = 24 * time.Hour

	profileTime     = 20 * time.Second // of one call
	profileClaim    = time.Minute
	profileAttempts = 10 // over half a day
	// Answers to citizens share the platform's limit of calls with profiles, and
	// come first: there are so many askers, each with a pause after each call.
	profileAskers = 2
	profilePause  = 50 * time.Millisecond
)

// profileLater has the platform of this message asked who its person is, when
// that is due. It returns the contact to be written, and whether it has changed.
func (r *receiving) profileLater(c Contact, in connectors.Inbound) (Contact, bool, error) {
	if _, tells := r.hub.connectors[r.raw.Channel].(connectors.Profiler); !tells || r.now.Before(c.ProfileDue) {
		return c, false, nil
	}
	c.ProfileDue = r.now.Add(profileFresh)
	return c, true, r.tx.Enqueue(Task{
		ID: newID(), Kind: Profiles, Group: string(c.ID), Ref: string(r.raw.Channel) + "/" + string(in.From), Due: r.now,
	})
}

// profile asks a platform who one of its people is.
func (h *Hub) profile(ctx context.Context, claim Claim) error {
	id, user, _ := strings.Cut(claim.Task.Ref, "/")
	channel, remote := connectors.ChannelID(id), connectors.RemoteID(user)
	profiler, ok := h.connectors[channel].(connectors.Profiler)
	if !ok { // the channel has left the configuration since
		return h.store.Update(ctx, func(tx Writer) error { return tx.Finish(claim) })
	}
	told, err := askProfile(ctx, profiler, remote)
	defer pause(ctx, nil, profilePause)
	switch kind := connectors.KindOf(err); {
	case err == nil:
		return h.putProfile(ctx, claim, channel, remote, told)
	case kind == connectors.Permanent || kind == connectors.WindowClosed || claim.Task.Attempts+1 >= profileAttempts:
		// The name stays what it is. Nobody has to do anything about it.
		h.log.InfoContext(ctx, "a platform does not tell who somebody is", "channel", channel, "kind", kind.String(), "attempts", claim.Task.Attempts+1, "err", err)
		return h.putNoProfile(ctx, claim, channel, remote)
	default:
		wait := max(backoff(claim.Task.Attempts+1), connectors.RetryAfter(err))
		h.log.DebugContext(ctx, "a profile is asked for again later", "channel", channel, "kind", kind.String(), "err", err)
		return h.store.Update(ctx, func(tx Writer) error { return tx.Postpone(claim, h.store.Now().Add(wait)) })
	}
}

func askProfile(ctx context.Context, profiler connectors.Profiler, user connectors.RemoteID) (p connectors.Profile, err error) {
	ctx, cancel := context.WithTimeout(ctx, profileTime)
	defer cancel()
	err = guarded(func() (err error) {
		p, err = profiler.Profile(ctx, user)
		return err
	})
	return p, err
}

// putProfile takes what a platform told, where nobody has told better, and shows
// the name on the person's matters.
func (h *Hub) putProfile(ctx context.Context, claim Claim, channel connectors.ChannelID, user connectors.RemoteID, told connectors.Profile) error {
	return h.store.Update(ctx, func(tx Writer) error {
		if err := tx.Finish(claim); err != nil {
			return err
		}
		known, err := tx.ContactOf(channel, user)
		if errors.Is(err, ErrNotFound) { // erased since
			return nil
		}
		if err != nil {
			return err
		}
		c := known.told(told)
		if c == known {
			return nil
		}
		if err := tx.PutContact(c); err != nil || c.Name == known.Name {
			return err
		}
		return renamed(tx, c, h.store.Now())
	})
}

// told is c with what a platform tells of the person: a claim that fills gaps,
// and a name that replaces no other than a platform's or ours.
func (c Contact) told(p connectors.Profile) Contact {
	if name := nameOf(p.Name); name != "" && c.NamedBy == "" {
		c.Name = name
	}
	fill := func(known *string, claimed string) {
		if *known == "" {
			*known = strings.TrimSpace(claimed)
		}
	}
	fill(&c.Phone, p.Phone)
	fill(&c.Email, p.Email)
	fill(&c.Language, p.Language)
	return c
}

// nameMost is the longest name that is shown, in characters.
const nameMost = 100

// nameOf is a name that a stranger chose, fit to stand in a list: on one line,
// without characters that turn or hide what stands beside it.
func nameOf(claimed string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == unicode.ReplacementChar || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != zeroWidthJoiner:
			return -1
		}
		return r
	}, claimed)
	name = strings.Join(strings.Fields(name), " ")
	if letters := []rune(name); len(letters) > nameMost {
		name = strings.TrimSpace(string(letters[:nameMost])) + "…"
	}
	return name
}

// zeroWidthJoiner holds the parts of an emoji together, which names have.
const zeroWidthJoiner = '\u200d'

// renamedMatters is on how many of a person's matters a new name is shown, the
// newest ones; older ones are found through them.
const renamedMatters = 20

// renamed shows the name of c on the person's matters, and tells those who watch them.
func renamed(tx Writer, c Contact, now time.Time) error {
	matters, _, err := tx.Conversations(ListQuery{Lists: []ListID{OfContact(c.ID)}, Limit: renamedMatters})
	if err != nil {
		return err
	}
	for _, m := range matters {
		if m.ContactName == c.Name {
			continue
		}
		m.ContactName = c.Name
		if m, err = tx.PutConversation(m); err != nil {
			return err
		}
		if err := tx.AppendEvent(conversationEvent(m, now)); err != nil {
			return err
		}
	}
	return nil
}

// putNoProfile ends the asking for now.
func (h *Hub) putNoProfile(ctx context.Context, claim Claim, channel connectors.ChannelID, user connectors.RemoteID) error {
	return h.store.Update(ctx, func(tx Writer) error {
		if err := tx.Finish(claim); err != nil {
			return err
		}
		c, err := tx.ContactOf(channel, user)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		c.ProfileDue = h.store.Now().Add(profileAgain)
		return tx.PutContact(c)
	})
}
