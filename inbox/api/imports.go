package api

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"mime"
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
	p, err := s.Hub.ApplyImport(ctx, actorOf(ctx), inbox.ImportTerms{Revision: revision, Retire: fields["retire"] == "true"}, file)
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
		Import: string(p.Import), Problems: []gen.ImportProblem{}, Notes: []gen.ImportNote{}, Rows: []gen.ImportRow{},
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
	for _, n := range p.Notes {
		out.Notes = append(out.Notes, gen.ImportNote{Sheet: n.Sheet, Message: n.Message})
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

// GetLastImport tells what could be undone.
func (s *Server) GetLastImport(ctx context.Context, _ gen.GetLastImportRequestObject) (gen.GetLastImportResponseObject, error) {
	i, err := s.Hub.LastImport(ctx, actorOf(ctx))
	if errors.Is(err, inbox.ErrNotFound) {
		return gen.GetLastImport200JSONResponse{}, nil
	}
	out := gen.Import{Id: string(i.ID), At: i.At, By: i.By, Files: i.Files}
	out.Counts.New, out.Counts.Changed, out.Counts.Retired = i.New, i.Changed, i.Retired
	return gen.GetLastImport200JSONResponse{Import: out}, err
}

// UndoImport takes an import back.
func (s *Server) UndoImport(ctx context.Context, req gen.UndoImportRequestObject) (gen.UndoImportResponseObject, error) {
	u, err := s.Hub.UndoImport(ctx, actorOf(ctx), inbox.ImportID(req.Id), req.Body.Rest)
	out := gen.UndoImport200JSONResponse{Done: u.Done, Restored: u.Restored, Retired: u.Retired, Changed: []gen.Entry{}}
	for _, e := range u.Changed {
		out.Changed = append(out.Changed, toEntry(e))
	}
	return out, err
}

// workbookType is what an .xlsx file is called on the wire.
const workbookType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// exportKnowledge gives the knowledge base as a workbook.
func (s *Server) exportKnowledge(c echo.Context) error {
	ctx := c.Request().Context()
	department := kb.DepartmentID(c.QueryParam("department"))
	var book bytes.Buffer
	if err := s.Hub.ExportKnowledge(ctx, actorOf(ctx), department, &book); err != nil {
		return err
	}
	name := "hoi-dap"
	if department != "" {
		name += "-" + string(department)
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{
		"filename": name + time.Now().In(sheet.Zone).Format("-20060102") + ".xlsx",
	}))
	return c.Blob(http.StatusOK, workbookType, book.Bytes())
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
