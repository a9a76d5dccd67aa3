package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tongdai/kb"
)

// AnswerScope tells whose a ReadyAnswer is.
type AnswerScope string

// The scopes of ready answers.
const (
	ForEverybody  AnswerScope = "all"
	ForDepartment AnswerScope = "department" // for its staff, and for those who answer everywhere
	ForOwner      AnswerScope = "own"        // for whoever wrote it
)

// ReadyAnswer is a text that members insert while they answer. Places for what
// differs each time stand in braces: {ten_nguoi_dan}. Those of AnswerPlaces are
// filled from the conversation; any other is filled by the member, each time.
type ReadyAnswer struct {
	Title      string          `json:"title"`
	Shortcut   string          `json:"short,omitempty"` // what one types after "/"
	Text       string          `json:"text"`
	Scope      AnswerScope     `json:"scope"`
	Department kb.DepartmentID `json:"dep,omitempty"`   // of ForDepartment
	Owner      MemberID        `json:"owner,omitempty"` // of ForOwner
	ChangedAt  time.Time       `json:"at"`
	ChangedBy  MemberID        `json:"by"`
}

// ReadyAnswers are kept under ids that grow with time.
const ReadyAnswers Shelf[ReadyAnswer] = "answer"

// AnswerPlaces are the places that a desk fills from the conversation.
var AnswerPlaces = []string{
	"ten_nguoi_dan", // what the person is called; "anh/chị" where nobody told
	"ma_phieu",      // the code of the conversation
	"don_vi",        // the department in charge, or the desk
	"duong_day_nong",
	"linh_vuc",
	"can_bo", // the member who answers
	"kenh",
	"ngay_hom_nay",
	"han_tra_loi", // until when an answer was promised; to be filled by the member where none was
}

// Limits of ready answers.
const (
	answersAllowed      = 2000
	answerTitleLimit    = 120  // characters
	answerTextLimit     = 4000 // characters
	answerShortcutLimit = 32
)

var (
	shortcutShape = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)
	placeShape    = regexp.MustCompile(`\{[a-z0-9_]{1,40}\}`)
)

// Places lists the places in the text, each once, in the order in which they are met.
func (r ReadyAnswer) Places() (names []string) {
	for _, p := range placeShape.FindAllString(r.Text, -1) {
		if name := strings.Trim(p, "{}"); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// mayUse reports whether a may insert r, and so sees it.
func (a Actor) mayUse(r ReadyAnswer) bool {
	switch r.Scope {
	case ForOwner:
		return r.Owner == a.Member.ID
	case ForDepartment:
		return a.of(r.Department) || a.MayEverywhere(AnswerConversation)
	default:
		return true
	}
}

// MayKeep reports whether a may write, change and remove r.
func (a Actor) MayKeep(r ReadyAnswer) bool {
	switch r.Scope {
	case ForOwner:
		return r.Owner == a.Member.ID && a.May(KeepAnswers)
	case ForDepartment:
		return a.MayFor(KeepAnswers, r.Department)
	default:
		return a.MayEverywhere(KeepAnswers)
	}
}

// Answers lists the ready answers that a member may insert, by title.
func (h *Hub) Answers(ctx context.Context, actor Actor) (found []Kept[ReadyAnswer], err error) {
	if !actor.May(AnswerConversation) {
		return nil, ErrForbidden
	}
	err = h.store.View(ctx, func(tx Reader) error {
		all, err := ReadyAnswers.List(tx, PaperQuery{})
		found = slices.DeleteFunc(all, func(k Kept[ReadyAnswer]) bool { return !actor.mayUse(k.Value) })
		return err
	})
	slices.SortStableFunc(found, func(a, b Kept[ReadyAnswer]) int { return cmp.Compare(a.Value.Title, b.Value.Title) })
	return found, err
}

// KeepAnswer writes a ready answer: a new one when id is empty, else over the
// one of that version. ErrConflict when somebody else changed it meanwhile.
func (h *Hub) KeepAnswer(ctx context.Context, actor Actor, id string, version uint64, r ReadyAnswer) (Kept[ReadyAnswer], error) {
	if !actor.May(KeepAnswers) {
		return Kept[ReadyAnswer]{}, ErrForbidden
	}
	r = r.tidied(actor)
	if err := h.checkAnswer(actor, r); err != nil {
		return Kept[ReadyAnswer]{}, err
	}
	kept := Kept[ReadyAnswer]{ID: cmp.Or(id, newID()), Version: version, Value: r}
	err := h.store.Update(ctx, func(tx Writer) error {
		all, err := ReadyAnswers.List(tx, PaperQuery{})
		if err != nil {
			return err
		}
		if err := errors.Join(actor.mayReplace(tx, id), fits(all, id, r)); err != nil {
			return err
		}
		kept.Value.ChangedAt, kept.Value.ChangedBy = h.store.Now(), actor.Member.ID
		kept.Version = version
		if kept, err = ReadyAnswers.Put(tx, kept); errors.Is(err, ErrConflict) {
			return conflict("Mẫu “%s” vừa được người khác sửa; hãy đóng rồi mở lại để xem bản mới.", r.Title)
		}
		return errors.Join(err, h.answersChanged(tx, actor, AnswerKept, r))
	})
	return kept, err
}

// DropAnswer removes a ready answer. What was sent with its words stays sent.
func (h *Hub) DropAnswer(ctx context.Context, actor Actor, id string) error {
	if !actor.May(KeepAnswers) {
		return ErrForbidden
	}
	return h.store.Update(ctx, func(tx Writer) error {
		if err := actor.mayReplace(tx, id); err != nil {
			return err
		}
		k, err := ReadyAnswers.Get(tx, id)
		if err != nil {
			return err
		}
		return errors.Join(ReadyAnswers.Delete(tx, id), h.answersChanged(tx, actor, AnswerDropped, k.Value))
	})
}

// tidied is r as it is kept.
func (r ReadyAnswer) tidied(actor Actor) ReadyAnswer {
	r.Title, r.Shortcut, r.Text = strings.TrimSpace(r.Title), strings.TrimSpace(r.Shortcut), strings.TrimSpace(r.Text)
	r.Shortcut = strings.TrimPrefix(r.Shortcut, "/")
	if r.Scope != ForDepartment {
		r.Department = ""
	}
	r.Owner = ""
	if r.Scope == ForOwner {
		r.Owner = actor.Member.ID
	}
	return r
}

func (h *Hub) checkAnswer(actor Actor, r ReadyAnswer) error {
	var p Invalid
	if n := utf8.RuneCountInString(r.Title); n == 0 {
		p = append(p, Problem{"title", "Hãy đặt tên cho câu trả lời mẫu."})
	} else if n > answerTitleLimit {
		p = append(p, Problem{"title", fmt.Sprintf("Tên dài quá %d ký tự; hãy rút ngắn.", answerTitleLimit)})
	}
	if r.Shortcut != "" && (len(r.Shortcut) > answerShortcutLimit || !shortcutShape.MatchString(r.Shortcut)) {
		p = append(p, Problem{"shortcut", fmt.Sprintf("Mã gõ nhanh gồm tối đa %d chữ thường không dấu, chữ số, dấu - hoặc _.", answerShortcutLimit)})
	}
	p = append(p, checkAnswerText(r.Text)...)
	switch {
	case r.Scope == ForDepartment && h.directory.DepartmentName(r.Department) == "":
		p = append(p, Problem{"department", "Hãy chọn đơn vị dùng mẫu này."})
	case r.Scope != ForEverybody && r.Scope != ForDepartment && r.Scope != ForOwner:
		p = append(p, Problem{"scope", "Hãy chọn ai dùng mẫu này."})
	case !actor.MayKeep(r):
		p = append(p, Problem{"scope", "Anh/chị không được soạn mẫu cho phạm vi này; hãy chọn phạm vi khác."})
	}
	if len(p) > 0 {
		return p
	}
	return nil
}

func checkAnswerText(text string) Invalid {
	switch n := utf8.RuneCountInString(text); {
	case !utf8.ValidString(text):
		return Invalid{{"text", "Nội dung có ký tự hỏng; hãy soạn lại."}}
	case n == 0:
		return Invalid{{"text", "Hãy nhập nội dung."}}
	case n > answerTextLimit:
		return Invalid{{"text", fmt.Sprintf("Nội dung dài quá %d ký tự; hãy rút ngắn.", answerTextLimit)}}
	case strings.ContainsAny(placeShape.ReplaceAllString(text, ""), "{}"):
		return Invalid{{"text", "Chỗ điền viết bằng chữ thường không dấu, số và gạch dưới trong một cặp ngoặc nhọn, ví dụ {ten_nguoi_dan} hoặc {gio_hen}."}}
	}
	return nil
}

// mayReplace refuses what is not the actor's to change; nothing is being
// replaced where id is empty. What the actor may not see does not exist.
func (a Actor) mayReplace(tx Reader, id string) error {
	if id == "" {
		return nil
	}
	k, err := ReadyAnswers.Get(tx, id)
	switch {
	case err != nil:
		return err
	case a.MayKeep(k.Value):
		return nil
	case a.May(AnswerConversation) && a.mayUse(k.Value):
		return ErrForbidden
	}
	return ErrNotFound
}

// fits refuses a shortcut that means something already to the same people, and
// more answers than a menu can be searched for.
func fits(all []Kept[ReadyAnswer], id string, r ReadyAnswer) error {
	for _, k := range all {
		same := k.Value.Scope == r.Scope && k.Value.Department == r.Department && k.Value.Owner == r.Owner
		if k.ID != id && same && r.Shortcut != "" && k.Value.Shortcut == r.Shortcut {
			return Invalid{{"shortcut", fmt.Sprintf("Mã gõ nhanh /%s đã thuộc mẫu “%s”; hãy chọn mã khác.", r.Shortcut, k.Value.Title)}}
		}
	}
	if id == "" && len(all) >= answersAllowed {
		return conflict("Đã có %d câu trả lời mẫu; hãy bỏ bớt mẫu không dùng.", answersAllowed)
	}
	return nil
}

// answersChanged puts the act on record and tells the desks.
func (h *Hub) answersChanged(tx Writer, actor Actor, action Action, r ReadyAnswer) error {
	now := h.store.Now()
	return errors.Join(
		tx.AppendAudit(Audit{At: now, Member: actor.Member.ID, Action: action, Target: r.Title, Address: actor.Address}),
		tx.AppendEvent(Event{At: now, Kind: AnswersChanged}),
	)
}
