package configs

import (
	"embed"
	"errors"
	"fmt"
	"os"
	"strconv"

	"tongdai/bot"
	"tongdai/inbox/directory"
)

//go:embed departments.yaml fields.yaml localities.yaml hours.yaml holidays.yaml targets.yaml triage.yaml texts.yaml duty.yaml
var shipped embed.FS

// Data is what an installation works with besides switches.
type Data struct {
	Departments []directory.Department
	Fields      []directory.Field
	Localities  []directory.Locality
	Directory   *directory.Directory // made of the three above
	Hours       Hours
	Holidays    Holidays
	Duty        Duty
	Targets     []Target
	Triage      bot.Triage
	Texts       bot.Texts
}

// LoadData reads the shipped data, or the files that cfg puts in its place, and
// checks them one by one and against each other. The error is Problems, from
// all files at once.
func LoadData(cfg Config) (Data, error) {
	var data Data
	var l loader
	dir := cfg.Directory
	departments := l.read("departments.yaml", dir.DepartmentsFile, &struct{ Departments *[]directory.Department }{&data.Departments})
	fields := l.read("fields.yaml", dir.FieldsFile, &struct{ Fields *[]directory.Field }{&data.Fields})
	localities := l.read("localities.yaml", dir.LocalitiesFile, &struct{ Localities *[]directory.Locality }{&data.Localities})
	hours := l.read("hours.yaml", cfg.Hours.File, &data.Hours)
	holidays := l.read("holidays.yaml", cfg.Hours.HolidaysFile, &data.Holidays)
	targets := l.read("targets.yaml", cfg.Hours.TargetsFile, &struct{ Targets *[]Target }{&data.Targets})
	duty := l.read("duty.yaml", cfg.Hours.DutyFile, &data.Duty)
	texts := l.read("texts.yaml", cfg.Bot.TextsFile, &struct{ Texts *bot.Texts }{&data.Texts})
	triage := l.read("triage.yaml", cfg.Bot.TriageFile, &data.Triage)

	l.tell(hours, data.Hours.problems())
	l.tell(holidays, data.Holidays.problems())
	l.tell(duty, data.Duty.problems())
	l.tell(texts, spoken(data.Texts.Check()))
	if len(texts.problems) == 0 {
		l.tell(triage, spoken(data.Triage.Check(data.Texts)))
	}
	if len(l.problems) == 0 {
		var contradictions directory.Problems
		var err error
		data.Directory, err = directory.New(directory.Data{
			Departments: data.Departments, Fields: data.Fields, Localities: data.Localities,
		})
		if errors.As(err, &contradictions) {
			l.contradictions(contradictions, map[string]*decoder{
				"departments": departments, "fields": fields, "localities": localities,
			})
		}
	}
	if data.Directory != nil {
		l.tell(targets, data.targetProblems())
	}
	if err := l.problems.asError(); err != nil {
		return Data{}, err
	}
	return data, nil
}

// ShippedData is the data that comes with the program. Tests keep it free of
// mistakes, so it does not fail.
func ShippedData() Data {
	data, err := LoadData(Default())
	if err != nil {
		panic(fmt.Sprintf("configs: shipped data: %v", err))
	}
	return data
}

// loader reads data files and gathers their problems.
type loader struct{ problems Problems }

// read decodes a file, the shipped one or its replacement, and returns the
// decoder, which knows the lines of what was read.
func (l *loader) read(name, replacement string, into any) *decoder {
	d := &decoder{file: name}
	text, err := shipped.ReadFile(name)
	if replacement != "" {
		d.file = replacement
		text, err = os.ReadFile(replacement)
	}
	if err != nil {
		l.problems = append(l.problems, Problem{File: d.file, Text: fmt.Sprintf("không đọc được: %v", err)})
		return d
	}
	d.decode(text, into)
	l.problems = append(l.problems, d.problems...)
	return d
}

// spoken are the problems that the bot finds in its own words.
func spoken(found []bot.Problem) Problems {
	var ps Problems
	for _, p := range found {
		ps = append(ps, Problem{Key: p.Key, Text: p.Text})
	}
	return ps
}

// tell adds what was found wrong in a file that could be read.
func (l *loader) tell(d *decoder, found Problems) {
	if len(d.problems) > 0 || d.lines == nil { // told already
		return
	}
	found.locate(d.file, d.lines)
	l.problems = append(l.problems, found...)
}

// contradictions finds the line of the item each one is about. A contradiction
// about a unit made from a place is told at the first line.
func (l *loader) contradictions(found directory.Problems, files map[string]*decoder) {
	for _, c := range found {
		d := files[c.List]
		p := Problem{File: d.file, Line: d.lines[c.List], Key: c.List, Text: fmt.Sprintf("%q: %s", c.ID, c.Text)}
		if i, ok := d.ids[c.List][c.ID]; ok {
			p.Key = c.List + "[" + strconv.Itoa(i) + "]"
			p.Line = d.lines[p.Key]
		}
		l.problems = append(l.problems, p)
	}
}
