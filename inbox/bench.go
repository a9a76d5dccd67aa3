package inbox

import (
	"cmp"
	"context"
	"strings"
	"unicode/utf8"

	"tongdai/bot"
	"tongdai/kb"
	"tongdai/kb/sheet"
)

// The bench lets those who own entries ask as citizens do and see why they get the
// answer they get, now or as if a draft were published. It goes the way of every
// turn (decideOn) and writes nothing: no conversation, no turn, no figure.

// trials is a knowledge base that can be tried as it would be after a publication.
// The hub's is one; where it is not, nothing is tried.
type trials interface {
	Trial(put []kb.Entry, gone ...kb.EntryID) *kb.Trial
	Alike(questions []string) [][]int
}

// errNoTrials says that this hub cannot try.
var errNoTrials = conflict("Máy chủ này không có chỉ mục để thử; hãy hỏi quản trị viên.")

func (h *Hub) trials() (trials, error) {
	t, ok := h.knowledge.(trials)
	if !ok {
		return nil, errNoTrials
	}
	return t, nil
}

// Tried is a question that was asked on the bench.
type Tried struct {
	Why      kb.Why
	Decision bot.Decision
	Shown    []Showing  // the reply, by channel
	Draft    kb.EntryID // that was taken for published; empty: none
	// The confidences from which the bot answers and asks back; zero: not known.
	AnswerAt, ClarifyAt float64
}

// hitsExplained is how many entries the bench shows.
const hitsExplained = 5

// Try asks a question as a citizen would in a new conversation; with a draft, as if
// it were published.
func (h *Hub) Try(ctx context.Context, actor Actor, question string, draft kb.EntryID) (Tried, error) {
	if !actor.May(SeeKnowledge) {
		return Tried{}, ErrForbidden
	}
	question = strings.TrimSpace(question)
	if question == "" || !utf8.ValidString(question) {
		return Tried{}, Invalid{{"question", "Hãy nhập câu hỏi."}}
	}
	if utf8.RuneCountInString(question) > sheet.MaxAnswer {
		return Tried{}, Invalid{{"question", "Câu hỏi quá dài; hãy rút ngắn."}}
	}
	trial, err := h.trialOf(ctx, draft)
	if err != nil {
		return Tried{}, err
	}
	d, err := h.decideAlone(ctx, trial, question)
	if err != nil {
		return Tried{}, err
	}
	query := cmp.Or(h.bot.Need(bot.State{}, bot.Message{Text: question}).Query, question)
	t := Tried{Why: trial.Why(query, hitsExplained), Decision: d, Draft: draft}
	if b, ok := h.bot.(interface{ Thresholds() (float64, float64) }); ok {
		t.AnswerAt, t.ClarifyAt = b.Thresholds()
	}
	for _, r := range d.Replies {
		t.Shown = append(t.Shown, h.shown(r.Content)...)
	}
	return t, nil
}

// decideAlone is what the bot would do with a question that begins a conversation.
func (h *Hub) decideAlone(ctx context.Context, know Knowledge, question string) (bot.Decision, error) {
	c, m := Conversation{Code: h.cfg.CodePrefix + "-…"}, Message{}
	m.Content.Text = question
	return h.decideOn(ctx, know, c, m, false)
}

// trialOf is the knowledge base as it is; with a draft, as if that were published.
func (h *Hub) trialOf(ctx context.Context, draft kb.EntryID) (*kb.Trial, error) {
	know, err := h.trials()
	if err != nil || draft == "" {
		return tried(know, nil), err
	}
	var e kb.Entry
	err = h.store.View(ctx, func(tx Reader) error {
		a := &entryActing{hub: h, read: tx}
		if err := a.load(draft); err != nil {
			return err
		}
		if !a.hasDraft() {
			return conflict("Mục này không có bản nháp nào.")
		}
		e = a.published()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return tried(know, []kb.Entry{e}), nil
}

func tried(know trials, put []kb.Entry) *kb.Trial {
	if know == nil {
		return nil
	}
	return know.Trial(put)
}

// published is the draft as its publication would write it.
func (a *entryActing) published() kb.Entry {
	e := a.draft.Value.over(a.stored)
	e.ID, e.Status, e.ConfirmedOn = a.id(), kb.Published, entryDay(a.hub.store.Now())
	return e
}

// EntryShown is how citizens would see an entry, by channel: with its draft, where it
// has one.
func (h *Hub) EntryShown(ctx context.Context, actor Actor, id kb.EntryID, text *EntryText) ([]Showing, error) {
	if !actor.May(SeeKnowledge) {
		return nil, ErrForbidden
	}
	var e kb.Entry
	if text != nil {
		e = text.tidied().over(kb.Entry{ID: cmp.Or(id, "M")})
		e.ConfirmedOn = entryDay(h.store.Now())
	} else if err := h.store.View(ctx, func(tx Reader) error {
		a := &entryActing{hub: h, read: tx}
		if err := a.load(id); err != nil {
			return err
		}
		if e = a.stored; a.hasDraft() {
			e = a.published()
		}
		return nil
	}); err != nil {
		return nil, err
	}
	e.Status = kb.Published
	d := h.bot.Decide(bot.State{Greeted: true}, bot.Press(e.ID), bot.Evidence{
		Now: h.store.Now(), Staffed: true, Department: h.directory.DepartmentName, Entries: map[kb.EntryID]kb.Entry{e.ID: e},
	})
	var all []Showing
	for _, r := range d.Replies {
		all = append(all, h.shown(r.Content)...)
	}
	return all, nil
}
