package inbox_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
)

// page is a platform with comments, shared control and signs, as Messenger is.
type page struct {
	*platform
	mu      sync.Mutex
	asked   []string
	refuses error
}

func (p *page) note(what string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, what)
	return p.refuses
}

func (p *page) was() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

func (p *page) Take(_ context.Context, user connectors.RemoteID) error {
	return p.note("take " + string(user))
}
func (p *page) Yield(_ context.Context, user connectors.RemoteID) error {
	return p.note("yield " + string(user))
}

func (p *page) Conceal(_ context.Context, m connectors.RemoteID, hidden bool) error {
	if hidden {
		return p.note("hide " + string(m))
	}
	return p.note("show " + string(m))
}

func (p *page) Signal(_ context.Context, to, last connectors.RemoteID, sign connectors.Sign) error {
	return p.note([]string{"typing ", "looked "}[sign] + string(to) + " " + string(last))
}

// onPage runs a test with a hub that has such a platform in place of the usual one.
func onPage(t *testing.T, test func(r *rig, p *page)) {
	idle(t, func(r *rig) {
		r.platform.limits = connectors.Limits{PrivateReplies: true, ReplyWindow: 7 * 24 * time.Hour, AutomaticWindow: 24 * time.Hour}
		p := &page{platform: r.platform}
		r.connect(p, r.chat)
		r.people()
		r.start()
		test(r, p)
	})
}

// reported has the platform report one thing of u1, and waits until all that follows has been done.
func (r *rig) reported(kind connectors.InboundKind, change func(in *connectors.Inbound)) {
	r.Helper()
	r.sent++
	in := connectors.Inbound{Key: "social-" + time.Now().String() + string(rune('a'+r.sent)), Kind: kind, From: "u1", SentAt: time.Now()}
	change(&in)
	if err := r.receive(zalo, in); err != nil {
		r.Fatalf("Receive %s: %v", kind, err)
	}
	r.settle()
}

func comment(thread, id, text string) func(in *connectors.Inbound) {
	return func(in *connectors.Inbound) {
		in.Thread, in.Message, in.Public = connectors.RemoteID(thread), connectors.RemoteID(id), true
		in.Content.Text = text
	}
}

func TestACommentIsAnsweredBeforeEverybodyOrInPrivate(t *testing.T) {
	onPage(t, func(r *rig, p *page) {
		r.reported(connectors.Said, comment("comment:1", "1", "người nào trả lời giúp"))
		c := r.list(inbox.Live(zalo, "u1", "comment:1"))[0]
		if !c.InPublic {
			t.Fatal("the conversation is not marked as public")
		}
		if out := p.called()[0]; out.Thread != "comment:1" || out.Private {
			t.Errorf("the bot's words left as %+v", out.Outbound)
		}
		if _, err := r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Key: "k1", Text: "Dạ, em xin số điện thoại", Private: true}); err != nil {
			t.Fatal(err)
		}
		r.settle()
		if out := p.called()[1]; !out.Private || out.Quotes != "1" {
			t.Errorf("the private answer left as %+v, want it to answer comment 1", out.Outbound)
		}
		r.pass(8 * 24 * time.Hour)
		if _, err := r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Key: "k2", Text: "Dạ, việc đã xong"}); err != nil {
			t.Fatal(err)
		}
		r.settle()
		if out := p.called(); len(out) != 3 || out[2].Private {
			t.Errorf("a public answer knows no window, but the platform was called %d times", len(out))
		}

		direct := r.say(zalo, "u2", "xin chào")
		_, err := r.hub.Reply(r.ctx(), lan, direct.ID, inbox.NewReply{Key: "k3", Text: "Dạ", Private: true})
		wantInvalid(t, "a private answer where all is private", err, "private")
	})
}

func TestACommentIsHiddenAndShownAgain(t *testing.T) {
	onPage(t, func(r *rig, p *page) {
		r.reported(connectors.Said, comment("comment:1", "1", "người ơi"))
		c := r.list(inbox.Live(zalo, "u1", "comment:1"))[0]
		said := r.messages(c.ID)[0]
		if _, err := r.hub.Conceal(r.ctx(), lan, c.ID, said.ID, true); err != nil {
			t.Fatal(err)
		}
		if !r.messages(c.ID)[0].Hidden || !slices.Contains(p.was(), "hide 1") {
			t.Errorf("the comment was not hidden: %v", p.was())
		}
		r.reported(connectors.Concealed, func(in *connectors.Inbound) { in.Thread, in.Message = "comment:1", "1" })
		if r.messages(c.ID)[0].Hidden {
			t.Error("somebody showed it again in the platform's app, the desk does not know")
		}
		_, err := r.hub.Conceal(r.ctx(), lan, c.ID, r.messages(c.ID)[1].ID, true)
		wantInvalid(t, "hiding our own words", err, "message")
		_, err = r.hub.Conceal(r.ctx(), doctor, c.ID, said.ID, true)
		wantError(t, "hiding in a department's place", err, inbox.ErrNotFound)
		p.refuses = &connectors.Error{Kind: connectors.Permanent, Reason: "Bình luận đã bị xóa."}
		_, err = r.hub.Conceal(r.ctx(), lan, c.ID, said.ID, true)
		wantError(t, "hiding what is gone", err, inbox.ErrConflict)
		if r.messages(c.ID)[0].Hidden {
			t.Error("the platform refused, the desk says it is hidden")
		}
	})
}

func TestWhatWasEditedIsAnsweredAnewAndNothingIsOverwritten(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.say(zalo, "u1", "tiêm ở đâu")
		first := r.messages(c.ID)[0]
		edit := func(text string) {
			r.reported(connectors.Edited, func(in *connectors.Inbound) { in.Message, in.Content.Text = first.Remote, text })
		}
		edit("tiêm  ở đâu") // nothing but a blank
		edit("tiêm mũi 3 ở đâu")
		edit("tiêm mũi 4 ở đâu")
		r.wantThread(c.ID, "citizen: tiêm ở đâu", "bot: Dạ: tiêm ở đâu", "citizen: tiêm mũi 3 ở đâu", "bot: Dạ: tiêm mũi 3 ở đâu",
			"citizen: tiêm mũi 4 ở đâu", "bot: Dạ: tiêm mũi 4 ở đâu")
		if m := r.messages(c.ID)[4]; m.Revises != first.ID {
			t.Errorf("the edit revises %q, want %q", m.Revises, first.ID)
		}
		edit("khó-thở quá")
		if c = r.again(c.ID); !c.Urgent {
			t.Error("danger that was added by an edit was not seen")
		}
	})
}

func TestSignsOnMessagesAndWhatWasTakenBackAreShown(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.say(zalo, "u1", "xin chào")
		said, answer := r.messages(c.ID)[0], r.messages(c.ID)[1]
		r.reported(connectors.Reacted, func(in *connectors.Inbound) { in.Message, in.Reaction = answer.Remote, "❤" })
		r.reported(connectors.Withdrawn, func(in *connectors.Inbound) { in.Message = said.Remote })
		r.reported(connectors.Reacted, func(in *connectors.Inbound) { in.Message, in.Reaction = "unknown", "❤" })
		got := r.messages(c.ID)
		if got[1].Reaction != "❤" || got[0].WithdrawnAt.IsZero() || got[0].Content.Text != "xin chào" {
			t.Errorf("reaction %q, taken back %v, text %q", got[1].Reaction, got[0].WithdrawnAt, got[0].Content.Text)
		}
	})
}

func TestWhoComesWithoutAWordIsGreetedOnce(t *testing.T) {
	inTime(t, func(r *rig) {
		come := func(ref string) {
			r.reported(connectors.Opened, func(in *connectors.Inbound) { in.Ref = ref })
		}
		come("qr-phuong1")
		c := r.live(zalo, "u1")
		if n := len(r.outgoing(c.ID)); n != 1 || c.CameBy != "qr-phuong1" {
			t.Fatalf("%d greetings, came by %q", n, c.CameBy)
		}
		come("qr-phuong2")
		if c = r.again(c.ID); len(r.outgoing(c.ID)) != 1 || c.CameBy != "qr-phuong2" {
			t.Errorf("%d greetings after coming again, came by %q", len(r.outgoing(c.ID)), c.CameBy)
		}
		if thread := r.thread(c.ID); thread[len(thread)-1] != "system: contact.opened" {
			t.Errorf("the thread ends with %q", thread[len(thread)-1])
		}
	})
}

func TestPicturesOfOneAlbumAreOneMessageWithOneAnswer(t *testing.T) {
	inTime(t, func(r *rig) {
		part := func(id, text string) connectors.Inbound {
			return connectors.Inbound{
				Key: id, Kind: connectors.Said, From: "u1", Message: connectors.RemoteID(id), Album: "a1", SentAt: time.Now(),
				Content: content.Content{Text: text, Attachments: []content.Attachment{{ID: "file-" + id, Name: id}}},
			}
		}
		for _, in := range []connectors.Inbound{part("1", ""), part("2", "hố ga"), part("3", ""), part("2", "hố ga")} {
			if err := r.receive(zalo, in); err != nil {
				t.Fatal(err)
			}
		}
		r.pass(time.Minute)
		c := r.live(zalo, "u1")
		got := r.messages(c.ID)
		if len(got[0].Content.Attachments) != 3 || got[0].Content.Text != "hố ga" || len(got[0].Parts) != 2 {
			t.Errorf("the album is %+v", got[0])
		}
		in := 0
		for _, m := range got {
			if m.Direction == inbox.In {
				in++
			}
		}
		if in != 1 || got[1].Content.Text != "Dạ: hố ga" {
			t.Errorf("%d messages of the citizen; the bot said %q", in, got[1].Content.Text)
		}
	})
}

func TestWhileAnotherProgramAnswersWeListen(t *testing.T) {
	onPage(t, func(r *rig, p *page) {
		r.reported(connectors.Said, func(in *connectors.Inbound) { in.Content.Text, in.Standby = "xin chào", true })
		c := r.live(zalo, "u1")
		if !c.Standby || c.NeedsPeople() || len(p.called()) != 0 {
			t.Fatalf("standby %v, needs people %v, %d words sent", c.Standby, c.NeedsPeople(), len(p.called()))
		}
		r.reported(connectors.Controlled, func(in *connectors.Inbound) { in.Held = true })
		if c = r.again(c.ID); c.Standby || !c.NeedsPeople() {
			t.Errorf("given back: standby %v, needs people %v", c.Standby, c.NeedsPeople())
		}
		c, err := r.hub.YieldControl(r.ctx(), lan, c.ID)
		if err != nil || !c.Standby || c.NeedsPeople() {
			t.Fatalf("yielded: %v, standby %v, needs people %v", err, c.Standby, c.NeedsPeople())
		}
		r.reported(connectors.Said, func(in *connectors.Inbound) { in.Content.Text, in.Standby = "khó-thở quá", true })
		if c = r.again(c.ID); !c.Urgent || !c.NeedsPeople() {
			t.Error("danger while another answers does not ring")
		}
		if c, err = r.hub.TakeControl(r.ctx(), lan, c.ID); err != nil || c.Standby {
			t.Errorf("taken: %v, standby %v", err, c.Standby)
		}
		if want := []string{"yield u1", "take u1"}; !slices.Equal(p.was(), want) {
			t.Errorf("the platform was asked %v, want %v", p.was(), want)
		}
		p.refuses = errors.New("no")
		_, err = r.hub.TakeControl(r.ctx(), lan, c.ID)
		wantError(t, "a platform that refuses", err, inbox.ErrConflict)
	})
}

func TestTheBotIsSilentAfterItsWindowWhenPeopleMayStillAnswer(t *testing.T) {
	onPage(t, func(r *rig, p *page) {
		p.answers(func(_ context.Context, n int, _ connectors.Outbound) error {
			if n == 1 {
				return &connectors.Error{Kind: connectors.RateLimited, After: 30 * time.Hour}
			}
			return nil
		})
		c := r.say(zalo, "u1", "người ơi")
		r.pass(31 * time.Hour)
		if d := r.outgoing(c.ID)[0].Delivery; d.State != inbox.Parked {
			t.Errorf("the bot's words are %s a day too late", d.State)
		}
		if d := r.replies(c.ID, "1"); d.State != inbox.Sent {
			t.Errorf("a person's answer is %+v", d)
		}
		last := p.called()[len(p.called())-1]
		if age := last.at.Sub(last.Heard); age < 31*time.Hour || age > 32*time.Hour {
			t.Errorf("the connector was told that the citizen was heard %s ago", age)
		}
	})
}

func TestTheCitizenSeesThatSomebodyLooksAndWrites(t *testing.T) {
	onPage(t, func(r *rig, p *page) {
		c := r.say(zalo, "u1", "xin chào")
		r.attend(lan, c.ID, inbox.Here)
		if len(p.was()) != 0 {
			t.Errorf("nobody waits, yet the citizen was told %v", p.was())
		}
		r.attend(lan, c.ID, inbox.Gone)
		c = r.handed("u1")
		r.reported(connectors.Said, func(in *connectors.Inbound) { in.Content.Text, in.Message = "alo", "m-alo" })
		r.attend(lan, c.ID, inbox.Here)
		r.attend(lan, c.ID, inbox.Writing)
		r.settle()
		if want := []string{"looked u1 m-alo", "typing u1 m-alo"}; !slices.Equal(p.was(), want) {
			t.Errorf("the citizen was shown %v, want %v", p.was(), want)
		}
	})
}
