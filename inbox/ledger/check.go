package ledger

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Evidence is all that is weighed.
type Evidence struct {
	Journal *Journal
	Shown   []Shown // what each node shows; the first is compared with the journal, the others with it
	Visits  []Visit
	Watched []Watched
	// Platforms are the channels whose calls are in the journal.
	Platforms []string
	// ByKey: what was said is known by who said it and by its key, so that several
	// may say the same words. Else it is known by its words alone.
	ByKey bool
}

// Visit is what a citizen's own widget shows.
type Visit struct {
	Channel, Person string
	Messages        []Seen
}

// Seen is a message as its citizen sees it.
type Seen struct {
	Conversation string
	Seq          uint64
	Own          bool
	Text         string
	Key          string // of an own one, where it is told
	Bot          bool   // the bot said it
}

// SeenBy puts together what citizens see of their conversations. Less can be
// weighed by it than by what members see: see Shown.Public.
func SeenBy(visits []Visit) Shown {
	s := Shown{By: "the citizens", Public: true}
	for _, v := range visits {
		begun := map[string]int{}
		for _, m := range v.Messages {
			at, known := begun[m.Conversation]
			if !known {
				at = len(s.Conversations)
				begun[m.Conversation] = at
				s.Conversations = append(s.Conversations, Conversation{
					ID: m.Conversation, Code: m.Conversation, Channel: v.Channel, ContactID: v.Person, Person: v.Person,
				})
			}
			shown := Message{ID: m.Conversation + "/" + strconv.FormatUint(m.Seq, 10), Seq: m.Seq, Direction: "out", Text: m.Text, Key: m.Key}
			if m.Own {
				shown.Direction = "in"
			}
			if m.Bot {
				shown.Author.Kind = "bot"
			}
			c := &s.Conversations[at]
			c.Messages = append(c.Messages, shown)
			c.LastSeq = m.Seq
		}
	}
	return s
}

// Problem is one contradiction.
type Problem struct {
	Invariant string // "I1"
	Text      string
}

func (p Problem) String() string { return p.Invariant + ": " + p.Text }

// Problems tells everything that is wrong.
func (e Evidence) Problems() []Problem {
	items, calls, replies := e.Journal.snapshot()
	c := &check{Evidence: e, items: items, calls: calls, replies: replies}
	if len(e.Shown) == 0 {
		c.bad("I1", "nothing was read from the hub")
		return c.problems
	}
	c.read(e.Shown[0])
	c.incoming()
	c.people()
	c.order()
	c.everybodyTheSame()
	if c.shown.Public {
		c.answered()
		return c.problems
	}
	c.quarantine()
	c.outgoing()
	c.followers()
	c.bot()
	c.record()
	return c.problems
}

type check struct {
	Evidence
	items    []Item
	calls    []Call
	replies  []Reply
	problems []Problem

	shown Shown
	found map[said][]place // what citizens said
}

// said is by what a thing that was said is known.
type said struct{ channel, what string }

func (c *check) saidOf(i Item) said {
	if c.ByKey && !i.Broken {
		return said{i.Channel, i.Person + "\x00" + i.Key}
	}
	return said{i.Channel, i.Text}
}

func (c *check) shownAs(conv *Conversation, m *Message) said {
	if c.ByKey {
		return said{conv.Channel, conv.Person + "\x00" + m.Key}
	}
	return said{conv.Channel, m.Text}
}

// place is where a message is shown.
type place struct {
	c *Conversation
	m *Message
}

func (c *check) bad(invariant, format string, args ...any) {
	c.problems = append(c.problems, Problem{invariant, fmt.Sprintf(format, args...)})
}

func (c *check) read(s Shown) {
	c.shown, c.found = s, map[said][]place{}
	for i := range s.Conversations {
		conv := &s.Conversations[i]
		for j := range conv.Messages {
			if m := &conv.Messages[j]; m.Direction == "in" {
				key := c.shownAs(conv, m)
				c.found[key] = append(c.found[key], place{conv, m})
			}
		}
	}
}

func (i Item) String() string {
	return fmt.Sprintf("%s's %q on %s (key %s)", i.Person, short(i.Text), i.Channel, i.Key)
}

func short(text string) string {
	if words := []rune(text); len(words) > 60 {
		return string(words[:60]) + "…"
	}
	return text
}

// incoming weighs I1, I2 and I3 of what citizens said.
func (c *check) incoming() {
	known := map[said]bool{}
	for _, item := range c.items {
		if item.Broken {
			continue
		}
		key := c.saidOf(item)
		if known[key] {
			c.bad("I1", "the journal itself has %s twice; nothing can be told of it", item)
		}
		known[key] = true
		switch n := len(c.found[key]); {
		case n == 0 && item.Acked > 0:
			c.bad("I1", "%s was acknowledged and is lost (sent %d times, acknowledged %d times)", item, item.Sent, item.Acked)
		case n > 1 && item.Acked > 0:
			c.bad("I2", "%s is there %d times: %s", item, n, codes(c.found[key]))
		case n > 1:
			c.bad("I3", "%s was never acknowledged and is there %d times: %s", item, n, codes(c.found[key]))
		}
		for _, p := range c.found[key] {
			if p.m.Text != item.Text {
				c.bad("I1", "%s is shown with other words: %q", item, short(p.m.Text))
			}
		}
	}
	for key, places := range c.found {
		if !known[key] {
			c.bad("I2", "nobody said %q on %s, shown in %s", short(places[0].m.Text), key.channel, codes(places))
		}
	}
}

func codes(places []place) string {
	var all []string
	for _, p := range places {
		all = append(all, fmt.Sprintf("%s no. %d", p.c.Code, p.m.Seq))
	}
	return strings.Join(all, ", ")
}

// people weighs I2 of who said it: a person is one contact, with one open matter
// in a channel, and no two people share either.
func (c *check) people() {
	type person struct{ channel, name string }
	contacts, open := map[person]map[string]bool{}, map[person]map[string]bool{}
	owner := map[string]person{}
	for _, item := range c.items {
		who := person{item.Channel, item.Person}
		for _, p := range c.found[c.saidOf(item)] {
			put(contacts, who, p.c.ContactID)
			if p.c.Status == "open" {
				put(open, who, p.c.Code)
			}
			if first, taken := owner[p.c.ID]; taken && first != who {
				c.bad("I2", "conversation %s is shared by %s and %s of %s", p.c.Code, first.name, item.Person, item.Channel)
			}
			owner[p.c.ID] = who
		}
	}
	for who, ids := range contacts {
		if len(ids) > 1 {
			c.bad("I2", "%s of %s has become %d contacts: %s", who.name, who.channel, len(ids), list(ids))
		}
		if n := len(open[who]); n > 1 {
			c.bad("I2", "%s of %s has %d open conversations: %s", who.name, who.channel, n, list(open[who]))
		}
	}
}

func put[K comparable](into map[K]map[string]bool, key K, value string) {
	if into[key] == nil {
		into[key] = map[string]bool{}
	}
	into[key][value] = true
}

func list(set map[string]bool) string { return strings.Join(slices.Sorted(maps.Keys(set)), ", ") }

// order weighs I4 within each conversation.
func (c *check) order() {
	rounds := map[said]int{}
	for _, item := range c.items {
		rounds[c.saidOf(item)] = item.Round
	}
	for _, conv := range c.shown.Conversations {
		c.numbers(conv)
		last := -1
		for _, m := range inShownOrder(conv.Messages) {
			round, known := rounds[c.shownAs(&conv, &m)]
			if m.Direction != "in" || !known {
				continue
			}
			if round < last {
				c.bad("I4", "%s shows %q after what was said later", conv.Code, short(m.Text))
			}
			last = max(last, round)
		}
	}
}

// numbers: they go up, and members see every one.
func (c *check) numbers(conv Conversation) {
	if c.shown.Public {
		last := uint64(0)
		for _, m := range conv.Messages {
			if m.Seq <= last {
				c.bad("I4", "%s shows number %d behind %d", conv.Code, m.Seq, last)
			}
			last = max(last, m.Seq)
		}
		return
	}
	for i, m := range conv.Messages {
		if m.Seq != uint64(i+1) {
			c.bad("I4", "%s shows number %d in place %d", conv.Code, m.Seq, i+1)
		}
	}
	if n := uint64(len(conv.Messages)); conv.LastSeq != n {
		c.bad("I4", "%s counts %d messages and shows %d", conv.Code, conv.LastSeq, n)
	}
}

// inShownOrder is how a desk shows messages that it got by their numbers.
func inShownOrder(messages []Message) []Message {
	shown := slices.Clone(messages)
	slices.SortFunc(shown, func(a, b Message) int {
		return cmp.Or(a.ShownAt.Compare(b.ShownAt), cmp.Compare(a.Seq, b.Seq))
	})
	return shown
}

// everybodyTheSame weighs I4 between nodes, and between desk and citizen.
func (c *check) everybodyTheSame() {
	first := linesOf(c.shown)
	for _, other := range c.Shown[1:] {
		theirs := linesOf(other)
		for id := range maps.Keys(joined(first, theirs)) {
			if a, b := first[id], theirs[id]; !slices.Equal(a, b) {
				c.bad("I4", "conversation %s is shown by %s as %d messages and by %s as %d, or in another order",
					id, c.shown.By, len(a), other.By, len(b))
			}
		}
	}
	public := map[string][]string{}
	for _, conv := range c.shown.Conversations {
		for _, m := range conv.Messages {
			if m.Direction != "note" {
				public[conv.ID] = append(public[conv.ID], fmt.Sprint(m.Seq, m.Direction == "in", m.Text))
			}
		}
	}
	for _, visit := range c.Visits {
		seen := map[string][]string{}
		for _, m := range visit.Messages {
			seen[m.Conversation] = append(seen[m.Conversation], fmt.Sprint(m.Seq, m.Own, m.Text))
		}
		for id, lines := range seen {
			if !slices.Equal(lines, public[id]) {
				c.bad("I4", "%s of %s is shown %d messages of conversation %s, the desk %d, or in another order",
					visit.Person, visit.Channel, len(lines), id, len(public[id]))
			}
		}
	}
}

func linesOf(s Shown) map[string][]string {
	out := map[string][]string{}
	for _, conv := range s.Conversations {
		lines := []string{}
		for _, m := range conv.Messages {
			lines = append(lines, fmt.Sprint(m.Seq, m.ID))
		}
		out[conv.ID] = lines
	}
	return out
}

func joined[V any](a, b map[string]V) map[string]V {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// quarantine weighs I5.
func (c *check) quarantine() {
	held := map[said]int{}
	for _, q := range c.shown.Quarantine {
		held[said{q.Channel, q.Body}]++
	}
	for _, item := range c.items {
		if !item.Broken {
			continue
		}
		key := c.saidOf(item)
		switch n := held[key]; {
		case n == 0 && item.Acked > 0:
			c.bad("I5", "%s was acknowledged and is neither understood nor in the quarantine", item)
		case n > 1:
			c.bad("I5", "%s is in the quarantine %d times", item, n)
		}
		delete(held, key)
	}
	for key := range held {
		c.bad("I5", "the quarantine of %s holds %q, which nobody sent", key.channel, short(key.what))
	}
}
