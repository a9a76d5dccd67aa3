package directory

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Problem is one contradiction in the data, told to the person who keeps it.
type Problem struct {
	List string // departments, fields or localities
	ID   string // of the item
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

const (
	listDepartments = "departments"
	listFields      = "fields"
	listLocalities  = "localities"
)

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
	return c.problems
}

func (c *checker) add(list, id, format string, args ...any) {
	c.problems = append(c.problems, Problem{list, id, fmt.Sprintf(format, args...)})
}

func (c *checker) departments() {
	seen := map[DepartmentID]bool{}
	for _, dep := range c.d.departments {
		if dep.Locality != "" && !seen[dep.ID] { // made from a place, which is checked itself
			seen[dep.ID] = true
			continue
		}
		id := string(dep.ID)
		c.idAndName(listDepartments, id, dep.Name, seen[dep.ID])
		seen[dep.ID] = true
		if !slices.Contains([]Kind{Desk, Province, District, Commune}, dep.Kind) {
			c.add(listDepartments, id, "kind %q không hợp lệ; chỉ nhận desk, province, district, commune", dep.Kind)
		}
		if dep.Hours != Office && dep.Hours != Always {
			c.add(listDepartments, id, "hours %q không hợp lệ; chỉ nhận office, always", dep.Hours)
		}
		c.period(listDepartments, id, dep.ValidFrom, dep.ValidUntil, len(dep.Successors))
		for _, s := range dep.Successors {
			c.departmentSuccessor(dep, s)
		}
		if c.cycle(dep.ID) {
			c.add(listDepartments, id, "các đơn vị kế thừa nối thành vòng tròn")
		}
	}
	c.names()
}

func (c *checker) departmentSuccessor(dep Department, s Successor) {
	next, ok := c.d.Department(s.ID)
	switch {
	case !ok:
		c.add(listDepartments, string(dep.ID), "đơn vị kế thừa %q không có trong danh mục", s.ID)
	case !dep.ValidUntil.IsZero() && !startsInTime(next.ValidFrom, next.ValidUntil, dep.ValidUntil):
		c.add(listDepartments, string(dep.ID), "đơn vị kế thừa %q không hoạt động vào ngày liền sau %s", s.ID, day(dep.ValidUntil))
	}
	for _, f := range s.Fields {
		if _, ok := c.d.Field(f); !ok {
			c.add(listDepartments, string(dep.ID), "lĩnh vực %q (đơn vị kế thừa %q) không có trong danh mục", f, s.ID)
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
					c.add(listDepartments, string(other.ID), "trùng tên gọi %q với %q trong cùng thời gian", key, dep.ID)
				}
			}
		}
	}
}

func overlap(a, b Department) bool {
	endsBefore := func(a, b Department) bool {
		return !a.ValidUntil.IsZero() && !b.ValidFrom.IsZero() && a.ValidUntil.Before(b.ValidFrom)
	}
	return !endsBefore(a, b) && !endsBefore(b, a)
}

func (c *checker) fields() {
	seen, names := map[FieldID]bool{}, map[string]FieldID{}
	for _, f := range c.d.fields {
		id := string(f.ID)
		c.idAndName(listFields, id, f.Name, seen[f.ID])
		seen[f.ID] = true
		for key := range nameKeys(f.Name, f.ShortName, nil) {
			if other, taken := names[key]; taken && other != f.ID {
				c.add(listFields, id, "trùng tên gọi %q với %q", key, other)
			}
			names[key] = f.ID
		}
		if len(f.Lead) == 0 {
			c.add(listFields, id, "chưa có đơn vị chủ trì (lead)")
		}
		for _, dep := range slices.Concat(f.Lead, f.Contributing) {
			if _, ok := c.d.Department(dep); !ok {
				c.add(listFields, id, "đơn vị %q không có trong danh mục", dep)
			}
		}
		if len(c.problems) == 0 && len(c.d.inField(f.Lead, f.ID, endOfTime)) == 0 {
			c.add(listFields, id, "mọi đơn vị chủ trì đều đã kết thúc mà không có đơn vị kế thừa nào nhận lĩnh vực này")
		}
		for _, contact := range f.Urgent {
			if contact.Name == "" || contact.Phone == "" {
				c.add(listFields, id, "đầu mối khẩn cấp (urgent) phải có name và phone")
			}
		}
	}
}

// endOfTime is later than any date in the data.
var endOfTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func (c *checker) localities() {
	seen := map[LocalityID]bool{}
	for _, l := range c.d.localities {
		id := string(l.ID)
		c.idAndName(listLocalities, id, l.Name, seen[l.ID])
		seen[l.ID] = true
		if levels[l.Kind].full == "" {
			c.add(listLocalities, id, "kind %q không hợp lệ; chỉ nhận city, town, district, ward, commune", l.Kind)
		}
		c.period(listLocalities, id, l.ValidFrom, l.ValidUntil, len(l.Successors))
		for _, s := range l.Successors {
			next, ok := c.d.Locality(s)
			switch {
			case !ok:
				c.add(listLocalities, id, "địa bàn kế thừa %q không có trong danh mục", s)
			case !l.ValidUntil.IsZero() && !startsInTime(next.ValidFrom, next.ValidUntil, l.ValidUntil):
				c.add(listLocalities, id, "địa bàn kế thừa %q không có vào ngày liền sau %s", s, day(l.ValidUntil))
			}
		}
		if c.cycle(l.Unit()) {
			c.add(listLocalities, id, "các địa bàn kế thừa nối thành vòng tròn")
		}
	}
}

func (c *checker) idAndName(list, id, name string, again bool) {
	if !validID.MatchString(id) {
		c.add(list, id, "id không hợp lệ; dùng chữ thường không dấu, số và gạch nối")
	}
	if again {
		c.add(list, id, "id này đã dùng ở trên")
	}
	if strings.TrimSpace(name) == "" {
		c.add(list, id, "thiếu tên (name)")
	}
}

func (c *checker) period(list, id string, from, until time.Time, successors int) {
	if !from.IsZero() && !until.IsZero() && until.Before(from) {
		c.add(list, id, "valid_until (%s) trước valid_from (%s)", day(until), day(from))
	}
	if successors > 0 && until.IsZero() {
		c.add(list, id, "có kế thừa (successors) nhưng chưa ghi ngày kết thúc (valid_until)")
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
