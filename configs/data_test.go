package configs

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func at(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, Zone)
	if err != nil {
		panic(err)
	}
	return t
}

func TestShippedDataIsWithoutMistakes(t *testing.T) {
	data, err := LoadData(Default())
	if err != nil {
		t.Fatal(err)
	}
	if got := len(data.Fields); got != 10 {
		t.Errorf("%d fields, Annex 2 has 10", got)
	}
	former, now := 0, 0
	for _, l := range data.Localities {
		if l.ExistsAt(at("2026-11-21 12:00")) {
			now++
		} else {
			former++
		}
	}
	if former != 27 || now != 166 {
		t.Errorf("%d former places and %d of today, want 27 and 166", former, now)
	}
}

func TestEveryFieldHasSomebodyInChargeThenAndNow(t *testing.T) {
	data := ShippedData()
	for _, day := range []string{"2021-09-01 08:00", "2025-02-28 23:59", "2025-03-01 00:00", "2025-07-01 00:00", "2026-11-21 08:00"} {
		for _, f := range data.Fields {
			lead, _ := data.Directory.InCharge(f.ID, "", at(day))
			if len(lead) == 0 {
				t.Errorf("nobody leads %s on %s", f.ID, day)
			}
			for _, dep := range lead {
				if !dep.ValidUntil.IsZero() && at(day).After(dep.ValidUntil.AddDate(0, 0, 1)) {
					t.Errorf("%s leads %s on %s, after its end", dep.ID, f.ID, day)
				}
			}
		}
	}
}

func TestDeskIsAlwaysThereAndOfficesKeepHolidays(t *testing.T) {
	data := ShippedData()
	for _, tt := range []struct {
		name, at string
		office   bool
		opens    string
	}{
		{"a working morning", "2026-11-20 09:00", true, "2026-11-20 09:00"},
		{"the minute it opens", "2026-11-20 07:30", true, "2026-11-20 07:30"},
		{"the minute it closes for noon", "2026-11-20 11:30", false, "2026-11-20 13:30"},
		{"Friday evening waits for Monday", "2026-11-20 17:00", false, "2026-11-23 07:30"},
		{"within Tết", "2026-02-17 09:00", false, "2026-02-23 07:30"},
		{"a Saturday worked in exchange", "2026-08-22 09:00", true, "2026-08-22 09:00"},
		{"the evening before a holiday", "2026-04-29 18:00", false, "2026-05-04 07:30"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now := at(tt.at)
			if got := data.OfficeOpen(now); got != tt.office {
				t.Errorf("OfficeOpen = %v", got)
			}
			if got := data.OfficeOpens(now.UTC()); !got.Equal(at(tt.opens)) {
				t.Errorf("OfficeOpens = %v, want %s", got, tt.opens)
			}
			if !data.DeskOpen(now) || !data.DeskOpens(now).Equal(now) {
				t.Error("the desk is closed")
			}
		})
	}
}

func TestWorkingDaysAreThoseThatOfficesWorkOn(t *testing.T) {
	data := ShippedData()
	for day, want := range map[string]bool{
		"2026-11-20 00:00": true, "2026-11-21 00:00": false, // a Friday, a Saturday
		"2026-02-17 00:00": false, "2026-04-30 12:00": false, // Tết, Liberation Day
		"2026-08-22 00:00": true, // a Saturday worked in exchange
	} {
		if got := data.WorkingDay(at(day)); got != want {
			t.Errorf("%s: %v", day, got)
		}
	}
}

func TestReplacedDataIsCheckedInAllFilesAtOnce(t *testing.T) {
	cfg := Default()
	cfg.Directory.DepartmentsFile = writeFile(t, "d.yaml", `departments:
  - {id: a, name: Sở A, kind: province, hours: office, valid_until: 2025-02-28, successors: [{id: b}, {id: zz}]}
  - {id: b, name: Sở B, kind: province, hours: office, valid_until: 2025-03-31, successors: [{id: a}]}
  - {id: c, name: so a, kind: sở, hours: never, valid_from: 2025-01-01}
  - {id: c, name: Sở D, kind: province, hours: office, valid_from: 2025-06-01, valid_until: 2025-01-01}
`)
	cfg.Directory.FieldsFile = writeFile(t, "f.yaml", "fields:\n  - {id: x, name: X, lead: [nobody]}\n  - {id: y, name: Y, lead: []}\n")
	cfg.Directory.LocalitiesFile = writeFile(t, "l.yaml", "localities:\n  - {id: h-a, name: Huyện A, kind: huyen, valid_until: 2025-06-30, successors: [xa-a]}\n")
	_, err := LoadData(cfg)
	wantProblems(t, err,
		"d.yaml:2: departments[0]: \"a\": đơn vị kế thừa \"zz\"",
		"d.yaml:2: departments[0]: \"a\": các đơn vị kế thừa nối thành vòng tròn",
		"d.yaml:3: departments[1]: \"b\": đơn vị kế thừa \"a\" không hoạt động",
		"d.yaml:5: departments[3]: \"c\": trùng tên gọi \"so a\"",
		"\"c\": kind \"sở\"", "\"c\": hours \"never\"", "\"c\": id này đã dùng", "\"c\": ngày kết thúc",
		"f.yaml:2: fields[0]: \"x\": đơn vị \"nobody\"",
		"f.yaml:3: fields[1]: \"y\": chưa có đơn vị chủ trì",
		"l.yaml:2: localities[0]: \"h-a\": kind \"huyen\"",
		"l.yaml:2: localities[0]: \"h-a\": địa bàn kế thừa \"xa-a\"",
	)
}

func TestReplacedTextsTriageAndCalendarAreChecked(t *testing.T) {
	cfg := Default()
	cfg.Bot.TextsFile = writeFile(t, "t.yaml", `texts:
  greeting: {vi: "Chào {ten}", en: ""}
  advise.x: {vi: a, en: b}
`)
	cfg.Bot.TriageFile = writeFile(t, "g.yaml", `rules:
  - {id: a, advice: advice.none, all: [[]]}
questions: [gì, gì]
fever_from: 50
`)
	cfg.Hours.File = writeFile(t, "h.yaml", "desk: {}\noffice:\n  monday: [\"07:30-11:30\", \"09:00-10:00\"]\n  tuesday: [sáng]\n")
	cfg.Hours.HolidaysFile = writeFile(t, "o.yaml", "holidays:\n  - {name: Tết, from: 2026-02-17, until: 2026-02-10, certainty: maybe}\n")
	_, err := LoadData(cfg)
	wantProblems(t, err,
		"t.yaml:2: texts.greeting.vi: không thay được {ten}", "t.yaml:2: texts.greeting.en", "t.yaml:3: texts.advise.x", `thiếu lời "unknown"`,
		"g.yaml:2: rules[0].all[0]", "g.yaml:2: rules[0].advice", "g.yaml:3: questions[1]", "g.yaml:4: fever_from", "present: danh sách",
		"h.yaml:4: office.tuesday[0]: \"sáng\"",
		"o.yaml:2: holidays[0].until", "o.yaml:2: holidays[0].certainty",
	)
}

func TestAMissingDataFileIsNamed(t *testing.T) {
	cfg := Default()
	cfg.Bot.TextsFile = "no/such/texts.yaml"
	_, err := LoadData(cfg)
	wantProblems(t, err, "no/such/texts.yaml: không đọc được")
}

func wantProblems(t *testing.T, err error, texts ...string) {
	t.Helper()
	var ps Problems
	if !errors.As(err, &ps) {
		t.Fatalf("error = %v, want Problems", err)
	}
	for _, want := range texts {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no problem says %q in\n%v", want, err)
		}
	}
}

func ExampleShippedData() {
	data := ShippedData()
	dep, _ := data.Directory.DepartmentByName("sở tt&tt", at("2026-11-21 08:00"))
	fmt.Println(dep.Name)
	lead, _ := data.Directory.InCharge("an-sinh-xa-hoi", "", at("2026-11-21 08:00"))
	for _, dep := range lead {
		fmt.Println(dep.Name)
	}
	// Output:
	// Sở Khoa học và Công nghệ
	// Sở Nội vụ
	// Sở Y tế
}
