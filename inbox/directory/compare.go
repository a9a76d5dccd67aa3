package directory

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// How an item differs between two states of the data.
const (
	Added   = "new"
	Changed = "changed"
	Removed = "gone"
)

// Change is how one item differs. It can be kept and carried as JSON.
type Change struct {
	List   string        `json:"list"` // departments, fields, localities or rules
	ID     string        `json:"id"`   // of the item; of a rule RuleID
	Name   string        `json:"name"`
	How    string        `json:"how"` // Added, Changed, Removed
	Fields []FieldChange `json:"fields,omitempty"`
}

// FieldChange is one value of an item, before and after, as people read it.
type FieldChange struct {
	Key string `json:"key"` // as Problem has it
	Old string `json:"old,omitempty"`
	New string `json:"new,omitempty"`
}

// titles are what people call the values of items.
var titles = map[string]string{
	"name": "Tên", "short_name": "Tên ngắn", "aliases": "Tên gọi khác", "kind": "Cấp", "hotline": "Hotline", "email": "E-mail",
	"hours": "Giờ làm việc", "contacts": "Đầu mối", "valid_from": "Từ ngày", "valid_until": "Đến ngày", "successors": "Kế thừa",
	"lead": "Chủ trì", "contributing": "Phối hợp", "urgent": "Báo khẩn", "field": "Lĩnh vực", "locality": "Địa bàn", "id": "Mã",
}

// Title is what people call a value of an item.
func Title(key string) string { return cmp.Or(titles[key], key) }

// PlaceUnit stands, in lists that people read, for the unit of the place that a
// matter is about, whichever it is.
const PlaceUnit = "UBND của địa bàn"

// KindTitle and its likes are what people call kinds and hours.
var (
	KindTitle         = map[Kind]string{Desk: "Thường trực", Province: "Cấp tỉnh", District: "Cấp huyện (cũ)", Commune: "Cấp xã"}
	HoursTitle        = map[Hours]string{Office: "Giờ hành chính", Always: "24/7"}
	LocalityKindTitle = map[LocalityKind]string{
		CityPlace: "Thành phố", TownPlace: "Thị xã", DistrictPlace: "Huyện", WardPlace: "Phường", CommunePlace: "Xã",
	}
)

// Compare lists how after differs from before: departments, then fields, places
// and rules. The order of items is no difference.
func Compare(before, after Data) []Change {
	c := comparer{names: namesOf(before, after)}
	compareList(&c, DepartmentList, before.Departments, after.Departments, func(d Department) (string, string) { return string(d.ID), d.Name }, c.department)
	compareList(&c, FieldList, before.Fields, after.Fields, func(f Field) (string, string) { return string(f.ID), f.Name }, c.field)
	compareList(&c, LocalityList, before.Localities, after.Localities, func(l Locality) (string, string) { return string(l.ID), l.Name }, c.locality)
	compareList(&c, RuleList, cellsOf(before.Rules), cellsOf(after.Rules), func(r cellRules) (string, string) {
		return RuleID(r.field, r.locality), c.names.field(r.field) + " · " + c.names.locality(r.locality)
	}, c.rules)
	return c.changes
}

// cellRules are all rules of one field in one place.
type cellRules struct {
	cell
	rules []Rule
}

func cellsOf(rules []Rule) []cellRules {
	var out []cellRules
	for _, r := range rules {
		at := cell{r.Field, r.Locality}
		i := slices.IndexFunc(out, func(c cellRules) bool { return c.cell == at })
		if i < 0 {
			i, out = len(out), append(out, cellRules{cell: at})
		}
		out[i].rules = append(out[i].rules, r)
	}
	for i := range out {
		slices.SortStableFunc(out[i].rules, func(a, b Rule) int { return a.ValidFrom.Compare(b.ValidFrom) })
	}
	return out
}

type comparer struct {
	names   names
	changes []Change
}

// value is one value of an item as people read it.
type value struct{ key, text string }

// compareList compares items of one list; values are those of an item.
func compareList[T any](c *comparer, list string, before, after []T, called func(T) (id, name string), values func(T) []value) {
	old := map[string]T{}
	for _, item := range before {
		id, _ := called(item)
		old[id] = item
	}
	for _, item := range after {
		id, name := called(item)
		was, known := old[id]
		delete(old, id)
		change := Change{List: list, ID: id, Name: name, How: Changed}
		if !known {
			change.How = Added
		}
		change.Fields = differences(values(was), values(item))
		if !known || len(change.Fields) > 0 {
			c.changes = append(c.changes, change)
		}
	}
	for _, item := range before {
		id, name := called(item)
		if _, gone := old[id]; gone {
			c.changes = append(c.changes, Change{List: list, ID: id, Name: name, How: Removed})
		}
	}
}

// differences pairs values, which come in the same order on both sides.
func differences(before, after []value) []FieldChange {
	var out []FieldChange
	for i, v := range after {
		if before[i].text != v.text {
			out = append(out, FieldChange{v.key, before[i].text, v.text})
		}
	}
	return out
}

func (c *comparer) department(d Department) []value {
	var successors []string
	for _, s := range d.Successors {
		successors = append(successors, c.successor(s))
	}
	return []value{
		{"name", d.Name}, {"short_name", d.ShortName}, {"aliases", strings.Join(d.Aliases, "\n")}, {"kind", cmp.Or(KindTitle[d.Kind], string(d.Kind))},
		{"hotline", d.Hotline}, {"email", d.Email}, {"hours", cmp.Or(HoursTitle[d.Hours], string(d.Hours))}, {"contacts", points(d.Contacts)},
		{"valid_from", date(d.ValidFrom)}, {"valid_until", date(d.ValidUntil)}, {"successors", strings.Join(successors, "\n")},
	}
}

func (c *comparer) successor(s Successor) string {
	text := c.names.department(s.ID)
	if s.Takes != "" {
		text += ": " + s.Takes
	}
	if s.Fields != nil {
		fields := make([]string, len(s.Fields))
		for i, f := range s.Fields {
			fields[i] = c.names.field(f)
		}
		text += " (" + cmp.Or(strings.Join(fields, "; "), "không nhận lĩnh vực nào") + ")"
	}
	return text
}

func (c *comparer) field(f Field) []value {
	lead, contributing := c.names.departments(f.Lead), c.names.departments(f.Contributing)
	if f.LeadLocality {
		lead += "\n" + PlaceUnit
	}
	if f.ContributingLocality {
		contributing += "\n" + PlaceUnit
	}
	var urgent []string
	for _, u := range f.Urgent {
		urgent = append(urgent, u.Name+" · "+u.Phone)
	}
	return []value{
		{"name", f.Name}, {"short_name", f.ShortName}, {"lead", strings.TrimSpace(lead)},
		{"contributing", strings.TrimSpace(contributing)}, {"urgent", strings.Join(urgent, "\n")},
	}
}

func (c *comparer) locality(l Locality) []value {
	successors := make([]string, len(l.Successors))
	for i, s := range l.Successors {
		successors[i] = c.names.locality(s)
	}
	return []value{
		{"name", l.Name}, {"aliases", strings.Join(l.Aliases, "\n")}, {"kind", cmp.Or(LocalityKindTitle[l.Kind], string(l.Kind))},
		{"hotline", l.Hotline}, {"email", l.Email}, {"contacts", points(l.Contacts)},
		{"valid_from", date(l.ValidFrom)}, {"valid_until", date(l.ValidUntil)}, {"successors", strings.Join(successors, "\n")},
	}
}

func (c *comparer) rules(cell cellRules) []value {
	var lead, contributing []string
	for _, r := range cell.rules {
		lead = append(lead, c.names.departments(r.Lead)+" ("+span(r)+")")
		if len(r.Contributing) > 0 {
			contributing = append(contributing, c.names.departments(r.Contributing)+" ("+span(r)+")")
		}
	}
	return []value{{"lead", strings.Join(lead, "\n")}, {"contributing", strings.Join(contributing, "\n")}}
}

// points are contact points, one a line.
func points(contacts []Point) string {
	lines := make([]string, len(contacts))
	for i, p := range contacts {
		parts := []string{p.Name}
		for _, part := range []string{p.Title, p.Phone, p.Email} {
			if part != "" {
				parts = append(parts, part)
			}
		}
		if p.Urgent {
			parts = append(parts, "báo khẩn")
		}
		lines[i] = strings.Join(parts, " · ")
	}
	return strings.Join(lines, "\n")
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return day(t)
}

// names tell what ids are called; what has no name is called by its id.
type names map[string]string

// namesOf knows the names in both states; where they differ, those of the later.
func namesOf(states ...Data) names {
	n := names{}
	for _, data := range states {
		for _, d := range Units(data) {
			n["d/"+string(d.ID)] = d.Name
		}
		for _, f := range data.Fields {
			n["f/"+string(f.ID)] = f.Name
		}
		for _, l := range data.Localities {
			n["l/"+string(l.ID)] = l.Name
		}
	}
	return n
}

func (n names) department(id DepartmentID) string { return cmp.Or(n["d/"+string(id)], string(id)) }
func (n names) field(id FieldID) string           { return cmp.Or(n["f/"+string(id)], string(id)) }
func (n names) locality(id LocalityID) string     { return cmp.Or(n["l/"+string(id)], string(id)) }

// departments are names, one a line.
func (n names) departments(ids []DepartmentID) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = n.department(id)
	}
	return strings.Join(out, "\n")
}
