package zalo

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"tongdai/connectors"
)

// warnings are the days before the end of the refresh token at which an
// administrator is told.
var warnings = []int{14, 7, 3, 1}

// Check implements connectors.Checker: whether we could answer now. It renews a
// token that ends soon, so calling it now and then keeps a silent channel alive.
// Expires is the end of the refresh token; from 14 days before it Problem says so
// although all is well, and the words change 7, 3 and 1 days before. Events that
// were refused for their signature are told in the same way.
func (c *Connector) Check(ctx context.Context) connectors.Health {
	health := connectors.Health{CheckedAt: c.now()}
	r, _, err := c.tokens.load(ctx)
	if err != nil {
		health.Problem = "Không đọc được quyền Zalo đã lưu. Hãy xem tình trạng kho dữ liệu."
		return health
	}
	c.tokens.tell(r.Attempt)
	health.Expires = r.Pair.RefreshEnds
	if health.Problem = r.Lost; health.Problem != "" {
		return health
	}
	if health.Problem = c.ask(ctx); health.Problem != "" {
		return health
	}
	if after, _, err := c.tokens.load(ctx); err == nil { // asking may have renewed them
		r = after
	}
	health.Expires = r.Pair.RefreshEnds
	if r.Attempt.inDoubt(c.now(), c.tokens.hold()) {
		health.Problem = doubtWords // the old token serves still, and nobody knows for how long
		return health
	}
	health.OK = true
	if health.Problem = endsSoon(health.Expires.Sub(c.now()), health.Expires); health.Problem == "" {
		health.Problem = doorWords(c.door.Recent(c.now()))
	}
	return health
}

// ask calls Zalo as the OA and returns what is wrong, in words for people.
func (c *Connector) ask(ctx context.Context) string {
	var got struct {
		ID text `json:"oa_id"`
	}
	err := c.call(ctx, request{method: http.MethodGet, path: "/v2.0/oa/getoa"}, &got)
	switch reason := connectors.ReasonOf(err); {
	case err == nil && got.ID != "" && got.ID != text(c.cfg.OAID):
		return fmt.Sprintf("Quyền đã lưu là của OA %s, không phải OA %s của kênh này. Hãy kết nối lại OA.", got.ID, c.cfg.OAID)
	case err == nil:
		return ""
	case reason != "":
		return reason
	}
	return "Không gọi được máy chủ Zalo: kiểm tra mạng, DNS, đồng hồ máy chủ và tường lửa."
}

// endsSoon warns at one of the warnings, else "".
func endsSoon(left time.Duration, ends time.Time) string {
	days := 0
	for _, w := range warnings {
		if left <= time.Duration(w)*24*time.Hour {
			days = w
		}
	}
	if days == 0 {
		return ""
	}
	return fmt.Sprintf("Quyền Zalo của tổng đài còn không quá %d ngày (đến %s). Hãy kết nối lại OA trước khi hết hạn.",
		days, ends.In(hanoi).Format("15:04 02/01/2006"))
}

// doorWords say in words for people what so many refused events mean.
func doorWords(refused int) string {
	if refused == 0 {
		return ""
	}
	return fmt.Sprintf("%d sự kiện gần nhất gửi tới webhook bị từ chối vì sai chữ ký. Nếu người dân nhắn mà không thấy tin, hãy chép lại OA Secret Key ở trang Webhook vào webhook_secret.", refused)
}
