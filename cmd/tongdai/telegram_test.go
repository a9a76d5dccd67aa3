package main

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tongdai/configs"
	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/connectors/telegram/telegramsim"
	"tongdai/inbox"
)

// telegramHub is the whole program with one bot of a simulated Telegram.
type telegramHub struct {
	*zaloHub
	sim  *telegramsim.Sim
	user int64
}

func overTelegram(t *testing.T, polling bool) *telegramHub {
	t.Helper()
	sim, err := telegramsim.Start(telegramsim.Config{PlainHooks: true, Resend: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	h := &telegramHub{zaloHub: &zaloHub{T: t}, sim: sim, user: sim.Citizen("Trần Thị Mẫu")}
	h.cfg = configs.Default()
	h.cfg.Data.Folder = t.TempDir()
	h.cfg.HTTP.Listen = freeAddress(t)
	h.url = "http://" + h.cfg.HTTP.Listen
	h.cfg.Organisation.URL = h.url
	h.cfg.Channels = append(h.cfg.Channels, telegramChannel(sim, polling))
	if err := h.cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	if h.app, err = openApp(t.Context(), h.cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), nil); err != nil {
		t.Fatal(err)
	}
	h.furnish()
	h.serve()
	h.installed()
	return h
}

// installed has Telegram told of the bot, as "channel connect" does.
func (h *telegramHub) installed() {
	h.Helper()
	for _, conn := range h.app.hub.Channels() {
		if installer, ok := conn.(connectors.Installer); ok {
			if _, err := installer.Install(h.Context(), h.app.hookAddress(conn.Channel())); err != nil {
				h.Fatal(err)
			}
		}
	}
}

// shown waits until the citizen has been shown a message of the hub that fits.
func (h *telegramHub) shown(what string, fits func(telegramsim.Message) bool) (found telegramsim.Message) {
	h.Helper()
	h.await(what, func() bool {
		all := h.sim.Messages(h.user)
		i := slices.IndexFunc(all, func(m telegramsim.Message) bool { return !m.FromUser && fits(m) })
		if i >= 0 {
			found = all[i]
		}
		return i >= 0
	})
	return found
}

func (h *telegramHub) await(what string, done func() bool) {
	h.Helper()
	ctx, cancel := context.WithTimeout(h.Context(), time.Minute)
	defer cancel()
	await(ctx, h.T, what, done)
}

// kept are the messages of the citizen's conversation.
func (h *telegramHub) kept() (c inbox.Conversation, all []inbox.Message) {
	h.Helper()
	err := h.app.store.View(h.Context(), func(tx inbox.Reader) error {
		visits, _, err := tx.Conversations(inbox.ListQuery{
			Lists: []inbox.ListID{inbox.Visits(simulatedTelegram, connectors.RemoteID(strconv.FormatInt(h.user, 10)))}, Limit: 10,
		})
		if err != nil || len(visits) == 0 {
			return err
		}
		c = visits[0]
		all, err = tx.Messages(c.ID, inbox.MessageQuery{Forward: true, Limit: 100})
		return err
	})
	if err != nil {
		h.Fatal(err)
	}
	return c, all
}

// A citizen comes by a code on a wall, asks, sends an album, is answered by a
// person with a picture, and likes it: over the webhook, and with a hub that fetches.
func TestAConversationOverTelegram(t *testing.T) {
	for name, polling := range map[string]bool{"called": false, "fetching": true} {
		t.Run(name, func(t *testing.T) {
			h := overTelegram(t, polling)
			h.sim.Begin(h.user, "qr-phuong1")
			h.shown("the greeting", func(m telegramsim.Message) bool { return m.Text != "" })
			h.sim.Say(h.user, "tiem mui 3 o dau")
			h.shown("the bot's answer", func(m telegramsim.Message) bool { return strings.Contains(m.Text, "ũi 3") || len(m.Buttons) > 0 })

			h.sim.Say(h.user, "ổ gà to trước cổng chợ Vườn Hoa")
			h.sim.SendAlbum(h.user, "Ảnh đây ạ", telegramsim.File{Kind: telegramsim.Photo, Name: "1.png", Data: dot(8)},
				telegramsim.File{Kind: telegramsim.Photo, Name: "2.png", Data: dot(9)})
			h.await("the album as one message, its pictures fetched", func() bool {
				_, all := h.kept()
				return slices.ContainsFunc(all, func(m inbox.Message) bool {
					files := m.Content.Attachments
					return m.Content.Text == "Ảnh đây ạ" && len(files) == 2 && files[0].ID != "" && files[1].ID != ""
				})
			})

			c, _ := h.kept()
			if c.CameBy != "qr-phuong1" || c.ContactName != "Trần Thị Mẫu" {
				t.Errorf("the conversation is of %q, who came by %q", c.ContactName, c.CameBy)
			}
			picture, err := h.app.media.Put(t.Context(), "so-do.png", bytes.NewReader(dot(40)))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := h.app.hub.Take(t.Context(), h.lan, c.ID); err != nil {
				t.Fatal(err)
			}
			if _, err := h.app.hub.Reply(t.Context(), h.lan, c.ID, inbox.NewReply{
				Text: "Dạ, đội sửa đường đã nhận, mời anh/chị xem sơ đồ.", Attachments: []content.Attachment{picture}, Key: "r1", Force: true,
			}); err != nil {
				t.Fatal(err)
			}
			answer := h.shown("the picture", func(m telegramsim.Message) bool { return m.Kind == telegramsim.Photo })
			if !strings.Contains(answer.Text, "đội sửa đường") {
				t.Errorf("the words below the picture are %q", answer.Text)
			}
			h.await("word that it left", func() bool { // a sign on what the hub does not know yet would be nobody's
				_, all := h.kept()
				return slices.ContainsFunc(all, func(m inbox.Message) bool {
					return strings.Contains(m.Content.Text, "đội sửa đường") && m.Delivery.State == inbox.Sent
				})
			})
			h.sim.React(h.user, answer.ID, "🙏")
			h.await("the sign", func() bool {
				_, all := h.kept()
				return slices.ContainsFunc(all, func(m inbox.Message) bool { return m.Direction == inbox.Out && m.Reaction == "🙏" })
			})
		})
	}
}

// dot is a picture of its own size.
func dot(side int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, side, side))); err != nil {
		panic(err) // into memory
	}
	return b.Bytes()
}
