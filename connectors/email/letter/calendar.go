package letter

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"
)

// vietnam is where the readers are. Viet Nam knows no summer time.
var vietnam = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)

// Invitation is the first event of a calendar file (RFC 5545).
type Invitation struct {
	Method    string // "REQUEST", "CANCEL", "REPLY"; empty: not told
	What      string
	Where     string
	Begins    time.Time // zero: not told
	Ends      time.Time // zero: not told
	AllDay    bool      // then only the days of Begins and Ends count, Ends is the day after the last
	Organizer Address
	Repeats   bool
	About     string // the description, at most 2,000 characters
}

// Words tell an invitation in Vietnamese, times in Viet Nam's.
func (v *Invitation) Words() string {
	var b strings.Builder
	switch v.Method {
	case "CANCEL":
		b.WriteString("Hủy lịch hẹn")
	case "REPLY":
		b.WriteString("Trả lời lời mời")
	default:
		b.WriteString("Lời mời")
	}
	b.WriteString(": " + cmp.Or(v.What, "không có tiêu đề"))
	if when := v.when(); when != "" {
		b.WriteString("; " + when)
	}
	if v.Where != "" {
		b.WriteString("; tại " + v.Where)
	}
	if by := cmp.Or(v.Organizer.Name, v.Organizer.Address); by != "" {
		b.WriteString("; người mời: " + by)
	}
	if v.Repeats {
		b.WriteString("; lặp lại nhiều lần")
	}
	return b.String() + "."
}

func (v *Invitation) when() string {
	if v.Begins.IsZero() {
		return ""
	}
	const day = "02/01/2006"
	from, to := v.Begins.In(vietnam), v.Ends.In(vietnam)
	if v.AllDay {
		last := to.AddDate(0, 0, -1)
		if v.Ends.IsZero() || !last.After(from) {
			return "cả ngày " + from.Format(day)
		}
		return "từ ngày " + from.Format(day) + " đến hết ngày " + last.Format(day)
	}
	switch {
	case v.Ends.IsZero() || !v.Ends.After(v.Begins):
		return "lúc " + from.Format("15:04") + " ngày " + from.Format(day)
	case from.Format(day) == to.Format(day):
		return fmt.Sprintf("từ %s đến %s ngày %s", from.Format("15:04"), to.Format("15:04"), from.Format(day))
	}
	return "từ " + from.Format("15:04 "+day) + " đến " + to.Format("15:04 "+day)
}

// calendar reads an invitation and keeps its file.
func (w *walk) calendar(p partHead, r io.Reader) {
	head := &headOf{most: mostSmall}
	p.name = cmp.Or(p.name, "lich-hen.ics")
	w.file(p, io.TeeReader(r, head))
	if w.letter.Calendar == nil {
		text, _ := toText(head.heard, cmp.Or(p.params["charset"], "utf-8"))
		if v := readCalendar(text); v != nil {
			v.Method = cmp.Or(v.Method, strings.ToUpper(p.params["method"]))
			w.letter.Calendar = v
		}
	}
}

// readCalendar returns the first event, or task, of a calendar; nil without one.
func readCalendar(text string) *Invitation {
	method, inside := "", ""
	var v *Invitation
	var length time.Duration
	for line := range strings.SplitSeq(unfold(text), "\n") {
		name, ps, value := calendarLine(line)
		switch {
		case name == "BEGIN" && v == nil && (value == "VEVENT" || value == "VTODO"):
			v = &Invitation{}
		case name == "BEGIN" && v != nil:
			inside = cmp.Or(inside, value) // an alarm has texts of its own
		case name == "END" && value == inside:
			inside = ""
		case name == "END" && v != nil && inside == "":
			if v.Ends.IsZero() && length > 0 && !v.Begins.IsZero() {
				v.Ends = v.Begins.Add(length)
			}
			v.Method = method
			return v
		case name == "METHOD":
			method = strings.ToUpper(clean(value))
		case name == "DURATION" && v != nil && inside == "":
			length = duration(value)
		case v != nil && inside == "":
			v.set(name, ps, value)
		}
	}
	if v != nil {
		v.Method = method
	}
	return v
}

func (v *Invitation) set(name string, ps map[string]string, value string) {
	const long, short = 2000, 300
	switch name {
	case "SUMMARY":
		v.What = shorten(clean(unescape(value)), short)
	case "LOCATION":
		v.Where = shorten(clean(unescape(value)), short)
	case "DESCRIPTION":
		v.About = shorten(strings.TrimSpace(unescape(value)), long)
	case "ORGANIZER":
		at := strings.TrimPrefix(strings.TrimPrefix(value, "mailto:"), "MAILTO:")
		v.Organizer = Address{Name: shorten(clean(ps["cn"]), short), Address: mailbox(at)}
	case "DTSTART":
		v.Begins, v.AllDay = moment(value, ps["tzid"])
	case "DTEND", "DUE":
		v.Ends, _ = moment(value, ps["tzid"])
	case "RRULE":
		v.Repeats = true
	}
}

var folds = strings.NewReplacer("\n ", "", "\n\t", "")

func unfold(text string) string { return folds.Replace(text) }

// calendarLine reads "NAME;PARAM=x;…:value".
func calendarLine(line string) (name string, ps map[string]string, value string) {
	quoted := false
	colon := strings.IndexFunc(line, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ':' && !quoted
	})
	if colon < 0 {
		return "", nil, ""
	}
	name, ps = params(line[:colon])
	return strings.ToUpper(name), ps, line[colon+1:]
}

var unescape = strings.NewReplacer(`\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`).Replace

// moment reads a time: of UTC, of a zone that is named, and else of Viet Nam.
func moment(value, zone string) (at time.Time, day bool) {
	value = strings.TrimSpace(value)
	if at, err := time.ParseInLocation("20060102", value, vietnam); err == nil {
		return at, true
	}
	if at, err := time.Parse("20060102T150405Z", value); err == nil {
		return at, false
	}
	at, err := time.ParseInLocation("20060102T150405", value, zoneOf(zone))
	if err != nil {
		return time.Time{}, false
	}
	return at, false
}

// zoneOf knows the zones of the neighbours by Windows' names too; what it does not
// know is taken for Viet Nam's.
func zoneOf(name string) *time.Location {
	switch strings.Trim(name, "/ ") {
	case "SE Asia Standard Time", "Asia/Bangkok", "Asia/Saigon", "Asia/Ho_Chi_Minh", "":
		return vietnam
	case "Singapore Standard Time", "China Standard Time":
		return time.FixedZone(name, 8*60*60)
	case "Tokyo Standard Time", "Korea Standard Time":
		return time.FixedZone(name, 9*60*60)
	case "UTC", "GMT", "Etc/UTC", "Etc/GMT":
		return time.UTC
	}
	if len(name) < 50 && strings.Contains(name, "/") && !strings.Contains(name, "..") {
		if at, err := time.LoadLocation(name); err == nil {
			return at
		}
	}
	return vietnam
}

// duration reads "PT1H30M", "P1D", "P2W"; zero for what is none.
func duration(value string) (d time.Duration) {
	units := map[byte]time.Duration{'W': 7 * 24 * time.Hour, 'D': 24 * time.Hour, 'H': time.Hour, 'M': time.Minute, 'S': time.Second}
	n := time.Duration(0)
	for _, c := range bytes.TrimLeft([]byte(value), "+P") {
		switch unit, known := units[c]; {
		case '0' <= c && c <= '9' && n < 100_000:
			n = n*10 + time.Duration(c-'0')
		case known:
			d += n * unit
			n = 0
		case c != 'T':
			return 0
		}
	}
	return d
}
