package api

import (
	"context"
	"time"

	"tongdai/connectors"
	"tongdai/inbox"
	"tongdai/inbox/api/gen"
	"tongdai/kb"
)

// Pages without a wish are this long.
const (
	defaultConversations = 50
	defaultMessages      = 100
	mostOfAPage          = 200
)

func limited(wish, otherwise int) int {
	if wish <= 0 {
		return otherwise
	}
	return min(wish, mostOfAPage)
}

// GetDirectory names what screens speak of.
func (s *Server) GetDirectory(ctx context.Context, _ gen.GetDirectoryRequestObject) (gen.GetDirectoryResponseObject, error) {
	if !actorOf(ctx).May(inbox.SeeDirectory) {
		return nil, inbox.ErrForbidden
	}
	members, err := s.Hub.Members(ctx)
	if err != nil {
		return nil, err
	}
	out := gen.GetDirectory200JSONResponse{
		Departments: []gen.Department{}, Categories: []gen.Category{}, Channels: []gen.Channel{}, Members: []gen.MemberRef{},
	}
	for _, d := range s.Names.Departments(time.Now()) {
		out.Departments = append(out.Departments, gen.Department{Id: string(d.ID), Name: d.Name, Hotline: d.Hotline, Desk: d.Desk, Current: d.Current})
	}
	for _, c := range s.Names.Categories() {
		out.Categories = append(out.Categories, gen.Category{Id: string(c.ID), Name: c.Name})
	}
	for _, conn := range s.Hub.Channels() {
		out.Channels = append(out.Channels, toChannel(conn))
	}
	for _, m := range members {
		if !m.Disabled {
			out.Members = append(out.Members, gen.MemberRef{Id: string(m.ID), Name: m.Name, Role: gen.Role(m.Role)})
		}
	}
	return out, nil
}

// GetViews counts the views.
func (s *Server) GetViews(ctx context.Context, _ gen.GetViewsRequestObject) (gen.GetViewsResponseObject, error) {
	var departments []kb.DepartmentID
	for _, d := range s.Names.Departments(time.Now()) {
		departments = append(departments, d.ID)
	}
	counts, err := s.Hub.Count(ctx, actorOf(ctx), departments)
	if err != nil {
		return nil, err
	}
	out := gen.GetViews200JSONResponse{
		Counts: map[string]int{}, Departments: map[string]int{}, Channels: map[string]int{},
		Saved: counts.Saved, Partial: counts.Partial, Stuck: counts.Stuck,
	}
	for c, n := range counts.Channels {
		out.Channels[string(c)] = n
	}
	for view, n := range counts.Views {
		out.Counts[string(view)] = n
	}
	for d, n := range counts.Departments {
		out.Departments[string(d)] = n
	}
	return out, nil
}

// ListConversations returns one page of a view.
func (s *Server) ListConversations(ctx context.Context, req gen.ListConversationsRequestObject) (gen.ListConversationsResponseObject, error) {
	p := req.Params
	page, err := s.Hub.List(ctx, actorOf(ctx), inbox.View{
		Name: inbox.ListID(p.View), Department: kb.DepartmentID(p.Department), Channel: connectors.ChannelID(p.Channel),
		Category: kb.CategoryID(p.Category), Label: p.Label, Urgent: p.Urgent,
	}, inbox.Cursor(p.Cursor), limited(p.Limit, defaultConversations))
	if err != nil {
		return nil, err
	}
	return gen.ListConversations200JSONResponse{
		Conversations: toConversations(page.Conversations), Next: string(page.Next), Event: int64(page.Event),
	}, nil
}

// GetConversation opens a conversation.
func (s *Server) GetConversation(ctx context.Context, req gen.GetConversationRequestObject) (gen.GetConversationResponseObject, error) {
	o, err := s.Hub.Look(ctx, actorOf(ctx), inbox.ConversationID(req.Id))
	if err != nil {
		return nil, err
	}
	return gen.GetConversation200JSONResponse{
		Conversation: toConversation(o.Conversation), Contact: toContact(o.Contact),
		Handoff: toHandoff(o.Conversation.Handoff), Earlier: toConversations(o.Earlier),
		CanAnswer: o.CanAnswer, CanNote: o.CanNote, ReplyUntil: o.ReplyUntil, SpamBefore: o.SpamBefore, LetterSubject: o.LetterSubject,
	}, nil
}

// ListMessages returns messages of a conversation.
func (s *Server) ListMessages(ctx context.Context, req gen.ListMessagesRequestObject) (gen.ListMessagesResponseObject, error) {
	limit := limited(req.Params.Limit, defaultMessages)
	q := inbox.MessageQuery{Before: uint64(max(req.Params.Before, 0)), Limit: limit + 1}
	if after := req.Params.After; after != nil {
		q.Forward, q.After = true, uint64(max(*after, 0))
	}
	said, err := s.Hub.Messages(ctx, actorOf(ctx), inbox.ConversationID(req.Id), q)
	if err != nil {
		return nil, err
	}
	more := len(said) > limit
	if more && q.Forward {
		said = said[:limit]
	} else if more {
		said = said[1:]
	}
	out := gen.ListMessages200JSONResponse{Messages: make([]gen.Message, len(said)), More: more}
	for i, m := range said {
		out.Messages[i] = toSaid(m)
	}
	return out, nil
}

// suggestions is how many entries are offered beside a conversation.
const suggestions = 3

// ListSuggestions returns the entries nearest to the last question.
func (s *Server) ListSuggestions(ctx context.Context, req gen.ListSuggestionsRequestObject) (gen.ListSuggestionsResponseObject, error) {
	question, err := s.Hub.Question(ctx, actorOf(ctx), inbox.ConversationID(req.Id))
	if err != nil || question == "" {
		return gen.ListSuggestions200JSONResponse{}, err
	}
	hits, err := s.Knowledge.Search(ctx, question, suggestions)
	return gen.ListSuggestions200JSONResponse(toHits(hits)), err
}

// TakeConversation gives the conversation to the caller.
func (s *Server) TakeConversation(ctx context.Context, req gen.TakeConversationRequestObject) (gen.TakeConversationResponseObject, error) {
	c, err := s.Hub.Take(ctx, actorOf(ctx), inbox.ConversationID(req.Id))
	return gen.TakeConversation200JSONResponse{ConversationJSONResponse: answer(c)}, err
}

// AssignConversation gives the conversation to a member.
func (s *Server) AssignConversation(ctx context.Context, req gen.AssignConversationRequestObject) (gen.AssignConversationResponseObject, error) {
	c, err := s.Hub.Assign(ctx, actorOf(ctx), inbox.ConversationID(req.Id), inbox.MemberID(req.Body.Member))
	return gen.AssignConversation200JSONResponse{ConversationJSONResponse: answer(c)}, err
}

// TransferConversation puts a department in charge.
func (s *Server) TransferConversation(ctx context.Context, req gen.TransferConversationRequestObject) (gen.TransferConversationResponseObject, error) {
	c, err := s.Hub.Transfer(ctx, actorOf(ctx), inbox.ConversationID(req.Id), kb.DepartmentID(req.Body.Department), req.Body.Note)
	return gen.TransferConversation200JSONResponse{ConversationJSONResponse: answer(c)}, err
}

// PutCategory files the conversation under a field.
func (s *Server) PutCategory(ctx context.Context, req gen.PutCategoryRequestObject) (gen.PutCategoryResponseObject, error) {
	c, err := s.Hub.File(ctx, actorOf(ctx), inbox.ConversationID(req.Id), kb.CategoryID(req.Body.Category))
	return gen.PutCategory200JSONResponse{ConversationJSONResponse: answer(c)}, err
}

// PutUrgent marks the conversation as urgent, or not.
func (s *Server) PutUrgent(ctx context.Context, req gen.PutUrgentRequestObject) (gen.PutUrgentResponseObject, error) {
	c, err := s.Hub.SetUrgent(ctx, actorOf(ctx), inbox.ConversationID(req.Id), req.Body.Urgent)
	return gen.PutUrgent200JSONResponse{ConversationJSONResponse: answer(c)}, err
}

// ResolveConversation closes the matter.
func (s *Server) ResolveConversation(ctx context.Context, req gen.ResolveConversationRequestObject) (gen.ResolveConversationResponseObject, error) {
	c, err := s.Hub.Resolve(ctx, actorOf(ctx), inbox.ConversationID(req.Id))
	return gen.ResolveConversation200JSONResponse{ConversationJSONResponse: answer(c)}, err
}

// ReopenConversation opens a closed matter again.
func (s *Server) ReopenConversation(ctx context.Context, req gen.ReopenConversationRequestObject) (gen.ReopenConversationResponseObject, error) {
	c, err := s.Hub.Reopen(ctx, actorOf(ctx), inbox.ConversationID(req.Id))
	return gen.ReopenConversation200JSONResponse{ConversationJSONResponse: answer(c)}, err
}

// PutRead marks a conversation read or unread.
func (s *Server) PutRead(ctx context.Context, req gen.PutReadRequestObject) (gen.PutReadResponseObject, error) {
	c, err := s.Hub.MarkRead(ctx, actorOf(ctx), inbox.ConversationID(req.Id), uint64(max(req.Body.Seq, 0)))
	return gen.PutRead200JSONResponse{ConversationJSONResponse: answer(c)}, err
}

// PostReply answers the citizen.
func (s *Server) PostReply(ctx context.Context, req gen.PostReplyRequestObject) (gen.PostReplyResponseObject, error) {
	b := req.Body
	attachments, err := s.uploaded(ctx, b.Attachments)
	if err != nil {
		return nil, err
	}
	m, err := s.Hub.Reply(ctx, actorOf(ctx), inbox.ConversationID(req.Id), inbox.NewReply{
		Text: b.Text, Key: b.Key, Attachments: attachments, Cc: fromAddresses(b.Cc), Entry: kb.EntryID(b.Entry), Quotes: inbox.MessageID(b.Quotes),
		SeenSeq: uint64(max(b.SeenSeq, 0)), Force: b.Force, Resolve: b.Resolve, Interim: b.Interim, Private: b.Private,
	})
	return gen.PostReply200JSONResponse(toMessage(m)), err
}

// PostNote writes a note.
func (s *Server) PostNote(ctx context.Context, req gen.PostNoteRequestObject) (gen.PostNoteResponseObject, error) {
	m, err := s.Hub.AddNote(ctx, actorOf(ctx), inbox.ConversationID(req.Id), req.Body.Text, req.Body.Key, memberIDs(req.Body.Mentions)...)
	return gen.PostNote200JSONResponse(toMessage(m)), err
}

// RetryDelivery sends a stuck message again.
func (s *Server) RetryDelivery(ctx context.Context, req gen.RetryDeliveryRequestObject) (gen.RetryDeliveryResponseObject, error) {
	m, err := s.Hub.RetryDelivery(ctx, actorOf(ctx), inbox.MessageID(req.Id))
	return gen.RetryDelivery200JSONResponse(toMessage(m)), err
}

// ListStuck lists outgoing messages that wait for a person.
func (s *Server) ListStuck(ctx context.Context, _ gen.ListStuckRequestObject) (gen.ListStuckResponseObject, error) {
	stuck, err := s.Hub.Stuck(ctx, actorOf(ctx))
	out := make(gen.ListStuck200JSONResponse, len(stuck))
	for i, m := range stuck {
		out[i] = toMessage(m)
	}
	return out, err
}
