package zalo_test

import (
	"flag"
	"testing"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/zalo"
)

var update = flag.Bool("update", false, "write the golden files anew")

var events = connectortest.Payloads{Pattern: "testdata/events/*.json", Least: 40}

// Every payload of the platform, and what it becomes.
func TestEvents(t *testing.T) { events.Read(t, onlyReading(t), *update) }

// Whatever is signed is read without harm.
func FuzzParse(f *testing.F) { events.Fuzz(f, onlyReading(f)) }

// onlyReading is a connector that is never asked to send.
func onlyReading(t testing.TB) *zalo.Connector {
	t.Helper()
	conn, err := zalo.New(zalo.Config{
		Channel: connectors.Channel{ID: "zalo-1022"}, AppID: appID, AppSecret: appSecret, OAID: oaID,
		WebhookSecret: oaSecret, HookURL: "https://1022.example.vn/hook",
	}, zalo.Deps{Vault: noVault{}, Files: &connectortest.Files{}})
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// noVault is for connectors that only read events.
type noVault struct{ connectors.Vault }
