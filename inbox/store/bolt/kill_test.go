package bolt

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/inbox"
)

// TestAcknowledgedSurvivesKill lets a child process append from eight writers
// and tell what was acknowledged, kills it at a random moment, and looks for
// all of it; again and again on the same file.
func TestAcknowledgedSurvivesKill(t *testing.T) {
	if path := os.Getenv("STORE_TO_APPEND_TO"); path != "" {
		appendForEver(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "hub.db")
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	acknowledged := make(map[inbox.MessageID]bool)
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	for round := range rounds {
		told := runAndKill(t, path, round, random)
		for _, id := range told {
			acknowledged[id] = true
		}
		checkKept(t, path, acknowledged)
	}
	if len(acknowledged) < rounds {
		t.Errorf("only %d were acknowledged in %d rounds: the test tried nothing", len(acknowledged), rounds)
	}
	t.Logf("%d kills, %d acknowledged", rounds, len(acknowledged))
}

func appendForEver(t *testing.T, path string) {
	s := open(t, path, Options{})
	var out sync.Mutex
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			c := inbox.ConversationID(fmt.Sprint("c", w))
			for i := 0; ; i++ {
				id := inbox.MessageID(fmt.Sprintf("%s-%d-%d", os.Getenv("STORE_ROUND"), w, i))
				err := s.Update(t.Context(), func(tx inbox.Writer) error {
					if _, err := tx.AppendMessage(inbox.Message{ID: id, Conversation: c}); err != nil {
						return err
					}
					if err := tx.Enqueue(inbox.Task{ID: string(id), Kind: inbox.Turns, Group: string(c), Ref: string(id)}); err != nil {
						return err
					}
					return tx.AppendEvent(inbox.Event{Kind: inbox.MessageAdded, Conversation: c, Message: id})
				})
				if err != nil {
					panic(err)
				}
				out.Lock()
				fmt.Printf("kept %s\n", id)
				out.Unlock()
			}
		})
	}
	writers.Wait()
}

func runAndKill(t *testing.T, path string, round int, random *rand.Rand) (told []inbox.MessageID) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), "STORE_TO_APPEND_TO="+path, fmt.Sprint("STORE_ROUND=", round))
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	kill := func() { _ = child.Process.Kill() }
	pause := time.Duration(random.IntN(150)) * time.Millisecond
	// Every fourth dies while the store is being created or opened, perhaps; the
	// others some time after they have begun to acknowledge.
	beginning, latest := round%4 == 0, patience
	if beginning {
		latest = pause
	}
	killer := time.AfterFunc(latest, kill)
	defer killer.Stop()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		id, ok := strings.CutPrefix(lines.Text(), "kept ")
		if !ok {
			continue
		}
		if told = append(told, inbox.MessageID(id)); len(told) == 1 && !beginning {
			killer.Reset(pause)
		}
	}
	if err := child.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the child was not killed: %v", err)
	}
	return told
}

// checkKept finds everything acknowledged once, in order, with its event and its task.
func checkKept(t *testing.T, path string, acknowledged map[inbox.MessageID]bool) {
	t.Helper()
	s := open(t, path, Options{})
	defer s.Close()
	found := make(map[inbox.MessageID]bool)
	events := make(map[inbox.MessageID]int)
	err := s.View(t.Context(), func(tx inbox.Reader) error {
		for w := range 8 {
			all, err := tx.Messages(inbox.ConversationID(fmt.Sprint("c", w)), inbox.MessageQuery{Forward: true})
			if err != nil {
				return err
			}
			for i, m := range all {
				if found[m.ID] || m.Seq != uint64(i+1) {
					t.Errorf("message %s has number %d at place %d", m.ID, m.Seq, i+1)
				}
				found[m.ID] = true
			}
		}
		last, err := tx.LastEvent()
		if err != nil || last == 0 {
			return err
		}
		for e, err := range s.Follow(t.Context(), 0) {
			if err != nil {
				return err
			}
			events[e.Message]++
			if e.Seq == last {
				break
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for id := range acknowledged {
		if !found[id] {
			t.Errorf("%s was acknowledged and is lost", id)
		}
	}
	for id := range found {
		if events[id] != 1 {
			t.Errorf("%s has %d events", id, events[id])
		}
	}
	if len(s.tasks.ids) != len(found) || len(events) != len(found) {
		t.Errorf("%d messages, %d tasks, %d events", len(found), len(s.tasks.ids), len(events))
	}
}
