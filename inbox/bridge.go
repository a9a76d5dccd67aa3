package inbox

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"tongdai/connectors"
	"tongdai/kb"
)

// Departments that work elsewhere than at the desk are told of their matters where
// they are, by a connectors.Bridge: a matter has one Thread for each department and
// bridge. One node follows the event log for all (this file) and has the threads
// told whose matters have moved; what a place is told next is worked out when it is
// told (bridge_post.go), so a thread needs no queue of its own and what happens
// while a place cannot be reached is told in order afterwards. What people do there
// comes in by Receive and is done as if it were done at the desk (bridge_deed.go).

// Thread is how far a place has been told of a matter.
type Thread struct {
	Bridge       connectors.ChannelID `json:"bridge"`
	Unit         kb.DepartmentID      `json:"unit"`
	Conversation ConversationID       `json:"conv"`
	PlaceName    string               `json:"place,omitempty"` // as people know it
	Root         connectors.RemoteID  `json:"root,omitempty"`
	Asked        string               `json:"asked,omitempty"` // as the place was told first
	Seq          uint64               `json:"seq,omitempty"`   // messages up to here have been told
	Posts        int                  `json:"posts,omitempty"` // how many were taken; names the next
	Shown        string               `json:"shown,omitempty"` // sum of the Matter that the place was told last
	Trying       *tidings             `json:"trying,omitempty"`
	Deeds        []string             `json:"deeds,omitempty"` // what people there did and have not heard the end of
	At           time.Time            `json:"at,omitzero"`     // of the last post that was taken
	Problem      string               `json:"err,omitempty"`   // why the last post was not taken, for members
}

// Threads are kept under ids that are their names at the bridges.
const Threads Shelf[Thread] = "threads"

// threadKey is one thread of a conversation.
type threadKey struct {
	Bridge connectors.ChannelID `json:"bridge"`
	Unit   kb.DepartmentID      `json:"unit"`
	Thread string               `json:"id"`
}

const (
	// threadsOf lists the threads of a conversation under its id.
	threadsOf Shelf[[]threadKey] = "threads-of"
	// threadRoots finds a thread by the root that its place has.
	threadRoots Shelf[string] = "thread-roots"
	// bridgesShelf keeps up to which event the threads have been told.
	bridgesShelf Shelf[Seq] = "bridges"
)

// rootID is the id of a root on the shelf: it may be of any length.
func rootID(bridge connectors.ChannelID, root connectors.RemoteID) string {
	sum := sha256.Sum256([]byte(root))
	return string(bridge) + "/" + hex.EncodeToString(sum[:16])
}

// threadOf is the thread that people at a place speak in; ErrNotFound.
func threadOf(tx Reader, bridge connectors.ChannelID, act connectors.Act) (Kept[Thread], error) {
	id := act.Thread
	if id == "" {
		kept, err := threadRoots.Get(tx, rootID(bridge, act.Root))
		if err != nil {
			return Kept[Thread]{}, err
		}
		id = kept.Value
	}
	t, err := Threads.Get(tx, id)
	if err == nil && t.Value.Bridge != bridge {
		return Kept[Thread]{}, ErrNotFound
	}
	return t, err
}

// keysOf lists the threads of a conversation.
func keysOf(tx Reader, id ConversationID) ([]threadKey, error) {
	kept, err := threadsOf.Get(tx, string(id))
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return kept.Value, err
}

// openThread begins a thread; nothing is told in it yet.
func openThread(tx Writer, t Thread) (Kept[Thread], error) {
	kept, err := Threads.Put(tx, Kept[Thread]{ID: newID(), Value: t})
	if err != nil {
		return kept, err
	}
	all, err := threadsOf.Get(tx, string(t.Conversation))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return kept, err
	}
	all.ID, all.Value = string(t.Conversation), append(all.Value, threadKey{t.Bridge, t.Unit, kept.ID})
	_, err = threadsOf.Put(tx, all)
	return kept, err
}

// ThreadsOf tells where departments were told of a conversation, as members may see it.
func (h *Hub) ThreadsOf(ctx context.Context, actor Actor, id ConversationID) (all []Thread, err error) {
	err = h.store.View(ctx, func(tx Reader) error {
		all = nil
		c, err := actor.seen(tx.Conversation(id))
		if err != nil {
			return err
		}
		keys, err := keysOf(tx, id)
		if err != nil {
			return err
		}
		for _, k := range keys {
			t, err := Threads.Get(tx, k.Thread)
			if err != nil {
				return err
			}
			if s := standingOf(c, k.Unit); t.Value.Root == "" && (s == connectors.Elsewhere || s == connectors.Closed) {
				continue // it had moved on before the place heard of it
			}
			all = append(all, t.Value)
		}
		return nil
	})
	return all, err
}

const (
	// bridgeBatch of events, at most, are looked through at a time.
	bridgeBatch = 1000
	// bridgeLinger is how long more events are waited for: what belongs together is
	// told together.
	bridgeLinger = 100 * time.Millisecond
	// bridgeKeeps is how often it is put down how far the log was looked through while
	// nothing in it is to be told.
	bridgeKeeps = 30 * time.Second
)

// followBridges has threads told what happens, until ctx ends.
func (h *Hub) followBridges(ctx context.Context) error {
	for ctx.Err() == nil {
		err := guarded(func() error { return h.watchForBridges(ctx) })
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, ErrGone) {
			h.log.WarnContext(ctx, "the bridges have missed events; threads go on with what happens next", "err", err)
			err = h.store.Update(ctx, func(tx Writer) error {
				last, err := tx.LastEvent()
				if err != nil {
					return err
				}
				return errors.Join(bridgedUpTo(tx, last), remindThreads(tx, h.store.Now()))
			})
		}
		if err != nil && ctx.Err() == nil {
			h.log.WarnContext(ctx, "the event log could not be followed for the bridges and is tried again", "err", err)
		}
		pause(ctx, nil, time.Second)
	}
	return nil
}

// watchForBridges follows the log from where it was left.
func (h *Hub) watchForBridges(ctx context.Context) error {
	after, err := h.bridgesBegin(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events := make(chan followed, bridgeBatch)
	go follow(ctx, h.store, after, events)
	kept := time.Now()
	for {
		batch, err := gather(ctx, events, bridgeBatch, bridgeLinger)
		if err != nil {
			return err
		}
		told, err := h.haveTold(ctx, batch, time.Since(kept) > bridgeKeeps)
		if err != nil {
			return err
		}
		if told {
			kept = time.Now()
		}
	}
}

// bridgesBegin is the event to follow from: at first, the last there is, as what was
// handed to departments before is known to them.
func (h *Hub) bridgesBegin(ctx context.Context) (after Seq, err error) {
	err = h.store.Update(ctx, func(tx Writer) error {
		kept, err := bridgesShelf.Get(tx, "log")
		if err == nil {
			after = kept.Value
			return nil
		}
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		if after, err = tx.LastEvent(); err != nil {
			return err
		}
		return bridgedUpTo(tx, after)
	})
	return after, err
}

func bridgedUpTo(tx Writer, seq Seq) error {
	kept, err := bridgesShelf.Get(tx, "log")
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	kept.ID, kept.Value = "log", seq
	_, err = bridgesShelf.Put(tx, kept)
	return err
}

// remindThreads has every thread look for itself whether it has something to tell.
func remindThreads(tx Writer, now time.Time) error {
	all, err := Threads.List(tx, PaperQuery{})
	for _, t := range all {
		err = errors.Join(err, postSoon(tx, t.ID, false, now))
	}
	return err
}

// postSoon has a thread told what is new.
func postSoon(tx Writer, thread string, urgent bool, now time.Time) error {
	return tx.Enqueue(Task{ID: newID(), Kind: Tellings, Group: thread, Ref: thread, Urgent: urgent, Due: now})
}

// haveTold has the threads told whose matters are among the events, and puts down how
// far that is where anything is to be told, or keep is set.
func (h *Hub) haveTold(ctx context.Context, batch []Event, keep bool) (kept bool, err error) {
	var moved []ConversationID
	for _, e := range batch {
		if e.Conversation != "" && (e.Kind == MessageAdded || e.Kind == MessageChanged || e.Kind == ConversationChanged) && !slices.Contains(moved, e.Conversation) {
			moved = append(moved, e.Conversation)
		}
	}
	concerned := false
	err = h.store.View(ctx, func(tx Reader) error {
		for _, id := range moved {
			keys, err := keysOf(tx, id)
			if err != nil {
				return err
			}
			c, err := tx.Conversation(id)
			if errors.Is(err, ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if concerned = len(keys) > 0 || len(h.unitsOf(c)) > 0; concerned {
				return nil
			}
		}
		return nil
	})
	if err != nil || !concerned && !keep {
		return false, err
	}
	return true, h.store.Update(ctx, func(tx Writer) error {
		for _, id := range moved {
			if err := h.haveThreadsTold(tx, id); err != nil {
				return err
			}
		}
		return bridgedUpTo(tx, batch[len(batch)-1].Seq)
	})
}

// haveThreadsTold has all threads of a matter told, and begins those that it is to have.
func (h *Hub) haveThreadsTold(tx Writer, id ConversationID) error {
	c, err := tx.Conversation(id)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	keys, err := keysOf(tx, id)
	if err != nil {
		return err
	}
	for _, at := range h.unitsOf(c) {
		if slices.ContainsFunc(keys, func(k threadKey) bool { return k.Bridge == at.Bridge && k.Unit == at.Unit }) {
			continue
		}
		kept, err := openThread(tx, Thread{Bridge: at.Bridge, Unit: at.Unit, Conversation: id})
		if err != nil {
			return err
		}
		keys = append(keys, threadKey{at.Bridge, at.Unit, kept.ID})
	}
	for _, k := range keys {
		if err := postSoon(tx, k.Thread, c.Urgent, h.store.Now()); err != nil {
			return err
		}
	}
	return nil
}

// unitsOf are the threads that a matter is to have now: of the department in charge
// and of those asked beside it, while people are to answer.
func (h *Hub) unitsOf(c Conversation) (all []threadKey) {
	if c.Status != Open || c.Handler != ByPeople {
		return nil
	}
	for _, d := range append([]kb.DepartmentID{c.Department}, c.Contributing...) {
		if d == "" {
			continue
		}
		unit := h.unit(d)
		for _, id := range h.bridgeIDs {
			if _, _, ok := h.bridges[id].Place(unit); ok {
				all = append(all, threadKey{Bridge: id, Unit: d})
			}
		}
	}
	return all
}

// unit is a department as bridges know it.
func (h *Hub) unit(d kb.DepartmentID) connectors.Unit {
	u := connectors.Unit{ID: string(d), Name: h.departmentName(d)}
	if mails := h.mailsOf(d); len(mails) > 0 {
		u.Mail = mails[0]
	}
	return u
}

// mailsOf are the addresses of a department's contact points, its own first.
func (h *Hub) mailsOf(d kb.DepartmentID) (mails []string) {
	for _, own := range []bool{true, false} {
		for _, p := range h.directory.Points(h.store.Now()) {
			if p.Department == d && p.Email != "" && (p.Name == "") == own {
				mails = append(mails, p.Email)
			}
		}
	}
	return mails
}

// gather waits for an event, and a moment for others.
func gather(ctx context.Context, from <-chan followed, most int, linger time.Duration) (batch []Event, err error) {
	for len(batch) < most {
		var next followed
		var open bool
		if len(batch) == 0 {
			select {
			case next, open = <-from:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			pause(ctx, nil, linger)
		} else {
			select {
			case next, open = <-from:
			default:
				return batch, nil
			}
		}
		switch {
		case !open: // ctx has ended, or the store is closed
			return nil, cmp.Or(ctx.Err(), ErrUnavailable)
		case next.err != nil:
			return nil, next.err
		}
		batch = append(batch, next.Event)
	}
	return batch, nil
}
