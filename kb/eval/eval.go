// Package eval measures how well questions are found: it reads a knowledge base and
// questions with known answers from CSV files, asks a kb.Searcher each question, and
// gives the figures that search engines and bots are compared by.
//
// It is a measuring tool for tests and for whoever tunes the search; the running
// hub does not use it.
package eval

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"tongdai/kb"
)

// Question is what a citizen typed and what should come of it.
type Question struct {
	Text   string
	Right  []kb.EntryID // any of them is right; empty: the knowledge base has no answer
	Noise  string       // "clean", "teencode", …
	Level  string       // "near" shares key words with its entry, "far" does not
	Expect string       // "faq", "handoff" or "urgent"
	Base   string       // questions made from the same one share it
}

// Outcome is a question with the hits it got.
type Outcome struct {
	Question
	Hits []kb.Hit
}

// LoadEntries reads a knowledge base: columns id, category, department, question,
// answer and variants (separated by "|"). Every entry is published.
func LoadEntries(path string) ([]kb.Entry, error) {
	rows, err := readTable(path)
	if err != nil {
		return nil, err
	}
	entries := make([]kb.Entry, len(rows))
	for i, r := range rows {
		entries[i] = kb.Entry{
			ID: kb.EntryID(r["id"]), Question: r["question"], Answer: r["answer"], Variants: list(r["variants"]),
			Category: kb.CategoryID(r["category"]), Department: kb.DepartmentID(r["department"]),
			Status: kb.Published, Version: 1,
		}
	}
	return entries, nil
}

// LoadQuestions reads questions: columns query, expected_id (separated by "|"),
// noise_kind, expect, level and base.
func LoadQuestions(path string) ([]Question, error) {
	rows, err := readTable(path)
	if err != nil {
		return nil, err
	}
	questions := make([]Question, len(rows))
	for i, r := range rows {
		q := Question{Text: r["query"], Noise: r["noise_kind"], Level: r["level"], Expect: r["expect"], Base: r["base"]}
		for _, id := range list(r["expected_id"]) {
			q.Right = append(q.Right, kb.EntryID(id))
		}
		questions[i] = q
	}
	return questions, nil
}

func readTable(path string) ([]map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(records) == 0 {
		return nil, fmt.Errorf("%s: no header", path)
	}
	rows := make([]map[string]string, len(records)-1)
	for i, record := range records[1:] {
		rows[i] = make(map[string]string, len(record))
		for j, name := range records[0] {
			rows[i][name] = record[j]
		}
	}
	return rows, nil
}

func list(cell string) []string {
	if cell == "" {
		return nil
	}
	return strings.Split(cell, "|")
}

// Run asks every question for its ten best hits.
func Run(ctx context.Context, s kb.Searcher, questions []Question) ([]Outcome, error) {
	out := make([]Outcome, len(questions))
	for i, q := range questions {
		hits, err := s.Search(ctx, q.Text, 10)
		if err != nil {
			return nil, fmt.Errorf("search %q: %w", q.Text, err)
		}
		out[i] = Outcome{q, hits}
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
	N                     int
	Recall1, Recall3, MRR float64 // shares of N with a right hit in the first 1, 3; mean of 1/rank
}

// RankingOf is the ranking over the outcomes that keep accepts.
func RankingOf(outcomes []Outcome, keep func(Question) bool) Ranking {
	var r Ranking
	for _, o := range outcomes {
		if o.Expect != "faq" || !keep(o.Question) {
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
		case "faq":
			with = append(with, o.Confidence())
		case "handoff":
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
	Threshold float64
	Precision float64 // right ones among the answered
	Coverage  float64 // rightly answered among those that have an answer
	Rejection float64 // not answered among those that have none
}

// AnsweringAt measures a bot that answers at confidence ≥ threshold.
func AnsweringAt(outcomes []Outcome, threshold float64) Answering {
	var answered, right, faq, rejected, handoff float64
	for _, o := range outcomes {
		if o.Expect != "faq" && o.Expect != "handoff" {
			continue
		}
		speaks := len(o.Hits) > 0 && o.Confidence() >= threshold
		if o.Expect == "faq" {
			faq++
		} else {
			handoff++
			if !speaks {
				rejected++
			}
		}
		if speaks {
			answered++
			if o.Rank() == 1 {
				right++
			}
		}
	}
	return Answering{threshold, right / max(1, answered), right / max(1, faq), rejected / max(1, handoff)}
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

// Print writes the table of all figures.
func Print(w io.Writer, outcomes []Outcome) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "questions\tn\trecall@1\trecall@3\tMRR@10")
	line := func(name string, keep func(Question) bool) {
		if r := RankingOf(outcomes, keep); r.N > 0 {
			fmt.Fprintf(t, "%s\t%d\t%.3f\t%.3f\t%.3f\n", name, r.N, r.Recall1, r.Recall3, r.MRR)
		}
	}
	line("all", All)
	for _, level := range values(outcomes, func(q Question) string { return q.Level }) {
		line(level, func(q Question) bool { return q.Level == level })
	}
	for _, noise := range values(outcomes, func(q Question) string { return q.Noise }) {
		line(noise, func(q Question) bool { return q.Noise == noise })
	}
	if slices.ContainsFunc(outcomes, func(o Outcome) bool { return o.Expect == "handoff" }) {
		fmt.Fprintf(t, "AUROC\t\t%.3f\n", AUROC(outcomes))
		for _, precision := range []float64{0.9, 0.95} {
			at := CoverageAt(outcomes, precision)
			fmt.Fprintf(t, "coverage at %.0f %% precision\t\t%.3f\t(threshold %.3f, rejection %.3f)\n", 100*precision, at.Coverage, at.Threshold, at.Rejection)
		}
	}
	return t.Flush()
}

func values(outcomes []Outcome, of func(Question) string) []string {
	var all []string
	for _, o := range outcomes {
		if v := of(o.Question); v != "" && !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return -cmp.Compare(a, b) })
	slices.Reverse(all)
	return all
}
