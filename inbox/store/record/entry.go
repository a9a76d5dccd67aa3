package record

import "tongdai/kb"

// Entries keeps kb.Entry.
var Entries = codec(keepEntry, entry.domain)

type entry struct {
	ID          kb.EntryID      `json:"id"`
	Question    string          `json:"q,omitempty"`
	Variants    []string        `json:"alt,omitempty"`
	Answer      string          `json:"a,omitempty"`
	Category    kb.CategoryID   `json:"cat,omitempty"`
	Department  kb.DepartmentID `json:"dep,omitempty"`
	Source      string          `json:"src,omitempty"`
	Files       []kb.File       `json:"files,omitempty"`
	ValidFrom   stamp           `json:"from,omitempty"`
	ValidUntil  stamp           `json:"until,omitempty"`
	ConfirmedOn stamp           `json:"conf,omitempty"`
	Status      kb.Status       `json:"st,omitempty"`
	Version     int             `json:"v"`
	UpdatedAt   stamp           `json:"at,omitempty"`
	UpdatedBy   string          `json:"by,omitempty"`
}

func keepEntry(e kb.Entry) entry {
	return entry{
		ID: e.ID, Question: e.Question, Variants: e.Variants, Answer: e.Answer, Category: e.Category,
		Department: e.Department, Source: e.Source, Files: e.Files, ValidFrom: keepTime(e.ValidFrom), ValidUntil: keepTime(e.ValidUntil),
		ConfirmedOn: keepTime(e.ConfirmedOn), Status: e.Status, Version: e.Version,
		UpdatedAt: keepTime(e.UpdatedAt), UpdatedBy: e.UpdatedBy,
	}
}

func (s entry) domain() kb.Entry {
	return kb.Entry{
		ID: s.ID, Question: s.Question, Variants: s.Variants, Answer: s.Answer, Category: s.Category,
		Department: s.Department, Source: s.Source, Files: s.Files, ValidFrom: s.ValidFrom.time(), ValidUntil: s.ValidUntil.time(),
		ConfirmedOn: s.ConfirmedOn.time(), Status: s.Status, Version: s.Version,
		UpdatedAt: s.UpdatedAt.time(), UpdatedBy: s.UpdatedBy,
	}
}
