package transfer

import (
	"encoding/binary"
	"encoding/json"
	"fmt"

	"tongdai/inbox"
	"tongdai/inbox/store/record"
)

// Kind is one sort of thing that a store keeps.
type Kind string

// The kinds. Beside each: its key → what is kept under it. A number is eight
// bytes, big endian; after a text it stands last.
const (
	Contacts      Kind = "contacts"      // id → record
	Identities    Kind = "identities"    // record.Key of channel, remote → record
	Conversations Kind = "conversations" // id → record
	Messages      Kind = "messages"      // conversation, number → record
	Turns         Kind = "turns"         // message → record
	Raws          Kind = "raws"          // id → record
	Quarantine    Kind = "quarantine"    // id → record
	Remembered    Kind = "remembered"    // record.Key of channel, kind, value → sealed sum
	Members       Kind = "members"       // id → record
	Sessions      Kind = "sessions"      // token hash → record
	Secrets       Kind = "secrets"       // name → record
	Audits        Kind = "audits"        // number → record, with its number
	Entries       Kind = "entries"       // id, version → record; the greatest version is the entry itself
	Imports       Kind = "imports"       // id → record
	Papers        Kind = "papers"        // record.PaperKey → record
	Codes         Kind = "codes"         // record.Key of prefix, day → number given last
	Tasks         Kind = "tasks"         // number in the order of enqueueing → record; claims are not carried
	Events        Kind = "events"        // number → record, with its number
	Counters      Kind = "counters"      // LastEvent, KnowledgeRevision → number
)

// The keys of Counters.
const (
	KnowledgeRevision = "knowledge"
	LastEvent         = "last event"
)

// Item is one thing of a kind.
type Item struct {
	Key   []byte
	Value []byte
}

// shape is what is known of a kind's items.
type shape struct {
	kind Kind
	// check tells whether the bytes are those that were written.
	check func(Item) error
	// plain is the item as an export shows it: a struct. Not of secret kinds.
	plain func(Item) (any, error)
	// secret kinds are counted and summed in an export, and not written.
	secret bool
}

// shapes are the kinds in the order they are carried in. The counters come
// last: writing what they count may move them.
var shapes = []shape{
	{kind: Contacts, check: sealed, plain: decoded(record.Contacts)},
	{kind: Identities, check: sealed, plain: decoded(record.Identities)},
	{kind: Conversations, check: sealed, plain: decoded(record.Conversations)},
	{kind: Messages, check: sealed, plain: decoded(record.Messages)},
	{kind: Turns, check: sealed, plain: decoded(record.Turns)},
	{kind: Raws, check: sealed, plain: decoded(record.Raws)},
	{kind: Quarantine, check: sealed, plain: decoded(record.Quarantined)},
	{kind: Remembered, check: sealed, plain: plainRemembered},
	{kind: Members, check: sealed, plain: plainMember},
	{kind: Sessions, check: sealed, secret: true},
	{kind: Secrets, check: sealed, secret: true},
	{kind: Audits, check: sealed, plain: decoded(record.Audits)},
	{kind: Entries, check: sealed, plain: decoded(record.Entries)},
	{kind: Imports, check: sealed, plain: decoded(record.Imports)},
	{kind: Papers, check: sealed, plain: plainPaper},
	{kind: Codes, check: counted, plain: plainCode},
	{kind: Tasks, check: sealed, plain: plainTask},
	{kind: Events, check: sealed, plain: decoded(record.Events)},
	{kind: Counters, check: counted, plain: plainCounter},
}

// Kinds are all kinds in the order they are carried in.
func Kinds() []Kind {
	kinds := make([]Kind, len(shapes))
	for i, s := range shapes {
		kinds[i] = s.kind
	}
	return kinds
}

// Check tells whether an item's bytes are those that were once written:
// ErrBroken.
func Check(kind Kind, it Item) error {
	for _, s := range shapes {
		if s.kind != kind {
			continue
		}
		if err := s.check(it); err != nil {
			return broken(kind, it, err)
		}
		return nil
	}
	return fmt.Errorf("the kind %q is not known", kind)
}

// Number is a key, or a value, that is a number.
func Number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// Numbered is the key of a text and a number.
func Numbered(text string, n uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte(text), n)
}

// Split is the inverse of Number and of Numbered. ok is false for keys that are
// too short to be of either.
func Split(key []byte) (text string, n uint64, ok bool) {
	end := len(key) - 8
	if end < 0 {
		return "", 0, false
	}
	return string(key[:end]), binary.BigEndian.Uint64(key[end:]), true
}

// NumberedAudit is the item of an audit whose number the store keeps beside it.
func NumberedAudit(n uint64, value []byte) (Item, error) {
	return renumbered(n, value, record.Audits, func(a *inbox.Audit) { a.Seq = n })
}

// NumberedEvent is the item of an event whose number the store keeps beside it.
func NumberedEvent(n uint64, value []byte) (Item, error) {
	return renumbered(n, value, record.Events, func(e *inbox.Event) { e.Seq = inbox.Seq(n) })
}

func renumbered[D any](n uint64, value []byte, codec record.Codec[D], number func(*D)) (Item, error) {
	d, err := codec.Decode(value)
	if err != nil {
		return Item{}, err
	}
	number(&d)
	value, err = codec.Encode(d)
	return Item{Key: Number(n), Value: value}, err
}

func sealed(it Item) error {
	_, err := record.Unseal(it.Value)
	return err
}

func counted(it Item) error {
	if len(it.Value) != 8 {
		return fmt.Errorf("%w: %d bytes are no number", record.ErrDamaged, len(it.Value))
	}
	return nil
}

// broken names an item. Its key is told in hexadecimal: it may hold somebody's address.
func broken(kind Kind, it Item, err error) error {
	return fmt.Errorf("%w: %x among the %s: %w; restore the store from a backup", ErrBroken, it.Key, kind, err)
}

func decoded[D any](codec record.Codec[D]) func(Item) (any, error) {
	return func(it Item) (any, error) { return codec.Decode(it.Value) }
}

func plainPaper(it Item) (any, error) {
	d, err := record.Papers.Decode(it.Value)
	if err == nil && !json.Valid(d.Body) {
		err = record.ErrDamaged
	}
	return paper{Shelf: d.Shelf, ID: d.ID, Version: d.Version, Body: d.Body}, err
}

// paper is one whose body is shown as the JSON that it is.
type paper struct {
	Shelf, ID string
	Version   uint64
	Body      json.RawMessage
}

func plainMember(it Item) (any, error) {
	m, err := record.Members.Decode(it.Value)
	m.PasswordHash = ""
	return m, err
}

// remembered is a key of a platform: its parts, or their sum, and the sum of
// what was said under it.
type remembered struct {
	Parts []string
	Key   []byte
	Sum   hexadecimal
}

func plainRemembered(it Item) (any, error) {
	sum, err := record.Unseal(it.Value)
	if parts, ok := record.KeyParts(it.Key); ok && printable(parts) {
		return remembered{Parts: parts, Sum: sum}, err
	}
	return remembered{Key: it.Key, Sum: sum}, err
}

type code struct {
	Prefix, Day string
	Last        uint64
}

func plainCode(it Item) (any, error) {
	parts, ok := record.KeyParts(it.Key)
	_, n, counts := Split(it.Value)
	if !ok || !counts || len(parts) != 2 {
		return nil, record.ErrDamaged
	}
	return code{Prefix: parts[0], Day: parts[1], Last: n}, nil
}

type task struct {
	Number uint64
	inbox.Task
}

func plainTask(it Item) (any, error) {
	t, err := record.Tasks.Decode(it.Value)
	_, n, ok := Split(it.Key)
	if err == nil && !ok {
		err = record.ErrDamaged
	}
	return task{Number: n, Task: t}, err
}

type counter struct {
	Name string
	N    uint64
}

func plainCounter(it Item) (any, error) {
	_, n, ok := Split(it.Value)
	if !ok {
		return nil, record.ErrDamaged
	}
	return counter{Name: string(it.Key), N: n}, nil
}

// Newest picks from versions of entries, in their order, the last of each; its
// key is the entry's id.
func Newest(items []Item) (newest []Item, err error) {
	for i, it := range items {
		id, _, ok := Split(it.Key)
		if !ok {
			return nil, broken(Entries, it, record.ErrDamaged)
		}
		if i+1 < len(items) {
			if next, _, _ := Split(items[i+1].Key); next == id {
				continue
			}
		}
		newest = append(newest, Item{Key: []byte(id), Value: it.Value})
	}
	return newest, nil
}
