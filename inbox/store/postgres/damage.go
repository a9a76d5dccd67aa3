package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

// What is damaged is told where it is met: once to the log, and counted. A
// question for one record is answered by the error; a list leaves the record
// out, or shows a placeholder where leaving it out would look like nothing had
// been there, so that one record takes nothing else with it.

// Damage is a row that is not what was written.
type Damage struct {
	Table string
	Key   []byte
	Err   error // what was found wrong: record.ErrDamaged, errNoRecord
}

var _ inbox.Damaged = (*Damage)(nil)

// Error names the place. The key is told in hexadecimal: it may hold somebody's address.
func (d *Damage) Error() string {
	return fmt.Sprintf("store: %x in %q cannot be used: %v; tongdai verify tells what is hit", d.Key, d.Table, d.Err)
}

// Unwrap returns what was found wrong, which is an inbox.ErrDamaged.
func (d *Damage) Unwrap() error { return d.Err }

// titles are what people call the rows of a table.
var titles = map[string]string{
	"conversation": "cuộc hội thoại", "message": "tin nhắn", "turn": "lượt bot xét tin nhắn", "contact": "thông tin người dân",
	"identity": "danh tính của một người dân trên kênh", "raw": "bản gốc của tin đến", "quarantine": "tin cách ly",
	"member": "tài khoản cán bộ", "session": "một phiên đăng nhập", "entry": "mục hỏi đáp", "entry_version": "phiên bản mục hỏi đáp",
	"secret": "bí mật của kênh", "knowledge_import": "lần nhập kho hỏi đáp", "paper": "mục của danh sách",
	"placement": "một dòng của danh sách cuộc hội thoại", "audit": "nhật ký số", "event": "sự kiện", "task": "việc đang chờ",
	"remembered": "dấu nhận ra tin gửi lại của kênh",
}

// unnamed are the tables whose keys hold what nobody should read, or nobody can.
var unnamed = map[string]bool{"identity": true, "session": true, "remembered": true, "placement": true, "event": true}

// Words tells in Vietnamese what is hit, as far as the key alone tells it.
func (d *Damage) Words() string {
	title, known := titles[d.Table]
	switch {
	case !known:
		return fmt.Sprintf("dòng %x của bảng %s", d.Key, d.Table)
	case unnamed[d.Table] || len(d.Key) == 0:
		return title
	}
	var parts []string
	for part := range bytes.SplitSeq(d.Key, []byte{0}) { // of a shelf and what lies there
		parts = append(parts, readable(part))
	}
	return title + " " + strings.Join(parts, " ")
}

// readable shows a key that may be damaged itself.
func readable(key []byte) string {
	for _, r := range string(key) {
		if r < ' ' || r > '~' {
			return fmt.Sprintf("%x", key)
		}
	}
	return string(key)
}

// errNoRecord: a row of an index leads to no record.
var errNoRecord = fmt.Errorf("%w: the row leads to no record", inbox.ErrDamaged)

// left reports whether a list goes on without what err was met at.
func left(err error) bool { return errors.Is(err, inbox.ErrDamaged) }

// Damaged is how many records were found damaged since the store was opened.
func (s *Store) Damaged() int { return s.damages.Count() }

// damaged tells of a row and returns the error for it.
func (s *Store) damaged(table string, key []byte, err error) error {
	if left(err) {
		s.damages.Tell(table, key, err)
	}
	return &Damage{Table: table, Key: key, Err: err}
}

func decode[D any](s *Store, table string, key, value []byte, codec record.Codec[D]) (D, error) {
	d, err := codec.Decode(value)
	if err != nil {
		err = s.damaged(table, key, err)
	}
	return d, err
}

// one is the only row of a question, if there is one.
func one[D any](t *tx, tb *table, sql string, arg []byte, codec record.Codec[D]) (d D, found bool, err error) {
	err = t.query(sql, []any{arg}, func(rows pgx.Rows) error {
		var id, value []byte
		var rev uint32
		if err := rows.Scan(&id, &rev, &value); err != nil {
			return err
		}
		found = true
		d, err = decode(t.store, tb.name, id, t.brought(tb, id, rev, value).value, codec)
		return err
	})
	return d, found, err
}

// paged collects rows that hold an id, a revision and a record: all that sql
// finds with args, or up to a limit. What is damaged is left out, and makes no
// page shorter.
func paged[D any](t *tx, tb *table, sql string, args []any, limit int, codec record.Codec[D]) ([]D, error) {
	return full(limit, func(limit int) (found []D, out int, err error) {
		err = t.query(fmt.Sprintf("%s LIMIT $%d", sql, len(args)+1), append(slices.Clip(args), limited(limit)), func(rows pgx.Rows) error {
			var id, value []byte
			var rev uint32
			if err := rows.Scan(&id, &rev, &value); err != nil {
				return err
			}
			d, err := decode(t.store, tb.name, id, t.brought(tb, id, rev, value).value, codec)
			if left(err) {
				out++
				return nil
			}
			found = append(found, d)
			return err
		})
		return found, out, err
	})
}

// full asks for more until a page is full that ask has left rows out of, or there
// are no more.
func full[D any](limit int, ask func(limit int) (found []D, out int, err error)) ([]D, error) {
	for most := limit; ; {
		found, out, err := ask(most)
		if err != nil || limit <= 0 || out == 0 {
			return found, err
		}
		if len(found) >= limit || len(found)+out < most {
			return found[:min(len(found), limit)], nil
		}
		most = limit + out
	}
}

// takeAway removes the row by which a conversation stands alone in a list that
// cannot be read, or does not stand there: damage must not keep somebody from
// beginning a new matter. It waits for no transaction of a function, since the
// row is worth nothing to any.
func (s *Store) takeAway(ctx context.Context, list string, id []byte) error {
	return pooled{s}.query(ctx, "DELETE FROM placement WHERE list = $1 AND conversation = $2", []any{[]byte(list), id},
		func(pgx.Rows) error { return nil })
}
