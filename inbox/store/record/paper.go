package record

import (
	"strings"

	"tongdai/inbox"
)

// Papers keeps inbox.Paper.
var Papers = codec(keepPaper, paper.domain)

type paper struct {
	Shelf   string `json:"shelf"`
	ID      string `json:"id"`
	Version uint64 `json:"v"`
	Body    string `json:"body,omitempty"`
}

func keepPaper(d inbox.Paper) paper {
	return paper{Shelf: d.Shelf, ID: d.ID, Version: d.Version, Body: string(d.Body)}
}

func (s paper) domain() inbox.Paper {
	return inbox.Paper{Shelf: s.Shelf, ID: s.ID, Version: s.Version, Body: []byte(s.Body)}
}

// shelfEnds stands between the name of a shelf, which holds no such byte, and an id.
const shelfEnds = "\x00"

// PaperKey is the key of a paper. Those of one shelf stand together, in
// the order of their ids.
func PaperKey(shelf, id string) string { return shelf + shelfEnds + id }

// PaperSpan is where the keys of those lie that q asks for: from the first,
// before the second.
func PaperSpan(shelf string, q inbox.PaperQuery) (from, until string) {
	from, until = PaperKey(shelf, q.From), PaperKey(shelf, q.Until)
	if q.Until == "" {
		until = shelf + "\x01"
	}
	return from, until
}

// NamedPaper reports whether a paper has what its key is made of.
func NamedPaper(shelf, id string) bool {
	return shelf != "" && id != "" && !strings.ContainsAny(shelf, "\x00\x01")
}
