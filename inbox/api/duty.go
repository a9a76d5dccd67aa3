package api

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
	"tongdai/kb/sheet"
)

// dutyNames are what members and regimes are called in the answers of the duty.
type dutyNames struct {
	members map[inbox.MemberID]string
	regimes map[inbox.RegimeID]string
}

func (s *Server) dutyNames(ctx context.Context) (dutyNames, error) {
	n := dutyNames{members: map[inbox.MemberID]string{}, regimes: map[inbox.RegimeID]string{}}
	members, err := s.Hub.Members(ctx)
	for _, m := range members {
		n.members[m.ID] = m.Name
	}
	for _, r := range s.Hub.Regimes() {
		n.regimes[r.ID] = r.Name
	}
	return n, err
}

func (n dutyNames) member(id inbox.MemberID) string {
	return cmp.Or(n.members[id], string(id))
}

func (n dutyNames) regime(id inbox.RegimeID) string {
	return cmp.Or(n.regimes[id], string(id))
}

// GetDuty tells who is at the desk now.
func (s *Server) GetDuty(ctx context.Context, _ gen.GetDutyRequestObject) (gen.GetDutyResponseObject, error) {
	now, err := s.Hub.DutyNow(ctx, actorOf(ctx))
	if err != nil {
		return nil, err
	}
	names, err := s.dutyNames(ctx)
	out := gen.GetDuty200JSONResponse{Kept: now.Kept, Short: now.Short, There: []gen.OnDuty{}, Unread: names.handovers(now.Unread)}
	for _, p := range now.There {
		out.There = append(out.There, names.present(p))
	}
	if now.Me != nil {
		out.Me = names.present(*now.Me)
	}
	if now.Mine != nil {
		out.Mine = names.shift(now.Mine.ID, now.Mine.Value, "")
	}
	if now.Next != nil {
		out.Next = names.slot(*now.Next)
	}
	if now.Soonest != nil {
		out.Soonest = names.slot(*now.Soonest)
	}
	return out, err
}

func (n dutyNames) present(p inbox.Present) gen.OnDuty {
	out := gen.OnDuty{Member: string(p.Member.ID), Name: p.Member.Name, Taken: p.Post != nil, Until: p.Until()}
	if p.Post != nil {
		out.Since = p.Post.Since
	}
	if p.Shift != nil {
		out.Role, out.Regime = toShiftRole(p.Shift.Value.Role), n.regime(p.Shift.Value.Regime)
	}
	return out
}

func toShiftRole(r inbox.ShiftRole) gen.ShiftRole {
	return gen.ShiftRole(cmp.Or(string(r), string(gen.Ordinary)))
}

func fromShiftRole(r gen.ShiftRole) inbox.ShiftRole {
	if r == gen.Ordinary {
		return inbox.OrdinaryShift
	}
	return inbox.ShiftRole(r)
}

func (n dutyNames) shift(id string, s inbox.Shift, problem string) gen.DutyShift {
	return gen.DutyShift{
		Id: id, Member: string(s.Member), Name: n.member(s.Member), Regime: string(s.Regime), RegimeName: n.regime(s.Regime),
		From: s.From, Until: s.Until, Role: toShiftRole(s.Role), Note: s.Note, Left: s.LeftAt, Problem: problem,
	}
}

func (n dutyNames) shifts(list []inbox.Shift) []gen.DutyShift {
	out := make([]gen.DutyShift, len(list))
	for i, s := range list {
		out[i] = n.shift(s.ID(), s, "")
	}
	return out
}

func (n dutyNames) slot(s inbox.RosterSlot) gen.RosterSlot {
	out := gen.RosterSlot{
		Regime: string(s.Regime), Name: n.regime(s.Regime), Day: s.Day().Format(time.DateOnly), From: s.From, Until: s.Until,
		Needed: s.Needed, Short: s.Short(), People: make([]gen.DutyShift, len(s.People)),
	}
	for i, p := range s.People {
		out.People[i] = n.shift(p.ID, p.Shift, p.Problem)
		out.People[i].Warning = p.Warning
	}
	return out
}

func (n dutyNames) slots(list []inbox.RosterSlot) []gen.RosterSlot {
	out := make([]gen.RosterSlot, len(list))
	for i, s := range list {
		out[i] = n.slot(s)
	}
	return out
}

func (n dutyNames) handovers(list []inbox.Kept[inbox.Handover]) []gen.Handover {
	out := make([]gen.Handover, len(list))
	for i, k := range list {
		out[i] = n.handover(k.ID, k.Value)
	}
	return out
}

func (n dutyNames) handover(id string, h inbox.Handover) gen.Handover {
	out := gen.Handover{
		Id: id, From: string(h.From), Name: n.member(h.From), At: h.At, Note: h.Note,
		Counts: gen.HandoverCounts{
			Urgent: h.Counts.Urgent, Overdue: h.Counts.Overdue, Promised: h.Counts.Promised,
			Waiting: h.Counts.Waiting, Own: h.Counts.Own,
		},
		Matters: make([]gen.HandoverMatter, len(h.Matters)), Read: make([]gen.HandoverRead, len(h.Read)),
	}
	for i, m := range h.Matters {
		out.Matters[i] = gen.HandoverMatter{Conversation: string(m.Conversation), Code: m.Code, List: gen.HandoverMatterList(m.List), Due: m.Due}
		if m.Assignee != "" {
			out.Matters[i].Assignee = n.member(m.Assignee)
		}
	}
	for i, r := range h.Read {
		out.Read[i] = gen.HandoverRead{Name: n.member(r.Member), At: r.At}
	}
	return out
}

// TakeDuty takes over.
func (s *Server) TakeDuty(ctx context.Context, req gen.TakeDutyRequestObject) (gen.TakeDutyResponseObject, error) {
	if err := s.Hub.TakeDuty(ctx, actorOf(ctx), req.Body.Read); err != nil {
		return nil, err
	}
	return gen.TakeDuty204Response{}, nil
}

// StayOnDuty stays beyond the end of the shift.
func (s *Server) StayOnDuty(ctx context.Context, req gen.StayOnDutyRequestObject) (gen.StayOnDutyResponseObject, error) {
	if err := s.Hub.StayOnDuty(ctx, actorOf(ctx), req.Body.Until); err != nil {
		return nil, err
	}
	return gen.StayOnDuty204Response{}, nil
}

// DraftHandover tells what a note would say now.
func (s *Server) DraftHandover(ctx context.Context, _ gen.DraftHandoverRequestObject) (gen.DraftHandoverResponseObject, error) {
	draft, err := s.Hub.DraftHandover(ctx, actorOf(ctx))
	if err != nil {
		return nil, err
	}
	names, err := s.dutyNames(ctx)
	return gen.DraftHandover200JSONResponse(names.handover("", draft)), err
}

// HandOverDuty leaves the desk.
func (s *Server) HandOverDuty(ctx context.Context, req gen.HandOverDutyRequestObject) (gen.HandOverDutyResponseObject, error) {
	over, err := s.Hub.HandOver(ctx, actorOf(ctx), req.Body.Note)
	if err != nil {
		return nil, err
	}
	names, err := s.dutyNames(ctx)
	return gen.HandOverDuty200JSONResponse(names.handover(over.ID, over.Value)), err
}

// handoversListed is how many notes a list shows.
const handoversListed = 30

// ListHandovers lists the newest notes.
func (s *Server) ListHandovers(ctx context.Context, _ gen.ListHandoversRequestObject) (gen.ListHandoversResponseObject, error) {
	list, err := s.Hub.Handovers(ctx, actorOf(ctx), handoversListed)
	if err != nil {
		return nil, err
	}
	names, err := s.dutyNames(ctx)
	return gen.ListHandovers200JSONResponse(names.handovers(list)), err
}

// ConfirmHandover says that a note was read.
func (s *Server) ConfirmHandover(ctx context.Context, req gen.ConfirmHandoverRequestObject) (gen.ConfirmHandoverResponseObject, error) {
	if err := s.Hub.ConfirmHandover(ctx, actorOf(ctx), req.Id); err != nil {
		return nil, err
	}
	return gen.ConfirmHandover204Response{}, nil
}

// GetRoster tells who is in which shift.
func (s *Server) GetRoster(ctx context.Context, req gen.GetRosterRequestObject) (gen.GetRosterResponseObject, error) {
	roster, err := s.Hub.Roster(ctx, actorOf(ctx), req.Params.From, req.Params.Until)
	if err != nil {
		return nil, err
	}
	names, err := s.dutyNames(ctx)
	out := gen.GetRoster200JSONResponse{
		Revision: strconv.FormatUint(roster.Revision, 10), Level: roster.Level, Kept: roster.Kept, Regimes: []gen.Regime{},
		Slots: names.slots(roster.Slots), Leaves: []gen.Leave{}, Members: []gen.MemberRef{},
	}
	for _, r := range s.Hub.Regimes() {
		out.Regimes = append(out.Regimes, gen.Regime{Id: string(r.ID), Name: r.Name, Hours: r.Hours()})
	}
	for _, l := range roster.Leaves {
		out.Leaves = append(out.Leaves, names.leave(l))
	}
	for _, m := range roster.Eligible {
		out.Members = append(out.Members, gen.MemberRef{Id: string(m.ID), Name: m.Name, Role: gen.Role(m.Role)})
	}
	return out, err
}

func (n dutyNames) leave(l inbox.Kept[inbox.Leave]) gen.Leave {
	day := func(at time.Time) string { return at.In(sheet.Zone).Format(time.DateOnly) }
	return gen.Leave{
		Id: l.ID, Member: string(l.Value.Member), Name: n.member(l.Value.Member), From: day(l.Value.From),
		Until: day(l.Value.Until.Add(-time.Minute)), Note: l.Value.Note,
	}
}

// AddLeave notes that a member is away.
func (s *Server) AddLeave(ctx context.Context, req gen.AddLeaveRequestObject) (gen.AddLeaveResponseObject, error) {
	b := req.Body
	leave, err := s.Hub.AddLeave(ctx, actorOf(ctx), inbox.MemberID(b.Member), b.From, b.Until, b.Note)
	if err != nil {
		return nil, err
	}
	names, err := s.dutyNames(ctx)
	return gen.AddLeave200JSONResponse(names.leave(leave)), err
}

// RemoveLeave takes a leave back.
func (s *Server) RemoveLeave(ctx context.Context, req gen.RemoveLeaveRequestObject) (gen.RemoveLeaveResponseObject, error) {
	if err := s.Hub.RemoveLeave(ctx, actorOf(ctx), req.Id); err != nil {
		return nil, err
	}
	return gen.RemoveLeave204Response{}, nil
}

// PutDutyLevel sets the staffing level.
func (s *Server) PutDutyLevel(ctx context.Context, req gen.PutDutyLevelRequestObject) (gen.PutDutyLevelResponseObject, error) {
	if err := s.Hub.SetLevel(ctx, actorOf(ctx), req.Body.Level); err != nil {
		return nil, err
	}
	return gen.PutDutyLevel204Response{}, nil
}

// PreviewRoster says what a plan would change.
func (s *Server) PreviewRoster(ctx context.Context, req gen.PreviewRosterRequestObject) (gen.PreviewRosterResponseObject, error) {
	p, err := s.Hub.PreviewRoster(ctx, actorOf(ctx), toPlan(*req.Body))
	if err != nil {
		return nil, err
	}
	out, err := s.toRosterPreview(ctx, p)
	return gen.PreviewRoster200JSONResponse(out), err
}

// ApplyRoster does what the preview said.
func (s *Server) ApplyRoster(ctx context.Context, req gen.ApplyRosterRequestObject) (gen.ApplyRosterResponseObject, error) {
	revision, err := revisionOf(req.Body.Revision)
	if err != nil {
		return nil, err
	}
	p, err := s.Hub.ApplyRoster(ctx, actorOf(ctx), toPlan(req.Body.Plan), revision)
	if err != nil {
		return nil, err
	}
	out, err := s.toRosterPreview(ctx, p)
	return gen.ApplyRoster200JSONResponse(out), err
}

func revisionOf(text string) (uint64, error) {
	revision, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, inbox.Invalid{{Field: "revision", Message: "Hãy xem trước rồi mới áp dụng."}}
	}
	return revision, nil
}

func toPlan(p gen.RosterPlan) inbox.RosterPlan {
	out := inbox.RosterPlan{
		How: inbox.RosterHow(p.How), Remove: p.Remove, Skip: p.Skip,
		Copy:     inbox.WeekCopy{From: p.Copy.From, To: p.Copy.To, Weeks: p.Copy.Weeks},
		Rotation: inbox.Rotation{From: p.Rotation.From, Until: p.Rotation.Until},
	}
	for _, n := range p.Add {
		out.Add = append(out.Add, inbox.NewShift{
			Day: n.Day, Regime: inbox.RegimeID(n.Regime), Member: inbox.MemberID(n.Member), Role: fromShiftRole(n.Role), Note: n.Note,
		})
	}
	for _, r := range p.Rotation.Regimes {
		out.Rotation.Regimes = append(out.Rotation.Regimes, inbox.RegimeID(r))
	}
	for _, team := range p.Rotation.Teams {
		members := make([]inbox.MemberID, len(team))
		for i, m := range team {
			members[i] = inbox.MemberID(m)
		}
		out.Rotation.Teams = append(out.Rotation.Teams, members)
	}
	return out
}

func (s *Server) toRosterPreview(ctx context.Context, p inbox.RosterPreview) (gen.RosterPreview, error) {
	names, err := s.dutyNames(ctx)
	out := gen.RosterPreview{
		Problems: []gen.RosterProblem{}, Notes: []gen.ImportNote{}, Adding: names.shifts(p.Adding), Removing: names.shifts(p.Removing),
		Warnings: append([]string{}, p.Warnings...), Gaps: names.slots(p.Gaps), Revision: strconv.FormatUint(p.Revision, 10), Change: p.Change,
	}
	for _, problem := range p.Problems {
		out.Problems = append(out.Problems, gen.RosterProblem{
			Sheet: problem.Sheet, Cell: problem.Cell, Field: problem.Field, Message: problem.Message,
		})
	}
	for _, n := range p.Notes {
		out.Notes = append(out.Notes, gen.ImportNote{Sheet: n.Sheet, Message: n.Message})
	}
	return out, err
}

// importRoster reads a workbook, and applies it when it was looked at before.
func (s *Server) importRoster(c echo.Context) error {
	file, fields, err := s.workbook(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	plan := inbox.RosterPlan{How: inbox.BySheet, File: file, Skip: fields["skip"] == "true"}
	var p inbox.RosterPreview
	if text, applies := fields["revision"]; applies {
		revision, err := revisionOf(text)
		if err != nil {
			return err
		}
		p, err = s.Hub.ApplyRoster(ctx, actorOf(ctx), plan, revision)
		if err != nil {
			return err
		}
	} else if p, err = s.Hub.PreviewRoster(ctx, actorOf(ctx), plan); err != nil {
		return err
	}
	out, err := s.toRosterPreview(ctx, p)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, out)
}

// exportRoster gives the roster as a workbook.
func (s *Server) exportRoster(c echo.Context) error {
	ctx := c.Request().Context()
	first, last := c.QueryParam("from"), c.QueryParam("until")
	var book bytes.Buffer
	if err := s.Hub.ExportRoster(ctx, actorOf(ctx), first, last, &book); err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{
		"filename": "lich-truc-" + first + ".xlsx",
	}))
	return c.Blob(http.StatusOK, workbookType, book.Bytes())
}

// GetLastRosterChange tells what could be undone.
func (s *Server) GetLastRosterChange(ctx context.Context, _ gen.GetLastRosterChangeRequestObject) (gen.GetLastRosterChangeResponseObject, error) {
	last, err := s.Hub.LastRosterChange(ctx, actorOf(ctx))
	if errors.Is(err, inbox.ErrNotFound) {
		return gen.GetLastRosterChange200JSONResponse{}, nil
	}
	if err != nil {
		return nil, err
	}
	names, err := s.dutyNames(ctx)
	c := last.Value
	return gen.GetLastRosterChange200JSONResponse{Change: gen.RosterChange{
		Id: last.ID, At: c.At, By: names.member(c.By), How: gen.RosterChangeHow(c.How), File: c.File,
		Added: len(c.Added), Removed: len(c.Removed),
	}}, err
}

// UndoRoster takes a change back.
func (s *Server) UndoRoster(ctx context.Context, req gen.UndoRosterRequestObject) (gen.UndoRosterResponseObject, error) {
	u, err := s.Hub.UndoRoster(ctx, actorOf(ctx), req.Id, req.Body.Rest)
	out := gen.UndoRoster200JSONResponse{Done: u.Done, Left: u.Left, Removed: u.Removed, Restored: u.Restored}
	if out.Left == nil {
		out.Left = []string{}
	}
	return out, err
}
