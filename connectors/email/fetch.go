package email

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"tongdai/connectors"
)

const (
	waitFirst = time.Second // after a broken connection, doubling up to waitLast
	waitLast  = 2 * time.Minute

	batchLetters = 64      // fetched by one command
	batchBytes   = 8 << 20 // of them, as long as there are several
	// backlog is how many waiting letters make those of the last hour go first.
	backlog  = 4 * batchLetters
	freshFor = time.Hour
	// clocksApart is how far the server's clock may be from ours.
	clocksApart = time.Hour
)

// errHub: the hub or its storage did not take a letter, which is not the letter's fault.
var errHub = errors.New("the letter could not be kept")

// Run implements connectors.Poller: it connects, fetches what is new, and waits for
// more, until ctx ends.
func (c *Connector) Run(ctx context.Context, receiver connectors.Receiver) error {
	wait := waitFirst
	for {
		begun := c.now()
		err := c.session(ctx, receiver)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c.state.broke(c.now(), err)
		c.log.WarnContext(ctx, "the mailbox is not reached; another try follows", "err", err)
		if c.now().Sub(begun) > waitLast {
			wait = waitFirst // it had worked for long
		}
		locked, _ := c.door.closed()
		if err := pause(ctx, max(wait, locked)); err != nil {
			return err
		}
		wait = min(2*wait, waitLast)
	}
}

// session is one connection: it returns when the connection or the hub fails.
func (c *Connector) session(ctx context.Context, receiver connectors.Receiver) error {
	b, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer b.leave()
	var selected *imap.SelectData
	err = b.ask(func() (err error) {
		selected, err = b.client.Select(c.cfg.Folder, &imap.SelectOptions{ReadOnly: true}).Wait()
		return err
	})
	if err != nil {
		return fmt.Errorf("open the folder %q: %w", c.cfg.Folder, err)
	}
	at, err := c.standing(ctx, receiver, b, selected)
	if err != nil {
		return err
	}
	s := &session{Connector: c, box: b, receiver: receiver, progress: newProgress(at), since: at.Since, old: at.Old, validity: at.Validity}
	idles := b.client.Caps().Has(imap.CapIdle)
	c.state.connected(c.now())
	for {
		if err := s.look(ctx); err != nil {
			return err
		}
		if err := s.wait(ctx, idles); err != nil {
			return err
		}
	}
}

// standing is where we go on. A folder that is new to us is taken from the day that
// is configured, or from now; one whose UIDs begin anew is looked through again, and
// the hub knows by the keys of the letters what it has.
func (c *Connector) standing(ctx context.Context, receiver connectors.Receiver, b *box, selected *imap.SelectData) (bookmark, error) {
	value, err := c.bookmarks.Bookmark(ctx, c.cfg.Channel.ID, c.cfg.Folder)
	switch {
	case errors.Is(err, connectors.ErrNoBookmark):
	case err != nil:
		return bookmark{}, fmt.Errorf("where we stand in the mailbox: %w", err)
	default:
		at, err := readBookmark(value)
		if err != nil || at.Validity == selected.UIDValidity {
			return at, err
		}
		c.log.WarnContext(ctx, "the mailbox counts its letters anew; all are looked through again", "was", at.Validity, "is", selected.UIDValidity)
		since := at.Since
		c.state.anew()
		at = bookmark{Validity: selected.UIDValidity, Since: since}
		at.Old, err = lastUID(b, selected)
		return at, err
	}
	at := bookmark{Validity: selected.UIDValidity, Since: c.cfg.Since}
	if at.Old, err = lastUID(b, selected); err != nil {
		return at, err
	}
	if !at.Since.IsZero() {
		return at, nil
	}
	// Kept at once: begun again later, "from now on" would be another time.
	at.Since, at.Last = c.now().Add(-clocksApart), at.Old
	return at, c.mark(ctx, receiver, newProgress(at).value(0))
}

// lastUID is the UID before the next letter's.
func lastUID(b *box, selected *imap.SelectData) (uint32, error) {
	if selected.UIDNext > 0 {
		return uint32(selected.UIDNext) - 1, nil
	}
	all, err := b.search(&imap.SearchCriteria{UID: []imap.UIDSet{{imap.UIDRange{Start: 1}}}})
	if err != nil || len(all) == 0 {
		return 0, err
	}
	return slices.Max(all), nil
}

// mark keeps a bookmark without a letter.
func (c *Connector) mark(ctx context.Context, receiver connectors.Receiver, value []byte) error {
	raw := connectors.Raw{Channel: c.cfg.Channel.ID, ReceivedAt: c.now(), Type: "application/json", Body: value, Bookmark: &connectors.Bookmark{Name: c.cfg.Folder, Value: value}}
	if err := receiver.Receive(ctx, raw, nil); err != nil {
		return fmt.Errorf("%w: %w", errHub, err)
	}
	return nil
}

func (b *box) search(criteria *imap.SearchCriteria) (uids []uint32, err error) {
	err = b.ask(func() error {
		found, err := b.client.UIDSearch(criteria, nil).Wait()
		if err != nil {
			return fmt.Errorf("search the mailbox: %w", err)
		}
		for _, uid := range found.AllUIDs() {
			uids = append(uids, uint32(uid))
		}
		return nil
	})
	slices.Sort(uids)
	return slices.Compact(uids), err
}

// session is what one connection works with.
type session struct {
	*Connector
	*box
	receiver connectors.Receiver
	*progress
	since    time.Time // of letters up to old
	old      uint32
	validity uint32
	jumped   uint32 // up to which UID fresh letters were looked for
}

// look fetches everything that waits.
func (s *session) look(ctx context.Context) error {
	for {
		if err := s.find(); err != nil {
			return err
		}
		next, waiting, err := s.next()
		s.state.waiting(s.now(), waiting)
		if err != nil || len(next) == 0 {
			return err
		}
		if err := s.take(ctx, next); err != nil {
			return err
		}
		s.state.took(s.now(), s.highest())
	}
}

// find asks for letters that are not known yet. A set that ends with "*" always
// holds the last letter (RFC 9051, 9), however low its UID is.
func (s *session) find() error {
	above := s.highest()
	var uids []uint32
	if above < s.old {
		criteria := &imap.SearchCriteria{UID: []imap.UIDSet{{imap.UIDRange{Start: imap.UID(above) + 1, Stop: imap.UID(s.old)}}}}
		if !s.since.IsZero() {
			criteria.Since = s.since.AddDate(0, 0, -1) // the server's day may be another; the hour is looked at later
		}
		old, err := s.search(criteria)
		if err != nil {
			return err
		}
		uids = old
	}
	later, err := s.search(&imap.SearchCriteria{UID: []imap.UIDSet{{imap.UIDRange{Start: imap.UID(max(above, s.old)) + 1}}}})
	if err != nil {
		return err
	}
	uids = append(uids, slices.DeleteFunc(later, func(uid uint32) bool { return uid <= max(above, s.old) })...)
	s.found(uids)
	return nil
}

// next are the letters to be fetched now, the oldest first. Behind a long row those
// of the last hour do not wait.
func (s *session) next() (next []listed, waiting int, err error) {
	open := s.left()
	waiting = len(open)
	now := s.now()
	open = slices.DeleteFunc(open, s.state.resting(now))
	if top := s.highest(); len(open) > backlog && top > s.jumped {
		s.jumped = top
		newest, err := s.list(open[len(open)-batchLetters:])
		if err != nil {
			return nil, waiting, err
		}
		fresh := slices.DeleteFunc(newest, func(l listed) bool { return now.Sub(l.arrived) > freshFor })
		if len(fresh) > 0 {
			return batch(fresh), waiting, nil
		}
	}
	for len(open) > 0 && len(next) == 0 { // a batch may be gone, or too old
		n := min(len(open), batchLetters)
		if next, err = s.list(open[:n]); err != nil {
			return nil, waiting, err
		}
		open = open[n:]
	}
	return batch(next), waiting, nil
}

// batch is as much of letters as one command fetches.
func batch(letters []listed) []listed {
	bytes := int64(0)
	for i, l := range letters {
		if bytes += l.size; i > 0 && bytes > batchBytes {
			return letters[:i]
		}
	}
	return letters
}

// listed is a letter as the server lists it.
type listed struct {
	uid     uint32
	arrived time.Time // INTERNALDATE: the sender's own date may be anything
	size    int64
}

// list asks for size and date of letters. Those that are gone, and those from before
// our time, count as taken.
func (s *session) list(uids []uint32) (all []listed, err error) {
	err = s.ask(func() error {
		set := imap.UIDSet{}
		for _, uid := range uids {
			set.AddNum(imap.UID(uid))
		}
		found, err := s.client.Fetch(set, &imap.FetchOptions{UID: true, Flags: true, InternalDate: true, RFC822Size: true}).Collect()
		for _, m := range found {
			all = append(all, listed{uint32(m.UID), m.InternalDate, m.RFC822Size})
		}
		if err != nil {
			return fmt.Errorf("list letters: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b listed) int { return cmp.Compare(a.uid, b.uid) })
	for _, uid := range uids {
		i := slices.IndexFunc(all, func(l listed) bool { return l.uid == uid })
		if i >= 0 && (uid > s.old || !all[i].arrived.Before(s.since)) {
			continue
		}
		if i >= 0 {
			all = slices.Delete(all, i, i+1)
		}
		s.progress.take(uid)
	}
	return all, nil
}

// wait returns when something may be new: the server told so, or it is time to look.
// The look is also how a connection is noticed that has died in silence.
func (s *session) wait(ctx context.Context, idles bool) error {
	due := s.cfg.Poll / 3
	if soon := s.state.soonest(s.now()); soon > 0 {
		due = min(due, soon)
	}
	timer := time.NewTimer(due)
	defer timer.Stop()
	if !idles {
		select {
		case <-ctx.Done():
		case <-s.client.Closed():
		case <-timer.C:
		}
		return ctx.Err()
	}
	return s.idle(ctx, timer.C)
}

func (s *session) idle(ctx context.Context, due <-chan time.Time) error {
	var ended func() error
	err := s.ask(func() error {
		idle, err := s.client.Idle()
		if err == nil {
			ended = func() error {
				if err := idle.Close(); err != nil {
					return err
				}
				return idle.Wait()
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("wait for letters: %w", err)
	}
	select {
	case <-ctx.Done():
	case <-s.client.Closed():
	case <-s.news:
	case <-due:
	}
	if err := s.ask(ended); err != nil {
		return cmp.Or(ctx.Err(), fmt.Errorf("wait for letters: %w", err))
	}
	return ctx.Err()
}

// pause waits for d, or for the end of ctx.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
