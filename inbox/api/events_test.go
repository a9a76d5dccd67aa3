package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/kb"
)

// live is one server-sent event.
type live struct {
	id           int
	Kind         string
	Conversation struct{ ID, Code string }
	Gone         string
	comment      bool
}

// reading is an open stream. Its channel closes when the stream ends.
type reading struct {
	r      *rig
	events chan live
	cancel context.CancelFunc
}

// The ways to say from which number on one follows.
const (
	fromNow   = ""
	byHeader  = "Last-Event-ID" // the browser's own memory
	byRequest = "after"         // what a page asks for
)

// follow opens the stream of a member.
func (r *rig) follow(token, by string, after inbox.Seq) *reading {
	r.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	if last := r.lastEvent(); by == fromNow && last > 0 { // now is where the node has come to
		for _, err := range r.hub.Feed().Watch(ctx, last-1) {
			if err != nil {
				r.Fatal(err)
			}
			break
		}
	}
	path := "/events"
	if by == byRequest {
		path = fmt.Sprint("/events?after=", after)
	}
	q := r.ask(token, http.MethodGet, path, "").WithContext(ctx)
	if by == byHeader {
		q.Header.Set("Last-Event-ID", fmt.Sprint(after))
	}
	response, err := r.web.Client().Do(q)
	if err != nil {
		r.Fatal(err)
	}
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream" || response.Header.Get("Cache-Control") != "no-store" {
		r.Fatalf("the stream is answered %d %v", response.StatusCode, response.Header)
	}
	s := &reading{r: r, events: make(chan live, 1000), cancel: cancel}
	go func() {
		defer close(s.events)
		defer response.Body.Close()
		s.parse(bufio.NewScanner(response.Body))
	}()
	r.Cleanup(cancel)
	return s
}

func (s *reading) parse(lines *bufio.Scanner) {
	var e live
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case lines.Text() == "":
			s.events <- e
			e = live{}
		case name == "":
			e.comment = true
		case name == "id":
			e.id, _ = strconv.Atoi(value)
		case name == "data":
			if err := json.Unmarshal([]byte(value), &e); err != nil {
				s.r.Errorf("data %q: %v", value, err)
			}
		}
	}
}

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// next waits for the next event that is no comment.
func (s *reading) next() live {
	s.r.Helper()
	for {
		select {
		case e, ok := <-s.events:
			if !ok {
				s.r.Fatal("the stream ended")
			}
			if !e.comment {
				return e
			}
		case <-time.After(patience):
			s.r.Fatal("nothing came")
		}
	}
}

// ended waits for the end of the stream.
func (s *reading) ended() bool {
	limit := time.After(patience)
	for {
		select {
		case _, ok := <-s.events:
			if !ok {
				return true
			}
		case <-limit:
			return false
		}
	}
}

// stir changes a conversation, which is one event.
func (r *rig) stir(id inbox.ConversationID) {
	r.Helper()
	boss := inbox.Actor{Member: inbox.Member{ID: "boss", Role: inbox.Admin}}
	if _, err := r.hub.File(context.Background(), boss, id, "y-te"); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) lastEvent() (last inbox.Seq) {
	r.Helper()
	if err := r.store.View(context.Background(), func(tx inbox.Reader) (err error) {
		last, err = tx.LastEvent()
		return err
	}); err != nil {
		r.Fatal(err)
	}
	return last
}

func TestAStreamIsResumedByNumber(t *testing.T) {
	r := start(t)
	token, m := r.operator(), r.matter("so-y-te")
	from := r.lastEvent()
	for range 4 {
		r.stir(m.ID)
	}
	for _, by := range []string{byHeader, byRequest} {
		for after := from; after < from+4; after++ {
			s := r.follow(token, by, after)
			for want := int(after) + 1; want <= int(from)+4; want++ {
				if e := s.next(); e.id != want || e.Kind != "conversation.changed" || e.Conversation.ID != string(m.ID) {
					r.Errorf("by %s after %d comes %+v, want number %d", by, after, e, want)
				}
			}
			s.cancel()
		}
	}
}

// The same goes for numbers whose events were trimmed; the feed's own tests tell of those.
func TestANumberOfAnotherLogIsGone(t *testing.T) {
	r := start(t)
	token, m := r.operator(), r.matter("so-y-te")
	r.stir(m.ID)
	for _, number := range []string{"999999", fmt.Sprint(r.lastEvent() + 50)} { // never given
		q := r.ask(token, http.MethodGet, "/events", "")
		q.Header.Set("Last-Event-ID", number)
		a := r.do(q)
		r.want(a, http.StatusGone)
		if a.problem(t).Code != "gone" {
			r.Errorf("it is told %s", a.body)
		}
	}
	for _, number := range []string{"x", "-1"} {
		q := r.ask(token, http.MethodGet, "/events", "")
		q.Header.Set("Last-Event-ID", number)
		r.want(r.do(q), http.StatusUnprocessableEntity)
	}
}

func TestStaffFollowTheirDepartmentOnly(t *testing.T) {
	r := start(t)
	own, theirs := r.matter("so-y-te"), r.matter("so-xay-dung")
	s := r.follow(r.doctor(), fromNow, 0)
	r.stir(theirs.ID)
	r.stir(own.ID)
	if e := s.next(); e.Conversation.ID != string(own.ID) {
		r.Errorf("the first they see is %+v", e)
	}
	boss := inbox.Actor{Member: inbox.Member{ID: "boss", Role: inbox.Admin}}
	if _, err := r.hub.Transfer(context.Background(), boss, own.ID, "so-xay-dung", ""); err != nil {
		t.Fatal(err)
	}
	if e := s.next(); e.Gone != string(own.ID) || e.Conversation.ID != "" {
		r.Errorf("of what was given away they are told %+v", e)
	}
	r.stir(own.ID) // not theirs any more
	back := r.matter("so-y-te")
	r.stir(back.ID)
	for {
		if e := s.next(); e.Conversation.ID == string(back.ID) {
			break
		} else if e.Conversation.ID != "" || e.Gone != "" {
			r.Errorf("afterwards they are told %+v", e)
		}
	}
}

func TestKnowledgeThatChangesIsToldToAll(t *testing.T) {
	r := start(t)
	s := r.follow(r.doctor(), fromNow, 0)
	r.write(func(tx inbox.Writer) error {
		return tx.AppendEvent(inbox.Event{At: r.clock.Now(), Kind: inbox.KnowledgeChanged})
	})
	if e := s.next(); e.Kind != "knowledge.changed" || e.Conversation.ID != "" {
		r.Errorf("told is %+v", e)
	}
}

func TestAStreamBeats(t *testing.T) {
	r := start(t)
	r.people.SetPace(time.Millisecond, time.Hour)
	s := r.follow(r.operator(), fromNow, 0)
	for range 5 {
		select {
		case e := <-s.events:
			if !e.comment {
				r.Errorf("something came: %+v", e)
			}
		case <-time.After(patience):
			t.Fatal("no heartbeat came")
		}
	}
}

func TestAStreamEndsWithItsSession(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(r *rig, token string)
	}{
		{"by logging out", func(r *rig, token string) {
			r.want(r.do(r.ask(token, http.MethodDelete, "/session", "")), http.StatusNoContent)
		}},
		{"by a change of the password elsewhere", func(r *rig, _ string) {
			r.want(r.do(r.ask(r.operator(), http.MethodPut, "/session/password", `{"old":"`+right+`","new":"bốn mùa hoa phượng nở"}`)), http.StatusNoContent)
		}},
		{"by closing the account", func(r *rig, _ string) {
			r.member(inbox.Member{Login: "lan", Role: inbox.Operator, Disabled: true})
		}},
		{"by falling idle, for a stream is no act", func(r *rig, _ string) { r.clock.Pass(61 * time.Minute) }},
		{"by the server's end", func(r *rig, _ string) { r.people.Close() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := start(t)
			r.people.SetPace(time.Hour, time.Millisecond)
			token := r.operator()
			s := r.follow(token, fromNow, 0)
			tt.end(r, token)
			if !s.ended() {
				r.Error("it goes on")
			}
		})
	}
}

func TestAStreamFollowsARightThatIsTakenAway(t *testing.T) {
	r := start(t)
	r.people.SetPace(time.Millisecond, time.Millisecond)
	m := r.matter("so-y-te")
	s := r.follow(r.doctor(), fromNow, 0)
	r.stir(m.ID)
	s.next()
	r.member(inbox.Member{Login: "doctor", Role: inbox.Staff, Departments: []kb.DepartmentID{"so-xay-dung"}})
	other := r.matter("so-xay-dung")
	for deadline := time.Now().Add(patience); ; { // the rights are looked at from time to time
		r.stir(m.ID)
		before := int(r.lastEvent())
		r.stir(other.ID)
		e := s.next()
		for e.id < before {
			e = s.next()
		}
		if e.id > before && e.Conversation.ID == string(other.ID) {
			break
		}
		if e.Conversation.ID != string(m.ID) || time.Now().After(deadline) {
			r.Fatalf("they are told %+v", e)
		}
	}
}
