package mattermostsim

import (
	"net/http"

	"tongdai/connectors/simulator"
)

// controlRoutes let another process, or a person with curl, do what the methods
// do. Bodies are JSON; users and channels go by name or id.
//
//	GET    /sim/ledger        Ledger
//	GET    /sim/thread?root=  []Post
//	POST   /sim/faults        Fault, times as "1.5s"
//	DELETE /sim/faults        how many calls they hit
//	PUT    /sim/unruly        Unruly, times as "1.5s"
//	POST   /sim/revoke        {}
//	POST   /sim/drop, /sim/forget, /sim/mute   {}
//	POST   /sim/lose          {"n"}
//	POST   /sim/users         a User → {"id"}
//	POST   /sim/channels      a Channel, "members" → {"id"}
//	POST   /sim/commands      {"trigger","url","token"} → {"token"}
//	POST   /sim/say           {"channel","user","root","text","files":[{"name","data"}]} → {"post"}; data in base64
//	POST   /sim/edit          {"post","text"}
//	POST   /sim/delete        {"post"}
//	POST   /sim/react         {"user","post","emoji","off"}
//	POST   /sim/press         {"user","post","action","value"} → Pressed
//	POST   /sim/slash         {"user","channel","root","text"} → Commanded
//	POST   /sim/submit        {"trigger","values"} → Submitted
//	POST   /sim/cancel        {"trigger"}
func (s *Sim) controlRoutes(mux *http.ServeMux) {
	simulator.Control(mux, func() any { return s.Ledger() }, s.ClearFaults)
	mux.HandleFunc("GET /sim/thread", func(w http.ResponseWriter, r *http.Request) { simulator.WriteJSON(w, s.Thread(r.FormValue("root"))) })
	simulator.DoTimed(mux, "POST /sim/faults", s.Fail, "delay", "late")
	simulator.DoTimed(mux, "PUT /sim/unruly", s.SetUnruly, "shuffle")
	for path, do := range map[string]func(){"revoke": s.Revoke, "drop": s.Drop, "forget": s.Forget, "mute": s.Mute} {
		simulator.Do(mux, "POST /sim/"+path, func(struct{}) { do() })
	}
	simulator.Do(mux, "POST /sim/lose", func(b struct{ N int }) { s.Lose(b.N) })
	s.placeRoutes(mux)
	s.personRoutes(mux)
}

func (s *Sim) placeRoutes(mux *http.ServeMux) {
	simulator.Command(mux, "POST /sim/users", func(b User) (any, error) { return map[string]string{"id": s.AddUser(b)}, nil })
	simulator.Command(mux, "POST /sim/channels", func(b channelBody) (any, error) {
		b.Channel.Members = b.Members
		id, err := s.AddChannel(b.Channel)
		return map[string]string{"id": id}, err
	})
	simulator.Command(mux, "POST /sim/commands", func(b Command) (any, error) { return map[string]string{"token": s.SetCommand(b)}, nil })
}

func (s *Sim) personRoutes(mux *http.ServeMux) {
	simulator.Command(mux, "POST /sim/say", func(b personBody) (any, error) {
		var files []File
		for _, f := range b.Files {
			files = append(files, File{f.Name, f.Data})
		}
		post, err := s.Say(b.Channel, b.User, b.Root, b.Text, files...)
		return map[string]string{"post": post}, err
	})
	simulator.Command(mux, "POST /sim/edit", func(b personBody) (any, error) { return nil, s.Edit(b.Post, b.Text) })
	simulator.Command(mux, "POST /sim/delete", func(b personBody) (any, error) { return nil, s.Delete(b.Post) })
	simulator.Command(mux, "POST /sim/react", func(b personBody) (any, error) { return nil, s.React(b.User, b.Post, b.Emoji, !b.Off) })
	simulator.Command(mux, "POST /sim/press", func(b personBody) (any, error) { return s.Choose(b.User, b.Post, b.Action, b.Value) })
	simulator.Command(mux, "POST /sim/slash", func(b personBody) (any, error) { return s.Slash(b.User, b.Channel, b.Root, b.Text) })
	simulator.Command(mux, "POST /sim/submit", func(b personBody) (any, error) { return s.Submit(b.Trigger, b.Values) })
	simulator.Command(mux, "POST /sim/cancel", func(b personBody) (any, error) { return nil, s.Cancel(b.Trigger) })
}

type (
	channelBody struct {
		Channel
		Members []string `json:"members"`
	}
	personBody struct {
		User    string         `json:"user"`
		Channel string         `json:"channel"`
		Root    string         `json:"root"`
		Post    string         `json:"post"`
		Text    string         `json:"text"`
		Emoji   string         `json:"emoji"`
		Off     bool           `json:"off"`
		Action  string         `json:"action"`
		Value   string         `json:"value"`
		Trigger string         `json:"trigger"`
		Values  map[string]any `json:"values"`
		Files   []struct {
			Name string `json:"name"`
			Data []byte `json:"data"`
		} `json:"files"`
	}
)
