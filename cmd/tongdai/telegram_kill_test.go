package main

import "testing"

// TestKilledUnderTelegram is the small DUR-01 for both ways of a Telegram bot: the
// hub is killed again and again, once while the platform calls it and sends again
// what was not acknowledged, once while it fetches, and confirms by the next fetch
// what it has kept.
func TestKilledUnderTelegram(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a hub for half a minute")
	}
	for name, polling := range map[string]bool{"called": false, "fetching": true} {
		t.Run(name, func(t *testing.T) {
			platform, err := startTelegramPlatform(polling)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = platform.Close() })
			killedUnder(t, platform)
		})
	}
}
