package api

import (
	"strings"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
	"tongdai/inbox/directory"
	"tongdai/inbox/directory/revisions"
	"tongdai/kb/sheet"
)

// The directory on the wire, and back.

func toBook(now revisions.Edition) gen.Book {
	data := now.Directory.Data()
	out := gen.Book{
		Revision: now.Revision, Departments: make([]gen.BookDepartment, len(data.Departments)), Fields: make([]gen.BookField, len(data.Fields)),
		Localities: make([]gen.BookLocality, len(data.Localities)), Rules: make([]gen.BookRule, len(data.Rules)),
	}
	for i, d := range data.Departments {
		out.Departments[i] = gen.BookDepartment{
			Id: string(d.ID), Name: d.Name, ShortName: d.ShortName, Aliases: orNone(d.Aliases), Kind: gen.BookDepartmentKind(d.Kind),
			Hotline: d.Hotline, Email: d.Email, Hours: gen.BookDepartmentHours(d.Hours), Contacts: toPoints(d.Contacts),
			ValidFrom: toDay(d.ValidFrom), ValidUntil: toDay(d.ValidUntil), Successors: toSuccessors(d.Successors),
		}
	}
	for i, f := range data.Fields {
		out.Fields[i] = gen.BookField{
			Id: string(f.ID), Name: f.Name, ShortName: f.ShortName, Lead: texts(f.Lead), LeadLocality: f.LeadLocality,
			Contributing: texts(f.Contributing), ContributingLocality: f.ContributingLocality, Urgent: make([]gen.BookUrgent, len(f.Urgent)),
		}
		for j, u := range f.Urgent {
			out.Fields[i].Urgent[j] = gen.BookUrgent{Name: u.Name, Phone: u.Phone}
		}
	}
	for i, l := range data.Localities {
		out.Localities[i] = gen.BookLocality{
			Id: string(l.ID), Name: l.Name, Kind: gen.BookLocalityKind(l.Kind), Aliases: orNone(l.Aliases), Hotline: l.Hotline, Email: l.Email,
			Contacts: toPoints(l.Contacts), ValidFrom: toDay(l.ValidFrom), ValidUntil: toDay(l.ValidUntil), Successors: texts(l.Successors),
		}
	}
	for i, r := range data.Rules {
		out.Rules[i] = gen.BookRule{
			Field: string(r.Field), Locality: string(r.Locality), Lead: texts(r.Lead), Contributing: texts(r.Contributing),
			ValidFrom: toDay(r.ValidFrom), ValidUntil: toDay(r.ValidUntil),
		}
	}
	return out
}

func toPoints(points []directory.Point) []gen.BookPoint {
	out := make([]gen.BookPoint, len(points))
	for i, p := range points {
		out[i] = gen.BookPoint{Name: p.Name, Title: p.Title, Phone: p.Phone, Email: p.Email, Urgent: p.Urgent}
	}
	return out
}

func toSuccessors(successors []directory.Successor) []gen.BookSuccessor {
	out := make([]gen.BookSuccessor, len(successors))
	for i, s := range successors {
		out[i] = gen.BookSuccessor{Id: string(s.ID), Takes: s.Takes, EveryField: s.Fields == nil, Fields: texts(s.Fields)}
	}
	return out
}

func toBookChanges(changes []directory.Change) []gen.BookChange {
	out := make([]gen.BookChange, len(changes))
	for i, c := range changes {
		out[i] = gen.BookChange{List: gen.BookChangeList(c.List), Id: c.ID, Name: c.Name, How: gen.BookChangeHow(c.How), Fields: make([]gen.BookFieldChange, len(c.Fields))}
		for j, f := range c.Fields {
			out[i].Fields[j] = gen.BookFieldChange{Key: f.Key, Old: f.Old, New: f.New}
		}
	}
	return out
}

func fromDepartment(d gen.BookDepartment) (directory.Department, error) {
	var days dayReader
	out := directory.Department{
		ID: directory.DepartmentID(d.Id), Name: oneLine(d.Name), ShortName: oneLine(d.ShortName), Aliases: lines(d.Aliases),
		Kind: directory.Kind(d.Kind), Hotline: oneLine(d.Hotline), Email: oneLine(d.Email), Hours: directory.Hours(d.Hours), Contacts: fromPoints(d.Contacts),
		ValidFrom: days.read("valid_from", d.ValidFrom), ValidUntil: days.read("valid_until", d.ValidUntil),
	}
	for _, s := range d.Successors {
		next := directory.Successor{ID: directory.DepartmentID(s.Id), Takes: oneLine(s.Takes)}
		if !s.EveryField {
			next.Fields = append([]directory.FieldID{}, named[directory.FieldID](s.Fields)...)
		}
		out.Successors = append(out.Successors, next)
	}
	return out, days.err()
}

func fromField(f gen.BookField) directory.Field {
	out := directory.Field{
		ID: directory.FieldID(f.Id), Name: oneLine(f.Name), ShortName: oneLine(f.ShortName),
		Lead: named[directory.DepartmentID](f.Lead), LeadLocality: f.LeadLocality,
		Contributing: named[directory.DepartmentID](f.Contributing), ContributingLocality: f.ContributingLocality,
	}
	for _, u := range f.Urgent {
		out.Urgent = append(out.Urgent, directory.Contact{Name: oneLine(u.Name), Phone: oneLine(u.Phone)})
	}
	return out
}

func fromLocality(l gen.BookLocality) (directory.Locality, error) {
	var days dayReader
	out := directory.Locality{
		ID: directory.LocalityID(l.Id), Name: oneLine(l.Name), Kind: directory.LocalityKind(l.Kind), Aliases: lines(l.Aliases),
		Hotline: oneLine(l.Hotline), Email: oneLine(l.Email), Contacts: fromPoints(l.Contacts),
		ValidFrom: days.read("valid_from", l.ValidFrom), ValidUntil: days.read("valid_until", l.ValidUntil),
		Successors: named[directory.LocalityID](l.Successors),
	}
	return out, days.err()
}

func fromCell(c gen.BookCell) ([]directory.Rule, error) {
	var days dayReader
	var out []directory.Rule
	for _, r := range c.Rules {
		out = append(out, directory.Rule{
			Field: directory.FieldID(c.Field), Locality: directory.LocalityID(c.Locality),
			Lead: named[directory.DepartmentID](r.Lead), Contributing: named[directory.DepartmentID](r.Contributing),
			ValidFrom: days.read("valid_from", r.ValidFrom), ValidUntil: days.read("valid_until", r.ValidUntil),
		})
	}
	return out, days.err()
}

func fromPoints(points []gen.BookPoint) []directory.Point {
	var out []directory.Point
	for _, p := range points {
		out = append(out, directory.Point{
			Name: oneLine(p.Name), Title: oneLine(p.Title), Phone: oneLine(p.Phone), Email: oneLine(p.Email), Urgent: p.Urgent,
		})
	}
	return out
}

// toDay writes a day as a date field of a page has it.
func toDay(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(sheet.Zone).Format(time.DateOnly)
}

// dayReader reads days and gathers those that are none: "2026-02-31".
type dayReader struct{ wrong inbox.Invalid }

func (d *dayReader) read(field, text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	day, err := time.ParseInLocation(time.DateOnly, text, sheet.Zone)
	if err != nil {
		d.wrong = append(d.wrong, inbox.Problem{Field: field, Message: "Không có ngày này; hãy chọn lại."})
	}
	return day
}

func (d *dayReader) err() error {
	if len(d.wrong) == 0 {
		return nil
	}
	return d.wrong
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// lines are texts of one line that are not empty.
func lines(all []string) []string {
	var out []string
	for _, text := range all {
		if text = oneLine(text); text != "" {
			out = append(out, text)
		}
	}
	return out
}

// texts are ids as the wire has them.
func texts[ID ~string](ids []ID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return out
}

// named are ids as the directory has them.
func named[ID ~string](ids []string) []ID {
	var out []ID
	for _, id := range ids {
		out = append(out, ID(id))
	}
	return out
}

// orNone is a list that JSON shows as a list even when nothing is in it.
func orNone(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
