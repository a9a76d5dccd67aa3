package telegramsim

import (
	"net/http"

	"tongdai/connectors/simulator"
)

// controlRoutes let another process, or a person with curl, do what the methods
// do. Bodies are JSON.
//
//	GET    /sim/ledger                    Ledger
//	GET    /sim/messages?user=            []Message
//	POST   /sim/faults                    Fault, times as "1.5s"
//	DELETE /sim/faults                    how many calls they hit
//	PUT    /sim/unruly                    Unruly, times as "1.5s"
//	PUT    /sim/numbers                   {"next"}
//	POST   /sim/revoke                    {}
//	POST   /sim/citizens                  {"name"} → {"user"}
//	POST   /sim/say                       {"user", a Message; a file's bytes as "data" in base64} → {"message"}
//	POST   /sim/album                     {"user","text","files":[{"kind","name","data"}]} → {"messages"}
//	POST   /sim/start                     {"user","ref"}
//	POST   /sim/edit, /sim/react          {"user","message","text"}
//	POST   /sim/press                     {"user","message","data"} → {"press"}
//	POST   /sim/block, /sim/unblock, /sim/delete   {"user"}
//	POST   /sim/group                     {"kind","name"} → {"user"}
func (s *Sim) controlRoutes(mux *http.ServeMux) {
	simulator.Control(mux, func() any { return s.Ledger() }, s.ClearFaults)
	mux.HandleFunc("GET /sim/messages", func(w http.ResponseWriter, r *http.Request) {
		user, err := userOf(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		simulator.WriteJSON(w, s.Messages(user))
	})
	simulator.DoTimed(mux, "POST /sim/faults", s.Fail, "delay", "late")
	simulator.DoTimed(mux, "PUT /sim/unruly", s.SetUnruly, "shuffle")
	simulator.Do(mux, "PUT /sim/numbers", func(b struct{ Next int64 }) { s.Renumber(b.Next) })
	simulator.Do(mux, "POST /sim/revoke", func(struct{}) { s.Revoke() })
	s.personRoutes(mux)
}

func (s *Sim) personRoutes(mux *http.ServeMux) {
	simulator.Command(mux, "POST /sim/citizens", func(b personBody) (any, error) { return map[string]int64{"user": s.Citizen(b.Name)}, nil })
	simulator.Command(mux, "POST /sim/say", func(b sayBody) (any, error) {
		if b.Data != nil {
			return map[string]int64{"message": s.SendFile(b.User, b.Kind, b.Message.Name, b.Text, b.Data)}, nil
		}
		if b.Kind == "" {
			b.Kind = Text
		}
		return map[string]int64{"message": s.Send(b.User, b.Message)}, nil
	})
	simulator.Command(mux, "POST /sim/album", func(b personBody) (any, error) {
		var files []File
		for _, f := range b.Files {
			files = append(files, File{f.Kind, f.Name, f.Data})
		}
		return map[string][]int64{"messages": s.SendAlbum(b.User, b.Text, files...)}, nil
	})
	simulator.Do(mux, "POST /sim/start", func(b personBody) { s.Begin(b.User, b.Ref) })
	simulator.Do(mux, "POST /sim/edit", func(b personBody) { s.Edit(b.User, b.Message, b.Text) })
	simulator.Do(mux, "POST /sim/react", func(b personBody) { s.React(b.User, b.Message, b.Text) })
	simulator.Command(mux, "POST /sim/press", func(b personBody) (any, error) {
		return map[string]string{"press": s.Press(b.User, b.Message, b.Data)}, nil
	})
	simulator.Do(mux, "POST /sim/block", func(b personBody) { s.Block(b.User, true) })
	simulator.Do(mux, "POST /sim/unblock", func(b personBody) { s.Block(b.User, false) })
	simulator.Do(mux, "POST /sim/delete", func(b personBody) { s.Delete(b.User) })
	simulator.Command(mux, "POST /sim/group", func(b personBody) (any, error) {
		return map[string]int64{"user": s.Group(string(b.Kind), b.Name)}, nil
	})
}

type (
	sayBody struct {
		Message
		User int64  `json:"user"`
		Data []byte `json:"data"`
	}
	personBody struct {
		User    int64  `json:"user"`
		Message int64  `json:"message"`
		Kind    Kind   `json:"kind"`
		Name    string `json:"name"`
		Text    string `json:"text"`
		Ref     string `json:"ref"`
		Data    string `json:"data"`
		Files   []struct {
			Kind Kind   `json:"kind"`
			Name string `json:"name"`
			Data []byte `json:"data"`
		} `json:"files"`
	}
)
