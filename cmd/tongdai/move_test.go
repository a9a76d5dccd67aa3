package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/inbox"
	"tongdai/inbox/store/bolt"
	"tongdai/inbox/store/postgres"
	"tongdai/inbox/store/postgres/localpg/pgtest"
)

// tongdai runs a command in this process.
func tongdai(t *testing.T, args ...string) (out string, err error) {
	t.Helper()
	var both bytes.Buffer
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(&both)
	root.SetErr(&both)
	err = root.ExecuteContext(t.Context())
	return both.String(), err
}

// zipOf exports a place and returns the archive.
func zipOf(t *testing.T, place string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "export.zip")
	if out, err := tongdai(t, "export", "--from", place, "--to", path); err != nil {
		t.Fatalf("export %s: %v\n%s", place, err, out)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// talk fills a store with conversations of a few messages each, in groups of
// one transaction.
func talk(t testing.TB, s inbox.Store, conversations, messages int) {
	t.Helper()
	const group = 200
	for first := 0; first < conversations; first += group {
		err := s.Update(t.Context(), func(tx inbox.Writer) error {
			for i := first; i < min(first+group, conversations); i++ {
				if err := talkOnce(tx, i, messages); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func talkOnce(tx inbox.Writer, i, messages int) error {
	at := time.Date(2026, 11, 1, 0, 0, i, 0, time.UTC)
	name := fmt.Sprintf("%08d", i)
	code, err := tx.NextCode("TH", at)
	if err != nil {
		return err
	}
	c := inbox.Conversation{
		ID: inbox.ConversationID("c" + name), Code: code, Contact: inbox.ContactID("p" + name), Channel: "web", Remote: connectors.RemoteID(name),
		Status: inbox.Open, Handler: inbox.ByBot, ContactName: "Khách 1022", CreatedAt: at, LastAt: at, LastSeq: uint64(messages),
	}
	errs := []error{
		tx.PutContact(inbox.Contact{ID: c.Contact, Name: c.ContactName, CreatedAt: at}),
		tx.PutIdentity(inbox.Identity{Channel: "web", Remote: c.Remote, Contact: c.Contact}),
	}
	_, err = tx.PutConversation(c)
	errs = append(errs, err)
	for n := range messages {
		m := inbox.Message{
			ID: inbox.MessageID(fmt.Sprintf("m%s-%d", name, n)), Conversation: c.ID, Direction: inbox.In, Key: fmt.Sprint(n),
			Author: inbox.Author{Kind: inbox.Citizen}, SentAt: at, ReceivedAt: at, Raw: inbox.RawID(fmt.Sprintf("r%s-%d", name, n)),
		}
		m.Content.Text = "Tiêm mũi 3 ở đâu? Tôi ở phường Lam Sơn, thành phố Thanh Hóa, đã tiêm hai mũi."
		raw := inbox.Raw{ID: m.Raw}
		raw.Channel, raw.ReceivedAt, raw.Body = "web", at, []byte(`{"text":"`+m.Content.Text+`"}`)
		_, err := tx.AppendMessage(m)
		_, _, other := tx.Remember(inbox.Key{Channel: "web", Kind: "said", Value: string(m.ID)}, [32]byte{byte(n)})
		errs = append(errs, err, other, tx.PutRaw(raw), tx.PutTurn(inbox.Turn{Message: m.ID, Conversation: c.ID, At: at}),
			tx.AppendEvent(inbox.Event{At: at, Kind: inbox.MessageAdded, Conversation: c.ID, Message: m.ID, Channel: "web"}))
	}
	return errors.Join(errs...)
}

// filledFile is the address of an embedded store with conversations in it.
func filledFile(t testing.TB, conversations, messages int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tongdai.db")
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	talk(t, s, conversations, messages)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return "bolt:" + path
}

func TestAHubMovesToADatabaseAndBack(t *testing.T) {
	first, database := filledFile(t, 300, 2), pgtest.Database(t)
	back := "bolt:" + filepath.Join(t.TempDir(), "back.db")
	want := zipOf(t, first)
	for _, step := range [][2]string{{first, database}, {database, back}} {
		out, err := tongdai(t, "store", "migrate", "--from", step[0], "--to", step[1])
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if !strings.Contains(out, "giống hệt nhau") || !strings.Contains(out, "media") {
			t.Errorf("it says\n%s", out)
		}
		if !bytes.Equal(zipOf(t, step[1]), want) {
			t.Errorf("the export of the target differs from that of the first store")
		}
	}
}

func TestAPasswordIsNeverShown(t *testing.T) {
	database := pgtest.Database(t)
	scheme, rest, _ := strings.Cut(database, "://")
	_, host, _ := strings.Cut(rest, "@")
	file := filledFile(t, 1, 1)
	for name, url := range map[string]string{
		"a database":       scheme + "://tongdai:mua-thu-h%C3%A0-n%E1%BB%99i@" + host,
		"an unknown host":  "postgres://tongdai:mua-thu@unknown.invalid:5432/hub?connect_timeout=1",
		"a broken address": "postgres://tongdai:mua-thu@host:port/hub",
	} {
		t.Run(name, func(t *testing.T) {
			for _, args := range [][]string{
				{"store", "migrate", "--from", file, "--to", url}, {"store", "migrate", "--from", url, "--to", file},
				{"export", "--from", url, "--to", filepath.Join(t.TempDir(), "x.zip")},
			} {
				out, err := tongdai(t, args...)
				if text := fmt.Sprint(out, err); strings.Contains(text, "mua-thu") {
					t.Errorf("%q tells\n%s", args[:2], text)
				}
			}
		})
	}
}

func TestAStoreInUseIsNeitherMovedNorExported(t *testing.T) {
	database, file := pgtest.Database(t), "bolt:"+filepath.Join(t.TempDir(), "tongdai.db")
	node, err := postgres.Open(t.Context(), postgres.Options{URL: database})
	if err != nil {
		t.Fatal(err)
	}
	hub, err := bolt.Open(strings.TrimPrefix(file, "bolt:"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	free := "bolt:" + filepath.Join(t.TempDir(), "free.db")
	for _, used := range []string{database, file} {
		for _, args := range [][]string{
			{"store", "migrate", "--from", used, "--to", free}, {"store", "migrate", "--from", filledFile(t, 1, 1), "--to", used},
			{"export", "--from", used, "--to", filepath.Join(t.TempDir(), "x.zip")},
		} {
			if out, err := tongdai(t, args...); err == nil || !strings.Contains(err.Error(), "dừng mọi nút") {
				t.Errorf("%q = %v\n%s", args, err, out)
			}
		}
	}
	if err := errors.Join(node.Close(), hub.Close()); err != nil {
		t.Error(err)
	}
}

// TestAMoveThatIsKilledGoesOn kills the program with SIGKILL at moments of no
// choosing, until a move comes through; TONGDAI_LONG=1 does it more often.
func TestAMoveThatIsKilledGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("kills moves for some seconds")
	}
	moves := count(1, 20)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	file := filledFile(t, 2000, 3)
	want := zipOf(t, file)
	for range moves {
		database, back := pgtest.Database(t), "bolt:"+filepath.Join(t.TempDir(), "back.db")
		for _, step := range [][2]string{{file, database}, {database, back}} {
			kills := moveInsisting(t, random, step[0], step[1])
			t.Logf("killed %d times", kills)
			if !bytes.Equal(zipOf(t, step[1]), want) {
				t.Errorf("after %d kills the export differs", kills)
			}
		}
	}
}

// moveInsisting runs the program again and again, each time letting it live a
// little longer. It returns how often it was killed.
func moveInsisting(t *testing.T, random *rand.Rand, from, to string) (kills int) {
	t.Helper()
	path := programHere(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for life := 200 * time.Millisecond; ; life += life / 4 {
		program := exec.CommandContext(ctx, path, "store", "migrate", "--from", from, "--to", to)
		var out bytes.Buffer
		program.Stdout, program.Stderr = &out, &out
		if err := program.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Duration(random.Int64N(int64(life))), func() { _ = program.Process.Kill() })
		err := program.Wait()
		timer.Stop()
		switch {
		case err == nil:
			return kills
		case program.ProcessState.ExitCode() != -1 && kills > 0 && strings.Contains(out.String(), "kho đích đã có dữ liệu"):
			return kills // killed when all was done, before it could say so
		case program.ProcessState.ExitCode() != -1:
			t.Fatalf("after %d kills: %v\n%s", kills, err, out.String())
		}
		kills++
	}
}

// BenchmarkMove moves 100,000 conversations of four messages to a database and
// back. Its figures are conversations a second.
func BenchmarkMove(b *testing.B) {
	const conversations = 100_000
	file := filledFile(b, conversations, 4)
	for b.Loop() {
		database, back := pgtest.Database(b), "bolt:"+filepath.Join(b.TempDir(), "back.db")
		for _, step := range [][3]string{{file, database, "to-postgres"}, {database, back, "to-bolt"}} {
			begun := time.Now()
			root := newRoot()
			root.SetArgs([]string{"store", "migrate", "--from", step[0], "--to", step[1]})
			var out bytes.Buffer
			root.SetOut(&out)
			root.SetErr(&out)
			if err := root.ExecuteContext(b.Context()); err != nil {
				b.Fatalf("%v\n%s", err, out.String())
			}
			b.ReportMetric(conversations/time.Since(begun).Seconds(), step[2]+"/s")
			b.Logf("%s: %s", step[2], time.Since(begun).Round(time.Millisecond))
		}
		begun := time.Now()
		root := newRoot()
		root.SetArgs([]string{"export", "--from", file, "--to", filepath.Join(b.TempDir(), "x.zip")})
		root.SetOut(new(bytes.Buffer))
		root.SetErr(new(bytes.Buffer))
		if err := root.ExecuteContext(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.Logf("export: %s", time.Since(begun).Round(time.Millisecond))
	}
}
