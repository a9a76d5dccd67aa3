package zalo_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/zalo"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden is what a golden file says of an event.
type golden struct {
	Trouble  string
	Inbounds []connectors.Inbound
}

// Every payload of the platform, and what it becomes.
func TestEvents(t *testing.T) {
	conn := newUnconnected(t).conn
	events, err := filepath.Glob("testdata/events/*.json")
	if err != nil || len(events) < 40 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	for _, path := range events {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			body, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			raw := connectors.Raw{Channel: "zalo-1022", Body: body, ReceivedAt: time.Date(2026, 1, 1, 0, 0, 1, 0, time.UTC)}
			in, err := conn.Parse(t.Context(), raw)
			result := golden{Inbounds: in}
			if err != nil {
				result.Trouble = err.Error()
			}
			got, err := json.MarshalIndent(result, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			goldenPath := strings.TrimSuffix(path, ".json") + ".golden"
			if *update {
				if err := os.WriteFile(goldenPath, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(goldenPath)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != strings.TrimSuffix(string(want), "\n") {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// FuzzParse: whatever is signed is read without harm, and what is read has a
// key, a person and valid text.
func FuzzParse(f *testing.F) {
	events, err := filepath.Glob("testdata/events/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range events {
		body, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	conn := onlyReading(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		raw := connectors.Raw{Body: body, ReceivedAt: time.Unix(1767225600, 0)}
		in, err := conn.Parse(t.Context(), raw)
		again, _ := conn.Parse(t.Context(), raw)
		for i, one := range in {
			if one.Key == "" || one.Key != again[i].Key || one.From == "" || one.Kind == "" || one.SentAt.IsZero() {
				t.Errorf("Inbound %+v", one)
			}
			if !utf8.ValidString(one.Content.Text) || !utf8.ValidString(one.Key) {
				t.Errorf("not UTF-8: %+v", one)
			}
			if one.Kind == connectors.Said && one.Content.Empty() && one.Pressed == "" {
				t.Error("somebody said nothing")
			}
		}
		if err != nil && !utf8.ValidString(err.Error()) {
			t.Errorf("the trouble is not UTF-8: %q", err)
		}
	})
}

// onlyReading is a connector that is never asked to send.
func onlyReading(t testing.TB) *zalo.Connector {
	t.Helper()
	conn, err := zalo.New(zalo.Config{
		Channel: connectors.Channel{ID: "zalo-1022"}, AppID: appID, AppSecret: appSecret, OAID: oaID,
		WebhookSecret: oaSecret, HookURL: "https://1022.example.vn/hook",
	}, zalo.Deps{Vault: noVault{}, Files: &connectortest.Files{}})
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// noVault is for connectors that only read events.
type noVault struct{ connectors.Vault }
