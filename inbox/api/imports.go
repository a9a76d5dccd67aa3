package api

import (
	"cmp"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
	"tongdai/kb"
	"tongdai/kb/sheet"
)

// previewImport says every problem of a workbook and what would change.
func (s *Server) previewImport(c echo.Context) error {
	file, _, err := s.workbook(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	p, err := s.Hub.PreviewImport(ctx, actorOf(ctx), file)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, s.toPlan(file.Name, p))
}

// applyImport does what the preview of the same file said.
func (s *Server) applyImport(c echo.Context) error {
	file, fields, err := s.workbook(c)
	if err != nil {
		return err
	}
	revision, err := strconv.ParseUint(fields["revision"], 10, 64)
	if err != nil {
		return inbox.Invalid{{Field: "revision", Message: "Hãy xem trước tệp rồi mới áp dụng."}}
	}
	ctx := c.Request().Context()
	p, err := s.Hub.ApplyImport(ctx, actorOf(ctx), revision, file)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, s.toPlan(file.Name, p))
}

// workbook reads the file of a form. Fields must come before it.
func (s *Server) workbook(c echo.Context) (inbox.Workbook, map[string]string, error) {
	name, file, fields, err := formFile(c, s.cfg.ImportLimit)
	if err != nil {
		return inbox.Workbook{}, nil, err
	}
	data, err := io.ReadAll(file)
	if err != nil {
		return inbox.Workbook{}, nil, uploadError(err)
	}
	if int64(len(data)) > s.cfg.ImportLimit {
		return inbox.Workbook{}, nil, errTooLarge
	}
	return inbox.Workbook{Name: name, Data: data}, fields, file.Close()
}

func (s *Server) toPlan(name string, p inbox.ImportPreview) gen.ImportPlan {
	out := gen.ImportPlan{
		File: name, Revision: strconv.FormatUint(p.Revision, 10),
		Problems: []gen.ImportProblem{}, Rows: []gen.ImportRow{},
		Counts: gen.ImportCounts{
			New: len(p.Plan.New), Changed: len(p.Plan.Changed),
			Unchanged: len(p.Plan.Unchanged), Missing: len(p.Plan.Missing),
		},
	}
	for _, problem := range p.Problems {
		out.Problems = append(out.Problems, gen.ImportProblem{
			Sheet: problem.Sheet, Cell: problem.Cell, Field: string(problem.Field), Message: problem.Message,
		})
	}
	called := s.called()
	row := func(change gen.ImportRowChange, e kb.Entry, fields []sheet.FieldChange) {
		r := gen.ImportRow{Change: change, Id: string(e.ID), Question: e.Question}
		for _, f := range fields {
			r.Fields = append(r.Fields, gen.FieldChange{Field: f.Field.Title(), Old: called(f.Field, f.Old), New: called(f.Field, f.New)})
		}
		out.Rows = append(out.Rows, r)
	}
	for _, e := range p.Plan.New {
		row(gen.New, e, nil)
	}
	for _, c := range p.Plan.Changed {
		row(gen.Changed, c.After, c.Fields)
	}
	for _, e := range p.Plan.Missing {
		row(gen.Missing, e, nil)
	}
	return out
}

// called returns what people call a value of a field: departments and
// categories have names, other values stand for themselves.
func (s *Server) called() func(sheet.Field, string) string {
	names := map[sheet.Field]map[string]string{sheet.Department: {}, sheet.Category: {}}
	for _, d := range s.Names.Departments(time.Now()) {
		names[sheet.Department][string(d.ID)] = d.Name
	}
	for _, c := range s.Names.Categories() {
		names[sheet.Category][string(c.ID)] = c.Name
	}
	return func(f sheet.Field, value string) string { return cmp.Or(names[f][value], value) }
}
