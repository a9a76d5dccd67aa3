package zalo_test

import (
	"testing"

	"tongdai/connectors"
	"tongdai/connectors/zalo"
	"tongdai/connectors/zalo/zalosim"
)

func TestWhoSomebodyIs(t *testing.T) {
	for _, tt := range []struct {
		name string
		only bool // followers alone are told of
		set  func(sim *zalosim.Sim, user string)
		want connectors.Profile
		kind connectors.Kind
		says string // reason; empty: no error
	}{
		{"by the name chosen in the app", false, func(*zalosim.Sim, string) {}, connectors.Profile{Name: "Trần Thị Mẫu"}, 0, ""},
		{"by the name put into Zalo's form", false, func(sim *zalosim.Sim, user string) {
			sim.Share(oaID, user, zalosim.Info{Name: "Trần Thị Mười", Phone: "84901234567"})
		}, connectors.Profile{Name: "Trần Thị Mười", Phone: "84901234567"}, 0, ""},
		{"not by a name that is hidden", false, func(sim *zalosim.Sim, user string) { sim.Hide(oaID, user, true) }, connectors.Profile{}, 0, ""},
		{"not where only followers are told of", true, func(*zalosim.Sim, string) {}, connectors.Profile{}, connectors.WindowClosed, "Người này chưa từng nhắn cho OA hoặc không quan tâm OA nên Zalo không cho gửi."},
		{"of a follower", true, func(sim *zalosim.Sim, user string) { sim.Follow(oaID, user) }, connectors.Profile{Name: "Trần Thị Mẫu"}, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, func(sim *zalosim.Config, _ *zalo.Config) { sim.FollowersOnly = tt.only })
			user := r.sim.Citizen(oaID, "Trần Thị Mẫu")
			r.sim.Say(oaID, user, "xin chào")
			tt.set(r.sim, user)
			got, err := r.conn.Profile(t.Context(), connectors.RemoteID(user))
			if got != tt.want || connectors.ReasonOf(err) != tt.says || err != nil && connectors.KindOf(err) != tt.kind {
				t.Errorf("Profile = %+v, %v", got, err)
			}
		})
	}
}

func TestAVisitorWhoIsNotLoggedInIsNobody(t *testing.T) {
	r := newRig(t)
	before := len(r.sim.Ledger().Calls)
	_, err := r.conn.Profile(t.Context(), "anonymous/anon-5f0c/cv-77")
	if connectors.KindOf(err) != connectors.Permanent {
		t.Errorf("Profile = %v", err)
	}
	if n := len(r.sim.Ledger().Calls) - before; n != 0 {
		t.Errorf("Zalo was asked %d times", n)
	}
}
