package inbox_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"tongdai/inbox"
	"tongdai/kb/sheet"
)

// accounts is a workbook with these lines.
func accounts(t *testing.T, lines ...[]string) inbox.Workbook {
	t.Helper()
	var b bytes.Buffer
	if err := sheet.WritePlain(&b, "Cán bộ", nil, lines); err != nil {
		t.Fatal(err)
	}
	return inbox.Workbook{Name: "canbo.xlsx", Data: b.Bytes()}
}

func TestAccountsOfAllUnitsComeFromOneFile(t *testing.T) {
	idle(t, func(r *rig) {
		r.add("lan", inbox.Operator)
		file := accounts(t,
			[]string{"DANH SÁCH CÁN BỘ THAM GIA TỔNG ĐÀI"},
			[]string{"STT", "Họ và tên", "Tên đăng nhập hoặc e-mail", "Vai trò", "Đơn vị", "Điện thoại"},
			[]string{"1", "Trần Thị Tư", "tu@thanhhoa.gov.vn", "", "Sở Y tế", "0912 345 678"},
			[]string{"2", "Lê Văn Năm", "le.van.nam", "Giám sát", "", ""},
			[]string{"", "", "", "", "", ""},
			[]string{"3", "Nguyễn Thị Lan", "LAN", "Trực tổng đài", "", ""},
		)
		plan := must[inbox.AccountPlan](r)(r.hub.PreviewAccounts(r.ctx(), root, file))
		if len(plan.Problems) > 0 || len(plan.New) != 2 || len(plan.Known) != 1 || len(plan.Invited) != 0 {
			r.Fatalf("previewed is %+v", plan)
		}
		if m := plan.New[0]; m.Role != inbox.Staff || m.Login != "tu@thanhhoa.gov.vn" || m.Email != m.Login || m.Departments[0] != "so-y-te" || m.Phone != "0912 345 678" || m.Line != 3 {
			r.Errorf("the first is %+v", m)
		}
		if m := plan.New[1]; m.Role != inbox.Supervisor || m.Login != "le.van.nam" || m.Email != "" {
			r.Errorf("the second is %+v", m)
		}
		if all := must[[]inbox.Member](r)(r.hub.Members(r.ctx())); len(all) != 1 {
			r.Errorf("the preview made accounts: %+v", all)
		}
		plan = must[inbox.AccountPlan](r)(r.hub.ApplyAccounts(r.ctx(), root, file))
		if len(plan.Invited) != 2 {
			r.Fatalf("applied is %+v", plan)
		}
		must[inbox.Member](r)(r.hub.AcceptInvitation(r.ctx(), plan.Invited[0].Token, right, ""))
		var result bytes.Buffer
		if err := r.hub.WriteInvitations(&result, "https://1022.vn", plan.Invited); err != nil {
			r.Fatal(err)
		}
		cells := fmt.Sprint(sheet.ReadPlain(result.Bytes(), "x.xlsx").Grids)
		for _, want := range []string{"Trần Thị Tư", "Sở Y tế", "Giám sát", "https://1022.vn/account/invitation#" + plan.Invited[1].Token} {
			if !strings.Contains(cells, want) {
				r.Errorf("the result lacks %q: %s", want, cells)
			}
		}
		if again := must[inbox.AccountPlan](r)(r.hub.ApplyAccounts(r.ctx(), root, file)); len(again.Invited) != 0 || len(again.Known) != 3 {
			r.Errorf("a second time makes %+v", again)
		}
	})
}

func TestEveryMistakeInAFileOfAccountsIsNamedByItsCell(t *testing.T) {
	idle(t, func(r *rig) {
		file := accounts(t,
			[]string{"Họ tên", "Tên đăng nhập", "Vai trò", "Đơn vị", "Điện thoại", "E-mail"},
			[]string{"Đúng", "dung.ca", "Chỉ xem", "", "", ""},
			[]string{"", "khong.ten", "Chỉ xem", "", "", ""},
			[]string{"Sai Vai", "sai.vai", "Bảo vệ", "", "", ""},
			[]string{"Sai Đơn Vị", "sai.dv", "Cán bộ", "Sở Không Có", "", ""},
			[]string{"Không Đơn Vị", "khong.dv", "Cán bộ", "", "", ""},
			[]string{"Hai Lần", "dung.ca", "Chỉ xem", "", "", ""},
			[]string{"Sai Số", "sai.so", "Chỉ xem", "", "gọi nhé", "a@b"},
			[]string{"Sai Tên", "tên có dấu", "Chỉ xem", "", "", ""},
		)
		plan := must[inbox.AccountPlan](r)(r.hub.ApplyAccounts(r.ctx(), root, file))
		var cells []string
		for _, p := range plan.Problems {
			cells = append(cells, p.Cell)
		}
		if got, want := strings.Join(cells, " "), "A3 C4 D5 D6 B7 E8 B9"; got != want {
			r.Errorf("problems are at %s, want %s: %v", got, want, plan.Problems)
		}
		if all := must[[]inbox.Member](r)(r.hub.Members(r.ctx())); len(all) != 0 {
			r.Errorf("a file with problems made %+v", all)
		}
		for name, file := range map[string]inbox.Workbook{
			"no heading": accounts(t, []string{"Họ tên", "Ghi chú"}, []string{"Lan", "x"}),
			"no rows":    accounts(t, []string{"Họ tên", "Tên đăng nhập"}),
			"no table":   {Name: "x.xlsx", Data: []byte("PK rác")},
		} {
			if plan := must[inbox.AccountPlan](r)(r.hub.PreviewAccounts(r.ctx(), root, file)); len(plan.Problems) == 0 {
				r.Errorf("%s: no problem is named", name)
			}
		}
	})
}
