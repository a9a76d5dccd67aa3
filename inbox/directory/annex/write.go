package annex

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"tongdai/inbox/directory"
	"tongdai/kb/sheet"
)

// Write makes the workbook of data. Every value is a text cell, so that "=…" and
// "+84…" are never formulas.
func Write(w io.Writer, data directory.Data) (err error) {
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	out := writer{data: data, names: map[string]string{}}
	out.departments, out.fields, out.localities = callingsOf(data)
	for _, d := range directory.Units(data) {
		out.names["d/"+string(d.ID)] = d.Name
	}
	for _, s := range []struct {
		*layout
		rows [][]string
	}{
		{&fieldSheet, out.fieldRows()}, {&departmentSheet, out.departmentRows()}, {&pointSheet, out.pointRows()},
		{&successorSheet, out.successorRows()}, {&localitySheet, out.localityRows()}, {&ruleSheet, out.ruleRows()},
	} {
		if err := s.write(f, s.rows); err != nil {
			return fmt.Errorf("write sheet %s: %w", s.name, err)
		}
	}
	if err := f.DeleteSheet("Sheet1"); err != nil { // what the library begins a workbook with
		return fmt.Errorf("write workbook: %w", err)
	}
	if err := f.Write(w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

func (l *layout) write(f *excelize.File, rows [][]string) error {
	if _, err := f.NewSheet(l.name); err != nil {
		return err
	}
	wrap, errWrap := f.NewStyle(&excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	bold, errBold := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err := errors.Join(errWrap, errBold); err != nil {
		return err
	}
	for i, c := range l.columns {
		letter, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		if err := errors.Join(f.SetCellStr(l.name, sheet.CellName(i, 1), c.title), f.SetColWidth(l.name, letter, letter, c.width)); err != nil {
			return err
		}
	}
	for at, row := range rows {
		for i, text := range row {
			if text == "" {
				continue
			}
			if err := f.SetCellStr(l.name, sheet.CellName(i, at+2), sheet.Escape(text)); err != nil {
				return err
			}
		}
	}
	last := len(l.columns) - 1
	return errors.Join(
		f.SetCellStyle(l.name, "A1", sheet.CellName(last, len(rows)+1), wrap),
		f.SetCellStyle(l.name, "A1", sheet.CellName(last, 1), bold),
		f.SetPanes(l.name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}),
	)
}

type writer struct {
	data                            directory.Data
	departments, fields, localities callings
	names                           map[string]string
}

func (w *writer) department(id directory.DepartmentID) string {
	return w.departments.label(string(id), w.names["d/"+string(id)])
}

func (w *writer) departmentList(ids []directory.DepartmentID) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = w.department(id)
	}
	return strings.Join(out, "\n")
}

func (w *writer) field(id directory.FieldID) string {
	for _, f := range w.data.Fields {
		if f.ID == id {
			return w.fields.label(string(id), f.Name)
		}
	}
	return string(id)
}

func (w *writer) locality(id directory.LocalityID) string {
	for _, l := range w.data.Localities {
		if l.ID == id {
			return w.localities.label(string(id), l.Name)
		}
	}
	return string(id)
}

// reach is how a unit is reached, as Annex 2 has it beside the unit.
func (w *writer) reach(id directory.DepartmentID) (contact, hotline, email string) {
	for _, d := range directory.Units(w.data) {
		if d.ID != id {
			continue
		}
		if len(d.Contacts) > 0 {
			return d.Contacts[0].Name, d.Contacts[0].Phone, d.Contacts[0].Email
		}
		return "", d.Hotline, d.Email
	}
	return "", "", ""
}

func (w *writer) fieldRows() [][]string {
	var rows [][]string
	for _, f := range w.data.Fields {
		row := func(role, unit, contact, hotline, email string) {
			rows = append(rows, []string{string(f.ID), f.Name, f.ShortName, role, unit, contact, hotline, email})
		}
		units := func(role string, ids []directory.DepartmentID, ofPlace bool) {
			for _, id := range ids {
				contact, hotline, email := w.reach(id)
				row(role, w.department(id), contact, hotline, email)
			}
			if ofPlace {
				row(role, directory.PlaceUnit, "", "", "")
			}
		}
		units(roleLead, f.Lead, f.LeadLocality)
		units(roleContributing, f.Contributing, f.ContributingLocality)
		for _, u := range f.Urgent {
			row(roleUrgent, "", u.Name, u.Phone, "")
		}
	}
	return rows
}

func (w *writer) departmentRows() [][]string {
	var rows [][]string
	for _, d := range w.data.Departments {
		rows = append(rows, []string{
			string(d.ID), d.Name, d.ShortName, strings.Join(d.Aliases, "\n"), directory.KindTitle[d.Kind], d.Hotline, d.Email,
			directory.HoursTitle[d.Hours], date(d.ValidFrom), date(d.ValidUntil),
		})
	}
	return rows
}

func (w *writer) pointRows() [][]string {
	var rows [][]string
	for _, d := range directory.Units(w.data) {
		for _, p := range d.Contacts {
			urgent := ""
			if p.Urgent {
				urgent = "có"
			}
			rows = append(rows, []string{w.department(d.ID), p.Name, p.Title, p.Phone, p.Email, urgent})
		}
	}
	return rows
}

func (w *writer) successorRows() [][]string {
	var rows [][]string
	for _, d := range w.data.Departments {
		for _, s := range d.Successors {
			fields := allFields
			if s.Fields != nil {
				fields = noField
			}
			if len(s.Fields) > 0 {
				names := make([]string, len(s.Fields))
				for i, f := range s.Fields {
					names[i] = w.field(f)
				}
				fields = strings.Join(names, "\n")
			}
			rows = append(rows, []string{w.department(d.ID), w.department(s.ID), s.Takes, fields})
		}
	}
	return rows
}

func (w *writer) localityRows() [][]string {
	var rows [][]string
	for _, l := range w.data.Localities {
		successors := make([]string, len(l.Successors))
		for i, s := range l.Successors {
			successors[i] = w.locality(s)
		}
		rows = append(rows, []string{
			string(l.ID), l.Name, directory.LocalityKindTitle[l.Kind], strings.Join(l.Aliases, "\n"), l.Hotline, l.Email,
			date(l.ValidFrom), date(l.ValidUntil), strings.Join(successors, "\n"),
		})
	}
	return rows
}

func (w *writer) ruleRows() [][]string {
	var rows [][]string
	for _, r := range w.data.Rules {
		rows = append(rows, []string{
			w.field(r.Field), w.locality(r.Locality), w.departmentList(r.Lead), w.departmentList(r.Contributing),
			date(r.ValidFrom), date(r.ValidUntil),
		})
	}
	return rows
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("02/01/2006")
}
