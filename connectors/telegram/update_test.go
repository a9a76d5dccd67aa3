package telegram_test

import (
	"flag"
	"testing"

	"tongdai/connectors"
	"tongdai/connectors/connectortest"
	"tongdai/connectors/telegram"
)

var update = flag.Bool("update", false, "write the golden files anew")

var updates = connectortest.Payloads{
	Pattern: "testdata/updates/*.json", Least: 40,
	Also: func(t *testing.T, in connectors.Inbound) {
		if in.From == "0" {
			t.Errorf("it is from nobody: %+v", in)
		}
	},
}

// Every payload of the platform, and what it becomes.
func TestUpdates(t *testing.T) { updates.Read(t, onlyReading(t), *update) }

// Whatever knows the secret is read without harm.
func FuzzParse(f *testing.F) { updates.Fuzz(f, onlyReading(f)) }

// onlyReading is a bot that is never asked to send.
func onlyReading(t testing.TB) *telegram.Hooked {
	t.Helper()
	conn, err := telegram.NewHooked(telegram.Config{
		Channel: connectors.Channel{ID: "telegram-1022"}, Token: token, Secret: secret, MaxBody: maxBody,
	}, telegram.Deps{Files: &connectortest.Files{}})
	if err != nil {
		t.Fatal(err)
	}
	return conn
}
