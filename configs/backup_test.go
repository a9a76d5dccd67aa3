package configs

import (
	"strings"
	"testing"
	"time"
)

func TestWhenAndWhereBackupsGo(t *testing.T) {
	for name, tt := range map[string]struct{ text, key string }{
		"every night":             {"backup: {folder: /srv/saoluu, at: '02:15', keep: 30}", ""},
		"for one who has the key": {"backup: {folder: /srv/saoluu, recipients: [age1gde3ncmahlqd9gg50tanl99r960llztrhfapnmx853s4tjum03uqfssgdh]}", ""},
		"no time of day":          {"backup: {at: 'midnight'}", "backup.at"},
		"one alone":               {"backup: {keep: 1}", "backup.keep"},
		"beside the data":         {"backup: {folder: saoluu}", "backup.folder"},
		"a second copy":           {"journal: {folder: /srv/nhatky, keep_days: 30}", ""},
		"a copy beside the data":  {"journal: {folder: nhatky}", "journal.folder"},
		"a copy for no day":       {"journal: {keep_days: 0}", "journal.keep_days"},
		"no key":                  {"backup: {recipients: [ssh-ed25519]}", "backup.recipients[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(writeFile(t, "c.yaml", tt.text+"\n"), func(string) string { return "" })
			if tt.key == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.key+":") {
				t.Errorf("Load = %v, want a problem with %s", err, tt.key)
			}
		})
	}
}

func TestTheNextBackupIsTonightOrTomorrow(t *testing.T) {
	b := Backup{At: "01:30"}
	for now, want := range map[string]string{
		"2026-11-21T18:29:59Z": "2026-11-22T01:30:00+07:00",
		"2026-11-21T18:30:00Z": "2026-11-23T01:30:00+07:00",
		"2026-12-31T20:00:00Z": "2027-01-02T01:30:00+07:00",
	} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.Next(at).Format(time.RFC3339); got != want {
			t.Errorf("after %s it is at %s, want %s", now, got, want)
		}
	}
}
