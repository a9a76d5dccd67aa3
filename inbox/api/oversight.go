package api

import (
	"context"
	"strings"
	"unicode/utf8"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
)

// bodyShown is how much of a quarantined item a list shows, in bytes.
const bodyShown = 4096

// ListQuarantine lists what was not understood.
func (s *Server) ListQuarantine(ctx context.Context, _ gen.ListQuarantineRequestObject) (gen.ListQuarantineResponseObject, error) {
	waiting, err := s.Hub.Quarantine(ctx, actorOf(ctx))
	out := make(gen.ListQuarantine200JSONResponse, len(waiting))
	for i, q := range waiting {
		out[i] = gen.Quarantined{
			Id: string(q.ID), Channel: string(q.Channel), At: q.At, Trouble: q.Trouble, Body: readable(q.Body),
		}
	}
	return out, err
}

// readable shows the beginning of bytes that may be anything.
func readable(body []byte) string {
	text := strings.ToValidUTF8(string(body[:min(len(body), bodyShown)]), string(utf8.RuneError))
	return strings.Map(func(r rune) rune {
		if r == 0 {
			return utf8.RuneError
		}
		return r
	}, text)
}

// SettleQuarantine replays or dismisses a quarantined item.
func (s *Server) SettleQuarantine(ctx context.Context, req gen.SettleQuarantineRequestObject) (gen.SettleQuarantineResponseObject, error) {
	settle := s.Hub.Dismiss
	if req.Verdict == gen.Replay {
		settle = s.Hub.Replay
	}
	if err := settle(ctx, actorOf(ctx), inbox.RawID(req.Id)); err != nil {
		return nil, err
	}
	return gen.SettleQuarantine204Response{}, nil
}

// ListAudit lists acts on record.
func (s *Server) ListAudit(ctx context.Context, req gen.ListAuditRequestObject) (gen.ListAuditResponseObject, error) {
	p := req.Params
	rows, err := s.Hub.Audits(ctx, actorOf(ctx), inbox.AuditQuery{
		Conversation: inbox.ConversationID(p.Conversation), Member: inbox.MemberID(p.Member),
		Before: uint64(max(p.Before, 0)), Limit: limited(p.Limit, defaultMessages),
	})
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
	out := make(gen.ListAudit200JSONResponse, len(rows))
	for i, a := range rows {
		out[i] = gen.AuditRow{
			Seq: int64(a.Seq), At: a.At, Member: string(a.Member), MemberName: names[a.Member], Action: string(a.Action),
			Conversation: string(a.Conversation), Target: a.Target, Detail: a.Detail, Address: a.Address,
		}
	}
	return out, nil
}
