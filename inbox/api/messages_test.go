package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"tongdai/connectors/content"
	"tongdai/inbox"
)

// shown is what the tests below read of a message.
type shown struct {
	ID              string
	Text            string
	Late, Elsewhere bool
	Attachments     []struct{ ID, Kind, Problem string }
	Quote           *struct {
		Message, Conversation, Code, Text string
		Seq                               int
		Author                            struct{ Kind string }
		Attachments                       []struct{ Kind string }
	}
}

func (r *rig) thread(token string, id inbox.ConversationID) []shown {
	r.Helper()
	a := r.do(r.ask(token, http.MethodGet, "/conversations/"+string(id)+"/messages", ""))
	r.want(a, http.StatusOK)
	var page struct{ Messages []shown }
	if err := json.Unmarshal(a.body, &page); err != nil {
		r.Fatal(err)
	}
	return page.Messages
}

func TestWhatAMessageTells(t *testing.T) {
	r := start(t)
	m := r.matter("")
	add := func(said inbox.Message) {
		said.Conversation, said.SentAt, said.ReceivedAt = m.ID, r.clock.Now().Add(-time.Hour), r.clock.Now()
		r.write(func(tx inbox.Writer) error {
			_, err := tx.AppendMessage(said)
			return err
		})
	}
	add(inbox.Message{
		ID: "sticker", Direction: inbox.In, Author: inbox.Author{Kind: inbox.Citizen}, Late: true,
		Content: content.Content{Attachments: []content.Attachment{{Kind: content.Sticker, Source: "https://platform.example/secret"}}},
	})
	add(inbox.Message{
		ID: "app", Direction: inbox.Out, Author: inbox.Author{Kind: inbox.ByMember}, Elsewhere: true, Quotes: "sticker",
		Content: content.Content{Text: "Dạ"}, Delivery: inbox.Delivery{State: inbox.Sent},
	})
	add(inbox.Message{
		ID: "gone", Direction: inbox.In, Author: inbox.Author{Kind: inbox.Citizen}, Quotes: "erased", Content: content.Content{Text: "vâng"},
	})
	a := r.do(r.ask(r.operator(), http.MethodGet, "/conversations/"+string(m.ID)+"/messages", ""))
	if strings.Contains(string(a.body), "secret") {
		t.Errorf("the address of a file on its platform is told: %s", a.body)
	}
	all := r.thread(r.operator(), m.ID)
	sticker, app, gone := all[len(all)-3], all[len(all)-2], all[len(all)-1]
	if !sticker.Late || sticker.Elsewhere || len(sticker.Attachments) != 1 || sticker.Attachments[0].Kind != "sticker" || sticker.Attachments[0].ID != "" {
		t.Errorf("the sticker is %+v", sticker)
	}
	if !app.Elsewhere || app.Quote == nil || app.Quote.Message != "sticker" || app.Quote.Seq != len(all)-2 || app.Quote.Author.Kind != "citizen" ||
		len(app.Quote.Attachments) != 1 || app.Quote.Attachments[0].Kind != "sticker" {
		t.Errorf("the answer in the app is %+v, its quote %+v", app, app.Quote)
	}
	if gone.Quote != nil {
		t.Errorf("what is erased is quoted as %+v", gone.Quote)
	}
}

// A citizen may answer what was said in an earlier matter, and that may be none
// of the reader's business.
func TestAQuoteOfAnotherMatter(t *testing.T) {
	r := start(t)
	earlier, now := r.matter("so-xay-dung"), r.matter("so-y-te")
	r.write(func(tx inbox.Writer) error {
		_, err := tx.AppendMessage(inbox.Message{
			ID: "asks", Conversation: now.ID, Direction: inbox.In, Author: inbox.Author{Kind: inbox.Citizen}, Quotes: earlier.stuck,
			Content: content.Content{Text: "còn cái này?"}, SentAt: r.clock.Now(), ReceivedAt: r.clock.Now(),
		})
		return err
	})
	last := func(token string) shown {
		all := r.thread(token, now.ID)
		return all[len(all)-1]
	}
	if q := last(r.operator()).Quote; q == nil || q.Code != earlier.Code || q.Conversation != string(earlier.ID) || q.Text != "" {
		t.Errorf("who may see both reads the quote %+v, want the code of the other matter alone", q)
	}
	if q := last(r.doctor()).Quote; q != nil {
		t.Errorf("who may not see the other matter reads of it: %+v", q)
	}
}

func TestAnAnswerQuotes(t *testing.T) {
	r := start(t)
	m, lan := r.matter(""), r.operator()
	all := r.thread(lan, m.ID)
	asked := all[0].ID
	reply := func(key, quotes string) answer {
		return r.do(r.ask(lan, http.MethodPost, "/conversations/"+string(m.ID)+"/replies", `{"text":"Dạ đúng ạ","key":"`+key+`","quotes":"`+quotes+`"}`))
	}
	r.want(reply("k1", asked), http.StatusOK)
	all = r.thread(lan, m.ID)
	if got := all[len(all)-1]; got.Quote == nil || got.Quote.Message != asked || !strings.HasPrefix(got.Quote.Text, "BÍ MẬT") {
		t.Errorf("the answer quotes %+v, want the citizen's message", got.Quote)
	}
	refused := reply("k2", string(r.matter("").stuck))
	r.want(refused, http.StatusUnprocessableEntity)
	if p := refused.problem(t); len(p.Fields) != 1 || p.Fields[0].Field != "quotes" {
		t.Errorf("a message of another matter is refused with %s", refused.body)
	}
}

func TestLimitsAreTold(t *testing.T) {
	r := start(t)
	a := r.do(r.ask(r.operator(), http.MethodGet, "/directory", ""))
	var directory struct {
		Channels []struct {
			Limits struct {
				Quotes             bool
				AttachmentTypes    []string `json:"attachment_types"`
				ReplyWindowSeconds int      `json:"reply_window_seconds"`
				FreeWindowSeconds  int      `json:"free_window_seconds"`
				FreeReplies        int      `json:"free_replies"`
			}
		}
	}
	if err := json.Unmarshal(a.body, &directory); err != nil {
		t.Fatal(err)
	}
	got, want := directory.Channels[0].Limits, platform{}.Limits()
	if got.Quotes != want.Quotes || got.FreeReplies != want.FreeReplies || len(got.AttachmentTypes) != len(want.AttachmentTypes) ||
		got.ReplyWindowSeconds != int(want.ReplyWindow/time.Second) || got.FreeWindowSeconds != int(want.FreeWindow/time.Second) {
		t.Errorf("told is %+v, want %+v", got, want)
	}
}
