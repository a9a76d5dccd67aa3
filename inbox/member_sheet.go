package inbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"tongdai/kb"
	"tongdai/kb/sheet"
	"tongdai/kb/vi"
)

// Accounts of all units come as one table: who, with which login or e-mail
// address, in which role, of which units. Everything wrong with it is said at
// once, by cell; what is right is made in one transaction, each account with an
// invitation.

// mostAccounts is how many accounts one file may bring.
const mostAccounts = 2_000

// AccountPlan is what a file of accounts would do, and everything that forbids it.
type AccountPlan struct {
	New      []AccountRow
	Known    []AccountRow // whose login is there already: left as they are
	Problems []sheet.Problem
	Notes    []sheet.Note
	Invited  []Invited // what was made, in the order of New; none before it is applied
}

// AccountRow is one account of a file.
type AccountRow struct {
	Sheet string
	Line  int
	NewMember
}

// PreviewAccounts reads a file of accounts and changes nothing.
func (h *Hub) PreviewAccounts(ctx context.Context, by Actor, file Workbook) (AccountPlan, error) {
	if !by.May(ManageMembers) {
		return AccountPlan{}, ErrForbidden
	}
	read, err := h.readAccounts(ctx, file)
	if err != nil {
		return AccountPlan{}, err
	}
	var plan AccountPlan
	err = h.store.View(ctx, func(tx Reader) error {
		plan, err = read.plan(tx)
		return err
	})
	return plan, err
}

// ApplyAccounts makes the accounts of a file that are not there yet, all or, with
// any problem, none.
func (h *Hub) ApplyAccounts(ctx context.Context, by Actor, file Workbook) (AccountPlan, error) {
	if !by.May(ManageMembers) {
		return AccountPlan{}, ErrForbidden
	}
	read, err := h.readAccounts(ctx, file)
	if err != nil {
		return AccountPlan{}, err
	}
	var plan AccountPlan
	err = h.store.Update(ctx, func(tx Writer) (err error) {
		if plan, err = read.plan(tx); err != nil || len(plan.Problems) > 0 || len(plan.New) == 0 {
			return err
		}
		for _, row := range plan.New {
			m := h.memberOf(row.NewMember)
			if err := h.enlist(tx, by, m); err != nil {
				return err
			}
			invited, err := h.invite(tx, by, m, newToken())
			if err != nil {
				return err
			}
			plan.Invited = append(plan.Invited, invited)
		}
		return h.auditMemberAs(tx, by, MembersLoaded, file.Name, fmt.Sprintf("accounts %d", len(plan.New)))
	})
	return plan, err
}

// readAccounts understands a file as far as that goes without the store.
func (h *Hub) readAccounts(ctx context.Context, file Workbook) (accountFile, error) {
	file.Plain = true
	content, err := h.sheets(ctx, file)
	if err != nil {
		return accountFile{}, fmt.Errorf("read %s: %w", file.Name, err)
	}
	f := accountFile{hub: h, name: file.Name, problems: content.Problems, notes: content.Notes, lines: map[string]string{}}
	found := false
	for _, g := range content.Grids {
		if columns, at := accountColumns(g); columns != nil {
			found = true
			f.read(g, columns, at)
		} else if len(g.Lines) > 0 {
			f.notes = append(f.notes, sheet.Note{File: file.Name, Sheet: g.Name, Message: "không có cột Họ tên và cột Tên đăng nhập hoặc E-mail nên được bỏ qua."})
		}
	}
	switch {
	case len(f.problems) > 0:
	case !found:
		f.problems = append(f.problems, sheet.Problem{File: file.Name, Message: "Tệp cần một dòng tiêu đề có cột Họ tên và cột Tên đăng nhập hoặc E-mail; nên có Vai trò, Đơn vị, Điện thoại."})
	case len(f.rows) == 0:
		f.problems = append(f.problems, sheet.Problem{File: file.Name, Message: "Tệp không có dòng tài khoản nào dưới dòng tiêu đề."})
	case len(f.rows) > mostAccounts:
		f.problems = append(f.problems, sheet.Problem{File: file.Name, Message: fmt.Sprintf("Tệp có hơn %d tài khoản; hãy chia thành nhiều tệp.", mostAccounts)})
	}
	return f, nil
}

// accountFile is a file of accounts, understood.
type accountFile struct {
	hub      *Hub
	name     string
	rows     []AccountRow
	lines    map[string]string // where each login stands
	problems []sheet.Problem
	notes    []sheet.Note
}

// accountHeads are the columns by the words of their headings, in letters alone
// and without marks.
var accountHeads = map[string][]string{
	"name":        {"hoten", "hovaten", "hotencanbo", "canbo", "name", "fullname"},
	"login":       {"tendangnhap", "taikhoan", "login", "username"},
	"email":       {"email", "thudientu", "diachiemail", "tendangnhaphoacemail", "emailhoactendangnhap"},
	"role":        {"vaitro", "quyen", "role"},
	"departments": {"donvi", "coquan", "tendonvi", "department"},
	"phone":       {"dienthoai", "sodienthoai", "sdt", "phone"},
}

// headLines is how far down a heading is looked for.
const headLines = 15

// accountColumns finds the heading of a grid: the column of each field, and the
// index of the line below.
func accountColumns(g sheet.Grid) (columns map[string]int, below int) {
	for i, line := range g.Lines[:min(len(g.Lines), headLines)] {
		found := map[string]int{}
		for col, cell := range line.Cells {
			for field, words := range accountHeads {
				if _, twice := found[field]; !twice && slices.Contains(words, letters(cell)) {
					found[field] = col
				}
			}
		}
		_, name := found["name"]
		_, login := found["login"]
		_, email := found["email"]
		if name && (login || email) {
			return found, i + 1
		}
	}
	return nil, 0
}

// letters are those of a text, without marks.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, vi.Fold(text))
}

func (f *accountFile) read(g sheet.Grid, columns map[string]int, below int) {
	for _, line := range g.Lines[below:] {
		cell := func(field string) string {
			if col, ok := columns[field]; ok {
				return strings.TrimSpace(line.At(col))
			}
			return ""
		}
		if cell("name")+cell("login")+cell("email") == "" {
			continue
		}
		row := AccountRow{Sheet: g.Name, Line: line.Number}
		row.Name, row.Login, row.Email, row.Phone = cell("name"), cell("login"), cell("email"), cell("phone")
		if row.Login == "" { // one column for either
			row.Login = row.Email
			if !strings.Contains(row.Email, "@") {
				row.Email = ""
			}
		}
		place := func(field string) string {
			if field == "login" && cell("login") == "" {
				field = "email"
			}
			col, ok := columns[field]
			if !ok {
				col = columns["name"]
			}
			return sheet.CellName(col, line.Number)
		}
		f.add(row, cell("role"), cell("departments"), place)
	}
}

// add takes one row, with what is wrong with it.
func (f *accountFile) add(row AccountRow, role, departments string, place func(field string) string) {
	wrong := func(field, message string) {
		f.problems = append(f.problems, sheet.Problem{File: f.name, Sheet: row.Sheet, Cell: place(field), Field: sheet.Field(field), Message: message})
	}
	var unknown bool
	for _, name := range strings.FieldsFunc(departments, func(r rune) bool { return r == ';' || r == '\n' }) {
		d, ok := f.hub.departmentCalled(strings.TrimSpace(name))
		if !ok {
			unknown = true
			wrong("departments", fmt.Sprintf("Không có đơn vị “%s” trong danh mục.", strings.TrimSpace(name)))
			continue
		}
		row.Departments = append(row.Departments, d)
	}
	var ok bool
	if row.Role, ok = roleCalled(role, len(row.Departments) > 0 || unknown); !ok {
		wrong("role", fmt.Sprintf("Vai trò “%s” chưa đúng; chọn: Quản trị viên, Giám sát, Trực tổng đài, Cán bộ đơn vị, Chỉ xem.", role))
	}
	row.NewMember = row.tidy()
	for _, p := range f.hub.problems(row.NewMember) {
		if p.Field == "role" && !ok || p.Field == "departments" && unknown {
			continue // said above
		}
		wrong(p.Field, p.Message)
	}
	if first, twice := f.lines[row.Login]; twice {
		wrong("login", fmt.Sprintf("Tên đăng nhập %q đã có ở %s.", row.Login, first))
	}
	f.lines[row.Login] = fmt.Sprintf("trang '%s', ô %s", row.Sheet, place("login"))
	f.rows = append(f.rows, row)
}

// departmentCalled finds a department by the name people give it, or by its id.
func (h *Hub) departmentCalled(name string) (kb.DepartmentID, bool) {
	if d, ok := h.directory.DepartmentNamed(name); ok {
		return d, true
	}
	d := kb.DepartmentID(name)
	return d, h.directory.DepartmentName(d) != ""
}

// roleNames are what roles are called in files, in letters alone and without marks.
var roleNames = map[Role][]string{
	Admin:      {"admin", "quantri", "quantrivien"},
	Supervisor: {"supervisor", "giamsat", "truongca", "giamsatvien"},
	Operator:   {"operator", "tructongdai", "dienthoaivien", "tongdaivien", "bophanthuongtruc"},
	Staff:      {"staff", "canbo", "canbodonvi", "chuyenvien"},
	Viewer:     {"viewer", "chixem", "lanhdao", "theodoi"},
}

// roleCalled is the role by a name; who is of a unit and has none is its staff.
func roleCalled(name string, ofUnit bool) (Role, bool) {
	if strings.TrimSpace(name) == "" && ofUnit {
		return Staff, true
	}
	for role, names := range roleNames {
		if slices.Contains(names, letters(name)) {
			return role, true
		}
	}
	return "", false
}

// plan compares the file with the accounts that are there.
func (f accountFile) plan(tx Reader) (AccountPlan, error) {
	p := AccountPlan{Problems: slices.Clone(f.problems), Notes: f.notes}
	for _, row := range f.rows {
		_, err := tx.MemberByLogin(row.Login)
		switch {
		case errors.Is(err, ErrNotFound):
			p.New = append(p.New, row)
		case err != nil:
			return p, err
		default:
			p.Known = append(p.Known, row)
		}
	}
	sheet.Sort(p.Problems)
	return p, nil
}

// RoleTitle is what a role is called on paper.
func RoleTitle(r Role) string {
	return map[Role]string{
		Admin: "Quản trị viên", Supervisor: "Giám sát", Operator: "Trực tổng đài", Staff: "Cán bộ đơn vị", Viewer: "Chỉ xem",
	}[r]
}

// InvitationPath is where an invitation is opened; the token stands behind "#",
// which browsers keep to themselves.
const InvitationPath = "/account/invitation#"

// WriteInvitations makes the workbook that is handed to the units: everybody with
// the link that lets him in. base is the address of the installation.
func (h *Hub) WriteInvitations(w io.Writer, base string, invited []Invited) error {
	lines := [][]string{{"Họ tên", "Tên đăng nhập", "Vai trò", "Đơn vị", "Liên kết đặt mật khẩu", "Dùng được đến"}}
	for _, i := range invited {
		var departments []string
		for _, d := range i.Member.Departments {
			departments = append(departments, h.directory.DepartmentName(d))
		}
		lines = append(lines, []string{
			i.Member.Name, i.Member.Login, RoleTitle(i.Member.Role), strings.Join(departments, "; "),
			base + InvitationPath + i.Token, i.Ends.In(sheet.Zone).Format("15:04 02/01/2006"),
		})
	}
	return sheet.WritePlain(w, "Tài khoản", []float64{28, 24, 18, 36, 80, 18}, lines)
}
