package searchtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"tongdai/inbox"
	"tongdai/kb"
)

// indexTests tell what an index promises the hub.
var indexTests = []test{
	{"who feeds an index that another has fed since changes nothing", func(d *desk) {
		one, two := inbox.IndexState{Seq: 1}, inbox.IndexState{Seq: 2, Complete: true, Rest: "x"}
		d.put(inbox.IndexState{}, one)
		d.put(one, two, d.indexed("a", "so-y-te", "s", "đúng"))
		if err := d.index.Put(d.ctx(), one, inbox.IndexState{Seq: 3}, []inbox.Indexed{d.indexed("a", "so-xay-dung", "t", "sai")}); !errors.Is(err, inbox.ErrStale) {
			d.Errorf("Put = %v, want %v", err, inbox.ErrStale)
		}
		if got := d.state(); got != two {
			d.Errorf("it stands at %+v", got)
		}
		if len(d.newest("so-y-te", "đúng")) != 1 || len(d.newest("so-xay-dung", "sai")) != 0 {
			d.Error("what was refused is there")
		}
	}},
	{"of many feeders at once one gets through", func(d *desk) {
		var all sync.WaitGroup
		passed := make([]bool, 8)
		for i := range passed {
			all.Go(func() {
				err := d.index.Put(d.ctx(), inbox.IndexState{}, inbox.IndexState{Seq: inbox.Seq(i + 1)}, nil)
				if err != nil && !errors.Is(err, inbox.ErrStale) {
					d.Errorf("Put = %v", err)
				}
				passed[i] = err == nil
			})
		}
		all.Wait()
		if i := slices.Index(passed, true); i < 0 || slices.Contains(passed[i+1:], true) || d.state().Seq != inbox.Seq(i+1) {
			d.Errorf("got through: %v, and it stands at %+v", passed, d.state())
		}
	}},
	{"a whole conversation replaces what there was, a message only itself", func(d *desk) {
		at := inbox.IndexState{Seq: 1}
		d.put(inbox.IndexState{}, at, d.indexed("a", "so-y-te", "one", "một", "hai"), d.indexed("b", "so-y-te", "two", "hai"))
		next := inbox.IndexState{Seq: 2}
		part := d.indexed("a", "so-y-te", "one", "", "ba")
		part.Whole, part.Documents = false, part.Documents[2:]
		d.put(at, next, part)
		if got := d.stamps("a", "b", "c"); fmt.Sprint(got) != "map[a:one b:two]" {
			d.Errorf("stamps are %v", got)
		}
		if len(d.newest("so-y-te", "một")) != 1 || len(d.newest("so-y-te", "hai")) != 1 || len(d.newest("so-y-te", "ba")) != 1 {
			d.Error("a message replaced another")
		}
		d.put(next, inbox.IndexState{Seq: 3}, d.indexed("a", "so-xay-dung", "three", "bốn"), inbox.Indexed{Conversation: "b", Whole: true})
		for _, term := range []string{"một", "hai", "ba"} {
			if hits := append(d.newest("so-y-te", term), d.newest("so-xay-dung", term)...); len(hits) > 0 {
				d.Errorf("%q is still found: %v", term, hits)
			}
		}
		if got := d.stamps("a", "b"); fmt.Sprint(got) != "map[a:three]" || len(d.newest("so-xay-dung", "bốn")) != 1 {
			d.Errorf("stamps are %v", got)
		}
	}},
	{"the newest come first, no more than wanted, whatever matches", func(d *desk) {
		var changes []inbox.Indexed
		for i := range 50 {
			c := d.indexed(fmt.Sprintf("c%02d", i), "so-y-te", "s", "chung")
			c.Documents[1].At = d.at.Add(-time.Duration((i*7)%50) * time.Hour)
			changes = append(changes, c)
		}
		d.put(inbox.IndexState{}, inbox.IndexState{Seq: 1}, changes...)
		hits, err := d.index.Newest(d.ctx(), inbox.IndexQuery{Everywhere: true, Groups: [][]inbox.Term{{{Text: "chung"}}}, Limit: 7})
		if err != nil || len(hits) != 7 {
			d.Fatalf("Newest = %d, %v", len(hits), err)
		}
		for i, hit := range hits {
			if want := d.at.Add(-time.Duration(i) * time.Hour); !hit.At.Equal(want) || hit.Message == "" {
				d.Errorf("hit %d is %+v, want it of %v", i, hit, want)
			}
		}
	}},
	{"every group must be met, by one of its terms, in one of the departments", func(d *desk) {
		d.put(inbox.IndexState{}, inbox.IndexState{Seq: 1},
			d.indexed("a", "so-y-te", "s", "táo lê"), d.indexed("b", "so-xay-dung", "s", "táo mận"), d.indexed("c", "", "s", "lê mận =táo"))
		for _, tt := range []struct {
			q    inbox.IndexQuery
			want string
		}{
			{inbox.IndexQuery{Everywhere: true, Groups: [][]inbox.Term{{{Text: "táo"}}, {{Text: "lê"}}}}, "a"},
			{inbox.IndexQuery{Everywhere: true, Groups: [][]inbox.Term{{{Text: "táo"}, {Text: "=táo"}}, {{Text: "mận"}}}}, "bc"},
			{inbox.IndexQuery{Everywhere: true, Groups: [][]inbox.Term{{{Text: "m", Prefix: true}}}}, "bc"},
			{inbox.IndexQuery{Everywhere: true, Groups: [][]inbox.Term{{{Text: "m", Prefix: true}}, {{Text: "táo"}, {Text: "lê"}}}}, "bc"},
			{inbox.IndexQuery{Everywhere: true, Groups: [][]inbox.Term{{{Text: "m", Prefix: true}, {Text: "lê"}}, {{Text: "táo"}}}}, "ab"},
			{inbox.IndexQuery{Everywhere: true, Groups: [][]inbox.Term{{{Text: "m", Prefix: true}}, {{Text: "l", Prefix: true}}}}, "c"},
			{inbox.IndexQuery{Everywhere: true, Groups: [][]inbox.Term{{{Text: "táo"}}, {{Text: "tr", Prefix: true}}}}, ""},
			{inbox.IndexQuery{Everywhere: true, Groups: [][]inbox.Term{{{Text: "táo"}}, {{Text: "m", Prefix: true}}}}, "b"},
			{inbox.IndexQuery{Departments: []kb.DepartmentID{"so-xay-dung"}, Groups: [][]inbox.Term{{{Text: "t", Prefix: true}}}}, "b"},
			{inbox.IndexQuery{Everywhere: true, Groups: [][]inbox.Term{{{Text: "tá"}}}}, ""},
			{inbox.IndexQuery{Everywhere: true}, ""},
			{inbox.IndexQuery{Groups: [][]inbox.Term{{{Text: "táo"}}}}, ""},
			{inbox.IndexQuery{Departments: []kb.DepartmentID{"so-y-te", "so-xay-dung"}, Groups: [][]inbox.Term{{{Text: "táo"}}}}, "ab"},
			{inbox.IndexQuery{Departments: []kb.DepartmentID{"so-y"}, Groups: [][]inbox.Term{{{Text: "táo"}}}}, ""},
		} {
			tt.q.Limit = 10
			hits, err := d.index.Newest(d.ctx(), tt.q)
			if err != nil {
				d.Errorf("%+v: %v", tt.q, err)
			}
			var got []string
			for _, hit := range hits {
				got = append(got, string(hit.Conversation))
			}
			slices.Sort(got)
			if strings.Join(got, "") != tt.want {
				d.Errorf("%+v gives %v, want %q", tt.q, got, tt.want)
			}
		}
	}},
}

// of is no department where there is none.
func of(d kb.DepartmentID) []kb.DepartmentID {
	if d == "" {
		return nil
	}
	return []kb.DepartmentID{d}
}

// indexed is a conversation with its own document and one for each text, whose
// words are its terms.
func (d *desk) indexed(id string, department kb.DepartmentID, stamp string, texts ...string) inbox.Indexed {
	c := inbox.Indexed{Conversation: inbox.ConversationID(id), Departments: of(department), Stamp: stamp, Whole: true,
		Documents: []inbox.Document{{At: d.at, Terms: []string{"head-of-" + id}}}}
	for i, text := range texts {
		c.Documents = append(c.Documents, inbox.Document{
			Message: inbox.MessageID(fmt.Sprintf("%s-%d", id, i)), At: d.at, Terms: slices.Compact(strings.Fields(text)),
		})
	}
	return c
}

func (d *desk) stamps(ids ...inbox.ConversationID) map[inbox.ConversationID]string {
	d.Helper()
	got, err := d.index.Stamps(d.ctx(), ids)
	if err != nil {
		d.Fatalf("Stamps: %v", err)
	}
	return got
}
