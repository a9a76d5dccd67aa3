package api

import (
	"bytes"
	"context"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
	"tongdai/inbox/directory"
	"tongdai/inbox/directory/revisions"
	"tongdai/kb/sheet"
)

// GetBook gives the whole directory as it is kept.
func (s *Server) GetBook(ctx context.Context, _ gen.GetBookRequestObject) (gen.GetBookResponseObject, error) {
	now, err := s.Directory.Read(actorOf(ctx))
	if err != nil {
		return nil, err
	}
	return gen.GetBook200JSONResponse(toBook(now)), nil
}

// EditDirectory changes one thing.
func (s *Server) EditDirectory(ctx context.Context, req gen.EditDirectoryRequestObject) (gen.EditDirectoryResponseObject, error) {
	e, err := editOf(req.Body)
	if err != nil {
		return nil, err
	}
	made, err := s.Directory.Edit(ctx, actorOf(ctx), req.Body.Revision, e.apply)
	if err != nil {
		return nil, e.told(err)
	}
	return gen.EditDirectory200JSONResponse{Revision: made.No, Id: e.id}, nil
}

// bookEdit is one change, and what it was made to.
type bookEdit struct {
	list  string
	id    string // of what is new once apply was called
	apply func(*directory.Data) error
}

func editOf(b *gen.EditDirectoryJSONRequestBody) (*bookEdit, error) {
	e := &bookEdit{}
	switch b.What {
	case gen.BookEditWhatDepartment:
		e.list, e.id = directory.DepartmentList, b.Department.Id
		d, err := fromDepartment(b.Department)
		e.apply = func(data *directory.Data) error {
			return put(&data.Departments, e, d, d.Name, func(d *directory.Department) *directory.DepartmentID { return &d.ID })
		}
		return e, err
	case gen.BookEditWhatField:
		e.list, e.id = directory.FieldList, b.Field.Id
		f := fromField(b.Field)
		e.apply = func(data *directory.Data) error {
			return put(&data.Fields, e, f, f.Name, func(f *directory.Field) *directory.FieldID { return &f.ID })
		}
	case gen.BookEditWhatLocality:
		e.list, e.id = directory.LocalityList, b.Locality.Id
		l, err := fromLocality(b.Locality)
		e.apply = func(data *directory.Data) error {
			return put(&data.Localities, e, l, l.Name, func(l *directory.Locality) *directory.LocalityID { return &l.ID })
		}
		return e, err
	case gen.BookEditWhatCell:
		field, locality := directory.FieldID(b.Cell.Field), directory.LocalityID(b.Cell.Locality)
		e.list, e.id = directory.RuleList, directory.RuleID(field, locality)
		rules, err := fromCell(b.Cell)
		e.apply = func(data *directory.Data) error {
			data.Rules = slices.DeleteFunc(data.Rules, func(r directory.Rule) bool { return r.Field == field && r.Locality == locality })
			data.Rules = append(data.Rules, rules...)
			return nil
		}
		return e, err
	}
	return e, nil
}

// put puts an item in the place of that with its id, or as a new one with an id
// made of its name.
func put[T any, ID ~string](items *[]T, e *bookEdit, item T, name string, idOf func(*T) *ID) error {
	if given := *idOf(&item); given != "" {
		i := slices.IndexFunc(*items, func(other T) bool { return *idOf(&other) == given })
		if i < 0 {
			return inbox.ErrNotFound
		}
		(*items)[i] = item
		return nil
	}
	taken := func(id ID) bool {
		return slices.ContainsFunc(*items, func(other T) bool { return *idOf(&other) == id })
	}
	id := directory.FreeID(name, taken)
	if id == "" {
		return inbox.Invalid{{Field: "name", Message: "Hãy nhập tên."}}
	}
	*idOf(&item), e.id = id, string(id)
	*items = append(*items, item)
	return nil
}

// told makes contradictions readable where they were entered: those of what was
// changed at their fields, others with what they are about.
func (e *bookEdit) told(err error) error {
	problems, ok := errors.AsType[directory.Problems](err)
	if !ok {
		return err
	}
	var out inbox.Invalid
	for _, p := range problems {
		field, message := p.Key, p.Text+"."
		if p.List != e.list || p.ID != e.id {
			field, message = "", p.ID+": "+message
		}
		out = append(out, inbox.Problem{Field: field, Message: upperFirst(message)})
	}
	return out
}

func upperFirst(text string) string {
	for i, r := range text {
		return strings.ToUpper(string(r)) + text[i+len(string(r)):]
	}
	return text
}

// ListRevisions lists the history.
func (s *Server) ListRevisions(ctx context.Context, req gen.ListRevisionsRequestObject) (gen.ListRevisionsResponseObject, error) {
	found, err := s.Directory.History(ctx, actorOf(ctx), req.Params.Before, limited(req.Params.Limit, 20))
	if err != nil {
		return nil, err
	}
	members, err := s.Hub.Members(ctx)
	if err != nil {
		return nil, err
	}
	names := map[inbox.MemberID]string{}
	for _, m := range members {
		names[m.ID] = m.Name
	}
	out := make(gen.ListRevisions200JSONResponse, len(found))
	for i, r := range found {
		by := string(r.By) // the command line has no member
		if name := names[r.By]; name != "" {
			by = name
		}
		out[i] = gen.BookRevision{
			No: r.No, At: r.At, By: by, What: gen.BookRevisionWhat(r.What), Source: r.Source, Changes: toBookChanges(r.Changes),
		}
	}
	return out, nil
}

// RestoreRevision makes the directory what it was.
func (s *Server) RestoreRevision(ctx context.Context, req gen.RestoreRevisionRequestObject) (gen.RestoreRevisionResponseObject, error) {
	made, err := s.Directory.Undo(ctx, actorOf(ctx), req.Body.Revision, req.No)
	if err != nil {
		return nil, (&bookEdit{}).told(err)
	}
	return gen.RestoreRevision200JSONResponse{Revision: made.No}, nil
}

// previewBook says every problem of a workbook and what would change.
func (s *Server) previewBook(c echo.Context) error {
	file, _, err := s.workbook(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	p, err := s.Directory.PreviewImport(ctx, actorOf(ctx), file)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, toBookPlan(file.Name, p))
}

// importBook does what the preview of the same file said.
func (s *Server) importBook(c echo.Context) error {
	file, fields, err := s.workbook(c)
	if err != nil {
		return err
	}
	revision, err := strconv.Atoi(fields["revision"])
	if err != nil {
		return inbox.Invalid{{Field: "revision", Message: "Hãy xem trước tệp rồi mới áp dụng."}}
	}
	ctx := c.Request().Context()
	p, err := s.Directory.ApplyImport(ctx, actorOf(ctx), revision, file)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, toBookPlan(file.Name, p))
}

// exportBook gives the directory as a workbook.
func (s *Server) exportBook(c echo.Context) error {
	ctx := c.Request().Context()
	var book bytes.Buffer
	if err := s.Directory.Export(ctx, actorOf(ctx), &book); err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{
		"filename": "phu-luc-2-" + time.Now().In(sheet.Zone).Format("20060102") + ".xlsx",
	}))
	return c.Blob(http.StatusOK, workbookType, book.Bytes())
}

func toBookPlan(name string, p revisions.Preview) gen.BookPlan {
	out := gen.BookPlan{
		File: name, Revision: p.Revision, Applied: p.Applied, Changes: toBookChanges(p.Changes),
		Problems: []gen.ImportProblem{}, Notes: []gen.ImportNote{},
	}
	for _, problem := range p.Problems {
		out.Problems = append(out.Problems, gen.ImportProblem{Sheet: problem.Sheet, Cell: problem.Cell, Message: problem.Message})
	}
	for _, n := range p.Notes {
		out.Notes = append(out.Notes, gen.ImportNote{Sheet: n.Sheet, Message: n.Message})
	}
	return out
}
