package inbox_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
)

// byMail runs a test with a hub whose platform carries letters.
func byMail(t *testing.T, test func(r *rig, p *platform)) {
	idle(t, func(r *rig) {
		r.platform.limits = connectors.Limits{Letters: true, AttachmentSize: 25 << 20}
		r.connect(r.platform, r.chat)
		r.people()
		r.start()
		test(r, r.platform)
	})
}

// written is a letter that arrives.
type written struct {
	from, id, thread, subject, text string
	answers                         []connectors.RemoteID
	matter, machine                 string
}

// letter has a letter arrive, and waits until all that follows has been done.
func (r *rig) letter(w written) {
	r.Helper()
	thread := w.thread
	if thread == "" {
		thread = w.id
	}
	in := connectors.Inbound{
		Key: "letter:" + w.id + w.text, Kind: connectors.Said, From: connectors.RemoteID(w.from), Thread: connectors.RemoteID(thread),
		Message: connectors.RemoteID(w.id), SentAt: time.Now(), Content: content.Content{Text: w.text},
		Letter: &connectors.Letter{Subject: w.subject, Answers: w.answers, Matter: w.matter, Machine: w.machine},
	}
	if err := r.receive(zalo, in); err != nil {
		r.Fatalf("a letter of %s: %v", w.from, err)
	}
	r.settle()
}

// matters are the open conversations with an address.
func (r *rig) matters(from string) []inbox.Conversation {
	return r.list(inbox.Visits(zalo, connectors.RemoteID(from)))
}

const nguyen, tran = "nguyen@example.vn", "tran@example.vn"

func TestALetterIsAnsweredWithOne(t *testing.T) {
	byMail(t, func(r *rig, p *platform) {
		r.letter(written{from: nguyen, id: "<1@example.vn>", subject: "Hỏi việc khó", text: "người nào trả lời giúp tôi"})
		c := r.matters(nguyen)[0]
		if len(p.called()) != 1 {
			t.Fatalf("%d letters left, want one for one question", len(p.called()))
		}
		out := p.called()[0].Outbound
		if out.Letter == nil || out.Letter.Matter != string(c.ID) || len(out.Letter.Answers) != 1 || out.Letter.Answers[0] != "<1@example.vn>" {
			t.Errorf("the letter left as %+v", out.Letter)
		}
		if want := "Hỏi việc khó [" + c.Code + "]"; out.Letter.Subject != want {
			t.Errorf("its subject is %q, want %q", out.Letter.Subject, want)
		}
	})
}

func TestLettersFindTheirMatter(t *testing.T) {
	byMail(t, func(r *rig, p *platform) {
		r.letter(written{from: nguyen, id: "<1@example.vn>", subject: "Đèn đường", text: "người nào sửa đèn"})
		first := r.matters(nguyen)[0]
		ours := first
		var sent connectors.RemoteID
		for _, m := range r.messages(ours.ID) {
			if m.Direction == inbox.Out {
				sent = m.Remote
			}
		}
		r.letter(written{from: nguyen, id: "<2@example.vn>", subject: "Re: Đèn đường", text: "thêm ảnh", answers: []connectors.RemoteID{sent}})
		r.letter(written{from: nguyen, id: "<3@example.vn>", subject: "Fwd: [" + strings.ToLower(first.Code) + "]", text: "nhắc lại"})
		r.letter(written{from: nguyen, id: "<4@example.vn>", text: "nữa", answers: []connectors.RemoteID{"<khong-co@example.vn>", "<3@example.vn>"}})
		r.letter(written{from: tran, id: "<5@example.vn>", text: "thay mặt ông Nguyên", matter: string(first.ID)})
		if got := len(r.matters(nguyen)); got != 1 {
			t.Errorf("the letters of one matter became %d", got)
		}
		if got := heardOf(r.messages(first.ID)); got != 5 {
			t.Errorf("the matter has %d letters, want 5", got)
		}

		r.letter(written{from: tran, id: "<6@example.vn>", text: "người lạ", answers: []connectors.RemoteID{sent, "<1@example.vn>"}, subject: first.Code})
		if got := r.matters(tran); len(got) != 1 || got[0].ID == first.ID {
			t.Errorf("a stranger's letter with our ids and code went to %v", got)
		}
		r.letter(written{from: nguyen, id: "<7@example.vn>", subject: "Việc khác", text: "người nào đây"})
		if got := len(r.matters(nguyen)); got != 2 {
			t.Errorf("a letter that answers nothing must begin a matter; there are %d", got)
		}
	})
}

func heardOf(all []inbox.Message) (n int) {
	for _, m := range all {
		if m.Direction == inbox.In {
			n++
		}
	}
	return n
}

func TestThreadsThatArriveAtOnceStayApart(t *testing.T) {
	byMail(t, func(r *rig, p *platform) {
		const threads, letters = 50, 4
		var in []connectors.Inbound
		for n := range letters {
			for thread := range threads {
				root := connectors.RemoteID(fmt.Sprintf("<%d-0@example.vn>", thread))
				l := &connectors.Letter{Subject: fmt.Sprintf("Việc %d", thread), Machine: "thư thử"}
				if n > 0 {
					l.Answers = []connectors.RemoteID{connectors.RemoteID(fmt.Sprintf("<%d-%d@example.vn>", thread, n-1)), root}
				}
				in = append(in, connectors.Inbound{
					Key: fmt.Sprintf("%d-%d", thread, n), Kind: connectors.Said, From: nguyen, Thread: root,
					Message: connectors.RemoteID(fmt.Sprintf("<%d-%d@example.vn>", thread, n)), Letter: l, Content: content.Content{Text: "x"},
				})
			}
		}
		if err := r.receive(zalo, in...); err != nil {
			t.Fatal(err)
		}
		r.settle()
		open := r.list(inbox.AllList)
		if len(open) != threads {
			t.Fatalf("%d threads became %d matters", threads, len(open))
		}
		for _, c := range open {
			if n := heardOf(r.messages(c.ID)); n != letters {
				t.Errorf("%s has %d letters, want %d", c.Subject, n, letters)
			}
		}
	})
}

func TestMachinesAreNotAnswered(t *testing.T) {
	byMail(t, func(r *rig, p *platform) {
		r.letter(written{from: nguyen, id: "<1@example.vn>", subject: "Trả lời tự động", text: "Tôi đi vắng", machine: "Thư báo vắng mặt"})
		c := r.matters(nguyen)[0]
		if len(p.called()) != 0 || c.Unanswered || !c.WaitingSince.IsZero() {
			t.Errorf("an absence notice was answered or waits: %d letters, %+v", len(p.called()), c)
		}
		if m := r.messages(c.ID)[0]; m.Letter == nil || m.Letter.Machine != "Thư báo vắng mặt" {
			t.Errorf("the letter is kept as %+v", m.Letter)
		}
	})
}

func TestTwoMachinesStopTalking(t *testing.T) {
	byMail(t, func(r *rig, p *platform) {
		for i := range 20 {
			r.letter(written{from: nguyen, id: fmt.Sprintf("<%d@example.vn>", i), subject: fmt.Sprint("Vắng ", i), text: "xin chào"})
		}
		if got := len(p.called()); got != 3 {
			t.Errorf("the bot wrote %d letters to what never says that it is a machine, want 3", got)
		}
		for _, c := range r.matters(nguyen) {
			if c.Handler != inbox.ByPeople && c.Unanswered {
				t.Errorf("%s is neither answered nor with people", c.Code)
			}
		}
		r.pass(24 * time.Hour)
		r.letter(written{from: nguyen, id: "<later@example.vn>", subject: "Ngày mới", text: "xin chào"})
		if got := len(p.called()); got != 4 {
			t.Errorf("the next day the bot answers again; %d letters", got)
		}
	})
}

func TestABounceIsOfTheLetterItConcerns(t *testing.T) {
	byMail(t, func(r *rig, p *platform) {
		r.letter(written{from: nguyen, id: "<1@example.vn>", subject: "Đèn", text: "người nào sửa đèn"})
		c := r.matters(nguyen)[0]
		sent := r.outgoing(c.ID)[0]
		in := connectors.Inbound{
			Key: "bounce", Kind: connectors.Bounced, From: "mailer-daemon@example.vn", Message: sent.Remote,
			Reason: "Hộp thư không tồn tại.",
		}
		if err := r.receive(zalo, in, in); err != nil {
			t.Fatal(err)
		}
		r.settle()
		if d := r.outgoing(c.ID)[0].Delivery; d.State != inbox.Failed || d.Reason != "Hộp thư không tồn tại." {
			t.Errorf("the letter is %+v", d)
		}
		if got := len(r.matters("mailer-daemon@example.vn")); got != 0 {
			t.Error("the bounce became a matter of its own")
		}
	})
}

func TestABookmarkIsKeptWithWhatWasRead(t *testing.T) {
	byMail(t, func(r *rig, p *platform) {
		if _, err := r.hub.Bookmark(r.ctx(), zalo, "INBOX"); err != connectors.ErrNoBookmark {
			t.Fatalf("a first bookmark: %v", err)
		}
		for _, at := range []string{"17:1", "17:2"} {
			raw := connectors.Raw{Channel: zalo, Bookmark: &connectors.Bookmark{Name: "INBOX", Value: []byte(at)}}
			if err := r.hub.Receive(context.WithoutCancel(r.ctx()), raw, nil); err != nil {
				t.Fatal(err)
			}
			got, err := r.hub.Bookmark(r.ctx(), zalo, "INBOX")
			if err != nil || string(got) != at {
				t.Errorf("the bookmark is %q, %v; want %q", got, err, at)
			}
		}
	})
}
