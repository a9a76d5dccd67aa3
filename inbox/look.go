package inbox

import (
	"context"
	"errors"
	"slices"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/kb"
)

// View names a list as a member asks for it; what it holds depends on who asks.
type View struct {
	Name       ListID               `json:"name"` // one of the lists of the house, MineView, ChannelView or LabelView
	Department kb.DepartmentID      `json:"dep,omitempty"`
	Channel    connectors.ChannelID `json:"channel,omitempty"`
	Category   kb.CategoryID        `json:"cat,omitempty"`
	Label      string               `json:"label,omitempty"`
	Urgent     bool                 `json:"urgent,omitempty"` // only urgent ones
}

// The views that are not lists of the house.
const (
	MineView    ListID = "mine"
	ChannelView ListID = "channel"
)

// houseViews can be asked for by name.
var houseViews = []ListID{
	AllList, OpenList, UnassignedList, UrgentList, BotList, ResolvedList,
	PromisedList, OverdueList, SnoozedList, ScreenedList,
}

// CountLimit is how far the counts of views go; more is shown as "999+".
const CountLimit = 999

// lists translates a view into the lists that actor may read.
func (a Actor) lists(v View) ([]ListID, error) {
	reach := a.reach(SeeConversation)
	switch {
	case reach == none:
		return nil, ErrForbidden
	case v.Name == MineView:
		return []ListID{OfMember(a.Member.ID)}, nil
	case v.Name == ChannelView:
		return a.channelLists(v.Channel), nil
	case v.Name == LabelView:
		return a.labelLists(v.Label), nil
	case !slices.Contains(houseViews, v.Name) && (v.Name != ContributingList || reach == everywhere):
		return nil, Invalid{{Field: "view", Message: "Không có danh sách này."}}
	case v.Department != "":
		if reach != everywhere && !a.of(v.Department) {
			return nil, ErrNotFound
		}
		return []ListID{OfDepartment(v.Name, v.Department)}, nil
	case reach == everywhere:
		return []ListID{v.Name}, nil
	}
	return departmentLists(v.Name, a.Member.Departments), nil
}

// Page is one page of a view. Event is the last event that it knows of: who
// follows from there misses nothing.
type Page struct {
	Conversations []Conversation
	Next          Cursor
	Event         Seq
}

// List returns one page of a view.
func (h *Hub) List(ctx context.Context, actor Actor, v View, after Cursor, limit int) (Page, error) {
	lists, err := actor.lists(v)
	if err != nil {
		return Page{}, err
	}
	var p Page
	err = h.store.View(ctx, func(tx Reader) (err error) {
		if p.Event, err = tx.LastEvent(); err != nil || len(lists) == 0 {
			return err
		}
		if v.narrows(lists) {
			p.Conversations, p.Next, err = walk(tx, v, lists, after, limit)
			return err
		}
		p.Conversations, p.Next, err = tx.Conversations(ListQuery{Lists: lists, After: after, Limit: limit})
		return err
	})
	// A member's own list outlives his rights: what was taken away is not shown.
	p.Conversations = slices.DeleteFunc(p.Conversations, func(c Conversation) bool {
		return !actor.MayWith(SeeConversation, c)
	})
	actor.shownRows(p.Conversations)
	return p, err
}

// Counts says how many conversations each view holds for one member, none
// counted beyond CountLimit.
type Counts struct {
	Views       map[ListID]int
	Departments map[kb.DepartmentID]int      // open with people
	Channels    map[connectors.ChannelID]int // open with people
	Saved       map[string]int               // by the id of a saved view; those on lists that only grow are not counted
	Partial     bool                         // more are open than were counted by Channels and Saved
	Stuck       int
}

// Count counts the views of a member. Departments are counted for those named.
func (h *Hub) Count(ctx context.Context, actor Actor, of []kb.DepartmentID) (Counts, error) {
	counts := Counts{
		Views: map[ListID]int{}, Departments: map[kb.DepartmentID]int{}, Channels: map[connectors.ChannelID]int{}, Saved: map[string]int{},
	}
	// After an event all desks count at once: one reads for all, and none of what citizens
	// write waits for hundreds of readers.
	select {
	case h.tallying <- struct{}{}:
		defer func() { <-h.tallying }()
	case <-ctx.Done():
		return counts, ctx.Err()
	}
	err := h.store.View(ctx, func(tx Reader) error {
		t, err := h.tally.in(tx)
		if err != nil {
			return err
		}
		for _, name := range actor.seenViews() {
			lists, err := actor.lists(View{Name: name})
			if err != nil {
				return err
			}
			n, err := t.count(lists)
			if name == MineView && !actor.MayEverywhere(SeeConversation) {
				n, err = countSeen(tx, actor, lists)
			}
			if err != nil {
				return err
			}
			counts.Views[name] = n
		}
		for _, d := range of {
			lists, err := actor.lists(View{Name: OpenList, Department: d})
			if errors.Is(err, ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			n, err := t.count(lists)
			if err != nil {
				return err
			}
			if n > 0 {
				counts.Departments[d] = n
			}
		}
		if err := errors.Join(countChannels(t, actor, &counts), countSaved(t, actor, &counts)); err != nil {
			return err
		}
		if !actor.May(SeeStuck) {
			return nil
		}
		counts.Stuck, err = t.stuck()
		return err
	})
	return counts, err
}

// countSeen counts what a member may still see of lists that outlive his rights.
func countSeen(tx Reader, actor Actor, lists []ListID) (n int, err error) {
	all, _, err := tx.Conversations(ListQuery{Lists: lists, Limit: CountLimit})
	for _, c := range all {
		if actor.MayWith(SeeConversation, c) {
			n++
		}
	}
	return n, err
}

// Opened is a conversation as a member opens it.
type Opened struct {
	Conversation Conversation
	Contact      Contact
	Earlier      []Conversation // the person's other matters that the member may see
	CanAnswer    bool
	CanNote      bool
	ReplyUntil   time.Time // the platform takes answers until then; zero: always
	// LetterSubject is that of the letter that an answer would be; empty where
	// answers are no letters.
	LetterSubject string
	// SpamBefore is how many matters of the person ended as spam of late; zero
	// while that is worth no hint.
	SpamBefore int
}

// earlierShown is how many of a person's other matters are shown beside one.
const earlierShown = 20

// lookAgain is how long one look of a member stands on record for the next.
const lookAgain = 10 * time.Minute

// Look opens a conversation, and puts the look on record.
func (h *Hub) Look(ctx context.Context, actor Actor, id ConversationID) (Opened, error) {
	var o Opened
	err := h.store.View(ctx, func(tx Reader) (err error) {
		if o.Conversation, err = tx.Conversation(id); err != nil {
			return err
		}
		if !actor.MayWith(SeeConversation, o.Conversation) {
			return ErrNotFound
		}
		if o.Contact, err = tx.Contact(o.Conversation.Contact); err != nil {
			return err
		}
		if o.Earlier, err = earlier(tx, actor, o.Conversation); err != nil {
			return err
		}
		if o.SpamBefore, err = spamBefore(tx, o.Conversation, h.store.Now()); err != nil {
			return err
		}
		o.ReplyUntil, err = h.replyUntil(tx, o.Conversation)
		return err
	})
	if err != nil {
		return Opened{}, err
	}
	if err := h.recordLook(ctx, actor, id, o.Conversation.Code); err != nil {
		return Opened{}, err
	}
	o.CanAnswer = actor.MayWith(AnswerConversation, o.Conversation)
	o.CanNote = actor.MayWith(NoteConversation, o.Conversation)
	o.Contact = actor.shownContact(o.Contact, o.Conversation)
	o.Conversation = actor.shownRow(o.Conversation)
	if h.LimitsOf(o.Conversation.Channel).Letters {
		o.LetterSubject = subjectOf(o.Conversation)
	}
	actor.shownRows(o.Earlier)
	return o, nil
}

// replyUntil is how long the platform takes answers: a while from when the
// citizen was last heard, whatever we said since. Zero: always.
func (h *Hub) replyUntil(tx Reader, c Conversation) (time.Time, error) {
	window := h.LimitsOf(c.Channel).ReplyWindow
	if window == 0 {
		return time.Time{}, nil
	}
	heard, _, err := heardLast(tx, c, "")
	if err != nil || heard.IsZero() {
		return time.Time{}, err
	}
	return heard.Add(window), nil
}

func earlier(tx Reader, actor Actor, c Conversation) ([]Conversation, error) {
	all, _, err := tx.Conversations(ListQuery{Lists: []ListID{OfContact(c.Contact)}, Limit: earlierShown + 1})
	return slices.DeleteFunc(all, func(other Conversation) bool {
		return other.ID == c.ID || !actor.MayWith(SeeConversation, other)
	}), err
}

// What is looked at that is no conversation, as the record names it.
const (
	stuckShown      = "stuck"
	quarantineShown = "quarantine"
)

// recordLook puts it on record that the member sees the words of a
// conversation, whose code target is, or of one of the lists above. It does so
// unless an earlier look still stands for this one.
func (h *Hub) recordLook(ctx context.Context, actor Actor, id ConversationID, target string) error {
	var stands bool
	err := h.store.View(ctx, func(tx Reader) (err error) {
		stands, err = h.looked(tx, actor, id, target)
		return err
	})
	if err != nil || stands {
		return err
	}
	return h.store.Update(ctx, func(tx Writer) error {
		// A page asks for several things at once; the first of them counts.
		if stands, err := h.looked(tx, actor, id, target); err != nil || stands {
			return err
		}
		return tx.AppendAudit(Audit{
			At: h.store.Now(), Member: actor.Member.ID, Action: Looked, Conversation: id,
			Target: target, Address: actor.Address,
		})
	})
}

// looked reports whether the member's last look at the same is still fresh
// enough to stand for this one.
func (h *Hub) looked(tx Reader, actor Actor, id ConversationID, target string) (bool, error) {
	q := AuditQuery{Conversation: id, Member: actor.Member.ID, Limit: 20}
	for {
		latest, err := tx.Audits(q)
		if err != nil {
			return false, err
		}
		for _, a := range latest {
			if h.store.Now().Sub(a.At) >= lookAgain {
				return false, nil
			}
			if a.Action == Looked && a.Conversation == id && a.Target == target && actor.by(a) {
				return true, nil
			}
			q.Before = a.Seq
		}
		if len(latest) < q.Limit {
			return false, nil
		}
	}
}

// Said is a message with what the bot made of it and what it answers.
type Said struct {
	Message
	Turn  *Turn
	Quote *Quote
}

// Messages returns messages of a conversation that actor may see. Reading them
// is a look, and on record like one.
func (h *Hub) Messages(ctx context.Context, actor Actor, id ConversationID, q MessageQuery) ([]Said, error) {
	var out []Said
	var c Conversation
	err := h.store.View(ctx, func(tx Reader) (err error) {
		if c, err = actor.seen(tx.Conversation(id)); err != nil {
			return err
		}
		messages, err := tx.Messages(id, q)
		if err != nil {
			return err
		}
		out = make([]Said, 0, len(messages))
		for _, m := range messages {
			said := Said{Message: actor.shownMessage(m, c)}
			if said.Quote, err = quoteOf(tx, actor, c, m); err != nil {
				return err
			}
			if m.Direction == In {
				turn, err := tx.Turn(m.ID)
				switch {
				case err == nil:
					said.Turn = &turn
				case !errors.Is(err, ErrNotFound):
					return err
				}
			}
			out = append(out, said)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, h.recordLook(ctx, actor, id, c.Code)
}

// Attachment finds a file in a conversation that actor may see.
func (h *Hub) Attachment(ctx context.Context, actor Actor, id ConversationID, attachment string) (content.Attachment, error) {
	q := MessageQuery{Forward: true, Limit: 200}
	for {
		page, err := h.Messages(ctx, actor, id, q)
		if err != nil {
			return content.Attachment{}, err
		}
		for _, m := range page {
			for _, a := range m.Content.Attachments {
				if a.ID == attachment {
					return a, nil
				}
			}
			q.After = m.Seq
		}
		if len(page) < q.Limit {
			return content.Attachment{}, ErrNotFound
		}
	}
}

// Question returns what the citizen last asked in words, for the entries to
// suggest; what was pressed is an answer to us.
func (h *Hub) Question(ctx context.Context, actor Actor, id ConversationID) (string, error) {
	said, err := h.Messages(ctx, actor, id, MessageQuery{Limit: 50})
	if err != nil {
		return "", err
	}
	for _, s := range slices.Backward(said) {
		if s.Direction == In && s.Content.Text != "" && s.Pressed == "" {
			return s.Content.Text, nil
		}
	}
	return "", nil
}

// Stuck lists outgoing messages that wait for a person, oldest first. Reading
// them is a look.
func (h *Hub) Stuck(ctx context.Context, actor Actor) ([]Message, error) {
	if !actor.May(SeeStuck) {
		return nil, ErrForbidden
	}
	var out []Message
	err := h.store.View(ctx, func(tx Reader) (err error) {
		out, err = tx.Stuck("", CountLimit)
		return err
	})
	if err != nil || len(out) == 0 {
		return nil, err
	}
	return out, h.recordLook(ctx, actor, "", stuckShown)
}

// Audits lists acts on record, newest first: all of them for who may see the
// record, and those of one conversation for who may see the conversation.
func (h *Hub) Audits(ctx context.Context, actor Actor, q AuditQuery) ([]Audit, error) {
	var out []Audit
	err := h.store.View(ctx, func(tx Reader) error {
		if !actor.May(SeeAudit) {
			if q.Conversation == "" {
				return ErrForbidden
			}
			if _, err := actor.seen(tx.Conversation(q.Conversation)); err != nil {
				return err
			}
		}
		var err error
		out, err = tx.Audits(q)
		return err
	})
	return out, err
}
