package eval

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is all figures of one run.
type Report struct {
	Entries   int                `json:"entries"`
	Questions int                `json:"questions"`
	All       Ranking            `json:"all"`
	Levels    map[string]Ranking `json:"levels"`
	Kinds     map[string]Ranking `json:"kinds"`
	Noise     Noise              `json:"noise"`
	AUROC     float64            `json:"auroc"`
	At90      Answering          `json:"at_90_percent"`
	At95      Answering          `json:"at_95_percent"`
	Shipped   Answering          `json:"as_configured"`
	Alarm     Alarm              `json:"urgent"`
	Speed     *Speed             `json:"speed,omitempty"`

	handoffs int
	bot      bool // one was asked
}

// Noise tells what is lost by writing the same question badly: over pairs of a clean
// question and one made from it, how much less often the right entry comes first.
type Noise struct {
	Pairs int                `json:"pairs"`
	Clean float64            `json:"clean_recall_1"`
	Noisy float64            `json:"noisy_recall_1"`
	Loss  float64            `json:"loss"`
	Kinds map[string]float64 `json:"loss_by_kind"`
}

// Alarm tells how well reports of danger are told from everything else.
type Alarm struct {
	Reports     int     `json:"reports"`
	Recall      float64 `json:"recall"`
	Precision   float64 `json:"precision"`
	FalseAlarms float64 `json:"false_alarms"` // share of everything else
}

// Speed is how fast questions were answered on this machine, from the citizen's text
// to the bot's decision.
type Speed struct {
	P50       time.Duration `json:"p50_ns"` // one after another
	P99       time.Duration `json:"p99_ns"`
	PerSecond float64       `json:"questions_per_second"` // on all processors
	Cores     int           `json:"cores"`
}

// SpeedOf sums up how long each question took, one after another, and all of them
// together on all processors.
func SpeedOf(each []time.Duration, together time.Duration, cores int) *Speed {
	if len(each) == 0 || together <= 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(each))
	return &Speed{
		P50: sorted[len(sorted)/2], P99: sorted[len(sorted)*99/100],
		PerSecond: float64(len(each)) / together.Seconds(), Cores: cores,
	}
}

// ReportOf makes the figures. Rows that expect one of either may be answered or
// flagged, and count neither way for the alarm. Where no bot was asked there are no
// figures of its answers and alarms.
func ReportOf(outcomes []Outcome, entries int, either ...string) Report {
	r := Report{
		Entries: entries, Questions: len(outcomes),
		All:    RankingOf(outcomes, All),
		Levels: rankings(outcomes, func(q Question) string { return q.Level }),
		Kinds:  rankings(outcomes, func(q Question) string { return q.Noise }),
		Noise:  NoiseOf(outcomes),
		AUROC:  AUROC(outcomes), At90: CoverageAt(outcomes, 0.9), At95: CoverageAt(outcomes, 0.95),
	}
	if slices.ContainsFunc(outcomes, func(o Outcome) bool { return o.Said != "" }) {
		r.Shipped, r.Alarm, r.bot = AsSaid(outcomes), AlarmOf(outcomes, either...), true
	}
	for _, o := range outcomes {
		if o.Expect == Handoff {
			r.handoffs++
		}
	}
	return r
}

func rankings(outcomes []Outcome, of func(Question) string) map[string]Ranking {
	all := map[string]Ranking{}
	for _, o := range outcomes {
		v := of(o.Question)
		if _, done := all[v]; v == "" || done || o.Expect != FAQ {
			continue
		}
		all[v] = RankingOf(outcomes, func(q Question) bool { return of(q) == v })
	}
	return all
}

// clean is the kind of questions without noise.
const clean = "clean"

// NoiseOf compares every noisy question with the clean one of the same base.
func NoiseOf(outcomes []Outcome) Noise {
	found := map[string]float64{}
	for _, o := range outcomes {
		if o.Expect == FAQ && o.Noise == clean && o.Base != "" {
			found[o.Base] = firstIsRight(o)
		}
	}
	n := Noise{Kinds: map[string]float64{}}
	pairs := map[string]float64{}
	for _, o := range outcomes {
		before, paired := found[o.Base]
		if o.Expect != FAQ || o.Noise == clean || !paired {
			continue
		}
		after := firstIsRight(o)
		n.Pairs++
		n.Clean += before
		n.Noisy += after
		n.Kinds[o.Noise] += before - after
		pairs[o.Noise]++
	}
	if n.Pairs == 0 {
		return n
	}
	n.Clean /= float64(n.Pairs)
	n.Noisy /= float64(n.Pairs)
	n.Loss = n.Clean - n.Noisy
	for kind := range n.Kinds {
		n.Kinds[kind] /= pairs[kind]
	}
	return n
}

func firstIsRight(o Outcome) float64 {
	if o.Rank() == 1 {
		return 1
	}
	return 0
}

// AlarmOf measures the alarm, leaving out questions that may be answered by one of
// the entries either: for them both is right.
func AlarmOf(outcomes []Outcome, either ...string) Alarm {
	var flagged, right, others, falsely float64
	var a Alarm
	for _, o := range outcomes {
		raised := o.Said == SaidUrgent
		switch {
		case o.Expect == Urgent:
			a.Reports++
			if raised {
				right++
				flagged++
			}
		case slices.ContainsFunc(either, func(id string) bool { return containsID(o, id) }):
		default:
			others++
			if raised {
				falsely++
				flagged++
			}
		}
	}
	a.Recall = right / max(1, float64(a.Reports))
	a.Precision = right / max(1, flagged)
	a.FalseAlarms = falsely / max(1, others)
	return a
}

func containsID(o Outcome, id string) bool {
	for _, right := range o.Right {
		if string(right) == id {
			return true
		}
	}
	return false
}

// Print writes the figures as tables.
func (r Report) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%d questions to %d entries\n\n", r.Questions, r.Entries)
	fmt.Fprintln(t, "questions\tn\trecall@1\trecall@3\tMRR@10")
	line := func(name string, k Ranking) {
		if k.N > 0 {
			fmt.Fprintf(t, "%s\t%d\t%.3f\t%.3f\t%.3f\n", name, k.N, k.Recall1, k.Recall3, k.MRR)
		}
	}
	line("all", r.All)
	for _, group := range []map[string]Ranking{r.Levels, r.Kinds} {
		for _, name := range slices.Sorted(maps.Keys(group)) {
			line(name, group[name])
		}
	}
	if r.Noise.Pairs > 0 {
		fmt.Fprintf(t, "\nloss by noise\t%d pairs\t%.1f points\t(%.3f clean, %.3f noisy)\n", r.Noise.Pairs, 100*r.Noise.Loss, r.Noise.Clean, r.Noise.Noisy)
		var kinds []string
		for _, kind := range slices.Sorted(maps.Keys(r.Noise.Kinds)) {
			kinds = append(kinds, fmt.Sprintf("%s %.1f", kind, 100*r.Noise.Kinds[kind]))
		}
		fmt.Fprintf(t, "of these\t%s\n", strings.Join(kinds, ", "))
	}
	if r.handoffs > 0 {
		fmt.Fprintf(t, "\nAUROC\t%.3f\n", r.AUROC)
		fmt.Fprintln(t, "answering\tprecision\tcoverage\trejection\tthreshold")
		fmt.Fprintf(t, "at 90 %% precision\t%.3f\t%.3f\t%.3f\t%.3f\n", r.At90.Precision, r.At90.Coverage, r.At90.Rejection, r.At90.Threshold)
		fmt.Fprintf(t, "at 95 %% precision\t%.3f\t%.3f\t%.3f\t%.3f\n", r.At95.Precision, r.At95.Coverage, r.At95.Rejection, r.At95.Threshold)
	}
	if r.handoffs > 0 && r.bot {
		fmt.Fprintf(t, "as configured\t%.3f\t%.3f\t%.3f\t%.3f\n", r.Shipped.Precision, r.Shipped.Coverage, r.Shipped.Rejection, r.Shipped.Threshold)
	}
	if r.Alarm.Reports > 0 {
		fmt.Fprintf(t, "\nurgent\trecall %.3f\tprecision %.3f\tfalse alarms %.4f\t(%d reports)\n", r.Alarm.Recall, r.Alarm.Precision, r.Alarm.FalseAlarms, r.Alarm.Reports)
	}
	if s := r.Speed; s != nil {
		fmt.Fprintf(t, "\nspeed\t%.0f a second on %d cores\tp50 %v\tp99 %v\n", s.PerSecond, s.Cores, s.P50.Round(time.Microsecond), s.P99.Round(time.Microsecond))
	}
	return t.Flush()
}
