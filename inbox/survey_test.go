package inbox_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"tongdai/connectors"
	"tongdai/inbox"
)

// surveyOf are the hub's figures as Prometheus would get them: name{label values} to
// value, the number of observations for histograms.
func surveyOf(t testing.TB, hub *inbox.Hub) map[string]float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(hub.Collectors()...)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			out[figureName(family.GetName(), m.GetLabel())] = m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return out
}

func figureName(name string, labels []*dto.LabelPair) string {
	var values []string
	for _, l := range labels {
		values = append(values, l.GetValue())
	}
	if len(values) == 0 {
		return strings.TrimPrefix(name, "tongdai_")
	}
	return fmt.Sprintf("%s{%s}", strings.TrimPrefix(name, "tongdai_"), strings.Join(values, ","))
}

// wantFigures compares some figures after the last survey has grown old.
func (r *rig) wantFigures(hub *inbox.Hub, want map[string]float64) {
	r.Helper()
	r.pass(11 * time.Second)
	got := surveyOf(r.T, hub)
	for name, value := range want {
		if has, ok := got[name]; !ok || has != value {
			r.Errorf("%s is %v (told: %v), want %v", name, has, ok, value)
		}
	}
}

func TestTheFiguresTellEveryStageOfAMessage(t *testing.T) {
	inTime(t, func(r *rig) {
		r.say(zalo, "an", "hỏi giờ làm việc")
		if err := r.receive("nowhere", inbound("an", "k", "a")); err == nil {
			t.Error("a channel that does not exist took a message")
		}
		r.sent--
		r.say(zalo, "an", "hỏi giờ làm việc") // the platform sends it again
		if err := r.hub.Receive(r.ctx(), connectors.Raw{Channel: zalo, ReceivedAt: time.Now(), Body: []byte("{"), Trouble: "no JSON"}, nil); err != nil {
			t.Fatal(err)
		}
		r.wantFigures(r.hub, map[string]float64{
			"messages_received_total{zalo-1022,kept}": 1, "messages_received_total{zalo-1022,repeated}": 1,
			"messages_quarantined_total{zalo-1022}": 1, "quarantine_waiting": 1,
			"turn_wait_seconds": 1, "turn_seconds": 1, "answer_seconds": 1,
			"deliveries_total{zalo-1022,sent}": 1, "delivery_seconds{zalo-1022}": 1, "delivery_call_seconds{zalo-1022}": 1,
			"survey_ok": 1, "event_behind": 0, "work_oldest_seconds{turn}": 0, "work_oldest_seconds{delivery}": 0, "deliveries_held": 0,
		})
		if at := surveyOf(t, r.hub)["channel_last_received_timestamp_seconds{zalo-1022}"]; at < float64(time.Now().Add(-time.Minute).Unix()) {
			t.Errorf("something last came at %v", at)
		}
	})
}

func TestTheFiguresTellWhatNobodyHasDoneYet(t *testing.T) {
	inTime(t, func(r *rig) {
		r.stop()
		if err := r.receive(zalo, inbound("an", "k1", "hỏi giờ")); err != nil {
			t.Fatal(err)
		}
		r.pass(time.Minute)
		if got := surveyOf(t, r.hub)["work_oldest_seconds{turn}"]; got < 60 || got > 61 {
			t.Errorf("the oldest turn has waited for %v s, want a minute", got)
		}
		r.start()
		r.wantFigures(r.hub, map[string]float64{"work_oldest_seconds{turn}": 0})
	})
}

func TestTheFiguresTellWhoWaitsAndWhatIsOwed(t *testing.T) {
	inProvince(t, func(r *rig) {
		first, second := r.handed("an"), r.handed("ba")
		r.pass(10 * time.Minute)
		r.wantFigures(r.hub, map[string]float64{
			"conversations{open}": 2, "conversations{unassigned}": 2, "conversations{overdue}": 0, "conversations_waiting_longest_seconds": 611,
			"promises{open,false}": 4, "promises{kept,false}": 0, "promises{open,true}": 0, "promises_due_soon": 2,
		})
		must[inbox.Message](r)(r.hub.Reply(r.ctx(), lan, first.ID, inbox.NewReply{Text: "Dạ, 8 giờ.", Key: "k"}))
		must[inbox.Conversation](r)(r.hub.Promise(r.ctx(), lan, second.ID, inbox.NewPromise{
			Due: time.Now().Add(30 * time.Minute), Text: "Dạ, chúng tôi sẽ trả lời anh/chị trong nửa giờ nữa.", Key: "p",
		}))
		r.pass(time.Minute)
		r.wantFigures(r.hub, map[string]float64{
			"conversations_waiting_longest_seconds": 0, "conversations{promised}": 1, "promises{open,true}": 1,
			"promises{open,false}": 0, "promises{kept,false}": 3, "promises_due_soon": 1,
		})
		r.pass(time.Hour)
		r.wantFigures(r.hub, map[string]float64{
			"conversations{overdue}": 1, "promises{broken,true}": 1, "promises{open,true}": 0, "promises_due_soon": 0,
		})
		must[inbox.Message](r)(r.hub.Reply(r.ctx(), lan, second.ID, inbox.NewReply{Text: "Dạ, đã xong.", Key: "late"}))
		r.pass(time.Minute)
		r.wantFigures(r.hub, map[string]float64{"conversations{overdue}": 0, "promises{broken,true}": 1})
		r.pass(31 * 24 * time.Hour)
		r.wantFigures(r.hub, map[string]float64{"promises{broken,true}": 0, "promises{kept,false}": 0})
	})
}

func TestTheFiguresTellOfUrgentReportsUntilSomebodyConfirms(t *testing.T) {
	way := &gateway{}
	inProvince(t, func(r *rig) {
		c := r.say(zalo, "an", "khó-thở quá ở Hoằng Hóa")
		r.wantFigures(r.hub, map[string]float64{"alarms_unconfirmed": 1, "alarms_unconfirmed_longest_seconds": 11, "alarm_calls_total{ok,webhook}": 1, "alarm_confirmation_seconds": 0})
		must[inbox.Conversation](r)(r.hub.ConfirmAlarm(r.ctx(), doctor, c.ID))
		must[inbox.Conversation](r)(r.hub.ConfirmAlarm(r.ctx(), lan, c.ID))
		r.wantFigures(r.hub, map[string]float64{"alarms_unconfirmed": 0, "alarms_unconfirmed_longest_seconds": 0, "alarm_confirmation_seconds": 1})
	}, way)
}

func TestTheFiguresTellWhatCouldNotLeave(t *testing.T) {
	inTime(t, func(r *rig) {
		r.platform.answers(func(context.Context, int, connectors.Outbound) error {
			return &connectors.Error{Kind: connectors.Permanent}
		})
		r.say(zalo, "an", "hỏi giờ")
		r.wantFigures(r.hub, map[string]float64{"messages_stuck{failed}": 1, "messages_stuck{parked}": 0, "deliveries_total{zalo-1022,failed}": 1})
	})
}

func TestTheFiguresTellGapsOfTheRoster(t *testing.T) {
	onDuty(t, func(r *rig) {
		got := surveyOf(t, r.hub)
		if slices.ContainsFunc([]string{"duty_people", "roster_gaps"}, func(name string) bool { _, told := got[name]; return told }) {
			t.Errorf("no roster is kept, yet its figures are told: %v", got)
		}
		r.rosters(in(today, "day", lan, minh), in(today, "night", lan))
		r.pass(11 * time.Second)
		got = surveyOf(t, r.hub)
		if got["roster_gaps"] < 1 || got["roster_next_gap_timestamp_seconds"] == 0 {
			t.Errorf("gaps %v, the next at %v", got["roster_gaps"], got["roster_next_gap_timestamp_seconds"])
		}
	})
}

func TestAStoreThatDoesNotAnswerHoldsUpNoFigures(t *testing.T) {
	idle(t, func(r *rig) {
		if err := r.store.Close(); err != nil {
			t.Fatal(err)
		}
		got := surveyOf(t, r.hub)
		if ok, told := got["survey_ok"]; !told || ok != 0 {
			t.Errorf("survey_ok is %v (told: %v), want 0", ok, told)
		}
		if _, told := got["conversations{open}"]; told {
			t.Error("matters were counted in a store that is closed")
		}
		r.open()
	})
}
