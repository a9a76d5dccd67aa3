package messenger_test

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
	"tongdai/connectors/messenger"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden is what a golden file says of a request: what is empty is left out, so
// that the contract may grow without all of them changing.
func golden(in []connectors.Inbound, err error) any {
	said := map[string]any{}
	if err != nil {
		said["Trouble"] = err.Error()
	}
	encoded, _ := json.Marshal(in) // plain structs
	var plain []any
	_ = json.Unmarshal(encoded, &plain)
	if len(plain) > 0 {
		said["Inbounds"] = withoutEmpty(plain)
	}
	return said
}

func withoutEmpty(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if v[key] = withoutEmpty(inner); v[key] == nil {
				delete(v, key)
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = withoutEmpty(v[i])
		}
		if len(v) == 0 {
			return nil
		}
	case string:
		if v == "" || v == "0001-01-01T00:00:00Z" {
			return nil
		}
	case float64:
		if v == 0 {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	}
	return value
}

// Every payload of the platform, and what it becomes.
func TestEvents(t *testing.T) {
	conn := onlyReading(t)
	events, err := filepath.Glob("testdata/events/*.json")
	if err != nil || len(events) < 80 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	for _, path := range events {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			body, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			raw := connectors.Raw{Channel: "fb-1022", Body: body, ReceivedAt: time.Date(2026, 1, 1, 0, 0, 1, 0, time.UTC)}
			in, err := conn.Parse(t.Context(), raw)
			got, err := json.MarshalIndent(golden(in, err), "", "  ")
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

// FuzzParse: whatever is signed is read without harm, twice alike, and what is
// read has a key, a person, a time and valid text.
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
			if !utf8.ValidString(one.Content.Text) || !utf8.ValidString(one.Key) || !utf8.ValidString(string(one.From)) {
				t.Errorf("not UTF-8: %+v", one)
			}
			if one.Kind == connectors.Said && one.Content.Empty() && one.Pressed == "" {
				t.Error("somebody said nothing")
			}
			if one.Public != (one.Thread != "") {
				t.Errorf("what is public is below a comment: %+v", one)
			}
		}
		if err != nil && !utf8.ValidString(err.Error()) {
			t.Errorf("the trouble is not UTF-8: %q", err)
		}
	})
}

// onlyReading is a connector that is never asked to send.
func onlyReading(t testing.TB) *messenger.Connector {
	t.Helper()
	conn, err := messenger.New(messenger.Config{
		Channel: connectors.Channel{ID: "fb-1022"}, AppID: appID, AppSecret: appSecret,
		PageID: pageID, PageToken: pageToken, VerifyToken: verifyToken, Comments: true,
	}, messenger.Deps{Files: &connectortest.Files{}})
	if err != nil {
		t.Fatal(err)
	}
	return conn
}
