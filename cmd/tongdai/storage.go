package main

import (
	"fmt"
	"log/slog"
	"strings"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"

	"tongdai/configs"
	"tongdai/inbox"
	"tongdai/inbox/api"
	"tongdai/inbox/store/bolt"
)

// watchedDisk watches the volume of the data folder.
func watchedDisk(cfg configs.Config, log *slog.Logger) *inbox.Disk {
	d := cfg.Disk
	return inbox.NewDisk(func() (inbox.Room, error) { return roomOf(cfg.Data.Folder) }, inbox.RoomRules{
		WarnAt: d.WarnAt, AlarmAt: d.AlarmAt, FilesUntil: d.FilesUntil, Reserve: uint64(d.Reserve),
	}, log)
}

// roomOf is the room on the volume of a folder, as those see it who are not
// root: statfs(2) counts what is reserved for root as free, but not as available.
func roomOf(folder string) (inbox.Room, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return inbox.Room{}, err
	}
	block := uint64(s.Bsize)
	return inbox.Room{Total: (s.Blocks - s.Bfree + s.Bavail) * block, Free: s.Bavail * block}, nil
}

// embedded is the store when it is a file of ours.
func (a *app) embedded() *bolt.Store {
	store, _ := a.store.(*bolt.Store)
	return store
}

// damaged counts the records that were found damaged when they were read, since
// the start.
func (a *app) damaged() int {
	store, ok := a.store.(interface{ Damaged() int })
	if !ok {
		return 0
	}
	return store.Damaged()
}

// Condition is how disk, store and backups are, for those who see it on screen. Whether a
// database can be written, it sees to itself.
func (a *app) Condition() api.Condition {
	room, level := a.disk.State()
	c := api.Condition{Room: room, Level: level, Damaged: a.damaged(), BackupLate: a.backupLate()}
	c.BackupOff = a.cfg.Backup.Folder == "" && !a.invented
	if c.BackupLate {
		c.LastBackup = a.lastBackup()
	}
	if store := a.embedded(); store != nil {
		if kept := store.Condition(); kept.Err != nil {
			c.FailingSince = kept.Since
		}
	}
	return c
}

// storageFigures are the figures of disk and store.
func (a *app) storageFigures() []prometheus.Collector {
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	all := []prometheus.Collector{
		gauge("tongdai_disk_size_bytes", "Size of the volume of the data folder.", func() float64 {
			room, _ := a.disk.State()
			return float64(room.Total)
		}),
		gauge("tongdai_disk_free_bytes", "Room left on the volume of the data folder.", func() float64 {
			room, _ := a.disk.State()
			return float64(room.Free)
		}),
		gauge("tongdai_disk_level", "0 enough room, 1 warning, 2 alarm, 3 attachments are refused, 4 messages are refused.", func() float64 {
			_, level := a.disk.State()
			return float64(level)
		}),
		gauge("tongdai_store_damaged_records", "Records that were found damaged when they were read, since the start.", func() float64 {
			return float64(a.damaged())
		}),
	}
	store := a.embedded()
	if store == nil {
		return append(all, gauge("tongdai_store_caveats", "Faults of the database under which what was acknowledged may be lost; /readyz names them.", func() float64 {
			return float64(strings.Count(a.caveats(), "\n"))
		}))
	}
	return append(all,
		gauge("tongdai_store_writable", "Whether the store can be written: 0 from the first failed write or flush until it was reopened and checked.", func() float64 {
			if store.Condition().Err != nil {
				return 0
			}
			return 1
		}),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "tongdai_store_reopened_total", Help: "How often the store had to be reopened after a failed write or flush.",
		}, func() float64 { return float64(store.Condition().Repairs) }),
	)
}

// storageTrouble is what those who watch a node's health should know of disk and
// store, a line each.
func (a *app) storageTrouble() string {
	var lines strings.Builder
	if room, level := a.disk.State(); level > inbox.RoomEnough {
		fmt.Fprintf(&lines, "disk: %d %% used, %d MB left\n", room.Used(), room.Free>>20)
	}
	if n := a.damaged(); n > 0 {
		fmt.Fprintf(&lines, "store: %d damaged records were met; run tongdai verify\n", n)
	}
	return lines.String()
}
