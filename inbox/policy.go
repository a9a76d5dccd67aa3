package inbox

import (
	"slices"

	"tongdai/kb"
)

// Operation is something a member may want to do.
type Operation string

// The operations that the policy speaks of.
const (
	SeeConversation     Operation = "conversation.see"
	NoteConversation    Operation = "conversation.note"
	AnswerConversation  Operation = "conversation.answer"  // and take, file, transfer, resolve
	SeePersonal         Operation = "personal.see"         // phone numbers, e-mail addresses, numbers of papers; masked otherwise
	MergeContacts       Operation = "contacts.merge"       // find that two contacts are one person; see all of both
	PublishConversation Operation = "conversation.publish" // show question and answer to everybody, where the citizen agreed
	SeeStuck            Operation = "stuck.see"
	SettleQuarantine    Operation = "quarantine.settle"
	SeeAudit            Operation = "audit.see"
	SeeKnowledge        Operation = "knowledge.see"
	ImportKnowledge     Operation = "knowledge.import"
	EditKnowledge       Operation = "knowledge.edit"     // write drafts, send them to review, retire, confirm
	ReviewKnowledge     Operation = "knowledge.review"   // publish what another wrote, or send it back
	CommentKnowledge    Operation = "knowledge.comment"  // say something about an entry to those who keep it
	ScheduleKnowledge   Operation = "knowledge.schedule" // say by when departments are to deliver
	SeeMissed           Operation = "knowledge.missed"   // what citizens asked and the bot did not answer, with personal data masked
	ReindexKnowledge    Operation = "knowledge.reindex"  // make the index of the answers anew
	SeeDirectory        Operation = "directory.see"      // names of departments, fields, channels and colleagues
	ManageDirectory     Operation = "directory.manage"   // change departments, fields, places and who is in charge
	ManageMembers       Operation = "members.manage"
	ManageTokens        Operation = "tokens.manage"
	SeeChannels         Operation = "channels.see"
	ConnectChannels     Operation = "channels.connect"
	TestChannels        Operation = "channels.test"
	ReconcileChannels   Operation = "channels.reconcile"
	KeepAnswers         Operation = "answers.keep"  // ready answers: one's own, a department's, everybody's
	ShareViews          Operation = "views.share"   // saved views that everybody sees
	ManageLabels        Operation = "labels.manage" // rename, colour, join and drop labels
	SeeDuty             Operation = "duty.see"      // who is at the desk, and the roster
	KeepDuty            Operation = "duty.keep"     // take over and hand over; be in the roster
	ManageDuty          Operation = "duty.manage"   // change the roster; hear of gaps
	SeeStorage          Operation = "storage.see"   // how disk and store are
	ReleaseHold         Operation = "hold.release"  // after a return from a backup
	KeepAccount         Operation = "account.keep"  // one's own session, password and notices
)

// reach is how far a right goes. Each holds all that the ones before it hold.
type reach int

const (
	none         reach = iota
	own                // what is the member's own, as his password is
	departments        // what a department of the member is in charge of
	contributing       // that, and what one was asked to contribute to
	everywhere
)

// right is one line of the policy: an operation, in words for people, and how
// far it goes for each role, in the order of Roles.
type right struct {
	op    Operation
	title string
	reach [5]reach
}

// policy is the one table of rights: what is not in it is refused. Handlers,
// lists, events, search and counts all ask it through Actor. docs/operate/rights.md
// is this table for people, and a test holds it to this one.
var policy = []right{
	//                                                            admin, supervisor, operator, staff, viewer
	{SeeConversation, "Xem cuộc hội thoại", [5]reach{everywhere, everywhere, everywhere, contributing, everywhere}},
	{SeePersonal, "Thấy số điện thoại, e-mail, số giấy tờ của người dân", [5]reach{everywhere, everywhere, everywhere, contributing, none}},
	{NoteConversation, "Ghi chú nội bộ", [5]reach{everywhere, everywhere, everywhere, contributing, none}},
	{AnswerConversation, "Nhận, trả lời, chuyển, đóng phiếu", [5]reach{everywhere, everywhere, everywhere, departments, none}},
	{MergeContacts, "Gộp hai người dân là một", [5]reach{everywhere, everywhere, everywhere, none, none}},
	{PublishConversation, "Công khai câu hỏi và câu trả lời", [5]reach{everywhere, everywhere, everywhere, none, none}},
	{SeeStuck, "Xem tin chưa gửi được", [5]reach{everywhere, everywhere, everywhere, none, none}},
	{SettleQuarantine, "Xử lý tin cách ly", [5]reach{everywhere, everywhere, none, none, none}},
	{SeeKnowledge, "Xem và xuất kho hỏi đáp", [5]reach{everywhere, everywhere, everywhere, everywhere, everywhere}},
	{ImportKnowledge, "Nhập kho hỏi đáp", [5]reach{everywhere, everywhere, none, departments, none}},
	{EditKnowledge, "Soạn mục hỏi đáp, gửi duyệt, ngừng dùng, xác nhận còn đúng", [5]reach{everywhere, everywhere, none, departments, none}},
	{ReviewKnowledge, "Duyệt và đăng mục hỏi đáp do người khác soạn", [5]reach{everywhere, everywhere, none, departments, none}},
	{CommentKnowledge, "Góp ý cho mục hỏi đáp", [5]reach{everywhere, everywhere, everywhere, contributing, none}},
	{ScheduleKnowledge, "Đặt hạn nộp, cập nhật mục hỏi đáp", [5]reach{everywhere, everywhere, none, none, none}},
	{SeeMissed, "Xem câu hỏi chưa trả lời được", [5]reach{everywhere, everywhere, everywhere, departments, everywhere}},
	{ReindexKnowledge, "Dựng lại chỉ mục tìm kiếm", [5]reach{everywhere, none, none, none, none}},
	{SeeDirectory, "Xem danh mục đơn vị, lĩnh vực, kênh, cán bộ", [5]reach{everywhere, everywhere, everywhere, everywhere, everywhere}},
	{ManageDirectory, "Sửa danh mục đơn vị, lĩnh vực, địa bàn và phân công", [5]reach{everywhere, everywhere, none, none, none}},
	{SeeChannels, "Xem tình trạng kênh", [5]reach{everywhere, everywhere, none, none, none}},
	{ConnectChannels, "Kết nối kênh", [5]reach{everywhere, none, none, none, none}},
	{TestChannels, "Gửi tin thử qua kênh", [5]reach{everywhere, none, none, none, none}},
	{ReconcileChannels, "Đối chiếu kênh", [5]reach{everywhere, none, none, none, none}},
	{ManageMembers, "Quản lý tài khoản cán bộ", [5]reach{everywhere, none, none, none, none}},
	{ManageTokens, "Quản lý khóa API", [5]reach{everywhere, none, none, none, none}},
	{SeeAudit, "Xem nhật ký", [5]reach{everywhere, none, none, none, none}},
	{SeeDuty, "Xem lịch trực và ai đang trực", [5]reach{everywhere, everywhere, everywhere, none, none}},
	{KeepDuty, "Nhận ca, bàn giao ca, được xếp vào lịch trực", [5]reach{everywhere, everywhere, everywhere, none, none}},
	{ManageDuty, "Xếp lịch trực", [5]reach{everywhere, everywhere, none, none, none}},
	{KeepAnswers, "Soạn câu trả lời mẫu", [5]reach{everywhere, everywhere, own, departments, none}},
	{ShareViews, "Lưu danh sách dùng chung", [5]reach{everywhere, everywhere, none, none, none}},
	{ManageLabels, "Sửa, tô màu, gộp, xóa nhãn", [5]reach{everywhere, everywhere, none, none, none}},
	{SeeStorage, "Xem tình trạng ổ đĩa, kho dữ liệu", [5]reach{everywhere, everywhere, none, none, none}},
	{ReleaseHold, "Cho gửi đi sau khi khôi phục từ bản sao lưu", [5]reach{everywhere, everywhere, none, none, none}},
	{KeepAccount, "Phiên, mật khẩu và thông báo của mình", [5]reach{own, own, own, own, own}},
}

// rights is the policy by operation and role.
var rights = func() map[Operation]map[Role]reach {
	table := make(map[Operation]map[Role]reach, len(policy))
	for _, r := range policy {
		table[r.op] = make(map[Role]reach, len(Roles))
		for i, role := range Roles {
			table[r.op][role] = r.reach[i]
		}
	}
	return table
}()

// Actor is who acts, and from where: a member at work, or a program with an API
// token that a member made.
type Actor struct {
	Member  Member
	Address string
	grant   *grant // of a token; nil: the member himself
	console bool   // whoever has the data folder, on the command line
	unit    bool   // a department as such, by a bridge: it has a name and no account
	// then is called in the transaction of an act with the messages it added; nil: nothing
	// belongs to it.
	then func(tx Writer, added []Message) error
}

// ended ends what an act of a on a conversation belongs to.
func (a Actor) ended(tx Writer, added []Message) error {
	if a.then == nil {
		return nil
	}
	return a.then(tx, added)
}

// Console is who acts on the command line: somebody with the data folder. What
// is everybody's there, an account needs not be had for.
var Console = Actor{Address: "console", console: true}

// reach returns how far a's right to op goes.
func (a Actor) reach(op Operation) reach {
	if a.console {
		return rights[op][Admin]
	}
	if a.Member.ID == "" && !a.unit || a.Member.Disabled {
		return none
	}
	return a.grant.narrow(op, rights[op][a.Member.Role])
}

// May reports whether a may do op at all, be it only for some departments.
func (a Actor) May(op Operation) bool { return a.reach(op) != none }

// MayEverywhere reports whether a may do op whichever department is concerned.
func (a Actor) MayEverywhere(op Operation) bool { return a.reach(op) == everywhere }

// MayWith reports whether a may do op with conversation c.
func (a Actor) MayWith(op Operation, c Conversation) bool {
	switch a.reach(op) {
	case everywhere:
		return true
	case contributing:
		return a.of(c.Department) || slices.ContainsFunc(c.Contributing, a.of)
	case departments:
		return a.of(c.Department)
	default:
		return false
	}
}

// MayFor reports whether a may do op with what belongs to department d.
func (a Actor) MayFor(op Operation, d kb.DepartmentID) bool {
	switch a.reach(op) {
	case everywhere:
		return true
	case contributing, departments:
		return a.of(d)
	default:
		return false
	}
}

// of reports whether a belongs to a department.
func (a Actor) of(d kb.DepartmentID) bool { return d != "" && slices.Contains(a.Member.Departments, d) }

// seen passes on a conversation that was read, where a may see it; for others it
// does not exist.
func (a Actor) seen(c Conversation, err error) (Conversation, error) {
	if err == nil {
		err = a.require(SeeConversation, c)
	}
	if err != nil {
		return Conversation{}, err
	}
	return c, nil
}

// require turns a refusal into the error that the outside sees: what may not
// even be seen does not exist.
func (a Actor) require(op Operation, c Conversation) error {
	if a.MayWith(op, c) {
		return nil
	}
	if a.MayWith(SeeConversation, c) {
		return ErrForbidden
	}
	return ErrNotFound
}
