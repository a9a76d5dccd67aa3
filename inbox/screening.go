package inbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tongdai/connectors/content"
)

// What needs no answer of a department is put aside: spam, abuse, what was said
// in another matter already, and what is not for this hotline. It is counted
// apart from what was answered, and comes back by being opened again. Nobody is
// shut out by it: whoever writes again begins a new matter, which at most
// carries a hint for the desk, because a report that nobody reads is worse than
// an advertisement that somebody does.

// Screening says why a matter is put aside.
type Screening struct {
	Ending Ending // one that is Screened
	Of     string // of a Duplicate: the code of the matter that goes on
	Text   string // what the citizen is told; only what is NotOurs must be told
	Key    string // of the message, as in NewReply
}

// Screen puts a matter aside.
func (h *Hub) Screen(ctx context.Context, actor Actor, id ConversationID, s Screening) (Conversation, error) {
	s.Of = strings.TrimSpace(s.Of)
	if err := h.checkScreening(s); err != nil {
		return Conversation{}, err
	}
	return h.act(ctx, actor, id, Screened, func(a *acting) (string, error) {
		if a.c.Status == Resolved && a.c.Ending == s.Ending {
			return "", errUnchanged
		}
		if a.c.Urgent {
			return "", conflict("Phiếu %s là phiếu khẩn nên không sàng lọc được; nếu không còn khẩn, hãy bỏ dấu khẩn trước.", a.c.Code)
		}
		if s.Ending == Duplicate {
			if err := a.pointTo(s.Of); err != nil {
				return "", err
			}
		}
		if err := a.endAs(s.Text, s.Key, s.Ending, string(s.Ending)); err != nil {
			return "", err
		}
		return strings.TrimSpace(string(s.Ending) + " " + s.Of), a.mark(Screened, s.Of, string(s.Ending))
	})
}

func (h *Hub) checkScreening(s Screening) error {
	if !s.Ending.Screened() {
		return Invalid{{Field: "ending", Message: "Hãy chọn lý do sàng lọc."}}
	}
	if s.Ending == Duplicate && s.Of == "" {
		return Invalid{{Field: "of", Message: "Hãy nhập mã của phiếu đã có, ví dụ TH-261121-0042."}}
	}
	if s.Ending == NotOurs && strings.TrimSpace(s.Text) == "" {
		return Invalid{{Field: "text", Message: "Hãy viết lý do cho người dân biết."}}
	}
	return checkText("text", s.Text, true)
}

// pointTo marks in the matter that goes on that this one said the same.
func (a *acting) pointTo(code string) error {
	other, err := a.actor.seen(a.tx.ConversationByCode(code))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if err != nil {
		return Invalid{{Field: "of", Message: fmt.Sprintf("Không tìm thấy phiếu %s; hãy kiểm tra lại mã.", code)}}
	}
	if other.ID == a.c.ID {
		return Invalid{{Field: "of", Message: "Đây là mã của chính phiếu này; hãy nhập mã của phiếu đã có."}}
	}
	if other.Ending.Screened() {
		return Invalid{{Field: "of", Message: fmt.Sprintf("Phiếu %s cũng đã được sàng lọc; hãy chọn phiếu đang được xử lý.", code)}}
	}
	m, err := a.hub.mark(a.tx, &other, Change{Action: Doubled, To: a.c.Code}, a.author(), a.now)
	if err != nil {
		return err
	}
	if other, err = a.tx.PutConversation(other); err != nil {
		return err
	}
	return a.tx.AppendEvent(messageEvent(MessageAdded, other, m, a.now))
}

// endAs tells the citizen what there is to be told, ends the matter as ending,
// and counts that under the name given. Nothing is owed any more: whoever was
// given a number was answered.
func (a *acting) endAs(text, key string, ending Ending, counted string) error {
	if a.c.Status == Resolved {
		return conflict("Phiếu %s đã đóng; hãy mở lại trước.", a.c.Code)
	}
	a.silenceBot()
	if strings.TrimSpace(text) != "" {
		if err := a.hub.checkReply(NewReply{Text: text, Key: key}); err != nil {
			return err
		}
		if err := a.hub.checkLimits(a.c, NewReply{Text: text}); err != nil {
			return err
		}
		if err := a.speak(Message{Key: key, Content: content.Content{Text: text}}); err != nil {
			return err
		}
		if err := a.audit(Replied, ""); err != nil {
			return err
		}
	}
	owed := PromiseMoot
	if ending == Referred {
		owed = PromiseKept
	}
	if err := a.hub.settleClocks(a.tx, &a.c, a.now, owed, func(Promise) bool { return true }); err != nil {
		return err
	}
	a.c.Status, a.c.ResolvedAt, a.c.Ending = Resolved, a.now, ending
	a.c.WaitingSince, a.c.Unread, a.c.ReadSeq = time.Time{}, 0, a.c.LastSeq
	return keepCounted(a.tx, a.c.ID, a.now, counted)
}

// Endings are counted by the day of Hà Nội on which matters ended, so that a
// report of a month reads some thirty rows.

// DayEndings counts the endings of one day: how many were "spam", how many
// "referred/so-y-te". Answered ones are not among them.
type DayEndings map[string]int

// EndingsByDay keeps DayEndings under the day: "2026-11-21".
const EndingsByDay Shelf[DayEndings] = "endings"

// countedEnding is where an ending was counted, so that opening the matter again takes it back.
type countedEnding struct {
	Day string `json:"day"`
	As  string `json:"as"`
}

const countedEndings Shelf[countedEnding] = "ending-of"

// referredTo is what a referral to a department is counted as.
func referredTo(department string) string { return string(Referred) + "/" + department }

func keepCounted(tx Writer, id ConversationID, at time.Time, as string) error {
	day := at.In(hanoi).Format(time.DateOnly)
	if err := countEnding(tx, day, as, 1); err != nil {
		return err
	}
	_, err := countedEndings.Put(tx, Kept[countedEnding]{ID: string(id), Value: countedEnding{Day: day, As: as}})
	return err
}

func countEnding(tx Writer, day, as string, n int) error {
	kept, err := EndingsByDay.Get(tx, day)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if kept.Value == nil {
		kept.Value = DayEndings{}
	}
	kept.ID = day
	if kept.Value[as] = max(kept.Value[as]+n, 0); kept.Value[as] == 0 {
		delete(kept.Value, as)
	}
	_, err = EndingsByDay.Put(tx, kept)
	return err
}

// unend takes back how c ended. The caller opens and writes c.
func unend(tx Writer, c *Conversation) error {
	if c.Ending == Ended {
		return nil
	}
	c.Ending = Ended
	counted, err := countedEndings.Get(tx, string(c.ID))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := countEnding(tx, counted.Value.Day, counted.Value.As, -1); err != nil {
		return err
	}
	return countedEndings.Delete(tx, string(c.ID))
}

// Endings counts how matters ended on the days from one time to another, both
// days included, other than by an answer: under "spam", "abuse", "duplicate",
// "not_ours", and "referred/" with the department. For those who see the whole house.
func (h *Hub) Endings(ctx context.Context, actor Actor, from, to time.Time) (DayEndings, error) {
	if !actor.MayEverywhere(SeeConversation) {
		return nil, ErrForbidden
	}
	sum := DayEndings{}
	err := h.store.View(ctx, func(tx Reader) error {
		days, err := EndingsByDay.List(tx, PaperQuery{
			From:  from.In(hanoi).Format(time.DateOnly),
			Until: to.In(hanoi).AddDate(0, 0, 1).Format(time.DateOnly),
		})
		clear(sum)
		for _, day := range days {
			for as, n := range day.Value {
				sum[as] += n
			}
		}
		return err
	})
	return sum, err
}

// From so many matters of one person that ended as spam within spamMemory on,
// the desk is told with the next.
const (
	spamHint   = 3
	spamMemory = 30 * 24 * time.Hour
)

// spamBefore counts the person's other matters that ended as spam of late; zero
// while they are too few to be worth a hint.
func spamBefore(tx Reader, c Conversation, now time.Time) (n int, err error) {
	matters, _, err := tx.Conversations(ListQuery{Lists: []ListID{OfContact(c.Contact)}, Limit: earlierShown + 1})
	for _, m := range matters {
		if m.ID != c.ID && m.Ending == Spam && now.Sub(m.ResolvedAt) < spamMemory {
			n++
		}
	}
	if n < spamHint {
		n = 0
	}
	return n, err
}
