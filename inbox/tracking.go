package inbox

import (
	"context"
	"crypto/subtle"
	"errors"
	"slices"
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/kb"
)

// What a citizen may see of a matter on the tracking page: how far it has come
// and what was said to and by the citizen. Never a note, never the name of a
// member: whoever answers, a department or the desk does.

// StepKind tells what happened to a matter, as far as the citizen is concerned.
type StepKind string

// The kinds of steps.
const (
	StepReceived StepKind = "received"
	StepWith     StepKind = "with"     // the desk or a department has it from then on
	StepAnswered StepKind = "answered" // by people, for the first time
	StepEnded    StepKind = "ended"
	StepReopened StepKind = "reopened"
)

// Step is one thing that happened to a matter.
type Step struct {
	Kind       StepKind
	At         time.Time
	Department string // of StepWith and StepAnswered: its name; empty: the desk
}

// TrackedMessage is something that was said to or by the citizen.
type TrackedMessage struct {
	ID         MessageID
	Seq        uint64
	At         time.Time
	Author     AuthorKind
	Department string // that answered; empty: the desk, or nobody did
	Content    content.Content
	Automatic  bool
	Delivery   DeliveryState
}

// Tracked is a matter as the citizen who raised it may see it.
type Tracked struct {
	ID          ConversationID
	Code        string
	Channel     connectors.ChannelID
	ChannelName string
	Remote      connectors.RemoteID
	Status      Status
	Ending      Ending
	Handler     Handler
	Department  string    // in charge; empty: the desk
	Since       time.Time // it has had the matter
	Due         time.Time // an answer is owed until then; zero: nobody said when
	Told        bool      // the citizen was promised Due
	Answered    bool      // by people
	Unanswered  bool      // the citizen spoke last
	AskedBack   bool      // by the bot, and it waits for the citizen's word
	CreatedAt   time.Time
	ResolvedAt  time.Time
	Steps       []Step
	Said        []TrackedMessage
	MayRate     bool
	Rating      Rating
	Public      bool // question and answer stand on the public list
}

// Tracked returns a matter as the citizen may see it. Whether it is the
// citizen's has been seen to before: see FindTracked and TrackedOf.
func (h *Hub) Tracked(ctx context.Context, id ConversationID) (t Tracked, err error) {
	err = h.store.View(ctx, func(tx Reader) error {
		c, err := tx.Conversation(id)
		if err != nil {
			return err
		}
		t, err = h.tracked(tx, c)
		return err
	})
	return t, err
}

// TrackedOf returns the matters of somebody on a channel, the newest first.
func (h *Hub) TrackedOf(ctx context.Context, channel connectors.ChannelID, remote connectors.RemoteID) (all []Tracked, err error) {
	err = h.store.View(ctx, func(tx Reader) error {
		all = nil
		visits, _, err := tx.Conversations(ListQuery{Lists: []ListID{Visits(channel, remote)}, Limit: visitsShown})
		if err != nil {
			return err
		}
		for _, c := range visits {
			t, err := h.tracked(tx, c)
			if err != nil {
				return err
			}
			all = append(all, t)
		}
		return nil
	})
	return all, err
}

// FindTracked finds the matter of a code for whoever knows the telephone number
// that was given with it. ErrNotFound tells neither which of the two is wrong
// nor whether there is such a code.
func (h *Hub) FindTracked(ctx context.Context, code, phone string) (id ConversationID, err error) {
	given := dialledDigits(phone)
	err = h.store.View(ctx, func(tx Reader) error {
		id = ""
		c, err := tx.ConversationByCode(strings.ToUpper(strings.TrimSpace(code)))
		if errors.Is(err, ErrNotFound) {
			return ErrNotFound // and nothing more
		}
		if err != nil {
			return err
		}
		numbers, err := numbersOf(tx, c)
		if err != nil {
			return err
		}
		same := 0
		for _, number := range numbers {
			same |= subtle.ConstantTimeCompare([]byte(dialledDigits(number)), []byte(given))
		}
		if same == 0 || len(given) < 9 {
			return ErrNotFound
		}
		id = c.ID
		return nil
	})
	return id, err
}

// numbersOf are the telephone numbers given with a matter: in its forms, and by
// the person.
func numbersOf(tx Reader, c Conversation) ([]string, error) {
	var numbers []string
	contact, err := tx.Contact(c.Contact)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	numbers = append(numbers, contact.Phone)
	first, err := tx.Messages(c.ID, MessageQuery{Forward: true, Limit: resendWindow})
	for _, m := range first {
		if m.Direction == In {
			numbers = append(numbers, valueOf(m.Content.Form, "phone"))
		}
	}
	return numbers, err
}

// valueOf is what a form holds under a name; empty: nothing.
func valueOf(form []content.Field, name string) string {
	for _, f := range form {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// dialledDigits is a number as it is dialled within the country, whichever way
// it was written.
func dialledDigits(number string) string {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, number)
	digits = strings.TrimPrefix(digits, "00")
	if rest, ok := strings.CutPrefix(digits, "84"); ok && len(rest) >= 9 {
		return "0" + strings.TrimPrefix(rest, "0")
	}
	return digits
}

// trackedMessages is how many of a matter's newest messages the page shows.
const trackedMessages = 500

func (h *Hub) tracked(tx Reader, c Conversation) (Tracked, error) {
	t := Tracked{
		ID: c.ID, Code: c.Code, Channel: c.Channel, ChannelName: string(c.Channel), Remote: c.Remote, Status: c.Status, Ending: c.Ending,
		Handler: c.Handler, Department: h.departmentName(c.Department), Since: c.CreatedAt, Unanswered: c.Unanswered,
		CreatedAt: c.CreatedAt, ResolvedAt: c.ResolvedAt, Rating: c.Rating,
		AskedBack: c.Handler == ByBot && !c.Unanswered && c.Dialogue.AsksBack(),
		Steps:     []Step{{Kind: StepReceived, At: c.CreatedAt}},
	}
	if conn, ok := h.connectors[c.Channel]; ok {
		t.ChannelName = conn.Channel().Name
	}
	messages, err := tx.Messages(c.ID, MessageQuery{Limit: trackedMessages})
	if err != nil {
		return t, err
	}
	InShownOrder(messages)
	var now kb.DepartmentID // in charge when a message was said
	if i := slices.IndexFunc(messages, func(m Message) bool { return m.Change != nil && m.Change.moves() }); i >= 0 {
		now = kb.DepartmentID(messages[i].Change.From)
	} else {
		now = c.Department
	}
	for _, m := range messages {
		switch {
		case m.Change != nil:
			if m.Change.moves() {
				now = kb.DepartmentID(m.Change.To)
			}
			t.changed(h, m)
		case m.Direction != Note:
			t.said(h, m, now)
		}
	}
	if err := t.owed(tx, c); err != nil {
		return t, err
	}
	t.MayRate = h.cfg.AskRating && t.Answered && c.ratable() && c.Rating.Stars == 0
	_, err = Publications.Get(tx, string(c.ID))
	t.Public = err == nil
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return t, err
}

// departmentName is what citizens call a department; empty: the desk.
func (h *Hub) departmentName(id kb.DepartmentID) string {
	if id == "" {
		return ""
	}
	return h.directory.DepartmentName(id)
}

// moves reports whether another department was put in charge: From and To are
// departments.
func (c Change) moves() bool { return c.Action == Transferred || c.Action == Returned }

func (t *Tracked) changed(h *Hub, m Message) {
	step := Step{At: m.ReceivedAt}
	switch {
	case m.Change.moves():
		step.Kind, step.Department = StepWith, h.departmentName(kb.DepartmentID(m.Change.To))
		t.Since = m.ReceivedAt
	case m.Change.Action == HandedOff:
		step.Kind, t.Since = StepWith, m.ReceivedAt
	case m.Change.Action == Closed, m.Change.Action == Screened, m.Change.Action == ReferredTo:
		step.Kind = StepEnded
	case m.Change.Action == Reopened:
		step.Kind = StepReopened
	default:
		return
	}
	t.Steps = append(t.Steps, step)
}

func (t *Tracked) said(h *Hub, m Message, department kb.DepartmentID) {
	said := TrackedMessage{
		ID: m.ID, Seq: m.Seq, At: m.ReceivedAt, Author: m.Author.Kind, Content: withoutOriginal(m.Content), Automatic: m.Automatic,
		Delivery: m.Delivery.State,
	}
	if m.byPeople() {
		if m.Author.Kind == ByDepartment {
			said.Department = h.departmentName(department)
		}
		if !t.Answered {
			t.Answered = true
			t.Steps = append(t.Steps, Step{Kind: StepAnswered, At: m.ReceivedAt, Department: said.Department})
		}
	}
	t.Said = append(t.Said, said)
}

// byPeople reports whether m is an answer of a member to the citizen.
func (m Message) byPeople() bool {
	return m.Direction == Out && !m.Automatic && (m.Author.Kind == ByMember || m.Author.Kind == ByDepartment)
}

// owed tells by when an answer is owed, and whether the citizen was told so.
func (t *Tracked) owed(tx Reader, c Conversation) error {
	if c.Status != Open {
		return nil
	}
	if !c.PromisedBy.IsZero() {
		t.Due, t.Told = c.PromisedBy, true
		return nil
	}
	if c.Due.IsZero() {
		return nil
	}
	all, err := promisesOf(tx, c.ID)
	for _, k := range all {
		if k.Value.Clock == Result && !k.Value.settled() {
			t.Due, t.Told = k.Value.Due, k.Value.Told
		}
	}
	return err
}
