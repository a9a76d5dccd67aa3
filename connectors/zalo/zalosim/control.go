package zalosim

import (
	"net/http"
	"strings"

	"tongdai/connectors/simulator"
)

// controlRoutes let another process, or a person with curl, do what the methods
// do. Bodies are JSON.
//
//	GET    /sim/ledger                     Ledger
//	POST   /sim/faults                     Fault, times as "1.5s"
//	DELETE /sim/faults                     how many calls they hit
//	PUT    /sim/unruly                     Unruly, times as "1.5s"
//	PUT    /sim/webhook                    {"url"}
//	POST   /sim/grant                      {"oa"} → Pair
//	POST   /sim/expire, /sim/revoke        {"oa"}
//	POST   /sim/citizens                   {"oa","name"} → {"user"}
//	POST   /sim/say                        {"oa","user", a Message; a file's bytes as "data" in base64}
//	POST   /sim/follow, /sim/unfollow, /sim/see, /sim/block, /sim/unblock   {"oa","user"}
//	POST   /sim/share                      {"oa","user","info"}
//	POST   /sim/admin                      {"oa","user","admin","text"}
//	GET    /sim/messages?oa=&user=         []Message
func (s *Sim) controlRoutes(mux *http.ServeMux) {
	simulator.Control(mux, func() any { return s.Ledger() }, s.ClearFaults)
	mux.HandleFunc("GET /sim/messages", func(w http.ResponseWriter, r *http.Request) {
		simulator.WriteJSON(w, s.Messages(r.FormValue("oa"), r.FormValue("user")))
	})
	simulator.DoTimed(mux, "POST /sim/faults", s.Fail, "delay", "late")
	simulator.DoTimed(mux, "PUT /sim/unruly", s.SetUnruly, "shuffle")
	simulator.Do(mux, "PUT /sim/webhook", func(b struct{ URL string }) { s.SetWebhook(b.URL) })
	s.personRoutes(mux)
}

func (s *Sim) personRoutes(mux *http.ServeMux) {
	act := func(name string, do func(b personBody) any) {
		simulator.Command(mux, "POST /sim/"+name, func(b personBody) (any, error) {
			if _, ok := s.oa(b.OA); !ok {
				return nil, simulator.Missing("there is no OA %q", b.OA)
			}
			return do(b), nil
		})
	}
	quietly := func(name string, do func(b personBody)) {
		act(name, func(b personBody) any { do(b); return nil })
	}
	act("grant", func(b personBody) any { return s.Grant(b.OA) })
	quietly("expire", func(b personBody) { s.Expire(b.OA) })
	quietly("revoke", func(b personBody) { s.Revoke(b.OA) })
	act("citizens", func(b personBody) any { return map[string]string{"user": s.Citizen(b.OA, b.Message.Name)} })
	act("say", func(b personBody) any { return map[string]string{"message": s.send(b)} })
	quietly("follow", func(b personBody) { s.Follow(b.OA, b.User) })
	quietly("unfollow", func(b personBody) { s.Unfollow(b.OA, b.User) })
	quietly("see", func(b personBody) { s.See(b.OA, b.User) })
	quietly("block", func(b personBody) { s.Block(b.OA, b.User, true) })
	quietly("unblock", func(b personBody) { s.Block(b.OA, b.User, false) })
	quietly("hide", func(b personBody) { s.Hide(b.OA, b.User, true) })
	quietly("unhide", func(b personBody) { s.Hide(b.OA, b.User, false) })
	quietly("share", func(b personBody) { s.Share(b.OA, b.User, b.Info) })
	act("admin", func(b personBody) any {
		return map[string]string{"message": s.AnswerAsAdmin(b.OA, b.User, b.Admin, b.Text)}
	})
}

func (s *Sim) send(b personBody) string {
	b.Kind = Kind(strings.TrimSpace(string(b.Kind)))
	if b.Kind == "" {
		b.Kind = Text
	}
	if b.Data != nil {
		return s.SendFile(b.OA, b.User, b.Kind, b.Message.Name, b.Data)
	}
	return s.Send(b.OA, b.User, b.Message)
}

type personBody struct {
	Message
	OA    string `json:"oa"`
	User  string `json:"user"`
	Admin string `json:"admin"`
	Info  Info   `json:"info"`
	Data  []byte `json:"data"`
}
