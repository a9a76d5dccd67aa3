package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// fakeNode answers with its name, and to /readyz as it is told.
type fakeNode struct {
	*httptest.Server
	name    string
	unready atomic.Bool
	hangs   atomic.Bool // so that not even /readyz is answered
	got     atomic.Int64
	last    atomic.Pointer[http.Request]
	news    chan string // further events
}

func newFakeNode(t *testing.T, name string) *fakeNode {
	n := &fakeNode{name: name, news: make(chan string)}
	mux := http.NewServeMux()
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, r *http.Request) {
		if n.hangs.Load() {
			<-r.Context().Done()
			return
		}
		if n.unready.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprintf(w, "data: %s\n\n", n.name)
		for {
			_ = http.NewResponseController(w).Flush()
			select {
			case said := <-n.news:
				fmt.Fprintf(w, "data: %s\n\n", said)
			case <-r.Context().Done():
				return
			}
		}
	})
	mux.HandleFunc("/breaks", func(w http.ResponseWriter, r *http.Request) {
		n.got.Add(1)
		panic(http.ErrAbortHandler)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		n.got.Add(1)
		n.last.Store(r)
		fmt.Fprintf(w, "%s %s", n.name, body)
	})
	n.Server = httptest.NewServer(mux)
	t.Cleanup(n.Close)
	return n
}

func (n *fakeNode) address() string { return strings.TrimPrefix(n.URL, "http://") }

// balanced puts a balancer before the nodes and waits until it knows as many
// as ready.
func balanced(t *testing.T, ready int, addresses ...string) (*balancer, *httptest.Server) {
	b := newBalancer(addresses, nil)
	front := httptest.NewServer(b)
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		front.Close()
	})
	awaitReady(t, b, ready)
	return b, front
}

func awaitReady(t *testing.T, b *balancer, want int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	await(ctx, t, fmt.Sprintf("%d ready nodes", want), func() bool { return readyOf(b) == want })
}

func readyOf(b *balancer) (n int) {
	for _, v := range b.views() {
		if v.State == backendReady {
			n++
		}
	}
	return n
}

func request(t *testing.T, method, url, body string) (status int, text string, h http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Forwarded-For", "203.0.113.66")
	req.Header.Set("X-Forwarded-Proto", "https")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(said), resp.Header
}

func TestRequestsGoRoundAmongTheReadyNodes(t *testing.T) {
	one, two, three := newFakeNode(t, "one"), newFakeNode(t, "two"), newFakeNode(t, "three")
	b, front := balanced(t, 3, one.address(), two.address(), three.address())
	for range 6 {
		request(t, http.MethodPost, front.URL+"/x", "body")
	}
	for _, n := range []*fakeNode{one, two, three} {
		if got := n.got.Load(); got != 2 {
			t.Errorf("%s got %d of 6 requests", n.name, got)
		}
	}
	two.unready.Store(true)
	awaitReady(t, b, 2)
	for range 4 {
		request(t, http.MethodPost, front.URL+"/x", "body")
	}
	if got := two.got.Load(); got != 2 {
		t.Errorf("a node that is not ready got %d requests more", got-2)
	}
	two.unready.Store(false)
	awaitReady(t, b, 3)
}

func TestARequestThatNobodyGotGoesToAnotherNode(t *testing.T) {
	one, two := newFakeNode(t, "one"), newFakeNode(t, "two")
	b, front := balanced(t, 2, one.address(), two.address())
	one.CloseClientConnections()
	one.Close() // and the balancer has not noticed yet
	for i := range 4 {
		said := fmt.Sprintf("message %d", i)
		if status, text, _ := request(t, http.MethodPost, front.URL+"/x", said); status != http.StatusOK || text != "two "+said {
			t.Errorf("message %d: %d %q", i, status, text)
		}
	}
	if readyOf(b) != 1 {
		t.Error("a node that refuses connections counts as ready")
	}
}

func TestARequestThatANodeMayHaveGotIsNotRepeated(t *testing.T) {
	one, two := newFakeNode(t, "one"), newFakeNode(t, "two")
	_, front := balanced(t, 2, one.address(), two.address())
	if status, _, _ := request(t, http.MethodPost, front.URL+"/breaks", "body"); status != http.StatusBadGateway {
		t.Errorf("the answer is %d", status)
	}
	if got := one.got.Load() + two.got.Load(); got != 1 {
		t.Errorf("the request was sent %d times", got)
	}
}

func TestNobodyReadyIsSaidWithATimeToComeBack(t *testing.T) {
	one := newFakeNode(t, "one")
	one.unready.Store(true)
	b, front := balanced(t, 0, one.address(), "127.0.0.1:1")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	await(ctx, t, "the unready node", func() bool { return b.views()[0].State == backendUnfit })
	status, text, h := request(t, http.MethodGet, front.URL+"/x", "")
	if status != http.StatusServiceUnavailable || h.Get("Retry-After") == "" || !strings.Contains(text, "thử lại") {
		t.Errorf("%d %q, Retry-After %q", status, text, h.Get("Retry-After"))
	}
	if one.got.Load() != 0 {
		t.Error("the unready node got the request")
	}
}

func TestANodeLearnsWhoAskedAndForWhichHost(t *testing.T) {
	one := newFakeNode(t, "one")
	_, front := balanced(t, 1, one.address())
	request(t, http.MethodGet, front.URL+"/x?q=1", "")
	r := one.last.Load()
	for _, tt := range []struct{ what, got, want string }{
		{"X-Forwarded-For", r.Header.Get("X-Forwarded-For"), "127.0.0.1"},
		{"X-Forwarded-Proto", r.Header.Get("X-Forwarded-Proto"), "http"},
		{"Host", r.Host, strings.TrimPrefix(front.URL, "http://")},
		{"query", r.URL.RawQuery, "q=1"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s is %q, want %q", tt.what, tt.got, tt.want)
		}
	}
}

// stream opens an event stream. The channel has its events, and is closed when
// it is cut.
func stream(t *testing.T, front *httptest.Server) <-chan string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, front.URL+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	events := make(chan string, 8)
	go func() {
		defer close(events)
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				events <- data
			}
		}
	}()
	return events
}

// event waits for the next one; "cut" is the end of the stream.
func event(t *testing.T, events <-chan string) string {
	t.Helper()
	select {
	case data, ok := <-events:
		if !ok {
			return "cut"
		}
		return data
	case <-time.After(time.Minute):
		t.Fatal("the stream is silent")
		return ""
	}
}

func TestAnEventStreamIsPassedAtOnceAndCutWhenItsNodeIsGone(t *testing.T) {
	for _, tt := range []struct {
		name string
		gone func(n *fakeNode)
	}{
		{"the node is killed", func(n *fakeNode) { n.CloseClientConnections() }},
		{"the node hangs and says nothing more", func(n *fakeNode) { n.hangs.Store(true) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			one := newFakeNode(t, "one")
			b, front := balanced(t, 1, one.address())
			events := stream(t, front)
			if first := event(t, events); first != "one" {
				t.Fatalf("the first event is %q", first)
			}
			if v := b.views()[0]; v.Open != 1 {
				t.Errorf("%d requests are open, want the stream", v.Open)
			}
			tt.gone(one)
			if next := event(t, events); next != "cut" {
				t.Fatalf("without its node the stream has %q", next)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			await(ctx, t, "the stream to be counted out", func() bool { return b.views()[0].Open == 0 })
		})
	}
}

func TestAStoppingNodeFinishesWhatItHas(t *testing.T) {
	for _, tt := range []struct {
		name string
		stop func(n *fakeNode)
		want backendState
	}{
		{"it says that it is not ready", func(n *fakeNode) { n.unready.Store(true) }, backendUnfit},
		{"it takes no connections any more", func(n *fakeNode) { n.Listener.Close() }, backendAbsent},
	} {
		t.Run(tt.name, func(t *testing.T) {
			one := newFakeNode(t, "one")
			b, front := balanced(t, 1, one.address())
			events := stream(t, front)
			event(t, events)
			tt.stop(one)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			await(ctx, t, string(tt.want), func() bool { return b.views()[0].State == tt.want })
			one.news <- "last words"
			if next := event(t, events); next != "last words" {
				t.Errorf("while the node still works the stream has %q", next)
			}
		})
	}
}

func TestTheOverviewTellsWhichNodeIsUp(t *testing.T) {
	one := newFakeNode(t, "one")
	b, _ := balanced(t, 1, one.address(), "127.0.0.1:1")
	w := httptest.NewRecorder()
	b.overview(w, httptest.NewRequest(http.MethodGet, "/", nil))
	lines := strings.Split(w.Body.String(), "\n")
	if len(lines) < 3 || !strings.Contains(lines[1], one.address()+"   nhận yêu cầu") || !strings.Contains(lines[2], "không chạy") {
		t.Errorf("the overview is\n%s", w.Body)
	}
}
