package inbox_test

import (
	"context"
	"iter"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"tongdai/inbox"
)

// watch gathers the numbers that a watcher is given, until stop.
func (r *rig) watch(after inbox.Seq) (seen func() []inbox.Seq, err func() error, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var numbers []inbox.Seq
	var failed error
	done := make(chan struct{})
	hub := r.hub
	go func() {
		defer close(done)
		for h, err := range hub.Feed().Watch(ctx, after) {
			if err != nil {
				failed = err
				return
			}
			numbers = append(numbers, h.Seq)
		}
	}()
	r.settle()
	return func() []inbox.Seq { r.settle(); return numbers }, func() error { r.settle(); return failed }, func() { cancel(); <-done }
}

func (r *rig) lastEvent() (last inbox.Seq) {
	r.Helper()
	r.read(func(tx inbox.Reader) (err error) {
		last, err = tx.LastEvent()
		return err
	})
	return last
}

func numbers(from, to inbox.Seq) (all []inbox.Seq) {
	for n := from; n <= to; n++ {
		all = append(all, n)
	}
	return all
}

func TestAWatcherMissesNothingFromAnyNumberOn(t *testing.T) {
	idle(t, func(r *rig) {
		r.start()
		for range 5 {
			r.say(zalo, "u1", "xin chào")
		}
		r.close() // what follows is older than the memory of the next process
		r.open()
		r.start()
		for range 5 {
			r.say(zalo, "u2", "xin chào")
		}
		last := r.lastEvent()
		for after := inbox.Seq(0); after <= last; after++ {
			seen, failed, stop := r.watch(after)
			if got := seen(); !slices.Equal(got, numbers(after+1, last)) || failed() != nil {
				r.Errorf("after %d it sees %v (%v), want up to %d", after, got, failed(), last)
			}
			stop()
		}
		seen, _, stop := r.watch(last)
		r.say(zalo, "u3", "xin chào")
		if got := seen(); len(got) == 0 || got[0] != last+1 {
			r.Errorf("what comes live is %v", got)
		}
		stop()
	})
}

func TestAWatcherMissesNothingOfMoreThanTheMemoryHolds(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.say(zalo, "u1", "xin chào")
		for range 5 {
			r.write(func(tx inbox.Writer) error {
				for range inbox.Recent / 2 {
					if err := tx.AppendEvent(inbox.Event{At: time.Now(), Kind: inbox.ConversationChanged, Conversation: c.ID}); err != nil {
						return err
					}
				}
				return nil
			})
		}
		r.settle()
		last := r.lastEvent()
		for _, after := range []inbox.Seq{0, 1, 700, last - inbox.Recent, last - 1} {
			seen, _, stop := r.watch(after)
			if got := seen(); !slices.Equal(got, numbers(after+1, last)) {
				r.Errorf("after %d it sees %d numbers, want %d without a gap", after, len(got), last-after)
			}
			stop()
		}
	})
}

func TestNumbersThatAreNoMoreKeptAreGone(t *testing.T) {
	idle(t, func(r *rig) {
		r.start()
		r.say(zalo, "u1", "xin chào")
		last := r.lastEvent()
		r.pass(8 * 24 * time.Hour)
		if c := r.say(zalo, "u1", "tuần sau"); c.LastSeq == 0 {
			r.Fatal("nothing was said")
		}
		r.close()
		r.open()
		r.start()
		_, failed, stop := r.watch(last - 1)
		wantError(t, "Watch of what was trimmed", failed(), inbox.ErrGone)
		stop()
		wantError(t, "Kept", r.hub.Feed().Kept(r.ctx(), 0), inbox.ErrGone)
		if err := r.hub.Feed().Kept(r.ctx(), r.lastEvent()-1); err != nil {
			r.Errorf("Kept of the newest = %v", err)
		}
		wantError(t, "Kept of a number never given", r.hub.Feed().Kept(r.ctx(), r.lastEvent()+1000), inbox.ErrGone)
		if err := r.hub.Feed().Kept(r.ctx(), r.lastEvent()); err != nil {
			r.Errorf("Kept of the last = %v", err)
		}
	})
}

func TestAPageAndItsNumberLeaveNoGap(t *testing.T) {
	inTime(t, func(r *rig) {
		r.say(zalo, "u1", "xin chào")
		page := must[inbox.Page](r)(r.hub.List(r.ctx(), lan, inbox.View{Name: inbox.AllList}, "", 50))
		seen, _, stop := r.watch(page.Event)
		defer stop()
		r.say(zalo, "u2", "xin chào")
		if got := seen(); len(got) == 0 || got[0] != page.Event+1 {
			r.Errorf("after the page of %d come %v", page.Event, got)
		}
	})
}

func TestAHappeningCarriesTheConversation(t *testing.T) {
	inTime(t, func(r *rig) {
		before := r.lastEvent()
		c := r.say(zalo, "u1", "xin chào")
		for h, err := range r.hub.Feed().Watch(r.ctx(), before) {
			if err != nil || h.Kind != inbox.MessageAdded || h.Row.ID != c.ID || h.Msg != 1 {
				r.Errorf("the first is %+v, %v", h, err)
			}
			break
		}
	})
}

// A department that gives a matter away is told, by an event of its own.
func TestADepartmentIsToldWhatLeavesIt(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.handedTo("u1", "so-y-te")
		before := r.lastEvent()
		must[inbox.Conversation](r)(r.hub.Transfer(r.ctx(), lan, c.ID, "so-xay-dung", ""))
		r.settle()
		told := map[string]bool{}
		for h, err := range r.hub.Feed().Watch(r.ctx(), before) {
			if err != nil {
				r.Fatal(err)
			}
			told[string(h.Department)] = true
			if h.Seq == r.lastEvent() {
				break
			}
		}
		if !told["so-y-te"] || !told["so-xay-dung"] {
			r.Errorf("told are %v", told)
		}
	})
}

func TestAVisitorIsToldOfWhatHeMayRead(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.say(web, "v1", "người thật")
		told, own, stop := r.hub.Feed().WatchVisitor(web, "v1")
		other, _, stopOther := r.hub.Feed().WatchVisitor(web, "v2")
		defer stopOther()
		was := func(ch <-chan struct{}) bool {
			r.settle()
			select {
			case <-ch:
				return true
			default:
				return false
			}
		}
		must[inbox.Message](r)(r.hub.AddNote(r.ctx(), lan, c.ID, "ghi chú", "n"))
		if was(told) {
			r.Error("he was told of a note")
		}
		must[inbox.Message](r)(r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "Dạ", Key: "1"}))
		must[inbox.Message](r)(r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "Dạ vâng", Key: "2"}))
		if !was(told) || was(told) {
			r.Error("he was not told once for both")
		}
		if was(other) {
			r.Error("another visitor was told")
		}
		if was(own) {
			r.Error("he was told that he had said something")
		}
		r.say(web, "v1", "còn một việc")
		if !was(own) || was(told) {
			r.Error("his own words were not told apart")
		}
		stop()
		must[inbox.Message](r)(r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "hết", Key: "3"}))
		if was(told) {
			r.Error("he was told after he left")
		}
	})
}

func TestWhatAVisitorReads(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.say(web, "v1", "người thật")
		must[inbox.Message](r)(r.hub.AddNote(r.ctx(), lan, c.ID, "ghi chú nội bộ", "n"))
		must[inbox.Message](r)(r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "Dạ", Key: "1", Resolve: true}))
		second := r.say(web, "v1", "hỏi lại")
		r.say(web, "v2", "của người khác")
		read := func(seen map[inbox.ConversationID]uint64, limit int) (texts []string) {
			shown, err := r.hub.ShownTo(r.ctx(), web, "v1", func(id inbox.ConversationID) uint64 { return seen[id] }, limit)
			if err != nil {
				r.Fatal(err)
			}
			for _, s := range shown {
				if want := map[inbox.ConversationID]string{c.ID: c.Code, second.ID: second.Code}[s.Conversation]; s.Code != want {
					r.Errorf("message %q has the code %q, want %q", s.Content.Text, s.Code, want)
				}
				texts = append(texts, s.Content.Text)
			}
			return texts
		}
		all := []string{"người thật", "Cán bộ sẽ trả lời.", "Dạ", "hỏi lại", "Dạ: hỏi lại"}
		if got := read(nil, 50); !slices.Equal(got, all) {
			r.Errorf("from the start he reads %q, want %q", got, all)
		}
		if got := read(nil, 3); !slices.Equal(got, all[:3]) {
			r.Errorf("three at most are %q", got)
		}
		if got := read(map[inbox.ConversationID]uint64{c.ID: r.again(c.ID).LastSeq, second.ID: 1}, 50); !slices.Equal(got, all[4:]) {
			r.Errorf("after a break he reads %q", got)
		}
	})
}

// counting is a store that counts its Views and can be told to fail them.
type counting struct {
	inbox.Store
	views atomic.Int64
	fail  atomic.Bool
}

func (c *counting) View(ctx context.Context, fn func(inbox.Reader) error) error {
	c.views.Add(1)
	if c.fail.Load() {
		return inbox.ErrUnavailable
	}
	return c.Store.View(ctx, fn)
}

// counted runs a test with a hub that works over a counting store.
func counted(t *testing.T, test func(r *rig, store *counting)) {
	idle(t, func(r *rig) {
		store := &counting{Store: r.store}
		r.use(store)
		r.start()
		test(r, store)
	})
}

// change appends that many events of one conversation.
func (r *rig) change(c inbox.Conversation, events int) {
	r.Helper()
	r.write(func(tx inbox.Writer) error {
		for range events {
			if err := tx.AppendEvent(inbox.Event{At: time.Now(), Kind: inbox.ConversationChanged, Conversation: c.ID}); err != nil {
				return err
			}
		}
		return nil
	})
	r.settle()
}

func TestWhereNobodyWatchesEventsCostNoReading(t *testing.T) {
	counted(t, func(r *rig, store *counting) {
		c := r.say(zalo, "u1", "xin chào")
		told, _, stop := r.hub.Feed().WatchVisitor(zalo, "u1")
		defer stop()
		before := store.views.Load()
		r.change(c, 100)
		r.write(func(tx inbox.Writer) error {
			return tx.AppendEvent(inbox.Event{Kind: inbox.MessageAdded, Channel: zalo, Remote: "u1", Public: true})
		})
		r.settle()
		if n := store.views.Load() - before; n != 0 {
			r.Errorf("%d Views for what nobody watches", n)
		}
		select {
		case <-told:
		default:
			r.Error("the visitor was not told")
		}
	})
}

func TestManyEventsAreReadTogetherAndOnceForAllWatchers(t *testing.T) {
	counted(t, func(r *rig, store *counting) {
		c := r.say(zalo, "u1", "xin chào")
		after := r.lastEvent()
		r.change(c, 100)
		before := store.views.Load()
		for range 5 {
			seen, _, stop := r.watch(after)
			if got := seen(); !slices.Equal(got, numbers(after+1, after+100)) {
				r.Errorf("a watcher sees %d of 100", len(got))
			}
			stop()
		}
		if n := store.views.Load() - before; n != 1 {
			r.Errorf("%d Views for five watchers of one batch, want 1", n)
		}
	})
}

func TestWatchersWhoWaitTogetherShareTheReading(t *testing.T) {
	counted(t, func(r *rig, store *counting) {
		c := r.say(zalo, "u1", "xin chào")
		after := r.lastEvent()
		var all []func() []inbox.Seq
		for range 20 {
			seen, _, stop := r.watch(after)
			defer stop()
			all = append(all, seen)
		}
		before := store.views.Load()
		r.change(c, 50)
		if n := store.views.Load() - before; n > 50/5 {
			r.Errorf("%d Views for 50 events of one commit and 20 watchers", n)
		}
		for _, seen := range all {
			if got := seen(); !slices.Equal(got, numbers(after+1, after+50)) {
				r.Errorf("a watcher sees %v", got)
			}
		}
	})
}

func TestWatchersWaitForAStoreThatCannotBeRead(t *testing.T) {
	counted(t, func(r *rig, store *counting) {
		c := r.say(zalo, "u1", "xin chào")
		after := r.lastEvent()
		seen, failed, stop := r.watch(after)
		defer stop()
		store.fail.Store(true)
		r.change(c, 3)
		if got := seen(); len(got) > 0 || failed() != nil {
			r.Errorf("it sees %v, %v of a store that cannot be read", got, failed())
		}
		store.fail.Store(false)
		r.pass(2 * time.Second)
		if got := seen(); !slices.Equal(got, numbers(after+1, after+3)) {
			r.Errorf("afterwards it sees %v", got)
		}
	})
}

func TestWhoeverFollowsOneKindIsToldOfIt(t *testing.T) {
	counted(t, func(r *rig, store *counting) {
		told, stop := r.hub.Feed().WatchKind(inbox.KnowledgeChanged)
		was := func() bool {
			r.settle()
			select {
			case <-told:
				return true
			default:
				return false
			}
		}
		if !was() {
			r.Error("it is not told to look at what was before")
		}
		r.say(zalo, "u1", "xin chào")
		if was() {
			r.Error("it is told of another kind")
		}
		before := store.views.Load()
		for range 2 {
			r.write(func(tx inbox.Writer) error { return tx.AppendEvent(inbox.Event{Kind: inbox.KnowledgeChanged}) })
		}
		if !was() || was() {
			r.Error("it is not told once for both")
		}
		if n := store.views.Load() - before; n != 0 {
			r.Errorf("being told cost %d Views", n)
		}
		stop()
		r.write(func(tx inbox.Writer) error { return tx.AppendEvent(inbox.Event{Kind: inbox.KnowledgeChanged}) })
		if was() {
			r.Error("it is told after it left")
		}
	})
}

func TestWhoeverComesBeforeTheLogIsToldWhenItBegins(t *testing.T) {
	idle(t, func(r *rig) {
		told, stop := r.hub.Feed().WatchKind(inbox.KnowledgeChanged)
		defer stop()
		select {
		case <-told:
			r.Error("it is told before anything is followed")
		default:
		}
		r.start()
		select {
		case <-told:
		default:
			r.Error("it is not told when the log is followed")
		}
	})
}

// replaced is a store whose log another has taken the place of, as a backup that
// was restored.
type replaced struct {
	inbox.Store
	gone chan struct{} // closed: the numbers followed so far mean nothing any more
}

func (s *replaced) Follow(ctx context.Context, after inbox.Seq) iter.Seq2[inbox.Event, error] {
	return func(yield func(inbox.Event, error) bool) {
		following, cancel := context.WithCancel(ctx)
		defer cancel()
		select {
		case <-s.gone:
		default:
			go func() {
				select {
				case <-s.gone:
					cancel()
				case <-following.Done():
				}
			}()
		}
		for e, err := range s.Store.Follow(following, after) {
			if !yield(e, err) {
				return
			}
		}
		if ctx.Err() == nil {
			yield(inbox.Event{}, inbox.ErrGone)
		}
	}
}

func TestAnotherLogSendsEverybodyToReadAfresh(t *testing.T) {
	idle(t, func(r *rig) {
		store := &replaced{Store: r.store, gone: make(chan struct{})}
		r.use(store)
		r.start()
		c := r.say(zalo, "u1", "xin chào")
		_, failed, stop := r.watch(r.lastEvent())
		told, stopKind := r.hub.Feed().WatchKind(inbox.KnowledgeChanged)
		defer stopKind()
		<-told
		close(store.gone)
		r.pass(2 * time.Second)
		wantError(r, "Watch of a log that is no more", failed(), inbox.ErrGone)
		stop()
		select {
		case <-told:
		default:
			r.Error("who follows one kind is not told to look")
		}
		after := r.lastEvent()
		seen, _, stopSeen := r.watch(after)
		defer stopSeen()
		r.change(c, 2)
		if got := seen(); !slices.Equal(got, numbers(after+1, after+2)) {
			r.Errorf("of the new log it sees %v", got)
		}
	})
}
