package bolt

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"

	"tongdai/connectors/content"
	"tongdai/inbox"
	"tongdai/inbox/store/record"
	"tongdai/kb"
)

// What must hold of the rows of each bucket: a record's checksum, that it says
// the same as its key, and that what it refers to and the rows of the indexes
// made from it are there. A row of an index bears no checksum; it must be one
// that its record asks for.

// check is a look at one row.
type check struct {
	t       *trees
	b       bucket
	look    func(c *check, key, value []byte)
	key     []byte
	last    []byte   // key of the row before; nil at the beginning
	wrong   []string // what is wrong with this row
	files   []string // attachments that it refers to
	claimed *[bucketCount]int64
	housed  bool // the conversation of the message before is there
}

func (c *check) say(format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
}

const (
	differs = "nội dung không khớp tổng kiểm, tức là đã bị hỏng"
	astray  = "nội dung không đúng với khóa"
	orphan  = "không có bản ghi nào ứng với dòng này"
)

// there tells whether b has a row under key, and says so when it has not.
func (c *check) there(b bucket, key []byte, what string, args ...any) bool {
	there := len(key) > 0 && c.t.tree(b).Get(key) != nil
	if !there {
		c.say("thiếu "+what, args...)
	}
	return there
}

// row is there for the rows of indexes, which hold nothing.
func (c *check) row(b bucket, key []byte) {
	if !c.claim(b, key) {
		c.say("thiếu dòng tương ứng trong bảng %s", b)
	}
}

// decoded is the record of a row, if it is sound.
func decoded[D any](c *check, key, value []byte, codec record.Codec[D]) (D, bool) {
	d, err := codec.DecodeAt(value, placeOf(c.b, key))
	if err != nil {
		c.say(differs)
	}
	return d, err == nil
}

// found is the record under key in b, if there is a sound one.
func found[D any](c *check, b bucket, key []byte, codec record.Codec[D]) (d D, ok bool) {
	value := c.t.tree(b).Get(key)
	if len(key) == 0 || value == nil {
		return d, false
	}
	d, err := codec.DecodeAt(value, placeOf(b, key))
	return d, err == nil
}

// sealed looks at a record that no codec made.
func (c *check) sealed(key, value []byte, size int) {
	payload, err := record.UnsealAt(value, placeOf(c.b, key))
	if err != nil {
		c.say(differs)
	} else if len(payload) != size {
		c.say("dài %d byte, đáng lẽ %d", len(payload), size)
	}
}

// of makes the look at records whose key is theirs.
func of[D any](codec record.Codec[D], keyOf func(D) []byte, rest func(c *check, d D)) func(c *check, key, value []byte) {
	return func(c *check, key, value []byte) {
		d, ok := decoded(c, key, value, codec)
		if !ok {
			return
		}
		if !bytes.Equal(keyOf(d), key) {
			c.say(astray)
		}
		if rest != nil {
			rest(c, d)
		}
	}
}

// index makes the look at rows of an index: claims tells whether their record
// asks for them.
func index(claims func(c *check, key, value []byte) bool) func(c *check, key, value []byte) {
	return func(c *check, key, value []byte) {
		if !claims(c, key, value) {
			c.say(orphan)
		}
	}
}

var checks = [bucketCount]func(c *check, key, value []byte){
	conversations:        of(record.Conversations, func(d inbox.Conversation) []byte { return []byte(d.ID) }, checkConversation),
	conversationsByCode:  index(codeClaimed),
	lists:                index(placeClaimed),
	messages:             of(record.Messages, func(d inbox.Message) []byte { return messageKey(d.Conversation, d.Seq) }, checkMessage),
	messagesByID:         index(messageClaimed),
	stuckMessages:        index(stuckClaimed),
	attachments:          index(attachmentClaimed),
	turns:                of(record.Turns, func(d inbox.Turn) []byte { return []byte(d.Message) }, checkTurn),
	contacts:             of(record.Contacts, func(d inbox.Contact) []byte { return []byte(d.ID) }, checkContact),
	identities:           of(record.Identities, func(d inbox.Identity) []byte { return identityKey(d.Channel, d.Remote) }, checkIdentity),
	rememberedKeys:       func(c *check, key, value []byte) { c.sealed(key, value, sha256.Size) },
	raws:                 of(record.Raws, func(d inbox.Raw) []byte { return []byte(d.ID) }, nil),
	quarantine:           of(record.Quarantined, func(d inbox.Quarantined) []byte { return []byte(d.ID) }, checkQuarantined),
	quarantineWaiting:    index(waitingClaimed),
	members:              of(record.Members, func(d inbox.Member) []byte { return []byte(d.ID) }, checkMember),
	membersByLogin:       index(loginClaimed),
	sessions:             of(record.Sessions, func(d inbox.Session) []byte { return []byte(d.TokenHash) }, checkSession),
	sessionsByMember:     index(sessionClaimed),
	audits:               of(record.Audits, func(d inbox.Audit) []byte { return numberKey(d.Seq) }, checkAudit),
	auditsByConversation: index(auditClaimed),
	auditsByMember:       index(auditOfMemberClaimed),
	events:               of(record.Events, func(d inbox.Event) []byte { return numberKey(uint64(d.Seq)) }, func(c *check, d inbox.Event) { c.follows(uint64(d.Seq)) }),
	tasks:                checkTask,
	codeCounts:           func(c *check, key, value []byte) { c.sealed(key, value, 8) },
	entries:              of(record.Entries, func(d kb.Entry) []byte { return []byte(d.ID) }, checkEntry),
	entryVersions:        of(record.Entries, versionKey, checkVersion),
	secrets:              of(record.Secrets, func(d inbox.Secret) []byte { return []byte(d.Name) }, nil),
	imports:              of(record.Imports, func(d inbox.Import) []byte { return []byte(d.ID) }, nil),
	papers:               of(record.Papers, func(d inbox.Paper) []byte { return []byte(record.PaperKey(d.Shelf, d.ID)) }, nil),
}

// follows says when numbers that are given without gaps have one here.
func (c *check) follows(n uint64) {
	if c.last != nil && n > numberOf(c.last)+1 {
		c.say("thiếu các số từ %d đến %d ngay trước", numberOf(c.last)+1, n-1)
	}
}

func checkConversation(c *check, d inbox.Conversation) {
	if d.Code != "" && !c.leads(conversationsByCode, []byte(d.Code), []byte(d.ID)) {
		c.say("mã phiếu %s không dẫn tới cuộc hội thoại này", d.Code)
	}
	all := inbox.Placements(d)
	for i, p := range all {
		if first(all, i) {
			c.row(lists, rowKey(p, d.ID))
		}
	}
	if d.Contact != "" {
		c.there(contacts, []byte(d.Contact), "thông tin người dân")
	}
}

func codeClaimed(c *check, key, value []byte) bool {
	d, ok := found(c, conversations, value, record.Conversations)
	return ok && d.Code == string(key)
}

func placeClaimed(c *check, key, _ []byte) bool {
	list, rest, ok := cutText(key)
	rank, id, ranked := cutText(rest)
	d, known := found(c, conversations, id, record.Conversations)
	return ok && ranked && known && slices.ContainsFunc(inbox.Placements(d), func(p inbox.Placement) bool {
		return p.Rank == rank && string(record.Bounded([]byte(p.List))) == list
	})
}

func checkMessage(c *check, m inbox.Message) {
	key := messageKey(m.Conversation, m.Seq)
	if !c.leads(messagesByID, []byte(m.ID), key) {
		c.say("định danh %s không dẫn tới tin nhắn này", m.ID)
	}
	prefix := prefixOf(string(m.Conversation))
	follows := bytes.HasPrefix(c.last, prefix)
	if !follows || !c.housed {
		c.housed = c.there(conversations, []byte(m.Conversation), "cuộc hội thoại %s", m.Conversation)
	}
	if m.Raw != "" {
		c.there(raws, []byte(m.Raw), "bản gốc của tin đến")
	}
	if follows {
		c.follows(m.Seq)
	} else if m.Seq > 1 {
		c.say("thiếu các số từ 1 đến %d ngay trước", m.Seq-1)
	}
	for _, a := range m.Content.Attachments {
		if a.ID != "" && !slices.Contains(c.files, a.ID) {
			c.row(attachments, textKey(a.ID, string(m.ID)))
			c.files = append(c.files, a.ID)
		}
	}
	if isStuck(m) {
		c.row(stuckMessages, []byte(m.ID))
	}
}

func isStuck(m inbox.Message) bool {
	return m.Delivery.State == inbox.Parked || m.Delivery.State == inbox.Failed
}

func messageClaimed(c *check, key, value []byte) bool {
	m, ok := found(c, messages, value, record.Messages)
	return ok && string(m.ID) == string(key)
}

// message is the message with an id, if there is a sound one.
func (c *check) message(id []byte) (inbox.Message, bool) {
	if len(id) == 0 {
		return inbox.Message{}, false
	}
	return found(c, messages, c.t.tree(messagesByID).Get(id), record.Messages)
}

func stuckClaimed(c *check, key, _ []byte) bool {
	m, ok := c.message(key)
	return ok && isStuck(m)
}

func attachmentClaimed(c *check, key, _ []byte) bool {
	file, id, ok := cutText(key)
	m, known := c.message(id)
	return ok && known && slices.ContainsFunc(m.Content.Attachments, func(a content.Attachment) bool { return a.ID == file })
}

func checkTurn(c *check, d inbox.Turn) {
	c.there(messagesByID, []byte(d.Message), "tin nhắn %s", d.Message)
}

func checkContact(c *check, d inbox.Contact) {
	if d.Merged != "" {
		c.there(contacts, []byte(d.Merged), "thông tin người dân đã gộp vào")
	}
}

func checkIdentity(c *check, d inbox.Identity) {
	c.there(contacts, []byte(d.Contact), "thông tin người dân")
}

func checkQuarantined(c *check, d inbox.Quarantined) {
	c.there(raws, []byte(d.ID), "bản gốc của tin đến")
	if d.Settled.IsZero() {
		c.row(quarantineWaiting, []byte(d.ID))
	}
}

func waitingClaimed(c *check, key, _ []byte) bool {
	d, ok := found(c, quarantine, key, record.Quarantined)
	return ok && d.Settled.IsZero()
}

func checkMember(c *check, d inbox.Member) {
	if !c.leads(membersByLogin, []byte(d.Login), []byte(d.ID)) {
		c.say("tên đăng nhập %s không dẫn tới tài khoản này", d.Login)
	}
}

func loginClaimed(c *check, key, value []byte) bool {
	d, ok := found(c, members, value, record.Members)
	return ok && d.Login == string(key)
}

func checkSession(c *check, d inbox.Session) {
	c.row(sessionsByMember, textKey(string(d.Member), d.TokenHash))
}

func sessionClaimed(c *check, key, _ []byte) bool {
	member, hash, ok := cutText(key)
	d, known := found(c, sessions, hash, record.Sessions)
	return ok && known && string(d.Member) == member
}

func checkAudit(c *check, d inbox.Audit) {
	c.follows(d.Seq)
	if d.Conversation != "" {
		c.row(auditsByConversation, appendNumber(prefixOf(string(d.Conversation)), d.Seq))
	}
	if d.Member != "" {
		c.row(auditsByMember, appendNumber(prefixOf(string(d.Member)), d.Seq))
	}
}

func auditClaimed(c *check, key, _ []byte) bool {
	of, number, ok := cutText(key)
	d, known := found(c, audits, number, record.Audits)
	return ok && known && string(d.Conversation) == of
}

func auditOfMemberClaimed(c *check, key, _ []byte) bool {
	of, number, ok := cutText(key)
	d, known := found(c, audits, number, record.Audits)
	return ok && known && string(d.Member) == of
}

func checkTask(c *check, key, value []byte) {
	if d, ok := decoded(c, key, value, record.Tasks); ok && !bytes.Equal(taskKey(d, numberOf(key)), key) {
		c.say(astray)
	}
}

func versionKey(d kb.Entry) []byte { return appendNumber(prefixOf(string(d.ID)), uint64(d.Version)) }

func checkEntry(c *check, d kb.Entry) {
	c.there(entryVersions, versionKey(d), "phiên bản %d", d.Version)
	for _, f := range d.Files {
		c.files = append(c.files, f.ID)
	}
}

func checkVersion(c *check, d kb.Entry) { c.there(entries, []byte(d.ID), "mục hỏi đáp %s", d.ID) }
