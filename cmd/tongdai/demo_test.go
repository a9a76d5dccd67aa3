package main

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/bot"
	"tongdai/configs"
	"tongdai/inbox"
)

// seededDemo plays the demonstration into a new folder, as if it were now.
func seededDemo(t *testing.T, now time.Time) (*app, configs.DemoScript) {
	t.Helper()
	cfg := configs.Default()
	cfg.Data.Folder = t.TempDir()
	script, log := configs.Demo(), slog.New(slog.DiscardHandler)
	surprises, err := seedDemo(t.Context(), cfg, log, script, demoPassword, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range surprises { // what a citizen's line gave other than the script says
		t.Error(s)
	}
	a, err := openApp(t.Context(), cfg, log, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.close(); err != nil {
			t.Error(err)
		}
	})
	return a, script
}

func TestTheDemonstrationGoesAsItsScriptHasIt(t *testing.T) {
	// Noon: the conversations of today are then all of one day.
	now := time.Date(2026, time.November, 21, 12, 0, 0, 0, configs.Zone)
	a, script := seededDemo(t, now)
	actors := map[string]inbox.Actor{}
	for _, m := range membersOf(t, a) {
		actors[m.Login] = inbox.Actor{Member: m}
	}

	all := listed(t, a, actors["quantri"], inbox.AllList)
	if want := len(script.Conversations) + len(script.Desk.Conversations); len(all) != want {
		t.Fatalf("%d conversations, want %d", len(all), want)
	}
	for _, c := range all {
		if c.CreatedAt.After(now) || now.Sub(c.CreatedAt) > 4*24*time.Hour || c.LastAt.After(now) {
			t.Errorf("%s is from %v to %v, not of the last days", c.Code, c.CreatedAt, c.LastAt)
		}
	}
	urgent := listed(t, a, actors["lan"], inbox.UrgentList)
	if len(urgent) != 1 || now.Sub(urgent[0].WaitingSince) > 5*time.Minute {
		t.Errorf("%d urgent conversations wait, want a fresh one", len(urgent))
	}
	waiting := slices.DeleteFunc(listed(t, a, actors["lan"], inbox.UnassignedList), func(c inbox.Conversation) bool {
		return c.Department != "" || !c.NeedsPeople()
	})
	if len(waiting) < 5 || waiting[0].ID != urgent[0].ID {
		t.Errorf("%d conversations wait for the desk, want some, the urgent one first", len(waiting))
	}
	for _, c := range waiting {
		if since := now.Sub(c.WaitingSince); since > 90*time.Minute {
			t.Errorf("%s waits for %v already", c.Code, since)
		}
	}
	for _, staff := range []string{"soyte", "noivu"} {
		if len(listed(t, a, actors[staff], inbox.OpenList)) == 0 || len(listed(t, a, actors[staff], inbox.ResolvedList)) == 0 {
			t.Errorf("%s has nothing to do, or nothing done", staff)
		}
	}
	answered := slices.DeleteFunc(all, func(c inbox.Conversation) bool { return c.Handler != inbox.ByBot })
	if n := len(answered); n < 20 {
		t.Errorf("the bot answered %d of %d, want about half", n, len(script.Conversations))
	}
}

func TestTheDemonstrationCanBeMadeAtAnyHour(t *testing.T) {
	seededDemo(t, time.Date(2026, time.November, 21, 0, 1, 0, 0, configs.Zone))
}

func TestWhatANewcomerIsToldToTryShowsWhatIsPromised(t *testing.T) {
	a, _ := seededDemo(t, time.Now())
	for _, try := range tries {
		d, err := asking{a.bot, a.index, a.house}.ask(t.Context(), try.say)
		if err != nil || d.Outcome != try.outcome {
			t.Errorf("%q gives %s (%v), want %s", try.say, d.Outcome, err, try.outcome)
		}
	}
}

func membersOf(t *testing.T, a *app) []inbox.Member {
	t.Helper()
	members, err := a.hub.Members(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return members
}

func listed(t *testing.T, a *app, as inbox.Actor, view inbox.ListID) []inbox.Conversation {
	t.Helper()
	page, err := a.hub.List(t.Context(), as, inbox.View{Name: view}, "", 200)
	if err != nil {
		t.Fatal(err)
	}
	return page.Conversations
}

// started makes a demonstration's data the way the command does.
func started(t *testing.T, folder string) (*demo, *strings.Builder) {
	t.Helper()
	out := &strings.Builder{}
	d := &demo{cfg: configs.Default(), out: out, log: slog.New(slog.DiscardHandler)}
	d.cfg.Data.Folder = folder
	if err := d.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d, out
}

func TestASecondStartUsesTheDataOfTheFirst(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "demo")
	d, _ := started(t, folder)
	a, err := openApp(t.Context(), d.cfg, d.log, nil)
	if err != nil {
		t.Fatal(err)
	}
	first := membersOf(t, a)[0].ID

	again := *d
	again.fresh = true
	if err := again.prepare(t.Context()); err == nil || !strings.Contains(err.Error(), "đang chạy") {
		t.Errorf("--fresh while another process uses the folder: %v", err)
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}

	_, out := started(t, folder)
	if !strings.Contains(out.String(), "Dùng lại dữ liệu demo") {
		t.Errorf("the second start says %q", out)
	}
	if err := again.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a, err = openApp(t.Context(), d.cfg, d.log, nil); err != nil {
		t.Fatal(err)
	}
	if membersOf(t, a)[0].ID == first {
		t.Error("--fresh kept the old data")
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(folder), ".demo-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAnInterruptedSeedingLeavesNothing(t *testing.T) {
	parent := t.TempDir()
	d := &demo{cfg: configs.Default(), out: &strings.Builder{}, log: slog.New(slog.DiscardHandler)}
	d.cfg.Data.Folder = filepath.Join(parent, "demo")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.prepare(ctx); err == nil {
		t.Fatal("a cancelled seeding succeeded")
	}
	if left, _ := filepath.Glob(filepath.Join(parent, "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// presser presses Ctrl+C as soon as it reads a word.
type presser struct {
	strings.Builder
	at    string
	press func()
}

func (p *presser) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(p.at)) {
		p.press()
	}
	return p.Builder.Write(b)
}

func TestWhoInterruptsTheSeedingIsToldNoMoreThanThat(t *testing.T) {
	parent := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &presser{at: "Đang tạo dữ liệu", press: cancel}
	root := newRoot()
	root.SetOut(out)
	root.SetArgs([]string{"demo", "--data", filepath.Join(parent, "demo"), "--listen", "127.0.0.1:0"})
	err := root.ExecuteContext(ctx)
	if err == nil || !strings.HasPrefix(err.Error(), "đã ngắt theo yêu cầu") || strings.ContainsAny(err.Error(), "\n") {
		t.Errorf("who interrupts is told %v", err)
	}
	if got := out.String(); got != "Đang tạo dữ liệu demo…\n" {
		t.Errorf("and reads %q", got)
	}
	if left, _ := filepath.Glob(filepath.Join(parent, "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestTheKnownPasswordStaysOnThisMachine(t *testing.T) {
	d, _ := started(t, filepath.Join(t.TempDir(), "demo"))
	a, err := openApp(t.Context(), d.cfg, d.log, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	if password, err := d.passwordInForce(t.Context(), a, false); err != nil || password != demoPassword {
		t.Errorf("on loopback: %q, %v", password, err)
	}
	d.password = "một-câu-dài-khác-hẳn"
	if _, err := d.passwordInForce(t.Context(), a, true); err == nil || !strings.Contains(err.Error(), "--fresh") {
		t.Errorf("data with the known password was opened to other machines: %v", err)
	}
	if _, err := d.passwordInForce(t.Context(), a, false); err == nil || !strings.Contains(err.Error(), "mật khẩu khác") {
		t.Errorf("another password than the data has was taken: %v", err)
	}
}

func TestLoopbackAddresses(t *testing.T) {
	for listen, want := range map[string]bool{
		"127.0.0.1:8022": true, "127.3.4.5:1": true, "[::1]:8022": true, "localhost:8022": true,
		":8022": false, "0.0.0.0:8022": false, "192.168.1.2:8022": false, "[::]:80": false, "example.org:80": false, "8022": false,
	} {
		if got := loopback(listen); got != want {
			t.Errorf("loopback(%q) = %v", listen, got)
		}
	}
}

func TestOutcomesHaveNames(t *testing.T) {
	for _, o := range []bot.Outcome{bot.Answer, bot.Clarify, bot.HandOff, bot.Urgent, bot.Chat} {
		if outcomeNames[o] == "" {
			t.Errorf("%s has no name", o)
		}
	}
}

func TestTheDeskOfTheDemonstrationIsFurnished(t *testing.T) {
	// The hub itself goes by the clock: of a roster that is long over nothing is lacking.
	yesterday := time.Now().In(configs.Zone).AddDate(0, 0, -1)
	for _, clock := range []string{"05:40", "12:00", "21:15"} { // in the night of yesterday, the day, the night
		t.Run(clock, func(t *testing.T) {
			now, err := time.ParseInLocation("2006-01-02 15:04", yesterday.Format(time.DateOnly)+" "+clock, configs.Zone)
			if err != nil {
				t.Fatal(err)
			}
			a, _ := seededDemo(t, now)
			actors := map[string]inbox.Actor{}
			for _, m := range membersOf(t, a) {
				actors[m.Login] = inbox.Actor{Member: m}
			}
			boss := actors["truongca"]
			roster, err := a.hub.Roster(t.Context(), boss, yesterday.AddDate(0, 0, -1).Format(time.DateOnly), yesterday.AddDate(0, 0, 16).Format(time.DateOnly))
			if err != nil {
				t.Fatal(err)
			}
			var gaps, strained int
			for _, slot := range roster.Slots {
				switch {
				case !slot.Until.After(now):
					continue
				case !slot.From.After(now) && (len(slot.People) != 2 || slot.People[0].Member != actors["lan"].Member.ID || slot.People[0].Role != inbox.LeadShift):
					t.Errorf("on duty now are %+v", slot.People)
				}
				gaps += slot.Short()
				for _, p := range slot.People {
					if p.Warning != "" {
						strained++
					}
				}
			}
			if told, err := a.hub.Gaps(t.Context(), boss); err != nil || len(told) > 1 {
				t.Errorf("%d shifts lack people, %v", len(told), err)
			}
			if gaps != 1 || strained != 0 {
				t.Errorf("the roster lacks %d, and %d have too little rest", gaps, strained)
			}
			if found, err := a.hub.ListIncidents(t.Context(), boss, false); err != nil || len(found) != 1 || found[0].Reports != 3 {
				t.Errorf("incidents: %+v, %v", found, err)
			}
			if labels, err := a.hub.Labels(t.Context(), boss); err != nil || len(labels) != 3 || labels[0].Colour != "blue" || labels[0].Count != 4 {
				t.Errorf("labels: %+v, %v", labels, err)
			}
			if views, err := a.hub.SavedViews(t.Context(), actors["lan"]); err != nil || len(views) != 2 {
				t.Errorf("views: %+v, %v", views, err)
			}
			promised := 0
			for _, c := range listed(t, a, boss, inbox.OpenList) {
				if !c.PromisedBy.IsZero() {
					promised++
				}
			}
			if promised != 3 {
				t.Errorf("%d answers are promised", promised)
			}
		})
	}
}
