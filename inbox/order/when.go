package order

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tongdai/kb/vi"
)

// moment is what the line of a promise says about its time, piece by piece, in
// whatever order people write it: "17h thứ sáu tuần sau", "chiều mai lúc 3 giờ".
type moment struct {
	calendar
	words  []token
	at     int
	marked bool // somebody writes with marks: "sang" is not "sáng", "toi" not "tới"
	begins bool // the first word belongs to a time, or leads to one

	clocks   []clock
	halves   []string    // of the day: "sáng", "chiều"
	days     []time.Time // midnights in zone
	weekdays []weekday   // not yet a day: "thứ sáu"
	weeks    []int       // from this one on
	instants []time.Time // "trong 2 giờ"
	vague    bool        // "cuối tuần"
	strange  []string    // what no time is made of
	wrong    *Unclear    // a date or hour that does not exist: the first
	clockEnd int         // the word after the last clock
}

type clock struct {
	hour, minute int
	exact        bool // "03:00": no half of the day is left open
}

type weekday struct {
	day time.Weekday
	by  which
}

// which of the days of that name is meant.
type which int

const (
	next     which = iota // the one to come
	thisWeek              // "thứ sáu này"
	coming                // "thứ sáu tới": not today
)

// look takes the line apart; tail is what follows its last word.
func look(words []token, tail string, c calendar) *moment {
	const most = 40 // words that a time can need
	m := &moment{calendar: c, words: words[:min(len(words), most)], clockEnd: -1}
	m.marked = slices.ContainsFunc(words, func(w token) bool { return vi.Marked(w.text) })
	for m.at < len(m.words) {
		m.piece()
	}
	for _, w := range words[len(m.words):] {
		m.strange = append(m.strange, w.text)
	}
	m.between(tail)
	return m
}

// piece reads what stands at the next word.
func (m *moment) piece() {
	from := m.at
	pieces := []func() bool{m.duration, m.date, m.clock, m.dayByName, m.weekday, m.week, m.half, m.loose, m.filler}
	read := slices.ContainsFunc(pieces, func(read func() bool) bool { return read() })
	if !read {
		m.strange = append(m.strange, m.words[from].text)
		m.at++
	}
	if from == 0 {
		m.begins = read || isDigit(rune(m.words[0].text[0]))
	}
	for _, w := range m.words[from:m.at] {
		m.between(w.gap)
	}
}

// between looks at what stands around words: a mark that says something ("?", "+") is
// no part of a time.
func (m *moment) between(gap string) {
	if !only(gap, ".,;!()*_'’/"+colons+dashes) {
		m.strange = append(m.strange, trim(gap))
	}
}

// word reports whether phrase stands i words on.
func (m *moment) word(i int, phrase string) bool {
	return m.at+i <= len(m.words) && says(m.words[m.at+i:], phrase)
}

func (m *moment) oneOf(i int, phrases ...string) string {
	if m.at+i > len(m.words) {
		return ""
	}
	return firstOf(m.words[m.at+i:], phrases)
}

// gap is what stands before the word i words on; "" also where there is none.
func (m *moment) gap(i int) string {
	if m.at+i >= len(m.words) {
		return ""
	}
	return m.words[m.at+i].gap
}

// exactly is true of the word typed that way, and no other.
func (m *moment) exactly(i int, text string) bool {
	return m.at+i < len(m.words) && m.words[m.at+i].text == text
}

// number is the number i words on, of at most so many digits; -1: there is none.
func (m *moment) number(i, digits int) int {
	if m.at+i < 0 || m.at+i >= len(m.words) {
		return -1
	}
	text := m.words[m.at+i].text
	if len(text) > digits || !isDigit(rune(text[0])) {
		return -1
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// counts are the numbers people spell out. "sau" and "nam" are other words as well.
var counts = map[string]int{
	"một": 1, "mot": 1, "hai": 2, "ba": 3, "bốn": 4, "bon": 4, "năm": 5, "sáu": 6, "bảy": 7, "bẩy": 7, "bay": 7,
	"tám": 8, "tam": 8, "chín": 9, "chin": 9, "mười": 10, "muoi": 10,
}

// amount is a number in digits, or spelled out before a unit.
func (m *moment) amount(i int) int {
	if n := m.number(i, 4); n >= 0 {
		return n
	}
	if m.at+i < len(m.words) && m.oneOf(i+1, "ngày", "tuần", "giờ", "tiếng", "phút") != "" {
		if n, ok := counts[m.words[m.at+i].text]; ok {
			return n
		}
	}
	return -1
}

// duration is "3 ngày nữa", "trong 2 giờ", "1 tuần", "5 ngày làm việc", "48h". Hours
// are a time of day unless something says otherwise.
func (m *moment) duration() bool {
	i, within, after := 0, m.word(0, "trong"), m.word(0, "sau")
	switch {
	case m.word(0, "trong vòng"):
		i = 2
	case within, after:
		i = 1
	}
	n := m.amount(i)
	if n < 0 || i > 0 && !only(m.gap(i), "") {
		return false
	}
	i++
	switch unit := m.oneOf(i, "ngày làm việc", "ngày", "tuần", "giờ", "tiếng", "phút", "h", "g"); unit {
	case "ngày làm việc", "ngày", "tuần":
		return m.daysOn(n, unit, i+count(unit))
	case "giờ", "h", "g", "tiếng", "phút":
		return m.hoursOn(n, unit, i+1, within, after)
	}
	return false
}

func (m *moment) daysOn(n int, unit string, end int) bool {
	if m.oneOf(end-1, "ngày mai", "ngày kia", "ngày mốt", "ngày thứ", "ngày hôm") != "" || m.number(end, 4) >= 0 && !m.startsClock(end) {
		return false // "17 ngày 20": not seventeen days
	}
	if m.oneOf(end, "nữa", "tới", "sau") != "" {
		end++
	}
	m.at += end
	switch {
	case n == 0:
		m.vague = true
	case unit == "ngày làm việc":
		m.days = append(m.days, m.workingDays(n))
	case unit == "tuần":
		m.days = append(m.days, m.today().AddDate(0, 0, 7*n))
	default:
		m.days = append(m.days, m.today().AddDate(0, 0, n))
	}
	return true
}

func (m *moment) startsClock(i int) bool {
	return m.number(i, 2) >= 0 && (m.oneOf(i+1, "h", "giờ", "g") != "" || m.gap(i+1) == ":")
}

func (m *moment) hoursOn(n int, unit string, end int, within, after bool) bool {
	const day = 24 // hours beyond which "48h" is no time of day
	span := time.Duration(n) * time.Hour
	switch {
	case unit == "phút":
		span = time.Duration(n) * time.Minute
	case m.number(end, 2) >= 0 && (m.gap(end) == "" || m.word(end+1, "phút")):
		span += time.Duration(m.number(end, 2)) * time.Minute
		end++
		if m.word(end, "phút") {
			end++
		}
	}
	later := m.word(end, "nữa") || m.exactly(end, "tới")
	surely := within || later || unit == "tiếng" || unit == "phút" || n > day
	if !surely || after && !later && unit != "tiếng" && unit != "phút" {
		return false
	}
	if later {
		end++
	}
	m.at += end
	m.instants = append(m.instants, m.now.Add(span))
	return true
}

// clock is "17h", "17h30", "17:00", "8 giờ 05", "8 giờ rưỡi".
func (m *moment) clock() bool {
	hour, end := m.amount(0), 0
	c := clock{hour: hour}
	switch {
	case hour < 0:
		return false
	case m.gap(1) == ":" && m.number(1, 2) >= 0 && len(m.words[m.at+1].text) == 2:
		c.minute, end = m.number(1, 2), 2
	case m.oneOf(1, "h", "giờ", "g") != "" && only(m.gap(1), ""):
		c.minute, end = m.minute(2)
	default:
		return false
	}
	written := fmt.Sprintf("%d:%02d", c.hour, c.minute)
	c.exact = len(m.words[m.at].text) == 2 && m.words[m.at].text[0] == '0'
	m.at += end
	if c.hour > 23 || c.minute > 59 {
		m.fault(noSuchTime(written))
		return true
	}
	m.clocks = append(m.clocks, c)
	m.clockEnd = m.at
	return true
}

// minute is what follows the hour, from the word i words on, and where that ends. A
// number that begins a date is none.
func (m *moment) minute(i int) (minute, end int) {
	if m.word(i, "rưỡi") && only(m.gap(i), "") {
		return 30, i + 1
	}
	n := m.number(i, 2)
	glued := m.gap(i) == ""
	two := n >= 0 && len(m.words[m.at+i].text) == 2
	startsDate := m.number(i+1, 4) >= 0 && isDateMark(m.gap(i+1)) || m.word(i+1, "tháng")
	if n < 0 || !glued && (!two || !only(m.gap(i), "") || startsDate) {
		return 0, i
	}
	i++
	if m.oneOf(i, "phút", "ph", "p") != "" && only(m.gap(i), "") {
		i++
	}
	return n, i
}

func isDateMark(gap string) bool {
	return gap == "." || gap == "-" || strings.TrimSpace(gap) == "/"
}

// date is "20/11", "20-11-2026", "2026-11-20", "ngày 20", "20 tháng 11 năm 2026".
func (m *moment) date() bool {
	i, named := 0, false
	if m.oneOf(0, "ngày", "mùng", "mồng") != "" {
		i, named = 1, true
		if m.oneOf(1, "mùng", "mồng") != "" {
			i = 2
		}
	}
	if year := m.number(i, 4); year > 999 && m.gap(i+1) == "-" && m.gap(i+2) == "-" && m.number(i+1, 2) > 0 && m.number(i+2, 2) > 0 {
		return m.dated(year, m.number(i+1, 2), m.number(i+2, 2), i+3)
	}
	day := m.number(i, 2)
	if day < 0 || i > 0 && !only(m.gap(i), "") {
		return false
	}
	i++
	switch {
	case m.number(i, 2) >= 0 && isDateMark(m.gap(i)):
		month, mark := m.number(i, 2), strings.TrimSpace(m.gap(i))
		i++
		if y := m.number(i, 4); y >= 0 && strings.TrimSpace(m.gap(i)) == mark {
			return m.dated(fullYear(y), month, day, i+1)
		}
		if m.oneOf(i, "ngày làm việc", "tuần", "tiếng", "phút", "h", "giờ", "g") != "" || m.word(i, "ngày") && m.number(i+1, 4) < 0 {
			return false // "2-3 ngày": neither two nor three
		}
		return m.dated(0, month, day, i)
	case m.word(i, "tháng") && m.number(i+1, 2) >= 0:
		month := m.number(i+1, 2)
		i += 2
		if m.word(i, "năm") && m.number(i+1, 4) >= 0 {
			return m.dated(fullYear(m.number(i+1, 4)), month, day, i+2)
		}
		if y := m.number(i, 4); y > 999 && isDateMark(m.gap(i)) {
			return m.dated(y, month, day, i+1)
		}
		return m.dated(0, month, day, i)
	case named && m.oneOf(i, "h", "giờ", "g") == "" && m.gap(i) != ":":
		date, why := m.ofMonth(day)
		return m.found(date, why, i)
	}
	return false
}

// fullYear understands "26".
func fullYear(year int) int {
	if year < 100 {
		return 2000 + year
	}
	return year
}

// dated takes a date that ends before the word end words on; year is 0 where none is
// written.
func (m *moment) dated(year, month, day, end int) bool {
	date, why := m.on(year, month, day)
	return m.found(date, why, end)
}

func (m *moment) found(date time.Time, why *Unclear, end int) bool {
	m.at += end
	if why != nil {
		m.fault(why)
	} else {
		m.days = append(m.days, date)
	}
	return true
}

// dayByName is "hôm nay", "ngày mai", "mốt". A bare "Mai" may be a name.
func (m *moment) dayByName() bool {
	i := count(m.oneOf(0, "ngày hôm", "ngày", "hôm"))
	afterHalf := m.at > 0 && m.oneOf(-1, "sáng", "trưa", "chiều", "tối", "đêm") != ""
	ahead := 0
	switch {
	case m.word(i, "nay") && (i == 1 && m.word(0, "hôm") || i == 2 || i == 0 && afterHalf):
	case m.word(i, "mai") && (i > 0 || afterHalf || !m.words[m.at].capital):
		ahead = 1
	case m.word(0, "ngày kia"), m.word(0, "ngày mốt"), m.word(0, "mốt"), m.word(0, "kia") && afterHalf:
		ahead = 2
	case m.word(0, "ngày") && m.at > 0 && m.oneOf(-1, "trong") != "" && m.at+1 == len(m.words):
		i = 0
	default:
		return false
	}
	m.at += i + 1
	m.days = append(m.days, m.today().AddDate(0, 0, ahead))
	return true
}

// weekday is "thứ sáu", "thứ 6", "t6", "chủ nhật", "cn".
func (m *moment) weekday() bool {
	i := count(m.oneOf(0, "ngày"))
	end, day := 0, time.Sunday
	if name := m.oneOf(i, "chủ nhật", "chúa nhật", "cn"); name != "" {
		end = i + count(name)
	} else if name := m.oneOf(i, "thứ hai", "thứ ba", "thứ tư", "thứ năm", "thứ sáu", "thứ bảy", "thứ bẩy"); name != "" {
		end = i + 2
		day = map[string]time.Weekday{"hai": 1, "ba": 2, "tư": 3, "năm": 4, "sáu": 5, "bảy": 6, "bẩy": 6}[strings.Fields(name)[1]]
	} else if n := m.number(i+1, 1); n >= 2 && n <= 7 && (m.word(i, "thứ") || m.exactly(i, "t") && m.gap(i+1) == "") {
		end, day = i+2, time.Weekday(n-1)
	} else {
		return false
	}
	w := weekday{day: day}
	switch {
	case m.word(end, "này"):
		w.by, end = thisWeek, end+1
	case m.exactly(end, "tới"):
		w.by, end = coming, end+1
	}
	m.at += end
	m.weekdays = append(m.weekdays, w)
	return true
}

func (m *moment) week() bool {
	switch m.oneOf(0, "tuần này", "tuần sau", "tuần tới") {
	case "tuần này":
		m.weeks = append(m.weeks, 0)
	case "tuần sau", "tuần tới":
		m.weeks = append(m.weeks, 1)
	default:
		return false
	}
	m.at += 2
	return true
}

// half is a half of the day. Without marks "toi" is "tối" beside an hour or "nay", and
// may be "tới" elsewhere; among words with marks "sang" is no morning.
func (m *moment) half() bool {
	i := count(m.oneOf(0, "buổi"))
	name := m.oneOf(i, "sáng", "trưa", "chiều", "tối", "đêm")
	switch {
	case name == "", m.exactly(i, "toi") && m.clockEnd != m.at && !m.word(i+1, "nay"):
		return false
	case m.exactly(i, "sang") && m.marked && m.clockEnd != m.at, m.exactly(i, "sang") && m.word(i+1, "tuần"):
		m.at += i + 1
		return true
	}
	m.at += i + 1
	m.halves = append(m.halves, name)
	return true
}

// loose is a time that leaves the day open: "cuối tuần", "đầu tháng sau".
func (m *moment) loose() bool {
	i := count(m.oneOf(0, "đầu", "giữa", "cuối", "trong"))
	span := m.oneOf(i, "tuần", "tháng", "quý", "năm")
	if i == 0 && span != "tháng" && span != "tuần" || span == "" {
		return false
	}
	m.at += i
	if !m.week() {
		m.at++
		if m.oneOf(0, "này", "nay", "sau", "tới") != "" {
			m.at++
		}
	}
	m.vague = true
	return true
}

// fillers lead to a time, or end it, and change nothing.
var fillers = []string{
	"thời gian", "thời hạn", "hạn", "chậm nhất", "muộn nhất", "trước", "lúc", "đến", "vào", "trong vòng", "trong", "khoảng",
	"cuối giờ", "cuối buổi", "lại", "xong", "ạ", "nhé", "nha",
}

// answering are what is promised; after it may stand to whom.
var answering = []string{"trả lời", "phản hồi", "thông báo", "giải quyết", "xử lý", "có kết quả", "báo kết quả", "kết quả", "báo lại", "báo"}

func (m *moment) filler() bool {
	if name := m.oneOf(0, answering...); name != "" {
		m.at += count(name)
		m.at += count(m.oneOf(0, "cho", "với"))
		m.at += count(m.oneOf(0, "công dân", "người dân", "bà con", "dân", "anh chị", "ông bà"))
		return true
	}
	if name := m.oneOf(0, fillers...); name != "" {
		m.at += count(name)
		return true
	}
	ending := m.word(0, "cuối") && m.oneOf(1, "ngày", "sáng", "chiều", "hôm") != ""
	if ending || m.exactly(0, "tới") {
		m.at++
		return true
	}
	return false
}

// fault keeps what is wrong first.
func (m *moment) fault(why *Unclear) {
	if m.wrong == nil {
		m.wrong = why
	}
}
