package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"tongdai/configs"
	"tongdai/connectors"
	"tongdai/inbox"
	"tongdai/inbox/store/backup"
)

// writes has people write to a hub until it is told to stop; it returns how
// many of their messages have been acknowledged at any moment.
func writes(t *testing.T, a *app) (acknowledged func() int, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done, count := make(chan struct{}), make(chan int)
	channel := a.hub.Channels()[0].Channel().ID
	go func() {
		defer close(done)
		for n := 0; ; n++ {
			in := testSaid(n)
			raw := connectors.Raw{Channel: channel, ReceivedAt: time.Now(), Type: "application/json", Body: []byte(in.Content.Text)}
			if a.hub.Receive(ctx, raw, []connectors.Inbound{in}) != nil {
				return
			}
			select {
			case count <- n + 1:
			case <-ctx.Done():
				return
			default:
			}
		}
	}()
	return func() int { return <-count }, func() { cancel(); <-done }
}

// testSaid is the n-th thing that somebody says.
func testSaid(n int) connectors.Inbound {
	in := connectors.Inbound{
		Key: fmt.Sprintf("said-%d", n), Kind: connectors.Said, From: connectors.RemoteID(fmt.Sprintf("visitor-%d", n%50)),
		Message: connectors.RemoteID(fmt.Sprintf("m-%d", n)), SentAt: time.Now(), Language: "vi",
	}
	in.Content.Text = fmt.Sprintf("Tin số %d", n)
	return in
}

// DUR-09: while people write and the bot answers, backups are made of
// the running hub; each holds everything that was acknowledged before it began,
// attachments included, and what the platform sends again is known there.
func TestBackupsOfAHubUnderLoadHoldWhatWasAcknowledged(t *testing.T) {
	cfg, picture := installation(t)
	a := opened(t, cfg)
	ctx, stop := context.WithCancel(t.Context())
	ended, address := make(chan error, 1), make(chan string, 1)
	go func() { ended <- a.serve(ctx, func(at string) { address <- at }) }()
	cfg.HTTP.Listen = strings.TrimPrefix(<-address, "http://")
	acknowledged, rest := writes(t, a)
	once, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	rounds := count(3, 50)
	floors := make([]int, rounds)
	for i := range rounds {
		floors[i] = acknowledged()
		o := backupOrder{To: filepath.Join(cfg.Data.Folder, fmt.Sprintf("b%d.backup.age", i)), Recipients: []string{once.Recipient().String()}}
		if _, err := (&settings{}).backUp(t.Context(), cfg, o, func(backup.Progress) {}); err != nil {
			t.Fatalf("backup %d: %v", i, err)
		}
	}
	rest()
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	for i, floor := range floors {
		f, err := backup.Open(filepath.Join(cfg.Data.Folder, fmt.Sprintf("b%d.backup.age", i)), once)
		if err != nil {
			t.Fatal(err)
		}
		there := configs.Default()
		there.Data.Folder = t.TempDir()
		if err := (restoration{cfg: there, file: f, out: io.Discard, progress: io.Discard}).run(t.Context()); err != nil {
			t.Fatalf("restore %d: %v", i, err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		holds(t, there, floor, picture.ID)
	}
}

// holds looks whether the installation knows the first n messages, and a picture.
func holds(t *testing.T, cfg configs.Config, n int, picture string) {
	t.Helper()
	a := opened(t, cfg)
	defer func() {
		if err := a.close(); err != nil {
			t.Error(err)
		}
	}()
	if _, err := a.media.Verify(t.Context(), picture); err != nil {
		t.Errorf("the picture: %v", err)
	}
	count := func() (n int) {
		err := a.store.View(t.Context(), func(tx inbox.Reader) (err error) {
			all, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.OfChannel(a.hub.Channels()[0].Channel().ID)}, Limit: 1000})
			for _, c := range all {
				messages, err := tx.Messages(c.ID, inbox.MessageQuery{Forward: true, Limit: 100_000})
				if err != nil {
					return err
				}
				for _, m := range messages {
					if m.Direction == inbox.In {
						n++
					}
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := count()
	if before < n {
		t.Errorf("%d messages are there, %d had been acknowledged before the backup began", before, n)
	}
	channel := a.hub.Channels()[0].Channel().ID
	for i := range n { // the platform sends again what it is not sure of
		in := testSaid(i)
		raw := connectors.Raw{Channel: channel, ReceivedAt: time.Now(), Type: "application/json", Body: []byte(in.Content.Text)}
		if err := a.hub.Receive(t.Context(), raw, []connectors.Inbound{in}); err != nil {
			t.Fatal(err)
		}
	}
	if after := count(); after != before {
		t.Errorf("what was sent again became %d messages more", after-before)
	}
	if _, held, err := a.hub.Held(t.Context(), console); !held || err != nil {
		t.Errorf("nothing is held: %v", err)
	}
}

// DUR-10: the store is lost under load; what was acknowledged comes
// back from the last backup and the journal together, and what the bot answers
// anew waits for a person.
func TestTheLastBackupAndTheJournalAreEverythingThatWasAcknowledged(t *testing.T) {
	cfg, picture := installation(t)
	cfg.Journal.Folder = t.TempDir()
	a := opened(t, cfg)
	ctx, stop := context.WithCancel(t.Context())
	ended, address := make(chan error, 1), make(chan string, 1)
	go func() { ended <- a.serve(ctx, func(at string) { address <- at }) }()
	cfg.HTTP.Listen = strings.TrimPrefix(<-address, "http://")
	acknowledged, rest := writes(t, a)
	o := backupOrder{To: filepath.Join(t.TempDir(), "night.backup")}
	if _, err := (&settings{}).backUp(t.Context(), cfg, o, func(backup.Progress) {}); err != nil {
		t.Fatal(err)
	}
	atNight, last := acknowledged(), 0
	for last < atNight+200 {
		last = acknowledged()
	}
	rest()
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	f, err := backup.Open(o.To)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	there := configs.Default()
	there.Data.Folder = t.TempDir()
	if err := (restoration{cfg: there, file: f, journal: cfg.Journal.Folder, out: io.Discard, progress: io.Discard}).run(t.Context()); err != nil {
		t.Fatal(err)
	}
	holds(t, there, last, picture.ID)
}

func TestOnlyWhoHasTheKeyMayAskForABackup(t *testing.T) {
	cfg, _ := installation(t)
	a := opened(t, cfg)
	ctx, stop := context.WithCancel(t.Context())
	ended, address := make(chan error, 1), make(chan string, 1)
	go func() { ended <- a.serve(ctx, func(at string) { address <- at }) }()
	cfg.HTTP.Listen = strings.TrimPrefix(<-address, "http://")
	to := filepath.Join(t.TempDir(), "stolen.backup")
	_, err := backupRunning(t.Context(), cfg, make([]byte, configs.KeyBytes), backupOrder{To: to}, func(backup.Progress) {}, errOtherKey)
	if err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("with another key: %v, want not found", err)
	}
	if _, err := os.Stat(to); err == nil {
		t.Error("there is a file all the same")
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
}

func TestOfDailyBackupsTheNewestStay(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{
		"tongdai-20261118-013000.backup", "tongdai-20261119-013000.backup.age", "tongdai-20261120-013000.backup",
		"tongdai-before-update.backup", "notes.txt", ".tongdai-20261121-013000.backup.tongdai-unfinished",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := forgetBackups(folder, 2); err != nil {
		t.Fatal(err)
	}
	left, err := dailyBackups(folder)
	if err != nil || strings.Join(left, " ") != "tongdai-20261119-013000.backup.age tongdai-20261120-013000.backup" {
		t.Errorf("left are %v, %v", left, err)
	}
	all, err := os.ReadDir(folder)
	if err != nil || len(all) != 5 {
		t.Errorf("%d files are left, want the two newest and the three that are no backups of every day", len(all))
	}
	if at := newestBackup(folder); at.Format(time.RFC3339) != "2026-11-20T01:30:00+07:00" {
		t.Errorf("the newest is of %s", at)
	}
}

func TestThatNoBackupsAreMadeIsToldButNotOfADemonstration(t *testing.T) {
	cfg := configs.Default()
	cfg.Data.Folder = t.TempDir()
	a, err := openNode(t, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if is := a.Condition(); !is.BackupOff || is.BackupLate {
		t.Errorf("without a folder for them it is told: off %t, late %t", is.BackupOff, is.BackupLate)
	}
	if a.invented = true; a.Condition().BackupOff {
		t.Error("a demonstration, too, asks for backups")
	}
}

func TestALateBackupIsToldWhicheverNodeMakesThem(t *testing.T) {
	cfg := configs.Default()
	cfg.Data.Folder, cfg.Backup.Folder = t.TempDir(), t.TempDir()
	a, err := openNode(t, cfg)
	if err != nil {
		t.Fatal(err)
	}
	late := func(what string, want bool, last time.Time) {
		t.Helper()
		is := a.Condition()
		if is.BackupLate != want || !is.LastBackup.Equal(last) || (a.backupTrouble() != "") != want {
			t.Errorf("%s: late %v, the newest of %s, told %q", what, is.BackupLate, is.LastBackup, a.backupTrouble())
		}
	}
	note := func(at time.Time) {
		t.Helper()
		if err := a.hub.NoteBackup(t.Context(), at); err != nil {
			t.Fatal(err)
		}
	}
	late("a hub that was just started has time for its first", false, time.Time{})
	a.started = time.Now().Add(-2 * time.Hour)
	late("none was ever made", true, time.Time{})
	if a.Condition().BackupOff {
		t.Error("backups of every day are wanted, and yet it is told that none are made")
	}
	old := time.Now().Add(-30 * time.Hour).Round(time.Second)
	note(old)
	late("another node's is old", true, old)
	note(time.Now())
	late("another node has made one", false, time.Time{})
	note(old)
	mine := filepath.Join(cfg.Backup.Folder, dailyPrefix+time.Now().In(configs.Zone).Format(dailyTime)+dailySuffix)
	if err := os.WriteFile(mine, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	late("this node has made one that nobody was told of", false, time.Time{})
}
