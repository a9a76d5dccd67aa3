package kb

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// The confidence of a hit is a logistic regression over what ranking found out,
// fitted on the development questions: of the hits that say 0.8, four in five are
// right. Refit after any change to ranking, vi or the synonyms:
//
//	go test ./kb -run TestConfidence -refit

//go:embed data/confidence.json
var confidenceFile []byte

var confidenceModel = readModel(confidenceFile)

// model is a logistic regression. Weights has one number for each of features.
type model struct {
	Bias    float64            `json:"bias"`
	Weights map[string]float64 `json:"weights"`
	order   [features]float64
}

const features = 16

// featureNames stand in the order of featuresOf.
var featureNames = [features]string{
	"score", "lead", "ahead", "sureLead", "covers", "answer", "evidence", "found", "unknown", "telling", "words",
	"missed", "gap", "gaps", "numbers", "pairs",
}

func readModel(file []byte) *model {
	m := &model{}
	if err := json.Unmarshal(file, m); err != nil {
		panic(fmt.Sprintf("kb: data/confidence.json: %v", err)) // embedded: a mistake of the build
	}
	for i, name := range featureNames {
		m.order[i] = m.Weights[name]
	}
	return m
}

// What rules leave of the confidence in a hit, where the regression cannot know.
const (
	// unnamed: the question names none of several siblings, or another. Too little to
	// answer, enough to ask back.
	unnamed = 0.4
	// clashing: the entry tells something else than is asked, or of another number. 15
	// development questions have such a first hit, and 94 when their answer is taken
	// away; none of these hits is right.
	clashing = 0.25
)

// confidence is the probability that the i-th of ranked answers the message, and
// family the one that a sibling of it does, whose name the message leaves out.
func confidence(q *query, ranked []scored, i int, e explained) (itself, family float64) {
	p := confidenceModel.probability(featuresOf(q, ranked, i, e))
	if ranked[i].x.family >= 0 && !namesSibling(ranked, i) {
		family = p * suited(ranked[i], e)
	}
	return p * ruled(ranked, i, e), family
}

// rivals gives the siblings that follow right upon the first hit, when the message names
// none of them, and how likely one of them is the answer instead: it is what the first
// would gain if there were none. e explains the first, whose confidence is itself.
func rivals(q *query, ranked []scored, e explained, itself float64) (family int32, share float64) {
	if len(ranked) < 2 || ranked[1].x.family < 0 || ranked[1].x.family == ranked[0].x.family || namesSibling(ranked, 1) {
		return -1, 0
	}
	family = ranked[1].x.family
	others := slices.DeleteFunc(slices.Clone(ranked), func(r scored) bool { return r.x.family == family })
	alone, _ := confidence(q, others, 0, e)
	if ranked[1].clash {
		alone *= clashing
	}
	return family, max(0, alone-itself)
}

// ruled is the share of the confidence that the rules leave; 1 where none applies.
func ruled(ranked []scored, i int, e explained) float64 {
	share := suited(ranked[i], e)
	if ranked[i].x.family >= 0 && !toldApart(ranked, i) {
		share *= unnamed
	}
	return share
}

// suited is the share that is left to an entry for what it tells, whoever it names.
func suited(r scored, e explained) float64 {
	if r.clash || e.other {
		return clashing
	}
	return 1
}

func (m *model) probability(f [features]float64) float64 {
	z := m.Bias
	for i, w := range m.order {
		z += w * f[i]
	}
	return 1 / (1 + math.Exp(-z))
}

// featuresOf describes the i-th of ranked, each number of the order of 1.
func featuresOf(q *query, ranked []scored, i int, e explained) [features]float64 {
	r := ranked[i]
	var total, tellingTotal, unknown float64
	for _, s := range q.slots {
		total += float64(s.weight)
		if s.unknown {
			unknown += float64(s.weight)
		}
		if !s.weak {
			tellingTotal += float64(s.weight)
		}
	}
	lead := float64(lead(ranked, i))
	telling := float64(r.telling) / max(0.1, tellingTotal)
	return [features]float64{
		float64(r.score),
		lead,
		float64(r.score - alsoRan(ranked)),
		lead * telling,
		float64(r.best.covers),
		float64(r.answer.covered),
		math.Log1p(float64(r.evidence)),
		float64(r.evidence) / max(0.1, total),
		unknown / max(0.1, total),
		telling,
		math.Log1p(float64(r.words)),
		e.missed, e.gap, e.gaps, e.numbers, float64(r.best.pairs),
	}
}

// crowd is the place in the ranking whose score stands for the also-rans. Siblings
// take one place together.
const crowd = 5

// alsoRan is the score at that place.
func alsoRan(ranked []scored) float32 {
	families := make([]int32, 0, crowd)
	place := 0
	for _, o := range ranked {
		if o.x.family >= 0 {
			if slices.Contains(families, o.x.family) {
				continue
			}
			families = append(families, o.x.family)
		}
		if place == crowd {
			return o.score
		}
		place++
	}
	return ranked[len(ranked)-1].score
}

// lead is how far an entry is ahead of the next one that is no sibling; below the
// first place it is the distance to the first, and negative.
func lead(ranked []scored, i int) float32 {
	if i > 0 {
		return ranked[i].score - ranked[0].score
	}
	for _, o := range ranked[1:] {
		if o.x.family < 0 || o.x.family != ranked[0].x.family {
			return ranked[0].score - o.score
		}
	}
	return ranked[0].score
}
