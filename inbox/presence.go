package inbox

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// Doing is what a member does with a conversation that is open before him.
type Doing string

// What a member does with a conversation.
const (
	Here    Doing = "here"
	Writing Doing = "writing"
	Gone    Doing = "gone"
)

// Attendant is a member who has a conversation open.
type Attendant struct {
	Member MemberID
	Doing  Doing
}

// PresenceBeat is how often a screen says again that it is still there;
// whoever was not heard of for PresenceLasts has gone.
const (
	PresenceBeat  = 20 * time.Second
	PresenceLasts = 45 * time.Second
)

// presence knows who has which conversation open, on any node. It is memory
// alone, made from what members of this node say and from the events of all:
// after a start it fills again within a beat.
type presence struct {
	mu   sync.Mutex
	open map[ConversationID]map[MemberID]seen
	size int // conversations at the last clearing
}

type seen struct {
	doing Doing
	at    time.Time
}

// hear takes what an event, or a member, tells, and reports whether it is news:
// a member who was not there, or does something else.
func (p *presence) hear(c ConversationID, m MemberID, doing Doing, at time.Time) (news bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before, there := p.open[c][m]
	there = there && at.Sub(before.at) < PresenceLasts
	if doing == Gone {
		delete(p.open[c], m)
		if len(p.open[c]) == 0 {
			delete(p.open, c)
		}
		return there
	}
	if p.open == nil {
		p.open = map[ConversationID]map[MemberID]seen{}
	}
	if p.open[c] == nil {
		p.clear(at)
		p.open[c] = map[MemberID]seen{}
	}
	p.open[c][m] = seen{doing, at}
	return !there || before.doing != doing
}

// presenceRoom is how many conversations are remembered before those that
// nobody has open any more are looked for.
const presenceRoom = 256

// clear forgets who fell silent, once what is remembered has doubled.
func (p *presence) clear(now time.Time) {
	if len(p.open) < max(presenceRoom, 2*p.size) {
		return
	}
	for c, members := range p.open {
		for m, s := range members {
			if now.Sub(s.at) >= PresenceLasts {
				delete(members, m)
			}
		}
		if len(members) == 0 {
			delete(p.open, c)
		}
	}
	p.size = len(p.open)
}

// others lists who else has a conversation open.
func (p *presence) others(c ConversationID, but MemberID, now time.Time) (out []Attendant) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for m, s := range p.open[c] {
		if m != but && now.Sub(s.at) < PresenceLasts {
			out = append(out, Attendant{m, s.doing})
		}
	}
	slices.SortFunc(out, func(a, b Attendant) int { return cmp.Compare(a.Member, b.Member) })
	return out
}

// Attend takes what a member says of a conversation on his screen, and returns
// who else has it open. Coming, going and writing are told to everybody by an
// event; that one is still there only while somebody else is, so that who works
// alone writes nothing but that he came and went.
func (h *Hub) Attend(ctx context.Context, actor Actor, id ConversationID, doing Doing) ([]Attendant, error) {
	if doing != Here && doing != Writing && doing != Gone {
		return nil, Invalid{{"doing", "Trạng thái không đúng."}}
	}
	var c Conversation
	err := h.store.View(ctx, func(tx Reader) (err error) {
		c, err = actor.seen(tx.Conversation(id))
		return err
	})
	if err != nil {
		return nil, err
	}
	now := h.store.Now()
	news := h.feed.presence.hear(id, actor.Member.ID, doing, now)
	if doing == Writing || news && doing == Here {
		h.sign(actor, c, doing)
	}
	others := h.feed.presence.others(id, actor.Member.ID, now)
	if !news && (len(others) == 0 || doing == Gone) {
		return others, nil
	}
	return others, h.store.Update(ctx, func(tx Writer) error {
		return tx.AppendEvent(Event{
			At: now, Kind: MemberPresent, Conversation: id, Channel: c.Channel, Department: c.Department,
			Member: actor.Member.ID, Detail: string(doing),
		})
	})
}
