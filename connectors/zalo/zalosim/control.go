package zalosim

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
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
	mux.HandleFunc("GET /sim/ledger", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Ledger()) })
	mux.HandleFunc("DELETE /sim/faults", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]int{"hits": s.ClearFaults()})
	})
	mux.HandleFunc("GET /sim/messages", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, s.Messages(r.FormValue("oa"), r.FormValue("user")))
	})
	command(mux, "POST /sim/faults", func(b faultBody) (any, error) {
		b.Fault.Delay, b.Fault.Late = time.Duration(b.Delay), time.Duration(b.Late)
		s.Fail(b.Fault)
		return struct{}{}, nil
	})
	command(mux, "PUT /sim/unruly", func(b unrulyBody) (any, error) {
		b.Unruly.Shuffle = time.Duration(b.Shuffle)
		s.SetUnruly(b.Unruly)
		return struct{}{}, nil
	})
	command(mux, "PUT /sim/webhook", func(b struct{ URL string }) (any, error) {
		s.SetWebhook(b.URL)
		return struct{}{}, nil
	})
	s.personRoutes(mux)
}

func (s *Sim) personRoutes(mux *http.ServeMux) {
	act := func(name string, do func(b personBody) any) {
		command(mux, "POST /sim/"+name, func(b personBody) (any, error) {
			if _, ok := s.oa(b.OA); !ok {
				return nil, fmt.Errorf("there is no OA %q", b.OA)
			}
			if answer := do(b); answer != nil {
				return answer, nil
			}
			return struct{}{}, nil
		})
	}
	none := func(do func(b personBody)) func(personBody) any {
		return func(b personBody) any { do(b); return nil }
	}
	act("grant", func(b personBody) any { return s.Grant(b.OA) })
	act("expire", none(func(b personBody) { s.Expire(b.OA) }))
	act("revoke", none(func(b personBody) { s.Revoke(b.OA) }))
	act("citizens", func(b personBody) any { return map[string]string{"user": s.Citizen(b.OA, b.Message.Name)} })
	act("say", func(b personBody) any { return map[string]string{"message": s.send(b)} })
	act("follow", none(func(b personBody) { s.Follow(b.OA, b.User) }))
	act("unfollow", none(func(b personBody) { s.Unfollow(b.OA, b.User) }))
	act("see", none(func(b personBody) { s.See(b.OA, b.User) }))
	act("block", none(func(b personBody) { s.Block(b.OA, b.User, true) }))
	act("unblock", none(func(b personBody) { s.Block(b.OA, b.User, false) }))
	act("hide", none(func(b personBody) { s.Hide(b.OA, b.User, true) }))
	act("unhide", none(func(b personBody) { s.Hide(b.OA, b.User, false) }))
	act("share", none(func(b personBody) { s.Share(b.OA, b.User, b.Info) }))
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
	personBody struct {
		Message
		OA    string   `json:"oa"`
		User  string   `json:"user"`
		Admin string   `json:"admin"`
		Info  Info     `json:"info"`
		Data  fileData `json:"data"`
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
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<20)).Decode(&body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer, err := do(body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		writeJSON(w, answer)
	})
}
