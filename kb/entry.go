package kb

import (
	"context"
	"errors"
	"time"
)

// EntryID names an Entry for ever: it is chosen in the Excel file ("D101") or
// given by the hub, and never used again for another question.
type EntryID string

// DepartmentID and CategoryID are opaque here: the directory knows them.
type (
	DepartmentID string
	CategoryID   string
)

// Status is where an Entry stands in its life.
type Status string

// The life of an Entry. Only Published ones answer citizens.
const (
	Draft     Status = "draft"
	Review    Status = "review"
	Published Status = "published"
	Retired   Status = "retired"
)

// Entry is one question with its other wordings and its answer.
type Entry struct {
	ID          EntryID
	Question    string
	Variants    []string // other wordings of the question, each searched as a unit of its own
	Answer      string
	Category    CategoryID
	Department  DepartmentID
	Source      string    // the document the answer rests on; may be empty
	Files       []File    // documents kept with the entry: decisions, forms, notices
	ValidFrom   time.Time // zero: always
	ValidUntil  time.Time // zero: for ever; the entry answers up to the end of this day
	ConfirmedOn time.Time // when the department last confirmed the answer; zero: never
	Status      Status
	Version     int // 1 for the first; the store refuses a write that does not follow the last
	UpdatedAt   time.Time
	UpdatedBy   string // member, or "import" on the command line
}

// File is a document that is kept with an entry. Its bytes lie where the hub keeps
// files, under ID.
type File struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type,omitempty"` // media type, from the content of the file
	Size int64  `json:"size,omitempty"` // bytes
}

// Answers reports whether e may be given to a citizen at the time now.
func (e Entry) Answers(now time.Time) bool {
	if e.Status != Published {
		return false
	}
	if !e.ValidFrom.IsZero() && now.Before(e.ValidFrom) {
		return false
	}
	return e.ValidUntil.IsZero() || now.Before(e.ValidUntil.AddDate(0, 0, 1))
}

// Errors of the entries' store.
var (
	ErrNotFound = errors.New("kb: no such entry")
	// ErrConflict: somebody changed the entry since it was read.
	ErrConflict = errors.New("kb: entry was changed by somebody else")
)

// Reader reads entries as of one moment.
type Reader interface {
	Entry(id EntryID) (Entry, error) // ErrNotFound
	// Entries yields every entry whose ID is greater than after, in order of ID, at most limit.
	Entries(after EntryID, limit int) ([]Entry, error)
	// KnowledgeRevision grows with every change of any entry.
	KnowledgeRevision() (uint64, error)
}

// Writer changes entries within one transaction.
type Writer interface {
	Reader
	// PutEntry writes the next version of an entry: e.Version must be one more
	// than the stored version (1 for a new entry), else ErrConflict. Earlier
	// versions are kept.
	PutEntry(e Entry) error
}

// Store keeps entries. It is implemented beside the hub's own store, over the
// same database, so that a publication and its event are one transaction.
// The functions may run more than once: they touch nothing but tx.
type Store interface {
	ViewEntries(ctx context.Context, fn func(tx Reader) error) error
	UpdateEntries(ctx context.Context, fn func(tx Writer) error) error
}
