package bolt

import (
	"bytes"
	"math"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

func (t *tx) AppendAudit(a inbox.Audit) error {
	n, err := t.next(audits)
	if err != nil {
		return err
	}
	a.Seq = n
	if a.Conversation != "" {
		if err := t.put(auditsByConversation, appendNumber(prefixOf(string(a.Conversation)), n), nil); err != nil {
			return err
		}
	}
	if a.Member != "" {
		if err := t.put(auditsByMember, appendNumber(prefixOf(string(a.Member)), n), nil); err != nil {
			return err
		}
	}
	return write(t, audits, numberKey(n), a, record.Audits)
}

func (t *tx) Audits(q inbox.AuditQuery) ([]inbox.Audit, error) {
	index, prefix := audits, []byte(nil)
	switch {
	case q.Conversation != "":
		index, prefix = auditsByConversation, prefixOf(string(q.Conversation))
	case q.Member != "":
		index, prefix = auditsByMember, prefixOf(string(q.Member))
	}
	before := q.Before
	if before == 0 {
		before = math.MaxUint64
	}
	cursor := t.tree(index).Cursor()
	key, _ := seekBefore(cursor, appendNumber(bytes.Clone(prefix), before))
	var found []inbox.Audit
	for ; key != nil && bytes.HasPrefix(key, prefix) && (q.Limit <= 0 || len(found) < q.Limit); key, _ = cursor.Prev() {
		at := key[len(key)-8:]
		a, ok, err := read(t.trees, audits, at, record.Audits)
		if err == nil && !ok {
			err = t.damaged(index, key, errNoRecord)
		}
		if left(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if q.Member == "" || a.Member == q.Member {
			found = append(found, a)
		}
	}
	return found, nil
}
