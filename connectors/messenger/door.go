package messenger

import (
	"fmt"
	"sync"
	"time"
)

const (
	// doorLog is the least time between two lines in the log about refused events.
	doorLog = time.Minute
	// doorRecent is how long Check speaks of them.
	doorRecent = 10 * time.Minute
)

// door counts requests with a wrong signature since the last genuine one. One
// wrong secret in the configuration refuses everything that citizens write, and
// nothing else would tell.
type door struct {
	mu      sync.Mutex
	refused int // since the last genuine request
	told    int // of them, in the log
	last    time.Time
	logged  time.Time
}

// refuse counts one and returns how many are to be told in the log now.
func (d *door) refuse(now time.Time) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refused++
	d.last = now
	if now.Sub(d.logged) < doorLog {
		return 0
	}
	n := d.refused - d.told
	d.told, d.logged = d.refused, now
	return n
}

func (d *door) open() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refused, d.told = 0, 0
}

// problem says in words for people what is wrong, "" when nothing is.
func (d *door) problem(now time.Time) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refused == 0 || now.Sub(d.last) > doorRecent {
		return ""
	}
	return fmt.Sprintf("%d yêu cầu gần nhất gửi tới webhook bị từ chối vì sai chữ ký. Nếu người dân nhắn mà không thấy tin, hãy chép lại Khóa bí mật của ứng dụng (App Secret) vào app_secret.", d.refused)
}
