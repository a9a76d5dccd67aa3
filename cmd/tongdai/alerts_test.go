package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/prometheus/promql/parser"
)

// ruleFile is what Prometheus reads, and nothing more: an unknown key is an error.
type ruleFile struct {
	Groups []struct {
		Name  string `yaml:"name"`
		Rules []rule `yaml:"rules"`
	} `yaml:"groups"`
}

type rule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func fileOfProject(t *testing.T, path ...string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// foreign are metrics of the Go runtime, the process and Prometheus itself.
var foreign = regexp.MustCompile(`^(go|process)_\w+$|^up$`)

// wantKnown parses a PromQL expression and reports metrics and labels in it that
// no hub exports.
func wantKnown(t *testing.T, where, expr string, known map[string]string) {
	t.Helper()
	tree, err := parser.ParseExpr(expr)
	if err != nil {
		t.Errorf("%s: %v\n\t%s", where, err, expr)
		return
	}
	parser.Inspect(tree, func(node parser.Node, _ []parser.Node) error {
		selector, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		name := selector.Name
		for _, suffix := range []string{"_bucket", "_count", "_sum"} {
			if _, itself := known[name]; !itself && known[strings.TrimSuffix(name, suffix)+"\x00histogram"] != "" {
				name = strings.TrimSuffix(name, suffix)
			}
		}
		labels, ok := known[name]
		if !ok && !foreign.MatchString(name) {
			t.Errorf("%s asks for %s, which no hub exports", where, selector.Name)
		}
		for _, m := range selector.LabelMatchers {
			if ok && !slices.Contains(append(strings.Split(labels, ", "), "__name__", "job", "instance"), m.Name) {
				t.Errorf("%s asks for the label %s of %s, which has %q", where, m.Name, name, labels)
			}
		}
		return nil
	})
}

// knownMetrics are what a hub exports, histograms marked as such.
func knownMetrics(t *testing.T) map[string]string {
	known := exported(t)
	for _, h := range []string{
		"tongdai_receive_seconds", "tongdai_turn_wait_seconds", "tongdai_turn_seconds", "tongdai_answer_seconds", "tongdai_delivery_call_seconds",
		"tongdai_delivery_seconds", "tongdai_alarm_confirmation_seconds", "tongdai_journal_seconds",
	} {
		if _, ok := known[h]; !ok {
			t.Errorf("%s is not exported", h)
		}
		known[h+"\x00histogram"] = "yes"
	}
	return known
}

func TestTheAlarmRulesAreUnderstoodAndAskForWhatThereIs(t *testing.T) {
	var file ruleFile
	if err := yaml.NewDecoder(bytes.NewReader(fileOfProject(t, "configs", "deploy", "prometheus-alerts.yml")), yaml.DisallowUnknownField()).Decode(&file); err != nil {
		t.Fatal(err)
	}
	page, known := string(fileOfProject(t, "docs", "operate", "alerts.md")), knownMetrics(t)
	anchors := map[string]bool{}
	for _, title := range regexp.MustCompile(`(?m)^## (.+)$`).FindAllStringSubmatch(page, -1) {
		anchors["docs/operate/alerts.md#"+strings.ReplaceAll(strings.ToLower(title[1]), " ", "-")] = true
	}
	seen := map[string]bool{}
	for _, group := range file.Groups {
		for _, r := range group.Rules {
			if seen[r.Alert] || r.Alert == "" {
				t.Errorf("group %s: the alarm %q has no name of its own", group.Name, r.Alert)
			}
			seen[r.Alert] = true
			wantKnown(t, r.Alert, r.Expr, known)
			if _, err := time.ParseDuration(r.For); err != nil {
				t.Errorf("%s: for: %v", r.Alert, err)
			}
			if s := r.Labels["severity"]; s != "critical" && s != "warning" {
				t.Errorf("%s is of severity %q", r.Alert, s)
			}
			if r.Annotations["summary"] == "" || r.Annotations["description"] == "" || !anchors[r.Annotations["runbook"]] {
				t.Errorf("%s does not say what is wrong, what to do, and where more is said: %q", r.Alert, r.Annotations)
			}
			if !strings.Contains(page, "| `"+r.Alert+"` |") {
				t.Errorf("docs/operate/alerts.md does not tell of %s", r.Alert)
			}
		}
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `(Tongdai\\w+)` \\|").FindAllStringSubmatch(page, -1) {
		if !seen[row[1]] {
			t.Errorf("docs/operate/alerts.md tells of %s, for which there is no rule", row[1])
		}
	}
	if len(seen) < 20 {
		t.Errorf("only %d alarms", len(seen))
	}
}

func TestTheDashboardShowsWhatThereIs(t *testing.T) {
	var board struct {
		Panels []struct {
			Title, Type string
			GridPos     struct{ X, Y, W, H int }
			Targets     []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(fileOfProject(t, "docs", "operate", "grafana", "tongdai.json"), &board); err != nil {
		t.Fatal(err)
	}
	known, shown := knownMetrics(t), ""
	grafana := strings.NewReplacer("$__rate_interval", "5m", "$job", ".+")
	for i, p := range board.Panels {
		for _, target := range p.Targets {
			wantKnown(t, p.Title, grafana.Replace(target.Expr), known)
			shown += target.Expr + "\n"
		}
		if p.Title == "" || p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %d shows nothing", i)
		}
		for _, other := range board.Panels[:i] {
			a, b := p.GridPos, other.GridPos
			if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
				t.Errorf("%q lies over %q", p.Title, other.Title)
			}
		}
	}
	unshown := []string{ // said better elsewhere: on the page of the channels, in /readyz, by what is shown beside
		"tongdai_build_info", "tongdai_survey_ok", "tongdai_survey_seconds", "tongdai_store_caveats", "tongdai_disk_level", "tongdai_event_followed",
		"tongdai_index_complete", "tongdai_backups_total", "tongdai_roster_next_gap_timestamp_seconds",
	}
	for name := range exported(t) {
		if !strings.Contains(shown, name) && !slices.Contains(unshown, name) {
			t.Errorf("the dashboard does not show %s", name)
		}
	}
}
