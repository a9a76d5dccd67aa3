package configs

import (
	"strings"
	"testing"
	"time"
)

func TestTheShippedNightEndsAtSevenTheNextMorning(t *testing.T) {
	shifts := ShippedData().Duty.Shifts
	if len(shifts) != 2 {
		t.Fatalf("%d shifts are shipped, want the day and the night", len(shifts))
	}
	if night := shifts[1]; night.Hours != (ShiftHours{17 * time.Hour, 7 * time.Hour}) || night.Least != 2 || night.AtLevel[3] != 8 {
		t.Errorf("the night is %+v", night)
	}
}

func TestEveryMistakeInTheShiftsIsToldAtOnce(t *testing.T) {
	cfg := Default()
	cfg.Hours.DutyFile = writeFile(t, "d.yaml", `shifts:
  - {id: "Ngày", name: Ca ngày, hours: "07:00-17:00", least: 0}
  - {id: night, name: Ca ngày, hours: "17h-7h", least: 2, at_level: [1, 2]}
  - {id: night, least: 2, at_level: [1, 2, 3, 400], days: [mondy]}
`)
	_, err := LoadData(cfg)
	if err == nil {
		t.Fatal("nothing was found")
	}
	for _, want := range []string{`"17h-7h"`, `"mondy"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("nothing is said of %s in\n%v", want, err)
		}
	}
	cfg.Hours.DutyFile = writeFile(t, "e.yaml", `shifts:
  - {id: "Ngày", name: Ca ngày, hours: "07:00-17:00", least: 0}
  - {id: night, name: Ca ngày, hours: "17:00-07:00", least: 2, at_level: [1, 2]}
  - {id: night, least: 2, at_level: [1, 2, 3, 400]}
`)
	_, err = LoadData(cfg)
	if err == nil {
		t.Fatal("nothing was found")
	}
	for _, want := range []string{"shifts[0].id", "shifts[0].least", "shifts[1].name", "shifts[1].at_level", "shifts[2].id", "thiếu tên", "thiếu giờ", "shifts[2].at_level"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("nothing is said of %s in\n%v", want, err)
		}
	}
}
