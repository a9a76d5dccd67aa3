package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	openapi "github.com/oapi-codegen/runtime/types"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
	"tongdai/inbox/api/gen"
	"tongdai/inbox/media"
	"tongdai/kb"
	"tongdai/kb/sheet"
)

// GetEntryLife returns an entry with its draft and its history.
func (s *Server) GetEntryLife(ctx context.Context, req gen.GetEntryLifeRequestObject) (gen.GetEntryLifeResponseObject, error) {
	l, err := s.Hub.Entry(ctx, actorOf(ctx), kb.EntryID(req.Id))
	return gen.GetEntryLife200JSONResponse(toLife(l)), err
}

// AddEntry writes the draft of a new entry.
func (s *Server) AddEntry(ctx context.Context, req gen.AddEntryRequestObject) (gen.AddEntryResponseObject, error) {
	l, err := s.keepDraft(ctx, "", *req.Body)
	return gen.AddEntry200JSONResponse(toLife(l)), err
}

// PutEntryDraft writes the draft of an entry.
func (s *Server) PutEntryDraft(ctx context.Context, req gen.PutEntryDraftRequestObject) (gen.PutEntryDraftResponseObject, error) {
	l, err := s.keepDraft(ctx, kb.EntryID(req.Id), *req.Body)
	return gen.PutEntryDraft200JSONResponse(toLife(l)), err
}

func (s *Server) keepDraft(ctx context.Context, id kb.EntryID, b gen.EntryEdit) (l inbox.EntryLife, err error) {
	edit := inbox.EntryEdit{Text: textOf(b.Text), Base: b.Base, Version: uint64(max(b.Version, 0)), Send: b.Send, Note: b.Note}
	if edit.Text.Files, err = s.entryFiles(ctx, b.Text.Files); err != nil {
		return l, err
	}
	if id, err = s.Hub.KeepDraft(ctx, actorOf(ctx), id, edit); err != nil {
		return l, err
	}
	return s.Hub.Entry(ctx, actorOf(ctx), id)
}

// ActOnEntry takes one step in the life of an entry.
func (s *Server) ActOnEntry(ctx context.Context, req gen.ActOnEntryRequestObject) (gen.ActOnEntryResponseObject, error) {
	actor, id, b := actorOf(ctx), kb.EntryID(req.Id), *req.Body
	version := uint64(max(b.Version, 0))
	act := map[gen.EntryActAct]func() error{
		gen.Send:    func() error { return s.Hub.SendEntry(ctx, actor, id, version, b.Note) },
		gen.Return:  func() error { return s.Hub.ReturnEntry(ctx, actor, id, version, b.Note) },
		gen.Publish: func() error { return s.Hub.PublishEntry(ctx, actor, id, version, b.Note) },
		gen.Drop:    func() error { return s.Hub.DropDraft(ctx, actor, id, version) },
		gen.Retire:  func() error { return s.Hub.RetireEntry(ctx, actor, id, b.Note) },
		gen.Revive:  func() error { return s.Hub.ReviveEntry(ctx, actor, id, b.Note) },
		gen.Confirm: func() error { return s.Hub.ConfirmEntry(ctx, actor, id) },
		gen.Restore: func() error { return s.Hub.RestoreEntry(ctx, actor, id, b.Of) },
		gen.Comment: func() error { return s.Hub.CommentEntry(ctx, actor, id, b.Note) },
	}[b.Act]
	if err := act(); err != nil {
		return nil, err
	}
	l, err := s.Hub.Entry(ctx, actor, id)
	if errors.Is(err, inbox.ErrNotFound) {
		return gen.ActOnEntry204Response{}, nil
	}
	return gen.ActOnEntry200JSONResponse(toLife(l)), err
}

// PutEntryContributing says who else works on an entry.
func (s *Server) PutEntryContributing(ctx context.Context, req gen.PutEntryContributingRequestObject) (gen.PutEntryContributingResponseObject, error) {
	id, with := kb.EntryID(req.Id), make([]kb.DepartmentID, len(req.Body.Departments))
	for i, d := range req.Body.Departments {
		with[i] = kb.DepartmentID(d)
	}
	if err := s.Hub.ShareEntry(ctx, actorOf(ctx), id, with); err != nil {
		return nil, err
	}
	l, err := s.Hub.Entry(ctx, actorOf(ctx), id)
	return gen.PutEntryContributing200JSONResponse(toLife(l)), err
}

// GetKnowledgeBoard shows who has delivered.
func (s *Server) GetKnowledgeBoard(ctx context.Context, _ gen.GetKnowledgeBoardRequestObject) (gen.GetKnowledgeBoardResponseObject, error) {
	var fields []kb.CategoryID
	for _, c := range s.Names.Categories() {
		fields = append(fields, c.ID)
	}
	rows, err := s.Hub.KnowledgeBoard(ctx, actorOf(ctx), fields)
	out := gen.GetKnowledgeBoard200JSONResponse{Rows: make([]gen.BoardRow, len(rows)), ConfirmDays: s.Hub.ConfirmDays()}
	for i, r := range rows {
		out.Rows[i] = gen.BoardRow{
			Department: string(r.Department), Category: string(r.Category), Entries: r.Entries, Published: r.Published,
			InReview: r.InReview, Unconfirmed: r.Unconfirmed, Oldest: date(r.Oldest), LastImport: r.LastImport,
			State: gen.BoardRowState(r.State), Due: date(r.Due), Late: r.Late,
		}
	}
	return out, err
}

// PutKnowledgeDeadline says by when a department is to deliver.
func (s *Server) PutKnowledgeDeadline(ctx context.Context, req gen.PutKnowledgeDeadlineRequestObject) (gen.PutKnowledgeDeadlineResponseObject, error) {
	b := req.Body
	return gen.PutKnowledgeDeadline204Response{}, s.Hub.SetDeadline(ctx, actorOf(ctx), kb.DepartmentID(b.Department), kb.CategoryID(b.Category), dayOf(b.Due))
}

// uploadEntryFile keeps a file that a draft will name.
func (s *Server) uploadEntryFile(c echo.Context) error {
	ctx := c.Request().Context()
	if !actorOf(ctx).May(inbox.EditKnowledge) {
		return inbox.ErrForbidden
	}
	name, file, _, err := formFile(c, s.cfg.UploadLimit)
	if err != nil {
		return err
	}
	a, err := s.Media.Put(ctx, name, file)
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return errTooLarge
		}
		if connectors.KindOf(err) == connectors.Permanent {
			return inbox.Invalid{{Field: "file", Message: connectors.ReasonOf(err)}}
		}
		return err
	}
	return c.JSON(http.StatusOK, gen.EntryFile{Id: a.ID, Name: a.Name, Type: a.Type, Size: a.Size})
}

// downloadEntryFile gives a file of an entry.
func (s *Server) downloadEntryFile(c echo.Context) error {
	ctx := c.Request().Context()
	f, err := s.Hub.EntryFile(ctx, actorOf(ctx), kb.EntryID(c.Param("id")), c.Param("file"))
	if err != nil {
		return err
	}
	return s.Media.Send(c.Response(), c.Request(), content.Attachment{ID: f.ID, Name: f.Name, Type: f.Type, Size: f.Size})
}

// entryFiles looks up the files that a draft names: what they are is told by their
// content and not by who sends the draft.
func (s *Server) entryFiles(ctx context.Context, files []gen.EntryFile) (out []kb.File, err error) {
	for _, f := range files {
		file, info, err := s.Media.Open(ctx, f.Id)
		if errors.Is(err, media.ErrNotFound) {
			return nil, inbox.Invalid{{Field: "files", Message: "Tệp " + f.Name + " không còn; hãy tải lên lại."}}
		}
		if err != nil {
			return nil, err
		}
		if err := file.Close(); err != nil {
			return nil, err
		}
		out = append(out, kb.File{ID: f.Id, Name: f.Name, Type: info.Type, Size: info.Size})
	}
	return out, nil
}

func textOf(t gen.EntryText) inbox.EntryText {
	return inbox.EntryText{
		Question: t.Question, Variants: t.Variants, Answer: t.Answer, Category: kb.CategoryID(t.Category),
		Department: kb.DepartmentID(t.Department), Source: t.Source, ValidFrom: dayOf(t.ValidFrom), ValidUntil: dayOf(t.ValidUntil),
	}
}

// dayOf is the beginning of a date in Vietnam.
func dayOf(d openapi.Date) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	y, m, day := d.Date()
	return time.Date(y, m, day, 0, 0, 0, 0, sheet.Zone)
}

func toLife(l inbox.EntryLife) gen.EntryLife {
	out := gen.EntryLife{
		Id: string(l.ID), Contributing: texts(l.Contributing), Versions: []gen.Entry{}, Events: []gen.EntryEvent{},
		MayEdit: l.MayEdit, MayReview: l.MayReview, MayComment: l.MayComment,
		Helped: l.Helped, Unhelpful: l.Unhelpful,
	}
	if l.Stored.Version > 0 {
		out.Entry = toEntry(l.Stored)
	}
	if l.HasDraft() {
		out.Draft = toDraft(l.Draft)
	}
	if refusal, ok := errors.AsType[*inbox.Refusal](l.Bar); ok {
		out.Bar = refusal.Message
	}
	for _, v := range l.Versions {
		out.Versions = append(out.Versions, toEntry(v))
	}
	for _, k := range l.Events {
		e := k.Value
		out.Events = append(out.Events, gen.EntryEvent{
			Id: k.ID, Action: gen.EntryEventAction(e.Action), At: e.At, By: string(e.By), Note: e.Note, Version: e.Version, Worse: e.Worse, Authors: texts(e.Authors),
		})
	}
	return out
}

func toDraft(k inbox.Kept[inbox.EntryDraft]) gen.EntryDraft {
	d := k.Value
	variants := d.Variants
	if variants == nil {
		variants = []string{}
	}
	return gen.EntryDraft{
		Text: gen.EntryText{
			Question: d.Question, Variants: variants, Answer: d.Answer, Category: string(d.Category), Department: string(d.Department),
			Source: d.Source, ValidFrom: date(d.ValidFrom), ValidUntil: date(d.ValidUntil), Files: toEntryFiles(d.Files),
		},
		Base: d.Base, Version: int64(k.Version), Stage: gen.EntryDraftStage(d.Stage), Authors: texts(d.Authors),
		ChangedAt: d.ChangedAt, ChangedBy: string(d.ChangedBy), SentAt: d.SentAt, Returned: d.Returned, ReturnedBy: string(d.ReturnedBy),
	}
}

func toEntryFiles(files []kb.File) (out []gen.EntryFile) {
	for _, f := range files {
		out = append(out, gen.EntryFile{Id: f.ID, Name: f.Name, Type: f.Type, Size: f.Size})
	}
	return out
}
