package inbox_test

import (
	"fmt"
	"testing"
	"time"

	"tongdai/inbox"
)

func TestTheRecordIsSearched(t *testing.T) {
	idle(t, func(r *rig) {
		begun := r.store.Now()
		c := inbox.Conversation{ID: "c", Code: "TH-261122-0001", Status: inbox.Open, Handler: inbox.ByPeople, Channel: zalo}
		r.write(func(tx inbox.Writer) error { _, err := tx.PutConversation(c); return err })
		// One row a minute for 1,500 minutes: every tenth a look, every hundredth of an account.
		for from := 0; from < 1500; from += 100 {
			r.write(func(tx inbox.Writer) error {
				for i := from; i < from+100; i++ {
					a := inbox.Audit{At: begun.Add(time.Duration(i) * time.Minute), Member: "lan", Action: inbox.Noted, Target: fmt.Sprint(i)}
					switch {
					case i%100 == 0:
						a.Action, a.Member = inbox.MemberChanged, "root"
					case i%10 == 0:
						a.Action, a.Conversation = inbox.Looked, "c"
					}
					if err := tx.AppendAudit(a); err != nil {
						return err
					}
				}
				return nil
			})
		}
		at := func(minutes int) time.Time { return begun.Add(time.Duration(minutes) * time.Minute) }
		for _, tt := range []struct {
			name   string
			search inbox.AuditSearch
			want   int
			newest string
		}{
			{"everything", inbox.AuditSearch{}, 1500, "1499"},
			{"one action", inbox.AuditSearch{Group: "conversation.looked"}, 135, "1490"},
			{"a group of actions", inbox.AuditSearch{Group: "member"}, 15, "1400"},
			{"a member", inbox.AuditSearch{Member: "root"}, 15, "1400"},
			{"a member's acts of a kind that he never did", inbox.AuditSearch{Member: "root", Group: "conversation"}, 0, ""},
			{"a conversation, by its code as typed", inbox.AuditSearch{Code: " th-261122-0001 "}, 135, "1490"},
			{"a span of time", inbox.AuditSearch{From: at(100), To: at(200)}, 100, "199"},
			{"a span for a member", inbox.AuditSearch{Member: "root", From: at(100), To: at(301)}, 3, "300"},
			{"the first minute", inbox.AuditSearch{To: at(1)}, 1, "0"},
			{"before there was anything", inbox.AuditSearch{To: begun.Add(-time.Hour)}, 0, ""},
			{"the future", inbox.AuditSearch{From: at(100_000)}, 0, ""},
		} {
			tt.search.Limit = 40
			var got []inbox.Audit
			for pages := 0; ; pages++ {
				page, err := r.hub.SearchAudits(r.ctx(), root, tt.search)
				if err != nil || pages > 50 {
					r.Fatalf("%s: SearchAudits = %v after %d pages", tt.name, err, pages)
				}
				if len(page.Rows) > 40 {
					r.Errorf("%s: a page of %d rows", tt.name, len(page.Rows))
				}
				got = append(got, page.Rows...)
				if tt.search.Before = page.Next; page.Next == 0 {
					break
				}
			}
			if len(got) != tt.want || tt.want > 0 && got[0].Target != tt.newest {
				r.Errorf("%s: %d rows, want %d; the newest is %+v", tt.name, len(got), tt.want, got[:min(1, len(got))])
			}
			for i := 1; i < len(got); i++ {
				if got[i].Seq >= got[i-1].Seq {
					r.Fatalf("%s: row %d comes after row %d", tt.name, got[i].Seq, got[i-1].Seq)
				}
			}
		}
		_, err := r.hub.SearchAudits(r.ctx(), root, inbox.AuditSearch{Code: "TH-000000-0000"})
		wantInvalid(t, "an unknown code", err, "code")
		_, err = r.hub.SearchAudits(r.ctx(), lan, inbox.AuditSearch{})
		wantError(t, "an operator's search", err, inbox.ErrForbidden)
	})
}
