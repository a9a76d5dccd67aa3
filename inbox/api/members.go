package api

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
	"tongdai/kb"
)

// ListAccounts lists all accounts.
func (s *Server) ListAccounts(ctx context.Context, _ gen.ListAccountsRequestObject) (gen.ListAccountsResponseObject, error) {
	all, err := s.Hub.Accounts(ctx, actorOf(ctx))
	out := make(gen.ListAccounts200JSONResponse, len(all))
	for i, a := range all {
		out[i] = gen.Account{
			Id: string(a.ID), Login: a.Login, Name: a.Name, Phone: a.Phone, Email: a.Email, Role: gen.Role(a.Role),
			Departments: departmentIDs(a.Departments), State: stateOf(a, time.Now()), CreatedAt: a.CreatedAt,
			InvitedUntil: a.Invited, LastSeen: a.LastSeen, Sessions: a.Sessions, Taken: a.Taken, SecondFactor: a.Factor,
		}
	}
	return out, err
}

func stateOf(a inbox.Account, now time.Time) gen.AccountState {
	switch {
	case a.Disabled:
		return gen.AccountStateDisabled
	case a.PasswordHash == "":
		return gen.AccountStateInvited
	case now.Before(a.LockedUntil):
		return gen.AccountStateLocked
	default:
		return gen.AccountStateActive
	}
}

func departmentIDs(all []kb.DepartmentID) []string {
	out := make([]string, len(all))
	for i, d := range all {
		out[i] = string(d)
	}
	return out
}

func toDepartments(ids []string) []kb.DepartmentID {
	var out []kb.DepartmentID
	for _, id := range ids {
		out = append(out, kb.DepartmentID(id))
	}
	return out
}

// AddAccount makes an account and its invitation.
func (s *Server) AddAccount(ctx context.Context, req gen.AddAccountRequestObject) (gen.AddAccountResponseObject, error) {
	b, who := req.Body, callerOf(ctx)
	invited, err := s.Hub.AddInvited(ctx, who.actor, inbox.NewMember{
		Login: b.Login, Name: b.Name, Phone: b.Phone, Email: b.Email, Role: inbox.Role(b.Role), Departments: toDepartments(b.Departments),
	})
	return gen.AddAccount200JSONResponse(toInvited(who, invited)), err
}

func toInvited(who caller, i inbox.Invited) gen.Invited {
	return gen.Invited{
		Id: string(i.Member.ID), Name: i.Member.Name, Login: i.Member.Login, Link: who.base + inbox.InvitationPath + i.Token, Ends: i.Ends,
	}
}

// PutAccount changes an account.
func (s *Server) PutAccount(ctx context.Context, req gen.PutAccountRequestObject) (gen.PutAccountResponseObject, error) {
	b := req.Body
	_, err := s.Hub.ChangeMember(ctx, actorOf(ctx), inbox.MemberID(req.Id), inbox.MemberChange{
		Name: b.Name, Phone: b.Phone, Email: b.Email, Role: inbox.Role(b.Role), Departments: toDepartments(b.Departments), Disabled: b.Disabled,
	})
	return gen.PutAccount204Response{}, err
}

// InviteAccount makes an invitation in place of a password.
func (s *Server) InviteAccount(ctx context.Context, req gen.InviteAccountRequestObject) (gen.InviteAccountResponseObject, error) {
	who := callerOf(ctx)
	invited, err := s.Hub.Invite(ctx, who.actor, inbox.MemberID(req.Id))
	return gen.InviteAccount200JSONResponse(toInvited(who, invited)), err
}

// LookInvitation tells whom a link invites.
func (s *Server) LookInvitation(ctx context.Context, req gen.LookInvitationRequestObject) (gen.LookInvitationResponseObject, error) {
	if !s.logins.allow(callerOf(ctx).actor.Address) {
		return nil, errTooManyLogins
	}
	m, err := s.Hub.SeeInvitation(ctx, req.Body.Token)
	return gen.LookInvitation200JSONResponse{Name: m.Name, Login: m.Login}, err
}

// AcceptInvitation sets the password of the invited and logs in.
func (s *Server) AcceptInvitation(ctx context.Context, req gen.AcceptInvitationRequestObject) (gen.AcceptInvitationResponseObject, error) {
	who := callerOf(ctx)
	if !s.logins.allow(who.actor.Address) {
		return nil, errTooManyLogins
	}
	m, err := s.Hub.AcceptInvitation(ctx, req.Body.Token, req.Body.Password, who.actor.Address)
	if err != nil {
		return nil, err
	}
	token, err := s.Hub.BeginSession(ctx, m, who.actor.Address, who.agent)
	if err != nil {
		return nil, err
	}
	me, err := s.me(ctx, m)
	if err != nil {
		return nil, err
	}
	return gen.AcceptInvitation200JSONResponse{Body: me, Headers: gen.AcceptInvitation200ResponseHeaders{SetCookie: who.cookie(token)}}, nil
}

// previewAccounts says what a file of accounts would make.
func (s *Server) previewAccounts(c echo.Context) error {
	return s.loadAccounts(c, s.Hub.PreviewAccounts)
}

// applyAccounts makes the accounts of a file.
func (s *Server) applyAccounts(c echo.Context) error { return s.loadAccounts(c, s.Hub.ApplyAccounts) }

func (s *Server) loadAccounts(c echo.Context, do func(context.Context, inbox.Actor, inbox.Workbook) (inbox.AccountPlan, error)) error {
	file, _, err := s.workbook(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	who := callerOf(ctx)
	plan, err := do(ctx, who.actor, file)
	if err != nil {
		return err
	}
	out := toAccountPlan(who, file.Name, plan)
	if len(plan.Invited) > 0 {
		var book bytes.Buffer
		if err := s.Hub.WriteInvitations(&book, who.base, plan.Invited); err != nil {
			return err
		}
		out.Sheet = book.Bytes()
	}
	return c.JSON(http.StatusOK, out)
}

func toAccountPlan(who caller, file string, p inbox.AccountPlan) gen.AccountPlan {
	out := gen.AccountPlan{
		File: file, Problems: []gen.ImportProblem{}, Notes: []gen.ImportNote{}, Invited: []gen.Invited{},
		New: toAccountRows(p.New), Known: toAccountRows(p.Known),
	}
	for _, problem := range p.Problems {
		out.Problems = append(out.Problems, gen.ImportProblem{
			Sheet: problem.Sheet, Cell: problem.Cell, Field: string(problem.Field), Message: problem.Message,
		})
	}
	for _, n := range p.Notes {
		out.Notes = append(out.Notes, gen.ImportNote{Sheet: n.Sheet, Message: n.Message})
	}
	for _, i := range p.Invited {
		out.Invited = append(out.Invited, toInvited(who, i))
	}
	return out
}

func toAccountRows(rows []inbox.AccountRow) []gen.AccountRow {
	out := make([]gen.AccountRow, len(rows))
	for i, r := range rows {
		out[i] = gen.AccountRow{
			Sheet: r.Sheet, Line: r.Line, Name: r.Name, Login: r.Login, Role: gen.Role(r.Role), Departments: departmentIDs(r.Departments),
		}
	}
	return out
}
