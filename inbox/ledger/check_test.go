package ledger

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// right is evidence in which nothing is wrong: An said two things on a platform
// and was answered by the bot and by a member, and something unreadable came.
func right() Evidence {
	j := &Journal{}
	for round, text := range []string{"một", "hai"} {
		j.Answer(j.Said(Item{Channel: "p1", Person: "An", Key: text, Text: text, Round: round}), true)
	}
	j.Answer(j.Said(Item{Channel: "p1", Person: "nobody", Text: "{", Broken: true}), true)
	j.Called(Call{Channel: "p1", To: "An", Key: "m2", Text: "Dạ", Taken: true})
	j.Called(Call{Channel: "p1", To: "An", Key: "m4", Text: "Dạ vâng", Taken: true})
	j.Reanswer(j.Replied(Reply{Conversation: "c", Key: "r", Text: "Dạ vâng"}), true)
	weighed := &Turn{"answer"}
	conversation := Conversation{
		ID: "c", Code: "TH-1", Channel: "p1", ContactID: "an", Status: "open", Handler: "people", LastSeq: 4,
		Messages: []Message{
			{ID: "m1", Seq: 1, Direction: "in", Text: "một", Turn: weighed},
			{ID: "m2", Seq: 2, Direction: "out", Text: "Dạ", Delivery: &Delivery{State: "sent"}},
			{ID: "m3", Seq: 3, Direction: "in", Text: "hai"},
			{ID: "m4", Seq: 4, Direction: "out", Text: "Dạ vâng", Delivery: &Delivery{State: "sent"}},
		},
	}
	conversation.Messages[1].Author.Kind, conversation.Messages[3].Author.Kind = "bot", "member"
	shown := Shown{
		By: "node1", Conversations: []Conversation{conversation},
		Quarantine: []Quarantined{{"p1", "{"}},
		Audits:     []Audit{{Seq: 1, Action: "conversation.replied", Conversation: "c"}},
	}
	other := shown
	other.By = "node2"
	return Evidence{
		Journal: j, Shown: []Shown{shown, other}, Platforms: []string{"p1"},
		Visits: []Visit{{Channel: "p1", Person: "An", Messages: []Seen{
			{Conversation: "c", Seq: 1, Own: true, Text: "một"}, {Conversation: "c", Seq: 2, Text: "Dạ"},
			{Conversation: "c", Seq: 3, Own: true, Text: "hai"}, {Conversation: "c", Seq: 4, Text: "Dạ vâng"},
		}}},
		Watched: []Watched{{By: "watcher", Numbers: []uint64{1, 2, 3, 4}, Messages: map[string]uint64{"m1": 1, "m2": 2, "m3": 3, "m4": 4}}},
	}
}

// The checker must be able to fail: each way a hub can be wrong is told.
func TestProblemsTellEveryWayToBeWrong(t *testing.T) {
	messages := func(e *Evidence) []Message { return e.Shown[0].Conversations[0].Messages }
	for _, tt := range []struct {
		name  string
		wrong func(e *Evidence)
		want  string // empty: nothing is wrong
	}{
		{"all is right", func(*Evidence) {}, ""},
		{"what was not acknowledged is absent", func(e *Evidence) {
			e.Journal.Answer(e.Journal.Said(Item{Channel: "p1", Person: "An", Text: "ba"}), false)
		}, ""},
		{"nothing was read", func(e *Evidence) { e.Shown = nil }, "I1: nothing was read"},
		{"lost", func(e *Evidence) {
			e.Journal.Answer(e.Journal.Said(Item{Channel: "p1", Person: "An", Text: "ba"}), true)
		}, `I1: An's "ba" on p1 (key ) was acknowledged and is lost`},
		{"changed", func(e *Evidence) { messages(e)[0].Text = "mốt" }, "I1: An's \"một\""},
		{"a reply lost", func(e *Evidence) {
			e.Journal.Reanswer(e.Journal.Replied(Reply{Text: "Dạ thưa"}), true)
		}, `I1: the reply "Dạ thưa"`},
		{"twice", func(e *Evidence) { messages(e)[2].Text = "một" }, "I2: An's \"một\" on p1 (key một) is there 2 times: TH-1 no. 1, TH-1 no. 3"},
		{"invented", func(e *Evidence) { messages(e)[2].Text = "ba" }, `I2: nobody said "ba"`},
		{"a reply twice", func(e *Evidence) { messages(e)[1] = messages(e)[3] }, `I2: the reply "Dạ vâng" (key r) in c is there 2 times`},
		{"two contacts", func(e *Evidence) {
			c := e.Shown[0].Conversations[0]
			c.ContactID, c.Code, c.Messages = "an2", "TH-2", []Message{c.Messages[2]}
			e.Shown[0].Conversations = append(e.Shown[0].Conversations, c)
		}, "I2: An of p1 has become 2 contacts: an, an2"},
		{"shared", func(e *Evidence) {
			e.Journal.Said(Item{Channel: "p1", Person: "Bình", Text: "ba"})
			messages(e)[2].Text = "ba"
		}, "I2: conversation TH-1 is shared by An and Bình"},
		{"unacknowledged and twice", func(e *Evidence) {
			e.Journal.Said(Item{Channel: "p1", Person: "An", Text: "ba"})
			messages(e)[0].Text, messages(e)[2].Text = "ba", "ba"
		}, `I3: An's "ba"`},
		{"out of order", func(e *Evidence) {
			messages(e)[0].Text, messages(e)[2].Text = "hai", "một"
		}, `I4: TH-1 shows "một" after what was said later`},
		{"came in another order, and is shown in that of saying", func(e *Evidence) {
			m, seen := messages(e), e.Visits[0].Messages
			m[0].Text, m[2].Text, seen[0].Text, seen[2].Text = "hai", "một", "hai", "một"
			for i, second := range []int{3, 2, 1, 4} {
				m[i].ShownAt = time.Unix(int64(second), 0)
			}
		}, ""},
		{"shown in another order than that of saying", func(e *Evidence) {
			m := messages(e)
			for i, second := range []int{3, 2, 1, 4} {
				m[i].ShownAt = time.Unix(int64(second), 0)
			}
		}, `I4: TH-1 shows "một" after what was said later`},
		{"a number missing", func(e *Evidence) { messages(e)[3].Seq = 5 }, "I4: TH-1 shows number 5 in place 4"},
		{"another order at another node", func(e *Evidence) {
			c := e.Shown[1].Conversations[0]
			c.Messages = []Message{c.Messages[1], c.Messages[0], c.Messages[2], c.Messages[3]}
			e.Shown[1].Conversations = []Conversation{c}
		}, "I4: conversation c is shown by node1 as 4 messages and by node2 as 4"},
		{"the citizen is shown less", func(e *Evidence) {
			e.Visits[0].Messages = e.Visits[0].Messages[:3]
		}, "I4: An of p1 is shown 3 messages of conversation c, the desk 4"},
		{"not in the quarantine", func(e *Evidence) { e.Shown[0].Quarantine = nil }, "I5: nobody's \"{\" on p1 (key ) was acknowledged and is neither"},
		{"a quarantine of its own", func(e *Evidence) {
			e.Shown[0].Quarantine = append(e.Shown[0].Quarantine, Quarantined{"p1", "["})
		}, `I5: the quarantine of p1 holds "[", which nobody sent`},
		{"never left", func(e *Evidence) { e.Journal.calls = e.Journal.calls[:1] }, "I6: message m4 (TH-1 no. 4, sent) never reached p1"},
		{"left twice", func(e *Evidence) {
			e.Journal.Called(e.Journal.calls[1])
		}, "I6: message m4 (TH-1 no. 4, sent) reached p1 2 times and is not marked"},
		{"left twice, as is known", func(e *Evidence) {
			e.Journal.Called(e.Journal.calls[1])
			messages(e)[3].Delivery = &Delivery{State: "sent", Doubtful: true}
		}, ""},
		{"left three times", func(e *Evidence) {
			e.Journal.Called(e.Journal.calls[1])
			e.Journal.Called(e.Journal.calls[1])
			messages(e)[3].Delivery = &Delivery{State: "sent", Doubtful: true}
		}, "reached p1 3 times, more often than once again"},
		{"left in another order", func(e *Evidence) {
			e.Journal.calls[0], e.Journal.calls[1] = e.Journal.calls[1], e.Journal.calls[0]
		}, "I6: message m4 (TH-1 no. 4) left before one that stands above it"},
		{"left from nowhere", func(e *Evidence) {
			e.Journal.Called(Call{Channel: "p1", Key: "m9", Text: "Dạ?", Taken: true})
		}, "I6: p1 was sent a message m9 that no conversation shows"},
		{"on its way for ever", func(e *Evidence) { messages(e)[3].Delivery = &Delivery{State: "sending"} }, "I6: message m4 (TH-1 no. 4) is still sending"},
		{"failed in silence", func(e *Evidence) { messages(e)[3].Delivery = &Delivery{State: "parked"} }, "I6: message m4 (TH-1 no. 4) is parked without a reason"},
		{"an event missed", func(e *Evidence) { e.Watched[0].Numbers = []uint64{1, 2, 4} }, "I7: watcher missed the events 3 to 3"},
		{"an event twice", func(e *Evidence) { e.Watched[0].Numbers = []uint64{1, 2, 2, 3, 4} }, "I7: watcher was told event 2 after event 2"},
		{"a follower that stands still", func(e *Evidence) {
			behind := e.Watched[0]
			behind.By, behind.Numbers = "other", []uint64{1, 2, 3}
			e.Watched = append(e.Watched, behind)
		}, "I7: other has seen events up to 3, others up to 4"},
		{"a message never told of", func(e *Evidence) { delete(e.Watched[0].Messages, "m3") }, "I7: watcher was never told of message m3"},
		{"answered twice", func(e *Evidence) { messages(e)[0].Turn = nil }, "I8: TH-1 has 1 answers of the bot to 0 messages"},
		{"never answered", func(e *Evidence) { e.Shown[0].Conversations[0].Handler = "bot" }, "I8: message m3 (TH-1 no. 3) was neither answered nor handed to people"},
		{"not on record", func(e *Evidence) { e.Shown[0].Audits = nil }, "I9: TH-1 has 1 answers of members and 0 of them on record"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := right()
			tt.wrong(&e)
			var told []string
			for _, p := range e.Problems() {
				told = append(told, p.String())
			}
			got := strings.Join(told, "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("told %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAWatcherComesBackByNumber(t *testing.T) {
	asked := make(chan string, 10)
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		after := r.Header.Get("Last-Event-ID")
		asked <- after
		switch after {
		case "0":
			_, _ = w.Write([]byte(":\n\nid: 1\nevent: message.added\ndata: {\"kind\":\"message.added\",\"message\":\"m1\"}\n\nid: 2\ndata: {\"kind\":\"mess"))
		case "1":
			w.WriteHeader(http.StatusGone)
		}
	}))
	defer hub.Close()
	w := &Watcher{Desk: &Desk{URL: hub.URL}, Name: "watcher"}
	go w.Run(t.Context())
	for _, want := range []string{"0", "1", "1"} {
		select {
		case got := <-asked:
			if got != want {
				t.Errorf("it resumes after %s, want %s", got, want)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("it does not come back")
		}
	}
	seen := w.Watched()
	if len(seen.Numbers) != 1 || seen.Messages["m1"] != 1 || seen.Gone < 1 || seen.Breaks < 2 {
		t.Errorf("it noted %+v", seen)
	}
}

func TestWhatWasAcknowledgedBeforeAMomentIsKnownAfterIt(t *testing.T) {
	j := &Journal{}
	early, waiting := j.Said(Item{Key: "early"}), j.Said(Item{Key: "waiting"})
	reply := j.Replied(Reply{Key: "reply"})
	j.Answer(early, true)
	moment := j.Copy()
	j.Answer(early, true)
	j.Answer(waiting, true)
	j.Answer(j.Said(Item{Key: "late"}), true)
	j.Reanswer(reply, true)
	j.Reanswer(j.Replied(Reply{Key: "late reply"}), true)

	var got []string
	by := j.AckedBy(moment)
	for _, item := range by.Items() {
		got = append(got, fmt.Sprint(item.Key, " ", item.Acked))
	}
	for _, r := range by.replies {
		got = append(got, fmt.Sprint(r.Key, " ", r.Acked))
	}
	if want := []string{"early 1", "waiting 0", "late 0", "reply false", "late reply false"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if n := j.Totals(); n.Items != 3 || n.Replies != 2 {
		t.Errorf("the journal itself was changed: %+v", n)
	}
}
