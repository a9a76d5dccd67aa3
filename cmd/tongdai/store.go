package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"tongdai/configs"
	"tongdai/inbox"
	"tongdai/inbox/search"
	"tongdai/inbox/store/bolt"
	"tongdai/inbox/store/postgres"
)

// openStore opens the configured store. Its clock is for demonstrations that
// tell of past days; nil: the real one.
func openStore(ctx context.Context, cfg configs.Config, log *slog.Logger, clock func() time.Time) (inbox.Store, error) {
	if cfg.Store.Kind == configs.StorePostgres {
		p := cfg.Store.Postgres
		store, err := postgres.Open(ctx, postgres.Options{
			URL: string(p.URL), ListenURL: string(p.ListenURL), Connections: p.Connections, Now: clock, Log: log,
		})
		if err != nil {
			return nil, err
		}
		return store, nil
	}
	store, err := bolt.Open(filepath.Join(cfg.Data.Folder, cfg.Store.Path), bolt.Options{Now: clock, Log: log})
	if err != nil {
		return nil, err
	}
	return store, nil
}

// openWords opens the index of messages: the database's own, which all nodes
// share, or one in the data folder beside the embedded store.
func openWords(cfg configs.Config, store inbox.Store) (inbox.MessageIndex, error) {
	if database, ok := store.(*postgres.Store); ok {
		return database.Messages(), nil
	}
	words, err := search.Open(filepath.Join(cfg.Data.Folder, "messages"))
	if err != nil {
		return nil, err
	}
	return words, nil
}

// holdFolder keeps the data folder for one node: its search indexes bear no
// second one. The embedded store sees to that itself; with a database each node
// needs a folder of its own. The lock ends with the process, however that ends.
func holdFolder(cfg configs.Config) (*os.File, error) {
	if cfg.Store.Kind != configs.StorePostgres {
		return nil, nil
	}
	f, err := os.OpenFile(filepath.Join(cfg.Data.Folder, "node.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = fmt.Errorf("thư mục dữ liệu %s đang có nút khác dùng; mỗi nút cần một thư mục riêng (--data)", cfg.Data.Folder)
		}
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// caveats are the faults under which the store may lose what was acknowledged,
// a line each, for those who watch a node's health.
func (a *app) caveats() string {
	store, ok := a.store.(interface{ Caveats() []string })
	if !ok {
		return ""
	}
	var lines strings.Builder
	for _, c := range store.Caveats() {
		lines.WriteString("caveat: " + c + "\n")
	}
	return lines.String()
}
