package directory

import (
	"slices"
	"time"
)

// Successors returns those that do the work of a department on the day of at,
// the main one first: the department itself while it exists, otherwise its
// successors and theirs. It is empty for an unknown id or where nobody took over.
func (d *Directory) Successors(id DepartmentID, at time.Time) []Department {
	return d.successors(id, at, func(Successor) bool { return true })
}

func (d *Directory) successors(id DepartmentID, at time.Time, takes func(Successor) bool) []Department {
	dep, ok := d.Department(id)
	if !ok {
		return nil
	}
	if dep.ValidUntil.IsZero() || at.Before(dep.ValidUntil.AddDate(0, 0, 1)) {
		return []Department{dep}
	}
	var out []Department
	for _, s := range dep.Successors {
		if takes(s) {
			out = appendNew(out, d.successors(s.ID, at, takes)...)
		}
	}
	return out
}

// InCharge returns who answers a matter of a field on the day of at: those in
// charge, the main one first, and those who contribute. A rule for the field in
// that place wins over what the field says. locality may be empty or unknown;
// then, and where a former place has become several, the units that the field
// names stand in for the place's own. Nobody is returned twice. Both are empty
// for an unknown field.
func (d *Directory) InCharge(field FieldID, locality LocalityID, at time.Time) (lead, contributing []Department) {
	f, ok := d.Field(field)
	if !ok {
		return nil, nil
	}
	if r, ok := d.Rule(field, locality, at); ok {
		lead, contributing = d.inField(r.Lead, field, at), d.inField(r.Contributing, field, at)
		if len(lead) > 0 { // else all of them have ended since
			return lead, without(contributing, lead)
		}
	}
	unit, clear := d.unit(locality, at)
	if f.LeadLocality && clear {
		lead = []Department{unit}
	} else {
		lead = d.inField(f.Lead, field, at)
	}
	contributing = d.inField(f.Contributing, field, at)
	if f.ContributingLocality && clear {
		contributing = appendNew(contributing, unit)
	}
	return lead, without(contributing, lead)
}

func without(list, others []Department) []Department {
	return slices.DeleteFunc(list, func(c Department) bool { return contains(others, c.ID) })
}

// cell is a place in the matrix field × place.
type cell struct {
	field    FieldID
	locality LocalityID
}

// Rule returns the rule for a field in a place on the day of at. For a former
// place that became one other it is the rule of that one.
func (d *Directory) Rule(field FieldID, locality LocalityID, at time.Time) (Rule, bool) {
	for _, id := range []LocalityID{locality, d.placeNow(locality, at)} {
		for _, r := range d.rules[cell{field, id}] {
			if r.ValidAt(at) {
				return r, true
			}
		}
	}
	return Rule{}, false
}

// placeNow is the one place that a place is or has become on the day of at.
func (d *Directory) placeNow(locality LocalityID, at time.Time) LocalityID {
	unit, ok := d.unit(locality, at)
	if !ok {
		return locality
	}
	return unit.Locality
}

// UrgentPoints are the contact points of a department that urgent alarms go to.
func (dep Department) UrgentPoints() []Point {
	var out []Point
	for _, p := range dep.Contacts {
		if p.Urgent {
			out = append(out, p)
		}
	}
	return out
}

// inField follows each department to those that took over this field.
func (d *Directory) inField(ids []DepartmentID, field FieldID, at time.Time) []Department {
	var out []Department
	for _, id := range ids {
		out = appendNew(out, d.successors(id, at, func(s Successor) bool {
			return s.Fields == nil || slices.Contains(s.Fields, field)
		})...)
	}
	return out
}

// unit is the one unit of a place on the day of at; false when the place is not
// known or has become several.
func (d *Directory) unit(locality LocalityID, at time.Time) (Department, bool) {
	l, ok := d.Locality(locality)
	if !ok {
		return Department{}, false
	}
	units := d.Successors(l.Unit(), at)
	if len(units) != 1 {
		return Department{}, false
	}
	return units[0], true
}

func appendNew(list []Department, more ...Department) []Department {
	for _, dep := range more {
		if !contains(list, dep.ID) {
			list = append(list, dep)
		}
	}
	return list
}

func contains(list []Department, id DepartmentID) bool {
	return slices.ContainsFunc(list, func(dep Department) bool { return dep.ID == id })
}
