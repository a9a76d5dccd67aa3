package inbox

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"tongdai/kb/vi"
)

// Which other matters report the same is for people to say; this offers the
// likely ones: what was found by the words of the title, and of the open matters
// of the last days those that share field and place, or words, with the reports
// that are known.

const (
	similarSpan   = 7 * 24 * time.Hour
	similarWeighs = 300 // of the newest matters are weighed
	similarShown  = 20
	// similarEnough: a pair of words in common, or field and place.
	similarEnough = 3
)

// SimilarTo offers open matters that may report the same incident, the likeliest first.
func (h *Hub) SimilarTo(ctx context.Context, actor Actor, id IncidentID) ([]Conversation, error) {
	g, err := h.Incident(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	found, err := h.foundByTitle(ctx, actor, g.Value.Title)
	if err != nil {
		return nil, err
	}
	known := likenessOf(g)
	type offer struct {
		Conversation
		points int
	}
	var offers []offer
	err = h.store.View(ctx, func(tx Reader) error {
		offers = nil
		newest, err := actor.newest(tx, similarWeighs)
		if err != nil {
			return err
		}
		seen := map[ConversationID]bool{}
		for _, c := range newest {
			seen[c.ID] = true
			points := known.with(c)
			if slices.Contains(found, c.ID) {
				points += similarEnough
			}
			offers = append(offers, offer{c, points})
		}
		for _, id := range found {
			c, err := tx.Conversation(id)
			if err != nil {
				return err
			}
			if !seen[id] {
				offers = append(offers, offer{c, similarEnough + known.with(c)})
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	since := h.store.Now().Add(-similarSpan)
	offers = slices.DeleteFunc(offers, func(o offer) bool {
		return o.points < similarEnough || o.Status != Open || o.Incident != "" || o.LastAt.Before(since) ||
			!actor.MayWith(SeeConversation, o.Conversation)
	})
	slices.SortStableFunc(offers, func(a, b offer) int {
		return cmp.Or(cmp.Compare(b.points, a.points), b.LastAt.Compare(a.LastAt))
	})
	out := make([]Conversation, 0, similarShown)
	for _, o := range offers[:min(len(offers), similarShown)] {
		out = append(out, o.Conversation)
	}
	actor.shownRows(out)
	return out, nil
}

// newest are the newest matters that a may see.
func (a Actor) newest(tx Reader, limit int) ([]Conversation, error) {
	lists, err := a.lists(View{Name: AllList})
	if err != nil || len(lists) == 0 {
		return nil, err
	}
	page, _, err := tx.Conversations(ListQuery{Lists: lists, Limit: limit})
	return page, err
}

// foundByTitle looks for the title among messages; nothing where there is no search.
func (h *Hub) foundByTitle(ctx context.Context, actor Actor, title string) ([]ConversationID, error) {
	if h.index == nil {
		return nil, nil
	}
	q := parseSearch(title)
	if len(q.words) == 0 {
		return nil, nil
	}
	q.prefix = false
	best, err := h.weigh(ctx, actor.searchScope(), q)
	if err != nil {
		return nil, err
	}
	var out []ConversationID
	for _, c := range best[:min(len(best), similarShown)] {
		out = append(out, c.Conversation)
	}
	return out, nil
}

// likeness is what the reports of an incident have in common with others.
type likeness struct {
	Gathering
	words, pairs map[string]bool
}

func likenessOf(g Gathering) likeness {
	l := likeness{Gathering: g, words: map[string]bool{}, pairs: map[string]bool{}}
	l.learn(g.Value.Title)
	for _, c := range g.Reports[:min(len(g.Reports), openCounted)] {
		l.learn(wordsOf(c))
	}
	return l
}

// wordsOf is what a row of the list tells of the matter.
func wordsOf(c Conversation) string {
	if c.Handoff != nil {
		return c.Handoff.Asked + " " + c.LastText
	}
	return c.LastText
}

func (l likeness) learn(text string) {
	for word, pair := range telling(text) {
		l.words[word], l.pairs[pair] = true, true
	}
}

// telling yields the words of a text that carry meaning, without their marks,
// each with the one before it.
func telling(text string) func(yield func(word, pair string) bool) {
	return func(yield func(word, pair string) bool) {
		last := ""
		for _, w := range vi.Words(text) {
			if vi.Weak(w.Text) {
				continue
			}
			word := vi.Fold(w.Text)
			if !yield(word, vi.Pair(last, word)) {
				return
			}
			last = word
		}
	}
}

// with weighs how like c is: pairs of words tell most, words alone little.
func (l likeness) with(c Conversation) (points int) {
	if c.Category != "" && c.Category == l.Value.Category {
		points++
	}
	if c.Locality != "" && c.Locality == l.Value.Locality {
		points += 2
	}
	words, pairs := map[string]bool{}, map[string]bool{}
	for word, pair := range telling(wordsOf(c)) {
		if l.words[word] {
			words[word] = true
		}
		if l.pairs[pair] {
			pairs[pair] = true
		}
	}
	return points + min(len(words)/2, 2) + 2*min(len(pairs), 3)
}

// incidentsFound are shown with what was found, at most.
const incidentsFound = 5

// incidentsTitled finds the newest incidents whose title has the words looked for.
func (h *Hub) incidentsTitled(ctx context.Context, actor Actor, q searchQuery) (out []Kept[Incident], err error) {
	err = h.store.View(ctx, func(tx Reader) error {
		out = nil
		newest, err := Incidents.List(tx, PaperQuery{Backward: true, Limit: incidentsShown})
		if err != nil {
			return err
		}
		for _, kept := range newest {
			if _, fits := q.snippet(kept.Value.Title); !fits || len(out) == incidentsFound {
				continue
			}
			if _, err := actor.incident(tx, IncidentID(kept.ID)); errors.Is(err, ErrNotFound) {
				continue
			} else if err != nil {
				return err
			}
			out = append(out, kept)
		}
		return nil
	})
	return out, err
}
