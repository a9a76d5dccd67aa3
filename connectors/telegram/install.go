package telegram

import (
	"context"
	"fmt"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

// What the bot says of itself. The description stands in the empty chat before
// anybody has pressed "Start", the short one on the bot's page.
const (
	descriptionWords = "Tổng đài 1022 nhận câu hỏi và phản ánh của người dân. Bấm Bắt đầu rồi viết bằng lời của anh/chị; có thể gửi kèm ảnh và vị trí.\n\n" +
		"Trợ lý tự động trả lời trước, cán bộ trả lời khi cần. Trường hợp khẩn cấp hãy gọi 113, 114 hoặc 115."
	shortWords = "Tổng đài 1022: hỏi đáp, tiếp nhận phản ánh của người dân."
)

var commands = []models.BotCommand{
	{Command: "start", Description: "Bắt đầu, xem lời chào"},
	{Command: "help", Description: "Hướng dẫn gửi câu hỏi, phản ánh"},
}

// step is one thing to tell Telegram, and what to say of it when it is done.
type step struct {
	done string
	do   func(ctx context.Context) error
}

// Install implements connectors.Installer: the address with its secret, which kinds
// of updates to send, the menu and the words that introduce the bot.
func (h *Hooked) Install(ctx context.Context, hook string) (done []string, err error) {
	return h.install(ctx, step{"Đã đặt webhook " + hook, func(ctx context.Context) error {
		_, err := h.api.SetWebhook(ctx, &bot.SetWebhookParams{
			URL: hook, SecretToken: h.cfg.Secret, AllowedUpdates: wanted, MaxConnections: h.cfg.Connections,
		})
		return err
	}})
}

// Install implements connectors.Installer. A bot that fetches must have no webhook.
func (p *Polled) Install(ctx context.Context, _ string) (done []string, err error) {
	return p.install(ctx, step{"Đã gỡ webhook: tổng đài tự lấy tin", p.withoutWebhook})
}

func (a *account) install(ctx context.Context, way step) (done []string, err error) {
	steps := []step{
		way,
		{"Đã đặt danh sách lệnh", func(ctx context.Context) error {
			_, err := a.api.SetMyCommands(ctx, &bot.SetMyCommandsParams{Commands: commands})
			return err
		}},
		{"Đã đặt lời giới thiệu", func(ctx context.Context) error {
			_, err := a.api.SetMyDescription(ctx, &bot.SetMyDescriptionParams{Description: descriptionWords})
			return err
		}},
		{"Đã đặt lời giới thiệu ngắn", func(ctx context.Context) error {
			_, err := a.api.SetMyShortDescription(ctx, &bot.SetMyShortDescriptionParams{ShortDescription: shortWords})
			return err
		}},
	}
	for _, s := range steps {
		if err := a.ask(ctx, s.do); err != nil {
			return done, fmt.Errorf("tell Telegram about the bot: %w", err)
		}
		done = append(done, s.done)
	}
	return done, nil
}
