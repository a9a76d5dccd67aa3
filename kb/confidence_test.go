package kb_test

import (
	"flag"
	"hash/fnv"
	"math"
	"os"
	"slices"
	"testing"

	"tongdai/kb"
	"tongdai/kb/eval"
)

var refit = flag.Bool("refit", false, "fit data/confidence.json anew")

const folds = 5

// TestConfidence checks that confidences mean what they say on questions that the
// fit has not seen, by cross-validation; questions made from one another stay
// together. With -refit it writes the fit over all of them.
func TestConfidence(t *testing.T) {
	samples := confidenceSamples(t)
	var unseen []judged
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
			if s.first {
				unseen = append(unseen, judged{m.probability(s.x), s.right, s.faq})
			}
		}
	}
	reliability(t, unseen)
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

type sample struct {
	x          [kb.Features]float64
	right, faq bool
	first      bool // the best hit of its question
	fold       int
}

type judged struct {
	p          float64
	right, faq bool
}

func confidenceSamples(t *testing.T) []sample {
	t.Helper()
	entries, err := eval.LoadEntries("testdata/kb.csv")
	if err != nil {
		t.Fatal(err)
	}
	questions, err := eval.LoadQuestions("testdata/queries.csv")
	if err != nil {
		t.Fatal(err)
	}
	ix := openIndex(t, entries)
	var samples []sample
	for _, q := range questions {
		if q.Expect == "urgent" { // the bot's triage catches them first
			continue
		}
		ids, rows, err := ix.Ranked(t.Context(), q.Text, 3)
		if err != nil {
			t.Fatal(err)
		}
		h := fnv.New32a()
		h.Write([]byte(q.Base))
		for i, id := range ids {
			samples = append(samples, sample{
				rows[i], slices.Contains(q.Right, id), q.Expect == "faq", i == 0, int(h.Sum32() % folds),
			})
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
// answer to a question that has none. calibrate makes the numbers honest again.
func weightOf(s sample) float64 {
	weight := 1.0
	if !s.first {
		weight *= 0.3
	}
	if s.faq && !s.right {
		weight *= 0.15
	}
	return weight
}

// fit descends the gradient of the weighted samples, then calibrates.
func fit(samples []sample) *regression {
	const (
		rounds = 1500
		rate   = 0.5
		shrink = 0.002
	)
	m := standardised(samples)
	for range rounds {
		var gradient [kb.Features]float64
		var bias, total float64
		for _, s := range samples {
			weight := weightOf(s)
			err := m.probability(s.x)
			if s.right {
				err--
			}
			bias += weight * err
			total += weight
			for i := range gradient {
				gradient[i] += weight * err * (s.x[i] - m.mean[i]) / m.deviance[i]
			}
		}
		m.bias -= rate * bias / total
		for i := range gradient {
			m.w[i] -= rate * (gradient[i]/total + shrink*m.w[i])
		}
	}
	m.calibrate(samples)
	return m
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
		if !s.first {
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
