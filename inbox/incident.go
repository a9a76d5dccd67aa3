package inbox

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"tongdai/kb"
)

// When a pipe bursts, forty people write the same. Their reports are gathered
// in one Incident, so that they are seen together and answered with one text;
// each stays a matter of its own, with its own person, channel and rights.

// Incident is one happening that several matters report.
type Incident struct {
	Title    string        `json:"title"` // for members, and for whoever looks for it
	By       MemberID      `json:"by"`
	At       time.Time     `json:"at"`
	Category kb.CategoryID `json:"cat,omitempty"` // of the first report
	Locality LocalityID    `json:"loc,omitempty"`
	ClosedAt time.Time     `json:"closed,omitzero"` // no more reports are gathered in it
	ClosedBy MemberID      `json:"closer,omitempty"`
}

// Incidents are kept under ids that grow with time.
const Incidents Shelf[Incident] = "incident"

// titleLength is the longest title of an incident, in characters.
const titleLength = 120

func checkTitle(title string) (string, error) {
	title = strings.Join(strings.Fields(strings.ToValidUTF8(title, "")), " ")
	switch n := utf8.RuneCountInString(title); {
	case n == 0:
		return "", Invalid{{Field: "title", Message: "Hãy đặt tên cho sự việc, ví dụ: Mất nước phường Hạc Thành."}}
	case n > titleLength:
		return "", Invalid{{Field: "title", Message: "Tên sự việc dài quá 120 ký tự; hãy rút ngắn."}}
	}
	return title, nil
}

// OpenIncident makes an incident with a first report.
func (h *Hub) OpenIncident(ctx context.Context, actor Actor, id ConversationID, title string) (Conversation, error) {
	title, err := checkTitle(title)
	if err != nil {
		return Conversation{}, err
	}
	return h.act(ctx, actor, id, Gathered, func(a *acting) (string, error) {
		if a.c.Incident != "" {
			return "", conflict("Phiếu %s đã thuộc một sự việc; hãy gỡ ra trước.", a.c.Code)
		}
		made, err := Incidents.Put(a.tx, Kept[Incident]{ID: newID(), Value: Incident{
			Title: title, By: a.actor.Member.ID, At: a.now, Category: a.c.Category, Locality: a.c.Locality,
		}})
		if err != nil {
			return "", err
		}
		return a.gather(made)
	})
}

// JoinIncident adds a report to an incident.
func (h *Hub) JoinIncident(ctx context.Context, actor Actor, id ConversationID, incident IncidentID) (Conversation, error) {
	return h.act(ctx, actor, id, Gathered, func(a *acting) (string, error) {
		if a.c.Incident == incident {
			return "", errUnchanged
		}
		if a.c.Incident != "" {
			return "", conflict("Phiếu %s đã thuộc một sự việc khác; hãy gỡ ra trước.", a.c.Code)
		}
		found, err := Incidents.Get(a.tx, string(incident))
		if err != nil {
			return "", err
		}
		if !found.Value.ClosedAt.IsZero() {
			return "", conflict("Sự việc “%s” đã đóng; hãy mở lại trước khi thêm phiếu.", found.Value.Title)
		}
		return a.gather(found)
	})
}

func (a *acting) gather(incident Kept[Incident]) (string, error) {
	a.c.Incident = IncidentID(incident.ID)
	return incident.ID, a.mark(Gathered, incident.ID, incident.Value.Title)
}

// JoinIncidentByCode adds the matter with a code, as the citizen quotes it.
func (h *Hub) JoinIncidentByCode(ctx context.Context, actor Actor, incident IncidentID, code string) (Conversation, error) {
	code = strings.ToUpper(strings.TrimSpace(code))
	var c Conversation
	err := h.store.View(ctx, func(tx Reader) (err error) {
		c, err = actor.seen(tx.ConversationByCode(code))
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return Conversation{}, Invalid{{Field: "code", Message: "Không tìm thấy phiếu có mã này; hãy kiểm tra lại."}}
	}
	if err != nil {
		return Conversation{}, err
	}
	return h.JoinIncident(ctx, actor, c.ID, incident)
}

// LeaveIncident takes a report out of its incident.
func (h *Hub) LeaveIncident(ctx context.Context, actor Actor, id ConversationID) (Conversation, error) {
	return h.act(ctx, actor, id, Scattered, func(a *acting) (string, error) {
		left := a.c.Incident
		if left == "" {
			return "", errUnchanged
		}
		found, err := Incidents.Get(a.tx, string(left))
		if err != nil && !errors.Is(err, ErrNotFound) {
			return "", err
		}
		a.c.Incident = ""
		return string(left), a.mark(Scattered, string(left), found.Value.Title)
	})
}

// IncidentChange is what becomes of an incident as a whole.
type IncidentChange struct {
	Title  string // empty: as it is
	Closed bool
}

// PutIncident renames, closes or opens an incident: for who began it, and for
// those who see the whole house.
func (h *Hub) PutIncident(ctx context.Context, actor Actor, id IncidentID, change IncidentChange) (Kept[Incident], error) {
	if change.Title != "" {
		title, err := checkTitle(change.Title)
		if err != nil {
			return Kept[Incident]{}, err
		}
		change.Title = title
	}
	var out Kept[Incident]
	err := h.store.Update(ctx, func(tx Writer) (err error) {
		if out, err = actor.incident(tx, id); err != nil {
			return err
		}
		if !actor.mayChange(out) {
			return ErrForbidden
		}
		now, detail := h.store.Now(), ""
		if change.Title != "" && change.Title != out.Value.Title {
			out.Value.Title, detail = change.Title, "renamed"
		}
		if closed := !out.Value.ClosedAt.IsZero(); change.Closed != closed {
			out.Value.ClosedAt, out.Value.ClosedBy, detail = time.Time{}, "", "opened"
			if change.Closed {
				out.Value.ClosedAt, out.Value.ClosedBy, detail = now, actor.Member.ID, "closed"
			}
		}
		if detail == "" {
			return nil
		}
		if out, err = Incidents.Put(tx, out); err != nil {
			return err
		}
		return tx.AppendAudit(Audit{
			At: now, Member: actor.Member.ID, Action: IncidentPut, Target: string(id), Address: actor.Address, Detail: detail,
		})
	})
	return out, err
}

// mayChange: who sees the whole house may, and who began the incident.
func (a Actor) mayChange(k Kept[Incident]) bool {
	return a.MayEverywhere(AnswerConversation) || a.May(AnswerConversation) && k.Value.By == a.Member.ID
}

// incident reads an incident for a member who sees any of its reports.
func (a Actor) incident(tx Reader, id IncidentID) (Kept[Incident], error) {
	found, err := Incidents.Get(tx, string(id))
	if err != nil || a.MayEverywhere(SeeConversation) {
		return found, err
	}
	reports, _, err := tx.Conversations(ListQuery{Lists: []ListID{OfIncident(id)}, Limit: reportsMost})
	for _, c := range reports {
		if a.MayWith(SeeConversation, c) {
			return found, nil
		}
	}
	return Kept[Incident]{}, cmp.Or(err, ErrNotFound)
}

// reportsMost is how many reports of one incident are shown and answered, the
// newest ones: as many as somebody can look over.
const reportsMost = 500

// Gathering is an incident with its reports.
type Gathering struct {
	Kept[Incident]
	Reports []Conversation // newest first; those that the member may see
	Hidden  int            // reports of others that the member may not see
	// CanChange: the member may rename and close it.
	CanChange bool
}

// Incident shows an incident with its reports.
func (h *Hub) Incident(ctx context.Context, actor Actor, id IncidentID) (Gathering, error) {
	var g Gathering
	err := h.store.View(ctx, func(tx Reader) (err error) {
		g, err = actor.gathering(tx, id)
		return err
	})
	actor.shownRows(g.Reports)
	return g, err
}

func (a Actor) gathering(tx Reader, id IncidentID) (g Gathering, err error) {
	if g.Kept, err = a.incident(tx, id); err != nil {
		return g, err
	}
	g.CanChange = a.mayChange(g.Kept)
	all, _, err := tx.Conversations(ListQuery{Lists: []ListID{OfIncident(id)}, Limit: reportsMost})
	for _, c := range all {
		if a.MayWith(SeeConversation, c) {
			g.Reports = append(g.Reports, c)
		} else {
			g.Hidden++
		}
	}
	return g, err
}

// incidentsShown are listed at most, the newest ones.
const incidentsShown = 200

// IncidentInList is an incident as the list shows it.
type IncidentInList struct {
	Kept[Incident]
	Reports int // that the member may see; counted up to CountLimit
	Open    int // of the newest of them
}

// ListIncidents lists the newest incidents: those that are open, or all.
func (h *Hub) ListIncidents(ctx context.Context, actor Actor, closedToo bool) ([]IncidentInList, error) {
	if !actor.May(SeeConversation) {
		return nil, ErrForbidden
	}
	var out []IncidentInList
	err := h.store.View(ctx, func(tx Reader) error {
		out = nil
		newest, err := Incidents.List(tx, PaperQuery{Backward: true, Limit: incidentsShown})
		if err != nil {
			return err
		}
		for _, kept := range newest {
			if !closedToo && !kept.Value.ClosedAt.IsZero() {
				continue
			}
			row, err := actor.inList(tx, kept)
			if err != nil {
				return err
			}
			if row.Reports > 0 || actor.MayEverywhere(SeeConversation) {
				out = append(out, row)
			}
		}
		return nil
	})
	return out, err
}

// openCounted is how many reports of an incident a list looks at to count the open ones.
const openCounted = 50

func (a Actor) inList(tx Reader, kept Kept[Incident]) (IncidentInList, error) {
	row := IncidentInList{Kept: kept}
	of := []ListID{OfIncident(IncidentID(kept.ID))}
	newest, _, err := tx.Conversations(ListQuery{Lists: of, Limit: openCounted})
	if err != nil {
		return row, err
	}
	for _, c := range newest {
		if !a.MayWith(SeeConversation, c) {
			continue
		}
		row.Reports++
		if c.Status == Open {
			row.Open++
		}
	}
	if len(newest) == openCounted && a.MayEverywhere(SeeConversation) {
		row.Reports, err = tx.CountConversations(of, CountLimit)
	}
	return row, err
}
