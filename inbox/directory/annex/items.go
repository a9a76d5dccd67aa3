package annex

import "tongdai/inbox/directory"

// items are the items of one list while a sheet is read: those of before by id and
// by name, and those that the sheet has.
type items[T any, ID ~string] struct {
	called func(*T) (*ID, string)
	before []T
	byID   map[ID]int
	byName map[string][]int
	taken  map[ID]row
	out    map[ID]*T
	fresh  []ID // new ones, in the order of the sheet
}

func newItems[T any, ID ~string](before []T, called func(*T) (*ID, string)) *items[T, ID] {
	it := &items[T, ID]{called: called, before: before, byID: map[ID]int{}, byName: map[string][]int{}, taken: map[ID]row{}, out: map[ID]*T{}}
	for i := range before {
		id, name := called(&before[i])
		it.byID[*id] = i
		key := directory.NameKey(name)
		it.byName[key] = append(it.byName[key], i)
	}
	return it
}

// take returns the item that a row is about, as it was before, or a new one made of
// fresh. ok is false when the row says of none.
func (it *items[T, ID]) take(r *reader, at row, list string, fresh T) (item *T, ok bool) {
	id := it.id(at)
	if id == "" {
		r.bad(at, "name", "thiếu tên.")
		return nil, false
	}
	if first, twice := it.taken[id]; twice {
		r.bad(at, "id", "mã '%s' đã dùng ở ô %s.", id, first.cell("id"))
		return nil, false
	}
	it.taken[id] = at
	r.place(list, string(id), "", at)
	if i, known := it.byID[id]; known {
		fresh = it.before[i]
	} else {
		it.fresh = append(it.fresh, id)
	}
	own, _ := it.called(&fresh)
	*own = id
	it.out[id] = &fresh
	return &fresh, true
}

// id is the row's, or that of the one item of that name, or one made of the name.
func (it *items[T, ID]) id(at row) ID {
	if id := ID(at.one("id")); id != "" {
		return id
	}
	name := at.one("name")
	if known := it.byName[directory.NameKey(name)]; len(known) == 1 {
		id, _ := it.called(&it.before[known[0]])
		return *id
	}
	return directory.FreeID(name, func(id ID) bool {
		_, known := it.byID[id]
		_, taken := it.taken[id]
		return known || taken
	})
}

// all are the items that the sheet has: those of before in their order, then the new.
func (it *items[T, ID]) all() []T {
	var out []T
	for i := range it.before {
		id, _ := it.called(&it.before[i])
		if item := it.out[*id]; item != nil {
			out = append(out, *item)
		}
	}
	for _, id := range it.fresh {
		out = append(out, *it.out[id])
	}
	return out
}
