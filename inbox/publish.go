package inbox

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"tongdai/kb"
)

// A citizen who writes by the portal's form says whether question and answer
// may be shown to everybody. The desk agrees, matter by matter, once it is
// closed, with a text in which nobody can be recognised: that text is shown,
// not the messages.

// Publication is a question and its answer as everybody may read them.
type Publication struct {
	Code        string          `json:"code"`
	Category    kb.CategoryID   `json:"cat,omitempty"`
	Locality    LocalityID      `json:"place,omitempty"`
	Department  kb.DepartmentID `json:"dep,omitempty"` // that answered; empty: the desk
	Question    string          `json:"q"`
	Answer      string          `json:"a"`
	AskedAt     time.Time       `json:"asked"`
	AnsweredAt  time.Time       `json:"answered"`
	PublishedAt time.Time       `json:"at"`
	By          MemberID        `json:"by"`
}

// Publications are kept under the ids of their conversations, which grow with time.
const Publications Shelf[Publication] = "public"

// Publishing is what a member needs to know to publish a matter.
type Publishing struct {
	Wished    bool         // the citizen agreed to it
	Published *Publication // nil: not yet
	// Question and Answer are what was said, with names, telephone numbers and
	// e-mail addresses taken out as far as they can be told: to be read again by a
	// person.
	Question, Answer string
	AnsweredAt       time.Time
}

// publicLength bounds each of the two texts, in characters.
const publicLength = 5000

// PublishingOf tells what there is to be published of a conversation. The
// question holds the citizen's words, so asking is a look.
func (h *Hub) PublishingOf(ctx context.Context, actor Actor, id ConversationID) (p Publishing, err error) {
	var c Conversation
	err = h.store.View(ctx, func(tx Reader) error {
		if c, err = tx.Conversation(id); err != nil {
			return err
		}
		if err := actor.require(PublishConversation, c); err != nil {
			return err
		}
		p, err = publishing(tx, c)
		return err
	})
	if err != nil {
		return Publishing{}, err
	}
	return p, h.recordLook(ctx, actor, id, c.Code)
}

func publishing(tx Reader, c Conversation) (p Publishing, err error) {
	published, err := Publications.Get(tx, string(c.ID))
	switch {
	case err == nil:
		p.Published = &published.Value
	case !errors.Is(err, ErrNotFound):
		return p, err
	}
	all, err := tx.Messages(c.ID, MessageQuery{Forward: true, Limit: trackedMessages})
	if err != nil {
		return p, err
	}
	var question, people, machine []string
	for _, m := range all {
		text := strings.TrimSpace(m.Content.Text)
		switch {
		case m.Direction == In && valueOf(m.Content.Form, FormPublic) != "":
			p.Wished = valueOf(m.Content.Form, FormPublic) == saidYes
			question = append(question, text)
		case m.byPeople():
			p.AnsweredAt = m.ReceivedAt
			people = append(people, text)
		case m.Direction == Out && m.Entry != "":
			machine = append(machine, text)
		}
	}
	if len(people) == 0 {
		people = machine
	}
	if p.AnsweredAt.IsZero() {
		p.AnsweredAt = c.ResolvedAt
	}
	p.Question = nameless(strings.Join(question, "\n\n"), c.ContactName)
	p.Answer = nameless(strings.Join(people, "\n\n"), c.ContactName)
	return p, nil
}

// FormPublic names the field of a form in which the citizen says whether
// question and answer may be shown to everybody; saidYes is its value then.
const (
	FormPublic = "public"
	saidYes    = "Có"
)

var (
	anAddress = regexp.MustCompile(`[^\s<>@,;()]+@[^\s<>@,;()]+\.[A-Za-z]{2,}`)
	aNumber   = regexp.MustCompile(`\+?\d(?:[ .-]?\d){8,11}`)
)

// nameless takes out of a text what can be told to be personal.
func nameless(text, name string) string {
	text = anAddress.ReplaceAllString(text, "[thư điện tử]")
	text = aNumber.ReplaceAllString(text, "[số]")
	if utf8.RuneCountInString(name) < 4 {
		return text
	}
	return regexp.MustCompile(`(?i)`+regexp.QuoteMeta(name)).ReplaceAllString(text, "[tên]")
}

// Publish shows question and answer of a closed matter to everybody, in the
// words given, or changes those that are shown.
func (h *Hub) Publish(ctx context.Context, actor Actor, id ConversationID, question, answer string) (Conversation, error) {
	question, answer = strings.TrimSpace(question), strings.TrimSpace(answer)
	if problems := problemsOf(checkPublic("question", question), checkPublic("answer", answer)); len(problems) > 0 {
		return Conversation{}, problems
	}
	return h.actAs(ctx, actor, PublishConversation, id, Published, func(a *acting) (string, error) {
		p, err := publishing(a.tx, a.c)
		switch {
		case err != nil:
			return "", err
		case !p.Wished:
			return "", conflict("Người dân không chọn công khai phiếu %s nên không công khai được.", a.c.Code)
		case a.c.Status != Resolved || a.c.Ending.Screened():
			return "", conflict("Chỉ công khai phiếu đã trả lời xong và đã đóng.")
		case p.Published != nil && p.Published.Question == question && p.Published.Answer == answer:
			return "", errUnchanged
		}
		kept, err := Publications.Get(a.tx, string(id))
		if err != nil && !errors.Is(err, ErrNotFound) {
			return "", err
		}
		kept.ID, kept.Value = string(id), Publication{
			Code: a.c.Code, Category: a.c.Category, Locality: a.c.Locality, Department: a.c.Department,
			Question: question, Answer: answer, AskedAt: a.c.CreatedAt, AnsweredAt: p.AnsweredAt,
			PublishedAt: a.now, By: actor.Member.ID,
		}
		if _, err := Publications.Put(a.tx, kept); err != nil {
			return "", err
		}
		return "", a.mark(Published, "", "")
	})
}

// Unpublish takes a matter from the public list.
func (h *Hub) Unpublish(ctx context.Context, actor Actor, id ConversationID) (Conversation, error) {
	return h.actAs(ctx, actor, PublishConversation, id, Unpublished, func(a *acting) (string, error) {
		if _, err := Publications.Get(a.tx, string(id)); errors.Is(err, ErrNotFound) {
			return "", errUnchanged
		} else if err != nil {
			return "", err
		}
		if err := Publications.Delete(a.tx, string(id)); err != nil {
			return "", err
		}
		return "", a.mark(Unpublished, "", "")
	})
}

func checkPublic(field, text string) error {
	if err := checkText(field, text, false); err != nil {
		return err
	}
	if utf8.RuneCountInString(text) > publicLength {
		return Invalid{{Field: field, Message: fmt.Sprintf("Dài quá %d ký tự; hãy rút ngắn.", publicLength)}}
	}
	return nil
}

// problemsOf puts the problems of several texts together.
func problemsOf(errs ...error) (all Invalid) {
	for _, err := range errs {
		var some Invalid
		if errors.As(err, &some) {
			all = append(all, some...)
		}
	}
	return all
}

// Public lists what everybody may read, the newest matters first: at most limit
// of those older than before, empty meaning all. next is where the following
// page begins, empty after the last.
func (h *Hub) Public(ctx context.Context, before string, limit int) (page []Publication, next string, err error) {
	err = h.store.View(ctx, func(tx Reader) error {
		kept, err := Publications.List(tx, PaperQuery{Until: before, Backward: true, Limit: limit + 1})
		page, next = nil, ""
		for i, k := range kept {
			if i == limit {
				next = kept[i-1].ID
				break
			}
			page = append(page, k.Value)
		}
		return err
	})
	return page, next, err
}
