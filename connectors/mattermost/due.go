package mattermost

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	clockWord = regexp.MustCompile(`^([0-9]{1,2})(?:[:hg]([0-9]{2})?)$`)
	dayWord   = regexp.MustCompile(`^([0-9]{1,2})[/.-]([0-9]{1,2})(?:[/.-]([0-9]{4}))?$`)
)

const (
	dueWords = "Anh/chị viết giờ và ngày, ví dụ 17:00 20/11/2026."
	// dueHour is meant where only a day is named: the end of office hours.
	dueHour = 17
	dueMost = 366 * 24 * time.Hour
)

// readDue reads when an answer is promised: "17:00 20/11/2026", "17h30 20/11",
// "20/11" (at 17:00), "17h" (today). why says what is wrong with it.
func readDue(text string, now time.Time) (due time.Time, why string) {
	now = now.In(hanoi)
	hour, minute := dueHour, 0
	year, month, day := now.Date()
	var timed, dated, yearly bool
	for word := range strings.FieldsSeq(strings.ToLower(strings.ReplaceAll(text, ",", " "))) {
		if m := clockWord.FindStringSubmatch(word); m != nil && !timed {
			timed, hour, minute = true, number(m[1]), number(m[2])
			continue
		}
		if m := dayWord.FindStringSubmatch(word); m != nil && !dated {
			dated, day, month = true, number(m[1]), time.Month(number(m[2]))
			if yearly = m[3] != ""; yearly {
				year = number(m[3])
			}
			continue
		}
		if word != "ngày" && word != "lúc" {
			return time.Time{}, dueWords
		}
	}
	if !timed && !dated {
		return time.Time{}, dueWords
	}
	at := func(year int) time.Time { return time.Date(year, month, day, hour, minute, 0, 0, hanoi) }
	due = at(year)
	if due.Day() != day || due.Month() != month || hour > 23 || minute > 59 {
		return time.Time{}, "Không có giờ hoặc ngày như thế. " + dueWords
	}
	if dated && !yearly && due.Before(now.AddDate(0, -1, 0)) { // of next year, said at the end of this one
		due = at(year + 1)
	}
	switch {
	case !due.After(now):
		return time.Time{}, "Giờ hẹn đã qua. Anh/chị chọn giờ sau " + clock(now) + "."
	case due.Sub(now) > dueMost:
		return time.Time{}, "Giờ hẹn xa hơn một năm; anh/chị xem lại năm giúp ạ."
	}
	return due, ""
}

func number(s string) int {
	n, _ := strconv.Atoi(s) // digits, or none
	return n
}
