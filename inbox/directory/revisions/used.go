package revisions

import (
	"fmt"
	"slices"
	"strings"

	"tongdai/inbox"
	"tongdai/inbox/directory"
)

// What others name must not disappear: an account, an answer or a matter of a
// department without a name could be given to nobody. Whatever ends gets its last
// day and its successors instead.

// lookedThrough is how many matters, the newest, are looked through for a field or
// a place, by which matters are not listed.
const lookedThrough = 2000

// stillUsed refuses a change that takes away what others name.
func stillUsed(tx inbox.Reader, before, after directory.Data) error {
	gone := missing(before, after)
	if gone.none() {
		return nil
	}
	var told []string
	for _, find := range []func(inbox.Reader, leavers) ([]string, error){members, entries, matters} {
		found, err := find(tx, gone)
		if err != nil {
			return err
		}
		told = append(told, found...)
	}
	if len(told) == 0 {
		return nil
	}
	slices.Sort(told)
	const most = 10
	told = slices.Compact(told)
	if more := len(told) - most; more > 0 {
		told = append(told[:most], fmt.Sprintf("và %d chỗ khác", more))
	}
	return &inbox.Refusal{Kind: inbox.ErrConflict, Message: fmt.Sprintf(
		"Không thể bỏ khỏi danh mục: %s. Hãy ghi ngày kết thúc và đơn vị kế thừa thay vì bỏ. Chưa thay đổi gì.", strings.Join(told, "; "))}
}

// leavers are names of what is to disappear, by id.
type leavers struct {
	departments map[directory.DepartmentID]string
	fields      map[directory.FieldID]string
	localities  map[directory.LocalityID]string
}

func (l leavers) none() bool { return len(l.departments)+len(l.fields)+len(l.localities) == 0 }

func missing(before, after directory.Data) leavers {
	l := leavers{map[directory.DepartmentID]string{}, map[directory.FieldID]string{}, map[directory.LocalityID]string{}}
	for _, d := range directory.Units(before) {
		l.departments[d.ID] = d.Name
	}
	for _, f := range before.Fields {
		l.fields[f.ID] = f.Name
	}
	for _, p := range before.Localities {
		l.localities[p.ID] = p.Name
	}
	for _, d := range directory.Units(after) {
		delete(l.departments, d.ID)
	}
	for _, f := range after.Fields {
		delete(l.fields, f.ID)
	}
	for _, p := range after.Localities {
		delete(l.localities, p.ID)
	}
	return l
}

func members(tx inbox.Reader, gone leavers) (told []string, err error) {
	if len(gone.departments) == 0 {
		return nil, nil
	}
	all, err := tx.Members()
	for _, m := range all {
		for _, d := range m.Departments {
			if name, leaves := gone.departments[d]; leaves {
				told = append(told, name+" còn tài khoản cán bộ")
			}
		}
	}
	return told, err
}

// entriesRead are read at a time.
const entriesRead = 500

func entries(tx inbox.Reader, gone leavers) (told []string, err error) {
	page, err := tx.Entries("", entriesRead)
	for ; err == nil && len(page) > 0; page, err = tx.Entries(page[len(page)-1].ID, entriesRead) {
		for _, e := range page {
			if name, leaves := gone.departments[e.Department]; leaves {
				told = append(told, name+" còn mục hỏi đáp")
			}
			if name, leaves := gone.fields[e.Category]; leaves {
				told = append(told, name+" còn mục hỏi đáp")
			}
		}
	}
	return told, err
}

func matters(tx inbox.Reader, gone leavers) (told []string, err error) {
	for id, name := range gone.departments {
		found, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.OfDepartment(inbox.AllList, id)}, Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(found) > 0 {
			told = append(told, name+" còn phiếu")
		}
	}
	if len(gone.fields)+len(gone.localities) == 0 {
		return told, nil
	}
	found, _, err := tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.AllList}, Limit: lookedThrough})
	if err != nil {
		return nil, err
	}
	for _, c := range found {
		if name, leaves := gone.fields[c.Category]; leaves {
			told = append(told, name+" còn phiếu")
		}
		if name, leaves := gone.localities[directory.LocalityID(c.Locality)]; leaves {
			told = append(told, name+" còn phiếu")
		}
	}
	return told, nil
}
