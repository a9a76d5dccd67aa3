package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

// What is damaged is told where it is met: once to the log, and counted. A
// question for one record is answered by the error; a list leaves the record
// out, or shows a placeholder where leaving it out would look like nothing had
// been there, so that one record takes nothing else with it.

// Damage is a record, or a row of an index, that is not what was written.
type Damage struct {
	Bucket string
	Key    []byte
	Err    error // what was found wrong: record.ErrDamaged, errNoRecord
}

var _ inbox.Damaged = (*Damage)(nil)

// Error names the place. The key is told in hexadecimal: it may hold somebody's address.
func (d *Damage) Error() string {
	return fmt.Sprintf("store: %x in %q cannot be used: %v; tongdai verify tells what is hit", d.Key, d.Bucket, d.Err)
}

// Unwrap returns what was found wrong, which is an inbox.ErrDamaged.
func (d *Damage) Unwrap() error { return d.Err }

// errNoRecord: a row of an index leads to no record, or to another one.
var errNoRecord = fmt.Errorf("%w: the row leads to no record", inbox.ErrDamaged)

// left reports whether a list goes on without what err was met at.
func left(err error) bool { return errors.Is(err, inbox.ErrDamaged) }

// damaged tells of a record and returns the error for it.
func (t *trees) damaged(b bucket, key []byte, err error) error {
	d := &Damage{Bucket: b.String(), Key: bytes.Clone(key), Err: err}
	if left(err) {
		t.told.Tell(d.Bucket, d.Key, err)
	}
	return d
}

// Words tells in Vietnamese what is hit, as far as the key alone tells it.
func (d *Damage) Words() string { return words(d.Bucket, d.Key, nil) }

// titles are what people call the records of a bucket, and how its key is read.
var titles = map[string]struct {
	title string
	read  func(key []byte, naming naming) string
}{
	"conversations":       {"cuộc hội thoại", ofConversation},
	"conversations.code":  {"mã phiếu", ofText},
	"lists":               {"một dòng của danh sách", ofNothing},
	"messages":            {"tin nhắn số", ofNumberIn},
	"messages.id":         {"chỗ của tin nhắn", ofText},
	"messages.stuck":      {"một dòng của danh sách tin chưa gửi được", ofText},
	"attachments":         {"chỗ dùng của tệp đính kèm", ofFile},
	"turns":               {"lượt bot xét tin nhắn", ofText},
	"contacts":            {"thông tin người dân", ofText},
	"identities":          {"danh tính của một người dân trên kênh", ofChannel},
	"keys":                {"dấu nhận ra tin gửi lại của kênh", ofChannel},
	"raws":                {"bản gốc của tin đến", ofText},
	"quarantine":          {"tin cách ly", ofText},
	"quarantine.waiting":  {"một dòng của danh sách tin cách ly", ofText},
	"members":             {"tài khoản cán bộ", ofText},
	"members.login":       {"tên đăng nhập", ofText},
	"sessions":            {"một phiên đăng nhập", ofNothing},
	"sessions.member":     {"một dòng phiên đăng nhập của cán bộ", ofFirstText},
	"audits":              {"nhật ký số", ofNumber},
	"audits.conversation": {"dòng nhật ký số", ofNumberIn},
	"audits.member":       {"một dòng nhật ký của cán bộ", ofFirstText},
	"events":              {"sự kiện số", ofNumber},
	"tasks":               {"việc đang chờ", ofTask},
	"codes":               {"số đếm mã phiếu", ofNothing},
	"entries":             {"mục hỏi đáp", ofText},
	"entries.versions":    {"phiên bản mục hỏi đáp", ofVersion},
	"secrets":             {"bí mật của kênh", ofText},
	"imports":             {"lần nhập kho hỏi đáp", ofText},
	"papers":              {"mục của danh sách", ofPaper},
}

// naming finds the code that people know a conversation by; empty: unknown.
type naming func(id inbox.ConversationID) string

func words(bucket string, key []byte, code naming) string {
	known, ok := titles[bucket]
	if !ok {
		return fmt.Sprintf("bản ghi %x của bảng %s", key, bucket)
	}
	if which := known.read(key, code); which != "" {
		return known.title + " " + which
	}
	return known.title
}

func (code naming) of(id string) string {
	if code != nil {
		if found := code(inbox.ConversationID(id)); found != "" {
			return "của cuộc hội thoại " + found
		}
	}
	return "của cuộc hội thoại có định danh " + id
}

func ofNothing([]byte, naming) string { return "" }

func ofText(key []byte, _ naming) string { return readable(key) }

// readable shows a key that may be damaged itself.
func readable(key []byte) string {
	for _, r := range string(key) {
		if r < ' ' || r > '~' {
			return fmt.Sprintf("%x", key)
		}
	}
	return string(key)
}

func ofConversation(key []byte, code naming) string {
	if code != nil {
		if found := code(inbox.ConversationID(key)); found != "" {
			return found
		}
	}
	return "có định danh " + readable(key)
}

func ofFirstText(key []byte, _ naming) string {
	text, _, ok := cutText(key)
	if !ok {
		return ""
	}
	return readable([]byte(text))
}

func ofFile(key []byte, _ naming) string {
	file, message, ok := cutText(key)
	if !ok {
		return ""
	}
	return readable([]byte(file)) + " trong tin nhắn " + readable(message)
}

func ofNumber(key []byte, _ naming) string { return fmt.Sprint(numberOf(key)) }

func ofNumberIn(key []byte, code naming) string {
	of, number, ok := cutText(key)
	if !ok || len(number) != 8 {
		return fmt.Sprintf("có khóa hỏng %x", key)
	}
	return fmt.Sprintf("%d %s", binary.BigEndian.Uint64(number), code.of(readable([]byte(of))))
}

func ofVersion(key []byte, _ naming) string {
	of, number, ok := cutText(key)
	if !ok || len(number) != 8 {
		return ""
	}
	return fmt.Sprintf("%s (bản %d)", readable([]byte(of)), binary.BigEndian.Uint64(number))
}

func ofChannel(key []byte, _ naming) string {
	parts, ok := record.KeyParts(key)
	if !ok || len(parts) == 0 {
		return ""
	}
	return readable([]byte(parts[0])) // the rest may be somebody's address
}

// works are what people call the kinds of work.
var works = map[inbox.Work]string{
	inbox.Turns: "xét tin bằng bot", inbox.Deliveries: "gửi tin", inbox.Fetches: "tải tệp về", inbox.Closings: "đóng phiếu im lặng",
	inbox.Dues: "nhắc hạn", inbox.Alarms: "báo tin khẩn", inbox.Wakings: "mở lại phiếu tạm gác", inbox.Profiles: "hỏi tên người dân",
}

func ofTask(key []byte, code naming) string {
	kind, rest, ok := cutText(key)
	if !ok {
		return ""
	}
	name, known := works[inbox.Work(kind)]
	if !known {
		name = readable([]byte(kind))
	}
	group, _, ok := cutText(rest)
	if !ok || group == "" {
		return "(" + name + ")"
	}
	return "(" + name + ") " + code.of(readable([]byte(group)))
}

func ofPaper(key []byte, _ naming) string {
	shelf, id, ok := bytes.Cut(key, []byte{0})
	if !ok {
		return ""
	}
	return readable(shelf) + " " + readable(id)
}
