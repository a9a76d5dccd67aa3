package configs

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed demo/conversations.yaml
var demoConversations []byte

// DemoScript is who is in the demonstration and what is said in it. The hub
// plays it: citizens' lines go in as messages, the bot answers by itself, and
// members act through the hub as they would at the desk.
type DemoScript struct {
	Members       []DemoMember
	Conversations []DemoConversation
	Desk          DemoDesk `yaml:"-"` // in a file of its own
}

// DemoMember is an account of the demonstration.
type DemoMember struct {
	Login       string
	Name        string
	Role        string // admin, supervisor, operator or staff
	Departments []string
}

// DemoConversation is one invented conversation.
type DemoConversation struct {
	About    string // what it shows; tests and warnings name it by this
	Start    DemoStart
	Name     string // that the visitor gave; empty: an anonymous guest
	Language string // of the visitor's widget; empty: vi
	Steps    []DemoStep
}

// DemoStep is one thing that somebody does. A citizen says or picks something,
// and Gives tells what the bot makes of it; a member (By) does one of the rest.
type DemoStep struct {
	After time.Duration // since the step before

	Say   string
	Pick  string // an entry that was offered, or yes, wrong, person, none
	Gives string // answer ENTRY, clarify, handoff, urgent, chat, or silent while people answer

	By       string // a member's login
	Reply    string
	Note     string
	Transfer string // to a department, or to "desk"; Note then goes with it
	File     string // under a field
	Do       string // take, resolve, reopen, urgent or calm
}

// demoActs are the values of DemoStep.Do.
var demoActs = []string{"take", "resolve", "reopen", "urgent", "calm"}

// DemoStart is when a conversation begins, seen from the moment when the
// demonstration is made: "-2d 08:14" is two days before at that time of day,
// "-25m" is a while before.
type DemoStart struct {
	days  int
	clock time.Duration // since midnight
	ago   time.Duration
}

var demoDay = regexp.MustCompile(`^-([1-9])d ([01][0-9]|2[0-3]):([0-5][0-9])$`)

// UnmarshalText reads either form.
func (s *DemoStart) UnmarshalText(text []byte) error {
	if m := demoDay.FindSubmatch(text); m != nil {
		number := func(i int) int {
			n, _ := strconv.Atoi(string(m[i])) // the pattern has digits only
			return n
		}
		*s = DemoStart{days: number(1), clock: time.Duration(number(2))*time.Hour + time.Duration(number(3))*time.Minute}
		return nil
	}
	ago, err := time.ParseDuration(string(text))
	if err != nil || ago >= 0 {
		return fmt.Errorf(`%q không phải lúc bắt đầu; viết "-2d 08:14" (hai ngày trước, lúc 08:14) hoặc "-25m"`, text)
	}
	*s = DemoStart{ago: -ago}
	return nil
}

// At is the moment meant, for a demonstration made at now.
func (s DemoStart) At(now time.Time) time.Time {
	if s.ago > 0 {
		return now.Add(-s.ago)
	}
	day := now.In(Zone).AddDate(0, 0, -s.days)
	return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, Zone).Add(s.clock)
}

// room is how long a conversation may take so that it ends before now.
func (s DemoStart) room() time.Duration {
	if s.ago > 0 {
		return s.ago
	}
	return time.Duration(s.days)*24*time.Hour - s.clock
}

// Demo is the script that comes with the program. Tests keep it free of
// mistakes, so it does not fail.
func Demo() DemoScript {
	script, err := loadDemo("demo/conversations.yaml", demoConversations)
	if err == nil {
		script.Desk, err = loadDemoDesk("demo/desk.yaml", demoDesk, script)
	}
	if err != nil {
		panic(fmt.Sprintf("configs: demo: %v", err))
	}
	return script
}

// loadDemo reads a script; the error is Problems, all of them.
func loadDemo(file string, text []byte) (DemoScript, error) {
	var script DemoScript
	d := decoder{file: file}
	d.decode(text, &script)
	unread := d.problems
	found := script.problems()
	found.locate(file, d.lines)
	for _, p := range found {
		if !unread.cover(p) {
			d.problems = append(d.problems, p)
		}
	}
	if err := d.problems.asError(); err != nil {
		return DemoScript{}, err
	}
	return script, nil
}

func (s DemoScript) problems() Problems {
	var ps Problems
	logins := map[string]bool{}
	for i, m := range s.Members {
		key := fmt.Sprintf("members[%d]", i)
		if m.Login == "" || m.Name == "" || m.Role == "" {
			ps.add(key, "cần đủ login, name và role")
		}
		if logins[m.Login] {
			ps.add(key+".login", "%q đã có người dùng", m.Login)
		}
		logins[m.Login] = true
	}
	about := map[string]bool{}
	for i, c := range s.Conversations {
		key := fmt.Sprintf("conversations[%d]", i)
		if c.About == "" || about[c.About] {
			ps.add(key+".about", "cần một lời giới thiệu riêng, không trùng")
		}
		about[c.About] = true
		c.problems(&ps, key, logins)
	}
	return ps
}

func (c DemoConversation) problems(ps *Problems, key string, logins map[string]bool) {
	if c.Start == (DemoStart{}) {
		ps.add(key, `thiếu start: lúc bắt đầu, như "-2d 08:14" hoặc "-25m"`)
	}
	if len(c.Steps) == 0 || c.Steps[0].Say == "" {
		ps.add(key, "phải bắt đầu bằng lời của người dân (say)")
	}
	var took time.Duration
	for i, step := range c.Steps {
		at := fmt.Sprintf("%s.steps[%d]", key, i)
		took += step.After
		if step.After < 0 || (i > 0 && step.After == 0) {
			ps.add(at+".after", "phải sau bước trước một khoảng, như 40s")
		}
		step.problems(ps, at, logins)
	}
	if took >= c.Start.room() {
		ps.add(key+".start", "các bước kéo dài %v, quá lúc tạo bản demo", took)
	}
}

func (s DemoStep) problems(ps *Problems, key string, logins map[string]bool) {
	var acts []string
	for _, a := range []struct{ name, value string }{
		{"say", s.Say}, {"pick", s.Pick}, {"reply", s.Reply}, {"transfer", s.Transfer}, {"file", s.File}, {"do", s.Do},
	} {
		if a.value != "" {
			acts = append(acts, a.name)
		}
	}
	if s.Note != "" && s.Transfer == "" {
		acts = append(acts, "note")
	}
	if len(acts) != 1 {
		ps.add(key, "mỗi bước làm đúng một việc: say, pick, reply, note, transfer, file hoặc do; ở đây có %d: %s", len(acts), strings.Join(acts, ", "))
		return
	}
	if citizen := s.Say != "" || s.Pick != ""; citizen {
		s.citizenProblems(ps, key)
		return
	}
	if !logins[s.By] {
		ps.add(key, "%s là việc của cán bộ: by phải là một login trong members, không phải %q", acts[0], s.By)
	}
	if s.Gives != "" {
		ps.add(key+".gives", "chỉ đi với say hoặc pick")
	}
	if s.Do != "" && !slices.Contains(demoActs, s.Do) {
		ps.add(key+".do", "%q không có; dùng %s", s.Do, strings.Join(demoActs, ", "))
	}
}

var demoGives = regexp.MustCompile(`^(answer [A-Z0-9]+|clarify|handoff|urgent|chat|silent)$`)

func (s DemoStep) citizenProblems(ps *Problems, key string) {
	if s.By != "" {
		ps.add(key+".by", "say và pick là việc của người dân")
	}
	if !demoGives.MatchString(s.Gives) {
		ps.add(key, "gives %q không hợp lệ; ghi kết quả mong đợi: answer MÃ, clarify, handoff, urgent, chat hoặc silent", s.Gives)
	}
}
