package postgres

import (
	"slices"

	lru "github.com/hashicorp/golang-lru/v2"

	"tongdai/inbox"
)

// cacheSize is how many conversations a node remembers, at about a kilobyte each.
const cacheSize = 4096

// cache remembers conversations as this node saw them committed last, so that
// a function which goes on with one need not read it again. What is taken from
// it is a guess like every read of an Update, and is checked before the commit;
// a function that guessed wrong runs again and reads.
type cache struct {
	rows *lru.Cache[string, remembered]           // by id
	live *lru.Cache[string, inbox.ConversationID] // who stands alone in a list
}

type remembered struct {
	was   revision
	value []byte
}

func newCache() (cache, error) {
	rows, err := lru.New[string, remembered](cacheSize)
	if err != nil {
		return cache{}, err
	}
	live, err := lru.New[string, inbox.ConversationID](cacheSize)
	return cache{rows, live}, err
}

// committed notes what a transaction of that revision wrote.
func (c cache) committed(wants []*wanted, by revision) {
	for _, w := range wants {
		for _, r := range w.dirty {
			switch {
			case r.table != conversations:
			case r.value == nil:
				c.rows.Remove(r.id)
			default:
				c.rows.Add(r.id, remembered{by, r.value})
			}
		}
		for id, m := range w.matters {
			if m.moved {
				c.moved(id, m)
			}
		}
	}
}

func (c cache) moved(id inbox.ConversationID, m *matter) {
	for _, p := range m.stood {
		if p.Alone && !slices.Contains(m.stands, p) {
			c.live.Remove(string(listKey(p.List)))
		}
	}
	for _, p := range m.stands {
		if p.Alone {
			c.live.Add(string(listKey(p.List)), id)
		}
	}
}

// clear forgets everything.
func (c cache) clear() {
	c.rows.Purge()
	c.live.Purge()
}

// forget drops what turned out to be old.
func (c cache) forget(w *wanted) {
	for _, r := range w.guessed {
		c.rows.Remove(r.id)
	}
}

// old drops what a function writes step by step.
func (c cache) old(w *wanted) {
	for _, r := range w.dirty {
		if r.table == conversations {
			c.rows.Remove(r.id)
		}
	}
}

// recall gives a function a conversation from the cache, as if it had read it.
func (t *tx) recall(id inbox.ConversationID) *row {
	if t.wanted == nil || t.careful || t.direct != nil {
		return nil
	}
	known, found := t.store.cache.rows.Get(string(id))
	if !found {
		return nil
	}
	r := t.keep(&row{rowID: rowID{conversations, string(id)}, was: known.was, checked: true, value: known.value})
	t.guessed = append(t.guessed, r)
	t.granted, t.used = true, true
	return r
}

// recallAlone is the conversation that stands alone in a list. Whether it still
// does is checked with its row, which tells in which lists it stands.
func (t *tx) recallAlone(q inbox.ListQuery) (c inbox.Conversation, found bool, err error) {
	if t.wanted == nil || t.careful || t.direct != nil || len(q.Lists) != 1 || q.After != "" {
		return c, false, nil
	}
	id, known := t.store.cache.live.Get(string(listKey(q.Lists[0])))
	if !known || !t.knows(conversations, string(id)) && !t.store.cache.rows.Contains(string(id)) {
		return c, false, nil
	}
	if c, found, err = t.conversation(id); err != nil || !found {
		return c, false, err
	}
	alone := slices.ContainsFunc(inbox.Placements(c), func(p inbox.Placement) bool { return p.Alone && p.List == q.Lists[0] })
	return c, alone, nil
}
