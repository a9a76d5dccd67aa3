package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"tongdai/connectors"
)

// tidings is a post that is being made. What it tells is on record before the place is
// asked to take it, so that it says the same when it is made again after a crash, and
// nothing that happens meanwhile is lost in a copy that the place passes over.
type tidings struct {
	From    uint64            `json:"from,omitempty"` // messages after this one
	UpTo    uint64            `json:"upto,omitempty"` // up to this one are told, or need not be
	Reports []report          `json:"reports,omitempty"`
	Matter  connectors.Matter `json:"matter"`
	Tries   int               `json:"tries,omitempty"`
}

// report is what became of a Deed so far.
type report struct {
	Deed  string                  `json:"deed"`
	State connectors.OutcomeState `json:"state"`
	Text  string                  `json:"text,omitempty"`
}

const (
	postTime  = 2 * time.Minute // for one post: files may be with it
	postClaim = 2*postTime + time.Minute
	// postTries is after how many tries in vain the desk is told.
	postTries = 5
	// postMost messages, at most, are told by one letter.
	postMost = 200
	// openingMost is how many of the last messages a chat is told of when its thread begins.
	openingMost = 20
)

// post is the work of Tellings: a thread's place is told the next thing that is new, or a
// terse one all that is. What cannot be told stays first in its thread.
func (h *Hub) post(ctx context.Context, claim Claim) error {
	if id, ok := strings.CutPrefix(claim.Task.Ref, announcePrefix); ok {
		return h.announcement(ctx, claim, id)
	}
	t, p, claim, err := h.nextPost(ctx, claim)
	if err != nil || p == nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, postTime)
	defer cancel()
	// gofail: var postBeforeCall struct{}
	var posted connectors.Posted
	err = guarded(func() (err error) {
		posted, err = h.bridges[t.Value.Bridge].Post(limited, *p)
		return err
	})
	// gofail: var postMade struct{}
	h.metrics.posted(t.Value.Bridge, err)
	if err != nil {
		return h.notPosted(ctx, claim, t, err)
	}
	return h.store.Update(ctx, func(tx Writer) error { return h.posted(tx, claim, t.ID, posted) })
}

// nextPost works out what the thread is told next and puts it on record; without a
// post there is nothing, and the claim is finished.
func (h *Hub) nextPost(ctx context.Context, claim Claim) (t Kept[Thread], p *connectors.Post, held Claim, err error) {
	err = h.store.Update(ctx, func(tx Writer) (err error) {
		p = nil
		if t, err = Threads.Get(tx, claim.Task.Ref); errors.Is(err, ErrNotFound) {
			return tx.Finish(claim)
		}
		if err != nil {
			return err
		}
		bridge, ok := h.bridges[t.Value.Bridge]
		if !ok { // no more in the configuration
			return tx.Finish(claim)
		}
		unit := h.unit(t.Value.Unit)
		place, name, ok := bridge.Place(unit)
		if !ok {
			return tx.Finish(claim)
		}
		c, err := tx.Conversation(t.Value.Conversation)
		if err != nil {
			return err
		}
		n := &newsOf{hub: h, tx: tx, c: c, thread: t, terse: bridge.Terse()}
		if n.matter, err = h.matterAt(tx, c, t.Value, unit); err != nil {
			return err
		}
		post, err := n.next()
		if err != nil {
			return err
		}
		if post == nil {
			return errors.Join(n.keep(), tx.Finish(claim))
		}
		n.thread.Value.PlaceName, n.thread.Value.Trying = name, n.trying
		if t, err = Threads.Put(tx, n.thread); err != nil {
			return err
		}
		post.Key, post.Place, post.Thread, post.Root = fmt.Sprintf("%s-%d", t.ID, t.Value.Posts+1), place, t.ID, t.Value.Root
		p = post
		held, err = tx.Extend(claim, h.store.Now().Add(postClaim))
		return err
	})
	return t, p, held, err
}

// newsOf finds what is new in a thread.
type newsOf struct {
	hub    *Hub
	tx     Writer
	c      Conversation
	thread Kept[Thread]
	terse  bool
	matter connectors.Matter
	trying *tidings // what next came to
}

// next is the post to be made, nil where there is none. One that was begun is made
// again as it was.
func (n *newsOf) next() (*connectors.Post, error) {
	t := &n.thread.Value
	if t.Trying != nil {
		n.trying = t.Trying
		return n.again()
	}
	reports, err := n.reports()
	if err != nil {
		return nil, err
	}
	said, err := n.tx.Messages(n.c.ID, MessageQuery{After: t.Seq, Forward: true, Limit: postMost})
	if err != nil {
		return nil, err
	}
	said = n.whileHere(said)
	all := tidings{From: t.Seq, UpTo: t.Seq, Matter: n.matter}
	here := n.matter.Standing == connectors.InCharge || n.matter.Standing == connectors.Contributing
	switch {
	case t.Root == "" && !here:
		return nil, nil // it went elsewhere, or ended, before the place heard of it
	case t.Root == "" && !n.terse:
		t.Seq = max(t.Seq, n.c.LastSeq-min(n.c.LastSeq, openingMost))
		all.From, all.UpTo = t.Seq, t.Seq
	case t.Root == "" || n.terse && (len(reports) > 0 || slices.ContainsFunc(said, n.urges)):
		all.Reports = reports
		if len(said) > 0 {
			all.UpTo = said[len(said)-1].Seq
		}
	case n.terse:
		return nil, nil
	default:
		if i := slices.IndexFunc(said, n.told); i >= 0 {
			all.From, all.UpTo = said[i].Seq-1, said[i].Seq
			break
		}
		if len(said) > 0 {
			t.Seq = said[len(said)-1].Seq // nothing of that is for this place
		}
		all.From, all.UpTo = t.Seq, t.Seq
		switch {
		case len(reports) > 0:
			all.Reports = reports[:1]
		case t.Shown == sum(n.matter):
			return nil, nil
		}
	}
	if t.Root == "" {
		t.Asked = n.matter.Asked
	}
	n.trying = &all
	return n.again()
}

// whileHere leaves out what was said since the matter went to somebody else: that is
// not for this place any more.
func (n *newsOf) whileHere(said []Message) []Message {
	if n.matter.Standing != connectors.Elsewhere {
		return said
	}
	for i, m := range slices.Backward(said) {
		if m.Change != nil && slices.Contains([]Action{Transferred, Returned, AskedToContribute}, m.Change.Action) {
			return said[:i+1]
		}
	}
	return nil
}

// again is the post that n.trying tells.
func (n *newsOf) again() (*connectors.Post, error) {
	p := &connectors.Post{Matter: n.trying.Matter}
	if n.trying.UpTo > n.trying.From {
		said, err := n.tx.Messages(n.c.ID, MessageQuery{After: n.trying.From, Forward: true, Limit: postMost})
		if err != nil {
			return nil, err
		}
		for _, m := range said {
			if m.Seq <= n.trying.UpTo && n.told(m) {
				p.Items = append(p.Items, n.hub.itemOf(n.tx, m))
			}
		}
	}
	for _, r := range n.trying.Reports {
		d, err := deedsShelf.Get(n.tx, r.Deed)
		if err != nil {
			return nil, err
		}
		p.Items = append(p.Items, connectors.Item{
			Kind: connectors.ItemOutcome, By: d.Value.By.Name, At: d.Value.At, Text: r.Text, About: d.Value.Message, State: r.State,
		})
	}
	return p, nil
}

// keep writes what was passed over.
func (n *newsOf) keep() error {
	_, err := Threads.Put(n.tx, n.thread)
	return err
}

// reports are what became of what people at the place did, as far as they have not
// heard of it. Deeds that have come to their end are dropped.
func (n *newsOf) reports() (all []report, err error) {
	var open []string
	for _, id := range n.thread.Value.Deeds {
		d, err := deedsShelf.Get(n.tx, id)
		if err != nil {
			return nil, err
		}
		r, over, err := n.reportOf(d)
		if err != nil {
			return nil, err
		}
		news := r.State != d.Value.Reported && (!n.terse || r.State == connectors.NotReached || r.State == connectors.Refused)
		if news {
			all = append(all, r)
		}
		if news || !over {
			open = append(open, id)
		}
	}
	n.thread.Value.Deeds = open
	return all, nil
}

// reportOf tells how a deed stands, and whether that is its end.
func (n *newsOf) reportOf(d Kept[bridgeDeed]) (r report, over bool, err error) {
	r = report{Deed: d.ID, State: connectors.Done}
	switch {
	case d.Value.Refused != "":
		r.State, r.Text = connectors.Refused, d.Value.Refused
		return r, true, nil
	case d.Value.Do == connectors.Amend, d.Value.Do == connectors.Retract:
		r.State = d.Value.Reported // the sign of what was said first stays
		return r, true, nil
	case d.Value.Out == "":
		return r, true, nil
	}
	m, err := n.tx.Message(d.Value.Out)
	if errors.Is(err, ErrNotFound) { // erased since
		return r, true, nil
	}
	if err != nil || m.Direction == Note {
		return r, true, err
	}
	switch m.Delivery.State {
	case Sent:
		r.State = connectors.Reached
	case Delivered, Read:
		r.State, over = connectors.Arrived, true
	case Failed, Parked:
		r.State, r.Text = connectors.NotReached, m.Delivery.Reason
		over = m.Delivery.State == Failed
	default:
		r.State = connectors.OnItsWay
	}
	if m.Delivery.State == Sent && n.terse {
		over = true // letters tell only what went wrong, and a bounce is told at the desk
	}
	return r, over, nil
}

// posted puts down what the place has now been told.
func (h *Hub) posted(tx Writer, claim Claim, id string, posted connectors.Posted) error {
	t, err := Threads.Get(tx, id)
	if err != nil {
		return err
	}
	v, told := &t.Value, t.Value.Trying
	if told == nil {
		return tx.Finish(claim)
	}
	if posted.Root != "" && posted.Root != v.Root { // the first, or one in place of what was deleted there
		v.Root = posted.Root
		if _, err := threadRoots.Put(tx, Kept[string]{ID: rootID(v.Bridge, v.Root), Value: id}); err != nil && !errors.Is(err, ErrConflict) {
			return err
		}
	}
	for _, r := range told.Reports {
		d, err := deedsShelf.Get(tx, r.Deed)
		if err != nil {
			return err
		}
		d.Value.Reported = r.State
		if _, err := deedsShelf.Put(tx, d); err != nil {
			return err
		}
	}
	v.Seq, v.Shown, v.Trying, v.Problem, v.At = max(v.Seq, told.UpTo), sum(told.Matter), nil, "", h.store.Now()
	v.Posts++
	if _, err := Threads.Put(tx, t); err != nil {
		return err
	}
	return tx.Postpone(claim, h.store.Now()) // there may be more
}

// notPosted keeps what could not be told for later. What the place refuses for good is
// passed over, and the desk is told; so it is when nothing has gone for long.
func (h *Hub) notPosted(ctx context.Context, claim Claim, t Kept[Thread], why error) error {
	kind := connectors.KindOf(why)
	reason := connectors.ReasonOf(why)
	if reason == "" {
		reason = "Không báo được; tổng đài sẽ thử lại."
	}
	level := slog.LevelDebug // the first tries tell
	if t.Value.Trying.Tries < postTries {
		level = slog.LevelWarn
	}
	h.log.Log(ctx, level, "a place could not be told", "bridge", t.Value.Bridge, "thread", t.ID, "kind", kind.String(), "err", why)
	return h.store.Update(ctx, func(tx Writer) error {
		kept, err := Threads.Get(tx, t.ID)
		if err != nil {
			return err
		}
		now := h.store.Now()
		v := &kept.Value
		if v.Trying == nil {
			return tx.Finish(claim)
		}
		v.Trying.Tries++
		tries := v.Trying.Tries
		if kind == connectors.Permanent {
			v.Seq, v.Trying, v.Problem = max(v.Seq, v.Trying.UpTo), nil, reason
			v.Posts++ // what comes next is another post
		} else if tries == postTries {
			v.Problem = reason
		}
		if _, err := Threads.Put(tx, kept); err != nil {
			return err
		}
		if kind == connectors.Permanent || tries == postTries {
			if err := h.tellNotPosted(tx, kept.Value, reason, now); err != nil {
				return err
			}
		}
		if kind == connectors.Permanent {
			return tx.Finish(claim)
		}
		wait := backoff(tries)
		if kind == connectors.RateLimited {
			wait = max(connectors.RetryAfter(why), time.Second)
		}
		return tx.Postpone(claim, now.Add(min(wait, postPatience)))
	})
}

// postPatience is the longest pause between tries: a place that is there again is told soon.
const postPatience = 10 * time.Minute

// tellNotPosted shows in the matter, and tells whoever sees to it at the desk, that a
// department may not know.
func (h *Hub) tellNotPosted(tx Writer, t Thread, reason string, now time.Time) error {
	c, err := tx.Conversation(t.Conversation)
	if err != nil {
		return err
	}
	note, err := c.append(tx, Message{
		ID: MessageID(newID()), Conversation: c.ID, Direction: Note, Author: Author{Kind: System}, Content: contentOf(reason),
		Change: &Change{Action: NotPosted, From: string(t.Unit)}, SentAt: now, ReceivedAt: now,
	})
	if err != nil {
		return err
	}
	if c, err = tx.PutConversation(c); err != nil {
		return err
	}
	there, err := h.onDuty(tx, now)
	if err != nil {
		return err
	}
	n := Notice{Kind: NoticeNotPosted, At: now, Text: fmt.Sprintf("Phiếu %s: chưa báo được cho %s.", c.Code, h.departmentOrDesk(t.Unit))}
	err = h.tell(tx, c, n, func(m Member) bool { return m.Role == Operator && (len(there) == 0 || slices.Contains(there, m.ID)) })
	return errors.Join(err, tx.AppendEvent(messageEvent(MessageAdded, c, note, now)))
}

// postBounced tells the desk that what a place took for sure did not reach people there
// after all: a letter that came back.
func (r *receiving) postBounced(in connectors.Inbound) error {
	t, err := threadOf(r.tx, r.raw.Channel, connectors.Act{Thread: in.Letter.Matter})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	t.Value.Problem = in.Reason
	if _, err := Threads.Put(r.tx, t); err != nil {
		return err
	}
	return r.hub.tellNotPosted(r.tx, t.Value, in.Reason, r.now)
}

// sum tells one Matter from another.
func sum(m connectors.Matter) string {
	body, err := json.Marshal(m)
	if err != nil {
		panic(err) // plain values
	}
	s := sha256.Sum256(body)
	return hex.EncodeToString(s[:8])
}
