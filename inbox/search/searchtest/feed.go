package searchtest

import (
	"fmt"
	"time"

	"tongdai/inbox"
)

// feedTests tell how the index keeps up with the store.
var feedTests = []test{
	{"what is said now is found soon", func(d *desk) {
		d.work()
		c := d.begin(matter{}, "mất nước ba ngày")
		d.finds(operator, "mất nước", c)
		d.says(c.ID, inbox.Citizen, "sáng nay có lại rồi")
		d.finds(operator, "có lại", c)
	}},
	{"what is edited is found by its new words only", func(d *desk) {
		c := d.begin(matter{}, "chữ cũ kỹ")
		d.work()
		d.finds(operator, "cũ kỹ", c)
		d.write(func(tx inbox.Writer) error {
			all, err := tx.Messages(c.ID, inbox.MessageQuery{Limit: 1})
			if err != nil {
				return err
			}
			m := all[0]
			m.Content.Text = "chữ tinh tươm"
			if err := tx.PutMessage(m); err != nil {
				return err
			}
			return tx.AppendEvent(inbox.Event{At: d.store.Now(), Kind: inbox.MessageChanged, Conversation: c.ID, Message: m.ID})
		})
		d.finds(operator, "tinh tươm", c)
		d.finds(operator, "cũ kỹ")
	}},
	{"a citizen who gets a name is found by it", func(d *desk) {
		c := d.begin(matter{name: "Khách 9F3A"}, "alo")
		d.work()
		d.finds(operator, "9F3A", c)
		d.write(func(tx inbox.Writer) error {
			now, err := tx.Conversation(c.ID)
			if err != nil {
				return err
			}
			now.ContactName = "Trần Văn Bưởi"
			if _, err := tx.PutConversation(now); err != nil {
				return err
			}
			if err := tx.PutContact(inbox.Contact{ID: c.Contact, Name: now.ContactName, CreatedAt: c.CreatedAt}); err != nil {
				return err
			}
			return tx.AppendEvent(inbox.Event{At: d.store.Now(), Kind: inbox.ConversationChanged, Conversation: c.ID})
		})
		d.finds(operator, "van buoi", c)
		d.finds(operator, "9F3A")
	}},
	{"after a stop it goes on where it was", func(d *desk) {
		first := d.begin(matter{}, "sự việc thứ nhất")
		d.work()
		d.finds(operator, "sự việc", first)
		d.until("all is read in", func() bool { return d.state().Complete })
		d.halt()
		before := d.state()
		second := d.begin(matter{}, "sự việc thứ hai")
		d.finds(operator, "sự việc", first)
		d.work()
		d.finds(operator, "sự việc", second, first)
		if now := d.state(); !now.Complete || now.Seq <= before.Seq {
			d.Errorf("it stands at %+v after %+v", now, before)
		}
	}},
	{"an index that was lost is read in again, and says so until then", func(d *desk) {
		var last inbox.Conversation
		for i := range 250 {
			last = d.begin(matter{}, fmt.Sprintf("hồ sơ số h%d", i))
		}
		d.work()
		d.finds(operator, "h249", last)
		d.until("all is read in", func() bool { return d.state().Complete })
		d.halt()
		if err := d.index.Reset(d.ctx()); err != nil {
			d.Fatal(err)
		}
		if got, page := d.search(operator, "hồ sơ"); len(got) > 0 || !page.Partial {
			d.Errorf("an empty index gives %d and says partial = %v", len(got), page.Partial)
		}
		d.work()
		d.until("all is read in", func() bool { return d.state().Complete })
		if got, page := d.search(operator, "hồ sơ"); len(got) != 250 || page.Partial {
			d.Errorf("it gives %d and says partial = %v", len(got), page.Partial)
		}
	}},
	{"reading in goes on after a stop, and what is said meanwhile is found", func(d *desk) {
		var cut inbox.Cursor
		var newest []inbox.Conversation
		for i := range 30 {
			c := d.begin(matter{}, fmt.Sprintf("cuộc thứ %d", i))
			if i >= 20 {
				newest = append(newest, c)
			}
		}
		var last inbox.Seq
		d.until("all events have their numbers", func() bool {
			err := d.store.View(d.ctx(), func(tx inbox.Reader) (err error) {
				last, err = tx.LastEvent()
				return err
			})
			return err == nil && last == 30
		})
		if err := d.store.View(d.ctx(), func(tx inbox.Reader) (err error) {
			_, cut, err = tx.Conversations(inbox.ListQuery{Lists: []inbox.ListID{inbox.AllList}, Limit: len(newest)})
			return err
		}); err != nil {
			d.Fatal(err)
		}
		// As if it had been stopped after the newest ten.
		d.put(inbox.IndexState{}, inbox.IndexState{Seq: last, Rest: cut})
		d.says(newest[3].ID, inbox.Citizen, "cuộc này nói thêm")
		d.work()
		d.until("the rest is read in", func() bool { return d.state().Complete })
		d.until("the 20 older ones and the one that went on are found", func() bool {
			got, _ := d.search(operator, "cuộc")
			return len(got) == 21
		})
	}},
	{"events that are no longer kept have everything read in again", func(d *desk) {
		first := d.begin(matter{}, "bài học một")
		d.work()
		d.finds(operator, "bài học", first)
		d.until("all is read in", func() bool { return d.state().Complete })
		d.halt()
		second := d.begin(matter{}, "bài học hai")
		third := d.begin(matter{}, "bài học ba")
		d.write(func(tx inbox.Writer) error { return tx.TrimEvents(d.store.Now().Add(time.Hour)) })
		d.work()
		d.finds(operator, "bài học", third, second, first)
	}},
	{"an index of another store's future begins anew", func(d *desk) {
		d.put(inbox.IndexState{}, inbox.IndexState{Seq: 1_000_000, Complete: true}, inbox.Indexed{
			Conversation: "ghost", Stamp: "x", Whole: true, Documents: []inbox.Document{{Message: "m", At: d.at, Terms: []string{"ma"}}},
		})
		c := d.begin(matter{}, "còn đây")
		if got, _ := d.search(operator, "ma"); len(got) > 0 {
			d.Errorf("it shows what is not in the store: %q", got)
		}
		d.work()
		d.finds(operator, "còn đây", c)
		if hits, err := d.index.Newest(d.ctx(), inbox.IndexQuery{Everywhere: true, Groups: [][]inbox.Term{{{Text: "ma"}}}, Limit: 9}); err != nil || len(hits) > 0 {
			d.Errorf("the ghost is still there: %v, %v", hits, err)
		}
	}},
}

func (d *desk) state() inbox.IndexState {
	d.Helper()
	s, err := d.index.State(d.ctx())
	if err != nil {
		d.Fatalf("State: %v", err)
	}
	return s
}

func (d *desk) put(was, now inbox.IndexState, changes ...inbox.Indexed) {
	d.Helper()
	if err := d.index.Put(d.ctx(), was, now, changes); err != nil {
		d.Fatalf("Put: %v", err)
	}
}
