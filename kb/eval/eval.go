// Package eval measures how well questions are found: it reads a knowledge base and
// questions with known answers from CSV files, asks a kb.Searcher each question, and
// gives the figures that search engines and bots are compared by.
//
// It is a measuring tool for tests, for whoever tunes the search, and behind
// "tongdai kb eval"; the running hub does not use it. What a bot made of each
// question may be told beside the hits ([Outcome.Said]); this package does not know
// the bot.
package eval

import (
	"context"
	"fmt"
	"slices"

	"tongdai/kb"
)

// What should come of a question.
const (
	FAQ     = "faq"     // one of its right entries answers it
	Handoff = "handoff" // nothing in the knowledge base answers it
	Urgent  = "urgent"  // it reports danger: the alarm is raised
)

// Question is what a citizen typed and what should come of it.
type Question struct {
	Text   string
	Right  []kb.EntryID // any of them is right; empty: the knowledge base has no answer
	Noise  string       // "clean", "teencode", …
	Level  string       // "near" shares key words with its entry, "far" does not
	Expect string       // FAQ, Handoff or Urgent
	Base   string       // questions made from the same one share it
}

// Outcome is a question with the hits it got.
type Outcome struct {
	Question
	Hits []kb.Hit
	Said Said // what the bot made of it; empty where no bot was asked
}

// Said is what a bot made of a question.
type Said string

// What a bot may make of a question, as far as it matters here.
const (
	SaidAnswer Said = "answer"
	SaidUrgent Said = "urgent"
)

// Run asks every question for its ten best hits.
func Run(ctx context.Context, s kb.Searcher, questions []Question) ([]Outcome, error) {
	out := make([]Outcome, len(questions))
	for i, q := range questions {
		hits, err := s.Search(ctx, q.Text, 10)
		if err != nil {
			return nil, fmt.Errorf("search %q: %w", q.Text, err)
		}
		out[i] = Outcome{Question: q, Hits: hits}
	}
	return out, nil
}

// Rank is the place, from 1, of the first right hit; 0 when there is none.
func (o Outcome) Rank() int {
	for i, h := range o.Hits {
		if slices.Contains(o.Right, h.Entry.ID) {
			return i + 1
		}
	}
	return 0
}

// Confidence is that of the first hit; 0 without hits.
func (o Outcome) Confidence() float64 {
	if len(o.Hits) == 0 {
		return 0
	}
	return o.Hits[0].Confidence
}

// Ranking tells how far up the right entry stands, over questions that have one.
type Ranking struct {
	N       int     `json:"n"`
	Recall1 float64 `json:"recall_1"` // share of N with a right hit in the first place
	Recall3 float64 `json:"recall_3"` // … in the first three
	MRR     float64 `json:"mrr_10"`   // mean of 1/place
}

// RankingOf is the ranking over the outcomes that keep accepts.
func RankingOf(outcomes []Outcome, keep func(Question) bool) Ranking {
	var r Ranking
	for _, o := range outcomes {
		if o.Expect != FAQ || !keep(o.Question) {
			continue
		}
		r.N++
		switch rank := o.Rank(); {
		case rank == 1:
			r.Recall1++
			fallthrough
		case rank > 0 && rank <= 3:
			r.Recall3++
			fallthrough
		case rank > 0:
			r.MRR += 1 / float64(rank)
		}
	}
	n := float64(max(r.N, 1))
	r.Recall1, r.Recall3, r.MRR = r.Recall1/n, r.Recall3/n, r.MRR/n
	return r
}

// All keeps every question.
func All(Question) bool { return true }

// AUROC is the probability that a question with an answer gets a higher confidence
// than one without; ties count half.
func AUROC(outcomes []Outcome) float64 {
	var with, without []float64
	for _, o := range outcomes {
		switch o.Expect {
		case FAQ:
			with = append(with, o.Confidence())
		case Handoff:
			without = append(without, o.Confidence())
		}
	}
	var won float64
	for _, a := range with {
		for _, b := range without {
			switch {
			case a > b:
				won++
			case a == b:
				won += 0.5
			}
		}
	}
	return won / float64(max(1, len(with)*len(without)))
}

// Answering tells what a bot would do that answers from a confidence on.
type Answering struct {
	Threshold float64 `json:"threshold"`
	Precision float64 `json:"precision"` // right ones among the answered
	Coverage  float64 `json:"coverage"`  // rightly answered among those that have an answer
	Rejection float64 `json:"rejection"` // not answered among those that have none
}

// AnsweringAt measures a bot that answers at confidence ≥ threshold.
func AnsweringAt(outcomes []Outcome, threshold float64) Answering {
	a := answering(outcomes, func(o Outcome) bool { return len(o.Hits) > 0 && o.Confidence() >= threshold })
	a.Threshold = threshold
	return a
}

// AsSaid measures the bot that was asked, with all its rules.
func AsSaid(outcomes []Outcome) Answering {
	return answering(outcomes, func(o Outcome) bool { return o.Said == SaidAnswer })
}

func answering(outcomes []Outcome, speaks func(Outcome) bool) Answering {
	var answered, right, faq, rejected, handoff float64
	for _, o := range outcomes {
		if o.Expect != FAQ && o.Expect != Handoff {
			continue
		}
		said := speaks(o)
		if o.Expect == FAQ {
			faq++
		} else {
			handoff++
			if !said {
				rejected++
			}
		}
		if said {
			answered++
			if o.Rank() == 1 {
				right++
			}
		}
	}
	return Answering{0, right / max(1, answered), right / max(1, faq), rejected / max(1, handoff)}
}

// CoverageAt finds the threshold with the largest coverage at this precision or better.
func CoverageAt(outcomes []Outcome, precision float64) Answering {
	var best Answering
	for _, o := range outcomes {
		a := AnsweringAt(outcomes, o.Confidence())
		if a.Precision >= precision && a.Coverage > best.Coverage {
			best = a
		}
	}
	return best
}
