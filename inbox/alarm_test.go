package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/inbox"
)

// gateway is a way to reach contacts that notes whom it was asked to.
type gateway struct {
	mu    sync.Mutex
	calls []inbox.AlarmCall
	err   error
}

func (g *gateway) Name() string { return "webhook" }

func (g *gateway) Reach(_ context.Context, call inbox.AlarmCall) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls = append(g.calls, call)
	return g.err
}

func (g *gateway) called() (all []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.calls {
		all = append(all, fmt.Sprintf("%s %d", c.To.Name, c.Round))
	}
	return all
}

func TestAnUrgentReportReachesContactsUntilOneConfirms(t *testing.T) {
	way := &gateway{}
	inProvince(t, func(r *rig) {
		c := r.say(zalo, "an", "khó-thở quá ở Hoằng Hóa")
		if c.Alarm != inbox.AlarmRinging || c.Locality != "hoang-hoa" {
			t.Errorf("the alarm is %q, about %q", c.Alarm, c.Locality)
		}
		if got := way.called(); !slices.Equal(got, []string{"Bác sĩ trực 0"}) {
			t.Errorf("at once %q were called", got)
		}
		for _, told := range [][]string{r.toldTo(lan), r.toldTo(boss), r.toldTo(doctor)} {
			if len(told) != 1 || !strings.Contains(told[0], c.Code) {
				t.Errorf("a member heard %q", told)
			}
		}
		if told := r.toldTo(roads); len(told) != 0 {
			t.Errorf("a department that has no part in it heard %q", told)
		}
		if _, err := r.hub.Look(r.ctx(), doctor, c.ID); err != nil {
			t.Errorf("who is alarmed cannot look: %v", err)
		}
		r.pass(2*time.Minute + time.Second)
		if got := way.called(); !slices.Equal(got, []string{"Bác sĩ trực 0", "Cấp cứu 0", "Bác sĩ trực 1"}) {
			t.Errorf("after two minutes %q were called", got)
		}
		must[inbox.Conversation](r)(r.hub.ConfirmAlarm(r.ctx(), doctor, c.ID))
		r.pass(time.Hour)
		if got := len(way.called()); got != 3 {
			t.Errorf("%d were called, some after it was confirmed", got)
		}
		a, err := r.hub.AlarmOf(r.ctx(), lan, c.ID)
		if err != nil || len(a.Steps) != 3 || a.ConfirmedBy != "Cán bộ doctor" || a.ConfirmedAt.IsZero() {
			t.Errorf("on record is %+v, %v", a, err)
		}
		if c = r.again(c.ID); c.Alarm != inbox.AlarmConfirmed || !slices.Contains(r.thread(c.ID), "department: alarm.confirmed") {
			t.Errorf("the alarm is %q in %q", c.Alarm, r.thread(c.ID))
		}
	}, way)
}

func TestAContactConfirmsByTheLinkAndNobodyElse(t *testing.T) {
	way := &gateway{err: errors.New("tổng đài nhắn tin bận")}
	inProvince(t, func(r *rig) {
		c := r.say(zalo, "an", "khó-thở quá")
		link := way.calls[0].Link
		_, token, _ := strings.Cut(strings.TrimPrefix(link, "https://1022.example.vn/khan/"), "/")
		if token == "" {
			t.Fatalf("the link is %q", link)
		}
		_, err := r.hub.OpenAlarm(r.ctx(), c.ID, token+"x", "10.0.0.9")
		wantError(t, "a guessed link", err, inbox.ErrNotFound)
		report, err := r.hub.OpenAlarm(r.ctx(), c.ID, token, "10.0.0.9")
		if err != nil || report.Text != "khó-thở quá" || report.Confirmed {
			t.Errorf("the link shows %+v, %v", report, err)
		}
		if !slices.Contains(r.actions(c.ID), inbox.AlarmOpened) {
			t.Errorf("on record are %q", r.actions(c.ID))
		}
		wantError(t, "confirming with a guessed link", r.hub.ConfirmAlarmByLink(r.ctx(), c.ID, "x", "BS Hà", ""), inbox.ErrNotFound)
		wantInvalid(t, "confirming without a name", r.hub.ConfirmAlarmByLink(r.ctx(), c.ID, token, " ", ""), "name")
		if err := r.hub.ConfirmAlarmByLink(r.ctx(), c.ID, token, "BS Hà", "10.0.0.9"); err != nil {
			t.Fatal(err)
		}
		if a, err := r.hub.AlarmOf(r.ctx(), lan, c.ID); err != nil || a.ConfirmedBy != "BS Hà" || a.Steps[0].Trouble != "tổng đài nhắn tin bận" {
			t.Errorf("on record is %+v, %v", a, err)
		}
		r.pass(25 * time.Hour)
		_, err = r.hub.OpenAlarm(r.ctx(), c.ID, token, "")
		wantError(t, "the link a day later", err, inbox.ErrNotFound)
	}, way)
}

func TestTheBotKnowsWhetherAlarmsReachSomebody(t *testing.T) {
	for _, tt := range []struct {
		name string
		ways []inbox.Way
		want bool
	}{
		{"by a gateway", []inbox.Way{&gateway{}}, true},
		{"by no way at all", nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inProvince(t, func(r *rig) {
				r.say(zalo, "an", "khó-thở quá")
				r.settle()
				if knew := r.bot.knew; knew.Reachable != tt.want || !knew.InHours || !knew.Due.Equal(knew.Now.Add(40*time.Hour)) {
					t.Errorf("the bot knew that contacts are reachable: %v, in hours: %v, due %v at %v", knew.Reachable, knew.InHours, knew.Due, knew.Now)
				}
			}, tt.ways...)
		})
	}
}

func TestAnAlarmGoesOnAfterTheProgramWasStopped(t *testing.T) {
	way := &gateway{}
	inProvince(t, func(r *rig) {
		r.say(zalo, "an", "khó-thở quá")
		r.stop()
		r.pass(time.Hour)
		r.start()
		r.settle()
		if got := way.called(); !slices.Equal(got, []string{"Bác sĩ trực 0", "Cấp cứu 0"}) {
			t.Errorf("%q were called", got)
		}
	}, way)
}

func TestWhatTurnsOutNotToBeUrgentRingsNoLonger(t *testing.T) {
	way := &gateway{}
	inProvince(t, func(r *rig) {
		c := r.say(zalo, "an", "khó-thở quá")
		must[inbox.Conversation](r)(r.hub.SetUrgent(r.ctx(), lan, c.ID, false))
		r.pass(time.Hour)
		if got := way.called(); len(got) != 1 {
			t.Errorf("%q were called", got)
		}
	}, way)
}
