package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
)

// office is where departments work: a team chat, or with terse their mailboxes. It
// takes a post once however often it is made, and does what a test tells it.
type office struct {
	terse bool

	mu    sync.Mutex
	taken []connectors.Post // each once
	calls int
	err   error // what Post returns
	deaf  bool  // Post takes the post, and says err all the same
}

const chat connectors.ChannelID = "mattermost"

func (o *office) Channel() connectors.Channel {
	return connectors.Channel{ID: chat, Kind: "mattermost", Name: "Mattermost"}
}

func (o *office) Place(u connectors.Unit) (connectors.RemoteID, string, bool) {
	return connectors.RemoteID("#" + u.ID), "#" + u.ID, u.ID == "so-y-te" || u.ID == connectors.Leaders
}

func (o *office) Terse() bool { return o.terse }

func (o *office) Post(_ context.Context, p connectors.Post) (connectors.Posted, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls++
	if o.err == nil || o.deaf {
		if !slices.ContainsFunc(o.taken, func(known connectors.Post) bool { return known.Key == p.Key }) {
			o.taken = append(o.taken, p)
		}
	}
	if o.err != nil {
		return connectors.Posted{}, o.err
	}
	if p.Root == "" {
		return connectors.Posted{Root: connectors.RemoteID("root-" + p.Matter.Code)}, nil
	}
	return connectors.Posted{Root: p.Root}, nil
}

func (o *office) says(err error, deaf bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.err, o.deaf = err, deaf
}

// read is what people at a place see, the card without its changes.
func (o *office) read(place connectors.RemoteID) (all []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, p := range o.taken {
		if p.Place != place {
			continue
		}
		if p.Root == "" && p.Thread != "" {
			all = append(all, "card: "+p.Matter.Asked)
		}
		for _, i := range p.Items {
			all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s: %s", i.Kind, i.State, i.Text)))
		}
	}
	return all
}

func (o *office) last() connectors.Post {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.taken[len(o.taken)-1]
}

// atWork runs a test with a hub whose health department works in an office.
func atWork(t *testing.T, o *office, test func(r *rig)) {
	idle(t, func(r *rig) {
		r.bridge(o, inbox.Config{})
		r.people()
		r.start()
		test(r)
	})
}

// bridge goes on with an office.
func (r *rig) bridge(o *office, cfg inbox.Config) {
	r.Helper()
	r.names = province{}
	cfg.PublicURL, cfg.LeaseTime = "https://1022.example.vn", r.lease
	hub, err := inbox.New(inbox.Parts{
		Store: r.store, Bot: r.bot, Knowledge: r.bot, Directory: r.names,
		Connectors: []connectors.Connector{r.platform, r.chat}, Bridges: []connectors.Bridge{o},
	}, cfg)
	if err != nil {
		r.Fatal(err)
	}
	r.hub = hub
}

// moment is long enough for everything that happened to be told, and what failed to be
// tried again.
const moment = 30 * time.Second

func (r *rig) wantRead(o *office, place connectors.RemoteID, want ...string) {
	r.Helper()
	if got := o.read(place); strings.Join(got, "\n") != strings.Join(want, "\n") {
		r.Errorf("%s reads\n\t%s\nwant\n\t%s", place, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// does is what somebody at a place does in a matter's thread.
func (r *rig) does(c inbox.Conversation, do connectors.Deed, by connectors.Colleague, text string) connectors.RemoteID {
	r.Helper()
	r.sent++
	id := connectors.RemoteID(fmt.Sprintf("word-%d", r.sent))
	err := r.receive(chat, connectors.Inbound{
		Key: string(id), Kind: connectors.Acted, From: by.User, Message: id, SentAt: time.Now(), Content: content.Content{Text: text},
		Act: &connectors.Act{Do: do, Root: connectors.RemoteID("root-" + c.Code), By: by},
	})
	if err != nil {
		r.Fatal(err)
	}
	r.pass(moment)
	return id
}

var (
	hoa      = connectors.Colleague{User: "u-hoa", Name: "Y tá Hoa", Mail: "DOCTOR@example.vn"}
	stranger = connectors.Colleague{User: "u-stranger", Name: "Người lạ"}
)

// employed gives the member of the health department the address by which a chat knows her.
func (r *rig) employed() {
	r.write(func(tx inbox.Writer) error {
		m := doctor.Member
		m.Email = "doctor@example.vn"
		return tx.PutMember(m)
	})
}

func TestADepartmentIsToldOfItsMatterWhereItWorks(t *testing.T) {
	o := &office{}
	atWork(t, o, func(r *rig) {
		c := r.handed("an")
		r.pass(moment)
		r.wantRead(o, "#so-y-te")
		if _, err := r.hub.Transfer(r.ctx(), lan, c.ID, "so-y-te", "nhờ Sở xem giúp"); err != nil {
			t.Fatal(err)
		}
		r.pass(moment)
		r.say(zalo, "an", "cháu sốt cao")
		r.pass(moment)
		r.wantRead(o, "#so-y-te",
			"card: người thật", "citizen : người thật", "answer : Cán bộ sẽ trả lời.", "change : Tổng đài chuyển phiếu cho người trả lời.",
			"note : nhờ Sở xem giúp", "change : Phiếu được chuyển cho Sở Y tế.", "citizen : cháu sốt cao")
		p := o.last()
		if p.Matter.Code != c.Code || p.Matter.Standing != connectors.InCharge || p.Matter.Person == "" || time.Until(p.Matter.Due) < 39*time.Hour ||
			p.Matter.Link != "https://1022.example.vn/desk/c/"+string(c.ID) || p.Matter.Unit != "Sở Y tế" {
			t.Errorf("the matter is %+v", p.Matter)
		}

		if _, err := r.hub.Transfer(r.ctx(), lan, c.ID, "so-xay-dung", ""); err != nil {
			t.Fatal(err)
		}
		r.pass(moment)
		r.say(zalo, "an", "không phải việc của Sở Y tế")
		r.pass(moment)
		if read := o.read("#so-y-te"); read[len(read)-1] != "change : Phiếu được chuyển cho Sở Xây dựng." || o.last().Matter.Standing != connectors.Elsewhere {
			t.Errorf("whose it is no more reads %q, %+v", read, o.last().Matter)
		}
	})
}

func TestAnAnswerFromAPlaceReachesTheCitizenAndThePlaceHearsOfIt(t *testing.T) {
	o := &office{}
	atWork(t, o, func(r *rig) {
		r.employed()
		c := r.handedTo("an", "so-y-te")
		r.pass(moment)
		word := r.does(c, connectors.Speak, hoa, "Dạ, mời anh/chị tới trạm y tế ạ.")
		sent := r.outgoing(c.ID)
		answer := sent[len(sent)-1]
		if answer.Content.Text != "Dạ, mời anh/chị tới trạm y tế ạ." || answer.Author.Member != "doctor" || answer.Author.Kind != inbox.ByDepartment || answer.Delivery.State != inbox.Sent {
			t.Errorf("the citizen gets %+v", answer)
		}
		if c = r.again(c.ID); c.Assignee != "doctor" || !c.WaitingSince.IsZero() {
			t.Errorf("the matter is %+v", c)
		}
		p := o.last()
		told := p.Items[len(p.Items)-1]
		if told.Kind != connectors.ItemOutcome || told.About != word || told.State != connectors.Reached {
			t.Errorf("the place hears %+v", told)
		}
		for _, line := range o.read("#so-y-te") {
			if strings.HasPrefix(line, "answer : Dạ, mời") {
				t.Error("the place is told its own words")
			}
		}
		if on := r.actions(c.ID); !slices.Contains(on, inbox.Replied) {
			t.Errorf("on record is %v", on)
		}
	})
}

func TestWhatIsDoneAtAPlaceIsDoneAsAtTheDesk(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		do         connectors.Deed
		want       func(r *rig, c inbox.Conversation) bool
	}{
		{"a note stays inside", "hỏi lại khoa nhi", connectors.Remark, func(r *rig, c inbox.Conversation) bool {
			all := r.messages(c.ID)
			return all[len(all)-1].Direction == inbox.Note && all[len(all)-1].Content.Text == "hỏi lại khoa nhi"
		}},
		{"taking it", "", connectors.Take, func(_ *rig, c inbox.Conversation) bool { return c.Assignee == "doctor" }},
		{"a promise in words", "hẹn 17h ngày mai", connectors.Speak, func(r *rig, c inbox.Conversation) bool {
			sent := r.outgoing(c.ID)
			return !c.PromisedBy.IsZero() && strings.Contains(sent[len(sent)-1].Content.Text, "Sở Y tế đã tiếp nhận") && strings.Contains(sent[len(sent)-1].Content.Text, "17:00")
		}},
		{"a promise in working days, past a holiday", "hẹn 1 ngày làm việc", connectors.Speak, func(r *rig, c inbox.Conversation) bool {
			_, _, day := c.PromisedBy.In(holiday.Location()).Date()
			return day == 4
		}},
		{"giving it back in words", "chuyển lại: không thuộc ngành y tế", connectors.Speak, func(_ *rig, c inbox.Conversation) bool { return c.Department == "" && c.Assignee == "" }},
		{"words that are taken back", "", connectors.Retract, func(r *rig, c inbox.Conversation) bool {
			all := r.messages(c.ID)
			return strings.Contains(all[len(all)-1].Content.Text, "Đã xóa lời viết ở Mattermost")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := &office{}
			atWork(t, o, func(r *rig) {
				r.employed()
				c := r.handedTo("an", "so-y-te")
				r.pass(moment)
				word := r.does(c, tt.do, hoa, tt.text)
				if c = r.again(c.ID); !tt.want(r, c) {
					t.Errorf("it came to %+v\n%s", c, strings.Join(r.thread(c.ID), "\n"))
				}
				heard := false
				for _, p := range o.taken {
					for _, i := range p.Items {
						heard = heard || i.About == word && i.State != connectors.Refused
					}
				}
				if heard == (tt.do == connectors.Retract) {
					t.Errorf("what the place heard of it: %q", o.read("#so-y-te"))
				}
			})
		})
	}
}

// What a department wrote is in the matter also where it could not be done: the desk
// is told of a letter, whose writer may not look for an answer.
func TestWordsThatCannotBeDoneStayWithTheMatter(t *testing.T) {
	for _, terse := range []bool{false, true} {
		o := &office{terse: terse}
		atWork(t, o, func(r *rig) {
			r.employed()
			c := r.handedTo("an", "so-y-te")
			r.pass(moment)
			before := len(r.outgoing(c.ID))
			word := r.does(c, connectors.Speak, hoa, "hẹn ngày 31/2")
			last := o.last().Items[len(o.last().Items)-1]
			if last.About != word || last.State != connectors.Refused {
				t.Fatalf("the place hears %+v", last)
			}
			all := r.messages(c.ID)
			note := all[len(all)-1]
			if note.Direction != inbox.Note || note.Content.Text != "hẹn ngày 31/2\n\n(Chưa gửi người dân. "+last.Text+")" || note.Author.Member != "doctor" {
				t.Errorf("the matter ends with %+v", note)
			}
			if len(r.outgoing(c.ID)) != before {
				t.Error("the citizen was told something")
			}
			told := 0
			for _, n := range r.noticesOf(lan, inbox.NoticeNotPosted) {
				if strings.Contains(n.Text, "thư trả lời của Sở Y tế chưa được thực hiện") {
					told++
				}
			}
			if told != map[bool]int{true: 1}[terse] {
				t.Errorf("the desk was told %d times", told)
			}
		})
	}
}

func TestAnUrgentReportIsConfirmedWhereOneWorks(t *testing.T) {
	o := &office{}
	atWork(t, o, func(r *rig) {
		r.employed()
		c := r.handedTo("an", "so-y-te")
		if _, err := r.hub.SetUrgent(r.ctx(), lan, c.ID, true); err != nil {
			t.Fatal(err)
		}
		r.pass(time.Second)
		if !o.last().Matter.Alarm {
			t.Fatalf("the card does not ring: %+v", o.last().Matter)
		}
		if read := o.read("#leaders"); len(read) != 1 || !strings.Contains(read[0], "có dấu hiệu khẩn cấp") || strings.Contains(read[0], "người thật") {
			t.Errorf("those who lead the house read %q", read)
		}
		r.does(c, connectors.Confirm, hoa, "")
		if c = r.again(c.ID); c.Alarm != inbox.AlarmConfirmed || o.last().Matter.Alarm {
			t.Errorf("the alarm is %q, the card %+v", c.Alarm, o.last().Matter)
		}
	})
}

func TestWhoTakesAnUrgentReportByLetterHasHeardOfIt(t *testing.T) {
	o := &office{terse: true}
	atWork(t, o, func(r *rig) {
		r.employed()
		c := r.handedTo("an", "so-y-te")
		if _, err := r.hub.SetUrgent(r.ctx(), lan, c.ID, true); err != nil {
			t.Fatal(err)
		}
		r.pass(moment)
		r.does(c, connectors.Speak, hoa, "Đã nhận.")
		if c = r.again(c.ID); c.Alarm != inbox.AlarmConfirmed || c.Assignee != doctor.Member.ID {
			t.Errorf("the alarm is %q, the matter %q's", c.Alarm, c.Assignee)
		}
	})
}

func TestALetterToADepartmentThatComesBackIsToldAtTheDesk(t *testing.T) {
	o := &office{terse: true}
	atWork(t, o, func(r *rig) {
		r.employed()
		c := r.handedTo("an", "so-y-te")
		r.pass(moment)
		const why = "Thư không tới b@syt.example: không có hộp thư này."
		for range 2 {
			err := r.receive(chat, connectors.Inbound{
				Key: "bounce", Kind: connectors.Bounced, Message: "m", Reason: why, SentAt: time.Now(), Letter: &connectors.Letter{Matter: o.last().Thread},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		told := 0
		for _, m := range r.messages(c.ID) {
			if m.Change != nil && m.Change.Action == inbox.NotPosted && m.Content.Text == why {
				told++
			}
		}
		if told != 1 {
			t.Errorf("the desk was told %d times", told)
		}
	})
}

func TestWhoIsNotKnownMayNoteAndNotAnswer(t *testing.T) {
	o := &office{}
	atWork(t, o, func(r *rig) {
		r.employed()
		c := r.handedTo("an", "so-y-te")
		r.pass(moment)
		before := len(r.outgoing(c.ID))
		word := r.does(c, connectors.Speak, stranger, "gửi tiền vào tài khoản này")
		if after := r.outgoing(c.ID); len(after) != before {
			t.Errorf("the citizen got %q", after[len(after)-1].Content.Text)
		}
		all := r.messages(c.ID)
		note := all[len(all)-1]
		if note.Direction != inbox.Note || note.Content.Text != "gửi tiền vào tài khoản này" || note.Author.Name != "Người lạ (chưa xác thực)" {
			t.Errorf("kept is %+v", note)
		}
		p := o.last()
		if i := p.Items[len(p.Items)-1]; i.About != word || i.State != connectors.Refused || i.Text == "" {
			t.Errorf("the stranger is told %+v", i)
		}
		if told := r.toldTo(lan); len(told) == 0 || !strings.Contains(told[len(told)-1], "chưa xác thực") {
			t.Errorf("the desk is told %q", told)
		}
		r.does(c, connectors.Remark, stranger, "tôi biết việc này")
		if all = r.messages(c.ID); all[len(all)-1].Content.Text != "tôi biết việc này" {
			t.Errorf("a stranger's note is %+v", all[len(all)-1])
		}
		r.does(c, connectors.Speak, connectors.Colleague{User: "u-roads", Name: "Sở khác", Mail: "roads@example.vn"}, "để tôi trả lời")
		if after := r.outgoing(c.ID); len(after) != before {
			t.Error("somebody of another department answered")
		}
	})
}

func TestAWordThatCannotBeSentIsToldToWhoeverWroteIt(t *testing.T) {
	o := &office{}
	atWork(t, o, func(r *rig) {
		r.employed()
		c := r.handedTo("an", "so-y-te")
		r.pass(moment)
		if _, err := r.hub.Resolve(r.ctx(), lan, c.ID); err != nil {
			t.Fatal(err)
		}
		r.pass(moment)
		r.does(c, connectors.Speak, hoa, "Dạ, trả lời muộn ạ.")
		if i := o.last().Items[0]; i.State != connectors.Refused || !strings.Contains(i.Text, "đã đóng") {
			t.Errorf("told is %+v", i)
		}
		r.does(c, connectors.Speak, hoa, "hẹn")
		if i := o.last().Items[0]; i.State != connectors.Refused || !strings.Contains(strings.ToLower(i.Text), "hẹn") {
			t.Errorf("told is %+v", i)
		}
	})
}

// What the place took although it never said so is not told twice, and nothing that
// happened meanwhile is lost in the copy.
func TestAPostWhoseOutcomeIsNotKnownIsMadeAgainAsItWas(t *testing.T) {
	o := &office{}
	atWork(t, o, func(r *rig) {
		r.handedTo("an", "so-y-te")
		r.pass(moment)
		o.says(errors.New("cut off"), true)
		r.say(zalo, "an", "một")
		r.pass(time.Second)
		r.say(zalo, "an", "hai")
		r.pass(time.Second)
		o.says(nil, false)
		r.pass(20 * time.Minute)
		read := o.read("#so-y-te")
		if got := read[len(read)-2:]; got[0] != "citizen : một" || got[1] != "citizen : hai" {
			t.Errorf("the place reads %q", read)
		}
		if n := strings.Count(strings.Join(read, "\n"), "citizen : một"); n != 1 {
			t.Errorf("one word stands there %d times", n)
		}
	})
}

func TestAPlaceThatCannotBeReachedIsToldInOrderAfterwards(t *testing.T) {
	o := &office{}
	atWork(t, o, func(r *rig) {
		c := r.handedTo("an", "so-y-te")
		r.pass(moment)
		o.says(&connectors.Error{Kind: connectors.Retryable, Err: errors.New("away")}, false)
		for i := range 5 {
			r.say(zalo, "an", fmt.Sprint(i))
			r.pass(time.Hour)
		}
		if told := r.toldTo(lan); len(told) == 0 || told[len(told)-1] != "Phiếu "+c.Code+": chưa báo được cho Sở Y tế." {
			t.Errorf("the desk is told %q", told)
		}
		r.stop()
		o.says(nil, false)
		r.bridge(o, inbox.Config{})
		r.start()
		r.pass(20 * time.Minute)
		read := strings.Join(o.read("#so-y-te"), "\n")
		if !strings.Contains(read, "citizen : 0\n") || strings.Index(read, "citizen : 0") > strings.Index(read, "citizen : 4") || strings.Count(read, "citizen : 3") != 1 {
			t.Errorf("the place reads %s", read)
		}
	})
}

func TestWhatAPlaceRefusesIsToldAtTheDeskAndHoldsUpNothing(t *testing.T) {
	o := &office{}
	atWork(t, o, func(r *rig) {
		c := r.handedTo("an", "so-y-te")
		r.pass(moment)
		o.says(&connectors.Error{Kind: connectors.Permanent, Reason: "Kênh #so-y-te không còn.", Err: errors.New("404")}, false)
		r.say(zalo, "an", "một")
		r.pass(moment)
		o.says(nil, false)
		r.say(zalo, "an", "hai")
		r.pass(moment)
		if read := o.read("#so-y-te"); read[len(read)-1] != "citizen : hai" {
			t.Errorf("the place reads %q", read)
		}
		if !slices.Contains(r.thread(c.ID), "system: bridge.not_posted") {
			t.Errorf("the thread does not tell: %q", r.thread(c.ID))
		}
	})
}

// Letters are few: a department hears of what it has to do, with all that was said.
func TestByMailADepartmentGetsOneLetterForWhatItHasToKnow(t *testing.T) {
	o := &office{terse: true}
	atWork(t, o, func(r *rig) {
		r.employed()
		c := r.handedTo("an", "so-y-te")
		r.pass(moment)
		if len(o.taken) != 1 || len(o.taken[0].Items) < 4 {
			t.Fatalf("%d letters, the first with %+v", len(o.taken), o.taken[0].Items)
		}
		if _, err := r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Key: "k", Text: "Dạ, Sở đang xem ạ."}); err != nil {
			t.Fatal(err)
		}
		r.pass(time.Hour)
		if len(o.taken) != 1 {
			t.Fatalf("what others said is worth a letter: %+v", o.last())
		}
		r.say(zalo, "an", "khi nào ạ")
		r.pass(moment)
		if len(o.taken) != 2 || len(o.last().Items) != 3 { // taken by lan, her words, the citizen's
			t.Errorf("the second letter is %+v", o.last())
		}
	})
}

func TestALetterToTheReplyAddressOfAThreadIsTheDepartmentsAnswer(t *testing.T) {
	for _, tt := range []struct {
		name     string
		from     string
		proven   bool
		machine  string
		review   bool
		answered bool
	}{
		{"from the department's own address, proven", "b@sxd.example", true, "", false, true},
		{"the same, not proven", "b@sxd.example", false, "", false, false},
		{"from elsewhere, proven", "ke-gian@example.vn", true, "", false, false},
		{"an absence notice", "b@sxd.example", true, "Tự động", false, false},
		{"where the desk looks first", "b@sxd.example", true, "", true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := &works{office: office{terse: true}}
			idle(t, func(r *rig) {
				r.platform.limits = connectors.Limits{Letters: true}
				r.names = province{}
				o.platform = r.platform
				hub, err := inbox.New(inbox.Parts{
					Store: r.store, Bot: r.bot, Knowledge: r.bot, Directory: r.names,
					Connectors: []connectors.Connector{r.platform, r.chat}, Bridges: []connectors.Bridge{o},
				}, inbox.Config{LeaseTime: r.lease, ReviewAnswers: map[connectors.ChannelID]bool{zalo: tt.review}})
				if err != nil {
					t.Fatal(err)
				}
				r.hub = hub
				r.people()
				r.start()
				c := r.handedTo("an", "so-xay-dung")
				r.pass(moment)
				if len(o.taken) != 1 {
					t.Fatalf("%d letters went to the department", len(o.taken))
				}
				before := len(r.outgoing(c.ID))
				err = r.receive(zalo, connectors.Inbound{
					Key: "letter", Kind: connectors.Said, From: connectors.RemoteID(tt.from), Thread: "<x@y>", Message: "<x@y>", SentAt: time.Now(),
					Content: content.Content{Text: "Dạ, đường sẽ sửa trong tuần."},
					Letter:  &connectors.Letter{Matter: o.taken[0].Thread, From: connectors.Address{Mail: tt.from}, Proven: tt.proven, Machine: tt.machine, Notes: []string{"SPF đạt."}},
				})
				if err != nil {
					t.Fatal(err)
				}
				r.pass(moment)
				out := r.outgoing(c.ID)
				if answered := len(out) > before; answered != tt.answered {
					t.Fatalf("answered: %v", answered)
				}
				if tt.answered && (out[len(out)-1].Author.Name != "Sở Xây dựng" || out[len(out)-1].Author.Kind != inbox.ByDepartment) {
					t.Errorf("it is signed %+v", out[len(out)-1].Author)
				}
				all := r.messages(c.ID)
				known := tt.proven && tt.from == "b@sxd.example"
				if last := all[len(all)-1]; !known && !strings.HasSuffix(last.Content.Text, "(Thư của "+tt.from+". SPF đạt.)") {
					t.Errorf("the desk reads of an unknown sender %q", last.Content.Text)
				}
				if last := all[len(all)-1]; tt.review && (!last.Proposed || last.Direction != inbox.Note) {
					t.Errorf("the desk is shown %+v", last)
				}
				if found := r.list(inbox.Visits(zalo, connectors.RemoteID(tt.from))); len(found) != 0 {
					t.Errorf("the letter became a matter of its own: %+v", found)
				}
			})
		})
	}
}

// works is a mailbox that is a channel and a bridge.
type works struct {
	office
	*platform
}

func (w *works) Channel() connectors.Channel { return w.platform.Channel() }

func (w *works) Place(u connectors.Unit) (connectors.RemoteID, string, bool) {
	return connectors.RemoteID(u.Mail), u.Mail, u.Mail != ""
}

func TestAtAMailboxNobodyNeedsToBeLinked(t *testing.T) {
	atWork(t, &office{terse: true}, func(r *rig) {
		if r.hub.TeamChat() {
			t.Error("a mailbox is taken for a team chat")
		}
	})
}

func TestAMemberIsKnownAtAPlaceByACodeOfTheAccountPage(t *testing.T) {
	o := &office{}
	atWork(t, o, func(r *rig) {
		asked := inbox.Asked{Hub: r.hub}
		who := connectors.Colleague{User: "u1", Name: "Bác sĩ"}
		if _, err := asked.OnDuty(r.ctx(), chat, who); connectors.ReasonOf(err) == "" {
			t.Errorf("a stranger asks who is on duty: %v", err)
		}
		if !r.hub.TeamChat() {
			t.Error("nobody is told that there is a team chat to be linked to")
		}
		code, until, err := r.hub.LinkCode(r.ctx(), doctor)
		if err != nil || !until.After(time.Now()) {
			t.Fatal(code, until, err)
		}
		if _, err := asked.Link(r.ctx(), chat, who, "SAI"); connectors.ReasonOf(err) == "" {
			t.Errorf("a wrong code links: %v", err)
		}
		if name, err := asked.Link(r.ctx(), chat, who, " "+strings.ToLower(code)); err != nil || name != doctor.Member.Name {
			t.Errorf("linked %q, %v", name, err)
		}
		if _, err := asked.Link(r.ctx(), chat, stranger, code); connectors.ReasonOf(err) == "" {
			t.Errorf("a code links twice: %v", err)
		}
		c := r.handedTo("an", "so-y-te")
		r.pass(moment)
		m, items, err := asked.Show(r.ctx(), chat, who, strings.ToLower(c.Code))
		if err != nil || m.Code != c.Code || len(items) == 0 {
			t.Errorf("shown is %+v, %+v, %v", m, items, err)
		}
		other := r.handedTo("ba", "so-xay-dung")
		if _, _, err := asked.Show(r.ctx(), chat, who, other.Code); connectors.ReasonOf(err) == "" {
			t.Errorf("a matter of another department is shown: %v", err)
		}
		r.does(c, connectors.Speak, who, "Dạ, mời anh/chị tới Sở ạ.")
		if out := r.outgoing(c.ID); out[len(out)-1].Author.Member != "doctor" {
			t.Errorf("it is said by %+v", out[len(out)-1].Author)
		}
		code, _, _ = r.hub.LinkCode(r.ctx(), doctor)
		r.pass(time.Hour)
		if _, err := asked.Link(r.ctx(), chat, stranger, code); connectors.ReasonOf(err) == "" {
			t.Errorf("an old code links: %v", err)
		}
	})
}
