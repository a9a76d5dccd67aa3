package bolt

import (
	bolt "go.etcd.io/bbolt"

	"tongdai/inbox/store/record"
)

// bucket names one tree of the file. What each holds is said beside it: key → value.
type bucket int

const (
	conversations        bucket = iota // id → record
	conversationsByCode                // code → id
	lists                              // record.Bounded list, rank, id → nothing
	messages                           // conversation, number → record
	messagesByID                       // id → key in messages
	stuckMessages                      // id → nothing
	attachments                        // file, message → nothing
	turns                              // message → record
	contacts                           // id → record
	identities                         // record.Key of channel, remote → record
	rememberedKeys                     // record.Key → record of a sum
	raws                               // id → record
	quarantine                         // id → record
	quarantineWaiting                  // id → nothing
	members                            // id → record
	membersByLogin                     // login → id
	sessions                           // token hash → record
	sessionsByMember                   // member, token hash → nothing
	audits                             // number → record
	auditsByConversation               // conversation, number → nothing
	auditsByMember                     // member, number → nothing
	events                             // number → record
	tasks                              // kind, group, number → record
	codeCounts                         // prefix, day → record of a number
	entries                            // id → record of the newest version
	entryVersions                      // id, version → record
	secrets                            // name → record
	imports                            // id → record
	papers                             // record.PaperKey → record
	bucketCount
)

// bucketNames are the names in the file. They never change without a migration.
var bucketNames = [bucketCount]string{
	"conversations", "conversations.code", "lists", "messages", "messages.id", "messages.stuck", "attachments", "turns",
	"contacts", "identities", "keys", "raws", "quarantine", "quarantine.waiting",
	"members", "members.login", "sessions", "sessions.member",
	"audits", "audits.conversation", "audits.member", "events", "tasks", "codes", "entries", "entries.versions", "secrets",
	"imports", "papers",
}

func (b bucket) String() string { return bucketNames[b] }

// appended tells of buckets whose new keys are the greatest: their pages are
// filled before they are split, instead of to the half.
var appended = [bucketCount]bool{
	conversations: true, messagesByID: true, turns: true, raws: true, audits: true, events: true,
	contacts: true, quarantine: true, messages: true,
}

// indexes are the buckets whose rows are made from records and are not records
// themselves: they bear no checksum, and are held against the records instead.
var indexes = [bucketCount]bool{
	conversationsByCode: true, lists: true, messagesByID: true, stuckMessages: true, attachments: true,
	quarantineWaiting: true, membersByLogin: true, sessionsByMember: true,
	auditsByConversation: true, auditsByMember: true,
}

// places are where the records of each bucket lie; a key completes one.
var places = func() (all [bucketCount]record.Place) {
	for b, name := range bucketNames {
		all[b] = record.Table(name)
	}
	return all
}()

func placeOf(b bucket, key []byte) record.Place { return places[b].Under(key) }

// trees are the buckets of one bbolt transaction, looked up once each.
type trees struct {
	tx     *bolt.Tx
	opened [bucketCount]*bolt.Bucket
	told   *record.Damages // hears of damaged records; nil: nobody does
}

func (t *trees) tree(b bucket) *bolt.Bucket {
	if t.opened[b] == nil {
		t.opened[b] = t.tx.Bucket([]byte(bucketNames[b]))
		if appended[b] {
			t.opened[b].FillPercent = 0.9
		}
	}
	return t.opened[b]
}

// read returns the record under key; found is false when there is none.
func read[D any](t *trees, b bucket, key []byte, codec record.Codec[D]) (d D, found bool, err error) {
	if len(key) == 0 {
		return d, false, nil
	}
	value := t.tree(b).Get(key)
	if value == nil {
		return d, false, nil
	}
	d, err = decode(t, b, key, value, codec)
	return d, err == nil, err
}

func decode[D any](t *trees, b bucket, key, value []byte, codec record.Codec[D]) (D, error) {
	d, err := codec.DecodeAt(value, placeOf(b, key))
	if err != nil {
		return d, t.damaged(b, key, err)
	}
	return d, nil
}

// unseal returns the payload of a record that no codec made.
func (t *trees) unseal(b bucket, key, value []byte) ([]byte, error) {
	payload, err := record.UnsealAt(value, placeOf(b, key))
	if err != nil {
		return nil, t.damaged(b, key, err)
	}
	return payload, nil
}
