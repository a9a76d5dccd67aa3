package main

import (
	"context"
	"fmt"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/directory"
	"tongdai/inbox/directory/revisions"
)

// openDirectory brings the directory from the store, after the installation's files
// were put there at the first start. From here on the house answers from it.
func (a *app) openDirectory(ctx context.Context) (err error) {
	if a.sheets, err = a.sheetReader(); err != nil {
		return err
	}
	if a.directory, err = revisions.Open(ctx, a.store, a.data.Directory.Data(), a.sheets); err != nil {
		return fmt.Errorf("danh mục đơn vị: %w", err)
	}
	a.house.current = a.directory.Now
	return nil
}

// followDirectory takes over each change of the directory, made here or on another
// node, until ctx ends. A node that could not tries again before long.
func (a *app) followDirectory(ctx context.Context) error {
	changed, stop := a.hub.Feed().WatchKind(inbox.DirectoryChanged)
	defer stop()
	again := time.After(0) // what was changed before this node watched
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-again:
		}
		again = nil
		if err := a.directory.Reload(ctx); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "the directory could not be read again and is tried once more", "err", err)
			again = time.After(followAgain)
		}
	}
}

// publicDirectory is the directory that holds now, for the citizens' pages.
type publicDirectory struct{ current func() *directory.Directory }

func (d publicDirectory) Fields() []directory.Field { return d.current().Fields() }

func (d publicDirectory) Field(id directory.FieldID) (directory.Field, bool) {
	return d.current().Field(id)
}

func (d publicDirectory) Department(id directory.DepartmentID) (directory.Department, bool) {
	return d.current().Department(id)
}

func (d publicDirectory) Departments(at time.Time) []directory.Department {
	return d.current().Departments(at)
}

func (d publicDirectory) Successors(id directory.DepartmentID, at time.Time) []directory.Department {
	return d.current().Successors(id, at)
}
