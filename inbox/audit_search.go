package inbox

import (
	"context"
	"errors"
	"strings"
	"time"
)

// AuditSearch narrows the record. Zero fields do not narrow.
type AuditSearch struct {
	Member   MemberID
	Code     string // of a conversation
	Group    string // an action, or the word before its dot: "member"
	From, To time.Time
	Before   uint64 // Next of the page before
	Limit    int
}

// AuditPage is a page of the record, newest first.
type AuditPage struct {
	Rows []Audit
	Next uint64 // Before of the next page; 0: there is none
	// Partial: the search stopped before the page was full, having looked at much;
	// the next page goes on from there.
	Partial bool
}

// Bounds of one page of the record.
const (
	auditRead  = 500    // rows read at a time
	auditWalk  = 10_000 // rows looked at for one page
	auditShown = 50     // rows of a page without a wish
	// auditSlack is how far the clocks of nodes may be apart: the record is in the
	// order of commits, and its times nearly so.
	auditSlack = time.Minute
)

// SearchAudits searches the record, newest first. A member or a conversation is
// found by an index; what else narrows is looked for while walking back, in
// bounded steps, from where the time span ends.
func (h *Hub) SearchAudits(ctx context.Context, actor Actor, s AuditSearch) (AuditPage, error) {
	if !actor.May(SeeAudit) {
		return AuditPage{}, ErrForbidden
	}
	if s.Limit <= 0 || s.Limit > auditRead {
		s.Limit = auditShown
	}
	var page AuditPage
	err := h.store.View(ctx, func(tx Reader) error {
		q := AuditQuery{Member: s.Member, Before: s.Before, Limit: auditRead}
		if s.Code != "" {
			c, err := tx.ConversationByCode(strings.ToUpper(strings.TrimSpace(s.Code)))
			if errors.Is(err, ErrNotFound) {
				return Invalid{{"code", "Không có phiếu nào mang mã này."}}
			}
			if err != nil {
				return err
			}
			q.Conversation = c.ID
		}
		var err error
		if s.Before == 0 && !s.To.IsZero() {
			if q.Before, err = beforeTime(tx, q, s.To.Add(auditSlack)); err != nil {
				return err
			}
		}
		page, err = walkAudits(tx, q, s)
		return err
	})
	return page, err
}

// beforeTime finds where to begin walking back for rows up to a time: a number
// that all of them are before. It halves the numbers there are, so that a search
// of long ago costs no more than one of today.
func beforeTime(tx Reader, q AuditQuery, to time.Time) (uint64, error) {
	q.Limit = 1
	newest, err := tx.Audits(q)
	if err != nil || len(newest) == 0 || newest[0].At.Before(to) {
		return 0, err
	}
	low, high := uint64(1), newest[0].Seq // rows before low are early enough, the one at high is not
	for low < high {
		q.Before = low + (high-low+1)/2
		found, err := tx.Audits(q)
		if err != nil {
			return 0, err
		}
		if len(found) == 0 || found[0].At.Before(to) {
			low = q.Before
		} else {
			high = found[0].Seq
		}
	}
	return low, nil
}

func walkAudits(tx Reader, q AuditQuery, s AuditSearch) (AuditPage, error) {
	var page AuditPage
	for looked := 0; looked < auditWalk; looked += auditRead {
		rows, err := tx.Audits(q)
		if err != nil {
			return page, err
		}
		for _, row := range rows {
			q.Before = row.Seq
			if row.At.Before(s.From.Add(-auditSlack)) {
				page.Next = 0
				return page, nil
			}
			if !s.matches(row) {
				continue
			}
			if len(page.Rows) == s.Limit {
				page.Next = page.Rows[s.Limit-1].Seq
				return page, nil
			}
			page.Rows = append(page.Rows, row)
		}
		if len(rows) < auditRead {
			return page, nil
		}
	}
	page.Next, page.Partial = q.Before, true
	return page, nil
}

func (s AuditSearch) matches(row Audit) bool {
	return (s.Group == "" || string(row.Action) == s.Group || strings.HasPrefix(string(row.Action), s.Group+".")) &&
		!row.At.Before(s.From) && (s.To.IsZero() || row.At.Before(s.To))
}
