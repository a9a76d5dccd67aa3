package kb

import (
	"context"
	"encoding/csv"
	"fmt"
	"math/rand"
	"os"
	"strings"
	"testing"
	"time"
)

type tq struct {
	text  string
	right map[EntryID]bool
	faq   bool
	base  string
}

func loadT(t *testing.T) (entries []Entry, qs []tq) {
	rd := func(p string) [][]string { f, _ := os.Open(p); r, err := csv.NewReader(f).ReadAll(); if err != nil { t.Fatal(err) }; return r[1:] }
	for _, r := range rd("testdata/kb.csv") {
		e := Entry{ID: EntryID(r[0]), Question: r[3], Answer: r[4], Status: Published, Version: 1}
		if r[5] != "" { e.Variants = strings.Split(r[5], "|") }
		entries = append(entries, e)
	}
	for _, r := range rd("testdata/queries.csv") {
		if r[3] == "urgent" { continue }
		q := tq{text: r[0], faq: r[3] == "faq", base: r[5], right: map[EntryID]bool{}}
		for _, id := range strings.Split(r[1], "|") { q.right[EntryID(id)] = true }
		qs = append(qs, q)
	}
	return
}

func TestTune(t *testing.T) {
	if os.Getenv("TUNE") == "" { t.Skip() }
	entries, qs := loadT(t)
	_ = context.Background
	_ = time.Now
	eval := func() (float64, float64, float64) {
		s := newSnapshot(entries, nil, 0)
		all := s.answering(time.Now())
		var r1, mrr float64
		var n float64
		var pos, neg []float64
		for _, q := range qs {
			qq := s.vocab.understand(q.text)
			ranked := s.rank(&qq, all)
			c := float64(ranked[0].score) + .1*logEvidence(ranked[0].evidence)
			if !q.faq { neg = append(neg, c); continue }
			pos = append(pos, c)
			n++
			for i := range min(10, len(ranked)) {
				if q.right[ranked[i].x.entry.ID] {
					if i == 0 { r1++ }
					mrr += 1 / float64(i+1)
					break
				}
			}
		}
		var w float64
		for _, a := range pos { for _, b := range neg { if a > b { w++ } } }
		return r1 / n, mrr / n, w / float64(len(pos)*len(neg))
	}
	obj := func() (float64, string) {
		a, b, c := eval()
		return a + b + .5*c, fmt.Sprintf("r1 %.4f mrr %.4f auc %.4f", a, b, c)
	}
	r := &ranking
	ps := map[string]*float32{"unmarked": &r.unmarked, "sameEar": &r.sameEar, "otherMarks": &r.otherMarks, "sound": &r.sound, "soundLoose": &r.soundLoose, "slip": &r.slip, "brokenSlip": &r.brokenSlip, "synonym": &r.synonym, "weak": &r.weak, "unknown": &r.unknown, "covered": &r.covered, "covers": &r.covers, "pairs": &r.pairs, "answer": &r.answer, "second": &r.second, "clause": &r.clause, "name": &r.name, "story": &r.story}
	var names []string
	for k := range ps { names = append(names, k) }
	best, d := obj()
	fmt.Println("start", best, d)
	rng := rand.New(rand.NewSource(3))
	end := time.Now().Add(60 * time.Second)
	for time.Now().Before(end) {
		old := *r
		for range 1 + rng.Intn(3) {
			p := ps[names[rng.Intn(len(names))]]
			*p = max(0, *p*float32(1+rng.NormFloat64()*.35))
		}
		for _, p := range []*float32{&r.unmarked, &r.sameEar, &r.otherMarks, &r.sound, &r.soundLoose, &r.slip, &r.brokenSlip, &r.synonym} { *p = min(*p, .99) }
		if v, s := obj(); v > best {
			best = v
			fmt.Println(v, s)
		} else { *r = old }
	}
	fmt.Printf("%+v\n", *r)
}
