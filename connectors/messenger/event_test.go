package messenger_test

import (
	"encoding/json"
	"flag"
	"testing"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/messenger"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden is what a golden file says of a request: what is empty is left out, so
// that the contract may grow without all of them changing.
func golden(in []connectors.Inbound, err error) any {
	said := map[string]any{}
	if err != nil {
		said["Trouble"] = err.Error()
	}
	encoded, _ := json.Marshal(in) // plain structs
	var plain []any
	_ = json.Unmarshal(encoded, &plain)
	if len(plain) > 0 {
		said["Inbounds"] = withoutEmpty(plain)
	}
	return said
}

func withoutEmpty(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if v[key] = withoutEmpty(inner); v[key] == nil {
				delete(v, key)
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = withoutEmpty(v[i])
		}
		if len(v) == 0 {
			return nil
		}
	case string:
		if v == "" || v == "0001-01-01T00:00:00Z" {
			return nil
		}
	case float64:
		if v == 0 {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	}
	return value
}

var events = connectortest.Payloads{
	Pattern: "testdata/events/*.json", Least: 80, Golden: golden,
	Also: func(t *testing.T, in connectors.Inbound) {
		if in.Public != (in.Thread != "") {
			t.Errorf("what is public is below a comment: %+v", in)
		}
	},
}

// Every payload of the platform, and what it becomes.
func TestEvents(t *testing.T) { events.Read(t, onlyReading(t), *update) }

// Whatever is signed is read without harm.
func FuzzParse(f *testing.F) { events.Fuzz(f, onlyReading(f)) }

// onlyReading is a connector that is never asked to send.
func onlyReading(t testing.TB) *messenger.Connector {
	t.Helper()
	conn, err := messenger.New(messenger.Config{
		Channel: connectors.Channel{ID: "fb-1022"}, AppID: appID, AppSecret: appSecret,
		PageID: pageID, PageToken: pageToken, VerifyToken: verifyToken, Comments: true,
	}, messenger.Deps{Files: &connectortest.Files{}})
	if err != nil {
		t.Fatal(err)
	}
	return conn
}
