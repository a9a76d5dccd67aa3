package inbox

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tongdai/kb"
)

// reachWords are how docs/operate/rights.md writes how far a right goes.
var reachWords = map[reach]string{
	none: "—", own: "của mình", departments: "đơn vị mình chủ trì", contributing: "đơn vị mình chủ trì hoặc phối hợp", everywhere: "tất cả",
}

// The policy that people read is the one that the program follows.
func TestPolicyIsWrittenForPeople(t *testing.T) {
	written, err := os.ReadFile("../docs/operate/rights.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\|.*\\| `([a-z_.]+)` \\|$").FindAllStringSubmatch(string(written), -1) {
		rows[row[1]] = row[0]
	}
	for _, r := range policy {
		cells := []string{r.title}
		for _, far := range r.reach {
			cells = append(cells, reachWords[far])
		}
		want := "| " + strings.Join(append(cells, "`"+string(r.op)+"`"), " | ") + " |"
		if rows[string(r.op)] != want {
			t.Errorf("docs/operate/rights.md has\n%s\nbut the policy is\n%s", rows[string(r.op)], want)
		}
		delete(rows, string(r.op))
	}
	for _, row := range rows {
		t.Errorf("docs/operate/rights.md has a right that the policy does not know:\n%s", row)
	}
}

func TestPolicyIsWhole(t *testing.T) {
	var seen []Operation
	for _, r := range policy {
		if slices.Contains(seen, r.op) || r.title == "" {
			t.Errorf("%s has two lines, or no title", r.op)
		}
		seen = append(seen, r.op)
		if r.reach[0] != slices.Max(r.reach[:]) {
			t.Errorf("%s: somebody may do more than administrators", r.op)
		}
		for i, role := range Roles {
			if far := r.reach[i]; role != Staff && (far == departments || far == contributing) {
				t.Errorf("%s: %s have no departments", r.op, role)
			}
		}
	}
}

// What every role may and may not do with a conversation, said once more without
// the table.
func TestRightsOverConversations(t *testing.T) {
	c := Conversation{ID: "c", Department: "so-y-te", Contributing: []kb.DepartmentID{"so-tai-chinh"}}
	desk := Conversation{ID: "d"}
	as := func(role Role, of ...kb.DepartmentID) Actor {
		return Actor{Member: Member{ID: "m", Role: role, Departments: of}}
	}
	disabled := as(Admin)
	disabled.Member.Disabled = true
	for _, tt := range []struct {
		who                         string
		actor                       Actor
		c                           Conversation
		see, personal, note, answer bool
	}{
		{"an operator", as(Operator), c, true, true, true, true},
		{"a viewer", as(Viewer), c, true, false, false, false},
		{"staff of the department in charge", as(Staff, "so-y-te"), c, true, true, true, true},
		{"staff of a department asked to contribute", as(Staff, "so-tai-chinh"), c, true, true, true, false},
		{"staff of both", as(Staff, "so-tai-chinh", "so-y-te"), c, true, true, true, true},
		{"staff of another department", as(Staff, "so-xay-dung"), c, false, false, false, false},
		{"staff of no department, over what is the desk's", as(Staff, ""), desk, false, false, false, false},
		{"an unknown role", as("janitor"), c, false, false, false, false},
		{"who is disabled", disabled, c, false, false, false, false},
		{"nobody", Actor{}, c, false, false, false, false},
		{"a token of an administrator, without scope", Actor{Member: as(Admin).Member, grant: &grant{}}, c, false, false, false, false},
		{"a token that may see", Actor{Member: as(Admin).Member, grant: &grant{scope: []Operation{SeeConversation}}}, c, true, false, false, false},
		{"a token of the department in charge", Actor{Member: as(Admin, "so-y-te").Member,
			grant: &grant{scope: []Operation{SeeConversation, AnswerConversation, SeeStuck}, within: true}}, c, true, false, false, true},
		{"a token of another department", Actor{Member: as(Admin, "so-xay-dung").Member,
			grant: &grant{scope: []Operation{SeeConversation, AnswerConversation}, within: true}}, c, false, false, false, false},
	} {
		got := [4]bool{tt.actor.MayWith(SeeConversation, tt.c), tt.actor.MayWith(SeePersonal, tt.c), tt.actor.MayWith(NoteConversation, tt.c), tt.actor.MayWith(AnswerConversation, tt.c)}
		if want := [4]bool{tt.see, tt.personal, tt.note, tt.answer}; got != want {
			t.Errorf("%s: sees, sees persons, notes, answers = %v, want %v", tt.who, got, want)
		}
		if tt.actor.grant != nil && (tt.actor.May(SeeStuck) || tt.actor.May(KeepAccount)) {
			t.Errorf("%s may more than a department's staff, or what is a person's own", tt.who)
		}
	}
}

func TestVeil(t *testing.T) {
	for text, want := range map[string]string{
		"gọi 0912 345 678 nhé":          "gọi •••• ••• 678 nhé",
		"+84912345678":                  "+••••••••678",
		"CCCD 038095001234.":            "CCCD •••••••••234.",
		"thư nguyen.van.a@gmail.com ạ":  "thư n•••@gmail.com ạ",
		"đường-dây 1900 1022, 18001022": "đường-dây 1900 1022, 18001022",
		"phiếu TH-261121-0042":          "phiếu TH-261121-0042",
		"ngày 22/11/2026 lúc 14:30":     "ngày 22/11/2026 lúc 14:30",
		"lương 5.500.000 đồng":          "lương 5.500.000 đồng",
		"ư@xã.vn và 0237.3852.123":      "ư•••@xã.vn và ••••.••••.123",
		"":                              "",
	} {
		if got := veil(text); got != want {
			t.Errorf("veil(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestHearing(t *testing.T) {
	row := Conversation{ID: "c", Department: "so-y-te"}
	staff := Actor{Member: Member{ID: "m", Role: Staff, Departments: []kb.DepartmentID{"so-y-te"}}}
	other := Actor{Member: Member{ID: "o", Role: Staff, Departments: []kb.DepartmentID{"so-xay-dung"}}}
	viewer := Actor{Member: Member{ID: "v", Role: Viewer}}
	for _, tt := range []struct {
		what  string
		actor Actor
		h     Happening
		want  Hearing
	}{
		{"a message of one's own department", staff, Happening{Event: Event{Kind: MessageAdded, Conversation: "c", Department: "so-y-te"}, Row: row}, HearsAll},
		{"a message of another department", other, Happening{Event: Event{Kind: MessageAdded, Conversation: "c", Department: "so-y-te"}, Row: row}, HearsNothing},
		{"a matter that leaves", other, Happening{Event: Event{Kind: ConversationChanged, Conversation: "c", Department: "so-xay-dung"}, Row: row}, HearsItGo},
		{"who reads another department's matter", other, Happening{Event: Event{Kind: MemberPresent, Conversation: "c", Department: "so-y-te", Member: "m"}, Row: row}, HearsNothing},
		{"one's own notice", staff, Happening{Event: Event{Kind: NoticeAdded, Conversation: "c", Member: "m"}, Row: row}, HearsOf},
		{"another's notice, even of a matter one sees", viewer, Happening{Event: Event{Kind: NoticeAdded, Conversation: "c", Member: "m"}, Row: row}, HearsNothing},
		{"new knowledge", viewer, Happening{Event: Event{Kind: KnowledgeChanged}}, HearsOf},
		{"new ready answers, for who never answers", viewer, Happening{Event: Event{Kind: AnswersChanged}}, HearsNothing},
		{"something the policy does not know", staff, Happening{Event: Event{Kind: "new", Conversation: "c"}, Row: row}, HearsNothing},
		{"anything, to nobody", Actor{}, Happening{Event: Event{Kind: KnowledgeChanged}}, HearsNothing},
	} {
		if got := tt.actor.Hears(tt.h); got != tt.want {
			t.Errorf("%s: heard %d, want %d", tt.what, got, tt.want)
		}
	}
}
