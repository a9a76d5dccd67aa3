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
