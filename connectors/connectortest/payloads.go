package connectortest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tongdai/connectors"
)

// Payloads are what a platform reports, each in a file, with a golden file beside
// it that says what becomes of it.
type Payloads struct {
	Pattern string // of the files: "testdata/events/*.json"
	Least   int    // how many there are
	// Golden is what a golden file says; nil: the trouble and all of the Inbounds.
	Golden func(in []connectors.Inbound, err error) any
	// Also is what else must hold of an Inbound, whatever it was read from; nil:
	// nothing.
	Also func(t *testing.T, in connectors.Inbound)
}

// Reader is a Connector that reads what was kept raw.
type Reader interface {
	connectors.Connector
	connectors.Parser
}

// Read has conn read every payload and holds the outcome to its golden file, or
// writes that anew.
func (p Payloads) Read(t *testing.T, conn Reader, write bool) {
	golden := p.Golden
	if golden == nil {
		golden = whole
	}
	paths := p.paths(t)
	if len(paths) < p.Least {
		t.Fatalf("there are %d payloads, want %d", len(paths), p.Least)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(path, filepath.Ext(path))
		t.Run(filepath.Base(name), func(t *testing.T) {
			raw := connectors.Raw{Channel: conn.Channel().ID, Body: ReadFile(t, path), ReceivedAt: time.Date(2026, 1, 1, 0, 0, 1, 0, time.UTC)}
			got, err := json.MarshalIndent(golden(conn.Parse(t.Context(), raw)), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			WantGolden(t, name+".golden", string(got)+"\n", write)
		})
	}
}

// whole is all that a payload becomes.
func whole(in []connectors.Inbound, err error) any {
	var trouble string
	if err != nil {
		trouble = err.Error()
	}
	return struct {
		Trouble  string
		Inbounds []connectors.Inbound
	}{trouble, in}
}

// Fuzz begins with the payloads: whatever is signed is read without harm, twice
// alike, and what is read has a key, a person, a kind, a time and valid text.
func (p Payloads) Fuzz(f *testing.F, conn Reader) {
	for _, path := range p.paths(f) {
		f.Add(ReadFile(f, path))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		raw := connectors.Raw{Body: body, ReceivedAt: time.Unix(1767225600, 0)}
		in, err := conn.Parse(t.Context(), raw)
		again, _ := conn.Parse(t.Context(), raw)
		if len(again) != len(in) {
			t.Fatalf("read twice it is %d and %d Inbounds", len(in), len(again))
		}
		for i, one := range in {
			if one.Key == "" || one.Key != again[i].Key || one.From == "" || one.Kind == "" || one.SentAt.IsZero() {
				t.Errorf("Inbound %+v", one)
			}
			for _, text := range []string{one.Content.Text, one.Key, string(one.From), one.Ref} {
				if !utf8.ValidString(text) {
					t.Errorf("not UTF-8: %+v", one)
				}
			}
			if one.Kind == connectors.Said && one.Content.Empty() && one.Pressed == "" {
				t.Error("somebody said nothing")
			}
			if p.Also != nil {
				p.Also(t, one)
			}
		}
		if err != nil && !utf8.ValidString(err.Error()) {
			t.Errorf("the trouble is not UTF-8: %q", err)
		}
	})
}

func (p Payloads) paths(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob(p.Pattern)
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// ReadFile is what a file of testdata holds.
func ReadFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// WantGolden wants got to be what the golden file holds, or writes it there.
func WantGolden(t testing.TB, path, got string, write bool) {
	t.Helper()
	if write {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := string(ReadFile(t, path)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
