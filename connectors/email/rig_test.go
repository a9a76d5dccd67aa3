package email_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/content"
	"tongdai/connectors/email"
	"tongdai/connectors/email/dovecottest"
)

const (
	ours    = "1022@thanhhoa.example"
	citizen = "tran.thi.mau@nguoidan.example"
	// patience is how long tests wait for what must come.
	patience = 20 * time.Second
)

var (
	secret = []byte("0123456789abcdef0123456789abcdef")
	// at is when the letters of tests came.
	at = time.Date(2026, 11, 21, 8, 0, 0, 0, time.FixedZone("", 7*60*60))
)

// files is a connectors.Originals in memory.
type files struct {
	connectortest.Files
	keep func(name string, data []byte) error // of originals; nil: all are kept
}

func (f *files) Keep(_ context.Context, name string, r io.Reader) (content.Attachment, error) {
	data, err := io.ReadAll(r)
	if err == nil && f.keep != nil {
		err = f.keep(name, data)
	}
	if err != nil {
		return content.Attachment{}, err
	}
	a := f.Add(name, data)
	a.Kind, a.Type = content.Original, "message/rfc822"
	return a, nil
}

// hub is a Receiver that keeps each key once, with the bookmark in the same moment.
type hub struct {
	mu     sync.Mutex
	refuse func(connectors.Raw, []connectors.Inbound) error
	marks  map[string][]byte
	known  map[string]bool
	in     []connectors.Inbound
	raws   []connectors.Raw // of them, and of troubles
	copies int
	calls  int
}

func newHub() *hub { return &hub{marks: map[string][]byte{}, known: map[string]bool{}} }

func (h *hub) Receive(ctx context.Context, raw connectors.Raw, in []connectors.Inbound) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls++
	if err := ctx.Err(); err != nil {
		return err
	}
	if h.refuse != nil {
		if err := h.refuse(raw, in); err != nil {
			return err
		}
	}
	if raw.Bookmark != nil {
		h.marks[raw.Bookmark.Name] = slices.Clone(raw.Bookmark.Value)
	}
	for _, said := range in {
		key := string(said.Kind) + said.Key
		if h.known[key] {
			h.copies++
			continue
		}
		h.known[key] = true
		h.in = append(h.in, said)
	}
	if len(in) > 0 || raw.Trouble != "" {
		h.raws = append(h.raws, raw)
	}
	return nil
}

func (h *hub) Bookmark(_ context.Context, _ connectors.ChannelID, name string) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	value, ok := h.marks[name]
	if !ok {
		return nil, connectors.ErrNoBookmark
	}
	return value, nil
}

func (h *hub) refuses(refuse func(connectors.Raw, []connectors.Inbound) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refuse = refuse
}

func (h *hub) inbounds() []connectors.Inbound {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.in)
}

func (h *hub) troubles() (all []connectors.Raw) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, raw := range h.raws {
		if raw.Trouble != "" {
			all = append(all, raw)
		}
	}
	return all
}

// subjects are those of the letters that arrived, in order.
func (h *hub) subjects() (all []string) {
	for _, in := range h.inbounds() {
		if in.Letter != nil {
			all = append(all, in.Letter.Subject)
		}
	}
	return all
}

// rig is a mailbox on a server, and a hub.
type rig struct {
	t     *testing.T
	hub   *hub
	files *files
	cfg   email.Config
}

func password(p string) func() (string, error) { return func() (string, error) { return p, nil } }

func newRig(t *testing.T, imap, smtp string) *rig {
	t.Helper()
	return &rig{t: t, hub: newHub(), files: &files{}, cfg: email.Config{
		Channel: connectors.Channel{ID: "mail-1022", Kind: email.Kind, Name: "Thư 1022"},
		Address: ours, Name: "Tổng đài 1022", Secret: secret, Separator: "+",
		In:    email.Server{Address: imap, Security: email.Plain, User: dovecottest.User, Secret: password(dovecottest.Password)},
		Out:   email.Server{Address: smtp, Security: email.Plain, Secret: password(dovecottest.Password)},
		Since: at.Add(-24 * time.Hour), Poll: time.Minute, RetryAfter: 20 * time.Millisecond,
	}}
}

func (r *rig) connector() *email.Connector {
	r.t.Helper()
	c, err := email.New(r.cfg, email.Deps{Files: r.files, Bookmarks: r.hub})
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

// fetching runs a connector until stop, or until the test ends.
func (r *rig) fetching(c *email.Connector) (stop func()) {
	r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx, r.hub) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if !errors.Is(err, context.Canceled) {
				r.t.Errorf("Run = %v", err)
			}
		case <-time.After(patience):
			r.t.Errorf("Run goes on after its context ended")
		}
	})
	r.t.Cleanup(stop)
	return stop
}

// until waits until done.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	connectortest.UntilWithin(t, patience, what, done)
}

// letterOf is a letter of a citizen, with n in its subject, id and text.
func letterOf(n int) []byte {
	return fmt.Appendf(nil, "From: =?utf-8?q?Tr=E1=BA=A7n?= <%s>\r\nTo: %s\r\nSubject: thu %d\r\nDate: Sat, 21 Nov 2026 07:59:00 +0700\r\nMessage-ID: <thu-%d@nguoidan.example>\r\n"+
		"Content-Type: text/plain; charset=utf-8\r\n\r\nCho toi hoi viec so %d.\r\n%s", citizen, ours, n, n, n, strings.Repeat("Nha toi o xa, di lai kho khan.\r\n", n%7))
}

func lettersOf(from, to int) (all [][]byte) {
	for n := from; n < to; n++ {
		all = append(all, letterOf(n))
	}
	return all
}

// count is n where the long tests run, and few elsewhere.
func count(few, n int) int {
	if os.Getenv("TONGDAI_LONG") == "1" {
		return n
	}
	return few
}

func (r *rig) try() (*email.Connector, error) {
	return email.New(r.cfg, email.Deps{Files: r.files, Bookmarks: r.hub})
}

// messageID is the id of the letter that Send would write for a key.
func (r *rig) messageID(c *email.Connector) string {
	r.t.Helper()
	return email.MessageID(c, "k1")
}
