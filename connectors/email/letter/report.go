package letter

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// ReportKind is what a server or a program reports of a letter of ours.
type ReportKind string

// The kinds of reports.
const (
	Bounce  ReportKind = "bounce"  // it reached at least one recipient not
	Delay   ReportKind = "delay"   // the server still tries
	Arrival ReportKind = "arrival" // it reached the recipient's server
	Reading ReportKind = "reading" // the recipient's program showed or deleted it
	Abuse   ReportKind = "abuse"   // the recipient called it spam
)

// Report is a delivery status (RFC 3464), a disposition notification (RFC 8098), a
// complaint (RFC 5965), or a bounce in words of a server's own.
type Report struct {
	Kind ReportKind
	// Original is the Message-ID of the letter that it is about; empty: not told.
	Original string
	// Envelope is the id that we gave the envelope (DSN ENVID); empty: not told.
	Envelope   string
	Recipients []Outcome
	// Read from words, not from a report that programs understand.
	Guessed bool
}

// Outcome is what became of the letter for one recipient.
type Outcome struct {
	Address    string
	Action     string // "failed", "delayed", "delivered", "relayed", "expanded", "displayed", "deleted", "complained"
	Status     string // "5.1.1"; empty: not told
	Diagnostic string // the server's own words, in one line, at most 500 characters
}

// Failed reports whether the letter will not reach this recipient.
func (o Outcome) Failed() bool { return o.Action == "failed" }

// Words tell members what became of it and what to do, in Vietnamese.
func (o Outcome) Words() string {
	to := cmp.Or(o.Address, "người nhận")
	switch o.Action {
	case "delivered", "relayed", "expanded":
		return "Thư đã tới máy chủ của " + to + "."
	case "displayed":
		return to + " đã mở thư."
	case "deleted":
		return to + " đã xóa thư mà không mở."
	case "complained":
		return to + " đã đánh dấu thư là thư rác."
	case "delayed":
		return "Thư gửi " + to + " đang bị chậm, máy chủ vẫn tiếp tục thử gửi."
	}
	return "Thư không tới được " + to + ": " + statusWords(o.Status, o.Diagnostic) + "."
}

// statusWords say an enhanced status code (RFC 3463) in Vietnamese.
func statusWords(status, diagnostic string) string {
	words := map[string]string{
		"1.0": "địa chỉ không đúng", "1.1": "không có hộp thư này", "1.2": "không có máy chủ thư cho tên miền này",
		"1.3": "địa chỉ viết sai", "1.6": "hộp thư đã chuyển đi nơi khác",
		"2.0": "hộp thư không nhận được thư", "2.1": "hộp thư đã bị khóa", "2.2": "hộp thư đã đầy", "2.3": "thư lớn hơn mức hộp thư cho phép",
		"3.4": "thư lớn hơn mức máy chủ cho phép", "4.1": "máy chủ bên nhận không trả lời", "4.4": "không tìm được đường tới máy chủ bên nhận",
		"4.7": "máy chủ đã thử gửi quá lâu mà không được", "7.0": "máy chủ bên nhận từ chối", "7.1": "máy chủ bên nhận từ chối thư",
		"7.26": "thư chưa được xác thực (SPF, DKIM)",
	}
	_, class, _ := strings.Cut(status, ".")
	if w, ok := words[class]; ok {
		return w
	}
	group, _, _ := strings.Cut(class, ".")
	switch group {
	case "1":
		return "địa chỉ không nhận được thư"
	case "2":
		return "hộp thư không nhận được thư"
	case "4":
		return "trục trặc đường truyền giữa các máy chủ"
	case "7":
		return "máy chủ bên nhận từ chối thư vì quy định an toàn"
	}
	if strings.Contains(strings.ToLower(diagnostic), "spam") {
		return "máy chủ bên nhận cho là thư rác"
	}
	return "máy chủ bên nhận không nhận"
}

// reportParts are the parts of a report as they were met.
type reportParts struct {
	status, reading, feedback []byte
	about                     Header // of the letter that it is about
}

func (r *reportParts) original(h Header) {
	if r.about == nil {
		r.about = h
	}
}

// reports makes a Report of what was met, or of the text where a bounce has no more.
func (w *walk) reports(text string) {
	l, r := &w.letter, &w.report
	switch {
	case len(r.status) > 0:
		l.Report = cmp.Or(statusReport(r.status), w.wordsReport(text))
	case len(r.reading) > 0:
		l.Report = readingReport(r.reading)
	case len(r.feedback) > 0:
		l.Report = abuseReport(r.feedback)
	default:
		l.Report = w.wordsReport(text)
	}
	if l.Report == nil {
		return
	}
	if ids := messageIDs(r.about.Get("Message-ID")); len(ids) > 0 {
		l.Report.Original = ids[0]
	}
	if l.Report.Original == "" {
		l.Report.Original = quotedID(text)
	}
	if l.Report.Original == "" && len(l.Answers) > 0 {
		l.Report.Original = l.Answers[0]
	}
}

// statusReport reads message/delivery-status: groups of fields between empty lines,
// the first about the letter, each other about one recipient.
func statusReport(raw []byte) *Report {
	r := &Report{Kind: Arrival}
	for i, group := range bytes.Split(unixLines(raw), []byte("\n\n")) {
		h := readHeader(append(bytes.TrimLeft(group, "\n"), '\n'))
		if id := clean(h.Get("Original-Envelope-Id")); id != "" && i == 0 {
			r.Envelope = shorten(id, 200)
		}
		to := typed(cmp.Or(h.Get("Final-Recipient"), h.Get("Original-Recipient")))
		action := strings.ToLower(clean(h.Get("Action")))
		if to == "" && action == "" || len(r.Recipients) >= mostAddresses {
			continue
		}
		const long = 500
		o := Outcome{Address: mailbox(strings.Trim(to, "<>")), Action: action, Diagnostic: shorten(typed(h.Get("Diagnostic-Code")), long)}
		o.Status = statusCode.FindString(h.Get("Status"))
		if o.Action == "" {
			o.Action = actionOf(o.Status)
		}
		r.Recipients = append(r.Recipients, o)
	}
	if len(r.Recipients) == 0 {
		return nil
	}
	r.Kind = kindOf(r.Recipients)
	return r
}

func kindOf(all []Outcome) ReportKind {
	switch {
	case slices.ContainsFunc(all, Outcome.Failed):
		return Bounce
	case slices.ContainsFunc(all, func(o Outcome) bool { return o.Action == "delayed" }):
		return Delay
	}
	return Arrival
}

func actionOf(status string) string {
	switch {
	case strings.HasPrefix(status, "2"):
		return "delivered"
	case strings.HasPrefix(status, "4"):
		return "delayed"
	}
	return "failed"
}

// typed is a value without its type: "rfc822; an@example.vn".
func typed(field string) string {
	field = clean(field)
	if _, value, ok := strings.Cut(field, ";"); ok {
		return strings.TrimSpace(value)
	}
	return field
}

func unixLines(raw []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
}

func readingReport(raw []byte) *Report {
	h := readHeader(raw)
	o := Outcome{Address: mailbox(strings.Trim(typed(cmp.Or(h.Get("Final-Recipient"), h.Get("Original-Recipient"))), "<>")), Action: "displayed"}
	_, how, _ := strings.Cut(strings.ToLower(clean(h.Get("Disposition"))), ";")
	if strings.Contains(how, "deleted") {
		o.Action = "deleted"
	}
	r := &Report{Kind: Reading, Recipients: []Outcome{o}}
	if ids := messageIDs(h.Get("Original-Message-ID")); len(ids) > 0 {
		r.Original = ids[0]
	}
	return r
}

func abuseReport(raw []byte) *Report {
	h := readHeader(raw)
	r := &Report{Kind: Abuse}
	if to := mailbox(strings.Trim(clean(h.Get("Original-Rcpt-To")), "<>")); to != "" {
		r.Recipients = []Outcome{{Address: to, Action: "complained"}}
	}
	return r
}

var (
	statusCode  = regexp.MustCompile(`\b[245]\.\d{1,3}\.\d{1,3}\b`)
	replyCode   = regexp.MustCompile(`\b(55[0-4]|45[0-2]|421)[ -]`)
	anyAddress  = regexp.MustCompile(`[A-Za-z0-9._%+=/'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`)
	idInText    = regexp.MustCompile(`(?im)^[ \t>]*Message-ID:[ \t]*\n?[ \t>]*<([^<>\s]+)>`)
	goesOn      = regexp.MustCompile(`(?i)will (?:keep|continue|be) (?:re)?try|still being retried|delayed|warning: (?:message|could not)|no action is required|tiếp tục thử`)
	qmailFails  = "this is a permanent error"
	ownWordings = regexp.MustCompile(`(?i)hi\. this is the qmail-send|wasn'?t delivered to|could(?:n't| not) be delivered|address not found|không tìm thấy địa chỉ|user unknown|mailbox (?:full|unavailable|not found)|no such (?:user|mailbox)|không thể gửi|delivery to the following`)
)

// wordsReport reads a bounce that only people are meant to understand. It must come
// from a server, or with nobody as sender, and say that something failed.
func (w *walk) wordsReport(text string) *Report {
	l := &w.letter
	server := l.Envelope == "<>" || daemons.MatchString(l.From.Address)
	kind, _ := params(l.Header.Get("Content-Type"))
	if kind != "multipart/report" && !(server && (bounceLine.MatchString(l.Subject) || ownWordings.MatchString(text))) {
		return nil
	}
	const readable = 20 << 10
	text = shorten(text, readable)
	if kind == "multipart/report" && !bounceLine.MatchString(l.Subject) && !ownWordings.MatchString(text) && !statusCode.MatchString(text) {
		return nil
	}
	r := &Report{Kind: Bounce, Guessed: true}
	r.Recipients = outcomes(text, l)
	if goesOn.MatchString(text) && !strings.Contains(strings.ToLower(text), qmailFails) {
		r.Kind = Delay
		for i := range r.Recipients {
			r.Recipients[i].Action = "delayed"
		}
	}
	return r
}

// outcomes finds whom the words are about: the addresses of the text that stand
// above the letter that it quotes and are not the server's or our own.
func outcomes(text string, l *Letter) (all []Outcome) {
	if failed := l.Header.Get("X-Failed-Recipients"); failed != "" {
		text = failed + "\n" + text
	}
	if at := idInText.FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	lines := strings.Split(text, "\n")
	const most = 20
	for i, line := range lines {
		for _, found := range anyAddress.FindAllString(line, -1) {
			address := mailbox(found)
			ours := slices.ContainsFunc(append(l.To, l.From), func(a Address) bool { return a.Is(address) })
			if address == "" || ours || daemons.MatchString(address) || len(all) >= most || slices.ContainsFunc(all, func(o Outcome) bool { return strings.EqualFold(o.Address, address) }) {
				continue
			}
			all = append(all, outcomeNear(address, lines[i:]))
		}
	}
	if len(all) == 0 {
		all = []Outcome{outcomeNear("", lines)}
	}
	return all
}

// outcomeNear takes the code and the words that follow an address.
func outcomeNear(address string, lines []string) Outcome {
	o := Outcome{Address: address, Action: "failed"}
	const near, long = 12, 500
	for i, line := range lines[:min(len(lines), near)] {
		if i > 0 && address != "" && o.Status == "" && namesOther(line, address) && !statusCode.MatchString(line) && !replyCode.MatchString(line) {
			break
		}
		if code := statusCode.FindString(line); code != "" {
			o.Status, o.Diagnostic = code, shorten(clean(line), long)
			break
		}
		if o.Diagnostic == "" && replyCode.MatchString(line) {
			o.Diagnostic = shorten(clean(line), long)
		}
	}
	return o
}

// namesOther reports whether a line is about somebody else.
func namesOther(line, address string) bool {
	found := anyAddress.FindString(line)
	return found != "" && !strings.EqualFold(found, address)
}

// quotedID is the Message-ID of a letter that is quoted with its header.
func quotedID(text string) string {
	if m := idInText.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}
