package directory_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/configs"
	"tongdai/inbox/directory"
)

// shippedData is a copy that a test may change.
func shippedData(t *testing.T) directory.Data {
	t.Helper()
	text, err := json.Marshal(shipped().Data())
	if err != nil {
		t.Fatal(err)
	}
	var data directory.Data
	if err := json.Unmarshal(text, &data); err != nil {
		t.Fatal(err)
	}
	return data
}

func TestARuleWinsOverTheFieldWhileItIsValid(t *testing.T) {
	data := shippedData(t)
	from, until := day("2026-07-01").Add(-9*time.Hour), day("2026-12-31").Add(-9*time.Hour)
	data.Rules = []directory.Rule{
		{Field: "suc-khoe", Locality: "phuong-hac-thanh", Lead: []directory.DepartmentID{"cdc"}, Contributing: []directory.DepartmentID{"so-y-te", "ubnd-phuong-hac-thanh"}, ValidFrom: from, ValidUntil: until},
		{Field: "an-sinh-xa-hoi", Locality: "xa-nga-son", Lead: []directory.DepartmentID{"so-ldtbxh"}},
	}
	d, err := directory.New(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name               string
		field              directory.FieldID
		locality           directory.LocalityID
		at                 string
		lead, contributing string
	}{
		{"in its place and time", "suc-khoe", "phuong-hac-thanh", "2026-11-21", "cdc", "so-y-te ubnd-phuong-hac-thanh"},
		{"on its first day", "suc-khoe", "phuong-hac-thanh", "2026-07-01", "cdc", "so-y-te ubnd-phuong-hac-thanh"},
		{"on its last day", "suc-khoe", "phuong-hac-thanh", "2026-12-31", "cdc", "so-y-te ubnd-phuong-hac-thanh"},
		{"the day before", "suc-khoe", "phuong-hac-thanh", "2026-06-30", "so-y-te", "cdc ubnd-phuong-hac-thanh"},
		{"the day after", "suc-khoe", "phuong-hac-thanh", "2027-01-01", "so-y-te", "cdc ubnd-phuong-hac-thanh"},
		{"not in another place", "suc-khoe", "xa-nga-son", "2026-11-21", "so-y-te", "cdc ubnd-xa-nga-son"},
		{"not where no place is named", "suc-khoe", "", "2026-11-21", "so-y-te", "cdc"},
		{"not for another field", "an-ninh-trat-tu", "phuong-hac-thanh", "2026-11-21", "cong-an-tinh", "ubnd-phuong-hac-thanh"},
		{"a department of the rule that ended is followed", "an-sinh-xa-hoi", "xa-nga-son", "2026-11-21", "so-noi-vu so-y-te", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lead, contributing := d.InCharge(tt.field, tt.locality, day(tt.at))
			if ids(lead) != tt.lead || ids(contributing) != tt.contributing {
				t.Errorf("InCharge = %s | %s, want %s | %s", ids(lead), ids(contributing), tt.lead, tt.contributing)
			}
		})
	}
}

func TestContradictionsSayWhichValueIsWrong(t *testing.T) {
	for _, tt := range []struct {
		name   string
		spoil  func(*directory.Data)
		id     string
		key    string
		phrase string
	}{
		{"a contact point without a way to reach it", func(d *directory.Data) { d.Departments[2].Contacts = []directory.Point{{Name: "Bà Hoa"}} }, "so-y-te", "contacts.0.phone", "cần số điện thoại"},
		{"a contact point without a name", func(d *directory.Data) { d.Departments[2].Contacts = []directory.Point{{Phone: "115"}} }, "so-y-te", "contacts.0.name", "chưa có tên"},
		{"a phone number with words", func(d *directory.Data) { d.Departments[2].Hotline = "gọi 115" }, "so-y-te", "hotline", "không đúng"},
		{"an e-mail address without @", func(d *directory.Data) { d.Localities[40].Email = "abc" }, "", "email", "không đúng"},
		{"a rule of a field that is not there", func(d *directory.Data) {
			d.Rules = []directory.Rule{{Field: "x", Locality: "xa-nga-son", Lead: []directory.DepartmentID{"cdc"}}}
		}, "x/xa-nga-son", "field", "không có trong danh mục"},
		{"a rule that nobody leads", func(d *directory.Data) {
			d.Rules = []directory.Rule{{Field: "suc-khoe", Locality: "xa-nga-son"}}
		}, "suc-khoe/xa-nga-son", "lead", "chưa có đơn vị chủ trì"},
		{"two rules for one day", func(d *directory.Data) {
			r := directory.Rule{Field: "suc-khoe", Locality: "xa-nga-son", Lead: []directory.DepartmentID{"cdc"}}
			later := r
			later.ValidFrom = day("2026-11-01")
			d.Rules = []directory.Rule{r, later}
		}, "suc-khoe/xa-nga-son", "valid_from", "trùng thời gian"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := shippedData(t)
			tt.spoil(&data)
			_, err := directory.New(data)
			var found directory.Problems
			if !errors.As(err, &found) || len(found) != 1 {
				t.Fatalf("New = %v, want one problem", err)
			}
			p := found[0]
			if tt.id != "" && p.ID != tt.id || p.Key != tt.key || !strings.Contains(p.Text, tt.phrase) {
				t.Errorf("problem = %+v", p)
			}
		})
	}
}

func TestTheUnitOfAPlaceIsReachedAsThePlaceSays(t *testing.T) {
	data := shippedData(t)
	i := slices.IndexFunc(data.Localities, func(l directory.Locality) bool { return l.ID == "xa-nga-son" })
	data.Localities[i].Contacts = []directory.Point{{Name: "Trực ban", Phone: "02373 872 111", Urgent: true}, {Name: "Văn thư", Email: "vanthu@ngason.thanhhoa.gov.vn"}}
	d, err := directory.New(data)
	if err != nil {
		t.Fatal(err)
	}
	unit, _ := d.Department("ubnd-xa-nga-son")
	if got := unit.UrgentPoints(); len(unit.Contacts) != 2 || len(got) != 1 || got[0].Name != "Trực ban" {
		t.Errorf("contacts %v, urgent %v", unit.Contacts, got)
	}
}

func TestCompareTellsWhatIsNewChangedAndGone(t *testing.T) {
	before, after := shippedData(t), shippedData(t)
	if changes := directory.Compare(before, after); len(changes) != 0 {
		t.Fatalf("the same data differs: %v", changes)
	}
	slices.Reverse(after.Departments)
	if changes := directory.Compare(before, after); len(changes) != 0 {
		t.Fatalf("another order is told as a change: %v", changes)
	}
	after = shippedData(t)
	after.Departments[2].Contacts = []directory.Point{{Name: "Bà Hoa", Title: "Chánh Văn phòng", Phone: "0237 385 1111", Urgent: true}}
	after.Fields[0].Lead = after.Fields[0].Lead[1:]
	after.Localities = after.Localities[:len(after.Localities)-1]
	after.Rules = []directory.Rule{{Field: "suc-khoe", Locality: "xa-nga-son", Lead: []directory.DepartmentID{"cdc"}, ValidFrom: day("2026-07-01")}}
	want := []directory.Change{
		{List: "departments", ID: "so-y-te", Name: "Sở Y tế", How: "changed", Fields: []directory.FieldChange{{Key: "contacts", New: "Bà Hoa · Chánh Văn phòng · 0237 385 1111 · báo khẩn"}}},
		{List: "fields", ID: "thong-tin-chung", Name: "Thông tin chung về dịch bệnh", How: "changed", Fields: []directory.FieldChange{
			{Key: "lead", Old: "Bộ phận thường trực Tổng đài 1022\nSở Y tế", New: "Sở Y tế"}}},
		{List: "localities", ID: string(before.Localities[len(before.Localities)-1].ID), Name: before.Localities[len(before.Localities)-1].Name, How: "gone"},
		{List: "rules", ID: "suc-khoe/xa-nga-son", Name: "Sức khỏe, điều trị, xét nghiệm, tiêm chủng · Xã Nga Sơn", How: "new", Fields: []directory.FieldChange{
			{Key: "lead", New: "Trung tâm Kiểm soát bệnh tật tỉnh (từ 01/07/2026 đến nay)"}}},
	}
	if got := directory.Compare(before, after); !reflect.DeepEqual(got, want) {
		t.Errorf("Compare =\n%+v\nwant\n%+v", got, want)
	}
}

func TestDataIsKeptAsJSONWithoutLoss(t *testing.T) {
	data := configs.ShippedData()
	kept := shippedData(t)
	if changes := directory.Compare(directory.Data{Departments: data.Departments, Fields: data.Fields, Localities: data.Localities}, kept); len(changes) != 0 {
		t.Errorf("lost: %v", changes)
	}
	for i, d := range data.Departments {
		for j, s := range d.Successors {
			if got := kept.Departments[i].Successors[j]; (got.Fields == nil) != (s.Fields == nil) {
				t.Errorf("%s: successor %s takes all fields, or none: no longer told apart", d.ID, s.ID)
			}
		}
	}
}
