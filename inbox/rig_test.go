package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tongdai/bot"
	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
	"tongdai/inbox/store/bolt"
	"tongdai/kb"
)

// The index of the knowledge base has workers that live as long as the program.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/blevesearch/bleve_index_api.AnalysisWorker"))
}

// The channels of every rig: a platform that is called, and a chat that
// follows the log.
const (
	zalo connectors.ChannelID = "zalo-1022"
	web  connectors.ChannelID = "web"
)

// rig is a hub over the embedded store, with a platform and a bot that do what
// a test tells them. It lives in a bubble of testing/synctest: hours pass at once.
type rig struct {
	*testing.T
	path     string
	store    inbox.Store
	hub      *inbox.Hub
	bot      *talker
	platform *platform
	chat     *platform
	end      func()
	sent     int           // keys given out by say
	lease    time.Duration // of every hub; 0: as people have it
	names    inbox.Directory
	ways     []inbox.Way
	index    inbox.MessageIndex
	disk     *inbox.Disk
}

// inTime runs a test in a bubble, with a hub that works.
func inTime(t *testing.T, test func(r *rig)) {
	t.Helper()
	idle(t, func(r *rig) {
		r.start()
		test(r)
	})
}

// idle is inTime with a hub that does not work until start.
func idle(t *testing.T, test func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{
			T: t, path: filepath.Join(t.TempDir(), "hub.db"), bot: &talker{}, names: names{},
			lease:    time.Hour, // else most of the work is to renew it every five seconds of the days that pass
			platform: &platform{channel: connectors.Channel{ID: zalo, Kind: "zalo", Name: "Zalo"}},
			chat:     &platform{channel: connectors.Channel{ID: web, Kind: "webchat", Name: "Chat"}, limits: connectors.Limits{FromLog: true}},
		}
		r.open()
		t.Cleanup(r.close)
		test(r)
	})
}

func (r *rig) open() {
	r.Helper()
	store, err := bolt.Open(r.path, bolt.Options{})
	if err != nil {
		r.Fatal(err)
	}
	r.use(store)
}

// use goes on with another store.
func (r *rig) use(store inbox.Store) {
	r.Helper()
	r.store = store
	r.connect(r.platform, r.chat)
}

// connect goes on with other channels.
func (r *rig) connect(channels ...connectors.Connector) {
	r.Helper()
	hub, err := inbox.New(inbox.Parts{
		Store: r.store, Bot: r.bot, Knowledge: r.bot, Directory: r.names, Ways: r.ways,
		Connectors: channels, Log: slog.New(slog.DiscardHandler), Messages: r.index, Disk: r.disk,
	}, inbox.Config{PublicURL: "https://1022.example.vn", LeaseTime: r.lease})
	if err != nil {
		r.Fatal(err)
	}
	r.hub = hub
}

func (r *rig) start() {
	hub := r.hub
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- hub.Run(ctx) }()
	r.end = func() {
		cancel()
		if err := <-done; err != nil {
			r.Errorf("Run = %v", err)
		}
		r.end = nil
	}
	synctest.Wait()
}

func (r *rig) stop() {
	if r.end != nil {
		r.end()
	}
}

func (r *rig) close() {
	r.stop()
	if err := r.store.Close(); err != nil {
		r.Errorf("close: %v", err)
	}
}

// ctx is the test's.
func (r *rig) ctx() context.Context { return r.T.Context() }

// settle waits until nobody has anything to do at this moment.
func (r *rig) settle() { synctest.Wait() }

// pass lets time go by.
func (r *rig) pass(d time.Duration) {
	time.Sleep(d) // the bubble's clock
	synctest.Wait()
}

// inbound is one thing a platform reports.
func inbound(from connectors.RemoteID, key, text string) connectors.Inbound {
	return connectors.Inbound{
		Key: key, Kind: connectors.Said, From: from, Message: connectors.RemoteID("m-" + key),
		SentAt: time.Now(), Content: content.Content{Text: text}, Language: "vi",
	}
}

func (r *rig) receive(channel connectors.ChannelID, in ...connectors.Inbound) error {
	body := fmt.Sprint(in)
	return r.hub.Receive(r.ctx(), connectors.Raw{
		Channel: channel, ReceivedAt: time.Now(), Type: "application/json", Body: []byte(body),
	}, in)
}

// say has a person write, and waits until all that follows has been done.
func (r *rig) say(channel connectors.ChannelID, from connectors.RemoteID, text string) inbox.Conversation {
	r.Helper()
	r.sent++
	if err := r.receive(channel, inbound(from, fmt.Sprintf("key-%d", r.sent), text)); err != nil {
		r.Fatalf("Receive: %v", err)
	}
	r.settle()
	return r.live(channel, from)
}

// live is the open conversation of a person.
func (r *rig) live(channel connectors.ChannelID, from connectors.RemoteID) inbox.Conversation {
	r.Helper()
	found := r.list(inbox.Live(channel, from, ""))
	if len(found) != 1 {
		r.Fatalf("%d open conversations of %s, want 1", len(found), from)
	}
	return found[0]
}

func (r *rig) list(list inbox.ListID) (found []inbox.Conversation) {
	r.Helper()
	r.read(func(tx inbox.Reader) (err error) {
		found, _, err = tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{list}, Limit: 1000})
		return err
	})
	return found
}

func (r *rig) read(fn func(tx inbox.Reader) error) {
	r.Helper()
	if err := r.store.View(r.ctx(), fn); err != nil {
		r.Fatalf("View: %v", err)
	}
}

func (r *rig) write(fn func(tx inbox.Writer) error) {
	r.Helper()
	if err := r.store.Update(r.ctx(), fn); err != nil {
		r.Fatalf("Update: %v", err)
	}
}

func (r *rig) again(id inbox.ConversationID) (c inbox.Conversation) {
	r.Helper()
	r.read(func(tx inbox.Reader) (err error) {
		c, err = tx.Conversation(id)
		return err
	})
	return c
}

func (r *rig) messages(id inbox.ConversationID) (all []inbox.Message) {
	r.Helper()
	r.read(func(tx inbox.Reader) (err error) {
		all, err = tx.Messages(id, inbox.MessageQuery{Forward: true, Limit: 10_000})
		return err
	})
	return all
}

// thread is a conversation as one would tell it: who said what, in order.
func (r *rig) thread(id inbox.ConversationID) []string {
	r.Helper()
	var out []string
	for i, m := range r.messages(id) {
		if m.Seq != uint64(i+1) {
			r.Errorf("message %d has number %d", i+1, m.Seq)
		}
		what := m.Content.Text
		if m.Change != nil {
			what = string(m.Change.Action)
		}
		out = append(out, string(m.Author.Kind)+": "+what)
	}
	return out
}

// outgoing are the messages of a conversation that were to leave.
func (r *rig) outgoing(id inbox.ConversationID) (out []inbox.Message) {
	r.Helper()
	for _, m := range r.messages(id) {
		if m.Direction == inbox.Out {
			out = append(out, m)
		}
	}
	return out
}

func (r *rig) audits(q inbox.AuditQuery) (rows []inbox.Audit) {
	r.Helper()
	q.Limit = 1000
	r.read(func(tx inbox.Reader) (err error) {
		rows, err = tx.Audits(q)
		return err
	})
	return rows
}

func (r *rig) wantThread(id inbox.ConversationID, want ...string) {
	r.Helper()
	if got := r.thread(id); strings.Join(got, "\n") != strings.Join(want, "\n") {
		r.Errorf("the thread reads\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func wantError(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s = %v, want %v", what, err, want)
	}
}

func wantInvalid(t testing.TB, what string, err error, field string) {
	t.Helper()
	problems, ok := errors.AsType[inbox.Invalid](err)
	if !ok {
		t.Errorf("%s = %v, want it to be invalid", what, err)
		return
	}
	for _, p := range problems {
		if p.Field == field && p.Message != "" {
			return
		}
	}
	t.Errorf("%s = %v, want a problem with %q", what, err, field)
}

func member(id string, role inbox.Role, departments ...kb.DepartmentID) inbox.Actor {
	return inbox.Actor{Address: "10.0.0.7", Member: inbox.Member{
		ID: inbox.MemberID(id), Login: id, Name: "Cán bộ " + id, Role: role, Departments: departments,
	}}
}

var (
	lan    = member("lan", inbox.Operator)
	minh   = member("minh", inbox.Operator)
	boss   = member("boss", inbox.Supervisor)
	root   = member("root", inbox.Admin)
	doctor = member("doctor", inbox.Staff, "so-y-te")
	roads  = member("roads", inbox.Staff, "so-xay-dung")
)

// people keeps the members above, for acts that look others up.
func (r *rig) people() {
	r.Helper()
	r.write(func(tx inbox.Writer) error {
		for _, a := range []inbox.Actor{lan, minh, boss, root, doctor, roads} {
			if err := tx.PutMember(a.Member); err != nil {
				return err
			}
		}
		return nil
	})
}

// holiday is the first Monday after the clock of a bubble begins, which is a Saturday.
var holiday = time.Date(2000, 1, 3, 0, 0, 0, 0, time.FixedZone("", 7*60*60))

// names is the directory of two departments.
type names struct{}

func (names) DepartmentName(id kb.DepartmentID) string {
	return map[kb.DepartmentID]string{"so-y-te": "Sở Y tế", "so-xay-dung": "Sở Xây dựng"}[id]
}
func (names) CategoryName(id kb.CategoryID) string {
	return map[kb.CategoryID]string{"y-te": "Y tế"}[id]
}
func (names) DepartmentNamed(name string) (kb.DepartmentID, bool) {
	for _, id := range []kb.DepartmentID{"so-y-te", "so-xay-dung"} {
		if (names{}).DepartmentName(id) == name {
			return id, true
		}
	}
	return "", false
}
func (names) CategoryNamed(name string) (kb.CategoryID, bool) { return "y-te", name == "Y tế" }
func (names) Staffed(time.Time) (bool, time.Time)             { return true, time.Time{} }
func (names) InHours(time.Time) bool                          { return true }
func (names) WorkingDay(day time.Time) bool {
	return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday && !day.Equal(holiday)
}
func (names) Points(time.Time) []inbox.ContactPoint { return nil }

func (names) Charge(kb.CategoryID, inbox.LocalityID, time.Time) inbox.Charge { return inbox.Charge{} }
func (names) Places(string) []inbox.LocalityID                               { return nil }
func (names) PlaceName(inbox.LocalityID) string                              { return "" }
func (names) AlarmContacts(kb.CategoryID, inbox.LocalityID, time.Time) []inbox.AlarmContact {
	return nil
}
func (names) Due(inbox.Clock, bool, kb.CategoryID, kb.DepartmentID, time.Time) time.Time {
	return time.Time{}
}

// talker is a bot without knowledge: the first word tells what it does, any
// other text is answered with itself.
type talker struct {
	mu        sync.Mutex
	before    func(m bot.Message) // called by Decide, without the lock
	mute      bool                // Broken fails as well
	decided   int
	searchErr error
	asksPlace bool         // a handoff asks where it is
	knew      bot.Evidence // of the last decision
}

func reply(text string) []bot.Reply {
	return []bot.Reply{{Content: content.Content{Text: text}}}
}

func (b *talker) Need(bot.State, bot.Message) bot.Need { return bot.Need{Query: "q"} }

func (b *talker) Decide(s bot.State, m bot.Message, e bot.Evidence) bot.Decision {
	b.mu.Lock()
	b.decided++
	b.knew = e
	before := b.before
	b.mu.Unlock()
	if before != nil {
		before(m)
	}
	s.Greeted = true
	s.Asked = m.Text
	first, _, _ := strings.Cut(m.Text, " ")
	switch first {
	case "khó-thở":
		return bot.Decision{Outcome: bot.Urgent, Reason: bot.Danger, Rule: "breath", Asked: m.Text, Replies: reply("Gọi 115 ngay."), State: s}
	case "người":
		return bot.Decision{Outcome: bot.HandOff, Reason: bot.Requested, Asked: m.Text, Replies: reply("Cán bộ sẽ trả lời."), State: s, AskedPlace: b.asksPlace,
			Candidates: []bot.Candidate{{Entry: "e1", Question: "Hỏi gì?", Confidence: 0.3}}}
	case "mơ-hồ":
		s.Answered, s.Choices = "", []string{"e1"}
		return bot.Decision{Outcome: bot.Clarify, State: s, Replies: []bot.Reply{{Content: content.Content{
			Text: "Ý anh/chị là?", Choices: []content.Choice{{Label: "Một", Value: "e1"}}}}}}
	case "lạ": // nothing answers it, and it is of another field than what was answered before
		s.Field = ""
		return bot.Decision{Outcome: bot.HandOff, Reason: bot.Unknown, Asked: m.Text, Replies: reply("Cán bộ sẽ trả lời."), State: s}
	case "hỏng":
		panic("the bot stumbles")
	}
	s.Field, s.Answered, s.Choices = "y-te", "e1", nil
	return bot.Decision{Outcome: bot.Answer, Entry: "e1", Confidence: 0.9, State: s,
		Replies: []bot.Reply{{Content: content.Content{Text: "Dạ: " + m.Text}, Entry: "e1"}}}
}

func (b *talker) Broken(s bot.State, m bot.Message, _ bot.Evidence) bot.Decision {
	if b.mute {
		panic("not even this")
	}
	return bot.Decision{Outcome: bot.HandOff, Reason: bot.Broken, Asked: m.Text, Replies: reply("Cán bộ sẽ trả lời anh/chị."), State: s}
}

func (b *talker) Danger(text string) (string, bool) {
	if strings.HasPrefix(text, "hỏng-cả") {
		panic("the bot stumbles over danger")
	}
	return "breath", strings.HasPrefix(text, "khó-thở")
}

func (b *talker) Search(context.Context, string, int) ([]kb.Hit, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return nil, b.searchErr
}

// searches makes every search fail with err.
func (b *talker) searches(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.searchErr = err
}

func (b *talker) Entry(kb.EntryID) (kb.Entry, bool) { return kb.Entry{}, false }
func (b *talker) Revision() uint64                  { return 7 }

func (b *talker) think(before func(m bot.Message)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.before = before
}

// platform records what it is asked to send, and answers as a test tells it.
type platform struct {
	channel connectors.Channel
	limits  connectors.Limits
	parse   func(raw connectors.Raw) ([]connectors.Inbound, error)

	mu     sync.Mutex
	answer func(ctx context.Context, n int, out connectors.Outbound) error // n counts calls from 1
	calls  []call
}

type call struct {
	connectors.Outbound
	at time.Time
}

func (p *platform) Channel() connectors.Channel { return p.channel }
func (p *platform) Limits() connectors.Limits   { return p.limits }

func (p *platform) Send(ctx context.Context, out connectors.Outbound) (connectors.Receipt, error) {
	p.mu.Lock()
	p.calls = append(p.calls, call{out, time.Now()})
	n, answer := len(p.calls), p.answer
	p.mu.Unlock()
	if answer != nil {
		if err := answer(ctx, n, out); err != nil {
			return connectors.Receipt{}, err
		}
	}
	return connectors.Receipt{Message: connectors.RemoteID(fmt.Sprintf("remote-%d", n)), At: time.Now()}, nil
}

func (p *platform) Parse(_ context.Context, raw connectors.Raw) ([]connectors.Inbound, error) {
	return p.parse(raw)
}

func (p *platform) answers(answer func(ctx context.Context, n int, out connectors.Outbound) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

func (p *platform) called() []call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]call(nil), p.calls...)
}

// texts are what the platform was asked to send, in order.
func (p *platform) texts() (out []string) {
	for _, c := range p.called() {
		out = append(out, c.Content.Text)
	}
	return out
}
