package webchat_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"tongdai/connectors/content"
	"tongdai/connectors/webchat"
)

// eventually waits for a condition that another goroutine brings about.
func eventually(t *testing.T, what string, met func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !met() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within 30 s", what)
		case <-tick.C:
		}
	}
}

func TestStreamTellsWhatIsSaid(t *testing.T) {
	s := start(t, nil)
	as := s.visitor()
	s.say(as, "k", "xin chào")
	stream := s.stream(as, "")
	if got := stream.response.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("Content-Type = %q", got)
	}
	if _, staffed := stream.next("staffed"); staffed["now"] != false {
		t.Errorf("staffed = %v", staffed)
	}
	if id, said := stream.next("said"); id != "c1.1" || said["text"] != "xin chào" || said["own"] != true {
		t.Errorf("first event = %s %v", id, said)
	}
	s.hub.answer(s.id(), webchat.Said{Author: "bot", Automatic: true, Content: content.Content{Text: "Dạ,\nchào anh/chị"}})
	if id, said := stream.next("said"); id != "c1.2" || said["text"] != "Dạ,\nchào anh/chị" || said["automatic"] != true {
		t.Errorf("second event = %s %v", id, said)
	}
}

func TestStreamResumesWithoutGapsOrDoubles(t *testing.T) {
	s := start(t, nil)
	as := s.visitor()
	s.say(as, "k", "0")
	cursor, want := "", 0
	for range 5 {
		for range 60 { // more than one batch
			s.hub.answer(s.id(), webchat.Said{Author: "bot", Content: content.Content{Text: "t"}})
		}
		stream := s.stream(as, cursor)
		for range 60 {
			id, said := stream.next("said")
			if want++; int(said["seq"].(float64)) != want {
				t.Fatalf("seq %v, want %d", said["seq"], want)
			}
			cursor = id
		}
		stream.response.Body.Close()
	}
}

func TestAnAnswerInAnOlderConversationIsNotMissed(t *testing.T) {
	s := start(t, nil)
	as := s.visitor()
	s.say(as, "k", "xin chào")
	s.hub.answer(s.id(), webchat.Said{Conversation: "c2", Author: "bot"})
	stream := s.stream(as, "")
	stream.next("said")
	id, _ := stream.next("said")
	if id != "c1.1~c2.1" {
		t.Errorf("cursor = %s", id)
	}
	s.hub.answer(s.id(), webchat.Said{Conversation: "c1", Author: "member"})
	if id, _ := s.stream(as, id).next("said"); id != "c1.2~c2.1" {
		t.Errorf("after the answer = %s", id)
	}
}

func TestSilentStreamShowsSignsOfLifeAndWhoIsThere(t *testing.T) {
	s := start(t, func(cfg *webchat.Config) { cfg.Heartbeat = 10 * time.Millisecond })
	s.hub.staffed = true
	stream := s.stream(s.visitor(), "")
	if _, staffed := stream.next("staffed"); staffed["now"] != true {
		t.Errorf("staffed = %v", staffed)
	}
	for range 3 {
		if event, _, _, err := stream.read(); err != nil || event != ":" {
			t.Fatalf("sign of life = %q, %v", event, err)
		}
	}
}

func TestStreamOverHTTP2(t *testing.T) {
	s := start(t, nil)
	s.servedBy(func(server *httptest.Server) {
		server.EnableHTTP2 = true
		server.StartTLS()
	})
	as := s.visitor()
	s.say(as, "k", "xin chào")
	stream := s.stream(as, "")
	if stream.response.ProtoMajor != 2 {
		t.Fatalf("served over %s", stream.response.Proto)
	}
	stream.next("staffed")
	if id, _ := stream.next("said"); id != "c1.1" {
		t.Errorf("first event = %s", id)
	}
	s.hub.answer(s.id(), webchat.Said{Author: "bot", Content: content.Content{Text: "Dạ"}})
	if _, said := stream.next("said"); said["text"] != "Dạ" {
		t.Errorf("second event = %v", said)
	}
	left := s.stream(as, "c1.2")
	left.next("staffed")
	left.response.Body.Close()
	eventually(t, "one is left", func() bool { return s.hub.watching() == 1 })
	s.connector.Close()
	if _, err := io.ReadAll(stream.lines); err != nil {
		t.Errorf("stream ended with %v", err)
	}
}

func TestStreamEndsWithTheServer(t *testing.T) {
	s := start(t, nil)
	as := s.visitor()
	stream := s.stream(as, "")
	stream.next("staffed")
	s.connector.Close()
	if n := s.hub.watching(); n != 0 {
		t.Errorf("%d still watch", n)
	}
	if _, err := io.ReadAll(stream.lines); err != nil {
		t.Errorf("stream ended with %v", err)
	}
	response := s.send("GET", "/events", nil, as)
	defer response.Body.Close()
	if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
		t.Errorf("a stream of a server that stops = %d", response.StatusCode)
	}
}

func TestStreamOutlivesTheTimeThatRequestsHave(t *testing.T) {
	s := start(t, func(cfg *webchat.Config) { cfg.Heartbeat = 250 * time.Millisecond })
	s.servedBy(func(server *httptest.Server) {
		server.Config.ReadTimeout, server.Config.WriteTimeout = time.Second, time.Second
		server.Start()
	})
	stream := s.stream(s.visitor(), "")
	for range 10 {
		if _, _, _, err := stream.read(); err != nil {
			t.Fatalf("stream ended with %v", err)
		}
	}
}

func TestStreamEndsWhenItsReaderLeaves(t *testing.T) {
	s := start(t, nil)
	stream := s.stream(s.visitor(), "")
	stream.next("staffed")
	stream.response.Body.Close()
	eventually(t, "nobody watches", func() bool { return s.hub.watching() == 0 })
}

func TestReaderThatDoesNotReadIsLetGo(t *testing.T) {
	s := start(t, func(cfg *webchat.Config) { cfg.WriteTimeout = time.Second })
	as := s.visitor()
	s.say(as, "k", "xin chào")
	connection, err := net.Dial("tcp", s.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	_ = connection.(*net.TCPConn).SetReadBuffer(4096)
	fmt.Fprintf(connection, "GET /events HTTP/1.1\r\nHost: h\r\nOrigin: %s\r\nAuthorization: %s\r\n\r\n", page, as["Authorization"])
	eventually(t, "the stream is open", func() bool { return s.hub.watching() == 1 })
	large := strings.Repeat("a", 1<<20)
	for range 8 { // twice what the kernel keeps for a sender
		s.hub.answer(s.id(), webchat.Said{Author: "bot", Content: content.Content{Text: large}})
	}
	eventually(t, "the stream is closed", func() bool { return s.hub.watching() == 0 })
	if _, said := s.stream(as, "c1.8").next("said"); said["seq"] != 9.0 {
		t.Errorf("resumed at %v", said["seq"])
	}
}

func TestStoppingDoesNotWaitForAReaderThatDoesNotRead(t *testing.T) {
	s := start(t, func(cfg *webchat.Config) { cfg.WriteTimeout = time.Hour })
	as := s.visitor()
	s.say(as, "k", "xin chào")
	stream := s.stream(as, "c1.1")
	stream.next("staffed")
	large := strings.Repeat("a", 1<<20)
	for range 12 {
		s.hub.answer(s.id(), webchat.Said{Author: "bot", Content: content.Content{Text: large}})
	}
	stream.next("said") // and no more, while the rest is being written
	s.connector.Close()
	if n := s.hub.watching(); n != 0 {
		t.Errorf("%d still watch", n)
	}
}

func TestTooManyStreams(t *testing.T) {
	s := start(t, func(cfg *webchat.Config) { cfg.StreamsPerVisitor, cfg.StreamsPerAddress = 2, 3 })
	as := s.visitor()
	oldest := s.stream(as, "")
	oldest.next("staffed")
	s.stream(as, "").next("staffed")
	s.stream(as, "").next("staffed")
	if _, err := io.ReadAll(oldest.lines); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the oldest ended with %v", err)
	}
	eventually(t, "two are left", func() bool { return s.hub.watching() == 2 })
	s.stream(s.visitor(), "").next("staffed")
	response := s.send("GET", "/events", nil, s.visitor())
	defer response.Body.Close()
	if response.StatusCode != http.StatusTooManyRequests || response.Header.Get("Retry-After") == "" {
		t.Errorf("a fourth stream of the address = %d", response.StatusCode)
	}
}

func TestStreamOfABrokenLogEnds(t *testing.T) {
	s := start(t, nil)
	as := s.visitor()
	s.say(as, "k", "xin chào")
	stream := s.stream(as, "")
	stream.next("said")
	s.hub.mu.Lock()
	s.hub.broken = errDisk
	s.hub.add(s.hub.inbounds[0].From, webchat.Said{Author: "bot"})
	s.hub.mu.Unlock()
	if _, err := io.ReadAll(stream.lines); err != nil {
		t.Errorf("stream ended with %v", err)
	}
}

func TestAPanicEndsOneStreamOnly(t *testing.T) {
	s := start(t, nil)
	as := s.visitor()
	s.say(as, "k", "xin chào")
	s.hub.panic(true)
	if _, err := io.ReadAll(s.stream(as, "").lines); err != nil {
		t.Errorf("stream ended with %v", err)
	}
	s.hub.panic(false)
	s.stream(as, "").next("said")
}
