package main

import (
	"context"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"tongdai/connectors"
	"tongdai/inbox"
)

// ownFigures are those of the program itself, beside the hub's. docs/operate/metrics.md
// lists all of them.
type ownFigures struct {
	backups       *prometheus.CounterVec
	backupSeconds prometheus.Gauge
	journal       *prometheus.HistogramVec
}

func newOwnFigures() *ownFigures {
	f := &ownFigures{
		backups: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tongdai_backups_total", Help: "Backups that this node wrote, read back and made a store of: ok, or failed.",
		}, []string{"result"}),
		backupSeconds: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "tongdai_backup_last_seconds", Help: "How long the last backup of this node took, the trial included; 0: there was none since the start.",
		}),
		journal: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tongdai_journal_seconds", Help: "Time until the journal had its copy of what came in on disk, by result: ok or failed.",
			Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2},
		}, []string{"result"}),
	}
	for _, result := range []string{"ok", "failed"} { // the first time could not be told from the beginning otherwise
		f.backups.WithLabelValues(result)
		f.journal.WithLabelValues(result)
	}
	return f
}

func result(err error) string {
	if err != nil {
		return "failed"
	}
	return "ok"
}

func (f *ownFigures) backedUp(took time.Duration, err error) {
	f.backups.WithLabelValues(result(err)).Inc()
	f.backupSeconds.Set(took.Seconds())
}

// collectors are all figures of this process.
func (a *app) collectors() []prometheus.Collector {
	build := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "tongdai_build_info", Help: "Always 1; the labels tell the version of the program and of Go.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()},
	}, func() float64 { return 1 })
	all := []prometheus.Collector{
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), build, a.figures.backups, a.figures.backupSeconds,
	}
	if a.journal != nil {
		all = append(all, a.figures.journal)
	}
	all = append(all, a.hub.Collectors()...)
	all = append(all, a.storageFigures()...)
	return append(all, a.backupFigures()...)
}

// measuredJournal is a journal whose figures are kept.
type measuredJournal struct {
	inbox.Journal
	figures *ownFigures
}

func (j measuredJournal) Keep(ctx context.Context, raw connectors.Raw, in []connectors.Inbound) error {
	begun := time.Now()
	err := j.Journal.Keep(ctx, raw, in)
	j.figures.journal.WithLabelValues(result(err)).Observe(time.Since(begun).Seconds())
	return err
}
