package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"tongdai/bot"
	"tongdai/kb"
	"tongdai/kb/vi"
)

// What the bot could not answer is the best list of what the knowledge base lacks. A
// turn that fails a question writes it down with its own transaction; owners work the
// list off in groups of questions that ask the same (missed_groups.go). Phone numbers
// and the like are masked before anything is written: nobody needs them to write an
// answer.

// MissKind tells how a question was missed.
type MissKind string

// The kinds of misses.
const (
	MissUnknown   MissKind = "unknown"   // nothing answers it: people took over
	MissUnchosen  MissKind = "unchosen"  // asked back, and none of what was offered was chosen
	MissUnhelpful MissKind = "unhelpful" // answered, and the citizen said that it was not the answer
)

// Miss is one question that was not answered.
type Miss struct {
	At           time.Time       `json:"at"`
	Kind         MissKind        `json:"kind"`
	Question     string          `json:"q"` // masked
	Conversation ConversationID  `json:"conv,omitempty"`
	Entry        kb.EntryID      `json:"entry,omitempty"` // that was nearest, or that did not help
	Category     kb.CategoryID   `json:"cat,omitempty"`
	Department   kb.DepartmentID `json:"dep,omitempty"` // in charge of it; empty: the desk
	Settled      *MissSettled    `json:"done,omitempty"`
}

// MissSettled is what was made of a missed question.
type MissSettled struct {
	At     time.Time  `json:"at"`
	By     MemberID   `json:"by"`
	Entry  kb.EntryID `json:"entry,omitempty"`  // that was written for it, or got its wording
	Reason string     `json:"reason,omitempty"` // why nothing is to be done
}

// Misses are kept under the conversation, a slash, and what the question hashes to, so
// that one question of a matter is kept once, however often it fails. Those of the
// portal (helped.go) have no conversation, and an id that grows with time.
const Misses Shelf[Miss] = "missed"

// missKept is how long a missed question is kept.
const missKept = 180 * 24 * time.Hour

// missLength is how many characters of a question are kept.
const missLength = 500

// unchosenAfter is how long a citizen may look at choices before the question counts
// as one of which none was chosen.
const unchosenAfter = 15 * time.Minute

// nearEnough is the confidence from which the nearest entry tells what field a missed
// question is of. Below it, it mostly is of another.
const nearEnough = 0.15

// EntryMark is what a citizen said of an answer: that it helped, or that it did not.
type EntryMark struct {
	At           time.Time      `json:"at"`
	Helped       bool           `json:"ok,omitempty"`
	Conversation ConversationID `json:"conv,omitempty"` // empty: on the portal
	Message      MessageID      `json:"msg,omitempty"`  // that said so
}

// EntryMarks are kept under the entry, a slash, and an id that grows with time, as
// long as missed questions are.
const EntryMarks Shelf[EntryMark] = "entry-mark"

// noteMissed writes down what a turn has missed, and what the citizen said of the
// answer before. was is the dialogue before the turn.
func (h *Hub) noteMissed(tx Writer, c Conversation, was bot.State, m Message, d bot.Decision, now time.Time) error {
	if helped, marked := bot.Helped(bot.Message{Pressed: m.Pressed}); marked && was.Answered != "" {
		if err := putMark(tx, was.Answered, EntryMark{At: now, Helped: helped, Conversation: c.ID, Message: m.ID}); err != nil {
			return err
		}
	}
	if d.Outcome == bot.Answer && (len(was.Offered) > 0 || was.AskPlace) && was.Asked != "" { // it was chosen after all
		return Misses.Delete(tx, missID(c.ID, was.Asked))
	}
	miss, asked, ok := missOf(was, d)
	if !ok {
		return nil
	}
	miss.At, miss.Conversation, miss.Question = now, c.ID, missWords(asked)
	miss.Category, miss.Department = c.Category, c.Department
	if e, known := h.knowledge.Entry(miss.Entry); known {
		if miss.Category == "" {
			miss.Category = e.Category
		}
		if miss.Department == "" {
			miss.Department = e.Department
		}
	}
	if miss.Department == "" && miss.Category != "" {
		if lead := h.directory.Charge(miss.Category, c.Locality, now).Lead; len(lead) > 0 {
			miss.Department = lead[0]
		}
	}
	return putMiss(tx, missID(c.ID, asked), miss)
}

// missOf tells what of a turn was missed, and what had been asked.
func missOf(was bot.State, d bot.Decision) (m Miss, asked string, ok bool) {
	refused := was.Answered != "" && (d.State.Unhelpful > was.Unhelpful || d.Outcome == bot.HandOff && d.Reason == bot.NotHelped)
	switch {
	case refused:
		m, asked = Miss{Kind: MissUnhelpful, Entry: was.Answered}, was.Asked
	case d.Outcome == bot.HandOff && (d.Reason == bot.Unknown || d.Reason == bot.NotHelped):
		m, asked = Miss{Kind: MissUnknown}, d.Asked
	case d.Outcome == bot.Clarify && len(d.Candidates) > 0:
		m, asked = Miss{Kind: MissUnchosen}, d.Asked
	}
	if m.Entry == "" && len(d.Candidates) > 0 && d.Candidates[0].Confidence >= nearEnough {
		m.Entry = d.Candidates[0].Entry
	}
	return m, asked, len(vi.Texts(asked)) > 0
}

// putMiss keeps a miss; of one that is there already, the newer kind.
func putMiss(tx Writer, id string, m Miss) error {
	kept, err := Misses.Get(tx, id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	_, err = Misses.Put(tx, Kept[Miss]{ID: id, Version: kept.Version, Value: m})
	return err
}

func putMark(tx Writer, of kb.EntryID, m EntryMark) error {
	_, err := EntryMarks.Put(tx, Kept[EntryMark]{ID: entryPart(of).From + newID(), Value: m})
	return err
}

func missID(c ConversationID, asked string) string {
	sum := sha256.Sum256([]byte(strings.Join(vi.Texts(asked), " ")))
	return string(c) + "/" + hex.EncodeToString(sum[:8])
}

// missWords are the words of a question as they are kept: one line, masked.
func missWords(asked string) string {
	text := []rune(strings.Join(strings.Fields(veil(asked)), " "))
	if len(text) > missLength {
		text = append(text[:missLength-1], '…')
	}
	return string(text)
}

// marksOf counts what citizens said of an entry's answers, as long as it is kept.
func marksOf(tx Reader, id kb.EntryID) (helped, unhelpful int, err error) {
	all, err := EntryMarks.List(tx, entryPart(id))
	for _, k := range all {
		if k.Value.Helped {
			helped++
		} else {
			unhelpful++
		}
	}
	return helped, unhelpful, err
}

// missesForgotten are removed in one transaction.
const missesForgotten = 500

// forgetMisses removes what was missed, and what was said of answers, long ago.
func (h *Hub) forgetMisses(ctx context.Context) error {
	before := h.store.Now().Add(-missKept)
	return errors.Join(
		forget(ctx, h, Misses, func(m Miss) bool { return m.At.Before(before) }),
		forget(ctx, h, EntryMarks, func(m EntryMark) bool { return m.At.Before(before) }),
	)
}

// forget removes from a shelf what is old, a part at a time.
func forget[T any](ctx context.Context, h *Hub, s Shelf[T], old func(T) bool) error {
	var gone []string
	err := h.store.View(ctx, func(tx Reader) error {
		all, err := s.List(tx, PaperQuery{})
		gone = nil
		for _, k := range all {
			if old(k.Value) {
				gone = append(gone, k.ID)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	for part := range slices.Chunk(gone, missesForgotten) {
		if err := h.store.Update(ctx, func(tx Writer) error {
			for _, id := range part {
				if err := s.Delete(tx, id); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}
