package bolt

import (
	"slices"
	"testing"

	"tongdai/inbox/store/transfer"
)

// TestEveryBucketIsCarriedOrMadeAgain fails when the file has a bucket that a
// move would leave behind. What is carried goes to bucketsOf or itemsOf; what
// carry makes of it is named here.
func TestEveryBucketIsCarriedOrMadeAgain(t *testing.T) {
	known := []bucket{ // beside bucketsOf
		messages, entryVersions, audits, events, tasks, codeCounts,
		// made again of what is carried
		conversationsByCode, lists, messagesByID, stuckMessages, attachments, quarantineWaiting,
		membersByLogin, sessionsByMember, auditsByConversation, auditsByMember, entries,
	}
	for _, b := range bucketsOf {
		known = append(known, b)
	}
	for b := range bucketCount {
		if !slices.Contains(known, b) {
			t.Errorf("a move leaves %q behind", b)
		}
	}
	if _, plain := bucketsOf[transfer.Counters]; plain {
		t.Error("the counters are no bucket")
	}
}
