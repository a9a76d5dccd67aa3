package inbox_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
)

// filed is what the portal's form reports.
func filed(from connectors.RemoteID, key, text, phone, public string) connectors.Inbound {
	in := inbound(from, key, text)
	in.Profile = connectors.Profile{Name: "Nguyễn Thị Mẫu", Phone: phone}
	in.Content.Form = []content.Field{
		{Name: "category", Label: "Lĩnh vực", Value: "Y tế"}, {Name: "phone", Label: "Số điện thoại", Value: phone},
		{Name: inbox.FormPublic, Label: "Công khai", Value: public},
	}
	return in
}

func TestAFormIsFiledUnderItsField(t *testing.T) {
	inTime(t, func(r *rig) {
		if err := r.receive(web, filed("u1", "k1", "người ơi trạm y tế đóng cửa", "0912345678", "Có")); err != nil {
			r.Fatal(err)
		}
		r.settle()
		if c := r.live(web, "u1"); c.Category != "y-te" || c.ContactName != "Nguyễn Thị Mẫu" {
			r.Errorf("field %q, name %q", c.Category, c.ContactName)
		}
	})
}

func TestProgressIsToldInStepsWithoutNotesOrNames(t *testing.T) {
	inTime(t, func(r *rig) {
		if err := r.receive(web, filed("u1", "k1", "người ơi trạm y tế đóng cửa", "0912345678", "Không")); err != nil {
			r.Fatal(err)
		}
		r.settle()
		c := r.live(web, "u1")
		do := func(_ any, err error) {
			r.Helper()
			if err != nil {
				r.Fatal(err)
			}
		}
		do(r.hub.Take(r.ctx(), lan, c.ID))
		do(r.hub.AddNote(r.ctx(), lan, c.ID, "ghi chú mật", "n1"))
		r.pass(time.Hour)
		do(r.hub.Transfer(r.ctx(), lan, c.ID, "so-y-te", "nhờ xem giúp"))
		do(r.hub.Reply(r.ctx(), doctor, c.ID, inbox.NewReply{Text: "Trạm mở lại từ mai.", Key: "k"}))
		do(r.hub.Resolve(r.ctx(), doctor, c.ID))
		r.settle()
		got, err := r.hub.Tracked(r.ctx(), c.ID)
		if err != nil {
			r.Fatal(err)
		}
		var steps []string
		for _, s := range got.Steps {
			steps = append(steps, strings.TrimSpace(string(s.Kind)+" "+s.Department))
		}
		want := []string{"received", "with", "with Sở Y tế", "answered Sở Y tế", "ended"}
		if !slices.Equal(steps, want) {
			r.Errorf("steps %q, want %q", steps, want)
		}
		if got.Department != "Sở Y tế" || !got.Since.After(c.CreatedAt.Add(59*time.Minute)) || !got.Answered {
			r.Errorf("Tracked = %+v", got)
		}
		for _, m := range got.Said {
			if strings.Contains(m.Content.Text, "mật") || strings.Contains(m.Content.Text, "nhờ") || strings.Contains(m.Department, "Cán bộ") {
				r.Errorf("the citizen sees %+v", m)
			}
		}
		if n := len(got.Said); n != 3 {
			r.Errorf("%d messages are shown, want the question, the bot's word and the answer", n)
		}
	})
}

func TestAQuestionBackIsNoAnswer(t *testing.T) {
	inTime(t, func(r *rig) {
		askedBack := func(after string) bool {
			return must[inbox.Tracked](r)(r.hub.Tracked(r.ctx(), r.say(zalo, "u1", after).ID)).AskedBack
		}
		for _, tt := range []struct {
			said string
			want bool
		}{{"mơ-hồ quá", true}, {"tiêm ở đâu", false}, {"mơ-hồ nữa", true}, {"người ơi", false}} {
			if got := askedBack(tt.said); got != tt.want {
				r.Errorf("after %q the bot waits for the citizen: %t, want %t", tt.said, got, tt.want)
			}
		}
	})
}

func TestACodeNeedsTheNumberThatWasGiven(t *testing.T) {
	inTime(t, func(r *rig) {
		if err := r.receive(web, filed("u1", "k1", "đèn hỏng", "0912345678", "Có")); err != nil {
			r.Fatal(err)
		}
		r.settle()
		c := r.live(web, "u1")
		nameless := r.say(zalo, "z1", "đèn hỏng") // no number is known
		for _, phone := range []string{"0912345678", "0912 345 678", "+84912345678", "84912345678"} {
			if id, err := r.hub.FindTracked(r.ctx(), " "+strings.ToLower(c.Code)+" ", phone); err != nil || id != c.ID {
				r.Errorf("FindTracked with %s = %s, %v", phone, id, err)
			}
		}
		for name, ask := range map[string][2]string{
			"another number": {c.Code, "0912345679"}, "its end": {c.Code, "345678"}, "no number": {c.Code, ""},
			"no such code": {"TH-991231-0001", "0912345678"}, "no code": {"", "0912345678"},
			"a person without a number": {nameless.Code, ""}, "of another": {nameless.Code, "0912345678"},
		} {
			_, err := r.hub.FindTracked(r.ctx(), ask[0], ask[1])
			if wantError(r, name, err, inbox.ErrNotFound); err != nil && err.Error() != inbox.ErrNotFound.Error() {
				r.Errorf("%s tells more: %v", name, err)
			}
		}
	})
}

func TestPublishingAMatter(t *testing.T) {
	inTime(t, func(r *rig) {
		matter := func(from connectors.RemoteID, public string) inbox.Conversation {
			r.Helper()
			in := filed(from, "k-"+string(from), "người ơi, tôi Nguyễn Thị Mẫu 0912 345 678, mau@example.vn báo đèn hỏng", "0912345678", public)
			if err := r.receive(web, in); err != nil {
				r.Fatal(err)
			}
			r.settle()
			c := r.live(web, from)
			if _, err := r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "Đã sửa đèn ạ.", Key: "k"}); err != nil {
				r.Fatal(err)
			}
			return c
		}
		c, private := matter("u1", "Có"), matter("u2", "Không")
		if _, err := r.hub.Publish(r.ctx(), lan, c.ID, "Đèn hỏng", "Đã sửa"); err == nil {
			r.Error("an open matter is published")
		}
		for _, id := range []inbox.ConversationID{c.ID, private.ID} {
			if _, err := r.hub.Resolve(r.ctx(), lan, id); err != nil {
				r.Fatal(err)
			}
		}
		p, err := r.hub.PublishingOf(r.ctx(), lan, c.ID)
		if err != nil || !p.Wished || p.Published != nil {
			r.Fatalf("PublishingOf = %+v, %v", p, err)
		}
		for _, personal := range []string{"Mẫu", "0912", "mau@"} {
			if strings.Contains(p.Question, personal) {
				r.Errorf("the question proposed holds %q: %s", personal, p.Question)
			}
		}
		if p.Answer != "Đã sửa đèn ạ." {
			r.Errorf("the answer proposed is %q", p.Answer)
		}
		_, err = r.hub.Publish(r.ctx(), lan, private.ID, "Đèn hỏng", "Đã sửa")
		wantError(r, "publishing against the citizen's wish", err, inbox.ErrConflict)
		_, err = r.hub.Publish(r.ctx(), doctor, c.ID, "Đèn hỏng", "Đã sửa")
		wantError(r, "publishing another's matter", err, inbox.ErrNotFound)
		_, err = r.hub.Publish(r.ctx(), lan, c.ID, " ", strings.Repeat("x", 5001))
		wantInvalid(r, "no question", err, "question")
		wantInvalid(r, "too long an answer", err, "answer")
		for range 2 {
			if _, err := r.hub.Publish(r.ctx(), lan, c.ID, "Đèn hỏng", "Đã sửa"); err != nil {
				r.Fatal(err)
			}
		}
		page, next, err := r.hub.Public(r.ctx(), "", 10)
		if err != nil || len(page) != 1 || next != "" || page[0].Question != "Đèn hỏng" || page[0].Code != c.Code {
			r.Errorf("Public = %+v, %q, %v", page, next, err)
		}
		if tracked, _ := r.hub.Tracked(r.ctx(), c.ID); !tracked.Public {
			r.Error("the citizen is not told")
		}
		if _, err := r.hub.Unpublish(r.ctx(), lan, c.ID); err != nil {
			r.Fatal(err)
		}
		if page, _, _ := r.hub.Public(r.ctx(), "", 10); len(page) != 0 {
			r.Error("it is still shown")
		}
		var acts []string
		for _, a := range r.audits(inbox.AuditQuery{Conversation: c.ID}) {
			if a.Action == inbox.Published || a.Action == inbox.Unpublished {
				acts = append(acts, string(a.Action))
			}
		}
		if !slices.Equal(acts, []string{"conversation.unpublished", "conversation.published"}) {
			r.Errorf("on record are %q", acts)
		}
	})
}

func TestThePublicListIsPaged(t *testing.T) {
	inTime(t, func(r *rig) {
		for i := range 5 {
			from := connectors.RemoteID(rune('a' + i))
			if err := r.receive(web, filed(from, "k"+string(from), "người ơi", "0912345678", "Có")); err != nil {
				r.Fatal(err)
			}
			r.settle()
			c := r.live(web, from)
			if _, err := r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "Dạ", Key: "k", Resolve: true}); err != nil {
				r.Fatal(err)
			}
			if _, err := r.hub.Publish(r.ctx(), lan, c.ID, "Hỏi "+string(from), "Đáp"); err != nil {
				r.Fatal(err)
			}
			r.pass(time.Second)
		}
		var read []string
		for before := ""; ; {
			page, next, err := r.hub.Public(r.ctx(), before, 2)
			if err != nil {
				r.Fatal(err)
			}
			for _, p := range page {
				read = append(read, p.Question)
			}
			if before = next; next == "" {
				break
			}
		}
		if !slices.Equal(read, []string{"Hỏi e", "Hỏi d", "Hỏi c", "Hỏi b", "Hỏi a"}) {
			r.Errorf("the pages read %q", read)
		}
	})
}
