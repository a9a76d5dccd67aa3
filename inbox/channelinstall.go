package inbox

import (
	"cmp"
	"context"
	"time"

	"tongdai/connectors"
)

// Installed is what came of InstallChannel, for people.
type Installed struct {
	Done    []string // a line each
	Problem string   // why the rest was not done; empty: all was
}

// installTime is how long a platform may take: it is asked several things, and may
// call us meanwhile.
const installTime = time.Minute

// InstallChannel tells the platform of a channel where we are and how we introduce
// ourselves, and puts on record who wanted it. It may be done again at any time.
// What the platform refuses is told in Installed: the lines before it hold.
func (h *Hub) InstallChannel(ctx context.Context, actor Actor, id connectors.ChannelID) (Installed, error) {
	if !actor.May(ConnectChannels) {
		return Installed{}, ErrForbidden
	}
	conn, ok := h.connectors[id]
	if !ok {
		return Installed{}, ErrNotFound
	}
	installer, ok := conn.(connectors.Installer)
	if !ok || h.cfg.HookURL == nil {
		return Installed{}, conflict("Nền tảng của kênh này không cần khai báo gì; không có gì để kết nối.")
	}
	err := h.store.Update(ctx, func(tx Writer) error {
		return tx.AppendAudit(Audit{
			At: h.store.Now(), Member: actor.Member.ID, Action: Installing, Target: string(id), Address: actor.Address,
		})
	})
	if err != nil {
		return Installed{}, err
	}
	installed := h.install(ctx, conn.Channel(), installer)
	if checker, ok := conn.(connectors.Checker); ok {
		h.lookAgain(ctx, id, checker)
	}
	return installed, nil
}

func (h *Hub) install(ctx context.Context, channel connectors.Channel, installer connectors.Installer) (installed Installed) {
	ctx, cancel := context.WithTimeout(ctx, installTime)
	defer cancel()
	err := guarded(func() (err error) {
		installed.Done, err = installer.Install(ctx, h.cfg.HookURL(channel))
		return err
	})
	if err != nil {
		h.log.WarnContext(ctx, "a platform could not be told where the hub is", "channel", channel.ID, "done", len(installed.Done), "err", err)
		installed.Problem = cmp.Or(connectors.ReasonOf(err), "Chưa khai báo được với nền tảng; lý do có trong nhật ký của tổng đài.")
	}
	return installed
}

// lookAgain asks a channel how it is, now that something was done about it.
func (h *Hub) lookAgain(ctx context.Context, id connectors.ChannelID, channel connectors.Checker) {
	health := h.ask(ctx, id, channel)
	h.glances.mu.Lock()
	defer h.glances.mu.Unlock()
	g := h.glances.of[id]
	if g == nil {
		g = &glance{}
		h.glances.of[id] = g
	}
	g.told, g.at = &health, h.store.Now()
}
