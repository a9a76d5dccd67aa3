package inbox

import (
	"time"

	"tongdai/kb"
)

// Charge is who answers a matter of a field at a place. Both are empty for a
// field that the desk answers itself, or that is not known.
type Charge struct {
	Lead         []kb.DepartmentID // the main one first
	Contributing []kb.DepartmentID // asked beside it where a person sees fit
	// NeedsPlace: it would be another one, were the place known.
	NeedsPlace bool
}

// AlarmContact is somebody who must hear of an urgent report at once.
type AlarmContact struct {
	Department kb.DepartmentID
	Name       string
	Phone      string
	Email      string
}

// ContactPoint is where citizens may be sent: a department, or a person or desk of it.
type ContactPoint struct {
	Department kb.DepartmentID
	Name       string // empty: the department itself
	Title      string
	Phone      string
	Email      string
}

// answerDue is by when c would be answered, were it handed to people now: the
// latest of what desk and department are given. Zero: there is no target.
func (h *Hub) answerDue(c Conversation, now time.Time) time.Time {
	due := h.directory.Due(Result, c.Urgent, c.Category, c.Department, now)
	for _, lead := range h.directory.Charge(c.Category, c.Locality, now).Lead {
		if later := h.directory.Due(Result, c.Urgent, c.Category, lead, now); later.After(due) {
			due = later
		}
	}
	return due
}

// Charges tell who is in charge, and how long things may take.
type Charges interface {
	// Charge tells who answers a matter of a field at a place on a day; place may be empty.
	Charge(field kb.CategoryID, place LocalityID, at time.Time) Charge
	// Places are those that a text names, each once; some may be former ones.
	Places(text string) []LocalityID
	PlaceName(id LocalityID) string // empty: there is none
	// AlarmContacts are to be reached at once about such a matter, in their order.
	AlarmContacts(field kb.CategoryID, place LocalityID, at time.Time) []AlarmContact
	// Points are those of all departments of that day that can be called or written
	// to, by department, each one's own hotline first.
	Points(at time.Time) []ContactPoint
	// Due is when something has to be done that began at from, by the department or,
	// where that is empty, the desk. Zero: there is no target.
	Due(clock Clock, urgent bool, field kb.CategoryID, department kb.DepartmentID, from time.Time) time.Time
}
