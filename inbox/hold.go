package inbox

import (
	"context"
	"errors"
	"time"
)

// A hub that was made from a backup does not know what left after the backup
// was written. All goes on but one thing: nothing is handed to a platform until
// a person lets it go, or sets aside what waits, to be looked at one by one.
// Contacts are reached about urgent reports all the same: a call too many is
// better than none.

// Hold is the order to hold what would go out.
type Hold struct {
	BackupAt time.Time `json:"backup_at"` // what left later is not known here
	// Aside: what waited then is to be parked rather than sent; zero while nobody
	// has decided.
	Aside time.Time `json:"aside,omitzero"`
}

// HoldShelf keeps the one order, under HoldID.
const (
	HoldShelf Shelf[Hold] = "hold"
	HoldID    string      = "restored"
)

// holdLook is how often a hub that holds looks whether it may go on.
const holdLook = 2 * time.Second

// setAside is the reason of a message that waited when a backup was returned to.
const setAside = "Đã khôi phục từ bản sao lưu: tin này có thể đã được gửi. Hãy xem người dân nhận được chưa rồi mới bấm gửi lại."

// Held is what is held, if anything is.
func (h *Hub) Held(ctx context.Context, actor Actor) (hold Hold, held bool, err error) {
	if !actor.May(ReleaseHold) {
		return Hold{}, false, ErrForbidden
	}
	hold, err = h.hold(ctx)
	if errors.Is(err, ErrNotFound) {
		return Hold{}, false, nil
	}
	return hold, err == nil && hold.Aside.IsZero(), err
}

// Release ends the holding: what waits is sent, or set aside for people to
// decide one by one. ErrNotFound when nothing is held.
func (h *Hub) Release(ctx context.Context, actor Actor, aside bool) error {
	if !actor.May(ReleaseHold) {
		return ErrForbidden
	}
	return h.store.Update(ctx, func(tx Writer) error {
		kept, err := HoldShelf.Get(tx, HoldID)
		if err == nil && !kept.Value.Aside.IsZero() {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		now, how := h.store.Now(), "send"
		if aside {
			how, kept.Value.Aside = "aside", now
			_, err = HoldShelf.Put(tx, kept)
		} else {
			err = HoldShelf.Delete(tx, HoldID)
		}
		if err != nil {
			return err
		}
		return tx.AppendAudit(Audit{At: now, Member: actor.Member.ID, Action: HoldReleased, Address: actor.Address, Detail: how})
	})
}

func (h *Hub) hold(ctx context.Context) (hold Hold, err error) {
	err = h.store.View(ctx, func(tx Reader) error {
		kept, err := HoldShelf.Get(tx, HoldID)
		hold = kept.Value
		return err
	})
	return hold, err
}

// released waits until what would go out may. It returns false when ctx ends.
func (h *Hub) released(ctx context.Context) bool {
	for told := false; ; {
		hold, err := h.hold(ctx)
		switch {
		case errors.Is(err, ErrNotFound):
			return true
		case err == nil && !hold.Aside.IsZero():
			h.aside.Store(hold.Aside.UnixNano())
			return true
		case err == nil && !told:
			told = true
			h.log.WarnContext(ctx, "made from a backup: nothing goes out until a person releases it", "backup", hold.BackupAt)
		}
		if !pause(ctx, nil, holdLook) {
			return false
		}
	}
}

// wasAside reports whether m waited when a person set aside what waits. Who
// sends it again has decided.
func (h *Hub) wasAside(m Message) bool {
	at := h.aside.Load()
	return at != 0 && m.Delivery.At.UnixNano() <= at
}
