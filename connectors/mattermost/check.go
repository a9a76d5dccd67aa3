package mattermost

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"tongdai/connectors"
)

const (
	unreachedWords = "Không gọi được máy chủ Mattermost: kiểm tra địa chỉ (url), mạng, DNS và tường lửa."
	// lineLate is how long the socket may be down before Check speaks of it.
	lineLate = 30 * time.Second
)

// Check implements connectors.Checker: whether the token is good, the bot is in every
// channel, and the socket stands where Run runs in this process.
func (b *Bridge) Check(ctx context.Context) connectors.Health {
	health := connectors.Health{CheckedAt: b.now()}
	self, err := b.api.me(ctx)
	if err != nil {
		if health.Problem = connectors.ReasonOf(err); health.Problem == "" {
			health.Problem = unreachedWords
		}
		return health
	}
	problems := b.placeProblems(ctx, self.Id)
	if problem := b.line.problem(b.now()); problem != "" {
		problems = append(problems, problem)
	}
	health.OK, health.Standing = len(problems) == 0, b.line.standing()
	if n := b.door.Recent(b.now()); n > 0 {
		problems = append(problems, fmt.Sprintf("%d lượt gọi gần nhất bị từ chối vì sai mã: mã của lệnh gạch chéo (command_token) không khớp, hoặc có người thử gọi từ ngoài.", n))
	}
	health.Problem = strings.Join(problems, " ")
	return health
}

// placeProblems are the places where the bot cannot work.
func (b *Bridge) placeProblems(ctx context.Context, self string) (problems []string) {
	for _, place := range b.cfg.places() {
		team, channel, _ := strings.Cut(place, "/")
		id, err := b.api.channelByName(ctx, team, channel)
		if err == nil {
			err = b.api.member(ctx, id, self)
		}
		switch s := status(err); {
		case err == nil:
		case s == http.StatusNotFound || s == http.StatusForbidden:
			problems = append(problems, fmt.Sprintf("Kênh %s: bot không vào được. Hãy kiểm tra tên kênh trong địa chỉ của nó, rồi thêm bot vào nhóm %s và vào kênh.", place, team))
		default:
			reason := connectors.ReasonOf(err)
			if reason == "" {
				reason = "chưa hỏi được máy chủ."
			}
			problems = append(problems, fmt.Sprintf("Kênh %s: %s", place, reason))
		}
	}
	return problems
}

// standing tells since when the socket stands; "": it does not, or is another process's.
func (l *line) standing() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.runs || l.err != nil {
		return ""
	}
	return "Đang đọc các kênh qua WebSocket từ " + clock(l.since) + "."
}

// problem is what is wrong with the socket; "": nothing, or it is another process's.
func (l *line) problem(now time.Time) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.runs || l.err == nil || now.Sub(l.since) < lineLate {
		return ""
	}
	return fmt.Sprintf("Đường WebSocket tới Mattermost đứt từ %s và đang được nối lại; tin viết trong lúc này được đọc bù khi nối xong. Nếu kéo dài: proxy phía trước Mattermost phải cho nâng cấp WebSocket.", clock(l.since))
}
