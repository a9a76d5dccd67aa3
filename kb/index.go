// Package kb is the knowledge base: the questions and answers that departments own,
// their import and export as .xlsx, and the search that finds the entry for a
// citizen's question.
//
// Entries live in a [Store] that the hub provides. An [Index] holds the published
// ones for searching, in memory and, so that a start needs no other, in a Bleve index
// on disk; it can be lost and made again, and [Sync] keeps it up with the store.
// Searches never wait for a publication: each reads one immutable snapshot, and a
// publication puts the next one in its place.
//
// A search reads the message with package vi, compares it with every wording of
// every candidate entry, and says with each hit how probable it is that the hit
// answers the question. It does not decide what to do with that: the bot does.
// docs/understanding.md tells the steps and their measured worth.
package kb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/mapping"

	"tongdai/kb/vi/vibleve"
)

// Index finds published entries. It is safe for use by many goroutines.
type Index struct {
	// Now is the clock that validity dates are held against; set it before the
	// first search. OpenIndex makes it time.Now.
	Now func() time.Time

	path    string // of what is on disk; empty: nothing is
	bleve   bleve.Index
	closed  bool       // bleve is, and another could not be put in its place
	writing sync.Mutex // one publication at a time, or what closes the index
	current atomic.Pointer[snapshot]
}

var _ Searcher = (*Index)(nil)

// layout names the shape of what is on disk. An index of another layout is made anew.
const layout = "2"

// batchSize of documents go to Bleve at a time.
const batchSize = 1000

// OpenIndex opens the index in the folder path, or makes an empty one; with an empty
// path it lives in memory. Nothing in it is original: an index that cannot be read
// or was left by another version is thrown away and begun anew, at revision 0, for
// Sync to fill.
func OpenIndex(path string) (*Index, error) {
	b, err := openBleve(path)
	if err != nil {
		return nil, fmt.Errorf("kb: open index %q: %w", path, err)
	}
	ix := &Index{Now: time.Now, path: path, bleve: b}
	entries, revision, err := ix.load()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("kb: load index %q: %w", path, err), b.Close())
	}
	ix.current.Store(newSnapshot(entries, nil, revision))
	return ix, nil
}

func openBleve(path string) (bleve.Index, error) {
	if path == "" {
		return bleve.NewUsing("", indexMapping(), scorch.Name, scorch.Name, nil)
	}
	if _, err := os.Stat(filepath.Join(path, "index_meta.json")); err == nil {
		b, err := bleve.Open(path)
		if err == nil {
			if got, err := b.GetInternal(layoutKey); err == nil && string(got) == layout {
				return b, nil
			}
			err = b.Close()
		}
		if errors.Is(err, os.ErrPermission) {
			return nil, err
		}
		if err := os.RemoveAll(path); err != nil {
			return nil, err
		}
	}
	b, err := bleve.NewUsing(path, indexMapping(), scorch.Name, scorch.Name, nil)
	if err != nil {
		return nil, err
	}
	if err := b.SetInternal(layoutKey, []byte(layout)); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

var (
	layoutKey   = []byte("layout")
	revisionKey = []byte("revision")
)

// Fields of a document, one for each entry. Searches read the snapshot; the text is
// there for whoever opens the index with Bleve's own tools.
const (
	fieldText  = "text"  // question, other wordings and answer
	fieldEntry = "entry" // the whole entry, only stored
)

func indexMapping() *mapping.IndexMappingImpl {
	m := bleve.NewIndexMapping()
	m.ScoringModel = "bm25"
	m.DefaultAnalyzer = vibleve.Analyzer
	doc := bleve.NewDocumentStaticMapping()
	text := bleve.NewTextFieldMapping()
	text.Analyzer = vibleve.Analyzer
	text.Store, text.IncludeInAll, text.IncludeTermVectors, text.DocValues = false, false, false, false
	doc.AddFieldMappingsAt(fieldText, text)
	stored := bleve.NewTextFieldMapping()
	stored.Index, stored.IncludeInAll, stored.IncludeTermVectors, stored.DocValues = false, false, false, false
	doc.AddFieldMappingsAt(fieldEntry, stored)
	m.DefaultMapping = doc
	return m
}

// load reads back what an index on disk holds.
func (ix *Index) load() ([]Entry, uint64, error) {
	revision, err := ix.bleve.GetInternal(revisionKey)
	if err != nil {
		return nil, 0, err
	}
	n, err := ix.bleve.DocCount()
	if err != nil || n == 0 {
		return nil, parseRevision(revision), err
	}
	request := bleve.NewSearchRequestOptions(bleve.NewMatchAllQuery(), int(n), 0, false)
	request.Fields = []string{fieldEntry}
	result, err := ix.bleve.Search(request)
	if err != nil {
		return nil, 0, err
	}
	var entries []Entry
	for _, doc := range result.Hits {
		stored, ok := doc.Fields[fieldEntry].(string)
		if !ok {
			continue
		}
		var e Entry
		if err := json.Unmarshal([]byte(stored), &e); err != nil {
			return nil, 0, fmt.Errorf("entry %s: %w", doc.ID, err)
		}
		entries = append(entries, e)
	}
	return entries, parseRevision(revision), nil
}

// parseRevision takes a missing or broken revision for 0: everything is read again.
func parseRevision(b []byte) uint64 {
	n, err := strconv.ParseUint(string(b), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Replace makes the index hold exactly the published ones of entries.
func (ix *Index) Replace(entries []Entry) error {
	ix.writing.Lock()
	defer ix.writing.Unlock()
	next := map[EntryID]Entry{}
	for _, e := range entries {
		next[e.ID] = e
	}
	var gone []EntryID
	for _, x := range ix.current.Load().indexed {
		if _, ok := next[x.entry.ID]; !ok {
			gone = append(gone, x.entry.ID)
		}
	}
	return ix.publish(slices.Collect(maps.Values(next)), gone, ix.Revision())
}

// Put adds or changes entries; those not published leave the index.
func (ix *Index) Put(entries ...Entry) error {
	ix.writing.Lock()
	defer ix.writing.Unlock()
	return ix.publish(entries, nil, ix.Revision())
}

// Remove takes entries out. Unknown ids are no error.
func (ix *Index) Remove(ids ...EntryID) error {
	ix.writing.Lock()
	defer ix.writing.Unlock()
	return ix.publish(nil, ids, ix.Revision())
}

// publish writes the changes to Bleve, then shows them to searches at once.
func (ix *Index) publish(put []Entry, gone []EntryID, revision uint64) error {
	last := ix.current.Load()
	next := make(map[EntryID]Entry, len(last.indexed)+len(put))
	for _, x := range last.indexed {
		next[x.entry.ID] = x.entry
	}
	w := batchWriter{index: ix.bleve, batch: ix.bleve.NewBatch()}
	// Until the last batch is on disk the revision says that nothing is certain.
	w.batch.SetInternal(revisionKey, []byte("0"))
	remove := func(id EntryID) {
		delete(next, id)
		w.batch.Delete(string(id))
	}
	for _, id := range gone {
		remove(id)
	}
	for _, e := range put {
		remove(e.ID)
		if e.Status != Published {
			continue
		}
		next[e.ID] = e
		if err := w.add(e); err != nil {
			return fmt.Errorf("kb: index entry %s: %w", e.ID, err)
		}
	}
	w.batch.SetInternal(revisionKey, strconv.AppendUint(nil, revision, 10))
	if err := w.flush(); err != nil {
		return fmt.Errorf("kb: write index: %w", err)
	}
	ix.current.Store(newSnapshot(slices.Collect(maps.Values(next)), last, revision))
	return nil
}

type batchWriter struct {
	index bleve.Index
	batch *bleve.Batch
}

// flush writes what was gathered. A batch is not used again: Bleve may still be
// reading it when it is written.
func (w *batchWriter) flush() error {
	err := w.index.Batch(w.batch)
	w.batch = w.index.NewBatch()
	return err
}

func (w *batchWriter) add(e Entry) error {
	stored, err := json.Marshal(e)
	if err != nil {
		return err
	}
	texts := append([]string{e.Question, e.Answer}, e.Variants...)
	if err := w.batch.Index(string(e.ID), map[string]any{fieldText: texts, fieldEntry: string(stored)}); err != nil {
		return err
	}
	if w.batch.Size() >= batchSize {
		return w.flush()
	}
	return nil
}

// Revision is the store's KnowledgeRevision that the index has come up to; 0 when
// it was never synchronised.
func (ix *Index) Revision() uint64 { return ix.current.Load().revision }

// Len is the number of entries in the index.
func (ix *Index) Len() int { return len(ix.current.Load().indexed) }

// Close releases the index. Searches after it may fail.
func (ix *Index) Close() error {
	ix.writing.Lock()
	defer ix.writing.Unlock()
	return ix.end()
}

// end closes what is on disk, once: Bleve panics at a second time.
func (ix *Index) end() error {
	if ix.closed {
		return nil
	}
	ix.closed = true
	return ix.bleve.Close()
}

// syncPage of entries are read from the store at a time.
const syncPage = 500

// Sync brings ix up to the store's revision. When nothing changed it costs one
// read of the revision.
func Sync(ctx context.Context, store Store, ix *Index) error {
	ix.writing.Lock()
	defer ix.writing.Unlock()
	var (
		put      []Entry
		gone     []EntryID
		revision uint64
	)
	err := store.ViewEntries(ctx, func(tx Reader) (err error) {
		put, gone = nil, nil
		if revision, err = tx.KnowledgeRevision(); err != nil || revision == ix.Revision() {
			return err
		}
		put, gone, err = changes(ctx, tx, ix.current.Load())
		return err
	})
	if err != nil {
		return fmt.Errorf("kb: synchronise index: %w", err)
	}
	if revision == ix.Revision() {
		return nil
	}
	return ix.publish(put, gone, revision)
}

// changes compares the store with a snapshot by id and version.
func changes(ctx context.Context, tx Reader, last *snapshot) (put []Entry, gone []EntryID, _ error) {
	there := make(map[EntryID]bool, len(last.indexed))
	for after := EntryID(""); ; {
		page, err := tx.Entries(after, syncPage)
		if err != nil {
			return nil, nil, err
		}
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			at, known := last.byID[e.ID]
			there[e.ID] = true
			switch {
			case known && last.indexed[at].entry.Version == e.Version:
			case known || e.Status == Published:
				put = append(put, e)
			}
		}
		after = page[len(page)-1].ID
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
	}
	for _, x := range last.indexed {
		if !there[x.entry.ID] {
			gone = append(gone, x.entry.ID)
		}
	}
	return put, gone, nil
}
