package main

import (
	"slices"
	"time"

	"tongdai/configs"
	"tongdai/inbox"
	"tongdai/inbox/directory"
	"tongdai/kb"
)

// Charge is the directory's word, where the desk leads nothing: what it answers
// itself is nobody's else.
func (h house) Charge(field kb.CategoryID, place inbox.LocalityID, at time.Time) inbox.Charge {
	at = at.In(configs.Zone)
	d := h.current()
	lead, contributing := d.InCharge(field, directory.LocalityID(place), at)
	f, _ := d.Field(field)
	charge := inbox.Charge{Contributing: ids(contributing), NeedsPlace: f.LeadLocality && place == ""}
	if len(lead) > 0 && lead[0].Kind != directory.Desk {
		charge.Lead = ids(lead)
	}
	return charge
}

// ids leaves the desk out, which has every matter that nobody else has.
func ids(departments []directory.Department) (all []kb.DepartmentID) {
	for _, d := range departments {
		if d.Kind != directory.Desk {
			all = append(all, d.ID)
		}
	}
	return all
}

func (h house) Places(text string) (all []inbox.LocalityID) {
	for _, l := range h.current().Localities(text) {
		all = append(all, inbox.LocalityID(l.ID))
	}
	return all
}

func (h house) PlaceName(id inbox.LocalityID) string {
	l, _ := h.current().Locality(directory.LocalityID(id))
	return l.Name
}

// AlarmContacts are the points for urgent reports of those in charge of a
// matter, then the numbers that the field names. Whoever leads it is told in any
// case, if only at the desk. Without a field it is the first that names numbers:
// urgent reports are about health.
func (h house) AlarmContacts(field kb.CategoryID, place inbox.LocalityID, at time.Time) (all []inbox.AlarmContact) {
	at = at.In(configs.Zone)
	d := h.current()
	f, ok := d.Field(field)
	if !ok || len(f.Urgent) == 0 {
		for _, other := range d.Fields() {
			if len(other.Urgent) > 0 {
				f = other
				break
			}
		}
	}
	lead, contributing := d.InCharge(f.ID, directory.LocalityID(place), at)
	for _, unit := range append(lead, contributing...) {
		if unit.Kind == directory.Desk { // which hears of it anyway
			continue
		}
		points := unit.UrgentPoints()
		if len(points) == 0 && contains(lead, unit.ID) {
			points = []directory.Point{{Name: unit.Name}}
		}
		for _, p := range points {
			all = append(all, inbox.AlarmContact{Department: unit.ID, Name: p.Name, Phone: p.Phone, Email: p.Email})
		}
	}
	for _, c := range f.Urgent {
		all = append(all, inbox.AlarmContact{Name: c.Name, Phone: c.Phone})
	}
	return all
}

// Points leaves out what names neither number nor address, and the desk, which
// the citizen has already reached.
func (h house) Points(at time.Time) (all []inbox.ContactPoint) {
	for _, d := range h.current().Departments(at.In(configs.Zone)) {
		if d.Kind == directory.Desk {
			continue
		}
		own := inbox.ContactPoint{Department: d.ID, Phone: d.Hotline, Email: d.Email}
		points := []inbox.ContactPoint{own}
		for _, p := range d.Contacts {
			points = append(points, inbox.ContactPoint{Department: d.ID, Name: p.Name, Title: p.Title, Phone: p.Phone, Email: p.Email})
		}
		for _, p := range points {
			if p.Phone != "" || p.Email != "" {
				all = append(all, p)
			}
		}
	}
	return all
}

func contains(units []directory.Department, id kb.DepartmentID) bool {
	return slices.ContainsFunc(units, func(u directory.Department) bool { return u.ID == id })
}

// steps are the clocks as the targets name them.
var steps = map[inbox.Clock]configs.Step{
	inbox.PassOn: configs.PassOn, inbox.Progress: configs.Progress, inbox.Result: configs.Result,
}

func (h house) Due(clock inbox.Clock, urgent bool, field kb.CategoryID, department kb.DepartmentID, from time.Time) time.Time {
	data := h.data
	data.Directory = h.current()
	return data.Due(steps[clock], urgent, field, department, from.In(configs.Zone))
}
