package api_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/api"
)

// storage is a disk and a store that are as a test says.
type storage struct {
	mu sync.Mutex
	is api.Condition
}

func (s *storage) Condition() api.Condition {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.is
}

func (s *storage) becomes(c api.Condition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.is = c
}

func TestWhoLooksAfterTheHouseIsToldHowDiskAndStoreAre(t *testing.T) {
	r := start(t)
	boss := r.member(inbox.Member{Login: "boss", Role: inbox.Supervisor})
	for name, tt := range map[string]struct {
		is   api.Condition
		want string
	}{
		"nothing is known": {api.Condition{}, `{"backup_late":false,"backup_off":false,"damaged":0,"disk":{"free":0,"level":"enough","used":0}}`},
		"the disk is nearly full": {
			api.Condition{Room: inbox.Room{Total: 1000, Free: 81}, Level: inbox.RoomShort},
			`{"backup_late":false,"backup_off":false,"damaged":0,"disk":{"free":81,"level":"short","used":91}}`,
		},
		"messages are refused": {
			api.Condition{Room: inbox.Room{Total: 1000}, Level: inbox.RoomNoWords},
			`{"backup_late":false,"backup_off":false,"damaged":0,"disk":{"free":0,"level":"no_words","used":100}}`,
		},
		"the store fails, and records are damaged": {
			api.Condition{Damaged: 3, FailingSince: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)},
			`{"backup_late":false,"backup_off":false,"damaged":3,"disk":{"free":0,"level":"enough","used":0},"failing_since":"2026-11-21T08:00:00Z"}`,
		},
		"no backup was ever made": {
			api.Condition{BackupLate: true},
			`{"backup_late":true,"backup_off":false,"damaged":0,"disk":{"free":0,"level":"enough","used":0}}`,
		},
		"no backups are made": {
			api.Condition{BackupOff: true},
			`{"backup_late":false,"backup_off":true,"damaged":0,"disk":{"free":0,"level":"enough","used":0}}`,
		},
		"the newest backup is old": {
			api.Condition{BackupLate: true, LastBackup: time.Date(2026, 11, 20, 1, 30, 0, 0, time.UTC)},
			`{"backup_late":true,"backup_off":false,"damaged":0,"disk":{"free":0,"level":"enough","used":0},"last_backup":"2026-11-20T01:30:00Z"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r.storage.becomes(tt.is)
			a := r.do(r.ask(boss, http.MethodGet, "/storage", ""))
			r.want(a, http.StatusOK)
			if got := strings.TrimSpace(string(a.body)); got != tt.want {
				t.Errorf("is told %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestWhatIsHeldAfterARestoreIsReleasedOnce(t *testing.T) {
	r := start(t)
	boss := r.member(inbox.Member{Login: "boss", Role: inbox.Supervisor})
	r.want(r.do(r.ask(boss, http.MethodGet, "/hold", "")), http.StatusNoContent)
	r.write(func(tx inbox.Writer) error {
		_, err := inbox.HoldShelf.Put(tx, inbox.Kept[inbox.Hold]{ID: inbox.HoldID, Value: inbox.Hold{BackupAt: r.clock.Now()}})
		return err
	})
	a := r.do(r.ask(boss, http.MethodGet, "/hold", ""))
	r.want(a, http.StatusOK)
	if !strings.Contains(string(a.body), `"backup_at":"2026-11-21T08:00:00Z"`) {
		t.Errorf("the backup's time is not told: %s", a.body)
	}
	r.want(r.do(r.ask(boss, http.MethodPut, "/hold", `{}`)), http.StatusBadRequest)
	r.want(r.do(r.ask(boss, http.MethodPut, "/hold", `{"aside":true}`)), http.StatusNoContent)
	r.want(r.do(r.ask(boss, http.MethodGet, "/hold", "")), http.StatusNoContent)
	r.want(r.do(r.ask(boss, http.MethodPut, "/hold", `{"aside":false}`)), http.StatusNotFound)
	admin := r.member(inbox.Member{Login: "root", Role: inbox.Admin})
	if a = r.do(r.ask(admin, http.MethodGet, "/audit/search?group=hold", "")); !strings.Contains(string(a.body), `"hold.released"`) {
		t.Errorf("it is not on record: %s", a.body)
	}
}
