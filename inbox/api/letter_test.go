package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
)

// Display makes a page of any letter, with a picture of another server.
func (platform) Display(_ context.Context, original content.Attachment, remote bool) (connectors.Page, error) {
	page := connectors.Page{HTML: "<p>" + original.Name + "</p>", Remote: 1}
	if remote {
		page.HTML += `<img src="https://elsewhere.example/p.png">`
	}
	return page, nil
}

// letterIn adds a letter to a matter.
func (r *rig) letterIn(m matter) inbox.MessageID {
	r.Helper()
	id := "letter-" + inbox.MessageID(m.Remote)
	r.write(func(tx inbox.Writer) error {
		_, err := tx.AppendMessage(inbox.Message{
			ID: id, Conversation: m.ID, Direction: inbox.In, Author: inbox.Author{Kind: inbox.Citizen},
			SentAt: r.clock.Now(), ReceivedAt: r.clock.Now(),
			Content: content.Content{Text: "Kính gửi tổng đài", Attachments: []content.Attachment{
				{ID: "whole", Kind: content.Original, Name: "thư.eml", Type: "message/rfc822", Size: 12}, {ID: m.file, Name: "mẫu.txt", Type: "text/plain"},
			}},
			Letter: &connectors.Letter{
				Subject: "Đèn hỏng", From: connectors.Address{Name: "Ba Tư", Mail: mail}, To: []connectors.Address{{Mail: "1022@example.vn"}},
				Cc: []connectors.Address{{Mail: mail}}, Quoted: "> thư trước", Machine: "Thư báo vắng mặt", Notes: []string{"Bảng mã được đoán."},
			},
		})
		return err
	})
	return id
}

// letterPage asks for the page of a letter in the matter.
func letterPage(query string) request {
	return func(r *rig, token string, m matter) *http.Request {
		return r.ask(token, http.MethodGet, "/conversations/"+string(m.ID)+"/messages/"+string(r.letterIn(m))+"/page"+query, "")
	}
}

func TestAPageOfALetterCanDoNothing(t *testing.T) {
	r := start(t)
	m, lan := r.matter(""), r.operator()
	for _, tt := range []struct{ name, query, images, body string }{
		{"without pictures of others", "", "img-src data:", "<p>thư.eml</p>"},
		{"with them", "?remote=true", "img-src data: https:", `<p>thư.eml</p><img src="https://elsewhere.example/p.png">`},
	} {
		a := r.do(letterPage(tt.query)(r, lan, r.matter("")))
		r.want(a, http.StatusOK)
		h := a.Header
		if string(a.body) != tt.body || !strings.HasPrefix(h.Get("Content-Type"), "text/html") || h.Get("Tongdai-Remote-Pictures") != "1" {
			t.Errorf("%s: %q, %v", tt.name, a.body, h)
		}
		var rules []string
		for rule := range strings.SplitSeq(h.Get("Content-Security-Policy"), "; ") {
			rules = append(rules, rule)
		}
		got := strings.Join(rules, "\n")
		for _, rule := range []string{"default-src 'none'", "frame-ancestors 'self'", "form-action 'none'", "base-uri 'none'", tt.images} {
			if !strings.Contains(got+"\n", rule+"\n") {
				t.Errorf("%s: the policy %q lacks %q", tt.name, got, rule)
			}
		}
		if !strings.HasPrefix(got, "sandbox ") || strings.Contains(got, "allow-scripts") || strings.Contains(got, "allow-same-origin") || strings.Contains(got, "script-src") {
			t.Errorf("%s: the policy lets it act: %q", tt.name, got)
		}
		if h.Get("X-Frame-Options") != "SAMEORIGIN" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", tt.name, h)
		}
	}
	r.want(r.do(r.ask(lan, http.MethodGet, "/conversations/"+string(m.ID)+"/messages/"+string(m.stuck)+"/page", "")), http.StatusNotFound)
}

func TestWhatALetterTells(t *testing.T) {
	r := start(t)
	m, lan := r.matter(""), r.operator()
	r.letterIn(m)
	a := r.do(r.ask(lan, http.MethodGet, "/conversations/"+string(m.ID)+"/messages", ""))
	r.want(a, http.StatusOK)
	type address struct{ Name, Mail string }
	var page struct {
		Messages []struct {
			Attachments []struct{ ID string }
			Letter      *struct {
				Subject, Quoted, Machine string
				From                     address
				To, Cc                   []address
				Notes                    []string
				Original                 struct{ ID, Kind, Name string }
			}
		}
	}
	if err := json.Unmarshal(a.body, &page); err != nil {
		t.Fatal(err)
	}
	last := page.Messages[len(page.Messages)-1]
	l := last.Letter
	if l == nil || page.Messages[0].Letter != nil {
		t.Fatalf("letters and others are %s", a.body)
	}
	if l.Subject != "Đèn hỏng" || l.From != (address{"Ba Tư", mail}) || len(l.To) != 1 || len(l.Cc) != 1 || l.Cc[0].Mail != mail ||
		l.Quoted != "> thư trước" || l.Machine != "Thư báo vắng mặt" || len(l.Notes) != 1 || l.Original.ID != "whole" || l.Original.Kind != "original" {
		t.Errorf("the letter is told as %+v", l)
	}
	if len(last.Attachments) != 1 || last.Attachments[0].ID != m.file {
		t.Errorf("its files are %+v, want the one that was put to it", last.Attachments)
	}
}

func TestCopiesAreRefusedByField(t *testing.T) {
	r := start(t)
	m := r.matter("")
	a := r.do(r.ask(r.operator(), http.MethodPost, "/conversations/"+string(m.ID)+"/replies", `{"text":"Dạ","key":"k1","cc":[{"mail":"không phải"},{"mail":"a@example.vn"}]}`))
	r.want(a, http.StatusUnprocessableEntity)
	if p := a.problem(t); len(p.Fields) != 1 || p.Fields[0].Field != "cc" || !strings.Contains(p.Fields[0].Message, "“không phải”") {
		t.Errorf("refused with %s", a.body)
	}
	a = r.do(r.ask(r.operator(), http.MethodPost, "/conversations/"+string(m.ID)+"/replies", `{"text":"Dạ","key":"k1","cc":[{"name":"Sở","mail":"so@example.vn"}]}`))
	r.want(a, http.StatusUnprocessableEntity)
	if p := a.problem(t); len(p.Fields) != 1 || p.Fields[0].Field != "cc" {
		t.Errorf("a chat refuses copies with %s", a.body)
	}
}
