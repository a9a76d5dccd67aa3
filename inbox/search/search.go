// Package search keeps the terms of messages in a Bleve index in the data
// folder, so that the hub finds messages by their words where one node stands
// alone with the embedded store.
//
// What a term is, the hub says (inbox.MessageIndex): here are only sets of them.
// Nothing in the index is original. One that is damaged, or of another layout,
// is thrown away when it is opened, and the hub reads everything into it again.
package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/custom"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/keyword"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/mapping"
	index "github.com/blevesearch/bleve_index_api"

	"tongdai/inbox"
)

// Index implements inbox.MessageIndex. It is safe for use by many goroutines.
type Index struct {
	path string

	mu      sync.RWMutex // held for writing while the whole index is replaced
	bleve   bleve.Index
	closed  bool       // bleve is, and there may have been no room for another
	writing sync.Mutex // one Put at a time
}

var _ inbox.MessageIndex = (*Index)(nil)

// layout names the shape of what is on disk. An index of another layout is made anew.
const layout = "2"

// Open opens the index in the folder path, or makes an empty one there; with
// an empty path it lives in memory.
func Open(path string) (*Index, error) {
	b, err := openBleve(path)
	if err != nil {
		return nil, fmt.Errorf("search: open index %q: %w", path, err)
	}
	return &Index{path: path, bleve: b}, nil
}

func openBleve(path string) (bleve.Index, error) {
	if path == "" {
		return newBleve(path)
	}
	b, err := readable(path)
	if err == nil || errors.Is(err, os.ErrPermission) {
		return b, err
	}
	return newBleve(path)
}

var errLayout = errors.New("of another layout")

// readable opens what is in the folder, if it is an index that answers.
func readable(path string) (b bleve.Index, err error) {
	if _, err := os.Stat(filepath.Join(path, "index_meta.json")); err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil { // Bleve reads segments as it finds them
			err = fmt.Errorf("the index is damaged: %v", p)
		}
	}()
	if b, err = bleve.Open(path); err != nil {
		return nil, err
	}
	got, err := b.GetInternal(layoutKey)
	if err == nil && string(got) != layout {
		err = errLayout
	}
	if err == nil {
		_, err = b.DocCount()
	}
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// newBleve makes an empty index where perhaps another was.
func newBleve(path string) (b bleve.Index, err error) {
	defer func() {
		if p := recover(); p != nil { // without room, for one
			err = fmt.Errorf("the index panics while it is made: %v", p)
		}
	}()
	if path != "" {
		if err := os.RemoveAll(path); err != nil {
			return nil, err
		}
	}
	b, err = bleve.NewUsing(path, indexMapping(), scorch.Name, scorch.Name, nil)
	if err != nil {
		return nil, err
	}
	if err := b.SetInternal(layoutKey, []byte(layout)); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

var (
	layoutKey = []byte("layout")
	stateKey  = []byte("state")
)

// Fields of a document.
const (
	fieldTerms        = "terms"
	fieldConversation = "conversation"
	fieldDepartment   = "department"
	fieldAt           = "at"    // see sortable
	fieldStamp        = "stamp" // of the conversation's own document, only stored
)

const termsAnalyzer = "terms" // what stands between spaces, as it stands

// A time is one term, to sort by. As one of Bleve's numbers it would be sixteen,
// for ranges that nobody asks for.
func indexMapping() *mapping.IndexMappingImpl {
	m := bleve.NewIndexMapping()
	err := m.AddCustomAnalyzer(termsAnalyzer, map[string]any{"type": custom.Name, "tokenizer": spacedName})
	if err != nil {
		panic(fmt.Sprintf("search: %v", err)) // a mapping that no test has ever passed
	}
	doc := bleve.NewDocumentStaticMapping()
	doc.AddSubDocumentMapping("_all", bleve.NewDocumentDisabledMapping())
	analyzers := map[string]string{
		fieldTerms: termsAnalyzer, fieldConversation: keyword.Name, fieldDepartment: keyword.Name, fieldAt: keyword.Name,
	}
	for field, analyzer := range analyzers {
		f := bleve.NewTextFieldMapping()
		f.Analyzer = analyzer
		f.Store, f.IncludeInAll, f.IncludeTermVectors, f.SkipFreqNorm = false, false, false, true
		f.DocValues = field == fieldAt
		doc.AddFieldMappingsAt(field, f)
	}
	stamp := bleve.NewTextFieldMapping()
	stamp.Index, stamp.IncludeInAll, stamp.IncludeTermVectors, stamp.DocValues = false, false, false, false
	doc.AddFieldMappingsAt(fieldStamp, stamp)
	m.DefaultMapping = doc
	return m
}

// Shared is false: each node has its own.
func (*Index) Shared() bool { return false }

// Close releases the index. Whatever is asked of it after that fails.
func (ix *Index) Close() error {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	return ix.end()
}

// end closes what is there, once: Bleve panics at a second time.
func (ix *Index) end() (err error) {
	if ix.closed {
		return nil
	}
	ix.closed = true
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("search: the index panics while it is closed: %v", p)
		}
	}()
	return ix.bleve.Close()
}

// Reset throws the index away and begins an empty one.
func (ix *Index) Reset(context.Context) error {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	// One that is damaged may not even close; it is thrown away all the same.
	_ = ix.end()
	fresh, err := newBleve(ix.path)
	if err != nil {
		return fmt.Errorf("search: begin index %q anew: %w", ix.path, err)
	}
	ix.bleve, ix.closed = fresh, false
	return nil
}

// State implements inbox.MessageIndex.
func (ix *Index) State(context.Context) (inbox.IndexState, error) {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	return ix.state()
}

func (ix *Index) state() (s inbox.IndexState, err error) {
	kept, err := ix.bleve.GetInternal(stateKey)
	if err != nil || len(kept) == 0 {
		return s, err
	}
	if err := json.Unmarshal(kept, &s); err != nil {
		return s, fmt.Errorf("search: state of the index: %w", err)
	}
	return s, nil
}

// Stamps implements inbox.MessageIndex.
func (ix *Index) Stamps(_ context.Context, ids []inbox.ConversationID) (map[inbox.ConversationID]string, error) {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	stamps := map[inbox.ConversationID]string{}
	for _, id := range ids {
		stamp, known, err := ix.stamp(id)
		if err != nil {
			return nil, err
		}
		if known {
			stamps[id] = stamp
		}
	}
	return stamps, nil
}

func (ix *Index) stamp(id inbox.ConversationID) (stamp string, known bool, err error) {
	doc, err := ix.bleve.Document(documentID(id, ""))
	if err != nil || doc == nil {
		return "", false, err
	}
	doc.VisitFields(func(f index.Field) {
		if f.Name() == fieldStamp {
			stamp = string(f.Value())
		}
	})
	return stamp, true, nil
}

// A document is named by its conversation and its message. The separator is
// in no id, and the conversation's own document has nothing behind it.
const idSeparator = "\x00"

func documentID(c inbox.ConversationID, m inbox.MessageID) string {
	return string(c) + idSeparator + string(m)
}

func hitOf(documentID string, at time.Time) inbox.IndexHit {
	c, m, _ := strings.Cut(documentID, idSeparator)
	return inbox.IndexHit{Conversation: inbox.ConversationID(c), Message: inbox.MessageID(m), At: at}
}

// Put implements inbox.MessageIndex. It returns once everything is on disk.
func (ix *Index) Put(ctx context.Context, was, now inbox.IndexState, changes []inbox.Indexed) error {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	ix.writing.Lock()
	defer ix.writing.Unlock()
	if current, err := ix.state(); err != nil || current != was {
		return errors.Join(err, fmt.Errorf("search: the index is not where its feeder left it: %w", inbox.ErrStale))
	}
	batch := ix.bleve.NewBatch()
	for _, c := range changes {
		if err := ix.change(ctx, batch, c); err != nil {
			return fmt.Errorf("search: index conversation %s: %w", c.Conversation, err)
		}
	}
	state, err := json.Marshal(now)
	if err != nil {
		return err
	}
	batch.SetInternal(stateKey, state)
	if err := ix.bleve.Batch(batch); err != nil {
		return fmt.Errorf("search: write index: %w", err)
	}
	return nil
}

func (ix *Index) change(ctx context.Context, batch *bleve.Batch, c inbox.Indexed) error {
	if c.Whole {
		if _, known, err := ix.stamp(c.Conversation); err != nil {
			return err
		} else if known {
			if err := ix.forget(ctx, batch, c.Conversation); err != nil {
				return err
			}
		}
	}
	departments := make([]string, len(c.Departments))
	for i, d := range c.Departments {
		departments[i] = string(d)
	}
	for _, d := range c.Documents {
		doc := map[string]any{
			fieldTerms: strings.Join(d.Terms, " "), fieldConversation: string(c.Conversation),
			fieldDepartment: departments, fieldAt: sortable(d.At),
		}
		if d.Message == "" {
			doc[fieldStamp] = c.Stamp
		}
		if err := batch.Index(documentID(c.Conversation, d.Message), doc); err != nil {
			return err
		}
	}
	return nil
}

// forget takes out all documents of a conversation; those that are put after
// it in the same batch stay.
func (ix *Index) forget(ctx context.Context, batch *bleve.Batch, id inbox.ConversationID) error {
	const page = 1000
	for from := 0; ; from += page {
		request := bleve.NewSearchRequestOptions(termQuery(fieldConversation, string(id)), page, from, false)
		request.Score = bleve.ScoreNone
		request.SortBy([]string{"_id"})
		result, err := ix.bleve.SearchInContext(ctx, request)
		if err != nil {
			return err
		}
		for _, doc := range result.Hits {
			batch.Delete(doc.ID)
		}
		if len(result.Hits) < page {
			return nil
		}
	}
}
