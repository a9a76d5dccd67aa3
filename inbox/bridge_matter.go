package inbox

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/kb"
)

// matterAt is a conversation as a department is to see it where it works.
func (h *Hub) matterAt(tx Reader, c Conversation, t Thread, u connectors.Unit) (connectors.Matter, error) {
	m := connectors.Matter{
		Code: c.Code, Unit: u.Name, Person: c.ContactName, Channel: h.ChannelName(c.Channel),
		Field: h.directory.CategoryName(c.Category), Place: h.directory.PlaceName(c.Locality),
		Urgent: c.Urgent, Alarm: c.Alarm == AlarmRinging, Standing: standingOf(c, t.Unit),
	}
	if h.cfg.PublicURL != "" {
		m.Link = h.cfg.PublicURL + "/desk/c/" + string(c.ID)
	}
	var err error
	if m.Due, m.Promised, err = answerOwed(tx, c); err != nil {
		return m, err
	}
	m.Asked = t.Asked
	if c.Handoff != nil {
		m.Asked = cmp.Or(m.Asked, c.Handoff.Asked)
		for _, found := range c.Handoff.Candidates {
			m.Tried = append(m.Tried, found.Question)
		}
	}
	m.Asked = cmp.Or(m.Asked, c.LastText)
	if c.Assignee != "" {
		holder, err := tx.Member(c.Assignee)
		if err != nil {
			return m, err
		}
		m.Holder = holder.Name
	}
	return m, nil
}

// answerOwed is by when the citizen is to have an answer, and whether that was promised.
func answerOwed(tx Reader, c Conversation) (due time.Time, promised bool, err error) {
	if c.Due.IsZero() || !c.PromisedBy.IsZero() {
		return c.PromisedBy, !c.PromisedBy.IsZero(), nil
	}
	all, err := promisesOf(tx, c.ID)
	for _, k := range all {
		if k.Value.Clock == Result && !k.Value.settled() {
			due = k.Value.Due
		}
	}
	return due, false, err
}

func standingOf(c Conversation, unit kb.DepartmentID) connectors.Standing {
	switch {
	case c.Status == Resolved:
		return connectors.Closed
	case c.Department == unit:
		return connectors.InCharge
	case slices.Contains(c.Contributing, unit):
		return connectors.Contributing
	}
	return connectors.Elsewhere
}

// ChannelName is what people call a channel or a bridge.
func (h *Hub) ChannelName(id connectors.ChannelID) string {
	if s := h.speaker(id); s != nil {
		return s.Channel().Name
	}
	return string(id)
}

// told reports whether a place is told of m: of what was said and what happened, but
// not of what people there said themselves, nor of what only the desk needs to know.
func (n *newsOf) told(m Message) bool {
	if strings.HasPrefix(m.Key, deedKey(n.thread.ID, "")) {
		return false
	}
	return m.Change == nil || changeWords[m.Change.Action] != ""
}

// urges reports whether a department has to know of m soon enough for a letter. What
// its own people did it knows.
func (n *newsOf) urges(m Message) bool {
	if !n.told(m) || n.byUnit(m) {
		return false
	}
	if m.Change != nil {
		return slices.Contains(urgingChanges, m.Change.Action)
	}
	return m.Direction == Note || m.Direction == In && !m.byMachine()
}

// byUnit reports whether somebody of the thread's department said or did m.
func (n *newsOf) byUnit(m Message) bool {
	if m.Author.Member == "" {
		return false
	}
	by, err := n.tx.Member(m.Author.Member)
	return err == nil && slices.Contains(by.Departments, n.thread.Value.Unit)
}

// urgingChanges are worth a letter.
var urgingChanges = []Action{Transferred, Returned, AskedToContribute, WasOverdue, Reopened, MarkedUrgent}

// changeWords tell at a place what happened; %s is whom or what it concerns.
var changeWords = map[Action]string{
	HandedOff:         "Tổng đài chuyển phiếu cho người trả lời.",
	Took:              "%s nhận phiếu.",
	Assigned:          "Phiếu được giao cho %s.",
	Transferred:       "Phiếu được chuyển cho %s.",
	Returned:          "Phiếu được chuyển lại bộ phận thường trực.",
	AskedToContribute: "Đơn vị được đề nghị phối hợp: %s.",
	Promised:          "Đã hẹn trả lời người dân trước %s.",
	PromiseWithdrawn:  "Đã rút lại lời hẹn trả lời người dân trước %s.",
	WasOverdue:        "Quá hạn: phải xong trước %s.",
	AlarmTaken:        "%s xác nhận đã nhận tin khẩn.",
	MarkedUrgent:      "Phiếu được đánh dấu khẩn.",
	Calmed:            "Phiếu không còn là khẩn.",
	Closed:            "Phiếu đã đóng.",
	Reopened:          "Phiếu được mở lại.",
}

// itemOf is m as a place is told it.
func (h *Hub) itemOf(tx Reader, m Message) connectors.Item {
	said := m.Content
	said.Attachments = nil
	i := connectors.Item{By: m.Author.Name, At: m.ReceivedAt}
	for _, f := range m.Content.Attachments {
		switch {
		case f.Kind == content.Original:
		case f.ID == "":
			said.Attachments = append(said.Attachments, f) // is told of, not there
		default:
			i.Files = append(i.Files, f)
		}
	}
	i.Text = content.Plain(said)
	switch {
	case m.Change != nil:
		i.Kind, i.Text = connectors.ItemChange, h.changeWords(tx, *m.Change, m.Author)
	case m.Direction == Note:
		i.Kind = connectors.ItemNote
	case m.Direction == Out:
		i.Kind = connectors.ItemAnswer
		if m.Author.Kind == Bot {
			i.By = "Trợ lý ảo 1022"
		}
	default:
		i.Kind = connectors.ItemCitizen
	}
	return i
}

func (h *Hub) changeWords(tx Reader, change Change, by Author) string {
	words := changeWords[change.Action]
	if !strings.Contains(words, "%s") {
		return words
	}
	about := change.To
	switch change.Action {
	case Took, AlarmTaken:
		about = by.Name
	case Assigned:
		if m, err := tx.Member(MemberID(change.To)); err == nil {
			about = m.Name
		}
	case Transferred:
		about = h.departmentOrDesk(kb.DepartmentID(change.To))
	case AskedToContribute:
		var names []string
		for id := range strings.SplitSeq(change.To, ",") {
			names = append(names, h.departmentName(kb.DepartmentID(id)))
		}
		about = strings.Join(names, ", ")
	case Promised, WasOverdue, PromiseWithdrawn:
		when := change.To
		if when == "" {
			when = change.From
		}
		if at, err := time.Parse(time.RFC3339, when); err == nil {
			about = clockAndDay(at)
		}
	}
	return fmt.Sprintf(words, about)
}
