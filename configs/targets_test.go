package configs

import (
	"strings"
	"testing"

	"tongdai/inbox/directory"
)

func TestTermsAreCountedInTheTimeOfWhoHasToKeepThem(t *testing.T) {
	data := ShippedData()
	office, desk, always := data.weekOf("so-gddt"), data.weekOf(""), data.weekOf("cdc")
	for _, c := range []struct {
		name, term, from, want string
		week                   workWeek
	}{
		{"minutes of the clock", "30 minutes", "2026-11-20 16:50", "2026-11-20 17:20", office},
		{"days of the calendar run through the weekend", "2 days", "2026-11-20 16:50", "2026-11-22 16:50", office},
		{"working hours within a morning", "2 working hours", "2026-11-20 08:00", "2026-11-20 10:00", office},
		{"working hours stop over noon", "4 working hours", "2026-11-20 08:00", "2026-11-20 14:00", office},
		{"working hours from Friday evening are Monday's", "4 working hours", "2026-11-20 17:30", "2026-11-23 11:30", office},
		{"working hours that end with the day end there", "3 working hours", "2026-11-20 14:00", "2026-11-20 17:00", office},
		{"working days skip the weekend", "3 working days", "2026-11-13 09:15", "2026-11-18 09:15", office},
		{"a working day from the weekend begins on Monday", "1 working day", "2026-11-14 10:00", "2026-11-17 07:30", office},
		{"working days skip Tết", "1 working day", "2026-02-13 09:00", "2026-02-23 09:00", office},
		{"the desk works through the night", "4 working hours", "2026-11-20 23:00", "2026-11-21 03:00", desk},
		{"the desk works through Tết", "1 working day", "2026-02-15 09:00", "2026-02-16 09:00", desk},
		{"who works always counts on", "3 working days", "2026-11-20 09:15", "2026-11-23 09:15", always},
	} {
		t.Run(c.name, func(t *testing.T) {
			var term Term
			if err := term.UnmarshalText([]byte(c.term)); err != nil {
				t.Fatal(err)
			}
			if got, want := data.after(term, c.week, at(c.from)), at(c.want); !got.Equal(want) {
				t.Errorf("%s from %s ends %s, want %s", c.term, c.from, got.In(Zone).Format("2006-01-02 15:04"), c.want)
			}
		})
	}
}

func TestTheLastTargetThatFitsCounts(t *testing.T) {
	data := ShippedData()
	morning := at("2026-11-20 09:00")
	for _, c := range []struct {
		name   string
		step   Step
		urgent bool
		field  string
		want   string
	}{
		{"the general one, past the holiday of the 24th", Result, false, "giao-thong", "2026-11-26 09:00"},
		{"a field of its own", Result, false, "suc-khoe", "2026-11-21 09:00"}, // so-y-te works always
		{"what the field leaves open is general", PassOn, false, "suc-khoe", "2026-11-20 09:30"},
		{"urgent comes last", Result, true, "suc-khoe", "2026-11-20 11:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			department := "so-gddt"
			if c.field == "suc-khoe" {
				department = "so-y-te"
			}
			got := data.Due(c.step, c.urgent, directory.FieldID(c.field), directory.DepartmentID(department), morning)
			if want := at(c.want); !got.Equal(want) {
				t.Errorf("due %s, want %s", got.In(Zone).Format("2006-01-02 15:04"), c.want)
			}
		})
	}
	data.Targets = append(data.Targets, Target{PassOn: Term{Given: true}})
	if got := data.Due(PassOn, false, "", "", morning); !got.IsZero() {
		t.Errorf("a target of 0 falls due %s, want none", got)
	}
}

func TestMistakesInTargetsAreAllTold(t *testing.T) {
	cfg := Default()
	cfg.Hours.TargetsFile = writeFile(t, "t.yaml", `targets:
  - {field: bong-da, result: 3 fortnights}
  - {urgent: true, progress: 0 hours}
`)
	_, err := LoadData(cfg)
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{"t.yaml:2", `"3 fortnights"`, "t.yaml:3", `"0 hours"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told in:\n%v", want, err)
		}
	}
	cfg.Hours.TargetsFile = writeFile(t, "t.yaml", "targets:\n  - {field: bong-da, department: so-a, result: 3 days}\n  - {urgent: true}\n")
	_, err = LoadData(cfg)
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{`"bong-da"`, `"so-a"`, "targets[1]: thiếu thời hạn", "thiếu dòng chung"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told in:\n%v", want, err)
		}
	}
}
