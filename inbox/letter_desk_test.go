package inbox_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
)

// mailroom is a platform of letters that can show them as they were laid out.
type mailroom struct {
	*platform
	shown []content.Attachment
	fails error
}

func (m *mailroom) Display(_ context.Context, original content.Attachment, remote bool) (connectors.Page, error) {
	m.shown = append(m.shown, original)
	page := connectors.Page{HTML: "<p>thư</p>", Remote: 2}
	if remote {
		page.HTML = `<p>thư</p><img src="https://ads.example/p.png">`
	}
	return page, m.fails
}

// inMailroom runs a test with one letter that was kept whole.
func inMailroom(t *testing.T, test func(r *rig, m *mailroom, c inbox.Conversation, letter inbox.Message)) {
	idle(t, func(r *rig) {
		m := &mailroom{platform: r.platform}
		r.platform.limits = connectors.Limits{Letters: true, AttachmentSize: 25 << 20}
		r.connect(m, r.chat)
		r.people()
		r.start()
		err := r.receive(zalo, connectors.Inbound{
			Key: "1", Kind: connectors.Said, From: nguyen, Thread: "<1@example.vn>", Message: "<1@example.vn>", SentAt: time.Now(),
			Content: content.Content{Text: "người nào sửa đèn, gọi 0912345678", Attachments: []content.Attachment{
				{ID: "whole", Kind: content.Original, Name: "thư.eml"}, {ID: "photo", Kind: content.Picture, Name: "anh.jpg", Type: "image/jpeg"},
			}},
			Letter: &connectors.Letter{
				Subject: "Đèn hỏng, gọi 0912345678", From: connectors.Address{Name: "Nguyên 0912345678", Mail: nguyen},
				To: []connectors.Address{{Mail: "1022@thanhhoa.gov.vn"}}, Cc: []connectors.Address{{Mail: tran}},
				Quoted: "thư trước của " + tran, Notes: []string{"Địa chỉ " + nguyen + " chưa được chứng thực."},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		r.settle()
		c := r.matters(nguyen)[0]
		test(r, m, c, r.messages(c.ID)[0])
	})
}

func TestALetterIsSeenAsItsSenderLaidItOut(t *testing.T) {
	inMailroom(t, func(r *rig, m *mailroom, c inbox.Conversation, letter inbox.Message) {
		page, err := r.hub.LetterPage(r.ctx(), lan, c.ID, letter.ID, false)
		if err != nil || page.Remote != 2 || strings.Contains(page.HTML, "ads.example") || len(m.shown) != 1 || m.shown[0].ID != "whole" {
			t.Fatalf("shown is %+v of %+v, %v", page, m.shown, err)
		}
		if page, err = r.hub.LetterPage(r.ctx(), lan, c.ID, letter.ID, true); err != nil || !strings.Contains(page.HTML, "ads.example") {
			t.Errorf("with pictures of others it is %+v, %v", page, err)
		}
		if looks := r.audits(inbox.AuditQuery{Conversation: c.ID, Member: lan.Member.ID}); len(looks) != 1 || looks[0].Action != inbox.Looked {
			t.Errorf("on record is %+v, want one look", looks)
		}
	})
}

func TestWhoMayNotReadALetterDoesNotSeeItsPage(t *testing.T) {
	inMailroom(t, func(r *rig, m *mailroom, c inbox.Conversation, letter inbox.Message) {
		viewer := inbox.Actor{Member: inbox.Member{ID: "viewer", Login: "viewer", Role: inbox.Viewer}}
		other := r.say(web, "k", "tin khác")
		for _, tt := range []struct {
			name    string
			actor   inbox.Actor
			id      inbox.ConversationID
			message inbox.MessageID
		}{
			{"staff of another department", roads, c.ID, letter.ID},
			{"who sees what identifies a person masked", viewer, c.ID, letter.ID},
			{"by way of another conversation", lan, other.ID, letter.ID},
			{"no such message", lan, c.ID, "none"},
			{"what is no letter", lan, other.ID, r.messages(other.ID)[0].ID},
		} {
			if page, err := r.hub.LetterPage(r.ctx(), tt.actor, tt.id, tt.message, false); !errors.Is(err, inbox.ErrNotFound) || page.HTML != "" {
				t.Errorf("%s: %+v, %v", tt.name, page, err)
			}
		}
		if len(m.shown) != 0 {
			t.Errorf("the platform was asked to show %v", m.shown)
		}
	})
}

func TestALetterThatCannotBeShownIsExplained(t *testing.T) {
	inMailroom(t, func(r *rig, m *mailroom, c inbox.Conversation, letter inbox.Message) {
		for _, tt := range []struct {
			name, want string
			fails      error
		}{
			{"with the reason of the platform", "Thư mã hóa nên không hiện được.", &connectors.Error{Kind: connectors.Permanent, Reason: "Thư mã hóa nên không hiện được.", Err: errors.New("encrypted")}},
			{"without one", "Chưa hiện được thư gốc; hãy tải thư gốc về máy để xem.", errors.New("broken")},
		} {
			m.fails = tt.fails
			_, err := r.hub.LetterPage(r.ctx(), lan, c.ID, letter.ID, false)
			if !errors.Is(err, inbox.ErrConflict) || err.Error() != tt.want {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
	})
}

func TestALetterIsMaskedWhole(t *testing.T) {
	inMailroom(t, func(r *rig, m *mailroom, c inbox.Conversation, _ inbox.Message) {
		viewer := inbox.Actor{Member: inbox.Member{ID: "viewer", Login: "viewer", Role: inbox.Viewer}}
		said, err := r.hub.Messages(r.ctx(), viewer, c.ID, inbox.MessageQuery{Forward: true, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		l := said[0].Letter
		told := strings.Join(append(l.Notes, l.Subject, l.Quoted, l.From.Name, l.From.Mail, l.Cc[0].Mail), "\n")
		for _, secret := range []string{nguyen, tran, "0912345678"} {
			if strings.Contains(told, secret) {
				t.Errorf("%q is told in %q", secret, told)
			}
		}
		if files := said[0].Content.Attachments; len(files) != 1 || files[0].ID != "photo" {
			t.Errorf("the files are %+v, want all but the letter itself", files)
		}
		if _, err := r.hub.Attachment(r.ctx(), viewer, c.ID, "whole"); !errors.Is(err, inbox.ErrNotFound) {
			t.Errorf("the letter as it came is given out: %v", err)
		}
		if _, err := r.hub.Attachment(r.ctx(), lan, c.ID, "whole"); err != nil {
			t.Errorf("who sees it all may not have the letter: %v", err)
		}
		seen, err := r.hub.Look(r.ctx(), viewer, c.ID)
		if err != nil || strings.Contains(seen.Conversation.Subject+seen.LetterSubject, "0912345678") {
			t.Errorf("the subject is told as %q, %q, %v", seen.Conversation.Subject, seen.LetterSubject, err)
		}
		if kept := r.messages(c.ID)[0].Letter; kept.Subject != "Đèn hỏng, gọi 0912345678" || kept.Notes[0] != "Địa chỉ "+nguyen+" chưa được chứng thực." {
			t.Errorf("what is kept was masked: %+v", kept)
		}
	})
}

func TestOthersGetACopyOfALetter(t *testing.T) {
	byMail(t, func(r *rig, p *platform) {
		r.letter(written{from: nguyen, id: "<1@example.vn>", subject: "Đèn", text: "người nào sửa đèn"})
		c := r.matters(nguyen)[0]
		seen, err := r.hub.Look(r.ctx(), lan, c.ID)
		if want := "Đèn [" + c.Code + "]"; err != nil || seen.LetterSubject != want {
			t.Errorf("the subject of an answer is told as %q, %v, want %q", seen.LetterSubject, err, want)
		}
		copies := []connectors.Address{{Name: "Sở\r\nXây dựng", Mail: "sxd@thanhhoa.gov.vn"}, {Mail: tran}, {Mail: strings.ToUpper(tran)}}
		sent, err := r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "Dạ", Key: "k1", Cc: copies})
		if err != nil {
			t.Fatal(err)
		}
		want := []connectors.Address{{Name: "Sở Xây dựng", Mail: "sxd@thanhhoa.gov.vn"}, {Mail: tran}}
		r.settle()
		calls := p.called()
		for _, l := range []*connectors.Letter{sent.Letter, r.outgoing(c.ID)[len(r.outgoing(c.ID))-1].Letter, calls[len(calls)-1].Letter} {
			if l == nil || len(l.Cc) != 2 || l.Cc[0] != want[0] || l.Cc[1] != want[1] {
				t.Errorf("copies go to %+v, want %+v", l, want)
			}
		}
	})
}

func TestCopiesThatCannotBeSentAreRefused(t *testing.T) {
	byMail(t, func(r *rig, p *platform) {
		r.letter(written{from: nguyen, id: "<1@example.vn>", subject: "Đèn", text: "người nào sửa đèn"})
		c, chat := r.matters(nguyen)[0], r.say(web, "k", "người nào giúp")
		many := make([]connectors.Address, 21)
		for i := range many {
			many[i].Mail = strings.Repeat("a", i+1) + "@example.vn"
		}
		for _, tt := range []struct {
			name string
			id   inbox.ConversationID
			cc   []connectors.Address
			want []string
		}{
			{"what is no address", c.ID, []connectors.Address{{Mail: "sở xây dựng"}, {Mail: tran}, {Mail: "a@b"}}, []string{
				"Địa chỉ “sở xây dựng” không đúng; hãy nhập như ten@thanhhoa.gov.vn.", "Địa chỉ “a@b” không đúng; hãy nhập như ten@thanhhoa.gov.vn.",
			}},
			{"a second header", c.ID, []connectors.Address{{Mail: "a@example.vn\r\nBcc: b@example.vn"}}, []string{
				"Địa chỉ “a@example.vn\r\nBcc: b@example.vn” không đúng; hãy nhập như ten@thanhhoa.gov.vn.",
			}},
			{"too many", c.ID, many, []string{"Một thư gửi bản sao cho tối đa 20 người; hãy bỏ bớt."}},
			{"where nothing is a letter", chat.ID, []connectors.Address{{Mail: tran}}, []string{"Kênh này không gửi bản sao được; hãy bỏ người nhận bản sao ra."}},
		} {
			_, err := r.hub.Reply(r.ctx(), lan, tt.id, inbox.NewReply{Text: "Dạ", Key: "k-" + tt.name, Cc: tt.cc})
			invalid, ok := errors.AsType[inbox.Invalid](err)
			if !ok || len(invalid) != len(tt.want) {
				t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
				continue
			}
			for i, p := range invalid {
				if p.Field != "cc" || p.Message != tt.want[i] {
					t.Errorf("%s: %+v, want %q at cc", tt.name, p, tt.want[i])
				}
			}
		}
	})
}

func TestWhoFollowsAMatterIsNotGivenTheLetterWhole(t *testing.T) {
	inMailroom(t, func(r *rig, _ *mailroom, c inbox.Conversation, _ inbox.Message) {
		tracked, err := r.hub.Tracked(r.ctx(), c.ID)
		if err != nil || len(tracked.Said) == 0 {
			t.Fatalf("tracked is %+v, %v", tracked, err)
		}
		if files := tracked.Said[0].Content.Attachments; len(files) != 1 || files[0].ID != "photo" {
			t.Errorf("the files are %+v, want all but the letter itself", files)
		}
	})
}
