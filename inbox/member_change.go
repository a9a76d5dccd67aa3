package inbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tongdai/kb"
)

// MemberChange is what an administrator makes of an account: everything is as
// given, also what is empty.
type MemberChange struct {
	Name, Phone, Email string
	Role               Role
	Departments        []kb.DepartmentID
	Disabled           bool
}

// ChangeMember changes an account. When rights are lost, what he had taken and
// may not answer any more is released in the same transaction; when they change
// at all, his sessions end, and he logs in anew.
func (h *Hub) ChangeMember(ctx context.Context, by Actor, id MemberID, change MemberChange) (Member, error) {
	if !by.May(ManageMembers) {
		return Member{}, ErrForbidden
	}
	var out Member
	err := h.store.Update(ctx, func(tx Writer) error {
		if err := tx.LineUp("members"); err != nil { // one last administrator stays
			return err
		}
		before, err := tx.Member(id)
		if err != nil {
			return err
		}
		wanted := NewMember{
			Login: before.Login, Name: change.Name, Phone: change.Phone, Email: change.Email,
			Role: change.Role, Departments: slices.Clone(change.Departments),
		}.tidy()
		problems := h.problems(wanted)
		if len(problems) == 0 {
			if problems, err = h.lastAdmin(tx, by, before, change); err != nil {
				return err
			}
		}
		if len(problems) > 0 {
			return problems
		}
		after := before
		after.Name, after.Phone, after.Email = wanted.Name, wanted.Phone, wanted.Email
		after.Role, after.Departments, after.Disabled = wanted.Role, wanted.Departments, change.Disabled
		out = after
		return h.putChanged(tx, by, before, after)
	})
	return out, err
}

// lastAdmin refuses what would leave nobody to look after the accounts, or lock
// out the one who does it.
func (h *Hub) lastAdmin(tx Reader, by Actor, m Member, change MemberChange) (Invalid, error) {
	if m.Role != Admin || m.Disabled || change.Role == Admin && !change.Disabled {
		return nil, nil
	}
	field := "role"
	if change.Disabled {
		field = "disabled"
	}
	if m.ID == by.Member.ID {
		return Invalid{{field, "Anh/chị không tự khóa hay hạ quyền tài khoản của mình; hãy nhờ quản trị viên khác."}}, nil
	}
	all, err := tx.Members()
	for _, other := range all {
		if other.ID != m.ID && other.Role == Admin && !other.Disabled && other.PasswordHash != "" {
			return nil, err
		}
	}
	return Invalid{{field, "Đây là quản trị viên cuối cùng; hãy thêm một quản trị viên khác trước."}}, err
}

func (h *Hub) putChanged(tx Writer, by Actor, before, after Member) error {
	if err := tx.PutMember(after); err != nil {
		return err
	}
	moved := before.Role != after.Role || before.Disabled != after.Disabled || !slices.Equal(before.Departments, after.Departments)
	if moved {
		if err := endSessions(tx, after.ID, ""); err != nil {
			return err
		}
		if err := h.releaseLost(tx, by, after); err != nil {
			return err
		}
	}
	if after.Disabled {
		if err := Invitations.Delete(tx, string(after.ID)); err != nil {
			return err
		}
	}
	return h.auditMemberAs(tx, by, MemberChanged, after.Login, difference(before, after))
}

// difference says what changed, for the record.
func difference(before, after Member) string {
	var said []string
	if before.Role != after.Role {
		said = append(said, fmt.Sprintf("role %s → %s", before.Role, after.Role))
	}
	if !slices.Equal(before.Departments, after.Departments) {
		said = append(said, fmt.Sprintf("departments %s → %s", joined(before.Departments), joined(after.Departments)))
	}
	switch {
	case after.Disabled && !before.Disabled:
		said = append(said, "disabled")
	case before.Disabled && !after.Disabled:
		said = append(said, "enabled")
	}
	if before.Name != after.Name || before.Phone != after.Phone || before.Email != after.Email {
		said = append(said, "details")
	}
	return strings.Join(said, ", ")
}

func joined[T ~string](all []T) string {
	var b strings.Builder
	for i, one := range all {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(one))
	}
	return b.String()
}

// lostPage of conversations are read at a time to be released.
const lostPage = 100

// releaseLost takes m off the conversations that he may not answer any more, in
// the transaction that took his rights, and tells the supervisors how many.
func (h *Hub) releaseLost(tx Writer, by Actor, m Member) error {
	lost, err := lostTo(tx, m)
	if err != nil || len(lost) == 0 {
		return err
	}
	now := h.store.Now()
	for _, c := range lost {
		if err := h.releaseOne(tx, by, m, c, now); err != nil {
			return err
		}
	}
	text := fmt.Sprintf("%d phiếu của %s trở lại hàng chờ vì tài khoản đã khóa hoặc đổi đơn vị.", len(lost), m.Name)
	return h.tellSupervisors(tx, Notice{Kind: NoticeReturned, At: now, From: by.Member.ID, Text: text}, m.ID)
}

// lostTo are the open conversations that m has and may not answer.
func lostTo(tx Reader, m Member) (lost []Conversation, err error) {
	holder := Actor{Member: m}
	for after := Cursor(""); ; {
		page, next, err := tx.Conversations(ListQuery{Lists: []ListID{OfMember(m.ID)}, After: after, Limit: lostPage})
		if err != nil {
			return nil, err
		}
		for _, c := range page {
			if !holder.MayWith(AnswerConversation, c) {
				lost = append(lost, c)
			}
		}
		if after = next; next == "" {
			return lost, nil
		}
	}
}

func (h *Hub) releaseOne(tx Writer, by Actor, m Member, c Conversation, now time.Time) error {
	c.Assignee = ""
	author := Author{Kind: System}
	if by.Member.ID != "" {
		author = Author{Kind: ByMember, Member: by.Member.ID, Name: by.Member.Name}
	}
	note, err := h.mark(tx, &c, Change{Action: Assigned, From: string(m.ID)}, author, now)
	if err != nil {
		return err
	}
	if c, err = tx.PutConversation(c); err != nil {
		return err
	}
	if err := tx.AppendAudit(Audit{
		At: now, Member: by.Member.ID, Action: Released, Conversation: c.ID, Target: c.Code, Address: by.Address, Detail: string(m.ID),
	}); err != nil {
		return err
	}
	return tx.AppendEvent(messageEvent(MessageAdded, c, note, now))
}

// tellSupervisors notifies everybody who leads the desk, but one.
func (h *Hub) tellSupervisors(tx Writer, n Notice, but MemberID) error {
	all, err := tx.Members()
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.Role != Supervisor || m.Disabled || m.ID == but {
			continue
		}
		n.Member = m.ID
		if err := notify(tx, n); err != nil {
			return err
		}
	}
	return nil
}
