package configs

import (
	"strings"
	"testing"
	"time"

	"tongdai/inbox/directory"
)

func TestTheDemoScriptFitsTheDirectoryAndTheDemoKnowledge(t *testing.T) {
	d, script := ShippedData().Directory, Demo()
	if len(script.Conversations) < 40 {
		t.Errorf("%d conversations, want about 40", len(script.Conversations))
	}
	entries := map[string]bool{}
	for _, row := range allDemoRows(t) {
		entries[row[0]] = true
	}
	exists := func(where, id string) {
		if dep, ok := d.Department(directory.DepartmentID(id)); !ok || !dep.ExistsAt(at("2026-11-21 09:00")) {
			t.Errorf("%s: no department %q today", where, id)
		}
	}
	staff := map[string]bool{}
	for _, m := range script.Members {
		for _, id := range m.Departments {
			exists(m.Login, id)
			staff[id] = true
		}
	}
	for _, c := range script.Conversations {
		for _, s := range c.Steps {
			if s.Transfer != "" && s.Transfer != "desk" {
				exists(c.About, s.Transfer)
			}
			if _, ok := d.Field(directory.FieldID(s.File)); s.File != "" && !ok {
				t.Errorf("%s: no field %q", c.About, s.File)
			}
			if id, ok := strings.CutPrefix(s.Gives, "answer "); ok && !entries[id] {
				t.Errorf("%s: no entry %q", c.About, id)
			}
		}
	}
	if len(staff) < 2 {
		t.Errorf("staff of %d departments, want two", len(staff))
	}
}

func TestDemoScriptTellsEveryMistakeByLine(t *testing.T) {
	_, err := loadDemo("demo.yaml", []byte(`members:
  - {login: lan, name: Lan, role: operator}
  - {login: lan, name: Lan}
conversations:
  - about: một
    start: -2d 25:00
    steps:
      - {say: alo, gives: nothing}
      - {by: hoa, reply: dạ}
      - {after: 1m, say: alo, reply: dạ, gives: chat}
      - {after: 1m, by: lan, do: dance}
  - about: một
    start: -5m
    colour: red
    steps:
      - {after: 10m, by: lan, note: dài quá}
  - {about: ba, start: -5m}
`))
	if err == nil {
		t.Fatal("no mistake was told")
	}
	for _, want := range []string{
		"demo.yaml:3: members[1]: cần đủ login, name và role",
		`demo.yaml:3: members[1].login: "lan" đã có người dùng`,
		`demo.yaml:6: conversations[0].start: "-2d 25:00" không phải lúc bắt đầu`,
		`demo.yaml:8: conversations[0].steps[0]: gives "nothing" không hợp lệ`,
		"demo.yaml:9: conversations[0].steps[1].after: phải sau bước trước",
		`demo.yaml:9: conversations[0].steps[1]: reply là việc của cán bộ: by phải là một login trong members, không phải "hoa"`,
		"demo.yaml:10: conversations[0].steps[2]: mỗi bước làm đúng một việc: say, pick, reply, note, transfer, file hoặc do; ở đây có 2: say, reply",
		`demo.yaml:11: conversations[0].steps[3].do: "dance" không có`,
		"demo.yaml:12: conversations[1].about: cần một lời giới thiệu riêng",
		"demo.yaml:13: conversations[1].start: các bước kéo dài 10m0s, quá lúc tạo bản demo",
		"demo.yaml:14: conversations[1].colour: không có khóa này",
		"demo.yaml:17: conversations[2]: phải bắt đầu bằng lời của người dân (say)",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not told: %s", want)
		}
	}
	if t.Failed() {
		t.Log(err)
	}
}

func TestDemoStartIsSeenFromTheMomentOfMaking(t *testing.T) {
	now := time.Date(2026, 11, 21, 0, 30, 0, 0, Zone)
	for text, want := range map[string]string{
		"-1d 23:59": "2026-11-20 23:59", "-3d 08:14": "2026-11-18 08:14", "-25m": "2026-11-21 00:05", "-2h35m": "2026-11-20 21:55",
	} {
		var s DemoStart
		if err := s.UnmarshalText([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := s.At(now.UTC()); !got.Equal(at(want)) || !got.Before(now) {
			t.Errorf("%s is %v, want %s", text, got, want)
		}
	}
	for _, text := range []string{"", "25m", "0s", "-2d", "-0d 08:00", "-1d 24:00", "hôm qua"} {
		if err := new(DemoStart).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}
