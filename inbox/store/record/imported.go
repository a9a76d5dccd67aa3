package record

import (
	"tongdai/inbox"
	"tongdai/kb"
)

// Imports keeps inbox.Import.
var Imports = codec(keepImport, imported.domain)

type imported struct {
	ID          inbox.ImportID    `json:"id"`
	At          stamp             `json:"at,omitempty"`
	By          string            `json:"by,omitempty"`
	Files       []string          `json:"files,omitempty"`
	Departments []kb.DepartmentID `json:"dep,omitempty"`
	New         int               `json:"new,omitempty"`
	Changed     int               `json:"chg,omitempty"`
	Retired     int               `json:"ret,omitempty"`
	Entries     []importedEntry   `json:"ent,omitempty"`
	UndoneAt    stamp             `json:"uat,omitempty"`
	UndoneBy    string            `json:"uby,omitempty"`
}

type importedEntry struct {
	ID      kb.EntryID `json:"id"`
	Version int        `json:"v"`
}

func keepImport(i inbox.Import) imported {
	s := imported{
		ID: i.ID, At: keepTime(i.At), By: i.By, Files: i.Files, Departments: i.Departments,
		New: i.New, Changed: i.Changed, Retired: i.Retired, UndoneAt: keepTime(i.UndoneAt), UndoneBy: i.UndoneBy,
	}
	for _, e := range i.Entries {
		s.Entries = append(s.Entries, importedEntry(e))
	}
	return s
}

func (s imported) domain() inbox.Import {
	i := inbox.Import{
		ID: s.ID, At: s.At.time(), By: s.By, Files: s.Files, Departments: s.Departments,
		New: s.New, Changed: s.Changed, Retired: s.Retired, UndoneAt: s.UndoneAt.time(), UndoneBy: s.UndoneBy,
	}
	for _, e := range s.Entries {
		i.Entries = append(i.Entries, inbox.ImportedEntry(e))
	}
	return i
}
