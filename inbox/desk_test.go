package inbox_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
	"tongdai/inbox"
	"tongdai/kb"
)

// handed is a conversation that the bot gave to people.
func (r *rig) handed(from connectors.RemoteID) inbox.Conversation {
	r.Helper()
	return r.say(zalo, from, "người thật")
}

// handedTo is one that was given on to a department.
func (r *rig) handedTo(from connectors.RemoteID, department kb.DepartmentID) inbox.Conversation {
	r.Helper()
	c, err := r.hub.Transfer(r.ctx(), lan, r.handed(from).ID, department, "")
	if err != nil {
		r.Fatal(err)
	}
	r.settle()
	return c
}

// must returns what an act gave, which must have worked.
func must[T any](r *rig) func(v T, err error) T {
	return func(v T, err error) T {
		r.Helper()
		if err != nil {
			r.Fatal(err)
		}
		return v
	}
}

func (r *rig) actions(c inbox.ConversationID) (out []inbox.Action) {
	for _, a := range slices.Backward(r.audits(inbox.AuditQuery{Conversation: c})) {
		out = append(out, a.Action)
	}
	return out
}

func TestEveryActOfAMemberChangesTheMatterAndIsOnRecord(t *testing.T) {
	for _, tt := range []struct {
		name   string
		act    func(r *rig, id inbox.ConversationID) error
		on     []inbox.Action
		change func(c inbox.Conversation) bool
		thread string // what it ends with
	}{
		{"take", func(r *rig, id inbox.ConversationID) error { _, err := r.hub.Take(r.ctx(), lan, id); return err },
			[]inbox.Action{inbox.Took}, func(c inbox.Conversation) bool { return c.Assignee == "lan" && c.Handler == inbox.ByPeople },
			"member: conversation.taken"},
		{"assign", func(r *rig, id inbox.ConversationID) error {
			_, err := r.hub.Assign(r.ctx(), lan, id, "minh")
			return err
		},
			[]inbox.Action{inbox.Assigned}, func(c inbox.Conversation) bool { return c.Assignee == "minh" }, "member: conversation.assigned"},
		{"transfer", func(r *rig, id inbox.ConversationID) error {
			_, err := r.hub.Transfer(r.ctx(), lan, id, "so-y-te", "")
			return err
		},
			[]inbox.Action{inbox.Transferred}, func(c inbox.Conversation) bool { return c.Department == "so-y-te" && c.Assignee == "" },
			"member: conversation.transferred"},
		{"file", func(r *rig, id inbox.ConversationID) error {
			_, err := r.hub.File(r.ctx(), lan, id, "y-te")
			return err
		},
			[]inbox.Action{inbox.Filed}, func(c inbox.Conversation) bool { return c.Category == "y-te" }, "system: conversation.handed_off"},
		{"note", func(r *rig, id inbox.ConversationID) error {
			_, err := r.hub.AddNote(r.ctx(), lan, id, "đã gọi", "n1")
			return err
		},
			[]inbox.Action{inbox.Noted}, func(c inbox.Conversation) bool { return c.NeedsPeople() && c.LastText != "đã gọi" }, "member: đã gọi"},
		{"urgent", func(r *rig, id inbox.ConversationID) error {
			_, err := r.hub.SetUrgent(r.ctx(), lan, id, true)
			return err
		},
			[]inbox.Action{inbox.MarkedUrgent}, func(c inbox.Conversation) bool { return c.Urgent }, "member: conversation.urgent"},
		{"reply", func(r *rig, id inbox.ConversationID) error {
			_, err := r.hub.Reply(r.ctx(), lan, id, inbox.NewReply{Text: "Dạ", Key: "1"})
			return err
		},
			[]inbox.Action{inbox.Took, inbox.Replied}, func(c inbox.Conversation) bool {
				return c.Assignee == "lan" && !c.NeedsPeople() && c.Unread == 0 && c.LastText == "Dạ"
			}, "member: Dạ"},
		{"reply and resolve", func(r *rig, id inbox.ConversationID) error {
			_, err := r.hub.Reply(r.ctx(), lan, id, inbox.NewReply{Text: "Dạ", Key: "1", Resolve: true})
			return err
		},
			[]inbox.Action{inbox.Took, inbox.Closed, inbox.Replied}, func(c inbox.Conversation) bool { return c.Status == inbox.Resolved }, "member: conversation.resolved"},
		{"resolve", func(r *rig, id inbox.ConversationID) error { _, err := r.hub.Resolve(r.ctx(), lan, id); return err },
			[]inbox.Action{inbox.Closed}, func(c inbox.Conversation) bool {
				return c.Status == inbox.Resolved && !c.ResolvedAt.IsZero() && c.Unread == 0 && c.WaitingSince.IsZero()
			}, "member: conversation.resolved"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inTime(t, func(r *rig) {
				r.people()
				c := r.handed("u1")
				if err := tt.act(r, c.ID); err != nil {
					r.Fatal(err)
				}
				r.settle()
				after := r.again(c.ID)
				if !tt.change(after) || after.Version <= c.Version {
					r.Errorf("it left %+v", after)
				}
				if got := r.actions(c.ID); !slices.Equal(got, tt.on) {
					r.Errorf("on record is %q, want %q", got, tt.on)
				}
				for _, row := range r.audits(inbox.AuditQuery{Conversation: c.ID}) {
					if row.Member != "lan" || row.Address != "10.0.0.7" || row.Target != c.Code || row.At.IsZero() {
						r.Errorf("the row is %+v", row)
					}
				}
				thread := r.thread(c.ID)
				if thread[len(thread)-1] != tt.thread {
					r.Errorf("the thread ends with %q, want %q", thread[len(thread)-1], tt.thread)
				}
			})
		})
	}
}

func TestWhatChangesNothingIsNotOnRecord(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		c := r.handed("u1")
		must[inbox.Conversation](r)(r.hub.Take(r.ctx(), lan, c.ID))
		before, version := r.actions(c.ID), r.again(c.ID).Version
		must[inbox.Conversation](r)(r.hub.Take(r.ctx(), lan, c.ID))
		must[inbox.Conversation](r)(r.hub.Assign(r.ctx(), lan, c.ID, "lan"))
		must[inbox.Conversation](r)(r.hub.SetUrgent(r.ctx(), lan, c.ID, false))
		must[inbox.Conversation](r)(r.hub.Reopen(r.ctx(), lan, c.ID))
		if after := r.actions(c.ID); !slices.Equal(before, after) || r.again(c.ID).Version != version {
			r.Errorf("on record is %q, was %q", after, before)
		}
	})
}

func TestOfTwoWhoTakeAtOnceOneWins(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.handed("u1")
		var all sync.WaitGroup
		errs := make([]error, 2)
		for i, a := range []inbox.Actor{lan, minh} {
			all.Go(func() { _, errs[i] = r.hub.Take(r.ctx(), a, c.ID) })
		}
		all.Wait()
		winner := map[inbox.MemberID]int{"lan": 0, "minh": 1}[r.again(c.ID).Assignee]
		if errs[winner] != nil {
			r.Errorf("who has it was told %v", errs[winner])
		}
		wantError(t, "the other's Take", errs[1-winner], inbox.ErrConflict)
		if got := r.actions(c.ID); !slices.Equal(got, []inbox.Action{inbox.Took}) {
			r.Errorf("on record is %q", got)
		}
	})
}

func TestAssigning(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		gone := member("gone", inbox.Operator)
		gone.Member.Disabled = true
		r.write(func(tx inbox.Writer) error { return tx.PutMember(gone.Member) })
		c := r.handedTo("u1", "so-y-te")
		for _, to := range []inbox.MemberID{"roads", "gone", "nobody"} {
			_, err := r.hub.Assign(r.ctx(), lan, c.ID, to)
			wantInvalid(t, "Assign to "+string(to), err, "member")
		}
		must[inbox.Conversation](r)(r.hub.Assign(r.ctx(), doctor, c.ID, "doctor"))
		if c = must[inbox.Conversation](r)(r.hub.Assign(r.ctx(), boss, c.ID, "")); c.Assignee != "" {
			r.Errorf("it is still %s's", c.Assignee)
		}
	})
}

func TestTransferring(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.handed("u1")
		_, err := r.hub.Transfer(r.ctx(), lan, c.ID, "so-khong-co", "")
		wantInvalid(t, "Transfer to nobody's department", err, "department")
		_, err = r.hub.File(r.ctx(), lan, c.ID, "khong-co")
		wantInvalid(t, "File under no field", err, "category")
		must[inbox.Conversation](r)(r.hub.Transfer(r.ctx(), lan, c.ID, "so-y-te", "nhờ Sở trả lời giúp"))
		thread := r.thread(c.ID)
		if !slices.Equal(thread[len(thread)-2:], []string{"member: nhờ Sở trả lời giúp", "member: conversation.transferred"}) {
			r.Errorf("the thread ends with %q", thread)
		}
		for _, m := range r.messages(c.ID)[3:] {
			if m.Direction != inbox.Note {
				r.Errorf("the citizen would read %+v", m)
			}
		}
		_, err = r.hub.Transfer(r.ctx(), doctor, c.ID, "so-xay-dung", "")
		if err != nil {
			r.Fatal(err)
		}
		_, err = r.hub.Look(r.ctx(), doctor, c.ID)
		wantError(t, "Look after it was given away", err, inbox.ErrNotFound)
	})
}

func TestAReplyIsSentOnce(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.handed("u1")
		reply := inbox.NewReply{Text: "Dạ vâng", Key: "k1"}
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() { _, _ = r.hub.Reply(r.ctx(), lan, c.ID, reply) })
		}
		all.Wait()
		one := must[inbox.Message](r)(r.hub.Reply(r.ctx(), lan, c.ID, reply))
		two := must[inbox.Message](r)(r.hub.Reply(r.ctx(), lan, c.ID, reply))
		r.settle()
		if one.ID != two.ID || countText(r.platform.texts(), "Dạ vâng") != 1 {
			r.Errorf("sent were %q", r.platform.texts())
		}
		_, err := r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "Lời khác", Key: "k1"})
		wantError(t, "other words under the same key", err, inbox.ErrConflict)
		must[inbox.Message](r)(r.hub.Reply(r.ctx(), minh, c.ID, reply)) // another member's key is another key
		r.settle()
		if countText(r.platform.texts(), "Dạ vâng") != 2 {
			r.Errorf("sent were %q", r.platform.texts())
		}
		note := must[inbox.Message](r)(r.hub.AddNote(r.ctx(), lan, c.ID, "ghi chú", "n1"))
		if again := must[inbox.Message](r)(r.hub.AddNote(r.ctx(), lan, c.ID, "ghi chú", "n1")); again.ID != note.ID {
			r.Error("the note was written twice")
		}
	})
}

func TestAReplyToWhatWasNotSeenIsRefused(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.handed("u1")
		seen := c.LastSeq
		must[inbox.Message](r)(r.hub.AddNote(r.ctx(), minh, c.ID, "ghi chú của đồng nghiệp", "n"))
		must[inbox.Message](r)(r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "một", Key: "1", SeenSeq: seen}))
		must[inbox.Message](r)(r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "hai", Key: "2", SeenSeq: seen})) // only one's own words are new
		_, err := r.hub.Reply(r.ctx(), minh, c.ID, inbox.NewReply{Text: "ba", Key: "3", SeenSeq: seen})
		wantError(t, "Reply over a colleague's", err, inbox.ErrConflict)
		r.say(zalo, "u1", "khoan đã")
		_, err = r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "bốn", Key: "4", SeenSeq: seen})
		wantError(t, "Reply over the citizen's", err, inbox.ErrConflict)
		must[inbox.Message](r)(r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "bốn", Key: "4", SeenSeq: seen, Force: true}))
		must[inbox.Message](r)(r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "năm", Key: "5", SeenSeq: r.again(c.ID).LastSeq}))
	})
}

func TestWhatAReplyMayBe(t *testing.T) {
	file := content.Attachment{ID: "f", Name: "ảnh.png", Size: 500}
	big := content.Attachment{ID: "g", Name: "phim.mp4", Size: 5000}
	for _, tt := range []struct {
		name   string
		reply  inbox.NewReply
		limits connectors.Limits
		field  string // that is wrong; empty: it is taken
	}{
		{"words", inbox.NewReply{Text: "Dạ", Key: "k"}, connectors.Limits{}, ""},
		{"a file without words", inbox.NewReply{Key: "k", Attachments: []content.Attachment{file}}, connectors.Limits{AttachmentSize: 1000}, ""},
		{"nothing", inbox.NewReply{Key: "k"}, connectors.Limits{}, "text"},
		{"spaces only", inbox.NewReply{Text: " \n\u00a0", Key: "k"}, connectors.Limits{}, "text"},
		{"no key", inbox.NewReply{Text: "Dạ"}, connectors.Limits{}, "key"},
		{"broken characters", inbox.NewReply{Text: "a\xffb", Key: "k"}, connectors.Limits{}, "text"},
		{"as long as the channel takes, in characters", inbox.NewReply{Text: strings.Repeat("ế", 2000), Key: "k"}, connectors.Limits{TextLength: 2000}, ""},
		{"longer than the channel takes", inbox.NewReply{Text: strings.Repeat("ế", 2001), Key: "k"}, connectors.Limits{TextLength: 2000}, "text"},
		{"longer than anybody reads", inbox.NewReply{Text: strings.Repeat("a", 20_001), Key: "k"}, connectors.Limits{}, "text"},
		{"a file where none is taken", inbox.NewReply{Text: "Dạ", Key: "k", Attachments: []content.Attachment{file}}, connectors.Limits{}, "attachments"},
		{"a file too large", inbox.NewReply{Text: "Dạ", Key: "k", Attachments: []content.Attachment{file, big}}, connectors.Limits{AttachmentSize: 1000}, "attachments"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inTime(t, func(r *rig) {
				c := r.handed("u1")
				r.platform.limits = tt.limits
				_, err := r.hub.Reply(r.ctx(), lan, c.ID, tt.reply)
				if tt.field == "" {
					if err != nil {
						r.Errorf("Reply = %v", err)
					}
					return
				}
				wantInvalid(t, "Reply", err, tt.field)
				if r.again(c.ID).Version != c.Version {
					r.Error("something was changed")
				}
			})
		})
	}
}

func TestReopening(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.handed("u1")
		must[inbox.Conversation](r)(r.hub.Resolve(r.ctx(), lan, c.ID))
		_, err := r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "Dạ", Key: "1"})
		wantError(t, "Reply to what is closed", err, inbox.ErrConflict)
		_, err = r.hub.Take(r.ctx(), lan, c.ID)
		wantError(t, "Take what is closed", err, inbox.ErrConflict)
		if c = must[inbox.Conversation](r)(r.hub.Reopen(r.ctx(), minh, c.ID)); c.Status != inbox.Open || c.Assignee != "minh" || !c.ResolvedAt.IsZero() {
			r.Errorf("reopened it is %+v", c)
		}
		must[inbox.Conversation](r)(r.hub.Resolve(r.ctx(), minh, c.ID))
		newer := r.handed("u1")
		_, err = r.hub.Reopen(r.ctx(), minh, c.ID)
		wantError(t, "Reopen beside a newer one", err, inbox.ErrConflict)
		if err != nil && !strings.Contains(err.Error(), newer.Code) {
			r.Errorf("it does not name %s: %v", newer.Code, err)
		}
	})
}

func TestReading(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.handed("u1")
		two := r.say(zalo, "u1", "tin hai")
		three := r.say(zalo, "u1", "tin ba")
		if three.Unread != 3 {
			r.Fatalf("unread %d, want 3", three.Unread)
		}
		c = must[inbox.Conversation](r)(r.hub.MarkRead(r.ctx(), lan, c.ID, two.LastSeq))
		if c.Unread != 1 {
			r.Errorf("read to the second, unread are %d", c.Unread)
		}
		must[inbox.Message](r)(r.hub.AddNote(r.ctx(), minh, c.ID, "ghi chú", "n"))
		c = must[inbox.Conversation](r)(r.hub.MarkRead(r.ctx(), lan, c.ID, three.LastSeq))
		if c.Unread != 0 {
			r.Errorf("read to the last words of the citizen, unread are %d", c.Unread)
		}
		c = must[inbox.Conversation](r)(r.hub.MarkRead(r.ctx(), lan, c.ID, 0))
		if c.Unread != 1 {
			r.Errorf("marked as unread, unread are %d", c.Unread)
		}
		c = must[inbox.Conversation](r)(r.hub.MarkRead(r.ctx(), lan, c.ID, 1<<40))
		if c.Unread != 0 || c.ReadSeq != c.LastSeq {
			r.Errorf("read beyond the end: %+v", c)
		}
		_, err := r.hub.MarkRead(r.ctx(), doctor, c.ID, 1)
		wantError(t, "MarkRead by another department", err, inbox.ErrNotFound)
	})
}

// Nothing of a conversation is there for the staff of another department.
func TestStaffSeeTheirDepartmentsOnly(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		r.platform.limits.AttachmentSize = 1000
		theirs := r.handedTo("u1", "so-xay-dung")
		must[inbox.Message](r)(r.hub.Reply(r.ctx(), roads, theirs.ID, inbox.NewReply{Text: "Dạ", Key: "1",
			Attachments: []content.Attachment{{ID: "file", Name: "a.png", Size: 10}}}))
		own := r.handedTo("u2", "so-y-te")
		desks := r.handed("u3")
		ctx := r.ctx()

		for _, other := range []inbox.ConversationID{theirs.ID, desks.ID, "nothing"} {
			refused := map[string]error{}
			_, refused["Look"] = r.hub.Look(ctx, doctor, other)
			_, refused["Messages"] = r.hub.Messages(ctx, doctor, other, inbox.MessageQuery{Limit: 10})
			_, refused["Attachment"] = r.hub.Attachment(ctx, doctor, other, "file")
			_, refused["Question"] = r.hub.Question(ctx, doctor, other)
			_, refused["Audits"] = r.hub.Audits(ctx, doctor, inbox.AuditQuery{Conversation: other, Limit: 10})
			_, refused["Take"] = r.hub.Take(ctx, doctor, other)
			_, refused["Assign"] = r.hub.Assign(ctx, doctor, other, "doctor")
			_, refused["Transfer"] = r.hub.Transfer(ctx, doctor, other, "so-y-te", "")
			_, refused["File"] = r.hub.File(ctx, doctor, other, "y-te")
			_, refused["SetUrgent"] = r.hub.SetUrgent(ctx, doctor, other, true)
			_, refused["Resolve"] = r.hub.Resolve(ctx, doctor, other)
			_, refused["Reopen"] = r.hub.Reopen(ctx, doctor, other)
			_, refused["Reply"] = r.hub.Reply(ctx, doctor, other, inbox.NewReply{Text: "Dạ", Key: "9"})
			_, refused["AddNote"] = r.hub.AddNote(ctx, doctor, other, "x", "9")
			_, refused["MarkRead"] = r.hub.MarkRead(ctx, doctor, other, 1)
			for what, err := range refused {
				wantError(t, what, err, inbox.ErrNotFound)
			}
		}

		for _, view := range []inbox.ListID{inbox.AllList, inbox.OpenList, inbox.UnassignedList, inbox.UrgentList, inbox.BotList, inbox.ResolvedList, inbox.MineView} {
			page := must[inbox.Page](r)(r.hub.List(ctx, doctor, inbox.View{Name: view}, "", 50))
			for _, c := range page.Conversations {
				if c.ID != own.ID {
					r.Errorf("view %s shows %s of %q", view, c.Code, c.Department)
				}
			}
		}
		_, err := r.hub.List(ctx, doctor, inbox.View{Name: inbox.OpenList, Department: "so-xay-dung"}, "", 50)
		wantError(t, "List of another department", err, inbox.ErrNotFound)
		if _, err := r.hub.List(ctx, doctor, inbox.View{Name: inbox.ChannelView, Channel: zalo}, "", 50); err == nil {
			r.Error("staff may list a whole channel")
		}
		_, err = r.hub.Audits(ctx, doctor, inbox.AuditQuery{Limit: 10})
		wantError(t, "Audits of all", err, inbox.ErrForbidden)

		counts := must[inbox.Counts](r)(r.hub.Count(ctx, doctor, []kb.DepartmentID{"so-y-te", "so-xay-dung"}))
		if counts.Views[inbox.OpenList] != 1 || counts.Views[inbox.AllList] != 1 || counts.Departments["so-xay-dung"] != 0 || counts.Departments["so-y-te"] != 1 || counts.Stuck != 0 {
			r.Errorf("counted is %+v", counts)
		}
		if all := must[inbox.Counts](r)(r.hub.Count(ctx, lan, []kb.DepartmentID{"so-y-te", "so-xay-dung"})); all.Views[inbox.AllList] != 3 || all.Departments["so-xay-dung"] != 1 {
			r.Errorf("an operator counts %+v", all)
		}
	})
}

func TestAMembersOwnListDoesNotOutliveHisRights(t *testing.T) {
	inTime(t, func(r *rig) {
		r.people()
		c := r.handedTo("u1", "so-y-te")
		must[inbox.Conversation](r)(r.hub.Take(r.ctx(), doctor, c.ID))
		moved := member("doctor", inbox.Staff, "so-xay-dung")
		page := must[inbox.Page](r)(r.hub.List(r.ctx(), moved, inbox.View{Name: inbox.MineView}, "", 50))
		counts := must[inbox.Counts](r)(r.hub.Count(r.ctx(), moved, nil))
		if len(page.Conversations) != 0 || counts.Views[inbox.MineView] != 0 {
			r.Errorf("it shows %d and counts %d", len(page.Conversations), counts.Views[inbox.MineView])
		}
	})
}

func TestOtherMattersOfThePersonAreShownToWhoMaySeeThem(t *testing.T) {
	inTime(t, func(r *rig) {
		first := r.handedTo("u1", "so-xay-dung")
		must[inbox.Conversation](r)(r.hub.Resolve(r.ctx(), lan, first.ID))
		second := r.handedTo("u1", "so-y-te")
		if o := must[inbox.Opened](r)(r.hub.Look(r.ctx(), doctor, second.ID)); len(o.Earlier) != 0 {
			r.Errorf("staff see %d other matters", len(o.Earlier))
		}
		o := must[inbox.Opened](r)(r.hub.Look(r.ctx(), lan, second.ID))
		if len(o.Earlier) != 1 || o.Earlier[0].ID != first.ID || !o.CanAnswer || o.Contact.ID != second.Contact {
			r.Errorf("an operator sees %+v", o)
		}
	})
}

func TestLooksAreOnRecordOnceInTenMinutes(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.handed("u1")
		looks := func() (n int) {
			for _, a := range r.actions(c.ID) {
				if a == inbox.Looked {
					n++
				}
			}
			return n
		}
		open := func(a inbox.Actor) {
			must[inbox.Opened](r)(r.hub.Look(r.ctx(), a, c.ID))
		}
		var all sync.WaitGroup
		for range 4 { // a page asks for everything at once
			all.Go(func() { open(lan) })
			all.Go(func() {
				must[[]inbox.Said](r)(r.hub.Messages(r.ctx(), lan, c.ID, inbox.MessageQuery{Limit: 10}))
			})
		}
		all.Wait()
		if n := looks(); n != 1 {
			r.Errorf("%d looks are on record, want 1", n)
		}
		for i := range 30 { // other acts in between push no look out of sight
			must[inbox.Message](r)(r.hub.AddNote(r.ctx(), lan, c.ID, "ghi chú", fmt.Sprint("n", i)))
		}
		r.pass(9 * time.Minute)
		open(lan)
		if n := looks(); n != 1 {
			r.Errorf("%d looks are on record after nine minutes, want 1", n)
		}
		open(minh)
		if n := looks(); n != 2 {
			r.Errorf("%d looks are on record of two members, want 2", n)
		}
		r.pass(2 * time.Minute)
		open(lan)
		if n := looks(); n != 3 {
			r.Errorf("%d looks are on record after eleven minutes, want 3", n)
		}
		for _, row := range r.audits(inbox.AuditQuery{Member: "lan", Conversation: c.ID}) {
			if row.Address != "10.0.0.7" || strings.Contains(row.Detail, "người thật") {
				r.Errorf("the row is %+v", row)
			}
		}
	})
}

func TestReadingTheMessagesAloneIsALook(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.handed("u1")
		must[[]inbox.Said](r)(r.hub.Messages(r.ctx(), lan, c.ID, inbox.MessageQuery{Limit: 10}))
		if got := r.actions(c.ID); !slices.Equal(got, []inbox.Action{inbox.Looked}) {
			r.Errorf("on record is %q", got)
		}
	})
}

func TestTheWindowRunsFromTheCitizensWords(t *testing.T) {
	inTime(t, func(r *rig) {
		r.platform.limits.ReplyWindow = 48 * time.Hour
		said := time.Now()
		c := r.handed("u1")
		r.pass(5 * time.Hour)
		must[inbox.Message](r)(r.hub.Reply(r.ctx(), lan, c.ID, inbox.NewReply{Text: "Dạ", Key: "1"}))
		o := must[inbox.Opened](r)(r.hub.Look(r.ctx(), lan, c.ID))
		if want := said.Add(48 * time.Hour); o.ReplyUntil.Sub(want).Abs() > time.Second {
			r.Errorf("answers are taken until %v, want %v", o.ReplyUntil, want)
		}
	})
}

func TestTheOrderOfTheOpenList(t *testing.T) {
	inTime(t, func(r *rig) {
		var want []inbox.ConversationID
		answered := r.handed("answered")
		must[inbox.Message](r)(r.hub.Reply(r.ctx(), lan, answered.ID, inbox.NewReply{Text: "Dạ", Key: "1"}))
		r.pass(time.Minute)
		calmOld := r.handed("calm-old")
		r.pass(time.Minute)
		calmNew := r.handed("calm-new")
		r.pass(time.Minute)
		urgentOld := r.say(zalo, "urgent-old", "khó-thở")
		r.pass(time.Minute)
		urgentNew := r.say(zalo, "urgent-new", "khó-thở")
		want = append(want, urgentOld.ID, urgentNew.ID, calmOld.ID, calmNew.ID, answered.ID)
		r.say(zalo, "calm-old", "còn đó không?") // writing again does not lose one's place

		var got []inbox.ConversationID
		var cursor inbox.Cursor
		for {
			page := must[inbox.Page](r)(r.hub.List(r.ctx(), lan, inbox.View{Name: inbox.OpenList}, cursor, 2))
			for _, c := range page.Conversations {
				got = append(got, c.ID)
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			r.Errorf("the open list reads %v, want %v", got, want)
		}
	})
}

func TestAnswersOfADepartmentAreSignedAsSuch(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.handedTo("u1", "so-y-te")
		m := must[inbox.Message](r)(r.hub.Reply(r.ctx(), doctor, c.ID, inbox.NewReply{Text: "Dạ", Key: "1"}))
		if m.Author.Kind != inbox.ByDepartment || m.Author.Name != "Cán bộ doctor" {
			r.Errorf("it is signed %+v", m.Author)
		}
	})
}

func TestNobodyWithoutAnAccountSeesAnything(t *testing.T) {
	inTime(t, func(r *rig) {
		c := r.handed("u1")
		off := member("off", inbox.Admin)
		off.Member.Disabled = true
		for _, a := range []inbox.Actor{{}, off, member("odd", "janitor")} {
			_, err := r.hub.Look(r.ctx(), a, c.ID)
			wantError(t, "Look", err, inbox.ErrNotFound)
			_, err = r.hub.List(r.ctx(), a, inbox.View{Name: inbox.AllList}, "", 10)
			wantError(t, "List", err, inbox.ErrForbidden)
			_, err = r.hub.Count(r.ctx(), a, nil)
			wantError(t, "Count", err, inbox.ErrForbidden)
			_, err = r.hub.Reply(r.ctx(), a, c.ID, inbox.NewReply{Text: "x", Key: "1"})
			wantError(t, "Reply", err, inbox.ErrNotFound)
		}
	})
}
