package storetest

import (
	"fmt"
	"os"
	"testing"
	"time"

	"tongdai/inbox"
	"tongdai/inbox/store/province"
	"tongdai/inbox/store/record"
)

// Ask is one thing that a page of the desk asks of a store. n tells one time
// from another, so that it is not always the same rows that are asked for.
type Ask struct {
	What string
	Ask  func(tx inbox.Reader, p province.Province, n int) error
}

// page is how many rows the desk asks for at a time.
const page = 50

// DeskAsks are what the pages of the desk ask of a store that holds a province.
var DeskAsks = []Ask{
	{What: "the first page of all", Ask: firstPage(inbox.AllList)},
	{What: "the tenth page of all", Ask: behind(endOfNinth, inbox.AllList)},
	{What: "a page anywhere in all", Ask: behind(anywhere, inbox.AllList)},
	{What: "the first page of those that wait", Ask: firstPage(inbox.OpenList)},
	{What: "the first page of a department's", Ask: firstPage(inbox.OfDepartment(inbox.OpenList, province.Department(3)))},
	{What: "the first page of a member's", Ask: firstPage(inbox.OfMember(province.Member(30)))},
	{What: "the first page of a channel", Ask: firstPage(inbox.OfChannel(province.Channel))},
	{What: "the first page of a list of none", Ask: firstPage(inbox.UrgentList)},
	{What: "the first page of three departments'", Ask: firstPage(ofThree(inbox.AllList)...)},
	{What: "a contact's conversations", Ask: func(tx inbox.Reader, p province.Province, n int) error {
		return firstPage(inbox.OfContact(p.Contact(scattered(n, p.Conversations))))(tx, p, n)
	}},
	{What: "a count up to 100", Ask: func(tx inbox.Reader, _ province.Province, _ int) error {
		_, err := tx.CountConversations([]inbox.ListID{inbox.OpenList}, 100)
		return err
	}},
	{What: "a count in three departments", Ask: func(tx inbox.Reader, _ province.Province, _ int) error {
		_, err := tx.CountConversations(ofThree(inbox.OpenList), 100)
		return err
	}},
	{What: "a conversation by its code", Ask: func(tx inbox.Reader, p province.Province, n int) error {
		_, err := tx.ConversationByCode(p.Conversation(scattered(n, p.Conversations)).Code)
		return err
	}},
	{What: "the messages of a conversation", Ask: func(tx inbox.Reader, p province.Province, n int) error {
		_, err := tx.Messages(province.ID(scattered(n, p.Conversations)), inbox.MessageQuery{Limit: page})
		return err
	}},
	{What: "the newest messages of the longest", Ask: func(tx inbox.Reader, p province.Province, _ int) error {
		_, err := tx.Messages(province.ID(p.Longest()), inbox.MessageQuery{Limit: page})
		return err
	}},
	{What: "messages anywhere in the longest", Ask: func(tx inbox.Reader, p province.Province, n int) error {
		_, err := tx.Messages(province.ID(p.Longest()), inbox.MessageQuery{Before: uint64(scattered(n, p.Size(p.Longest()))) + 1, Limit: page})
		return err
	}},
	{What: "a message", Ask: func(tx inbox.Reader, p province.Province, n int) error {
		_, err := tx.Message(province.MessageID(scattered(n, p.Conversations), 1))
		return err
	}},
	{What: "what could not be delivered", Ask: func(tx inbox.Reader, _ province.Province, _ int) error {
		_, err := tx.Stuck("", page)
		return err
	}},
	{What: "what a member did", Ask: func(tx inbox.Reader, _ province.Province, n int) error {
		_, err := tx.Audits(inbox.AuditQuery{Member: province.Member(n), Limit: page})
		return err
	}},
	{What: "what was done to a conversation", Ask: func(tx inbox.Reader, p province.Province, n int) error {
		_, err := tx.Audits(inbox.AuditQuery{Conversation: province.ID(scattered(n, p.Conversations)), Limit: page})
		return err
	}},
	{What: "who did what at all", Ask: func(tx inbox.Reader, _ province.Province, _ int) error {
		_, err := tx.Audits(inbox.AuditQuery{Limit: page})
		return err
	}},
}

// scattered spreads the times something is asked over what there is of it.
func scattered(n, of int) int { return int(uint64(n) * 2654435761 % uint64(of)) }

func ofThree(l inbox.ListID) (lists []inbox.ListID) {
	for i := range 3 {
		lists = append(lists, inbox.OfDepartment(l, province.Department(i+1)))
	}
	return lists
}

func firstPage(lists ...inbox.ListID) func(tx inbox.Reader, p province.Province, n int) error {
	return func(tx inbox.Reader, _ province.Province, _ int) error {
		_, _, err := tx.Conversations(inbox.ListQuery{Lists: lists, Limit: page})
		return err
	}
}

// behind asks for the page behind the row of a conversation, as somebody does who
// has scrolled there.
func behind(of func(p province.Province, n int) int, l inbox.ListID) func(tx inbox.Reader, p province.Province, n int) error {
	return func(tx inbox.Reader, p province.Province, n int) error {
		c := p.Conversation(of(p, n))
		for _, at := range inbox.Placements(c) {
			if at.List == l {
				_, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{l}, After: record.Cursor(at.Rank, c.ID), Limit: page})
				return err
			}
		}
		return fmt.Errorf("%s does not stand in %s", c.ID, l)
	}
}

// endOfNinth is the last conversation of nine pages, the newest first.
func endOfNinth(p province.Province, _ int) int { return p.Conversations - 9*page }

func anywhere(p province.Province, n int) int { return scattered(n, p.Conversations) }

// BenchmarkLists measures the DeskAsks at growing sizes: at 1,000 and 100,000
// conversations, and with TONGDAI_LONG=1 at 1,000,000. open opens a store that
// holds the province it is given, and may change what of it the store holds.
func BenchmarkLists(b *testing.B, of province.Province, open func(b *testing.B, p province.Province) inbox.Store) {
	sizes := []int{1_000, 100_000}
	if os.Getenv("TONGDAI_LONG") != "" {
		sizes = append(sizes, 1_000_000)
	}
	for _, size := range sizes {
		of.Conversations, of.End = size, time.Now()
		s := open(b, of)
		for _, a := range DeskAsks {
			b.Run(fmt.Sprintf("%d/%s", size, a.What), func(b *testing.B) {
				Slowest(b, func(n int) error {
					return s.View(b.Context(), func(tx inbox.Reader) error { return a.Ask(tx, of, n) })
				})
			})
		}
	}
}
