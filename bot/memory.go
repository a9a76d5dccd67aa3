package bot

import "sync"

// reading is what a text says by itself, whatever the dialogue it stands in.
// Several turns may look at one at the same time: nobody changes it.
type reading struct {
	words  []word
	found  []span // phrases of the book
	report func() (TriageRule, bool)
}

// reading returns what a text says. One message is asked about three times, when
// it comes in and twice in its turn, and reading it is most of the bot's work; so
// the latest readings are kept. It depends on nothing but the text, and whoever
// asks cannot tell whether it was kept.
func (b *Bot) reading(text string) *reading {
	if r, ok := b.memory.get(text); ok {
		return r
	}
	words := b.book.read(text)
	found := b.book.find(words)
	r := &reading{words: words, found: found, report: sync.OnceValues(func() (TriageRule, bool) {
		return b.triage.report(words, found)
	})}
	b.memory.put(text, r)
	return r
}

// memoryBytes of text are kept in each of two generations, a few hundred messages
// as people write them. A reading takes some fifteen times its text.
const memoryBytes = 64 << 10

// entryBytes stand for what a text costs besides its bytes, so that empty ones
// count as well.
const entryBytes = 64

// memory keeps the latest readings by their text, in two generations: when the
// newer is full, the older is forgotten. Its zero value is ready.
type memory struct {
	mu           sync.Mutex
	newer, older map[string]*reading
	bytes        int // of newer
}

func (m *memory) get(text string) (*reading, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r, ok := m.newer[text]; ok {
		return r, true
	}
	r, ok := m.older[text]
	return r, ok
}

// put keeps a reading, unless its text alone would push most others out.
func (m *memory) put(text string, r *reading) {
	size := len(text) + entryBytes
	if size > memoryBytes/2 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.newer == nil || m.bytes+size > memoryBytes {
		m.older, m.newer, m.bytes = m.newer, map[string]*reading{}, 0
	}
	m.newer[text] = r
	m.bytes += size
}
