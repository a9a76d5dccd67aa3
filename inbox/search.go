package inbox

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"tongdai/kb"
)

// MessageIndex finds messages by the terms in them. It lies beside the store
// and holds nothing original: it is fed by the event log (searchfeed.go) and may
// be lost at any time. What a term is, the hub alone knows (searchwords.go), so
// that all implementations find the same; they pass inbox/search/searchtest.
type MessageIndex interface {
	// State is how far the index has come; the zero value when it holds nothing.
	State(ctx context.Context) (IndexState, error)
	// Reset empties the index and makes its State the zero value. It also mends
	// one that is damaged.
	Reset(ctx context.Context) error
	// Stamps returns the Stamp that each of the conversations was last put with;
	// those it does not hold are left out.
	Stamps(ctx context.Context, ids []ConversationID) (map[ConversationID]string, error)
	// Put writes changes and the new state as one. ErrStale when the state was
	// not was: somebody else feeds the index, and nothing was written.
	Put(ctx context.Context, was, now IndexState, changes []Indexed) error
	// Newest returns the newest documents that q describes, newest first.
	Newest(ctx context.Context, q IndexQuery) ([]IndexHit, error)
	// Shared tells that several nodes search this one index; one of them feeds it.
	Shared() bool
	Close() error
}

// IndexState is how far an index has come.
type IndexState struct {
	Seq      Seq    // of the last event whose changes it holds
	Complete bool   // it holds what was there before those events as well
	Rest     Cursor // otherwise: conversations after this place of AllList are still to be read
}

// Indexed is what an index is told of one conversation.
type Indexed struct {
	Conversation ConversationID
	// Departments are those whose staff find the documents of the conversation:
	// the one in charge, and those that were asked to contribute.
	Departments []kb.DepartmentID
	// Stamp changes when something changes that all its documents share.
	Stamp string
	// Whole: what the index has of the conversation and is not among Documents,
	// goes. Otherwise Documents are added or replaced, the others stay, and
	// Departments and Stamp are those it has.
	Whole     bool
	Documents []Document
}

// Document is what is found: a message, or, where Message is empty, the
// conversation itself by its code and by who wrote.
type Document struct {
	Message MessageID
	At      time.Time // to the millisecond
	// Terms are each given once, without white space, at most 200 bytes long.
	// Those that begin with a letter or a digit are words, of which there are
	// few different ones; some other character tells the rest apart.
	Terms []string
}

// IndexQuery asks for documents that hold, of every group of terms, at least one.
type IndexQuery struct {
	// Everywhere, or else only in conversations of Departments.
	Everywhere  bool
	Departments []kb.DepartmentID
	Groups      [][]Term
	Limit       int
}

// Term is looked for as it stands, or as what others begin with.
type Term struct {
	Text   string
	Prefix bool
}

// IndexHit is a document that was found.
type IndexHit struct {
	Conversation ConversationID
	Message      MessageID // see Document
	At           time.Time
}

// MessageSearch is what a member looks for.
type MessageSearch struct {
	// Text is words of a message, with or without their marks; "words in quotes"
	// follow each other; the last word may be unfinished. Or a code, a name, a
	// phone number.
	Text  string
	After int // so many conversations were shown already: Next of the last page
	Limit int
}

// SearchPage is what was found: the best first.
type SearchPage struct {
	Found []FoundConversation
	Next  int // After of the next page; 0: there is none
	// Partial: older messages are still being read into the index.
	Partial bool
	// Incidents are those whose title has the words; with the first page.
	Incidents []Kept[Incident]
}

// FoundConversation is a conversation with the message that fits best. Message
// is nil where the conversation was found by its code, name or phone number.
type FoundConversation struct {
	Conversation Conversation
	Message      *Message
	Snippet      []SnippetPart
}

// Bounds of one search. Of very many matches the newest are weighed.
const (
	searchLength = 200 // characters of what is looked for
	searchDepth  = 400 // documents that are weighed for each way of matching
	searchPage   = 50
)

// SearchMessages finds conversations by what was said in them. The index
// leaves out what actor may not see, by the department it knows; what is shown is
// held against the store once more. What is shown is on record, without the
// words looked for.
func (h *Hub) SearchMessages(ctx context.Context, actor Actor, s MessageSearch) (SearchPage, error) {
	if !actor.May(SeeConversation) {
		return SearchPage{}, ErrForbidden
	}
	if h.index == nil {
		return SearchPage{}, &Refusal{Kind: ErrUnavailable, Message: "Hệ thống này chưa bật tìm kiếm tin nhắn."}
	}
	q, err := readSearch(s.Text)
	if err != nil {
		return SearchPage{}, err
	}
	best, err := h.weigh(ctx, actor.searchScope(), q)
	if err != nil {
		return SearchPage{}, err
	}
	page, err := h.foundPage(ctx, actor, q, best, s)
	if err != nil {
		return SearchPage{}, err
	}
	if s.After <= 0 {
		if page.Incidents, err = h.incidentsTitled(ctx, actor, q); err != nil {
			return SearchPage{}, err
		}
	}
	state, err := h.index.State(ctx)
	page.Partial = !state.Complete
	if err != nil || len(page.Found) == 0 {
		return page, err
	}
	return page, h.recordSearch(ctx, actor, page.Found)
}

// searchScope is a query for everything that a may see: with no words yet.
func (a Actor) searchScope() IndexQuery {
	q := IndexQuery{Everywhere: a.MayEverywhere(SeeConversation), Limit: searchDepth}
	for _, d := range a.Member.Departments {
		if !q.Everywhere && d != "" { // what is no department's is the house's
			q.Departments = append(q.Departments, d)
		}
	}
	return q
}

// readSearch understands what was typed.
func readSearch(text string) (searchQuery, error) {
	if utf8.RuneCountInString(text) > searchLength {
		return searchQuery{}, Invalid{{Field: "q", Message: "Nội dung cần tìm quá dài; hãy chọn vài từ chính."}}
	}
	q := parseSearch(strings.ToValidUTF8(text, " "))
	if len(q.words) == 0 {
		return q, Invalid{{Field: "q", Message: "Hãy nhập từ, mã phiếu hoặc số điện thoại cần tìm."}}
	}
	return q, nil
}

// way is how a document fits. What fits in a narrower way fits in the wider
// ones it implies, so of the newest of each it is known in which others they fit.
type way int

const (
	folded   way = 1 << iota // every word, whatever its marks
	agreeing                 // every word, with the marks typed or with none
	asTyped                  // every word, with the marks typed
	near                     // agreeing, and the words follow each other
	byPhone                  // the phone number
)

// weight of a way of matching, in doublings of age: the words side by side after
// two months stand where the same words, scattered, stand after a day.
func (w way) weight(marked bool) float64 {
	points := 0.0
	if marked && w&(agreeing|byPhone) == 0 {
		points -= 6 // "bán" for "bàn" is another word
	}
	if w&asTyped != 0 {
		points += 2
	}
	if w&near != 0 {
		points += 6
	}
	if w&byPhone != 0 {
		points += 8
	}
	return points
}

// candidate is a conversation that was found, with its best document.
type candidate struct {
	IndexHit
	score float64
}

// weigh asks the index for every way of matching and orders the conversations
// by how well their best document matches and how young it is.
func (h *Hub) weigh(ctx context.Context, scope IndexQuery, q searchQuery) ([]candidate, error) {
	type document struct {
		conversation ConversationID
		message      MessageID
	}
	asked := q.ways()
	found := make([][]IndexHit, len(asked))
	g, asking := errgroup.WithContext(ctx)
	for i, a := range asked {
		g.Go(func() (err error) {
			found[i], err = h.newestOf(asking, scope, a.groups)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	fits, at := map[document]way{}, map[document]time.Time{}
	for i, hits := range found {
		for _, hit := range hits {
			d := document{hit.Conversation, hit.Message}
			fits[d] |= asked[i].way | asked[i].implied
			at[d] = hit.At
		}
	}
	now, best := h.store.Now(), map[ConversationID]candidate{}
	for d, w := range fits {
		age := max(now.Sub(at[d]), 0).Hours() / 24
		c := candidate{IndexHit{d.conversation, d.message, at[d]}, w.weight(q.marked()) - math.Log2(1+age)}
		if d.message == "" {
			c.score += 2 // who is asked for by name is meant rather than spoken of
		}
		if last, ok := best[d.conversation]; !ok || c.before(last) < 0 {
			best[d.conversation] = c
		}
	}
	out := make([]candidate, 0, len(best))
	for _, c := range best {
		out = append(out, c)
	}
	slices.SortFunc(out, candidate.before)
	return out, nil
}

// newestOf asks for the newest documents, in ever longer spans of time until
// enough are found: what is said every day is found without all the years
// before, and what is said rarely is rare in the index as well.
func (h *Hub) newestOf(ctx context.Context, q IndexQuery, groups [][]Term) ([]IndexHit, error) {
	now := h.store.Now()
	for _, bits := range spanBits {
		q.Groups = append(slices.Clip(groups), newSpan(now, bits))
		hits, err := h.index.Newest(ctx, q)
		if err != nil || len(hits) >= q.Limit {
			return hits, err
		}
	}
	q.Groups = groups
	return h.index.Newest(ctx, q)
}

func (c candidate) before(other candidate) int {
	return cmp.Or(cmp.Compare(other.score, c.score), other.At.Compare(c.At),
		cmp.Compare(c.Conversation, other.Conversation), cmp.Compare(other.Message, c.Message))
}

// foundPage reads what is shown of the candidates from the store, as it is now.
func (h *Hub) foundPage(ctx context.Context, actor Actor, q searchQuery, best []candidate, s MessageSearch) (SearchPage, error) {
	limit := min(cmp.Or(max(s.Limit, 0), searchPage), searchPage)
	var page SearchPage
	err := h.store.View(ctx, func(tx Reader) error {
		page = SearchPage{}
		for i := max(s.After, 0); i < len(best); i++ {
			if len(page.Found) == limit {
				page.Next = i
				return nil
			}
			found, ok, err := readFound(tx, actor, q, best[i])
			if err != nil {
				return err
			}
			if ok {
				page.Found = append(page.Found, found)
			}
		}
		return nil
	})
	return page, err
}

// readFound is false for what actor may not see any more, for what is gone, and
// for what does not say the words after all.
func readFound(tx Reader, actor Actor, q searchQuery, c candidate) (found FoundConversation, ok bool, err error) {
	defer func() {
		if errors.Is(err, ErrNotFound) { // erased since
			err = nil
		}
	}()
	if found.Conversation, err = tx.Conversation(c.Conversation); err != nil {
		return found, false, err
	}
	if !actor.MayWith(SeeConversation, found.Conversation) {
		return found, false, nil
	}
	if c.Message == "" {
		contact, err := tx.Contact(found.Conversation.Contact)
		if err != nil {
			return found, false, err
		}
		found.Conversation = actor.shownRow(found.Conversation)
		found.Snippet, ok = q.snippet(headOf(found.Conversation, actor.shownContact(contact, found.Conversation)))
		return found, ok, nil
	}
	m, err := tx.Message(c.Message)
	if err != nil || m.Conversation != c.Conversation {
		return found, false, err
	}
	m = actor.shownMessage(m, found.Conversation)
	found.Conversation, found.Message = actor.shownRow(found.Conversation), &m
	found.Snippet, ok = q.snippet(searchable(m, found.Conversation))
	return found, ok, nil
}

// searchShown is the target of the record of a search, beside those of look.go.
const searchShown = "search"

// recordSearch puts it on record that the member saw words of these
// conversations, by their codes. The same page again within a while is one look.
func (h *Hub) recordSearch(ctx context.Context, actor Actor, found []FoundConversation) error {
	codes := make([]string, len(found))
	for i, f := range found {
		codes[i] = f.Conversation.Code
	}
	look := Audit{
		At: h.store.Now(), Member: actor.Member.ID, Action: Looked,
		Target: searchShown, Address: actor.Address, Detail: strings.Join(codes, " "),
	}
	return h.store.Update(ctx, func(tx Writer) error {
		latest, err := tx.Audits(AuditQuery{Member: actor.Member.ID, Limit: 20})
		if err != nil {
			return err
		}
		for _, a := range latest {
			if a.Action == Looked && a.Target == searchShown && a.Detail == look.Detail && actor.by(a) && look.At.Sub(a.At) < lookAgain {
				return nil
			}
		}
		return tx.AppendAudit(look)
	})
}
