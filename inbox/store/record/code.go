package record

import (
	"fmt"
	"time"
)

// vietnam is Asia/Ho_Chi_Minh, which has kept UTC+7 without summer time since
// 1975; written out, so that no time zone file is needed.
var vietnam = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)

// CodeDay is the day that conversation codes are counted in: "261121".
func CodeDay(t time.Time) string { return t.In(vietnam).Format("060102") }

// Code is the n-th conversation code of a day: "TH-261121-0042". From the
// ten-thousandth on it has a digit more.
func Code(prefix, day string, n uint64) string { return fmt.Sprintf("%s-%s-%04d", prefix, day, n) }
