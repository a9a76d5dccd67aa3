package kb_test

import (
	"cmp"
	"flag"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"slices"
	"testing"

	"tongdai/kb"
)

var refit = flag.Bool("refit", false, "fit data/confidence.json anew")

const folds = 5

// TestConfidence checks that confidences mean what they say on questions that the
// fit has not seen, by cross-validation; questions made from one another stay
// together. With -refit it writes the fit over all of them.
func TestConfidence(t *testing.T) {
	samples := confidenceSamples(t)
	var unseen, bereft []judged
	for fold := range folds {
		var train, test []sample
		for _, s := range samples {
			if s.fold == fold {
				test = append(test, s)
			} else {
				train = append(train, s)
			}
		}
		m := fit(train)
		for _, s := range test {
			j := judged{m.probability(s.x) * s.ruled, s.right, s.faq}
			switch {
			case s.bereft:
				bereft = append(bereft, j)
			case s.first:
				unseen = append(unseen, j)
			}
		}
	}
	reliability(t, unseen)
	answered(t, unseen, bereft)
	if *refit {
		m := fit(samples)
		file, err := kb.ModelFile(m.unscaled())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("data/confidence.json", append(file, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// sample is one hit with what is known about it.
type sample struct {
	x          [kb.Features]float64
	ruled      float64 // 1: the regression alone decides
	right, faq bool
	first      bool // the best hit of its question
	bereft     bool // the best hit of a knowledge base without the question's answer
	fold       int
}

type judged struct {
	p          float64
	right, faq bool
}

func confidenceSamples(t *testing.T) []sample {
	t.Helper()
	ix := developmentIndex(t)
	without := map[string]*kb.Index{}
	var samples []sample
	for _, q := range loadQuestions(t) {
		if q.Expect == "urgent" { // the bot's triage catches them first
			continue
		}
		h := fnv.New32a()
		h.Write([]byte(q.Base))
		fold := int(h.Sum32() % folds)
		for i, r := range ix.Ranked(q.Text, 3) {
			samples = append(samples, sample{
				x: r.Features, ruled: r.Ruled, right: slices.Contains(q.Right, r.ID), faq: q.Expect == "faq", first: i == 0, fold: fold,
			})
		}
		if len(q.Right) == 0 {
			continue
		}
		answers := fmt.Sprint(q.Right)
		if without[answers] == nil {
			without[answers] = ix.Without(q.Right...)
		}
		for _, r := range without[answers].Ranked(q.Text, 1) {
			samples = append(samples, sample{x: r.Features, ruled: r.Ruled, bereft: true, fold: fold})
		}
	}
	return samples
}

// reliability compares confidences with how often they were right.
func reliability(t *testing.T, all []judged) {
	t.Helper()
	var brier, won, pairs float64
	var sum, right, n [10]float64
	for _, a := range all {
		y := 0.0
		if a.right {
			y = 1
		}
		brier += (a.p - y) * (a.p - y)
		bin := min(9, int(a.p*10))
		sum[bin], right[bin], n[bin] = sum[bin]+a.p, right[bin]+y, n[bin]+1
		for _, b := range all {
			if a.faq && !b.faq {
				pairs++
				if a.p > b.p {
					won++
				}
			}
		}
	}
	var off float64
	for i := range n {
		if n[i] > 0 {
			t.Logf("confidence %.2f: right %.2f of %.0f", sum[i]/n[i], right[i]/n[i], n[i])
			off += math.Abs(sum[i] - right[i])
		}
	}
	off /= float64(len(all))
	t.Logf("cross-validated: AUROC %.3f, Brier %.3f, mean distance from truth %.3f", won/pairs, brier/float64(len(all)), off)
	if off > 0.06 {
		t.Errorf("confidences are off by %.3f on average; refit with: go test ./kb -run TestConfidence -refit", off)
	}
}

// answered tells what a bot would say that answers from a confidence on.
func answered(t *testing.T, unseen, bereft []judged) {
	t.Helper()
	for _, from := range []float64{0.7, 0.75, 0.9} {
		var right, wrong, unanswerable, taken int
		for _, j := range unseen {
			switch {
			case j.p < from:
			case j.right:
				right++
			case j.faq:
				wrong++
			default:
				unanswerable++
			}
		}
		for _, j := range bereft {
			if j.p >= from {
				taken++
			}
		}
		t.Logf("from %.2f: right %d, wrong %d, without an answer %d; with the answer taken away %d of %d",
			from, right, wrong, unanswerable, taken, len(bereft))
	}
	slices.SortFunc(unseen, func(a, b judged) int { return cmp.Compare(b.p, a.p) })
	for _, precision := range []float64{0.9, 0.95} {
		n, right, faq, best := 0.0, 0.0, 0.0, 0.0
		for _, j := range unseen {
			n++
			if j.faq {
				faq++
			}
			if j.right {
				right++
			}
			if right/n >= precision {
				best = right
			}
		}
		t.Logf("cross-validated: coverage at %.0f %% precision %.3f", precision*100, best/faq)
	}
}

// regression is a logistic regression over standardised features.
type regression struct {
	bias              float64
	w, mean, deviance [kb.Features]float64
}

func (m *regression) probability(x [kb.Features]float64) float64 {
	z := m.bias
	for i := range x {
		z += m.w[i] * (x[i] - m.mean[i]) / m.deviance[i]
	}
	return 1 / (1 + math.Exp(-z))
}

func (m *regression) unscaled() (bias float64, w [kb.Features]float64) {
	bias = m.bias
	for i := range w {
		w[i] = m.w[i] / m.deviance[i]
		bias -= w[i] * m.mean[i]
	}
	return bias, w
}

// Lower hits count less in the fit, for the first one is acted on. So do wrong hits
// of questions that have an answer: asking back mends them, while nothing mends an
// answer to a question that has none. There are few such questions, hence those
// whose answer was taken away. Hits that a rule decides teach nothing. calibrate
// makes the numbers honest again.
func weightOf(s sample) float64 {
	switch {
	case s.ruled < 1:
		return 0
	case s.bereft:
		return 0.05
	}
	weight := 1.0
	if !s.first {
		weight *= 0.3
	}
	if s.faq && !s.right {
		weight *= 0.3
	}
	return weight
}

// fit finds the best weights by Newton's steps, then calibrates. Large weights cost.
func fit(samples []sample) *regression {
	const (
		steps  = 15
		shrink = 0.002
	)
	m := standardised(samples)
	for range steps {
		// The last column is the gradient; the last row and column before it, the bias.
		var system [kb.Features + 1][kb.Features + 2]float64
		var total float64
		for _, s := range samples {
			weight := weightOf(s)
			if weight == 0 {
				continue
			}
			total += weight
			p := m.probability(s.x)
			err := p
			if s.right {
				err--
			}
			x := m.scaled(s.x)
			for i := range x {
				for j := range x {
					system[i][j] += weight * p * (1 - p) * x[i] * x[j]
				}
				system[i][kb.Features+1] += weight * err * x[i]
			}
		}
		for i := range m.w {
			system[i][i] += shrink * total
			system[i][kb.Features+1] += shrink * total * m.w[i]
		}
		step := solve(system)
		for i := range m.w {
			m.w[i] -= step[i]
		}
		m.bias -= step[kb.Features]
	}
	m.calibrate(samples)
	return m
}

// scaled gives the standardised features and, last, the 1 that the bias weighs.
func (m *regression) scaled(x [kb.Features]float64) (y [kb.Features + 1]float64) {
	for i := range x {
		y[i] = (x[i] - m.mean[i]) / m.deviance[i]
	}
	y[kb.Features] = 1
	return y
}

// solve eliminates; the matrix of a regression with shrinking needs no pivots.
func solve(a [kb.Features + 1][kb.Features + 2]float64) (x [kb.Features + 1]float64) {
	for i := range a {
		for j := range a {
			if j == i {
				continue
			}
			f := a[j][i] / a[i][i]
			for k := i; k < len(a[j]); k++ {
				a[j][k] -= f * a[i][k]
			}
		}
	}
	for i := range a {
		x[i] = a[i][kb.Features+1] / a[i][i]
	}
	return x
}

// calibrate stretches and shifts the outcome so that, of the first hits, as many
// are right as it says. The order of hits stays.
func (m *regression) calibrate(samples []sample) {
	const (
		rounds = 3000
		rate   = 0.2
	)
	var z, y []float64
	for _, s := range samples {
		if !s.first || s.ruled < 1 {
			continue
		}
		p := m.probability(s.x)
		z, y = append(z, math.Log(p/(1-p))), append(y, 0)
		if s.right {
			y[len(y)-1] = 1
		}
	}
	stretch, shift := 1.0, 0.0
	for range rounds {
		var ds, db float64
		for i := range z {
			err := 1/(1+math.Exp(-stretch*z[i]-shift)) - y[i]
			ds += err * z[i]
			db += err
		}
		stretch -= rate * ds / float64(len(z)) / 4
		shift -= rate * db / float64(len(z))
	}
	m.bias = m.bias*stretch + shift
	for i := range m.w {
		m.w[i] *= stretch
	}
}

func standardised(samples []sample) *regression {
	m := &regression{}
	n := float64(len(samples))
	for _, s := range samples {
		for i, v := range s.x {
			m.mean[i] += v / n
		}
	}
	for _, s := range samples {
		for i, v := range s.x {
			m.deviance[i] += (v - m.mean[i]) * (v - m.mean[i]) / n
		}
	}
	for i := range m.deviance {
		m.deviance[i] = max(1e-6, math.Sqrt(m.deviance[i]))
	}
	return m
}
