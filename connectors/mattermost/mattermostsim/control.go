package mattermostsim

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"
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
	mux.HandleFunc("GET /sim/ledger", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Ledger()) })
	mux.HandleFunc("GET /sim/thread", func(w http.ResponseWriter, r *http.Request) { writeJSON(w, s.Thread(r.FormValue("root"))) })
	mux.HandleFunc("DELETE /sim/faults", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]int{"hits": s.ClearFaults()})
	})
	command(mux, "POST /sim/faults", func(b faultBody) (any, error) {
		b.Fault.Delay, b.Fault.Late = time.Duration(b.Delay), time.Duration(b.Late)
		s.Fail(b.Fault)
		return nil, nil
	})
	command(mux, "PUT /sim/unruly", func(b unrulyBody) (any, error) {
		b.Unruly.Shuffle = time.Duration(b.Shuffle)
		s.SetUnruly(b.Unruly)
		return nil, nil
	})
	for path, do := range map[string]func(){"revoke": s.Revoke, "drop": s.Drop, "forget": s.Forget, "mute": s.Mute} {
		command(mux, "POST /sim/"+path, func(struct{}) (any, error) { do(); return nil, nil })
	}
	command(mux, "POST /sim/lose", func(b struct{ N int }) (any, error) { s.Lose(b.N); return nil, nil })
	s.placeRoutes(mux)
	s.personRoutes(mux)
}

func (s *Sim) placeRoutes(mux *http.ServeMux) {
	command(mux, "POST /sim/users", func(b User) (any, error) { return map[string]string{"id": s.AddUser(b)}, nil })
	command(mux, "POST /sim/channels", func(b channelBody) (any, error) {
		b.Channel.Members = b.Members
		id, err := s.AddChannel(b.Channel)
		return map[string]string{"id": id}, err
	})
	command(mux, "POST /sim/commands", func(b Command) (any, error) { return map[string]string{"token": s.SetCommand(b)}, nil })
}

func (s *Sim) personRoutes(mux *http.ServeMux) {
	command(mux, "POST /sim/say", func(b personBody) (any, error) {
		var files []File
		for _, f := range b.Files {
			files = append(files, File{f.Name, f.Data})
		}
		post, err := s.Say(b.Channel, b.User, b.Root, b.Text, files...)
		return map[string]string{"post": post}, err
	})
	command(mux, "POST /sim/edit", func(b personBody) (any, error) { return nil, s.Edit(b.Post, b.Text) })
	command(mux, "POST /sim/delete", func(b personBody) (any, error) { return nil, s.Delete(b.Post) })
	command(mux, "POST /sim/react", func(b personBody) (any, error) { return nil, s.React(b.User, b.Post, b.Emoji, !b.Off) })
	command(mux, "POST /sim/press", func(b personBody) (any, error) { return s.Choose(b.User, b.Post, b.Action, b.Value) })
	command(mux, "POST /sim/slash", func(b personBody) (any, error) { return s.Slash(b.User, b.Channel, b.Root, b.Text) })
	command(mux, "POST /sim/submit", func(b personBody) (any, error) { return s.Submit(b.Trigger, b.Values) })
	command(mux, "POST /sim/cancel", func(b personBody) (any, error) { return nil, s.Cancel(b.Trigger) })
}

type (
	faultBody struct {
		Fault
		Delay duration `json:"delay"`
		Late  duration `json:"late"`
	}
	unrulyBody struct {
		Unruly
		Shuffle duration `json:"shuffle"`
	}
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
			Name string   `json:"name"`
			Data fileData `json:"data"`
		} `json:"files"`
	}
	// duration is written as Go writes it: "1.5s".
	duration time.Duration
	fileData []byte
)

func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = duration(parsed)
	return err
}

func (f *fileData) UnmarshalText(text []byte) error {
	data, err := base64.StdEncoding.DecodeString(string(text))
	*f = data
	return err
}

// command reads a body of type B and answers what do returns.
func command[B any](mux *http.ServeMux, pattern string, do func(B) (any, error)) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		var body B
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 256<<20)).Decode(&body)
		var answer any = struct{}{}
		if err == nil {
			if told, failed := do(body); told != nil {
				answer, err = told, failed
			} else {
				err = failed
			}
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		writeJSON(w, answer)
	})
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // a caller that left needs no answer
}
