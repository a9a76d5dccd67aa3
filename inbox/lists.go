package inbox

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
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
	ResolvedList   ListID = "resolved"   // answered or given up; newest first
	PromisedList   ListID = "promised"   // open, an answer is owed to the citizen; the soonest due first
	OverdueList    ListID = "overdue"    // open, something was not done in time; the longest overdue first
	SnoozedList    ListID = "snoozed"    // put to sleep; the first to wake first
	ScreenedList   ListID = "screened"   // put aside as spam and the like; newest first
	// ContributingList is kept for departments only: open matters of another that
	// they were asked to contribute to.
	ContributingList ListID = "contributing"
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

// OfIncident lists the reports of one incident, newest first.
func OfIncident(i IncidentID) ListID { return ListID("incident/" + string(i)) }

// OfLabel lists what carries a label, newest first.
func OfLabel(label string) ListID { return ListID("label/" + label) }

// Live holds the open conversation of a person in one thread of a channel: one
// at most.
func Live(channel connectors.ChannelID, remote, thread connectors.RemoteID) ListID {
	return ListID("live/" + string(channel) + "/" + strconv.Quote(string(remote)) + "/" + strconv.Quote(string(thread)))
}

// Visits lists all conversations of a person on a channel, newest first.
func Visits(channel connectors.ChannelID, remote connectors.RemoteID) ListID {
	return ListID("visits/" + string(channel) + "/" + strconv.Quote(string(remote)))
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
	case c.Status == Resolved && c.Ending.Screened():
		house = append(house, Placement{List: ScreenedList, Rank: newestFirst(c.ResolvedAt)})
	case c.Status == Resolved:
		house = append(house, Placement{List: ResolvedList, Rank: newestFirst(c.ResolvedAt)})
	case c.Handler == ByBot:
		house = append(house, Placement{List: BotList, Rank: newest})
	case !c.SnoozedUntil.IsZero():
		house = append(house, Placement{List: SnoozedList, Rank: oldestFirst(c.SnoozedUntil)})
	default:
		house = append(house, Placement{List: OpenList, Rank: needed})
		if c.Assignee == "" {
			house = append(house, Placement{List: UnassignedList, Rank: needed})
		}
		if c.Urgent {
			house = append(house, Placement{List: UrgentList, Rank: needed})
		}
	}
	if c.Status == Open && !c.PromisedBy.IsZero() {
		house = append(house, Placement{List: PromisedList, Rank: oldestFirst(c.PromisedBy)})
	}
	if c.Status == Open && c.Overdue {
		house = append(house, Placement{List: OverdueList, Rank: oldestFirst(c.Due)})
	}
	all := house
	if c.Department != "" {
		for _, p := range house {
			all = append(all, Placement{List: OfDepartment(p.List, c.Department), Rank: p.Rank})
		}
	}
	for _, d := range c.Contributing {
		if d == c.Department {
			continue
		}
		all = append(all, Placement{List: OfDepartment(AllList, d), Rank: newest})
		if c.Status == Open {
			all = append(all, Placement{List: OfDepartment(ContributingList, d), Rank: needed})
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
	if c.Incident != "" {
		all = append(all, Placement{List: OfIncident(c.Incident), Rank: born})
	}
	for _, label := range c.Labels {
		all = append(all, Placement{List: OfLabel(label), Rank: newest})
		for _, d := range append([]kb.DepartmentID{c.Department}, c.Contributing...) {
			if d != "" {
				all = append(all, Placement{List: OfDepartment(OfLabel(label), d), Rank: newest})
			}
		}
	}
	return all
}

// neededFirst ranks urgent before overdue before waiting before the rest; among
// those who wait, the longest wait first. What sleeps is the last.
func neededFirst(c Conversation) string {
	switch {
	case !c.SnoozedUntil.IsZero():
		return "5" + oldestFirst(c.SnoozedUntil)
	case c.NeedsPeople() && c.Urgent:
		return "0" + oldestFirst(c.WaitingSince)
	case c.Overdue:
		return "1" + oldestFirst(c.Due)
	case c.NeedsPeople():
		return "2" + oldestFirst(c.WaitingSince)
	case c.Urgent:
		return "3" + newestFirst(c.LastAt)
	default:
		return "4" + newestFirst(c.LastAt)
	}
}

func oldestFirst(t time.Time) string { return ranked(uint64(max(t.UnixMilli(), 0))) }

func newestFirst(t time.Time) string { return ranked(math.MaxInt64 - uint64(max(t.UnixMilli(), 0))) }

// ranked is a number as a text that sorts as numbers do. Every write of a
// conversation asks for several.
func ranked(n uint64) string { return hex.EncodeToString(binary.BigEndian.AppendUint64(nil, n)) }
