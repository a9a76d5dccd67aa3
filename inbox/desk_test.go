package inbox_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

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
