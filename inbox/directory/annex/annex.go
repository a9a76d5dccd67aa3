// Package annex is the directory as a workbook, the way Annex 2 of the plan of the
// hotline is kept: a sheet of fields with those who lead and contribute and how
// they are reached, and sheets of departments, contact points, successors, places
// and of who is in charge where.
//
// Write makes it, Read understands it. What Write made reads as "nothing changes".
// Read tells every mistake by sheet and cell. A sheet that a file does not have
// leaves its list as it is, and so does a column its values; a row that a sheet
// does not have is gone. A row without an id is known by its name, or is new and
// gets an id from its name. Departments, fields and places may be named by their
// name, short name, another name in use or id; where several bear a name, the id
// must stand there.
//
// Annex 2 itself has contact, hotline and e-mail beside each unit of a field. They
// are those of the unit, which the sheets of departments and contact points keep:
// a file that has these sheets must not say otherwise, one that has not changes
// the unit through its fields.
//
// Arrows: annex knows directory and kb/sheet, which reads files.
package annex

import (
	"strings"

	"tongdai/inbox/directory"
	"tongdai/kb/vi"
)

// column is one column of a sheet.
type column struct {
	key   string // as directory.Problem calls the value, where it does
	title string
	also  string // other headings, folded, between "|"
	width float64
}

// layout is one sheet.
type layout struct {
	name     string
	also     string // other names of the sheet, folded, between "|"
	columns  []column
	required []string // keys without which the sheet cannot be read
}

// The sheets, in their order.
var (
	fieldSheet = layout{"Lĩnh vực", "phu luc 2|pl2|linh vuc don vi", []column{
		{"id", "Mã lĩnh vực", "ma", 20}, {"name", "Lĩnh vực", "ten linh vuc", 36}, {"short_name", "Tên ngắn", "", 22},
		{"role", "Vai trò", "nhiem vu|trach nhiem", 12}, {"unit", "Đơn vị", "co quan|don vi tra loi", 40},
		{"contact", "Người liên hệ", "dau moi|can bo dau moi|ho ten", 28}, {"hotline", "Hotline", "dien thoai|so dien thoai|duong day nong", 18},
		{"email", "E-mail", "email|thu dien tu", 30},
	}, []string{"role", "unit"}}
	departmentSheet = layout{"Đơn vị", "don vi tra loi|co quan", []column{
		{"id", "Mã", "ma don vi", 22}, {"name", "Tên đơn vị", "don vi|ten", 44}, {"short_name", "Tên ngắn", "ten viet tat", 22},
		{"aliases", "Tên gọi khác", "", 32}, {"kind", "Cấp", "", 16}, {"hotline", "Hotline", "dien thoai|duong day nong", 18},
		{"email", "E-mail", "email|thu dien tu", 30}, {"hours", "Giờ làm việc", "gio truc", 16},
		{"valid_from", "Từ ngày", "", 12}, {"valid_until", "Đến ngày", "", 12},
	}, []string{"name"}}
	pointSheet = layout{"Đầu mối", "dau moi lien he|nguoi lien he", []column{
		{"unit", "Đơn vị", "co quan", 44}, {"name", "Người liên hệ", "ho ten|dau moi|ho va ten", 28}, {"title", "Chức danh", "chuc vu", 24},
		{"phone", "Điện thoại", "hotline|so dien thoai", 18}, {"email", "E-mail", "email|thu dien tu", 30}, {"urgent", "Báo khẩn", "khan", 10},
	}, []string{"unit", "name"}}
	successorSheet = layout{"Kế thừa", "don vi ke thua", []column{
		{"unit", "Đơn vị cũ", "don vi", 44}, {"successors", "Đơn vị nhận việc", "don vi ke thua|don vi moi", 44},
		{"takes", "Phần việc", "noi dung", 36}, {"fields", "Lĩnh vực nhận", "linh vuc", 40},
	}, []string{"unit", "successors"}}
	localitySheet = layout{"Địa bàn", "xa phuong|dia phuong", []column{
		{"id", "Mã", "ma dia ban", 24}, {"name", "Tên địa bàn", "dia ban|ten", 30}, {"kind", "Cấp", "", 14}, {"aliases", "Tên gọi khác", "", 36},
		{"hotline", "Hotline", "dien thoai", 18}, {"email", "E-mail", "email|thu dien tu", 30},
		{"valid_from", "Từ ngày", "", 12}, {"valid_until", "Đến ngày", "", 12}, {"successors", "Địa bàn kế thừa", "", 40},
	}, []string{"name"}}
	ruleSheet = layout{"Phân công", "phan cong theo dia ban|ma tran", []column{
		{"field", "Lĩnh vực", "", 36}, {"locality", "Địa bàn", "", 28}, {"lead", "Chủ trì", "don vi chu tri", 40},
		{"contributing", "Phối hợp", "don vi phoi hop", 40}, {"valid_from", "Từ ngày", "", 12}, {"valid_until", "Đến ngày", "", 12},
	}, []string{"field", "locality", "lead"}}

	layouts = []*layout{&fieldSheet, &departmentSheet, &pointSheet, &successorSheet, &localitySheet, &ruleSheet}
)

// The words of the column "Vai trò".
const (
	roleLead         = "Chủ trì"
	roleContributing = "Phối hợp"
	roleUrgent       = "Báo khẩn"
)

// The words of the column "Lĩnh vực nhận" that are no field.
const (
	allFields = "Mọi lĩnh vực"
	noField   = "Không lĩnh vực nào"
)

// fold makes headings and words comparable: without tone marks, case and signs.
func fold(text string) string {
	words := vi.Texts(text)
	for i, w := range words {
		words[i] = vi.Fold(w)
	}
	return strings.Join(words, " ")
}

// isCalled reports whether a folded text is a name or one of those beside it.
func isCalled(text, name, also string) bool {
	if text == "" {
		return false
	}
	if text == fold(name) {
		return true
	}
	for other := range strings.SplitSeq(also, "|") {
		if text == other {
			return true
		}
	}
	return false
}

// callings find what a name or an id stands for.
type callings struct {
	ids   map[string]bool
	named map[string][]string // ids by NameKey
}

func newCallings() callings { return callings{map[string]bool{}, map[string][]string{}} }

func (c callings) add(id string, names ...string) {
	c.ids[id] = true
	for _, n := range names {
		key := directory.NameKey(n)
		if key == "" || len(c.named[key]) > 0 && c.named[key][len(c.named[key])-1] == id {
			continue
		}
		c.named[key] = append(c.named[key], id)
	}
}

// find returns the ids that a text may stand for: none, one or several.
func (c callings) find(text string) []string {
	if c.ids[text] {
		return []string{text}
	}
	return c.named[directory.NameKey(text)]
}

// label is the name where it stands for that id alone, else the id.
func (c callings) label(id, name string) string {
	if found := c.find(name); len(found) == 1 && found[0] == id {
		return name
	}
	return id
}

// callingsOf are the names of everything in the data.
func callingsOf(data directory.Data) (departments, fields, localities callings) {
	departments, fields, localities = newCallings(), newCallings(), newCallings()
	for _, d := range directory.Units(data) {
		departments.add(string(d.ID), append([]string{d.Name, d.ShortName}, d.Aliases...)...)
	}
	for _, f := range data.Fields {
		fields.add(string(f.ID), f.Name, f.ShortName)
	}
	for _, l := range data.Localities {
		localities.add(string(l.ID), append([]string{l.Name}, l.Aliases...)...)
	}
	return departments, fields, localities
}
