package letter

import (
	"regexp"
	"slices"
	"strings"
)

// Delimiter is the line that our letters put above what they quote of themselves:
// whatever comes back below it was not written this time.
const Delimiter = "##- Anh/chị vui lòng viết câu trả lời phía trên dòng này -##"

// End is the line that they put below it.
const End = "##- Hết thư của tổng đài; xin viết câu trả lời ở đầu thư -##"

// Cut parts what a person wrote this time from what stands around it: letters
// before, signatures, what telephones add. Every line of text is in one of the two,
// in its order. Where a person answers between the lines of a quote, the quote is
// left in; where nothing else was written, as in a letter passed on, all of it is
// what was said. Of an answer to a letter of ours with a Delimiter, nothing that was
// quoted is left in: it goes on to somebody whose eyes our letter was not for.
func Cut(text string) (said, quoted string) {
	c := newCutter(strings.Split(text, "\n"))
	end := c.hard()
	if c.passedOn {
		return trimLines(c.lines), ""
	}
	c.from(end)
	if c.between {
		c.marked(end)
	} else {
		c.quotes(c.last(end))
	}
	c.signature(c.last(end))
	if said, quoted = c.both(); said != "" {
		return said, quoted
	}
	if !c.ours {
		return quoted, ""
	}
	return c.below(quoted)
}

func newCutter(lines []string) *cutter {
	c := &cutter{lines: lines, cut: make([]bool, len(lines)), plain: make([]string, len(lines))}
	for i, line := range lines {
		c.plain[i] = odd.Replace(line)
	}
	return c
}

// odd are blanks and dashes that programs put where people would not.
var odd = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u200b", "", "\u2013", "-", "\u2014", "-")

type cutter struct {
	lines []string
	plain []string // for comparing
	cut   []bool
	ours  bool // it answers a letter with our Delimiter
	// between: that letter is quoted line by line, so what has no mark was written now.
	between bool

	passedOn bool // it shows us a letter of somebody else: that is what it says
}

func (c *cutter) both() (said, quoted string) {
	var a, b []string
	for i, line := range c.lines {
		switch {
		case c.cut[i]:
			b = append(b, line)
		case c.between && strings.TrimSpace(line) == "" && len(a) > 0 && strings.TrimSpace(a[len(a)-1]) == "":
			b = append(b, line) // one is enough where a quote stood
		default:
			a = append(a, line)
		}
	}
	return trimLines(a), trimLines(b)
}

// trimLines joins lines, without empty ones at both ends and trailing blanks.
func trimLines(lines []string) string {
	for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" {
		lines = lines[1:]
	}
	return strings.TrimRight(strings.Join(lines, "\n"), " \n\t")
}

func (c *cutter) from(start int) {
	for i := start; i < len(c.cut); i++ {
		c.cut[i] = true
	}
}

// last steps back from end over empty lines and lines that are cut.
func (c *cutter) last(end int) int {
	for end > 0 && (c.cut[end-1] || strings.TrimSpace(c.plain[end-1]) == "") {
		end--
	}
	return end
}

var (
	ownLine   = regexp.MustCompile(`^[>\s*_]*##- ?.+-##`)
	endLine   = regexp.MustCompile(`^[>\s*_]*##- ?Hết thư`)
	original  = regexp.MustCompile(`(?i)^[>\s*_]*-{3,}\s*(?:original (?:message|appointment)|thư gốc|tin nhắn gốc|thông báo gốc|tin gốc|message d'origine)\s*-{3,}`)
	forwarded = regexp.MustCompile(`(?i)^[\s*_]*(?:-{3,}\s*(?:forwarded message|thư (?:được )?chuyển tiếp|tin nhắn (?:được )?chuyển tiếp)\s*-{3,}|begin forwarded message:?|bắt đầu thư (?:được )?chuyển tiếp:?)`)
	fromLine  = regexp.MustCompile(`(?i)^[\s*_|]*(?:from|từ|người gửi|gửi từ|von|de)[*_]*\s*:[*_]*\s*\S`)
	// headLines are the lines below it; the last is the subject.
	headLines = [...]*regexp.Regexp{
		regexp.MustCompile(`(?i)^[\s*_|]*(?:sent|date|đã gửi|ngày|ngày gửi|thời gian|thời gian gửi|gửi lúc|gửi|gesendet|envoyé)[*_]*\s*:[*_]*\s*\S`),
		regexp.MustCompile(`(?i)^[\s*_|]*(?:to|đến|tới|người nhận|gửi đến|gửi tới|an|à)[*_]*\s*:[*_]*\s*\S`),
		regexp.MustCompile(`(?i)^[\s*_|]*(?:subject|chủ đề|tiêu đề|về việc|betreff|objet)[*_]*\s*:`),
	}
	wrote     = regexp.MustCompile(`(?i)^[\s*_]*(?:on|vào|le|am|trong thư)\s.+(?:wrote|đã viết|viết|a écrit|schrieb)\s*:\s*$`)
	wroteName = regexp.MustCompile(`(?i)<[^<>\s]+@[^<>\s]+>.{0,40}(?:wrote|đã viết|viết)\s*:\s*$`)
	wroteDate = regexp.MustCompile(`^\s*(?:\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[-/]\d{1,2}[-/]\d{4}).+<[^<>\s]+@[^<>\s]+>\s*:\s*$`)
	// named is a line above a letter of ours that names an address, in whatever words.
	named = regexp.MustCompile(`@[^\s@]+\.[^\s@]+.{0,80}:\s*$`)
	rule  = regexp.MustCompile(`^[\s]*[_\-=*]{5,}\s*$`)
)

const (
	lineMost  = 500  // characters: no line that means something is longer
	linesMost = 5000 // nobody writes more above a quote
)

// hard is where the letter before begins, with no return: below a line that only
// programs write. It is the number of lines when there is none.
func (c *cutter) hard() int {
	for i, line := range c.plain[:min(len(c.plain), linesMost)] {
		if len(line) > lineMost {
			continue
		}
		switch {
		case forwarded.MatchString(line):
			if c.ours = c.oursBelow(i); c.ours {
				return c.above(i)
			}
			c.passedOn = true
			return len(c.lines)
		case ownLine.MatchString(line):
			c.ours = true
			if !isQuote(line) {
				return c.above(i)
			}
			c.between = true
		case original.MatchString(line), c.isHead(i), c.isBareAttribution(i):
			c.ours = c.oursBelow(i)
			return c.above(i)
		}
	}
	return len(c.lines)
}

// marked cuts all lines above line end that are quoted, with what says who wrote them.
func (c *cutter) marked(end int) {
	edge, known := 0, 0 // behind the last line that somebody wrote; behind that of the quote before
	for i := range end {
		switch {
		case isQuote(c.plain[i]):
			c.cut[i] = true
			if edge > known && i < linesMost {
				for k := edge - c.attributionEnding(edge); k < edge; k++ {
					c.cut[k] = true
				}
			}
			known = edge
		case strings.TrimSpace(c.plain[i]) != "":
			edge = i + 1
		}
	}
}

// below is what stands under the whole of a letter of ours that is not quoted line by
// line, where nothing stands above it.
func (c *cutter) below(quoted string) (said, rest string) {
	for i, line := range slices.Backward(c.plain) {
		if len(line) > lineMost || !endLine.MatchString(line) {
			continue
		}
		tail := newCutter(c.lines[i+1:])
		end := tail.hard()
		tail.from(end)
		tail.marked(end)
		tail.signature(tail.last(end))
		if said, rest = tail.both(); said != "" {
			return said, trimLines(append(slices.Clone(c.lines[:i+1]), rest))
		}
		break
	}
	return "", quoted
}

func (c *cutter) oursBelow(i int) bool {
	for _, line := range c.plain[i:] {
		if len(line) <= lineMost && ownLine.MatchString(line) {
			return true
		}
	}
	return false
}

// above takes with it what leads to line i: rules, empty lines, who wrote when, and
// the heads of the letter whose text begins there.
func (c *cutter) above(i int) int {
	for {
		start := c.last(i)
		if start > 0 && (rule.MatchString(c.plain[start-1]) || original.MatchString(c.plain[start-1])) {
			i = start - 1
			continue
		}
		if n := c.attributionEnding(start); n > 0 {
			i = start - n
			continue
		}
		if c.ours && start > 0 && named.MatchString(c.plain[start-1]) {
			i = start - 1
			continue
		}
		return i
	}
}

// isHead: From, Sent, To and Subject, as Outlook, Zimbra and their kind put them
// above what they quote. People write "Từ: … Đến: … Ngày: …" too, of roads and of
// journeys: an address or a subject must be there.
func (c *cutter) isHead(i int) bool {
	if !fromLine.MatchString(c.plain[i]) {
		return false
	}
	seen := 0
	var met [len(headLines)]bool
	for _, line := range c.plain[i+1 : min(len(c.plain), i+9)] {
		for k, head := range headLines {
			if !met[k] && len(line) <= lineMost && head.MatchString(line) {
				met[k] = true
				seen++
				break
			}
		}
	}
	return seen >= 2 && (met[len(met)-1] || strings.Contains(c.plain[i], "@"))
}

// isBareAttribution: "… wrote:" above a letter whose lines have no ">". It must name
// an address: "Vào hôm qua tôi có viết:" is a citizen's own sentence.
func (c *cutter) isBareAttribution(i int) bool {
	n := c.attributionAt(i)
	if n == 0 || !strings.Contains(strings.Join(c.plain[i:i+n], " "), "@") {
		return false
	}
	for _, line := range c.plain[i+n : min(len(c.plain), i+n+4)] {
		if isQuote(line) {
			return false
		}
	}
	return true
}

func isQuote(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, " "), ">") }

// attributionAt is how many lines, from line i on, say who wrote what follows.
func (c *cutter) attributionAt(i int) int {
	joined := ""
	for n := 1; n <= 3 && i+n <= len(c.plain); n++ {
		line := c.plain[i+n-1]
		if strings.TrimSpace(line) == "" || len(line) > lineMost {
			return 0
		}
		joined = strings.TrimSpace(joined + " " + strings.TrimLeft(line, "> "))
		if wrote.MatchString(joined) || wroteName.MatchString(joined) || wroteDate.MatchString(joined) {
			return n
		}
		if n == 1 && !strings.Contains(joined, "@") && !attributionBegins.MatchString(joined) {
			return 0
		}
	}
	return 0
}

var attributionBegins = regexp.MustCompile(`(?i)^[*_]*(?:on|vào|le|am|trong thư)\s`)

// attributionEnding is how many lines just above line end say who wrote.
func (c *cutter) attributionEnding(end int) int {
	for n := 1; n <= 3 && n <= end; n++ {
		if c.attributionAt(end-n) == n {
			return n
		}
	}
	return 0
}

// quotes cuts the quote at the end of what is above line end, and the one at its
// beginning when all the answer stands below it.
func (c *cutter) quotes(end int) {
	start := end
	for start > 0 && (isQuote(c.plain[start-1]) || strings.TrimSpace(c.plain[start-1]) == "") {
		start--
	}
	if start < end {
		n := c.attributionEnding(c.last(start))
		if n > 0 {
			start = c.last(start) - n
		}
		c.spotOurs(start, end)
		for i := start; i < end; i++ {
			c.cut[i] = true
		}
		end = c.last(start)
	}
	first := 0
	for first < end && strings.TrimSpace(c.plain[first]) == "" {
		first++
	}
	body := first + c.attributionAt0(first, end)
	for body < end && strings.TrimSpace(c.plain[body]) == "" {
		body++
	}
	stop := body
	for stop < end && (isQuote(c.plain[stop]) || strings.TrimSpace(c.plain[stop]) == "") {
		stop++
	}
	if stop == body || stop == end {
		return
	}
	for i := stop; i < end; i++ {
		if isQuote(c.plain[i]) {
			return // answers between the lines
		}
	}
	for i := first; i < stop; i++ {
		c.cut[i] = true
	}
}

func (c *cutter) attributionAt0(i, end int) int {
	if i >= end {
		return 0
	}
	return min(c.attributionAt(i), end-i)
}

func (c *cutter) spotOurs(start, end int) {
	for _, line := range c.plain[start:end] {
		if len(line) <= lineMost && ownLine.MatchString(line) {
			c.ours = true
		}
	}
}

var phoneLine = regexp.MustCompile(`(?i)^\s*(?:sent (?:from|via|by) (?:my |the )?(?:iphone|ipad|android|samsung|galaxy|blackberry|outlook|mail|yahoo|mobile|xiaomi|oppo|huawei|proton|windows)|get outlook for|(?:đã |được |thư )?(?:đã |được )?gửi (?:từ|bằng|qua) (?:iphone|ipad|outlook|yahoo|điện thoại|thiết bị|máy|mail|gmail|ứng dụng|zalo|samsung|galaxy|hộp thư|windows|zimbra)|(?:tải|lấy|nhận) outlook|cài đặt outlook|yahoo mail[:\s])`)

// signature cuts what stands below "-- ", and the line that a telephone added.
func (c *cutter) signature(end int) {
	const longest = 25 // lines; more is no signature
	for i := end - 1; i >= max(0, end-longest); i-- {
		if line := strings.TrimRight(c.lines[i], "\r"); line == "-- " || line == "--" || line == "-- \u00a0" {
			for k := i; k < end; k++ {
				c.cut[k] = true
			}
			end = c.last(i)
			break
		}
	}
	if end > 0 && len(c.plain[end-1]) < lineMost && phoneLine.MatchString(c.plain[end-1]) {
		c.cut[end-1] = true
		if end = c.last(end - 1); end > 0 && rule.MatchString(c.plain[end-1]) {
			c.cut[end-1] = true
		}
	}
}
