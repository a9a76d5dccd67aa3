package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"tongdai/bot"
	"tongdai/configs"
	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
	"tongdai/kb"
)

// handClock stands still until it is moved.
type handClock struct{ at atomic.Pointer[time.Time] }

func (c *handClock) set(t time.Time) { c.at.Store(&t) }

func (c *handClock) now() time.Time { return *c.at.Load() }

// seeder fills a fresh data folder by running the hub through past days.
type seeder struct {
	app     *app
	clock   *handClock
	now     time.Time // the present; the story ends here
	channel connectors.ChannelID
	members map[string]inbox.Actor
	quiet   map[string]bool // conversations that took another turn than the script
}

// seedDemo makes the demonstration in an empty data folder. What it returns
// besides an error are the places where the hub did other than the script
// expects: such a conversation ends there, so that none shows nonsense.
func seedDemo(ctx context.Context, cfg configs.Config, log *slog.Logger, script configs.DemoScript, password string, now time.Time) (surprises []string, err error) {
	s := &seeder{clock: &handClock{}, now: now, members: map[string]inbox.Actor{}, quiet: map[string]bool{}}
	s.clock.set(earliest(script, now).Add(-24 * time.Hour)) // the house is furnished the day before
	if s.app, err = openApp(ctx, cfg, log, s.clock.now); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.app.close()) }()
	s.channel = s.app.hub.Channels()[0].Channel().ID
	script.Conversations = slices.Concat(script.Conversations, script.Desk.Conversations)
	if err := s.hire(ctx, slices.Concat(script.Members, script.Desk.Members), password); err != nil {
		return nil, err
	}
	if err := s.learn(ctx); err != nil {
		return nil, err
	}
	if surprises, err = s.play(ctx, script); err != nil {
		return surprises, err
	}
	return surprises, s.furnish(ctx, script.Desk)
}

func earliest(script configs.DemoScript, now time.Time) time.Time {
	first := now
	for _, c := range script.Conversations {
		if at := c.Start.At(now); at.Before(first) {
			first = at
		}
	}
	return first
}

// hire makes the accounts.
func (s *seeder) hire(ctx context.Context, members []configs.DemoMember, password string) error {
	for _, m := range members {
		n := inbox.NewMember{Login: m.Login, Name: m.Name, Password: password, Role: inbox.Role(m.Role)}
		for _, d := range m.Departments {
			n.Departments = append(n.Departments, kb.DepartmentID(d))
		}
		made, err := s.app.hub.AddMember(ctx, console, n)
		if err != nil {
			return inWords(err)
		}
		s.members[m.Login] = inbox.Actor{Member: made, Address: "127.0.0.1"}
	}
	return nil
}

// learn imports the demo knowledge base as `kb import` does.
func (s *seeder) learn(ctx context.Context) error {
	files, err := demoWorkbooks()
	if err != nil {
		return err
	}
	if err := s.app.importAll(ctx, files); err != nil {
		return fmt.Errorf("demo knowledge: %w", err)
	}
	return kb.Sync(ctx, s.app.store, s.app.index)
}

func demoWorkbooks() ([]inbox.Workbook, error) {
	folder := configs.DemoKnowledge()
	names, err := fs.Glob(folder, "*.xlsx")
	if err != nil {
		return nil, err
	}
	var files []inbox.Workbook
	for _, name := range names {
		data, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		files = append(files, inbox.Workbook{Name: name, Data: data})
	}
	return files, nil
}

// scene is one step at its time.
type scene struct {
	at   time.Time
	of   configs.DemoConversation
	n    int // of the step
	step configs.DemoStep
}

// scenes puts the steps of all conversations in the order they happen.
func scenes(script configs.DemoScript, now time.Time) []scene {
	var all []scene
	for _, c := range script.Conversations {
		at := c.Start.At(now)
		for n, step := range c.Steps {
			at = at.Add(step.After)
			all = append(all, scene{at, c, n, step})
		}
	}
	slices.SortStableFunc(all, func(a, b scene) int { return a.at.Compare(b.at) })
	return all
}

func (s *seeder) play(ctx context.Context, script configs.DemoScript) (surprises []string, err error) {
	for _, sc := range scenes(script, s.now) {
		if s.quiet[sc.of.About] {
			continue
		}
		if err := s.reach(ctx, sc.at); err != nil {
			return surprises, err
		}
		surprise, err := s.perform(ctx, sc)
		if err != nil {
			return surprises, fmt.Errorf("demo %q, step %d: %w", sc.of.About, sc.n, err)
		}
		if surprise != "" {
			surprises = append(surprises, fmt.Sprintf("%s, step %d: %s", sc.of.About, sc.n, surprise))
			s.quiet[sc.of.About] = true
		}
	}
	return surprises, s.reach(ctx, s.now)
}

// reach moves the clock on, stopping wherever a matter is closed for silence.
func (s *seeder) reach(ctx context.Context, at time.Time) error {
	for {
		due, err := s.app.store.NextDue(ctx, inbox.Closings)
		if err != nil {
			return err
		}
		if due.IsZero() || due.After(at) {
			s.clock.set(at)
			return s.app.hub.Drain(ctx)
		}
		s.clock.set(due)
		if err := s.app.hub.Drain(ctx); err != nil {
			return err
		}
	}
}

// perform does one step. It returns what came differently than the script has it.
func (s *seeder) perform(ctx context.Context, sc scene) (surprise string, err error) {
	if sc.step.By != "" {
		return "", s.act(ctx, sc)
	}
	said := content.Content{Text: sc.step.Say}
	pressed := ""
	if sc.step.Pick != "" {
		choice, ok, err := s.choice(ctx, sc)
		if err != nil || !ok {
			return fmt.Sprintf("%q was not offered", sc.step.Pick), err
		}
		said.Text, pressed = choice.Label, choice.Value
	}
	if err := s.say(ctx, sc, said, pressed); err != nil {
		return "", err
	}
	if err := s.app.hub.Drain(ctx); err != nil {
		return "", err
	}
	got, err := s.outcome(ctx, sc)
	if err != nil || got == sc.step.Gives {
		return "", err
	}
	return fmt.Sprintf("gives %q, the script has %q", got, sc.step.Gives), nil
}

// visitor is the widget's name for who speaks in a conversation.
func visitor(c configs.DemoConversation) connectors.RemoteID {
	sum := sha256.Sum256([]byte(c.About))
	return connectors.RemoteID(hex.EncodeToString(sum[:16]))
}

func (s *seeder) say(ctx context.Context, sc scene, said content.Content, pressed string) error {
	from, language := visitor(sc.of), cmp.Or(sc.of.Language, "vi")
	key := fmt.Sprintf("demo-%d", sc.n)
	body, err := json.Marshal(map[string]string{"key": key, "text": said.Text, "pressed": pressed, "language": language})
	if err != nil {
		return err
	}
	raw := connectors.Raw{Channel: s.channel, ReceivedAt: s.clock.now(), Type: "application/json", Body: body}
	own := string(from) + ":" + key
	return s.app.hub.Receive(ctx, raw, []connectors.Inbound{{
		Key: own, Kind: connectors.Said, From: from, Message: connectors.RemoteID(own), SentAt: s.clock.now(),
		Content: said, Pressed: pressed, Profile: connectors.Profile{Name: sc.of.Name}, Language: language,
	}})
}

// choice finds what the citizen presses among the choices last given.
func (s *seeder) choice(ctx context.Context, sc scene) (found content.Choice, ok bool, err error) {
	err = s.app.store.View(ctx, func(tx inbox.Reader) error {
		_, messages, err := latest(tx, s.channel, sc.of)
		for _, m := range messages {
			if m.Direction != inbox.Out {
				continue
			}
			i := slices.IndexFunc(m.Content.Choices, func(c content.Choice) bool {
				return c.Value == sc.step.Pick || c.Value == "entry:"+sc.step.Pick
			})
			if ok = i >= 0; ok {
				found = m.Content.Choices[i]
			}
		}
		return err
	})
	return found, ok, err
}

// latest returns the newest conversation of who speaks, with its messages.
func latest(tx inbox.Reader, channel connectors.ChannelID, of configs.DemoConversation) (inbox.Conversation, []inbox.Message, error) {
	visits, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.Visits(channel, visitor(of))}, Limit: 1})
	if err != nil || len(visits) == 0 {
		return inbox.Conversation{}, nil, cmp.Or(err, inbox.ErrNotFound)
	}
	messages, err := tx.Messages(visits[0].ID, inbox.MessageQuery{Limit: 100})
	return visits[0], messages, err
}

// outcome tells, in the words of the script, what became of the last thing the citizen said.
func (s *seeder) outcome(ctx context.Context, sc scene) (got string, err error) {
	err = s.app.store.View(ctx, func(tx inbox.Reader) error {
		_, messages, err := latest(tx, s.channel, sc.of)
		if err != nil {
			return err
		}
		for _, m := range slices.Backward(messages) {
			if m.Direction != inbox.In {
				continue
			}
			turn, err := tx.Turn(m.ID)
			if errors.Is(err, inbox.ErrNotFound) {
				got = "silent"
				return nil
			}
			if got = string(turn.Outcome); turn.Outcome == bot.Answer {
				got += " " + string(turn.Entry)
			}
			return err
		}
		return nil
	})
	return got, err
}

// act lets a member do what the step says, having read the conversation.
func (s *seeder) act(ctx context.Context, sc scene) error {
	var id inbox.ConversationID
	err := s.app.store.View(ctx, func(tx inbox.Reader) error {
		c, _, err := latest(tx, s.channel, sc.of)
		id = c.ID
		return err
	})
	if err != nil {
		return err
	}
	hub, actor, step := s.app.hub, s.members[sc.step.By], sc.step
	if _, err := hub.Look(ctx, actor, id); err != nil {
		return err
	}
	key := fmt.Sprintf("demo-%s-%d", id, sc.n)
	switch {
	case step.Reply != "":
		_, err = hub.Reply(ctx, actor, id, inbox.NewReply{Text: step.Reply, Key: key})
	case step.Transfer != "":
		to := kb.DepartmentID(step.Transfer)
		if to == "desk" {
			to = ""
		}
		_, err = hub.Transfer(ctx, actor, id, to, step.Note)
	case step.Note != "":
		_, err = hub.AddNote(ctx, actor, id, step.Note, key)
	case step.File != "":
		_, err = hub.File(ctx, actor, id, kb.CategoryID(step.File))
	default:
		err = s.do(ctx, actor, id, step.Do)
	}
	return err
}

func (s *seeder) do(ctx context.Context, actor inbox.Actor, id inbox.ConversationID, act string) (err error) {
	hub := s.app.hub
	switch act {
	case "take":
		_, err = hub.Take(ctx, actor, id)
	case "resolve":
		_, err = hub.Resolve(ctx, actor, id)
	case "reopen":
		_, err = hub.Reopen(ctx, actor, id)
	case "urgent", "calm":
		_, err = hub.SetUrgent(ctx, actor, id, act == "urgent")
	default:
		err = fmt.Errorf("no such act: %q", act)
	}
	return err
}
