package inbox_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/inbox"
	"tongdai/kb/sheet"
)

// The bubble's clock begins on Saturday 1 January 2000 at 07:00 in Vietnam, when
// the night ends and the day begins.
const (
	today    = "2000-01-01"
	tomorrow = "2000-01-02"
)

var regimes = []inbox.Regime{
	{ID: "day", Name: "Ca ngày", From: 7 * time.Hour, Until: 17 * time.Hour, Least: 2, ByLevel: [4]int{5, 5, 9, 9}},
	{ID: "night", Name: "Ca đêm", From: 17 * time.Hour, Until: 7 * time.Hour, Least: 2},
}

// hang and tuan are further operators.
var (
	hang = member("hang", inbox.Operator)
	tuan = member("tuan", inbox.Operator)
)

// dutyHub is another node over the rig's store.
func (r *rig) dutyHub() *inbox.Hub {
	r.Helper()
	hub, err := inbox.New(inbox.Parts{
		Store: r.store, Bot: r.bot, Knowledge: r.bot, Directory: r.names, Regimes: regimes,
		Connectors: []connectors.Connector{r.platform, r.chat}, Log: slog.New(slog.DiscardHandler),
	}, inbox.Config{LeaseTime: r.lease})
	if err != nil {
		r.Fatal(err)
	}
	return hub
}

// onDuty runs a test with members and a hub that keeps a roster and does not work
// until start.
func onDuty(t *testing.T, test func(r *rig)) {
	t.Helper()
	idle(t, func(r *rig) {
		r.people()
		r.write(func(tx inbox.Writer) error {
			if err := tx.PutMember(hang.Member); err != nil {
				return err
			}
			return tx.PutMember(tuan.Member)
		})
		r.hub = r.dutyHub()
		test(r)
	})
}

func in(day string, regime inbox.RegimeID, who ...inbox.Actor) (out []inbox.NewShift) {
	for _, a := range who {
		out = append(out, inbox.NewShift{Day: day, Regime: regime, Member: a.Member.ID})
	}
	return out
}

// plan previews and applies.
func (r *rig) plan(plan inbox.RosterPlan) inbox.RosterPreview {
	r.Helper()
	p, err := r.hub.PreviewRoster(r.ctx(), boss, plan)
	if err != nil || len(p.Problems) > 0 {
		r.Fatalf("PreviewRoster = %v, %v", p.Problems, err)
	}
	p, err = r.hub.ApplyRoster(r.ctx(), boss, plan, p.Revision)
	if err != nil || len(p.Problems) > 0 || p.Change == "" {
		r.Fatalf("ApplyRoster = %+v, %v", p, err)
	}
	return p
}

func (r *rig) rosters(shifts ...[]inbox.NewShift) inbox.RosterPreview {
	r.Helper()
	return r.plan(inbox.RosterPlan{How: inbox.ByHand, Add: slices.Concat(shifts...)})
}

// refused tells what is wrong with a plan: field or cell, and words.
func (r *rig) refused(plan inbox.RosterPlan) []string {
	r.Helper()
	p, err := r.hub.PreviewRoster(r.ctx(), boss, plan)
	if err != nil {
		r.Fatalf("PreviewRoster: %v", err)
	}
	applied, err := r.hub.ApplyRoster(r.ctx(), boss, plan, p.Revision)
	if err != nil || applied.Change != "" {
		r.Errorf("a plan with problems was applied: %+v, %v", applied, err)
	}
	var out []string
	for _, problem := range p.Problems {
		out = append(out, problem.Field+problem.Cell+": "+problem.Message)
	}
	return out
}

// roster tells who is in which slot: "01 day: lan minh".
func (r *rig) roster(first, last string) (out []string) {
	r.Helper()
	roster, err := r.hub.Roster(r.ctx(), lan, first, last)
	if err != nil {
		r.Fatal(err)
	}
	for _, s := range roster.Slots {
		line := s.From.In(sheet.Zone).Format("02 ") + string(s.Regime) + ":"
		for _, p := range s.People {
			line += " " + string(p.Member)
		}
		out = append(out, line)
	}
	return out
}

func wantLines(t testing.TB, what string, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s:\n\t%s\nwant\n\t%s", what, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func wantWords(t testing.TB, what string, got []string, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %q, want %d", what, got, len(want))
		return
	}
	for i, words := range want {
		if !strings.Contains(got[i], words) {
			t.Errorf("%s: %q, want %q in it", what, got[i], words)
		}
	}
}

func (r *rig) there(at time.Time, want ...inbox.Actor) {
	r.Helper()
	got, err := r.hub.OnDuty(r.ctx(), at)
	if err != nil {
		r.Fatal(err)
	}
	var ids []inbox.MemberID
	for _, a := range want {
		ids = append(ids, a.Member.ID)
	}
	slices.Sort(got)
	slices.Sort(ids)
	if !slices.Equal(got, ids) {
		r.Errorf("on duty at %s: %v, want %v", at.In(sheet.Zone).Format("02/01 15:04"), got, ids)
	}
}

func at(day, hour, minute int) time.Time {
	return time.Date(2000, 1, day, hour, minute, 0, 0, sheet.Zone)
}

func TestANightBelongsToTheEveningOnWhichItBegins(t *testing.T) {
	onDuty(t, func(r *rig) {
		r.rosters(in(today, "day", lan, minh), in(today, "night", hang, tuan), in(tomorrow, "day", lan))
		r.there(at(1, 16, 59), lan, minh)
		r.there(at(1, 17, 0), hang, tuan)
		r.there(at(1, 23, 59), hang, tuan)
		r.there(at(2, 0, 0), hang, tuan)
		r.there(at(2, 6, 59), hang, tuan)
		r.there(at(2, 7, 0), lan)
		r.there(at(2, 17, 0))
		wantLines(t, "the roster", r.roster(today, tomorrow), "01 day: lan minh", "01 night: hang tuan", "02 day: lan", "02 night:")
	})
}

func TestWhatCannotBeInTheRosterIsNamed(t *testing.T) {
	onDuty(t, func(r *rig) {
		if _, err := r.hub.AddLeave(r.ctx(), boss, tuan.Member.ID, tomorrow, tomorrow, "phép năm"); err != nil {
			t.Fatal(err)
		}
		gone := minh.Member
		gone.Disabled = true
		r.write(func(tx inbox.Writer) error { return tx.PutMember(gone) })
		r.rosters(in(tomorrow, "night", lan))

		hand := func(add ...inbox.NewShift) inbox.RosterPlan { return inbox.RosterPlan{How: inbox.ByHand, Add: add} }
		for what, test := range map[string]struct {
			plan inbox.RosterPlan
			want string
		}{
			"a day that is over":            {hand(in("1999-12-30", "day", lan)...), "add.0.day: Ca ngày 30/12 (07:00–17:00) đã qua"},
			"no day":                        {hand(in("mai", "day", lan)...), "add.0.day: Hãy nhập ngày"},
			"a regime nobody knows":         {hand(in(tomorrow, "noon", lan)...), "add.0.regime: "},
			"a member on leave":             {hand(in(tomorrow, "day", tuan)...), "add.0.member: Cán bộ tuan không trực được Ca ngày 02/01 (07:00–17:00): đang nghỉ phép"},
			"a night that ends in a leave":  {hand(in(today, "night", tuan)...), "đang nghỉ phép"},
			"a closed account":              {hand(in(tomorrow, "day", minh)...), "đã ngừng hoạt động"},
			"staff of a department":         {hand(in(tomorrow, "day", doctor)...), "vai trò này không trực"},
			"nobody":                        {hand(inbox.NewShift{Day: tomorrow, Regime: "day"}), "không có tài khoản này"},
			"twice in one slot":             {hand(in(tomorrow, "day", hang, hang)...), "add.1.member: Cán bộ hang không trực được Ca ngày 02/01 (07:00–17:00): đã có trong Ca ngày 02/01"},
			"a slot one is in already":      {hand(in(tomorrow, "night", lan)...), "đã có trong Ca đêm 02/01"},
			"a shift that is not there":     {inbox.RosterPlan{How: inbox.ByHand, Remove: []string{"x"}}, "remove.0: "},
			"a role nobody knows":           {hand(inbox.NewShift{Day: tomorrow, Regime: "day", Member: lan.Member.ID, Role: "boss"}), "add.0.role: "},
			"a note longer than any may be": {hand(inbox.NewShift{Day: tomorrow, Regime: "day", Member: lan.Member.ID, Note: strings.Repeat("a", 100_000)}), "add.0.note: "},
		} {
			wantWords(t, what, r.refused(test.plan), test.want)
		}
		wantLines(t, "the roster", r.roster(tomorrow, tomorrow), "02 day:", "02 night: lan")
	})
}

func TestOverlappingRegimesAreWarnedOf(t *testing.T) {
	onDuty(t, func(r *rig) {
		// The regimes were others once: a shift that was made then lasts into the night.
		r.write(func(tx inbox.Writer) error {
			_, err := inbox.Shifts.Put(tx, inbox.Kept[inbox.Shift]{ID: "20000101T0700.old.lan", Value: inbox.Shift{
				From: at(1, 14, 0), Until: at(1, 22, 0), Regime: "old", Member: lan.Member.ID,
			}})
			return err
		})
		seen := r.rosters(in(today, "night", lan))
		wantWords(t, "a night that begins before the old shift ends", seen.Warnings, "Cán bộ lan, Ca đêm 01/01 (17:00–07:00): trùng giờ với old 01/01 (14:00–22:00)")
		wantLines(t, "what has no regime any more keeps its place", r.roster(today, today), "01 day:", "01 old: lan", "01 night: lan")
	})
}

func TestWhoeverMakesTheRosterIsWarnedOfTooLittleRest(t *testing.T) {
	onDuty(t, func(r *rig) {
		plan := func(shifts ...[]inbox.NewShift) inbox.RosterPlan {
			return inbox.RosterPlan{How: inbox.ByHand, Add: slices.Concat(shifts...)}
		}
		rested := plan(in(tomorrow, "day", lan), in("2000-01-03", "day", lan), in(tomorrow, "night", hang), in("2000-01-03", "night", hang))
		rested.Add[3].Role = inbox.ReserveShift // stays at home
		wantWords(t, "14 hours between two days", r.plan(rested).Warnings)

		tight := plan(in("2000-01-03", "night", lan), in("2000-01-04", "night", lan))
		wantWords(t, "a night after a day", r.plan(tight).Warnings, "Cán bộ lan, Ca đêm 03/01 (17:00–07:00): làm liền với Ca ngày 03/01 (07:00–17:00), không được nghỉ",
			"Cán bộ lan, Ca đêm 04/01 (17:00–07:00): chỉ nghỉ 10 giờ trước hoặc sau Ca đêm 03/01")
		roster, err := r.hub.Roster(r.ctx(), boss, "2000-01-03", "2000-01-03")
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range roster.Slots {
			for _, p := range s.People {
				if strained := p.Warning != ""; strained != (p.Member == lan.Member.ID) || p.Problem != "" {
					t.Errorf("%s in %s: %q, %q", p.Member, s.Regime, p.Warning, p.Problem)
				}
			}
		}
		short := plan(in("2000-01-06", "day", tuan))
		r.write(func(tx inbox.Writer) error {
			_, err := inbox.Shifts.Put(tx, inbox.Kept[inbox.Shift]{ID: "20000105T1500.late.tuan", Value: inbox.Shift{
				From: at(5, 15, 0), Until: at(5, 22, 30), Regime: "late", Member: tuan.Member.ID,
			}})
			return err
		})
		wantWords(t, "an evening before a day", r.plan(short).Warnings, "chỉ nghỉ 8 giờ 30 phút trước hoặc sau late 05/01 (15:00–22:30), cần ít nhất 12 giờ")
	})
}

func TestOfTwoWhoChangeTheRosterTheSecondLooksAgain(t *testing.T) {
	onDuty(t, func(r *rig) {
		plan := inbox.RosterPlan{How: inbox.ByHand, Add: in(tomorrow, "day", lan)}
		seen, err := r.hub.PreviewRoster(r.ctx(), boss, plan)
		if err != nil {
			t.Fatal(err)
		}
		r.rosters(in(tomorrow, "day", minh))
		_, err = r.hub.ApplyRoster(r.ctx(), boss, plan, seen.Revision)
		wantError(t, "the second change", err, inbox.ErrConflict)
		wantLines(t, "the roster", r.roster(tomorrow, tomorrow), "02 day: minh", "02 night:")
	})
}

func TestAWeekIsCopiedAndTheCopyUndone(t *testing.T) {
	onDuty(t, func(r *rig) {
		r.rosters(in("2000-01-03", "day", lan, minh), in("2000-01-04", "night", hang), in("2000-01-10", "day", tuan))
		p := r.plan(inbox.RosterPlan{How: inbox.ByCopy, Copy: inbox.WeekCopy{From: "2000-01-05", To: "2000-01-12", Weeks: 2}})
		if len(p.Adding) != 6 || len(p.Removing) != 1 {
			t.Errorf("%d are added and %d removed, want 6 and 1", len(p.Adding), len(p.Removing))
		}
		if len(p.Gaps) != 26 {
			t.Errorf("%d slots will lack people, want all of two weeks but the two that have two", len(p.Gaps))
		}
		week := func(first, last string, want ...string) {
			t.Helper()
			got := slices.DeleteFunc(r.roster(first, last), func(l string) bool { return strings.HasSuffix(l, ":") })
			wantLines(t, first, got, want...)
		}
		week("2000-01-10", "2000-01-16", "10 day: lan minh", "11 night: hang")
		week("2000-01-17", "2000-01-23", "17 day: lan minh", "18 night: hang")

		last, err := r.hub.LastRosterChange(r.ctx(), boss)
		if err != nil || last.ID != p.Change {
			t.Fatalf("the last change is %v, %v", last.ID, err)
		}
		u, err := r.hub.UndoRoster(r.ctx(), boss, p.Change, false)
		if err != nil || !u.Done || u.Removed != 6 || u.Restored != 1 {
			t.Errorf("UndoRoster = %+v, %v", u, err)
		}
		week("2000-01-10", "2000-01-23", "10 day: tuan")
		_, err = r.hub.UndoRoster(r.ctx(), boss, p.Change, false)
		wantError(t, "undoing it twice", err, inbox.ErrConflict)
	})
}

func TestUndoingNamesWhatWasChangedSince(t *testing.T) {
	onDuty(t, func(r *rig) {
		p := r.rosters(in(tomorrow, "day", lan, minh))
		roster, err := r.hub.Roster(r.ctx(), lan, tomorrow, tomorrow)
		if err != nil {
			t.Fatal(err)
		}
		r.plan(inbox.RosterPlan{How: inbox.ByHand, Remove: []string{roster.Slots[0].People[0].ID}, Add: in(tomorrow, "day", hang)})
		u, err := r.hub.UndoRoster(r.ctx(), boss, p.Change, false)
		if err != nil || u.Done {
			t.Errorf("UndoRoster = %+v, %v", u, err)
		}
		wantWords(t, "what stays", u.Left, "Cán bộ lan ở Ca ngày 02/01")
		wantLines(t, "nothing was undone", r.roster(tomorrow, tomorrow), "02 day: hang minh", "02 night:")
		if u, err = r.hub.UndoRoster(r.ctx(), boss, p.Change, true); err != nil || !u.Done || u.Removed != 1 {
			t.Errorf("UndoRoster of the rest = %+v, %v", u, err)
		}
		wantLines(t, "the rest was undone", r.roster(tomorrow, tomorrow), "02 day: hang", "02 night:")
	})
}

func TestTeamsTakeTurns(t *testing.T) {
	onDuty(t, func(r *rig) {
		teams := [][]inbox.MemberID{{"lan"}, {"minh"}, {"hang", "tuan"}}
		r.plan(inbox.RosterPlan{How: inbox.ByRotation, Rotation: inbox.Rotation{From: today, Until: "2000-01-03", Teams: teams}})
		wantLines(t, "the roster", r.roster(today, "2000-01-03"),
			"01 day:", // had begun
			"01 night: minh", "02 day: hang tuan", "02 night: lan", "03 day: minh", "03 night: hang tuan")

		r.plan(inbox.RosterPlan{How: inbox.ByRotation, Rotation: inbox.Rotation{
			From: tomorrow, Until: "2000-01-03", Regimes: []inbox.RegimeID{"day"}, Teams: [][]inbox.MemberID{{"boss"}},
		}})
		wantLines(t, "one regime of it", r.roster(tomorrow, "2000-01-03"),
			"02 day: boss", "02 night: lan", "03 day: boss", "03 night: hang tuan")

		alone := inbox.RosterPlan{How: inbox.ByRotation, Rotation: inbox.Rotation{From: tomorrow, Until: tomorrow, Teams: [][]inbox.MemberID{{"lan"}}}}
		r.plan(alone)
		wantLines(t, "day after night is no overlap", r.roster(tomorrow, tomorrow), "02 day: lan", "02 night: lan")

		if _, err := r.hub.AddLeave(r.ctx(), boss, "minh", "2000-01-05", "2000-01-05", ""); err != nil {
			t.Fatal(err)
		}
		away := inbox.RosterPlan{How: inbox.ByRotation, Rotation: inbox.Rotation{
			From: "2000-01-05", Until: "2000-01-05", Teams: [][]inbox.MemberID{{"lan", "minh"}, {"hang"}},
		}}
		wantWords(t, "a member on leave", r.refused(away), "rotation.teams.0: Cán bộ minh không trực được")
		away.Skip = true
		p := r.plan(away)
		if len(p.Notes) != 1 || !strings.Contains(p.Notes[0].Message, "Bỏ qua Cán bộ minh") {
			t.Errorf("the notes are %v", p.Notes)
		}
		wantLines(t, "without who is on leave", r.roster("2000-01-05", "2000-01-05"), "05 day: lan", "05 night: hang")
	})
}

func TestFormsOfPlansNameTheirFields(t *testing.T) {
	onDuty(t, func(r *rig) {
		for field, plan := range map[string]inbox.RosterPlan{
			"how":              {},
			"add":              {How: inbox.ByHand},
			"copy.from":        {How: inbox.ByCopy, Copy: inbox.WeekCopy{From: "2000-01-03", To: "2000-01-10", Weeks: 1}},
			"copy.to":          {How: inbox.ByCopy, Copy: inbox.WeekCopy{From: "2000-01-03", To: "2000-01-04", Weeks: 1}},
			"copy.weeks":       {How: inbox.ByCopy, Copy: inbox.WeekCopy{From: "2000-01-03", To: "2000-01-10"}},
			"rotation.until":   {How: inbox.ByRotation, Rotation: inbox.Rotation{From: tomorrow, Until: today, Teams: [][]inbox.MemberID{{"lan"}}}},
			"rotation.teams":   {How: inbox.ByRotation, Rotation: inbox.Rotation{From: tomorrow, Until: tomorrow}},
			"rotation.teams.0": {How: inbox.ByRotation, Rotation: inbox.Rotation{From: tomorrow, Until: tomorrow, Teams: [][]inbox.MemberID{{}}}},
			"rotation.regimes": {How: inbox.ByRotation, Rotation: inbox.Rotation{From: tomorrow, Until: tomorrow, Regimes: []inbox.RegimeID{"noon"}, Teams: [][]inbox.MemberID{{"lan"}}}},
		} {
			_, err := r.hub.PreviewRoster(r.ctx(), boss, plan)
			wantInvalid(t, field, err, field)
		}
	})
}

func book(t *testing.T, lines ...[]string) inbox.Workbook {
	t.Helper()
	var out bytes.Buffer
	if err := sheet.WritePlain(&out, "Lịch", nil, lines); err != nil {
		t.Fatal(err)
	}
	return inbox.Workbook{Name: "lich.xlsx", Data: out.Bytes()}
}

func TestARosterComesAsAWorkbook(t *testing.T) {
	onDuty(t, func(r *rig) {
		r.rosters(in(tomorrow, "night", tuan))
		p := r.plan(inbox.RosterPlan{How: inbox.BySheet, File: book(t,
			[]string{"LỊCH TRỰC THÁNG 1"},
			[]string{"Ngày", "Thứ", "Ca ngày", "ca đêm"},
			[]string{"02/01/2000", "Chủ nhật", "Cán bộ lan (trưởng ca)\nMINH", "Cán bộ hang; boss (dự bị)"},
			[]string{"3/1/2000", "Thứ hai", "", "tuan"},
		)})
		if len(p.Adding) != 5 || len(p.Removing) != 1 {
			t.Errorf("%d are added and %d removed, want 5 and 1", len(p.Adding), len(p.Removing))
		}
		wantLines(t, "the roster", r.roster(tomorrow, "2000-01-03"), "02 day: lan minh", "02 night: hang boss", "03 day:", "03 night: tuan")
		r.there(at(2, 8, 0), lan, minh)
		r.there(at(2, 18, 0), hang) // a reserve comes when called

		var out bytes.Buffer
		if err := r.hub.ExportRoster(r.ctx(), boss, tomorrow, "2000-01-04", &out); err != nil {
			t.Fatal(err)
		}
		again, err := r.hub.PreviewRoster(r.ctx(), boss, inbox.RosterPlan{How: inbox.BySheet, File: inbox.Workbook{Name: "lich.xlsx", Data: out.Bytes()}})
		if err != nil || len(again.Problems)+len(again.Adding)+len(again.Removing) > 0 {
			t.Errorf("what was exported changes the roster: %+v, %v", again, err)
		}
	})
}

func TestProblemsOfARosterAreNamedByCell(t *testing.T) {
	onDuty(t, func(r *rig) {
		twin := member("lan2", inbox.Operator).Member
		twin.Name = lan.Member.Name
		r.write(func(tx inbox.Writer) error { return tx.PutMember(twin) })
		if _, err := r.hub.AddLeave(r.ctx(), boss, "tuan", tomorrow, tomorrow, ""); err != nil {
			t.Fatal(err)
		}
		got := r.refused(inbox.RosterPlan{How: inbox.BySheet, File: book(t,
			[]string{"Ngày", "Ca ngày", "Ca trưa", "Ca đêm"},
			[]string{"02/01/2000", "Cán bộ lan", "", "tuan"},
			[]string{"03/01/2000", "Nguyễn Văn Không", "", "hang, hang"},
			[]string{"03/01/2000", "minh", "", ""},
			[]string{"hôm sau", "minh", "", ""},
			[]string{"", "minh", "", ""},
			[]string{"04/01/2000", "doctor", "", "minh"},
		)})
		wantWords(t, "the problems", got,
			"C1: Không có ca 'Ca trưa'",
			"B2: Có 2 cán bộ tên 'Cán bộ lan'; xin ghi tên đăng nhập: lan, lan2.",
			"B3: Không có cán bộ 'Nguyễn Văn Không'",
			"D3: 'hang' được ghi hai lần",
			"A4: ngày 03/01/2000 đã có ở dòng 3",
			"A5: 'hôm sau' không phải là ngày",
			"A6: thiếu ngày",
			"D2: Cán bộ tuan không trực được Ca đêm 02/01 (17:00–07:00): đang nghỉ phép",
			"B7: Cán bộ doctor không trực được",
		)
		for what, file := range map[string]inbox.Workbook{
			"no table":          {Name: "a.xlsx", Data: []byte("PK\x03\x04")},
			"another table":     book(t, []string{"Câu hỏi", "Trả lời"}, []string{"a", "b"}),
			"only days past":    book(t, []string{"Ngày", "Ca ngày"}, []string{"02/12/1999", "lan"}),
			"more than allowed": book(t, []string{"Ngày", "Ca ngày"}, []string{"02/01/2000", "lan"}, []string{"02/06/2000", "lan"}),
		} {
			if got := r.refused(inbox.RosterPlan{How: inbox.BySheet, File: file}); len(got) != 1 {
				t.Errorf("%s: %q", what, got)
			}
		}
	})
}

func TestALevelRaisesWhatASlotNeeds(t *testing.T) {
	onDuty(t, func(r *rig) {
		r.rosters(in(tomorrow, "day", lan, minh))
		needed := func() string {
			roster, err := r.hub.Roster(r.ctx(), lan, tomorrow, tomorrow)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(roster.Level, roster.Slots[0].Needed, roster.Slots[0].Short(), roster.Slots[1].Needed, roster.Slots[1].Short())
		}
		if got := needed(); got != "0 2 0 2 2" {
			t.Errorf("without a level: %s", got)
		}
		if err := r.hub.SetLevel(r.ctx(), boss, 3); err != nil {
			t.Fatal(err)
		}
		if got := needed(); got != "3 9 7 2 2" {
			t.Errorf("at level 3: %s", got)
		}
		wantInvalid(t, "level 5", r.hub.SetLevel(r.ctx(), boss, 5), "level")
	})
}

func TestRightsOfDuty(t *testing.T) {
	onDuty(t, func(r *rig) {
		plan := inbox.RosterPlan{How: inbox.ByHand, Add: in(tomorrow, "day", lan)}
		for what, who := range map[string][]inbox.Actor{
			"see":    {doctor, member("guest", inbox.Viewer)},
			"manage": {doctor, member("guest", inbox.Viewer), lan},
		} {
			for _, a := range who {
				var errs []error
				add := func(err error) { errs = append(errs, err) }
				if what == "see" {
					_, err := r.hub.Roster(r.ctx(), a, today, today)
					add(err)
					_, err = r.hub.DutyNow(r.ctx(), a)
					add(err)
					_, err = r.hub.Gaps(r.ctx(), a)
					add(err)
					_, err = r.hub.Handovers(r.ctx(), a, 5)
					add(err)
					_, err = r.hub.HandOver(r.ctx(), a, "")
					add(err)
					_, err = r.hub.DraftHandover(r.ctx(), a)
					add(err)
					add(r.hub.TakeDuty(r.ctx(), a, nil))
					add(r.hub.StayOnDuty(r.ctx(), a, at(1, 9, 0)))
					add(r.hub.ConfirmHandover(r.ctx(), a, "x"))
					add(r.hub.ExportRoster(r.ctx(), a, today, today, &bytes.Buffer{}))
				} else {
					_, err := r.hub.PreviewRoster(r.ctx(), a, plan)
					add(err)
					_, err = r.hub.ApplyRoster(r.ctx(), a, plan, 0)
					add(err)
					_, err = r.hub.LastRosterChange(r.ctx(), a)
					add(err)
					_, err = r.hub.UndoRoster(r.ctx(), a, "x", false)
					add(err)
					_, err = r.hub.AddLeave(r.ctx(), a, "lan", today, today, "")
					add(err)
					add(r.hub.RemoveLeave(r.ctx(), a, "x"))
					add(r.hub.SetLevel(r.ctx(), a, 1))
				}
				for i, err := range errs {
					wantError(t, fmt.Sprintf("%s %d by %s", what, i, a.Member.Role), err, inbox.ErrForbidden)
				}
			}
		}
	})
}
