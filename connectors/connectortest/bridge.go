package connectortest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
)

// BridgeHarness is a Bridge wired to a fresh simulator of its platform. What the
// platform does not have stays nil, and is left out.
type BridgeHarness struct {
	Bridge connectors.Bridge
	// Again makes the same bridge once more, as another process does after a crash.
	Again func() connectors.Bridge
	// Unit has a place; Nowhere is a unit without.
	Unit, Nowhere connectors.Unit
	// Marks is what the bridge was given as connectors.Bookmarks: of a Poller.
	Marks *Bookmarks

	// Shown is what the thread that begins with root shows, in order: what the bridge
	// told and what people wrote. The first is the beginning.
	Shown func(root connectors.RemoteID) []string
	// Threads is how many threads there are at the place of Unit.
	Threads func() int

	// Say, Edit and Delete are what a person who may do so does in a thread.
	Say    func(root connectors.RemoteID, text string) connectors.RemoteID
	Edit   func(message connectors.RemoteID, text string)
	Delete func(message connectors.RemoteID)
	// Prefix begins what is meant for the citizen.
	Prefix string
	// Machines say something, by themselves or as the bridge's own account, in the
	// thread and beside it; none of it is a deed. So is what people say beside it.
	Machines func(root connectors.RemoteID)

	// Cuts are ways in which the way in breaks, each with what the platform does of it.
	Cuts map[string]func()

	// Lost has the next post made and its answer lost.
	Lost func()
	// Refusals are the platform's own ways to refuse a post; Mend ends them.
	Refusals []Refusal
	Mend     func()
	// Spoil makes the account unusable: of a Checker.
	Spoil func()
	// Down makes the platform unreachable for good.
	Down func()

	// Press returns a genuine call that the platform makes when somebody presses the
	// button of a deed in the thread: of a Webhook.
	Press func(root connectors.RemoteID, deed connectors.Deed) *http.Request
	// Forged are calls that must be refused, by what is wrong with them.
	Forged func(root connectors.RemoteID) map[string]*http.Request

	Secrets []string // must never show in an error or a health report
}

// Bookmarks are connectors.Bookmarks in memory.
type Bookmarks struct {
	mu  sync.Mutex
	all map[string][]byte
}

// NewBookmarks returns empty ones.
func NewBookmarks() *Bookmarks { return &Bookmarks{all: map[string][]byte{}} }

// Bookmark implements connectors.Bookmarks.
func (b *Bookmarks) Bookmark(_ context.Context, channel connectors.ChannelID, name string) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	value, ok := b.all[string(channel)+"/"+name]
	if !ok {
		return nil, connectors.ErrNoBookmark
	}
	return slices.Clone(value), nil
}

func (b *Bookmarks) keep(raw connectors.Raw) {
	if raw.Bookmark == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all[string(raw.Channel)+"/"+raw.Bookmark.Name] = slices.Clone(raw.Bookmark.Value)
}

// BridgeFactory makes a fresh BridgeHarness. What it starts ends with t.
type BridgeFactory func(t *testing.T) *BridgeHarness

// RunBridge tries every promise of connectors.Bridge on the bridge that factory
// makes, with a fresh one for each.
func RunBridge(t *testing.T, factory BridgeFactory) {
	t.Run("the harness is whole", func(t *testing.T) { wholeBridge(t, factory(t)) })
	for _, part := range []struct {
		name  string
		cases []bridgePromise
	}{{"posting", bridgePosting}, {"acting", bridgeActing}, {"pressing", bridgePressing}} {
		t.Run(part.name, func(t *testing.T) {
			for _, p := range part.cases {
				t.Run(p.says, func(t *testing.T) { p.try(t, factory(t)) })
			}
		})
	}
}

// bridgePromise is one sentence of the contract and how it is tried.
type bridgePromise struct {
	says string
	try  func(t *testing.T, h *BridgeHarness)
}

func wholeBridge(t *testing.T, h *BridgeHarness) {
	if c := h.Bridge.Channel(); c.ID == "" || c.Kind == "" || c.Name == "" {
		t.Errorf("Channel = %+v, want id, kind and name", c)
	}
	if place, name, ok := h.Bridge.Place(h.Unit); !ok || place == "" || name == "" {
		t.Errorf("Place of a unit that has one = %q, %q, %v", place, name, ok)
	}
	if place, _, ok := h.Bridge.Place(h.Nowhere); ok {
		t.Errorf("Place of a unit that has none = %q", place)
	}
	_, isPoller := h.Bridge.(connectors.Poller)
	_, isHook := h.Bridge.(connectors.Webhook)
	_, isChecker := h.Bridge.(connectors.Checker)
	if isPoller != (h.Marks != nil && h.Say != nil && len(h.Cuts) > 0) || isHook != (h.Press != nil && h.Forged != nil) || isChecker != (h.Spoil != nil) {
		t.Error("the bridge is a Poller, a Webhook or a Checker and the harness lacks its part, or has one in vain")
	}
	if h.Shown == nil || h.Threads == nil || h.Lost == nil || h.Mend == nil || len(h.Refusals) == 0 || h.Down == nil {
		t.Error("the harness lacks Shown, Threads, Lost, Refusals, Mend or Down")
	}
}

// threadName is a thread as the hub names one.
const threadName = "0123456789abcdef0123456789abcdef"

// matter is one that a place is told of.
func matter() connectors.Matter {
	return connectors.Matter{
		Code: "TH-261121-0042", Link: "https://1022.thanhhoa.example.vn/desk/c/42", Unit: "Sở Y tế", Person: "Trần Thị Mẫu",
		Channel: "Trò chuyện trên Cổng 1022", Field: "Y tế", Place: "Phường Hạc Thành", Asked: "Tiêm chủng cho trẻ ở đâu?",
		Due: time.Date(2026, 11, 24, 17, 0, 0, 0, time.FixedZone("", 7*60*60)), Standing: connectors.InCharge,
	}
}

// news is a post with texts of the citizen.
func (h *BridgeHarness) news(key string, root connectors.RemoteID, texts ...string) connectors.Post {
	place, _, _ := h.Bridge.Place(h.Unit)
	p := connectors.Post{Key: key, Place: place, Thread: threadName, Root: root, Matter: matter()}
	for _, text := range texts {
		p.Items = append(p.Items, connectors.Item{Kind: connectors.ItemCitizen, By: p.Matter.Person, At: p.Matter.Due.Add(-72 * time.Hour), Text: text})
	}
	return p
}

// posted makes a post that is taken.
func (h *BridgeHarness) posted(t *testing.T, b connectors.Bridge, p connectors.Post) connectors.RemoteID {
	t.Helper()
	got, err := b.Post(t.Context(), p)
	if err != nil {
		t.Fatalf("Post = %v", err)
	}
	if got.Root == "" || p.Root != "" && got.Root != p.Root {
		t.Fatalf("the root is %q, was %q", got.Root, p.Root)
	}
	return got.Root
}

// tells wants each text once in the thread, in this order.
func (h *BridgeHarness) tells(t *testing.T, root connectors.RemoteID, texts ...string) {
	t.Helper()
	shown := strings.Join(h.Shown(root), "\n")
	from := 0
	for _, text := range texts {
		if n := strings.Count(shown, text); n != 1 {
			t.Errorf("%q is there %d times:\n%s", text, n, short(shown))
			continue
		}
		if at := strings.Index(shown, text); at < from {
			t.Errorf("%q is there before its turn:\n%s", text, short(shown))
		} else {
			from = at
		}
	}
}

var bridgePosting = []bridgePromise{
	{"a thread begins with the matter", func(t *testing.T, h *BridgeHarness) {
		root := h.posted(t, h.Bridge, h.news("k1", ""))
		h.tells(t, root, "TH-261121-0042", "Tiêm chủng cho trẻ ở đâu?")
	}},
	{"what is new comes in order", func(t *testing.T, h *BridgeHarness) {
		root := h.posted(t, h.Bridge, h.news("k1", "", "Một là đây"))
		h.posted(t, h.Bridge, h.news("k2", root, "Hai là đây", "Ba là đây"))
		h.posted(t, h.Bridge, h.news("k3", root, "Bốn là đây"))
		h.tells(t, root, "Một là đây", "Hai là đây", "Ba là đây", "Bốn là đây")
	}},
	{"the same post twice is there once", func(t *testing.T, h *BridgeHarness) {
		p := h.news("k1", "", "Một là đây", "Hai là đây")
		root := h.posted(t, h.Bridge, p)
		if again := h.posted(t, h.Bridge, p); again != root {
			t.Errorf("the second root is %q, the first %q", again, root)
		}
		if again := h.posted(t, h.Again(), p); again != root {
			t.Errorf("after a crash the root is %q, the first %q", again, root)
		}
		more := h.news("k2", root, "Ba là đây")
		h.posted(t, h.Bridge, more)
		h.posted(t, h.Again(), more)
		h.tells(t, root, "Một là đây", "Hai là đây", "Ba là đây")
		if n := h.Threads(); n != 1 {
			t.Errorf("there are %d threads, want 1", n)
		}
	}},
	{"what was made although its answer was lost is not made again", func(t *testing.T, h *BridgeHarness) {
		for _, later := range []bool{false, true} {
			key, root := "k1", connectors.RemoteID("")
			if later {
				root, key = h.posted(t, h.Bridge, h.news("k1", "", "Một là đây")), "k2"
			}
			h.Lost()
			p := h.news(key, root, map[bool]string{false: "Một là đây", true: "Hai là đây"}[later])
			if _, err := h.Bridge.Post(t.Context(), p); err == nil || connectors.KindOf(err) == connectors.Permanent {
				t.Errorf("Post whose answer is lost = %v, want one that is worth another try", err)
			}
			h.Mend()
			h.tells(t, h.posted(t, h.Again(), p), p.Items[0].Text)
		}
		if n := h.Threads(); n != 1 {
			t.Errorf("there are %d threads, want 1", n)
		}
	}},
	{"a text as long as a book is there whole", func(t *testing.T, h *BridgeHarness) {
		var text strings.Builder
		for n := range 6000 {
			fmt.Fprintf(&text, "Câu số %d. ", n)
		}
		root := h.posted(t, h.Bridge, h.news("k1", "", text.String()))
		shown := strings.Join(strings.Fields(strings.Join(h.Shown(root), " ")), " ")
		for _, n := range []int{0, 1499, 3000, 4500, 5999} {
			if want := fmt.Sprintf("Câu số %d.", n); strings.Count(shown, want) != 1 {
				t.Errorf("%q is there %d times", want, strings.Count(shown, want))
			}
		}
	}},
	{"a refusal has a kind, and tells no secret", func(t *testing.T, h *BridgeHarness) {
		root := h.posted(t, h.Bridge, h.news("k1", ""))
		for n, refusal := range h.Refusals {
			t.Run(refusal.Name, func(t *testing.T) {
				refusal.Set()
				defer h.Mend()
				_, err := h.Bridge.Post(t.Context(), h.news(fmt.Sprintf("r%d", n), root, "Không tới được đâu"))
				if err == nil || connectors.KindOf(err) != refusal.Kind {
					t.Fatalf("Post = %v, kind %s, want %s", err, connectors.KindOf(err), refusal.Kind)
				}
				if after := connectors.RetryAfter(err); refusal.After > 0 && after != refusal.After {
					t.Errorf("it asks for %s, want %s", after, refusal.After)
				}
				if (refusal.Kind == connectors.Permanent || refusal.Kind == connectors.Unauthorized) && connectors.ReasonOf(err) == "" {
					t.Errorf("Post = %v has no words for members", err)
				}
				h.secretIn(t, err.Error()+connectors.ReasonOf(err))
			})
		}
	}},
	{"a platform that is not there is worth another try", func(t *testing.T, h *BridgeHarness) {
		root := h.posted(t, h.Bridge, h.news("k1", ""))
		h.Down()
		_, err := h.Bridge.Post(t.Context(), h.news("k2", root, "Không tới được đâu"))
		if err == nil || connectors.KindOf(err) == connectors.Permanent || connectors.KindOf(err) == connectors.Unauthorized {
			t.Fatalf("Post = %v", err)
		}
		h.secretIn(t, err.Error())
	}},
	{"its health tells what to do", func(t *testing.T, h *BridgeHarness) {
		checker, ok := h.Bridge.(connectors.Checker)
		if !ok {
			t.Skip("this bridge cannot tell")
		}
		if health := checker.Check(t.Context()); !health.OK {
			t.Errorf("Check = %+v of one in order", health)
		}
		h.Spoil()
		health := checker.Check(t.Context())
		if health.OK || health.Problem == "" {
			t.Errorf("Check = %+v of one that is spoilt", health)
		}
		h.secretIn(t, health.Problem)
	}},
}

func (h *BridgeHarness) secretIn(t *testing.T, words string) {
	t.Helper()
	for _, secret := range h.Secrets {
		if strings.Contains(words, secret) {
			t.Errorf("%q tells a secret", short(words))
		}
	}
}

// pressedAt mounts the handler of a bridge and brings it a call.
func pressedAt(t *testing.T, b connectors.Bridge, r connectors.Receiver, call *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	return Serve(b.(connectors.Webhook).Handler(r), call.WithContext(t.Context()))
}

var bridgePressing = []bridgePromise{
	{"a press is a deed, and the same when it is brought twice", func(t *testing.T, h *BridgeHarness) {
		if h.Press == nil {
			t.Skip("nothing is pressed on this platform")
		}
		root := h.posted(t, h.Bridge, h.news("k1", ""))
		r := &Receiver{}
		first := h.Press(root, connectors.Take)
		twice := first.Clone(t.Context())
		body := readAll(t, first)
		setBody(first, body)
		setBody(twice, body)
		for _, call := range []*http.Request{first, twice} {
			if w := pressedAt(t, h.Bridge, r, call); w.Code != http.StatusOK {
				t.Errorf("it is answered %d", w.Code)
			}
		}
		in := r.handed()
		if len(in) != 2 || in[0].Key == "" || in[0].Key != in[1].Key {
			t.Fatalf("two times the same press came to %+v", in)
		}
		if a := in[0].Act; in[0].Kind != connectors.Acted || a == nil || a.Do != connectors.Take || a.Thread != threadName || a.By.User == "" || in[0].From != a.By.User {
			t.Errorf("the press is %+v %+v", in[0], a)
		}
	}},
	{"a call that proves nothing is refused", func(t *testing.T, h *BridgeHarness) {
		if h.Forged == nil {
			t.Skip("nothing is pressed on this platform")
		}
		root := h.posted(t, h.Bridge, h.news("k1", ""))
		for name, call := range h.Forged(root) {
			t.Run(name, func(t *testing.T) {
				r := &Receiver{}
				if w := pressedAt(t, h.Bridge, r, call); w.Code != http.StatusUnauthorized {
					t.Errorf("it is answered %d, want 401", w.Code)
				}
				if got := r.tried(); len(got) > 0 {
					t.Errorf("%d were kept", len(got))
				}
			})
		}
	}},
	{"who presses while nothing can be kept is not told that it was", func(t *testing.T, h *BridgeHarness) {
		if h.Press == nil {
			t.Skip("nothing is pressed on this platform")
		}
		root := h.posted(t, h.Bridge, h.news("k1", ""))
		r := &Receiver{}
		kept := pressedAt(t, h.Bridge, r, h.Press(root, connectors.Take))
		r.Fails(errStore)
		lost := pressedAt(t, h.Bridge, r, h.Press(root, connectors.Take))
		if kept.Code == lost.Code && kept.Body.String() == lost.Body.String() {
			t.Errorf("either way the answer is %d %s", kept.Code, short(kept.Body.String()))
		}
	}},
}
