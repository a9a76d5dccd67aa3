package inbox

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"time"

	"tongdai/kb"
)

// AlarmState is how far an alarm has come.
type AlarmState string

// The states of an alarm.
const (
	AlarmRinging   AlarmState = "ringing"   // contacts are being reached, one after the other and again, until one confirms
	AlarmConfirmed AlarmState = "confirmed" // a contact, or a member, has taken note
)

// Alarm is an urgent report on its way to those who must hear of it. Every step
// stays on record.
type Alarm struct {
	Conversation ConversationID `json:"conv"`
	Code         string         `json:"code"`
	Message      MessageID      `json:"msg,omitempty"` // the citizen's words that rang it
	RangAt       time.Time      `json:"rang"`
	Round        int            `json:"round"` // how often all contacts were gone through
	Next         int            `json:"next"`  // who is reached next
	Steps        []AlarmStep    `json:"steps,omitempty"`
	// Token is in the link by which contacts without an account read the report and
	// confirm. All get the same, again and again, so it is kept as it is: whoever
	// reads the store reads the report itself.
	Token       string    `json:"token"`
	ConfirmedAt time.Time `json:"confirmed,omitzero"`
	ConfirmedBy string    `json:"by,omitempty"` // name of a contact or a member
}

// AlarmStep is one try to reach somebody.
type AlarmStep struct {
	At      time.Time `json:"at"`
	To      string    `json:"to"`              // name of the contact
	Way     string    `json:"way"`             // "desk", or the name of a Way
	Point   string    `json:"point,omitempty"` // the number or address
	Trouble string    `json:"err,omitempty"`   // why it failed, in Vietnamese; empty: it was handed over
}

// AlarmsOf keeps the alarm of a conversation under its id.
const AlarmsOf Shelf[Alarm] = "alarm"

// Way reaches people outside the desk: a gateway for calls and short messages, mail.
type Way interface {
	Name() string
	// Reach hands an alarm over. Its error is shown to members.
	Reach(ctx context.Context, call AlarmCall) error
}

// AlarmCall is what a contact is told. It holds nothing that the citizen said:
// that is behind the link.
type AlarmCall struct {
	ID    string // the same for one alarm and contact in one round, against doubles
	To    AlarmContact
	Code  string // of the conversation
	Place string // empty: not known
	At    time.Time
	Round int    // 0 is the first
	Link  string // where the contact reads the report and confirms; empty: the installation has no public address
}

const (
	alarmAgain  = time.Minute      // until the next contact is reached: reliability P14
	alarmPause  = 5 * time.Minute  // between contacts after alarmRounds
	alarmRounds = 5                // after which contacts are reached less often
	alarmReach  = 10 * time.Second // for one call of a Way
	alarmClaim  = time.Minute
	alarmSteps  = 300 // kept of one alarm
)

// ring sets an alarm off, unless one rings already. The caller writes c.
func (h *Hub) ring(tx Writer, c *Conversation, message MessageID, now time.Time) error {
	if c.Alarm == AlarmRinging {
		return nil
	}
	kept, err := AlarmsOf.Get(tx, string(c.ID))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	kept.ID = string(c.ID)
	kept.Value = Alarm{Conversation: c.ID, Code: c.Code, Message: message, RangAt: now, Steps: kept.Value.Steps, Token: newToken()}
	if _, err := AlarmsOf.Put(tx, kept); err != nil {
		return err
	}
	c.Alarm = AlarmRinging
	for _, contact := range h.directory.AlarmContacts(c.Category, c.Locality, now) {
		if d := contact.Department; d != "" && d != c.Department && !slices.Contains(c.Contributing, d) {
			c.Contributing = append(c.Contributing, d) // who is alarmed has to see why
		}
	}
	n := Notice{Kind: NoticeUrgent, At: now, Text: fmt.Sprintf("Phiếu %s: có dấu hiệu khẩn cấp.", c.Code)}
	if err := errors.Join(h.tell(tx, *c, n, alarmed(*c)), h.announce(tx, n.Text, now)); err != nil {
		return err
	}
	return tx.Enqueue(Task{ID: newID(), Kind: Alarms, Group: string(c.ID), Ref: string(c.ID), Urgent: true, Due: now})
}

// reachable tells whether an urgent report about c would be handed to somebody
// outside the desk at once, so that the citizen may be told so.
func (h *Hub) reachable(c Conversation, now time.Time) bool {
	if len(h.ways) == 0 {
		return false
	}
	return slices.ContainsFunc(h.directory.AlarmContacts(c.Category, c.Locality, now), func(to AlarmContact) bool {
		return to.Phone != "" || to.Email != ""
	})
}

// alarmed are the members who hear of an urgent report: all of the desk, and
// those of the departments that have it or are to help.
func alarmed(c Conversation) func(Member) bool {
	return func(m Member) bool {
		return m.Role == Operator || m.Role == Supervisor ||
			m.Role == Staff && slices.ContainsFunc(append([]kb.DepartmentID{c.Department}, c.Contributing...), Actor{Member: m}.of)
	}
}

// alarm is the work of Alarms: the next contact is reached by every way there
// is, and a minute later the one after, again and again until somebody confirms.
// A step that was taken when this node died is taken once more: who is called
// twice is alarmed, who is not called at all is not.
func (h *Hub) alarm(ctx context.Context, claim Claim) error {
	a, c, err := h.alarmOf(ctx, ConversationID(claim.Task.Ref))
	if err != nil {
		return err
	}
	over := c.Alarm != AlarmRinging || c.Status == Resolved
	now := h.store.Now()
	var steps []AlarmStep
	contacts := h.directory.AlarmContacts(c.Category, c.Locality, now)
	if !over && len(contacts) > 0 {
		steps = h.reach(ctx, a, c, contacts[a.Next%len(contacts)])
	}
	return h.store.Update(ctx, func(tx Writer) error {
		if over {
			return tx.Finish(claim)
		}
		kept, err := AlarmsOf.Get(tx, string(c.ID))
		if err != nil {
			return err
		}
		kept.Value.advance(steps, len(contacts))
		if _, err := AlarmsOf.Put(tx, kept); err != nil {
			return err
		}
		next := now.Add(alarmAgain)
		if kept.Value.Round >= alarmRounds || len(contacts) == 0 {
			next = now.Add(alarmPause)
		}
		// The desk hears of it again, ever less often: the matter is on top of every list.
		if round := kept.Value.Round; kept.Value.Next == 0 && round > 1 && round&(round-1) == 0 {
			n := Notice{Kind: NoticeUrgent, At: now, Text: fmt.Sprintf("Phiếu %s: chưa ai xác nhận đã nhận tin khẩn.", c.Code)}
			if err := h.tell(tx, c, n, alarmed(c)); err != nil {
				return err
			}
		}
		return tx.Postpone(claim, next)
	})
}

// advance notes what was tried and who comes next.
func (a *Alarm) advance(steps []AlarmStep, contacts int) {
	a.Steps = append(a.Steps, steps...)
	if n := len(a.Steps) - alarmSteps; n > 0 {
		a.Steps = a.Steps[n:]
	}
	if a.Next++; a.Next >= contacts {
		a.Next, a.Round = 0, a.Round+1
	}
}

// reach tries every way to one contact.
func (h *Hub) reach(ctx context.Context, a Alarm, c Conversation, to AlarmContact) []AlarmStep {
	var steps []AlarmStep
	call := AlarmCall{
		ID: fmt.Sprintf("%s-%d-%d", c.ID, a.Round, a.Next), To: to, Code: c.Code,
		Place: h.directory.PlaceName(c.Locality), At: a.RangAt, Round: a.Round, Link: h.alarmLink(a),
	}
	for _, way := range h.ways {
		limited, cancel := context.WithTimeout(ctx, alarmReach)
		err := guarded(func() error { return way.Reach(limited, call) })
		cancel()
		if errors.Is(err, ErrNoPoint) {
			continue
		}
		h.metrics.reached(way.Name(), err)
		step := AlarmStep{At: h.store.Now(), To: to.Name, Way: way.Name(), Point: to.Phone}
		if err != nil {
			step.Trouble = err.Error()
			h.log.ErrorContext(ctx, "an alarm could not be handed over", "way", way.Name(), "conversation", c.ID, "err", err)
		}
		steps = append(steps, step)
	}
	if len(steps) == 0 {
		steps = append(steps, AlarmStep{At: h.store.Now(), To: to.Name, Way: "desk", Point: to.Phone})
	}
	return steps
}

// ErrNoPoint: a Way has no number or address of the contact.
var ErrNoPoint = errors.New("inbox: the contact cannot be reached this way")

func (h *Hub) alarmOf(ctx context.Context, id ConversationID) (a Alarm, c Conversation, err error) {
	err = h.store.View(ctx, func(tx Reader) error {
		kept, err := AlarmsOf.Get(tx, string(id))
		if err != nil {
			return err
		}
		a = kept.Value
		c, err = tx.Conversation(id)
		return err
	})
	return a, c, err
}

// alarmLink is where the holder reads the report and confirms.
func (h *Hub) alarmLink(a Alarm) string {
	if h.cfg.PublicURL == "" {
		return ""
	}
	return h.cfg.PublicURL + "/khan/" + string(a.Conversation) + "/" + a.Token
}

// AlarmReport is what a contact who follows the link is shown.
type AlarmReport struct {
	Code        string
	Place       string
	At          time.Time
	Text        string // the citizen's words
	Name, Phone string // of the citizen
	Confirmed   bool
	ConfirmedBy string
}

// alarmReadable is how long a link shows the report, counted from the alarm.
const alarmReadable = 24 * time.Hour

// OpenAlarm shows an alarm to whoever holds its link, and puts the look on record.
func (h *Hub) OpenAlarm(ctx context.Context, id ConversationID, token, address string) (AlarmReport, error) {
	var r AlarmReport
	err := h.store.Update(ctx, func(tx Writer) error {
		kept, c, err := h.linked(tx, id, token)
		if err != nil {
			return err
		}
		a := kept.Value
		r = AlarmReport{Code: c.Code, Place: h.directory.PlaceName(c.Locality), At: a.RangAt, Confirmed: !a.ConfirmedAt.IsZero(), ConfirmedBy: a.ConfirmedBy}
		contact, err := tx.Contact(c.Contact)
		if err != nil {
			return err
		}
		r.Name, r.Phone = contact.Name, contact.Phone
		if a.Message != "" {
			m, err := tx.Message(a.Message)
			if err != nil {
				return err
			}
			r.Text = m.Content.Text
		}
		return tx.AppendAudit(Audit{At: h.store.Now(), Action: AlarmOpened, Conversation: id, Target: c.Code, Address: address})
	})
	return r, err
}

func (h *Hub) linked(tx Reader, id ConversationID, token string) (Kept[Alarm], Conversation, error) {
	kept, err := AlarmsOf.Get(tx, string(id))
	if err != nil {
		return kept, Conversation{}, err
	}
	a := kept.Value
	if a.Token == "" || subtle.ConstantTimeCompare([]byte(a.Token), []byte(token)) != 1 || h.store.Now().Sub(a.RangAt) > alarmReadable {
		return kept, Conversation{}, ErrNotFound
	}
	c, err := tx.Conversation(id)
	return kept, c, err
}

// ConfirmAlarmByLink is a contact's word that the report was received.
func (h *Hub) ConfirmAlarmByLink(ctx context.Context, id ConversationID, token, name, address string) error {
	if err := checkText("name", name, false); err != nil {
		return err
	}
	var after time.Duration
	err := h.store.Update(ctx, func(tx Writer) error {
		after = 0
		kept, c, err := h.linked(tx, id, token)
		if err != nil {
			return err
		}
		if c.Alarm != AlarmRinging {
			return nil
		}
		now := h.store.Now()
		after = now.Sub(kept.Value.RangAt)
		note, err := h.confirm(tx, kept, &c, name, Author{Kind: ByDepartment, Name: name}, now)
		if err != nil {
			return err
		}
		if c, err = tx.PutConversation(c); err != nil {
			return err
		}
		if err := tx.AppendAudit(Audit{At: now, Action: AlarmTaken, Conversation: id, Target: c.Code, Address: address, Detail: name}); err != nil {
			return err
		}
		return tx.AppendEvent(messageEvent(MessageAdded, c, note, now))
	})
	if err == nil {
		h.metrics.confirmed(after)
	}
	return err
}

// confirm ends an alarm. The caller writes c.
func (h *Hub) confirm(tx Writer, kept Kept[Alarm], c *Conversation, name string, by Author, now time.Time) (Message, error) {
	kept.Value.ConfirmedAt, kept.Value.ConfirmedBy = now, name
	if _, err := AlarmsOf.Put(tx, kept); err != nil {
		return Message{}, err
	}
	c.Alarm = AlarmConfirmed
	return h.mark(tx, c, Change{Action: AlarmTaken, To: name}, by, now)
}

// ConfirmAlarm is a member's word that the report was received and is seen to.
func (h *Hub) ConfirmAlarm(ctx context.Context, actor Actor, id ConversationID) (Conversation, error) {
	var after time.Duration
	c, err := h.actAs(ctx, actor, NoteConversation, id, AlarmTaken, func(a *acting) (string, error) {
		after = 0
		if a.c.Alarm != AlarmRinging {
			return "", errUnchanged
		}
		kept, err := AlarmsOf.Get(a.tx, string(id))
		if err != nil {
			return "", err
		}
		after = a.now.Sub(kept.Value.RangAt)
		m, err := h.confirm(a.tx, kept, &a.c, actor.Member.Name, a.author(), a.now)
		a.added = append(a.added, m)
		return "", err
	})
	if err == nil {
		h.metrics.confirmed(after)
	}
	return c, err
}

// calm ends the alarm of what turned out not to be urgent.
func (a *acting) calm() error {
	if a.c.Alarm != AlarmRinging {
		return nil
	}
	kept, err := AlarmsOf.Get(a.tx, string(a.c.ID))
	if err != nil {
		return err
	}
	kept.Value.ConfirmedAt, kept.Value.ConfirmedBy = a.now, a.actor.Member.Name
	a.c.Alarm = ""
	_, err = AlarmsOf.Put(a.tx, kept)
	return err
}

// AlarmOf shows what was done to reach the contacts of an urgent matter.
func (h *Hub) AlarmOf(ctx context.Context, actor Actor, id ConversationID) (Alarm, error) {
	a, c, err := h.alarmOf(ctx, id)
	if _, err := actor.seen(c, err); err != nil {
		return Alarm{}, err
	}
	return a, nil
}
