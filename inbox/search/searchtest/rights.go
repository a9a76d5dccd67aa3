package searchtest

import (
	"errors"
	"strings"

	"tongdai/inbox"
	"tongdai/kb"
)

// rightTests tell who finds what.
var rightTests = []test{
	{"staff find what is their departments', operators everything", func(d *desk) {
		health := d.begin(matter{department: "so-y-te"}, "phản ánh bí mật một")
		works := d.begin(matter{department: "so-xay-dung"}, "phản ánh bí mật hai")
		house := d.begin(matter{}, "phản ánh bí mật ba")
		d.work()
		d.finds(operator, "bí mật", house, works, health)
		d.finds(doctor, "bí mật", health)
		d.finds(roads, "bí mật", works)
		d.finds(member("both", inbox.Staff, "so-y-te", "so-xay-dung"), "bí mật", works, health)
		d.finds(member("nowhere", inbox.Staff), "bí mật")
		d.finds(member("odd", inbox.Staff, ""), "bí mật")
		d.finds(doctor, works.Code)
	}},
	{"nobody without an account searches", func(d *desk) {
		off := member("off", inbox.Admin)
		off.Member.Disabled = true
		for _, who := range []inbox.Actor{{}, off, member("odd", "janitor")} {
			if _, err := d.hub.SearchMessages(d.ctx(), who, inbox.MessageSearch{Text: "bí mật"}); !errors.Is(err, inbox.ErrForbidden) {
				d.Errorf("%q is answered %v", who.Member.Login, err)
			}
		}
	}},
	{"what another department has never crowds out one's own", func(d *desk) {
		own := d.begin(matter{department: "so-y-te"}, "tiêm phòng")
		var texts []string
		for range 500 {
			texts = append(texts, "tiêm phòng")
		}
		d.begin(matter{department: "so-xay-dung"}, texts...)
		d.work()
		d.caughtUp()
		d.finds(doctor, "tiêm phòng", own)
	}},
	{"what moves to another department is found by that one only", func(d *desk) {
		c := d.begin(matter{department: "so-y-te"}, "cầu treo bị sập", "có người bị thương")
		d.work()
		d.finds(doctor, "cầu treo", c)
		d.finds(roads, "cầu treo")
		if _, err := d.hub.Transfer(d.ctx(), operator, c.ID, "so-xay-dung", "nhờ Sở xem"); err != nil {
			d.Fatal(err)
		}
		// At once: what the index does not know yet, the store does.
		if got, _ := d.search(doctor, "cầu treo"); len(got) > 0 {
			d.Errorf("the old department still finds %q", got)
		}
		for _, words := range []string{"cầu treo", "bị thương", "nhờ Sở xem", c.Code} {
			d.finds(roads, words, c)
			d.finds(doctor, words)
		}
		// In the index itself as well, where the filter must not lose places to it.
		if hits := d.newest("so-y-te", "treo"); len(hits) > 0 {
			d.Errorf("the index still has it under the old department: %v", hits)
		}
		if hits := d.newest("so-xay-dung", "treo"); len(hits) != 1 {
			d.Errorf("the index has it %d times under the new department", len(hits))
		}
	}},
	{"who was asked to contribute finds the matter until no longer asked", func(d *desk) {
		c := d.begin(matter{department: "so-y-te"}, "nước thải bệnh viện")
		d.work()
		d.finds(doctor, "nước thải", c)
		d.finds(roads, "nước thải")
		ask := func(departments ...kb.DepartmentID) {
			d.write(func(tx inbox.Writer) error {
				now, err := tx.Conversation(c.ID)
				if err != nil {
					return err
				}
				now.Contributing = departments
				if _, err = tx.PutConversation(now); err != nil {
					return err
				}
				return tx.AppendEvent(inbox.Event{At: d.store.Now(), Kind: inbox.ConversationChanged, Conversation: c.ID, Channel: c.Channel, Department: c.Department})
			})
		}
		ask("so-xay-dung")
		d.finds(roads, "nước thải", c)
		d.finds(roads, c.Code, c)
		d.finds(doctor, "nước thải", c)
		ask()
		d.finds(roads, "nước thải")
		d.until("the index itself lets go of it", func() bool { return len(d.newest("so-xay-dung", "thai")) == 0 })
		d.finds(doctor, "nước thải", c)
	}},
	{"a viewer neither sees nor finds by phone numbers and addresses", func(d *desk) {
		c := d.begin(matter{name: "Bà Tư", phone: "0912345678"}, "gọi tôi số 0912 345 678 hoặc batu@gmail.com về cây đổ")
		d.work()
		d.finds(operator, "0912345678", c)
		viewer := member("viewer", inbox.Viewer)
		d.finds(viewer, "cây đổ", c)
		for _, words := range []string{"0912345678", "0912 345", "345 678", "batu", "batu@gmail.com"} {
			d.finds(viewer, words)
		}
		_, page := d.search(viewer, "cây đổ")
		if shown := marked(page.Found[0].Snippet) + page.Found[0].Message.Content.Text; strings.Contains(shown, "345") || strings.Contains(shown, "batu") {
			d.Errorf("a viewer reads %q", shown)
		}
	}},
	{"what was shown is on record by codes, without the words looked for", func(d *desk) {
		c := d.begin(matter{}, "chuyện riêng tư")
		other := d.begin(matter{}, "chuyện riêng tư khác")
		d.work()
		d.finds(operator, "riêng tư", other, c)
		d.finds(operator, "không có đâu")
		d.search(operator, "riêng tư")
		d.search(operator, "khác")
		var rows []inbox.Audit
		if err := d.store.View(d.ctx(), func(tx inbox.Reader) (err error) {
			rows, err = tx.Audits(inbox.AuditQuery{Member: operator.Member.ID, Limit: 100})
			return err
		}); err != nil {
			d.Fatal(err)
		}
		var details []string
		for _, a := range rows {
			if a.Action != inbox.Looked || a.Target != "search" || a.Address != operator.Address || a.Conversation != "" {
				d.Errorf("on record is %+v", a)
			}
			details = append(details, a.Detail)
		}
		want := []string{other.Code, other.Code + " " + c.Code}
		if strings.Join(details, "|") != strings.Join(want, "|") {
			// While the index was read in, a search may have shown one of the two.
			if len(details) != 3 || details[0] != want[0] || details[1] != want[1] {
				d.Errorf("on record is %q, want %q", details, want)
			}
		}
	}},
}

// newest asks the index itself for documents with a word.
func (d *desk) newest(department kb.DepartmentID, term string) []inbox.IndexHit {
	d.Helper()
	hits, err := d.index.Newest(d.ctx(), inbox.IndexQuery{
		Departments: []kb.DepartmentID{department}, Groups: [][]inbox.Term{{{Text: term}}}, Limit: 100,
	})
	if err != nil {
		d.Fatalf("Newest: %v", err)
	}
	return hits
}
