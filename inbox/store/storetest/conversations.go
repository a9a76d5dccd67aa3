package storetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"pgregory.net/rapid"

	"tongdai/connectors"
	"tongdai/inbox"
	"tongdai/kb"
)

var conversationTests = []test{
	{"a write on an old version is refused", func(b *bench) {
		c := b.begin(somebody("c1"))
		equal(b, "first version", c.Version, 1)
		b.write(func(tx inbox.Writer) error {
			_, err := tx.PutConversation(c)
			return err
		})
		b.refused(inbox.ErrConflict, func(tx inbox.Writer) error {
			_, err := tx.PutConversation(c)
			return err
		})
		b.refused(inbox.ErrConflict, func(tx inbox.Writer) error {
			never := somebody("c2")
			never.Version = 1
			_, err := tx.PutConversation(never)
			return err
		})
	}},
	{"of many who change the same version one succeeds", func(b *bench) {
		c := b.begin(somebody("c1"))
		var taken atomic.Int64
		inParallel(16, func(i int) {
			err := b.Update(b.ctx(), func(tx inbox.Writer) error {
				mine := c
				mine.Assignee = inbox.MemberID(fmt.Sprint("member-", i))
				_, err := tx.PutConversation(mine)
				return err
			})
			switch {
			case err == nil:
				taken.Add(1)
			case !errors.Is(err, inbox.ErrConflict):
				b.Errorf("Update = %v, want ErrConflict", err)
			}
		})
		equal(b, "succeeded", taken.Load(), 1)
	}},
	{"a conversation is found by its code, and no two have the same", func(b *bench) {
		b.begin(somebody("c1"))
		b.refused(inbox.ErrConflict, func(tx inbox.Writer) error {
			c := somebody("c2")
			c.Code = "TH-c1"
			_, err := tx.PutConversation(c)
			return err
		})
		b.read(func(tx inbox.Reader) error {
			c, err := tx.ConversationByCode("TH-c1")
			equal(b, "found", c.ID, "c1")
			for _, code := range []string{"TH-c", "TH-c11", ""} {
				if _, err := tx.ConversationByCode(code); !errors.Is(err, inbox.ErrNotFound) {
					b.Errorf("code %q: %v, want ErrNotFound", code, err)
				}
			}
			return err
		})
	}},
	{"a conversation moves between lists as it changes", func(b *bench) {
		c := b.begin(somebody("c1"))
		in := func(want ...inbox.ListID) {
			b.Helper()
			b.read(func(tx inbox.Reader) error {
				for _, l := range []inbox.ListID{inbox.BotList, inbox.OpenList, inbox.UnassignedList, inbox.ResolvedList, inbox.OfMember("m"), inbox.OfDepartment(inbox.OpenList, "health")} {
					n, err := tx.CountConversations([]inbox.ListID{l}, 5)
					if err != nil {
						return err
					}
					equal(b, "stands in "+string(l), n == 1, slices.Contains(want, l))
				}
				return nil
			})
		}
		put := func() {
			b.Helper()
			b.write(func(tx inbox.Writer) (err error) {
				c, err = tx.PutConversation(c)
				return err
			})
		}
		in(inbox.BotList)
		c.Handler, c.WaitingSince = inbox.ByPeople, morning
		put()
		in(inbox.OpenList, inbox.UnassignedList)
		c.Department = "health"
		put()
		in(inbox.OpenList, inbox.UnassignedList, inbox.OfDepartment(inbox.OpenList, "health"))
		c.Assignee, c.Department = "m", ""
		put()
		in(inbox.OpenList, inbox.OfMember("m"))
		c.Status, c.ResolvedAt = inbox.Resolved, morning.Add(time.Hour)
		put()
		in(inbox.ResolvedList)
	}},
	{"where one stands alone a second is refused, until the first has left", func(b *bench) {
		one, two := somebody("c1"), somebody("c2")
		two.Remote = one.Remote
		one = b.begin(one)
		b.refused(inbox.ErrConflict, func(tx inbox.Writer) error { _, err := tx.PutConversation(two); return err })
		b.write(func(tx inbox.Writer) (err error) { // the first leaves and the second comes, at once
			one.Status = inbox.Resolved
			if one, err = tx.PutConversation(one); err != nil {
				return err
			}
			_, err = tx.PutConversation(two)
			return err
		})
		one.Status = inbox.Open
		b.refused(inbox.ErrConflict, func(tx inbox.Writer) error { _, err := tx.PutConversation(one); return err })
	}},
	{"of many who look for a conversation and else begin one, one begins it", func(b *bench) {
		var begun atomic.Int64
		inParallel(16, func(i int) {
			var mine bool
			b.write(func(tx inbox.Writer) error {
				mine = false
				c := somebody(inbox.ConversationID(fmt.Sprintf("c%02d", i)))
				c.Remote = "same"
				found, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.Live(c.Channel, c.Remote, "")}, Limit: 1})
				if err != nil {
					return err
				}
				if mine = len(found) == 0; !mine {
					c = found[0]
				}
				m, err := tx.AppendMessage(inbox.Message{ID: inbox.MessageID(fmt.Sprint("m", i)), Conversation: c.ID})
				if err != nil {
					return err
				}
				c.LastSeq = m.Seq
				_, err = tx.PutConversation(c)
				return err
			})
			if mine {
				begun.Add(1)
			}
		})
		equal(b, "begun", begun.Load(), 1)
		b.read(func(tx inbox.Reader) error {
			all, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.AllList}})
			equal(b, "conversations", len(all), 1)
			equal(b, "messages in it", all[0].LastSeq, 16)
			return err
		})
	}},
	{"what many read and write over is not lost", func(b *bench) {
		b.begin(somebody("c1"))
		inParallel(32, func(int) {
			b.write(func(tx inbox.Writer) error {
				c, err := tx.Conversation("c1")
				if err != nil {
					return err
				}
				c.Unread++
				_, err = tx.PutConversation(c)
				return err
			})
		})
		b.read(func(tx inbox.Reader) error {
			c, err := tx.Conversation("c1")
			equal(b, "counted", c.Unread, 32)
			return err
		})
	}},
	{"pages are what sorting everything would give", func(b *bench) { rapid.Check(b.T, b.pagesEqualSort) }},
	{"a page's end that no page gave is refused", func(b *bench) {
		for _, c := range []inbox.Cursor{"x", "AAAA", "../../etc", inbox.Cursor(strings.Repeat("A", 4000))} {
			err := b.View(b.ctx(), func(tx inbox.Reader) error {
				_, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.AllList}, After: c, Limit: 1})
				return err
			})
			if problem := (inbox.Invalid{}); !errors.As(err, &problem) {
				b.Errorf("cursor %.10q: %v, want inbox.Invalid", c, err)
			}
		}
	}},
	{"names that begin alike do not share lists", func(b *bench) {
		c := somebody("c1")
		c.Contact = "ann"
		b.begin(c)
		c = somebody("c2")
		c.Contact = "ann\x00e"
		b.begin(c)
		c = somebody("c3")
		c.Contact = "anne"
		b.begin(c)
		b.read(func(tx inbox.Reader) error {
			for contact, want := range map[inbox.ContactID]string{"ann": "[c1]", "ann\x00e": "[c2]", "anne": "[c3]", "an": "[]"} {
				page, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.OfContact(contact)}})
				equal(b, fmt.Sprintf("of %q", contact), ids(page, conversationID), want)
				if err != nil {
					return err
				}
			}
			return nil
		})
	}},
}

// pagesEqualSort plays a random day and compares every list with a model.
func (b *bench) pagesEqualSort(rt *rapid.T) {
	s := b.harness.Open(b.T, b.clock.Now)
	defer func() {
		if err := s.Close(); err != nil {
			rt.Fatalf("close: %v", err)
		}
	}()
	model := make(map[inbox.ConversationID]inbox.Conversation)
	var next map[inbox.ConversationID]inbox.Conversation
	for range rapid.IntRange(1, 3).Draw(rt, "transactions") {
		changes := rapid.SliceOfN(rapid.Custom(anyConversation), 1, 12).Draw(rt, "changes")
		err := s.Update(b.ctx(), func(tx inbox.Writer) error {
			next = maps.Clone(model)
			for _, c := range changes {
				c.Version = next[c.ID].Version
				put, err := tx.PutConversation(c)
				if err != nil {
					return err
				}
				next[c.ID] = put
			}
			return nil
		})
		if err != nil {
			rt.Fatalf("Update: %v", err)
		}
		model = next
		of := rapid.SliceOfNDistinct(rapid.SampledFrom(modelLists), 1, 4, rapid.ID[inbox.ListID]).Draw(rt, "lists")
		limit := rapid.IntRange(1, 5).Draw(rt, "limit")
		want := sortedModel(model, of)
		got, err := allPages(s, b, of, limit, len(want))
		if err != nil {
			rt.Fatalf("lists %v: %v", of, err)
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("lists %v in pages of %d:\ngot  %v\nwant %v", of, limit, got, want)
		}
		err = s.View(b.ctx(), func(tx inbox.Reader) error {
			n, err := tx.CountConversations(of, limit)
			if n != min(limit, len(want)) {
				rt.Fatalf("lists %v: counted %d up to %d, there are %d", of, n, limit, len(want))
			}
			return err
		})
		if err != nil {
			rt.Fatal(err)
		}
	}
}

var modelLists = []inbox.ListID{
	inbox.AllList, inbox.OpenList, inbox.UnassignedList, inbox.UrgentList, inbox.BotList, inbox.ResolvedList,
	inbox.OfDepartment(inbox.OpenList, "d1"), inbox.OfDepartment(inbox.AllList, "d2"), inbox.OfChannel("web"),
	inbox.OfMember("m1"), inbox.OfContact("k1"), inbox.Visits("web", "r1"), inbox.Live("web", "r1", "c1"),
}

func anyConversation(t *rapid.T) inbox.Conversation {
	pick := func(what string, from ...string) string { return rapid.SampledFrom(from).Draw(t, what) }
	at := func(what string) time.Time {
		return morning.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, what)) * time.Minute)
	}
	id := pick("id", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9")
	c := inbox.Conversation{
		ID: inbox.ConversationID(id), Code: id,
		Status: inbox.Status(pick("status", string(inbox.Open), string(inbox.Open), string(inbox.Resolved))), Handler: inbox.Handler(pick("handler", string(inbox.ByBot), string(inbox.ByPeople))),
		Urgent: rapid.Bool().Draw(t, "urgent"), Department: kb.DepartmentID(pick("department", "", "d1", "d2")),
		Assignee: inbox.MemberID(pick("assignee", "", "m1", "m2")), Contact: inbox.ContactID(pick("contact", "k1", "k2")),
		Channel: connectors.ChannelID(pick("channel", "web", "zalo")), Remote: connectors.RemoteID(pick("remote", "r1", "r2")),
		Thread:    connectors.RemoteID(id), // two of one person in one thread are refused
		CreatedAt: at("created"), LastAt: at("last"), ResolvedAt: at("resolved"),
	}
	if rapid.Bool().Draw(t, "waits") {
		c.WaitingSince = at("waits since")
	}
	return c
}

// sortedModel lists what stands in any of the lists, each at its best rank.
func sortedModel(model map[inbox.ConversationID]inbox.Conversation, of []inbox.ListID) []string {
	var rows []string
	for _, c := range model {
		var ranks []string
		for _, p := range inbox.Placements(c) {
			if slices.Contains(of, p.List) {
				ranks = append(ranks, p.Rank)
			}
		}
		if len(ranks) > 0 {
			rows = append(rows, slices.Min(ranks)+" "+string(c.ID))
		}
	}
	slices.Sort(rows)
	for i, r := range rows {
		_, rows[i], _ = strings.Cut(r, " ")
	}
	return rows
}

// allPages reads page after page, and gives up on one that never ends.
func allPages(s inbox.Store, b *bench, of []inbox.ListID, limit, expected int) (all []string, err error) {
	q := inbox.ListQuery{Lists: of, Limit: limit}
	for range expected + 1 {
		var page []inbox.Conversation
		err := s.View(b.ctx(), func(tx inbox.Reader) (err error) {
			page, q.After, err = tx.Conversations(q)
			return err
		})
		if err != nil {
			return nil, err
		}
		if len(page) > limit {
			return nil, fmt.Errorf("a page of %d, asked for %d", len(page), limit)
		}
		for _, c := range page {
			all = append(all, string(c.ID))
		}
		if q.After == "" {
			return all, nil
		}
	}
	return nil, errors.New("the pages do not end")
}
