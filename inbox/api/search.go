package api

import (
	"context"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
)

const defaultFound = 20

// SearchMessages finds conversations by what was said in them.
func (s *Server) SearchMessages(ctx context.Context, req gen.SearchMessagesRequestObject) (gen.SearchMessagesResponseObject, error) {
	page, err := s.Hub.SearchMessages(ctx, actorOf(ctx), inbox.MessageSearch{
		Text: req.Params.Q, After: req.Params.After, Limit: limited(req.Params.Limit, defaultFound),
	})
	if err != nil {
		return nil, err
	}
	out := gen.SearchMessages200JSONResponse{Found: make([]gen.FoundConversation, len(page.Found)), Next: page.Next, Partial: page.Partial}
	for i, f := range page.Found {
		out.Found[i] = toFound(f)
	}
	for _, k := range page.Incidents {
		out.Incidents = append(out.Incidents, toIncident(k))
	}
	return out, nil
}

func toFound(f inbox.FoundConversation) gen.FoundConversation {
	out := gen.FoundConversation{Conversation: toConversation(f.Conversation), Snippet: make([]gen.SnippetPart, len(f.Snippet))}
	for i, p := range f.Snippet {
		out.Snippet[i] = gen.SnippetPart{Text: p.Text, Match: p.Match}
	}
	if m := f.Message; m != nil {
		out.Message = gen.FoundMessage{
			Seq: int64(m.Seq), Author: gen.AuthorKind(m.Author.Kind), Note: m.Direction == inbox.Note, At: m.SentAt,
		}
	}
	return out
}
