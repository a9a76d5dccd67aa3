package main

import (
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"tongdai/configs"
	"tongdai/inbox"
)

var (
	descName   = regexp.MustCompile(`fqName: "([^"]+)"`)
	descFixed  = regexp.MustCompile(`constLabels: {([^}]*)}`)
	descVaries = regexp.MustCompile(`variableLabels: {([^}]*)}`)
	fixedName  = regexp.MustCompile(`(\w+)="`)
)

// exported are the metrics of a hub with everything switched on, with the labels
// of each, those of a hub over PostgreSQL included.
func exported(t *testing.T) map[string]string {
	t.Helper()
	cfg := configs.Default()
	folder := t.TempDir()
	cfg.Data.Folder, cfg.Journal.Folder, cfg.Backup.Folder = folder, filepath.Join(folder, "journal"), filepath.Join(folder, "backup")
	a, err := openApp(t.Context(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.close(); err != nil {
			t.Error(err)
		}
	})
	overDatabase := &app{disk: a.disk, store: struct{ inbox.Store }{}}
	descs := make(chan *prometheus.Desc)
	go func() {
		defer close(descs)
		for _, c := range slices.Concat(a.collectors(), overDatabase.storageFigures()) {
			c.Describe(descs)
		}
	}()
	found := map[string]string{}
	for d := range descs {
		text := d.String()
		name := descName.FindStringSubmatch(text)[1]
		var labels []string
		for _, fixed := range fixedName.FindAllStringSubmatch(descFixed.FindStringSubmatch(text)[1], -1) {
			labels = append(labels, fixed[1])
		}
		if varies := descVaries.FindStringSubmatch(text)[1]; varies != "" {
			labels = append(labels, strings.Split(varies, ",")...)
		}
		slices.Sort(labels)
		if strings.HasPrefix(name, "tongdai_") {
			found[name] = strings.Join(labels, ", ")
		}
	}
	return found
}

// documented are the metrics of docs/operate/metrics.md with their labels.
func documented(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "operate", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(tongdai_\\w+)` \\| ([^|]*)\\|").FindAllStringSubmatch(string(text), -1) {
		if _, twice := found[row[1]]; twice {
			t.Errorf("%s stands twice in metrics.md", row[1])
		}
		labels := strings.Split(strings.TrimSpace(row[2]), ", ")
		slices.Sort(labels)
		found[row[1]] = strings.Join(labels, ", ")
	}
	return found
}

func TestEveryMetricIsDocumentedAndEveryDocumentedOneExists(t *testing.T) {
	there, written := exported(t), documented(t)
	if len(there) < 40 {
		t.Errorf("only %d metrics are exported", len(there))
	}
	for _, name := range slices.Sorted(maps.Keys(there)) {
		labels, ok := written[name]
		switch {
		case !ok:
			t.Errorf("%s is not in docs/operate/metrics.md", name)
		case labels != there[name]:
			t.Errorf("%s has the labels %q, metrics.md says %q", name, there[name], labels)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(written)) {
		if _, ok := there[name]; !ok {
			t.Errorf("docs/operate/metrics.md tells of %s, which is not exported", name)
		}
	}
}

func TestMetricsAreNamedByConvention(t *testing.T) {
	unit := regexp.MustCompile(`_(total|seconds|bytes|info)$`)
	plain := []string{ // numbers of things, and states
		"tongdai_alarms_unconfirmed", "tongdai_channel_works", "tongdai_conversations", "tongdai_deliveries_held", "tongdai_disk_level", "tongdai_duty_people",
		"tongdai_event_behind", "tongdai_event_followed", "tongdai_index_behind", "tongdai_index_complete", "tongdai_knowledge_entries", "tongdai_lease_held",
		"tongdai_messages_stuck",
		"tongdai_promises", "tongdai_promises_due_soon", "tongdai_quarantine_waiting", "tongdai_roster_gaps", "tongdai_store_caveats",
		"tongdai_store_damaged_records", "tongdai_store_writable", "tongdai_survey_ok",
	}
	for name := range exported(t) {
		if !unit.MatchString(name) && !slices.Contains(plain, name) {
			t.Errorf("%s ends in no unit", name)
		}
	}
}
