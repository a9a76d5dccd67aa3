package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tongdai/bot"
	"tongdai/kb"
)

// MissQuery narrows the list of what was missed. Zero fields do not narrow.
type MissQuery struct {
	Category   kb.CategoryID
	Department kb.DepartmentID
	Kind       MissKind
	Within     time.Duration // asked no longer ago
	Newest     bool          // the newest group first; else the one with the most questions
	Limit      int           // of groups; 0: 50
}

// MissGroup is questions that ask the same and were not answered.
type MissGroup struct {
	IDs        []string // of the misses
	Question   string   // the newest wording
	Wordings   []MissWording
	Count      int
	First      time.Time
	Last       time.Time
	Kinds      []MissKind
	Category   kb.CategoryID
	Department kb.DepartmentID
	Entry      kb.EntryID // nearest to it, or that did not help
	// Now is what the bot would do with it today: an entry was written since, perhaps.
	Now    bot.Outcome
	Answer kb.EntryID // of Now, when that is to answer
	May    bool       // whether the member may settle it
}

// MissWording is one way in which it was asked.
type MissWording struct {
	Text         string
	At           time.Time
	Conversation ConversationID // empty: the member may not see it
}

// wordingsShown are the wordings of a group that are shown, newest first.
const wordingsShown = 8

// MissList is what was missed, in groups.
type MissList struct {
	Groups    []MissGroup
	All       int // groups there are
	Questions int // in all of them
}

// Missed lists what was not answered and is not settled, gathered by likeness. Staff
// see what their departments are in charge of.
func (h *Hub) Missed(ctx context.Context, actor Actor, q MissQuery) (MissList, error) {
	if !actor.May(SeeMissed) {
		return MissList{}, ErrForbidden
	}
	know, err := h.trials()
	if err != nil {
		return MissList{}, err
	}
	misses, err := h.openMisses(ctx, actor, q)
	if err != nil {
		return MissList{}, err
	}
	questions := make([]string, len(misses))
	for i, k := range misses {
		questions[i] = k.Value.Question
	}
	list := MissList{Questions: len(misses)}
	for _, places := range know.Alike(questions) {
		list.Groups = append(list.Groups, groupOf(actor, misses, places))
	}
	list.All = len(list.Groups)
	slices.SortStableFunc(list.Groups, func(a, b MissGroup) int {
		if q.Newest {
			return b.Last.Compare(a.Last)
		}
		return cmp.Or(cmp.Compare(b.Count, a.Count), b.Last.Compare(a.Last))
	})
	list.Groups = list.Groups[:min(len(list.Groups), cmp.Or(max(q.Limit, 0), 50))]
	return list, h.answeredNow(ctx, actor, list.Groups)
}

// openMisses reads what a member may see, in the order in which it is kept, so that
// groups do not change with what is added.
func (h *Hub) openMisses(ctx context.Context, actor Actor, q MissQuery) (open []Kept[Miss], err error) {
	now := h.store.Now()
	err = h.store.View(ctx, func(tx Reader) error {
		open, err = Misses.List(tx, PaperQuery{})
		return err
	})
	return slices.DeleteFunc(open, func(k Kept[Miss]) bool {
		m := k.Value
		return m.Settled != nil || !actor.MayFor(SeeMissed, m.Department) ||
			m.Kind == MissUnchosen && now.Sub(m.At) < unchosenAfter ||
			q.Category != "" && m.Category != q.Category || q.Department != "" && m.Department != q.Department ||
			q.Kind != "" && m.Kind != q.Kind || q.Within > 0 && now.Sub(m.At) > q.Within
	}), err
}

// groupOf is the group of the misses at places.
func groupOf(actor Actor, misses []Kept[Miss], places []int) (g MissGroup) {
	members := make([]Kept[Miss], len(places))
	for i, at := range places {
		members[i] = misses[at]
	}
	slices.SortStableFunc(members, func(a, b Kept[Miss]) int { return b.Value.At.Compare(a.Value.At) })
	newest := members[0].Value
	g = MissGroup{
		Question: newest.Question, Count: len(members), Last: newest.At, First: members[len(members)-1].Value.At,
		Category: newest.Category, Department: newest.Department, Entry: newest.Entry,
		May: actor.MayFor(EditKnowledge, newest.Department),
	}
	for _, k := range members {
		m := k.Value
		g.IDs = append(g.IDs, k.ID)
		if !slices.Contains(g.Kinds, m.Kind) {
			g.Kinds = append(g.Kinds, m.Kind)
		}
		g.Entry, g.Category, g.Department = cmp.Or(g.Entry, m.Entry), cmp.Or(g.Category, m.Category), cmp.Or(g.Department, m.Department)
		said := slices.ContainsFunc(g.Wordings, func(w MissWording) bool { return w.Text == m.Question })
		if !said && len(g.Wordings) < wordingsShown {
			g.Wordings = append(g.Wordings, MissWording{m.Question, m.At, m.Conversation})
		}
	}
	return g
}

// answeredNow says of each group what the bot would do with it today, and hides the
// conversations that the member may not open.
func (h *Hub) answeredNow(ctx context.Context, actor Actor, groups []MissGroup) error {
	for i := range groups {
		d, err := h.decideAlone(ctx, h.knowledge, groups[i].Question)
		if err != nil {
			return err
		}
		groups[i].Now, groups[i].Answer = d.Outcome, d.Entry
	}
	return h.store.View(ctx, func(tx Reader) error {
		for i := range groups {
			for k := range groups[i].Wordings {
				w := &groups[i].Wordings[k]
				if w.Conversation == "" {
					continue
				}
				c, err := tx.Conversation(w.Conversation)
				if err != nil && !errors.Is(err, ErrNotFound) {
					return err
				}
				if err != nil || !actor.MayWith(SeeConversation, c) {
					w.Conversation = ""
				}
			}
		}
		return nil
	})
}

// missesSettled is how many misses one act settles.
const missesSettled = 5000

// DismissMissed says of missed questions that nothing is to be done about them, and why.
func (h *Hub) DismissMissed(ctx context.Context, actor Actor, ids []string, reason string) error {
	if !actor.May(EditKnowledge) {
		return ErrForbidden
	}
	if err := checkEntryNote(reason, false); err != nil {
		return err
	}
	return h.store.Update(ctx, func(tx Writer) error {
		return h.settleMissed(tx, actor, ids, MissSettled{Reason: strings.TrimSpace(reason)})
	})
}

// AnswerMissed settles missed questions by an entry that was written for them.
func (h *Hub) AnswerMissed(ctx context.Context, actor Actor, ids []string, id kb.EntryID) error {
	if !actor.May(EditKnowledge) {
		return ErrForbidden
	}
	return h.store.Update(ctx, func(tx Writer) error {
		a := &entryActing{hub: h, read: tx}
		if err := a.load(id); err != nil {
			return err
		}
		return h.settleMissed(tx, actor, ids, MissSettled{Entry: id})
	})
}

// AddWording gives an entry the wording of missed questions, as a draft that another
// reviews, and settles them.
func (h *Hub) AddWording(ctx context.Context, actor Actor, id kb.EntryID, wording string, ids []string) error {
	return h.onEntry(ctx, actor, id, EditKnowledge, EntrySent, func(a *entryActing) error {
		d := &a.draft.Value
		if !a.hasDraft() {
			*d = EntryDraft{EntryText: textOf(a.stored), Base: a.stored.Version}
		}
		before := len(d.Variants)
		d.Variants = append(slices.Clone(d.Variants), wording)
		d.EntryText = d.tidied()
		if len(d.Variants) == before {
			return Invalid{{"wording", "Mục này đã có cách hỏi đó rồi."}}
		}
		if err := h.checkEntry(d.EntryText, true); err != nil {
			return err
		}
		a.event.Note = fmt.Sprintf("Thêm cách hỏi: “%s”", shortened(wording))
		return errors.Join(a.wrote(), a.send(), h.settleMissed(a.tx, actor, ids, MissSettled{Entry: id}))
	})
}

// settleMissed settles the misses with these ids that are still open.
func (h *Hub) settleMissed(tx Writer, actor Actor, ids []string, how MissSettled) error {
	if len(ids) > missesSettled {
		return Invalid{{"ids", fmt.Sprintf("Nhiều nhất %d câu một lần.", missesSettled)}}
	}
	how.At, how.By = h.store.Now(), actor.Member.ID
	settled := 0
	for _, id := range ids {
		k, err := Misses.Get(tx, id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if !actor.MayFor(EditKnowledge, k.Value.Department) {
			return forbidden("Câu hỏi này thuộc đơn vị khác; chỉ đơn vị đó xử lý được.")
		}
		if k.Value.Settled != nil {
			continue
		}
		k.Value.Settled = &how
		if _, err := Misses.Put(tx, k); err != nil {
			return err
		}
		settled++
	}
	if settled == 0 {
		return nil
	}
	detail := fmt.Sprintf("%d %s", settled, how.Reason)
	return tx.AppendAudit(Audit{
		At: how.At, Member: actor.Member.ID, Action: MissedSettled, Target: string(how.Entry), Address: actor.Address, Detail: strings.TrimSpace(detail),
	})
}
