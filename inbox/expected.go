package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"tongdai/bot"
	"tongdai/kb"
	"tongdai/kb/sheet"
	"tongdai/kb/vi"
)

// Departments keep questions of which they know the answer: this entry, or nobody but
// people. They are asked again whenever something is to be published, so that what was
// right does not go wrong unnoticed.

// Expected is a saved question with what is expected of the bot.
type Expected struct {
	Question   string          `json:"q"`
	Entry      kb.EntryID      `json:"entry,omitempty"` // that answers it; empty: people must get it
	Department kb.DepartmentID `json:"dep"`             // that keeps it
	At         time.Time       `json:"at"`
	By         MemberID        `json:"by,omitempty"`
}

// ExpectedAnswers are kept under what the question hashes to: one that is saved again
// replaces what was expected of it.
const ExpectedAnswers Shelf[Expected] = "kb-expected"

// expectedAllowed is how many questions are saved at most: they are all asked before
// each publication.
const expectedAllowed = 5000

// Grade tells how the bot did with a saved question.
type Grade string

// The grades, best first.
const (
	GradeRight Grade = "right" // as expected
	GradeAsked Grade = "asked" // asked back, with what was expected among the choices; or asked back where people must get it
	GradeLeft  Grade = "left"  // left to people, or asked back for something else
	GradeWrong Grade = "wrong" // another answer was given
)

var gradeRank = map[Grade]int{GradeRight: 3, GradeAsked: 2, GradeLeft: 1, GradeWrong: 0}

// Checked is a saved question with what the bot did.
type Checked struct {
	Kept[Expected]
	Grade      Grade
	Outcome    bot.Outcome
	Entry      kb.EntryID // that was given
	Confidence float64    // of the best candidate
}

// Check is what came of asking saved questions.
type Check struct {
	Results []Checked // in the order of the questions
	Count   map[Grade]int
	Took    time.Duration
}

// CheckChange is a saved question that a publication would have answered differently.
type CheckChange struct{ Before, After Checked }

// Effect is what the publication of a draft would change for saved questions.
type Effect struct {
	Asked         int // saved questions
	Worse, Better []CheckChange
}

// ExpectedOf lists the saved questions of a department, or all, by question.
func (h *Hub) ExpectedOf(ctx context.Context, actor Actor, of kb.DepartmentID) (all []Kept[Expected], err error) {
	if !actor.May(SeeKnowledge) {
		return nil, ErrForbidden
	}
	return h.expected(ctx, of)
}

func (h *Hub) expected(ctx context.Context, of kb.DepartmentID) (all []Kept[Expected], err error) {
	err = h.store.View(ctx, func(tx Reader) error {
		all, err = ExpectedAnswers.List(tx, PaperQuery{})
		return err
	})
	all = slices.DeleteFunc(all, func(k Kept[Expected]) bool { return of != "" && k.Value.Department != of })
	slices.SortFunc(all, func(a, b Kept[Expected]) int { return cmp.Compare(a.Value.Question, b.Value.Question) })
	return all, err
}

// SaveExpected keeps a question with what is expected of it. Without a department it
// is that of the entry.
func (h *Hub) SaveExpected(ctx context.Context, actor Actor, e Expected) (Kept[Expected], error) {
	var kept Kept[Expected]
	if !actor.May(EditKnowledge) {
		return kept, ErrForbidden
	}
	err := h.store.Update(ctx, func(tx Writer) (err error) {
		e, problems, err := h.readyExpected(tx, actor, e)
		if err != nil {
			return err
		}
		if len(problems) > 0 {
			return problems
		}
		if err := h.roomForExpected(tx, 1); err != nil {
			return err
		}
		if kept, err = h.putExpected(tx, actor, e); err != nil {
			return err
		}
		return h.expectedOnRecord(tx, actor, ExpectedKept, e.Question, string(e.Entry))
	})
	return kept, err
}

// DropExpected forgets a saved question.
func (h *Hub) DropExpected(ctx context.Context, actor Actor, id string) error {
	if !actor.May(EditKnowledge) {
		return ErrForbidden
	}
	return h.store.Update(ctx, func(tx Writer) error {
		k, err := ExpectedAnswers.Get(tx, id)
		if err != nil {
			return err
		}
		if !actor.MayFor(EditKnowledge, k.Value.Department) {
			return forbidden("Câu hỏi này do %s lưu; chỉ đơn vị đó bỏ được.", h.directory.DepartmentName(k.Value.Department))
		}
		return errors.Join(ExpectedAnswers.Delete(tx, id), h.expectedOnRecord(tx, actor, ExpectedGone, k.Value.Question, ""))
	})
}

// readyExpected tidies what is to be saved and says what is wrong with it.
func (h *Hub) readyExpected(tx Reader, actor Actor, e Expected) (_ Expected, p Invalid, err error) {
	e.Question = strings.Join(strings.Fields(norm.NFC.String(e.Question)), " ")
	if e.Entry != "" {
		a := &entryActing{hub: h, read: tx}
		switch err := a.load(e.Entry); {
		case errors.Is(err, ErrNotFound):
			p = append(p, Problem{"entry", fmt.Sprintf("Không có mục %s trong kho hỏi đáp.", e.Entry)})
		case err != nil:
			return e, nil, err
		default:
			e.Department = cmp.Or(e.Department, a.owner())
		}
	}
	if e.Department == "" && len(actor.Member.Departments) == 1 {
		e.Department = actor.Member.Departments[0]
	}
	if len(vi.Texts(e.Question)) == 0 || len([]rune(e.Question)) > sheet.MaxQuestion {
		p = append(p, Problem{"question", fmt.Sprintf("Hãy nhập câu hỏi, nhiều nhất %d ký tự.", sheet.MaxQuestion)})
	}
	switch {
	case len(p) > 0:
	case h.directory.DepartmentName(e.Department) == "":
		p = append(p, Problem{"department", "Hãy chọn đơn vị giữ câu hỏi này."})
	case !actor.MayFor(EditKnowledge, e.Department):
		p = append(p, Problem{"department", "Anh/chị chỉ lưu được câu hỏi của đơn vị mình."})
	}
	return e, p, nil
}

func (h *Hub) roomForExpected(tx Reader, more int) error {
	all, err := ExpectedAnswers.List(tx, PaperQuery{})
	if err == nil && len(all)+more > expectedAllowed {
		return conflict("Kho chỉ giữ %d câu hỏi đã lưu; hãy bỏ bớt những câu trùng ý.", expectedAllowed)
	}
	return err
}

func (h *Hub) putExpected(tx Writer, actor Actor, e Expected) (Kept[Expected], error) {
	e.At, e.By = h.store.Now(), actor.Member.ID
	_, id, _ := strings.Cut(missID("", e.Question), "/")
	old, err := ExpectedAnswers.Get(tx, id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return old, err
	}
	if err == nil && !actor.MayFor(EditKnowledge, old.Value.Department) {
		return old, forbidden("Câu “%s” đã do %s lưu.", shortened(e.Question), h.directory.DepartmentName(old.Value.Department))
	}
	return ExpectedAnswers.Put(tx, Kept[Expected]{ID: id, Version: old.Version, Value: e})
}

func (h *Hub) expectedOnRecord(tx Writer, actor Actor, action Action, target, detail string) error {
	now := h.store.Now()
	return tx.AppendAudit(Audit{At: now, Member: actor.Member.ID, Action: action, Target: target, Address: actor.Address, Detail: detail})
}

// CheckExpected asks the saved questions of a department, or all. It holds nothing up:
// they are asked outside of any transaction.
func (h *Hub) CheckExpected(ctx context.Context, actor Actor, of kb.DepartmentID) (Check, error) {
	if !actor.May(SeeKnowledge) {
		return Check{}, ErrForbidden
	}
	know, err := h.trials()
	if err != nil {
		return Check{}, err
	}
	all, err := h.expected(ctx, of)
	if err != nil {
		return Check{}, err
	}
	start, stands := time.Now(), know.Trial(nil)
	c := Check{Results: make([]Checked, len(all)), Count: map[Grade]int{}}
	for i, k := range all {
		if c.Results[i], err = h.checkOne(ctx, stands, k); err != nil {
			return Check{}, err
		}
		c.Count[c.Results[i].Grade]++
	}
	c.Took = time.Since(start)
	return c, nil
}

// checkOne asks one saved question.
func (h *Hub) checkOne(ctx context.Context, know Knowledge, k Kept[Expected]) (Checked, error) {
	d, err := h.decideAlone(ctx, know, k.Value.Question)
	return Checked{Kept: k, Grade: gradeOf(k.Value, d), Outcome: d.Outcome, Entry: d.Entry, Confidence: d.Confidence}, err
}

func gradeOf(e Expected, d bot.Decision) Grade {
	switch {
	case d.Outcome == bot.Answer && d.Entry == e.Entry:
		return GradeRight
	case d.Outcome == bot.Answer:
		return GradeWrong
	case e.Entry == "" && d.Outcome == bot.Clarify:
		return GradeAsked
	case e.Entry == "":
		return GradeRight
	case d.Outcome == bot.Clarify && slices.Contains(d.State.Offered, e.Entry):
		return GradeAsked
	}
	return GradeLeft
}

// Effect tells what the publication of an entry's draft would change for the saved
// questions of all departments.
func (h *Hub) Effect(ctx context.Context, actor Actor, id kb.EntryID) (Effect, error) {
	if !actor.May(SeeKnowledge) {
		return Effect{}, ErrForbidden
	}
	return h.effectOf(ctx, id)
}

// effectOf is Effect; nothing changes where nothing is saved, or nothing can be tried.
func (h *Hub) effectOf(ctx context.Context, id kb.EntryID) (Effect, error) {
	all, err := h.expected(ctx, "")
	if err != nil || len(all) == 0 {
		return Effect{}, err
	}
	after, err := h.trialOf(ctx, id)
	switch {
	case errors.Is(err, errNoTrials), errors.Is(err, ErrNotFound), errors.Is(err, ErrConflict):
		return Effect{}, nil // what is wrong with the draft, its publication says
	case err != nil:
		return Effect{}, err
	}
	return h.effect(ctx, all, after)
}

// effect compares what stands with what would.
func (h *Hub) effect(ctx context.Context, all []Kept[Expected], after *kb.Trial) (Effect, error) {
	before, e := tried(h.knowledge.(trials), nil), Effect{Asked: len(all)}
	for _, k := range all {
		was, err := h.checkOne(ctx, before, k)
		if err != nil {
			return Effect{}, err
		}
		is, err := h.checkOne(ctx, after, k)
		if err != nil {
			return Effect{}, err
		}
		switch c := cmp.Compare(gradeRank[is.Grade], gradeRank[was.Grade]); {
		case c < 0:
			e.Worse = append(e.Worse, CheckChange{was, is})
		case c > 0:
			e.Better = append(e.Better, CheckChange{was, is})
		}
	}
	return e, nil
}
