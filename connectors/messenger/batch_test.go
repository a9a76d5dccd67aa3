package messenger_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tongdai/connectors"
)

// IN-05: of a batch of 50 one event is broken and one of a kind that nobody knows.
// The other 48 are things said, in order; each that was not understood is told and
// kept by itself; one acknowledgement follows, after all of it is kept.
func TestABatchOfFiftyWithTwoThatAreNotUnderstood(t *testing.T) {
	r := newRig(t)
	const broken, unknown = 17, 30
	var events []any
	for n := 1; n <= 50; n++ {
		event := map[string]any{
			"sender": map[string]any{"id": citizen}, "recipient": map[string]any{"id": pageID}, "timestamp": 1795334400000 + n,
		}
		switch n {
		case broken:
			event["message"] = "not an object"
		case unknown:
			event["brand_new_thing"] = map[string]any{"id": n}
		default:
			event["message"] = map[string]any{"mid": fmt.Sprintf("m_batch%d", n), "text": fmt.Sprintf("câu %d", n)}
		}
		events = append(events, event)
	}
	body, err := json.Marshal(map[string]any{
		"object": "page", "entry": []any{map[string]any{"id": pageID, "time": 1795334400000, "messaging": events}},
	})
	if err != nil {
		t.Fatal(err)
	}
	status, err := r.sim.Emit(t.Context(), body)
	if err != nil || status != http.StatusOK {
		t.Fatalf("the batch is answered %d, %v", status, err)
	}
	said := r.hub.All(connectors.Said)
	if len(said) != 48 {
		t.Fatalf("%d things were said, want 48", len(said))
	}
	next := 1
	for _, in := range said {
		for next == broken || next == unknown {
			next++
		}
		if want := fmt.Sprintf("câu %d", next); in.Content.Text != want {
			t.Errorf("%q stands where %q was said", in.Content.Text, want)
		}
		next++
	}
	kept := r.hub.Kept()
	if len(kept) != 3 || string(kept[2].Body) != string(body) || kept[2].Trouble != "" {
		t.Fatalf("%d requests are kept, want the two odd events and the request as it came", len(kept))
	}
	for i, want := range []string{"sai cấu trúc", "brand_new_thing"} {
		if !strings.Contains(kept[i].Trouble, want) {
			t.Errorf("of an event that was not understood is told %q, want %q", kept[i].Trouble, want)
		}
		in, err := r.conn.Parse(t.Context(), kept[i])
		if err == nil || err.Error() != kept[i].Trouble || len(in) != 0 {
			t.Errorf("read again it is %d things, %v; want the same trouble", len(in), err)
		}
	}
}
