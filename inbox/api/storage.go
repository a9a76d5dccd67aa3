package api

import (
	"context"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/api/gen"
)

// Storage tells how disk and store of this node are.
type Storage interface {
	Condition() Condition
}

// Condition is how disk, store and backups of a node are.
type Condition struct {
	Room         inbox.Room // on the volume of the data folder
	Level        inbox.RoomLevel
	FailingSince time.Time // nothing can be written to the store since; zero: it can
	Damaged      int       // records found damaged since the start
	BackupLate   bool      // backups of every day are wanted, and the newest is too old
	LastBackup   time.Time // when that was begun; zero: there is none, or it is not late
	BackupOff    bool      // no backups of every day are made
}

// levels are what the document calls how far the volume has filled.
var levels = map[inbox.RoomLevel]gen.DiskLevel{
	inbox.RoomEnough: gen.DiskLevelEnough, inbox.RoomLow: gen.DiskLevelLow, inbox.RoomShort: gen.DiskLevelShort,
	inbox.RoomNoFiles: gen.DiskLevelNoFiles, inbox.RoomNoWords: gen.DiskLevelNoWords,
}

// GetStorage tells how disk and store of this node are.
func (s *Server) GetStorage(ctx context.Context, _ gen.GetStorageRequestObject) (gen.GetStorageResponseObject, error) {
	if !actorOf(ctx).May(inbox.SeeStorage) {
		return nil, inbox.ErrForbidden
	}
	c := s.Storage.Condition()
	return gen.GetStorage200JSONResponse{
		Disk:         gen.Disk{Level: levels[c.Level], Used: c.Room.Used(), Free: int64(c.Room.Free)},
		FailingSince: c.FailingSince, Damaged: c.Damaged, BackupLate: c.BackupLate, LastBackup: c.LastBackup, BackupOff: c.BackupOff,
	}, nil
}

// GetHold tells what is held since the hub was made from a backup.
func (s *Server) GetHold(ctx context.Context, _ gen.GetHoldRequestObject) (gen.GetHoldResponseObject, error) {
	hold, held, err := s.Hub.Held(ctx, actorOf(ctx))
	if err == nil && !held {
		return gen.GetHold204Response{}, nil
	}
	return gen.GetHold200JSONResponse{BackupAt: hold.BackupAt}, err
}

// ReleaseHold ends the holding.
func (s *Server) ReleaseHold(ctx context.Context, req gen.ReleaseHoldRequestObject) (gen.ReleaseHoldResponseObject, error) {
	return gen.ReleaseHold204Response{}, s.Hub.Release(ctx, actorOf(ctx), req.Body.Aside)
}
