package inbox

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"tongdai/kb"
)

// Some matters are best helped by a call: whoever lost water, light or a child's
// appointment needs somebody on the line. The citizen gets the number, and that
// is how the matter ends.

// Referral gives the citizen a number to call, or an address to write to.
type Referral struct {
	Department kb.DepartmentID // whose it is
	Text       string          // what the citizen is told; number or address is in it
	Key        string          // of the message, as in NewReply
}

// wayToReach is the least that can be dialled, "115", or an e-mail address.
var wayToReach = regexp.MustCompile(`(?:\d[ .()\-]{0,2}){3}|[^\s@]+@[^\s@]+\.[^\s@]+`)

// Part is what a department has to do with a matter.
type Part string

// The parts of departments.
const (
	LeadPart         Part = "in_charge"
	ContributingPart Part = "asked_beside"
	NoPart           Part = "elsewhere"
)

// ReferralChoice is somebody whom the citizen may be sent to.
type ReferralChoice struct {
	ContactPoint
	Part Part // of its department in the matter
}

// ReferralChoices are whom the citizen of a matter may be sent to: those in
// charge of its field at its place first, then those who contribute, then all others.
func (h *Hub) ReferralChoices(ctx context.Context, actor Actor, id ConversationID) ([]ReferralChoice, error) {
	var c Conversation
	err := h.store.View(ctx, func(tx Reader) (err error) {
		c, err = actor.seen(tx.Conversation(id))
		return err
	})
	if err != nil {
		return nil, err
	}
	now := h.store.Now()
	charge := h.directory.Charge(c.Category, c.Locality, now)
	first := slices.Concat(charge.Lead, charge.Contributing, []kb.DepartmentID{c.Department}, c.Contributing)
	rank := func(choice ReferralChoice) int {
		if i := slices.Index(first, choice.Department); i >= 0 {
			return i
		}
		return len(first)
	}
	var all []ReferralChoice
	for _, p := range h.directory.Points(now) {
		part := NoPart
		switch i := slices.Index(first, p.Department); {
		case i >= 0 && i < len(charge.Lead), i >= 0 && p.Department == c.Department:
			part = LeadPart
		case i >= 0:
			part = ContributingPart
		}
		all = append(all, ReferralChoice{ContactPoint: p, Part: part})
	}
	order := map[Part]int{LeadPart: 0, ContributingPart: 1, NoPart: 2}
	slices.SortStableFunc(all, func(a, b ReferralChoice) int {
		return cmp.Or(cmp.Compare(order[a.Part], order[b.Part]), cmp.Compare(rank(a), rank(b)))
	})
	return all, nil
}

// Refer tells the citizen whom to call and ends the matter.
func (h *Hub) Refer(ctx context.Context, actor Actor, id ConversationID, r Referral) (Conversation, error) {
	if err := checkReferral(r); err != nil {
		return Conversation{}, err
	}
	return h.act(ctx, actor, id, ReferredTo, func(a *acting) (string, error) {
		if h.directory.DepartmentName(r.Department) == "" {
			return "", Invalid{{Field: "department", Message: "Không có đơn vị này trong danh mục."}}
		}
		if a.c.Status == Resolved && a.c.Ending == Referred {
			return "", errUnchanged
		}
		department := string(r.Department)
		if err := a.endAs(r.Text, r.Key, Referred, referredTo(department)); err != nil {
			return "", err
		}
		return department, errors.Join(a.mark(ReferredTo, "", department), a.askRating())
	})
}

func checkReferral(r Referral) error {
	if r.Department == "" {
		return Invalid{{Field: "department", Message: "Hãy chọn nơi người dân cần liên hệ."}}
	}
	if strings.TrimSpace(r.Text) == "" || !wayToReach.MatchString(r.Text) {
		return Invalid{{Field: "text", Message: "Câu gửi người dân cần có số điện thoại để gọi, hoặc địa chỉ e-mail."}}
	}
	return checkText("text", r.Text, false)
}
