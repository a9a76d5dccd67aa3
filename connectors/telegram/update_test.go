package telegram_test

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
	"tongdai/connectors/telegram"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden is what a golden file says of an update.
type golden struct {
	Trouble  string
	Inbounds []connectors.Inbound
}

// Every payload of the platform, and what it becomes.
func TestUpdates(t *testing.T) {
	conn := onlyReading(t)
	updates, err := filepath.Glob("testdata/updates/*.json")
	if err != nil || len(updates) < 40 {
		t.Fatalf("%d updates, %v", len(updates), err)
	}
	for _, path := range updates {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			raw := connectors.Raw{Channel: "telegram-1022", Body: readFile(t, path), ReceivedAt: time.Date(2026, 1, 1, 0, 0, 1, 0, time.UTC)}
			in, err := conn.Parse(t.Context(), raw)
			result := golden{Inbounds: in}
			if err != nil {
				result.Trouble = err.Error()
			}
			got, err := json.MarshalIndent(result, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			wantGolden(t, strings.TrimSuffix(path, ".json")+".golden", string(got)+"\n")
		})
	}
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func wantGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := string(readFile(t, path)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// FuzzParse: whatever knows the secret is read without harm, and what is read has
// a key, a person and valid text.
func FuzzParse(f *testing.F) {
	updates, err := filepath.Glob("testdata/updates/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range updates {
		f.Add(readFile(f, path))
	}
	conn := onlyReading(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		raw := connectors.Raw{Body: body, ReceivedAt: time.Unix(1767225600, 0)}
		in, err := conn.Parse(t.Context(), raw)
		again, _ := conn.Parse(t.Context(), raw)
		for i, one := range in {
			if one.Key == "" || one.Key != again[i].Key || one.From == "" || one.From == "0" || one.Kind == "" || one.SentAt.IsZero() {
				t.Errorf("Inbound %+v", one)
			}
			if !utf8.ValidString(one.Content.Text) || !utf8.ValidString(one.Key) || !utf8.ValidString(one.Ref) {
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

// onlyReading is a bot that is never asked to send.
func onlyReading(t testing.TB) *telegram.Hooked {
	t.Helper()
	conn, err := telegram.NewHooked(telegram.Config{
		Channel: connectors.Channel{ID: "telegram-1022"}, Token: token, Secret: secret, MaxBody: maxBody,
	}, telegram.Deps{Files: &connectortest.Files{}})
	if err != nil {
		t.Fatal(err)
	}
	return conn
}
