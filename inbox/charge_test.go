package inbox_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tongdai/connectors/content"
	"tongdai/inbox"
	"tongdai/kb"
)

// province is a directory that says who is in charge and how long things take.
type province struct{ names }

// Charge has one field, that of Sở Y tế; in Hoằng Hóa the works department leads it.
func (province) Charge(field kb.CategoryID, place inbox.LocalityID, _ time.Time) inbox.Charge {
	switch {
	case field != "y-te":
		return inbox.Charge{}
	case place == "hoang-hoa":
		return inbox.Charge{Lead: []kb.DepartmentID{"so-xay-dung"}}
	}
	return inbox.Charge{Lead: []kb.DepartmentID{"so-y-te"}, NeedsPlace: place == ""}
}

func (province) Places(text string) (all []inbox.LocalityID) {
	if strings.Contains(text, "Hoằng Hóa") {
		all = append(all, "hoang-hoa")
	}
	return all
}

func (province) PlaceName(id inbox.LocalityID) string {
	return map[inbox.LocalityID]string{"hoang-hoa": "Hoằng Hóa"}[id]
}

func (province) AlarmContacts(kb.CategoryID, inbox.LocalityID, time.Time) []inbox.AlarmContact {
	return []inbox.AlarmContact{
		{Department: "so-y-te", Name: "Bác sĩ trực", Phone: "0237000001"}, {Name: "Cấp cứu", Phone: "115"},
	}
}

func (province) Points(time.Time) []inbox.ContactPoint {
	return []inbox.ContactPoint{
		{Department: "so-cong-an", Phone: "0237000113"},
		{Department: "so-xay-dung", Phone: "0237000009"}, {Department: "so-xay-dung", Name: "Trần B", Email: "b@sxd.example"},
		{Department: "so-y-te", Phone: "0237000001"}, {Department: "so-y-te", Name: "Bác sĩ trực", Title: "Trực ban", Phone: "0237000002"},
	}
}

// Due gives each clock its hours, and urgent matters a tenth of them.
func (province) Due(clock inbox.Clock, urgent bool, _ kb.CategoryID, _ kb.DepartmentID, from time.Time) time.Time {
	term := map[inbox.Clock]time.Duration{inbox.PassOn: time.Hour, inbox.Progress: 4 * time.Hour, inbox.Result: 40 * time.Hour}[clock]
	if urgent {
		term /= 10
	}
	return from.Add(term)
}

// inProvince is inTime with that directory, its people, and ways to reach contacts.
func inProvince(t *testing.T, test func(r *rig), ways ...inbox.Way) {
	t.Helper()
	idle(t, func(r *rig) {
		r.names, r.ways = province{}, ways
		r.connect(r.platform, r.chat)
		r.people()
		r.start()
		test(r)
	})
}

// toldTo are the texts that a member was told, the oldest first.
func (r *rig) toldTo(of inbox.Actor) (all []string) {
	r.Helper()
	found, err := r.hub.Notices(r.ctx(), of)
	if err != nil {
		r.Fatal(err)
	}
	for _, n := range slices.Backward(found) {
		all = append(all, n.Value.Text)
	}
	return all
}

func TestAMatterGoesToTheDepartmentInChargeWhereTheFieldIsKnown(t *testing.T) {
	for _, tt := range []struct {
		name string
		say  []string
		form []content.Field
		want kb.DepartmentID
	}{
		{"the desk gets what nobody knows the field of", []string{"người thật ơi"}, nil, ""},
		{"an answer before tells the field", []string{"tiêm ở đâu", "người thật ơi"}, nil, "so-y-te"},
		{"an answer before tells nothing of a question of another field", []string{"tiêm ở đâu", "lạ quá, đường hỏng"}, nil, ""},
		{"a form tells the field of such a question too", []string{"tiêm ở đâu", "lạ quá, đường hỏng"}, []content.Field{{Name: inbox.FormField, Value: "y-te"}}, "so-y-te"},
		{"the place decides where the question names it", []string{"tiêm ở đâu", "người ở Hoằng Hóa hỏi"}, nil, "so-xay-dung"},
		{"a form tells the field", []string{"người thật ơi"}, []content.Field{{Name: inbox.FormField, Value: "y-te"}}, "so-y-te"},
		{"a form tells field and place", []string{"người thật ơi"}, []content.Field{{Name: inbox.FormField, Value: "y-te"}, {Name: inbox.FormPlace, Value: "hoang-hoa"}}, "so-xay-dung"},
		{"a field that does not exist tells nothing", []string{"người thật ơi"}, []content.Field{{Name: inbox.FormField, Value: "bong-da"}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inProvince(t, func(r *rig) {
				for i, text := range tt.say {
					in := inbound("an", text, text)
					if i == len(tt.say)-1 {
						in.Content.Form = tt.form
					}
					if err := r.receive(zalo, in); err != nil {
						t.Fatal(err)
					}
					r.settle()
				}
				c := r.live(zalo, "an")
				if c.Department != tt.want {
					t.Errorf("it went to %q, want %q", c.Department, tt.want)
				}
				if r.bot.knew.Form != (tt.form != nil) {
					t.Errorf("the bot knew of a form: %t", r.bot.knew.Form)
				}
				if shown := slices.Contains(r.thread(c.ID), "system: conversation.transferred"); shown != (tt.want != "") {
					t.Errorf("the thread reads %q", r.thread(c.ID))
				}
			})
		})
	}
}

func TestWhereItIsIsAskedOnceAndTheAnswerRoutesTheMatter(t *testing.T) {
	inProvince(t, func(r *rig) {
		r.say(zalo, "an", "tiêm ở đâu")
		c := r.live(zalo, "an")
		r.bot.asksPlace = true
		r.say(zalo, "an", "người thật ơi")
		if c = r.again(c.ID); c.Handoff == nil || !c.Handoff.AskedPlace {
			t.Fatalf("it is not known that the place was asked for: %+v", c.Handoff)
		}
		r.write(func(tx inbox.Writer) error { // the field's lead was not sure enough
			c.Department = ""
			var err error
			c, err = tx.PutConversation(c)
			return err
		})
		r.say(zalo, "an", "em ở Hoằng Hóa ạ")
		if c = r.again(c.ID); c.Department != "so-xay-dung" || c.Locality != "hoang-hoa" {
			t.Errorf("it is with %q about %q", c.Department, c.Locality)
		}
	})
}

func TestADepartmentGivesBackWhatIsNotItsOwn(t *testing.T) {
	inProvince(t, func(r *rig) {
		c := r.handedTo("an", "so-y-te")
		_, err := r.hub.Return(r.ctx(), doctor, c.ID, " ")
		wantInvalid(t, "a return without a reason", err, "reason")
		_, err = r.hub.Return(r.ctx(), roads, c.ID, "không phải của em")
		wantError(t, "a return by another department", err, inbox.ErrNotFound)
		c = must[inbox.Conversation](r)(r.hub.Return(r.ctx(), doctor, c.ID, "Việc này của Sở Xây dựng."))
		if c.Department != "" || c.Assignee != "" {
			t.Errorf("it is with %q, taken by %q", c.Department, c.Assignee)
		}
		if said := r.thread(c.ID); !slices.Contains(said, "department: Việc này của Sở Xây dựng.") || said[len(said)-1] != "department: conversation.returned" {
			t.Errorf("the thread ends %q", said[len(said)-2:])
		}
		if told := r.toldTo(lan); len(told) == 0 || !strings.Contains(told[len(told)-1], "Sở Y tế chuyển lại phiếu "+c.Code) {
			t.Errorf("the desk heard %q", told)
		}
		_, err = r.hub.Return(r.ctx(), lan, c.ID, "lần nữa")
		wantError(t, "a return of what the desk has", err, inbox.ErrConflict)
	})
}

func TestWhoIsAskedToContributeSeesAndNotesButDoesNotAnswer(t *testing.T) {
	inProvince(t, func(r *rig) {
		c := r.handedTo("an", "so-y-te")
		_, err := r.hub.Look(r.ctx(), roads, c.ID)
		wantError(t, "a look before", err, inbox.ErrNotFound)
		must[inbox.Conversation](r)(r.hub.Contribute(r.ctx(), doctor, c.ID, []kb.DepartmentID{"so-xay-dung"}, "Nhờ cho biết đường nào ngập."))
		if _, err := r.hub.Look(r.ctx(), roads, c.ID); err != nil {
			t.Errorf("a look = %v", err)
		}
		if _, err := r.hub.AddNote(r.ctx(), roads, c.ID, "Quốc lộ 47.", "n1"); err != nil {
			t.Errorf("a note = %v", err)
		}
		_, err = r.hub.Reply(r.ctx(), roads, c.ID, inbox.NewReply{Text: "Quốc lộ 47.", Key: "k"})
		wantError(t, "an answer", err, inbox.ErrForbidden)
		if told := r.toldTo(roads); len(told) != 1 || !strings.Contains(told[0], c.Code) {
			t.Errorf("who is asked heard %q", told)
		}
		_, err = r.hub.Contribute(r.ctx(), doctor, c.ID, []kb.DepartmentID{"so-y-te", "so-a"}, "")
		wantInvalid(t, "asking oneself", err, "departments")
		must[inbox.Conversation](r)(r.hub.Contribute(r.ctx(), doctor, c.ID, nil, ""))
		_, err = r.hub.Look(r.ctx(), roads, c.ID)
		wantError(t, "a look after", err, inbox.ErrNotFound)
	})
}
