package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tongdai/configs"
	"tongdai/inbox/store/backup"
)

// How backups of every day are named: their names sort by time.
const (
	dailyPrefix = "tongdai-"
	dailyTime   = "20060102-150405"
	dailySuffix = ".backup"
	sealedMore  = ".age"
)

// backUpDaily writes a backup every day until ctx ends, and removes those that
// need not stay; one node does it for all. What fails is tried again after an
// hour, and told to those who watch the hub.
func (a *app) backUpDaily(ctx context.Context) error {
	b := a.cfg.Backup
	for due := a.firstBackup(time.Now()); ; {
		if !waitFor(ctx, due) {
			return nil
		}
		now := time.Now()
		name := dailyPrefix + now.In(configs.Zone).Format(dailyTime) + dailySuffix
		if len(b.Recipients) > 0 {
			name += sealedMore
		}
		a.backingUp.Lock()
		m, err := a.backUp(ctx, backupOrder{To: filepath.Join(b.Folder, name), Recipients: b.Recipients}, func(backup.Progress) {})
		a.backingUp.Unlock()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			a.log.ErrorContext(ctx, "the backup of the day failed and is tried again in an hour", "folder", b.Folder, "err", err)
			due = now.Add(time.Hour)
			continue
		}
		a.log.InfoContext(ctx, "backed up", "file", name, "items", m.Items(), "attachments", len(m.Files), "took", time.Since(now).Round(time.Second))
		if err := a.hub.NoteBackup(ctx, now); err != nil {
			a.log.WarnContext(ctx, "other nodes could not be told of the backup", "err", err)
		}
		if err := forgetBackups(b.Folder, b.Keep); err != nil {
			a.log.WarnContext(ctx, "old backups could not be removed", "folder", b.Folder, "err", err)
		}
		due = b.Next(time.Now())
	}
}

// firstBackup is when the first one is due: at once, after a minute in which
// the hub gets to work, when that of the last day is missing from the folder.
func (a *app) firstBackup(now time.Time) time.Time {
	if now.Sub(newestBackup(a.cfg.Backup.Folder)) > backupAge {
		return now.Add(time.Minute)
	}
	return a.cfg.Backup.Next(now)
}

// backupAge is how old the newest backup may become before something is wrong.
const backupAge = 26 * time.Hour

func waitFor(ctx context.Context, due time.Time) bool {
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// dailyBackups are the backups of every day in a folder, the oldest first.
func dailyBackups(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if !dailyAt(e.Name()).IsZero() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, err
}

// dailyAt is when a backup of every day was begun; zero for any other file.
func dailyAt(name string) time.Time {
	text, ours := strings.CutPrefix(strings.TrimSuffix(name, sealedMore), dailyPrefix)
	text, whole := strings.CutSuffix(text, dailySuffix)
	at, err := time.ParseInLocation(dailyTime, text, configs.Zone)
	if !ours || !whole || err != nil {
		return time.Time{}
	}
	return at
}

// newestBackup is when the newest backup of every day in a folder was begun; zero:
// there is none.
func newestBackup(folder string) time.Time {
	names, err := dailyBackups(folder)
	if err != nil || len(names) == 0 {
		return time.Time{}
	}
	return dailyAt(names[len(names)-1])
}

// forgetBackups removes all but the newest.
func forgetBackups(folder string, keep int) error {
	names, err := dailyBackups(folder)
	for len(names) > keep {
		err = errors.Join(err, os.Remove(filepath.Join(folder, names[0])))
		names = names[1:]
	}
	return err
}

// lastBackup is when the newest backup of every day was begun, here or by another
// node; zero: there is none that is known of.
func (a *app) lastBackup() time.Time {
	newest := newestBackup(a.cfg.Backup.Folder)
	ctx, cancel := context.WithTimeout(context.Background(), backupLook)
	defer cancel()
	noted, err := a.hub.LastBackup(ctx)
	if err == nil && noted.After(newest) {
		return noted
	}
	return newest
}

// backupLook is how long the store may take to tell of the last backup.
const backupLook = time.Second

// backupLate reports whether a backup of every day is wanted and the newest is
// too old. A hub that has just been started is given time to make one.
func (a *app) backupLate() bool {
	return a.cfg.Backup.Folder != "" && time.Since(a.started) >= time.Hour && time.Since(a.lastBackup()) >= backupAge
}

// backupTrouble is what those who watch a node's health should know of backups.
func (a *app) backupTrouble() string {
	if !a.backupLate() {
		return ""
	}
	return "backup: the newest in " + a.cfg.Backup.Folder + " is older than a day\n"
}

// backupFigures are the figures of backups.
func (a *app) backupFigures() []prometheus.Collector {
	folder := a.cfg.Backup.Folder
	if folder == "" {
		return nil
	}
	return []prometheus.Collector{prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "tongdai_backup_last_timestamp_seconds", Help: "When the newest whole backup of every day was begun; 0: there is none.",
	}, func() float64 {
		if at := a.lastBackup(); !at.IsZero() {
			return float64(at.Unix())
		}
		return 0
	})}
}
