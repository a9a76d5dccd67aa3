package inbox_test

import (
	"maps"
	"testing"

	"tongdai/inbox"
)

func TestKeysAreKeptForEveryScreenOfAMember(t *testing.T) {
	idle(t, func(r *rig) {
		chosen := map[string]string{"take": "v", "reply": "r"}
		if err := r.hub.Prefer(r.ctx(), lan, inbox.Preferences{Keys: chosen}); err != nil {
			r.Fatal(err)
		}
		for name, wrong := range map[string]map[string]string{
			"one key for two things": {"take": "v", "urgent": "v"},
			"no single key":          {"urgent": "Ctrl+k"},
			"a letter with a mark":   {"urgent": "ư"},
		} {
			wantInvalid(t, name, r.hub.Prefer(r.ctx(), lan, inbox.Preferences{Keys: wrong}), "keys.urgent")
		}
		if p := must[inbox.Preferences](r)(r.hub.Preferences(r.ctx(), lan)); !maps.Equal(p.Keys, chosen) {
			r.Errorf("chosen is %v, want %v", p.Keys, chosen)
		}
		if p := must[inbox.Preferences](r)(r.hub.Preferences(r.ctx(), minh)); len(p.Keys) != 0 {
			r.Errorf("another has %v", p.Keys)
		}
	})
}
