package annex

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"tongdai/inbox/directory"
	"tongdai/kb/sheet"
)

// Reading is what a file says.
type Reading struct {
	Data     directory.Data // the directory with what the file says; only without Problems
	Problems []sheet.Problem
	Notes    []sheet.Note
}

// Read understands the sheets of a file as changes of base. file is its name, for
// messages.
func Read(file string, grids []sheet.Grid, base directory.Data) Reading {
	r := reader{file: file, base: base.Clone(), of: map[*layout]*table{}, places: map[string]row{}, wished: map[string]row{}}
	r.Data = base.Clone()
	r.tables(grids)
	r.spreadsheetErrors()
	if len(r.Problems) == 0 {
		r.read()
	}
	if len(r.Problems) == 0 {
		r.contradictions()
	}
	sheet.Sort(r.Problems)
	return r.Reading
}

type reader struct {
	Reading
	file                            string
	base                            directory.Data
	of                              map[*layout]*table
	departments, fields, localities callings
	places                          map[string]row // where an item or a part of it stands
	groups                          []*fieldRows
	wished                          map[string]row // how units are reached, as the sheet of fields says
}

// read goes from what is named to what names it.
func (r *reader) read() {
	r.readDepartments()
	r.readLocalities()
	r.readFieldNames()
	r.departments, r.fields, r.localities = callingsOf(r.Data)
	r.readLocalitySuccessors()
	r.readSuccessors()
	r.readPoints()
	r.readFields()
	r.readRules()
}

// spreadsheetErrors names cells that show an error instead of a value.
func (r *reader) spreadsheetErrors() {
	for _, l := range layouts {
		r.of[l].each(func(at row) {
			for key := range at.at {
				if text := at.one(key); shownError.MatchString(text) {
					r.bad(at, key, "công thức báo lỗi %s; xin sửa hoặc gõ thẳng giá trị.", text)
				}
			}
		})
	}
}

var shownError = regexp.MustCompile(`^#(REF!|N/A|VALUE!|NAME\?|DIV/0!|NULL!|NUM!)$`)

func (r *reader) readDepartments() {
	t := r.of[&departmentSheet]
	if !t.there() {
		return
	}
	items := newItems(r.base.Departments, func(d *directory.Department) (*directory.DepartmentID, string) { return &d.ID, d.Name })
	t.each(func(at row) {
		d, ok := items.take(r, at, directory.DepartmentList, directory.Department{Kind: directory.Province, Hours: directory.Office})
		if !ok {
			return
		}
		at.text("name", &d.Name)
		at.text("short_name", &d.ShortName)
		at.all("aliases", &d.Aliases)
		at.text("hotline", &d.Hotline)
		at.text("email", &d.Email)
		choice(r, at, "kind", directory.KindTitle, &d.Kind)
		choice(r, at, "hours", directory.HoursTitle, &d.Hours)
		r.day(at, "valid_from", &d.ValidFrom)
		r.day(at, "valid_until", &d.ValidUntil)
	})
	r.Data.Departments = items.all()
}

func (r *reader) readLocalities() {
	t := r.of[&localitySheet]
	if !t.there() {
		return
	}
	items := newItems(r.base.Localities, func(l *directory.Locality) (*directory.LocalityID, string) { return &l.ID, l.Name })
	t.each(func(at row) {
		l, ok := items.take(r, at, directory.LocalityList, directory.Locality{Kind: kindNamed(at.one("name"))})
		if !ok {
			return
		}
		at.text("name", &l.Name)
		at.all("aliases", &l.Aliases)
		at.text("hotline", &l.Hotline)
		at.text("email", &l.Email)
		choice(r, at, "kind", directory.LocalityKindTitle, &l.Kind)
		r.day(at, "valid_from", &l.ValidFrom)
		r.day(at, "valid_until", &l.ValidUntil)
	})
	r.Data.Localities = items.all()
}

// kindNamed is the level that the name of a place begins with.
func kindNamed(name string) directory.LocalityKind {
	for kind, title := range directory.LocalityKindTitle {
		if strings.HasPrefix(fold(name)+" ", fold(title)+" ") {
			return kind
		}
	}
	return ""
}

func (r *reader) readLocalitySuccessors() {
	for i := range r.Data.Localities {
		l := &r.Data.Localities[i]
		at, ok := r.places[directory.LocalityList+"/"+string(l.ID)+"#"]
		if !ok || !at.has("successors") {
			continue
		}
		l.Successors = nil
		for _, name := range at.list("successors") {
			if s, ok := r.refer(at, "successors", r.localities, name, "địa bàn"); ok {
				l.Successors = append(l.Successors, directory.LocalityID(s))
			}
		}
	}
}

func (r *reader) readSuccessors() {
	t := r.of[&successorSheet]
	if !t.there() {
		return
	}
	for i := range r.Data.Departments {
		r.Data.Departments[i].Successors = nil
	}
	t.each(func(at row) {
		of, ok1 := r.refer(at, "unit", r.departments, at.one("unit"), "đơn vị")
		to, ok2 := r.refer(at, "successors", r.departments, at.one("successors"), "đơn vị")
		s := directory.Successor{ID: directory.DepartmentID(to), Takes: at.one("takes"), Fields: r.taken(at)}
		if !ok1 || !ok2 {
			return
		}
		d := r.department(directory.DepartmentID(of))
		if d == nil {
			r.bad(at, "unit", "'%s' là UBND của một địa bàn; đơn vị kế thừa ghi ở trang '%s'.", at.one("unit"), localitySheet.name)
			return
		}
		r.place(directory.DepartmentList, of, "successors", at)
		d.Successors = append(d.Successors, s)
	})
}

// taken are the fields that a successor takes: nil are all.
func (r *reader) taken(at row) []directory.FieldID {
	text := fold(at.one("fields"))
	if text == "" || text == fold(allFields) {
		return nil
	}
	out := []directory.FieldID{}
	if text == fold(noField) {
		return out
	}
	for _, name := range at.list("fields") {
		if f, ok := r.refer(at, "fields", r.fields, name, "lĩnh vực"); ok {
			out = append(out, directory.FieldID(f))
		}
	}
	return out
}

func (r *reader) readPoints() {
	t := r.of[&pointSheet]
	if !t.there() {
		return
	}
	for i := range r.Data.Departments {
		r.Data.Departments[i].Contacts = nil
	}
	for i := range r.Data.Localities {
		r.Data.Localities[i].Contacts = nil
	}
	t.each(func(at row) {
		unit, ok := r.refer(at, "unit", r.departments, at.one("unit"), "đơn vị")
		p := directory.Point{Name: at.one("name"), Title: at.one("title"), Phone: at.one("phone"), Email: at.one("email")}
		switch fold(at.one("urgent")) {
		case "", "khong", "no", "0", "false":
		case "co", "x", "yes", "1", "true", "khan", "bao khan":
			p.Urgent = true
		default:
			r.bad(at, "urgent", "'%s' không dùng được; xin ghi 'có' hoặc để trống.", at.one("urgent"))
		}
		if !ok {
			return
		}
		u := r.unit(directory.DepartmentID(unit))
		r.place(u.list, u.id, fmt.Sprintf("contacts.%d", len(*u.contacts)), at)
		*u.contacts = append(*u.contacts, p)
	})
}

func (r *reader) readRules() {
	t := r.of[&ruleSheet]
	if !t.there() {
		return
	}
	r.Data.Rules = nil
	t.each(func(at row) {
		field, ok1 := r.refer(at, "field", r.fields, at.one("field"), "lĩnh vực")
		locality, ok2 := r.refer(at, "locality", r.localities, at.one("locality"), "địa bàn")
		rule := directory.Rule{
			Field: directory.FieldID(field), Locality: directory.LocalityID(locality),
			Lead: r.units(at, "lead"), Contributing: r.units(at, "contributing"),
		}
		r.day(at, "valid_from", &rule.ValidFrom)
		r.day(at, "valid_until", &rule.ValidUntil)
		if ok1 && ok2 {
			r.place(directory.RuleList, directory.RuleID(rule.Field, rule.Locality), "", at)
			r.Data.Rules = append(r.Data.Rules, rule)
		}
	})
}

// units are the departments named in a cell.
func (r *reader) units(at row, key string) []directory.DepartmentID {
	var out []directory.DepartmentID
	for _, name := range at.list(key) {
		if id, ok := r.refer(at, key, r.departments, name, "đơn vị"); ok {
			out = append(out, directory.DepartmentID(id))
		}
	}
	return out
}

// refer finds what a name in a cell stands for, and tells where it does not stand
// for one thing.
func (r *reader) refer(at row, key string, among callings, name, what string) (id string, ok bool) {
	found := among.find(name)
	switch {
	case name == "":
		r.bad(at, key, "thiếu %s.", what)
	case len(found) == 0:
		r.bad(at, key, "không có %s '%s' trong danh mục.", what, name)
	case len(found) > 1:
		r.bad(at, key, "có nhiều %s tên '%s'; xin ghi mã: %s.", what, name, strings.Join(found, ", "))
	default:
		return found[0], true
	}
	return "", false
}

func (r *reader) department(id directory.DepartmentID) *directory.Department {
	i := slices.IndexFunc(r.Data.Departments, func(d directory.Department) bool { return d.ID == id })
	if i < 0 {
		return nil
	}
	return &r.Data.Departments[i]
}

// reached is how a unit is reached, wherever that is kept.
type reached struct {
	list, id       string
	hotline, email *string
	contacts       *[]directory.Point
}

// unit finds a department, or the place whose unit it is.
func (r *reader) unit(id directory.DepartmentID) reached {
	if d := r.department(id); d != nil {
		return reached{directory.DepartmentList, string(id), &d.Hotline, &d.Email, &d.Contacts}
	}
	i := slices.IndexFunc(r.Data.Localities, func(l directory.Locality) bool { return l.Unit() == id })
	l := &r.Data.Localities[i] // id was found among the departments
	return reached{directory.LocalityList, string(l.ID), &l.Hotline, &l.Email, &l.Contacts}
}

// place remembers where an item, or a part of it, stands; the first time counts.
func (r *reader) place(list, id, part string, at row) {
	key := list + "/" + id + "#" + part
	if _, known := r.places[key]; !known {
		r.places[key] = at
	}
}

// contradictions tells what directory.New finds at the cells it is about.
func (r *reader) contradictions() {
	_, err := directory.New(r.Data)
	found, _ := err.(directory.Problems)
	for _, p := range found {
		at, key, ok := r.stands(p)
		if !ok {
			r.blame(sheet.Problem{Message: fmt.Sprintf("%s: %s.", p.ID, p.Text)})
			continue
		}
		r.bad(at, key, "%s.", p.Text)
	}
}

// stands finds the row and the column that a contradiction is about.
func (r *reader) stands(p directory.Problem) (at row, key string, ok bool) {
	item := p.List + "/" + p.ID + "#"
	if cut := strings.LastIndex(p.Key, "."); cut > 0 { // contacts.0.phone
		if at, ok = r.places[item+p.Key[:cut]]; ok {
			return at, p.Key[cut+1:], true
		}
	}
	for _, part := range []string{p.Key, ""} {
		if at, ok = r.places[item+part]; ok {
			return at, p.Key, true
		}
	}
	return at, "", false
}
