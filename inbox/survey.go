package inbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tongdai/kb"
)

// Some figures are nobody's act but a state of what is kept: who waits, what is
// owed, what lies unread. They are looked up in the store when somebody asks for
// the figures, and are the same on every node; a survey is one such look.
const (
	surveyAgain   = 10 * time.Second // until then the last one is given once more
	surveyTime    = 5 * time.Second  // a store that does not answer holds up no figures
	surveyMost    = 5000             // are counted of one list
	surveyWalk    = 500              // matters are looked through for who waits the longest
	promisesAgain = time.Minute
	promisesSince = 30 * 24 * time.Hour
	promisesSoon  = time.Hour
)

var (
	surveyOK          = describe("tongdai_survey_ok", "Whether the last look into the store for these figures went well: 1 or 0.")
	surveySeconds     = describe("tongdai_survey_seconds", "How long the last look into the store for these figures took.")
	workOldest        = describe("tongdai_work_oldest_seconds", "For how long the oldest due work of a kind has waited for a worker, in seconds; 0: none waits.", "kind")
	eventBehind       = describe("tongdai_event_behind", "Events that the store has and this node has not passed on yet.")
	indexBehind       = describe("tongdai_index_behind", "Events that the store has and the index of messages has not heard of yet; told by the node that feeds it.")
	indexComplete     = describe("tongdai_index_complete", "Whether the index of messages holds all that was said: 0 while older messages are still being read in.")
	conversationsDesc = describe("tongdai_conversations", "Matters in a list of the desk, counted up to 5000.", "list")
	waitingLongest    = describe("tongdai_conversations_waiting_longest_seconds", "For how long the citizen who waits the longest has waited for people, in seconds; 0: nobody waits.")
	alarmsOpen        = describe("tongdai_alarms_unconfirmed", "Urgent reports that nobody has confirmed yet.")
	alarmsLongest     = describe("tongdai_alarms_unconfirmed_longest_seconds", "Age of the oldest urgent report that nobody has confirmed, in seconds; 0: there is none.")
	promisesDesc      = describe("tongdai_promises", "What was owed in the last 30 days: open, kept in time, or broken; told: the citizen was told the time.", "state", "told")
	promisesDue       = describe("tongdai_promises_due_soon", "Of what is owed, what falls due within an hour.")
	stuckDesc         = describe("tongdai_messages_stuck", "Outgoing messages that wait for a person: parked, or refused by the platform (failed); counted up to 5000.", "state")
	quarantineDesc    = describe("tongdai_quarantine_waiting", "Arrived things that were not understood and that nobody has looked at yet; counted up to 5000.")
	heldDesc          = describe("tongdai_deliveries_held", "1 while nothing is handed to any platform because the store comes from a backup and nobody has released it.")
	dutyPeopleDesc    = describe("tongdai_duty_people", "Members at the desk now by the roster; absent where none is kept.")
	rosterGapsDesc    = describe("tongdai_roster_gaps", "Shifts of the coming 14 days that lack people; absent where no roster is kept.")
	entriesDesc       = describe("tongdai_knowledge_entries", "Entries of the knowledge base, by status; only published ones answer citizens.", "status")
	rosterNextGap     = describe("tongdai_roster_next_gap_timestamp_seconds", "When the next shift that lacks people begins, or has begun, in Unix time; absent where none does.")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// surveyed are all figures of a survey.
var surveyed = []*prometheus.Desc{
	surveyOK, surveySeconds, workOldest, eventBehind, indexBehind, indexComplete, conversationsDesc, waitingLongest, alarmsOpen,
	alarmsLongest, promisesDesc, promisesDue, stuckDesc, quarantineDesc, heldDesc, dutyPeopleDesc, rosterGapsDesc, rosterNextGap,
	entriesDesc,
}

// survey makes surveys for a registry.
type survey struct {
	hub *Hub

	mu       sync.Mutex
	at       time.Time
	failed   bool
	figures  []prometheus.Metric
	promises promiseBook
	known    knowledge
}

func (s *survey) Describe(to chan<- *prometheus.Desc) {
	for _, d := range surveyed {
		to <- d
	}
}

func (s *survey) Collect(to chan<- prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at.IsZero() || time.Since(s.at) >= surveyAgain {
		s.look()
	}
	for _, m := range s.figures {
		to <- m
	}
}

// look makes a survey. What one question fails on keeps the others' answers.
func (s *survey) look() {
	ctx, cancel := context.WithTimeout(context.Background(), surveyTime)
	defer cancel()
	s.at, s.figures = time.Now(), nil
	var errs []error
	for _, ask := range []func(context.Context) error{s.work, s.followed, s.people, s.owed, s.left, s.duty, s.knowledge} {
		before := len(s.figures)
		if err := guarded(func() error { return ask(ctx) }); err != nil {
			s.figures = s.figures[:before]
			errs = append(errs, err)
		}
	}
	err := errors.Join(errs...)
	if err != nil && !s.failed {
		s.hub.log.Warn("figures of the store could not be looked up", "err", err)
	}
	s.failed = err != nil
	s.tell(surveyOK, truth(err == nil))
	s.tell(surveySeconds, time.Since(s.at).Seconds())
}

func (s *survey) tell(d *prometheus.Desc, value float64, labels ...string) {
	s.figures = append(s.figures, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...))
}

// tellAge tells how long ago something was; zero: it is not.
func (s *survey) tellAge(d *prometheus.Desc, since, now time.Time, labels ...string) {
	age := 0.0
	if !since.IsZero() {
		age = max(now.Sub(since).Seconds(), 0)
	}
	s.tell(d, age, labels...)
}

// works are all kinds of work.
var works = []Work{Turns, Deliveries, Fetches, Profiles, Closings, Dues, Alarms, Wakings, Mergings, Tellings, Deeds, Sheets}

func (s *survey) work(ctx context.Context) error {
	for _, kind := range works {
		due, err := s.hub.store.NextDue(ctx, kind)
		if err != nil {
			return fmt.Errorf("work of kind %s: %w", kind, err)
		}
		s.tellAge(workOldest, due, s.hub.store.Now(), string(kind))
	}
	return nil
}

// view asks one moment of the store. It may be asked anew, and then tells anew.
func (s *survey) view(ctx context.Context, ask func(tx Reader, now time.Time) error) error {
	before := len(s.figures)
	return s.hub.store.View(ctx, func(tx Reader) error {
		s.figures = s.figures[:before]
		return ask(tx, s.hub.store.Now())
	})
}

// followed tells how far those are behind the store who follow it.
func (s *survey) followed(ctx context.Context) error {
	passed, fed := s.hub.feed.Last(), Seq(s.hub.fed.Load())
	err := s.view(ctx, func(tx Reader, _ time.Time) error {
		last, err := tx.LastEvent()
		s.tell(eventBehind, behind(last, passed))
		if fed > 0 {
			s.tell(indexBehind, behind(last, fed))
		}
		return err
	})
	if err != nil || s.hub.index == nil {
		return err
	}
	state, err := s.hub.index.State(ctx)
	s.tell(indexComplete, truth(state.Complete))
	return err
}

func behind(last, reached Seq) float64 { return float64(last - min(reached, last)) }

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// people tells who waits.
func (s *survey) people(ctx context.Context) error {
	return s.view(ctx, func(tx Reader, now time.Time) error {
		for _, list := range []ListID{BotList, OpenList, UnassignedList, UrgentList, OverdueList, PromisedList, SnoozedList} {
			n, err := tx.CountConversations([]ListID{list}, surveyMost)
			if err != nil {
				return err
			}
			s.tell(conversationsDesc, float64(n), string(list))
		}
		longest, err := longestWait(tx)
		if err != nil {
			return err
		}
		s.tellAge(waitingLongest, longest, now)
		n, first, err := ringing(tx)
		s.tell(alarmsOpen, float64(n))
		s.tellAge(alarmsLongest, first, now)
		return err
	})
}

// longestWait is since when the citizen has waited who has waited the longest;
// zero: nobody waits. The list of what is open has those who wait on top, each
// kind the longest first.
func longestWait(tx Reader) (since time.Time, err error) {
	top, _, err := tx.Conversations(ListQuery{Lists: []ListID{OpenList}, Limit: surveyWalk})
	for _, c := range top {
		if c.NeedsPeople() && (since.IsZero() || c.WaitingSince.Before(since)) {
			since = c.WaitingSince
		}
		if c.NeedsPeople() && !c.Urgent && !c.Overdue {
			break // the rest has waited for less, or does not wait
		}
	}
	return since, err
}

// ringing counts the alarms that nobody has confirmed, and tells when the first rang.
func ringing(tx Reader) (n int, first time.Time, err error) {
	for _, list := range []ListID{UrgentList, SnoozedList} { // what sleeps rings all the same
		all, _, err := tx.Conversations(ListQuery{Lists: []ListID{list}, Limit: surveyMost})
		if err != nil {
			return 0, first, err
		}
		for _, c := range all {
			if c.Alarm != AlarmRinging {
				continue
			}
			kept, err := AlarmsOf.Get(tx, string(c.ID))
			if err != nil {
				return 0, first, err
			}
			if n++; first.IsZero() || kept.Value.RangAt.Before(first) {
				first = kept.Value.RangAt
			}
		}
	}
	return n, first, nil
}

// owed tells what was promised and what became of it.
func (s *survey) owed(ctx context.Context) error {
	now := s.hub.store.Now()
	if now.Sub(s.promises.at) >= promisesAgain {
		if err := s.hub.store.View(ctx, func(tx Reader) error { return s.promises.read(tx, now) }); err != nil {
			return err
		}
	}
	soon, counts := 0, map[promiseKind]int{}
	for _, state := range []PromiseState{PromiseOpen, PromiseKept, PromiseBroken} {
		counts[promiseKind{state, true}], counts[promiseKind{state, false}] = 0, 0
	}
	for _, p := range s.promises.known {
		if p.State != PromiseMoot {
			counts[p.promiseKind]++
		}
		if p.State == PromiseOpen && p.due.Sub(now) <= promisesSoon {
			soon++
		}
	}
	for kind, n := range counts {
		s.tell(promisesDesc, float64(n), string(kind.State), fmt.Sprint(kind.told))
	}
	s.tell(promisesDue, float64(soon))
	return nil
}

// promiseBook is what became of the promises of the last days. Of those on the
// shelf it reads the new ones, and again those that something is still owed by.
type promiseBook struct {
	at    time.Time // when it was read
	known map[string]promiseSeen
}

type promiseKind struct {
	State PromiseState
	told  bool
}

type promiseSeen struct {
	promiseKind
	made, due time.Time
	settled   bool
}

// promisesLate is how much later a promise may be committed than another that
// was given a greater id.
const promisesLate = time.Minute

func (b *promiseBook) read(tx Reader, now time.Time) error {
	known := maps.Clone(b.known)
	if known == nil {
		known = map[string]promiseSeen{}
	}
	since := now.Add(-promisesSince)
	for id, p := range known {
		switch {
		case p.made.Before(since):
			delete(known, id)
		case !p.settled:
			kept, err := Promises.Get(tx, id)
			if err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
			delete(known, id)
			if err == nil {
				known[id] = promiseAs(kept.Value)
			}
		}
	}
	from := string(firstOf(since))
	if !b.at.IsZero() {
		from = string(firstOf(b.at.Add(-promisesLate)))
	}
	fresh, err := Promises.List(tx, PaperQuery{From: from})
	for _, k := range fresh {
		if p := promiseAs(k.Value); !p.made.Before(since) { // where long nobody has asked, old ones are among them
			known[k.ID] = p
		}
	}
	if err == nil {
		b.at, b.known = now, known
	}
	return err
}

func promiseAs(p Promise) promiseSeen {
	return promiseSeen{promiseKind: promiseKind{p.State, p.Told}, made: p.MadeAt, due: p.Due, settled: p.settled()}
}

// left tells what waits for somebody to look at it.
func (s *survey) left(ctx context.Context) error {
	return s.view(ctx, func(tx Reader, _ time.Time) error {
		stuck, err := tx.Stuck("", surveyMost)
		if err != nil {
			return err
		}
		counts := map[DeliveryState]int{Parked: 0, Failed: 0}
		for _, m := range stuck {
			counts[m.Delivery.State]++
		}
		for state, n := range counts {
			s.tell(stuckDesc, float64(n), string(state))
		}
		strange, err := tx.Quarantine(true, "", surveyMost)
		if err != nil {
			return err
		}
		s.tell(quarantineDesc, float64(len(strange)))
		hold, err := HoldShelf.Get(tx, HoldID)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		s.tell(heldDesc, truth(err == nil && hold.Value.Aside.IsZero()))
		return nil
	})
}

// duty tells who is there, where a roster is kept.
func (s *survey) duty(ctx context.Context) error {
	return s.view(ctx, func(tx Reader, now time.Time) error {
		kept, err := rosterKept(tx, now)
		if err != nil || !kept {
			return err
		}
		there, err := s.hub.present(tx, now)
		if err != nil {
			return err
		}
		s.tell(dutyPeopleDesc, float64(len(there)))
		gaps, err := s.hub.gaps(tx, now)
		s.tell(rosterGapsDesc, float64(len(gaps)))
		if len(gaps) > 0 {
			s.tell(rosterNextGap, float64(gaps[0].From.Unix()))
		}
		return err
	})
}

// knowledge is how many entries there were of each status at a revision.
type knowledge struct {
	revision uint64
	counts   map[kb.Status]int
}

// entriesAtOnce are read of the knowledge base.
const entriesAtOnce = 500

// knowledge tells how many entries there are. They are counted again only when
// one of them has changed.
func (s *survey) knowledge(ctx context.Context) error {
	now := s.known
	if err := s.hub.store.ViewEntries(ctx, func(tx kb.Reader) error {
		revision, err := tx.KnowledgeRevision()
		if err != nil || s.known.counts != nil && revision == s.known.revision {
			return err
		}
		now = knowledge{revision, map[kb.Status]int{kb.Draft: 0, kb.Review: 0, kb.Published: 0, kb.Retired: 0}}
		for after := kb.EntryID(""); ; {
			page, err := tx.Entries(after, entriesAtOnce)
			if err != nil {
				return err
			}
			for _, e := range page {
				now.counts[e.Status]++
				after = e.ID
			}
			if len(page) < entriesAtOnce {
				return nil
			}
		}
	}); err != nil {
		return err
	}
	s.known = now
	for status, n := range now.counts {
		s.tell(entriesDesc, float64(n), string(status))
	}
	return nil
}
