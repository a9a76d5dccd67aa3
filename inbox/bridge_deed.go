package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox/order"
	"tongdai/kb"
)

// bridgeDeed is what somebody did at a place, kept as it came in. It is done by a worker
// as if it were done at the desk, with the same rights and on the same record.
type bridgeDeed struct {
	Thread   string                  `json:"thread"`
	Bridge   connectors.ChannelID    `json:"bridge"`
	Do       connectors.Deed         `json:"do"`
	By       connectors.Colleague    `json:"by"`
	Content  content.Content         `json:"content"`
	Due      time.Time               `json:"due,omitzero"`
	Message  connectors.RemoteID     `json:"msg,omitempty"`   // of what was said at the place
	About    connectors.RemoteID     `json:"about,omitempty"` // of Amend and Retract
	Raw      RawID                   `json:"raw,omitempty"`
	Notes    []string                `json:"notes,omitempty"` // of the letter it was: what was found of its sender
	At       time.Time               `json:"at"`
	Done     bool                    `json:"done,omitempty"`
	Out      MessageID               `json:"out,omitempty"`     // what it became: an answer, a note
	Refused  string                  `json:"refused,omitempty"` // why it was not done, for whoever did it
	Reported connectors.OutcomeState `json:"reported,omitempty"`
}

// deedsShelf keeps deeds under ids that grow with time.
const deedsShelf Shelf[bridgeDeed] = "deeds"

// deedClaim is longer than a deed takes, with the files it brings.
const deedClaim = fetchClaim

// deedKey is the Key of what a deed became, so that its own place is not told of it.
func deedKey(thread, deed string) string { return "deed/" + thread + "/" + deed }

// acted keeps what somebody of ours did at a place, to be done by a worker. What is said
// in no thread of ours is none of our business, and not kept.
func (r *receiving) acted(in connectors.Inbound) error {
	fresh, _, err := r.remember(in)
	if err != nil || !fresh {
		return err
	}
	if in.Act == nil {
		return fmt.Errorf("channel %q: an act without its Act: %s", r.raw.Channel, in.Key)
	}
	t, err := threadOf(r.tx, r.raw.Channel, *in.Act)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := r.keepRaw(); err != nil {
		return err
	}
	r.kept++
	return r.deed(bridgeDeed{
		Thread: t.ID, Bridge: t.Value.Bridge, Do: in.Act.Do, By: in.Act.By, Content: in.Content, Due: in.Act.Due,
		Message: in.Message, About: in.Act.About, Raw: r.raw.ID, At: r.now,
	})
}

func (r *receiving) deed(d bridgeDeed) error {
	id := newID()
	if _, err := deedsShelf.Put(r.tx, Kept[bridgeDeed]{ID: id, Value: d}); err != nil {
		return err
	}
	return r.tx.Enqueue(Task{ID: newID(), Kind: Deeds, Group: d.Thread, Ref: id, Urgent: d.Do == connectors.Confirm, Due: r.now})
}

// answeredThread keeps a letter as a deed where it was written to the reply address of a
// thread; false where it was not. What a machine answers is a note.
func (r *receiving) answeredThread(in connectors.Inbound) (bool, error) {
	if in.Letter == nil || in.Letter.Matter == "" {
		return false, nil
	}
	t, err := threadOf(r.tx, r.raw.Channel, connectors.Act{Thread: in.Letter.Matter})
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	d := bridgeDeed{
		Thread: t.ID, Bridge: t.Value.Bridge, Do: connectors.Speak, Content: in.Content, Message: in.Message, Raw: r.raw.ID, At: r.now,
		By:    connectors.Colleague{User: in.From, Name: cmp.Or(in.Letter.From.Name, in.Letter.From.Mail)},
		Notes: in.Letter.Notes,
	}
	if in.Letter.Proven {
		d.By.Mail = in.Letter.From.Mail
	}
	if in.Letter.Machine != "" {
		d.Do = connectors.Remark
	}
	r.kept++
	return true, r.deed(d)
}

// deed is the work of Deeds: what somebody did at a place is done as a member does it.
// Why it cannot be done is told to the place.
func (h *Hub) deed(ctx context.Context, claim Claim) error {
	e := errand{hub: h, claim: claim}
	err := h.store.View(ctx, func(tx Reader) error { return e.read(tx) })
	if err != nil {
		return err
	}
	if e.deed.Value.Done || e.deed.Value.Refused != "" {
		return h.store.Update(ctx, func(tx Writer) error { return tx.Finish(claim) })
	}
	if err := e.files(ctx); err != nil {
		return err
	}
	err = e.do(ctx)
	var refused no
	var invalid Invalid
	var refusal *Refusal
	switch {
	case err == nil, errors.Is(err, ErrStale):
		return err
	case errors.As(err, &refused):
		return e.refuse(ctx, string(refused))
	case errors.As(err, &invalid):
		return e.refuse(ctx, invalid[0].Message)
	case errors.As(err, &refusal):
		return e.refuse(ctx, refusal.Message)
	case errors.Is(err, ErrForbidden), errors.Is(err, ErrNotFound):
		return e.refuse(ctx, notYours)
	}
	return err
}

// no is why a deed is not done, for whoever did it.
type no string

func (n no) Error() string { return string(n) }

const (
	notYours = "Anh/chị không có quyền làm việc này với phiếu này; nếu cần, hãy báo bộ phận thường trực."
	unknown  = "Tổng đài chưa biết anh/chị là cán bộ nào nên chưa làm; nội dung đã được ghi chú vào phiếu."
)

// errand is one deed being done.
type errand struct {
	hub    *Hub
	claim  Claim
	deed   Kept[bridgeDeed]
	thread Kept[Thread]
	c      Conversation
	actor  Actor
	known  bool // who did it is a member, or proven to be the department
}

func (e *errand) read(tx Reader) (err error) {
	if e.deed, err = deedsShelf.Get(tx, e.claim.Task.Ref); err != nil {
		return err
	}
	if e.thread, err = Threads.Get(tx, e.deed.Value.Thread); err != nil {
		return err
	}
	if e.c, err = tx.Conversation(e.thread.Value.Conversation); err != nil {
		return err
	}
	return e.who(tx)
}

// who finds the member that did it; failing that, the department itself where it was
// sent from an address of its own. Whoever else speaks there may only note.
func (e *errand) who(tx Reader) error {
	by, unit := e.deed.Value.By, e.thread.Value.Unit
	m, found, err := memberAt(tx, e.deed.Value.Bridge, by)
	if err != nil {
		return err
	}
	from := string(e.deed.Value.Bridge)
	switch {
	case found:
		e.actor, e.known = Actor{Member: m, Address: from}, true
	case by.Mail != "" && slices.ContainsFunc(e.hub.mailsOf(unit), func(own string) bool { return strings.EqualFold(own, by.Mail) }):
		e.actor, e.known = e.hub.asUnit(unit, e.hub.departmentName(unit), from), true
	default:
		e.actor = e.hub.asUnit(unit, by.Name+" (chưa xác thực)", from)
	}
	e.actor.then = e.done
	return nil
}

// memberAt is the member that a user of a bridge is: the one that the user was linked
// with, or the one who has that address.
func memberAt(tx Reader, bridge connectors.ChannelID, by connectors.Colleague) (Member, bool, error) {
	link, err := bridgeLinks.Get(tx, linkID(bridge, by.User))
	if err == nil {
		m, err := tx.Member(link.Value.Member)
		if err == nil || !errors.Is(err, ErrNotFound) {
			return m, err == nil && !m.Disabled, err
		}
	} else if !errors.Is(err, ErrNotFound) {
		return Member{}, false, err
	}
	if by.Mail == "" {
		return Member{}, false, nil
	}
	all, err := tx.Members()
	if err != nil {
		return Member{}, false, err
	}
	named := slices.DeleteFunc(all, func(m Member) bool { return m.Disabled || !strings.EqualFold(m.Email, by.Mail) })
	if len(named) != 1 { // an address that several share tells nobody from another
		return Member{}, false, nil
	}
	return named[0], true, nil
}

// asUnit is a department that acts as such, without saying who in it does.
func (h *Hub) asUnit(d kb.DepartmentID, name, from string) Actor {
	return Actor{Member: Member{Name: name, Role: Staff, Departments: []kb.DepartmentID{d}}, Address: from, unit: true}
}

// files fetches what lies with the platform, so that it goes with what is said.
func (e *errand) files(ctx context.Context) error {
	var files []content.Attachment
	fetcher, _ := e.hub.bridges[e.deed.Value.Bridge].(connectors.Fetcher)
	limited, cancel := context.WithTimeout(ctx, fetchAllTime)
	defer cancel()
	last := e.claim.Task.Attempts+1 >= fetchAttempts
	for _, a := range e.deed.Value.Content.Attachments {
		if a.Kind == content.Original {
			continue // the letter itself
		}
		if awaitsFile(a) {
			if a = e.hub.fetchOne(limited, fetcher, a, last); awaitsFile(a) {
				return errors.New("a file of a deed could not be fetched")
			}
		}
		files = append(files, a)
	}
	e.deed.Value.Content.Attachments = files
	return nil
}

// do does it, with the words as they came.
func (e *errand) do(ctx context.Context) error {
	h, d := e.hub, e.deed.Value
	words := order.Order{Do: d.Do, Due: d.Due, Text: strings.TrimSpace(d.Content.Text)}
	if d.Do == connectors.Speak {
		read, err := order.Read(d.Content.Text, h.store.Now(), h.directory.WorkingDay)
		var unclear *order.Unclear
		if errors.As(err, &unclear) && !(words.Text == "" && len(d.Content.Attachments) > 0) {
			return no(unclear.Message)
		}
		if err == nil {
			words = read
		}
	}
	key := deedKey(e.thread.ID, e.deed.ID)
	if !e.known && words.Do != connectors.Remark && words.Do != connectors.Amend && words.Do != connectors.Retract {
		return e.distrust(ctx)
	}
	var err error
	switch words.Do {
	case connectors.Speak:
		err = e.speak(ctx, words.Text, key)
	case connectors.Vow:
		_, err = h.Promise(ctx, e.actor, e.c.ID, NewPromise{Due: words.Due, Text: cmp.Or(words.Text, e.vow(words.Due)), Key: key})
	case connectors.GiveUp:
		_, err = h.Return(ctx, e.actor, e.c.ID, words.Text)
	case connectors.Take:
		err = e.take(ctx)
	case connectors.Confirm:
		_, err = h.ConfirmAlarm(ctx, e.actor, e.c.ID)
	case connectors.Amend:
		err = e.note(ctx, "Đã sửa lời viết ở "+e.at()+" thành:\n"+words.Text+"\n(Điều đã gửi người dân không thay đổi.)", key)
	case connectors.Retract:
		err = e.note(ctx, "Đã xóa lời viết ở "+e.at()+". Điều đã gửi người dân không thay đổi.", key)
	default:
		err = e.note(ctx, words.Text, key)
	}
	return err
}

// take is also word that an urgent report was heard of: letters have no other.
func (e *errand) take(ctx context.Context) error {
	if e.c.Alarm == AlarmRinging {
		heard := e.actor
		heard.then = nil // the errand ends with what follows
		if _, err := e.hub.ConfirmAlarm(ctx, heard, e.c.ID); err != nil {
			return err
		}
	}
	_, err := e.hub.Take(ctx, e.actor, e.c.ID)
	return err
}

// at is where it was done, for people.
func (e *errand) at() string { return e.hub.ChannelName(e.deed.Value.Bridge) }

// vow is what the citizen is told where the department tells only by when.
func (e *errand) vow(due time.Time) string {
	return fmt.Sprintf("Dạ, %s đã tiếp nhận nội dung của anh/chị và sẽ trả lời trước %s ạ.", e.hub.departmentName(e.thread.Value.Unit), clockAndDay(due))
}

// speak answers the citizen, or lets the desk see the answer first.
func (e *errand) speak(ctx context.Context, text, key string) error {
	if e.hub.cfg.ReviewAnswers[e.deed.Value.Bridge] && e.actor.Member.Role == Staff {
		return e.propose(ctx, text, key)
	}
	_, err := e.hub.Reply(ctx, e.actor, e.c.ID, NewReply{Text: text, Key: key, Attachments: e.deed.Value.Content.Attachments})
	return err
}

// propose shows the desk what the department would answer.
func (e *errand) propose(ctx context.Context, text, key string) error {
	words := "Phiếu %s: %s gửi câu trả lời, chờ duyệt."
	return e.write(ctx, AnswerConversation, Message{Content: content.Content{Text: text}, Key: key, Proposed: true}, words)
}

// distrust keeps as a note what somebody wants to be done who is not known, and tells
// the desk. Nothing reaches the citizen.
func (e *errand) distrust(ctx context.Context) error {
	var about string
	if found := e.deed.Value.Notes; len(found) > 0 {
		about = "Thư của " + string(e.deed.Value.By.User) + ". " + strings.Join(found, " ")
	}
	return e.withhold(ctx, unknown, about, "Phiếu %s: có người chưa xác thực trả lời thay %s; chưa gửi người dân.")
}

// withhold ends the errand for a reason that whoever did it is told, and keeps what was
// said as a note: nobody may have read that reason, and the words are all there is.
func (e *errand) withhold(ctx context.Context, why, about, words string) error {
	e.deed.Value.Refused = why
	said := cmp.Or(strings.TrimSpace(e.deed.Value.Content.Text), "(không có chữ)")
	if about != "" {
		said += "\n\n(" + about + ")"
	}
	return e.write(ctx, NoteConversation, Message{Content: content.Content{Text: said}, Key: deedKey(e.thread.ID, e.deed.ID)}, words)
}

func (e *errand) note(ctx context.Context, text, key string) error {
	return e.write(ctx, NoteConversation, Message{Content: content.Content{Text: text}, Key: key}, "")
}

// write puts a note into the matter, with the files that came along, and tells the desk
// of it in words that name the matter and the department; empty: it need not know.
func (e *errand) write(ctx context.Context, right Operation, m Message, words string) error {
	m.Content.Attachments = e.deed.Value.Content.Attachments
	if strings.TrimSpace(m.Content.Text) == "" && len(m.Content.Attachments) == 0 {
		return no("Chưa có nội dung.")
	}
	_, err := e.hub.actAs(ctx, e.actor, right, e.c.ID, Noted, func(a *acting) (string, error) {
		m := m
		m.ID, m.Conversation, m.Direction, m.Author = MessageID(newID()), a.c.ID, Note, a.author()
		m.SentAt, m.ReceivedAt = a.now, a.now
		m, err := a.c.append(a.tx, m)
		if err != nil {
			return "", err
		}
		a.added = append(a.added, m)
		if words == "" {
			return "", nil
		}
		return "", a.tellDesk(fmt.Sprintf(words, a.c.Code, e.hub.departmentName(e.thread.Value.Unit)))
	})
	return err
}

// tellDesk tells those at the desk of something in the conversation.
func (a *acting) tellDesk(words string) error {
	there, err := a.hub.onDuty(a.tx, a.now)
	if err != nil {
		return err
	}
	n := Notice{Kind: NoticeNotPosted, At: a.now, From: a.actor.Member.ID, Text: words}
	return a.hub.tell(a.tx, a.c, n, func(m Member) bool {
		return m.Role == Operator && (len(there) == 0 || slices.Contains(there, m.ID)) || m.ID == a.c.Assignee
	})
}

// done ends the errand in the transaction in which it was done.
func (e *errand) done(tx Writer, added []Message) error {
	d, err := deedsShelf.Get(tx, e.deed.ID)
	if err != nil {
		return err
	}
	d.Value.Done, d.Value.Refused = true, e.deed.Value.Refused
	for _, m := range added {
		if m.Key == deedKey(e.thread.ID, e.deed.ID) {
			d.Value.Out = m.ID
		}
	}
	return e.end(tx, d)
}

// refuse ends the errand without anything having been done. What was to be told the
// citizen stays with the matter where it may; who wrote a letter is not there to read
// why it was refused, so that the desk is told as well.
func (e *errand) refuse(ctx context.Context, why string) error {
	d := e.deed.Value
	speaks := d.Do == connectors.Speak || d.Do == connectors.Vow || d.Do == connectors.GiveUp
	if speaks && (strings.TrimSpace(d.Content.Text) != "" || len(d.Content.Attachments) > 0) {
		words := ""
		if e.hub.bridges[d.Bridge].Terse() {
			words = "Phiếu %s: thư trả lời của %s chưa được thực hiện; chưa gửi người dân."
		}
		err := e.withhold(ctx, why, "Chưa gửi người dân. "+why, words)
		if _, is := errors.AsType[*Refusal](err); !is && !errors.Is(err, ErrForbidden) && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return e.hub.store.Update(ctx, func(tx Writer) error {
		d, err := deedsShelf.Get(tx, e.deed.ID)
		if err != nil {
			return err
		}
		d.Value.Refused = why
		return e.end(tx, d)
	})
}

// end keeps how the errand ended, and has the place told.
func (e *errand) end(tx Writer, d Kept[bridgeDeed]) error {
	if _, err := deedsShelf.Put(tx, d); err != nil {
		return err
	}
	t, err := Threads.Get(tx, d.Value.Thread)
	if err != nil {
		return err
	}
	t.Value.Deeds = append(t.Value.Deeds, d.ID)
	if n := len(t.Value.Deeds) - deedsOpen; n > 0 {
		t.Value.Deeds = t.Value.Deeds[n:]
	}
	if _, err := Threads.Put(tx, t); err != nil {
		return err
	}
	return errors.Join(postSoon(tx, t.ID, false, e.hub.store.Now()), tx.Finish(e.claim))
}

// deedsOpen is of how many deeds, at most, a place still hears what becomes of them.
const deedsOpen = 50
