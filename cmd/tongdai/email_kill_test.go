package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/email/dovecottest"
	"tongdai/connectors/email/emailsim"
	"tongdai/inbox"
)

// The hub is killed with SIGKILL while it fetches what waits on a real mail server.
// Every letter must be a matter, once, and answered by one letter: where a kill left in
// doubt whether it went, its copy has the same Message-ID.
func TestKilledWhileFetchingLetters(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a hub for some seconds")
	}
	ctx, cancel := patience(t, 3*time.Minute, 20*time.Minute)
	defer cancel()
	letters, kills := count(180, 2000), count(3, 6)
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d, %d letters, %d kills", seed, letters, kills)

	d := dovecottest.Start(t)
	sim, err := emailsim.Start(emailsim.Config{Address: dovecottest.User})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	h := newMortal(t)
	if err := os.WriteFile(h.config, []byte(fetchingConfig(d, sim)), 0o600); err != nil {
		t.Fatal(err)
	}
	s := settings{config: h.config, data: h.data}

	delivered, midway := 0, 0
	delay := 200 * time.Millisecond
	for kill := range kills {
		waiting := letters*(kill+1)/kills - delivered
		d.Deliver(t, time.Now(), lettersFrom(delivered, delivered+waiting)...)
		before := fetchedOf(ctx, t, s)
		delivered += waiting
		h.start(t)
		time.AfterFunc(delay/2+time.Duration(random.Int64N(int64(delay))), h.kill)
		h.died(t)
		switch got := fetchedOf(ctx, t, s) - before; {
		case got == 0:
			delay *= 2
		case before+got == delivered:
			delay = delay * 2 / 3
		default:
			midway++
		}
	}
	t.Logf("%d of %d kills fell while letters were being taken", midway, kills)
	h.start(t)
	left := drained(ctx, fetchedMail{sim, letters})
	h.kill()
	h.died(t)
	cfg, err := s.load()
	if err != nil {
		t.Fatal(err)
	}
	if left != nil { // what two kills left in doubt is a person's to decide
		if err := s.withHub(ctx, func(a *app) error { return inDoubt(ctx, t, a, sim, letters) }); err != nil {
			t.Fatal(left, err)
		}
	}
	looseEnds(t, cfg, letters)
	err = s.withHub(ctx, func(a *app) error { return eachOnce(ctx, t, a, letters) })
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]string{}
	for _, sent := range sim.Sent() {
		id := headerOf(sent.Raw, "Message-Id")
		if known, ok := answers[sent.To[0]]; ok && known != id {
			t.Errorf("%s has two letters of ours, %s and %s", sent.To[0], known, id)
		}
		answers[sent.To[0]] = id
	}
}

// fetchingConfig is a hub whose mailbox is on d, and whose letters sim takes.
func fetchingConfig(d *dovecottest.Server, sim *emailsim.Sim) string {
	box := fmt.Sprintf(`  - id: %s
    kind: email
    name: Thư 1022
    address: %q
    imap_server: %q
    imap_security: none
    mail_password: %q
    smtp_server: %q
    smtp_security: none
    smtp_password: %q
    since: %q
`, simulatedMail, dovecottest.User, d.Address, dovecottest.Password, sim.SMTP(), sim.Config().Password, time.Now().AddDate(0, 0, -2).Format(time.DateOnly))
	return strings.Replace(unlimited, "\nbot:", "\n"+box+"bot:", 1)
}

func writerOf(n int) string { return fmt.Sprintf("dan-%d@nguoidan.example", n) }

func lettersFrom(from, to int) (all [][]byte) {
	for n := from; n < to; n++ {
		all = append(all, fmt.Appendf(nil, "From: <%s>\r\nTo: <%s>\r\nSubject: Hoi viec %d\r\nMessage-ID: <hoi-%d@nguoidan.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n",
			writerOf(n), dovecottest.User, n, n, loadQuestion(n)))
	}
	return all
}

// fetchedOf counts the letters that a hub which is not running has kept.
func fetchedOf(ctx context.Context, t *testing.T, s settings) (n int) {
	t.Helper()
	err := s.withHub(ctx, func(a *app) error {
		return a.store.View(ctx, func(tx inbox.Reader) error {
			q := inbox.ListQuery{Lists: []inbox.ListID{inbox.AllList}, Limit: 100}
			for {
				page, next, err := tx.Conversations(q)
				n += len(page)
				if err != nil || next == "" {
					return err
				}
				q.After = next
			}
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// inDoubt wants the answer to every letter that has none parked as one that the citizen
// may have.
func inDoubt(ctx context.Context, t *testing.T, a *app, sim *emailsim.Sim, letters int) error {
	answered := map[string]bool{}
	for _, sent := range sim.Sent() {
		answered[sent.To[0]] = true
	}
	return a.store.View(ctx, func(tx inbox.Reader) error {
		for n := range letters {
			if answered[writerOf(n)] {
				continue
			}
			visits, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.Visits(simulatedMail, connectors.RemoteID(writerOf(n)))}, Limit: 1})
			if err != nil || len(visits) == 0 {
				return fmt.Errorf("letter %d has no matter: %w", n, err)
			}
			said, err := tx.Messages(visits[0].ID, inbox.MessageQuery{Limit: 10})
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(said, func(m inbox.Message) bool {
				return m.Direction == inbox.Out && m.Delivery.State == inbox.Parked && m.Delivery.Doubtful
			}) {
				return fmt.Errorf("letter %d has no answer, and none in doubt: %+v", n, said)
			}
			t.Logf("the answer to letter %d is in doubt after two kills", n)
		}
		return nil
	})
}

// eachOnce looks for the matter of every letter.
func eachOnce(ctx context.Context, t *testing.T, a *app, letters int) error {
	return a.store.View(ctx, func(tx inbox.Reader) error {
		for n := range letters {
			from := connectors.RemoteID(writerOf(n))
			visits, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.Visits(simulatedMail, from)}, Limit: 10})
			if err != nil {
				return err
			}
			if len(visits) != 1 {
				t.Errorf("letter %d became %d matters", n, len(visits))
			}
		}
		return nil
	})
}

// fetchedMail is drained once every citizen has a letter.
type fetchedMail struct {
	sim     *emailsim.Sim
	letters int
}

func (m fetchedMail) Progress() (taken int, last time.Time, waiting int) {
	answered := map[string]bool{}
	all := m.sim.Sent()
	for _, sent := range all {
		answered[sent.To[0]], last = true, sent.At
	}
	return len(all), last, m.letters - len(answered)
}

// headerOf is a field of a letter that is no longer than a line.
func headerOf(raw []byte, name string) string {
	head, _, _ := strings.Cut(string(raw), "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\r\n") {
		if got, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(got, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
