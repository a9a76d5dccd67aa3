package letter

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
)

var (
	bracketed = regexp.MustCompile(`<([^<>]+)>`)
	bareID    = regexp.MustCompile(`[^\s<>,;"]+@[^\s<>,;"]+`)
	blanks    = regexp.MustCompile(`\s+`)
)

// messageIDs reads the ids of a field. Where brackets are missing, what looks like
// an id is one.
func messageIDs(field string) (ids []string) {
	seen := map[string]bool{}
	add := func(id string) {
		id = blanks.ReplaceAllString(tidy(id), "") // folded in the middle
		if id != "" && len(id) <= mostID && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	found := bracketed.FindAllStringSubmatch(field, -1)
	for _, m := range found {
		add(m[1])
	}
	if len(found) == 0 {
		for _, id := range bareID.FindAllString(field, -1) {
			add(id)
		}
	}
	return ids
}

// threads reads which letters this one belongs to.
func (l *Letter) threads() {
	if ids := messageIDs(l.Header.Get("Message-ID")); len(ids) > 0 {
		l.MessageID = ids[0]
	} else if id := clean(l.Header.Get("Message-ID")); id != "" && len(id) <= mostID && !strings.ContainsAny(id, " <>") {
		l.MessageID = id // without an @: still its name
	}
	references := messageIDs(strings.Join(l.Header.Values("References"), " "))
	l.Root = l.MessageID
	if len(references) > 0 {
		l.Root = references[0]
	}
	slices.Reverse(references)
	l.Answers = nil
	for _, id := range append(messageIDs(l.Header.Get("In-Reply-To")), references...) {
		if id != l.MessageID && !slices.Contains(l.Answers, id) && len(l.Answers) < mostIDs {
			l.Answers = append(l.Answers, id)
		}
	}
}

var dateLayouts = []string{
	"Mon, 2 Jan 2006 15:04:05", "2 Jan 2006 15:04:05", "Mon Jan _2 15:04:05 2006", "Mon Jan _2 15:04:05 MST 2006",
	"2006-01-02 15:04:05 -0700", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05", "02/01/2006 15:04:05",
}

// date reads the sender's clock; zero when it cannot be, or is of another age.
func date(field string) time.Time {
	field = clean(field)
	if len(field) > 200 {
		return time.Time{}
	}
	at, err := mail.ParseDate(field)
	for i := 0; err != nil && i < len(dateLayouts); i++ {
		at, err = time.ParseInLocation(dateLayouts[i], field, vietnam)
	}
	if err != nil || at.Year() < 1980 || at.Year() > 2200 {
		return time.Time{}
	}
	return at
}

// answerWords begin subjects of answers and of letters passed on.
var answerWords = regexp.MustCompile(`(?i)^\s*(?:(?:re|fw|fwd|aw|tr|sv|vs|tl|trả lời|chuyển tiếp|ch?t|gửi lại)(?:\s*\[\d+\]|\s*\(\d+\))?\s*[:：]\s*)+`)

// BareSubject is subject without what programs put before it when they answer or
// pass on: "Re:", "Fwd:", "TL:", "Trả lời:", "Chuyển tiếp:".
func BareSubject(subject string) string {
	return strings.TrimSpace(answerWords.ReplaceAllString(clean(subject), ""))
}
