package inbox

import (
	"context"
	"slices"

	"tongdai/kb"
)

// EntryFile says that an entry was given a file. Versions are kept for ever, and
// so is what lies with them.
type EntryFile struct {
	Entry kb.EntryID `json:"entry"`
	File  kb.File    `json:"file"`
}

// EntryFiles are kept under the file, a slash, and the entry.
const EntryFiles Shelf[EntryFile] = "entry-file"

// keepEntryFiles writes down that files belong to an entry, once for each.
func keepEntryFiles(tx Writer, id kb.EntryID, files []kb.File) error {
	for _, f := range files {
		of, err := entriesWith(tx, f.ID)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(of, func(k Kept[EntryFile]) bool { return k.Value.Entry == id }) {
			continue
		}
		if _, err := EntryFiles.Put(tx, Kept[EntryFile]{ID: entryPart(kb.EntryID(f.ID)).From + string(id), Value: EntryFile{id, f}}); err != nil {
			return err
		}
	}
	return nil
}

func entriesWith(tx Reader, file string) ([]Kept[EntryFile], error) {
	return EntryFiles.List(tx, entryPart(kb.EntryID(file)))
}

// fileOfEntry reports whether any entry was ever given the file.
func fileOfEntry(tx Reader, file string) (bool, error) {
	of, err := entriesWith(tx, file)
	return len(of) > 0, err
}

// EntryFile returns a file of an entry, of any of its versions.
func (h *Hub) EntryFile(ctx context.Context, actor Actor, id kb.EntryID, file string) (f kb.File, err error) {
	if !actor.May(SeeKnowledge) {
		return f, ErrForbidden
	}
	err = h.store.View(ctx, func(tx Reader) error {
		of, err := entriesWith(tx, file)
		if err != nil {
			return err
		}
		for _, k := range of {
			if k.Value.Entry == id {
				f = k.Value.File
				return nil
			}
		}
		return ErrNotFound
	})
	return f, err
}
