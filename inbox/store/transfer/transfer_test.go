package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/inbox"
	"tongdai/inbox/store/bolt"
	"tongdai/inbox/store/postgres"
	"tongdai/inbox/store/postgres/localpg/pgtest"
	"tongdai/inbox/store/transfer"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Closing(m).Run()) }

// place is where a store is, or will be.
type place struct {
	name   string
	open   func(t testing.TB) inbox.Store
	source func(t testing.TB) (transfer.Source, error)
	target func(t testing.TB) (transfer.Target, error)
}

// clock stands still: nothing in a test is due by the clock on the wall.
func clock() time.Time { return morning.Add(24 * time.Hour) }

func inFile(path string) place {
	return place{
		name: "bolt",
		open: func(t testing.TB) inbox.Store {
			s, err := bolt.Open(path, bolt.Options{Now: clock})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		source: func(testing.TB) (transfer.Source, error) { return orNil[transfer.Source](bolt.OpenSource(path)) },
		target: func(testing.TB) (transfer.Target, error) { return orNil[transfer.Target](bolt.OpenTarget(path)) },
	}
}

func inDatabase(url string) place {
	return place{
		name: "postgres",
		open: func(t testing.TB) inbox.Store {
			s, err := postgres.Open(t.Context(), postgres.Options{URL: url, Now: clock})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		source: func(t testing.TB) (transfer.Source, error) {
			return orNil[transfer.Source](postgres.OpenSource(t.Context(), url))
		},
		target: func(t testing.TB) (transfer.Target, error) {
			return orNil[transfer.Target](postgres.OpenTarget(t.Context(), url))
		},
	}
}

func orNil[I any, S any](s S, err error) (I, error) {
	var none I
	if err != nil {
		return none, err
	}
	return any(s).(I), nil
}

func file(t testing.TB) place     { return inFile(filepath.Join(t.TempDir(), "hub.db")) }
func database(t testing.TB) place { return inDatabase(pgtest.Database(t)) }

// kinds of places, for tests that hold for both.
var kinds = map[string]func(t testing.TB) place{"bolt": file, "postgres": database}

func quiet(transfer.Step, transfer.Kind, int64, bool) {}

func closing(t testing.TB, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func filled(t testing.TB, p place, rounds int) place {
	t.Helper()
	s := p.open(t)
	fill(t, s, rounds)
	closing(t, s)
	return p
}

// move moves everything; through stands between Move and the target.
func move(t testing.TB, from, to place, through func(transfer.Target) transfer.Target) error {
	t.Helper()
	source, err := from.source(t)
	if err != nil {
		return err
	}
	defer closing(t, source)
	target, err := to.target(t)
	if err != nil {
		return err
	}
	defer closing(t, target)
	_, err = transfer.Move(t.Context(), source, through(target), quiet)
	return err
}

func straight(t transfer.Target) transfer.Target { return t }

// exported is a place's export, file by file.
func exported(t testing.TB, p place) map[string]string {
	t.Helper()
	source, err := p.source(t)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, source)
	folder := filepath.Join(t.TempDir(), "export")
	into, err := transfer.CreateArchive(folder)
	if err != nil {
		t.Fatal(err)
	}
	_, err = transfer.Export(t.Context(), source, into, quiet)
	if err := errors.Join(err, into.Commit()); err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	names, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		b, err := os.ReadFile(filepath.Join(folder, n.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[n.Name()] = string(b)
	}
	return files
}

func same(t testing.TB, what string, got, want map[string]string) {
	t.Helper()
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s: %s differs:\n%s", what, name, firstDifference(got[name], want[name]))
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d files, want %d", what, len(got), len(want))
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d is\n%.500s\nwant\n%.500s", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

func TestAStoreMovesToADatabaseAndBack(t *testing.T) {
	first, second, third := filled(t, file(t), 3), database(t), file(t)
	want := exported(t, first)
	for _, step := range []struct{ from, to place }{{first, second}, {second, third}} {
		if err := move(t, step.from, step.to, straight); err != nil {
			t.Fatal(err)
		}
		same(t, "in "+step.to.name, exported(t, step.to), want)
	}
	// What the stores worked out by themselves is the same as well.
	was := answers(t, first)
	for _, p := range []place{second, third} {
		if got := answers(t, p); !reflect.DeepEqual(got, was) {
			t.Errorf("%s answers\n%+v\nwant\n%+v", p.name, got, was)
		}
		goesOn(t, p)
	}
}

func TestAStoreMovesFromADatabaseAndBack(t *testing.T) {
	first, second, third := filled(t, database(t), 2), file(t), database(t)
	want := exported(t, first)
	for _, step := range []struct{ from, to place }{{first, second}, {second, third}} {
		if err := move(t, step.from, step.to, straight); err != nil {
			t.Fatal(err)
		}
		same(t, "in "+step.to.name, exported(t, step.to), want)
	}
	if got, was := answers(t, third), answers(t, first); !reflect.DeepEqual(got, was) {
		t.Errorf("it answers\n%+v\nwant\n%+v", got, was)
	}
	goesOn(t, second)
}

func TestAnEmptyStoreMoves(t *testing.T) {
	for name, make := range kinds {
		t.Run("from "+name, func(t *testing.T) {
			from := make(t)
			closing(t, from.open(t))
			for to, make := range kinds {
				to, making := make(t), to
				if err := move(t, from, to, straight); err != nil {
					t.Fatalf("to %s: %v", making, err)
				}
				same(t, "to "+making, exported(t, to), exported(t, from))
				s := to.open(t)
				fill(t, s, 1)
				closing(t, s)
			}
		})
	}
}

// answers are what a store says to questions that its indexes answer.
func answers(t *testing.T, p place) map[string]any {
	t.Helper()
	s := p.open(t)
	defer closing(t, s)
	got := make(map[string]any)
	err := s.View(t.Context(), func(tx inbox.Reader) error {
		var errs []error
		note := func(what string, answer any, err error) {
			got[what] = answer
			errs = append(errs, err)
		}
		lists := []inbox.ListID{
			inbox.AllList, inbox.OpenList, inbox.BotList, inbox.ResolvedList, inbox.UrgentList, inbox.UnassignedList,
			inbox.OfDepartment(inbox.OpenList, "so-y-te"), inbox.OfMember("m-lan"), inbox.OfChannel("web"), inbox.OfContact("contact-2"),
		}
		for _, remote := range people {
			lists = append(lists, inbox.Visits("web", remote), inbox.Live("web", remote, "thread 0"))
			c, err := tx.ContactOf("web", remote)
			note(fmt.Sprintf("contact of %.20q", remote), c.ID, err)
		}
		for _, l := range lists {
			page, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{l}})
			note(fmt.Sprintf("list %.40s", l), page, err)
		}
		c, err := tx.ConversationByCode("TH-261121-0003")
		note("by code", c, err)
		m, err := tx.MemberByLogin("lan")
		note("by login", m, err)
		members, err := tx.Members()
		note("members", members, err)
		sessions, err := tx.Sessions("m-lan")
		note("sessions", sessions, err)
		secret, err := tx.Secret("zalo/tokens")
		note("secret", secret, err)
		stuck, err := tx.Stuck("", 0)
		note("stuck", stuck, err)
		for _, file := range []string{"file-0-3", "file-of-all", "file-of-nobody"} {
			used, err := tx.AttachmentUsed(file)
			note(file, used, err)
		}
		waiting, err := tx.Quarantine(true, "", 0)
		note("waiting", waiting, err)
		ofOne, err := tx.Audits(inbox.AuditQuery{Conversation: "c-0-1"})
		note("audits of a conversation", ofOne, err)
		ofLan, err := tx.Audits(inbox.AuditQuery{Member: "m-lan", Limit: 4})
		note("audits of a member", ofLan, err)
		entries, err := tx.Entries("", 0)
		note("entries", entries, err)
		revision, err := tx.KnowledgeRevision()
		note("revision", revision, err)
		last, err := tx.LastEvent()
		note("last event", last, err)
		said, err := tx.Messages("c-1-2", inbox.MessageQuery{Limit: 3})
		note("messages", said, err)
		raw, err := tx.Raw("raw-bytes")
		note("raw", raw, err)
		return errors.Join(errs...)
	})
	if err != nil {
		t.Fatal(err)
	}
	got["followed"] = followed(t, s, 3)
	return got
}

// followed are the events after a number, up to the last.
func followed(t *testing.T, s inbox.Store, after inbox.Seq) (events []inbox.Event) {
	t.Helper()
	var last inbox.Seq
	err := s.View(t.Context(), func(tx inbox.Reader) (err error) {
		last, err = tx.LastEvent()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for e, err := range s.Follow(ctx, after) {
		if err != nil {
			t.Fatal(err)
		}
		if events = append(events, e); e.Seq >= last {
			break
		}
	}
	return events
}

// goesOn works with a store that was moved.
func goesOn(t *testing.T, p place) {
	t.Helper()
	s := p.open(t)
	defer closing(t, s)
	var codes int
	var last inbox.Seq
	var audits []inbox.Audit
	err := s.View(t.Context(), func(tx inbox.Reader) (err error) {
		if codes, err = tx.CountConversations([]inbox.ListID{inbox.AllList}, 0); err != nil {
			return err
		}
		if audits, err = tx.Audits(inbox.AuditQuery{Limit: 1}); err != nil {
			return err
		}
		last, err = tx.LastEvent()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct {
		key inbox.Key
		sum [32]byte
	}{{longKey, [32]byte{1, 2, 3}}, {shortKey, [32]byte{4}}} {
		var known, same bool
		write(t, s, func(tx inbox.Writer) (err error) {
			known, same, err = tx.Remember(k.key, k.sum)
			return err
		})
		if !known || !same {
			t.Errorf("%s: the key %.20q = known %v, same %v", p.name, k.key.Value, known, same)
		}
	}
	var code string
	var seq uint64
	write(t, s, func(tx inbox.Writer) (err error) {
		if code, err = tx.NextCode("TH", morning); err != nil {
			return err
		}
		c, err := tx.Conversation("c-0-0")
		if err != nil {
			return err
		}
		m, err := tx.AppendMessage(inbox.Message{ID: "after the move", Conversation: c.ID})
		seq = m.Seq
		_, other := tx.PutConversation(c) // at the version that was carried
		return errors.Join(err, other,
			tx.AppendEvent(inbox.Event{At: clock(), Kind: inbox.KnowledgeChanged}),
			tx.AppendAudit(inbox.Audit{At: clock(), Action: inbox.LoggedOut}),
			tx.Enqueue(inbox.Task{ID: "behind", Kind: inbox.Turns, Group: "c-0-0", Due: morning}))
	})
	if want := fmt.Sprintf("TH-261121-%04d", codes+1); code != want || seq != 12 {
		t.Errorf("%s: the next code is %s and the next message %d, want %s and 12", p.name, code, seq, want)
	}
	// Somebody writes again while a conversation is open in the thread.
	err = s.Update(t.Context(), func(tx inbox.Writer) error {
		_, err := tx.PutConversation(inbox.Conversation{
			ID: "second", Code: "TH-second", Channel: "web", Remote: longRemote, Thread: openThread, Status: inbox.Open, Handler: inbox.ByBot,
		})
		return err
	})
	if !errors.Is(err, inbox.ErrConflict) {
		t.Errorf("%s: a second open conversation in a thread = %v", p.name, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for e, err := range s.Follow(ctx, last) {
		if err != nil || e.Seq != last+1 || e.Kind != inbox.KnowledgeChanged {
			t.Errorf("%s: the event after %d = %+v, %v", p.name, last, e, err)
		}
		break
	}
	err = s.View(t.Context(), func(tx inbox.Reader) error {
		newest, err := tx.Audits(inbox.AuditQuery{Limit: 1})
		if len(newest) != 1 || newest[0].Seq <= audits[0].Seq || newest[0].Action != inbox.LoggedOut {
			t.Errorf("%s: the newest audit is %+v", p.name, newest)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	tasksInOrder(t, p, s)
}

// openThread is one in which longRemote has an open conversation.
const openThread = connectors.RemoteID("thread 1")

// tasksInOrder takes what waits: urgent first, then by due time, and of each
// group in the order of enqueueing.
func tasksInOrder(t *testing.T, p place, s inbox.Store) {
	t.Helper()
	var urgent []bool
	groups := make(map[string][]string)
	for {
		claims, err := s.Claim(t.Context(), inbox.Turns, 1, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if len(claims) == 0 {
			break
		}
		task := claims[0].Task
		urgent = append(urgent, task.Urgent)
		groups[task.Group] = append(groups[task.Group], task.ID)
		write(t, s, func(tx inbox.Writer) error { return tx.Finish(claims[0]) })
	}
	if len(urgent) < 5 || !urgent[0] || urgent[len(urgent)-1] {
		t.Errorf("%s: urgent, in the order of claiming: %v", p.name, urgent)
	}
	if got, want := fmt.Sprint(groups["c-0-0"]), "[turn-0-0 later-0-0 behind]"; got != want {
		t.Errorf("%s: a group's tasks come as %s, want %s", p.name, got, want)
	}
}
