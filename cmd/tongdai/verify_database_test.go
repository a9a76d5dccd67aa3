package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"tongdai/inbox"
	"tongdai/inbox/store/postgres/localpg/pgtest"
	"tongdai/kb"
)

// DUR-08 over PostgreSQL: every damaged row is told in words, one after the other,
// and none keeps the rest from being looked at.
func TestWhatIsDamagedInADatabaseIsTold(t *testing.T) {
	database := pgtest.Database(t)
	cfg := nodeConfig(t, database, newKey())
	a, err := openApp(t.Context(), cfg, quiet(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.store.Update(t.Context(), somethingOfAll), a.close()); err != nil {
		t.Fatal(err)
	}
	sound := verdictOf(t, cfg)
	if !sound.Sound || sound.Records < 7 {
		t.Fatalf("a sound store: %s", toldBy(sound))
	}
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) }) // nothing is left to be lost
	flipped := func(column string) string { return "set_byte(" + column + ", 9, get_byte(" + column + ", 9) # 4)" }
	found := 0
	for _, tt := range []struct{ spoils, want string }{
		{"UPDATE message SET record = " + flipped("record"), "tin nhắn số 1 của cuộc hội thoại có định danh c1: nội dung không khớp tổng kiểm"},
		{"UPDATE audit SET record = " + flipped("record"), "nhật ký số 1: nội dung không khớp"},
		{"UPDATE event SET records[1] = " + flipped("records[1]"), "sự kiện số 1: nội dung không khớp"},
		{"UPDATE task SET record = " + flipped("record") + " WHERE id = 't1'", "nội dung không khớp"},
		{"UPDATE entry_version SET record = " + flipped("record"), "mục hỏi đáp e1 (bản 1): nội dung không khớp"},
		{"UPDATE contact SET record = " + flipped("record"), "nội dung không khớp"},
		{"UPDATE conversation SET record = " + flipped("record"), "nội dung không khớp"},
	} {
		if _, err := conn.Exec(t.Context(), tt.spoils); err != nil {
			t.Fatal(err)
		}
		found++
		v := verdictOf(t, cfg)
		told := toldBy(v)
		if v.Sound || len(v.Findings) != found || v.Records != sound.Records || !strings.Contains(told, tt.want) || !strings.Contains(told, "tongdai restore") {
			t.Errorf("after %s: %d findings and %d records, want %d and %d, and %q:\n%s",
				tt.spoils, len(v.Findings), v.Records, found, sound.Records, tt.want, told)
		}
	}
}

// somethingOfAll writes a record of several kinds.
func somethingOfAll(tx inbox.Writer) error {
	c, err := tx.PutConversation(inbox.Conversation{ID: "c1", Code: "TH-261121-0001", Contact: "p1", Status: inbox.Open, Handler: inbox.ByBot})
	if err != nil {
		return err
	}
	m := inbox.Message{ID: "m1", Conversation: c.ID, Direction: inbox.In}
	m.Content.Text = "Nước ngập vào nhà tôi"
	_, err = tx.AppendMessage(m)
	return errors.Join(err,
		tx.PutContact(inbox.Contact{ID: "p1", Name: "Lan"}),
		tx.PutEntry(kb.Entry{ID: "e1", Version: 1, Question: "Tiêm ở đâu?", Answer: "Ở trạm y tế."}),
		tx.AppendAudit(inbox.Audit{Member: "lan", Action: inbox.LoggedIn}),
		tx.AppendEvent(inbox.Event{Kind: inbox.MessageAdded, Conversation: c.ID, Message: m.ID}),
		tx.Enqueue(inbox.Task{ID: "t1", Kind: inbox.Closings, Group: "c1", Ref: "c1"}))
}
