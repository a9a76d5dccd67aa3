package connectortest

import (
	"testing"

	"tongdai/connectors"
)

// Run tries every promise of package connectors on the connector that factory
// makes, with a fresh one for each. What the harness lacks is skipped, with a
// sentence that says what.
func Run(t *testing.T, factory Factory) {
	t.Run("the harness is whole", func(t *testing.T) { wholeHarness(t, factory(t)) })
	t.Run("limits make sense", func(t *testing.T) { limitsMakeSense(t, factory(t).Connector) })
	for _, part := range []struct {
		name  string
		cases []promise
	}{
		{"signatures", signatures},
		{"receiving", receiving},
		{"characters", characters},
		{"polling", polling},
		{"sending", sending},
		{"choices", choices},
		{"failing", failing},
		{"asking", asking},
		{"fetching", fetching},
	} {
		t.Run(part.name, func(t *testing.T) {
			for _, p := range part.cases {
				t.Run(p.says, func(t *testing.T) { p.try(t, factory) })
			}
		})
	}
}

// promise is one sentence of the contract and how it is tried.
type promise struct {
	says string
	try  func(t *testing.T, factory Factory)
}

// wholeHarness holds a harness to having a part for everything that its
// connector can do, so that nothing goes untried by oversight.
func wholeHarness(t *testing.T, h *Harness) {
	needs := func(is bool, interface_ string, has bool) {
		if is != has {
			t.Errorf("the connector is a %s: %v; the harness has its part: %v", interface_, is, has)
		}
	}
	_, isWebhook := h.Connector.(connectors.Webhook)
	_, isPoller := h.Connector.(connectors.Poller)
	_, isProfiler := h.Connector.(connectors.Profiler)
	_, isFetcher := h.Connector.(connectors.Fetcher)
	_, isChecker := h.Connector.(connectors.Checker)
	needs(isWebhook || h.Hook != nil && h.Hook.Handler != nil, "Webhook", h.Hook != nil)
	needs(isPoller, "Poller", h.Poll != nil)
	needs(isProfiler, "Profiler", h.Who != nil)
	needs(isFetcher, "Fetcher", h.Fetch != nil)
	needs(isChecker, "Checker", h.Spoil != nil)
	needs(!h.Connector.Limits().FromLog, "connector that sends", h.Wire != nil)
	if hook := h.Hook; hook != nil {
		if hook.Report == nil || hook.Sign == nil || hook.Forged == nil || hook.Header == "" || hook.MaxBody == 0 {
			t.Error("the hook lacks Report, Sign, Forged, Header or MaxBody")
		}
		if len(hook.Malformed) == 0 || len(hook.Unknown) == 0 && !hook.Frank {
			t.Error("the hook lacks bodies that are Malformed or Unknown")
		}
	}
	if wire := h.Wire; wire != nil && (wire.Shown == nil || wire.Fault == nil || wire.Down == nil || wire.To == "") {
		t.Error("the wire lacks To, Shown, Fault or Down")
	}
}

func limitsMakeSense(t *testing.T, c connectors.Connector) {
	if channel := c.Channel(); channel.ID == "" || channel.Kind == "" || channel.Name == "" {
		t.Errorf("Channel = %+v, want id, kind and name", channel)
	}
	l := c.Limits()
	if l.TextLength < 0 || l.Choices < 0 || l.AttachmentSize < 0 || l.ReplyWindow < 0 || l.FreeWindow < 0 || l.FreeReplies < 0 || l.PerMinute < 0 {
		t.Errorf("Limits = %+v, some are below zero", l)
	}
	if l.Choices > 0 && l.ChoiceLabel <= 0 {
		t.Errorf("Limits = %+v: buttons without room for words", l)
	}
	if l.ReplyWindow > 0 && l.FreeWindow > l.ReplyWindow {
		t.Errorf("Limits = %+v: what is free lasts longer than what is allowed", l)
	}
	if len(l.AttachmentTypes) > 0 && l.AttachmentSize == 0 {
		t.Errorf("Limits = %+v: types of files, but no files", l)
	}
}
