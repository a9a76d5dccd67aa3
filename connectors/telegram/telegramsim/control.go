package telegramsim

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"
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
	mux.HandleFunc("GET /sim/ledger", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Ledger()) })
	mux.HandleFunc("DELETE /sim/faults", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]int{"hits": s.ClearFaults()})
	})
	mux.HandleFunc("GET /sim/messages", func(w http.ResponseWriter, r *http.Request) {
		user, err := userOf(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		writeJSON(w, s.Messages(user))
	})
	command(mux, "POST /sim/faults", func(b faultBody) any {
		b.Fault.Delay, b.Fault.Late = time.Duration(b.Delay), time.Duration(b.Late)
		s.Fail(b.Fault)
		return nil
	})
	command(mux, "PUT /sim/unruly", func(b unrulyBody) any {
		b.Unruly.Shuffle = time.Duration(b.Shuffle)
		s.SetUnruly(b.Unruly)
		return nil
	})
	command(mux, "PUT /sim/numbers", func(b struct{ Next int64 }) any { s.Renumber(b.Next); return nil })
	command(mux, "POST /sim/revoke", func(struct{}) any { s.Revoke(); return nil })
	s.personRoutes(mux)
}

func (s *Sim) personRoutes(mux *http.ServeMux) {
	command(mux, "POST /sim/citizens", func(b personBody) any { return map[string]int64{"user": s.Citizen(b.Name)} })
	command(mux, "POST /sim/say", func(b sayBody) any {
		if b.Data != nil {
			return map[string]int64{"message": s.SendFile(b.User, b.Kind, b.Message.Name, b.Text, b.Data)}
		}
		if b.Kind == "" {
			b.Kind = Text
		}
		return map[string]int64{"message": s.Send(b.User, b.Message)}
	})
	command(mux, "POST /sim/album", func(b personBody) any {
		var files []File
		for _, f := range b.Files {
			files = append(files, File{f.Kind, f.Name, f.Data})
		}
		return map[string][]int64{"messages": s.SendAlbum(b.User, b.Text, files...)}
	})
	command(mux, "POST /sim/start", func(b personBody) any { s.Begin(b.User, b.Ref); return nil })
	command(mux, "POST /sim/edit", func(b personBody) any { s.Edit(b.User, b.Message, b.Text); return nil })
	command(mux, "POST /sim/react", func(b personBody) any { s.React(b.User, b.Message, b.Text); return nil })
	command(mux, "POST /sim/press", func(b personBody) any {
		return map[string]string{"press": s.Press(b.User, b.Message, b.Data)}
	})
	command(mux, "POST /sim/block", func(b personBody) any { s.Block(b.User, true); return nil })
	command(mux, "POST /sim/unblock", func(b personBody) any { s.Block(b.User, false); return nil })
	command(mux, "POST /sim/delete", func(b personBody) any { s.Delete(b.User); return nil })
	command(mux, "POST /sim/group", func(b personBody) any {
		return map[string]int64{"user": s.Group(string(b.Kind), b.Name)}
	})
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
	sayBody struct {
		Message
		User int64    `json:"user"`
		Data fileData `json:"data"`
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
			Kind Kind     `json:"kind"`
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
func command[B any](mux *http.ServeMux, pattern string, do func(B) any) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		var body B
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<20)).Decode(&body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer := do(body)
		if answer == nil {
			answer = struct{}{}
		}
		writeJSON(w, answer)
	})
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // a caller that left needs no answer
}
