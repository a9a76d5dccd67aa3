package mattermost

import (
	"encoding/json"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// What servers tell of posts, and what we make of it: testdata/*.json and *.golden.
func TestPostsAreRead(t *testing.T) {
	inputs, err := filepath.Glob("testdata/*.json")
	if err != nil || len(inputs) == 0 {
		t.Fatal(inputs, err)
	}
	b := &Bridge{cfg: Config{Prefix: "!"}, now: time.Now}
	for _, in := range inputs {
		t.Run(strings.TrimSuffix(filepath.Base(in), ".json"), func(t *testing.T) {
			var told struct {
				Event string
				Post  json.RawMessage
			}
			if err := json.Unmarshal(connectortest.ReadFile(t, in), &told); err != nil {
				t.Fatal(err)
			}
			got := describe(b, told.Event, told.Post)
			connectortest.WantGolden(t, strings.TrimSuffix(in, ".json")+".golden", got, *update)
		})
	}
}

func describe(b *Bridge, event string, post []byte) string {
	h, err := readHappening(event, post)
	if err != nil {
		return "kept for people\n"
	}
	if !h.spoken(strings.Repeat("b", 26)) {
		return "nobody's deed\n"
	}
	in := b.inbound(h, "thread", connectors.Colleague{User: connectors.RemoteID(h.post.UserId)})
	var s strings.Builder
	fmt.Fprintf(&s, "%s %s at %s\n", in.Act.Do, in.Key, in.SentAt.UTC().Format(time.RFC3339))
	if in.Act.About != "" {
		fmt.Fprintf(&s, "about %s\n", in.Act.About)
	}
	if in.Content.Text != "" {
		fmt.Fprintf(&s, "%q\n", in.Content.Text)
	}
	for _, a := range in.Content.Attachments {
		fmt.Fprintf(&s, "%s: %s, %d bytes\n", a.Source, a.Called(), a.Size)
	}
	return s.String()
}
