package messengersim

import (
	"net/http"

	"tongdai/connectors/simulator"
)

// controlRoutes let another process, or a person with curl, do what the methods
// do. Bodies are JSON.
//
//	GET    /sim/ledger                     Ledger
//	POST   /sim/faults                     Fault, times as "1.5s"
//	DELETE /sim/faults                     how many calls they hit
//	PUT    /sim/unruly                     Unruly, times as "1.5s"
//	PUT    /sim/usage                      Usage
//	PUT    /sim/webhook                    {"url"}
//	POST   /sim/revoke                     {"page","subcode"}
//	POST   /sim/lose                       {"page"}
//	POST   /sim/citizens                   {"page","name"} → {"user"}
//	POST   /sim/say                        {"page","user", a Message; a file's kind as "file", its bytes as "data" in base64} → {"message"}
//	POST   /sim/begin, /sim/come           {"page","user","ref"}
//	POST   /sim/react, /sim/edit           {"page","user","message","emoji" or "text"}
//	POST   /sim/see, /sim/block, /sim/unblock, /sim/takeover, /sim/handback   {"page","user"}
//	POST   /sim/answer                     {"page","user","text"}: in Meta's own inbox
//	POST   /sim/publish                    {"page","text"} → {"post"}
//	POST   /sim/comment                    a Comment → {"comment"}
//	POST   /sim/comment/edit, /remove, /hide, /unhide   {"id","text"}
//	GET    /sim/messages?page=&user=       []Message
//	GET    /sim/comments?post=             []Comment
func (s *Sim) controlRoutes(mux *http.ServeMux) {
	simulator.Control(mux, func() any { return s.Ledger() }, s.ClearFaults)
	mux.HandleFunc("GET /sim/messages", func(w http.ResponseWriter, r *http.Request) {
		simulator.WriteJSON(w, s.Messages(r.FormValue("page"), r.FormValue("user")))
	})
	mux.HandleFunc("GET /sim/comments", func(w http.ResponseWriter, r *http.Request) { simulator.WriteJSON(w, s.Comments(r.FormValue("post"))) })
	simulator.DoTimed(mux, "POST /sim/faults", s.Fail, "delay", "late")
	simulator.DoTimed(mux, "PUT /sim/unruly", s.SetUnruly, "shuffle")
	simulator.Do(mux, "PUT /sim/usage", func(u Usage) { s.SetUsage(u) })
	simulator.Do(mux, "PUT /sim/webhook", func(b struct{ URL string }) { s.SetWebhook(b.URL) })
	s.personRoutes(mux)
	s.commentRoutes(mux)
}

func (s *Sim) personRoutes(mux *http.ServeMux) {
	act := func(name string, do func(b personBody) any) {
		simulator.Command(mux, "POST /sim/"+name, func(b personBody) (any, error) {
			if s.pages[b.Page] == nil {
				return nil, simulator.Missing("there is no page %q", b.Page)
			}
			return do(b), nil
		})
	}
	quietly := func(name string, do func(b personBody)) {
		act(name, func(b personBody) any { do(b); return nil })
	}
	quietly("revoke", func(b personBody) { s.Revoke(b.Page, b.Subcode) })
	quietly("lose", func(b personBody) { s.Lose(b.Page) })
	act("citizens", func(b personBody) any { return map[string]string{"user": s.Citizen(b.Page, b.Name)} })
	act("say", func(b personBody) any {
		if b.Data != nil {
			return map[string]string{"message": s.SendFile(b.Page, b.User, first(b.File, "file"), b.Name, b.Data)}
		}
		return map[string]string{"message": s.Send(b.Page, b.User, b.Message)}
	})
	quietly("begin", func(b personBody) { s.Begin(b.Page, b.User, b.Ref) })
	quietly("come", func(b personBody) { s.Come(b.Page, b.User, b.Ref) })
	quietly("react", func(b personBody) { s.React(b.Page, b.User, b.About, b.Emoji) })
	quietly("edit", func(b personBody) { s.Edit(b.Page, b.User, b.About, b.Text) })
	quietly("see", func(b personBody) { s.See(b.Page, b.User) })
	quietly("block", func(b personBody) { s.Block(b.Page, b.User, true) })
	quietly("unblock", func(b personBody) { s.Block(b.Page, b.User, false) })
	quietly("takeover", func(b personBody) { s.TakeOver(b.Page, b.User) })
	quietly("handback", func(b personBody) { s.HandBack(b.Page, b.User) })
	act("answer", func(b personBody) any { return map[string]string{"message": s.AnswerInInbox(b.Page, b.User, b.Text)} })
	act("publish", func(b personBody) any { return map[string]string{"post": s.Publish(b.Page, b.Text)} })
}

func (s *Sim) commentRoutes(mux *http.ServeMux) {
	simulator.Command(mux, "POST /sim/comment", func(c Comment) (any, error) {
		id := s.Comment(c)
		if id == "" {
			return nil, simulator.Missing("there is no post %q", c.Post)
		}
		return map[string]string{"comment": id}, nil
	})
	for name, do := range map[string]func(id, text string){
		"edit":   s.EditComment,
		"remove": func(id, _ string) { s.RemoveComment(id) },
		"hide":   func(id, _ string) { s.HideComment(id, true) },
		"unhide": func(id, _ string) { s.HideComment(id, false) },
	} {
		simulator.Do(mux, "POST /sim/comment/"+name, func(b struct{ ID, Text string }) { do(b.ID, b.Text) })
	}
}

type personBody struct {
	Message
	Page    string `json:"page"`
	User    string `json:"user"`
	Name    string `json:"name"`
	File    string `json:"file"`
	About   string `json:"message"`
	Emoji   string `json:"emoji"`
	Subcode int    `json:"subcode"`
	Data    []byte `json:"data"`
}
