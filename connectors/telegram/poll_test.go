package telegram_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/telegram"
	"tongdai/connectors/telegram/telegramsim"
)

// What is confirmed is on disk: the hub is killed, in effect, at every point
// between Receive and the next fetch, and another takes over.
func TestFetchingLosesAndDoublesNothing(t *testing.T) {
	r := newRig(t)
	const many = 300
	var said atomic.Int64
	go func() {
		for i := range many {
			user := r.sim.Citizen(fmt.Sprint("Người dân ", i%7))
			r.sim.Say(user, fmt.Sprint("Tin ", i))
			said.Add(1)
			if i%10 == 0 {
				<-time.After(time.Millisecond)
			}
		}
	}()
	for round := 0; said.Load() < many || r.sim.Waiting() > 0; round++ {
		if round > 1000 {
			t.Fatal("they never all came")
		}
		r.interrupted(round)
	}
	in := r.hub.All(connectors.Said)
	if len(in) != many {
		t.Errorf("%d messages were kept, want %d", len(in), many)
	}
	last := map[connectors.RemoteID]string{}
	for _, one := range in { // the numbers of one person grow
		if before := last[one.From]; before != "" && number(before) >= number(string(one.Message)) {
			t.Errorf("message %s of %s came after %s", one.Message, one.From, before)
		}
		last[one.From] = string(one.Message)
	}
	if len(r.hub.Inbounds()) == len(r.hub.All()) {
		t.Error("nothing ever came again: the interruptions fell into silence")
	}
	for _, u := range r.sim.Ledger().Updates {
		if u.Lost {
			t.Errorf("update %d was confirmed and never given", u.ID)
		}
	}
}

// interrupted runs a bot until some of what it fetched is kept, and ends it right
// there, before it can tell the platform. Some of what comes is refused as well.
func (r *rig) interrupted(round int) {
	r.t.Helper()
	conn, err := telegram.NewPolled(r.cfg, r.deps())
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(r.t.Context())
	defer cancel()
	var taken atomic.Int64
	r.hub.Meanwhile(func(connectors.Raw, []connectors.Inbound) error {
		n := taken.Add(1)
		if round%3 == 1 && n%5 == 0 {
			return errors.New("the disk is full")
		}
		if n >= int64(7+round) {
			cancel()
		}
		return nil
	})
	timer := time.AfterFunc(100*time.Millisecond, cancel) // where nothing is left to take
	defer timer.Stop()
	_ = conn.Run(ctx, r.hub) // ends with ctx
	r.hub.Meanwhile(nil)
}

func TestTheOffsetMovesOverWhatIsKeptAlone(t *testing.T) {
	r := newRig(t)
	other := r.sim.Citizen("Lê Văn Ví Dụ")
	r.sim.Say(r.user, "một")
	r.sim.Say(other, "hai")
	r.sim.Say(r.user, "ba")
	r.sim.Say(other, "bốn")
	var mu sync.Mutex
	refuse := true
	r.hub.Meanwhile(func(_ connectors.Raw, in []connectors.Inbound) error {
		mu.Lock()
		defer mu.Unlock()
		if refuse && in[0].Content.Text == "hai" {
			return errors.New("the disk is full")
		}
		return nil
	})
	r.polled()
	until(t, "the first person's messages", func() bool { return len(r.hub.All(connectors.Said)) == 2 })
	until(t, "the next fetch", func() bool { return r.sim.Waiting() == 3 })
	for _, in := range r.hub.All(connectors.Said) {
		if in.From != r.to {
			t.Errorf("%q overtook what was said before it", in.Content.Text)
		}
	}
	mu.Lock()
	refuse = false
	mu.Unlock()
	until(t, "all of them", func() bool { return len(r.hub.All(connectors.Said)) == 4 && r.sim.Waiting() == 0 })
}

// After a week of silence the server may count anew, lower: an offset that is
// still remembered would confirm what nobody has seen.
func TestTheServerMayCountAnew(t *testing.T) {
	r := newRig(t)
	r.sim.Say(r.user, "tuần trước")
	r.polled()
	until(t, "the first", func() bool { return len(r.hub.All(connectors.Said)) == 1 && r.sim.Waiting() == 0 })
	fetches := len(r.sim.Ledger().CallsOf("getUpdates"))
	until(t, "an empty fetch", func() bool { return len(r.sim.Ledger().CallsOf("getUpdates")) > fetches })
	r.sim.Renumber(4711)
	r.sim.Say(r.user, "tuần này")
	until(t, "the second", func() bool { return len(r.hub.All(connectors.Said)) == 2 && r.sim.Waiting() == 0 })
	for _, u := range r.sim.Ledger().Updates {
		if u.Lost {
			t.Errorf("update %d was confirmed and never given", u.ID)
		}
	}
}

func TestAnAlbumThatIsFetchedAtOnceIsKeptAtOnce(t *testing.T) {
	r := newRig(t)
	r.sim.SendAlbum(r.user, "Hố ga", telegramsim.File{Kind: telegramsim.Photo, Name: "1.jpg", Data: picture(1)},
		telegramsim.File{Kind: telegramsim.Photo, Name: "2.jpg", Data: picture(2)}, telegramsim.File{Kind: telegramsim.Photo, Name: "3.jpg", Data: picture(3)})
	r.sim.Say(r.user, "Ở Lê Lợi")
	conn, _ := r.polled()
	until(t, "all of it", func() bool { return len(r.hub.All(connectors.Said)) == 4 })
	kept := r.hub.Kept()
	if len(kept) != 2 {
		t.Errorf("kept in %d parts, want the album and the words", len(kept))
	}
	again, err := conn.Parse(t.Context(), kept[0])
	if err != nil || len(again) != 3 || again[0].Album == "" || again[0].Album != again[2].Album || again[0].Content.Text != "Hố ga" {
		t.Errorf("read again it is %+v, %v", again, err)
	}
}

func TestTwoWhoFetchAreTold(t *testing.T) {
	r := newRig(t)
	conn, _ := r.polled()
	until(t, "a fetch", func() bool { return len(r.sim.Ledger().CallsOf("deleteWebhook")) > 0 })
	if health := conn.Check(t.Context()); !health.OK || health.Problem != "" {
		t.Errorf("Check = %+v", health)
	}
	r.sim.Fail(telegramsim.Fault{On: "getUpdates", Code: 409, Description: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"})
	until(t, "the alarm", func() bool {
		health := conn.Check(t.Context())
		return !health.OK && strings.Contains(health.Problem, "409")
	})
	r.sim.ClearFaults()
	r.sim.Say(r.user, "Alo?")
	until(t, "peace", func() bool { return conn.Check(t.Context()).OK && len(r.hub.All(connectors.Said)) == 1 })
}

func TestAWebhookSetElsewhereIsTold(t *testing.T) {
	r := newRig(t)
	conn, stop := r.polled()
	until(t, "a fetch", func() bool { return len(r.sim.Ledger().CallsOf("deleteWebhook")) > 0 })
	other, hook := r.hooked()
	if _, err := other.Install(t.Context(), hook); err != nil {
		t.Fatal(err)
	}
	if health := conn.Check(t.Context()); health.OK || !strings.Contains(health.Problem, "webhook") {
		t.Errorf("Check = %+v", health)
	}
	stop()
	done, err := conn.Install(t.Context(), "")
	if err != nil || len(done) != 4 {
		t.Errorf("Install = %q, %v", done, err)
	}
	if health := conn.Check(t.Context()); !health.OK {
		t.Errorf("Check = %+v", health)
	}
}

func TestFetchingSurvivesOutages(t *testing.T) {
	r := newRig(t)
	r.sim.Fail(telegramsim.Fault{On: "deleteWebhook", Times: 2, Code: 500, Description: "Internal Server Error"})
	r.sim.Fail(telegramsim.Fault{On: "getUpdates", Times: 1, Cut: telegramsim.CutHalf})
	r.sim.Fail(telegramsim.Fault{On: "getUpdates", Times: 1, Code: 502, Body: "<html>Bad Gateway</html>"})
	r.sim.Say(r.user, "Alo?")
	r.polled()
	until(t, "the message", func() bool { return len(r.hub.All(connectors.Said)) == 1 && r.sim.Waiting() == 0 })
}

func TestWhoFetchesAnswersPressesAndGroups(t *testing.T) {
	r := newRig(t)
	conn, _ := r.polled()
	r.talking()
	receipt, err := conn.Send(t.Context(), r.out("k1", offer(2)))
	if err != nil {
		t.Fatal(err)
	}
	r.sim.Press(r.user, number(string(receipt.Message)), "=v0")
	group := r.sim.Group("supergroup", "Tổ dân phố 5")
	r.sim.SayIn(group, r.user, "@tongdai1022_bot đèn hỏng")
	r.sim.Group("channel", "Tin tức")
	until(t, "the answers", func() bool {
		l := r.sim.Ledger()
		return len(l.CallsOf("answerCallbackQuery")) == 1 && len(l.CallsOf("leaveChat")) == 1 && len(r.sim.Messages(group)) == 2
	})
	until(t, "all to be taken", func() bool { return r.sim.Waiting() == 0 })
	if said := r.hub.All(connectors.Said); len(said) != 1 || said[0].Pressed != "v0" || said[0].Content.Text != "Chọn 0" {
		t.Errorf("Said = %+v", said)
	}
	if words := slices.IndexFunc(r.sim.Messages(group), func(m telegramsim.Message) bool { return strings.Contains(m.Text, "tin nhắn riêng") }); words < 0 {
		t.Errorf("the group was told %+v", r.sim.Messages(group))
	}
}
