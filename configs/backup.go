package configs

import (
	"fmt"
	"path/filepath"
	"time"

	"filippo.io/age"
)

func (b Backup) check(ps *Problems) {
	if _, ok := clock(b.At); !ok || b.At == "24:00" {
		ps.add("backup.at", "%q không phải giờ trong ngày; viết ví dụ 01:30", b.At)
	}
	between(ps, "backup.keep", b.Keep, 2, 3660)
	for i, r := range b.Recipients {
		if _, err := age.ParseX25519Recipient(r); err != nil {
			ps.add(fmt.Sprintf("backup.recipients[%d]", i), "%q không phải khóa công khai của age (age1…); tạo bằng lệnh: age-keygen", r)
		}
	}
	if b.Folder != "" && !filepath.IsAbs(b.Folder) {
		ps.add("backup.folder", "%q: viết đường dẫn tuyệt đối, trên ổ đĩa khác với thư mục dữ liệu", b.Folder)
	}
}

func (j Journal) check(ps *Problems) {
	between(ps, "journal.keep_days", j.KeepDays, 1, 3660)
	if j.Folder != "" && !filepath.IsAbs(j.Folder) {
		ps.add("journal.folder", "%q: viết đường dẫn tuyệt đối, trên ổ đĩa khác với thư mục dữ liệu", j.Folder)
	}
}

// Next is when the backup after now is due.
func (b Backup) Next(now time.Time) time.Time {
	at, _ := clock(b.At)
	year, month, day := now.In(Zone).Date()
	next := time.Date(year, month, day, 0, 0, 0, 0, Zone).Add(at)
	if !next.After(now) {
		next = next.AddDate(0, 0, 1)
	}
	return next
}
