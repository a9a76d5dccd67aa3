package progress_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/progress"
)

func TestPartsAreRememberedInOrder(t *testing.T) {
	at := time.Unix(1767225600, 0)
	r := progress.New(func() time.Time { return at })
	if got := r.Of("k1"); len(got) != 0 {
		t.Errorf("of nothing %+v is remembered", got)
	}
	parts := []progress.Part{{ID: "a", At: at, More: []connectors.RemoteID{"album"}}, {ID: "b", At: at.Add(time.Second)}}
	r.Put("k1", parts)
	parts[0].ID = "changed by its owner"
	got := r.Of("k1")
	if receipt := progress.Receipt(got); receipt.Message != "a" || !slices.Equal(receipt.More, []connectors.RemoteID{"album", "b"}) || !receipt.At.Equal(at) {
		t.Errorf("Receipt = %+v", receipt)
	}
}

func TestItDoesNotGrowWithoutEnd(t *testing.T) {
	now := time.Unix(1767225600, 0)
	r := progress.New(func() time.Time { return now })
	for i := range 25_000 {
		now = now.Add(time.Second)
		r.Put(fmt.Sprint(i), []progress.Part{{ID: "a"}})
	}
	kept := 0
	for i := range 25_000 {
		kept += len(r.Of(fmt.Sprint(i)))
	}
	if kept == 0 || kept > 10_000 || len(r.Of("24999")) != 1 {
		t.Errorf("%d are kept, the last of them: %v", kept, r.Of("24999"))
	}
}
