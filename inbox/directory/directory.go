// Package directory knows who is in charge of what: departments, the fields
// that matters are filed under, and the places of the province, each with the
// dates it existed and whoever took over from it.
//
// A Directory is an immutable snapshot in memory, made once by New, which
// refuses data that contradicts itself and names every contradiction. Readers
// share it without locks; a change of data is a new Directory. Who changes it,
// and the history of changes, is the business of the package revisions; how it looks
// as a workbook is that of annex.
//
// Nothing that once had a name is forgotten. Names, abbreviations and former
// names are found with or without diacritics, and whoever is asked about a body
// that no longer exists gets the one that took its work over on the day asked
// about. Each place has its own unit ("UBND phường Hạc Thành"), made from the
// place, so that the two lists cannot disagree.
//
// Where a former district became several communes and nobody said which, the
// directory does not guess: a conversation given to the wrong commune would be
// read by people it does not concern. Such matters go to the units that the
// field names for that case.
//
// Arrows: directory knows kb for its identifiers and kb/vi for Vietnamese.
// tongdai/configs reads files into the types declared here.
package directory

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tongdai/kb"
	"tongdai/kb/vi"
)

// Identifiers of the directory. Departments and fields are those that entries
// and conversations carry.
type (
	DepartmentID = kb.DepartmentID
	FieldID      = kb.CategoryID
	LocalityID   string
)

// Kind is the level of a department.
type Kind string

// The kinds of departments.
const (
	Desk     Kind = "desk"     // the permanent desk, which takes what nobody else does
	Province Kind = "province" // a body of the province
	District Kind = "district" // a unit of a former district; none after 2025-06-30
	Commune  Kind = "commune"  // a unit of a commune or ward
)

// Data is everything a Directory is made of, as people keep it. It lies in the
// store under the names of its tags: a tag is never given another meaning.
type Data struct {
	Departments []Department `json:"departments,omitempty"`
	Fields      []Field      `json:"fields,omitempty"`
	Localities  []Locality   `json:"localities,omitempty"`
	Rules       []Rule       `json:"rules,omitempty"`
}

// Clone is a copy that may be changed.
func (d Data) Clone() Data {
	d.Departments, d.Fields = slices.Clone(d.Departments), slices.Clone(d.Fields)
	d.Localities, d.Rules = slices.Clone(d.Localities), slices.Clone(d.Rules)
	for i := range d.Departments {
		dep := &d.Departments[i]
		dep.Aliases, dep.Contacts, dep.Successors = slices.Clone(dep.Aliases), slices.Clone(dep.Contacts), slices.Clone(dep.Successors)
		for j := range dep.Successors {
			dep.Successors[j].Fields = slices.Clone(dep.Successors[j].Fields)
		}
	}
	for i := range d.Fields {
		f := &d.Fields[i]
		f.Lead, f.Contributing, f.Urgent = slices.Clone(f.Lead), slices.Clone(f.Contributing), slices.Clone(f.Urgent)
	}
	for i := range d.Localities {
		l := &d.Localities[i]
		l.Aliases, l.Contacts, l.Successors = slices.Clone(l.Aliases), slices.Clone(l.Contacts), slices.Clone(l.Successors)
	}
	for i := range d.Rules {
		r := &d.Rules[i]
		r.Lead, r.Contributing = slices.Clone(r.Lead), slices.Clone(r.Contributing)
	}
	return d
}

// Department is a body that answers.
type Department struct {
	ID         DepartmentID `json:"id"`
	Name       string       `json:"name"`
	ShortName  string       `json:"short,omitempty"` // as people say it: "Sở TT&TT"; Name when there is no shorter one
	Aliases    []string     `json:"aliases,omitempty"`
	Kind       Kind         `json:"kind"`
	Hotline    string       `json:"hotline,omitempty"` // empty: none known
	Email      string       `json:"email,omitempty"`
	Hours      Hours        `json:"hours"`
	Contacts   []Point      `json:"contacts,omitempty"` // the one to ask first comes first
	Locality   LocalityID   `json:"-"`                  // of a unit of one place; set by New only
	ValidFrom  time.Time    `json:"from,omitzero"`      // first day; zero: always
	ValidUntil time.Time    `json:"until,omitzero"`     // last day; zero: still there
	Successors []Successor  `json:"successors,omitempty"`
}

// Point is a person or a desk of a department that can be reached (đầu mối).
type Point struct {
	Name   string `json:"name"`
	Title  string `json:"title,omitempty"`
	Phone  string `json:"phone,omitempty"`
	Email  string `json:"email,omitempty"`
	Urgent bool   `json:"urgent,omitempty"` // urgent alarms go there
}

// Hours tells when a department answers.
type Hours string

// The hours a department keeps.
const (
	Office Hours = "office" // the office hours of the installation
	Always Hours = "always" // day and night
)

// Successor took over work of a department that ended.
type Successor struct {
	ID     DepartmentID `json:"id"`
	Takes  string       `json:"takes,omitempty"` // which part, for people
	Fields []FieldID    `json:"fields"`          // only for matters of these; nil: of all; empty: of none of ours
}

// Contact is whom to tell at once.
type Contact struct {
	Name  string `json:"name"`
	Phone string `json:"phone"`
}

// Field is what a matter is about (lĩnh vực), with those in charge of it.
type Field struct {
	ID                   FieldID        `json:"id"`
	Name                 string         `json:"name"`
	ShortName            string         `json:"short,omitempty"` // Name when there is no shorter one
	Lead                 []DepartmentID `json:"lead,omitempty"`
	LeadLocality         bool           `json:"lead_locality,omitempty"` // the unit of the place leads; Lead when the place is not clear
	Contributing         []DepartmentID `json:"contributing,omitempty"`
	ContributingLocality bool           `json:"contributing_locality,omitempty"`
	Urgent               []Contact      `json:"urgent,omitempty"`
}

// Rule says who is in charge of one field in one place, while it is valid, in
// place of what the field says: a cell of the matrix field × place.
type Rule struct {
	Field        FieldID        `json:"field"`
	Locality     LocalityID     `json:"locality"`
	Lead         []DepartmentID `json:"lead"`
	Contributing []DepartmentID `json:"contributing,omitempty"`
	ValidFrom    time.Time      `json:"from,omitzero"`  // first day; zero: always
	ValidUntil   time.Time      `json:"until,omitzero"` // last day; zero: still
}

// ValidAt reports whether r holds on the day of at.
func (r Rule) ValidAt(at time.Time) bool { return exists(r.ValidFrom, r.ValidUntil, at) }

// LocalityKind is the level of a place.
type LocalityKind string

// The kinds of places: the first three ended on 2025-06-30, the others began
// the day after.
const (
	CityPlace     LocalityKind = "city"     // thành phố thuộc tỉnh
	TownPlace     LocalityKind = "town"     // thị xã
	DistrictPlace LocalityKind = "district" // huyện
	WardPlace     LocalityKind = "ward"     // phường
	CommunePlace  LocalityKind = "commune"  // xã
)

// Locality is a place with its own administration. Hotline, Email and Contacts
// are those of its unit.
type Locality struct {
	ID         LocalityID   `json:"id"`
	Name       string       `json:"name"` // with its level: "Huyện Hoằng Hóa"
	Kind       LocalityKind `json:"kind"`
	Aliases    []string     `json:"aliases,omitempty"` // other ways people write it, without the level where that is safe
	Hotline    string       `json:"hotline,omitempty"`
	Email      string       `json:"email,omitempty"`
	Contacts   []Point      `json:"contacts,omitempty"`
	ValidFrom  time.Time    `json:"from,omitzero"`  // first day; zero: always
	ValidUntil time.Time    `json:"until,omitzero"` // last day; zero: still there
	Successors []LocalityID `json:"successors,omitempty"`
}

// Unit is the department that New makes for a place.
func (l Locality) Unit() DepartmentID { return DepartmentID("ubnd-" + string(l.ID)) }

// Directory answers who is in charge. The slices it returns are the caller's,
// but what lies inside them is shared: read only.
type Directory struct {
	data        Data
	departments []Department // as given, then the units of places
	fields      []Field
	localities  []Locality
	rules       map[cell][]Rule

	departmentByID   map[DepartmentID]int
	fieldByID        map[FieldID]int
	localityByID     map[LocalityID]int
	departmentByName map[string][]int
	fieldByName      map[string]int
	localityByName   map[string]int
	places           vi.Phrases // groups are indexes of localities
}

// New makes a directory. Its error is Problems: every contradiction in the data.
// What data holds is shared from then on: nobody changes it.
func New(data Data) (*Directory, error) {
	d := Kept(data)
	if ps := d.check(); len(ps) > 0 {
		return nil, ps
	}
	return d, nil
}

// Kept makes a directory of data that New took when it was kept: a later program
// that asks for more must not be without a directory.
func Kept(data Data) *Directory {
	d := &Directory{
		data:             data,
		departments:      Units(data),
		fields:           slices.Clone(data.Fields),
		localities:       slices.Clone(data.Localities),
		rules:            map[cell][]Rule{},
		departmentByID:   map[DepartmentID]int{},
		fieldByID:        map[FieldID]int{},
		localityByID:     map[LocalityID]int{},
		departmentByName: map[string][]int{},
		fieldByName:      map[string]int{},
		localityByName:   map[string]int{},
	}
	for i := range d.departments {
		shorten(&d.departments[i].ShortName, d.departments[i].Name)
	}
	for i := range d.fields {
		shorten(&d.fields[i].ShortName, d.fields[i].Name)
	}
	d.index()
	return d
}

// Data is what d was made of. It is shared: read only.
func (d *Directory) Data() Data { return d.data }

func shorten(short *string, name string) {
	if *short == "" {
		*short = name
	}
}

// Units are all departments of the data: those given, then the unit of each place,
// with the place's dates and successors.
func Units(data Data) []Department {
	all := slices.Clone(data.Departments)
	for _, l := range data.Localities {
		unit := Department{
			ID: l.Unit(), Name: "UBND " + lowerFirst(l.Name), Locality: l.ID,
			Kind: Commune, Hours: Office, ValidFrom: l.ValidFrom, ValidUntil: l.ValidUntil,
			Hotline: l.Hotline, Email: l.Email, Contacts: l.Contacts,
		}
		if l.Kind != WardPlace && l.Kind != CommunePlace {
			unit.Kind = District
		}
		for _, alias := range l.Aliases {
			unit.Aliases = append(unit.Aliases, "UBND "+alias)
		}
		for _, s := range l.Successors {
			unit.Successors = append(unit.Successors, Successor{ID: Locality{ID: s}.Unit()})
		}
		all = append(all, unit)
	}
	return all
}

func lowerFirst(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return strings.ToLower(s[:size]) + s[size:]
}

// Department returns the department of that id, whether it still exists or not.
func (d *Directory) Department(id DepartmentID) (Department, bool) {
	i, ok := d.departmentByID[id]
	if !ok {
		return Department{}, false
	}
	return d.departments[i], true
}

// All returns every department, those that ended included, in the same order as
// Departments.
func (d *Directory) All() []Department { return slices.Clone(d.departments) }

// Departments returns those that exist on the day of at, in the order of the
// data: the desk and the bodies of the province first, units of places last.
func (d *Directory) Departments(at time.Time) []Department {
	var out []Department
	for _, dep := range d.departments {
		if dep.ExistsAt(at) {
			out = append(out, dep)
		}
	}
	return out
}

// Field returns the field of that id.
func (d *Directory) Field(id FieldID) (Field, bool) {
	i, ok := d.fieldByID[id]
	if !ok {
		return Field{}, false
	}
	return d.fields[i], true
}

// Fields returns all fields in the order of the data.
func (d *Directory) Fields() []Field { return slices.Clone(d.fields) }

// Locality returns the place of that id, whether it still exists or not.
func (d *Directory) Locality(id LocalityID) (Locality, bool) {
	i, ok := d.localityByID[id]
	if !ok {
		return Locality{}, false
	}
	return d.localities[i], true
}

// Places returns all places, those that ended included, in the order of the data.
func (d *Directory) Places() []Locality { return slices.Clone(d.localities) }

// ExistsAt reports whether dep exists on the day of at.
func (dep Department) ExistsAt(at time.Time) bool {
	return exists(dep.ValidFrom, dep.ValidUntil, at)
}

// ExistsAt reports whether l exists on the day of at.
func (l Locality) ExistsAt(at time.Time) bool { return exists(l.ValidFrom, l.ValidUntil, at) }

// exists takes both days as inclusive; they begin at midnight in their own zone.
func exists(from, until, at time.Time) bool {
	return (from.IsZero() || !at.Before(from)) && (until.IsZero() || at.Before(until.AddDate(0, 0, 1)))
}

func (d *Directory) index() {
	for i, dep := range d.departments {
		d.departmentByID[dep.ID] = i
		for key := range nameKeys(dep.Name, dep.ShortName, dep.Aliases) {
			d.departmentByName[key] = append(d.departmentByName[key], i)
		}
	}
	for i, f := range d.fields {
		d.fieldByID[f.ID] = i
		for key := range nameKeys(f.Name, f.ShortName, nil) {
			d.fieldByName[key] = i
		}
	}
	for i, l := range d.localities {
		d.localityByID[l.ID] = i
		for key := range nameKeys(l.Name, l.Name, l.Aliases) {
			if _, taken := d.localityByName[key]; !taken {
				d.localityByName[key] = i
			}
		}
		for _, phrase := range spokenNames(l) {
			d.places.Add(phrase, i)
		}
	}
	for _, r := range d.data.Rules {
		at := cell{r.Field, r.Locality}
		d.rules[at] = append(d.rules[at], r)
	}
}

func nameKeys(name, short string, aliases []string) map[string]bool {
	keys := map[string]bool{nameKey(name): true, nameKey(short): true}
	for _, a := range aliases {
		keys[nameKey(a)] = true
	}
	maps.DeleteFunc(keys, func(key string, _ bool) bool { return key == "" })
	return keys
}
