package inbox

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"tongdai/kb"
)

// Some matters are best helped by a call: whoever lost water, light or a child's
// appointment needs somebody on the line. The citizen gets the number, and that
// is how the matter ends.

// Referral gives the citizen a number to call.
type Referral struct {
	Department kb.DepartmentID // whose number it is
	Text       string          // what the citizen is told; the number is in it
	Key        string          // of the message, as in NewReply
}

// numberToCall is the least that can be dialled: "115".
var numberToCall = regexp.MustCompile(`(?:\d[ .()\-]{0,2}){3}`)

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
		return Invalid{{Field: "department", Message: "Hãy chọn đơn vị có số điện thoại cần gọi."}}
	}
	if strings.TrimSpace(r.Text) == "" || !numberToCall.MatchString(r.Text) {
		return Invalid{{Field: "text", Message: "Câu gửi người dân cần có số điện thoại để gọi."}}
	}
	return checkText("text", r.Text, false)
}
