package directory

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Problem is one contradiction in the data, told to the person who keeps it.
type Problem struct {
	List string // departments, fields, localities or rules
	ID   string // of the item; of a rule: RuleID
	Key  string // what of the item is wrong: "valid_until", "contacts.1.phone"; empty: the item as a whole
	Text string // Vietnamese
}

// Problems is the error of New.
type Problems []Problem

// Error is one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = fmt.Sprintf("%s %q: %s", p.List, p.ID, p.Text)
	}
	return strings.Join(lines, "\n")
}

// The lists that a Problem speaks of.
const (
	DepartmentList = "departments"
	FieldList      = "fields"
	LocalityList   = "localities"
	RuleList       = "rules"
)

// RuleID is what a Problem calls the rules of one field in one place.
func RuleID(field FieldID, locality LocalityID) string { return string(field) + "/" + string(locality) }

var validID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// checker gathers problems.
type checker struct {
	d        *Directory
	problems Problems
}

func (d *Directory) check() Problems {
	c := checker{d: d}
	c.departments()
	c.fields()
	c.localities()
	c.rules()
	return c.problems
}

func (c *checker) add(list, id, key, format string, args ...any) {
	c.problems = append(c.problems, Problem{list, id, key, fmt.Sprintf(format, args...)})
}

func (c *checker) departments() {
	seen := map[DepartmentID]bool{}
	for _, dep := range c.d.departments {
		if dep.Locality != "" && !seen[dep.ID] { // made from a place, which is checked itself
			seen[dep.ID] = true
			continue
		}
		id := string(dep.ID)
		c.idAndName(DepartmentList, id, dep.Name, seen[dep.ID])
		seen[dep.ID] = true
		if !slices.Contains([]Kind{Desk, Province, District, Commune}, dep.Kind) {
			c.add(DepartmentList, id, "kind", "kind %q không hợp lệ; chỉ nhận desk, province, district, commune", dep.Kind)
		}
		if dep.Hours != Office && dep.Hours != Always {
			c.add(DepartmentList, id, "hours", "hours %q không hợp lệ; chỉ nhận office, always", dep.Hours)
		}
		c.reached(DepartmentList, id, dep.Hotline, dep.Email, dep.Contacts)
		c.period(DepartmentList, id, dep.ValidFrom, dep.ValidUntil, len(dep.Successors))
		for _, s := range dep.Successors {
			c.departmentSuccessor(dep, s)
		}
		if c.cycle(dep.ID) {
			c.add(DepartmentList, id, "successors", "các đơn vị kế thừa nối thành vòng tròn")
		}
	}
	c.names()
}

func (c *checker) departmentSuccessor(dep Department, s Successor) {
	next, ok := c.d.Department(s.ID)
	switch {
	case !ok:
		c.add(DepartmentList, string(dep.ID), "successors", "đơn vị kế thừa %q không có trong danh mục", s.ID)
	case !dep.ValidUntil.IsZero() && !startsInTime(next.ValidFrom, next.ValidUntil, dep.ValidUntil):
		c.add(DepartmentList, string(dep.ID), "successors", "đơn vị kế thừa %q không hoạt động vào ngày liền sau %s", s.ID, day(dep.ValidUntil))
	}
	for _, f := range s.Fields {
		if _, ok := c.d.Field(f); !ok {
			c.add(DepartmentList, string(dep.ID), "successors", "lĩnh vực %q (đơn vị kế thừa %q) không có trong danh mục", f, s.ID)
		}
	}
}

// names finds two departments that bear one name at the same time.
func (c *checker) names() {
	for i, dep := range c.d.departments {
		for key := range nameKeys(dep.Name, dep.ShortName, dep.Aliases) {
			for _, j := range c.d.departmentByName[key] {
				other := c.d.departments[j]
				if j > i && other.ID != dep.ID && overlap(dep, other) && (dep.Locality == "" || other.Locality == "") {
					c.add(DepartmentList, string(other.ID), "name", "trùng tên gọi %q với %q trong cùng thời gian", key, dep.ID)
				}
			}
		}
	}
}

func overlap(a, b Department) bool { return meet(a.ValidFrom, a.ValidUntil, b.ValidFrom, b.ValidUntil) }

// meet reports whether two periods have a day in common.
func meet(fromA, untilA, fromB, untilB time.Time) bool {
	endsBefore := func(until, from time.Time) bool { return !until.IsZero() && !from.IsZero() && until.Before(from) }
	return !endsBefore(untilA, fromB) && !endsBefore(untilB, fromA)
}

func (c *checker) fields() {
	seen, names := map[FieldID]bool{}, map[string]FieldID{}
	for _, f := range c.d.fields {
		id := string(f.ID)
		c.idAndName(FieldList, id, f.Name, seen[f.ID])
		seen[f.ID] = true
		for key := range nameKeys(f.Name, f.ShortName, nil) {
			if other, taken := names[key]; taken && other != f.ID {
				c.add(FieldList, id, "name", "trùng tên gọi %q với %q", key, other)
			}
			names[key] = f.ID
		}
		if len(f.Lead) == 0 {
			c.add(FieldList, id, "lead", "chưa có đơn vị chủ trì")
		}
		c.known(FieldList, id, "lead", f.Lead)
		c.known(FieldList, id, "contributing", f.Contributing)
		if len(c.problems) == 0 && len(c.d.inField(f.Lead, f.ID, endOfTime)) == 0 {
			c.add(FieldList, id, "lead", "mọi đơn vị chủ trì đều đã kết thúc mà không có đơn vị kế thừa nào nhận lĩnh vực này")
		}
		for _, contact := range f.Urgent {
			if contact.Name == "" || !validPhone(contact.Phone) {
				c.add(FieldList, id, "urgent", "đầu mối khẩn cấp phải có tên và số điện thoại")
			}
		}
	}
}

// known finds departments that nobody knows, and one named twice.
func (c *checker) known(list, id, key string, departments []DepartmentID) {
	for i, dep := range departments {
		if _, ok := c.d.Department(dep); !ok {
			c.add(list, id, key, "đơn vị %q không có trong danh mục", dep)
		}
		if slices.Contains(departments[:i], dep) {
			c.add(list, id, key, "đơn vị %q ghi hai lần", dep)
		}
	}
}

// endOfTime is later than any date in the data.
var endOfTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func (c *checker) localities() {
	seen := map[LocalityID]bool{}
	for _, l := range c.d.localities {
		id := string(l.ID)
		c.idAndName(LocalityList, id, l.Name, seen[l.ID])
		seen[l.ID] = true
		if levels[l.Kind].full == "" {
			c.add(LocalityList, id, "kind", "kind %q không hợp lệ; chỉ nhận city, town, district, ward, commune", l.Kind)
		}
		c.reached(LocalityList, id, l.Hotline, l.Email, l.Contacts)
		c.period(LocalityList, id, l.ValidFrom, l.ValidUntil, len(l.Successors))
		for _, s := range l.Successors {
			next, ok := c.d.Locality(s)
			switch {
			case !ok:
				c.add(LocalityList, id, "successors", "địa bàn kế thừa %q không có trong danh mục", s)
			case !l.ValidUntil.IsZero() && !startsInTime(next.ValidFrom, next.ValidUntil, l.ValidUntil):
				c.add(LocalityList, id, "successors", "địa bàn kế thừa %q không có vào ngày liền sau %s", s, day(l.ValidUntil))
			}
		}
		if c.cycle(l.Unit()) {
			c.add(LocalityList, id, "successors", "các địa bàn kế thừa nối thành vòng tròn")
		}
	}
}

// rules checks the matrix: a cell has one rule at a time.
func (c *checker) rules() {
	for i, r := range c.d.data.Rules {
		id := RuleID(r.Field, r.Locality)
		if _, ok := c.d.Field(r.Field); !ok {
			c.add(RuleList, id, "field", "lĩnh vực %q không có trong danh mục", r.Field)
		}
		if _, ok := c.d.Locality(r.Locality); !ok {
			c.add(RuleList, id, "locality", "địa bàn %q không có trong danh mục", r.Locality)
		}
		if len(r.Lead) == 0 {
			c.add(RuleList, id, "lead", "chưa có đơn vị chủ trì")
		}
		c.known(RuleList, id, "lead", r.Lead)
		c.known(RuleList, id, "contributing", r.Contributing)
		c.period(RuleList, id, r.ValidFrom, r.ValidUntil, 0)
		for _, other := range c.d.data.Rules[:i] {
			if other.Field == r.Field && other.Locality == r.Locality && meet(other.ValidFrom, other.ValidUntil, r.ValidFrom, r.ValidUntil) {
				c.add(RuleList, id, "valid_from", "trùng thời gian với một phân công khác của cùng lĩnh vực và địa bàn (%s)", span(other))
			}
		}
	}
}

// span tells when a rule holds, for people.
func span(r Rule) string {
	from, until := "từ trước", "nay"
	if !r.ValidFrom.IsZero() {
		from = "từ " + day(r.ValidFrom)
	}
	if !r.ValidUntil.IsZero() {
		until = day(r.ValidUntil)
	}
	return from + " đến " + until
}

// reached checks how a department is reached.
func (c *checker) reached(list, id, hotline, email string, contacts []Point) {
	if hotline != "" && !validPhone(hotline) {
		c.add(list, id, "hotline", "số điện thoại %q không đúng; chỉ gồm chữ số, dấu cách và + ( ) . - /", hotline)
	}
	if email != "" && !validEmail(email) {
		c.add(list, id, "email", "thư điện tử %q không đúng; ví dụ ten@donvi.gov.vn", email)
	}
	for i, p := range contacts {
		key := fmt.Sprintf("contacts.%d.", i)
		switch {
		case strings.TrimSpace(p.Name) == "":
			c.add(list, id, key+"name", "đầu mối chưa có tên")
		case p.Phone == "" && p.Email == "":
			c.add(list, id, key+"phone", "đầu mối %s cần số điện thoại hoặc thư điện tử", p.Name)
		}
		if p.Phone != "" && !validPhone(p.Phone) {
			c.add(list, id, key+"phone", "số điện thoại %q không đúng; chỉ gồm chữ số, dấu cách và + ( ) . - /", p.Phone)
		}
		if p.Email != "" && !validEmail(p.Email) {
			c.add(list, id, key+"email", "thư điện tử %q không đúng; ví dụ ten@donvi.gov.vn", p.Email)
		}
	}
}

var phone = regexp.MustCompile(`^[+(]?[0-9][0-9 ().\-/]*$`)

// validPhone accepts short numbers (115) and long ones, written as people do.
func validPhone(s string) bool {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
	return phone.MatchString(s) && len(digits) >= 3 && len(digits) <= 30
}

// validEmail accepts an address and nothing around it.
func validEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s
}

func (c *checker) idAndName(list, id, name string, again bool) {
	if !validID.MatchString(id) {
		c.add(list, id, "id", "id không hợp lệ; dùng chữ thường không dấu, số và gạch nối")
	}
	if again {
		c.add(list, id, "id", "id này đã dùng ở trên")
	}
	if strings.TrimSpace(name) == "" {
		c.add(list, id, "name", "thiếu tên")
	}
}

func (c *checker) period(list, id string, from, until time.Time, successors int) {
	if !from.IsZero() && !until.IsZero() && until.Before(from) {
		c.add(list, id, "valid_until", "ngày kết thúc (%s) trước ngày bắt đầu (%s)", day(until), day(from))
	}
	if successors > 0 && until.IsZero() {
		c.add(list, id, "valid_until", "có kế thừa nhưng chưa ghi ngày kết thúc")
	}
}

// startsInTime reports whether what exists from…until exists the day after end.
func startsInTime(from, until, end time.Time) bool {
	return exists(from, until, end.AddDate(0, 0, 1))
}

// cycle reports whether following successors from id comes back to id.
func (c *checker) cycle(id DepartmentID) bool {
	seen := map[DepartmentID]bool{}
	var reaches func(from DepartmentID) bool
	reaches = func(from DepartmentID) bool {
		dep, _ := c.d.Department(from)
		for _, s := range dep.Successors {
			if s.ID == id {
				return true
			}
			if !seen[s.ID] {
				seen[s.ID] = true
				if reaches(s.ID) {
					return true
				}
			}
		}
		return false
	}
	return reaches(id)
}

func day(t time.Time) string { return t.Format("02/01/2006") }
