package api

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"tongdai/bot"
	"tongdai/inbox"
	"tongdai/inbox/api/gen"
	"tongdai/kb"
)

// TryQuestion asks a question as a citizen would.
func (s *Server) TryQuestion(ctx context.Context, req gen.TryQuestionRequestObject) (gen.TryQuestionResponseObject, error) {
	t, err := s.Hub.Try(ctx, actorOf(ctx), req.Body.Question, kb.EntryID(req.Body.Draft))
	if err != nil {
		return nil, err
	}
	d := t.Decision
	out := gen.TryQuestion200JSONResponse{
		Outcome: gen.BotOutcome(d.Outcome), Reason: string(d.Reason), Rule: d.Rule, Entry: string(d.Entry), Confidence: d.Confidence,
		AnswerAt: t.AnswerAt, ClarifyAt: t.ClarifyAt, Words: []gen.TriedWord{}, Hits: []gen.TriedHit{}, Showings: toShowings(t.Shown),
	}
	for _, w := range t.Why.Words {
		out.Words = append(out.Words, gen.TriedWord{
			Typed: w.Typed, Meant: w.Meant, Reading: gen.TriedWordReading(w.Reading), Weight: w.Weight, Weak: w.Weak, Unknown: w.Unknown, Story: w.Story,
		})
	}
	for _, h := range t.Why.Hits {
		out.Hits = append(out.Hits, toTriedHit(h))
	}
	return out, nil
}

func toTriedHit(h kb.WhyHit) gen.TriedHit {
	out := gen.TriedHit{
		Entry: toEntry(h.Entry), Confidence: h.Confidence, Family: h.Family, Wording: h.Wording, Start: h.Start,
		Words: []gen.TriedFound{}, Rules: []gen.TriedHitRules{},
	}
	for _, w := range h.Words {
		out.Words = append(out.Words, gen.TriedFound{Way: gen.TriedFoundWay(cmp.Or(w.Way, "none")), Word: w.Word, Answer: w.Answer})
	}
	for _, p := range h.Parts {
		part := struct {
			Factor gen.TriedHitPartsFactor `json:"factor"`
			Points float64                 `json:"points"`
		}{gen.TriedHitPartsFactor(p.Factor), p.Points}
		out.Parts = append(out.Parts, part)
	}
	for _, r := range h.Rules {
		out.Rules = append(out.Rules, gen.TriedHitRules(r))
	}
	return out
}

// PreviewEntry shows an entry as each channel would.
func (s *Server) PreviewEntry(ctx context.Context, req gen.PreviewEntryRequestObject) (gen.PreviewEntryResponseObject, error) {
	var text *inbox.EntryText
	if t := req.Body.Text; t.Question != "" {
		written := textOf(t)
		text = &written
	}
	shown, err := s.Hub.EntryShown(ctx, actorOf(ctx), kb.EntryID(req.Body.Entry), text)
	return gen.PreviewEntry200JSONResponse(toShowings(shown)), err
}

func toShowings(shown []inbox.Showing) []gen.ChannelShowing {
	out := make([]gen.ChannelShowing, len(shown))
	for i, v := range shown {
		out[i] = gen.ChannelShowing{
			Channel: string(v.Channel.ID), Kind: v.Channel.Kind, Name: v.Channel.Name, Messages: v.Messages, Buttons: v.Buttons, Numbered: v.Numbered,
		}
		if v.Messages == nil {
			out[i].Messages = []string{}
		}
		if v.Buttons == nil {
			out[i].Buttons = []string{}
		}
	}
	return out
}

// ListExpected lists saved questions.
func (s *Server) ListExpected(ctx context.Context, req gen.ListExpectedRequestObject) (gen.ListExpectedResponseObject, error) {
	actor := actorOf(ctx)
	all, err := s.Hub.ExpectedOf(ctx, actor, kb.DepartmentID(req.Params.Department))
	out := make(gen.ListExpected200JSONResponse, len(all))
	for i, k := range all {
		out[i] = toExpected(actor, k)
	}
	return out, err
}

// SaveExpected saves a question.
func (s *Server) SaveExpected(ctx context.Context, req gen.SaveExpectedRequestObject) (gen.SaveExpectedResponseObject, error) {
	actor, b := actorOf(ctx), req.Body
	k, err := s.Hub.SaveExpected(ctx, actor, inbox.Expected{
		Question: b.Question, Entry: kb.EntryID(b.Entry), Department: kb.DepartmentID(b.Department),
	})
	return gen.SaveExpected200JSONResponse(toExpected(actor, k)), err
}

// DropExpected forgets a saved question.
func (s *Server) DropExpected(ctx context.Context, req gen.DropExpectedRequestObject) (gen.DropExpectedResponseObject, error) {
	return gen.DropExpected204Response{}, s.Hub.DropExpected(ctx, actorOf(ctx), req.Id)
}

// CheckExpected asks the saved questions.
func (s *Server) CheckExpected(ctx context.Context, req gen.CheckExpectedRequestObject) (gen.CheckExpectedResponseObject, error) {
	actor := actorOf(ctx)
	c, err := s.Hub.CheckExpected(ctx, actor, kb.DepartmentID(req.Params.Department))
	out := gen.CheckExpected200JSONResponse{
		Results: []gen.Checked{}, Right: c.Count[inbox.GradeRight], Asked: c.Count[inbox.GradeAsked],
		Left: c.Count[inbox.GradeLeft], Wrong: c.Count[inbox.GradeWrong], TookMs: int(c.Took.Milliseconds()),
	}
	for _, r := range c.Results {
		out.Results = append(out.Results, toChecked(actor, r))
	}
	return out, err
}

// importExpected saves the questions of a file.
func (s *Server) importExpected(c echo.Context) error {
	ctx := c.Request().Context()
	if !actorOf(ctx).May(inbox.EditKnowledge) {
		return inbox.ErrForbidden
	}
	file, _, err := s.workbook(c)
	if err != nil {
		return err
	}
	p, err := s.Hub.LoadExpected(ctx, actorOf(ctx), file)
	if err != nil {
		return err
	}
	out := gen.ExpectedPlan{Saved: p.Saved, Problems: []gen.ImportProblem{}}
	for _, problem := range p.Problems {
		out.Problems = append(out.Problems, gen.ImportProblem{Sheet: problem.Sheet, Cell: problem.Cell, Field: string(problem.Field), Message: problem.Message})
	}
	return c.JSON(http.StatusOK, out)
}

// GetEffect tells what a publication would change.
func (s *Server) GetEffect(ctx context.Context, req gen.GetEffectRequestObject) (gen.GetEffectResponseObject, error) {
	actor := actorOf(ctx)
	e, err := s.Hub.Effect(ctx, actor, kb.EntryID(req.Id))
	changes := func(list []inbox.CheckChange) []gen.CheckChange {
		out := make([]gen.CheckChange, len(list))
		for i, c := range list {
			out[i] = gen.CheckChange{Before: toChecked(actor, c.Before), After: toChecked(actor, c.After)}
		}
		return out
	}
	return gen.GetEffect200JSONResponse{Asked: e.Asked, Worse: changes(e.Worse), Better: changes(e.Better)}, err
}

func toExpected(actor inbox.Actor, k inbox.Kept[inbox.Expected]) gen.Expected {
	e := k.Value
	return gen.Expected{
		Id: k.ID, Question: e.Question, Entry: string(e.Entry), Department: string(e.Department), At: e.At, By: string(e.By),
		Editable: actor.MayFor(inbox.EditKnowledge, e.Department),
	}
}

func toChecked(actor inbox.Actor, c inbox.Checked) gen.Checked {
	return gen.Checked{
		Expected: toExpected(actor, c.Kept), Grade: gen.Grade(c.Grade), Outcome: gen.BotOutcome(c.Outcome), Entry: string(c.Entry), Confidence: c.Confidence,
	}
}

// ListMissed lists what was not answered.
func (s *Server) ListMissed(ctx context.Context, req gen.ListMissedRequestObject) (gen.ListMissedResponseObject, error) {
	p := req.Params
	days := cmp.Or(p.Days, 30)
	list, err := s.Hub.Missed(ctx, actorOf(ctx), inbox.MissQuery{
		Category: kb.CategoryID(p.Category), Department: kb.DepartmentID(p.Department), Kind: inbox.MissKind(p.Kind),
		Within: time.Duration(days) * 24 * time.Hour, Newest: p.Newest, Limit: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := gen.ListMissed200JSONResponse{Groups: []gen.MissGroup{}, All: list.All, Questions: list.Questions}
	for _, g := range list.Groups {
		out.Groups = append(out.Groups, toMissGroup(g))
	}
	return out, nil
}

func toMissGroup(g inbox.MissGroup) gen.MissGroup {
	out := gen.MissGroup{
		Ids: g.IDs, Question: g.Question, Count: g.Count, First: g.First, Last: g.Last, Kinds: []gen.MissKind{},
		Category: string(g.Category), Department: string(g.Department), Entry: string(g.Entry), Now: gen.BotOutcome(g.Now), Editable: g.May,
	}
	if g.Now == bot.Answer {
		out.Answer = string(g.Answer)
	}
	for _, k := range g.Kinds {
		out.Kinds = append(out.Kinds, gen.MissKind(k))
	}
	for _, w := range g.Wordings {
		wording := struct {
			At           time.Time `json:"at"`
			Conversation string    `json:"conversation,omitempty,omitzero"`
			Text         string    `json:"text"`
		}{w.At, string(w.Conversation), w.Text}
		out.Wordings = append(out.Wordings, wording)
	}
	return out
}

// SettleMissed settles missed questions.
func (s *Server) SettleMissed(ctx context.Context, req gen.SettleMissedRequestObject) (gen.SettleMissedResponseObject, error) {
	actor, b := actorOf(ctx), req.Body
	var err error
	switch string(b.Act) {
	case "set_aside":
		err = s.Hub.DismissMissed(ctx, actor, b.Ids, b.Reason)
	case "answered":
		err = s.Hub.AnswerMissed(ctx, actor, b.Ids, kb.EntryID(b.Entry))
	case "add_wording":
		err = s.Hub.AddWording(ctx, actor, kb.EntryID(b.Entry), b.Wording, b.Ids)
	}
	return gen.SettleMissed204Response{}, err
}

// GetReindexing tells how far the nodes are.
func (s *Server) GetReindexing(ctx context.Context, _ gen.GetReindexingRequestObject) (gen.GetReindexingResponseObject, error) {
	r, err := s.Hub.Reindexing(ctx, actorOf(ctx))
	out := gen.GetReindexing200JSONResponse{At: r.At, By: string(r.By), Nodes: []gen.NodeIndex{}}
	for _, k := range r.Nodes {
		n := k.Value
		out.Nodes = append(out.Nodes, gen.NodeIndex{
			Node: k.ID, Begun: n.Begun, Ended: n.Ended, Done: n.Done, Total: n.Total, Entries: n.Entries, TookMs: int(n.Took.Milliseconds()), Problem: n.Problem,
		})
	}
	return out, err
}

// ReindexKnowledge asks every node for a new index.
func (s *Server) ReindexKnowledge(ctx context.Context, _ gen.ReindexKnowledgeRequestObject) (gen.ReindexKnowledgeResponseObject, error) {
	return gen.ReindexKnowledge204Response{}, s.Hub.Reindex(ctx, actorOf(ctx))
}

// ProposeEntry proposes an entry from what a matter was answered.
func (s *Server) ProposeEntry(ctx context.Context, req gen.ProposeEntryRequestObject) (gen.ProposeEntryResponseObject, error) {
	id, err := s.Hub.ProposeEntry(ctx, actorOf(ctx), inbox.ConversationID(req.Id), textOf(*req.Body))
	return gen.ProposeEntry200JSONResponse{Entry: string(id)}, err
}
