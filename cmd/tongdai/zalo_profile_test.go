package main

import (
	"testing"

	"tongdai/configs"
	"tongdai/connectors/zalo/zalosim"
)

// Who writes on Zalo is called by name soon after, wherever the hub keeps it.
func TestWhoWritesOnZaloIsCalledByName(t *testing.T) {
	eachStore(t, func(t *testing.T, change func(*configs.Config)) {
		h := overZalo(t, zalosim.Config{}, change)
		h.connect(simulatedZalo, h.oa)
		citizen, shy := h.sim.Citizen(h.oa, "Trần Thị Mẫu"), h.sim.Citizen(h.oa, "Lê Văn Kín")
		h.sim.Hide(h.oa, shy, true)
		h.sim.Fail(zalosim.Fault{On: zalosim.UserEndpoint, Times: 1, Status: 503})
		h.sim.Say(h.oa, citizen, "tiem mui 3 o dau")
		h.until("the desk shows the name", func() bool {
			c, _ := h.matter(simulatedZalo, citizen)
			return c.ContactName == "Trần Thị Mẫu"
		})
		if hits := h.sim.ClearFaults(); hits != 1 {
			t.Errorf("the fault hit %d calls", hits)
		}
		h.sim.Say(h.oa, shy, "tiem mui 3 o dau")
		asked := func(user string) (n int) {
			for _, c := range h.sim.Ledger().Calls {
				if c.Endpoint == zalosim.UserEndpoint && c.User == user {
					n++
				}
			}
			return n
		}
		h.until("the platform was asked about the other", func() bool { return asked(shy) == 1 })
		h.sim.Say(h.oa, citizen, "cho tôi gặp cán bộ")
		h.until("the bot hands over", func() bool { return len(h.heard(h.oa, citizen)) == 2 })
		if c, _ := h.matter(simulatedZalo, shy); len(c.ContactName) < 6 || c.ContactName == "Lê Văn Kín" {
			t.Errorf("who hides is called %q", c.ContactName)
		}
		if n := asked(citizen); n != 1 {
			t.Errorf("the platform told %d times who the first is, want once", n)
		}
	})
}
