package api

import (
	"context"

	"tongdai/connectors"
	"tongdai/inbox"
	"tongdai/inbox/api/gen"
)

// ListChannels tells how the channels are.
func (s *Server) ListChannels(ctx context.Context, _ gen.ListChannelsRequestObject) (gen.ListChannelsResponseObject, error) {
	states, err := s.Hub.ChannelStates(ctx, actorOf(ctx))
	out := make(gen.ListChannels200JSONResponse, len(states))
	for i, c := range states {
		out[i] = gen.ChannelState{
			Id: string(c.ID), Kind: c.Kind, Name: c.Name, Citizens: c.Citizens, Bridge: c.Bridge, Checks: c.Checks, Connects: c.Connects, Installs: c.Installs, Tests: c.Tests, Recalls: c.Recalls, Gaps: toGaps(c.Gaps),
			LastIn: c.LastIn, LastOut: c.LastOut, Parked: c.Parked, Failed: c.Failed,
		}
		if c.Health != nil {
			out[i].Health = toHealth(*c.Health)
		}
	}
	return out, err
}

func toHealth(h connectors.Health) gen.Health {
	return gen.Health{Ok: h.OK, Problem: h.Problem, Expires: h.Expires, CheckedAt: h.CheckedAt, Standing: h.Standing}
}

// ConnectChannel begins a consent.
func (s *Server) ConnectChannel(ctx context.Context, req gen.ConnectChannelRequestObject) (gen.ConnectChannelResponseObject, error) {
	url, err := s.Hub.ConnectChannel(ctx, actorOf(ctx), connectors.ChannelID(req.Id))
	return gen.ConnectChannel200JSONResponse{Url: url}, err
}

// InstallChannel tells a channel's platform where we are.
func (s *Server) InstallChannel(ctx context.Context, req gen.InstallChannelRequestObject) (gen.InstallChannelResponseObject, error) {
	installed, err := s.Hub.InstallChannel(ctx, actorOf(ctx), connectors.ChannelID(req.Id))
	return gen.InstallChannel200JSONResponse{Done: append([]string{}, installed.Done...), Problem: installed.Problem}, err
}

// TestChannel sends a test message.
func (s *Server) TestChannel(ctx context.Context, req gen.TestChannelRequestObject) (gen.TestChannelResponseObject, error) {
	to := inbox.TestTo{Conversation: inbox.ConversationID(req.Body.Id)}
	if req.Body.By == gen.TestToByUser {
		to = inbox.TestTo{Remote: connectors.RemoteID(req.Body.Id)}
	}
	tested, err := s.Hub.SendTest(ctx, actorOf(ctx), connectors.ChannelID(req.Id), to)
	return gen.TestChannel200JSONResponse{
		Conversation: string(tested.Conversation), Code: tested.Code, Message: string(tested.Message),
		Delivery: toDelivery(tested.Delivery),
	}, err
}

// ReconcileChannel compares a channel with its platform.
func (s *Server) ReconcileChannel(ctx context.Context, req gen.ReconcileChannelRequestObject) (gen.ReconcileChannelResponseObject, error) {
	done, err := s.Hub.ReconcileChannel(ctx, actorOf(ctx), connectors.ChannelID(req.Id), req.Body.Since)
	return gen.ReconcileChannel200JSONResponse{
		Since: done.Since, People: done.People, Filled: done.Filled, Gaps: toGaps(done.Gaps), Problem: done.Problem,
	}, err
}

func toGaps(gaps []inbox.Gap) []gen.Gap {
	out := make([]gen.Gap, len(gaps))
	for i, g := range gaps {
		out[i] = gen.Gap{From: g.From, To: g.To, People: len(g.People)}
	}
	return out
}
