package configs

import (
	_ "embed"
	"fmt"
	"slices"
	"time"
)

//go:embed demo/desk.yaml
var demoDesk []byte

// DemoDesk is how the desk of the demonstration is furnished once the
// conversations have been played: everything that members would have made. Its
// empty value furnishes nothing. Conversations are named by their About.
type DemoDesk struct {
	Members       []DemoMember // besides those of the script
	Conversations []DemoConversation
	Roster        DemoRoster
	Labels        []DemoLabel
	Views         []DemoView
	Promises      []DemoPromise
	Incident      DemoIncident
}

// DemoRoster is who is on duty from now on.
type DemoRoster struct {
	Teams [][]string // logins; the first team is there now, and its first member leads
	Days  int        // planned ahead
	Leave DemoLeave
}

// DemoLeave opens a gap in the roster.
type DemoLeave struct {
	Member string
	After  int // days
	Note   string
}

// DemoLabel is a label with what carries it.
type DemoLabel struct {
	Name   string
	Colour string
	On     []string
}

// DemoView is a saved view: of a label, or of a list narrowed down.
type DemoView struct {
	Name   string
	By     string // a login
	View   string // a list; empty: of the label
	Label  string
	Field  string
	Urgent bool
	Shared bool
}

// DemoPromise is an answer promised to a citizen.
type DemoPromise struct {
	On   string
	By   string
	In   time.Duration // from the making of the demonstration on
	Text string
}

// DemoIncident gathers reports of one happening.
type DemoIncident struct {
	Title string
	By    string
	On    []string
}

// loadDemoDesk reads the furniture of a script; the error is Problems.
func loadDemoDesk(file string, text []byte, script DemoScript) (DemoDesk, error) {
	var desk DemoDesk
	d := decoder{file: file}
	d.decode(text, &desk)
	found := desk.problems(script)
	found.locate(file, d.lines)
	d.problems = append(d.problems, found...)
	return desk, d.problems.asError()
}

// problems are those of the whole that script and desk make together.
func (desk DemoDesk) problems(script DemoScript) Problems {
	var ps Problems
	logins, known := map[string]bool{}, map[string]bool{}
	for _, m := range slices.Concat(script.Members, desk.Members) {
		logins[m.Login] = true
	}
	for _, c := range script.Conversations {
		known[c.About] = true
	}
	for i, c := range desk.Conversations {
		if known[c.About] {
			ps.add(fmt.Sprintf("conversations[%d].about", i), "%q đã có", c.About)
		}
		known[c.About] = true
		c.problems(&ps, fmt.Sprintf("conversations[%d]", i), logins)
	}
	member := func(key, login string) {
		if !logins[login] {
			ps.add(key, "không có cán bộ %q", login)
		}
	}
	conversation := func(key, about string) {
		if !known[about] {
			ps.add(key, "không có cuộc hội thoại %q", about)
		}
	}
	for i, team := range desk.Roster.Teams {
		for _, login := range team {
			member(fmt.Sprintf("roster.teams[%d]", i), login)
		}
	}
	for i, l := range desk.Labels {
		for _, about := range l.On {
			conversation(fmt.Sprintf("labels[%d].on", i), about)
		}
	}
	for i, v := range desk.Views {
		member(fmt.Sprintf("views[%d].by", i), v.By)
	}
	for i, p := range desk.Promises {
		key := fmt.Sprintf("promises[%d]", i)
		member(key+".by", p.By)
		conversation(key+".on", p.On)
	}
	for _, about := range desk.Incident.On {
		conversation("incident.on", about)
	}
	return ps
}
