package directory_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/configs"
	"tongdai/inbox/directory"
)

func day(s string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, s, configs.Zone)
	if err != nil {
		panic(err)
	}
	return t.Add(9 * time.Hour)
}

var today = day("2026-11-21")

func shipped() *directory.Directory { return configs.ShippedData().Directory }

func ids(list []directory.Department) string {
	var out []string
	for _, dep := range list {
		out = append(out, string(dep.ID))
	}
	return strings.Join(out, " ")
}

func TestInChargeFollowsThoseWhoTookOver(t *testing.T) {
	d := shipped()
	for _, tt := range []struct {
		name               string
		field              directory.FieldID
		locality           directory.LocalityID
		at                 string
		lead, contributing string
	}{
		{"one department that never changed", "suc-khoe", "", "2026-11-21", "so-y-te", "cdc"},
		{"several departments lead", "thong-tin-chung", "", "2021-09-01", "thuong-truc-1022 so-y-te", "vp-ubnd-tinh so-gddt"},
		{"the old department on its last day", "thong-tin-cong-nghe", "", "2025-02-28", "so-tttt", "so-y-te"},
		{"its successor the day after", "thong-tin-cong-nghe", "", "2025-03-01", "so-khcn", "so-y-te"},
		{"a successor takes only its fields", "an-sinh-xa-hoi", "", "2026-11-21", "so-noi-vu so-y-te", "bhxh-tinh ttdvvl"},
		{"driving licences stay out of transport", "giao-thong", "", "2026-11-21", "so-xay-dung", "cang-hk-tho-xuan cong-an-tinh"},
		{"the district's unit while there were districts", "dich-te-dia-phuong", "huyen-hoang-hoa", "2021-09-01", "ubnd-huyen-hoang-hoa", "so-y-te cdc"},
		{"a district that became eight communes is not guessed", "dich-te-dia-phuong", "huyen-hoang-hoa", "2026-11-21", "ubnd-cap-xa", "so-y-te cdc"},
		{"the ward's unit", "dich-te-dia-phuong", "phuong-hac-thanh", "2026-11-21", "ubnd-phuong-hac-thanh", "so-y-te cdc"},
		{"Đông Sơn belonged to the city for half a year", "dich-te-dia-phuong", "huyen-dong-son", "2025-03-01", "ubnd-tp-thanh-hoa", "so-y-te cdc"},
		{"no place named", "dich-te-dia-phuong", "", "2021-09-01", "ubnd-cap-huyen", "so-y-te cdc"},
		{"an unknown place is no place", "dich-te-dia-phuong", "atlantis", "2026-11-21", "ubnd-cap-xa", "so-y-te cdc"},
		{"the place contributes", "an-ninh-trat-tu", "xa-nga-son", "2026-11-21", "cong-an-tinh", "ubnd-xa-nga-son"},
		{"an unknown field", "thoi-tiet", "", "2026-11-21", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lead, contributing := d.InCharge(tt.field, tt.locality, day(tt.at))
			if ids(lead) != tt.lead || ids(contributing) != tt.contributing {
				t.Errorf("InCharge = %s | %s, want %s | %s", ids(lead), ids(contributing), tt.lead, tt.contributing)
			}
		})
	}
}

func TestDepartmentsAreFoundAsPeopleWriteThem(t *testing.T) {
	d := shipped()
	for _, tt := range []struct{ name, now, then string }{
		{"Sở Y tế", "so-y-te", "so-y-te"},
		{"so y te", "so-y-te", "so-y-te"},
		{"SỞ Y TẾ TỈNH THANH HÓA", "so-y-te", "so-y-te"},
		{"Sở TT&TT", "so-khcn", "so-tttt"},
		{"so thong tin va truyen thong", "so-khcn", "so-tttt"},
		{"Sở KHCN", "so-khcn", "so-khcn"},
		{"Sở Lao động - Thương binh và Xã hội", "so-noi-vu", "so-ldtbxh"},
		{"Sở LĐTBXH", "so-noi-vu", "so-ldtbxh"},
		{"Sở LĐ-TB&XH", "so-noi-vu", "so-ldtbxh"},
		{"Sở GTVT", "so-xay-dung", "so-gtvt"},
		{"Sở NN&PTNT", "so-nnmt", "so-nnptnt"},
		{"Sở Tài nguyên & Môi trường", "so-nnmt", "so-tnmt"},
		{"Cục QLTT", "chi-cuc-qltt", "cuc-qltt"},
		{"Sở GD-ĐT", "so-gddt", "so-gddt"},
		{"CDC", "cdc", "cdc"},
		{"Ủy ban Mặt trận Tổ quốc tỉnh", "mttq-tinh", "mttq-tinh"},
		{"UBND TP", "ubnd-cap-xa", "ubnd-cap-huyen"},
		{"UBND cấp huyện", "ubnd-cap-xa", "ubnd-cap-huyen"},
		{"UBND TP Thanh Hoá", "ubnd-tp-thanh-hoa", "ubnd-tp-thanh-hoa"},
		{"UBND phường Hạc Thành", "ubnd-phuong-hac-thanh", "ubnd-phuong-hac-thanh"},
		{"Viễn thông Thanh Hóa", "thuong-truc-1022", "thuong-truc-1022"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now, ok := d.DepartmentByName(tt.name, today)
			if !ok || string(now.ID) != tt.now {
				t.Errorf("today: %s, %v, want %s", now.ID, ok, tt.now)
			}
			if strings.HasPrefix(tt.then, "ubnd-phuong") {
				return // did not exist
			}
			then, ok := d.DepartmentByName(tt.name, day("2021-09-01"))
			if !ok || string(then.ID) != tt.then {
				t.Errorf("in 2021: %s, %v, want %s", then.ID, ok, tt.then)
			}
		})
	}
	for _, name := range []string{"", "Sở", "Sở Thú", "huyện"} {
		if dep, ok := d.DepartmentByName(name, today); ok {
			t.Errorf("%q is taken for %s", name, dep.Name)
		}
	}
}

func TestFieldsAreFoundByName(t *testing.T) {
	d := shipped()
	for name, want := range map[string]directory.FieldID{
		"Dịch tễ, cách ly tại địa phương":         "dich-te-dia-phuong",
		"suc khoe dieu tri xet nghiem tiem chung": "suc-khoe",
		"Giao thông": "giao-thong",
		"Sức khoẻ, điều trị, xét nghiệm, tiêm chủng": "suc-khoe",
	} {
		if f, ok := d.FieldByName(name); !ok || f.ID != want {
			t.Errorf("FieldByName(%q) = %s, %v", name, f.ID, ok)
		}
	}
	if f, ok := d.FieldByName("Thời tiết"); ok {
		t.Errorf("an unknown field is taken for %s", f.Name)
	}
	if len(d.Fields()) != 10 {
		t.Errorf("%d fields", len(d.Fields()))
	}
}

func TestPlacesAreFoundInWhatPeopleWrite(t *testing.T) {
	d := shipped()
	for _, tt := range []struct{ text, want string }{
		{"điểm tiêm ở huyện Hoằng Hóa ở đâu", "huyen-hoang-hoa"},
		{"diem tiem o hoang hoa", "huyen-hoang-hoa"},
		{"ở Hoằng Hoá và h. Nga Sơn", "huyen-hoang-hoa huyen-nga-son"},
		{"tp thanh hoa co chot nao khong", "tp-thanh-hoa"},
		{"Tp.Thanh Hóa", "tp-thanh-hoa"},
		{"tỉnh Thanh Hóa có bao nhiêu ca", ""},
		{"em ở Tĩnh Gia", "tx-nghi-son"},
		{"phường Sầm Sơn", "phuong-sam-son"},
		{"Sầm Sơn, sầm sơn", "tp-sam-son"},
		{"xã Hậu Lộc", "xa-hau-loc"},
		{"Hậu Lộc", "huyen-hau-loc"},
		{"chúng ta sẽ thắng lợi, em về từ Quảng Ninh", ""},
		{"p. Hạc Thành", "phuong-hac-thanh"},
		{"nga sớn", ""},
		{"", ""},
	} {
		t.Run(tt.text, func(t *testing.T) {
			var got []string
			for _, l := range d.Localities(tt.text) {
				got = append(got, string(l.ID))
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("Localities = %v, want %s", got, tt.want)
			}
		})
	}
	if l, ok := d.LocalityByName("TX Bỉm Sơn"); !ok || l.ID != "tx-bim-son" {
		t.Errorf("LocalityByName = %v, %v", l, ok)
	}
	if _, ok := d.LocalityByName("Thanh Hóa"); ok {
		t.Error("the province is taken for a place in it")
	}
}

func TestDepartmentsListsWhatExistsThatDay(t *testing.T) {
	d := shipped()
	list := ids(d.Departments(today))
	for _, want := range []string{"so-nnmt", "ubnd-cap-xa", "ubnd-xa-nga-son"} {
		if !strings.Contains(list, want) {
			t.Errorf("%s is missing today", want)
		}
	}
	for _, gone := range []string{"so-tttt", "ubnd-cap-huyen", "ubnd-huyen-nga-son"} {
		if slices.Contains(strings.Fields(list), gone) {
			t.Errorf("%s is still there today", gone)
		}
		if dep, ok := d.Department(directory.DepartmentID(gone)); !ok || dep.Name == "" {
			t.Errorf("%s is forgotten", gone)
		}
	}
	if all := strings.Fields(ids(d.All())); !slices.Contains(all, "so-tttt") || !slices.Contains(all, "so-nnmt") {
		t.Errorf("All lacks the ended or the living: %d departments", len(all))
	}
	if !strings.HasPrefix(list, "thuong-truc-1022 ") {
		t.Errorf("the desk is not first: %.60s", list)
	}
}

func TestNewRefusesAFieldThatNobodyLeadsAnyMore(t *testing.T) {
	ended := directory.Department{ID: "a", Name: "A", Kind: directory.Province, Hours: directory.Office, ValidUntil: day("2025-02-28")}
	_, err := directory.New(directory.Data{
		Departments: []directory.Department{ended}, Fields: []directory.Field{{ID: "x", Name: "X", Lead: []directory.DepartmentID{"a"}}},
	})
	var ps directory.Problems
	if !errors.As(err, &ps) || len(ps) != 1 || ps[0].ID != "x" {
		t.Errorf("New = %v", err)
	}
}

func FuzzLocalitiesNeverPanicsAndNamesEachOnce(f *testing.F) {
	d := shipped()
	f.Add("ở Hoằng Hoá và h. Nga Sơn, p. Hạc Thành")
	f.Add("TP\xff THANH HOÁ")
	f.Fuzz(func(t *testing.T, text string) {
		seen := map[directory.LocalityID]bool{}
		for _, l := range d.Localities(text) {
			if seen[l.ID] {
				t.Errorf("%s twice", l.ID)
			}
			seen[l.ID] = true
		}
	})
}
