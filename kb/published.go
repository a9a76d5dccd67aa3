package kb

import "iter"

// Entry returns an entry of the last publication.
func (ix *Index) Entry(id EntryID) (Entry, bool) {
	s := ix.current.Load()
	i, ok := s.byID[id]
	if !ok {
		return Entry{}, false
	}
	return s.indexed[i].entry, true
}

// All yields the entries of the last publication in order of their ids. Which
// of them answer now, Entry.Answers tells.
func (ix *Index) All() iter.Seq[Entry] {
	s := ix.current.Load()
	return func(yield func(Entry) bool) {
		for _, x := range s.indexed {
			if !yield(x.entry) {
				return
			}
		}
	}
}
