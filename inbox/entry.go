package inbox

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"tongdai/kb"
	"tongdai/kb/sheet"
)

// The life of an entry. What stands is in the knowledge base, and only what is
// published there answers citizens. What somebody would like to stand next is a
// draft: it lies on a shelf beside the entry, of which there is at most one for
// each, so the published answer goes on being given while the next one is
// written and reviewed. A publication puts the draft into the knowledge base
// as the next version; earlier ones are kept and can be compared and restored.

// EntryRules are what an installation says of the life of entries.
type EntryRules struct {
	// ConfirmEvery is how long an answer may stand unconfirmed; 30 days.
	ConfirmEvery time.Duration
	// PublishAlone lets an administrator publish what he wrote himself.
	PublishAlone bool
}

// EntryText is what a member writes of an entry.
type EntryText struct {
	Question   string          `json:"q"`
	Variants   []string        `json:"alt,omitempty"`
	Answer     string          `json:"a,omitempty"`
	Category   kb.CategoryID   `json:"cat,omitempty"`
	Department kb.DepartmentID `json:"dep"`
	Source     string          `json:"src,omitempty"`
	ValidFrom  time.Time       `json:"from,omitzero"`
	ValidUntil time.Time       `json:"until,omitzero"`
	Files      []kb.File       `json:"files,omitempty"`
}

// EntryDraft is an entry as it would be next.
type EntryDraft struct {
	EntryText
	Base       int        `json:"base,omitempty"` // the version it was written over; 0: there was none
	Stage      kb.Status  `json:"stage"`          // Draft or Review
	Authors    []MemberID `json:"authors"`        // who wrote in it or sent it to review: none of them reviews it
	ChangedAt  time.Time  `json:"at"`
	ChangedBy  MemberID   `json:"by"`
	SentAt     time.Time  `json:"sent,omitzero"`  // to review, while it is there
	Returned   string     `json:"back,omitempty"` // why it was sent back, until it is sent again
	ReturnedBy MemberID   `json:"backby,omitempty"`
}

// EntryDrafts are kept under the id of the entry.
const EntryDrafts Shelf[EntryDraft] = "entry-draft"

// EntryEvent is something that was done to an entry, or said of it.
type EntryEvent struct {
	Action  Action     `json:"act"`
	At      time.Time  `json:"at"`
	By      MemberID   `json:"by,omitempty"`
	Note    string     `json:"note,omitempty"`
	Version int        `json:"v,omitempty"`       // that it made
	Authors []MemberID `json:"authors,omitempty"` // of what was published
	Worse   int        `json:"worse,omitempty"`   // saved questions that it answers worse than what stood
}

// EntryEvents are kept under the entry, a slash, and an id that grows with time.
const EntryEvents Shelf[EntryEvent] = "entry-life"

// EntryShare says who besides its owner works on an entry.
type EntryShare struct {
	Departments []kb.DepartmentID `json:"deps"`
}

// EntryShares are kept under the id of the entry.
const EntryShares Shelf[EntryShare] = "entry-share"

// Limits of what is written.
const (
	entryFilesAllowed = 10
	entryNoteLimit    = 2000 // characters
	entryEventsShown  = 200
	// EntryVersionsShown is how many of the last versions can be compared.
	EntryVersionsShown = 30
)

// entryPart is the part of a shelf that is an entry's. Ids come from files and may
// hold a slash.
func entryPart(id kb.EntryID) PaperQuery {
	key := url.PathEscape(string(id))
	return PaperQuery{From: key + "/", Until: key + "0"} // "0" follows "/"
}

// mayAbout reports whether a may do op with what belongs to owner, and to which
// others contribute.
func (a Actor) mayAbout(op Operation, owner kb.DepartmentID, others []kb.DepartmentID) bool {
	return a.MayFor(op, owner) || a.reach(op) == contributing && slices.ContainsFunc(others, a.of)
}

// textOf is what of an entry is written by people.
func textOf(e kb.Entry) EntryText {
	return EntryText{
		Question: e.Question, Variants: e.Variants, Answer: e.Answer, Category: e.Category, Department: e.Department,
		Source: e.Source, ValidFrom: e.ValidFrom, ValidUntil: e.ValidUntil, Files: e.Files,
	}
}

// over is e with the text.
func (t EntryText) over(e kb.Entry) kb.Entry {
	e.Question, e.Variants, e.Answer, e.Category, e.Department = t.Question, t.Variants, t.Answer, t.Category, t.Department
	e.Source, e.ValidFrom, e.ValidUntil, e.Files = t.Source, t.ValidFrom, t.ValidUntil, t.Files
	return e
}

func (t EntryText) tidied() EntryText {
	tidy := func(s string) string { return strings.TrimSpace(norm.NFC.String(s)) }
	t.Question, t.Answer, t.Source = strings.Join(strings.Fields(tidy(t.Question)), " "), tidy(t.Answer), tidy(t.Source)
	var variants []string
	for _, v := range t.Variants {
		if v = strings.Join(strings.Fields(tidy(v)), " "); v != "" && v != t.Question && !slices.Contains(variants, v) {
			variants = append(variants, v)
		}
	}
	t.Variants = variants
	return t
}

// checkEntry says what of a text cannot be kept and, where whole is asked for, what
// it lacks to be given to citizens.
func (h *Hub) checkEntry(t EntryText, whole bool) error {
	var p Invalid
	wrong := func(field, format string, args ...any) {
		p = append(p, Problem{field, fmt.Sprintf(format, args...)})
	}
	if n := utf8.RuneCountInString(t.Question); n == 0 {
		wrong("question", "Hãy nhập câu hỏi.")
	} else if n > sheet.MaxQuestion {
		wrong("question", "Câu hỏi dài quá %d ký tự; hãy rút ngắn.", sheet.MaxQuestion)
	}
	if n := utf8.RuneCountInString(t.Answer); n == 0 && whole {
		wrong("answer", "Hãy nhập câu trả lời trước khi gửi duyệt.")
	} else if n > sheet.MaxAnswer {
		wrong("answer", "Câu trả lời dài quá %d ký tự; hãy rút ngắn.", sheet.MaxAnswer)
	}
	if len(t.Variants) > sheet.MaxVariants {
		wrong("variants", "Nhiều nhất %d cách hỏi khác.", sheet.MaxVariants)
	}
	for _, v := range t.Variants {
		if utf8.RuneCountInString(v) > sheet.MaxQuestion {
			wrong("variants", "Có cách hỏi dài quá %d ký tự; hãy rút ngắn.", sheet.MaxQuestion)
			break
		}
	}
	for _, text := range append([]string{t.Question, t.Answer, t.Source}, t.Variants...) {
		if !utf8.ValidString(text) {
			wrong("answer", "Nội dung có ký tự hỏng; hãy soạn lại.")
			break
		}
	}
	if h.directory.DepartmentName(t.Department) == "" {
		wrong("department", "Hãy chọn đơn vị phụ trách.")
	}
	if t.Category != "" && h.directory.CategoryName(t.Category) == "" {
		wrong("category", "Không có lĩnh vực này trong danh mục.")
	}
	if !t.ValidFrom.IsZero() && !t.ValidUntil.IsZero() && t.ValidUntil.Before(t.ValidFrom) {
		wrong("valid_until", "Ngày hết hiệu lực trước ngày bắt đầu; hãy sửa một trong hai.")
	}
	if len(t.Files) > entryFilesAllowed {
		wrong("files", "Kèm nhiều nhất %d tệp.", entryFilesAllowed)
	}
	if len(p) > 0 {
		return p
	}
	return nil
}

// entryDay is the present day in Vietnam, as dates of entries are kept.
func entryDay(now time.Time) time.Time {
	y, m, d := now.In(sheet.Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, sheet.Zone)
}

func forbidden(format string, args ...any) error {
	return &Refusal{Kind: ErrForbidden, Message: fmt.Sprintf(format, args...)}
}
