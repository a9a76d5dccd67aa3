// Package directory knows who is in charge of what: departments, the fields
// that matters are filed under, and the places of the province, each with the
// dates it existed and whoever took over from it.
//
// A Directory is an immutable snapshot in memory, made once by New, which
// refuses data that contradicts itself and names every contradiction. Readers
// share it without locks; a change of data is a new Directory.
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

// Department is a body that answers.
type Department struct {
	ID         DepartmentID
	Name       string
	ShortName  string // as people say it: "Sở TT&TT"; Name when there is no shorter one
	Aliases    []string
	Kind       Kind
	Hotline    string // empty: none known
	Email      string
	Hours      Hours
	Locality   LocalityID // of a unit of one place; set by New only
	ValidFrom  time.Time  // first day; zero: always
	ValidUntil time.Time  // last day; zero: still there
	Successors []Successor
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
	ID     DepartmentID
	Takes  string    // which part, for people
	Fields []FieldID // only for matters of these; nil: of all; empty: of none of ours
}

// Contact is whom to tell at once.
type Contact struct {
	Name  string
	Phone string
}

// Field is what a matter is about (lĩnh vực), with those in charge of it.
type Field struct {
	ID                   FieldID
	Name                 string
	ShortName            string // Name when there is no shorter one
	Lead                 []DepartmentID
	LeadLocality         bool // the unit of the place leads; Lead when the place is not clear
	Contributing         []DepartmentID
	ContributingLocality bool
	Urgent               []Contact
}

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

// Locality is a place with its own administration.
type Locality struct {
	ID         LocalityID
	Name       string // with its level: "Huyện Hoằng Hóa"
	Kind       LocalityKind
	Aliases    []string  // other ways people write it, without the level where that is safe
	ValidFrom  time.Time // first day; zero: always
	ValidUntil time.Time // last day; zero: still there
	Successors []LocalityID
}

// Unit is the department that New makes for a place.
func (l Locality) Unit() DepartmentID { return DepartmentID("ubnd-" + string(l.ID)) }

// Directory answers who is in charge. The slices it returns are the caller's,
// but what lies inside them is shared: read only.
type Directory struct {
	departments []Department // as given, then the units of places
	fields      []Field
	localities  []Locality

	departmentByID   map[DepartmentID]int
	fieldByID        map[FieldID]int
	localityByID     map[LocalityID]int
	departmentByName map[string][]int
	fieldByName      map[string]int
	localityByName   map[string]int
	places           vi.Phrases // groups are indexes of localities
}

// New makes a directory. Its error is Problems: every contradiction in the data.
func New(departments []Department, fields []Field, localities []Locality) (*Directory, error) {
	d := &Directory{
		departments:      withUnits(departments, localities),
		fields:           slices.Clone(fields),
		localities:       slices.Clone(localities),
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
	if ps := d.check(); len(ps) > 0 {
		return nil, ps
	}
	return d, nil
}

func shorten(short *string, name string) {
	if *short == "" {
		*short = name
	}
}

// withUnits adds the unit of each place, with the place's dates and successors.
func withUnits(departments []Department, localities []Locality) []Department {
	all := slices.Clone(departments)
	for _, l := range localities {
		unit := Department{
			ID: l.Unit(), Name: "UBND " + lowerFirst(l.Name), Locality: l.ID,
			Kind: Commune, Hours: Office, ValidFrom: l.ValidFrom, ValidUntil: l.ValidUntil,
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
}

func nameKeys(name, short string, aliases []string) map[string]bool {
	keys := map[string]bool{nameKey(name): true, nameKey(short): true}
	for _, a := range aliases {
		keys[nameKey(a)] = true
	}
	maps.DeleteFunc(keys, func(key string, _ bool) bool { return key == "" })
	return keys
}
