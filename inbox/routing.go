package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tongdai/connectors/content"
	"tongdai/kb"
)

// Where a matter goes that the bot hands to people: to the department in charge
// of its field where the field is known, which is so when an entry was the answer
// before and nothing of another field was asked since, or the citizen chose the
// field in a form; else to the desk, which is shown who might be in charge. Guessing
// the field from what the question is like sends three matters of five to the wrong
// office (docs/decisions/routing.md).

// place notes the place of a matter where a text names one and no other.
func (h *Hub) place(c *Conversation, text string) bool {
	if c.Locality != "" || text == "" {
		return false
	}
	places := h.directory.Places(text)
	if len(places) != 1 {
		return false
	}
	c.Locality = places[0]
	return true
}

// route gives a matter that has just come to people to whoever is in charge,
// and says so in the thread. The caller writes c.
func (h *Hub) route(tx Writer, c *Conversation, now time.Time) ([]Message, error) {
	if c.Department != "" || c.Category == "" {
		return nil, nil
	}
	charge := h.directory.Charge(c.Category, c.Locality, now)
	if len(charge.Lead) == 0 {
		return nil, nil
	}
	c.Department = charge.Lead[0]
	m, err := h.mark(tx, c, Change{Action: Transferred, To: string(c.Department)}, Author{Kind: System}, now)
	return []Message{m}, err
}

// fieldWith is the field of c once the bot knows it to be of told: what a person or
// a form chose stays, what the bot knew before does not.
func (c *Conversation) fieldWith(told kb.CategoryID) kb.CategoryID {
	if c.Category != c.Dialogue.Field {
		return c.Category
	}
	return told
}

// needsPlace reports whether the citizen is to be asked, once, where it is, if the
// bot hands c over as one of the field told.
func (h *Hub) needsPlace(c Conversation, told kb.CategoryID, text string, now time.Time) bool {
	field := c.fieldWith(told)
	if field == "" || c.Locality != "" || c.Department != "" || c.Handoff != nil && c.Handoff.AskedPlace {
		return false
	}
	return h.directory.Charge(field, "", now).NeedsPlace && len(h.directory.Places(text)) == 0
}

// placed is for what a citizen writes while people have the matter: where the
// place was asked for, and nobody has taken it yet, the answer routes it.
func (r *receiving) placed(c *Conversation, text string) ([]Message, error) {
	if c.Handoff == nil || !c.Handoff.AskedPlace || c.Assignee != "" || !r.hub.place(c, text) {
		return nil, nil
	}
	marks, err := r.hub.route(r.tx, c, r.now)
	if err != nil || len(marks) == 0 {
		return nil, err
	}
	return marks, r.hub.startClocks(r.tx, c, r.now)
}

// filedBy takes the field and the place from a form that the citizen filled in,
// where they are ones that exist.
func (h *Hub) filedBy(c *Conversation, form []content.Field) {
	for _, f := range form {
		switch {
		case f.Name == FormField && c.Category == c.Dialogue.Field:
			if field := h.fieldMeant(f.Value); field != "" {
				c.Category, c.Dialogue.Field = field, ""
			}
		case f.Name == FormPlace && c.Locality == "" && h.directory.PlaceName(LocalityID(f.Value)) != "":
			c.Locality = LocalityID(f.Value)
		case f.Name == FormPlace:
			h.place(c, f.Value)
		}
	}
}

// fieldMeant finds a field by its id or its name; empty: there is none.
func (h *Hub) fieldMeant(value string) kb.CategoryID {
	if h.directory.CategoryName(kb.CategoryID(value)) != "" {
		return kb.CategoryID(value)
	}
	if id, ok := h.directory.CategoryNamed(value); ok {
		return id
	}
	return ""
}

// Names of the fields of a form that say what a matter is about, and where; their
// values are ids of the directory, or names as people read and write them.
const (
	FormField = "category"
	FormPlace = "locality"
)

// Return gives a matter back to the desk, with the reason why it is not for the
// department that has it.
func (h *Hub) Return(ctx context.Context, actor Actor, id ConversationID, reason string) (Conversation, error) {
	if err := checkText("reason", reason, false); err != nil {
		return Conversation{}, err
	}
	return h.act(ctx, actor, id, Returned, func(a *acting) (string, error) {
		if a.c.Department == "" {
			return "", conflict("Phiếu %s đang ở bộ phận thường trực.", a.c.Code)
		}
		if a.c.Status == Resolved {
			return "", conflict("Phiếu %s đã đóng; hãy mở lại trước khi chuyển lại.", a.c.Code)
		}
		from := a.c.Department
		if _, err := a.note(reason, ""); err != nil {
			return "", err
		}
		a.silenceBot()
		a.c.Department, a.c.Assignee = "", ""
		if err := errors.Join(h.startClocks(a.tx, &a.c, a.now), a.mark(Returned, string(from), "")); err != nil {
			return "", err
		}
		n := Notice{Kind: NoticeReturned, At: a.now, From: actor.Member.ID, Text: fmt.Sprintf("%s chuyển lại phiếu %s.", h.departmentOrDesk(from), a.c.Code)}
		return string(from), h.tellHolders(a.tx, a.c, n)
	})
}

// Contribute asks departments to contribute beside the one in charge; those
// that are not named any more are asked no longer.
func (h *Hub) Contribute(ctx context.Context, actor Actor, id ConversationID, with []kb.DepartmentID, note string) (Conversation, error) {
	if err := checkText("note", note, true); err != nil {
		return Conversation{}, err
	}
	return h.act(ctx, actor, id, AskedToContribute, func(a *acting) (string, error) {
		with := slices.Compact(slices.Sorted(slices.Values(with)))
		for _, d := range with {
			switch {
			case h.directory.DepartmentName(d) == "":
				return "", Invalid{{Field: "departments", Message: fmt.Sprintf("Không có đơn vị %q trong danh mục.", d)}}
			case d == a.c.Department:
				return "", Invalid{{Field: "departments", Message: h.departmentOrDesk(d) + " đang chủ trì phiếu này."}}
			}
		}
		if slices.Equal(with, a.c.Contributing) && strings.TrimSpace(note) == "" {
			return "", errUnchanged
		}
		fresh := slices.DeleteFunc(slices.Clone(with), func(d kb.DepartmentID) bool { return slices.Contains(a.c.Contributing, d) })
		from := joinIDs(a.c.Contributing)
		a.c.Contributing = with
		if strings.TrimSpace(note) != "" {
			if _, err := a.note(note, ""); err != nil {
				return "", err
			}
		}
		n := Notice{Kind: NoticeAssigned, At: a.now, From: actor.Member.ID, Text: fmt.Sprintf("Đơn vị được đề nghị phối hợp trả lời phiếu %s.", a.c.Code)}
		err := h.tell(a.tx, a.c, n, func(m Member) bool {
			return m.Role == Staff && slices.ContainsFunc(fresh, Actor{Member: m}.of)
		})
		return joinIDs(with), errors.Join(err, a.mark(AskedToContribute, from, joinIDs(with)))
	})
}

func joinIDs(ids []kb.DepartmentID) string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = string(id)
	}
	return strings.Join(all, ",")
}

// Place notes where the matter is; empty: not known.
func (h *Hub) Place(ctx context.Context, actor Actor, id ConversationID, place LocalityID) (Conversation, error) {
	return h.act(ctx, actor, id, Placed, func(a *acting) (string, error) {
		if place != "" && h.directory.PlaceName(place) == "" {
			return "", Invalid{{Field: "locality", Message: "Không có địa bàn này trong danh mục."}}
		}
		if a.c.Locality == place {
			return "", errUnchanged
		}
		a.c.Locality = place
		return string(place), nil
	})
}

// ChargeOf tells who would be in charge of a conversation by its field and
// place, and by when an answer may be promised as the targets have it.
func (h *Hub) ChargeOf(ctx context.Context, actor Actor, id ConversationID) (charge Charge, due time.Time, err error) {
	err = h.store.View(ctx, func(tx Reader) error {
		c, err := actor.seen(tx.Conversation(id))
		if err != nil {
			return err
		}
		now := h.store.Now()
		charge = h.directory.Charge(c.Category, c.Locality, now)
		due = h.directory.Due(Result, c.Urgent, c.Category, c.Department, now)
		return nil
	})
	return charge, due, err
}

// contentOf is a text and nothing else.
func contentOf(text string) content.Content { return content.Content{Text: text} }
