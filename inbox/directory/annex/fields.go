package annex

import (
	"fmt"
	"slices"
	"strings"

	"tongdai/inbox/directory"
)

// fieldRows are the rows of the sheet of fields that are about one field.
type fieldRows struct {
	id   directory.FieldID
	name string
	rows []row
}

// readFieldNames reads which fields there are. A row without a field goes on with
// the one above.
func (r *reader) readFieldNames() {
	t := r.of[&fieldSheet]
	if !t.there() {
		return
	}
	items := newItems(r.base.Fields, func(f *directory.Field) (*directory.FieldID, string) { return &f.ID, f.Name })
	t.each(func(at row) {
		id, name := at.one("id"), at.one("name")
		i := slices.IndexFunc(r.groups, func(g *fieldRows) bool {
			return id != "" && id == string(g.id) || id == "" && name != "" && directory.NameKey(name) == directory.NameKey(g.name)
		})
		switch {
		case id == "" && name == "" && len(r.groups) > 0:
			i = len(r.groups) - 1
		case i >= 0 && name != "" && directory.NameKey(name) != directory.NameKey(r.groups[i].name):
			r.bad(at, "name", "mã '%s' ở ô %s có tên khác: '%s'.", id, r.groups[i].rows[0].cell("name"), r.groups[i].name)
		}
		if i >= 0 {
			r.groups[i].rows = append(r.groups[i].rows, at)
			return
		}
		f, ok := items.take(r, at, directory.FieldList, directory.Field{})
		if !ok {
			return
		}
		if name != "" {
			f.Name = name
		}
		at.text("short_name", &f.ShortName)
		r.groups = append(r.groups, &fieldRows{f.ID, f.Name, []row{at}})
	})
	r.Data.Fields = items.all()
}

// readFields reads who is in charge of the fields, and how they are reached.
func (r *reader) readFields() {
	for _, g := range r.groups {
		i := slices.IndexFunc(r.Data.Fields, func(f directory.Field) bool { return f.ID == g.id })
		f := &r.Data.Fields[i]
		f.Lead, f.LeadLocality, f.Contributing, f.ContributingLocality, f.Urgent = nil, false, nil, false, nil
		for _, at := range g.rows {
			r.readInCharge(f, at)
		}
	}
}

func (r *reader) readInCharge(f *directory.Field, at row) {
	var units *[]directory.DepartmentID
	var ofPlace *bool
	switch role := fold(at.one("role")); role {
	case fold(roleLead), "lead":
		units, ofPlace = &f.Lead, &f.LeadLocality
		r.place(directory.FieldList, string(f.ID), "lead", at)
	case fold(roleContributing), "contributing":
		units, ofPlace = &f.Contributing, &f.ContributingLocality
		r.place(directory.FieldList, string(f.ID), "contributing", at)
	case fold(roleUrgent), "urgent":
		r.place(directory.FieldList, string(f.ID), "urgent", at)
		f.Urgent = append(f.Urgent, directory.Contact{Name: at.one("contact"), Phone: at.one("hotline")})
		return
	default:
		r.bad(at, "role", "'%s' không dùng được; xin ghi một trong: %s, %s, %s.", at.one("role"), roleLead, roleContributing, roleUrgent)
		return
	}
	if fold(at.one("unit")) == fold(directory.PlaceUnit) {
		*ofPlace = true
		if at.one("contact")+at.one("hotline")+at.one("email") != "" {
			r.bad(at, "contact", "đầu mối của từng địa bàn ghi ở trang '%s' hoặc '%s', không ghi ở dòng '%s'.", pointSheet.name, localitySheet.name, directory.PlaceUnit)
		}
		return
	}
	if id, ok := r.refer(at, "unit", r.departments, at.one("unit"), "đơn vị"); ok {
		*units = append(*units, directory.DepartmentID(id))
		r.readReach(directory.DepartmentID(id), at)
	}
}

// readReach takes what stands beside a unit: a contact point, or the unit's own
// hotline and e-mail.
func (r *reader) readReach(id directory.DepartmentID, at row) {
	u := r.unit(id)
	name := at.one("contact")
	if name == "" {
		kept := &departmentSheet
		if u.list == directory.LocalityList {
			kept = &localitySheet
		}
		r.agree(at, "hotline", string(id), kept, u.hotline)
		r.agree(at, "email", string(id), kept, u.email)
		return
	}
	i := slices.IndexFunc(*u.contacts, func(p directory.Point) bool { return directory.NameKey(p.Name) == directory.NameKey(name) })
	switch {
	case i < 0 && r.of[&pointSheet].there():
		r.bad(at, "contact", "đầu mối '%s' chưa có ở trang '%s'; xin ghi ở đó.", name, pointSheet.name)
		return
	case i < 0:
		i = len(*u.contacts)
		*u.contacts = append(*u.contacts, directory.Point{Name: name})
		r.place(u.list, u.id, fmt.Sprintf("contacts.%d", i), at)
	}
	p := &(*u.contacts)[i]
	whose := string(id) + "/" + directory.NameKey(name)
	r.agree(at, "hotline", whose, &pointSheet, &p.Phone)
	r.agree(at, "email", whose, &pointSheet, &p.Email)
}

// agree sets a value that another sheet keeps, unless the file has that sheet: then,
// as with another row that sets it, both must say the same.
func (r *reader) agree(at row, key, whose string, kept *layout, into *string) {
	text := at.one(key)
	if text == "" {
		return
	}
	if strings.EqualFold(text, *into) {
		if _, set := r.wished[whose+"#"+key]; !set {
			r.wished[whose+"#"+key] = at
		}
		return
	}
	if r.of[kept].there() {
		r.bad(at, key, "'%s' khác với trang '%s' ('%s'); xin sửa cho giống nhau.", text, kept.name, *into)
		return
	}
	if first, set := r.wished[whose+"#"+key]; set {
		r.bad(at, key, "'%s' khác với ô %s ('%s') của cùng đơn vị; xin sửa cho giống nhau.", text, first.cell(key), *into)
		return
	}
	r.wished[whose+"#"+key] = at
	*into = text
}
