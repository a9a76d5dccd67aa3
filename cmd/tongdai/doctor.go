package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tongdai/configs"
)

// What the doctor ends with, beside 0: all is well.
const (
	exitLookAt = 1 // somebody should look at something
	exitFault  = 2 // something does not work, or soon will not
)

// severity is how much a finding matters.
type severity string

const (
	fine   severity = "ok"
	lookAt severity = "warning"
	fault  severity = "error"
)

// finding is one thing that the doctor looked at: what is so, and what to do
// where that is not well.
type finding struct {
	Topic    string   `json:"topic"`
	Severity severity `json:"severity"`
	Text     string   `json:"text"`
	Do       string   `json:"do,omitempty"`
}

func newDoctor(s *settings) *cobra.Command {
	var asJSON bool
	var d doctor
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look at everything a person on site would, and say what is wrong and what to do",
		Long: "Look at configuration, data folder, disk, store, backups, clock, ports, address, channels, knowledge base and\n" +
			"roster, and say what is wrong, where, and what to do. It changes nothing, and may run beside the hub, which it then\n" +
			"asks. The exit status is 0 when all is well, 1 when somebody should look at something, 2 when something does not work.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d.settings = s
			d.client = &http.Client{Timeout: checkTimeout, CheckRedirect: noRedirect, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment}}
			d.look(cmd.Context())
			if err := d.report(cmd.OutOrStdout(), asJSON); err != nil {
				return err
			}
			switch d.worst() {
			case fault:
				return exit(exitFault)
			case lookAt:
				return exit(exitLookAt)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the findings as JSON")
	cmd.Flags().BoolVar(&d.online, "online", false, "also ask the platforms of the channels, and the public address")
	cmd.Flags().StringVar(&d.clockOf, "clock", "", "compare the clock with that of a web server: https://…")
	return cmd
}

// doctor looks at one installation.
type doctor struct {
	settings *settings
	online   bool
	clockOf  string
	client   *http.Client

	cfg      configs.Config
	running  bool // a hub works on the store, here or, with a database, at the configured address
	findings []finding
}

func (d *doctor) good(topic, format string, args ...any) {
	d.findings = append(d.findings, finding{Topic: topic, Severity: fine, Text: fmt.Sprintf(format, args...)})
}

func (d *doctor) warn(topic, do, format string, args ...any) {
	d.findings = append(d.findings, finding{Topic: topic, Severity: lookAt, Text: fmt.Sprintf(format, args...), Do: do})
}

func (d *doctor) wrong(topic, do, format string, args ...any) {
	d.findings = append(d.findings, finding{Topic: topic, Severity: fault, Text: fmt.Sprintf(format, args...), Do: do})
}

func (d *doctor) worst() severity {
	worst := fine
	for _, f := range d.findings {
		if f.Severity == fault || f.Severity == lookAt && worst == fine {
			worst = f.Severity
		}
	}
	return worst
}

// look looks at everything. What rests on something broken is left out.
func (d *doctor) look(ctx context.Context) {
	d.good("phiên bản", "tongdai %s, %s, %s/%s", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	d.memory()
	if !d.configuration() {
		return
	}
	d.folder()
	d.disk()
	d.store(ctx)
	d.backups(ctx)
	d.clock(ctx)
	d.ports(ctx)
	d.address(ctx)
	if d.online {
		d.channels(ctx)
	}
}

// configuration loads it; false: nothing else can be told.
func (d *doctor) configuration() bool {
	name := d.settings.config
	if name == "" {
		name = "mặc định"
	}
	cfg, err := d.settings.load()
	if err == nil {
		_, err = configs.LoadData(cfg)
	}
	var problems configs.Problems
	switch {
	case errors.As(err, &problems):
		for _, p := range problems {
			d.wrong("cấu hình", "Sửa tệp rồi chạy: tongdai config check", "%s", p)
		}
		return false
	case err != nil:
		d.wrong("cấu hình", "Kiểm tra tên và quyền đọc của tệp.", "%v", err)
		return false
	}
	d.cfg = cfg
	d.good("cấu hình", "%s: dùng được, %d kênh", name, len(cfg.Channels))
	return true
}

// report prints the findings.
func (d *doctor) report(out io.Writer, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(struct {
			At       time.Time `json:"at"`
			Result   severity  `json:"result"`
			Running  bool      `json:"running"`
			Findings []finding `json:"findings"`
		}{time.Now().UTC().Truncate(time.Second), d.worst(), d.running, d.findings})
	}
	var text strings.Builder
	marks, counts := map[severity]string{fine: "được  ", lookAt: "CHÚ Ý ", fault: "LỖI   "}, map[severity]int{}
	for _, f := range d.findings {
		counts[f.Severity]++
		fmt.Fprintf(&text, "%s %s: %s\n", marks[f.Severity], f.Topic, f.Text)
		if f.Do != "" {
			fmt.Fprintf(&text, "         → %s\n", f.Do)
		}
	}
	switch {
	case counts[fault]+counts[lookAt] == 0:
		text.WriteString("\nKhông thấy gì phải lo.\n")
	default:
		fmt.Fprintf(&text, "\n%d lỗi, %d điều cần chú ý.\n", counts[fault], counts[lookAt])
	}
	_, err := io.WriteString(out, text.String())
	return err
}
