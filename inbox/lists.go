package inbox

import (
	"fmt"
	"math"
	"time"

	"tongdai/connectors"
	"tongdai/kb"
)

// ListID names a list of conversations. Which lists a conversation stands in,
// and where, is said here once for every store: a store only keeps the rows of
// Placements in order, so that a page costs the same at any size.
type ListID string

// The lists of the whole house. Each is also kept per Department (see
// OfDepartment), so that staff read no row of another's.
const (
	AllList        ListID = "all"        // newest first
	OpenList       ListID = "open"       // with people and not resolved; what needs a person first
	UnassignedList ListID = "unassigned" // of those, nobody's yet
	UrgentList     ListID = "urgent"     // of those, urgent
	BotList        ListID = "bot"        // open, the bot answers; newest first
	ResolvedList   ListID = "resolved"   // newest first
)

// OfDepartment is the part of l that belongs to one department.
func OfDepartment(l ListID, d kb.DepartmentID) ListID {
	return ListID("department/" + string(d) + "/" + string(l))
}

// OfChannel lists what came by one channel, newest first.
func OfChannel(c connectors.ChannelID) ListID { return ListID("channel/" + string(c)) }

// OfMember lists the open conversations a member has taken.
func OfMember(m MemberID) ListID { return ListID("member/" + string(m)) }

// OfContact lists all conversations of a person, newest first.
func OfContact(c ContactID) ListID { return ListID("contact/" + string(c)) }

// Live holds the open conversation of a person in one thread of a channel: one
// at most.
func Live(channel connectors.ChannelID, remote, thread connectors.RemoteID) ListID {
	return ListID(fmt.Sprintf("live/%s/%q/%q", channel, remote, thread))
}

// Visits lists all conversations of a person on a channel, newest first.
func Visits(channel connectors.ChannelID, remote connectors.RemoteID) ListID {
	return ListID(fmt.Sprintf("visits/%s/%q", channel, remote))
}

// Placement is a conversation's place in one list: rows are read in ascending
// order of Rank, then of conversation id.
type Placement struct {
	List  ListID
	Rank  string
	Alone bool // a second conversation in that list is refused
}

// Placements returns where c stands. A department's staff find what is theirs
// under the same names.
func Placements(c Conversation) []Placement {
	newest, needed, born := newestFirst(c.LastAt), neededFirst(c), newestFirst(c.CreatedAt)
	house := []Placement{{List: AllList, Rank: newest}}
	switch {
	case c.Status == Resolved:
		house = append(house, Placement{List: ResolvedList, Rank: newestFirst(c.ResolvedAt)})
	case c.Handler == ByBot:
		house = append(house, Placement{List: BotList, Rank: newest})
	default:
		house = append(house, Placement{List: OpenList, Rank: needed})
		if c.Assignee == "" {
			house = append(house, Placement{List: UnassignedList, Rank: needed})
		}
		if c.Urgent {
			house = append(house, Placement{List: UrgentList, Rank: needed})
		}
	}
	all := house
	if c.Department != "" {
		for _, p := range house {
			all = append(all, Placement{List: OfDepartment(p.List, c.Department), Rank: p.Rank})
		}
	}
	all = append(all,
		Placement{List: OfChannel(c.Channel), Rank: newest},
		Placement{List: OfContact(c.Contact), Rank: born},
		Placement{List: Visits(c.Channel, c.Remote), Rank: born})
	if c.Status == Open {
		all = append(all, Placement{List: Live(c.Channel, c.Remote, c.Thread), Rank: born, Alone: true})
		if c.Assignee != "" {
			all = append(all, Placement{List: OfMember(c.Assignee), Rank: needed})
		}
	}
	return all
}

// neededFirst ranks urgent before waiting before the rest; among those who
// wait, the longest wait first.
func neededFirst(c Conversation) string {
	switch {
	case c.NeedsPeople() && c.Urgent:
		return "0" + oldestFirst(c.WaitingSince)
	case c.NeedsPeople():
		return "1" + oldestFirst(c.WaitingSince)
	case c.Urgent:
		return "2" + newestFirst(c.LastAt)
	default:
		return "3" + newestFirst(c.LastAt)
	}
}

func oldestFirst(t time.Time) string { return fmt.Sprintf("%016x", uint64(max(t.UnixMilli(), 0))) }

func newestFirst(t time.Time) string {
	return fmt.Sprintf("%016x", uint64(math.MaxInt64-max(t.UnixMilli(), 0)))
}
