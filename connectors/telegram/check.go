package telegram

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/go-telegram/bot/models"

	"tongdai/connectors"
)

const (
	// troubleRecent is how long Check speaks of a failed call of Telegram's.
	troubleRecent = 15 * time.Minute
	// pendingMany updates that wait are worth a word.
	pendingMany = 100
)

const (
	unreachedWords = "Không gọi được máy chủ Telegram: kiểm tra mạng, DNS và tường lửa (một số nhà mạng chặn Telegram)."
	connectWords   = " Hãy bấm Kết nối trên thẻ của kênh (Quản trị → Kênh), hoặc chạy: tongdai channel connect "
)

// Check implements connectors.Checker: whether the bot's token is good, and whether
// Telegram calls us, and with what result.
func (h *Hooked) Check(ctx context.Context) connectors.Health {
	return h.check(ctx, func(hook *models.WebhookInfo, health *connectors.Health) {
		again := connectWords + string(h.cfg.Channel.ID)
		if hook.URL == "" {
			health.Problem = "Telegram chưa được cho biết địa chỉ webhook nên không gửi tin nào tới." + again
			return
		}
		if h.cfg.HookURL != "" && strings.TrimSuffix(hook.URL, "/") != strings.TrimSuffix(h.cfg.HookURL, "/") {
			health.Problem = fmt.Sprintf("Telegram đang gửi tin tới địa chỉ khác (%s).", clip(withoutQuery(hook.URL), 120)) + again
			return
		}
		health.OK = true
		failed := time.Unix(int64(hook.LastErrorDate), 0)
		switch refused := h.door.Recent(h.now()); {
		case refused > 0:
			health.Problem = fmt.Sprintf("%d lượt gọi gần nhất tới webhook bị từ chối vì sai mã bí mật. Nếu người dân nhắn mà không thấy tin thì Telegram còn giữ mã cũ.", refused) + again
		case hook.LastErrorDate > 0 && h.now().Sub(failed) < troubleRecent:
			health.Problem = fmt.Sprintf("Telegram gọi webhook không được lúc %s: %s. Đang có %d tin chờ gửi lại.",
				failed.In(hanoi).Format("15:04 02/01/2006"), clip(hook.LastErrorMessage, 160), hook.PendingUpdateCount)
		default:
			health.Problem = pending(hook)
		}
	})
}

// Check implements connectors.Checker: whether the bot's token is good, and whether
// we are the one who fetches.
func (p *Polled) Check(ctx context.Context) connectors.Health {
	return p.check(ctx, func(hook *models.WebhookInfo, health *connectors.Health) {
		if hook.URL != "" {
			health.Problem = fmt.Sprintf("Bot đang đặt webhook (%s) nên tổng đài không lấy được tin.", clip(withoutQuery(hook.URL), 120)) +
				connectWords + string(p.cfg.Channel.ID)
			return
		}
		if health.Problem = p.fetching.problem(p.now()); health.Problem != "" {
			return
		}
		health.OK, health.Problem = true, pending(hook)
	})
}

// hanoi is where the members are who read times.
var hanoi = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)

func pending(hook *models.WebhookInfo) string {
	if hook.PendingUpdateCount < pendingMany {
		return ""
	}
	return fmt.Sprintf("Có %d tin đang chờ ở Telegram; quá 24 giờ không nhận thì Telegram bỏ.", hook.PendingUpdateCount)
}

// withoutQuery leaves out what may be a secret of somebody's.
func withoutQuery(address string) string {
	address, _, _ = strings.Cut(address, "?")
	return address
}

func (a *account) check(ctx context.Context, judge func(*models.WebhookInfo, *connectors.Health)) connectors.Health {
	health := connectors.Health{CheckedAt: a.now()}
	var hook *models.WebhookInfo
	err := a.ask(ctx, func(ctx context.Context) error {
		if _, err := a.api.GetMe(ctx); err != nil {
			return err
		}
		var err error
		hook, err = a.api.GetWebhookInfo(ctx)
		return err
	})
	if err != nil {
		if health.Problem = connectors.ReasonOf(err); health.Problem == "" {
			health.Problem = unreachedWords
		}
		return health
	}
	judge(hook, &health)
	return health
}
